//! The waits of a group on one stack: lookups, connections, handshakes, the way back.

use crate::client::schedule::Schedule;
use crate::stress::disturbance::{Segment, Service, State};
use crate::stress::fleet::{Discipline, Fleet, Server};
use crate::stress::number::{length, seconds};
use crate::stress::pump::{Parameter, PumpClass, Stack};

use super::ending::{all_lost_at_once, pumps_of};
use super::{Endings, Outage, end_s};

/// Longest gap between two transmissions, and from the last to the end of the attempt.
fn gaps_s(schedule: &Schedule) -> (f64, f64) {
    let ms = |gap: u32| f64::from(gap) / 1_000.0;
    let between = schedule.times_ms.windows(2).filter_map(|pair| match pair {
        [one, other] => Some(ms(other - one)),
        _ => None,
    });
    let longest = between
        .chain(schedule.then_gaps_ms.iter().copied().map(ms))
        .fold(0.0, f64::max);
    let spread = match schedule.spread {
        crate::client::schedule::Spread::EachGapAround(most) => 2.0 * ms(most),
        crate::client::schedule::Spread::None
        | crate::client::schedule::Spread::FirstGapEarly(_)
        | crate::client::schedule::Spread::OneRun => 0.0,
    };
    let last = schedule.times_ms.last().copied().map_or(0.0, ms);
    let tail = schedule.give_up_us().map_or(0.0, |end| seconds(end) - last);
    (longest + spread, tail + schedule.sleep_ms.map_or(0.0, ms))
}

/// Longest wait at a server when so many pumps are there once, or so many times where the last is
/// served first; `None`: not bounded.
fn queue_of_s(pumps: f64, times: f64, server: &Server, slowdown: f64) -> Option<f64> {
    if server.exponential || server.tokens.is_some() {
        return None;
    }
    let requests = match server.discipline {
        Discipline::Fifo | Discipline::CancelOnDisconnect => pumps,
        Discipline::Lifo => pumps * times,
    };
    let service = server.service_s * slowdown;
    Some((requests / f64::from(server.workers.max(1)) + 1.0) * service)
}

/// How long a handshake may wait for the gateway.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tls {
    /// Until the pump gives up; `None`: it never does.
    patience_s: Option<f64>,
    /// Until the gateway answers; `None`: not bounded.
    queue_s: Option<f64>,
}

impl Tls {
    /// The longest wait where messages hold the gateway up for so long; `None`: for ever.
    pub(super) fn wait_s(self, messages_s: f64) -> Option<f64> {
        let queue = self.queue_s.map(|queue| queue + messages_s);
        match (self.patience_s, queue) {
            (Some(patience), Some(queue)) => Some(patience.min(queue)),
            (one, other) => one.or(other),
        }
        .filter(|wait| wait.is_finite())
    }
}

/// Everything that exposures of one group share.
pub(super) struct View<'a> {
    /// Fleet.
    pub(super) fleet: &'a Fleet,
    /// Segments of the group.
    pub(super) segments: Vec<&'a Segment>,
    /// Class.
    pub(super) class: &'a PumpClass,
    /// Stack.
    pub(super) stack: &'a Stack,
    /// Ends come up to this much later.
    pub(super) later_s: f64,
    /// What sessions bear.
    pub(super) endings: &'a Endings<'a>,
    /// Pumps that may come to a server together.
    pub(super) pumps: f64,
    /// Pumps that may come to the gateway together.
    pub(super) pumps_back: f64,
    /// Whether whatever ends a session, of any group, begins at one moment and is silence at the
    /// gateway.
    pub(super) all_lost_at_once: bool,
    /// How many times a pump asks a server for something while another waits there at most.
    pub(super) times: f64,
}

