//! What DHCP servers tell the pumps of a network.

use std::net::Ipv4Addr;

use super::{Answer, Item, Subject, exact, number};
use crate::intent::Value;
use crate::model::dhcp::{DhcpScope, DhcpServer, OptionValue};
use crate::model::{FacetKey, FacetKind};
use crate::net::registry::dhcp_option;
use crate::rule::place::Side;
use crate::source::{At, StatementRef};

/// A scope of the pump network with the settings of its server.
struct Scope<'a> {
    /// Name of the device that serves it.
    device: &'a str,
    /// Seconds of a lease that the client asks no length for.
    lease_s: u64,
    /// Its key.
    key: &'a FacetKey,
    /// What it says.
    says: &'a DhcpScope,
    /// Settings outside scopes.
    server: Option<&'a DhcpServer>,
}

impl<'a> Scope<'a> {
    /// An option, of the scope or else of the server.
    fn option(&self, code: u8) -> Option<&'a At<OptionValue>> {
        self.says
            .options
            .get(&code)
            .or_else(|| self.server?.options.get(&code))
    }

    /// Seconds and statements of a lease that the client asks no length for.
    fn lease(&self) -> (u64, Vec<StatementRef>) {
        let of = |pick: fn(&crate::model::dhcp::LeaseTimes) -> &Option<At<u64>>| {
            pick(&self.says.lease)
                .as_ref()
                .or_else(|| pick(&self.server?.lease).as_ref())
        };
        let says = [
            of(|lease| &lease.default),
            of(|lease| &lease.max),
            of(|lease| &lease.min),
        ];
        let says = says.into_iter().flatten();
        let places = says.filter(|at| at.value == self.lease_s).map(|at| at.at);
        (self.lease_s, places.take(1).collect())
    }

    /// Its name in answers.
    fn name(&self) -> String {
        format!("{} {}", self.device, self.key.name)
    }
}

/// The scopes whose subnet meets the pump network.
fn scopes<'a>(subject: &Subject<'a>) -> Vec<Scope<'a>> {
    let Some(wanted) = subject.pump_network().map(|network| network.subnet) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (name, device) in &subject.network().devices {
        for (key, scope) in device.dhcp_scopes() {
            let meets = scope.subnet.as_ref().is_some_and(|subnet| {
                subnet.value.contains(&wanted) || wanted.contains(&subnet.value)
            });
            if meets {
                out.push(Scope {
                    device: name,
                    lease_s: crate::model::dhcp::lease_s(device, scope),
                    key,
                    says: scope,
                    server: device.dhcp_server(""),
                });
            }
        }
    }
    out
}

/// Runs `read` over the scopes; a scope that decides by client makes the answer unknown.
fn answer<'a>(subject: &Subject<'a>, read: impl Fn(&Scope<'a>) -> Vec<Item>) -> Answer {
    let scopes = scopes(subject);
    if let Some(scope) = scopes
        .iter()
        .find(|scope| scope.says.conditional || scope.server.is_some_and(|one| one.conditional))
    {
        let name = scope.name();
        return Answer::Unknown(format!("scope {name} decides by client who is told what"));
    }
    Answer::from_items(scopes.iter().flat_map(read))
}

/// Lease time.
pub(super) fn lease_s(subject: &Subject<'_>) -> Answer {
    let read = answer(subject, |scope| {
        let (seconds, at) = scope.lease();
        vec![Item::of(scope.name(), number(seconds), scope.device, scope.key).at(at)]
    });
    or_noted(subject, read, "lease_s")
}

/// T1: half the lease (RFC 2131 §4.4.5), or option 58.
pub(super) fn renew_s(subject: &Subject<'_>) -> Answer {
    let read = answer(subject, |scope| {
        let told = scope
            .option(dhcp_option::RENEWAL_TIME)
            .and_then(|at| match &at.value {
                OptionValue::Number(seconds) => Some((*seconds, vec![at.at])),
                OptionValue::Addresses(_) | OptionValue::Text(_) | OptionValue::Raw(_) => None,
            });
        let (seconds, at) = told.unwrap_or_else(|| {
            let (seconds, at) = scope.lease();
            (seconds / 2, at)
        });
        vec![Item::of(scope.name(), number(seconds), scope.device, scope.key).at(at)]
    });
    or_noted(subject, read, "t1_s")
}

