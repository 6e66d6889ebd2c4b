//! Commands that run while an interface comes up.

use std::net::Ipv4Addr;

use crate::net::Ipv4Net;

/// What a command does, as far as it is modeled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action {
    /// Adds a route.
    Route(NewRoute),
    /// Adds an address to an interface.
    Address(Ipv4Net, String),
    /// Brings an interface up.
    Up(String),
    /// Turns forwarding between interfaces on or off.
    Forwarding(bool),
}

/// A route that a command adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewRoute {
    /// Destination.
    pub(super) prefix: Ipv4Net,
    /// Equal next hops: gateway, interface; none where packets are discarded.
    pub(super) hops: Vec<(Option<Ipv4Addr>, Option<String>)>,
    /// Metric, which orders routes to one prefix (ip-route(8)).
    pub(super) metric: u32,
    /// Whether the gateway is taken to be on the link, whatever the addresses say.
    pub(super) onlink: bool,
}

/// Programs without their folder; the shell's `|| true` changes nothing but the exit code.
pub(super) fn words_of<'a>(words: &'a [String], interface: &'a str) -> Vec<&'a str> {
    let mut out: Vec<&str> = words
        .iter()
        .map(|word| match word.as_str() {
            "$IFACE" | "${IFACE}" | "\"$IFACE\"" => interface,
            "--all" | "-all" => "",
            other => other,
        })
        .collect();
    if let Some(first) = out.first_mut() {
        *first = first.rsplit('/').next().unwrap_or(first);
    }
    if let [.., "||", "true" | "/bin/true" | ":"] = out.as_slice() {
        out.truncate(out.len() - 2);
    }
    out
}

/// What a command does; `None` where that is not modeled.
pub(super) fn action(words: &[&str]) -> Option<Action> {
    match words {
        ["ip", "-4", rest @ ..] | ["ip", rest @ ..] => ip(rest),
        ["route", "add", rest @ ..] => old_route(rest).map(Action::Route),
        ["sysctl", "-w" | "-qw" | "-wq", setting] | ["sysctl", "-q", "-w", setting] => {
            let value = setting.strip_prefix("net.ipv4.ip_forward=")?;
            forwarding(value)
        }
        ["echo", value, ">", "/proc/sys/net/ipv4/ip_forward"] => forwarding(value),
        _ => None,
    }
}

/// `0` and `1` of `ip_forward` (kernel documentation, networking/ip-sysctl).
fn forwarding(value: &str) -> Option<Action> {
    match value.trim_matches('"') {
        "0" => Some(Action::Forwarding(false)),
        "1" => Some(Action::Forwarding(true)),
        _ => None,
    }
}

/// `ip route`, `ip address`, `ip link`.
fn ip(words: &[&str]) -> Option<Action> {
    match words {
        ["route" | "ro" | "r", "add" | "a", rest @ ..] => route(rest).map(Action::Route),
        ["address" | "addr" | "a", "add" | "a", net, "dev", device] => {
            Some(Action::Address(prefix(net, false)?, (*device).to_owned()))
        }
        ["link" | "l", "set", device, "up"] | ["link" | "l", "set", "dev", device, "up"] => {
            Some(Action::Up((*device).to_owned()))
        }
        _ => None,
    }
}

/// The words after `ip route add`.
fn route(words: &[&str]) -> Option<NewRoute> {
    let mut words = words.iter().copied();
    let mut first = words.next()?;
    let discard = matches!(first, "blackhole" | "unreachable" | "prohibit");
    if discard || first == "unicast" {
        first = words.next()?;
    }
    let mut route = NewRoute {
        prefix: prefix(first, true)?,
        hops: Vec::new(),
        metric: 0,
        onlink: false,
    };
    let mut hop = (None, None);
    let mut several = false;
    while let Some(word) = words.next() {
        match word {
            "via" => hop.0 = Some(words.next()?.parse().ok()?),
            "dev" => hop.1 = Some(words.next()?.to_owned()),
            "metric" | "preference" => route.metric = words.next()?.parse().ok()?,
            "proto" | "protocol" => {
                words.next()?;
            }
            "onlink" => route.onlink = true,
            // Equal weights only: others would be met by some flows and not by others.
            "weight" if words.next()? == "1" => {}
            "nexthop" => {
                if several {
                    route.hops.push(std::mem::take(&mut hop));
                }
                several = true;
            }
            _ => return None,
        }
    }
    let bare = hop.0.is_none() && hop.1.is_none();
    if discard {
        return bare.then_some(route);
    }
    if bare {
        return None;
    }
    route.hops.push(hop);
    Some(route)
}

/// The words after `route add` (route(8)).
fn old_route(words: &[&str]) -> Option<NewRoute> {
    let mut words = words.iter().copied();
    let mut first = words.next()?;
    let host = first == "-host";
    if matches!(first, "-net" | "-host") {
        first = words.next()?;
    }
    let mut mask = None;
    let mut route = NewRoute {
        prefix: Ipv4Net::default(),
        hops: Vec::new(),
        metric: 0,
        onlink: false,
    };
    let mut hop = (None, None);
    while let Some(word) = words.next() {
        match word {
            "gw" => hop.0 = Some(words.next()?.parse().ok()?),
            "dev" => hop.1 = Some(words.next()?.to_owned()),
            "netmask" => mask = Some(words.next()?),
            "metric" => route.metric = words.next()?.parse().ok()?,
            _ => return None,
        }
    }
    route.prefix = match mask {
        Some(mask) => prefix(&format!("{first}/{mask}"), true)?,
        // Without a mask the class of the address would decide.
        None if host || first == "default" || first.contains('/') => prefix(first, true)?,
        None => return None,
    };
    if hop.0.is_none() && hop.1.is_none() {
        return None;
    }
    route.hops.push(hop);
    Some(route)
}

/// An address with a length or a mask; a `network` has no bits beyond its length.
pub(super) fn prefix(text: &str, network: bool) -> Option<Ipv4Net> {
    if text == "default" && network {
        return Some(Ipv4Net::default());
    }
    let (address, length) = text.split_once('/').unwrap_or((text, "32"));
    let address: Ipv4Addr = address.parse().ok()?;
    let net = Ipv4Net::new(address, mask_length(length)?).ok()?;
    (!network || net.trunc() == net).then_some(net)
}

/// A mask as a number of bits or dotted.
pub(super) fn mask_length(text: &str) -> Option<u8> {
    if let Ok(length) = text.parse::<u8>() {
        return (length <= 32).then_some(length);
    }
    ipnet::ipv4_mask_to_prefix(text.parse().ok()?).ok()
}
