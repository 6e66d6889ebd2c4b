//! What a DHCP server offers to clients of one subnet.
//!
//! Knows scopes, ranges, exclusions, reservations, options and lease times (RFC 2131, RFC 2132);
//! decisions by class or expression are not modeled and said to be unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::state::State;
use crate::intent::Network;
use crate::model::dhcp::{DhcpScope, DhcpServer, OptionValue};
use crate::model::{Device, FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::net::registry::dhcp_option;
use crate::source::{At, StatementRef};

/// What clients of a subnet are offered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Offer {
    /// The scope.
    pub(super) scope: FacetKey,
    /// Addresses that can be leased to anybody, ascending and disjoint.
    pub(super) free: Vec<(u32, u32)>,
    /// Addresses kept for one client each.
    pub(super) reserved: u64,
    /// Length of the lease in seconds, for a client that asks for none.
    pub(super) lease_s: u64,
    /// T1 in seconds, where an option sets it.
    pub(super) renewal_s: Option<u64>,
    /// T2 in seconds, where an option sets it.
    pub(super) rebinding_s: Option<u64>,
    /// Default gateways.
    pub(super) routers: Vec<Ipv4Addr>,
    /// Name servers.
    pub(super) dns_servers: Vec<Ipv4Addr>,
    /// Time servers.
    pub(super) ntp_servers: Vec<Ipv4Addr>,
    /// Domain.
    pub(super) domain: Option<String>,
    /// Options that are sent, by number.
    pub(super) options: BTreeSet<u8>,
    /// Options with addresses whose value is not read.
    pub(super) unread_options: BTreeSet<u8>,
    /// Failover partner.
    pub(super) failover: Option<String>,
    /// Whether only known clients are answered.
    pub(super) known_only: bool,
    /// Whether a class or expression decides who is answered.
    pub(super) conditional: bool,
    /// Statements of the scope and its ranges.
    pub(super) at: Vec<StatementRef>,
    /// Statements of the options for gateways, name servers and time servers.
    pub(super) option_at: BTreeMap<u8, StatementRef>,
}

/// The scope of a server that serves a subnet: the most specific one that contains its addresses.
pub(super) fn scope_for(
    device: &Device,
    subnet: Ipv4Net,
    giaddr: Ipv4Addr,
) -> Option<(&FacetKey, &DhcpScope)> {
    device
        .dhcp_scopes()
        .filter(|(_, scope)| {
            scope
                .subnet
                .as_ref()
                .is_some_and(|at| at.value.contains(&giaddr) || at.value.trunc() == subnet.trunc())
        })
        .max_by_key(|(key, scope)| {
            let length = scope.subnet.as_ref().map_or(0, |at| at.value.prefix_len());
            (
                !scope.ranges.is_empty() || !scope.reservations.is_empty(),
                length,
                std::cmp::Reverse((*key).clone()),
            )
        })
}

/// Whether a facet of a server may bear on the clients of a subnet: all but scopes of others.
pub(super) fn may_serve(device: &Device, key: &FacetKey, clients: Ipv4Net) -> bool {
    let scope = device.dhcp_scope(&key.name);
    let scope = scope.filter(|_| key.kind == FacetKind::DhcpScope);
    let subnet = scope.and_then(|scope| scope.subnet.as_ref());
    subnet.is_none_or(|subnet| {
        let (one, other) = (subnet.value.trunc(), clients.trunc());
        one.contains(&other) || other.contains(&one)
    })
}

