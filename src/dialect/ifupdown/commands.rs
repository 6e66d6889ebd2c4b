//! Stanzas, options and commands of interfaces files with their support.

use std::sync::LazyLock;

use crate::dialect::Command;
use crate::dialect::command_table::{CommandTable, irrelevant, modeled};
use crate::syntax::{Effect, Support};

/// An option that is known and may do anything on its interface.
const fn interface(path: &'static str) -> Command {
    Command {
        path,
        support: Support::Unmodeled(Effect::Interface),
    }
}

/// A line that is known and may do anything.
const fn device(path: &'static str) -> Command {
    Command {
        path,
        support: Support::Unmodeled(Effect::Device),
    }
}

/// Every known line; options stand below `iface`.
pub(super) static COMMANDS: &[Command] = &[
    modeled("auto …"),
    modeled("allow-auto …"),
    modeled("allow-hotplug …"),
    irrelevant(
        "no-auto-down …",
        "acts only while interfaces are taken down",
    ),
    device("no-scripts …"),
    device("mapping …"),
    device("rename …"),
    device("source …"),
    device("source-directory …"),
    modeled("iface * inet *"),
    interface("iface * inet bootp|tunnel|ppp|wvdial|ipv4ll …"),
    interface("iface * inet * inherits *"),
    modeled("iface * inet6 …"),
    // What ifupdown2 adds, in files that are its.
    modeled("iface *"),
    modeled("iface * / address *"),
    modeled("iface * / address-virtual …"),
    modeled("iface * / vrf *"),
    modeled("iface * / vrf-table *"),
    modeled("iface * / vlan-id *"),
    modeled("iface * / bridge-vlan-aware *"),
    modeled("iface * / bridge-ports …"),
    modeled("iface * / bridge-vids …"),
    modeled("iface * / bridge-pvid *"),
    modeled("iface * / bridge-access *"),
    modeled("iface * / bond-slaves …"),
    interface("iface * / bond-mode|bond-miimon|bond-lacp-rate|bond-lacp-bypass-allow …"),
    interface("iface * / bond-min-links|bond-xmit-hash-policy|bond-use-carrier …"),
    interface("iface * / link-speed|link-autoneg|link-duplex|link-fec …"),
    interface("iface * / link-down *"),
    Command {
        path: "iface * / clag-id|clagd-peer-ip|clagd-backup-ip|clagd-sys-mac|clagd-priority …",
        support: Support::Unmodeled(Effect::Switching),
    },
    Command {
        path: "iface * / vxlan-id|vxlan-local-tunnelip|vxlan-remoteip|bridge-learning …",
        support: Support::Unmodeled(Effect::Switching),
    },
    Command {
        path: "iface * / mstpctl-portadminedge|mstpctl-bpduguard|mstpctl-portbpdufilter …",
        support: Support::Unmodeled(Effect::Switching),
    },
    modeled("iface * inet * / address *"),
    modeled("iface * inet * / netmask *"),
    modeled("iface * inet * / gateway *"),
    modeled("iface * inet * / metric *"),
    modeled("iface * inet * / mtu *"),
    modeled("iface * inet * / description …"),
    modeled("iface * inet * / vlan-raw-device *"),
    modeled("iface * inet * / vlan_raw_device *"),
    irrelevant(
        "iface * inet * / broadcast *",
        "no requirement uses the subnet's broadcast address",
    ),
    irrelevant(
        "iface * inet * / network *",
        "ignored; address and netmask say it",
    ),
    irrelevant(
        "iface * inet * / down|pre-down|post-down …",
        "acts only while the interface is taken down",
    ),
    Command {
        path: "iface * inet * / bridge_ports …",
        support: Support::Unmodeled(Effect::Switching),
    },
    Command {
        path: "iface * inet * / bridge-ports …",
        support: Support::Unmodeled(Effect::Switching),
    },
    Command {
        path: "iface * inet * / bridge_stp|bridge-stp *",
        support: Support::Unmodeled(Effect::Switching),
    },
    irrelevant(
        "iface * inet * / bridge_fd|bridge-fd|bridge_maxwait|bridge-maxwait *",
        "a delay only while the bridge starts",
    ),
    interface("iface * inet * / pointopoint *"),
    interface("iface * inet * / scope *"),
    interface("iface * inet * / hwaddress …"),
    interface("iface * inet * / hostname *"),
    interface("iface * inet * / bond-slaves|bond_slaves|bond-master|bond_master …"),
    interface("iface * inet * / bond-mode|bond_mode|bond-miimon|bond-primary …"),
    interface(
        "iface * inet * / bond-lacp-rate|bond-xmit-hash-policy|bond-downdelay|bond-updelay …",
    ),
    interface("iface * inet * / dns-nameservers|dns-nameserver|dns-search|dns-domain …"),
    interface("iface * inet * / vrf *"),
    interface("iface * inet * / wpa-ssid|wpa-psk|wpa-conf|wpa-driver …"),
    interface("iface * inet * / wireless-essid|wireless-key|wireless-mode …"),
    modeled("iface * inet * / up|post-up|pre-up ip route add …"),
    modeled("iface * inet * / up|post-up|pre-up ip address add * dev *"),
    modeled("iface * inet * / up|post-up|pre-up ip link set * up"),
    modeled("iface * inet * / up|post-up|pre-up route add …"),
    modeled("iface * inet * / up|post-up|pre-up sysctl -w net.ipv4.ip_forward=*"),
    modeled("iface * inet * / up|post-up|pre-up echo * > /proc/sys/net/ipv4/ip_forward"),
    device("iface * inet * / up|post-up|pre-up ip|route|sysctl|echo|ifup|ifconfig|brctl …"),
    device("iface * inet * / up|post-up|pre-up iptables|iptables-restore|nft|tc|ethtool …"),
];

/// The commands as a tree.
pub(super) static TABLE: LazyLock<CommandTable> = LazyLock::new(|| CommandTable::new(&[COMMANDS]));

/// Support of a stanza's first line; `None` where unknown.
pub(super) fn stanza(words: &[&str]) -> Option<Support> {
    let found = TABLE.find(TABLE.root(), words)?;
    Some(found.support)
}

/// Support of an option that only ifupdown2 takes; `None` where unknown.
pub(super) fn second(words: &[&str]) -> Option<Support> {
    let stanza = TABLE.find(TABLE.root(), &["iface", "*"])?;
    let found = TABLE.find(stanza.context?, words)?;
    Some(found.support)
}

/// Support of an option of an `iface` stanza; `None` where unknown.
pub(super) fn option(words: &[&str]) -> Option<Support> {
    let stanza = TABLE.find(TABLE.root(), &["iface", "*", "inet", "*"])?;
    let found = TABLE.find(stanza.context?, words)?;
    Some(found.support)
}
