//! What pumps notice of a change as segments of the client chain's services.

use std::collections::BTreeSet;

use crate::analysis::{Nominal, Shape};
use crate::change::{Disturbance, RequirementChange};
use crate::intent::{Intent, ServiceKind, Stage};
use crate::model::Down;

use super::disturbance::{Segment, Service, State};
use super::fleet::LEASE_S;
use super::number::{float, length};

/// Seconds after which a lasting loss is taken as noticed and undone.
///
/// A loss that lasts is a no-go by itself; this is only how far its burden is followed.
pub(super) const FOLLOWED_S: f64 = 1_800.0;
/// Quiet seconds before the change and after everything is over.
pub(super) const QUIET_S: f64 = 600.0;
/// Seconds after which every pump has noticed that its session is gone: the longest heartbeat period
/// and the longest detection of [`super::pump::DEFINITIONS`].
const NOTICED_S: f64 = 120.0;
/// Seconds that a state between two lines of a script lasts: assumed, since the operator's hand
/// decides.
const PASTED_S: f64 = 10.0;

/// What no file tells of a disturbance; each choice is a branch of its own, and the worst counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unsaid {
    /// What stands at a stored address where the service is no more: silence is worse for blocking
    /// calls, a refusal for a program without a wait.
    pub(super) gone: State,
    /// Whether a port that is cut off from its VLAN loses its link instead of meeting silence.
    pub(super) link_falls: bool,
    /// Whether the gateway takes pumps' connections and then says nothing while what it needs
    /// itself is out of reach.
    pub(super) gateway_waits: bool,
}

impl Unsaid {
    /// The first branch.
    pub(super) const FIRST: Self = Self {
        gone: State::Drop,
        link_falls: false,
        gateway_waits: false,
    };

    /// The branches that these disturbances leave open: the first, and others that differ from it in
    /// one choice each.
    pub(super) fn branches(found: &[Found<'_>]) -> Vec<Self> {
        let any = |test: &dyn Fn(&Disturbance) -> bool| found.iter().any(|one| test(one.what));
        let mut out = vec![Self::FIRST];
        if any(&|one| is_stale(one.shape)) {
            out.push(Self {
                gone: State::Refuse,
                ..Self::FIRST
            });
        }
        if any(&|one| one.stage == Stage::Attach) && found.iter().any(Found::is_cut_off) {
            out.push(Self {
                link_falls: true,
                ..Self::FIRST
            });
        }
        if any(&|one| one.stage == Stage::Upstream) {
            out.push(Self {
                gateway_waits: true,
                ..Self::FIRST
            });
        }
        out
    }
}

/// A disturbance with the requirement that it is of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    /// What is noticed.
    pub(super) what: &'a Disturbance,
    /// The requirement's change.
    pub(super) row: &'a RequirementChange,
    /// Kind of its service.
    pub(super) kind: ServiceKind,
    /// Whether leases are all that its pumps lose: nobody notices before a lease's second half is
    /// over.
    pub(super) is_alone: bool,
    /// Seconds after the change with which it begins.
    pub(super) begins_s: f64,
}

impl<'a> Found<'a> {
    /// A disturbance in its place; `None` where the site has no such requirement or service.
    pub(super) fn of(
        what: &'a Disturbance,
        rows: &'a [RequirementChange],
        intent: &Intent,
    ) -> Option<Self> {
        let row = rows
            .iter()
            .find(|row| row.requirement.id == what.requirement)?;
        let kind = intent.site.services.get(&row.requirement.service)?.kind;
        Some(Self {
            what,
            row,
            kind,
            is_alone: false,
            begins_s: 0.0,
        })
    }

    /// Whether it is about leases alone.
    pub(super) fn is_lease(&self) -> bool {
        self.what.stage == Stage::Address
    }

    /// Whether ports are cut off from their VLAN, so that pumps may lose their link.
    fn is_cut_off(&self) -> bool {
        let stage = self
            .row
            .stages
            .iter()
            .find(|stage| stage.stage == Stage::Attach);
        stage
            .into_iter()
            .flat_map(|stage| [&stage.after, &stage.transient])
            .flatten()
            .any(|outcome| outcome.facts.contains_key("ports_cut"))
    }

    /// How many times fewer servers work after than before.
    fn fewer_servers(&self) -> f64 {
        let working = |servers: &[(std::net::Ipv4Addr, Nominal)]| {
            let working = servers.iter().filter(|(_, of)| *of == Nominal::Works);
            length(working.count()).max(1.0)
        };
        (working(&self.row.before.servers) / working(&self.row.after.servers)).max(1.0)
    }

