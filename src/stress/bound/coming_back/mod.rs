//! Pumps that lose their sessions at one moment and come back each at a moment of its own.
//!
//! A pump notices at a heartbeat, and heartbeats are at any phase of their period; what it sends
//! into a silence it sends again by its stack's schedule, and after a refusal when its program does. How many pumps come to the gateway within
//! a while is therefore random; what is bounded here is passed once in 10^9 cases.
//!
//! At any moment the places of a group's pumps in their schedules lie evenly within one period of
//! their heartbeats; which period, and which stack other groups have, is the worst.

use crate::client::schedule::{Schedule, Spread};
use crate::stress::disturbance::{Segment, Service, State};
use crate::stress::fleet::Group;
use crate::stress::number::{exp, float, length, ln, seconds};
use crate::stress::pump::{Draw, Parameter, Stack};

use super::end_s;
use super::view::View;

/// Lengths of a while that are told apart.
const LENGTHS: usize = 128;
/// Cases of which one may pass the bound, for each packet of a pump and each length.
const ONCE_IN: f64 = 1e9;
/// Packets of one pump with which a while may begin.
const PACKETS: f64 = 64.0;
/// Waits of a schedule that are looked at; a longer silence is not bounded here.
const WAITS: usize = 96;
/// Seconds by which a pump's own work may shift its next attempt.
const WORK_S: f64 = 1.0;
/// Seconds after the end of a silence from which on the gateway may be found to keep up.
const CALMER_S: [f64; 4] = [2.0, 4.0, 8.0, 16.0];

/// Who comes back to the gateway.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ComingBack {
    /// By group.
    groups: Vec<Returning>,
    /// Longest time that lookups shift them against each other.
    shift_s: f64,
    /// Handshakes that the gateway makes at a time.
    workers: f64,
    /// Seconds of one.
    service_s: f64,
    /// Connections that wait at most.
    backlog: f64,
    /// Shortest time until a pump gives up.
    patience_s: f64,
}

/// How they fare at the gateway.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fares {
    /// Longest wait in its queue, in seconds.
    pub(super) wait_s: f64,
    /// For how long after the end of a silence its backlog may be full, in seconds.
    pub(super) full_s: f64,
}

impl ComingBack {
    /// Those that these segments send back; `None` where more is disturbed than one silence of the
    /// gateway for each group, the sessions that it costs, and names.
    pub(super) fn of(view: &View<'_>, segments: &[Segment]) -> Option<Self> {
        let gateway = &view.fleet.gateway;
        if gateway.exponential || gateway.tokens.is_some() || view.serves_last_first() {
            return None;
        }
        // A first question that is repeated before its answer counts twice; of later ones none is.
        let shift_s = 2.0 * view.queue_s(&view.fleet.dns, 1.0)?;
        if shift_s >= 1.0 {
            return None;
        }
        let mut groups = Vec::new();
        for (number, group) in view.fleet.groups.iter().enumerate() {
            let own: Vec<&Segment> = segments
                .iter()
                .filter(|one| one.concerns(number) && is_noticed(view, group, one))
                .collect();
            let stacks: &[Stack] = if std::ptr::eq(&raw const group.class, view.class) {
                std::slice::from_ref(view.stack)
            } else {
                &group.class.stacks
            };
            groups.extend(Returning::of(&own, (number, group), stacks, view.later_s)?);
        }
        let patience = |one: &Returning| view.fleet.groups.get(one.number)?.class.tls_timeout_s;
        let patience_s = groups.iter().filter_map(patience);
        Some(Self {
            shift_s,
            workers: f64::from(gateway.workers.max(1)),
            service_s: gateway.service_s,
            backlog: gateway.backlog.map_or(f64::INFINITY, f64::from),
            patience_s: patience_s.fold(f64::INFINITY, f64::min) - 2.0 * view.fleet.round_trip_s,
            groups,
        })
        .filter(|some| !some.groups.is_empty())
    }

