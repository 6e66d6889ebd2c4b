//! The analytic bound: what a disturbance can do to a pump at worst, in microseconds of work.
//!
//! [`Exposure`] is what a group on one stack meets, whatever its parameters; [`bound`] adds one
//! value for each parameter. Every sample of the simulation lies at or below.

use std::sync::Arc;

use super::disturbance::{Segment, Service, State};
use super::fleet::Fleet;
use super::number::{count, float, length};
use super::pump::{Draw, Mechanism, Parameter};

mod calls;
pub mod closed_form;
mod coming_back;
mod ending;
mod flush;
pub mod herd;
pub mod response_time;
mod view;

use calls::{Calls, Longest};
use coming_back::ComingBack;
pub(super) use ending::Endings;
use ending::end_s;
pub use flush::Flush;
use view::{Tls, View};

/// What a group on one stack meets.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent fact of a disturbance"
)]
pub struct Exposure {
    /// What lookups and connections meet.
    calls: Calls,
    /// The longest of them, whenever they begin.
    longest: Longest,
    /// Who comes back at moments of their own, where sessions are all that is lost.
    coming_back: Option<ComingBack>,
    /// Longest wait for TLS besides the pump's own work.
    tls: Tls,
    /// What pumps send when they are back.
    flush: Arc<Flush>,
    /// The group.
    group: usize,
    /// Longest wait of a message behind handshakes; `None`: not bounded.
    queue_s: Option<f64>,
    /// Disturbances, by begin.
    outages: Vec<Outage>,
    /// Longest time from the end of a disturbance to a session, and how much longer the gateway may
    /// take until a pump gives up; `None`: not bounded.
    recovery_s: Option<(f64, f64)>,
    /// How long after the end of everything a pump may notice that its session is lost.
    noticed_s: f64,
    /// Whether a failed attempt can be followed at once by the next.
    spins: bool,
    /// Attempts whose work may run together.
    together: f64,
    /// Begins of what ends sessions, in order, and how far they may move.
    losses: (Vec<f64>, f64),
    /// Whether TLS fails at the certificate.
    tls_fails: bool,
    /// Whether a handshake can fail at once after it waited.
    fails_late: bool,
    /// Whether authentication fails.
    eap_fails: bool,
    /// Whether re-authentications come on top.
    reauthenticates: bool,
    /// Whether it authenticates on its way back.
    uses_eap: bool,
    /// Whether it asks for a lease on its way back, or looks for the link.
    uses_dhcp: bool,
    /// Wait after a failed authentication.
    held_s: f64,
    /// Transmissions of a lookup.
    queries: f64,
    /// SYNs of a connection.
    syns: f64,
    /// End of what is looked at.
    horizon_s: f64,
    /// Whether any segment concerns the group.
    is_hit: bool,
    /// From the first begin to the last end, where nothing ends a session.
    unnoticed_s: Option<f64>,
}

/// When something is disturbed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Outage {
    /// Begin in seconds.
    from_s: f64,
    /// Earliest end of a session.
    lost_s: f64,
    /// Latest end.
    to_s: f64,
    /// Whether a session ends with it; else it only holds up those that have lost theirs.
    ends_session: bool,
}

/// The worst that a disturbance can do to a pump with given parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// Longest delay of the kick by a section that cannot be preempted, in seconds.
    pub section_s: f64,
    /// Longest delay of the kick by communication work; `None`: without end.
    pub latency_s: Option<f64>,
    /// Longest time without a check-in; `None`: without end.
    pub block_s: Option<f64>,
    /// Most messages that wait.
    pub messages: f64,
    /// Most memory, in bytes.
    pub bytes: f64,
    /// Seconds until memory is full; `None`: it never is.
    pub full_after_s: Option<f64>,
    /// Seconds from the end to the session; `None`: not bounded.
    pub recovery_s: Option<f64>,
}

impl Bound {
    /// Value and limit of a mechanism; the value is `None` where nothing bounds it.
    pub fn against(&self, mechanism: Mechanism, draw: &Draw) -> (Option<f64>, f64) {
        let value = match mechanism {
            Mechanism::H1 => Some(self.section_s),
            Mechanism::H2 => self.latency_s,
            Mechanism::H3 => self.block_s,
            Mechanism::H4 => Some(self.bytes),
        };
        (value, draw.value(mechanism.limit()))
    }

