//! The running configurations of the campus, in the order and spelling of Cisco IOS-XE 17.9.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::{
    Building, Cable, Carries, End, LOOPBACKS, Network, Plan, Random, Role, SERVERS, Text,
    ten_gigabit, vlan_ranges,
};

/// The data center's networks (VLAN, name), each a /24: VLAN 64 is 10.0.64.0/24, and so on.
const SERVER_NETWORKS: [(u32, &str); 6] = [
    (64, "name servers"),
    (65, "address servers"),
    (66, "authentication"),
    (67, "time"),
    (68, "pump gateways"),
    (69, "clinical systems"),
];

/// Servers with a port on each member of the data-center pair, by VLAN.
const SERVER_PORTS: [(&str, u32); 7] = [
    ("dns1", 64),
    ("dhcp1", 65),
    ("radius1", 66),
    ("radius2", 66),
    ("ntp1", 67),
    ("pumpgw1", 68),
    ("ehr1", 69),
];

/// Groups of addresses and ports that the access lists of a distribution pair name.
const SERVER_GROUPS: &str = "\
object-group service CLINICAL-SERVICES
 tcp eq 104
 tcp eq 443
 tcp range 2575 2580
!
object-group network CLINICAL-SERVERS
 10.0.69.0 255.255.255.0
!
object-group network DNS-SERVERS
 host 10.0.64.53
!
object-group network PUMP-GATEWAYS
 host 10.0.68.20
!";

/// What the servers may send, first match; the rest of a session is `established`.
const SERVERS_IN: [&str; 19] = [
    "remark what servers answer",
    "permit udp any host 224.0.0.102 eq 1985",
    "permit udp host 10.0.65.5 eq bootps any eq bootps",
    "permit udp host 10.0.65.5 eq bootps any eq bootpc",
    "permit udp object-group DNS-SERVERS eq domain any",
    "permit tcp object-group DNS-SERVERS eq domain any established",
    "permit udp host 10.0.67.123 eq ntp any",
    "permit udp 10.0.66.0 0.0.0.255 range 1812 1813 any",
    "permit tcp object-group PUMP-GATEWAYS eq 51244 any established",
    "permit tcp object-group PUMP-GATEWAYS object-group CLINICAL-SERVERS eq 2575",
    "permit tcp object-group CLINICAL-SERVERS eq 2575 object-group PUMP-GATEWAYS established",
    "remark what servers ask",
    "permit udp any object-group DNS-SERVERS eq domain",
    "permit udp any host 10.0.67.123 eq ntp",
    "permit tcp any any established",
    "permit icmp any any echo",
    "permit icmp any any echo-reply",
    "permit icmp any any unreachable",
    "deny   ip any any log",
];

/// The last lines of the configuration's management part.
const LINES: &str = "\
control-plane
!
banner motd ^C
Property of example.org. Authorized use only.
^C
!
line con 0
 logging synchronous
 stopbits 1
line vty 0 4
 access-class MANAGEMENT in
 transport input ssh
line vty 5 15
 transport input none
!
ntp server 10.0.67.123
end";

/// What the logging, polling and authentication part of every router looks like.
const MANAGEMENT: &str = "\
ip forward-protocol nd
no ip http server
no ip http secure-server
ip ssh version 2
ip radius source-interface Loopback0
!
ip access-list standard MANAGEMENT
 10 permit 10.0.70.0 0.0.0.255
 20 deny   any log
!";

/// The authentication servers of every device, and where it logs.
const SERVERS_OF_DEVICES: &str = "\
logging host 10.0.70.14
!
snmp-server community c4mpus-ro RO
!
radius server radius1
 address ipv4 10.0.66.18 auth-port 1812 acct-port 1813
 key 7 0822455D0A16
!
radius server radius2
 address ipv4 10.0.66.19 auth-port 1812 acct-port 1813
 key 7 0822455D0A16
!";

