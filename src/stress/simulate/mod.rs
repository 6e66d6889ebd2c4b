//! Discrete events: every pump and server lives through the disturbances.
//!
//! Deterministic by seed: numbers are drawn by (seed, pump, attempt), events are ordered by (time,
//! pump), and replications share nothing, so that neither threads nor event order reach a result.

use crate::ctx::Ctx;

use super::disturbance::Segment;
use super::fleet::Fleet;
use super::number::{SECOND_US, count, float, index, length};
use super::pump::{Draw, Mechanism, Parameter};
use super::random::{Purpose, bits, uniform};

mod access;
mod asking;
mod chain;
pub mod exchange;
mod pump;
mod queue;
mod record;
mod server;
mod session;
mod timeline;

use chain::{Stations, World};
use pump::{Costs, Pump, Step, as_seconds};
use queue::{ACTOR_BITS, ACTORS, Queue, key};
use record::{NAMES, Record};
use server::Station;
use timeline::{NEVER, Timeline};

/// How a simulation is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Seed.
    pub seed: u64,
    /// Replications.
    pub replications: u32,
    /// Seconds that are simulated.
    pub horizon_s: f64,
    /// Index of the stack of each class that is simulated.
    pub stack: usize,
    /// Outages end up to this many seconds later, drawn for each replication: recovery depends on
    /// where in a retry cycle an outage ends.
    pub outage_spread_s: f64,
    /// Whether parameters are drawn anew for each replication instead of their modes.
    pub draws: bool,
    /// Whether re-authentications are simulated on quiet days too.
    pub every_day: bool,
}

impl Settings {
    /// One replication with the likeliest parameters.
    pub fn once(seed: u64, horizon_s: f64) -> Self {
        Self {
            seed,
            replications: 1,
            horizon_s,
            stack: 0,
            outage_spread_s: 0.0,
            draws: false,
            every_day: false,
        }
    }
}

/// What one replication did to a group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupOutcome {
    /// Parameters that it ran with.
    pub draw: Draw,
    /// Longest delay of the watchdog kick by a section that cannot be preempted, in seconds.
    pub section_s: f64,
    /// Longest delay of the watchdog kick by communication work, in seconds.
    pub latency_s: f64,
    /// Longest time without a check-in in blocking calls, in seconds.
    pub block_s: f64,
    /// Whether the longest block was still going on at the end.
    pub block_is_open: bool,
    /// Most messages waiting at a pump.
    pub messages: u32,
    /// Most memory for waiting messages and leaks, in bytes.
    pub bytes: f64,
    /// Share of pumps that pass the limit, by mechanism in the order of [`Mechanism::ALL`].
    pub trips: [f64; 4],
    /// First time at which a pump passes a limit, in seconds.
    pub first_trip_s: Option<f64>,
    /// Pumps that lost their session.
    pub hit: u32,
    /// Pumps without a session at the end.
    pub never: u32,
    /// Seconds from the end of the disturbances to each session, in order.
    pub recovery_s: Vec<f64>,
    /// Attempts of all pumps.
    pub attempts: u64,
}

impl GroupOutcome {
    /// A group to which nothing happened.
    fn nothing(draw: &Draw) -> Self {
        Self {
            draw: *draw,
            section_s: 0.0,
            latency_s: 0.0,
            block_s: 0.0,
            block_is_open: false,
            messages: 0,
            bytes: 0.0,
            trips: [0.0; 4],
            first_trip_s: None,
            hit: 0,
            never: 0,
            recovery_s: Vec::new(),
            attempts: 0,
        }
    }
}

/// What one replication did to a server.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerOutcome {
    /// Name.
    pub name: &'static str,
    /// Most arrivals in a second.
    pub peak: u32,
    /// When, in seconds.
    pub peak_at_s: usize,
    /// Longest queue.
    pub queue_max: usize,
    /// Requests served.
    pub served: u64,
    /// Requests dropped.
    pub dropped: u64,
    /// Requests served for nobody.
    pub wasted: u64,
    /// Arrivals a second.
    pub arrivals: Vec<u32>,
}

/// What one replication did.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Groups in the fleet's order.
    pub groups: Vec<GroupOutcome>,
    /// Servers.
    pub servers: Vec<ServerOutcome>,
    /// Pumps in a session, second by second.
    pub connected: Vec<u32>,
    /// Events.
    pub events: u64,
    /// Bytes that the pumps' state takes, each.
    pub bytes_per_pump: usize,
}

/// Runs all replications, on all threads.
pub fn simulate(
    fleet: &Fleet,
    segments: &[Segment],
    settings: &Settings,
    ctx: &Ctx<'_>,
) -> Vec<Run> {
    let replications: Vec<u64> = (0..u64::from(settings.replications)).collect();
    let runs = ctx.map_counting("replications", &replications, |replication| {
        // What is left undone is not reported: whoever canceled prints nothing.
        (!ctx.is_canceled()).then(|| run(fleet, segments, settings, *replication))
    });
    runs.into_iter().flatten().collect()
}