    /// Margin of a mechanism: 1 - value / limit, or less where the next kick comes too early; below 0
    /// it trips.
    pub fn margin(&self, mechanism: Mechanism, draw: &Draw) -> f64 {
        let (value, limit) = self.against(mechanism, draw);
        let Some(value) = value else {
            return f64::NEG_INFINITY;
        };
        let late = 1.0 - value / limit.max(1e-12);
        match mechanism {
            Mechanism::H1 | Mechanism::H2 => {
                late.min(draw.early_margin(value - draw.value(Parameter::Kick)))
            }
            Mechanism::H3 | Mechanism::H4 => late,
        }
    }
}

/// Segments of a group, in states that its services can have.
fn own_of(segments: &[Segment], group: usize) -> Vec<Segment> {
    let own = segments.iter().filter(|segment| segment.concerns(group));
    own.filter_map(|segment| {
        let state = segment.state.at(segment.service)?;
        Some(Segment {
            state,
            ..segment.clone()
        })
    })
    .collect()
}

/// What a group on one of its stacks meets; ends may come up to `later_s` later.
pub fn exposure(
    fleet: &Fleet,
    group: usize,
    stack: usize,
    segments: &[Segment],
    times: (f64, f64),
) -> Option<Exposure> {
    let flush = Flush::of(fleet, segments, times);
    exposure_with(fleet, (group, stack), segments, times, &flush)
}

/// The same, where what the fleet sends when it is back is known.
pub(super) fn exposure_with(
    fleet: &Fleet,
    (group, stack): (usize, usize),
    segments: &[Segment],
    (horizon_s, later_s): (f64, f64),
    flush: &Arc<Flush>,
) -> Option<Exposure> {
    let class = &fleet.groups.get(group)?.class;
    let stack = class.stacks.get(stack).or(class.stacks.first())?;
    let endings = Endings::new(fleet, segments, later_s);
    let own = own_of(segments, group);
    let view = View::of(fleet, (class, stack), (&own, segments), &endings, later_s);
    let ends = |one: &Segment| endings.ends(one) || endings.radius_overruns(one, view.pumps);
    let calls = Calls::of(&view);
    let longest = calls.longest(0.0, 0.0);
    let fails_at_once = view.segments.iter().any(|segment| match segment.state {
        State::Refuse | State::NxDomain | State::ServFail | State::HandshakeFailure => true,
        State::Drop | State::Mute | State::Slow(_) | State::MtuHole | State::SessionsLost => false,
    });
    let least = class.back_off.least_s();
    let handshake_fails = |service| {
        view.at(service)
            .any(|segment| matches!(segment.state, State::HandshakeFailure | State::Refuse))
    };
    let held = stack.eap.then_gaps_ms.first().copied().unwrap_or(60_000);
    Some(Exposure {
        longest,
        coming_back: ComingBack::of(&view, segments),
        tls: view.tls(),
        flush: Arc::clone(flush),
        group,
        queue_s: view.gateway_queue_s(),
        recovery_s: view.recovery_s(longest.lookup),
        noticed_s: view.noticed_after_s(),
        outages: view.outages(horizon_s),
        spins: fails_at_once && class.back_off.most_s() <= 0.0,
        // A drawn wait of under a microsecond joins two attempts; two such in a row do not occur.
        together: if least > 0.0 { 1.0 } else { 2.0 },
        losses: view.losses(),
        tls_fails: view
            .at(Service::Gateway)
            .any(|segment| segment.state == State::HandshakeFailure),
        fails_late: handshake_fails(Service::Gateway)
            && view
                .at(Service::Gateway)
                .any(|one| one.state.is_mute() || one.state.is_silent()),
        eap_fails: handshake_fails(Service::Radius),
        reauthenticates: class.uses_eap && view.at(Service::Radius).next().is_some(),
        uses_eap: class.uses_eap
            && view.touches_access(false)
            && view.segments.iter().any(|segment| ends(segment)),
        uses_dhcp: view.touches_access(true),
        held_s: f64::from(held) / 1_000.0,
        // Without a wait longer than a round trip nothing is sent twice.
        queries: if longest.lookup > 1.0 || longest.lookup_fails > 0.0 {
            length(stack.dns.times_ms.len())
        } else {
            1.0
        },
        syns: if longest.connect > fleet.round_trip_s {
            length(stack.syn.times_ms.len())
        } else {
            1.0
        },
        horizon_s,
        is_hit: !view.segments.is_empty(),
        unnoticed_s: view.unnoticed_s(&ends),
        calls,
    })
}

