//! OSPF: the process, and what interfaces say of it.

use super::{UNDEFINED, access_list_name, interface};
use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, Respelled, number, ospf as family, room, some, unmodeled,
};
use crate::model::interface::{Interface, InterfaceKind};
use crate::model::ospf::{AreaKind, OspfProcess, OspfRange};
use crate::model::route_policy::{RouteFilter, RouteSource};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::source::{At, StatementRef};
use crate::syntax::Effect;

/// Name of the process of the default VRF, which has none.
pub(super) const DEFAULT: &str = "default";
/// Reference bandwidth in Mbit/s (FRR sources, `ospfd/ospfd.h`, `OSPF_DEFAULT_REF_BANDWIDTH`; the
/// documentation says 100).
const REFERENCE: u32 = 100_000;
/// Equal paths that are used (FRR `configure --enable-multipath`: 64, Debian 256; the lower one).
pub(super) const PATHS: u32 = 64;
/// Metric of redistributed routes (FRR sources, `ospfd/ospf_asbr.h`, `DEFAULT_DEFAULT_METRIC`).
const METRIC: u32 = 20;
/// Metric of an originated default route that the router has (the same,
/// `DEFAULT_DEFAULT_ORIGINATE_METRIC`).
const ORIGINATE_METRIC: u32 = 10;

/// Opens the process of a VRF.
pub(super) fn define(lowering: &mut Lowering, line: &Line<'_, '_>, vrf: Option<&str>) {
    family::define(
        lowering,
        line,
        vrf.unwrap_or(DEFAULT),
        vrf.map(str::to_owned),
    );
    if let Some(key) = lowering.builder.block(line.at.statement)
        && let Some(Facet::Ospf(process)) = lowering.builder.existing(&key)
    {
        process.undefined = UNDEFINED;
        process.costs_by_speed = true;
        process.ranges_exclude = true;
        // FRR sources, `ospfd/ospf_abr.c`, `ospf_abr_announce_stub_defaults`.
        process.nssa_summary_default = true;
        // FRR sources, `ospfd/ospf_abr.c`, `ospf_abr_plist_in_check`, `ospf_abr_announce_aggregates`.
        process.loose_area_filters = true;
        // FRR sources, `ospfd/ospf_zebra.c`, `ospf_external_lsa_default_routemap_apply`.
        process.default_map_is_own = true;
        // FRR documentation, "compatible rfc1583": off by default.
        process.compatible_1583_default = false;
        // FRR sources, `ospfd/ospf_lsa.c`, `ospf_external_lsa_nexthop_get`.
        process.forwards_on_any_link = true;
        // FRR sources, `ospfd/ospf_route.c`, `ospf_find_asbr_route`.
        process.externals_through_nssa = true;
        process.max_metric_summaries = true;
        // FRR sources, `ospfd/ospf_zebra.c`: only ranges of areas are discarded.
        process.discards_outside = false;
    }
}

/// A line of a process.
pub(super) fn lower_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    let words = match line.low {
        ["ospf", "rfc1583compatibility"] => Respelled::plain(&["compatible", "rfc1583"], line, 2),
        ["ospf", "router-id", ..] => Respelled::plain(&[], line, 1),
        ["network", prefix, "area", named] => {
            let prefix: Ipv4Net = some(prefix.parse().ok())?;
            let area = some(family::area(named))?;
            lowering.builder.contribute_index(line.at, index);
            let Some(Facet::Ospf(process)) = lowering.builder.at_index(index) else {
                return Err(Gap::Odd);
            };
            let (base, wildcard) = (prefix.network(), prefix.hostmask());
            process
                .networks
                .retain(|known| (known.value.0, known.value.1) != (base, wildcard));
            process.networks.extend(line.value((base, wildcard, area)));
            return Ok(());
        }
        ["area", named, "nssa", rest @ ..] if rest.iter().all(|word| NSSA.contains(word)) => {
            return nssa(lowering, index, line, (named, rest));
        }
        ["area", named, "range", net, rest @ ..] => {
            lowering.builder.contribute_index(line.at, index);
            let Some(Facet::Ospf(process)) = lowering.builder.at_index(index) else {
                return Err(Gap::Odd);
            };
            let area = some(family::area(named))?;
            let ranges = &mut process.areas.entry(area).or_default().ranges;
            if range(ranges, line, net, rest).is_err() {
                return unread(lowering, index, line);
            }
            return Ok(());
        }
        [
            "area",
            _,
            "stub" | "default-cost" | "authentication" | "virtual-link" | "filter-list",
            ..,
        ]
        | ["summary-address", _]
        | ["distribute-list", _, "out", _] => Respelled::plain(&[], line, 0),
        ["summary-address", prefix, "no-advertise"] => {
            let head = ["summary-address", *prefix, "not-advertise"];
            return family::lower_line(
                lowering,
                index,
                &Line {
                    low: &head,
                    raw: &head,
                    ..*line
                },
            );
        }
        ["max-metric", "router-lsa", "administrative"] => {
            Respelled::plain(&["max-metric", "router-lsa"], line, 3)
        }
        ["redistribute", ..] => return redistribute(lowering, index, line),
        ["area" | "summary-address" | "distribute-list", ..] => {
            return unread(lowering, index, line);
        }
        _ => Respelled::plain(&[], line, 0),
    };
    family::lower_line(lowering, index, &words.line(line))
}

