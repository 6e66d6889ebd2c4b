//! Stages of requirements in the base hospital and in changes of it.

use std::path::Path;
use std::{env, fs};

use pump_preflight::analysis::{
    Judgment, Memory, Nominal, Outcome, Shape, StageOutcome, Symbol, judge, memory_of,
};
use pump_preflight::ctx::Ctx;
use pump_preflight::input::case::{Case, CaseArguments, load_case};
use pump_preflight::input::snapshot::SnapshotPlace;
use pump_preflight::intent::{RequirementId, Stage};

use crate::support::fixtures;

/// A line of a file of the hospital and what stands there after the change; an empty old line
/// removes the file.
type Edit<'a> = (&'a str, &'a str, &'a str);

/// The hospital with changes, judged three times.
struct Judged {
    /// Before, clients fresh.
    before: Judgment,
    /// After, clients with the memory of before.
    held: Judgment,
    /// After, clients fresh.
    after: Judgment,
}

impl Judged {
    /// One outcome after the change, clients fresh.
    fn after(&self, id: &str) -> &Outcome {
        &self.after.outcomes[&RequirementId(id.to_owned())]
    }

    /// One stage of a judgment.
    fn stage<'j>(judgment: &'j Judgment, id: &str, stage: Stage) -> &'j StageOutcome {
        let outcome = &judgment.outcomes[&RequirementId(id.to_owned())];
        outcome
            .stages
            .iter()
            .find(|found| found.stage == stage)
            .unwrap_or_else(|| panic!("{id} has no stage {}", stage.name()))
    }
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Writes a file with edits of it; each must meet exactly one place, so that no test tests nothing.
fn edit(folder: &Path, edits: &[Edit<'_>]) {
    for (file, old, new) in edits {
        let path = folder.join(file);
        if old.is_empty() {
            fs::remove_file(&path).unwrap();
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{file} does not hold {old:?}");
        fs::write(&path, text.replacen(old, new, 1)).unwrap();
    }
}

/// Loads the hospital with `site` edits on both sides and `edits` of the snapshot after.
fn load(site: &[Edit<'_>], edits: &[Edit<'_>], site_after: &[Edit<'_>]) -> Case {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let hospital = fixtures().join("hospital");
    copy(&hospital.join("before"), &root.join("before"));
    copy(&hospital.join("before"), &root.join("after"));
    for name in ["site.yaml", "site_before.yaml"] {
        fs::copy(hospital.join("site.yaml"), root.join(name)).unwrap();
    }
    for (_, old, new) in site {
        edit(
            root,
            &[("site.yaml", old, new), ("site_before.yaml", old, new)],
        );
    }
    edit(root, site_after);
    edit(&root.join("after/configs"), edits);
    let arguments = CaseArguments {
        before: SnapshotPlace::Folder(root.join("before")),
        after: Some(SnapshotPlace::Folder(root.join("after"))),
        site: Some(root.join("site.yaml")),
        site_before: Some(root.join("site_before.yaml")),
        rules: Vec::new(),
        script: None,
        down: Vec::new(),
        lasts_s: None,
    };
    load_case(&arguments, &Ctx::quiet()).unwrap()
}

/// Judges a case three times.
fn judge_case(case: &Case) -> Judged {
    let ctx = Ctx::quiet();
    let before = judge(&case.before, &case.intent_before, None, &ctx);
    let memory: Memory = memory_of(&before);
    Judged {
        held: judge(&case.after, &case.intent, Some(&memory), &ctx),
        after: judge(&case.after, &case.intent, None, &ctx),
        before,
    }
}

/// The hospital after edits.
fn changed(edits: &[Edit<'_>]) -> Judged {
    judge_case(&load(&[], edits, &[]))
}

/// Stages that fail, as text.
fn failing(judgment: &Judgment) -> Vec<String> {
    judgment
        .outcomes
        .iter()
        .flat_map(|(id, outcome)| outcome.stages.iter().map(move |stage| (id, stage)))
        .filter(|(_, stage)| stage.nominal == Nominal::Fails)
        .map(|(id, stage)| format!("{id} {}: {}", stage.stage.name(), stage.why))
        .collect()
}

/// The requirement of the ICU's gateway.
const GATEWAY: &str = "icu-spectrum/icu/9.01.00/gateway";
/// The requirement of the ICU's addresses.
const DHCP: &str = "icu-spectrum/icu/9.01.00/dhcp";
/// The requirement of the ICU's time.
const NTP: &str = "icu-spectrum/icu/9.01.00/ntp";
/// The requirement of the ICU's names.
const DNS: &str = "icu-spectrum/icu/9.01.00/dns";
/// The requirement of the ICU's authentication.
const RADIUS: &str = "icu-spectrum/icu/9.01.00/radius";

#[test]
fn every_requirement_of_the_base_hospital_works() {
    let judged = changed(&[]);
    if env::var_os("SHOW").is_some() {
        println!(
            "{:#?}",
            judged
                .before
                .outcomes
                .iter()
                .map(|(id, o)| (id, &o.stages, &o.servers))
                .collect::<Vec<_>>()
        );
    }
    assert_eq!(failing(&judged.before), Vec::<String>::new());
    assert_eq!(judged.before, judged.after);
    assert_eq!(failing(&judged.held), Vec::<String>::new());
}

#[test]
fn a_moved_gateway_is_lost_to_pumps_that_hold_its_old_address() {
    let moved: [Edit<'_>; 2] = [
        (
            "site.yaml",
            "address: 10.50.1.20, port: tcp/51244",
            "address: 10.50.1.21, port: tcp/51244",
        ),
        (
            "site.yaml",
            "{ address: 10.50.1.20/24",
            "{ address: 10.50.1.21/24",
        ),
    ];
    let edits: Vec<Edit<'_>> = ["core1.cfg", "core2.cfg", "fw-med.cfg"]
        .into_iter()
        .map(|file| (file, "host 10.50.1.20", "host 10.50.1.21"))
        .chain([
            ("dns1/db.example.org", "2026030201", "2026030301"),
            (
                "dns1/db.example.org",
                "pumpgw		IN	A	10.50.1.20",
                "pumpgw		IN	A	10.50.1.21",
            ),
        ])
        .collect();
    let with_answer = [(
        "site.yaml",
        "uses: [radius, dhcp, dns, ntp, gateway]\n    owner: biomed",
        "uses: [radius, dhcp, dns, ntp, gateway]\n    answers: { dns.honors_ttl: { value: true, source: \"vendor\", on: 2026-10-02 } }\n    owner: biomed",
    )];
    let judged = judge_case(&load(&with_answer, &edits, &moved));
    assert_eq!(failing(&judged.before), Vec::<String>::new());
    assert_eq!(failing(&judged.after), Vec::<String>::new());
    let stage = Judged::stage(&judged.held, GATEWAY, Stage::Connect);
    assert_eq!(stage.nominal, Nominal::Fails);
    assert_eq!(stage.shape, Some(Shape::StaleAddress));
    assert_eq!(stage.heals_after_s, Some(3_600));
    let resolve = Judged::stage(&judged.after, GATEWAY, Stage::Resolve);
    assert_eq!(resolve.facts["addresses"], "10.50.1.21");
    assert_eq!(resolve.facts["ttl_s"], "3600");

    let unknown = judge_case(&load(&[], &edits, &moved));
    let stage = Judged::stage(&unknown.held, GATEWAY, Stage::Connect);
    assert_eq!(stage.heals_after_s, None);
    assert!(
        stage
            .symbols
            .contains(&Symbol::Field("dns.honors_ttl".to_owned()))
    );
}

#[test]
fn a_retired_name_server_delays_while_a_lease_still_names_it_first() {
    // The filter in front of the first name server drops what pumps ask it.
    let judged = changed(&[
        (
            "core1.cfg",
            " 40 permit udp any eq bootpc",
            " 35 deny udp any host 10.50.0.53 eq domain\n 36 deny tcp any host 10.50.0.53 eq domain\n 40 permit udp any eq bootpc",
        ),
        (
            "core2.cfg",
            " 40 permit udp any eq bootpc",
            " 35 deny udp any host 10.50.0.53 eq domain\n 36 deny tcp any host 10.50.0.53 eq domain\n 40 permit udp any eq bootpc",
        ),
    ]);
    assert_eq!(failing(&judged.after), Vec::<String>::new());
    let resolve = Judged::stage(&judged.after, GATEWAY, Stage::Resolve);
    assert_eq!(resolve.facts["answered_by"], "10.51.0.53");
    // AAAA, then A, each five seconds: the slowest of the known resolvers.
    assert!((resolve.delay_s - 10.0).abs() < 0.01, "{}", resolve.delay_s);
    let servers = &judged.after(DNS).servers;
    assert_eq!(servers[0].1, Nominal::Fails);
    assert_eq!(servers[1].1, Nominal::Works);
}

#[test]
fn a_pool_smaller_than_the_fleet_gives_no_lease_to_some() {
    let judged = changed(&[(
        "dhcp1/dhcpd.conf",
        "range 10.20.230.20 10.20.230.250;",
        "range 10.20.230.20 10.20.230.120;",
    )]);
    let address = Judged::stage(&judged.after, DHCP, Stage::Address);
    assert_eq!(address.shape, Some(Shape::NoLease));
    assert_eq!(address.facts["capacity"], "101");
    assert_eq!(address.facts["pumps"], "180");
    assert_eq!(failing(&judged.after).len(), 2);
}

#[test]
fn a_relay_that_is_removed_everywhere_leaves_no_lease() {
    let relay = "ip helper-address 10.50.0.5\n ip flow monitor";
    let one = changed(&[("core1.cfg", relay, "ip flow monitor")]);
    assert_eq!(failing(&one.after), Vec::<String>::new());
    let address = Judged::stage(&one.before, DHCP, Stage::Address);
    assert_eq!(address.facts["relays"], "core1 Vlan230, core2 Vlan230");
    let address = Judged::stage(&one.after, DHCP, Stage::Address);
    assert_eq!(address.facts["relays"], "core2 Vlan230");
    let both = changed(&[
        ("core1.cfg", relay, "ip flow monitor"),
        ("core2.cfg", relay, "ip flow monitor"),
    ]);
    let address = Judged::stage(&both.after, DHCP, Stage::Address);
    assert_eq!(address.nominal, Nominal::Fails);
    assert!(
        address.why.contains("does not relay to 10.50.0.5"),
        "{}",
        address.why
    );
}

#[test]
fn a_filter_that_drops_the_broadcast_leaves_no_lease() {
    let line = " 40 permit udp any eq bootpc host 255.255.255.255 eq bootps\n";
    let judged = changed(&[("core1.cfg", line, ""), ("core2.cfg", line, "")]);
    let address = Judged::stage(&judged.after, DHCP, Stage::Address);
    assert_eq!(address.nominal, Nominal::Fails);
    assert!(
        address.why.contains("drops the pumps' questions"),
        "{}",
        address.why
    );
    let renewal = " 50 permit udp object-group PUMP-NETS eq bootpc host 10.50.0.5 eq bootps\n";
    let judged = changed(&[("core1.cfg", renewal, ""), ("core2.cfg", renewal, "")]);
    let address = Judged::stage(&judged.after, DHCP, Stage::Address);
    assert_eq!(address.shape, Some(Shape::Slow));
}

#[test]
fn a_time_server_that_only_the_lease_forgets_depends_on_the_profile() {
    let edits: [Edit<'_>; 1] = [(
        "dhcp1/dhcpd.conf",
        "  option ntp-servers 10.50.0.123;\n  default-lease-time 28800;",
        "  option ntp-servers 10.50.0.9;\n  default-lease-time 28800;",
    )];
    let judged = changed(&edits);
    let time = Judged::stage(&judged.after, NTP, Stage::Time);
    assert_eq!(time.nominal, Nominal::Works);
    assert!(
        time.symbols
            .contains(&Symbol::Field("ntp.source".to_owned()))
    );
    let answer = [(
        "site.yaml",
        "uses: [radius, dhcp, dns, ntp, gateway]\n    owner: biomed",
        "uses: [radius, dhcp, dns, ntp, gateway]\n    answers: { ntp.source: { value: dhcp, source: \"vendor\", on: 2026-10-02 } }\n    owner: biomed",
    )];
    let judged = judge_case(&load(&answer, &edits, &[]));
    assert_eq!(failing(&judged.before), Vec::<String>::new());
    let time = Judged::stage(&judged.after, NTP, Stage::Time);
    assert_eq!(time.nominal, Nominal::Fails);
}

#[test]
fn a_removed_authentication_server_degrades_and_two_are_lost() {
    let first = " server name radius1\n";
    let one = changed(&[("acc-icu1.cfg", first, "")]);
    assert_eq!(failing(&one.after), Vec::<String>::new());
    let servers = &one.after(RADIUS).servers;
    assert_eq!(
        (servers[0].1, servers[1].1),
        (Nominal::Fails, Nominal::Works)
    );
    let both = changed(&[
        ("acc-icu1.cfg", first, ""),
        ("acc-icu1.cfg", " server name radius2\n", ""),
    ]);
    let stage = Judged::stage(&both.after, RADIUS, Stage::Authenticate);
    assert_eq!(stage.nominal, Nominal::Fails);
    // The way to the first server is closed: each request waits 4 s, three times.
    let closed = changed(&[
        (
            "core1.cfg",
            " 80 permit udp object-group RADIUS-SERVERS range",
            " 75 deny udp host 10.50.0.18 any\n 80 permit udp object-group RADIUS-SERVERS range",
        ),
        (
            "core2.cfg",
            " 80 permit udp object-group RADIUS-SERVERS range",
            " 75 deny udp host 10.50.0.18 any\n 80 permit udp object-group RADIUS-SERVERS range",
        ),
    ]);
    let stage = Judged::stage(&closed.after, RADIUS, Stage::Authenticate);
    assert_eq!(stage.nominal, Nominal::Works);
    assert!((stage.delay_s - 12.0).abs() < 0.01, "{}", stage.delay_s);
}

#[test]
fn an_alias_matters_as_the_profile_says() {
    let edits: [Edit<'_>; 2] = [
        ("dns1/db.example.org", "2026030201", "2026030301"),
        (
            "dns1/db.example.org",
            "pumpgw		IN	A	10.50.1.20",
            "pumpgw		IN	CNAME	pumpgw1",
        ),
    ];
    let judged = changed(&edits);
    let resolve = Judged::stage(&judged.after, GATEWAY, Stage::Resolve);
    assert_eq!(resolve.nominal, Nominal::Works);
    assert_eq!(resolve.facts["cname_depth"], "1");
    assert!(
        resolve
            .symbols
            .contains(&Symbol::Field("dns.cname_ok".to_owned()))
    );
    let before = Judged::stage(&judged.before, GATEWAY, Stage::Resolve);
    assert!(
        !before
            .symbols
            .contains(&Symbol::Field("dns.cname_ok".to_owned()))
    );
}

#[test]
fn a_name_that_is_removed_does_not_resolve() {
    let judged = changed(&[
        ("dns1/db.example.org", "2026030201", "2026030301"),
        ("dns1/db.example.org", "pumpgw		IN	A	10.50.1.20\n", ""),
    ]);
    let resolve = Judged::stage(&judged.after, GATEWAY, Stage::Resolve);
    assert_eq!(resolve.shape, Some(Shape::NxDomain));
    assert_eq!(resolve.facts["negative_ttl_s"], "600");
}

#[test]
fn a_trunk_that_loses_the_vlan_cuts_ports_off() {
    let allowed = " switchport trunk allowed vlan 10,20,30,230,240\n";
    let without = " switchport trunk allowed vlan 10,20,30,240\n";
    let one = changed(&[("acc-icu1.cfg", allowed, without)]);
    assert_eq!(failing(&one.after), Vec::<String>::new());
    let both = changed(&[
        ("acc-icu1.cfg", allowed, without),
        ("acc-icu1.cfg", allowed, without),
    ]);
    let attach = Judged::stage(&both.after, GATEWAY, Stage::Attach);
    assert_eq!(attach.nominal, Nominal::Fails);
    assert!(attach.why.contains("acc-icu1"), "{}", attach.why);
}

#[test]
fn a_gateway_port_that_a_filter_closes_is_lost_with_a_witness() {
    let judged = changed(&[(
        "fw-med.cfg",
        " permit object-group PUMP-SERVICES object-group PUMP-NETS object-group PUMP-GATEWAYS\n",
        "",
    )]);
    let connect = Judged::stage(&judged.after, GATEWAY, Stage::Connect);
    assert_eq!(connect.nominal, Nominal::Fails);
    assert_eq!(connect.shape, Some(Shape::Drop));
    assert!(connect.witness.is_some() && !connect.failing.is_empty());
    assert!(!connect.decided_by.is_empty());
    let closed = changed(&[(
        "pumpgw1/iptables-save.txt",
        "-A INPUT -s 10.20.230.0/24 -p tcp -m tcp --dport 51244 -m conntrack --ctstate NEW -j ACCEPT\n",
        "",
    )]);
    let connect = Judged::stage(&closed.after, GATEWAY, Stage::Connect);
    assert_eq!(connect.nominal, Nominal::Fails);
}

#[test]
fn a_lease_that_names_a_retired_name_server_heals_at_its_renewal() {
    let site: [Edit<'_>; 1] = [(
        "site.yaml",
        "any_of: [10.50.0.53, 10.51.0.53], need: 1, want: 2",
        "any_of: [10.51.0.53], need: 1",
    )];
    let judged = judge_case(&load(
        &site,
        &[
            (
                "dhcp1/dhcpd.conf",
                "option routers 10.20.230.1;\n  option domain-name-servers 10.50.0.53, 10.51.0.53;",
                "option routers 10.20.230.1;\n  option domain-name-servers 10.51.0.53;",
            ),
            (
                "core1.cfg",
                " 40 permit udp any eq bootpc",
                " 35 deny udp any host 10.50.0.53 eq domain\n 40 permit udp any eq bootpc",
            ),
            (
                "core2.cfg",
                " 40 permit udp any eq bootpc",
                " 35 deny udp any host 10.50.0.53 eq domain\n 40 permit udp any eq bootpc",
            ),
        ],
        &[],
    ));
    assert_eq!(failing(&judged.held), Vec::<String>::new());
    let fresh = Judged::stage(&judged.after, GATEWAY, Stage::Resolve);
    assert!(fresh.delay_s.abs() < 0.01);
    let held = Judged::stage(&judged.held, GATEWAY, Stage::Resolve);
    assert!((held.delay_s - 10.0).abs() < 0.01, "{}", held.delay_s);
    assert_eq!(held.heals_after_s, Some(14_400));
}

#[test]
fn another_group_of_the_virtual_router_has_another_hardware_address() {
    let judged = changed(&[
        (
            "core1.cfg",
            " standby 230 ip 10.20.230.1",
            " standby 231 ip 10.20.230.1",
        ),
        (
            "core2.cfg",
            " standby 230 ip 10.20.230.1",
            " standby 231 ip 10.20.230.1",
        ),
    ]);
    let field = Symbol::Field("arp.accepts_gratuitous".to_owned());
    let held = Judged::stage(&judged.held, GATEWAY, Stage::Attach);
    assert!(held.symbols.contains(&field));
    let fresh = Judged::stage(&judged.after, GATEWAY, Stage::Attach);
    assert!(!fresh.symbols.contains(&field));
    assert_eq!(fresh.facts["gateway"], "hsrp2 231");
}
