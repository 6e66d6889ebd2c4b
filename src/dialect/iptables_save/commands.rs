//! Lines, matches and targets of `iptables-save` with their support.

use crate::dialect::Command;
use crate::dialect::command_table::{irrelevant, modeled};
use crate::syntax::{Effect, Support};

/// A match or target that is known and not modeled.
const fn unmodeled(path: &'static str) -> Command {
    Command {
        path,
        support: Support::Unmodeled(Effect::Filter),
    }
}

/// A command that may change any rule.
const fn whole(path: &'static str) -> Command {
    Command {
        path,
        support: Support::Unmodeled(Effect::Device),
    }
}

/// Every known line, match and target; a path `-m X` or `-j X` is an extension.
pub(super) static COMMANDS: &[Command] = &[
    modeled("* *"),
    modeled(": * *"),
    modeled("-P * *"),
    modeled("-N *"),
    modeled("-A * …"),
    modeled("-I * …"),
    modeled("COMMIT"),
    whole("-D * …"),
    whole("-R * …"),
    whole("-F …"),
    whole("-X …"),
    whole("-Z …"),
    whole("-E …"),
    modeled("-m tcp"),
    modeled("-m udp"),
    modeled("-m icmp"),
    modeled("-m multiport"),
    modeled("-m state"),
    modeled("-m conntrack"),
    modeled("-m iprange"),
    modeled("-m addrtype"),
    modeled("-m pkttype"),
    modeled("-m recent"),
    modeled("-m mark"),
    irrelevant("-m comment", "comment"),
    unmodeled("-m ah"),
    unmodeled("-m bpf"),
    unmodeled("-m cgroup"),
    unmodeled("-m cluster"),
    unmodeled("-m connbytes"),
    unmodeled("-m connlabel"),
    unmodeled("-m connlimit"),
    unmodeled("-m connmark"),
    unmodeled("-m cpu"),
    unmodeled("-m dccp"),
    unmodeled("-m devgroup"),
    unmodeled("-m dscp"),
    unmodeled("-m ecn"),
    unmodeled("-m esp"),
    unmodeled("-m hashlimit"),
    unmodeled("-m helper"),
    unmodeled("-m ipvs"),
    unmodeled("-m length"),
    unmodeled("-m limit"),
    unmodeled("-m mac"),
    unmodeled("-m nfacct"),
    unmodeled("-m osf"),
    unmodeled("-m owner"),
    unmodeled("-m physdev"),
    unmodeled("-m policy"),
    unmodeled("-m quota"),
    unmodeled("-m rateest"),
    unmodeled("-m realm"),
    unmodeled("-m rpfilter"),
    unmodeled("-m sctp"),
    unmodeled("-m set"),
    unmodeled("-m socket"),
    unmodeled("-m statistic"),
    unmodeled("-m string"),
    unmodeled("-m tcpmss"),
    unmodeled("-m time"),
    unmodeled("-m tos"),
    unmodeled("-m ttl"),
    unmodeled("-m u32"),
    modeled("-j ACCEPT"),
    modeled("-j DROP"),
    modeled("-j REJECT"),
    modeled("-j RETURN"),
    modeled("-j AUDIT"),
    modeled("-j CHECKSUM"),
    modeled("-j CLASSIFY"),
    modeled("-j CONNMARK"),
    modeled("-j CONNSECMARK"),
    modeled("-j DSCP"),
    modeled("-j ECN"),
    modeled("-j IDLETIMER"),
    modeled("-j LED"),
    modeled("-j LOG"),
    modeled("-j MARK"),
    modeled("-j NFLOG"),
    modeled("-j RATEEST"),
    modeled("-j SECMARK"),
    modeled("-j TCPMSS"),
    modeled("-j TOS"),
    modeled("-j TRACE"),
    modeled("-j ULOG"),
    unmodeled("-j CLUSTERIP"),
    unmodeled("-j CT"),
    modeled("-j DNAT"),
    unmodeled("-j HMARK"),
    modeled("-j MASQUERADE"),
    unmodeled("-j NETMAP"),
    unmodeled("-j NFQUEUE"),
    unmodeled("-j NOTRACK"),
    unmodeled("-j QUEUE"),
    modeled("-j REDIRECT"),
    unmodeled("-j SET"),
    modeled("-j SNAT"),
    unmodeled("-j SYNPROXY"),
    unmodeled("-j TCPOPTSTRIP"),
    unmodeled("-j TEE"),
    unmodeled("-j TPROXY"),
    unmodeled("-j TTL"),
];

/// Support of the extension `name` that `option` (`-m` or `-j`) loads; `None` where unknown.
pub(super) fn extension(option: &str, name: &str) -> Option<Support> {
    COMMANDS
        .iter()
        .find(|command| {
            command
                .path
                .strip_prefix(option)
                .and_then(|rest| rest.strip_prefix(' '))
                == Some(name)
        })
        .map(|command| command.support)
}
