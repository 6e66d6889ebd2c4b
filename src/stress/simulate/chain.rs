//! The client chain: link, authentication, lease, name, connection, TLS, session.
//!
//! Success is tested at each transmission, not at the start of a call; work is booked when it
//! happens. Heartbeats that succeed are not simulated: the next event of a pump in a session is the
//! next one that can end it.

use crate::stress::disturbance::State;
use crate::stress::number::micros;
use crate::stress::pump::Resets;
use crate::stress::random::{Purpose, exponential, uniform};

use super::asking::{ask, comes_later, slowness, soonest};
use super::pump::{Compiled, Costs, Pump, Step};
use super::record::{Record, Served};
use super::server::{Admission, Request, STEADY, Station};
use super::timeline::{Met, NEVER, Spans, Timeline};

/// The servers at work.
#[derive(Debug, Clone)]
pub(super) struct Stations {
    /// Gateway.
    pub(super) gateway: Station,
    /// RADIUS.
    pub(super) radius: Station,
    /// DHCP.
    pub(super) dhcp: Station,
    /// Name servers.
    pub(super) dns: [Station; 3],
    /// Access controller.
    pub(super) access: Station,
}

/// What all pumps of a run share.
#[derive(Debug)]
pub(super) struct World<'a> {
    /// Seed of this replication.
    pub(super) seed: u64,
    /// End of the run.
    pub(super) horizon_us: u64,
    /// Round trip.
    pub(super) round_trip_us: u64,
    /// Period of re-authentication.
    pub(super) reauthentication_us: u64,
    /// Length of a lease.
    pub(super) lease_us: u64,
    /// Costs by group.
    pub(super) costs: &'a [Costs],
    /// Segments by group.
    pub(super) timelines: &'a [Timeline],
    /// Servers.
    pub(super) stations: Stations,
    /// What is counted.
    pub(super) record: Record,
}

/// One event in its place.
pub(super) struct Event<'a> {
    /// Pump's number.
    pub(super) id: u64,
    /// Time.
    pub(super) now: u64,
    /// Costs of its group.
    pub(super) costs: &'a Costs,
    /// Segments of its group.
    pub(super) timeline: &'a Timeline,
}

impl Event<'_> {
    /// A request of so much work that waits for ever.
    pub(super) fn request(&self, pump: &Pump, work: f64) -> Request {
        Request {
            asker: (self.id, pump.attempts),
            group: pump.group,
            work,
            patience_us: NEVER,
            is_held: false,
        }
    }
}

impl<'a> World<'a> {
    /// Sets the first event of a pump.
    pub(super) fn start(&mut self, pump: &mut Pump, id: u64) {
        if let Some(event) = self.event(pump, id, 0) {
            self.plan_session(pump, &event);
        }
    }