impl Exposure {
    /// Whether sessions outlive it that count as lost after so many seconds: it is over before it
    /// is noticed.
    pub(super) fn is_outlived(&self, detect_s: f64) -> bool {
        self.lasts_s().is_some_and(|lasts| lasts <= detect_s)
    }

    /// How long it lasts, where a session that bears that long a silence stays.
    pub(super) fn lasts_s(&self) -> Option<f64> {
        self.calls.alone_s.or(self.unnoticed_s)
    }

    /// Longest time without a session, given how long the way back takes.
    fn silence_s(&self, back_s: Option<f64>) -> f64 {
        let ending = || self.outages.iter().filter(|outage| outage.ends_session);
        let Some(back) = back_s else {
            return ending()
                .next()
                .map_or(0.0, |first| self.horizon_s - first.lost_s);
        };
        let mut longest: f64 = 0.0;
        for first in ending() {
            // Whatever is disturbed before the session is back holds it up.
            let mut end = first.to_s;
            for outage in &self.outages {
                if outage.from_s <= end + back {
                    end = end.max(outage.to_s);
                }
            }
            longest = longest.max((end + back).min(self.horizon_s) - first.lost_s);
        }
        longest
    }

    /// Work of one pass through the whole chain, in seconds of an idle processor.
    fn chain_work_s(&self, draw: &Draw) -> f64 {
        let value = |parameter| draw.value(parameter);
        let mut work = value(Parameter::TlsFull)
            + value(Parameter::ConnectFail)
            + self.queries * value(Parameter::DnsQuery)
            + self.syns * value(Parameter::Syn)
            + 3.0 * value(Parameter::LogWrite);
        if self.uses_eap {
            work += value(Parameter::Scan) + value(Parameter::EapFull);
        }
        if self.uses_dhcp {
            work += value(Parameter::Scan) + value(Parameter::Dhcp);
        }
        if self.reauthenticates {
            work += value(Parameter::EapFull);
        }
        if self.eap_fails {
            work += value(Parameter::EapFail);
        }
        if self.tls_fails {
            work += value(Parameter::TlsFail);
        }
        work
    }
}

/// The bound for a group with one value for each parameter, whatever those of other groups.
pub fn bound(exposure: &Exposure, draw: &Draw) -> Bound {
    bound_among(exposure, draw, &[])
}

/// The bound for a group with one value for each parameter, where those of every group of the fleet
/// are `all`.
pub(super) fn bound_among(exposure: &Exposure, draw: &Draw, all: &[Draw]) -> Bound {
    let value = |parameter| draw.value(parameter);
    let kick = value(Parameter::Kick);
    let detect = value(Parameter::Detect);
    if !exposure.is_hit || exposure.is_outlived(detect) {
        // An authentication of the day may still fall into it.
        let work = if exposure.reauthenticates {
            value(Parameter::EapFull) / (1.0 - value(Parameter::LoadAbove)).max(0.01)
        } else {
            0.0
        };
        return Bound {
            section_s: kick,
            latency_s: Some(kick + work),
            block_s: Some(0.0),
            messages: 0.0,
            bytes: 0.0,
            full_after_s: None,
            recovery_s: Some(0.0),
        };
    }
    let free = (1.0 - value(Parameter::LoadAbove)).max(0.01);
    let chain = exposure.chain_work_s(draw) * exposure.together / free;
    // Messages of everybody hold the gateway up.
    let busy = exposure.flush.busy_s((exposure.group, draw), all);
    let back = exposure.recovery_s.zip(busy);
    let recovery = back
        .filter(|((_, slack), busy)| busy <= slack)
        .map(|((wire, _), busy)| wire + busy + 2.0 * chain);
    // Until the gateway has taken a message, others follow it.
    let period = value(Parameter::StatusPeriod).max(1e-3);
    let taken = exposure.queue_s.zip(busy).map(|(queue, busy)| {
        let own = exposure.silence_s(recovery) + queue + busy;
        queue + busy + (own / period + 2.0) * exposure.flush.message_s
    });
    let answered = taken.map(|taken| taken + exposure.calls.round_trip_s);
    let kept = recovery.zip(answered).map(|(back, taken)| back + taken);
    let silence = exposure.silence_s(kept);
    // One alarm besides the messages.
    let messages = float(count(silence / period)) + 1.0;
    let size = value(Parameter::MessageBytes);
    let leak = value(Parameter::Leak);
    let leaked = if leak > 0.0 {
        silence.max(1.0) * leak
    } else {
        0.0
    };
    let bytes = messages * size + leaked;
    let heap = value(Parameter::Heap);
    let full_after = (bytes > heap).then(|| heap / size * value(Parameter::StatusPeriod));
    let flush = messages * value(Parameter::Message) / free;
    Bound {
        section_s: kick + value(Parameter::Erase) / free,
        latency_s: latency_s(exposure, draw, chain + flush, free).map(|latency| latency + kick),
        block_s: block_s(exposure, (chain, busy), detect, all),
        messages,
        bytes,
        full_after_s: full_after,
        recovery_s: recovery.map(|back| back + exposure.noticed_s),
    }
}

