//! Closed cases of OSPF: areas, kinds of paths, neighbors that disagree.

use std::fmt::Write as _;

use crate::analysis::Symbol;
use crate::analysis::test_network::{network, network_of, rows};
use crate::analysis::world::World;

mod edges;

/// A router: `interface address/length area extra…` lines and further text of the process.
fn router(interfaces: &[(&str, &str, &str)], process: &str, global: &str) -> String {
    let mut text = String::new();
    for (name, address, more) in interfaces {
        let mask = match address.rsplit_once('/').unwrap().1 {
            "32" => "255.255.255.255",
            "30" => "255.255.255.252",
            _ => "255.255.255.0",
        };
        let address = address.split_once('/').unwrap().0;
        let _ = writeln!(text, "interface {name}\n ip address {address} {mask}{more}");
    }
    format!("{text}router ospf 1\n{process}{global}")
}

const ALL: &str = " network 10.0.0.0 0.255.255.255 area 0\n";

#[test]
fn equal_paths_are_all_used_and_the_cheaper_wins() {
    let side = |n: u8, cost: &str| {
        router(
            &[
                ("GigabitEthernet0/1", &format!("10.0.{n}.2/30"), ""),
                ("GigabitEthernet0/2", &format!("10.0.{n}.5/30"), cost),
            ],
            ALL,
            "",
        )
    };
    let ends = |last: u8, lan: &str| {
        router(
            &[
                ("GigabitEthernet0/1", &format!("10.0.1.{last}/30"), ""),
                ("GigabitEthernet0/2", &format!("10.0.2.{last}/30"), ""),
                ("GigabitEthernet0/3", lan, ""),
            ],
            ALL,
            "",
        )
    };
    let (a, d) = (ends(1, "10.1.0.1/24"), ends(6, "10.2.0.1/24"));
    let same = network(&[
        ("a", &a),
        ("b", &side(1, "")),
        ("c", &side(2, "")),
        ("d", &d),
    ]);
    assert_eq!(
        rows(&same, "a")["10.2.0.0/24"],
        "ospf 10.0.1.2 3, ospf 10.0.2.2 3"
    );
    let dear = side(1, "\n ip ospf cost 5");
    let one = network(&[("a", &a), ("b", &dear), ("c", &side(2, "")), ("d", &d)]);
    assert_eq!(rows(&one, "a")["10.2.0.0/24"], "ospf 10.0.2.2 3");
    assert_eq!(
        rows(&one, "d")["10.1.0.0/24"],
        "ospf 10.0.1.5 3, ospf 10.0.2.5 3"
    );
    let gone = side(2, "").replace("area 0\n", "area 0\n max-metric router-lsa\n");
    let avoided = network(&[("a", &a), ("b", &side(1, "")), ("c", &gone), ("d", &d)]);
    assert_eq!(rows(&avoided, "a")["10.2.0.0/24"], "ospf 10.0.1.2 3");
}

/// r1 (area 1) - r2 (border) - r3 (backbone, redistributes) with text of areas.
fn three(border: &str, inner: &str, outer: &str) -> crate::model::Network {
    let r1 = router(
        &[
            ("GigabitEthernet0/1", "10.1.0.1/30", ""),
            ("GigabitEthernet0/2", "10.1.1.1/24", ""),
        ],
        &format!(" network 10.1.0.0 0.0.255.255 area 1\n{inner}"),
        "",
    );
    let r2 = router(
        &[
            ("GigabitEthernet0/1", "10.1.0.2/30", ""),
            ("GigabitEthernet0/2", "10.0.0.1/30", ""),
        ],
        &format!(
            " network 10.1.0.0 0.0.255.255 area 1\n network 10.0.0.0 0.0.255.255 area 0\n{border}"
        ),
        "",
    );
    let r3 = router(
        &[
            ("GigabitEthernet0/1", "10.0.0.2/30", ""),
            ("GigabitEthernet0/2", "10.0.3.1/24", ""),
            ("GigabitEthernet0/3", "192.0.2.1/24", ""),
            ("Loopback0", "10.0.9.1/24", ""),
        ],
        &format!(" network 10.0.0.0 0.0.255.255 area 0\n{outer}"),
        "ip route 198.51.100.0 255.255.255.0 192.0.2.9\nip route 203.0.113.0 255.255.255.0 Null0\n",
    );
    network(&[("r1", &r1), ("r2", &r2), ("r3", &r3)])
}