    /// The event of a pump at a time.
    fn event(&self, pump: &Pump, id: u64, now: u64) -> Option<Event<'a>> {
        let group = usize::from(pump.group);
        let costs = self.costs.get(group)?;
        let timeline = self.timelines.get(group)?;
        Some(Event {
            id,
            now,
            costs,
            timeline,
        })
    }

    /// Lives through a pump's next event and sets the one after.
    pub(super) fn step(&mut self, pump: &mut Pump, id: u64) {
        let now = pump.next_us;
        let Some(event) = self.event(pump, id, now) else {
            return;
        };
        match pump.step {
            Step::Link => self.link(pump, &event),
            Step::Eap => {
                pump.attempts += 1;
                new_call(pump, now);
                self.authenticate(pump, &event);
            }
            Step::EapAgain => self.authenticate(pump, &event),
            Step::EapDone if event.costs.uses_dhcp => self.begin_dhcp(pump, &event),
            Step::EapFail => {
                pump.failed += 1;
                pump.log(now, event.costs);
                next(pump, Step::Eap, now + event.costs.held_us);
            }
            Step::Dhcp => self.dhcp(pump, &event),
            Step::DhcpDone => {
                if self.waits_for_dhcp(pump, &event) {
                    return self.await_dhcp(pump, &event);
                }
                pump.work(now, event.costs.dhcp_us, event.costs);
                self.begin(pump, &event);
            }
            Step::EapDone | Step::Begin => self.begin(pump, &event),
            Step::Dns => self.dns(pump, &event),
            Step::DnsDone => {
                if self.waits_for_dns(pump, &event) {
                    return self.await_dns(pump, &event);
                }
                new_call(pump, now);
                self.connect(pump, &event);
            }
            Step::Syn => self.connect(pump, &event),
            Step::Tls => self.secure(pump, &event),
            Step::TlsDone => self.enter_session(pump, &event),
            Step::Fail => self.fail(pump, &event),
            Step::LoseLink => {
                self.lose(pump, &event, now);
                self.link(pump, &event);
            }
            Step::LoseGateway => {
                let since = pump.call_us;
                self.lose(pump, &event, since);
                self.begin(pump, &event);
            }
            Step::LoseLease => {
                self.lose(pump, &event, now);
                self.begin_dhcp(pump, &event);
            }
            Step::Reauthenticate => {
                pump.attempts += 1;
                new_call(pump, now);
                self.reauthenticate(pump, &event);
            }
            Step::ReauthenticateAgain => self.reauthenticate(pump, &event),
            Step::Idle => {}
        }
    }

    /// What a service is like for the pump now.
    pub(super) fn met(&self, spans: &Spans, event: &Event<'_>, at: u64) -> Option<Met> {
        if spans.is_empty() {
            None
        } else {
            spans.at(self.seed, event.id, at)
        }
    }

    /// Begins to ask for a lease.
    fn begin_dhcp(&mut self, pump: &mut Pump, event: &Event<'_>) {
        pump.attempts += 1;
        new_call(pump, event.now);
        self.dhcp(pump, event);
    }

    /// One transmission to DHCP.
    fn dhcp(&mut self, pump: &mut Pump, event: &Event<'_>) {
        if self.met(&event.timeline.link, event, event.now).is_some() {
            return self.link(pump, event);
        }
        self.record.arrive(Served::Dhcp, event.now);
        let now = event.now;
        let state = self
            .met(&event.timeline.dhcp, event, now)
            .map(|met| met.state);
        if let None | Some(State::Slow(_)) = state {
            let slowdown = if let Some(State::Slow(factor)) = state {
                factor
            } else {
                1.0
            };
            let request = event.request(pump, slowdown);
            ask(
                &mut self.stations.dhcp,
                pump,
                now,
                &request,
                self.round_trip_us,
            );
        }
        self.await_dhcp(pump, event);
    }

    /// Whether an answer of DHCP is still to come, and when at the soonest.
    fn waits_for_dhcp(&mut self, pump: &mut Pump, event: &Event<'_>) -> bool {
        let asker = (event.id, pump.attempts);
        let dhcp = &mut self.stations.dhcp;
        let at = soonest([dhcp.ask_again(asker, event.now, STEADY)]);
        comes_later(pump, at, event.now, self.round_trip_us)
    }

    /// Waits for an answer of DHCP, or for the next transmission.
    fn await_dhcp(&mut self, pump: &mut Pump, event: &Event<'_>) {
        let end = pump.call_us + event.costs.dhcp.give_up_us(|| 0.0);
        let silent = |at: u64| {
            self.met(&event.timeline.dhcp, event, at)
                .is_some_and(|met| !matches!(met.state, State::Slow(_)))
        };
        let share = |sent: u16| schedule_share(self.seed, event.id, pump.attempts, sent);
        match next_send(&event.costs.dhcp, pump, end, share, silent, self.horizon_us) {
            Next::Answer(at) => next(pump, Step::DhcpDone, at),
            Next::Send(sent, at) => {
                pump.sent = sent;
                next(pump, Step::Dhcp, at);
            }
            Next::GiveUp(at) => {
                // The stack itself starts over after its pause.
                let again = at + event.costs.dhcp.sleep_us();
                self.stations.dhcp.abandon((event.id, pump.attempts));
                pump.call_us = again;
                pump.sent = 0;
                pump.answer_us = NEVER;
                next(pump, Step::Dhcp, again);
            }
        }
    }

    /// Begins an attempt to reach the gateway.
    fn begin(&mut self, pump: &mut Pump, event: &Event<'_>) {
        if self.met(&event.timeline.link, event, event.now).is_some() {
            return self.link(pump, event);
        }
        pump.attempts += 1;
        pump.check_in_us = event.now;
        new_call(pump, event.now);
        if event.costs.uses_dns {
            self.dns(pump, event);
        } else {
            self.connect(pump, event);
        }
    }

    /// One transmission to a name server.
    fn dns(&mut self, pump: &mut Pump, event: &Event<'_>) {
        let now = event.now;
        let place = event.costs.dns.server(pump.sent);
        self.record.arrive(Served::Dns, now);
        pump.work(now, event.costs.dns_us, event.costs);
        let spans = event.timeline.dns.get(usize::from(place));
        let state = spans
            .and_then(|spans| self.met(spans, event, now))
            .map(|met| met.state);
        let slowdown = match state {
            None => Some(1.0),
            Some(State::Slow(factor)) => Some(factor),
            Some(State::NxDomain) => return next(pump, Step::Fail, now + self.round_trip_us),
            Some(State::ServFail | State::Refuse | State::HandshakeFailure) => {
                return self.ask_next_server(pump, event, place);
            }
            Some(State::Drop | State::Mute | State::MtuHole | State::SessionsLost) => None,
        };
        if let (Some(slowdown), Some(station)) =
            (slowdown, self.stations.dns.get_mut(usize::from(place)))
        {
            let request = event.request(pump, slowdown);
            ask(station, pump, now, &request, self.round_trip_us);
        }
        self.await_dns(pump, event);
    }

    /// Whether an answer of every name server is still to come, and when at the soonest.
    fn waits_for_dns(&mut self, pump: &mut Pump, event: &Event<'_>) -> bool {
        let asker = (event.id, pump.attempts);
        let stations = self.stations.dns.iter_mut();
        let at = soonest(stations.map(|station| station.ask_again(asker, event.now, STEADY)));
        comes_later(pump, at, event.now, self.round_trip_us)
    }

    /// Waits for an answer of a name server, or for the next transmission.
    fn await_dns(&mut self, pump: &mut Pump, event: &Event<'_>) {
        let early = schedule_share(self.seed, event.id, pump.attempts, 0);
        let end = pump.call_us + event.costs.dns.give_up_us(|| early);
        // Every transmission is an event: another server may answer the next one.
        let next_one = next_send(&event.costs.dns, pump, end, |_| early, |_| false, NEVER);
        match next_one {
            Next::Answer(at) => next(pump, Step::DnsDone, at),
            Next::Send(sent, at) => {
                pump.sent = sent;
                next(pump, Step::Dns, at);
            }
            Next::GiveUp(at) => next(pump, Step::Fail, at),
        }
    }

    /// After an error code: the next server at once, if there is one.
    fn ask_next_server(&mut self, pump: &mut Pump, event: &Event<'_>, place: u8) {
        let at = event.now + self.round_trip_us;
        let mut sent = pump.sent;
        while let Some(time) = event.costs.dns.time_us(sent + 1, || 0.0) {
            sent += 1;
            if event.costs.dns.server(sent) != place {
                pump.sent = sent;
                pump.call_us = at.saturating_sub(time);
                return next(pump, Step::Dns, at);
            }
        }
        next(pump, Step::Fail, at);
    }

    /// One SYN to the gateway.
    fn connect(&mut self, pump: &mut Pump, event: &Event<'_>) {
        let now = event.now;
        self.record.arrive(Served::Gateway, now);
        pump.work(now, event.costs.syn_us, event.costs);
        let met = self.met(&event.timeline.gateway, event, now);
        match met.map(|met| met.state) {
            Some(State::Refuse) => return next(pump, Step::Fail, now + self.round_trip_us),
            Some(State::Mute | State::MtuHole | State::HandshakeFailure) => {
                pump.answer_us = NEVER;
                new_call(pump, now + self.round_trip_us);
                return next(pump, Step::Tls, now + self.round_trip_us);
            }
            Some(State::Drop | State::NxDomain | State::ServFail) => {}
            None | Some(State::Slow(_) | State::SessionsLost) => {
                if let Some(at) = self.ask_gateway(pump, event, false) {
                    new_call(pump, now + self.round_trip_us);
                    pump.answer_us = at;
                    return next(pump, Step::Tls, now + self.round_trip_us);
                }
            }
        }
        let end = pump.call_us + event.costs.syn.give_up_us(|| 0.0);
        let silent = |at: u64| {
            self.met(&event.timeline.gateway, event, at)
                .is_some_and(|met| met.state.is_silent())
        };
        match next_send(&event.costs.syn, pump, end, |_| 0.0, silent, NEVER) {
            Next::Send(sent, at) => {
                pump.sent = sent;
                next(pump, Step::Syn, at);
            }
            Next::Answer(at) | Next::GiveUp(at) => next(pump, Step::Fail, at),
        }
    }

    /// Puts a handshake into the gateway's queue; `None`: it was dropped.
    fn ask_gateway(&mut self, pump: &Pump, event: &Event<'_>, is_held: bool) -> Option<u64> {
        let slowdown = slowness(self.timelines, self.seed);
        let station = &self.stations.gateway;
        let work = self.work(event, Served::Gateway, pump.attempts, station.exponential);
        let request = Request {
            patience_us: event.costs.tls_timeout_us,
            is_held,
            ..event.request(pump, work)
        };
        let gateway = &mut self.stations.gateway;
        match gateway.submit(event.now, &request, &slowdown) {
            Admission::Dropped => None,
            Admission::Answered(at) | Admission::Waits(at) => Some(at.min(NEVER)),
        }
    }

    /// Begins TLS, or resumes it after a silence.
    fn secure(&mut self, pump: &mut Pump, event: &Event<'_>) {
        let now = event.now;
        if now == pump.call_us {
            if event.costs.resets == Some(Resets::Connection) {
                pump.failures = 0;
            }
            pump.work(now, event.costs.tls_us, event.costs);
        }
        let given_up = pump
            .call_us
            .saturating_add(event.costs.tls_timeout_us)
            .min(NEVER);
        let met = self.met(&event.timeline.gateway, event, now);
        match met.map(|met| (met.state, met.to_us)) {
            Some((State::HandshakeFailure, _)) => {
                pump.work(now, event.costs.tls_fail_us, event.costs);
                next(
                    pump,
                    Step::Fail,
                    (now + 2 * self.round_trip_us).max(pump.busy_to_us),
                );
            }
            Some((State::Refuse, _)) => next(pump, Step::Fail, now + self.round_trip_us),
            Some((
                State::Mute | State::MtuHole | State::Drop | State::NxDomain | State::ServFail,
                until,
            )) => {
                pump.answer_us = NEVER;
                self.stations.gateway.abandon((event.id, pump.attempts));
                if given_up <= until {
                    next(pump, Step::Fail, given_up);
                } else {
                    next(pump, Step::Tls, until);
                }
            }
            None | Some((State::Slow(_) | State::SessionsLost, _)) => {
                if pump.answer_us == NEVER {
                    pump.answer_us = self.ask_gateway(pump, event, true).unwrap_or(NEVER);
                }
                self.await_tls(pump, event, given_up);
            }
        }
    }

    /// Waits for the end of the handshake, unless the gateway falls silent before.
    fn await_tls(&mut self, pump: &mut Pump, event: &Event<'_>, given_up: u64) {
        let slowdown = slowness(self.timelines, self.seed);
        let asker = (event.id, pump.attempts);
        let waits = self.stations.gateway.ask_again(asker, event.now, &slowdown);
        if let Some(Admission::Answered(at) | Admission::Waits(at)) = waits {
            pump.answer_us = at;
        }
        let answered = pump
            .answer_us
            .max(event.now)
            .saturating_add(self.round_trip_us);
        if answered > given_up {
            self.stations.gateway.wasted += 1;
            return next(pump, Step::Fail, given_up);
        }
        let done = answered.max(pump.busy_to_us);
        let broken = event
            .timeline
            .gateway
            .from(self.seed, event.id, event.now)
            .find(|met| {
                met.from_us > event.now
                    && met.from_us < answered
                    && !matches!(
                        met.state,
                        State::Slow(_) | State::HandshakeFailure | State::SessionsLost
                    )
            })
            .map(|met| met.from_us);
        match broken {
            Some(at) => next(pump, Step::Tls, at),
            None if matches!(waits, Some(Admission::Waits(_))) => {
                next(pump, Step::Tls, pump.answer_us);
            }
            None => next(pump, Step::TlsDone, done),
        }
    }

    /// An attempt failed: cleans up, checks in, waits.
    fn fail(&mut self, pump: &mut Pump, event: &Event<'_>) {
        pump.check_in(event.now, event.costs);
        pump.failed += 1;
        pump.work(event.now, event.costs.fail_us, event.costs);
        pump.log(event.now, event.costs);
        let wait = event.costs.wait_us(self.seed, event.id, pump);
        pump.failures = pump.failures.saturating_add(1);
        next(pump, Step::Begin, event.now.max(pump.busy_to_us) + wait);
    }

    /// Work of a request in units of the mean, drawn by key.
    pub(super) fn work(
        &self,
        event: &Event<'_>,
        served: Served,
        attempt: u32,
        is_exponential: bool,
    ) -> f64 {
        if is_exponential {
            let which = u64::from(attempt) * 8 + served as u64;
            exponential(self.seed, event.id, which, Purpose::Service)
        } else {
            1.0
        }
    }
}

