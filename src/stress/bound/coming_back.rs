//! Pumps that lose their sessions at one moment and come back each at a moment of its own.
//!
//! A pump notices at its next heartbeat. Heartbeats are at any phase of their period, so that how
//! many pumps come within a while is random; what is bounded here is passed once in 10^9 cases.

use crate::stress::disturbance::{Segment, Service, State};
use crate::stress::number::float;
use crate::stress::pump::{Draw, Parameter};

use super::view::View;

/// Twice the logarithm of 10^17: once in 10^9 cases, over 10^5 first pumps of a crowd and 10^3
/// lengths of the while in which the others follow.
const TWICE_LOG: f64 = 78.3;
/// Lengths of the while that are told apart.
const LENGTHS: f64 = 1_000.0;

/// Who comes back to the gateway.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ComingBack {
    /// Pumps by group.
    pumps: Vec<(usize, f64)>,
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

impl ComingBack {
    /// Those that these segments send back; `None` where anything else is disturbed.
    pub(super) fn of(view: &View<'_>, segments: &[Segment]) -> Option<Self> {
        let first = segments.first()?;
        let alone = segments.iter().all(|one| {
            (one.service, one.state) == (Service::Gateway, State::SessionsLost)
                && one.from_s.total_cmp(&first.from_s).is_eq()
                && one.from_spread_s <= 0.0
        });
        let gateway = &view.fleet.gateway;
        if !alone || gateway.exponential || gateway.tokens.is_some() {
            return None;
        }
        let shift_s = view.queue_s(&view.fleet.dns, 1.0)?;
        let groups = view.fleet.groups.iter().enumerate();
        let hit = groups.filter(|(number, _)| segments.iter().any(|one| one.concerns(*number)));
        let trips = 2.0 * view.fleet.round_trip_s;
        // A query that is repeated before its answer is work that is not counted here.
        (shift_s < 1.0).then(|| Self {
            pumps: hit
                .clone()
                .map(|(number, group)| (number, float(u64::from(group.count))))
                .collect(),
            shift_s,
            workers: f64::from(gateway.workers.max(1)),
            service_s: gateway.service_s,
            backlog: gateway.backlog.map_or(f64::INFINITY, f64::from),
            patience_s: hit
                .filter_map(|(_, group)| group.class.tls_timeout_s)
                .fold(f64::INFINITY, f64::min)
                - trips,
        })
    }

    /// Longest wait in the gateway's queue with these parameters of every group; `None` where the
    /// backlog may be full or a pump may give up.
    pub(super) fn wait_s(&self, draws: &[Draw]) -> Option<f64> {
        let period = |number: usize| {
            let draw = draws.get(number)?;
            Some(draw.value(Parameter::HeartbeatPeriod).max(1e-3))
        };
        let groups: Vec<(f64, f64)> = self
            .pumps
            .iter()
            .map(|(number, pumps)| Some((*pumps, period(*number)?)))
            .collect::<Option<_>>()?;
        let all: f64 = groups.iter().map(|(pumps, _)| pumps).sum();
        let longest = groups.iter().map(|(_, period)| *period).fold(0.0, f64::max);
        let shift_s = self.shift_s + longest / LENGTHS;
        let rate = self.workers / self.service_s.max(1e-9);
        let waiting = |while_s: f64| {
            let within =
                |(pumps, period): &(f64, f64)| pumps * ((while_s + shift_s) / period).min(1.0);
            let mean: f64 = groups.iter().map(within).sum();
            // Bernstein's inequality for the number of pumps.
            let most = mean + (TWICE_LOG * mean).sqrt() + TWICE_LOG / 3.0;
            most.min(all) - rate * while_s
        };
        // The number is concave in the length of the while: halving finds its peak.
        let (mut low, mut high) = (0.0, longest);
        for _ in 0..48 {
            let third = (high - low) / 3.0;
            if waiting(low + third) < waiting(high - third) {
                low += third;
            } else {
                high -= third;
            }
        }
        let most = waiting(low).max(waiting(high)).max(waiting(0.0)) + self.workers;
        let wait = (most / self.workers + 1.0) * self.service_s;
        (most <= self.backlog && wait < self.patience_s).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::bound::{bound_among, exposure};
    use crate::stress::fleet::{Fleet, Group};
    use crate::stress::pump::{PumpClass, Stack};
    use crate::stress::random::{Purpose, Stream};
    use crate::stress::simulate::{Settings, run_with};

    /// Two wards whose sessions a firewall drops at one moment.
    fn wards() -> (Fleet, [Segment; 1]) {
        let group = |id: &str, count| Group {
            id: id.to_owned(),
            class: PumpClass {
                stacks: vec![Stack::find("freertos-tcp", 2).unwrap()],
                ..PumpClass::unknown(id, 2)
            },
            count,
        };
        let fleet = Fleet::with_default_servers(vec![group("icu", 180), group("ward", 240)]);
        let lost = Segment::new(
            Service::Gateway,
            State::SessionsLost,
            600.0,
            Some(720.0),
            "firewall",
        );
        (fleet, [lost])
    }

    #[test]
    fn pumps_that_notice_at_their_own_heartbeats_do_not_fill_the_backlog() {
        let (fleet, lost) = wards();
        let exposure = exposure(&fleet, 0, 0, &lost, (2_000.0, 0.0)).unwrap();
        let block = |period: f64| {
            let draws = [0, 1].map(|group| {
                let draw = fleet.groups[group].class.modes();
                draw.with(Parameter::HeartbeatPeriod, period)
            });
            bound_among(&exposure, &draws[0], &draws).block_s.unwrap()
        };
        // 42 come in a second, 100 are served; all 420 in one second are too many.
        assert!(block(10.0) < 1.5, "{}", block(10.0));
        assert!(block(1.0) > 15.0, "{}", block(1.0));
    }

    #[test]
    fn samples_lie_under_the_bound_whatever_the_heartbeats() {
        let (fleet, lost) = wards();
        let exposures = [0, 1].map(|group| exposure(&fleet, group, 0, &lost, (2_000.0, 0.0)));
        let mut spread = 0;
        for seed in 0..60 {
            let mut stream = Stream::new(seed, 9, 0, Purpose::Parameter);
            let draws: Vec<Draw> = fleet
                .groups
                .iter()
                .map(|group| group.class.draw(&mut stream))
                .collect();
            let settings = Settings::once(seed, 2_000.0);
            let run = run_with(&fleet, &lost, &settings, 0, &draws);
            let both = exposures.iter().flatten().zip(&draws);
            for ((exposure, draw), group) in both.zip(&run.groups) {
                let most = bound_among(exposure, draw, &draws).block_s.unwrap();
                assert!(
                    group.block_s <= most + 1e-4,
                    "{} over {most}",
                    group.block_s
                );
                spread += u32::from(most < 15.0);
            }
        }
        // Both kinds of draws were met.
        assert!((10..110).contains(&spread), "{spread}");
    }
}