impl<'a> View<'a> {
    /// A group on one stack, with its own segments and those of all.
    pub(super) fn of(
        fleet: &'a Fleet,
        (class, stack): (&'a PumpClass, &'a Stack),
        (own, all): (&'a [Segment], &[Segment]),
        endings: &'a Endings<'a>,
        later_s: f64,
    ) -> Self {
        // Slow or silent name servers are not noticed in a session; authentications that are only
        // slow end none either.
        let pumps = pumps_of(fleet, all, &|one| !matches!(one.service, Service::Dns(_)));
        let ends = |one: &Segment| endings.ends(one) || endings.radius_overruns(one, pumps);
        let again = (fleet.radius.timeout_s / fleet.reauthentication_s.max(1e-9)).ceil();
        let once = matches!(all, [one] if one.service == Service::Gateway);
        Self {
            fleet,
            segments: own.iter().collect(),
            class,
            stack,
            later_s,
            endings,
            pumps,
            pumps_back: pumps_of(fleet, all, &ends),
            all_lost_at_once: all_lost_at_once(endings, all),
            times: if once {
                1.0
            } else {
                2.0 * length(all.len()) + 2.0 + again
            },
        }
    }
}

impl View<'_> {
    /// Segments of a service.
    pub(super) fn at(&self, service: Service) -> impl Iterator<Item = &Segment> {
        self.segments
            .iter()
            .copied()
            .filter(move |segment| segment.service == service)
    }

    /// How many times slower a service is at worst.
    pub(super) fn slowdown(&self, service: Service) -> f64 {
        self.at(service)
            .fold(1.0, |worst, segment| match segment.state {
                State::Slow(factor) => worst.max(factor),
                State::Drop
                | State::Refuse
                | State::Mute
                | State::NxDomain
                | State::ServFail
                | State::HandshakeFailure
                | State::MtuHole
                | State::SessionsLost => worst,
            })
    }

    /// Longest wait at a server when every pump is there once; `None`: not bounded.
    pub(super) fn queue_s(&self, server: &Server, slowdown: f64) -> Option<f64> {
        queue_of_s(self.pumps, self.times, server, slowdown)
    }

    /// Whether the gateway serves whoever came last first.
    pub(super) fn serves_last_first(&self) -> bool {
        self.fleet.gateway.discipline == Discipline::Lifo
    }

    /// Longest wait at the gateway when every pump that lost its session is there once.
    pub(super) fn gateway_queue_s(&self) -> Option<f64> {
        let slowdown = self.slowdown(Service::Gateway);
        queue_of_s(self.pumps_back, self.times, &self.fleet.gateway, slowdown)
    }

    /// Longest time without a break in which a service is in such a state.
    pub(super) fn longest_s(&self, service: Service, is_such: &dyn Fn(State) -> bool) -> f64 {
        let mut spans: Vec<(f64, f64)> = self
            .at(service)
            .filter(|segment| is_such(segment.state))
            .map(|segment| (segment.from_s, end_s(segment, self.later_s)))
            .collect();
        spans.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut longest: f64 = 0.0;
        let mut run: Option<(f64, f64)> = None;
        for (from, to) in spans {
            let (begin, end) = match run {
                Some((begin, end)) if from <= end => (begin, end.max(to)),
                Some(_) | None => (from, to),
            };
            longest = longest.max(end - begin);
            run = Some((begin, end));
        }
        longest
    }

    /// Longest wait for the gateway's part of TLS.
    pub(super) fn tls(&self) -> Tls {
        let patience_s = self.class.tls_timeout_s;
        let mute = self
            .at(Service::Gateway)
            .any(|segment| segment.state.is_mute());
        if mute {
            return Tls {
                patience_s,
                queue_s: None,
            };
        }
        // A handshake can be in flight when silence begins only if something else ended the session.
        let mut in_flight: f64 = 0.0;
        for silence in self
            .at(Service::Gateway)
            .filter(|segment| segment.state.is_silent())
        {
            let earlier = self.segments.iter().any(|other| {
                self.endings.ends(other)
                    && other.from_s < silence.from_s + silence.from_spread_s
                    && !std::ptr::eq(*other, silence)
            });
            if earlier || silence.from_spread_s > 0.0 && self.segments.len() > 1 {
                in_flight = in_flight.max(end_s(silence, self.later_s) - silence.from_s);
            }
        }
        let queue_s = self
            .gateway_queue_s()
            .map(|queue| queue + 2.0 * self.fleet.round_trip_s + in_flight);
        Tls {
            patience_s,
            queue_s,
        }
    }