/// A device's cables, each with whether the device is its upper end, in the order of its ports.
type Ports<'a> = BTreeMap<&'a str, Vec<(&'a Cable, bool)>>;

/// Every device's name and configuration: cores, data center, then building by building.
pub(super) fn configurations(plan: &Plan) -> Vec<(String, String)> {
    let cables = plan.cables();
    let mut ports = Ports::new();
    for cable in &cables {
        ports
            .entry(&cable.upper.device)
            .or_default()
            .push((cable, true));
        ports
            .entry(&cable.lower.device)
            .or_default()
            .push((cable, false));
    }
    let mut configurations = Vec::new();
    for (number, name) in (1..).zip(["core1", "core2", "dc1a", "dc1b"]) {
        let text = if number < 3 {
            core(name, number, &ports)
        } else {
            data_center(name, number, &ports)
        };
        configurations.push((name.to_owned(), text));
    }
    for building in &plan.buildings {
        for member in ['a', 'b'] {
            let name = building.member(member);
            let text = distribution(plan, building, member, &ports);
            configurations.push((name, text));
        }
        let mut random = plan.random(building);
        for (at, (name, carried)) in (10..).zip(building.access_switches()) {
            let text = access(plan, &name, at, carried, &mut random, &ports);
            configurations.push((name, text));
        }
    }
    configurations
}

/// A core switch: routed links only.
fn core(name: &str, number: u32, ports: &Ports<'_>) -> String {
    let mut out = Text::default();
    head(&mut out, name);
    out.line(format_args!("spanning-tree mode rapid-pvst\n!"));
    loopback(&mut out, number);
    cables(&mut out, name, ports);
    out.line(format_args!(
        "router ospf 1\n router-id {}\n auto-cost reference-bandwidth 100000\n \
         passive-interface default",
        Ipv4Addr::from(LOOPBACKS + number)
    ));
    active_interfaces(&mut out, name, ports);
    out.line(format_args!(
        " network 10.0.0.0 0.0.31.255 area 0\n network 10.0.32.0 0.0.31.255 area 0\n!"
    ));
    tail(&mut out, &[]);
    out.0
}

/// A member of the data-center pair: the servers' networks and their access list.
fn data_center(name: &str, number: u32, ports: &Ports<'_>) -> String {
    let mut out = Text::default();
    head(&mut out, name);
    out.line(format_args!(
        "{SERVER_GROUPS}\nspanning-tree mode rapid-pvst\nvlan 64-69\n!"
    ));
    loopback(&mut out, number);
    cables(&mut out, name, ports);
    for (port, (server, vlan)) in (8..).zip(SERVER_PORTS) {
        out.line(format_args!(
            "interface {}\n description server {server}\n switchport access vlan {vlan}\n \
             switchport mode access\n spanning-tree portfast\n!",
            ten_gigabit(port)
        ));
    }
    for (vlan, title) in SERVER_NETWORKS {
        let base = SERVERS + ((vlan - 64) << 8);
        let leads = if vlan % 2 == 0 { "dc1a" } else { "dc1b" };
        svi(
            &mut out,
            vlan,
            title,
            base,
            number - 1,
            leads == name,
            &["ip access-group SERVERS-IN in"],
        );
    }
    out.line(format_args!(
        "router ospf 1\n router-id {}\n auto-cost reference-bandwidth 100000\n \
         passive-interface default",
        Ipv4Addr::from(LOOPBACKS + number)
    ));
    active_interfaces(&mut out, name, ports);
    out.line(format_args!(
        " network 10.0.0.0 0.0.31.255 area 0\n network 10.0.32.0 0.0.31.255 area 0\n \
         network 10.0.64.0 0.0.63.255 area 0\n!"
    ));
    tail(
        &mut out,
        &[(
            "SERVERS-IN",
            SERVERS_IN.iter().map(ToString::to_string).collect(),
        )],
    );
    out.0
}

/// A member of a distribution pair: its building's networks, access lists and OSPF area.
fn distribution(plan: &Plan, building: &Building, member: char, ports: &Ports<'_>) -> String {
    let mut out = Text::default();
    let name = building.member(member);
    let second = u32::from(member == 'b');
    let number = 3 + 2 * building.number + second;
    head(&mut out, &name);
    groups(&mut out, building);
    let vlans = vlan_ranges(&building.networks);
    out.line(format_args!(
        "spanning-tree mode rapid-pvst\nspanning-tree vlan {vlans} priority {}\n!\nvlan {vlans}\n!",
        24_576 + 4_096 * second
    ));
    loopback(&mut out, number);
    cables(&mut out, &name, ports);
    for network in &building.networks {
        building_svi(&mut out, network, second);
    }
    out.line(format_args!(
        "router ospf 1\n router-id {}\n auto-cost reference-bandwidth 100000\n \
         passive-interface default",
        Ipv4Addr::from(LOOPBACKS + number)
    ));
    active_interfaces(&mut out, &name, ports);
    for (cable, _) in ports.get(name.as_str()).into_iter().flatten() {
        if let Carries::Routed { low, area } = cable.carries {
            out.line(format_args!(
                " network {} 0.0.0.1 area {area}",
                Ipv4Addr::from(low)
            ));
        }
    }
    out.line(format_args!(
        " network {} 0.0.0.0 area 0\n network {} 0.0.63.255 area {}\n!",
        Ipv4Addr::from(LOOPBACKS + number),
        Ipv4Addr::from(building.base),
        building.number
    ));
    let mut random = plan.random(building);
    let mut lists = Vec::new();
    if pump_networks(building).next().is_some() {
        lists.push(("PUMPS-IN", pumps_in(building, &mut random)));
        lists.push(("PUMPS-OUT", pumps_out(building, &mut random)));
    }
    lists.push(("CLINICAL-IN", clinical_in(building, &mut random)));
    tail(&mut out, &lists);
    out.0
}

/// An access switch: uplinks, ports with 802.1X, a management address.
fn access(
    plan: &Plan,
    name: &str,
    last: u32,
    carried: &[Network],
    random: &mut Random,
    ports: &Ports<'_>,
) -> String {
    let mut out = Text::default();
    head(&mut out, name);
    out.line(format_args!(
        "dot1x system-auth-control\nspanning-tree mode rapid-pvst\nvlan {}\n!",
        vlan_ranges(carried)
    ));
    for port in 1..=plan.ports {
        let pumps = carried
            .iter()
            .find(|network| port == 1 && is_pumps(network));
        let used = u32::try_from(carried.len()).unwrap_or(0).saturating_sub(1);
        let any = usize::try_from(1 + random.below(used))
            .ok()
            .and_then(|at| carried.get(at));
        let Some(network) = pumps.or(any) else {
            continue;
        };
        out.line(format_args!(
            "interface GigabitEthernet1/0/{port}\n description outlet {}-{port}\n \
             switchport access vlan {}\n switchport mode access\n \
             authentication port-control auto\n dot1x pae authenticator\n \
             spanning-tree portfast\n!",
            100 + random.below(800),
            network.vlan
        ));
    }
    cables(&mut out, name, ports);
    out.line(format_args!(
        "interface Vlan1\n no ip address\n shutdown\n!"
    ));
    if let Some(management) = carried.first() {
        out.line(format_args!(
            "interface Vlan{vlan}\n ip address {} 255.255.255.0\n!\nip default-gateway {}\n\
             ip radius source-interface Vlan{vlan}\n{SERVERS_OF_DEVICES}",
            management.address(last),
            management.address(1),
            vlan = management.vlan,
        ));
    }
    out.line(format_args!(
        "line con 0\n logging synchronous\nline vty 0 15\n transport input ssh\n!\n\
         ntp server 10.0.67.123\nend"
    ));
    out.0
}

/// What comes before the first interface on every device.
fn head(out: &mut Text, name: &str) {
    out.line(format_args!(
        "!\n! Last configuration change at 02:14:07 UTC Tue Mar 3 2026\n!\nversion 17.9\n\
         service timestamps log datetime msec\nservice password-encryption\n!\nhostname {name}\n\
         enable secret 9 $9$invented$invented\n\
         aaa new-model\n\
         aaa group server radius CAMPUS\n server name radius1\n server name radius2\n!\n\
         aaa authentication dot1x default group CAMPUS\n\
         aaa authorization network default group CAMPUS\n!\nip domain name example.org\n\
         vtp mode transparent\n!"
    ));
}

/// The management part after the interfaces, with the access lists.
fn tail(out: &mut Text, lists: &[(&str, Vec<String>)]) {
    out.line(format_args!("{MANAGEMENT}"));
    for (name, lines) in lists {
        out.line(format_args!("ip access-list extended {name}"));
        for (at, line) in (1..).zip(lines) {
            out.line(format_args!(" {} {line}", 10 * at));
        }
    }
    out.line(format_args!("!\n{SERVERS_OF_DEVICES}\n{LINES}"));
}

/// The loopback, which is also the OSPF router id.
fn loopback(out: &mut Text, number: u32) {
    let address = Ipv4Addr::from(LOOPBACKS + number);
    out.line(format_args!(
        "interface Loopback0\n ip address {address} 255.255.255.255\n!"
    ));
}

/// The interfaces that lead to other switches.
fn cables(out: &mut Text, name: &str, ports: &Ports<'_>) {
    for (cable, upper) in ports.get(name).into_iter().flatten() {
        let (near, far): (&End, &End) = if *upper {
            (&cable.upper, &cable.lower)
        } else {
            (&cable.lower, &cable.upper)
        };
        out.line(format_args!(
            "interface {}\n description to {} {}",
            near.interface, far.device, far.interface
        ));
        match &cable.carries {
            Carries::Routed { low, .. } => out.line(format_args!(
                " no switchport\n ip address {} 255.255.255.254\n ip ospf network point-to-point\n!",
                Ipv4Addr::from(low + u32::from(!upper))
            )),
            Carries::Trunk(vlans) => out.line(format_args!(
                " switchport trunk allowed vlan {vlans}\n switchport mode trunk\n!"
            )),
        }
    }
}

/// The routed links, on which OSPF speaks.
fn active_interfaces(out: &mut Text, name: &str, ports: &Ports<'_>) {
    for (cable, upper) in ports.get(name).into_iter().flatten() {
        if matches!(cable.carries, Carries::Routed { .. }) {
            let near = if *upper { &cable.upper } else { &cable.lower };
            out.line(format_args!(" no passive-interface {}", near.interface));
        }
    }
}

/// An SVI with HSRP: .1 virtual, .2 on the first member, .3 on the second.
fn svi(out: &mut Text, vlan: u32, title: &str, base: u32, own: u32, leads: bool, more: &[&str]) {
    out.line(format_args!("interface Vlan{vlan}"));
    if !title.is_empty() {
        out.line(format_args!(" description {title}"));
    }
    out.line(format_args!(
        " ip address {} 255.255.255.0",
        Ipv4Addr::from(base + own)
    ));
    for line in more {
        out.line(format_args!(" {line}"));
    }
    let address = Ipv4Addr::from(base + 1);
    out.line(format_args!(
        " standby version 2\n standby {vlan} ip {address}"
    ));
    if leads {
        out.line(format_args!(
            " standby {vlan} priority 110\n standby {vlan} preempt"
        ));
    }
    out.line(format_args!("!"));
}

/// An SVI of a building's network; the two members lead by turns.
fn building_svi(out: &mut Text, network: &Network, second: u32) {
    let leads = network.vlan % 2 != second;
    let helper = "ip helper-address 10.0.65.5";
    let other = "ip helper-address 10.0.65.6";
    let clinical = "ip access-group CLINICAL-IN in";
    let pumps = [
        helper,
        "ip access-group PUMPS-IN in",
        "ip access-group PUMPS-OUT out",
    ];
    let (title, more): (&str, &[&str]) = match network.role {
        Role::Management => ("management", &[]),
        Role::Pumps(_) => ("pumps", &pumps),
        Role::Clinical => ("clinical", &[other, clinical]),
        Role::Office => ("", &[other]),
        Role::Facilities => ("", &[]),
    };
    svi(
        out,
        network.vlan,
        title,
        network.base,
        2 + second,
        leads,
        more,
    );
}

/// Whether a network carries pumps.
fn is_pumps(network: &Network) -> bool {
    matches!(network.role, Role::Pumps(_))
}

/// A building's networks that carry pumps.
fn pump_networks(building: &Building) -> impl Iterator<Item = &Network> {
    building.networks.iter().filter(|network| is_pumps(network))
}

/// The object groups of a distribution pair, in the order of the alphabet as IOS-XE keeps them.
fn groups(out: &mut Text, building: &Building) {
    out.line(format_args!("{SERVER_GROUPS}"));
    if pump_networks(building).next().is_some() {
        out.line(format_args!("object-group network PUMP-NETS"));
        for network in pump_networks(building) {
            out.line(format_args!(" {} 255.255.255.0", network.address(0)));
        }
        out.line(format_args!("!"));
    }
}

/// A block of some other building, for lines that keep buildings apart.
fn other_block(building: &Building, random: &mut Random) -> Ipv4Addr {
    let skip = 1 + random.below(1_000);
    let block = 2 + (building.number - 1 + skip) % 1_022;
    Ipv4Addr::from(super::LINKS + (block << 14))
}

/// What pumps may send.
fn pumps_in(building: &Building, random: &mut Random) -> Vec<String> {
    let mut lines = vec![
        "remark first hop and addresses".to_owned(),
        "permit udp any host 224.0.0.102 eq 1985".to_owned(),
        "permit udp any any eq bootps".to_owned(),
        "remark nothing between buildings".to_owned(),
    ];
    for _ in 0..8 + random.below(14) {
        let block = other_block(building, random);
        lines.push(format!(
            "deny   ip object-group PUMP-NETS {block} 0.0.63.255"
        ));
    }
    lines.extend(
        [
            "remark services",
            "permit udp object-group PUMP-NETS object-group DNS-SERVERS eq domain",
            "permit tcp object-group PUMP-NETS object-group DNS-SERVERS eq domain",
            "permit udp object-group PUMP-NETS host 10.0.67.123 eq ntp",
            super::GATEWAY_LINE.trim_end(),
            "permit icmp object-group PUMP-NETS any echo",
            "permit icmp object-group PUMP-NETS any echo-reply",
            "deny   ip any any log",
        ]
        .map(str::to_owned),
    );
    lines
}

/// What may reach pumps.
fn pumps_out(building: &Building, random: &mut Random) -> Vec<String> {
    let mut lines = vec!["remark nothing between buildings".to_owned()];
    for _ in 0..8 + random.below(10) {
        let block = other_block(building, random);
        lines.push(format!("deny   ip {block} 0.0.63.255 any"));
    }
    lines.extend(
        [
            "remark answers of services",
            "permit udp host 10.0.65.5 eq bootps any eq bootpc",
            "permit udp host 10.0.65.5 eq bootps any eq bootps",
            "permit udp object-group DNS-SERVERS eq domain object-group PUMP-NETS",
            "permit tcp object-group DNS-SERVERS eq domain object-group PUMP-NETS established",
            "permit udp host 10.0.67.123 eq ntp object-group PUMP-NETS",
            "permit tcp object-group PUMP-GATEWAYS eq 51244 object-group PUMP-NETS established",
            "permit icmp any any echo",
            "permit icmp any any echo-reply",
            "permit icmp any any unreachable",
            "permit icmp any any time-exceeded",
            "deny   ip any any log",
        ]
        .map(str::to_owned),
    );
    lines
}

/// What clinical networks other than those of pumps may send.
fn clinical_in(building: &Building, random: &mut Random) -> Vec<String> {
    let mut lines: Vec<String> = [
        "permit udp any host 224.0.0.102 eq 1985",
        "permit udp any eq bootpc any eq bootps",
        "permit udp any object-group DNS-SERVERS eq domain",
        "permit udp any host 10.0.67.123 eq ntp",
        "permit tcp any any established",
        "permit object-group CLINICAL-SERVICES any object-group CLINICAL-SERVERS",
    ]
    .map(str::to_owned)
    .into();
    let clinical = |network: &&Network| network.role == Role::Clinical;
    let own: Vec<&Network> = building.networks.iter().filter(clinical).collect();
    for network in own
        .iter()
        .cycle()
        .take(usize::try_from(14 + random.below(40)).unwrap_or(0))
    {
        let action = random.choose(&["permit", "permit", "permit", "deny  "]);
        let port = random.choose(&["eq 104", "eq 443", "eq 8080", "range 5000 5010", "eq ftp"]);
        let server = 10 + random.below(200);
        let from = network.address(0);
        lines.push(format!(
            "{action} tcp {from} 0.0.0.255 host 10.0.69.{server} {port}"
        ));
    }
    lines.push("deny   ip any any log".to_owned());
    lines
}
