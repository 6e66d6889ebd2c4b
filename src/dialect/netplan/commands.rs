//! Keys of netplan with their support.

use std::sync::LazyLock;

use crate::dialect::Command;
use crate::dialect::command_table::{CommandTable, irrelevant, modeled, unmodeled};
use crate::syntax::{Effect, Support};

/// A key that is known and may do anything on its interface.
const fn interface(path: &'static str) -> Command {
    unmodeled(path, Effect::Interface)
}

/// A key that is known and may do anything on the host.
const fn device(path: &'static str) -> Command {
    unmodeled(path, Effect::Device)
}

/// Names a device type before the keys that all types have.
macro_rules! of_all {
    ($rest:literal) => {
        concat!(
            "network / ethernets|bonds|bridges|dummy-devices|modems|tunnels|virtual-ethernets|vlans|\
             vrfs|wifis / * / ",
            $rest
        )
    };
}

/// Names the device types that are hardware before the keys that these have.
macro_rules! of_hardware {
    ($rest:literal) => {
        concat!("network / ethernets|modems|wifis / * / ", $rest)
    };
}

/// Why what a host asks and tells beside addresses bears on nothing.
const BOOT: &str = "says what the boot waits for, not what is set up";
/// Why offloading bears on nothing.
const OFFLOAD: &str = "says who computes checksums and segments, not what is sent";

