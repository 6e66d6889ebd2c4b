//! What stands around the switches: the site file, DHCP, DNS and the cables as data.

use super::{Cable, End, Plan, Text};

/// The VLANs of the data center.
pub(super) const SERVER_VLANS: &str = "64-69";

/// Pump networks that share one pump group.
const NETWORKS_PER_GROUP: usize = 4;

/// The name server's configuration.
pub(super) const NAMED: &str = r#"options {
	directory "/var/cache/bind";
	listen-on { 10.0.64.53; };
	allow-query { 10.0.0.0/8; };
	recursion yes;
};

zone "example.org" {
	type primary;
	file "db.example.org";
};
"#;

/// The zone with the gateway's name.
pub(super) const ZONE: &str = "\
$TTL 3600
@	IN	SOA	dns1.example.org. hostmaster.example.org. (
			2026030301	; serial
			3600		; refresh
			900		; retry
			604800		; expire
			300 )		; negative answers
	IN	NS	dns1.example.org.
dns1	IN	A	10.0.64.53
dhcp1	IN	A	10.0.65.5
radius1	IN	A	10.0.66.18
radius2	IN	A	10.0.66.19
ntp1	IN	A	10.0.67.123
pumpgw	IN	A	10.0.68.20
ehr	IN	A	10.0.69.10
";

/// The start of the site file.
const SITE: &str = r#"schema: 1
site: Generated campus
owners: { net: "netops@example.org", biomed: "biomed@example.org" }
services:
  radius:  { kind: radius, any_of: [10.0.66.18, 10.0.66.19], need: 1, want: 2, owner: net }
  dns:     { kind: dns, address: 10.0.64.53 }
  dhcp:    { kind: dhcp, address: 10.0.65.5 }
  ntp:     { kind: ntp, address: 10.0.67.123 }
  ehr:     { kind: hl7, address: 10.0.69.10, port: tcp/2575 }
  gateway: { kind: pump-gateway, name: pumpgw.example.org, address: 10.0.68.20, port: tcp/51244, uses: [ehr], owner: biomed }
hosts:
  dns1:    { address: 10.0.64.53/24, gateway: 10.0.64.1 }
  dhcp1:   { address: 10.0.65.5/24, gateway: 10.0.65.1 }
  radius1: { address: 10.0.66.18/24, gateway: 10.0.66.1 }
  radius2: { address: 10.0.66.19/24, gateway: 10.0.66.1 }
  ntp1:    { address: 10.0.67.123/24, gateway: 10.0.67.1 }
  pumpgw1: { address: 10.0.68.20/24, gateway: 10.0.68.1 }
  ehr1:    { address: 10.0.69.10/24, gateway: 10.0.69.1 }
networks:"#;

/// The start of the DHCP server's configuration.
const DHCPD: &str = r#"authoritative;
ddns-update-style none;
default-lease-time 28800;
max-lease-time 86400;
option domain-name "example.org";

subnet 10.0.65.0 netmask 255.255.255.0 {
}"#;

/// The site file: a group for every few pump networks.
pub(super) fn site(plan: &Plan) -> String {
    let mut out = Text::default();
    out.line(format_args!("{SITE}"));
    let mut names = Vec::new();
    for (building, network, number) in plan.pump_networks() {
        let name = format!("b{}-pumps{number}", building.number);
        let (vlan, base) = (network.vlan, network.address(0));
        out.line(format_args!(
            "  {name}: {{ vlan: {vlan}, subnet: {base}/24 }}"
        ));
        names.push(name);
    }
    out.line(format_args!("pumps:"));
    for (number, group) in (1..).zip(names.chunks(NETWORKS_PER_GROUP)) {
        let networks = group.join(", ");
        out.line(format_args!(
            "  - id: pumps-{number}\n    profile: generic\n    firmware: {{ unknown: 60 }}\n    \
             on: [{networks}]\n    area: area {number}\n    reaction: minutes\n    \
             addressing: dhcp\n    uses: [radius, dhcp, dns, ntp, gateway]\n    owner: biomed"
        ));
    }
    out.0
}

/// The scopes of the pump networks.
pub(super) fn dhcpd(plan: &Plan) -> String {
    let mut out = Text::default();
    out.line(format_args!("{DHCPD}"));
    for (_, network, _) in plan.pump_networks() {
        out.line(format_args!(
            "\nsubnet {} netmask 255.255.255.0 {{\n  range {} {};\n  option routers {};\n  \
             option domain-name-servers 10.0.64.53;\n  option ntp-servers 10.0.67.123;\n  \
             default-lease-time 28800;\n  max-lease-time 86400;\n}}",
            network.address(0),
            network.address(20),
            network.address(250),
            network.address(1),
        ));
    }
    out.0
}

/// The cables in Batfish's layer-1 format, one edge a line.
pub(super) fn topology(cables: &[Cable]) -> String {
    let mut out = Text::default();
    out.line(format_args!("{{\"edges\":["));
    let last = cables.len().saturating_sub(1);
    for (at, cable) in cables.iter().enumerate() {
        let node = |end: &End| {
            let End { device, interface } = end;
            format!("{{\"hostname\":\"{device}\",\"interfaceName\":\"{interface}\"}}")
        };
        let (one, two) = (node(&cable.upper), node(&cable.lower));
        let comma = if at == last { "" } else { "," };
        out.line(format_args!("{{\"node1\":{one},\"node2\":{two}}}{comma}"));
    }
    out.line(format_args!("]}}"));
    out.0
}