/// What the judgment noted, where the text itself says nothing.
fn or_noted(subject: &Subject<'_>, read: Answer, name: &str) -> Answer {
    let Answer::Absent = read else { return read };
    match subject.noted_number(name) {
        Some((value, origins)) => Answer::Values(vec![Item {
            key: "in effect".to_owned(),
            value: Value::Number(value),
            origins,
            facet: None,
            place: None,
        }]),
        None => Answer::Absent,
    }
}

/// Name servers of leases.
pub(super) fn dns_servers(subject: &Subject<'_>) -> Answer {
    addresses(subject, dhcp_option::DNS_SERVERS)
}

/// Time servers of leases.
pub(super) fn ntp_servers(subject: &Subject<'_>) -> Answer {
    addresses(subject, dhcp_option::NTP_SERVERS)
}

/// Default gateways of leases.
pub(super) fn routers(subject: &Subject<'_>) -> Answer {
    addresses(subject, dhcp_option::ROUTERS)
}

/// The members of an option that holds addresses.
fn addresses(subject: &Subject<'_>, code: u8) -> Answer {
    answer(subject, |scope| {
        let Some(option) = scope.option(code) else {
            return Vec::new();
        };
        members(&option.value)
            .into_iter()
            .map(|member| {
                let value = Value::Text(member.clone());
                Item::of(member, value, scope.device, scope.key).at([option.at])
            })
            .collect()
    })
}

/// The members of an option's value.
fn members(value: &OptionValue) -> Vec<String> {
    match value {
        OptionValue::Addresses(addresses) => addresses.iter().map(ToString::to_string).collect(),
        OptionValue::Text(text) | OptionValue::Raw(text) => vec![text.clone()],
        OptionValue::Number(number) => vec![number.to_string()],
    }
}

/// Options that have attributes of their own, or say what the address itself says.
const APART: &[u8] = &[
    dhcp_option::SUBNET_MASK,
    dhcp_option::LEASE_TIME,
    dhcp_option::RENEWAL_TIME,
    dhcp_option::REBINDING_TIME,
];

/// Options in effect.
pub(super) fn options(subject: &Subject<'_>) -> Answer {
    answer(subject, |scope| {
        let of_server = scope.server.into_iter().flat_map(|server| &server.options);
        let mut items: Vec<Item> = Vec::new();
        for (code, option) in scope.says.options.iter().chain(of_server) {
            let key = format!("{} option {code}", scope.device);
            if APART.contains(code) || items.iter().any(|item| item.key == key) {
                continue;
            }
            // Which addresses a list holds is judged where pumps go to them; here counts its form.
            let value = match &option.value {
                OptionValue::Addresses(_) => "addresses".to_owned(),
                OptionValue::Text(_) | OptionValue::Number(_) | OptionValue::Raw(_) => {
                    members(&option.value).join(" ")
                }
            };
            let value = Value::Text(value);
            items.push(Item::of(key, value, scope.device, scope.key).at([option.at]));
        }
        items
    })
}

/// Reservations.
pub(super) fn reservations(subject: &Subject<'_>) -> Answer {
    answer(subject, |scope| {
        scope
            .says
            .reservations
            .iter()
            .map(|reservation| {
                let kept = &reservation.value;
                let client = kept.client.as_ref().unwrap_or(&kept.name);
                let value = kept
                    .address
                    .map_or("none".to_owned(), |one| one.to_string());
                Item::of(client, Value::Text(value), scope.device, scope.key).at([reservation.at])
            })
            .collect()
    })
}

