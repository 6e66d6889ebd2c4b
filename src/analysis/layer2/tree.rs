//! The spanning tree of a VLAN: its wires, its switches, and how long it takes to find another one.
//!
//! The root is the switch of the lowest priority where that is one; a wire is part of the tree where
//! it may lie on a shortest way to the root, by the usual costs of its speed. Costs that a port is
//! given are not read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{InterfaceId, Node, World, node, switchport};
use crate::model::interface::InterfaceKind;

/// Longest seconds without frames where every switch runs the rapid protocol: it gives up a silent
/// neighbor after three hellos of 2 s (IEEE 802.1D-2004 §17.14, §17.21.23).
const RAPID_S: u64 = 6;
/// The same where one does not: information ages for 20 s, then a port listens and learns for 15 s
/// each (IEEE 802.1D-1998 table 8-3).
const SLOW_S: u64 = 50;
/// Priority of a switch that is given none (IEEE 802.1D-2004 table 17-2).
const PRIORITY: u32 = 32_768;
/// Speeds by the beginning of a port's name, in Mbit/s (Cisco IOS Interface Command Reference).
const SPEEDS: [(&str, u32); 7] = [
    ("FastEthernet", 100),
    ("GigabitEthernet", 1_000),
    ("TwoGigabitEthernet", 2_500),
    ("TenGigabitEthernet", 10_000),
    ("TwentyFiveGigE", 25_000),
    ("FortyGigabitEthernet", 40_000),
    ("HundredGigE", 100_000),
];
/// Speeds of a port whose name tells none, in Mbit/s.
const ANY_SPEED: [u32; 2] = [10, 100_000];

/// One end of a wire: device and port.
type End = (Arc<str>, Arc<str>);

/// The wires and switches that carry a VLAN.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeldTree {
    /// Wires between switches, with their lowest and highest speed in Mbit/s.
    wires: BTreeMap<[End; 2], [u32; 2]>,
    /// Switches: whether each runs the rapid protocol, and its priority for the VLAN.
    switches: BTreeMap<Arc<str>, (Option<bool>, Option<u32>)>,
}

/// The tree of a VLAN around an interface that is in it.
pub(in crate::analysis) fn tree(world: &World<'_>, vlan: u16, home: InterfaceId) -> HeldTree {
    let layer2 = &world.layer2;
    let component = layer2.components.get(&node(world, home));
    let mut out = HeldTree::default();
    for (a, b) in &layer2.links {
        let carried = [*a, *b].map(|port| {
            let here = Node::Vlan(world.interface(port).device, vlan);
            let joined = component.is_some() && layer2.components.get(&here) == component;
            switchport(world, port).filter(|_| joined)?;
            layer2.tag(world, port, vlan)
        });
        if carried[0].is_none() || carried[0] != carried[1] {
            continue;
        }
        let ends = [*a, *b].map(|port| {
            let entry = world.interface(port);
            let device = world.device(entry.device);
            let system = device.device.and_then(|device| device.system(""));
            let rapid = system.and_then(|system| system.rapid_tree.as_ref());
            let priorities = system.map_or(&[][..], |system| &system.tree_priorities);
            let mut priorities = priorities.iter().rev();
            let priority = priorities.find(|(vlans, _)| vlans.contains(vlan));
            let settings = (rapid.map(|at| at.value), priority.map(|(_, at)| at.value));
            out.switches.insert(device.name.clone(), settings);
            (device.name.clone(), entry.name.clone())
        });
        let [[low, high], [other_low, other_high]] = [*a, *b].map(|port| speeds(world, port));
        let speed = [low.max(other_low), high.min(other_high)];
        let speed = if speed[0] <= speed[1] {
            speed
        } else {
            ANY_SPEED
        };
        out.wires.insert(ends, speed);
    }
    out
}

/// Lowest and highest speed of a port or bundle.
fn speeds(world: &World<'_>, port: InterfaceId) -> [u32; 2] {
    let entry = world.interface(port);
    let by_name = |name: &str| {
        let row = SPEEDS.iter().find(|(start, _)| name.starts_with(start));
        row.map(|(_, speed)| *speed)
    };
    let InterfaceKind::PortChannel(group) = super::kind(entry) else {
        return by_name(&entry.name).map_or(ANY_SPEED, |speed| [speed, speed]);
    };
    let members = world.interfaces_of(entry.device).filter_map(|id| {
        let other = world.interface(id);
        let own = other.facet?.channel_group.as_ref()?;
        (own.value == *group).then(|| by_name(&other.name))
    });
    let members: Option<Vec<u32>> = members.collect();
    match members.as_deref() {
        Some([first, rest @ ..]) => [*first, rest.iter().fold(*first, |sum, one| sum + one)],
        Some([]) | None => ANY_SPEED,
    }
}

