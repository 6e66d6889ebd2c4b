//! Tests of the engine: loading, checks over hand-made facts, findings.

use crate::analysis::{Shape, Symbol};
use crate::ctx::Ctx;
use crate::intent::{ServiceKind, Stage, Value};
use crate::model::dhcp::{DhcpScope, LeaseTimes};
use crate::model::interface::{Interface, InterfaceKind};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::rule::hand_made::{World, at, known};
use crate::rule::load::{LoadError, from_texts};
use crate::rule::{NewReach, evaluate, explain, load};
use crate::source::{At, File, FileId, FileOrigin, StatementRef};
use crate::wire::assessment::{Bearing, Effect, Finding, Severity};

/// A rule with this title, check and further lines.
fn rule_text(title: &str, check: &str, more: &str) -> String {
    format!(
        "id: made\ntitle: \"{title}\"\nseverity: error\nconfidence: high\ncheck: {check}\n{more}\
         what: a\nwhy: b\nevidence: c\nfalse_positives: [d]\nremedy: e\nreferences: [f]\n\
         since: 0.1.0\nexamples: []\n"
    )
}

/// The error of loading one text, as line, column and message.
fn mistake(text: &str) -> (u32, u32, String) {
    match from_texts([("x/made.yaml", text)]).unwrap_err() {
        LoadError::Rule {
            line,
            column,
            message,
            ..
        } => (line, column, message),
        LoadError::Read { .. } => unreachable!("nothing is read"),
    }
}

/// The embedded rules' findings, by rule and title.
fn findings(world: &World) -> Vec<Finding> {
    evaluate(&load(&[]).unwrap(), &world.facts(), &Ctx::quiet()).findings
}

/// The finding of one rule.
fn of<'a>(findings: &'a [Finding], rule: &str) -> Option<&'a Finding> {
    findings.iter().find(|finding| finding.rule == rule)
}

/// A scope of the ICU with this lease, said by a statement.
fn scope(lease: u64, statement: StatementRef) -> Facet {
    Facet::DhcpScope(DhcpScope {
        name: "icu".to_owned(),
        defined_at: None,
        subnet: Some(At::new("10.20.230.0/24".parse().unwrap(), statement)),
        shared_network: None,
        ranges: vec![At::new(
            ([10, 20, 230, 20].into(), [10, 20, 230, 250].into()),
            statement,
        )],
        options: std::collections::BTreeMap::new(),
        lease: LeaseTimes {
            default: Some(At::new(lease, statement)),
            ..LeaseTimes::default()
        },
        reservations: Vec::new(),
        failover_peer: None,
        deny_unknown: None,
        conditional: false,
    })
}

#[test]
fn every_embedded_rule_loads_and_explains_itself() {
    let rules = load(&[]).unwrap();
    assert!(rules.rules.len() >= 30);
    for rule in &rules.rules {
        let text = explain(rule);
        for part in [&rule.what, &rule.remedy, &rule.since] {
            assert!(text.contains(part.lines().next().unwrap()), "{text}");
        }
    }
}

#[test]
fn every_embedded_rule_has_an_example_of_each_kind_and_a_source() {
    use crate::rule::schema::Expect;
    for rule in &load(&[]).unwrap().rules {
        for kind in [Expect::Finding, Expect::Clean] {
            let has = rule.examples.iter().any(|example| example.expect == kind);
            assert!(has, "{} lacks an example", rule.id);
        }
        for reference in &rule.references {
            let known = reference.contains(" - http") || reference.starts_with("engineering");
            assert!(known, "{}: {reference}", rule.id);
        }
    }
}

#[test]
fn every_check_and_every_attribute_has_a_rule() {
    let rules = load(&[]).unwrap();
    for check in crate::rule::check::CHECKS {
        assert!(
            rules.rules.iter().any(|rule| rule.check.id == check.id),
            "no rule uses check {}",
            check.id
        );
    }
    let paths: Vec<_> = crate::rule::attribute::ATTRIBUTES
        .iter()
        .map(|attribute| attribute.path)
        .collect();
    assert!(paths.is_sorted());
}

