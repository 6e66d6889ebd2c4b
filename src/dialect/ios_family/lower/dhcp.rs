//! DHCP pools and excluded addresses.

use std::net::Ipv4Addr;

use super::{Block, Gap, Line, Lowered, Lowering, number, some, unmodeled};
use crate::dialect::ios_family::words::{address, mask_length, unquoted};
use crate::model::dhcp::{DhcpScope, DhcpServer, LeaseTimes, OptionValue, Reservation};
use crate::model::{Facet, FacetKey, FacetKind, System};
use crate::net::registry::dhcp_option;
use crate::net::{Ipv4Net, VlanSet};
use crate::source::At;
use crate::syntax::Effect;

/// A lease that does not end (RFC 2131 §3.3: all bits set).
const INFINITE: u64 = u32::MAX as u64;
/// `NetBIOS` name servers (RFC 2132 §8.5).
const NETBIOS_SERVERS: u8 = 44;
/// `NetBIOS` node type (RFC 2132 §8.7).
const NETBIOS_NODE_TYPE: u8 = 46;

/// Notes that packets are checked against the leases which snooping notes.
pub(super) fn note_check(lowering: &mut Lowering, line: &Line<'_, '_>) {
    let key = FacetKey::new(FacetKind::System, "");
    let new = || Facet::System(System::default());
    if let Facet::System(system) = lowering.builder.facet(&key, new) {
        system.snooping.checks = line.value(());
    }
}

/// `ip dhcp snooping …`, `ip dhcp relay information trust-all`.
pub(super) fn lower_snooping(system: &mut System, words: &[&str], line: &Line<'_, '_>) -> Lowered {
    let snooping = &mut system.snooping;
    let said = Some(At::new(!line.negated, line.at));
    match words {
        ["snooping"] => snooping.on = said,
        ["snooping", "vlan", vlans] => {
            let vlans = some(VlanSet::parse(vlans))?;
            if line.negated {
                snooping.vlans.remove(&vlans);
            } else {
                snooping.vlans.extend(&vlans);
            }
            snooping.vlans_at = Some(At::new((), line.at));
        }
        ["snooping", "information", "option"] => snooping.option = said,
        ["snooping", "information", "option", "allow-untrusted"] => snooping.takes_options = said,
        ["relay", "information", "trust-all"] => snooping.relays_options = said,
        _ => return Err(Gap::Odd),
    }
    Ok(())
}

/// `ip dhcp excluded-address …`, `ip dhcp pool NAME`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["ip", "dhcp", "excluded-address", low, rest @ ..] => {
            let low = some(address(low))?;
            let high = match rest {
                [] => low,
                [high] => some(address(high))?,
                _ => return Err(Gap::Odd),
            };
            let key = FacetKey::new(FacetKind::DhcpServer, "");
            lowering.builder.contribute(line.at, &key);
            let facet = lowering
                .builder
                .facet(&key, || Facet::DhcpServer(DhcpServer::default()));
            if let Facet::DhcpServer(server) = facet {
                if line.negated {
                    super::room(&server.excluded)?;
                    server.excluded.retain(|known| known.value != (low, high));
                }
                server.excluded.extend(line.value((low, high)));
            }
            Ok(())
        }
        ["ip", "dhcp", "pool", _, ..] => {
            lower_pool(lowering, line);
            Ok(())
        }
        _ => Err(Gap::Odd),
    }
}

/// `ip dhcp pool NAME`.
fn lower_pool(lowering: &mut Lowering, line: &Line<'_, '_>) {
    let name = line.rest(3);
    let name = unquoted(&name);
    let key = FacetKey::new(FacetKind::DhcpScope, name);
    lowering.builder.contribute(line.at, &key);
    if line.negated {
        lowering.builder.remove(&key);
        return;
    }
    let index = lowering.builder.index(&key);
    lowering.open(line.at, &key, Block::Pool(index));
    let defined_at = Some(At::new((), line.at));
    lowering.builder.facet(&key, || {
        Facet::DhcpScope(DhcpScope {
            name: name.to_owned(),
            defined_at,
            subnet: None,
            shared_network: None,
            ranges: Vec::new(),
            options: std::collections::BTreeMap::new(),
            lease: LeaseTimes::default(),
            reservations: Vec::new(),
            failover_peer: None,
            deny_unknown: None,
            conditional: false,
        })
    });
}