/// Leasable addresses of the pump network, as ranges in order, and the statements that say so.
fn leasable(subject: &Subject<'_>) -> Result<(Ranges, Vec<Item>), Answer> {
    let found = answer(subject, |scope| {
        let ranges = scope.says.ranges.iter();
        ranges
            .map(|range| {
                let (low, high) = range.value;
                let key = format!("{low} {high}");
                Item::of(key, Value::Bool(true), scope.device, scope.key).at([range.at])
            })
            .collect()
    });
    let Answer::Values(items) = found else {
        return Err(found);
    };
    let scopes = scopes(subject);
    let leased = merged(
        scopes
            .iter()
            .flat_map(|scope| scope.says.ranges.iter().map(|range| bits(range.value))),
    );
    let excluded = merged(
        scopes
            .iter()
            .filter_map(|scope| scope.server)
            .flat_map(|server| server.excluded.iter().map(|range| bits(range.value))),
    );
    Ok((without(leased, &excluded), items))
}

/// Inclusive ranges of addresses, ascending, none meeting another.
type Ranges = Vec<(u64, u64)>;

/// Number of addresses in ranges.
fn count(ranges: &[(u64, u64)]) -> u64 {
    ranges.iter().map(|(low, high)| high - low + 1).sum()
}

/// Ranges without those of other ranges.
fn without(ranges: Ranges, others: &[(u64, u64)]) -> Ranges {
    others.iter().fold(ranges, |ranges, (first, last)| {
        let parts = ranges.into_iter().flat_map(|(low, high)| {
            let below = (low < *first).then(|| (low, high.min(first - 1)));
            let above = (high > *last).then(|| (low.max(last + 1), high));
            below.into_iter().chain(above)
        });
        parts.collect()
    })
}

/// Ranges without overlap, in order.
fn merged(ranges: impl Iterator<Item = (u64, u64)>) -> Ranges {
    let mut sorted: Vec<_> = ranges.filter(|(low, high)| low <= high).collect();
    sorted.sort_unstable();
    let mut out = Ranges::new();
    for (low, high) in sorted {
        match out.last_mut() {
            Some(last) if low <= last.1 => last.1 = last.1.max(high),
            Some(_) | None => out.push((low, high)),
        }
    }
    out
}

/// A range of addresses as numbers.
fn bits((low, high): (Ipv4Addr, Ipv4Addr)) -> (u64, u64) {
    (u64::from(u32::from(low)), u64::from(u32::from(high)))
}

/// Pumps that take a lease on the network.
fn pumps(subject: &Subject<'_>) -> u64 {
    subject
        .groups()
        .filter(|group| group.dhcp)
        .flat_map(|group| &group.firmware)
        .map(|firmware| u64::from(firmware.count))
        .sum()
}

/// A number made from the leasable addresses, with the ranges' statements.
fn from_leasable(subject: &Subject<'_>, make: impl Fn(&Ranges) -> f64) -> Answer {
    let (ranges, items) = match leasable(subject) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let facet = items.first().and_then(|item| item.facet.clone());
    Answer::Values(vec![Item {
        key: subject.change.requirement.network.clone(),
        value: Value::Number(make(&ranges)),
        origins: items.into_iter().flat_map(|item| item.origins).collect(),
        facet: facet.or_else(|| {
            let key = FacetKey::new(FacetKind::DhcpServer, "");
            Some((String::new(), key))
        }),
        place: None,
    }])
}

/// Addresses that leases of before may hold and that are still leased.
pub(super) fn pool_kept(subject: &Subject<'_>) -> Answer {
    let before = Subject {
        side: Side::Before,
        ..*subject
    };
    let Ok((held, _)) = leasable(&before) else {
        return Answer::Absent;
    };
    from_leasable(subject, |ranges| {
        exact(count(&held) - count(&without(held.clone(), ranges)))
    })
}

/// Free addresses; negative where there are too few.
pub(super) fn pool_free(subject: &Subject<'_>) -> Answer {
    from_leasable(subject, |ranges| {
        exact(count(ranges)) - exact(pumps(subject))
    })
}

/// Share of the addresses in use, in percent; 100 and more where there are none.
pub(super) fn pool_used_percent(subject: &Subject<'_>) -> Answer {
    from_leasable(subject, |ranges| {
        (exact(pumps(subject)) * 100.0 / exact(count(ranges)).max(1.0)).round()
    })
}
