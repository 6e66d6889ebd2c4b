//! Kernel settings with their support.

use std::sync::LazyLock;

use crate::dialect::Command;
use crate::dialect::command_table::{CommandTable, irrelevant, modeled};
use crate::syntax::{Effect, Support};

/// A setting that is known and not modeled.
const fn unmodeled(path: &'static str, effect: Effect) -> Command {
    Command {
        path,
        support: Support::Unmodeled(effect),
    }
}

/// Every known setting; its parts are words.
pub(super) static COMMANDS: &[Command] = &[
    modeled("net ipv4 ip_forward"),
    modeled("net ipv4 conf all forwarding"),
    unmodeled("net ipv4 conf * forwarding", Effect::Device),
    unmodeled("net ipv4 conf * rp_filter", Effect::InterfaceFilter),
    unmodeled("net ipv4 conf * proxy_arp", Effect::Device),
    unmodeled(
        "net ipv4 conf * accept_redirects|secure_redirects|send_redirects",
        Effect::Routing,
    ),
    unmodeled("net ipv4 conf * …", Effect::Device),
    irrelevant(
        "net ipv4 conf * log_martians",
        "writes a log, changes no packet",
    ),
    irrelevant(
        "net ipv4 conf * accept_source_route",
        "no packet of a requirement carries the option",
    ),
    unmodeled("net ipv4 fib_multipath_hash_policy", Effect::Routing),
    irrelevant(
        "net ipv4 icmp_echo_ignore_broadcasts",
        "no requirement pings a broadcast address",
    ),
    irrelevant(
        "net ipv4 icmp_ignore_bogus_error_responses",
        "writes a log, changes no packet",
    ),
    unmodeled("net ipv4 …", Effect::Device),
    modeled("net netfilter nf_conntrack_tcp_timeout_established"),
    unmodeled("net netfilter …", Effect::Filter),
    unmodeled("net bridge …", Effect::Device),
    unmodeled("net core …", Effect::Device),
    irrelevant("net ipv6 …", "requirements use IPv4"),
    unmodeled("net …", Effect::Device),
    unmodeled("kernel|vm|fs|dev|user|crypto …", Effect::Device),
    irrelevant(
        "kernel printk|sysrq|core_pattern|core_uses_pid|dmesg_restrict|kptr_restrict",
        "bears on no packet",
    ),
    irrelevant("kernel randomize_va_space", "bears on no packet"),
    irrelevant(
        "fs protected_hardlinks|protected_symlinks|protected_fifos|protected_regular|suid_dumpable",
        "bears on no packet",
    ),
];

/// The settings as a tree.
static TABLE: LazyLock<CommandTable> = LazyLock::new(|| CommandTable::new(&[COMMANDS]));

/// Support of a setting; `None` where unknown.
pub(super) fn support(key: &str) -> Option<Support> {
    let words: Vec<&str> = key.split('.').collect();
    TABLE.find(TABLE.root(), &words).map(|found| found.support)
}
