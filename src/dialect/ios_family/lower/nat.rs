//! Address translation.
//!
//! Cisco IOS IP Addressing: NAT configuration guide and command reference, `ip nat`.

use super::{Gap, Line, Lowered, Lowering, number, packet, room, some, unmodeled};
use crate::dialect::ios_family::words::{address, mask_length};
use crate::model::filter::{AddressMatch, PacketMatch, PortMatch, ProtocolMatch};
use crate::model::nat::{AddressRange, Nat, NatRule, NewAddress, NewPort, Side, Stage, Through};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::{Ipv4Net, PortRange};
use crate::source::{At, StatementRef};
use crate::syntax::Effect;

/// Ranks of rules: entries with ports, with addresses, with networks, then dynamic ones (Cisco
/// IOS IP Addressing: NAT, "static translations take precedence"; the most specific entry wins).
mod rank {
    /// A static entry with ports.
    pub(super) const PORT: u32 = 0;
    /// A static entry of one address.
    pub(super) const HOST: u32 = 1;
    /// A static entry of a network.
    pub(super) const NETWORK: u32 = 2;
    /// A list or route map with a pool or an interface.
    pub(super) const DYNAMIC: u32 = 3;
}

/// `ip nat …` at top level.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    match line.low.get(2..).unwrap_or(&[]) {
        ["pool", ..] => pool(lowering, line),
        ["translation", "tcp-timeout", ..] => lowering.system(line),
        ["inside", "source", "static", ..] => {
            let rules = static_rules(Side::Inside, line, 5)?;
            add(lowering, line, rules)
        }
        ["outside", "source", "static", ..] => {
            let rules = static_rules(Side::Outside, line, 5)?;
            add(lowering, line, rules)
        }
        ["inside", "source", "list" | "route-map", _, ..] => {
            let rule = dynamic_rule(line)?;
            add(lowering, line, vec![rule])
        }
        _ => unmodeled(Effect::Device),
    }
}

/// The facet of a device's translation.
fn nat<'l>(lowering: &'l mut Lowering, line: &Line<'_, '_>) -> Result<&'l mut Nat, Gap> {
    let key = FacetKey::new(FacetKind::Nat, "");
    lowering.builder.contribute(line.at, &key);
    let facet = lowering.builder.facet(&key, || Facet::Nat(Nat::default()));
    let Facet::Nat(nat) = facet else {
        return Err(Gap::Odd);
    };
    Ok(nat)
}

/// Adds or removes rules.
fn add(lowering: &mut Lowering, line: &Line<'_, '_>, rules: Vec<NatRule>) -> Lowered {
    let count = nat(lowering, line)?.rules.len();
    lowering.spend(count)?;
    let nat = nat(lowering, line)?;
    nat.rules.retain(|rule| !rules.contains(rule));
    if !line.negated {
        nat.rules.extend(rules);
    }
    Ok(())
}

/// `ip nat pool NAME FIRST LAST netmask M|prefix-length N`, or the opening of a block.
fn pool(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let name = some(line.raw(3))?.to_owned();
    let rest = line.low.get(4..).unwrap_or(&[]);
    let ranges = match rest {
        _ if line.negated => Vec::new(),
        ["netmask" | "prefix-length", _] => Vec::new(),
        [first, last, "netmask" | "prefix-length", _] => vec![range(first, last)?],
        _ => return unmodeled(Effect::Device),
    };
    let is_block = matches!(rest, ["netmask" | "prefix-length", _]);
    let nat = nat(lowering, line)?;
    if line.negated {
        nat.pools.remove(&name);
        return Ok(());
    }
    nat.pools.insert(name.clone(), At::new(ranges, line.at));
    if is_block {
        let key = FacetKey::new(FacetKind::Nat, "");
        lowering.open(line.at, &key, super::Block::NatPool(name));
    }
    Ok(())
}

/// `address FIRST LAST` of a pool's block.
pub(super) fn pool_line(lowering: &mut Lowering, name: &str, line: &Line<'_, '_>) -> Lowered {
    let ["address", first, last] = line.low else {
        return Err(Gap::Odd);
    };
    let range = range(first, last)?;
    let nat = nat(lowering, line)?;
    let pool = some(nat.pools.get_mut(name))?;
    room(&pool.value)?;
    pool.value.retain(|known| *known != range);
    if !line.negated {
        pool.value.push(range);
    }
    Ok(())
}

