//! How long the calls of one attempt can take: a lookup, a connection.

use crate::client::schedule::{Schedule, Spread};
use crate::stress::disturbance::{Service, State};
use crate::stress::fleet::Discipline;
use crate::stress::number::{float, seconds};

use super::end_s;
use super::view::View;

/// What the calls of a group on one stack meet, whatever its parameters.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calls {
    /// Lookups; `None`: the pump makes none.
    dns: Option<&'static Schedule>,
    /// Longest time in which the name server of each place does not answer.
    dns_silent_s: [f64; 3],
    /// Longest wait for an answer of a name server; `None`: not bounded.
    dns_queue_s: Option<f64>,
    /// Connections.
    syn: &'static Schedule,
    /// Longest silence of the gateway.
    silent_s: f64,
    /// Whether the gateway's backlog may be full.
    overflows: bool,
    /// Where every pump comes once: pumps beyond a full backlog, those that it holds, those that are
    /// served in a second, and how much longer the gateway may take until a pump gives up.
    once: Option<[f64; 4]>,
    /// Round trip.
    pub(super) round_trip_s: f64,
    /// Longest silence where it is all that can end a session: then a session that bears a longer
    /// one stays, and calls of one that bears a shorter one begin that much later.
    pub(super) alone_s: Option<f64>,
    /// Whether a lookup is answered only when that silence is over.
    dns_returns_last: bool,
}

/// Longest calls, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Longest {
    /// Lookup that fails; 0: none can.
    pub(super) lookup_fails: f64,
    /// Lookup that is answered.
    pub(super) lookup: f64,
    /// Connection that fails; 0: none can.
    pub(super) connect_fails: f64,
    /// Connection that is made.
    pub(super) connect: f64,
}

/// Earliest and latest moment of a transmission, in seconds since the first.
fn sent_s(schedule: &Schedule, number: usize, time_ms: u32) -> (f64, f64) {
    let time = f64::from(time_ms) / 1_000.0;
    let apart = |ms: u32| f64::from(ms) / 1_000.0;
    match schedule.spread {
        Spread::FirstGapEarly(early) if number > 0 => ((time - apart(early)).max(0.0), time),
        Spread::EachGapAround(most) => {
            let off = apart(most) * float(u64::try_from(number).unwrap_or(u64::MAX));
            ((time - off).max(0.0), time + off)
        }
        Spread::None | Spread::FirstGapEarly(_) | Spread::OneRun => (time, time),
    }
}

/// Place of the server that a transmission asks.
fn place_of(schedule: &Schedule, number: usize) -> u8 {
    number
        .checked_rem(schedule.servers.len())
        .and_then(|at| schedule.servers.get(at))
        .copied()
        .unwrap_or(0)
}

impl Calls {
    /// The calls of a view's group.
    pub(super) fn of(view: &View<'_>) -> Self {
        let gateway = &view.fleet.gateway;
        let slowdown = (0..3)
            .map(|server| view.slowdown(Service::Dns(server)))
            .fold(1.0, f64::max);
        Self {
            dns: view.class.uses_dns.then_some(view.stack.dns),
            dns_silent_s: [0, 1, 2].map(|place| {
                let hurt = |state: State| !matches!(state, State::Slow(_));
                view.longest_s(Service::Dns(place), &hurt)
            }),
            dns_queue_s: dns_queue_s(view, slowdown).map(|queue| queue + view.fleet.round_trip_s),
            syn: view.stack.syn,
            silent_s: view.longest_s(Service::Gateway, &State::is_silent),
            overflows: gateway.tokens.is_some()
                || gateway
                    .backlog
                    // Workers may be busy with messages.
                    .is_some_and(|backlog| view.pumps_back > f64::from(backlog))
                || gateway.backlog.is_some() && leaves_work(view),
            once: (alone_s(view).is_some() || loses_sessions_alone(view))
                .then(|| comes_once(view))
                .flatten(),
            round_trip_s: view.fleet.round_trip_s,
            alone_s: alone_s(view),
            dns_returns_last: alone_s(view).is_some() && dns_returns_last(view),
        }
    }