    /// Longest seconds of it; `None`: it lasts.
    pub(super) fn longest_s(&self) -> Option<f64> {
        let known = self.what.duration_s?;
        Some(if known == 0 { PASTED_S } else { float(known) })
    }

    /// Length of the lease that pumps hold.
    pub(super) fn lease_s(&self) -> f64 {
        let lease = self.row.before.held.lease.as_ref();
        lease.map_or(LEASE_S, |lease| float(lease.lease_s))
    }

    /// The services of the chain that are hurt; none where the chain does not pass them.
    fn services(&self, unsaid: Unsaid) -> Vec<Service> {
        let dns = || (0..3).map(Service::Dns).collect();
        match (self.kind, self.what.stage) {
            // Some ports serve other networks than before; which pumps hang there is in no file.
            (_, Stage::Attach) if self.what.shape == Shape::Slow => Vec::new(),
            (_, Stage::Attach) if unsaid.link_falls && self.is_cut_off() => vec![Service::Link],
            (_, Stage::Authenticate | Stage::Authorize) | (ServiceKind::Radius, Stage::Connect) => {
                vec![Service::Radius]
            }
            // Behind the first hop pumps meet silence; what they speak with the port itself, and
            // the port with RADIUS, goes on.
            (_, Stage::Address) | (ServiceKind::Dhcp, _) => vec![Service::Dhcp],
            (ServiceKind::Dns, Stage::Attach) => dns(),
            (ServiceKind::Dns, _) if self.what.shape == Shape::Slow => self.silent_name_servers(),
            (ServiceKind::Dns, _) => dns(),
            // A name that leads astray is answered; what stands where it leads is not the gateway.
            (ServiceKind::PumpGateway, Stage::Resolve) if !is_stale(self.what.shape) => dns(),
            (ServiceKind::PumpGateway, Stage::Upstream) if !unsaid.gateway_waits => Vec::new(),
            (
                ServiceKind::PumpGateway,
                Stage::Attach
                | Stage::Resolve
                | Stage::Connect
                | Stage::Secure
                | Stage::Session
                | Stage::Upstream,
            ) => vec![Service::Gateway],
            (
                ServiceKind::PumpGateway
                | ServiceKind::Radius
                | ServiceKind::Ntp
                | ServiceKind::Hl7
                | ServiceKind::Ldap
                | ServiceKind::Certificate
                | ServiceKind::Other,
                _,
            ) => Vec::new(),
        }
    }

    /// Places of the name servers that no longer answer; the first where that is not known.
    fn silent_name_servers(&self) -> Vec<Service> {
        let after = &self.row.after.servers;
        let silent: Vec<Service> = (0..3)
            .zip(&self.row.before.servers)
            .filter(|(_, (server, nominal))| {
                let works = (*server, Nominal::Works);
                *nominal == Nominal::Works && !after.contains(&works)
            })
            .map(|(place, _)| Service::Dns(place))
            .collect();
        if silent.is_empty() {
            vec![Service::Dns(0)]
        } else {
            silent
        }
    }

    /// Whether the chain of a pump passes what is hurt.
    pub(super) fn is_noticed(&self, unsaid: Unsaid) -> bool {
        !self.segments(unsaid, None, 0.0).is_empty()
    }

    /// What pumps see of the services.
    fn state(&self, unsaid: Unsaid) -> State {
        if self.what.stage == Stage::Upstream {
            return State::Mute;
        }
        match self.what.shape {
            Shape::Drop | Shape::NoLease => State::Drop,
            Shape::Refuse => State::Refuse,
            Shape::NxDomain => State::NxDomain,
            Shape::ServFail => State::ServFail,
            Shape::WrongAddress | Shape::StaleAddress => unsaid.gone,
            Shape::HandshakeFailure => State::HandshakeFailure,
            // One of several name servers gone is silence for the first question, not slowness.
            Shape::Slow if self.kind == ServiceKind::Dns => State::Drop,
            Shape::Slow => State::Slow(self.fewer_servers()),
            Shape::MtuHole => State::MtuHole,
            Shape::SessionLost => State::SessionsLost,
        }
    }