#[test]
fn a_mistake_in_a_rule_is_answered_with_its_place_and_a_suggestion() {
    let text = rule_text(
        "{gruop} loses.",
        "requirement-changed",
        "parameters: { effects: [lost] }\n",
    );
    let (line, _, message) = mistake(&text);
    assert_eq!(line, 2);
    assert!(
        message.contains("unknown placeholder `{gruop}`"),
        "{message}"
    );
    assert!(message.contains("did you mean `group`"), "{message}");

    let (line, column, message) = mistake(&rule_text("a.", "requirement-chnged", ""));
    assert_eq!((line, column), (5, 8));
    assert!(
        message.contains("did you mean `requirement-changed`"),
        "{message}"
    );

    let more = "parameters:\n  attribute: dhcp.leas_s\n  direction: [lowered]\n";
    let (line, _, message) = mistake(&rule_text("a.", "attribute-changed", more));
    assert_eq!(line, 7);
    assert!(message.contains("did you mean `dhcp.lease_s`"), "{message}");

    let more = "parameters:\n  effects: [lost]\n  othewise: true\n";
    let (line, _, message) = mistake(&rule_text("a.", "requirement-changed", more));
    assert_eq!(line, 8);
    assert!(message.contains("othewise"), "{message}");

    let (line, _, message) = mistake(&rule_text("a.", "requirement-changed", ""));
    assert_eq!(line, 5, "{message}");

    let (line, _, message) = mistake(&rule_text("a.", "new-reach", "wehn: {}\n"));
    assert_eq!(line, 6, "{message}");
}

#[test]
fn an_id_is_the_name_of_its_file_and_taken_once() {
    let text = rule_text("a.", "new-reach", "");
    let error = from_texts([("x/other.yaml", text.as_str())]).unwrap_err();
    assert!(
        error.to_string().contains("differs from the file's name"),
        "{error}"
    );
    let twice = [
        ("x/made.yaml", text.as_str()),
        ("y/made.yaml", text.as_str()),
    ];
    let error = from_texts(twice).unwrap_err();
    assert!(
        error.to_string().starts_with("load rule y/made.yaml:1:"),
        "{error}"
    );
}

#[test]
fn a_loss_by_a_filter_is_one_finding_for_all_firmware() {
    let mut world = World::with(&[("gateway", ServiceKind::PumpGateway)]);
    world.file(false, 1, "fw", "deny this\npermit that\n");
    let acl = FacetKey::new(FacetKind::Acl, "A");
    let change = world.change("fw", Some(at(1, 1)), None, acl);
    world.lose("gateway", Stage::Connect, &[change]);
    let findings = findings(&world);
    let found = of(&findings, "pumps-cut-off-by-filter").unwrap();
    assert_eq!(
        found.title,
        "icu-spectrum: 180 pumps in ICU lose gateway at once because of fw.cfg:2: \
         nothing lets it pass."
    );
    assert_eq!(found.requirements.len(), 2);
    assert_eq!(found.change_ids, ["c1"]);
    assert_eq!(found.origins[0].text, "permit that");
    assert_eq!(found.id, "f1");
    assert!(
        of(&findings, "pump-loses-service").is_none(),
        "it is explained"
    );
}

#[test]
fn a_loss_that_no_rule_explains_is_still_a_finding() {
    let mut world = World::with(&[("gateway", ServiceKind::PumpGateway)]);
    world.file(false, 1, "fw", "interface x\n");
    let interface = FacetKey::new(FacetKind::Interface, "x");
    let change = world.change("fw", Some(at(1, 0)), None, interface);
    world.lose("gateway", Stage::Connect, &[change]);
    assert!(of(&findings(&world), "pump-loses-service").is_some());
}

#[test]
fn an_outage_without_any_change_is_still_a_finding() {
    let mut world = World::with(&[("gateway", ServiceKind::PumpGateway)]);
    world.lose("gateway", Stage::Connect, &[]);
    let findings = findings(&world);
    let found = of(&findings, "pump-loses-service").unwrap();
    assert!(found.title.contains("no single line"), "{}", found.title);
}

#[test]
fn an_unchanged_requirement_gives_no_finding() {
    let world = World::with(&[
        ("gateway", ServiceKind::PumpGateway),
        ("dhcp", ServiceKind::Dhcp),
    ]);
    assert_eq!(findings(&world), Vec::new());
}