/// What a scope offers, with the server's own settings beneath it.
pub(super) fn offer(device: &Device, key: &FacetKey, scope: &DhcpScope) -> Offer {
    let empty = DhcpServer::default();
    let server = device.dhcp_server("").unwrap_or(&empty);
    let option = |number: u8| scope.options.get(&number).or(server.options.get(&number));
    let mut unread = BTreeSet::new();
    let mut option_at = BTreeMap::new();
    let mut addresses = |number: u8| {
        let Some(value) = option(number) else {
            return Vec::new();
        };
        option_at.insert(number, value.at);
        match &value.value {
            OptionValue::Addresses(addresses) => addresses.clone(),
            OptionValue::Text(_) | OptionValue::Number(_) | OptionValue::Raw(_) => {
                unread.insert(number);
                Vec::new()
            }
        }
    };
    let routers = addresses(dhcp_option::ROUTERS);
    let dns_servers = addresses(dhcp_option::DNS_SERVERS);
    let ntp_servers = addresses(dhcp_option::NTP_SERVERS);
    let known_only = scope.deny_unknown.as_ref().is_some_and(|at| at.value);
    let mut at: Vec<StatementRef> = Vec::new();
    at.extend(scope.defined_at.as_ref().map(|defined| defined.at));
    at.extend(scope.ranges.iter().map(|range| range.at));
    Offer {
        scope: key.clone(),
        free: if known_only {
            Vec::new()
        } else {
            free(scope, server)
        },
        reserved: u64::try_from(scope.reservations.len()).unwrap_or(u64::MAX),
        lease_s: crate::model::dhcp::lease_s(device, scope),
        renewal_s: number(option(dhcp_option::RENEWAL_TIME)),
        rebinding_s: number(option(dhcp_option::REBINDING_TIME)),
        routers,
        dns_servers,
        ntp_servers,
        domain: text(option(dhcp_option::DOMAIN_NAME)),
        options: scope
            .options
            .keys()
            .chain(server.options.keys())
            .copied()
            .collect(),
        unread_options: unread,
        failover: scope.failover_peer.as_ref().map(|peer| peer.value.clone()),
        known_only,
        conditional: scope.conditional || server.conditional,
        at,
        option_at,
    }
}

/// What makes it unknown whether clients of a subnet can use what a scope offers: another mask
/// than the subnet's, or addresses that are not free on the wire.
pub(super) fn doubts(
    device: &Device,
    (key, scope): (&FacetKey, &DhcpScope),
    offer: &Offer,
    subnet: Ipv4Net,
    owned: &[Ipv4Addr],
) -> Vec<String> {
    let name = &key.name;
    let mut out = Vec::new();
    let set = scope.options.get(&dhcp_option::SUBNET_MASK).or_else(|| {
        let server = device.dhcp_server("")?;
        server.options.get(&dhcp_option::SUBNET_MASK)
    });
    let mask = match set.map(|at| &at.value) {
        None => scope.subnet.as_ref().map(|at| at.value.netmask()),
        Some(OptionValue::Addresses(masks)) => masks.first().copied(),
        Some(OptionValue::Text(_) | OptionValue::Number(_) | OptionValue::Raw(_)) => None,
    };
    if mask != Some(subnet.netmask()) {
        let mask = mask.map_or_else(
            || "an unread mask".to_owned(),
            |mask| format!("mask {mask}"),
        );
        out.push(format!("scope {name} gives {mask} to clients of {subnet}"));
    }
    let is_free = |address: Ipv4Addr| {
        let bits = u32::from(address);
        offer
            .free
            .iter()
            .any(|(low, high)| (*low..=*high).contains(&bits))
    };
    let reserved: Vec<Ipv4Addr> = scope
        .reservations
        .iter()
        .filter_map(|at| at.value.address)
        .collect();
    let mut taken: Vec<Ipv4Addr> = owned.iter().chain(&offer.routers).copied().collect();
    // Addresses of the subnet itself are no hosts' (RFC 1122 §3.2.1.3), but below /31 (RFC 3021).
    if subnet.prefix_len() < 31 {
        taken.extend([subnet.network(), subnet.broadcast()]);
    }
    taken.sort_unstable();
    taken.dedup();
    for address in taken {
        if is_free(address) || reserved.contains(&address) {
            out.push(format!(
                "scope {name} leases {address}, which is no client's on {subnet}"
            ));
        }
    }
    out
}

/// Addresses that can be leased to anybody: ranges without exclusions and reservations.
fn free(scope: &DhcpScope, server: &DhcpServer) -> Vec<(u32, u32)> {
    let kept = scope
        .reservations
        .iter()
        .filter_map(|at| at.value.address)
        .map(|address| (address, address));
    let gone = merged(server.excluded.iter().map(|at| at.value).chain(kept));
    let mut out = Vec::new();
    for (low, high) in merged(scope.ranges.iter().map(|at| at.value)) {
        let mut next = Some(low);
        for (from, to) in &gone {
            let Some(start) = next else { break };
            if *to < start || *from > high {
                continue;
            }
            if *from > start {
                out.push((start, from - 1));
            }
            next = to.checked_add(1).filter(|start| *start <= high);
        }
        out.extend(next.map(|start| (start, high)));
    }
    out
}

