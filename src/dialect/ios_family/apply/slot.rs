//! Which lines of a block replace each other, and which commands open a block.

/// First words of commands that have one value: a new line replaces the one before.
///
/// `*` stands for one argument that must be equal.
static SINGLE: &[&str] = &[
    "hostname",
    "ip default-gateway",
    "clock timezone",
    "spanning-tree mode",
    "spanning-tree vlan * priority",
    "spanning-tree vlan * root",
    "vtp mode",
    "vtp domain",
    "ntp master",
    "ntp source",
    "aaa authentication dot1x default",
    "aaa authorization network default",
    "radius-server timeout",
    "radius-server retransmit",
    "radius-server deadtime",
    "radius-server key",
    "ip radius source-interface",
    "ip domain name",
    "ip domain-name",
    // Interfaces.
    "description",
    "mtu",
    "ip mtu",
    "bandwidth",
    "delay",
    "speed",
    "duplex",
    "media-type",
    "load-interval",
    "encapsulation",
    "vrf forwarding",
    "ip vrf forwarding",
    "ip unnumbered",
    "ip policy route-map",
    "ip tcp adjust-mss",
    "channel-group",
    "switchport mode",
    "switchport access vlan",
    "switchport voice vlan",
    "switchport trunk native vlan",
    "switchport trunk encapsulation",
    "authentication port-control",
    "access-session port-control",
    "dot1x port-control",
    "authentication host-mode",
    "authentication order",
    "authentication priority",
    "power inline",
    "service-policy input",
    "service-policy output",
    "storm-control * level",
    "ip ospf cost",
    "ip ospf network",
    "ip ospf hello-interval",
    "ip ospf dead-interval",
    "ip ospf priority",
    "ip ospf authentication",
    "ip ospf authentication-key",
    "ip ospf message-digest-key *",
    "standby version",
    "standby delay",
    "standby priority",
    "standby preempt",
    "standby timers",
    "standby authentication",
    "standby name",
    "standby track *",
    "standby * priority",
    "standby * preempt",
    "standby * timers",
    "standby * authentication",
    "standby * name",
    "standby * track *",
    "vrrp * priority",
    "vrrp * preempt",
    "vrrp * timers",
    "vrrp * authentication",
    "vrrp * description",
    "vrrp * track *",
    "glbp * priority",
    "glbp * preempt",
    "glbp * timers",
    "glbp * authentication",
    "preempt",
    "timers advertise",
    // VLANs.
    "state",
    // OSPF.
    "router-id",
    "auto-cost",
    "maximum-paths",
    "default-information originate",
    "default-metric",
    "max-metric router-lsa",
    "distance ospf",
    "network * * area",
    "redistribute connected",
    "redistribute static",
    "redistribute rip",
    "redistribute ospf *",
    "redistribute eigrp *",
    "redistribute bgp *",
    "redistribute isis *",
    "area * stub",
    "area * nssa",
    "area * default-cost",
    "area * authentication",
    "area * range * *",
    // BGP.
    "bgp router-id",
    "bgp cluster-id",
    "bgp confederation identifier",
    "bgp default local-preference",
    "bgp listen range *",
    "timers bgp",
    "neighbor * remote-as",
    "neighbor * local-as",
    "neighbor * update-source",
    "neighbor * ebgp-multihop",
    "neighbor * ttl-security",
    "neighbor * password",
    "neighbor * description",
    "neighbor * weight",
    "neighbor * allowas-in",
    "neighbor * maximum-prefix",
    "neighbor * default-originate",
    "neighbor * unsuppress-map",
    "neighbor * advertise-map *",
    "neighbor * timers",
    "neighbor * advertisement-interval",
    "neighbor * remove-private-as",
    "neighbor * next-hop-self",
    "neighbor * peer-group",
    "neighbor * inherit peer-session",
    "neighbor * route-map",
    "neighbor * prefix-list",
    "neighbor * distribute-list",
    "neighbor * filter-list",
    "aggregate-address * *",
    "maximum-paths ibgp",
    "distance bgp",
    "table-map",
    "rd",
    "import map",
    "export map",
    // Interior protocols.
    "eigrp router-id",
    "eigrp stub",
    "metric weights",
    "variance",
    "distance eigrp",
    "is-type",
    "metric-style",
    "ip hello-interval eigrp *",
    "ip hold-time eigrp *",
    "ip authentication mode eigrp *",
    "ip authentication key-chain eigrp *",
    "ip rip send",
    "ip rip receive",
    "ip router isis",
    "isis circuit-type",
    "isis network",
    "key-string",
    // Route maps.
    "set metric",
    "set metric-type",
    "set tag",
    "set local-preference",
    "set weight",
    "set origin",
    "set vrf",
    "continue",
    "match local-preference",
    "match length",
];

