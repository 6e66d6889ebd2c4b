//! ASA statements as facets: respelled as the family writes them, or lowered here.
//!
//! What names interfaces or objects waits for the whole text ([`defer`](Lowering::defer)), since
//! these may be defined, or change, after it.

use crate::dialect::cisco_asa::inspection;
use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, Respelled, number, some, unmodeled,
};
use crate::dialect::ios_family::words::address;
use crate::model::zone::Firewall;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::{Effect, Support};

mod acl;
mod finish;
mod interface;
mod names;
mod nat;
mod object;
mod object_values;
mod routing;

pub(super) use finish::finish;

/// A statement that stands in no block.
pub(super) fn top(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["access-list", ..] => acl::lower(lowering, line),
        ["object" | "object-group", ..] => object::lower(lowering, line),
        [
            "access-group" | "nat" | "mtu" | "dhcprelay" | "route" | "sysopt",
            ..,
        ]
        | ["ip", "verify", ..] => {
            lowering.defer(line, None);
            Ok(())
        }
        ["same-security-traffic", "permit", which] => {
            let value = line.value(());
            let firewall = firewall(lowering, line)?;
            if *which == "inter-interface" {
                firewall.same_level = value;
            } else {
                firewall.same_interface = value;
            }
            Ok(())
        }
        ["timeout", rest @ ..] => timeout(lowering, line, rest),
        ["policy-map", _] => {
            let key = FacetKey::new(FacetKind::PolicyMap, some(line.raw(1))?);
            let index = lowering.builder.index(&key);
            lowering.open(line.at, &key, Block::PolicyMap(index));
            Ok(())
        }
        ["service-policy", _, "global"] => {
            lowering.switch(line);
            Ok(())
        }
        ["prefix-list", ..] => {
            let words = Respelled::plain(&["ip"], line, 0);
            lowering.top(&words.line(line))
        }
        ["ntp", "server", _, options @ ..] => {
            let known = match options {
                [] | ["prefer"] => true,
                ["source", _, rest @ ..] => matches!(rest, [] | ["prefer"]),
                _ => false,
            };
            // The interface that the device's own clock asks by is no part of it.
            let words = Respelled::plain(
                &["ntp", "server", line.raw(2).unwrap_or("")],
                line,
                usize::MAX,
            );
            lowering.top(&words.line(line))?;
            if known {
                Ok(())
            } else {
                unmodeled(Effect::Device)
            }
        }
        _ => lowering.top(line),
    }
}

/// A statement in a block.
pub(super) fn inner(lowering: &mut Lowering, block: &Block, line: &Line<'_, '_>) -> Lowered {
    match block {
        Block::Interface(index) => interface::lower_line(lowering, block, *index, line),
        Block::ObjectGroup(_, _) if matches!(line.low, ["nat", ..]) => {
            lowering.defer(line, Some(block));
            Ok(())
        }
        Block::ObjectGroup(index, kind) => object::lower_line(lowering, *index, *kind, line),
        Block::PolicyMap(index) => match line.low {
            ["class", _] => {
                let key = some(lowering.builder.key(*index).cloned())?;
                let class = line.raw(1).map(str::to_owned);
                lowering.open(line.at, &key, Block::PolicyClass(*index, class));
                Ok(())
            }
            _ => Err(Gap::Support(Support::Unrecognized(Effect::InterfaceFilter))),
        },
        Block::PolicyClass(index, class) => inspect(lowering, *index, class.as_deref(), line),
        Block::Ospf(_) | Block::Eigrp(_) | Block::Bgp(..) | Block::RouteMap(..) => {
            routing::lower_line(lowering, block, line)
        }
        Block::Vrrp(..)
        | Block::FirstHop(..)
        | Block::Vlans(_)
        | Block::Acl(..)
        | Block::CommunityList(..)
        | Block::PrefixList(_)
        | Block::Rip(_)
        | Block::Isis(_)
        | Block::Track(_)
        | Block::Probe(_)
        | Block::KeyChain(..)
        | Block::Pool(_)
        | Block::RadiusServer(_)
        | Block::RadiusGroup(_)
        | Block::NatPool(_)
        | Block::Tunnels(..)
        | Block::Domains(_)
        | Block::PeerFilter(_)
        | Block::Described
        | Block::ZonePair(_)
        | Block::ClassMap(_)
        | Block::Vrf(_) => lowering.inner(block, line),
    }
}

/// The facet of the device's sessions.
fn firewall<'l>(lowering: &'l mut Lowering, line: &Line<'_, '_>) -> Result<&'l mut Firewall, Gap> {
    let key = FacetKey::new(FacetKind::Firewall, "");
    lowering.builder.contribute(line.at, &key);
    let facet = lowering
        .builder
        .facet(&key, || Facet::Firewall(Firewall::default()));
    let Facet::Firewall(firewall) = facet else {
        return Err(Gap::Odd);
    };
    Ok(firewall)
}

/// `inspect …` of a class that all packets of the protocol are in.
fn inspect(
    lowering: &mut Lowering,
    index: u32,
    class: Option<&str>,
    line: &Line<'_, '_>,
) -> Lowered {
    let unread = Err(Gap::Support(Support::Unrecognized(Effect::InterfaceFilter)));
    let (["inspect", words @ ..], Some("inspection_default" | "class-default")) = (line.low, class)
    else {
        return unread;
    };
    let words = words.join(" ");
    let known = inspection::DEFAULT.iter().any(|one| one.word == words);
    if words != ICMP && !known {
        return unread;
    }
    let policy = some(lowering.builder.key(index).cloned())?;
    lowering.switches.insert(
        inspects(&words, &policy.name.to_ascii_lowercase()),
        At::new(!line.negated, line.at),
    );
    Ok(())
}

/// The word of `inspect` that gives ICMP sessions.
const ICMP: &str = "icmp";

/// The switch that says whether a policy map inspects a protocol.
fn inspects(protocol: &str, policy: &str) -> String {
    format!("inspect {protocol} in {policy}")
}

/// `timeout …`: how long sessions and translations outlive their last packet.
///
/// Defaults are those of the Cisco ASA command reference, "timeout".
fn timeout(lowering: &mut Lowering, line: &Line<'_, '_>, rest: &[&str]) -> Lowered {
    let is_default = |pair: &[&str]| match pair {
        ["udp", time] => *time == "0:02:00",
        ["icmp", time] => *time == "0:00:02",
        ["xlate", time] => *time == "3:00:00",
        ["pat-xlate", time] => *time == "0:00:30",
        ["floating-conn", time] => *time == "0:00:00",
        // Sessions of TCP, read below; those of other protocols, and of administrators.
        [_, _] | ["absolute" | "inactivity"] => true,
        _ => false,
    };
    let mut pairs = rest.chunks(2);
    if let Some(["conn", time]) = pairs.find(|pair| pair.first() == Some(&"conn")) {
        let mut seconds = 0;
        for part in time.split(':') {
            seconds = seconds * 60 + number::<u64>(part)?.min(u64::from(u16::MAX));
        }
        // Zero is for ever.
        let idle_s = if seconds == 0 { u64::MAX } else { seconds };
        firewall(lowering, line)?.idle_s = line.value(idle_s);
    }
    if rest.chunks(2).all(is_default) && !line.negated {
        Ok(())
    } else {
        unmodeled(Effect::InterfaceFilter)
    }
}

/// An address; `0` is short for the one of zeros.
fn zeros(word: &str) -> Option<std::net::Ipv4Addr> {
    if word == "0" {
        return Some(std::net::Ipv4Addr::UNSPECIFIED);
    }
    address(word)
}
