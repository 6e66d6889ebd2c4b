//! The stress model's part of an assessment: from what pumps notice to what that raises.

use std::collections::BTreeSet;

use crate::change::{ChangeIndex, Comparison};
use crate::ctx::Ctx;
use crate::intent::{Intent, PumpGroup, ServiceKind, Stage};
use crate::model::Down;
use crate::wire::stress::{Raises, Stress, Timeline};

use super::described::as_group;
use super::disturbance::Segment;
use super::evaluate::{evaluate, summary, timeline};
use super::fleet::Fleet;
use super::judge::Question;
use super::number::float;
use super::segments::{Found, QUIET_S, Unsaid, join};

/// Replications of the simulation behind each answer.
const REPLICATIONS: u32 = 4;
/// Outages end up to one retry cycle later or sooner: recovery depends on where in it they end.
const CYCLE_S: f64 = 30.0;
/// Pumps above which one replication must do.
const MANY: u64 = 5_000;
/// Seed: an assessment draws the same each time.
const SEED: u64 = 1;
/// Recovery that is accepted, in seconds.
const RECOVERY_LIMIT_S: f64 = 300.0;

/// What is asked.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// What the change does.
    pub comparison: &'a Comparison,
    /// What the return of what is down does, after `lasts_s`.
    pub returning: Option<&'a Comparison>,
    /// Pumps and services.
    pub intent: &'a Intent,
    /// How long the outage is planned to last.
    pub lasts_s: Option<u64>,
    /// What is down meanwhile.
    pub down: &'a BTreeSet<Down>,
    /// The id of a change.
    pub cause: &'a dyn Fn(ChangeIndex) -> String,
}

/// What the stress model says of each pump group that a change disturbs, and one run in time;
/// nothing without any disturbance.
///
/// A result may raise a verdict (`raises`) and never lowers one.
pub fn assess(asked: &Asked<'_>, ctx: &Ctx<'_>) -> (Vec<Stress>, Option<Timeline>) {
    let found = find(asked);
    let unsaid = Unsaid::branches(&found);
    let hurt: Vec<&PumpGroup> = asked
        .intent
        .site
        .pumps
        .iter()
        .filter(|group| {
            // Who loses only the time, or what no pump asks for, has nothing to live through.
            found.iter().any(|one| {
                one.row.requirement.group == group.id
                    && unsaid.iter().any(|branch| one.is_noticed(*branch))
            })
        })
        .collect();
    if hurt.is_empty() {
        return (Vec::new(), None);
    }
    let groups = hurt
        .iter()
        .map(|group| as_group(asked.intent, group))
        .collect();
    let mut fleet = Fleet::with_default_servers(groups);
    let leases = found
        .iter()
        .filter(|one| one.row.before.held.lease.is_some());
    if let Some(lease_s) = leases.map(Found::lease_s).reduce(f64::min) {
        fleet.lease_s = lease_s;
    }
    lay_capacities(asked.intent, &hurt, &mut fleet);
    let (mut rows, mut timeline) = answer(asked, &fleet, (&hurt, &found), Unsaid::FIRST, ctx);
    for unsaid in unsaid.into_iter().skip(1) {
        let (others, run) = answer(asked, &fleet, (&hurt, &found), unsaid, ctx);
        for (row, mut other) in rows.iter_mut().zip(others) {
            if unsaid.gateway_waits {
                depend_on_gateway(&mut other, &found);
            }
            if other.raises > row.raises {
                *row = other;
                timeline.clone_from(&run);
            }
        }
    }
    for row in &mut rows {
        let own = found
            .iter()
            .filter(|one| one.row.requirement.group == row.group);
        let causes: BTreeSet<ChangeIndex> = own
            .flat_map(|one| one.what.changes.iter().copied())
            .collect();
        row.causes = causes.into_iter().map(asked.cause).collect();
    }
    (rows, timeline)
}

/// The disturbances of pumps in their places.
fn find<'a>(asked: &Asked<'a>) -> Vec<Found<'a>> {
    let mut found: Vec<Found<'a>> = asked
        .comparison
        .disturbances
        .iter()
        .filter_map(|what| Found::of(what, &asked.comparison.requirements, asked.intent))
        .collect();
    // What lasts then was there before it went.
    let passing = asked.returning.into_iter().flat_map(|comparison| {
        let passing = comparison.disturbances.iter();
        let passing = passing.filter(|what| what.duration_s.is_some());
        passing.filter_map(|what| Found::of(what, &comparison.requirements, asked.intent))
    });
    found.extend(passing.map(|one| Found {
        begins_s: asked.lasts_s.map_or(0.0, float),
        ..one
    }));
    let others: BTreeSet<&str> = found
        .iter()
        .filter(|one| !one.is_lease())
        .map(|one| one.row.requirement.group.as_str())
        .collect();
    for one in &mut found {
        one.is_alone = !others.contains(one.row.requirement.group.as_str());
    }
    found
}

