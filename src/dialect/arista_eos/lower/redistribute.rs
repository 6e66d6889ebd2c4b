//! What one routing process takes from another.

use crate::dialect::ios_family::lower::Lowering;
use crate::model::Facet;
use crate::model::route_policy::Redistribute;
use crate::source::At;

/// Routes alone are taken, no subnets of interfaces that a protocol runs on (EOS user manual,
/// "redistribute").
pub(super) fn finish(lowering: &mut Lowering) {
    let complete = |statements: &mut Vec<At<Redistribute>>| {
        for statement in statements {
            statement.value.learned_only = true;
        }
    };
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Bgp(process) = facet {
            for table in process.tables.values_mut() {
                complete(&mut table.redistribute);
            }
        } else if let Facet::Ospf(process) = facet {
            complete(&mut process.redistribute);
        }
    }
}
