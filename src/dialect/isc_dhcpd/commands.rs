//! Statements of `dhcpd.conf` with their support.

use crate::dialect::Command;
use crate::dialect::command_table::{irrelevant, modeled};
use crate::syntax::{Effect, Support};

/// A statement that is known and not modeled.
const fn unmodeled(path: &'static str) -> Command {
    Command {
        path,
        support: Support::Unmodeled(Effect::Scope),
    }
}

/// Why statements about logs bear on no answer.
const LOGS: &str = "only says what is logged and where";
/// Why names of files bear on no answer.
const FILES: &str = "only names a file of the server";

/// Why statements about clients of BOOTP bear on no lease.
const BOOTP: &str = "of clients that use BOOTP; pumps use DHCP";
/// Why statements about names in the DNS bear on no lease.
const NAMES: &str = "only says who enters a client's own name into the DNS";

/// Every known statement (dhcpd.conf(5)); most are lawful in every block.
pub(super) static COMMANDS: &[Command] = &[
    modeled("subnet * netmask *"),
    modeled("shared-network *"),
    modeled("group …"),
    modeled("pool"),
    modeled("host *"),
    modeled("option * …"),
    modeled("range …"),
    modeled("default-lease-time *"),
    modeled("max-lease-time *"),
    modeled("min-lease-time *"),
    modeled("authoritative"),
    modeled("not authoritative"),
    modeled("hardware * *"),
    modeled("fixed-address …"),
    modeled("filename *"),
    modeled("server-name *"),
    modeled("failover peer *"),
    modeled("allow unknown-clients"),
    modeled("deny unknown-clients"),
    // In a pool, what is allowed alone is allowed: `allow dynamic bootp clients` refuses others.
    irrelevant("deny dynamic bootp clients", BOOTP),
    irrelevant("ignore dynamic bootp clients", BOOTP),
    irrelevant("allow bootp", BOOTP),
    irrelevant("deny bootp", BOOTP),
    irrelevant("ignore bootp", BOOTP),
    irrelevant("allow dynamic-bootp", BOOTP),
    irrelevant("deny dynamic-bootp", BOOTP),
    irrelevant("ignore dynamic-bootp", BOOTP),
    irrelevant("allow client-updates", NAMES),
    irrelevant("deny client-updates", NAMES),
    irrelevant("ignore client-updates", NAMES),
    unmodeled("allow …"),
    unmodeled("deny …"),
    unmodeled("ignore …"),
    unmodeled("next-server *"),
    unmodeled("subnet6 *"),
    unmodeled("pool6"),
    unmodeled("range6 …"),
    unmodeled("prefix6 …"),
    unmodeled("fixed-address6 …"),
    unmodeled("fixed-prefix6 …"),
    unmodeled("class *"),
    unmodeled("subclass * …"),
    unmodeled("match …"),
    unmodeled("spawn …"),
    unmodeled("lease limit *"),
    unmodeled("if …"),
    unmodeled("elsif …"),
    unmodeled("else"),
    unmodeled("switch …"),
    unmodeled("case …"),
    unmodeled("default …"),
    unmodeled("break"),
    unmodeled("on …"),
    unmodeled("execute …"),
    unmodeled("set …"),
    unmodeled("unset …"),
    unmodeled("eval …"),
    unmodeled("define …"),
    unmodeled("return …"),
    unmodeled("add …"),
    unmodeled("send …"),
    unmodeled("supersede …"),
    unmodeled("append …"),
    unmodeled("prepend …"),
    irrelevant("log …", LOGS),
    unmodeled("include *"),
    unmodeled("zone *"),
    unmodeled("key *"),
    unmodeled("primary …"),
    unmodeled("secondary …"),
    unmodeled("omapi-port *"),
    unmodeled("omapi-key *"),
    unmodeled("interface *"),
    unmodeled("local-address *"),
    unmodeled("local-port *"),
    unmodeled("remote-port *"),
    unmodeled("limited-broadcast-address *"),
    unmodeled("server-identifier *"),
    unmodeled("server-duid …"),
    unmodeled("vendor-option-space *"),
    unmodeled("site-option-space *"),
    unmodeled("user-class …"),
    unmodeled("vendor-class …"),
    unmodeled("host-identifier …"),
    unmodeled("dynamic …"),
    unmodeled("dynamic-bootp …"),
    unmodeled("dynamic-bootp-lease-cutoff *"),
    unmodeled("dynamic-bootp-lease-length *"),
    unmodeled("boot-unknown-clients *"),
    unmodeled("one-lease-per-client *"),
    unmodeled("get-lease-hostnames *"),
    unmodeled("use-host-decl-names *"),
    unmodeled("use-lease-addr-for-default-route *"),
    unmodeled("always-broadcast *"),
    unmodeled("always-reply-rfc1048 *"),
    unmodeled("min-secs *"),
    unmodeled("ping-check *"),
    unmodeled("ping-timeout *"),
    unmodeled("ping-cltt-secs *"),
    unmodeled("ping-timeout-ms *"),
    unmodeled("stash-agent-options *"),
    unmodeled("ignore-client-uids *"),
    unmodeled("echo-client-id *"),
    unmodeled("bootp-lease-cutoff *"),
    unmodeled("bootp-lease-length *"),
    unmodeled("adaptive-lease-time-threshold *"),
    unmodeled("infinite-is-reserved *"),
    unmodeled("check-secs-byte-order *"),
    unmodeled("delayed-ack *"),
    unmodeled("max-ack-delay *"),
    unmodeled("dont-use-fsync *"),
    unmodeled("abandon-lease-time *"),
    unmodeled("lease-id-format *"),
    unmodeled("preferred-lifetime *"),
    unmodeled("prefix-length-mode *"),
    unmodeled("release-on-roam *"),
    unmodeled("update-conflict-detection *"),
    unmodeled("update-optimization *"),
    unmodeled("update-static-leases *"),
    unmodeled("do-forward-updates *"),
    unmodeled("do-reverse-updates *"),
    unmodeled("ddns-update-style *"),
    unmodeled("ddns-updates *"),
    unmodeled("ddns-domainname …"),
    unmodeled("ddns-hostname …"),
    unmodeled("ddns-rev-domainname …"),
    unmodeled("ddns-ttl *"),
    unmodeled("ddns-local-address4 *"),
    unmodeled("ddns-local-address6 *"),
    unmodeled("ddns-guard-id-must-match *"),
    unmodeled("ddns-other-guard-is-dynamic *"),
    unmodeled("ldap-server *"),
    unmodeled("ldap-port *"),
    unmodeled("ldap-username *"),
    unmodeled("ldap-password *"),
    unmodeled("ldap-base-dn *"),
    unmodeled("ldap-method *"),
    irrelevant("log-facility *", LOGS),
    irrelevant("log-threshold-low *", LOGS),
    irrelevant("log-threshold-high *", LOGS),
    irrelevant("lease-file-name *", FILES),
    irrelevant("pid-file-name *", FILES),
    irrelevant("dhcpv6-lease-file-name *", FILES),
    irrelevant("dhcpv6-pid-file-name *", FILES),
    irrelevant("ldap-debug-file *", FILES),
    irrelevant("db-time-format *", "only says how a file shows times"),
];

