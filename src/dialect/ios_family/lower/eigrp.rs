//! EIGRP processes, in the classic and in the named form, and their settings on interfaces.

use std::net::Ipv4Addr;

use super::rest::Rest;
use super::route_list::UNDEFINED;
use super::secret::secret;
use super::{Block, Gap, Line, Lowered, Lowering, redistribute, room, some, unmodeled};
use crate::dialect::ios_family::words::{address, classful_length, mask_length};
use crate::model::eigrp::{EigrpProcess, EigrpStub, EigrpSummary, InterfaceEigrp, eigrp_name};
use crate::model::interface::Interface;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

/// Name of the settings that all interfaces of a named process share.
const ALL: &str = "default";

/// What a line of EIGRP stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::dialect) enum Part {
    /// A process in the classic form, or an address family of either.
    Process(u32),
    /// An instance in the named form, by its name.
    Instance(String),
    /// Settings of an interface in the named form: index of the process, full name.
    Interface(u32, String),
}

/// `router eigrp N`, `router eigrp NAME`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 2);
    let name = rest.name()?;
    rest.end()?;
    let Ok(asn) = name.parse::<u32>() else {
        if line.negated {
            remove_instance(lowering, &name);
            return Ok(());
        }
        // An instance is a facet only through its address families.
        let key = FacetKey::new(FacetKind::Eigrp, &name);
        lowering.builder.contribute(line.at, &key);
        lowering.open(line.at, &key, Block::Eigrp(Part::Instance(name)));
        return Ok(());
    };
    if line.negated {
        let key = FacetKey::new(FacetKind::Eigrp, eigrp_name(None, asn));
        lowering.builder.contribute(line.at, &key);
        lowering.builder.remove(&key);
        return Ok(());
    }
    open(lowering, line, None, None, asn);
    Ok(())
}

/// Takes all processes of an instance away.
pub(in crate::dialect) fn remove_instance(lowering: &mut Lowering, name: &str) {
    let of_instance: Vec<FacetKey> = lowering
        .builder
        .facets_mut()
        .filter(|(_, facet)| {
            matches!(facet, Facet::Eigrp(process) if process.instance.as_deref() == Some(name))
        })
        .map(|(key, _)| key.clone())
        .collect();
    for key in of_instance {
        lowering.builder.remove(&key);
    }
}

/// Opens the block of a process, which is made where missing.
pub(in crate::dialect) fn open(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
    instance: Option<&str>,
    vrf: Option<&str>,
    asn: u32,
) {
    let key = FacetKey::new(FacetKind::Eigrp, eigrp_name(vrf, asn));
    let index = lowering.builder.index(&key);
    lowering.builder.contribute_index(line.at, index);
    lowering.open(line.at, &key, Block::Eigrp(Part::Process(index)));
    let defined_at = Some(At::new((), line.at));
    lowering.builder.facet(&key, || {
        Facet::Eigrp(EigrpProcess {
            asn,
            instance: instance.map(str::to_owned),
            vrf: vrf.map(str::to_owned),
            defined_at,
            wide_metrics: instance.is_some(),
            undefined: UNDEFINED,
            ..EigrpProcess::default()
        })
    });
}

