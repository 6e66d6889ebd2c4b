//! Defaults of IOS that `show running-config` does not print.

use std::collections::BTreeSet;

use crate::dialect::ios_family::lower::Lowering;
use crate::model::Facet;
use crate::model::route_policy::{RouteSource, RouteType};

/// Adds them: BGP takes internal routes of OSPF unless the statement names others (Cisco IOS IP
/// Routing: BGP Command Reference, "redistribute (BGP to OSPF)", "match").
pub(super) fn finish(lowering: &mut Lowering) {
    for (_, facet) in lowering.builder.facets_mut() {
        let Facet::Bgp(process) = facet else {
            continue;
        };
        let tables = process.tables.values_mut();
        for statement in tables.flat_map(|table| &mut table.redistribute) {
            if matches!(statement.value.source, RouteSource::Ospf(_)) {
                let types = &mut statement.value.types;
                types.get_or_insert_with(|| BTreeSet::from([RouteType::Internal]));
            }
        }
    }
}