/// Two addresses as a range.
fn range(first: &str, last: &str) -> Result<AddressRange, Gap> {
    let range = (some(address(first))?, some(address(last))?);
    if range.0 > range.1 {
        return Err(Gap::Odd);
    }
    Ok(range)
}

/// `ip nat inside source list|route-map NAME pool|interface NAME [overload]`.
fn dynamic_rule(line: &Line<'_, '_>) -> Result<NatRule, Gap> {
    let mut rule = NatRule::neutral(line.at, Stage::AfterRouting, rank::DYNAMIC);
    rule.ingress = Through::Side(Side::Inside);
    rule.egress = Through::Side(Side::Outside);
    let name = some(line.raw(5))?.to_owned();
    if line.low.get(4) == Some(&"list") {
        rule.acl = Some(name);
    } else {
        rule.route_map = Some(name);
    }
    let low = line.low.get(6..).unwrap_or(&[]);
    let raw = line.raw.get(6..).unwrap_or(&[]);
    let overload = low.last() == Some(&"overload");
    let end = raw.len() - usize::from(overload);
    match (low, raw.get(..end)) {
        (["pool", ..], Some([_, name])) => {
            rule.translation.source = NewAddress::Pool((*name).to_owned());
        }
        (["interface", ..], Some([_, name @ ..])) if !name.is_empty() => {
            let name = some(line.names.join(name))?;
            rule.translation.source = NewAddress::Interface(name);
        }
        // VRFs, mapping groups, redundancy.
        _ => return Err(unmodeled(Effect::Device).err().unwrap_or(Gap::Odd)),
    }
    // Translation to an interface's only address always overloads it.
    if overload || matches!(rule.translation.source, NewAddress::Interface(_)) {
        rule.translation.source_port = NewPort::OfItsClass;
    }
    Ok(rule)
}

/// An end of a static entry.
struct StaticEnd {
    /// Its address or addresses.
    addresses: Result<AddressRange, String>,
    /// Its port, with the protocol.
    port: Option<(u8, u16)>,
}

/// The rules of a static entry, both ways.
fn static_rules(side: Side, line: &Line<'_, '_>, from: usize) -> Result<Vec<NatRule>, Gap> {
    let low = line.low.get(from..).unwrap_or(&[]);
    let raw = line.raw.get(from..).unwrap_or(&[]);
    let addresses = |one: &str, length: u8| {
        let net = Ipv4Net::new(some(address(one))?, length).map_err(|_| Gap::Odd)?;
        Ok((net.network(), net.broadcast()))
    };
    let host = |one: &str| Ok::<_, Gap>((some(address(one))?, some(address(one))?));
    let (local, global, rank, rest) = match low {
        ["network", local, global, mask, rest @ ..] => {
            let length = match mask.strip_prefix('/') {
                Some(length) => number(length)?,
                None => some(address(mask).and_then(mask_length))?,
            };
            let (local, global) = (addresses(local, length)?, addresses(global, length)?);
            let end = |range| StaticEnd {
                addresses: Ok(range),
                port: None,
            };
            (end(local), end(global), rank::NETWORK, rest)
        }
        [protocol @ ("tcp" | "udp"), local, local_port, more @ ..] => {
            let protocol = if *protocol == "tcp" {
                crate::net::registry::TCP
            } else {
                crate::net::registry::UDP
            };
            let port = |word: &str| some(packet::port(word, protocol));
            let local = StaticEnd {
                addresses: Ok(host(local)?),
                port: Some((protocol, port(local_port)?)),
            };
            let (address, word, rest) = match more {
                ["interface", ..] => {
                    let words = raw.get(4..).unwrap_or(&[]);
                    let last = words
                        .iter()
                        .rposition(|word| packet::port(word, protocol).is_some());
                    let last = some(last.filter(|last| *last > 0))?;
                    let name = some(line.names.join(words.get(..last).unwrap_or(&[])))?;
                    let rest = more.get(last + 2..).unwrap_or(&[]);
                    (Err(name), *some(words.get(last))?, rest)
                }
                [global, word, rest @ ..] => (Ok(host(global)?), *word, rest),
                _ => return Err(Gap::Odd),
            };
            let global = StaticEnd {
                addresses: address,
                port: Some((protocol, port(&word.to_ascii_lowercase())?)),
            };
            (local, global, rank::PORT, rest)
        }
        [local, "interface", ..] => {
            let local = StaticEnd {
                addresses: Ok(host(local)?),
                port: None,
            };
            let name = some(line.names.join(raw.get(2..).unwrap_or(&[])))?;
            let global = StaticEnd {
                addresses: Err(name),
                port: None,
            };
            (local, global, rank::HOST, &[][..])
        }
        [local, global, rest @ ..] => {
            let end = |range| StaticEnd {
                addresses: Ok(range),
                port: None,
            };
            (end(host(local)?), end(host(global)?), rank::HOST, rest)
        }
        _ => return Err(Gap::Odd),
    };
    // `extendable` lets other entries share an address, `add-route` adds no route where there is
    // one; the rest (VRF, route map, redundancy, no-alias) changes what the entry does.
    if !matches!(rest, [] | ["extendable"]) {
        return Err(unmodeled(Effect::Device).err().unwrap_or(Gap::Odd));
    }
    both_ways(side, line.at, rank, &local, &global)
}