/// Words of a not-so-stubby area that are understood.
const NSSA: [&str; 4] = [
    "no-summary",
    "translate-always",
    "translate-candidate",
    "translate-never",
];

/// `area A nssa [translate-always|translate-candidate|translate-never] [no-summary]`: lines about
/// one area add up.
fn nssa(
    lowering: &mut Lowering,
    index: u32,
    line: &Line<'_, '_>,
    (named, rest): (&str, &[&str]),
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::Ospf(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let area = process.areas.entry(some(family::area(named))?).or_default();
    if line.negated && rest.is_empty() {
        (area.kind, area.translates) = (None, None);
        return Ok(());
    }
    let quiet = matches!(
        area.kind.map(|at| at.value),
        Some(AreaKind::Nssa {
            no_summary: true,
            ..
        })
    );
    let kind = AreaKind::Nssa {
        no_summary: (quiet || rest.contains(&"no-summary")) && !line.negated,
        default_originate: false,
    };
    area.kind = Some(At::new(kind, line.at));
    for word in rest {
        area.translates = match *word {
            "translate-always" => line.value(true),
            "translate-never" => line.value(false),
            "translate-candidate" => None,
            _ => area.translates,
        };
    }
    Ok(())
}

/// `redistribute SOURCE [metric N] [metric-type N] [route-map R]`.
fn redistribute(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    let words = match line.low {
        ["redistribute", "connected" | "static" | "kernel", ..] => Respelled::plain(&[], line, 0),
        // The number is of no process: the only one of the VRF is meant.
        ["redistribute", "bgp", ..] => Respelled::plain(&["redistribute", "bgp", "0"], line, 2),
        _ => return unread(lowering, index, line),
    };
    let words = words.and(&["subnets"]);
    let words = if line.negated {
        Respelled::plain(&[], line, 0)
    } else {
        words
    };
    family::lower_line(lowering, index, &words.line(line))
}

/// `area A range P …`: lines about one range add up (FRR sources, `ospfd/ospf_vty.c`).
fn range(
    ranges: &mut Vec<At<OspfRange>>,
    line: &Line<'_, '_>,
    net: &str,
    rest: &[&str],
) -> Lowered {
    let net = number::<Ipv4Net>(net)?.trunc();
    room(ranges)?;
    let known = ranges.iter().find(|range| range.value.net == net);
    let mut value = known.map_or(
        OspfRange {
            net,
            advertised: true,
            cost: None,
            substitute: None,
        },
        |known| known.value,
    );
    value.advertised = true;
    match rest {
        [] | ["advertise"] => {}
        ["not-advertise"] => {
            value.advertised = false;
            value.cost = None;
            value.substitute = None;
        }
        ["cost", cost] | ["advertise", "cost", cost] => value.cost = Some(number(cost)?),
        ["substitute", other] => value.substitute = Some(number::<Ipv4Net>(other)?.trunc()),
        ["cost", cost, "substitute", other] => {
            value.cost = Some(number(cost)?);
            value.substitute = Some(number::<Ipv4Net>(other)?.trunc());
        }
        _ => return Err(Gap::Odd),
    }
    if line.negated {
        match rest {
            [] | ["advertise" | "not-advertise"] => {
                ranges.retain(|range| range.value.net != net);
                return Ok(());
            }
            ["substitute", _] => value.substitute = None,
            // What stays of the range is not documented.
            _ => return Err(Gap::Odd),
        }
    }
    ranges.retain(|range| range.value.net != net);
    ranges.push(At::new(value, line.at));
    Ok(())
}

/// A setting that is not modeled.
fn unread(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    family::note_unread(lowering, index, line);
    unmodeled(Effect::Routing)
}

/// `ip ospf …` of an interface.
pub(super) fn interface_line(
    lowering: &mut Lowering,
    block: &Block,
    index: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    match line.low {
        ["ip", "ospf", "area"] if line.negated => {
            interface(lowering, index, line)?.ospf.process_area = None;
            Ok(())
        }
        ["ip", "ospf", "area", named] => {
            let area = some(family::area(named))?;
            let interface = interface(lowering, index, line)?;
            // The process of the interface's VRF, which is known at the end.
            interface.ospf.process_area = line.value((String::new(), area));
            Ok(())
        }
        ["ip", "ospf", "passive"] => {
            let name = interface(lowering, index, line)?.name.clone();
            let value = At::new(!line.negated, line.at);
            lowering.switches.insert(passive(&name), value);
            Ok(())
        }
        // Settings of one address of several.
        [
            "ip",
            "ospf",
            "cost" | "hello-interval" | "dead-interval" | "priority",
            _,
            _,
            ..,
        ] => unmodeled(Effect::Routing),
        _ => lowering.inner(block, line),
    }
}

/// The switch that says whether an interface is passive.
fn passive(name: &str) -> String {
    format!("passive {name}")
}

/// A process as interfaces see it.
struct Process {
    /// Its VRF.
    vrf: Option<String>,
    /// Its name.
    id: String,
    /// The statement that opens it.
    at: StatementRef,
    /// Its reference bandwidth in Mbit/s.
    reference: u32,
}

/// What processes and interfaces are where the text leaves it out.
pub(super) fn finish(lowering: &mut Lowering) {
    let mut processes: Vec<Process> = Vec::new();
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Ospf(process) = facet {
            processes.extend(complete(process));
        }
    }
    let mut marks = Vec::new();
    let switches = std::mem::take(&mut lowering.switches);
    for (_, facet) in lowering.builder.facets_mut() {
        let Facet::Interface(interface) = facet else {
            continue;
        };
        let vrf = interface.vrf.as_ref().map(|vrf| &vrf.value);
        let Some(process) = processes.iter().find(|known| known.vrf.as_ref() == vrf) else {
            continue;
        };
        if let Some(place) = &mut interface.ospf.process_area
            && place.value.0.is_empty()
        {
            place.value.0.clone_from(&process.id);
        }
        if let Some(switch) = switches.get(&passive(&interface.name)) {
            marks.push((process.id.clone(), interface.name.clone(), *switch));
        }
        // FRR rounds where others cut off.
        if let (None, Some(rate)) = (&interface.ospf.cost, &interface.bandwidth) {
            let kilobits = rate.value.max(1);
            let cost = (u64::from(process.reference) * 1000 + kilobits / 2) / kilobits;
            let cost = u16::try_from(cost.max(1)).unwrap_or(u16::MAX);
            interface.ospf.cost = Some(At::new(cost, rate.at));
        }
    }
    lowering.switches = switches;
    for (id, name, switch) in marks {
        let key = FacetKey::new(FacetKind::Ospf, &id);
        if let Some(Facet::Ospf(process)) = lowering.builder.existing(&key) {
            process.passive.set(name, switch);
        }
    }
    // The loopback costs nothing (FRR sources, `ospfd/ospf_interface.c`).
    if let Some(process) = processes.iter().find(|process| process.vrf.is_none()) {
        let key = FacetKey::new(FacetKind::Interface, "lo");
        let facet = lowering.builder.facet(&key, || {
            Facet::Interface(Interface {
                name: "lo".to_owned(),
                kind: InterfaceKind::Loopback,
                ..Interface::default()
            })
        });
        if let Facet::Interface(interface) = facet {
            interface.ospf.cost.get_or_insert(At::new(0, process.at));
        }
    }
}

/// What a process is where the text leaves it out.
fn complete(process: &mut OspfProcess) -> Option<Process> {
    let at = process.defined_at?.at;
    process.maximum_paths.get_or_insert(At::new(PATHS, at));
    let reference = process
        .reference_bandwidth
        .get_or_insert(At::new(REFERENCE, at))
        .value;
    let metric = process.default_metric.as_ref().map(|at| at.value);
    for entry in &mut process.redistribute {
        if let RouteSource::Bgp(number) = &mut entry.value.source {
            *number = None;
        }
        entry.value.learned_only = true;
        entry.value.metric = entry.value.metric.or(metric).or(Some(METRIC));
    }
    if let Some(originate) = &mut process.default_originate
        && !originate.value.always
    {
        originate.value.metric.get_or_insert(ORIGINATE_METRIC);
    }
    for list in &mut process.distribute {
        if let RouteFilter::Acl(name) = &list.value.filter {
            list.value.filter = RouteFilter::PrefixList(access_list_name(name));
        }
    }
    Some(Process {
        vrf: process.vrf.clone(),
        id: process.id.clone(),
        at,
        reference,
    })
}
