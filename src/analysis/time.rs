//! The time stage: the time servers that pumps use are reached and answer.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use super::goal::first_hop::first_hop;
use super::memory::Settings;
use super::name::{fact, fail, list};
use super::state::{Case, EPHEMERAL, From, Part, State, add_symbol};
use super::{Nominal, Shape, StageOutcome, Symbol};
use crate::intent::{Port, Stage};
use crate::model::FacetKind;
use crate::net::registry::{PORT_NTP, dhcp_option};

/// Whether pumps can ask for the time, with each server of the site.
pub(super) fn keep(
    state: &State<'_, '_>,
    case: &Case<'_>,
    settings: &Settings,
) -> (Part, Vec<(Ipv4Addr, Nominal)>) {
    let mut part = Part::new(StageOutcome::works(Stage::Time, String::new()));
    if case.bool("ntp.used") == Some(false) {
        "the pump asks no time server".clone_into(&mut part.stage.why);
        return (part, Vec::new());
    }
    let used = used_servers(case, settings, &mut part);
    fact(&mut part, "ntp_servers", list(&used));
    let mut servers = Vec::new();
    let mut whys = Vec::new();
    for server in &case.service.servers {
        let works = used.contains(server)
            && reaches(state, case, *server, &mut part, &mut whys)
            && keeps_time(state, *server, &mut part, &mut whys);
        servers.push((
            *server,
            if works {
                Nominal::Works
            } else {
                Nominal::Fails
            },
        ));
    }
    for server in used
        .iter()
        .filter(|server| !case.service.servers.contains(server))
    {
        whys.push(format!(
            "{server} is told to pumps and is no time server of the site"
        ));
    }
    let working = servers
        .iter()
        .filter(|(_, nominal)| *nominal == Nominal::Works)
        .count();
    if working < case.service.need {
        let shape = part.stage.shape.unwrap_or(Shape::Drop);
        if used.is_empty() {
            whys.push("pumps are told no time server".to_owned());
        }
        fail(&mut part, shape, whys.join("; "));
    } else {
        part.stage.nominal = Nominal::Works;
        part.stage.shape = None;
        part.stage.failing.clear();
        part.stage.witness = None;
        part.stage.why = format!("{working} of {} time servers answer", servers.len());
    }
    (part, servers)
}

/// Time servers that pumps use, in order.
fn used_servers(case: &Case<'_>, settings: &Settings, part: &mut Part) -> Vec<Ipv4Addr> {
    let site = case.service.servers.clone();
    let told = settings.ntp.as_ref().filter(|_| case.group.dhcp);
    match (case.text("ntp.source"), told) {
        (Some("dhcp"), Some(told)) => {
            part.reads.merge(&settings.reads);
            for symbol in &settings.symbols {
                add_symbol(&mut part.stage.symbols, symbol.clone());
            }
            part.stage
                .decided_by
                .extend(settings.option_at.get(&dhcp_option::NTP_SERVERS));
            told.clone()
        }
        (None, Some(told)) => {
            part.reads.merge(&settings.reads);
            for symbol in &settings.symbols {
                add_symbol(&mut part.stage.symbols, symbol.clone());
            }
            // Where both sources name the same servers, it does not matter which one pumps use.
            if told.iter().any(|server| !site.contains(server))
                || site.iter().any(|server| !told.contains(server))
            {
                add_symbol(
                    &mut part.stage.symbols,
                    Symbol::Field("ntp.source".to_owned()),
                );
                part.stage
                    .decided_by
                    .extend(settings.option_at.get(&dhcp_option::NTP_SERVERS));
            }
            site
        }
        (Some(_) | None, _) => site,
    }
}

