"""The bare retry model of the stress bench in SimPy: `python3 retry.py CLIENTS SECONDS`."""
import random
import sys
import time

import simpy

CLIENTS, HORIZON = int(sys.argv[1]), float(sys.argv[2])
SERVICE, TIMEOUT, BASE, CAP, PERIOD, OUTAGE = 0.005 * 500 / CLIENTS, 3.0, 1.0, 60.0, 30.0, 120.0
attempts = answered = events = 0


def client(env, server):
    global attempts, answered
    yield env.timeout(random.uniform(0, PERIOD))
    failures = 0
    while True:
        attempts += 1
        if env.now < OUTAGE:
            yield env.timeout(TIMEOUT)
            good = False
        else:
            done = env.process(serve(env, server))
            yield done | env.timeout(TIMEOUT)
            good = done.triggered
        if good:
            answered, failures = answered + 1, 0
            yield env.timeout(PERIOD)
        else:
            yield env.timeout(random.uniform(0, min(CAP, BASE * 2**failures)))
            failures += 1


def serve(env, server):
    with server.request() as turn:
        yield turn
        yield env.timeout(random.expovariate(1 / SERVICE))


random.seed(1)
env = simpy.Environment()
server = simpy.Resource(env, capacity=1)
for _ in range(CLIENTS):
    env.process(client(env, server))
start = time.process_time()
while env.peek() < HORIZON:
    env.step()
    events += 1
spent = time.process_time() - start
print(f"simpy {CLIENTS} clients: {attempts} attempts, {answered} answered, {events} events in "
      f"{spent:.3f} s, {events / spent / 1e6:.2f} M events/s, {attempts / spent / 1e3:.0f} k attempts/s")
