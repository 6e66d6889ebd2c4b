//! EVPN: prefix routes through a fabric, and packets through its tunnels.

use std::collections::BTreeSet;

use crate::analysis::test_network::{network_of, tcp, trace_ends, with_links};
use crate::model::Network;

/// A leaf of EOS; `N` is its number.
const LEAF: &str = "
service routing protocols model multi-agent
ip routing
ip routing vrf RED
vrf instance RED
vlan N0
interface Ethernet1
   no switchport
   ip address 10.0.N.1/31
interface Loopback0
   ip address 10.255.0.N/32
interface Loopback1
   ip address 10.254.0.N/32
interface VlanN0
   vrf RED
   ip address virtual 10.N.0.1/24
interface Vxlan1
   vxlan source-interface Loopback1
   vxlan vrf RED vni 5000
router bgp 6510N
   no bgp default ipv4-unicast
   neighbor SPINE peer group
   neighbor SPINE remote-as 65001
   neighbor 10.0.N.0 peer group SPINE
   neighbor OVER peer group
   neighbor OVER remote-as 65001
   neighbor OVER update-source Loopback0
   neighbor OVER ebgp-multihop 3
   neighbor OVER send-community
   neighbor 10.255.0.9 peer group OVER
   redistribute connected
   address-family evpn
      neighbor OVER activate
   address-family ipv4
      neighbor SPINE activate
   vrf RED
      rd 10.255.0.N:5000
      route-target import evpn 5000:5000
      route-target export evpn 5000:5000
      redistribute connected
";

/// A spine of EOS.
const SPINE: &str = "
ip routing
interface Loopback0
   ip address 10.255.0.9/32
interface Ethernet1
   no switchport
   ip address 10.0.1.0/31
interface Ethernet2
   no switchport
   ip address 10.0.2.0/31
router bgp 65001
   no bgp default ipv4-unicast
   neighbor OVER peer group
   neighbor OVER update-source Loopback0
   neighbor OVER ebgp-multihop 3
   neighbor OVER send-community
   neighbor OVER next-hop-unchanged
   neighbor 10.255.0.1 peer group OVER
   neighbor 10.255.0.1 remote-as 65101
   neighbor 10.255.0.2 peer group OVER
   neighbor 10.255.0.2 remote-as 65102
   neighbor 10.0.1.1 remote-as 65101
   neighbor 10.0.2.1 remote-as 65102
   redistribute connected
   address-family evpn
      neighbor OVER activate
   address-family ipv4
      neighbor 10.0.1.1 activate
      neighbor 10.0.2.1 activate
";

/// A leaf of NX-OS; `N` is its number, `M` the other one's.
const NEXUS: &str = "
nv overlay evpn
feature bgp
feature interface-vlan
feature nv overlay
feature vn-segment-vlan-based
feature fabric forwarding
ip route 10.255.0.M/32 10.0.0.M
vlan 500
  vn-segment 5000
vrf context RED
  vni 5000
  rd auto
  address-family ipv4 unicast
    route-target both auto
    route-target both auto evpn
interface Vlan500
  no shutdown
  vrf member RED
  ip forward
interface nve1
  no shutdown
  host-reachability protocol bgp
  source-interface loopback0
  member vni 5000 associate-vrf
interface Ethernet1/1
  no switchport
  ip address 10.0.0.N/24
  no shutdown
interface Ethernet1/2
  no switchport
  vrf member RED
  ip address 10.N.0.1/24
  no shutdown
interface loopback0
  ip address 10.255.0.N/32
route-map ALL permit 10
router bgp 65000
  neighbor 10.255.0.M
    remote-as 65000
    update-source loopback0
    address-family l2vpn evpn
      send-community extended
  vrf RED
    address-family ipv4 unicast
      redistribute direct route-map ALL
";

/// A leaf by its number.
fn leaf(number: &str) -> String {
    // Names begin with the letter too.
    LEAF.replace("N0", &format!("{number}0"))
        .replace(".N", &format!(".{number}"))
        .replace("6510N", &format!("6510{number}"))
}

/// A leaf of NX-OS by its number and the other one's.
fn nexus(number: &str, other: &str) -> String {
    NEXUS
        .replace(".N", &format!(".{number}"))
        .replace(".M", &format!(".{other}"))
}

/// Two leaves and a spine.
fn fabric(spine: &str, leaf1: &str, leaf2: &str) -> Network {
    let network = network_of(&[
        ("leaf1", "arista-eos", leaf1),
        ("leaf2", "arista-eos", leaf2),
        ("spine", "arista-eos", spine),
    ]);
    with_links(
        network,
        &[
            ["leaf1", "Ethernet1", "spine", "Ethernet1"],
            ["leaf2", "Ethernet1", "spine", "Ethernet2"],
        ],
    )
}

