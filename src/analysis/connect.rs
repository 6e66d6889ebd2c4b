//! The connect, secure and upstream stages.
//!
//! Packets reach the server and answers come back, TLS can be agreed on, and the server reaches
//! what it needs itself.

use std::net::Ipv4Addr;

use super::name::{fact, fail, list};
use super::state::{Case, From, Part, State, add_symbol};
use super::{Nominal, Shape, StageOutcome, Symbol};
use crate::intent::{Service, Stage};

/// Whether pumps reach these addresses on every port of the service, with each address.
///
/// Of addresses that a name gave, pumps may use any, so each must work; of addresses that pumps
/// hold, as many as the site says that they need.
pub(super) fn connect(
    state: &State<'_, '_>,
    case: &Case<'_>,
    addresses: &[Ipv4Addr],
    by_name: bool,
) -> (Part, Vec<(Ipv4Addr, Nominal)>) {
    let mut part = Part::new(StageOutcome::works(Stage::Connect, String::new()));
    let need = if by_name {
        addresses.len().max(1)
    } else {
        case.service.need
    };
    let mut servers = Vec::new();
    let mut whys = Vec::new();
    let mut failed = Vec::new();
    for address in addresses {
        let mut works = true;
        for port in &case.service.ports {
            let passage = state.passage(&case.pumps(), *address, *port);
            if passage.nominal == Nominal::Fails {
                works = false;
                whys.push(format!("{address}: {}", passage.why));
                part.reads.merge(&passage.reads);
                failed.push(passage);
            } else {
                let path: Vec<&str> = passage.path.iter().map(|device| &**device).collect();
                fact(&mut part, "path", path.join(" "));
                part.absorb(&passage);
            }
        }
        servers.push((
            *address,
            if works {
                Nominal::Works
            } else {
                Nominal::Fails
            },
        ));
    }
    fact(&mut part, "address", list(addresses));
    let working = servers
        .iter()
        .filter(|(_, nominal)| *nominal == Nominal::Works)
        .count();
    if working >= need {
        for passage in &failed {
            for symbol in &passage.symbols {
                add_symbol(&mut part.stage.symbols, symbol.clone());
            }
        }
        part.stage.why = format!("{} answers", list(addresses));
        return (part, servers);
    }
    for passage in &failed {
        part.absorb(passage);
    }
    let shape = failed
        .first()
        .and_then(|passage| passage.shape)
        .unwrap_or(Shape::Drop);
    if whys.is_empty() {
        whys.push(format!("{working} of {need} needed servers are there"));
    }
    fail(&mut part, shape, whys.join("; "));
    (part, servers)
}

/// TLS versions in ascending order, as profiles and sites write them.
const TLS: [&str; 5] = ["none", "1.0", "1.1", "1.2", "1.3"];

/// Whether pumps speak the lowest TLS version that the service accepts; `None` where the site does
/// not say one.
pub(super) fn secure(case: &Case<'_>, field: &'static str) -> Option<Part> {
    let minimum = case.service.tls_min.as_deref()?;
    let mut part = Part::new(StageOutcome::works(Stage::Secure, String::new()));
    fact(&mut part, "tls_min", minimum);
    let rank = |version: &str| TLS.iter().position(|known| *known == version);
    match case.text(field) {
        None => {
            add_symbol(&mut part.stage.symbols, Symbol::Field(field.to_owned()));
            part.stage.why = format!("the service accepts TLS {minimum} and later");
        }
        Some(maximum) => {
            fact(&mut part, "tls_max", maximum);
            match (rank(minimum), rank(maximum)) {
                (Some(low), Some(high)) if low > high => fail(
                    &mut part,
                    Shape::HandshakeFailure,
                    format!(
                        "the service accepts TLS {minimum} and later, the pump speaks up to {maximum}"
                    ),
                ),
                (Some(_), Some(_)) => {
                    part.stage.why = format!("both speak TLS {minimum}");
                }
                (None, _) | (_, None) => add_symbol(
                    &mut part.stage.symbols,
                    Symbol::Undecided(format!("TLS versions {minimum} and {maximum}")),
                ),
            }
        }
    }
    Some(part)
}

/// Whether these servers of a service reach the services that it uses; `None` where it uses none.
pub(super) fn upstream(
    state: &State<'_, '_>,
    service: &Service,
    servers: &[Ipv4Addr],
) -> Option<Part> {
    let used: Vec<&Service> = service
        .uses
        .iter()
        .filter_map(|id| state.intent.site.services.get(id))
        .filter(|used| !used.servers.is_empty() && !used.ports.is_empty())
        .collect();
    if used.is_empty() {
        return None;
    }
    let mut part = Part::new(StageOutcome::works(Stage::Upstream, String::new()));
    for server in servers {
        for other in &used {
            reach_service(state, *server, other, &mut part);
        }
    }
    if part.stage.nominal == Nominal::Works {
        let ids: Vec<&str> = used.iter().map(|used| used.id.as_str()).collect();
        part.stage.why = format!("{} reaches {}", list(servers), list(&ids));
    }
    Some(part)
}

/// Whether one server reaches enough servers of another service.
fn reach_service(state: &State<'_, '_>, server: Ipv4Addr, other: &Service, part: &mut Part) {
    let mut working = 0;
    let mut failed = Vec::new();
    for address in &other.servers {
        let passages: Vec<_> = other
            .ports
            .iter()
            .map(|port| state.passage(&From::Address(server), *address, *port))
            .collect();
        let bad = passages
            .iter()
            .find(|passage| passage.nominal == Nominal::Fails);
        if let Some(bad) = bad {
            failed.push((*address, bad.clone()));
        } else {
            working += 1;
            for passage in &passages {
                part.absorb(passage);
            }
        }
    }
    let enough = working >= other.need;
    let mut whys = Vec::new();
    for (address, passage) in &failed {
        if enough {
            part.reads.merge(&passage.reads);
        } else {
            part.absorb(passage);
            whys.push(format!(
                "{server} does not reach {address}: {}",
                passage.why
            ));
        }
    }
    if !enough {
        let shape = failed
            .first()
            .and_then(|(_, passage)| passage.shape)
            .unwrap_or(Shape::Drop);
        fail(part, shape, format!("{}: {}", other.id, whys.join("; ")));
    }
}