/// A line of EIGRP.
pub(in crate::dialect) fn lower_line(
    lowering: &mut Lowering,
    part: &Part,
    line: &Line<'_, '_>,
) -> Lowered {
    if let ["address-family", "ipv4", ..] = line.low {
        return open_family(lowering, part, line);
    }
    let (index, interface) = match part {
        Part::Process(index) => (*index, None),
        Part::Interface(index, name) => (*index, Some(name)),
        Part::Instance(_) => return unmodeled(Effect::Routing),
    };
    lowering.builder.contribute_index(line.at, index);
    match line.low {
        ["topology", "base"] | ["af-interface", _, ..] if !line.negated => {
            return open_inner(lowering, index, line);
        }
        ["autonomous-system", asn] if !line.negated => {
            let asn = super::number(asn)?;
            return rename(lowering, index, asn);
        }
        _ => {}
    }
    let Some(Facet::Eigrp(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let lowered = match (interface, line.low) {
        (Some(name), _) => {
            let settings = process.interfaces.entry(name.clone()).or_default();
            lower_interface_setting(settings, line)
        }
        (None, ["af-interface", _, ..]) => {
            process
                .interfaces
                .remove(&interface_name(&mut Rest::new(line, 1))?);
            Ok(())
        }
        (None, _) => lower_setting(process, line),
    };
    if lowered.is_err() {
        process.unread.insert(line.head(2));
    }
    lowered
}

/// Names a line that is not understood.
pub(in crate::dialect) fn note_unread(lowering: &mut Lowering, part: &Part, line: &Line<'_, '_>) {
    if let Part::Process(index) | Part::Interface(index, _) = part
        && let Some(Facet::Eigrp(process)) = lowering.builder.at_index(*index)
    {
        process.unread.insert(line.head(2));
    }
}

/// `address-family ipv4 [unicast] [vrf V] [autonomous-system N]`.
fn open_family(lowering: &mut Lowering, part: &Part, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 2);
    rest.takes("unicast");
    let vrf = rest.named_by("vrf")?;
    let asn = rest
        .takes("autonomous-system")
        .then(|| rest.number())
        .transpose()?;
    rest.end()?;
    let instance = match part {
        Part::Instance(name) => Some(name.as_str()),
        Part::Process(_) if vrf.is_some() => None,
        Part::Process(_) | Part::Interface(..) => return Err(Gap::Odd),
    };
    // In the classic form the number may stand in a line of its own; 0 is none.
    let asn = match (asn, instance) {
        (Some(asn), _) => asn,
        (None, None) => 0,
        (None, Some(_)) => return Err(Gap::Odd),
    };
    if line.negated {
        let key = FacetKey::new(FacetKind::Eigrp, eigrp_name(vrf.as_deref(), asn));
        lowering.builder.contribute(line.at, &key);
        lowering.builder.remove(&key);
        return Ok(());
    }
    open(lowering, line, instance, vrf.as_deref(), asn);
    Ok(())
}

/// `topology base`, `af-interface NAME`.
fn open_inner(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    let key = some(lowering.builder.key(index).cloned())?;
    let part = match line.low {
        ["topology", ..] => Part::Process(index),
        _ => Part::Interface(index, interface_name(&mut Rest::new(line, 1))?),
    };
    lowering.open(line.at, &key, Block::Eigrp(part));
    Ok(())
}

/// The full name of an interface, or that of all.
fn interface_name(rest: &mut Rest<'_, '_>) -> Result<String, Gap> {
    if rest.takes(ALL) {
        return Ok(ALL.to_owned());
    }
    rest.interface()
}

/// `autonomous-system N` in an address family of the classic form.
fn rename(lowering: &mut Lowering, index: u32, asn: u32) -> Lowered {
    let Some(Facet::Eigrp(process)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    process.asn = asn;
    let key = FacetKey::new(FacetKind::Eigrp, eigrp_name(process.vrf.as_deref(), asn));
    some(lowering.builder.rename(index, &key).then_some(()))
}

/// A setting of a process.
fn lower_setting(process: &mut EigrpProcess, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["network", base] => {
            let base = some(address(base))?;
            let length = if base.is_unspecified() {
                0
            } else {
                some(classful_length(base))?
            };
            let ignored = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
            return network(process, line, base, Ipv4Addr::from(ignored));
        }
        ["network", base, wildcard] => {
            let (base, wildcard) = (some(address(base))?, some(address(wildcard))?);
            // A mask is taken as well as its inverse.
            let wildcard = match mask_length(wildcard) {
                Some(1..=31) => Ipv4Addr::from(!u32::from(wildcard)),
                Some(_) | None => wildcard,
            };
            return network(process, line, base, wildcard);
        }
        ["eigrp", "router-id", ..] if line.negated => process.router_id = None,
        ["eigrp", "router-id", id] => process.router_id = line.value(some(address(id))?),
        ["eigrp", "stub", words @ ..] => process.stub = line.value(stub(words)?),
        ["passive-interface", ..] => return line.passive(&mut process.passive),
        ["metric", "weights", ..] if line.negated => process.k_values = None,
        ["metric", "weights", "0", weights @ ..] => {
            let weights: Result<Vec<u8>, Gap> =
                weights.iter().map(|word| super::number(word)).collect();
            // The sixth, for energy and jitter, is not modeled.
            let values = match *weights?.as_slice() {
                [k1, k2, k3, k4, k5] | [k1, k2, k3, k4, k5, 0] => [0, k1, k2, k3, k4, k5],
                _ => return unmodeled(Effect::Routing),
            };
            process.k_values = line.value(values);
        }
        ["metric", "rib-scale", ..] if line.negated => process.rib_scale = None,
        ["metric", "rib-scale", scale] => process.rib_scale = line.value(super::number(scale)?),
        ["redistribute", ..] => {
            return redistribute::lower(&mut process.redistribute, &mut process.unread, line);
        }
        ["default-metric"] => process.default_metric = None,
        ["default-metric", ..] => {
            let values = Rest::new(line, 1).numbers::<u32>()?;
            let values = some(values.try_into().ok())?;
            process.default_metric = line.value(values);
        }
        ["distribute-list", ..] => {
            return redistribute::lower_distribute(&mut process.distribute, line);
        }
        ["auto-summary"] => process.auto_summary = line.flag(),
        ["variance", ..] if line.negated => process.variance = None,
        ["variance", times] => process.variance = line.value(super::number(times)?),
        ["maximum-paths", ..] if line.negated => process.maximum_paths = None,
        ["maximum-paths", paths] => process.maximum_paths = line.value(super::number(paths)?),
        ["distance", "eigrp", ..] if line.negated => process.distance = None,
        ["distance", "eigrp", internal, external] => {
            let distances = [super::number(internal)?, super::number(external)?];
            process.distance = line.value(distances);
        }
        ["shutdown"] => process.shutdown = line.flag(),
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// Adds or takes away a network.
fn network(
    process: &mut EigrpProcess,
    line: &Line<'_, '_>,
    base: Ipv4Addr,
    wildcard: Ipv4Addr,
) -> Lowered {
    let base = Ipv4Addr::from(u32::from(base) & !u32::from(wildcard));
    room(&process.networks)?;
    process
        .networks
        .retain(|known| known.value != (base, wildcard));
    process.networks.extend(line.value((base, wildcard)));
    Ok(())
}

/// The words of `eigrp stub` (Cisco IOS IP Routing: EIGRP Command Reference: connected and summary
/// routes where none is given).
fn stub(words: &[&str]) -> Result<EigrpStub, Gap> {
    let mut stub = EigrpStub::default();
    if words.is_empty() {
        stub.connected = true;
        stub.summary = true;
    }
    for word in words {
        match *word {
            "connected" => stub.connected = true,
            "summary" => stub.summary = true,
            "static" => stub.statics = true,
            "redistributed" => stub.redistributed = true,
            "receive-only" => {}
            _ => return Err(Gap::Odd),
        }
    }
    Ok(stub)
}

/// A setting of an interface in the named form.
fn lower_interface_setting(settings: &mut InterfaceEigrp, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["passive-interface"] => settings.passive = line.flag(),
        ["shutdown"] => settings.shutdown = line.flag(),
        ["summary-address", ..] => return lower_summary(settings, line, 1),
        ["hello-interval"] | ["hello-interval", _] => {
            settings.hello = line.value(line.low.get(1).map_or(Ok(0), |word| super::number(word))?);
        }
        ["hold-time"] | ["hold-time", _] => {
            settings.hold = line.value(line.low.get(1).map_or(Ok(0), |word| super::number(word))?);
        }
        ["authentication", "mode", "md5"] => settings.authentication = line.value("md5".to_owned()),
        ["authentication", "mode", ..] if line.negated => settings.authentication = None,
        ["authentication", "mode", mode, ..] => {
            // Its key is no key chain; whether two ends hold the same one is not modeled.
            secret(line, 3)?;
            settings.authentication = line.value((*mode).to_owned());
            return unmodeled(Effect::Routing);
        }
        ["authentication", "key-chain", ..] if line.negated => settings.key_chain = None,
        ["authentication", "key-chain", _] => {
            settings.key_chain = line.value(some(line.raw(2))?.to_owned());
        }
        ["split-horizon"] => settings.split_horizon = line.flag(),
        ["next-hop-self"] => settings.next_hop_self = line.flag(),
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// A summary whose prefix begins at a word.
fn lower_summary(settings: &mut InterfaceEigrp, line: &Line<'_, '_>, from: usize) -> Lowered {
    let mut rest = Rest::new(line, from);
    let mut summary = EigrpSummary {
        prefix: rest.prefix()?,
        distance: None,
        leak_map: None,
    };
    summary.distance = rest.maybe_number();
    summary.leak_map = rest.named_by("leak-map")?;
    rest.end()?;
    room(&settings.summaries)?;
    settings
        .summaries
        .retain(|known| known.value.prefix != summary.prefix);
    settings.summaries.extend(line.value(summary));
    Ok(())
}

/// `ip … eigrp N …` of an interface.
pub(super) fn lower_interface(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    let place = some(line.low.iter().position(|word| *word == "eigrp"))?;
    let asn = super::number(some(line.low.get(place + 1).copied())?)?;
    lower_on_interface(interface.eigrp.entry(asn).or_default(), line, place)
}

/// The same for the settings of one process, which is named after the word `place`.
pub(in crate::dialect) fn lower_on_interface(
    settings: &mut InterfaceEigrp,
    line: &Line<'_, '_>,
    place: usize,
) -> Lowered {
    let argument = line.low.get(place + 2).copied();
    match line.low {
        ["ip", "hello-interval", ..] if line.negated => settings.hello = None,
        ["ip", "hello-interval", ..] => {
            settings.hello = line.value(super::number(some(argument)?)?);
        }
        ["ip", "hold-time", ..] if line.negated => settings.hold = None,
        ["ip", "hold-time", ..] => settings.hold = line.value(super::number(some(argument)?)?),
        ["ip", "summary-address", ..] => return lower_summary(settings, line, place + 2),
        ["ip", "authentication", "mode", ..] if line.negated => settings.authentication = None,
        ["ip", "authentication", "mode", ..] => {
            settings.authentication = line.value(some(argument)?.to_owned());
        }
        ["ip", "authentication", "key-chain", ..] if line.negated => settings.key_chain = None,
        ["ip", "authentication", "key-chain", ..] => {
            settings.key_chain = line.value(some(line.raw(place + 2))?.to_owned());
        }
        ["ip", "split-horizon", ..] => settings.split_horizon = line.flag(),
        ["ip", "next-hop-self", _, _] => settings.next_hop_self = line.flag(),
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}
