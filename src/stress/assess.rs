//! The stress model's part of an assessment: from what pumps notice to what that raises.

use crate::analysis::Shape;
use crate::change::Disturbance;
use crate::client::back_off::BackOff;
use crate::client::schedule::Provenance;
use crate::ctx::Ctx;
use crate::intent::profile::Label;
use crate::intent::{Intent, Profile, PumpGroup, Requirement, ServiceKind, Stage};
use crate::wire::stress::Stress;

use super::disturbance::{Segment, Service, State};
use super::evaluate::evaluate;
use super::fleet::{Fleet, Group};
use super::judge::Question;
use super::number::float;
use super::pump::{Architecture, Parameter, PumpClass, Scalar, Stack};

/// Seconds after which a lasting loss is taken as noticed and undone.
///
/// A loss that lasts is a no-go by itself; this is only how far its burden is followed.
const FOLLOWED_S: f64 = 1_800.0;
/// Quiet seconds before the change and after everything is over.
const QUIET_S: f64 = 600.0;
/// Replications of the simulation behind each answer.
const REPLICATIONS: u32 = 4;
/// Outages end up to one retry cycle later: recovery depends on where in it they end.
const CYCLE_S: f64 = 30.0;
/// Pumps above which one replication must do.
const MANY: u64 = 5_000;
/// Seed: an assessment draws the same each time.
const SEED: u64 = 1;

/// What the stress model says of each pump group that a change disturbs; empty without any.
///
/// A result may raise a verdict (`raises`) and never lowers one. `cause` gives the id of a change.
pub fn assess(
    disturbances: &[Disturbance],
    intent: &Intent,
    cause: &dyn Fn(usize) -> String,
    ctx: &Ctx<'_>,
) -> Vec<Stress> {
    let requirements = intent.requirements();
    let find = |disturbance: &Disturbance| {
        requirements
            .iter()
            .find(|one| one.id == disturbance.requirement)
    };
    let hurt: Vec<&PumpGroup> = intent
        .site
        .pumps
        .iter()
        .filter(|group| {
            disturbances
                .iter()
                .any(|one| find(one).is_some_and(|found| found.group == group.id))
        })
        .collect();
    let groups: Vec<Group> = hurt.iter().map(|group| as_group(intent, group)).collect();
    if groups.is_empty() {
        return Vec::new();
    }
    let fleet = Fleet::with_default_servers(groups);
    let found: Vec<(&Requirement, &Disturbance)> = disturbances
        .iter()
        .filter_map(|one| Some((find(one)?, one)))
        .collect();
    let mut rows = answer(&fleet, &hurt, &found, intent, State::Drop, ctx);
    // What stands at a stored address where the service is no more is not known: silence is worse
    // for blocking calls, a refusal for a program without a wait. Both are asked, the worse counts.
    let stale = |shape| matches!(shape, Shape::StaleAddress | Shape::WrongAddress);
    if found.iter().any(|(_, one)| stale(one.shape)) {
        let other = answer(&fleet, &hurt, &found, intent, State::Refuse, ctx);
        for (row, other) in rows.iter_mut().zip(other) {
            if other.raises > row.raises {
                *row = other;
            }
        }
    }
    for row in &mut rows {
        let own = found
            .iter()
            .filter(|(requirement, _)| requirement.group == row.group);
        let mut causes: Vec<usize> = own
            .flat_map(|(_, one)| one.changes.iter().copied())
            .collect();
        causes.sort_unstable();
        causes.dedup();
        row.causes = causes.into_iter().map(cause).collect();
    }
    rows
}

/// The answers with one state for addresses where the service is no more.
fn answer(
    fleet: &Fleet,
    hurt: &[&PumpGroup],
    found: &[(&Requirement, &Disturbance)],
    intent: &Intent,
    gone: State,
    ctx: &Ctx<'_>,
) -> Vec<Stress> {
    let mut segments: Vec<Segment> = Vec::new();
    for (requirement, disturbance) in found {
        let number = hurt.iter().position(|group| group.id == requirement.group);
        for mut segment in segments_of(requirement, disturbance, intent, gone) {
            segment.groups = number.into_iter().collect();
            if !segments.contains(&segment) {
                segments.push(segment);
            }
        }
    }
    let ends = segments
        .iter()
        .map(|segment| segment.to_s.unwrap_or(segment.from_s + FOLLOWED_S) + segment.to_spread_s)
        .fold(0.0, f64::max);
    let horizon_s = (ends + 2.0 * QUIET_S).min(86_400.0);
    for segment in &mut segments {
        segment.to_s = Some(
            segment
                .to_s
                .unwrap_or(segment.from_s + FOLLOWED_S)
                .min(horizon_s),
        );
    }
    let survived: Vec<f64> = intent
        .site
        .survived
        .iter()
        .map(|survived| float(survived.outage_s))
        .collect();
    let question = Question {
        fleet,
        segments: &segments,
        survived_s: &survived,
        horizon_s,
        later_s: CYCLE_S,
        recovery_limit_s: 300.0,
        seed: SEED,
    };
    let replications = if fleet.pumps() > MANY {
        1
    } else {
        REPLICATIONS
    };
    evaluate(&question, replications, ctx).0
}