    /// The longest calls that begin so long after the beginning of every silence, where messages hold
    /// the gateway up for so long.
    pub(super) fn longest(&self, later_s: f64, messages_s: f64) -> Longest {
        let (lookup_fails, lookup) = self.lookups_s(later_s);
        let (connect_fails, connect) = if self.dns_returns_last && !self.overflows {
            (self.round_trip_s, self.round_trip_s)
        } else {
            self.connections_s(later_s, self.overflows.then_some(messages_s))
        };
        Longest {
            lookup_fails,
            lookup,
            connect_fails,
            connect,
        }
    }

    /// The same where the gateway's backlog may be full for so long after a silence and no longer.
    pub(super) fn longest_where_full(&self, later_s: f64, full_s: f64) -> Longest {
        let (lookup_fails, lookup) = self.lookups_s(later_s);
        let (connect_fails, connect) = if self.dns_returns_last && full_s <= 0.0 {
            (self.round_trip_s, self.round_trip_s)
        } else {
            self.connections_s(later_s - full_s, None)
        };
        Longest {
            lookup_fails,
            lookup,
            connect_fails,
            connect,
        }
    }

    /// Longest lookups: one that fails, one that is answered.
    fn lookups_s(&self, later_s: f64) -> (f64, f64) {
        let Some(schedule) = self.dns else {
            return (0.0, 0.0);
        };
        let give_up = schedule.give_up_us().map_or(f64::INFINITY, seconds);
        let silent = |place: u8| {
            let whole = self.dns_silent_s.get(usize::from(place));
            (whole.copied().unwrap_or(0.0) - later_s).max(0.0)
        };
        let times = || schedule.times_ms.iter().copied().enumerate();
        let sure = times()
            .map(|(number, time)| (place_of(schedule, number), sent_s(schedule, number, time)))
            .find(|(place, (earliest, _))| *earliest >= silent(*place))
            .map(|(_, (_, latest))| latest);
        let first_gap = schedule
            .times_ms
            .get(1)
            .map_or(give_up, |gap| f64::from(*gap) / 1_000.0);
        // A queue longer than the first gap doubles itself by repeated queries.
        let served = self.dns_queue_s.filter(|queue| *queue < first_gap.min(1.0));
        match (sure, served) {
            (Some(time), Some(queue)) => (
                // "No such name" and error codes end a lookup at once, without the wait.
                if silent(0) > 0.0 { time + queue } else { 0.0 },
                (time + queue).min(give_up),
            ),
            (None, _) | (_, None) => (give_up, give_up),
        }
    }

    /// Longest connections: one that fails, one that is made; a backlog that may be full is held up
    /// by messages for so long.
    fn connections_s(&self, later_s: f64, overflows: Option<f64>) -> (f64, f64) {
        let silent = (self.silent_s - later_s).max(0.0);
        if silent <= 0.0 && overflows.is_none() {
            return (self.round_trip_s, self.round_trip_s);
        }
        let times = || self.syn.times_ms.iter().copied().enumerate();
        // Where the backlog is full, each transmission that it drops stands for pumps that are
        // served until the next one and do not come back.
        let mut beyond = match (overflows, self.once) {
            (None, _) => -1.0,
            (Some(messages), Some([beyond, .., slack])) if messages < slack => beyond,
            (Some(_), _) => f64::INFINITY,
        };
        let mut since = None;
        for (number, time) in times() {
            let (earliest, latest) = sent_s(self.syn, number, time);
            if earliest < silent {
                continue;
            }
            if let (Some(since), Some([_, held, rate, _])) = (since, self.once) {
                let gap: f64 = earliest - since - overflows.unwrap_or(0.0);
                beyond -= held.min(rate * gap.max(0.0));
            }
            if beyond < 0.0 {
                return (self.round_trip_s, latest + self.round_trip_s);
            }
            since = Some(latest);
        }
        let give_up = self.syn.give_up_us().map_or(f64::INFINITY, seconds);
        let last = times().next_back().map_or(0.0, |(number, time)| {
            let (_, latest) = sent_s(self.syn, number, time);
            latest
        });
        (give_up, last + self.round_trip_s)
    }
}