#[test]
fn areas_meet_in_the_backbone_and_loopbacks_are_host_routes() {
    let net = three("", "", "");
    assert_eq!(rows(&net, "r1")["10.0.3.0/24"], "ospf-ia 10.1.0.2 3");
    assert_eq!(rows(&net, "r1")["10.0.9.1/32"], "ospf-ia 10.1.0.2 3");
    assert!(!rows(&net, "r1").contains_key("10.0.9.0/24"));
    assert_eq!(rows(&net, "r2")["10.0.3.0/24"], "ospf 10.0.0.2 2");
    assert_eq!(rows(&net, "r3")["10.1.1.0/24"], "ospf-ia 10.0.0.1 3");
}

#[test]
fn a_range_hides_its_components_and_is_discarded_at_the_border() {
    let net = three(" area 1 range 10.1.0.0 255.255.0.0\n", "", "");
    assert_eq!(rows(&net, "r3")["10.1.0.0/16"], "ospf-ia 10.0.0.1 2");
    assert!(!rows(&net, "r3").contains_key("10.1.1.0/24"));
    assert!(rows(&net, "r2")["10.1.0.0/16"].starts_with("ospf  "));
    assert_eq!(rows(&net, "r2")["10.1.1.0/24"], "ospf 10.1.0.1 2");
    let net = three(" area 1 range 10.1.0.0 255.255.0.0 not-advertise\n", "", "");
    assert!(!rows(&net, "r3").contains_key("10.1.0.0/16"));
}

/// r1 (area 1, two subnets) - r2 (border) - r3 (backbone) as FRR reads them, with ranges of r2.
fn frr(ranges: &str) -> crate::model::Network {
    let interface = |(name, net, area, cost): (&str, &str, u8, u8)| {
        format!("interface {name}\n ip address {net}\n ip ospf area {area}\n ip ospf cost {cost}\n")
    };
    let router = |id: u8, interfaces: &[_], process: &str| {
        let interfaces: String = interfaces.iter().copied().map(interface).collect();
        format!("{interfaces}router ospf\n ospf router-id 10.255.0.{id}\n{process}")
    };
    let r1 = router(
        1,
        &[
            ("eth0", "10.1.0.1/30", 1, 5),
            ("eth1", "10.1.1.1/24", 1, 10),
            ("eth2", "10.1.2.1/24", 1, 20),
        ],
        "",
    );
    let r2 = router(
        2,
        &[("eth0", "10.1.0.2/30", 1, 5), ("eth1", "10.0.0.1/30", 0, 5)],
        ranges,
    );
    let r3 = router(3, &[("eth0", "10.0.0.2/30", 0, 5)], "");
    network_of(&[("r1", "frr", &r1), ("r2", "frr", &r2), ("r3", "frr", &r3)])
}

#[test]
fn a_range_may_cost_what_its_farthest_component_costs() {
    let plain = frr(" area 1 range 10.1.0.0/16\n");
    assert_eq!(rows(&plain, "r3")["10.1.0.0/16"], "ospf-ia 10.0.0.1 30");
    assert!(!rows(&plain, "r3").contains_key("10.1.1.0/24"));
    assert!(rows(&plain, "r2").contains_key("10.1.0.0/16"));
    let cost = frr(" area 1 range 10.1.0.0/16 cost 3\n");
    assert_eq!(rows(&cost, "r3")["10.1.0.0/16"], "ospf-ia 10.0.0.1 8");
    let hidden = frr(" area 1 range 10.1.0.0/16 not-advertise\n");
    assert!(!rows(&hidden, "r3").contains_key("10.1.0.0/16"));
    assert!(!rows(&hidden, "r3").contains_key("10.1.1.0/24"));
    assert!(!rows(&hidden, "r2").contains_key("10.1.0.0/16"));
    let other = frr(" area 1 range 10.1.0.0/16 substitute 10.9.0.0/16\n");
    assert_eq!(rows(&other, "r3")["10.9.0.0/16"], "ospf-ia 10.0.0.1 30");
    assert!(rows(&other, "r2").contains_key("10.1.0.0/16"));
    assert!(!rows(&other, "r2").contains_key("10.9.0.0/16"));
}