/// The segments of one disturbance.
fn segments_of(
    requirement: &Requirement,
    disturbance: &Disturbance,
    intent: &Intent,
    gone: State,
) -> Vec<Segment> {
    let Some(kind) = intent
        .site
        .services
        .get(&requirement.service)
        .map(|service| service.kind)
    else {
        return Vec::new();
    };
    let Some(service) = service_of(kind, disturbance.stage) else {
        return Vec::new();
    };
    let (first, last) = disturbance.onset_s;
    let from_s = QUIET_S + float(first);
    let spread = float(last.saturating_sub(first));
    let is_stale = matches!(disturbance.shape, Shape::StaleAddress | Shape::WrongAddress);
    let state = match disturbance.shape {
        Shape::Drop | Shape::NoLease => State::Drop,
        Shape::Refuse => State::Refuse,
        Shape::NxDomain => State::NxDomain,
        Shape::ServFail => State::ServFail,
        Shape::WrongAddress | Shape::StaleAddress => gone,
        Shape::HandshakeFailure => State::HandshakeFailure,
        // One of two name servers gone is silence for the first question, not slowness.
        Shape::Slow if matches!(service, Service::Dns(_)) => State::Drop,
        Shape::Slow => State::Slow(2.0),
        Shape::MtuHole => State::MtuHole,
    };
    let cause = if is_stale {
        format!("stale address: {}", disturbance.why)
    } else {
        disturbance.why.clone()
    };
    // A stored name expires at a moment of its own in each pump.
    let (to_s, to_spread_s) = match disturbance.duration_s {
        Some(length) if is_stale => (Some(from_s), spread + float(length)),
        Some(length) => (Some(from_s + float(length)), spread),
        None => (None, 0.0),
    };
    let whole_list = disturbance.shape != Shape::Slow;
    let places: &[u8] = match service {
        Service::Dns(_) if whole_list => &[0, 1, 2],
        Service::Dns(_) => &[0],
        Service::Link | Service::Radius | Service::Dhcp | Service::Gateway => &[],
    };
    let one = Segment {
        from_spread_s: spread,
        to_spread_s,
        ..Segment::new(service, state, from_s, to_s, &cause)
    };
    if places.is_empty() {
        return vec![one];
    }
    places
        .iter()
        .map(|place| Segment {
            service: Service::Dns(*place),
            ..one.clone()
        })
        .collect()
}

/// The place in the client chain of a stage of a service; `None`: the chain does not pass it.
fn service_of(kind: ServiceKind, stage: Stage) -> Option<Service> {
    match (kind, stage) {
        (_, Stage::Attach) => Some(Service::Link),
        (_, Stage::Authenticate | Stage::Authorize) | (ServiceKind::Radius, _) => {
            Some(Service::Radius)
        }
        (_, Stage::Address) | (ServiceKind::Dhcp, _) => Some(Service::Dhcp),
        (ServiceKind::Dns, _) | (ServiceKind::PumpGateway, Stage::Resolve) => Some(Service::Dns(0)),
        (ServiceKind::PumpGateway, Stage::Connect | Stage::Secure | Stage::Session) => {
            Some(Service::Gateway)
        }
        (ServiceKind::PumpGateway, Stage::Time | Stage::Upstream)
        | (
            ServiceKind::Ntp
            | ServiceKind::Hl7
            | ServiceKind::Ldap
            | ServiceKind::Certificate
            | ServiceKind::Other,
            Stage::Resolve
            | Stage::Time
            | Stage::Connect
            | Stage::Secure
            | Stage::Session
            | Stage::Upstream,
        ) => None,
    }
}