/// Whether pumps that give up a handshake may leave work in the gateway's backlog, so that they are
/// there more than once.
fn leaves_work(view: &View<'_>) -> bool {
    let gateway = &view.fleet.gateway;
    let mut groups = view.fleet.groups.iter();
    (view.serves_last_first() || gateway.message_s > 0.0)
        && groups.any(|group| group.class.tls_timeout_s.is_some())
}

/// Longest wait at a name server; `None`: not bounded.
fn dns_queue_s(view: &View<'_>, slowdown: f64) -> Option<f64> {
    let once = view.queue_s(&view.fleet.dns, slowdown)?;
    if view.fleet.dns.discipline != Discipline::Lifo {
        return Some(once);
    }
    // Each attempt of others is a lookup that may overtake.
    let again = once / (view.class.back_off.least_s() + 2.0 * view.fleet.round_trip_s);
    (again < 1.0 && view.fleet.groups.len() == 1).then(|| once / (1.0 - again))
}

/// Pumps beyond a full backlog, those that it holds, those served in a second, and how much longer
/// that may take, where no pump comes to the gateway twice: all lose their sessions at one moment,
/// and nobody gives up a handshake that waits its turn.
fn comes_once(view: &View<'_>) -> Option<[f64; 4]> {
    let gateway = &view.fleet.gateway;
    let held = f64::from(gateway.backlog?);
    let slowdown = view.slowdown(Service::Gateway);
    let rate = gateway.rate() / slowdown;
    let groups = view.fleet.groups.iter();
    let patience = groups
        .filter_map(|group| group.class.tls_timeout_s)
        .fold(f64::INFINITY, f64::min);
    let all = held + f64::from(gateway.workers);
    let slack = patience - all / rate - 2.0 * view.fleet.round_trip_s;
    let at_once = view.all_lost_at_once
        && gateway.tokens.is_none()
        && !gateway.exponential
        && !view.serves_last_first();
    (at_once && slack > 0.0).then_some([view.pumps_back - held, held, rate, slack])
}

/// Whether the loss of sessions at the gateway is all that is disturbed: each pump comes back once.
fn loses_sessions_alone(view: &View<'_>) -> bool {
    let mut segments = view.segments.iter();
    segments.all(|one| one.service == Service::Gateway && one.state == State::SessionsLost)
}

/// Whether every name server that a lookup asks answers no sooner than the gateway does.
fn dns_returns_last(view: &View<'_>) -> bool {
    let ends = |service| {
        view.at(service)
            .filter(|segment| segment.state == State::Drop)
            .map(|segment| segment.to_s.unwrap_or(f64::INFINITY))
            .fold(0.0, f64::max)
    };
    let latest = |service| {
        view.at(service)
            .map(|segment| end_s(segment, view.later_s))
            .fold(0.0, f64::max)
    };
    let gateway = latest(Service::Gateway) - view.later_s;
    let schedule = view.stack.dns;
    let asked = 0..schedule.times_ms.len();
    view.class.uses_dns
        && asked
            .map(|number| place_of(schedule, number))
            .all(|place| ends(Service::Dns(place)) >= gateway)
}

/// The longest silence of the gateway, where nothing else can end a session and every name server
/// that is silent with it is so from then on at the latest.
fn alone_s(view: &View<'_>) -> Option<f64> {
    let begins = |service| {
        view.at(service)
            .map(|segment| segment.from_s)
            .fold(f64::INFINITY, f64::min)
    };
    let begin = begins(Service::Gateway);
    let ends = view
        .at(Service::Gateway)
        .map(|segment| end_s(segment, view.later_s))
        .fold(0.0, f64::max);
    let is_one = |segment: &super::Segment| match segment.service {
        Service::Gateway => segment.state.is_silent() && segment.from_s <= begin,
        Service::Dns(_) => {
            segment.from_s + segment.from_spread_s <= begin
                && end_s(segment, view.later_s) <= ends.max(begin)
        }
        Service::Dhcp => !view.endings.ends(segment),
        Service::Radius => !view.class.uses_eap || !view.endings.ends(segment),
        Service::Link => false,
    };
    let holds = begin.is_finite() && view.segments.iter().all(|segment| is_one(segment));
    holds.then_some(ends - begin)
}
