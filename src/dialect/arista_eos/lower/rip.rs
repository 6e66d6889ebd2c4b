//! RIP: version 2 on the interfaces of networks with prefix lengths, once it is switched on.

use crate::dialect::ios_family::lower::{
    Gap, Line, Lowered, Lowering, Respelled, number, rip, unmodeled,
};
use crate::model::rip::RipProcess;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::net::Ipv4Net;
use crate::source::At;
use crate::syntax::Effect;

/// Version that is spoken (EOS user manual, "RIP": version 2).
const VERSION: u8 = 2;

/// `router rip [vrf V]`.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let vrf = match line.low {
        ["router", "rip"] => None,
        ["router", "rip", "vrf", _] => line.raw(3),
        _ => return unmodeled(Effect::Routing),
    };
    rip::lower(lowering, line, vrf);
    let key = FacetKey::new(FacetKind::Rip, vrf.unwrap_or("-"));
    if let Some(Facet::Rip(process)) = lowering.builder.existing(&key)
        && process.defined_at.is_some_and(|at| at.at == line.at)
    {
        process.version = Some(At::new(VERSION, line.at));
        process.auto_summary = Some(At::new(false, line.at));
        // Where the text does not switch it on, it may be a part of one that does.
        process.unread.insert(SHUTDOWN.to_owned());
    }
    Ok(())
}

/// What says whether it runs.
const SHUTDOWN: &str = "shutdown";

/// A line of the process.
pub(super) fn lower_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["network", prefix] => {
            let net: Ipv4Net = number(prefix)?;
            let process = process(lowering, index, line)?;
            process.networks.retain(|known| known.value != net.trunc());
            process.networks.extend(line.value(net.trunc()));
        }
        ["shutdown"] if line.negated => {
            process(lowering, index, line)?.unread.remove(SHUTDOWN);
        }
        // The metric of what is taken is not documented.
        ["redistribute", ..] | ["shutdown"] => {
            lowering.builder.contribute_index(line.at, index);
            rip::note_unread(lowering, index, line);
            return unmodeled(Effect::Routing);
        }
        _ => {
            let words = Respelled::plain(&[], line, 0);
            return rip::lower_line(lowering, index, &words.line(line));
        }
    }
    Ok(())
}

/// The process of a block.
fn process<'l>(
    lowering: &'l mut Lowering,
    index: u32,
    line: &Line<'_, '_>,
) -> Result<&'l mut RipProcess, Gap> {
    lowering.builder.contribute_index(line.at, index);
    match lowering.builder.at_index(index) {
        Some(Facet::Rip(process)) => Ok(process),
        Some(_) | None => Err(Gap::Odd),
    }
}