#[test]
fn a_shorter_lease_is_read_from_the_scope_with_its_line() {
    let mut world = World::with(&[("dhcp", ServiceKind::Dhcp)]);
    world.file(false, 1, "dhcp1", "lease 28800\n");
    world.file(true, 2, "dhcp1", "lease 3600\n");
    let key = FacetKey::new(FacetKind::DhcpScope, "icu");
    world.facet(false, "dhcp1", key.clone(), scope(28_800, at(1, 0)));
    world.facet(true, "dhcp1", key.clone(), scope(3_600, at(2, 0)));
    world.change("dhcp1", Some(at(1, 0)), None, key.clone());
    world.change("dhcp1", None, Some(at(2, 0)), key);
    let found = findings(&world);
    let shorter = of(&found, "pump-lease-shortened").unwrap();
    assert!(
        shorter.title.contains("from 28800 s to 3600 s"),
        "{}",
        shorter.title
    );
    assert_eq!(shorter.change_ids, ["c1", "c2"]);
    let unknown = of(&found, "pump-limit-unknown").unwrap();
    assert!(
        unknown.title.contains("shortest DHCP lease"),
        "{}",
        unknown.title
    );
    assert!(of(&found, "pump-lease-below-renewal-floor").is_none());

    let group = &mut world.intent.site.pumps[0];
    let minimum = known(Value::Number(7200.0));
    group.answers.insert("dhcp.lease_min_s".to_owned(), minimum);
    let found = findings(&world);
    assert!(of(&found, "pump-limit-unknown").is_none());
    assert!(of(&found, "pump-lease-too-short-for-model").is_some());
}

#[test]
fn a_removed_relay_is_seen_where_it_bears_and_nowhere_else() {
    let mut world = World::with(&[("dhcp", ServiceKind::Dhcp)]);
    world.file(
        false,
        1,
        "core1",
        "interface Vlan230\n ip helper-address 10.50.0.5\n",
    );
    let key = FacetKey::new(FacetKind::Interface, "Vlan230");
    let svi = |helpers| {
        Facet::Interface(Interface {
            name: "Vlan230".to_owned(),
            kind: InterfaceKind::Svi(230),
            helpers,
            ..Interface::default()
        })
    };
    let helper = At::new([10, 50, 0, 1].into(), at(1, 1));
    world.facet(false, "core1", key.clone(), svi(vec![helper]));
    world.facet(true, "core1", key.clone(), svi(Vec::new()));
    let change = world.change("core1", Some(at(1, 1)), None, key);
    world.lose("dhcp", Stage::Address, &[change]);
    let found = findings(&world);
    let relay = of(&found, "pump-loses-dhcp-relay").unwrap();
    assert!(relay.title.contains("10.50.0.1"), "{}", relay.title);
    assert!(
        of(&found, "pump-loses-service").is_none(),
        "it is explained"
    );
    for change in &mut world.comparison.requirements {
        change.bearing.clear();
    }
    assert!(of(&findings(&world), "pump-loses-dhcp-relay").is_none());
}

#[test]
fn a_stale_gateway_address_is_critical_and_comes_first() {
    let mut world = World::with(&[("gateway", ServiceKind::PumpGateway)]);
    world.file(false, 1, "dns1", "pumpgw A 10.50.1.20\n");
    let zone = FacetKey::new(FacetKind::DnsZone, "example.org");
    let change = world.change("dns1", Some(at(1, 0)), None, zone);
    let shape = Shape::StaleAddress;
    world.hurt(
        "gateway",
        Stage::Connect,
        Effect::Transient,
        shape,
        &[change],
    );
    let found = findings(&world);
    assert_eq!(found[0].rule, "pump-holds-old-gateway");
    assert_eq!(found[0].severity, Severity::Critical);
    assert!(
        of(&found, "pump-waits-out-change").is_none(),
        "it is explained"
    );
}

#[test]
fn a_blocking_statement_and_a_field_met_by_the_judgment_are_named() {
    let mut world = World::with(&[("gateway", ServiceKind::PumpGateway)]);
    world.file(true, 1, "fw", "frobnicate\n");
    let change = world.change(
        "fw",
        None,
        Some(at(1, 0)),
        FacetKey::new(FacetKind::Acl, "A"),
    );
    world.comparison.changes[change].bearing = Bearing::Blocks;
    world.hurt(
        "gateway",
        Stage::Resolve,
        Effect::Unknown,
        Shape::Drop,
        &[change],
    );
    for requirement in &mut world.comparison.requirements {
        let after = requirement.stages[0].after.as_mut().unwrap();
        after.symbols.push(Symbol::Field("dns.cname_ok".to_owned()));
    }
    let found = findings(&world);
    assert!(of(&found, "pump-change-not-understood").is_some());
    let unknown = of(&found, "pump-limit-unknown").unwrap();
    assert!(unknown.title.contains("ask the maker"), "{}", unknown.title);
    assert!(unknown.title.contains("aliases"), "{}", unknown.title);
}