/// Cost of a speed by the old table (IEEE 802.1D-1998 table 8-5; Cisco, "STP path cost": 1 above
/// 10 Gbit/s).
fn short_cost(speed: u32) -> u64 {
    match speed {
        0..100 => 100,
        100..1_000 => 19,
        1_000..10_000 => 4,
        10_000..20_000 => 2,
        20_000.. => 1,
    }
}

/// Cost of a speed by the present table (IEEE 802.1D-2004 table 17-3).
fn long_cost(speed: u32) -> u64 {
    20_000_000 / u64::from(speed.max(1))
}

/// A new tree in the place of an old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) struct Reconverges {
    /// Longest seconds until frames pass again.
    pub(in crate::analysis) seconds: u64,
    /// What makes it so, a fragment.
    pub(in crate::analysis) why: String,
    /// Whether the root may be another switch.
    pub(in crate::analysis) moves_root: bool,
}

impl HeldTree {
    /// The switches.
    pub(in crate::analysis) fn devices(&self) -> impl Iterator<Item = &Arc<str>> {
        self.switches.keys()
    }

    /// The one switch of the lowest priority.
    fn root(&self) -> Option<&Arc<str>> {
        let priority = |settings: &(Option<bool>, Option<u32>)| settings.1.unwrap_or(PRIORITY);
        let lowest = self.switches.values().map(priority).min()?;
        let mut lowest = self
            .switches
            .iter()
            .filter(|(_, one)| priority(one) == lowest);
        let first = lowest.next()?;
        lowest.next().is_none().then_some(first.0)
    }

    /// Cost of the cheapest way from the root to each switch.
    fn distances(
        &self,
        root: &Arc<str>,
        cost: &dyn Fn(&[u32; 2]) -> u64,
    ) -> BTreeMap<Arc<str>, u64> {
        let mut out = BTreeMap::from([(root.clone(), 0_u64)]);
        for _ in 0..self.switches.len() {
            for ([(one, _), (two, _)], speed) in &self.wires {
                for (near, far) in [(one, two), (two, one)] {
                    let Some(way) = out.get(near).map(|way| way + cost(speed)) else {
                        continue;
                    };
                    let known = out.entry(far.clone()).or_insert(way);
                    *known = way.min(*known);
                }
            }
        }
        out
    }

    /// Switches that may reach the root by a wire; both ends where the root is not known.
    fn children(&self, wire: &[End; 2]) -> BTreeSet<Arc<str>> {
        let [(one, _), (two, _)] = wire;
        let (Some(root), Some(speed)) = (self.root(), self.wires.get(wire)) else {
            return BTreeSet::from([one.clone(), two.clone()]);
        };
        let mut out = BTreeSet::new();
        for cost in [short_cost, long_cost] {
            let least = self.distances(root, &|[_, high]| cost(*high));
            let most = self.distances(root, &|[low, _]| cost(*low));
            for (near, far) in [(one, two), (two, one)] {
                let way = least.get(near).map(|way| way + cost(speed[1]));
                if far != root && way <= most.get(far).copied() {
                    out.insert(far.clone());
                }
            }
        }
        out
    }

    /// What frames wait for when `now` takes the place of this tree; `None`: nothing.
    pub(in crate::analysis) fn reconverges(&self, now: &Self) -> Option<Reconverges> {
        let text = |[one, two]: &[End; 2]| format!("{} {} to {} {}", one.0, one.1, two.0, two.1);
        let stays = |tree: &Self, wire: &&[End; 2], other: &Self| {
            let mut children = tree.children(wire).into_iter();
            children.any(|child| other.switches.contains_key(&child))
        };
        let lost = self
            .wires
            .keys()
            .filter(|wire| !now.wires.contains_key(*wire));
        let lost = lost.filter(|wire| stays(self, wire, now));
        let gained = now
            .wires
            .keys()
            .filter(|wire| !self.wires.contains_key(*wire));
        let gained = gained.filter(|wire| self.goes_around(wire) && stays(now, wire, self));
        let mut reasons: Vec<String> = lost
            .map(|wire| format!("the wire {} is gone", text(wire)))
            .chain(gained.map(|wire| format!("the wire {} is new", text(wire))))
            .collect();
        let both = self
            .switches
            .iter()
            .filter_map(|(switch, settings)| Some((switch, settings, now.switches.get(switch)?)));
        let mut moves_root = false;
        for (switch, settings, other) in both {
            if settings.0 != other.0 {
                reasons.push(format!(
                    "{switch} starts its spanning tree again in another mode"
                ));
            }
            let is_kept = self.root().is_some() && self.root() == now.root();
            if settings.1 != other.1 && !is_kept {
                moves_root = true;
                reasons.push(format!(
                    "the priority of {switch} changes, and the root with it"
                ));
            }
        }
        let first = reasons.into_iter().next()?;
        let mut modes = self.switches.values().chain(now.switches.values());
        let is_rapid = modes.all(|(rapid, _)| *rapid == Some(true));
        let seconds = if is_rapid { RAPID_S } else { SLOW_S };
        let how = if is_rapid {
            "rapid spanning tree"
        } else {
            "spanning tree, which not every switch is said to run in its rapid form,"
        };
        Some(Reconverges {
            seconds,
            why: format!("{first}, and {how} may take up to {seconds} s to pass frames again"),
            moves_root,
        })
    }

