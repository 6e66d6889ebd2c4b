//! Packets through tunnels: the packets around them must reach the far end.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::engine::{Parts, Visit, Walker};
use crate::analysis::Symbol;
use crate::analysis::hello::filters_of;
use crate::analysis::world::InterfaceId;
use crate::net::Ipv4Net;
use crate::set::SetId;
use crate::wire::trace::Disposition;

impl Walker<'_, '_> {
    /// Packets of a VRF that leave by its tunnels to a far end.
    pub(super) fn pass_tunnel(
        &mut self,
        visit: Visit,
        egress: InterfaceId,
        far: Ipv4Addr,
        set: SetId,
    ) -> Parts {
        let world = self.world;
        let mut visit = visit;
        self.read_underlay(far);
        if let Some(svi) = world.tunnel(egress).and_then(|tunnel| tunnel.through) {
            self.meet_interface(&mut visit, svi);
        }
        let ends = world.far_ends(egress, far);
        if ends.is_empty() && world.owners(far).is_empty() {
            return self.unanswered(visit, egress, set);
        }
        let met = world.underlay(egress, far);
        self.meet(&mut visit, &met.symbols);
        if ends.is_empty() || met.cut {
            let detail = || format!("the tunnel to {far} has no far end that is reached");
            self.step(&mut visit, "deliver", detail, None);
            let end = Disposition::NeighborUnreachable;
            return Ok(vec![self.end(visit, set, end, Some(egress))]);
        }
        if met.denied {
            let name = &world.device(visit.device).name;
            let reason = format!("{name}: whether packets of its tunnel to {far} find their way");
            self.meet(&mut visit, &[Symbol::Undecided(reason)]);
        }
        let detail = || format!("through the tunnel to {far}");
        self.step(&mut visit, "deliver", detail, None);
        for svi in ends.iter().filter_map(|end| world.tunnel(*end)?.through) {
            let device = world.interface(svi).device;
            self.read_through(&mut visit, device, svi);
        }
        let ends: BTreeSet<InterfaceId> = ends.into_iter().collect();
        let branches = self.enter_all(&ends, set)?;
        Ok(self.through(visit, Some(egress), branches))
    }

    /// Records the routed interface that a tunnel's packets pass at the far end.
    fn read_through(
        &mut self,
        visit: &mut Visit,
        device: crate::analysis::world::DeviceId,
        svi: InterfaceId,
    ) {
        let here = std::mem::replace(&mut visit.device, device);
        self.meet_interface(visit, svi);
        visit.device = here;
    }

    /// Records all that may decide whether packets reach the far end of a tunnel.
    pub(super) fn read_underlay(&mut self, far: Ipv4Addr) {
        if !self.options.judges {
            return;
        }
        let world = self.world;
        self.reads.goals.insert(Ipv4Net::from(far));
        self.reads.exchange = true;
        let lists = world.exchange().filters();
        self.reads.facets.extend(lists.iter().cloned());
        self.reads.ospf = true;
        self.reads.ospf_filters = world.ospf_filters();
        for device in world.device_ids() {
            let filters = filters_of(world, device);
            self.read_all(&filters);
        }
        for id in world.interface_ids() {
            self.reads.vlans.extend(world.vlan_of(id));
        }
    }
}