    /// How pumps with these parameters of every group fare where messages hold the gateway up for so
    /// long; `None` where the backlog may stay full or a pump may give up.
    pub(super) fn fares(&self, draws: &[Draw], messages_s: f64) -> Option<Fares> {
        if !messages_s.is_finite() {
            return None;
        }
        let crowds: Vec<Crowd<'_>> = self
            .groups
            .iter()
            .map(|group| Some(group.crowd(draws.get(group.number)?)))
            .collect::<Option<_>>()?;
        let wait = |most: f64| (most / self.workers + 1.0) * self.service_s + messages_s;
        let kept = |most: &f64| *most <= self.backlog && wait(*most) < self.patience_s;
        if let Some(most) = self.queue(&crowds, None, messages_s).filter(kept) {
            return Some(Fares {
                wait_s: wait(most),
                full_s: 0.0,
            });
        }
        let wait_s = wait(self.backlog + self.workers);
        let all: f64 = crowds.iter().map(|crowd| crowd.group.pumps).sum();
        // What came before cannot fill the backlog for longer: each pump is let in once.
        let beyond = (all + self.workers - self.backlog).max(0.0);
        let rest_s = beyond * self.service_s / self.workers + messages_s;
        let calmer = |since: &f64| {
            let late = Some((*since, rest_s));
            self.queue(&crowds, late, messages_s).filter(kept)
        };
        let since = CALMER_S
            .into_iter()
            .find(|since| wait_s < self.patience_s && calmer(since).is_some())?;
        Some(Fares {
            wait_s,
            full_s: since + rest_s,
        })
    }

    /// Most pumps that are at the gateway at once, where none is turned away, or from so long on
    /// after the end of a silence where any may have been and so long still may be; `None`: not
    /// bounded.
    fn queue(
        &self,
        crowds: &[Crowd<'_>],
        late: Option<(f64, f64)>,
        messages_s: f64,
    ) -> Option<f64> {
        let all: f64 = crowds.iter().map(|crowd| crowd.group.pumps).sum();
        let rate = self.workers / self.service_s.max(1e-9);
        let step = (all / rate + messages_s) / length(LENGTHS);
        // Handshakes made in so long, whenever messages are worked on.
        let made = |while_s: f64| rate * (while_s - messages_s).max(0.0);
        let unlikely = ln(ONCE_IN * PACKETS * all.max(1.0) * length(LENGTHS));
        let mut most: f64 = 0.0;
        for number in 0..LENGTHS {
            let begin = length(number) * step;
            if all - made(begin) <= most {
                break;
            }
            let while_s = begin + step + self.shift_s;
            let mut shares = Vec::with_capacity(crowds.len());
            for crowd in crowds {
                shares.push((crowd.group.pumps, crowd.share(while_s, late)?));
            }
            most = most.max(likely(&shares, unlikely).min(all) - made(begin));
        }
        Some(most + self.workers)
    }
}

/// The number that so many pumps, each there with its share, pass with e to the minus `unlikely` at
/// most (Chernoff's bound).
fn likely(shares: &[(f64, f64)], unlikely: f64) -> f64 {
    let mut tilt = 0.2;
    let mut most = f64::INFINITY;
    for _ in 0..16 {
        let grown = exp(tilt) - 1.0;
        let sum: f64 = shares
            .iter()
            .map(|(pumps, share)| pumps * ln(1.0 + share * grown))
            .sum();
        most = most.min((sum + unlikely) / tilt);
        tilt *= 1.25;
    }
    most
}

/// Whether a segment is more than what pumps of a group in a session bear.
fn is_noticed(view: &View<'_>, group: &Group, segment: &Segment) -> bool {
    match (segment.service, segment.state.at(segment.service)) {
        (Service::Dhcp, _) => view.endings.ends(segment),
        (Service::Radius, Some(State::Drop)) => group.class.uses_eap && view.endings.ends(segment),
        (Service::Dns(_), _) => group.class.uses_dns,
        (Service::Link | Service::Radius | Service::Gateway, state) => state.is_some(),
    }
}

/// What a group meets.
#[derive(Debug, Clone, PartialEq)]
struct Returning {
    /// Its number.
    number: usize,
    /// Its pumps.
    pumps: f64,
    /// How long it is silent at most, in seconds.
    silent_s: f64,
    /// Whether sessions are dropped that outlived the silence, or without any.
    dropped: bool,
    /// Shortest wait between two attempts that are refused, where it is no silence.
    refused_s: Option<f64>,
    /// By stack: waits between packets to the gateway, and whether a packet that the gateway's
    /// backlog turned away is sent again by the same.
    stacks: Vec<(Vec<Wait>, bool)>,
}

/// A wait between two packets.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Wait {
    /// Shortest, in seconds.
    least_s: f64,
    /// Longest.
    most_s: f64,
}