#[test]
fn external_types_differ_in_what_their_metric_adds() {
    let net = three(
        "",
        "",
        " redistribute static subnets\n redistribute connected subnets metric 7 metric-type 1\n",
    );
    let far = rows(&net, "r1");
    assert_eq!(far["198.51.100.0/24"], "ospf-e2 10.1.0.2 20");
    assert_eq!(far["203.0.113.0/24"], "ospf-e2 10.1.0.2 20");
    assert_eq!(far["192.0.2.0/24"], "ospf-e1 10.1.0.2 9");
    assert!(!far.contains_key("10.0.9.0/24") || far["10.0.9.0/24"].starts_with("ospf-e1"));
}

#[test]
fn stub_areas_hear_a_default_route_and_nothing_from_outside() {
    let outer = " redistribute static subnets\n";
    let stub = " area 1 stub\n";
    let far = rows(
        &three(&format!("{stub} area 1 default-cost 5\n"), stub, outer),
        "r1",
    );
    assert_eq!(far["0.0.0.0/0"], "ospf-ia 10.1.0.2 6");
    assert!(!far.contains_key("198.51.100.0/24"));
    assert!(far.contains_key("10.0.3.0/24"));
    let far = rows(&three(" area 1 stub no-summary\n", stub, outer), "r1");
    assert!(far.contains_key("0.0.0.0/0") && !far.contains_key("10.0.3.0/24"));
    let far = rows(&three(stub, "", outer), "r1");
    assert!(!far.contains_key("0.0.0.0/0") && !far.contains_key("10.0.3.0/24"));
}

#[test]
fn a_not_so_stubby_area_brings_its_own_outside() {
    let nssa = " area 1 nssa\n";
    let net = three(
        nssa,
        &format!("{nssa} redistribute connected subnets\n"),
        "",
    );
    let mut r1 = net.clone();
    // The prefix that r1 redistributes is one that OSPF does not have.
    let text = net.files.values().next().unwrap().file.text.replace(
        "interface GigabitEthernet0/1",
        "interface GigabitEthernet0/3\n ip address 192.0.2.129 255.255.255.128\ninterface GigabitEthernet0/1",
    );
    let text = text
        .trim_start_matches("hostname r1\n")
        .trim_end_matches("end\n")
        .to_owned();
    let others: Vec<String> = net
        .files
        .values()
        .skip(1)
        .map(|source| source.file.text.trim_end_matches("end\n").to_owned())
        .collect();
    r1.clone_from(&network(&[
        ("r1", &text),
        ("r2", &others[0]),
        ("r3", &others[1]),
    ]));
    assert_eq!(rows(&r1, "r2")["192.0.2.128/25"], "ospf-n2 10.1.0.1 20");
    assert_eq!(rows(&r1, "r3")["192.0.2.128/25"], "ospf-e2 10.0.0.1 20");
    let given = " area 1 nssa default-information-originate\n";
    let net = three(given, nssa, "");
    assert_eq!(rows(&net, "r1")["0.0.0.0/0"], "ospf-n2 10.1.0.2 1");
    assert!(!rows(&net, "r3").contains_key("0.0.0.0/0"));
    // A router that is no border originates it while it has one from elsewhere, and whether that
    // leaves the area its border says.
    let net = three(nssa, given, "");
    assert!(!rows(&net, "r2").contains_key("0.0.0.0/0"));
    let own = format!("{given}ip route 0.0.0.0 0.0.0.0 10.1.1.9\n");
    let net = three(nssa, &own, "");
    assert_eq!(rows(&net, "r2")["0.0.0.0/0"], "ospf-n2 10.1.0.1 1");
    assert_eq!(doubts(&net, "r2", "192.0.2.9"), 0);
    assert_eq!(doubts(&net, "r3", "203.0.113.9"), 0);
    assert_eq!(doubts(&net, "r3", "198.18.0.9"), 1);
}

/// How much is not known of a router's route to an address.
fn doubts(net: &crate::model::Network, router: &str, address: &str) -> usize {
    let world = World::new(net, &[], &[]);
    let device = world.device_named(router).unwrap();
    let table = world.table_of(device, None).unwrap();
    let lookup = world.lookup(table, address.parse().unwrap());
    lookup.symbols.len()
}