/// Rules that translate `local` into `global` on the way out and back on the way in.
fn both_ways(
    side: Side,
    at: StatementRef,
    rank: u32,
    local: &StaticEnd,
    global: &StaticEnd,
) -> Result<Vec<NatRule>, Gap> {
    let Ok(own) = &local.addresses else {
        return Err(Gap::Odd);
    };
    let inside = side == Side::Inside;
    let crossing = |stage, rank| {
        let mut one = NatRule::neutral(at, stage, rank);
        if stage == Stage::AfterRouting {
            one.ingress = Through::Side(Side::Inside);
            one.egress = Through::Side(Side::Outside);
        } else {
            one.ingress = Through::Side(Side::Outside);
        }
        one
    };
    let (first, second) = if inside {
        (Stage::AfterRouting, Stage::BeforeRouting)
    } else {
        (Stage::BeforeRouting, Stage::AfterRouting)
    };
    let mut there = crossing(first, rank);
    there.matches = PacketMatch {
        source: AddressMatch::Range(own.0, own.1),
        ..PacketMatch::default()
    };
    there.translation.source = becomes(*own, &global.addresses);
    if let (Some((protocol, port)), Some((_, new))) = (local.port, global.port) {
        there.matches.protocol = ProtocolMatch::Number(protocol);
        there.matches.source_port = PortMatch::Ranges(vec![PortRange::one(port)]);
        there.translation.source_port = NewPort::Within(new, new);
    }
    let mut back = crossing(second, rank);
    if let (Some((protocol, port)), Some((_, new))) = (global.port, local.port) {
        back.matches.protocol = ProtocolMatch::Number(protocol);
        back.matches.destination_port = PortMatch::Ranges(vec![PortRange::one(port)]);
        back.translation.destination_port = NewPort::Within(new, new);
    }
    match &global.addresses {
        Ok(range) => {
            back.matches.destination = AddressMatch::Range(range.0, range.1);
            back.translation.destination = becomes(*range, &local.addresses);
            back.answers_for = vec![*range];
        }
        Err(interface) => {
            back.matches.destination = AddressMatch::Interface(interface.clone());
            back.translation.destination = NewAddress::OneOf(vec![*own]);
        }
    }
    Ok(vec![there, back])
}

/// What addresses become.
fn becomes(from: AddressRange, to: &Result<AddressRange, String>) -> NewAddress {
    match to {
        Ok((low, high)) if low == high => NewAddress::OneOf(vec![(*low, *high)]),
        Ok((low, _)) => NewAddress::Shifted { from, to: *low },
        Err(interface) => NewAddress::Interface(interface.clone()),
    }
}

/// `ip nat inside|outside` of an interface.
pub(super) fn side(line: &Line<'_, '_>) -> Option<At<Side>> {
    line.value(match line.low.last() {
        Some(&"inside") => Side::Inside,
        _ => Side::Outside,
    })
}
