//! What only the whole text decides.

use super::{bgp, ospf};
use crate::dialect::ios_family::lower::Lowering;
use crate::model::{Facet, FacetKey, FacetKind, ListedAddresses, System};
use crate::source::At;

/// The first release whose route table lists a router's own addresses (FRR release notes: 9.1).
const LOCAL_ROUTES: (u32, u32) = (9, 1);

/// Whether a version is of a release or a later one.
fn is_since(version: &str, release: (u32, u32)) -> bool {
    let mut numbers = version
        .split(|next: char| !next.is_ascii_digit())
        .map_while(|number| number.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= release
}

/// Adds it.
pub(in crate::dialect::frr) fn finish(lowering: &mut Lowering) {
    ospf::finish(lowering);
    bgp::finish(lowering);
    // A next hop that only the default route leads to leads nowhere, but with `datacenter`
    // defaults (FRR documentation, "ip nht resolve-via-default").
    let place = lowering.builder.at(0);
    let datacenter = lowering.switched("frr defaults datacenter");
    let told = lowering.switched("ip nht resolve-via-default");
    let shows_own = lowering
        .switches
        .keys()
        .filter_map(|words| words.strip_prefix("frr version "))
        .any(|version| is_since(version, LOCAL_ROUTES));
    let facet = lowering
        .builder
        .facet(&FacetKey::new(FacetKind::System, ""), || {
            Facet::System(System::default())
        });
    if let Facet::System(system) = facet {
        let resolves = told.or(datacenter).unwrap_or(At::new(false, place));
        system.resolves_by_default = Some(resolves);
        if !shows_own {
            system.listed_addresses = Some(ListedAddresses::None);
        }
    }
}