#[test]
fn keys_that_hide_themselves_are_an_unknown() {
    let open = |one: &str, other: &str| {
        let router = |n: u8, key: &str| {
            let signed = format!(
                "\n ip ospf authentication message-digest\n ip ospf message-digest-key 1 md5 {key}"
            );
            let near = ("GigabitEthernet0/1", &*format!("10.0.0.{n}/30"), &*signed);
            let lan = format!("10.0.{n}.1/24");
            router(&[near, ("GigabitEthernet0/2", &lan, "")], ALL, "")
        };
        let net = network(&[("a", &router(1, one)), ("b", &router(2, other))]);
        let there = rows(&net, "a").contains_key("10.0.2.0/24");
        (there, doubts(&net, "a", "10.0.2.9") > 0)
    };
    assert_eq!(open("7 02050D480809", "7 0822455D0A16"), (true, false));
    assert_eq!(open("7 02050D480809", "cisco"), (true, false));
    assert_eq!(open("7 02050D480809", "other"), (false, false));
    assert_eq!(open("6 PVWHbGLAFdFF", "6 HYaabSNCT"), (true, true));
    assert_eq!(open("6 PVWHbGLAFdFF", "cisco"), (true, true));
}

#[test]
fn a_default_route_is_originated_always_or_while_there_is_one() {
    let net = three("", "", " default-information originate\n");
    assert!(!rows(&net, "r1").contains_key("0.0.0.0/0"));
    let net = three(
        "",
        "",
        " default-information originate always metric 9 metric-type 1\n",
    );
    assert_eq!(rows(&net, "r1")["0.0.0.0/0"], "ospf-e1 10.1.0.2 11");
}

#[test]
fn routers_that_disagree_are_no_neighbors() {
    let pair = |one: &str, other: &str| {
        let router = |n: u8, more: &str| {
            router(
                &[
                    ("GigabitEthernet0/1", &format!("10.0.0.{n}/30"), more),
                    ("GigabitEthernet0/2", &format!("10.0.{n}.1/24"), ""),
                ],
                ALL,
                "",
            )
        };
        let net = network(&[("a", &router(1, one)), ("b", &router(2, other))]);
        rows(&net, "a").contains_key("10.0.2.0/24")
    };
    assert!(pair("", ""));
    assert!(!pair("", "\n ip ospf hello-interval 5"));
    assert!(!pair("\n ip ospf network point-to-point", ""));
    assert!(!pair("", "\n ip mtu 1400"));
    assert!(pair(
        "\n ip ospf mtu-ignore",
        "\n ip mtu 1400\n ip ospf mtu-ignore"
    ));
    let key = |key: &str| {
        format!("\n ip ospf authentication message-digest\n ip ospf message-digest-key 1 md5 {key}")
    };
    assert!(pair(&key("one"), &key("one")));
    assert!(!pair(&key("one"), &key("two")));
    assert!(!pair("\n ip ospf priority 0", "\n ip ospf priority 0"));
    assert!(pair("\n ip ospf priority 0", ""));
}

#[test]
fn what_is_not_modeled_of_redistribution_is_an_unknown() {
    let net = three("", "", " redistribute lisp subnets\n");
    let world = World::new(&net, &[], &[]);
    let device = world.device_named("r1").unwrap();
    let table = world.table_of(device, None).unwrap();
    let lookup = world.lookup(table, "10.0.3.9".parse().unwrap());
    assert!(lookup.ospf);
    let open = |symbol: &Symbol| matches!(symbol, Symbol::Undecided(_));
    assert!(lookup.symbols.iter().any(open));
}

