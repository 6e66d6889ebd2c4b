//! Sessions over links without addresses.

use crate::analysis::test_network::{network_of, rows, tcp, trace_ends, with_links};
use crate::model::Network;

/// A router of EOS; `N` is its number, `M` the other one's.
const EOS: &str = "
ip routing
ip routing ipv6 interfaces
ipv6 unicast-routing
interface Ethernet1
   no switchport
   ipv6 enable
interface Ethernet2
   no switchport
   ipv6 enable
interface Loopback0
   ip address 10.255.0.N/32
router bgp 6500N
   router-id 10.255.0.N
   no bgp default ipv4-unicast
   maximum-paths 2 ecmp 2
   neighbor LINKS peer group
   neighbor LINKS remote-as 6500M
   neighbor interface Ethernet1-2 peer-group LINKS
   address-family ipv4
      neighbor LINKS activate
      neighbor LINKS next-hop address-family ipv6 originate
      network 10.255.0.N/32
";

/// A router of FRR.
const FRR: &str = "
frr version 8.4
frr defaults datacenter
ip forwarding
interface swp1
interface lo
 ip address 10.255.0.N/32
router bgp 6500N
 neighbor swp1 interface remote-as external
 address-family ipv4 unicast
  network 10.255.0.N/32
";

/// Two routers of one text, with what the second one has otherwise.
fn pair(dialect: &str, text: &str, (from, to): (&str, &str), links: &[[&str; 4]]) -> Network {
    let of = |own: &str, other: &str| {
        text.replace(".N", &format!(".{own}"))
            .replace("6500N", &format!("6500{own}"))
            .replace("6500M", &format!("6500{other}"))
    };
    let (one, other) = (of("1", "2"), of("2", "1").replace(from, to));
    let network = network_of(&[("a", dialect, &*one), ("b", dialect, &*other)]);
    with_links(network, links)
}

const TWO: [[&str; 4]; 2] = [
    ["a", "Ethernet1", "b", "Ethernet2"],
    ["a", "Ethernet2", "b", "Ethernet1"],
];

#[test]
fn parallel_links_without_addresses_carry_routes_and_packets() {
    let net = pair("arista-eos", EOS, ("", ""), &TWO);
    let both = "bgp Ethernet1 0, bgp Ethernet2 0";
    assert_eq!(rows(&net, "a")["10.255.0.2/32"], both);
    let packets = tcp("10.255.0.1", "10.255.0.2", 443);
    assert_eq!(trace_ends(&net, &packets), ["accepted b"]);
}

#[test]
fn a_session_needs_the_link_its_address_and_next_hops_of_ipv6() {
    for (from, to) in [
        ("   ipv6 enable\n", ""),
        ("ipv6 originate", "ipv4 originate"),
        ("neighbor LINKS remote-as", "neighbor LINKS local-as"),
    ] {
        let net = pair("arista-eos", EOS, (from, to), &TWO);
        assert!(!rows(&net, "a").contains_key("10.255.0.2/32"), "{from}");
    }
}

#[test]
fn an_interface_of_frr_is_a_peer_by_the_subnet_for_two_that_it_has() {
    let link = [["a", "swp1", "b", "swp1"]];
    let net = pair("frr", FRR, ("", ""), &link);
    assert_eq!(rows(&net, "a")["10.255.0.2/32"], "bgp swp1 0");
    let packets = tcp("10.255.0.1", "10.255.0.2", 443);
    assert_eq!(trace_ends(&net, &packets), ["accepted b"]);
    let numbered = FRR.replace(
        "interface swp1\n",
        "interface swp1\n ip address 10.0.0.N/30\n",
    );
    let net = pair("frr", &numbered, ("", ""), &link);
    assert_eq!(rows(&net, "a")["10.255.0.2/32"], "bgp 10.0.0.2 0");
}
