//! Herds: whether all pumps at once can hold a server down for ever.

use crate::stress::disturbance::{Segment, Service, State};
use crate::stress::fleet::{Discipline, Fleet, Group, Server};
use crate::stress::number::{float, length};
use crate::stress::pump::{Parameter, PumpClass};

use super::closed_form::{curing_backlog, herd_threshold};
use super::ending::{Endings, end_s};
use super::exposure;

/// A herd at one server.
#[derive(Debug, Clone, PartialEq)]
pub struct Herd {
    /// Server.
    pub server: &'static str,
    /// Pumps that come at once, or nearly.
    pub pumps: u64,
    /// Requests a second that the server can serve.
    pub rate: f64,
    /// Seconds after which clients give up.
    pub timeout_s: f64,
    /// Mean seconds until they try again.
    pub wait_s: f64,
    /// N*; `None`: no herd can stick, whatever its size.
    pub threshold: Option<f64>,
    /// Longest backlog with which no herd can stick.
    pub curing_backlog: f64,
    /// Seconds to serve everybody once.
    pub drain_s: f64,
}

impl Herd {
    /// N / N*; 0 where no herd can stick.
    pub fn ratio(&self) -> f64 {
        self.threshold
            .map_or(0.0, |threshold| float(self.pumps) / threshold.max(1e-9))
    }
}

/// Pumps of groups that lose sessions and that such a segment concerns.
fn pumps_hit(
    fleet: &Fleet,
    segments: &[Segment],
    loses: &[bool],
    is_such: &dyn Fn(&Segment) -> bool,
) -> u64 {
    (0..)
        .zip(fleet.groups.iter().zip(loses))
        .filter(|(number, (_, loses))| {
            **loses
                && segments
                    .iter()
                    .any(|segment| segment.concerns(*number) && is_such(segment))
        })
        .map(|(_, (group, _))| u64::from(group.count))
        .sum()
}

/// Messages that a likely pump sends after the longest silence that ends.
fn messages_of(fleet: &Fleet, segments: &[Segment], loses: &[bool], later_s: f64) -> f64 {
    let endings = Endings::new(fleet, segments, later_s);
    let mut most: f64 = 0.0;
    for (number, (group, _)) in fleet
        .groups
        .iter()
        .zip(loses)
        .enumerate()
        .filter(|one| *one.1.1)
    {
        let period = group.class.scalar(Parameter::StatusPeriod);
        let period = period.map_or(f64::INFINITY, |scalar| scalar.mode.max(1e-3));
        let own = segments.iter().filter(|one| one.concerns(number));
        for silent in own.filter(|one| endings.ends(one) && one.to_s.is_some()) {
            most = most.max((end_s(silent, later_s) - silent.from_s) / period);
        }
    }
    most
}

/// The herd at a server.
fn herd(
    server: &'static str,
    station: &Server,
    pumps: u64,
    timeout_s: Option<f64>,
    wait_s: f64,
) -> Herd {
    let rate = station.rate();
    let timeout = timeout_s.unwrap_or(f64::INFINITY);
    let curing = if timeout_s.is_some() {
        curing_backlog(rate, timeout)
    } else {
        f64::INFINITY
    };
    // Without a timeout nothing is abandoned; a short queue never serves the absent.
    let cured = timeout_s.is_none()
        || station
            .backlog
            .is_some_and(|backlog| f64::from(backlog) <= curing)
        || match station.discipline {
            Discipline::Fifo => false,
            // The last to come is there: whoever is served, somebody waits for it.
            Discipline::CancelOnDisconnect | Discipline::Lifo => true,
        };
    Herd {
        server,
        pumps,
        rate,
        timeout_s: timeout,
        wait_s,
        threshold: (!cured).then(|| herd_threshold(rate, timeout, wait_s)),
        curing_backlog: curing,
        drain_s: float(pumps) / rate.max(1e-9),
    }
}

/// Herds at every server that some disturbance sends pumps to; pumps whose sessions outlive it come
/// to none.
pub fn herds(
    fleet: &Fleet,
    segments: &[Segment],
    stack: usize,
    (horizon_s, later_s): (f64, f64),
) -> Vec<Herd> {
    let loses: Vec<bool> = (0..)
        .zip(&fleet.groups)
        .map(|(number, group): (usize, &Group)| {
            let soonest = group
                .class
                .scalar(Parameter::Detect)
                .map_or(0.0, |one| one.lo);
            exposure(fleet, number, stack, segments, (horizon_s, later_s))
                .is_some_and(|exposure| !exposure.is_outlived(soonest))
        })
        .collect();
    let pumps_hit = |ends: &dyn Fn(&Segment) -> bool| pumps_hit(fleet, segments, &loses, ends);
    let ends_link = |segment: &Segment| segment.service == Service::Link;
    let ends_radius =
        |segment: &Segment| matches!(segment.service, Service::Link | Service::Radius);
    let ends_session = |segment: &Segment| {
        segment.service != Service::Gateway || !matches!(segment.state, State::Slow(_))
    };
    let classes = || fleet.groups.iter().map(|group| &group.class);
    let mut out = Vec::new();
    let eap = pumps_hit(&ends_radius);
    if eap > 0 && classes().any(|class| class.uses_eap) {
        let held = classes()
            .filter_map(|class| class.stacks.get(stack).or(class.stacks.first()))
            .filter_map(|stack| stack.eap.then_gaps_ms.first())
            .min();
        let wait = held.map_or(60.0, |held| f64::from(*held) / 1_000.0);
        let mut radius = fleet.radius.clone();
        let ids = fleet.radius_ids;
        radius.backlog = Some(radius.backlog.map_or(ids, |backlog| backlog.min(ids)));
        out.push(herd("radius", &radius, eap, Some(radius.timeout_s), wait));
    }
    let dhcp = pumps_hit(&ends_link);
    if dhcp > 0 && classes().any(|class| class.uses_dhcp) {
        // An answer to an earlier transmission still counts: nothing is abandoned.
        out.push(herd("dhcp", &fleet.dhcp, dhcp, None, 0.0));
    }
    let session = pumps_hit(&ends_session);
    if session > 0 {
        let wait = classes()
            .map(PumpClass::mean_wait_s)
            .fold(f64::INFINITY, f64::min);
        let dns = classes()
            .filter(|class| class.uses_dns)
            .filter_map(|class| class.stacks.get(stack).or(class.stacks.first()))
            .map(|stack| stack.dns)
            .next();
        if let Some(schedule) = dns {
            // Every transmission of a lookup is work of its own.
            let mut server = fleet.dns.clone();
            server.service_s *= length(schedule.times_ms.len());
            let timeout = schedule.give_up_us().map(crate::stress::number::seconds);
            out.push(herd("dns", &server, session, timeout, wait));
        }
        let patience = classes()
            .filter_map(|class| class.tls_timeout_s)
            .fold(None, |least, one| {
                Some(least.map_or(one, |least: f64| least.min(one)))
            });
        // Whoever is back sends what waited: work beside the handshake's.
        let gateway = &fleet.gateway;
        let messages = gateway.message_s * messages_of(fleet, segments, &loses, later_s);
        let gateway = Server {
            service_s: gateway.service_s + messages,
            ..gateway.clone()
        };
        out.push(herd("gateway", &gateway, session, patience, wait));
    }
    out
}