    /// Whether both ends of a new wire were joined before.
    fn goes_around(&self, [one, two]: &[End; 2]) -> bool {
        [one, two]
            .iter()
            .all(|end| self.switches.contains_key(&end.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree of wires of one speed between switches; `a` is the root.
    fn of(wires: &[(&str, &str)], rapid: Option<bool>) -> HeldTree {
        let mut out = HeldTree::default();
        for (one, two) in wires {
            let end = |own: &str, other: &str| (Arc::from(own), Arc::from(other));
            out.wires
                .insert([end(one, two), end(two, one)], [10_000, 10_000]);
            for switch in [*one, *two] {
                let priority = (switch == "a").then_some(4_096);
                out.switches.insert(Arc::from(switch), (rapid, priority));
            }
        }
        out
    }

    #[test]
    fn a_wire_of_the_tree_that_goes_makes_frames_wait() {
        let ring = [("a", "b"), ("b", "c"), ("a", "c")];
        let rapid = of(&ring, Some(true));
        let lost = rapid.reconverges(&of(&ring[..2], Some(true))).unwrap();
        assert_eq!((lost.seconds, lost.moves_root), (6, false));
        assert!(lost.why.contains("a c to c a is gone"), "{}", lost.why);
        let slow = of(&ring, None).reconverges(&of(&ring[..2], None));
        assert_eq!(slow.unwrap().seconds, 50);
    }

    #[test]
    fn a_wire_that_is_blocked_may_go_and_one_that_shortens_the_way_may_not_come_unnoticed() {
        let ring = [("a", "b"), ("a", "c"), ("b", "c")];
        let rapid = of(&ring, Some(true));
        assert_eq!(rapid.reconverges(&of(&ring[..2], Some(true))), None);
        let chain = [("a", "b"), ("b", "c")];
        let gained = of(&chain, Some(true)).reconverges(&rapid).unwrap();
        assert!(gained.why.contains("a c to c a is new"), "{}", gained.why);
    }

    #[test]
    fn where_no_switch_is_sure_to_be_the_root_every_wire_of_a_ring_counts() {
        let ring = [("b", "c"), ("c", "d"), ("b", "d")];
        let all = of(&ring, Some(true));
        for gone in 0..3 {
            let mut rest = ring.to_vec();
            rest.remove(gone);
            assert!(all.reconverges(&of(&rest, Some(true))).is_some());
        }
    }

    #[test]
    fn a_leaf_that_goes_or_comes_disturbs_nobody_else() {
        let with = of(&[("a", "b"), ("b", "c")], Some(true));
        let without = of(&[("a", "b")], Some(true));
        assert_eq!(with.reconverges(&without), None);
        assert_eq!(without.reconverges(&with), None);
        assert_eq!(with.reconverges(&with.clone()), None);
    }

    #[test]
    fn another_mode_and_another_root_are_said() {
        let slow = of(&[("a", "b")], Some(false));
        let rapid = of(&[("a", "b")], Some(true));
        assert_eq!(slow.reconverges(&rapid).unwrap().seconds, 50);
        let with = |switch: &str, priority| {
            let mut tree = rapid.clone();
            tree.switches
                .insert(Arc::from(switch), (Some(true), Some(priority)));
            tree
        };
        let found = rapid.reconverges(&with("b", 0)).unwrap();
        assert!(found.moves_root && found.seconds == 6, "{found:?}");
        assert_eq!(rapid.reconverges(&with("b", 8_192)), None);
    }
}