/// Says that an answer holds if the gateway waits for what it needs itself; where that comes back
/// by itself, such a guess alone does not make a no-go.
fn depend_on_gateway(row: &mut Stress, found: &[Found<'_>]) {
    let condition = "if the gateway takes connections and does not answer while what it needs \
                     itself is out of reach (ask its owner)";
    let lasts = found
        .iter()
        .any(|one| one.what.stage == Stage::Upstream && one.what.duration_s.is_none());
    if !lasts {
        row.raises = row.raises.min(Raises::Conditional);
    }
    if let Some(reason) = row.reasons.first_mut() {
        *reason = format!("{condition}, {reason}");
    }
    row.summary = summary(row);
    row.holds_under.push(format!("not {condition}"));
}

/// The answers in one branch of what no file tells.
fn answer(
    asked: &Asked<'_>,
    fleet: &Fleet,
    (hurt, found): (&[&PumpGroup], &[Found<'_>]),
    unsaid: Unsaid,
    ctx: &Ctx<'_>,
) -> (Vec<Stress>, Option<Timeline>) {
    // Half of the shortest at most: a hold time of 10 s does not last 40 s.
    let later_s = found
        .iter()
        .filter_map(|one| Some(one.longest_s()? / 2.0))
        .fold(CYCLE_S, f64::min);
    let mut segments: Vec<Segment> = Vec::new();
    for one in found {
        let group = &one.row.requirement.group;
        let number = hurt.iter().position(|other| other.id == *group);
        let lived = one.segments(unsaid, asked.lasts_s, later_s);
        let forgotten = one.forgotten(asked.down, &lived);
        for mut segment in lived.into_iter().chain(forgotten) {
            segment.groups = number.into_iter().collect();
            join(&mut segments, segment);
        }
    }
    let ends = segments
        .iter()
        .filter_map(|segment| Some(segment.to_s? + segment.to_spread_s))
        .fold(0.0, f64::max);
    let horizon_s = (ends + 2.0 * QUIET_S).min(86_400.0);
    for segment in &mut segments {
        segment.to_s = segment.to_s.map(|to| to.min(horizon_s));
    }
    let survived: Vec<f64> = asked
        .intent
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
        later_s,
        recovery_limit_s: RECOVERY_LIMIT_S,
        seed: SEED,
    };
    let replications = if fleet.pumps() > MANY {
        1
    } else {
        REPLICATIONS
    };
    let (rows, runs) = evaluate(&question, replications, ctx);
    let first = runs.first().map(|run| timeline(fleet, &rows, run));
    (rows, first)
}

/// Lays what the site says of servers' capacities over the assumed ones.
fn lay_capacities(intent: &Intent, hurt: &[&PumpGroup], fleet: &mut Fleet) {
    let used = |kind: ServiceKind| {
        let ids = hurt.iter().flat_map(|group| &group.uses);
        ids.filter_map(|id| intent.site.services.get(id))
            .filter(|service| service.kind == kind)
            .find_map(|service| service.capacity.as_ref())
    };
    for (kind, server) in [
        (ServiceKind::PumpGateway, &mut fleet.gateway),
        (ServiceKind::Radius, &mut fleet.radius),
        (ServiceKind::Dhcp, &mut fleet.dhcp),
        (ServiceKind::Dns, &mut fleet.dns),
    ] {
        if let Some(capacity) = used(kind) {
            server.service_s = f64::from(server.workers) / f64::from(capacity.per_s);
            server.message_s = f64::from(capacity.message_ms.unwrap_or(0)) / 1_000.0;
            server.backlog = capacity.backlog.or(server.backlog);
            server.source.clone_from(&capacity.source);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Outcome, Shape};
    use crate::change::{Disturbance, RequirementChange};
    use crate::input::FileTable;
    use crate::intent::profile::Label;
    use crate::intent::{Field, Requirement, Stage, Value};
    use crate::wire::assessment::{Effect, Proof};

    /// The base hospital.
    fn hospital() -> Intent {
        let site =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hospital/site.yaml");
        crate::input::case::load_site(&site, &[], &mut FileTable::new()).unwrap()
    }

    /// A comparison in which the first requirement for a gateway is disturbed.
    fn at_gateway(
        intent: &Intent,
        stage: Stage,
        shape: Shape,
        duration_s: Option<u64>,
    ) -> Comparison {
        let is_gateway = |one: &Requirement| {
            let service = intent.site.services.get(&one.service);
            service.map(|service| service.kind) == Some(ServiceKind::PumpGateway)
        };
        let requirement = intent.requirements().into_iter().find(is_gateway).unwrap();
        let disturbance = Disturbance {
            requirement: requirement.id.clone(),
            stage,
            shape,
            onset_s: (0, 0),
            duration_s,
            changes: vec![3, 1, 3],
            why: "because".to_owned(),
        };
        let row = RequirementChange {
            requirement,
            effect: Effect::Transient,
            proof: Proof::Exact,
            stages: Vec::new(),
            before: Outcome::default(),
            after: Outcome::default(),
            bearing: Vec::new(),
        };
        Comparison {
            requirements: vec![row],
            disturbances: vec![disturbance],
            ..Comparison::default()
        }
    }

    /// The answer for such a comparison.
    fn answer_to(comparison: &Comparison, intent: &Intent) -> Vec<Stress> {
        let asked = Asked {
            comparison,
            returning: None,
            intent,
            lasts_s: None,
            down: &BTreeSet::new(),
            cause: &|index| format!("c{index}"),
        };
        assess(&asked, &Ctx::quiet()).0
    }

    #[test]
    fn a_change_that_disturbs_nobody_has_no_stress() {
        assert!(answer_to(&Comparison::default(), &hospital()).is_empty());
    }

    #[test]
    fn a_moved_gateway_raises_the_verdict_of_its_group_and_names_its_changes() {
        let intent = hospital();
        let moved = at_gateway(&intent, Stage::Resolve, Shape::StaleAddress, Some(3_600));
        let rows = answer_to(&moved, &intent);
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

    #[test]
    fn a_switch_that_comes_back_disturbs_pumps_that_lived_without_it() {
        let intent = hospital();
        let nothing = Comparison::default();
        let tree = at_gateway(&intent, Stage::Attach, Shape::Drop, Some(50));
        let asked = Asked {
            comparison: &nothing,
            returning: Some(&tree),
            intent: &intent,
            lasts_s: Some(720),
            down: &BTreeSet::new(),
            cause: &|index| format!("c{index}"),
        };
        let (rows, timeline) = assess(&asked, &Ctx::quiet());
        assert!(rows[0].raises > Raises::Nothing, "{:?}", rows[0].reasons);
        let timeline = timeline.unwrap();
        let least = timeline.connected.iter().min().unwrap();
        let begins = timeline
            .connected
            .iter()
            .position(|now| now == least)
            .unwrap();
        // Twelve minutes after ten quiet ones, when it is back.
        assert!(
            crate::stress::evaluate::bin_of(&timeline, 1_320) <= begins,
            "{begins}"
        );
    }

    #[test]
    fn silence_at_the_gateway_that_ends_before_pumps_notice_is_no_go_for_nobody() {
        let intent = hospital();
        let failover = at_gateway(&intent, Stage::Attach, Shape::Drop, Some(10));
        let rows = answer_to(&failover, &intent);
        assert!(rows[0].raises < Raises::NoGo, "{:?}", rows[0].reasons);
    }

    #[test]
    fn a_firewall_that_was_down_has_forgotten_the_sessions_that_outlived_it() {
        let intent = hospital();
        let mut dropped = at_gateway(&intent, Stage::Connect, Shape::Drop, None);
        let held = &mut dropped.requirements[0].before.held;
        let known = BTreeSet::from(["fw passes sessions from inside to outside".to_owned()]);
        held.sessions.insert(Stage::Connect, known);
        let answer = |comparison: &Comparison, down: &[&str]| {
            let device = |name: &&str| Down::Device((*name).to_owned());
            let asked = Asked {
                comparison,
                returning: None,
                intent: &intent,
                lasts_s: Some(5),
                down: &down.iter().map(device).collect(),
                cause: &|index| format!("c{index}"),
            };
            assess(&asked, &Ctx::quiet()).0.remove(0).branches
        };
        // Answers pass without a session, or another device is down: nothing is forgotten.
        let outlived = answer(&dropped, &["fw"]);
        dropped.requirements[0].before.held.needs_sessions = true;
        assert_eq!(answer(&dropped, &["fw-2"]), outlived);
        let forgotten = answer(&dropped, &["fw"]);
        let waits = |branches: &[crate::wire::stress::Branch]| {
            let memory = |one: &&crate::wire::stress::Branch| one.mechanism == "exhausted-memory";
            branches.iter().find(memory).unwrap().bound.unwrap()
        };
        assert!(waits(&forgotten) > waits(&outlived));
    }

    #[test]
    fn silences_of_the_same_seconds_are_one() {
        let intent = hospital();
        let mut failover = at_gateway(&intent, Stage::Attach, Shape::Drop, Some(10));
        let alone = answer_to(&failover, &intent);
        let mut second = failover.disturbances[0].clone();
        second.stage = Stage::Connect;
        second.duration_s = Some(8);
        second.why = "its servers' gateway moves too".to_owned();
        failover.disturbances.push(second);
        let both = answer_to(&failover, &intent);
        assert_eq!(alone[0].branches, both[0].branches);
        assert_eq!(both[0].raises, Raises::Nothing);
        // What it rests on is said first.
        let first = &both[0].holds_under[0];
        assert!(first.contains("after 10 to 60 s (assumed)"), "{first}");
        assert!(first.contains("outlives the 10 s"), "{first}");
    }

    #[test]
    fn survived_outages_of_the_site_take_draws_away() {
        let mut intent = hospital();
        let dropped = |intent: &Intent| at_gateway(intent, Stage::Connect, Shape::Drop, Some(900));
        let with = answer_to(&dropped(&intent), &intent);
        intent.site.survived.clear();
        let without = answer_to(&dropped(&intent), &intent);
        let pairs = with[0].branches.iter().zip(&without[0].branches);
        let memory: Vec<(u32, u32)> = pairs
            .filter(|(one, _)| one.mechanism == "exhausted-memory")
            .map(|(one, other)| (one.draws, other.draws))
            .collect();
        assert!(!memory.is_empty());
        for (with, without) in memory {
            assert!(with < without, "{with} of {without}");
        }
    }

    #[test]
    fn a_restarted_gateway_of_small_capacity_lets_a_herd_stick_and_waves_are_computed() {
        let mut intent = hospital();
        for group in &mut intent.site.pumps {
            for firmware in &mut group.firmware {
                firmware.count = 1_000;
            }
        }
        let gateway = intent.site.services.values_mut();
        for service in gateway.filter(|service| service.kind == ServiceKind::PumpGateway) {
            service.capacity = Some(crate::intent::Capacity {
                per_s: 20,
                backlog: Some(5_000),
                message_ms: Some(10),
                source: "load test".to_owned(),
            });
        }
        let ten = Field {
            value: Some(Value::Number(10.0)),
            source: "vendor case".to_owned(),
            label: Some(Label::Published),
            place: None,
        };
        for group in &mut intent.site.pumps {
            group
                .answers
                .insert("tls.timeout_s".to_owned(), ten.clone());
        }
        let restart = at_gateway(&intent, Stage::Connect, Shape::Refuse, Some(120));
        let rows = answer_to(&restart, &intent);
        // Eight messages of 10 ms, with four at work at a time, wait at each pump: 20/s become 14.3/s.
        // N* = 14.3/s × (2 × 10 s + 5 s) = 357; a backlog of 14.3/s × 10 s = 142 cures it.
        let herd = rows[0].servers.iter().find(|herd| herd.server == "gateway");
        let herd = herd.unwrap();
        assert!(
            (herd.threshold.unwrap() - 25.0 * 20.0 / 1.4).abs() < 1e-6,
            "{herd:?}"
        );
        assert!(herd.ratio >= 1.0);
        assert_eq!(rows[0].raises, Raises::NoGo);
        let said = |text: &str| rows[0].advice.iter().any(|advice| advice.contains(text));
        assert!(said("waves of at most 178 pumps"), "{:?}", rows[0].advice);
        assert!(
            said("accept backlog at 142 (it is 5000)"),
            "{:?}",
            rows[0].advice
        );
    }

    #[test]
    fn who_loses_only_the_time_has_nothing_to_live_through() {
        let intent = hospital();
        let is_time = |one: &Requirement| {
            let service = intent.site.services.get(&one.service);
            service.map(|service| service.kind) == Some(ServiceKind::Ntp)
        };
        let mut late = at_gateway(&intent, Stage::Time, Shape::Drop, None);
        let requirement = intent.requirements().into_iter().find(is_time).unwrap();
        late.disturbances[0].requirement = requirement.id.clone();
        late.requirements[0].requirement = requirement;
        assert!(answer_to(&late, &intent).is_empty());
    }

    #[test]
    fn a_gateway_without_its_upstream_may_be_mute_which_nothing_bounds() {
        let intent = hospital();
        for (duration_s, raises) in [
            (None, Raises::NoGo),
            // What a gateway does meanwhile is a guess, and it passes.
            (Some(30), Raises::Conditional),
        ] {
            let cut = at_gateway(&intent, Stage::Upstream, Shape::Drop, duration_s);
            let rows = answer_to(&cut, &intent);
            assert_eq!(rows[0].raises, raises, "{:?}", rows[0].reasons);
            assert!(
                rows[0].reasons[0].contains("no bound"),
                "{}",
                rows[0].reasons[0]
            );
            assert!(
                rows[0].summary.contains("ask its owner"),
                "{}",
                rows[0].summary
            );
        }
    }
}