/// A pump group with what its profile and the site's answers say.
fn as_group(intent: &Intent, group: &PumpGroup) -> Group {
    let count = group.firmware.iter().map(|firmware| firmware.count).sum();
    let kind_used = |kind: ServiceKind| {
        group
            .uses
            .iter()
            .filter_map(|id| intent.site.services.get(id))
            .find(|service| service.kind == kind)
    };
    let servers = kind_used(ServiceKind::Dns).map_or(2, |dns| dns.servers.len());
    let mut class = PumpClass::unknown(&group.id, servers);
    class.uses_eap = kind_used(ServiceKind::Radius).is_some();
    class.uses_dhcp = group.dhcp;
    class.uses_dns =
        kind_used(ServiceKind::PumpGateway).is_none_or(|gateway| gateway.name.is_some());
    if let Some(profile) = intent.profile_of(group) {
        apply_profile(&mut class, &profile, servers);
    }
    Group {
        id: group.id.clone(),
        class,
        count,
    }
}

/// Lays a profile's known fields over a class.
fn apply_profile(class: &mut PumpClass, profile: &Profile, servers: usize) {
    let stack = match profile.text("dns.client_model") {
        Some("lwip") => Some("lwip"),
        Some("glibc") => Some("linux"),
        Some("freertos-tcp") => Some("freertos-tcp"),
        Some(_) | None => None,
    };
    if let Some(stack) = stack.and_then(|stack| Stack::find(stack, servers)) {
        class.stacks = vec![stack];
    }
    if profile.bool("dns.used") == Some(false) || profile.text("gateway.by") == Some("address") {
        class.uses_dns = false;
    }
    if let Some(seconds) = profile.number("gateway.reconnect_s") {
        class.back_off = BackOff::fixed(seconds);
        class.back_off_known = true;
    }
    for (path, parameter) in [
        ("watchdog.period_s", Parameter::CheckIn),
        ("gateway.keepalive_s", Parameter::HeartbeatPeriod),
    ] {
        if let Some(value) = profile.number(path) {
            let field = profile.fields.get(path);
            let label = match field.and_then(|field| field.label) {
                Some(Label::Measured) => Provenance::Measured,
                Some(Label::Published) => Provenance::Published,
                Some(Label::Assumed) | None => Provenance::Assumed,
            };
            let source = field.map_or("", |field| field.source.as_str());
            class.set(parameter, Scalar::known(value, label, source));
        }
    }
    if profile.text("coupling") == Some("isolated") {
        class.architecture = Architecture {
            nonpreemptive: Some(false),
            starves_kick: Some(false),
            supervised_blocking: Some(false),
            unbounded_queue: Some(false),
            separate_processor: Some(true),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::FileTable;
    use crate::wire::stress::Raises;

    /// The base hospital.
    fn hospital() -> Intent {
        let site =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hospital/site.yaml");
        crate::input::case::load_site(&site, &[], &mut FileTable::new()).unwrap()
    }

    /// A disturbance of the first requirement for a gateway.
    fn at_gateway(intent: &Intent, shape: Shape, duration_s: Option<u64>) -> Disturbance {
        let requirement = intent
            .requirements()
            .into_iter()
            .find(|one| {
                intent
                    .site
                    .services
                    .get(&one.service)
                    .map(|service| service.kind)
                    == Some(ServiceKind::PumpGateway)
            })
            .unwrap();
        Disturbance {
            requirement: requirement.id,
            stage: Stage::Connect,
            shape,
            onset_s: (0, 0),
            duration_s,
            changes: vec![3, 1, 3],
            why: "name held for its time to live".to_owned(),
        }
    }

    #[test]
    fn a_change_that_disturbs_nobody_has_no_stress() {
        assert!(assess(&[], &hospital(), &|id| id.to_string(), &Ctx::quiet()).is_empty());
    }

    #[test]
    fn a_moved_gateway_raises_the_verdict_of_its_group_and_names_its_changes() {
        let intent = hospital();
        let stale = at_gateway(&intent, Shape::StaleAddress, Some(3_600));
        let rows = assess(&[stale], &intent, &|id| format!("c{id}"), &Ctx::quiet());
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].raises, Raises::NoGo, "{:?}", rows[0].reasons);
        assert_eq!(rows[0].causes, ["c1", "c3"]);
        let lower = rows[0]
            .advice
            .iter()
            .find(|advice| advice.contains("time to live"))
            .unwrap();
        assert!(
            lower.contains("at least 3600 s before the change"),
            "{lower}"
        );
    }
}
