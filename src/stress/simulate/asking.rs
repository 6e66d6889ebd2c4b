//! Requests and what waits for their answers.

use crate::stress::disturbance::State;

use super::pump::Pump;
use super::server::{Admission, Request, STEADY, Station};
use super::timeline::Timeline;

/// How many times slower the gateway is for a pump.
pub(super) fn slowness(timelines: &[Timeline], seed: u64) -> impl Fn(&Request, u64) -> f64 {
    move |request, at| {
        let timeline = timelines.get(usize::from(request.group));
        let met = timeline.and_then(|timeline| timeline.gateway.at(seed, request.asker.0, at));
        match met.map(|met| met.state) {
            Some(State::Slow(factor)) => factor,
            Some(
                State::Drop
                | State::Refuse
                | State::Mute
                | State::NxDomain
                | State::ServFail
                | State::HandshakeFailure
                | State::MtuHole
                | State::SessionsLost,
            )
            | None => 1.0,
        }
    }
}

/// Sends a request whose answer any transmission may bring.
pub(super) fn ask(
    station: &mut Station,
    pump: &mut Pump,
    now: u64,
    request: &Request,
    round_trip_us: u64,
) {
    let at = match station.submit(now, request, STEADY) {
        Admission::Dropped => return,
        Admission::Answered(at) => {
            station.keep(request.asker, at);
            at
        }
        Admission::Waits(at) => at,
    };
    pump.answer_us = pump.answer_us.min(at.saturating_add(round_trip_us));
}

/// The soonest of what is still to come.
pub(super) fn soonest(waits: impl IntoIterator<Item = Option<Admission>>) -> Option<u64> {
    let at = waits.into_iter().flatten().filter_map(|one| match one {
        Admission::Answered(at) | Admission::Waits(at) => Some(at),
        Admission::Dropped => None,
    });
    at.min()
}

/// Whether an answer comes only later, and notes when.
pub(super) fn comes_later(pump: &mut Pump, at: Option<u64>, now: u64, round_trip_us: u64) -> bool {
    let at = at.map(|at| at.saturating_add(round_trip_us));
    let later = at.filter(|at| *at > now);
    pump.answer_us = later.unwrap_or(pump.answer_us);
    later.is_some()
}
