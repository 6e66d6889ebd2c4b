//! Messages that waited, in the gateway's queue beside handshakes.

use std::sync::Arc;

use crate::stress::disturbance::{Segment, Service, State};
use crate::stress::fleet::Fleet;
use crate::stress::number::{float, length};
use crate::stress::pump::{DEFINITIONS, Draw, Parameter};

use super::calls::Calls;
use super::ending::Endings;
use super::view::View;
use super::{end_s, own_of};

/// What a fleet's pumps send when they are back.
#[derive(Debug, Clone, PartialEq)]
pub struct Flush {
    /// Groups that lose sessions.
    senders: Vec<Sender>,
    /// Seconds of one worker for a message.
    pub(super) message_s: f64,
    /// Workers.
    workers: f64,
}

/// A group that loses sessions.
#[derive(Debug, Clone, PartialEq)]
struct Sender {
    /// Its number.
    number: usize,
    /// Its pumps.
    pumps: f64,
    /// From the first loss to the end of everything.
    span_s: f64,
    /// From the first loss to the end of what is looked at.
    rest_s: f64,
    /// Longest way back but for the pump's own work and others' messages, and how much longer it may
    /// take before a pump gives up; `None`: not bounded.
    back_s: Option<(f64, f64)>,
    /// Sessions that a pump loses at most, each with all that waited if it is lost again at once.
    losses: f64,
    /// Parameters with which it sends most.
    most: Draw,
}

/// Everything that a pump does on one way back and in one failed attempt, in seconds of an idle
/// processor.
fn work_s(draw: &Draw) -> f64 {
    let value = |parameter| draw.value(parameter);
    let free = (1.0 - value(Parameter::LoadAbove)).max(0.01);
    let handshakes = value(Parameter::TlsFull)
        + value(Parameter::TlsFail)
        + 2.0 * value(Parameter::EapFull)
        + value(Parameter::EapFail);
    let rest = 2.0 * value(Parameter::Scan)
        + value(Parameter::Dhcp)
        + value(Parameter::ConnectFail)
        + 32.0 * (value(Parameter::DnsQuery) + value(Parameter::Syn))
        + 3.0 * value(Parameter::LogWrite);
    4.0 * (handshakes + rest) / free
}

impl Sender {
    /// Pumps of a group that these segments hit; `None`: they lose no session.
    fn of(
        fleet: &Fleet,
        number: usize,
        segments: &[Segment],
        endings: &Endings<'_>,
        (horizon_s, later_s): (f64, f64),
    ) -> Option<Self> {
        let group = fleet.groups.get(number)?;
        let own = own_of(segments, number);
        let ending = || own.iter().filter(|one| endings.ends(one));
        let first = ending().map(|one| one.from_s).fold(f64::INFINITY, f64::min);
        if !first.is_finite() {
            return None;
        }
        let most = |parameter| {
            group
                .class
                .scalar(parameter)
                .map_or(0.0, |scalar| scalar.hi)
        };
        let notice_s = most(Parameter::HeartbeatPeriod) + most(Parameter::Detect);
        let last = own
            .iter()
            .map(|one| match one.state {
                State::SessionsLost => one.from_s + one.from_spread_s + notice_s,
                State::Drop
                | State::Refuse
                | State::Mute
                | State::Slow(_)
                | State::NxDomain
                | State::ServFail
                | State::HandshakeFailure
                | State::MtuHole => end_s(one, later_s),
            })
            .fold(first, f64::max);
        let mut back_s = Some((0.0_f64, f64::INFINITY));
        let mut losses = 1.0_f64;
        for stack in &group.class.stacks {
            let view = View::of(
                fleet,
                (&group.class, stack),
                (&own, segments),
                endings,
                later_s,
            );
            let back = view.recovery_s(Calls::of(&view).longest(0.0, 0.0).lookup);
            back_s = back_s
                .zip(back)
                .map(|((most, least), (one, slack))| (most.max(one), least.min(slack)));
            losses = losses.max(length(view.losses().0.len()));
        }
        let widest = |draw: Draw, row: &crate::stress::pump::Definition| {
            let scalar = group.class.scalar(row.parameter);
            scalar.map_or(draw, |scalar| {
                let is_period = row.parameter == Parameter::StatusPeriod;
                draw.with(row.parameter, if is_period { scalar.lo } else { scalar.hi })
            })
        };
        Some(Self {
            number,
            pumps: float(u64::from(group.count)),
            span_s: (last - first).min(horizon_s - first).max(0.0),
            rest_s: (horizon_s - first).max(0.0),
            back_s: back_s.filter(|_| last.is_finite()),
            losses,
            most: DEFINITIONS.iter().fold(group.class.modes(), widest),
        })
    }

    /// Messages of all its pumps: so many whatever happens, and so many for each second that the way
    /// back takes longer.
    fn messages(&self, draw: &Draw, is_bounded: bool) -> (f64, f64) {
        let period = draw.value(Parameter::StatusPeriod).max(1e-3);
        let pumps = self.pumps * self.losses;
        match self.back_s.filter(|_| is_bounded) {
            Some((back, _)) => {
                let waits = self.span_s + back + work_s(draw);
                (pumps * (waits / period + 2.0), pumps / period)
            }
            None => (pumps * (self.rest_s / period + 2.0), 0.0),
        }
    }
}

impl Flush {
    /// What a fleet's pumps send after these segments.
    pub fn of(fleet: &Fleet, segments: &[Segment], times: (f64, f64)) -> Arc<Self> {
        let endings = Endings::new(fleet, segments, times.1);
        let slower = segments
            .iter()
            .filter(|one| one.service == Service::Gateway)
            .fold(1.0_f64, |worst, one| match one.state {
                State::Slow(factor) => worst.max(factor),
                State::Drop
                | State::Refuse
                | State::Mute
                | State::NxDomain
                | State::ServFail
                | State::HandshakeFailure
                | State::MtuHole
                | State::SessionsLost => worst,
            });
        let groups = 0..fleet.groups.len();
        Arc::new(Self {
            senders: groups
                .filter_map(|number| Sender::of(fleet, number, segments, &endings, times))
                .collect(),
            message_s: fleet.gateway.message_s * slower,
            workers: f64::from(fleet.gateway.workers.max(1)),
        })
    }

    /// For how long all workers of the gateway together are busy with it, where `own` is the draw of
    /// one group and `all` are those of every group, if they are known; `None`: not bounded.
    pub(super) fn busy_s(&self, own: (usize, &Draw), all: &[Draw]) -> Option<f64> {
        let draw = |sender: &Sender| {
            if sender.number == own.0 {
                return *own.1;
            }
            all.get(sender.number).copied().unwrap_or(sender.most)
        };
        let each = self.message_s / self.workers;
        let mut bounded = vec![true; self.senders.len()];
        loop {
            let (mut sure, mut more) = (0.0, 0.0);
            for (sender, is_bounded) in self.senders.iter().zip(&bounded) {
                let (messages, rate) = sender.messages(&draw(sender), *is_bounded);
                sure += messages * each;
                more += rate * each;
            }
            if more >= 1.0 {
                return None;
            }
            // What waits makes the way back longer, and that makes more wait.
            let busy = sure / (1.0 - more);
            let slack = |sender: &Sender| sender.back_s.map_or(f64::INFINITY, |(_, slack)| slack);
            let mut changed = false;
            for (sender, is_bounded) in self.senders.iter().zip(&mut bounded) {
                if *is_bounded && busy > slack(sender) {
                    *is_bounded = false;
                    changed = true;
                }
            }
            if !changed {
                return Some(busy);
            }
        }
    }
}