/// The parameters of each group in a replication.
pub(super) fn draws(fleet: &Fleet, settings: &Settings, replication: u64) -> Vec<Draw> {
    (0..)
        .zip(&fleet.groups)
        .map(|(number, group)| {
            if settings.draws {
                let mut stream = super::random::Stream::new(
                    settings.seed,
                    replication,
                    number,
                    Purpose::Parameter,
                );
                group.class.draw(&mut stream)
            } else {
                group.class.modes()
            }
        })
        .collect()
}

/// Runs one replication with drawn parameters.
fn run(fleet: &Fleet, segments: &[Segment], settings: &Settings, replication: u64) -> Run {
    let draws = draws(fleet, settings, replication);
    run_with(fleet, segments, settings, replication, &draws)
}

/// Runs one replication with given parameters.
pub fn run_with(
    fleet: &Fleet,
    segments: &[Segment],
    settings: &Settings,
    replication: u64,
    draws: &[Draw],
) -> Run {
    let seed = bits(settings.seed, replication, 0, Purpose::Start);
    let horizon_us = chain::horizon_us(settings.horizon_s);
    let later = uniform(settings.seed, replication, 0, Purpose::Outage) * settings.outage_spread_s;
    let later_us = super::number::micros(later);
    let costs: Vec<Costs> = fleet
        .groups
        .iter()
        .zip(draws)
        .filter_map(|(group, draw)| {
            let stacks = &group.class.stacks;
            let stack = stacks.get(settings.stack).or(stacks.first())?;
            Some(Costs::new(&group.class, stack, draw))
        })
        .collect();
    let timelines: Vec<Timeline> = (0..fleet.groups.len())
        .map(|group| Timeline::of_group(segments, group, later_us))
        .collect();
    let mut world = World {
        seed,
        horizon_us,
        round_trip_us: super::number::micros(fleet.round_trip_s),
        reauthentication_us: super::number::micros(fleet.reauthentication_s),
        lease_us: super::number::micros(fleet.lease_s),
        costs: &costs,
        timelines: &timelines,
        stations: stations(fleet),
        record: Record::new(horizon_us, settings.every_day),
    };
    let pumps = live(fleet, &mut world);
    let ended_us = disturbances_end(segments, later_us);
    collect(fleet, world, &pumps, ended_us, draws)
}

/// The fleet's servers, idle.
fn stations(fleet: &Fleet) -> Stations {
    let mut radius = fleet.radius.clone();
    let ids = fleet.radius_ids;
    radius.backlog = Some(radius.backlog.map_or(ids, |backlog| backlog.min(ids)));
    let dns = Station::new(&fleet.dns);
    Stations {
        gateway: Station::new(&fleet.gateway),
        radius: Station::new(&radius),
        dhcp: Station::new(&fleet.dhcp),
        dns: [dns.clone(), dns.clone(), dns],
        access: Station::new(&fleet.access),
    }
}

/// Lets every pump live to the end.
fn live(fleet: &Fleet, world: &mut World<'_>) -> Vec<Pump> {
    let total = index(fleet.pumps().min(ACTORS));
    let mut pumps = Vec::with_capacity(total);
    for (number, group) in (0..).zip(&fleet.groups) {
        for _ in 0..group.count {
            pumps.push(Pump::in_session(number));
        }
    }
    pumps.truncate(total);
    let mut queue = Queue::default();
    for (id, pump) in (0..).zip(&mut pumps) {
        world.start(pump, id);
        if pump.step != Step::Idle && pump.next_us < world.horizon_us {
            queue.push(key(pump.next_us, id));
        }
    }
    let mut ahead = 0;
    while let Some(taken) = queue.pop() {
        // Pumps lie in no cache: the next ones are fetched together.
        for next in queue.ahead() {
            ahead ^= pumps.get(index(next % ACTORS)).map_or(0, Pump::touch);
        }
        let id = taken % ACTORS;
        let Some(pump) = pumps.get_mut(index(id)) else {
            continue;
        };
        debug_assert_eq!(pump.next_us, taken >> ACTOR_BITS, "one timer a pump");
        world.record.events += 1;
        world.step(pump, id);
        if pump.step != Step::Idle && pump.next_us < world.horizon_us {
            queue.push(key(pump.next_us, id));
        }
    }
    std::hint::black_box(ahead);
    pumps
}

/// When the last disturbance that ends is over.
fn disturbances_end(segments: &[Segment], later_us: u64) -> u64 {
    segments
        .iter()
        .filter_map(|segment| segment.to_s.map(|to| to + segment.to_spread_s))
        .map(super::number::micros)
        .max()
        .map_or(0, |end| end + later_us)
}

