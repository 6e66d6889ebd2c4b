//! A naive simulator of BGP, message by message in random order, against the joint fixpoint.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::interface;
use crate::analysis::Symbol;
use crate::analysis::test_network::network;
use crate::analysis::world::World;
use crate::model::Network;

/// Numbers that look random (Knuth's MMIX constants).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Routers, each a system of its own, with the preference that each gives to each neighbor.
struct Case {
    preferences: Vec<Vec<Option<u32>>>,
}

impl Case {
    fn new(numbers: &mut Numbers) -> Self {
        let size = 3 + usize::try_from(numbers.below(3)).unwrap();
        let mut preferences = vec![vec![None; size]; size];
        for one in 0..size {
            for other in one + 1..size {
                // A ring keeps the network whole.
                if other == one + 1 || numbers.below(2) == 0 {
                    for (from, to) in [(one, other), (other, one)] {
                        let more = u32::try_from(numbers.below(3)).unwrap();
                        preferences[from][to] = Some(100 + 50 * more);
                    }
                }
            }
        }
        Self { preferences }
    }

    fn address(near: usize, far: usize) -> Ipv4Addr {
        let (low, high) = (near.min(far), near.max(far));
        let last = if near < far { 1 } else { 2 };
        format!("10.{low}.{high}.{last}").parse().unwrap()
    }

    fn network(&self) -> Network {
        let mut texts = Vec::new();
        for (near, row) in self.preferences.iter().enumerate() {
            let mut text = interface("Loopback0", &format!("203.0.113.{}", near + 1));
            let mut bgp = format!("router bgp {}\n", 65_000 + near);
            let mut maps = String::new();
            if near == 0 {
                bgp.push_str(" network 203.0.113.1 mask 255.255.255.255\n");
            }
            for (far, preference) in row.iter().enumerate() {
                let Some(preference) = preference else {
                    continue;
                };
                let name = format!("GigabitEthernet0/{far}");
                text.push_str(&interface(&name, &Self::address(near, far).to_string()));
                let peer = Self::address(far, near);
                let _ = write!(
                    bgp,
                    " neighbor {peer} remote-as {}\n neighbor {peer} route-map FROM{far} in\n",
                    65_000 + far
                );
                let _ = write!(
                    maps,
                    "route-map FROM{far} permit 10\n set local-preference {preference}\n"
                );
            }
            texts.push((format!("r{near}"), format!("{text}{bgp}{maps}")));
        }
        let texts: Vec<(&str, &str)> = texts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .collect();
        network(&texts)
    }

    /// Paths of all routers to the first one after messages in random order; `None`: no rest.
    fn simulate(&self, numbers: &mut Numbers) -> Option<Vec<Vec<usize>>> {
        let size = self.preferences.len();
        let mut paths: Vec<Vec<usize>> = vec![Vec::new(); size];
        for _ in 0..500 {
            let next = usize::try_from(numbers.below(size as u64)).unwrap();
            paths[next] = self.best(next, &paths);
            if (0..size).all(|one| paths[one] == self.best(one, &paths)) {
                return Some(paths);
            }
        }
        None
    }

    /// The path that a router chooses of what its neighbors have; it begins with the neighbor.
    fn best(&self, router: usize, paths: &[Vec<usize>]) -> Vec<usize> {
        if router == 0 {
            return vec![0];
        }
        let offers = self.preferences[router].iter().enumerate();
        offers
            .filter_map(|(peer, preference)| {
                let theirs = &paths[peer];
                let usable = !theirs.is_empty() && !theirs.contains(&router);
                let mut path = vec![peer];
                path.extend(theirs.iter().filter(|one| **one != peer));
                let preference = (*preference)?;
                usable.then_some((std::cmp::Reverse(preference), path.len(), peer, path))
            })
            .min()
            .map_or(Vec::new(), |(_, _, _, path)| path)
    }
}

#[test]
fn messages_in_any_order_end_as_the_fixpoint_says_or_it_says_unknown() {
    let mut numbers = Numbers(7);
    let mut decided = 0;
    for number in 0..40 {
        let case = Case::new(&mut numbers);
        let net = case.network();
        let world = World::new(&net, &[], &[]);
        let target = Ipv4Addr::new(203, 0, 113, 1);
        for _ in 0..4 {
            let ended = case.simulate(&mut numbers);
            for router in 1..case.preferences.len() {
                let device = world.device_named(&format!("r{router}")).unwrap();
                let table = world.table_of(device, None).unwrap();
                let lookup = world.lookup(table, target);
                let open = |symbol: &Symbol| matches!(symbol, Symbol::Undecided(_));
                if lookup.symbols.iter().any(open) {
                    continue;
                }
                let Some(paths) = &ended else {
                    panic!("case {number}: r{router} is decided and messages never rest");
                };
                decided += 1;
                let hop = lookup
                    .route
                    .as_ref()
                    .and_then(|route| route.shown.first().copied());
                let hop = hop.and_then(|(address, _)| address);
                let expected = paths[router]
                    .first()
                    .map(|peer| Case::address(*peer, router));
                assert_eq!(hop, expected, "case {number}: r{router}");
            }
        }
    }
    assert!(decided > 100, "only {decided} decided");
}

#[test]
fn the_order_of_devices_and_of_questions_changes_nothing() {
    let mut numbers = Numbers(11);
    for _ in 0..4 {
        let case = Case::new(&mut numbers);
        let net = case.network();
        let all = crate::analysis::routes::routes(&net, None, None);
        for name in net.devices.keys() {
            let one = crate::analysis::routes::routes(&net, Some(name), None);
            let part: Vec<_> = all
                .routes
                .iter()
                .filter(|row| row.device == *name)
                .cloned()
                .collect();
            assert_eq!(one.routes, part);
        }
    }
}