impl Returning {
    /// What a group meets of its segments, empty where nothing brings it to the gateway; `None`:
    /// something else than is bounded here.
    fn of(
        own: &[&Segment],
        (number, group): (usize, &Group),
        stacks: &[Stack],
        later_s: f64,
    ) -> Option<Vec<Self>> {
        let at_gateway = |state: State| {
            own.iter()
                .filter(move |one| (one.service, one.state) == (Service::Gateway, state))
        };
        let names = || {
            own.iter()
                .filter(|one| matches!(one.service, Service::Dns(_)))
        };
        let apart = |one: &&&Segment| one.from_spread_s > 0.0 || one.to_spread_s > 0.0;
        let silent_names = names().filter(|one| one.state == State::Drop).count();
        let (silences, losses) = (at_gateway(State::Drop), at_gateway(State::SessionsLost));
        let refusals = at_gateway(State::Refuse);
        let is_refused = refusals.clone().next().is_some();
        let silences = silences.chain(refusals);
        let known = silences.clone().count() + losses.clone().count() + silent_names;
        if known < own.len() || own.iter().any(|one| apart(&one)) {
            return None;
        }
        if silences.clone().count() > 1 || losses.clone().count() > 1 {
            return None;
        }
        let (silence, lost) = (silences.clone().next(), losses.clone().next());
        if is_refused && (known > 1 || group.class.back_off.least_s() <= 0.0) {
            return None;
        }
        let Some(first) = silence.or(lost) else {
            // Name servers alone end no session.
            return Some(Vec::new());
        };
        let from_s = first.from_s;
        let earliest_s = silence.map_or(from_s, |one| one.to_s.unwrap_or(f64::INFINITY));
        let to_s = silence.map_or(from_s, |one| end_s(one, later_s));
        // A session that comes back before others are dropped would be lost a second time.
        let in_order = lost.is_none_or(|one| from_s <= one.from_s && one.from_s <= earliest_s);
        if !in_order || !to_s.is_finite() || names().any(|one| one.from_s > from_s) {
            return None;
        }
        let ends = |place: u8| {
            let own = names().filter(move |one| one.service == Service::Dns(place));
            own.map(|one| end_s(one, later_s)).fold(0.0, f64::max)
        };
        let silent_s = to_s - from_s;
        let least_s = group.class.back_off.least_s();
        let stack = |stack: &Stack| {
            if is_refused {
                let most_s = group.class.back_off.most_s() + WORK_S;
                let wait = Wait { least_s, most_s };
                return Some((vec![wait; WAITS], false));
            }
            waits(stack, group, (from_s, to_s), &ends, silent_s)
        };
        Some(vec![Self {
            number,
            pumps: float(u64::from(group.count)),
            silent_s,
            dropped: lost.is_some(),
            refused_s: is_refused.then_some(least_s),
            stacks: stacks.iter().map(stack).collect::<Option<_>>()?,
        }])
    }

    /// How it comes back with one value for each parameter.
    fn crowd(&self, draw: &Draw) -> Crowd<'_> {
        Crowd {
            group: self,
            period_s: draw.value(Parameter::HeartbeatPeriod).max(1e-3),
            oldest_s: match self.refused_s {
                // Noticed at once; every wait is like the first.
                Some(wait) => self.silent_s.min(wait * length(WAITS / 2)),
                // Nobody calls before the silence is noticed.
                None => self.silent_s - draw.value(Parameter::Detect),
            },
        }
    }
}

/// Waits of a stack in a silence between two moments; name servers are silent until `ends`.
fn waits(
    stack: &Stack,
    group: &Group,
    (from_s, to_s): (f64, f64),
    ends: &dyn Fn(u8) -> f64,
    silent_s: f64,
) -> Option<(Vec<Wait>, bool)> {
    if !is_steady(stack.syn) || !is_steady(stack.dns) {
        return None;
    }
    let asked: Vec<f64> = (0_u8..3)
        .filter(|place| {
            stack.dns.servers.is_empty() && *place == 0 || stack.dns.servers.contains(place)
        })
        .map(ends)
        .collect();
    let is_silent = group.class.uses_dns && asked.iter().all(|end| *end > from_s);
    // Either one server answers all the while, after the same time, or none before the gateway.
    let together = asked
        .iter()
        .all(|end| *end >= to_s && (*end - to_s).abs() < 1e-6);
    if is_silent && !together {
        return None;
    }
    let schedule = if is_silent { stack.dns } else { stack.syn };
    Some((chain(schedule, group, 4.0 * silent_s + 600.0)?, !is_silent))
}

/// Whether a schedule's times are always the same but for an early first gap.
fn is_steady(schedule: &Schedule) -> bool {
    match schedule.spread {
        Spread::None | Spread::FirstGapEarly(_) => true,
        Spread::EachGapAround(_) | Spread::OneRun => false,
    }
}