/// First words of commands that have one value in the blocks of some headers, and many in others.
///
/// A header of no words is the top level.
static SINGLE_IN: &[(&str, &[&str])] = &[
    ("", &["version"]),
    ("interface", &["name", "priority"]),
    ("vlan", &["name"]),
    ("router", &["version"]),
    ("ip sla", &["timeout"]),
    (
        "ip dhcp pool",
        &[
            "network",
            "host",
            "default-router",
            "dns-server",
            "domain-name",
            "lease",
            "option *",
            "netbios-name-server",
            "netbios-node-type",
            "client-identifier",
            "client-name",
            "hardware-address",
            "next-server",
            "bootfile",
        ],
    ),
    (
        "radius server",
        &["address ipv4", "key", "timeout", "retransmit"],
    ),
];

/// First words of commands that open a block although the table of commands has no lines for it.
static OPENERS: &[&str] = &[
    "interface",
    "router",
    "line",
    "route-map",
    "class-map",
    "policy-map",
    "key chain",
    "archive",
    "track",
    "time-range",
    "template",
    "redundancy",
    "control-plane",
    "vlan access-map",
    "vlan configuration",
    "mac access-list",
    "parameter-map",
    "zone security",
    "zone-pair security",
    "flow exporter",
    "flow monitor",
    "flow record",
    "tacacs server",
    "ip dhcp class",
    "ipv6 access-list",
    "service-template",
    "wlan",
    "telemetry",
    "event manager applet",
    "crypto isakmp policy",
    "crypto isakmp profile",
    "crypto ikev2",
    "crypto keyring",
    "crypto pki trustpoint",
    "crypto map",
    "crypto ipsec profile",
    "aaa server radius dynamic-author",
    "object-group",
    "bfd-template",
    "spanning-tree mst configuration",
    "l2vpn",
    "bridge-domain",
];

/// First words that open a block in a block whose lines the table does not list.
static INNER_OPENERS: &[&str] = &[
    "class",
    "address-family",
    "af-interface",
    "topology",
    "key",
    "service instance",
];

/// First words that are of the top level although a block is open whose lines the table does not
/// list.
static OUTER: &[&str] = &[
    "interface",
    "router",
    "ip",
    "vlan",
    "hostname",
    "access-list",
    "line",
    "ntp",
    "snmp-server",
    "radius",
    "aaa",
    "vrf",
    "route-map",
    "class-map",
    "policy-map",
    "spanning-tree",
    "object-group",
    "banner",
    "username",
    "ipv6",
    "crypto",
    "track",
    "service",
    "archive",
    "time-range",
    "event",
    "control-plane",
];

/// Commands that are on by default: their `no` form is what the device stores.
static ON_BY_DEFAULT: &[&str] = &[
    "ip routing",
    "service dhcp",
    "ip classless",
    "ip subnet-zero",
    "ip source-route",
    "ip domain lookup",
    "ip domain-lookup",
    "ip redirects",
    "ip unreachables",
    "ip proxy-arp",
    "ip route-cache",
    "ip cef",
    "cdp run",
    "cdp enable",
    "lldp transmit",
    "lldp receive",
    "switchport",
    "autostate",
    "keepalive",
    "mop enabled",
    "mop sysid",
    "passive-interface *",
    "bgp default ipv4-unicast",
    "bgp enforce-first-as",
    "bgp client-to-client reflection",
    "neighbor * activate",
    "auto-summary",
    "split-horizon",
    "next-hop-self",
    "ip split-horizon",
    "ip split-horizon eigrp *",
    "ip next-hop-self eigrp *",
    "negotiation auto",
    "snmp trap link-status",
    "logging event link-status",
    "spanning-tree vlan *",
    "ip dhcp snooping information option",
    "ip http server",
    "ip http secure-server",
    "aaa new-model",
];

/// How many words of a line name its slot, where the command has one value.
///
/// The first header of the block tells networks of routing from those of DHCP.
fn single(outer: Option<&[String]>, words: &[String]) -> Option<usize> {
    let head = |index: usize| words.get(index).map(String::as_str);
    let is_routing =
        outer.is_some_and(|header| header.first().is_some_and(|word| word == "router"));
    match (head(0), head(1)) {
        (Some("network"), _) if is_routing => {
            return Some(match (head(2), head(3)) {
                (Some("mask"), Some(_)) | (_, Some("area")) => 4,
                (Some("route-map" | "backdoor" | "weight"), _) => 2,
                _ => words.len(),
            });
        }
        (Some("ip"), Some("route")) => return Some(route_width(words)),
        // The direction is a part of the slot; see `same_slot`.
        (Some("ip"), Some("access-group" | "address")) => return Some(2),
        (Some("standby" | "vrrp" | "glbp"), _) if words.iter().any(|word| word == "ip") => {
            let place = words.iter().position(|word| word == "ip")?;
            return (words.last().map(String::as_str) != Some("secondary")).then_some(place + 1);
        }
        _ => {}
    }
    // `network … secondary` of a pool stands beside the first.
    if words.last().is_some_and(|word| word == "secondary") && head(0) == Some("network") {
        return None;
    }
    let outer = outer.unwrap_or(&[]);
    SINGLE_IN
        .iter()
        .filter(|(header, _)| match *header {
            "" => outer.is_empty(),
            header => fits(header, outer),
        })
        .filter_map(|(_, commands)| longest(commands, words))
        .chain(longest(SINGLE, words))
        .max()
}