/// Whether a time server answers, from the port of the protocol and from any other: which of them
/// a pump uses is not known (RFC 5905 §9.1; RFC 9109 §3).
fn reaches(
    state: &State<'_, '_>,
    case: &Case<'_>,
    server: Ipv4Addr,
    part: &mut Part,
    whys: &mut Vec<String>,
) -> bool {
    let any = state.passage_from(&case.pumps(), server, Port::Udp(PORT_NTP), EPHEMERAL);
    let own = state.passage_from(
        &case.pumps(),
        server,
        Port::Udp(PORT_NTP),
        (PORT_NTP, PORT_NTP),
    );
    let known = match case.text("ntp.source_port") {
        Some("123") => Some(&own),
        Some("any") => Some(&any),
        Some(_) | None => None,
    };
    if let Some(passage) = known {
        part.absorb(passage);
        if passage.nominal == Nominal::Fails {
            part.stage.shape = passage.shape;
            whys.push(format!("{server}: {}", passage.why));
        }
        return passage.nominal == Nominal::Works;
    }
    let (good, bad) = match (any.nominal, own.nominal) {
        (Nominal::Works, Nominal::Works) => {
            part.absorb(&any);
            part.absorb(&own);
            return true;
        }
        (Nominal::Fails, Nominal::Fails) => {
            part.absorb(&any);
            part.reads.merge(&own.reads);
            part.stage.shape = any.shape;
            whys.push(format!("{server}: {}", any.why));
            return false;
        }
        (Nominal::Works, Nominal::Fails) => (&any, &own),
        (Nominal::Fails, Nominal::Works) => (&own, &any),
    };
    part.absorb(good);
    part.reads.merge(&bad.reads);
    add_symbol(
        &mut part.stage.symbols,
        Symbol::Field("ntp.source_port".to_owned()),
    );
    true
}

/// Dialects of devices that serve time only while they have a source of it (Cisco IOS Basic System
/// Management Configuration Guide, "NTP": no command, no service; RFC 5905 §7.3: an unsynchronized
/// server says so, and clients do not use it).
const ROUTERS: [&str; 3] = ["cisco-ios", "cisco-nxos", "arista-eos"];

/// Whether a router that pumps ask for the time has it from somewhere; true for all other servers.
fn keeps_time(
    state: &State<'_, '_>,
    server: Ipv4Addr,
    part: &mut Part,
    whys: &mut Vec<String>,
) -> bool {
    let world = state.world;
    let active = first_hop(world, server);
    let active = active.active.iter().map(|one| one.interface);
    let takers: BTreeSet<_> = world.owners(server).iter().copied().chain(active).collect();
    let mut keeps = true;
    for taker in takers {
        let entry = world.device(world.interface(taker).device);
        let Some(device) = entry.device else {
            continue;
        };
        if !device.dialects.iter().any(|id| ROUTERS.contains(id)) {
            continue;
        }
        part.reads.read(&entry.name, FacetKind::Ntp, "");
        let ntp = device.ntp("");
        let sources = ntp.map_or(&[][..], |ntp| &ntp.servers);
        let to_clients = ntp.and_then(|ntp| ntp.serves.as_ref());
        if device.dialects.contains(&"arista-eos") && !to_clients.is_some_and(|at| at.value) {
            // `ntp serve` of an interface is not read.
            let is_read = |hole: &crate::model::Hole| {
                (hole.facet.as_ref()).is_none_or(|key| key.kind != FacetKind::Interface)
            };
            if device.holes.iter().all(is_read) {
                whys.push(format!("{} answers no clients", entry.name));
                keeps = false;
            } else {
                let why = format!("which clients {} answers", entry.name);
                add_symbol(&mut part.stage.symbols, Symbol::Undecided(why));
            }
        }
        if ntp.is_some_and(|ntp| ntp.master.is_some()) {
            continue;
        }
        let from = From::Address(server);
        let asked = sources.iter().filter_map(|source| match source.value {
            IpAddr::V4(source) => Some(state.passage(&from, source, Port::Udp(PORT_NTP))),
            IpAddr::V6(_) => None,
        });
        let mut synchronized = false;
        for passage in asked {
            part.reads.merge(&passage.reads);
            if passage.nominal == Nominal::Works && !synchronized {
                part.absorb(&passage);
                synchronized = true;
            }
        }
        if !synchronized {
            whys.push(if sources.is_empty() {
                format!("{} is told no source of time and serves none", entry.name)
            } else {
                format!("{} reaches none of its sources of time", entry.name)
            });
            keeps = false;
        }
    }
    keeps
}
