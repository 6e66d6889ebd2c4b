//! What a router hears of its neighbors, and whether they describe their link alike.

use super::NodeId;
use super::topology::Link;
use crate::analysis::hello::{self, Facets, Heard};
use crate::analysis::world::World;
use crate::model::ospf::NetworkType;
use crate::net::registry::{ALL_OSPF_DESIGNATED, ALL_OSPF_ROUTERS, OSPF};

/// What a router hears of a neighbor past the filters between them: hellos and floods to all
/// routers, and where there are designated ones, those to them and descriptions of databases to
/// the router itself (RFC 2328 §8.1).
pub(super) fn hears(
    world: &World<'_>,
    near: &Link<'_>,
    far: &Link<'_>,
    filters: &mut Facets,
) -> Heard {
    let all = [ALL_OSPF_ROUTERS, ALL_OSPF_DESIGNATED, near.net.addr()];
    let needed = match near.network {
        NetworkType::PointToPoint => 1,
        NetworkType::Broadcast
        | NetworkType::NonBroadcast
        | NetworkType::PointToMultipoint
        | NetworkType::Loopback => all.len(),
    };
    let mut heard = Heard::default();
    for destination in all.into_iter().take(needed) {
        let message = hello::message(OSPF, far.net.addr(), destination, 0);
        let wire = (far.interface, near.interface);
        heard = heard.and(hello::carried(world, wire, &message, filters));
    }
    heard
}

/// Whether two network types describe a link alike, so that routes pass over it.
pub(super) fn alike(one: NetworkType, other: NetworkType) -> bool {
    let class = |network| match network {
        NetworkType::Broadcast | NetworkType::NonBroadcast => 0_u8,
        NetworkType::PointToPoint | NetworkType::PointToMultipoint => 1,
        NetworkType::Loopback => 2,
    };
    class(one) == class(other) && class(one) != 2
}

/// Whether a segment has somebody to be designated router, where its type needs one
/// (RFC 2328 §9.4: priority 0 is not eligible).
pub(super) fn elects(segment: &[(NodeId, Link<'_>)], link: &Link<'_>) -> bool {
    !matches!(
        link.network,
        NetworkType::Broadcast | NetworkType::NonBroadcast
    ) || segment
        .iter()
        .any(|(_, one)| one.settings.priority.as_ref().is_none_or(|at| at.value > 0))
}