/// A line of a pool.
pub(super) fn lower_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::DhcpScope(scope)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    match line.low {
        ["network", base, rest @ ..] => return lower_network(scope, line, base, rest),
        ["host", base, rest @ ..] => {
            let host = some(address(base))?;
            if rest.len() > 1 {
                return Err(Gap::Odd);
            }
            reservation(scope, line).address = Some(host);
        }
        ["client-identifier" | "hardware-address", client, ..] => {
            let client = client.to_ascii_lowercase();
            reservation(scope, line).client = Some(client);
        }
        [
            "address",
            host,
            "client-id" | "hardware-address",
            client,
            ..,
        ] => {
            let host = some(address(host))?;
            super::room(&scope.reservations)?;
            scope
                .reservations
                .retain(|known| known.value.address != Some(host));
            scope.reservations.extend(line.value(Reservation {
                name: (*client).to_owned(),
                client: Some((*client).to_owned()),
                address: Some(host),
            }));
        }
        ["lease", rest @ ..] => scope.lease.default = line.value(lease(rest, line.negated)?),
        ["class", ..] => {
            scope.conditional = true;
            return unmodeled(Effect::Scope);
        }
        _ => return lower_option(scope, line),
    }
    Ok(())
}

/// An option by name or number.
fn lower_option(scope: &mut DhcpScope, line: &Line<'_, '_>) -> Lowered {
    let (code, value) = match line.low {
        ["default-router", rest @ ..] => (dhcp_option::ROUTERS, addresses(rest, line)?),
        ["dns-server", rest @ ..] => (dhcp_option::DNS_SERVERS, addresses(rest, line)?),
        ["netbios-name-server", rest @ ..] => (NETBIOS_SERVERS, addresses(rest, line)?),
        ["netbios-node-type", kind] => (NETBIOS_NODE_TYPE, OptionValue::Raw((*kind).to_owned())),
        ["domain-name", ..] => (
            dhcp_option::DOMAIN_NAME,
            OptionValue::Text(unquoted(line.raw(1).unwrap_or("")).to_owned()),
        ),
        ["option", code, rest @ ..] => {
            let value = match rest {
                ["ip", rest @ ..] => addresses(rest, line)?,
                ["ascii", _, ..] => OptionValue::Text(unquoted(&line.rest(3)).to_owned()),
                ["hex", rest @ ..] => OptionValue::Raw(format!("hex {}", rest.concat())),
                [] if line.negated => OptionValue::Raw(String::new()),
                _ => return Err(Gap::Odd),
            };
            (number(code)?, value)
        }
        _ => return Err(Gap::Odd),
    };
    scope.options.remove(&code);
    if let Some(value) = line.value(value) {
        scope.options.insert(code, value);
    }
    Ok(())
}

/// The reservation of a pool that is for one host.
fn reservation<'s>(scope: &'s mut DhcpScope, line: &Line<'_, '_>) -> &'s mut Reservation {
    if scope.reservations.is_empty() {
        let empty = Reservation {
            name: scope.name.clone(),
            client: None,
            address: None,
        };
        scope.reservations.push(At::new(empty, line.at));
    }
    #[expect(clippy::indexing_slicing, reason = "one was pushed above")]
    &mut scope.reservations[0].value
}

/// `network A [M|/L]`.
fn lower_network(scope: &mut DhcpScope, line: &Line<'_, '_>, base: &str, rest: &[&str]) -> Lowered {
    let base = some(address(base))?;
    let length = match rest {
        [] => classful(base),
        [mask] => match mask.strip_prefix('/') {
            Some(length) => number(length)?,
            None => some(address(mask).and_then(mask_length))?,
        },
        _ => return unmodeled(Effect::Scope),
    };
    let net = some(Ipv4Net::new(base, length).ok())?.trunc();
    scope.subnet = line.value(net);
    // Every host of the subnet is leased but for the excluded addresses.
    let (first, last) = (u32::from(net.network()), u32::from(net.broadcast()));
    let inner = u32::from(length < 31);
    let range = (
        Ipv4Addr::from(first.saturating_add(inner)),
        Ipv4Addr::from(last.saturating_sub(inner)),
    );
    scope.ranges = line.value(range).into_iter().collect();
    Ok(())
}

/// The prefix length of an address's class (RFC 791 §3.2).
fn classful(base: Ipv4Addr) -> u8 {
    match base.octets() {
        [0..=127, ..] => 8,
        [128..=191, ..] => 16,
        _ => 24,
    }
}

/// Addresses of an option.
fn addresses(words: &[&str], line: &Line<'_, '_>) -> Result<OptionValue, Gap> {
    if words.is_empty() && !line.negated {
        return Err(Gap::Odd);
    }
    let mut out = Vec::new();
    for word in words {
        out.push(some(address(word))?);
    }
    Ok(OptionValue::Addresses(out))
}

/// `D [H [M]]` or `infinite` in seconds.
fn lease(words: &[&str], negated: bool) -> Result<u64, Gap> {
    match words {
        ["infinite"] => Ok(INFINITE),
        [] if negated => Ok(0),
        [days, rest @ ..] => {
            let mut seconds = number::<u64>(days)?.saturating_mul(86_400);
            for (word, unit) in rest.iter().zip([3600, 60]) {
                seconds = seconds.saturating_add(number::<u64>(word)?.saturating_mul(unit));
            }
            Ok(seconds)
        }
        [] => Err(Gap::Odd),
    }
}