/// Rows of a VRF of a device as `prefix protocol next-hop distance`.
fn rows(network: &Network, device: &str, vrf: &str) -> BTreeSet<String> {
    let routes = crate::analysis::routes::routes(network, Some(device), Some(vrf));
    let rows = routes.routes.into_iter().map(|row| {
        let hop = row.next_hop.or(row.interface).unwrap_or_default();
        format!("{} {} {hop} {}", row.prefix, row.protocol, row.distance)
    });
    rows.collect()
}

const FAR: &str = "10.2.0.0/24 bgp 10.254.0.2 200";

#[test]
fn a_prefix_of_a_tenant_crosses_the_fabric_and_packets_follow_it() {
    let net = fabric(SPINE, &leaf("1"), &leaf("2"));
    assert!(
        rows(&net, "leaf1", "RED").contains(FAR),
        "{:?}",
        rows(&net, "leaf1", "RED")
    );
    let packets = tcp("10.1.0.7", "10.2.0.7", 443);
    assert_eq!(trace_ends(&net, &packets), ["delivered-to-subnet leaf2"]);
    let all = rows(&net, "spine", "default");
    assert!(
        !all.iter().any(|row| row.starts_with("10.2.0.0")),
        "{all:?}"
    );
}

#[test]
fn a_spine_that_names_itself_ends_the_tunnel_where_there_is_none() {
    let spine = SPINE.replace("next-hop-unchanged", "send-community");
    let net = fabric(&spine, &leaf("1"), &leaf("2"));
    let there = "10.2.0.0/24 bgp 10.255.0.9 200";
    assert!(rows(&net, "leaf1", "RED").contains(there));
    let packets = tcp("10.1.0.7", "10.2.0.7", 443);
    assert_eq!(trace_ends(&net, &packets), ["neighbor-unreachable leaf1"]);
}

#[test]
fn targets_identifiers_and_communities_must_agree() {
    let good = leaf("2");
    for (from, to) in [
        ("export evpn 5000:5000", "export evpn 5000:6000"),
        ("   neighbor OVER send-community\n", ""),
        ("vxlan vrf RED vni 5000", "vxlan udp-port 4789"),
        ("vxlan source-interface Loopback1", "vxlan udp-port 4789"),
        ("      neighbor OVER activate\n", ""),
    ] {
        let net = fabric(SPINE, &leaf("1"), &good.replace(from, to));
        assert!(!rows(&net, "leaf1", "RED").contains(FAR), "{from}");
    }
    let other = good.replace("RED vni 5000", "RED vni 5001");
    let net = fabric(SPINE, &leaf("1"), &other);
    let packets = tcp("10.1.0.7", "10.2.0.7", 443);
    assert_eq!(trace_ends(&net, &packets), ["neighbor-unreachable leaf1"]);
}

#[test]
fn packets_are_lost_where_the_underlay_drops_those_around_them() {
    let acl = "ip access-list NOTUNNEL\n deny udp any any eq 4789\n permit ip any any\n";
    let plain = "   ip address 10.0.2.0/31\n";
    let filtered = format!("{plain}   ip access-group NOTUNNEL out\n");
    let text = SPINE.replace(plain, &filtered);
    let net = fabric(&format!("{acl}{text}"), &leaf("1"), &leaf("2"));
    assert!(rows(&net, "leaf1", "RED").contains(FAR));
    let packets = tcp("10.1.0.7", "10.2.0.7", 443);
    assert_eq!(trace_ends(&net, &packets), ["neighbor-unreachable leaf1"]);
}

#[test]
fn targets_that_the_device_makes_up_meet_within_one_system() {
    let member = "member vni 5000 associate-vrf";
    let pair = |with: &str| {
        let [one, other] =
            [nexus("1", "2"), nexus("2", "1")].map(|text| text.replace(member, with));
        network_of(&[("a", "cisco-nxos", &*one), ("b", "cisco-nxos", &*other)])
    };
    let net = pair(member);
    let far = "10.2.0.0/24 ibgp 10.255.0.2 200";
    assert!(
        rows(&net, "a", "RED").contains(far),
        "{:?}",
        rows(&net, "a", "RED")
    );
    let packets = tcp("10.1.0.7", "10.2.0.7", 443);
    assert_eq!(trace_ends(&net, &packets), ["delivered-to-subnet b"]);
    assert!(!rows(&pair("member vni 5001 associate-vrf"), "a", "RED").contains(far));
}
