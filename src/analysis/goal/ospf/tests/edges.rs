//! What routers at the edge of OSPF or of a path announce.

use super::{ALL, router, three};
use crate::analysis::test_network::{network, rows, with_links};

#[test]
fn a_transit_network_behind_a_router_that_is_no_transit_is_far() {
    let pair = |near: u8, far: u8| {
        let link = |net: u8, last: u8| format!("10.0.{net}.{last}/24");
        router(
            &[
                ("GigabitEthernet0/1", &link(near, 2), ""),
                ("GigabitEthernet0/2", &link(far, 2), ""),
            ],
            ALL,
            "",
        )
    };
    let ends = |nets: [u8; 2], last: u8| {
        let [one, other] = nets.map(|net| format!("10.0.{net}.{last}/24"));
        let links = [
            ("GigabitEthernet0/1", &*one, ""),
            ("GigabitEthernet0/2", &*other, ""),
        ];
        router(&links, ALL, "")
    };
    let avoided = pair(12, 24).replace("area 0\n", "area 0\n max-metric router-lsa\n");
    let net = network(&[
        ("r1", &ends([12, 13], 1)),
        ("r2", &avoided),
        ("r3", &pair(13, 34)),
        ("r4", &ends([24, 34], 4)),
    ]);
    assert_eq!(rows(&net, "r1")["10.0.24.0/24"], "ospf 10.0.13.2 3");
}

#[test]
fn masks_of_different_lengths_part_neighbors_on_networks_of_several_alone() {
    let has = |kind: &str| {
        let router = |address: &str, lan: &str| {
            let near = ("GigabitEthernet0/1", address, kind);
            router(&[near, ("GigabitEthernet0/2", lan, "")], ALL, "")
                .replace("10.0.0.1 255.255.255.0", "10.0.0.1 255.255.255.128")
        };
        let a = router("10.0.0.1/24", "10.0.1.1/24");
        let b = router("10.0.0.2/24", "10.0.2.1/24");
        let net = network(&[("a", &a), ("b", &b)]);
        let net = with_links(
            net,
            &[["a", "GigabitEthernet0/1", "b", "GigabitEthernet0/1"]],
        );
        rows(&net, "a").contains_key("10.0.2.0/24")
    };
    assert!(has("\n ip ospf network point-to-point"));
    assert!(!has(""));
}

#[test]
fn a_border_of_a_not_so_stubby_area_summarizes_what_it_translates() {
    let inner =
        " area 1 nssa\n redistribute static subnets\nip route 172.16.5.0 255.255.255.0 Null0\n";
    let net = three(" area 1 nssa\n", inner, "");
    assert_eq!(rows(&net, "r3")["172.16.5.0/24"], "ospf-e2 10.0.0.1 20");
    let border = " area 1 nssa\n summary-address 172.16.0.0 255.255.0.0\n";
    let net = three(border, inner, "");
    assert!(!rows(&net, "r3").contains_key("172.16.5.0/24"));
    assert_eq!(rows(&net, "r3")["172.16.0.0/16"], "ospf-e2 10.0.0.1 20");
    // What no component takes the border discards.
    assert_eq!(rows(&net, "r2")["172.16.0.0/16"], "ospf  20");
    assert_eq!(rows(&net, "r2")["172.16.5.0/24"], "ospf-n2 10.1.0.1 20");
    let quiet = " area 1 nssa translate type7 suppress-fa\n";
    let net = three(quiet, inner, "");
    assert_eq!(rows(&net, "r3")["172.16.5.0/24"], "ospf-e2 10.0.0.1 20");
    let kept = " area 1 nssa no-redistribution\n redistribute static subnets\nip route 172.17.0.0 255.255.0.0 Null0\n";
    let net = three(kept, " area 1 nssa\n", "");
    assert!(!rows(&net, "r1").contains_key("172.17.0.0/16"));
    assert!(rows(&net, "r3").contains_key("172.17.0.0/16"));
}

#[test]
fn a_router_discards_what_no_component_of_its_summary_takes() {
    let outer = " redistribute static subnets\n summary-address 198.51.0.0 255.255.0.0\n";
    let net = three("", "", outer);
    assert_eq!(rows(&net, "r1")["198.51.0.0/16"], "ospf-e2 10.1.0.2 20");
    assert_eq!(rows(&net, "r3")["198.51.0.0/16"], "ospf  20");
}