/// Every known key, by its place below the top; `*` is any name.
///
/// IPv6 keys have the effect of their interface, but on what carries no IPv4 packet.
pub(super) static COMMANDS: &[Command] = &[
    modeled("network"),
    modeled("network / version"),
    modeled("network / renderer"),
    device("network / openvswitch"),
    modeled(
        "network / ethernets|bonds|bridges|dummy-devices|modems|tunnels|virtual-ethernets|vlans|\
         vrfs|wifis",
    ),
    modeled(
        "network / ethernets|bonds|bridges|dummy-devices|modems|tunnels|virtual-ethernets|vlans|\
         vrfs|wifis / renderer",
    ),
    modeled(
        "network / ethernets|bonds|bridges|dummy-devices|modems|tunnels|virtual-ethernets|vlans|\
         vrfs|wifis / *",
    ),
    device("network / nm-devices"),
    // All types.
    modeled(of_all!("renderer")),
    modeled(of_all!("dhcp4")),
    interface(of_all!(
        "dhcp6|ipv6-mtu|ipv6-privacy|accept-ra|ra-overrides|gateway6"
    )),
    interface(of_all!("ipv6-address-generation|ipv6-address-token")),
    modeled(of_all!("link-local")),
    interface(of_all!("ignore-carrier|critical|dhcp-identifier")),
    interface(of_all!("dhcp4-overrides")),
    interface(of_all!("dhcp4-overrides / use-dns|use-domains|use-mtu")),
    device(of_all!(
        "dhcp4-overrides / use-ntp|send-hostname|hostname|use-routes|route-metric"
    )),
    irrelevant(
        of_all!("dhcp4-overrides / use-hostname"),
        "the name that the host calls itself by decides no packet",
    ),
    device(of_all!("dhcp6-overrides")),
    modeled(of_all!("addresses")),
    modeled(of_all!("addresses / *")),
    irrelevant(
        of_all!("addresses / * / label"),
        "names the address for the administrator",
    ),
    interface(of_all!("addresses / * / lifetime")),
    modeled(of_all!("gateway4")),
    interface(of_all!("nameservers")),
    interface(of_all!("nameservers / addresses|search")),
    interface(of_all!("macaddress")),
    modeled(of_all!("mtu")),
    irrelevant(of_all!("optional"), BOOT),
    irrelevant(of_all!("optional-addresses"), BOOT),
    modeled(of_all!("activation-mode")),
    modeled(of_all!("routes")),
    modeled(of_all!("routes / to|via|on-link|metric|type|table")),
    device(of_all!(
        "routes / from|scope|mtu|congestion-window|advertised-receive-window|advertised-mss"
    )),
    device(of_all!("routing-policy")),
    device(of_all!(
        "routing-policy / from|to|table|priority|mark|type-of-service"
    )),
    unmodeled(
        of_all!("neigh-suppress|hairpin|port-mac-learning"),
        Effect::Switching,
    ),
    device(of_all!("openvswitch|networkmanager")),
    // Hardware.
    modeled(of_hardware!("match")),
    modeled(of_hardware!("match / name|macaddress|driver")),
    modeled(of_hardware!("set-name")),
    irrelevant(of_hardware!("wakeonlan"), "wakes a host that sleeps"),
    interface(of_hardware!("emit-lldp|large-receive-offload")),
    irrelevant(
        of_hardware!("receive-checksum-offload|transmit-checksum-offload"),
        OFFLOAD,
    ),
    irrelevant(
        of_hardware!("tcp-segmentation-offload|tcp6-segmentation-offload"),
        OFFLOAD,
    ),
    irrelevant(
        of_hardware!("generic-segmentation-offload|generic-receive-offload"),
        OFFLOAD,
    ),
    interface("network / ethernets / * / auth"),
    device("network / ethernets / * / link|virtual-function-count|embedded-switch-mode"),
    device("network / ethernets / * / delay-virtual-functions-rebind"),
    interface("network / ethernets / * / infiniband-mode"),
    interface("network / wifis / * / access-points|wakeonwlan|regulatory-domain|auth"),
    interface("network / modems / * / apn|auto-config|device-id|network-id|number|password|pin"),
    interface("network / modems / * / sim-id|sim-operator-id|username"),
    // Bonds.
    modeled("network / bonds / * / interfaces"),
    modeled("network / bonds / * / parameters"),
    modeled("network / bonds / * / parameters / mode"),
    interface("network / bonds / * / parameters / lacp-rate|mii-monitor-interval|min-links"),
    interface("network / bonds / * / parameters / transmit-hash-policy|ad-select|arp-interval"),
    interface("network / bonds / * / parameters / all-members-active|all-slaves-active"),
    interface("network / bonds / * / parameters / arp-ip-targets|arp-validate|arp-all-targets"),
    interface("network / bonds / * / parameters / up-delay|down-delay|fail-over-mac-policy"),
    interface("network / bonds / * / parameters / gratuitous-arp|gratuitious-arp"),
    interface("network / bonds / * / parameters / packets-per-member|packets-per-slave"),
    interface("network / bonds / * / parameters / primary|primary-reselect-policy"),
    interface("network / bonds / * / parameters / resend-igmp|learn-packet-interval"),
    // Tagged frames pass a bridge too, which is not modeled.
    unmodeled("network / bridges / * / interfaces", Effect::Switching),
    unmodeled("network / bridges / * / parameters", Effect::Switching),
    unmodeled(
        "network / bridges / * / parameters / ageing-time|aging-time|priority|port-priority",
        Effect::Switching,
    ),
    unmodeled(
        "network / bridges / * / parameters / forward-delay|hello-time|max-age|path-cost|stp",
        Effect::Switching,
    ),
    // Other devices that netplan makes.
    modeled("network / vlans / * / id"),
    modeled("network / vlans / * / link"),
    modeled("network / vrfs / * / table"),
    modeled("network / vrfs / * / interfaces"),
    device("network / virtual-ethernets / * / peer"),
    interface("network / tunnels / * / mode|local|remote|ttl|key|keys|mark|port|peers"),
    interface("network / tunnels / * / id|link|type-of-service|mac-learning|ageing|aging|limit"),
    interface("network / tunnels / * / arp-proxy|notifications|short-circuit|checksums"),
    interface("network / tunnels / * / extensions|port-range|flow-label|do-not-fragment"),
];

/// The keys as a tree.
pub(super) static TABLE: LazyLock<CommandTable> = LazyLock::new(|| CommandTable::new(&[COMMANDS]));

/// Keys of which no IPv4 packet meets what they say.
pub(super) const IPV6: [&str; 8] = [
    "dhcp6",
    "ipv6-mtu",
    "ipv6-privacy",
    "accept-ra",
    "ra-overrides",
    "gateway6",
    "ipv6-address-generation",
    "ipv6-address-token",
];

/// Support of what netplan does not know: it refuses the whole configuration.
pub(super) const REFUSED: Support = Support::Unrecognized(Effect::Device);