/// Longest time that communication work holds the processor; `None`: without end.
fn latency_s(exposure: &Exposure, draw: &Draw, burst: f64, free: f64) -> Option<f64> {
    if exposure.spins || exposure.uses_eap && burst > exposure.held_s {
        return None;
    }
    let beats = |busy: f64| {
        let number = |period| float(count(busy / draw.value(period).max(1e-3))) + 1.0;
        (number(Parameter::HeartbeatPeriod) * draw.value(Parameter::Heartbeat)
            + number(Parameter::StatusPeriod) * draw.value(Parameter::Message))
            / free
    };
    // The chain is passed once for each session that is lost within the busy period.
    let (begins, spread) = &exposure.losses;
    let passes = |busy: f64| {
        let within = |first: f64| {
            let last = first + busy + spread;
            begins
                .iter()
                .filter(|begin| **begin >= first && **begin <= last)
                .count()
        };
        let most = begins.iter().map(|begin| within(*begin)).max().unwrap_or(1);
        length(most.max(1))
    };
    let mut busy = burst + beats(burst);
    for _ in 0..16 {
        let longer = burst * passes(busy) + beats(busy);
        if longer <= busy {
            return Some(busy);
        }
        busy = longer;
    }
    None
}

/// Longest time without a check-in: the calls of one attempt, one after the other.
fn block_s(
    exposure: &Exposure,
    (work_s, busy_s): (f64, Option<f64>),
    detect_s: f64,
    all: &[Draw],
) -> Option<f64> {
    let messages_s = busy_s.unwrap_or(f64::INFINITY);
    let fares = |pumps: &ComingBack| pumps.fares(all, messages_s);
    let (longest, tls) = if let Some(fares) = exposure.coming_back.as_ref().and_then(fares) {
        let trips = 2.0 * exposure.calls.round_trip_s;
        let calls = exposure.calls.longest_where_full(detect_s, fares.full_s);
        (calls, trips + fares.wait_s.max(work_s))
    } else {
        let wait = exposure.tls.wait_s(messages_s)?;
        let tls = if exposure.fails_late {
            wait + work_s
        } else {
            wait.max(work_s)
        };
        // Nobody calls before the silence is noticed.
        let calls = match exposure.calls.alone_s {
            Some(_) => exposure.calls.longest(detect_s, messages_s),
            None => exposure.calls.longest(0.0, messages_s),
        };
        (calls, tls)
    };
    let session = longest.lookup + longest.connect + tls;
    let most = session
        .max(longest.lookup + longest.connect_fails)
        .max(longest.lookup_fails);
    most.is_finite().then_some(most)
}

/// Evaluates every class on its first stack under all 16 hypotheses with so many draws each; gives
/// the number of combinations that trip. For measuring.
pub fn grid(fleet: &Fleet, segments: &[Segment], times: (f64, f64), draws: u64, seed: u64) -> u64 {
    let mut trips = 0;
    let flush = Flush::of(fleet, segments, times);
    for (number, group) in (0_u64..).zip(&fleet.groups) {
        let index = super::number::index(number);
        let Some(exposure) = exposure_with(fleet, (index, 0), segments, times, &flush) else {
            continue;
        };
        for which in 0..draws {
            let mut stream =
                super::random::Stream::new(seed, which, number, super::random::Purpose::Parameter);
            let draw = group.class.draw(&mut stream);
            let bound = bound(&exposure, &draw);
            let tripped = Mechanism::ALL.map(|mechanism| bound.margin(mechanism, &draw) < 0.0);
            for hypothesis in 0..16_u32 {
                let trips_here = (0..4)
                    .zip(tripped)
                    .any(|(bit, tripped)| tripped && hypothesis >> bit & 1 == 1);
                trips += u64::from(trips_here);
            }
        }
    }
    trips
}

#[cfg(test)]
mod tests;
