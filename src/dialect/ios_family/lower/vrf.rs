//! VRFs.

use super::rest::Rest;
use super::{Block, Gap, Line, Lowered, Lowering, some, unmodeled};
use crate::model::route::Vrf;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

/// `vrf definition NAME`, `ip vrf NAME`.
pub(in crate::dialect) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    if line.low.len() != 3 {
        return unmodeled(Effect::Routing);
    }
    let name = some(line.raw(2))?;
    let key = FacetKey::new(FacetKind::Vrf, name);
    let index = lowering.builder.index(&key);
    lowering.builder.contribute_index(line.at, index);
    if line.negated {
        lowering.builder.remove(&key);
        return Ok(());
    }
    lowering.open(line.at, &key, Block::Vrf(index));
    let defined_at = Some(At::new((), line.at));
    lowering.builder.facet(&key, || {
        Facet::Vrf(Vrf {
            name: name.to_owned(),
            defined_at,
            ..Vrf::default()
        })
    });
    Ok(())
}

/// A line of a VRF, or of its address family of IPv4.
pub(in crate::dialect) fn lower_line(
    lowering: &mut Lowering,
    index: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    if let ["address-family", "ipv4"] | ["address-family", "ipv4", "unicast"] = line.low {
        let key = some(lowering.builder.key(index).cloned())?;
        if line.negated {
            return unmodeled(Effect::Routing);
        }
        lowering.open(line.at, &key, Block::Vrf(index));
        return Ok(());
    }
    let Some(Facet::Vrf(vrf)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let lowered = lower_setting(vrf, line);
    if lowered.is_err() {
        vrf.unread.insert(line.head(2));
    }
    lowered
}

/// Names a line that is not understood.
pub(in crate::dialect) fn note_unread(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) {
    if let Some(Facet::Vrf(vrf)) = lowering.builder.at_index(index) {
        vrf.unread.insert(line.head(2));
    }
}

/// One setting.
fn lower_setting(vrf: &mut Vrf, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["rd", ..] if line.negated => vrf.distinguisher = None,
        ["rd", _] => vrf.distinguisher = line.value(some(line.raw(1))?.to_owned()),
        ["route-target", ..] => return lower_target(vrf, line),
        ["import", "map", ..] if line.negated => vrf.import_map = None,
        ["import", "map", _] => vrf.import_map = line.value(some(line.raw(2))?.to_owned()),
        ["export", "map", ..] if line.negated => vrf.export_map = None,
        ["export", "map", _] => vrf.export_map = line.value(some(line.raw(2))?.to_owned()),
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}

/// `route-target import|export|both TARGET`.
fn lower_target(vrf: &mut Vrf, line: &Line<'_, '_>) -> Lowered {
    let mut rest = Rest::new(line, 1);
    let (imports, exports) = match rest.peek() {
        Some("import") => (true, false),
        Some("export") => (false, true),
        Some(_) | None => (true, true),
    };
    if matches!(rest.peek(), Some("import" | "export" | "both")) {
        rest.word();
    }
    let target = rest.name()?;
    rest.end()?;
    for (wanted, targets) in [(imports, &mut vrf.imports), (exports, &mut vrf.exports)] {
        if wanted && line.negated {
            targets.remove(&target);
        } else if wanted {
            targets.insert(target.clone(), At::new((), line.at));
        }
    }
    Ok(())
}