#[test]
fn fewer_servers_are_counted() {
    let mut world = World::with(&[("dns", ServiceKind::Dns)]);
    world.servers("dns", 2, 1);
    let found = findings(&world);
    let fewer = of(&found, "pump-loses-redundancy").unwrap();
    assert!(
        fewer.title.contains("1 (10.50.0.1) of 2 servers left"),
        "{}",
        fewer.title
    );
    world.servers("dns", 2, 0);
    assert!(
        of(&findings(&world), "pump-loses-redundancy").is_none(),
        "that is a loss"
    );
}

#[test]
fn new_reach_is_told_with_its_packet() {
    let mut world = World::with(&[("dns", ServiceKind::Dns)]);
    world.new_reach.push(NewReach {
        from: "10.99.0.0/16".parse().unwrap(),
        into: "icu".to_owned(),
        because: "scanners".to_owned(),
        witness: "10.99.0.1 to 10.20.230.7 tcp/22".to_owned(),
        source: [10, 99, 0, 1].into(),
        destination: [10, 20, 230, 7].into(),
        changes: Vec::new(),
    });
    let found = findings(&world);
    let reach = of(&found, "pump-network-newly-reachable").unwrap();
    assert!(
        reach.title.contains("because of scanners: 10.99.0.1"),
        "{}",
        reach.title
    );
}

#[test]
fn a_removed_requirement_points_into_the_site_file() {
    let mut world = World::with(&[("dns", ServiceKind::Dns), ("ntp", ServiceKind::Ntp)]);
    let text = b"site: a\n  - id: icu-spectrum\n";
    world
        .files
        .push(File::new(FileId(900), "site.yaml", FileOrigin::Disk, text));
    world.intent.site.pumps[0].uses.pop();
    world.intent.site.services.get_mut("dns").unwrap().want = 1;
    let found = findings(&world);
    let removed = of(&found, "pump-requirement-removed").unwrap();
    assert_eq!(removed.requirements.len(), 2);
    assert_eq!(removed.origins[0].text, "- id: icu-spectrum");
    assert!(
        removed.title.contains("ntp of icu-spectrum (site.yaml:2)"),
        "{}",
        removed.title
    );
    let weaker = of(&found, "pump-requirement-weakened").unwrap();
    assert!(
        weaker.title.contains("servers wanted of dns"),
        "{}",
        weaker.title
    );
}

#[test]
fn a_notice_speaks_for_its_profile_only() {
    let mut world = World::with(&[("dns", ServiceKind::Dns)]);
    world.file(true, 1, "fw", "a line\n");
    world.change(
        "fw",
        None,
        Some(at(1, 0)),
        FacetKey::new(FacetKind::Acl, "A"),
    );
    assert!(of(&findings(&world), "cadd-module-loses-network").is_none());
    let mut profile = world.intent.profiles["made"].clone();
    profile
        .fields
        .insert("prenotify".to_owned(), known(Value::Bool(true)));
    world
        .intent
        .profiles
        .insert("icu-cadd-solis".to_owned(), profile);
    "icu-cadd-solis".clone_into(&mut world.intent.site.pumps[0].profile);
    let found = findings(&world);
    assert!(of(&found, "cadd-module-loses-network").is_some());
    assert_eq!(
        of(&found, "pump-vendor-not-called").unwrap().severity,
        Severity::Note
    );
}

#[test]
fn terminal_escapes_of_a_configuration_do_not_reach_a_title() {
    let mut world = World::with(&[("gateway", ServiceKind::PumpGateway)]);
    world.lose("gateway", Stage::Connect, &[]);
    for requirement in &mut world.comparison.requirements {
        let after = requirement.stages[0].after.as_mut().unwrap();
        after.why = "see \u{1b}[31m".to_owned();
    }
    let found = findings(&world);
    assert!(found[0].title.contains("\\u{1b}"), "{}", found[0].title);
}
