//! The bare retry model: clients that exchange with one server, time out and back off.
//!
//! What `SimPy` and ns-3 are compared with: no chain, no processor, one request after the other.

use crate::client::back_off::BackOff;
use crate::stress::fleet::{Discipline, Server};
use crate::stress::number::{float, index, micros};
use crate::stress::random::{Purpose, Stream, exponential, uniform};

use super::queue::{ACTOR_BITS, ACTORS, Queue, key};
use super::server::{Admission, Request, STEADY, Station};

/// The model's numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exchange {
    /// Clients.
    pub clients: u32,
    /// Seconds simulated.
    pub horizon_s: f64,
    /// Workers of the server.
    pub workers: u32,
    /// Mean service time.
    pub service_s: f64,
    /// Whether service times are exponential.
    pub exponential: bool,
    /// Requests that wait at most.
    pub backlog: Option<u32>,
    /// When a client gives up.
    pub timeout_s: f64,
    /// Wait after a failure.
    pub back_off: BackOff,
    /// Time from a success to the next request.
    pub period_s: f64,
    /// The server is silent so long from the beginning.
    pub outage_s: f64,
    /// Clients start within this time.
    pub start_spread_s: f64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exchanged {
    /// Requests.
    pub attempts: u64,
    /// Requests answered in time.
    pub answered: u64,
    /// Requests served for nobody.
    pub wasted: u64,
    /// Clients whose last request was not answered.
    pub failing: u64,
    /// Events.
    pub events: u64,
    /// Longest queue.
    pub queue_max: usize,
}

/// A client.
#[derive(Debug, Clone, Copy, Default)]
struct Client {
    /// Requests.
    attempts: u32,
    /// Failures in a row.
    failures: u16,
    /// Whether the event is the end of a request, and a good one.
    ending: Option<bool>,
}

/// Runs the model.
pub fn run(model: &Exchange, seed: u64) -> Exchanged {
    let mut station = Station::new(&Server {
        exponential: model.exponential,
        discipline: Discipline::Fifo,
        ..Server::new(
            model.workers,
            model.service_s,
            model.backlog,
            model.timeout_s,
        )
    });
    let horizon = micros(model.horizon_s);
    let outage = micros(model.outage_s);
    let period = micros(model.period_s);
    let mut clients = vec![Client::default(); index(u64::from(model.clients))];
    let mut queue = Queue::default();
    for id in 0..u64::from(model.clients) {
        let start = uniform(seed, id, 0, Purpose::Start) * model.start_spread_s;
        queue.push(key(micros(start), id));
    }
    let mut out = Exchanged::default();
    while let Some(taken) = queue.pop() {
        let (now, id) = (taken >> ACTOR_BITS, taken % ACTORS);
        if now >= horizon {
            break;
        }
        let Some(client) = clients.get_mut(index(id)) else {
            continue;
        };
        out.events += 1;
        let next = if let Some(good) = client.ending.take() {
            finish(model, client, good, (seed, id), &mut out, period)
        } else {
            let (good, wait) = request(client, &mut station, now, outage, (seed, id), &mut out);
            client.ending = Some(good);
            wait
        };
        queue.push(key(now + next, id));
    }
    out.wasted = station.wasted;
    out.queue_max = station.queue_max;
    let failing = clients.iter().filter(|client| client.failures > 0).count();
    out.failing = u64::try_from(failing).unwrap_or(0);
    out
}

/// Sends a request; whether and when it ends well.
fn request(
    client: &mut Client,
    station: &mut Station,
    now: u64,
    outage: u64,
    (seed, id): (u64, u64),
    out: &mut Exchanged,
) -> (bool, u64) {
    client.attempts += 1;
    out.attempts += 1;
    let patience = station.timeout_us;
    if now < outage {
        return (false, patience);
    }
    let work = if station.exponential {
        exponential(seed, id, u64::from(client.attempts), Purpose::Service)
    } else {
        1.0
    };
    let request = Request {
        asker: (id, client.attempts),
        group: 0,
        work,
        patience_us: patience,
        is_held: false,
    };
    match station.submit(now, &request, STEADY) {
        Admission::Answered(end) if end - now <= patience => (true, end - now),
        // No exchange is with a server that serves the last first.
        Admission::Answered(_) | Admission::Waits(_) => {
            station.wasted += 1;
            (false, patience)
        }
        Admission::Dropped => (false, patience),
    }
}

/// Ends a request; the wait to the next one.
fn finish(
    model: &Exchange,
    client: &mut Client,
    good: bool,
    (seed, id): (u64, u64),
    out: &mut Exchanged,
    period: u64,
) -> u64 {
    if good {
        out.answered += 1;
        client.failures = 0;
        return period;
    }
    let share = uniform(seed, id, u64::from(client.attempts), Purpose::BackOff);
    let wait = model
        .back_off
        .wait_s(u32::from(client.failures), share, 0.0);
    client.failures = client.failures.saturating_add(1);
    micros(wait)
}

/// Mean time and calls until all clients of an optimistically locked record have written it once
/// (the AWS architecture blog's back-off simulator: read, write, network N(10, 2) ms each way).
pub fn contention(clients: u32, back_off: &BackOff, seed: u64) -> (f64, u64) {
    let mut stream = Stream::new(seed, 0, 0, Purpose::Network);
    // The sum of twelve uniform numbers has variance 1: a normal number without a library's cosine.
    let delay = |stream: &mut Stream| {
        let normal = (0..12).map(|_| stream.uniform()).sum::<f64>() - 6.0;
        micros((10.0 + 2.0 * normal).abs() / 1_000.0)
    };
    let mut queue = Queue::default();
    let total = index(u64::from(clients));
    // Per client: version read, failures, last wait, and the stage of its exchange.
    let mut state = vec![(0_u64, 0_u32, 0.0_f64, 0_u8); total];
    for id in 0..u64::from(clients) {
        queue.push(key(delay(&mut stream), id));
    }
    let (mut version, mut calls, mut last) = (0_u64, 0_u64, 0_u64);
    while let Some(taken) = queue.pop() {
        let (now, id) = (taken >> ACTOR_BITS, taken % ACTORS);
        let Some((read, failures, waited, phase)) = state.get_mut(index(id)) else {
            continue;
        };
        let wait = match *phase {
            // The read arrives at the server and its answer goes back.
            0 => {
                *read = version;
                *phase = 1;
                delay(&mut stream)
            }
            // The answer arrives; the write goes out.
            1 => {
                *phase = 2;
                delay(&mut stream)
            }
            // The write arrives at the server.
            2 => {
                calls += 1;
                *phase = if *read == version { 4 } else { 3 };
                version += u64::from(*read == version);
                delay(&mut stream)
            }
            // The refusal arrives: back off, read again.
            3 => {
                *failures += 1;
                *waited = back_off.wait_s(*failures, stream.uniform(), *waited);
                *phase = 0;
                micros(*waited) + delay(&mut stream)
            }
            _ => {
                last = now;
                continue;
            }
        };
        queue.push(key(now + wait, id));
    }
    (float(last) / 1_000.0, calls)
}