/// Sums up a replication.
fn collect(fleet: &Fleet, world: World<'_>, pumps: &[Pump], ended_us: u64, draws: &[Draw]) -> Run {
    let mut groups = Vec::new();
    for (number, (costs, draw)) in world.costs.iter().zip(draws).enumerate() {
        let members = pumps
            .iter()
            .filter(|pump| usize::from(pump.group) == number)
            .copied();
        groups.push(sum_up(members, costs, draw, &world, ended_us));
    }
    let stations = &world.stations;
    let all = [
        &stations.access,
        &stations.radius,
        &stations.dhcp,
        &stations.dns[0],
        &stations.gateway,
    ];
    let servers = NAMES
        .into_iter()
        .zip(all)
        .zip(world.record.arrivals)
        .map(|((name, station), arrivals)| {
            let (peak_at_s, peak) = arrivals
                .iter()
                .copied()
                .enumerate()
                .max_by_key(|(at, number)| (*number, usize::MAX - at))
                .unwrap_or((0, 0));
            ServerOutcome {
                name,
                peak,
                peak_at_s,
                queue_max: station.queue_max,
                served: station.served,
                dropped: station.dropped,
                wasted: station.wasted,
                arrivals,
            }
        })
        .collect();
    let mut now = i64::try_from(fleet.pumps()).unwrap_or(i64::MAX);
    let connected = world
        .record
        .change
        .iter()
        .map(|change| {
            now += i64::from(*change);
            u32::try_from(now).unwrap_or(0)
        })
        .collect();
    Run {
        groups,
        servers,
        connected,
        events: world.record.events,
        bytes_per_pump: size_of::<Pump>(),
    }
}

/// Sums up a group.
fn sum_up(
    members: impl Iterator<Item = Pump>,
    costs: &Costs,
    draw: &Draw,
    world: &World<'_>,
    ended_us: u64,
) -> GroupOutcome {
    let horizon = world.horizon_us;
    let erase_every = draw.value(Parameter::EraseEvery).max(1.0);
    let erase_us = super::number::micros(
        draw.value(Parameter::Erase) / (1.0 - draw.value(Parameter::LoadAbove)).max(0.01),
    );
    let limits = [
        Parameter::Watchdog,
        Parameter::Watchdog,
        Parameter::CheckIn,
        Parameter::Heap,
    ]
    .map(|parameter| draw.value(parameter));
    let mut out = GroupOutcome::nothing(draw);
    let mut first = NEVER;
    let mut all = 0_u64;
    for pump in members {
        all += 1;
        let erased = f64::from(pump.logs) >= erase_every;
        let section = as_seconds(costs.kick_us + if erased { erase_us } else { 0 });
        let worked = pump.busy_max_us > 0;
        let latency =
            as_seconds(u64::from(pump.busy_max_us) + if worked { costs.kick_us } else { 0 });
        let blocking = matches!(
            pump.step,
            Step::Dns | Step::DnsDone | Step::Syn | Step::Tls | Step::TlsDone | Step::Fail
        );
        let open = if blocking {
            horizon.saturating_sub(pump.check_in_us)
        } else {
            0
        };
        let block = as_seconds(pump.block_us.max(open));
        let messages = pump.queue_max.max(pump.waiting(horizon, costs));
        let bytes = f64::from(messages) * draw.value(Parameter::MessageBytes)
            + f64::from(pump.failed) * draw.value(Parameter::Leak);
        out.block_is_open |= open > pump.block_us && block >= out.block_s;
        out.section_s = out.section_s.max(section);
        out.latency_s = out.latency_s.max(latency);
        out.block_s = out.block_s.max(block);
        out.messages = out.messages.max(messages);
        out.bytes = out.bytes.max(bytes);
        for ((trip, value), limit) in out
            .trips
            .iter_mut()
            .zip([section, latency, block, bytes])
            .zip(limits)
        {
            *trip += f64::from(u8::from(value > limit));
        }
        for (trip, (value, limit)) in out
            .trips
            .iter_mut()
            .zip([section, latency].into_iter().zip(limits))
        {
            // The kick after a late one may come too early.
            let delay = value - as_seconds(costs.kick_us);
            let early = delay > 0.0 && draw.early_margin(delay) < 0.0;
            *trip += f64::from(u8::from(early && value <= limit));
        }
        if open > costs.check_in_us {
            first = first.min(pump.check_in_us + costs.check_in_us);
        }
        first = first.min(pump.first_trip_us);
        out.attempts += u64::from(pump.attempts);
        let lost = pump.silent_us != NEVER;
        out.hit += u32::from(lost || pump.recovered_us > 0);
        out.never += u32::from(lost);
        if !lost && pump.recovered_us > 0 {
            out.recovery_s
                .push(as_seconds(pump.recovered_us.saturating_sub(ended_us)));
        }
    }
    for trip in &mut out.trips {
        *trip /= float(all).max(1.0);
    }
    out.first_trip_s = (first < NEVER).then(|| as_seconds(first));
    out.recovery_s.sort_by(f64::total_cmp);
    out
}

/// The value below which a share of sorted values lies.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let place = index(count(share * length(last) + 0.5));
    sorted.get(place.min(last)).copied().unwrap_or(0.0)
}

/// Seconds of a run, for axes.
pub fn axis_seconds(run: &Run) -> f64 {
    length(run.connected.len().saturating_sub(1))
}

/// Whether a mechanism is in the order of [`GroupOutcome::trips`].
pub fn place_of(mechanism: Mechanism) -> usize {
    mechanism as usize
}

/// Microseconds of a second, for callers that count in bins.
pub const BIN_US: u64 = SECOND_US;

#[cfg(test)]
mod tests;