/// Number of addresses in the union of intervals.
pub(super) fn size(intervals: impl Iterator<Item = (u32, u32)>) -> u64 {
    merged(intervals.map(|(low, high)| (low.into(), high.into())))
        .into_iter()
        .map(|(low, high)| u64::from(high - low) + 1)
        .sum()
}

/// Ranges as ascending, disjoint intervals.
fn merged(ranges: impl Iterator<Item = (Ipv4Addr, Ipv4Addr)>) -> Vec<(u32, u32)> {
    let mut sorted: Vec<(u32, u32)> = ranges
        .map(|(low, high)| (u32::from(low), u32::from(high)))
        .filter(|(low, high)| low <= high)
        .collect();
    sorted.sort_unstable();
    let mut out: Vec<(u32, u32)> = Vec::with_capacity(sorted.len());
    for (low, high) in sorted {
        match out.last_mut() {
            Some(last) if low <= last.1 => last.1 = last.1.max(high),
            Some(_) | None => out.push((low, high)),
        }
    }
    out
}

/// A number of seconds.
fn number(value: Option<&At<OptionValue>>) -> Option<u64> {
    match &value?.value {
        OptionValue::Number(number) => Some(*number),
        OptionValue::Text(text) | OptionValue::Raw(text) => text.trim().parse().ok(),
        OptionValue::Addresses(_) => None,
    }
}

/// A text.
fn text(value: Option<&At<OptionValue>>) -> Option<String> {
    match &value?.value {
        OptionValue::Text(text) | OptionValue::Raw(text) => Some(text.trim_matches('"').to_owned()),
        OptionValue::Addresses(_) | OptionValue::Number(_) => None,
    }
}

/// Addresses of a network that devices hold; a Cisco IOS server leaves its own ones out by itself
/// (Cisco IOS DHCP Configuration Guide, "Excluding IP Addresses").
pub(super) fn owned_by_others(
    state: &State<'_, '_>,
    network: &Network,
    server: &Device,
) -> Vec<Ipv4Addr> {
    let world = state.world;
    let is_own = |address: &Ipv4Addr| {
        server.dialects.contains(&"cisco-ios")
            && world.owners(*address).iter().any(|id| {
                let owner = world.device(world.interface(*id).device).device;
                owner.is_some_and(|owner| owner.name == server.name)
            })
    };
    world
        .owned_between(network.subnet.network(), network.subnet.broadcast())
        .iter()
        .copied()
        .filter(|address| !is_own(address))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    /// A value whose place no test looks at.
    fn at<T>(value: T) -> At<T> {
        let place = StatementRef {
            file: FileId(0),
            statement: 0,
        };
        At::new(value, place)
    }

    /// Address 10.0.0.`last`.
    fn address(last: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, last)
    }

    #[test]
    fn exclusions_and_overlaps_are_counted_once() {
        let scope = DhcpScope {
            name: "s".to_owned(),
            defined_at: None,
            subnet: None,
            shared_network: None,
            ranges: vec![
                at((address(10), address(20))),
                at((address(15), address(30))),
            ],
            options: BTreeMap::new(),
            lease: crate::model::dhcp::LeaseTimes::default(),
            reservations: vec![at(crate::model::dhcp::Reservation {
                name: "printer".to_owned(),
                client: None,
                address: Some(address(30)),
            })],
            failover_peer: None,
            deny_unknown: None,
            conditional: false,
        };
        let server = DhcpServer {
            excluded: vec![
                at((address(1), address(11))),
                at((address(11), address(12))),
            ],
            ..DhcpServer::default()
        };
        let free = free(&scope, &server);
        let ranges: Vec<(Ipv4Addr, Ipv4Addr)> = free
            .iter()
            .map(|(low, high)| ((*low).into(), (*high).into()))
            .collect();
        assert_eq!(ranges, vec![(address(13), address(29))]);
        assert_eq!(size(free.iter().copied().chain(free.iter().copied())), 17);
    }

    #[test]
    fn a_full_range_ends_without_overflow() {
        let all = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST);
        assert_eq!(size(merged([all, all].into_iter()).into_iter()), 1 << 32);
    }
}