/// r1 (area 5) between borders r2 and r3, which are neighbors in the backbone too, as FRR reads
/// them: settings of r1, of r2, of all three.
fn ring(inner: &str, border: &str, all: &str) -> crate::model::Network {
    let router = |id: u8, interfaces: &str, process: &str, global: &str| {
        format!(
            "interface lo\n ip address 10.255.0.{id}/32\n{interfaces}router ospf\n \
             ospf router-id 10.255.0.{id}\n{process}{all}exit\n{global}"
        )
    };
    let link = |name: &str, net: &str, area: u8, cost: u8| {
        format!(
            "interface {name}\n ip address {net}\n ip ospf area {area}\n ip ospf cost {cost}\n \
             ip ospf network point-to-point\n"
        )
    };
    let statics = "ip route 10.200.0.0/24 10.0.1.2\nip route 10.201.0.0/24 blackhole\n";
    let r1 = link("eth0", "10.0.1.1/30", 5, 10) + &link("eth1", "10.0.2.1/30", 5, 10);
    let r2 = link("eth0", "10.0.1.2/30", 5, 10) + &link("eth1", "10.0.3.1/30", 0, 50);
    let r3 = link("eth0", "10.0.2.2/30", 5, 10) + &link("eth1", "10.0.3.2/30", 0, 50);
    let r3 = r3 + &link("eth2", "10.0.4.1/30", 0, 10);
    let r4 = link("eth0", "10.0.4.2/30", 0, 10);
    network_of(&[
        ("r1", "frr", &router(1, &r1, inner, statics)),
        (
            "r2",
            "frr",
            &router(2, &r2, border, "ip route 10.202.0.0/24 blackhole\n"),
        ),
        ("r3", "frr", &router(3, &r3, "", "")),
        ("r4", "frr", &router(4, &r4, "", "")),
    ])
}

#[test]
fn the_way_to_who_announces_stays_within_an_area_unless_the_cost_alone_counts() {
    let given = " redistribute static\n";
    let net = ring("", given, "");
    assert_eq!(rows(&net, "r3")["10.202.0.0/24"], "ospf-e2 10.0.2.1 20");
    let dear = ring("", given, " max-metric router-lsa administrative\n");
    assert_eq!(rows(&dear, "r3")["10.202.0.0/24"], "ospf-e2 10.0.2.1 20");
    let by_cost = ring(
        "",
        given,
        " max-metric router-lsa administrative\n ospf rfc1583compatibility\n",
    );
    assert_eq!(rows(&by_cost, "r3")["10.202.0.0/24"], "ospf-e2 10.0.3.1 20");
}

#[test]
fn a_border_translates_that_is_told_to_or_has_the_highest_router_id() {
    let has = |border: &str| {
        let net = ring(" redistribute static\n", border, " area 5 nssa\n");
        rows(&net, "r4").get("10.201.0.0/24").cloned()
    };
    assert_eq!(has("").as_deref(), Some("ospf-e2 10.0.4.1 20"));
    assert_eq!(
        has(" area 5 nssa translate-always\n").as_deref(),
        Some("ospf-e2 10.0.4.1 20")
    );
    let never = ring(
        " redistribute static\n",
        "",
        " area 5 nssa translate-never\n",
    );
    assert!(!rows(&never, "r4").contains_key("10.201.0.0/24"));
    assert_eq!(rows(&never, "r3")["10.201.0.0/24"], "ospf-n2 10.0.2.1 20");
}

#[test]
fn a_router_that_is_the_forwarding_address_itself_takes_no_such_route() {
    let net = ring(" redistribute static\n", "", "");
    assert!(!rows(&net, "r2").contains_key("10.200.0.0/24"));
    assert_eq!(rows(&net, "r3")["10.200.0.0/24"], "ospf-e2 10.0.2.1 20");
}

#[test]
fn frr_announces_a_default_route_into_every_not_so_stubby_area() {
    let net = ring("", "", " area 5 nssa\n");
    assert_eq!(
        rows(&net, "r1")["0.0.0.0/0"],
        "ospf-ia 10.0.1.2 11, ospf-ia 10.0.2.2 11"
    );
}

#[test]
fn a_floating_route_gives_way_to_what_areas_have() {
    let floating = "exit\nip route 10.0.4.0/30 10.0.1.2 200\nrouter ospf\n";
    let net = ring(&format!(" redistribute static\n{floating}"), "", "");
    assert_eq!(rows(&net, "r2")["10.0.4.0/30"], "ospf 10.0.3.2 60");
    let incomplete = crate::analysis::routes::routes(&net, None, None).incomplete;
    assert!(incomplete.is_empty(), "{incomplete:?}");
}