/// The next of a call.
enum Next {
    /// An answer comes before the next transmission.
    Answer(u64),
    /// The next transmission that may be answered.
    Send(u16, u64),
    /// It ends without an answer.
    GiveUp(u64),
}

/// What comes next in a call: transmissions into silence are passed over.
fn next_send(
    schedule: &Compiled,
    pump: &Pump,
    end: u64,
    share: impl Fn(u16) -> f64,
    silent: impl Fn(u64) -> bool,
    horizon_us: u64,
) -> Next {
    let mut sent = pump.sent;
    loop {
        sent = sent.saturating_add(1);
        let at = schedule
            .time_us(sent, || share(sent))
            .map(|time| pump.call_us + time);
        let until = at.unwrap_or(end).min(end);
        if pump.answer_us <= until {
            return Next::Answer(pump.answer_us);
        }
        match at {
            Some(at) if at < end => {
                if !silent(at) || at > horizon_us || sent == u16::MAX {
                    return Next::Send(sent, at);
                }
            }
            Some(_) | None => return Next::GiveUp(end),
        }
    }
}

/// What is random in a transmission of a call.
fn schedule_share(seed: u64, id: u64, attempt: u32, sent: u16) -> f64 {
    uniform(
        seed,
        id,
        u64::from(attempt) << 16 | u64::from(sent),
        Purpose::Schedule,
    )
}

/// A new call begins.
fn new_call(pump: &mut Pump, at: u64) {
    pump.call_us = at;
    pump.sent = 0;
    pump.answer_us = NEVER;
}

/// Sets a pump's next event.
pub(super) fn next(pump: &mut Pump, step: Step, at: u64) {
    pump.step = step;
    pump.next_us = at.min(NEVER);
}

/// Seconds as microseconds that a run may last.
pub(super) fn horizon_us(seconds: f64) -> u64 {
    micros(seconds).min(NEVER - 1)
}
