//! Statements of nftables with their support.

use crate::dialect::Command;
use crate::dialect::command_table::{irrelevant, modeled};
use crate::syntax::{Effect, Support};

/// Something known that may permit or deny any packet.
const fn filter(path: &'static str) -> Command {
    Command {
        path,
        support: Support::Unmodeled(Effect::Filter),
    }
}

/// Something known that may do anything.
const fn device(path: &'static str) -> Command {
    Command {
        path,
        support: Support::Unmodeled(Effect::Device),
    }
}

/// Every known statement; what stands in a rule is shown without its chain.
pub(super) static COMMANDS: &[Command] = &[
    modeled("table ip|inet *"),
    irrelevant("flush ruleset", "nothing was there before"),
    modeled("define * = …"),
    device("include *"),
    device("table arp|bridge|netdev *"),
    filter("table ip6 *"),
    device("add|create|insert|replace|delete|destroy|reset|rename …"),
    modeled("table * * / chain *"),
    modeled("table * * / chain * / type filter|nat hook * priority *"),
    modeled("table * * / chain * / policy accept|drop"),
    filter("table * * / chain * / type route hook * priority *"),
    modeled("table * * / set|map *"),
    modeled("table * * / set|map * / type *"),
    modeled("table * * / set|map * / flags constant|interval"),
    modeled("table * * / set|map * / auto-merge"),
    modeled("table * * / set|map * / elements = …"),
    filter("table * * / set|map * / flags dynamic|timeout"),
    filter("table * * / set|map * / timeout|gc-interval|size|policy|typeof …"),
    irrelevant("table * * / set|map * / comment *", "comment"),
    irrelevant("table * * / counter|quota|limit|secmark *", "used by rules"),
    filter("table * * / flowtable|ct|synproxy …"),
    modeled("rule: ip saddr|daddr *"),
    modeled("rule: ip protocol *"),
    modeled("rule: meta l4proto|nfproto *"),
    modeled("rule: tcp|udp|th sport|dport *"),
    modeled("rule: icmp type *"),
    modeled("rule: iifname|oifname|iif|oif *"),
    modeled("rule: ct state *"),
    modeled("rule: * vmap *"),
    modeled("rule: counter|log|comment …"),
    modeled("rule: meta mark|priority|nftrace set *"),
    modeled("rule: ct mark set *"),
    modeled("rule: accept|drop|continue|return"),
    modeled("rule: reject …"),
    modeled("rule: jump|goto *"),
    irrelevant("rule: ip6|icmpv6 …", "matches no IPv4 packet"),
    filter("rule: limit|quota|fib|socket|rt|ipsec|numgen|jhash|ether|vlan|arp …"),
    filter("rule: tcp|udp|ip|icmp|ct|meta|th …"),
    filter("rule: sctp|dccp|udplite|ah|esp|comp|gre|igmp …"),
    filter("rule: queue|notrack|synproxy|tproxy|dup|fwd|flow|update|add|set …"),
    modeled("rule: dnat|snat|masquerade|redirect"),
    modeled("rule: dnat|snat to *"),
    modeled("rule: masquerade|redirect to *"),
    device("rule: dnat|snat|masquerade|redirect …"),
];

/// Support of what a word begins in a rule and is not modeled; `None` where unknown.
pub(super) fn in_rule(word: &str) -> Option<Support> {
    COMMANDS
        .iter()
        .filter_map(|command| Some((command.path.strip_prefix("rule: ")?, command.support)))
        .filter(|(_, support)| support.is_hole())
        .find(|(path, _)| {
            let first = path.split(' ').next().unwrap_or("");
            first.split('|').any(|known| known == word)
        })
        .map(|(_, support)| support)
}