#[test]
fn filters_between_areas_keep_prefixes_in_or_out() {
    let list = |words: &str, permit: &str| {
        format!(" area 1 {words}\nip prefix-list KEEP seq 5 permit {permit}\n")
    };
    let out = "filter-list prefix KEEP out";
    let net = three(&list(out, "10.1.0.0/30"), "", "");
    assert!(rows(&net, "r3").contains_key("10.1.0.0/30"));
    assert!(!rows(&net, "r3").contains_key("10.1.1.0/24"));
    let net = three(&list("filter-list prefix KEEP in", "10.0.3.0/24"), "", "");
    assert!(rows(&net, "r1").contains_key("10.0.3.0/24"));
    assert!(!rows(&net, "r1").contains_key("10.0.9.1/32"));
    assert!(rows(&net, "r3").contains_key("10.1.1.0/24"));
    // A range is announced for what is permitted of it alone.
    let both = format!(
        " area 1 range 10.1.0.0 255.255.0.0\n{}",
        list(out, "10.1.1.0/24")
    );
    let net = three(&both, "", "");
    assert_eq!(rows(&net, "r3")["10.1.0.0/16"], "ospf-ia 10.0.0.1 3");
    let none = format!(
        " area 1 range 10.1.0.0 255.255.0.0\n{}",
        list(out, "10.9.0.0/16")
    );
    assert!(!rows(&three(&none, "", ""), "r3").contains_key("10.1.0.0/16"));
}

#[test]
fn a_range_may_have_a_cost_of_its_own() {
    let net = three(" area 1 range 10.1.0.0 255.255.0.0 cost 7\n", "", "");
    assert_eq!(rows(&net, "r3")["10.1.0.0/16"], "ospf-ia 10.0.0.1 8");
}

#[test]
fn a_virtual_link_joins_an_area_behind_another() {
    let inner = " router-id 1.1.1.1\n network 10.1.1.0 0.0.0.255 area 2\n";
    let border = " router-id 2.2.2.2\n";
    let apart = three(border, inner, "");
    assert!(!rows(&apart, "r3").contains_key("10.1.1.0/24"));
    let ends = |options: &str| {
        three(
            &format!("{border} area 1 virtual-link 1.1.1.1\n"),
            &format!("{inner} area 1 virtual-link 2.2.2.2{options}\n"),
            "",
        )
    };
    let joined = ends("");
    assert_eq!(rows(&joined, "r3")["10.1.1.0/24"], "ospf-ia 10.0.0.1 3");
    assert_eq!(rows(&joined, "r1")["10.0.3.0/24"], "ospf 10.1.0.2 3");
    let differ = ends(" hello-interval 5");
    assert!(!rows(&differ, "r3").contains_key("10.1.1.0/24"));
    let keyed = ends(" authentication message-digest message-digest-key 1 md5 one");
    assert!(!rows(&keyed, "r3").contains_key("10.1.1.0/24"));
}

#[test]
fn networks_without_broadcasts_need_names_or_announce_hosts() {
    let pair = |kind: &str, process: &str| {
        let router = |n: u8| {
            router(
                &[
                    (
                        "GigabitEthernet0/1",
                        &format!("10.0.0.{n}/30"),
                        &format!("\n ip ospf network {kind}"),
                    ),
                    ("GigabitEthernet0/2", &format!("10.0.{n}.1/24"), ""),
                ],
                &format!("{ALL}{process}"),
                "",
            )
        };
        network(&[("a", &router(1)), ("b", &router(2))])
    };
    let unnamed = pair("non-broadcast", "");
    assert!(!rows(&unnamed, "a").contains_key("10.0.2.0/24"));
    let named = pair("non-broadcast", " neighbor 10.0.0.2\n");
    assert!(rows(&named, "a").contains_key("10.0.2.0/24"));
    let hosts = pair("point-to-multipoint", "");
    assert_eq!(rows(&hosts, "a")["10.0.0.2/32"], "ospf 10.0.0.2 1");
}

#[test]
fn the_largest_metric_may_be_said_of_subnets_and_of_what_comes_in() {
    let net = three("", " max-metric router-lsa include-stub\n", "");
    assert_eq!(rows(&net, "r3")["10.1.1.0/24"], "ospf-ia 10.0.0.1 65537");
    let outside = " redistribute static subnets\n";
    let told = format!("{outside} max-metric router-lsa external-lsa\n");
    let net = three("", "", &told);
    assert_eq!(
        rows(&net, "r1")["203.0.113.0/24"],
        "ospf-e2 10.1.0.2 16711680"
    );
    let starting = format!("{outside} max-metric router-lsa external-lsa on-startup 300\n");
    let net = three("", "", &starting);
    assert_eq!(rows(&net, "r1")["203.0.113.0/24"], "ospf-e2 10.1.0.2 20");
}