/// Whether two lines of one block are values of the same single-valued command.
pub(super) fn same_slot(outer: Option<&[String]>, new: &[String], old: &[String]) -> bool {
    let Some(width) = single(outer, new) else {
        return false;
    };
    if single(outer, old) != Some(width) || new.get(..width) != old.get(..width) {
        return false;
    }
    let secondary = |words: &[String]| words.last().is_some_and(|word| word == "secondary");
    match (
        new.first().map(String::as_str),
        new.get(1).map(String::as_str),
    ) {
        (Some("ip"), Some("access-group")) => new.last() == old.last(),
        (Some("neighbor"), _) if has_direction(new) => new.last() == old.last(),
        (Some("ip"), Some("address")) => {
            let by_dhcp = new.get(2).is_some_and(|word| word == "dhcp");
            by_dhcp || (!secondary(new) && !secondary(old)) || new.get(2) == old.get(2)
        }
        (Some("standby" | "vrrp" | "glbp"), _) => secondary(new) == secondary(old),
        _ => true,
    }
}

/// Whether the direction of a neighbor's policy is a part of its slot.
fn has_direction(words: &[String]) -> bool {
    matches!(
        words.get(2).map(String::as_str),
        Some("route-map" | "prefix-list" | "distribute-list" | "filter-list")
    )
}

/// Whether `no COMMAND` takes only a part of a line away, so that it must stand after that line.
pub(super) fn takes_a_part(outer: Option<&[String]>, command: &[String]) -> bool {
    match command.first().map(String::as_str) {
        Some("redistribute") => single(outer, command).is_some_and(|width| command.len() > width),
        Some("match") => true,
        Some(_) | None => false,
    }
}

/// Whether what a block or command says is added up in order, so that a `no` that takes nothing
/// away as a whole may be stored.
pub(super) fn adds_up(outer: Option<&[String]>, command: &[String]) -> bool {
    let words = outer.unwrap_or(command);
    matches!(
        (
            words.first().map(String::as_str),
            words.get(1).map(String::as_str)
        ),
        (Some("router" | "route-map" | "key" | "track"), _)
            | (
                Some("ip"),
                Some("prefix-list" | "as-path" | "community-list" | "extcommunity-list")
            )
    ) && (outer.is_some() || command.first().is_some_and(|word| word == "ip"))
}

/// Whether a command opens a block.
pub(super) fn opens(words: &[String], depth: usize) -> bool {
    let table = if depth == 0 { OPENERS } else { INNER_OPENERS };
    longest(table, words).is_some()
        || (depth == 0
            && matches!(
                (words.first().map(String::as_str), words.get(1), words.get(2)),
                (Some("ip"), Some(sla), Some(number))
                    if sla == "sla" && number.bytes().all(|byte| byte.is_ascii_digit())
            ))
}

/// Whether a line ends the open block although the table does not list that block's lines.
pub(super) fn is_outer(words: &[String]) -> bool {
    longest(OUTER, words).is_some()
}

/// Whether the device stores the `no` form.
pub(super) fn is_on_by_default(words: &[String]) -> bool {
    ON_BY_DEFAULT
        .iter()
        .any(|pattern| pattern.split(' ').count() == words.len() && fits(pattern, words))
        || words.first().is_some_and(|word| word == "spanning-tree")
}

/// The number of words of the longest pattern that a line begins with.
fn longest(patterns: &[&str], words: &[String]) -> Option<usize> {
    patterns
        .iter()
        .filter(|pattern| fits(pattern, words))
        .map(|pattern| pattern.split(' ').count())
        .max()
}

/// Whether a line begins with a pattern.
fn fits(pattern: &str, words: &[String]) -> bool {
    let mut words = words.iter();
    pattern
        .split(' ')
        .all(|part| words.next().is_some_and(|word| part == "*" || part == word))
}

/// How many words of a static route name it: to the next hop, before distance and options.
fn route_width(words: &[String]) -> usize {
    let first = if words.get(2).is_some_and(|word| word == "vrf") {
        6
    } else {
        4
    };
    let option = |word: &String| {
        word.bytes().all(|byte| byte.is_ascii_digit())
            || matches!(
                word.as_str(),
                "tag" | "track" | "name" | "permanent" | "global" | "multicast"
            )
    };
    words
        .iter()
        .skip(first + 1)
        .position(option)
        .map_or(words.len(), |place| first + 1 + place)
}