/// Words that decide by class or expression what a client gets.
const CONDITIONS: &[&str] = &[
    "class", "subclass", "if", "elsif", "else", "switch", "on", "execute", "set", "unset", "eval",
    "define", "break", "include", "allow", "deny", "ignore", "spawn", "match",
];

/// Support of a statement that begins with `keyword`, or `second` after it.
pub(super) fn support(keyword: &str, second: &str) -> Support {
    let mut fallback = Support::Unrecognized(Effect::Scope);
    for command in COMMANDS {
        let mut words = command.path.split(' ');
        if words.next() != Some(keyword) {
            continue;
        }
        match words.next() {
            None | Some("*" | "…") => fallback = command.support,
            Some(word) if word == second => return command.support,
            Some(_) => {}
        }
    }
    fallback
}

/// Whether a statement that begins with these words decides what only some clients get.
pub(super) fn is_condition(keyword: &str, second: &str) -> bool {
    let is_aside = match keyword {
        "allow" => matches!(second, "booting" | "duplicates" | "declines" | "leasequery"),
        "deny" | "ignore" => matches!(second, "duplicates" | "declines" | "leasequery"),
        _ => false,
    };
    let is_irrelevant = matches!(support(keyword, second), Support::Irrelevant(_));
    CONDITIONS.contains(&keyword) && !is_aside && !is_irrelevant
}
