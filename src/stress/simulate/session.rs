//! What can end a session, and when a pump notices.

use crate::stress::disturbance::State;
use crate::stress::random::{Purpose, uniform};

use super::access::Asked;
use super::asking::slowness;
use super::chain::{Event, World, next};
use super::pump::{Pump, Step, comb_us};
use super::timeline::{Met, NEVER};

impl World<'_> {
    /// Authenticates again while in a session.
    pub(super) fn reauthenticate(&mut self, pump: &mut Pump, event: &Event<'_>) {
        let later = Event {
            now: event.now + 1,
            ..*event
        };
        match self.ask_radius(pump, event) {
            Asked::Done(_) => self.plan_session(pump, &later),
            Asked::Failed(at) => {
                self.lose(pump, event, event.now);
                next(pump, Step::EapFail, at);
            }
            Asked::Again(at) => {
                let began = pump.call_us;
                self.plan_session(pump, &later);
                // What ends the session before counts first.
                if at < pump.next_us {
                    pump.call_us = began;
                    next(pump, Step::ReauthenticateAgain, at);
                }
            }
        }
    }

    /// The session is there: checks in, sends what waited, plans what can end it.
    pub(super) fn enter_session(&mut self, pump: &mut Pump, event: &Event<'_>) {
        if self.met(&event.timeline.link, event, event.now).is_some() {
            return self.link(pump, event);
        }
        pump.check_in(event.now, event.costs);
        let waiting = pump.waiting(event.now, event.costs);
        pump.queue_max = pump.queue_max.max(waiting);
        pump.work(
            event.now,
            u64::from(waiting) * event.costs.message_us,
            event.costs,
        );
        if waiting > 0 {
            self.flush(pump, event, waiting);
        }
        pump.silent_us = NEVER;
        pump.recovered_us = event.now;
        pump.failures = 0;
        self.record.join(event.now);
        self.plan_session(pump, event);
    }

    /// Sends what waited; until the gateway has taken it, it is kept and more comes.
    fn flush(&mut self, pump: &mut Pump, event: &Event<'_>, waiting: u32) {
        let request = event.request(pump, 1.0);
        let slowdown = slowness(self.timelines, self.seed);
        let gateway = &mut self.stations.gateway;
        let taken = gateway.flush(event.now, waiting, &request, &slowdown);
        pump.flushed_us = taken.saturating_add(self.round_trip_us);
        pump.kept_us = pump.silent_us;
        let until = pump.flushed_us.min(self.horizon_us);
        pump.queue_max = pump.queue_max.max(pump.waiting(until, event.costs));
    }

    /// The session ends.
    pub(super) fn lose(&mut self, pump: &mut Pump, event: &Event<'_>, since: u64) {
        pump.silent_us = if since < pump.flushed_us {
            pump.kept_us.min(since)
        } else {
            since
        };
        pump.check_in_us = event.now;
        pump.log(event.now, event.costs);
        self.record.leave(event.now);
    }

    /// Sets the next event that can end a session.
    pub(super) fn plan_session(&self, pump: &mut Pump, event: &Event<'_>) {
        let (seed, id, now) = (self.seed, event.id, event.now);
        let timeline = event.timeline;
        let mut soonest = (NEVER, Step::Idle);
        let link = timeline
            .link
            .from(seed, id, now)
            .map(|met| met.from_us.max(now))
            .min();
        if let Some(at) = link {
            soonest = (at, Step::LoseLink);
        }
        if event.costs.uses_eap && !timeline.radius.is_empty() || self.record.counts_every_day {
            let phase = uniform(seed, id, 0, Purpose::Reauthentication);
            let at = comb_us(now, self.reauthentication_us, phase);
            if at < soonest.0 {
                soonest = (at, Step::Reauthenticate);
            }
        }
        if let Some(at) = self.lease_end(event).filter(|at| *at < soonest.0) {
            soonest = (at, Step::LoseLease);
        }
        let phase = uniform(seed, id, 0, Purpose::Heartbeat);
        for mut met in timeline.gateway.from(seed, id, now) {
            // A state that began later hides this one while it lasts.
            while let Some(over) = timeline.gateway.at(seed, id, met.from_us.max(now))
                && over.from_us > met.from_us
                && met.from_us < met.to_us
            {
                met.from_us = over.to_us;
            }
            if met.from_us >= met.to_us {
                continue;
            }
            let since = met.from_us.max(pump.recovered_us);
            let Some(at) = noticed(&met, since, event, phase, self.round_trip_us) else {
                continue;
            };
            if at < soonest.0 {
                soonest = (at.max(now), Step::LoseGateway);
                pump.call_us = since;
            }
        }
        if soonest.0 > self.horizon_us {
            soonest = (NEVER, Step::Idle);
        }
        next(pump, soonest.1, soonest.0);
    }

    /// When the lease runs out because no renewal was answered.
    fn lease_end(&self, event: &Event<'_>) -> Option<u64> {
        if !event.costs.uses_dhcp || event.timeline.dhcp.is_empty() {
            return None;
        }
        let phase = uniform(self.seed, event.id, 0, Purpose::Lease);
        let half = self.lease_us / 2;
        event
            .timeline
            .dhcp
            .from(self.seed, event.id, event.now)
            .find_map(|met| {
                if matches!(met.state, State::Slow(_)) {
                    return None;
                }
                let renewal = comb_us(met.from_us.max(event.now), half, phase);
                (renewal + half < met.to_us).then_some(renewal + half)
            })
    }
}

/// When a pump notices that its gateway is in this state since a time; `None`: an open session does
/// not.
fn noticed(
    met: &Met,
    since: u64,
    event: &Event<'_>,
    phase: f64,
    round_trip_us: u64,
) -> Option<u64> {
    let beat = comb_us(since, event.costs.heartbeat_us, phase);
    match met.state {
        State::Drop | State::Mute => {
            let at = beat + event.costs.detect_us;
            (at < met.to_us).then_some(at)
        }
        // A session that began later is not among them.
        State::SessionsLost => (since == met.from_us).then_some(beat + event.costs.detect_us),
        State::Refuse => (beat < met.to_us).then_some(beat + round_trip_us),
        State::Slow(_)
        | State::NxDomain
        | State::ServFail
        | State::HandshakeFailure
        | State::MtuHole => None,
    }
}
