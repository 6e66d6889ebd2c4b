//! What only the whole text decides.

use super::{bgp, ospf};
use crate::dialect::ios_family::lower::Lowering;
use crate::model::{Facet, FacetKey, FacetKind, System};
use crate::source::At;

/// Adds it.
pub(in crate::dialect::frr) fn finish(lowering: &mut Lowering) {
    ospf::finish(lowering);
    bgp::finish(lowering);
    // A next hop that only the default route leads to leads nowhere, but with `datacenter`
    // defaults (FRR documentation, "ip nht resolve-via-default").
    let place = lowering.builder.at(0);
    let datacenter = lowering.switched("frr defaults datacenter");
    let told = lowering.switched("ip nht resolve-via-default");
    let facet = lowering
        .builder
        .facet(&FacetKey::new(FacetKind::System, ""), || {
            Facet::System(System::default())
        });
    if let Facet::System(system) = facet {
        let resolves = told.or(datacenter).unwrap_or(At::new(false, place));
        system.resolves_by_default = Some(resolves);
    }
}