    /// Longest time from the end of every disturbance to a session, but for the pump's own work and
    /// the messages of others, and how much longer the gateway may take until a pump gives up.
    ///
    /// A gateway that serves the last first and works on messages may turn the same pump away from
    /// its backlog again and again: no time bounds that.
    pub(super) fn recovery_s(&self, lookup_s: f64) -> Option<(f64, f64)> {
        let gateway = &self.fleet.gateway;
        if self.serves_last_first() && gateway.message_s > 0.0 && gateway.backlog.is_some() {
            return None;
        }
        let mut slack = f64::INFINITY;
        let trip = self.fleet.round_trip_s;
        let wait = self.class.back_off.most_s();
        let (syn_gap, syn_tail) = gaps_s(self.stack.syn);
        let (dns_gap, dns_tail) = gaps_s(self.stack.dns);
        let mut total = 8.0 * trip + lookup_s;
        let touches = |service| self.at(service).next().is_some();
        let link = touches(Service::Link);
        let sessions = self
            .segments
            .iter()
            .any(|segment| self.endings.ends(segment));
        if self.class.uses_eap && (link || touches(Service::Radius)) {
            let radius = &self.fleet.radius;
            let drain = self.queue_s(radius, self.slowdown(Service::Radius))?;
            if drain + trip > radius.timeout_s || self.pumps > f64::from(self.fleet.radius_ids) {
                return None;
            }
            let held = self
                .stack
                .eap
                .then_gaps_ms
                .first()
                .copied()
                .unwrap_or(60_000);
            total += drain + trip;
            if touches(Service::Radius) {
                total += f64::from(held) / 1_000.0 + radius.timeout_s;
            }
        }
        if link {
            total += self.queue_s(&self.fleet.access, 1.0)? + trip;
        }
        if self.class.uses_dhcp && (link || touches(Service::Dhcp)) {
            total += self.dhcp_drain_s()? + trip;
            if touches(Service::Dhcp) {
                let (gap, tail) = gaps_s(self.stack.dhcp);
                total += gap.max(tail);
            }
        }
        if (0..3).any(|server| touches(Service::Dns(server))) {
            total += dns_gap.max(dns_tail + wait);
        }
        if touches(Service::Gateway) || sessions {
            let drain = self.gateway_queue_s()?;
            let silent = self
                .at(Service::Gateway)
                .any(|segment| segment.state.is_silent());
            let cycle = if silent {
                syn_gap.max(syn_tail + wait + lookup_s)
            } else {
                wait + trip
            };
            let patience = self.class.tls_timeout_s.unwrap_or(f64::INFINITY);
            let full = self
                .fleet
                .gateway
                .backlog
                .map(f64::from)
                .filter(|full| *full < self.pumps_back && !self.serves_last_first());
            let rate = self.fleet.gateway.rate() / self.slowdown(Service::Gateway);
            total += match full {
                None if drain + 2.0 * trip <= patience => {
                    slack = patience - drain - 2.0 * trip;
                    cycle + drain
                }
                Some(full) if (full + f64::from(self.fleet.gateway.workers)) / rate <= patience => {
                    slack = patience - (full + f64::from(self.fleet.gateway.workers)) / rate;
                    let round = syn_gap.max(syn_tail + wait + lookup_s) + full / rate;
                    cycle + drain + (self.pumps_back / full.max(1.0)).ceil() * round
                }
                None | Some(_) => return None,
            };
        }
        Some((total, slack))
    }

    /// How long after the end of everything a pump may notice that its session is lost.
    pub(super) fn noticed_after_s(&self) -> f64 {
        let most = |parameter| self.class.scalar(parameter).map_or(0.0, |scalar| scalar.hi);
        let notice_s = most(Parameter::HeartbeatPeriod) + most(Parameter::Detect);
        let lost = self.segments.iter();
        let lost = lost.filter(|one| one.state == State::SessionsLost);
        let noticed = lost.map(|one| one.from_s + one.from_spread_s + notice_s);
        let ends = self
            .segments
            .iter()
            .map(|one| one.to_s.unwrap_or(one.from_s));
        (noticed.fold(0.0, f64::max) - ends.fold(0.0, f64::max)).max(0.0)
    }

    /// From the first begin to the last end, where nothing ends a session.
    pub(super) fn unnoticed_s(&self, ends: &dyn Fn(&Segment) -> bool) -> Option<f64> {
        let segments = || self.segments.iter();
        if segments().any(|segment| ends(segment) || segment.service == Service::Gateway) {
            return None;
        }
        let begin = segments()
            .map(|one| one.from_s)
            .fold(f64::INFINITY, f64::min);
        let end = segments()
            .map(|one| end_s(one, self.later_s))
            .fold(begin, f64::max);
        Some(end - begin)
    }

