// The bare retry model of the stress bench in ns-3's event core: ./retry CLIENTS SECONDS
//
// One first-in-first-out server with exponential service, clients that give up after a timeout and
// wait with exponential back-off and full jitter, an outage first; the same model as retry.py.

#include <algorithm>
#include <ctime>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <vector>

#include "ns3/core-module.h"

using namespace ns3;

namespace {

const double kTimeout = 3.0, kBase = 1.0, kCap = 60.0, kPeriod = 30.0, kOutage = 120.0;

struct Client {
  uint32_t failures = 0;
  uint64_t attempt = 0;
  EventId timeout;
};

std::vector<Client> clients;
std::deque<std::pair<uint32_t, uint64_t>> queue;
bool busy = false;
uint64_t attempts = 0, answered = 0;
double service = 0.005;
Ptr<UniformRandomVariable> uniform;
Ptr<ExponentialRandomVariable> exponential;

void Attempt(uint32_t id);

void Serve() {
  if (queue.empty()) {
    busy = false;
    return;
  }
  busy = true;
  auto [id, attempt] = queue.front();
  queue.pop_front();
  Simulator::Schedule(Seconds(exponential->GetValue(service, 0)), [id = id, attempt = attempt]() {
    Client& client = clients[id];
    // Work for a client that has given up is done all the same.
    if (client.attempt == attempt && client.timeout.IsRunning()) {
      client.timeout.Cancel();
      ++answered;
      client.failures = 0;
      Simulator::Schedule(Seconds(kPeriod), &Attempt, id);
    }
    Serve();
  });
}

void GiveUp(uint32_t id) {
  Client& client = clients[id];
  double ceiling = std::min(kCap, kBase * static_cast<double>(1ull << std::min(client.failures, 40u)));
  ++client.failures;
  Simulator::Schedule(Seconds(uniform->GetValue(0, ceiling)), &Attempt, id);
}

void Attempt(uint32_t id) {
  Client& client = clients[id];
  ++attempts;
  ++client.attempt;
  client.timeout = Simulator::Schedule(Seconds(kTimeout), &GiveUp, id);
  if (Simulator::Now().GetSeconds() < kOutage) {
    return;
  }
  queue.emplace_back(id, client.attempt);
  if (!busy) {
    Serve();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: retry CLIENTS SECONDS\n");
    return 2;
  }
  const uint32_t count = std::strtoul(argv[1], nullptr, 10);
  const double horizon = std::strtod(argv[2], nullptr);
  service = 0.005 * 500 / count;
  Simulator::SetScheduler(ObjectFactory("ns3::PriorityQueueScheduler"));
  uniform = CreateObject<UniformRandomVariable>();
  exponential = CreateObject<ExponentialRandomVariable>();
  clients.resize(count);
  for (uint32_t id = 0; id < count; ++id) {
    Simulator::Schedule(Seconds(uniform->GetValue(0, kPeriod)), &Attempt, id);
  }
  Simulator::Stop(Seconds(horizon));
  const std::clock_t start = std::clock();
  Simulator::Run();
  const double spent = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const double events = static_cast<double>(Simulator::GetEventCount());
  std::printf("ns-3 %u clients: %lu attempts, %lu answered, %.0f events in %.3f s, %.2f M events/s, "
              "%.0f k attempts/s\n",
              count, attempts, answered, events, spent, events / spent / 1e6, attempts / spent / 1e3);
  Simulator::Destroy();
  return 0;
}