/// The waits of attempts that fail, one after the other, over so many seconds; fewer where a
/// schedule is longer than is looked at.
fn chain(schedule: &Schedule, group: &Group, lasts_s: f64) -> Option<Vec<Wait>> {
    let early_s = match schedule.spread {
        Spread::FirstGapEarly(most) => f64::from(most) / 1_000.0,
        Spread::None | Spread::EachGapAround(_) | Spread::OneRun => 0.0,
    };
    let times: Vec<f64> = schedule
        .times_ms
        .iter()
        .map(|time| f64::from(*time) / 1_000.0)
        .collect();
    let last = *times.last()?;
    let give_up = seconds(schedule.give_up_us()?);
    let back_off = &group.class.back_off;
    let mut once: Vec<Wait> = times
        .iter()
        .zip(times.iter().skip(1))
        .map(|(one, next)| Wait {
            least_s: next - one,
            most_s: next - one,
        })
        .collect();
    if let Some(first) = once.first_mut() {
        first.least_s = (first.least_s - early_s).max(0.0);
    }
    once.push(Wait {
        least_s: give_up - last + back_off.least_s(),
        most_s: give_up - last + back_off.most_s() + WORK_S,
    });
    let length_s: f64 = once.iter().map(|wait| wait.least_s).sum();
    let attempts = once.iter().cycle().take(WAITS);
    let mut out: Vec<Wait> = Vec::new();
    let mut passed = 0.0;
    for wait in attempts {
        if passed > lasts_s || length_s <= 0.0 {
            break;
        }
        passed += wait.least_s;
        out.push(*wait);
    }
    Some(out)
}

/// Pumps of a group with one value for each parameter.
#[derive(Debug)]
struct Crowd<'a> {
    /// The group.
    group: &'a Returning,
    /// Period of their heartbeats.
    period_s: f64,
    /// How long before the end of a silence calls begin at most.
    oldest_s: f64,
}

impl Crowd<'_> {
    /// Largest share that sends a packet within a while; `None`: not bounded.
    fn share(&self, while_s: f64, late: Option<(f64, f64)>) -> Option<f64> {
        let mut most: f64 = 0.0;
        for (waits, again) in &self.group.stacks {
            let places = match late {
                None => (f64::NEG_INFINITY, self.oldest_s),
                Some(_) if !again || self.group.dropped => return None,
                // Whoever is turned away until then is let in with its next packet.
                Some((since, rest)) => {
                    let until = self.oldest_s + since + rest;
                    (since, until + longest_s(waits, until))
                }
            };
            let mut sent = self.sent(waits, while_s, places)?;
            if self.group.dropped {
                // Those that notice later send their first packet at their own heartbeats.
                sent += while_s;
            }
            most = most.max(sent / self.period_s);
        }
        Some(most.min(1.0))
    }

    /// Seconds of a period whose pumps send within a while, when the last of them is at a place of
    /// the schedule between two; `None`: beyond what is looked at.
    fn sent(&self, waits: &[Wait], while_s: f64, (first_s, last_s): (f64, f64)) -> Option<f64> {
        let within = |wait: &Wait| wait.most_s.min(while_s);
        let mut best: f64 = 0.0;
        let (mut early_s, mut late_s) = (0.0, 0.0);
        for (number, wait) in waits.iter().enumerate() {
            if early_s >= last_s {
                return Some(best.min(self.period_s));
            }
            let begin_s = early_s;
            early_s += wait.least_s;
            late_s += wait.most_s;
            if late_s <= first_s {
                continue;
            }
            // This wait and those that follow within one period; the ends share what is left of it.
            let (mut inner_s, mut inner, mut edge) = (0.0, 0.0, 0.0);
            let mut at_s = begin_s + wait.least_s;
            let mut ended = false;
            for next in waits.iter().skip(number + 1) {
                ended = inner_s >= self.period_s || at_s >= last_s;
                if ended {
                    break;
                }
                if edge > 0.0 {
                    inner += edge;
                }
                edge = within(next);
                let ends = (within(wait) + edge).min(self.period_s - inner_s);
                best = best.max(inner + ends);
                inner_s += next.least_s;
                at_s += next.least_s;
            }
            best = best.max(within(wait));
            if !ended && at_s < last_s && inner_s < self.period_s {
                return None;
            }
        }
        (early_s >= last_s).then_some(best.min(self.period_s))
    }
}

/// Longest wait that begins before a place of a schedule.
fn longest_s(waits: &[Wait], before_s: f64) -> f64 {
    let mut at = 0.0;
    let mut longest: f64 = 0.0;
    for wait in waits {
        if at > before_s {
            break;
        }
        longest = longest.max(wait.most_s);
        at += wait.least_s;
    }
    longest
}

#[cfg(test)]
mod tests;