    /// Every disturbance.
    pub(super) fn outages(&self, horizon_s: f64) -> Vec<Outage> {
        // A pump notices that its session is gone when a heartbeat is not answered.
        let most = |parameter| self.class.scalar(parameter).map_or(0.0, |scalar| scalar.hi);
        let notice_s = most(Parameter::HeartbeatPeriod) + most(Parameter::Detect);
        let outage = |segment: &&Segment| Outage {
            from_s: segment.from_s,
            lost_s: match segment.service {
                // A lease outlives the renewals that fail by its second half.
                Service::Dhcp => segment.from_s + self.fleet.lease_s / 2.0,
                Service::Link | Service::Radius | Service::Dns(_) | Service::Gateway => {
                    segment.from_s
                }
            },
            to_s: if segment.state == State::SessionsLost {
                end_s(segment, self.later_s).max(segment.from_s + segment.from_spread_s + notice_s)
            } else {
                end_s(segment, self.later_s)
            }
            .min(horizon_s),
            ends_session: self.endings.ends(segment),
        };
        let mut outages: Vec<Outage> = self.segments.iter().map(outage).collect();
        outages.sort_by(|one, other| one.from_s.total_cmp(&other.from_s));
        outages
    }

    /// Begins of what ends sessions, in order, and how far they may move; segments that begin
    /// together end one session.
    pub(super) fn losses(&self) -> (Vec<f64>, f64) {
        let ending = || {
            self.segments
                .iter()
                .filter(|segment| self.endings.ends(segment))
        };
        // Renewals and authentications come at any time of theirs.
        let moves = |one: &Segment| matches!(one.service, Service::Dhcp | Service::Radius);
        let end = |one: &Segment| end_s(one, self.later_s);
        let spread = ending()
            .map(|one| {
                if moves(one) {
                    end(one) - one.from_s
                } else {
                    one.from_spread_s
                }
            })
            .fold(0.0, f64::max);
        let alike = |one: &Segment, other: &Segment| {
            let together = one.from_s.total_cmp(&other.from_s).is_eq();
            let still = [one, other].iter().all(|one| !moves(one));
            together
                && [one, other].iter().all(|one| one.from_spread_s <= 0.0)
                && (still || end(one).total_cmp(&end(other)).is_eq())
        };
        let mut apart: Vec<&Segment> = Vec::new();
        for segment in ending() {
            if !apart.iter().any(|other| alike(other, segment)) {
                apart.push(segment);
            }
        }
        let mut begins: Vec<f64> = apart.iter().map(|segment| segment.from_s).collect();
        // A state that another one hid for a time comes back with that one's end.
        let gateway = || self.at(Service::Gateway);
        let hidden = |end: f64| {
            gateway().any(|other| {
                self.endings.ends(other)
                    && other.from_s <= end
                    && end <= end_s(other, self.later_s) + spread
            })
        };
        begins.extend(
            gateway()
                .map(|segment| end_s(segment, self.later_s))
                .filter(|end| gateway().count() > 1 && end.is_finite() && hidden(*end)),
        );
        let late = gateway()
            .map(|segment| segment.to_spread_s)
            .fold(0.0, f64::max);
        let spread = spread.max(late);
        begins.sort_by(f64::total_cmp);
        (begins, spread)
    }

    /// Whether the link, authentication or lease is among what is disturbed.
    pub(super) fn touches_access(&self, with_dhcp: bool) -> bool {
        self.segments.iter().any(|segment| match segment.service {
            Service::Link | Service::Radius => true,
            Service::Dhcp => with_dhcp,
            Service::Dns(_) | Service::Gateway => false,
        })
    }

    /// Longest wait for a lease when every pump asks at once and again by its schedule.
    pub(super) fn dhcp_drain_s(&self) -> Option<f64> {
        let once = self.queue_s(&self.fleet.dhcp, self.slowdown(Service::Dhcp))?;
        let mut drain = once;
        for _ in 0..64 {
            let sent = self
                .stack
                .dhcp
                .times_ms
                .iter()
                .filter(|time| f64::from(**time) / 1_000.0 <= drain)
                .count();
            let longer = once * length(sent.max(1));
            if longer <= drain {
                return Some(drain);
            }
            drain = longer;
        }
        None
    }
}