    /// What a device that remembers sessions has forgotten of them once it is up again.
    pub(super) fn forgotten(&self, down: &BTreeSet<Down>, lived: &[Segment]) -> Option<Segment> {
        let held = &self.row.before.held;
        let known = held.sessions.get(&Stage::Connect)?.iter();
        let names = |device: &str| {
            known
                .clone()
                .any(|one| one.split(' ').next() == Some(device))
        };
        let device = down.iter().find_map(|one| match one {
            Down::Device(name) => Some(name.as_str()).filter(|name| names(name)),
            Down::Link(..) | Down::Service(_) => None,
        })?;
        let silence = lived
            .iter()
            .find(|one| (one.service, one.state) == (Service::Gateway, State::Drop))?;
        let from_s = silence.to_s.filter(|_| held.needs_sessions)?;
        let cause = format!("{device} is up again and knows no session that began before");
        Some(Segment::new(
            Service::Gateway,
            State::SessionsLost,
            from_s,
            Some(from_s + NOTICED_S),
            &cause,
        ))
    }

    /// The segments; a loss without an end ends after `lasts_s` where that is known.
    ///
    /// A time from the configuration is the longest: it may end `later_s` sooner.
    pub(super) fn segments(
        &self,
        unsaid: Unsaid,
        lasts_s: Option<u64>,
        later_s: f64,
    ) -> Vec<Segment> {
        let (first, last) = self.what.onset_s;
        let from_s = QUIET_S + self.begins_s + float(first);
        let onset = float(last.saturating_sub(first));
        let length_s = |service| match self.what.duration_s {
            // Until every pump has noticed; new sessions work all the while.
            _ if self.what.shape == Shape::SessionLost => NOTICED_S,
            Some(0) => (PASTED_S - later_s).max(0.0),
            Some(length) => (float(length) - later_s).max(0.0),
            None if self.is_alone && service == Service::Dhcp => {
                lasts_s.map_or(FOLLOWED_S + self.lease_s() / 2.0, float)
            }
            None => lasts_s.map_or(FOLLOWED_S, float),
        };
        let is_stale = is_stale(self.what.shape);
        let cause = if is_stale {
            format!("stale address: {}", self.what.why)
        } else {
            self.what.why.clone()
        };
        self.services(unsaid)
            .into_iter()
            .map(|service| {
                let length_s = length_s(service);
                // Renewals and re-authentications of the simulation come at moments of their own.
                let spread = match service {
                    Service::Dhcp | Service::Radius => 0.0,
                    Service::Link | Service::Dns(_) | Service::Gateway => onset,
                };
                // A stored name expires at a moment of its own in each pump.
                let (to_s, to_spread_s) = match (is_stale, self.what.duration_s) {
                    (true, Some(_)) => (from_s, spread + length_s),
                    (_, Some(_)) => (from_s + length_s, spread),
                    (_, None) => (from_s + length_s, 0.0),
                };
                Segment {
                    from_spread_s: spread,
                    to_spread_s,
                    ..Segment::new(service, self.state(unsaid), from_s, Some(to_s), &cause)
                }
            })
            .filter(|segment| segment.state != State::Slow(1.0))
            .collect()
    }
}

/// Adds a segment; what is silent, refused or mute in the same seconds is so once, from the first
/// begin to the last end, whatever else causes it.
pub(super) fn join(segments: &mut Vec<Segment>, mut new: Segment) {
    let joins = |one: &Segment, other: &Segment| {
        let end = |segment: &Segment| segment.to_s.unwrap_or(f64::INFINITY) + segment.to_spread_s;
        let same = (one.service, &one.groups) == (other.service, &other.groups)
            && one.state == other.state;
        let spreads = [
            one.from_spread_s,
            one.to_spread_s,
            other.from_spread_s,
            other.to_spread_s,
        ];
        let alike = (one.from_s, one.to_s) == (other.from_s, other.to_s)
            && (one.from_spread_s, one.to_spread_s) == (other.from_spread_s, other.to_spread_s);
        let meet = one.from_s <= end(other) && other.from_s <= end(one);
        same && (alike || meet && spreads.iter().all(|spread| *spread <= 0.0))
    };
    while let Some(place) = segments.iter().position(|one| joins(one, &new)) {
        let old = segments.remove(place);
        new.cause = if old.cause.contains(&new.cause) {
            old.cause
        } else {
            format!("{}; {}", old.cause, new.cause)
        };
        new.from_s = new.from_s.min(old.from_s);
        new.to_s = new.to_s.zip(old.to_s).map(|(one, other)| one.max(other));
    }
    segments.push(new);
}

/// Whether pumps go where the service is not.
fn is_stale(shape: Shape) -> bool {
    matches!(shape, Shape::StaleAddress | Shape::WrongAddress)
}
