//! A naive packet simulator, independent of the model, against the walk on random networks.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::{Start, reach};
use crate::analysis::PacketBox;
use crate::analysis::test_network::{network, tcp};
use crate::analysis::world::World;
use crate::ctx::Ctx;
use crate::wire::trace::Disposition;

/// Numbers from a seed (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// One line of a filter: permit, source router (or any), destination router (or any), port range.
type Line = (bool, Option<usize>, Option<usize>, u16, u16);

/// A random network of routers, each with one LAN 10.1.n.0/24.
struct Plan {
    count: usize,
    /// Links between routers, as pairs; link k is 10.2.k.0/30.
    links: Vec<(usize, usize)>,
    /// Route of each router to each LAN: a link, or none; discarded where `usize::MAX`.
    routes: Vec<Vec<Option<usize>>>,
    /// Filters by router and interface (0 the LAN, then links), in and out.
    filters: Vec<Vec<[Option<Vec<Line>>; 2]>>,
}

impl Plan {
    fn new(random: &mut Random) -> Self {
        let count = 3 + random.below(3);
        let mut links: Vec<(usize, usize)> = (1..count).map(|n| (random.below(n), n)).collect();
        links.push((0, count - 1));
        let mut routes = Vec::new();
        let mut filters = Vec::new();
        for router in 0..count {
            let own: Vec<usize> = (0..links.len())
                .filter(|link| links[*link].0 == router || links[*link].1 == router)
                .collect();
            routes.push(
                (0..count)
                    .map(|_| match random.below(8) {
                        0 => None,
                        1 => Some(usize::MAX),
                        _ => Some(own[random.below(own.len())]),
                    })
                    .collect(),
            );
            filters.push(
                (0..=links.len())
                    .map(|_| [Self::filter(random, count), Self::filter(random, count)])
                    .collect(),
            );
        }
        Self {
            count,
            links,
            routes,
            filters,
        }
    }

    fn filter(random: &mut Random, routers: usize) -> Option<Vec<Line>> {
        if random.below(3) > 0 {
            return None;
        }
        let lines = (0..=random.below(4)).map(|_| {
            let end = |random: &mut Random| (random.below(2) == 0).then(|| random.below(routers));
            let low = u16::try_from(random.below(100)).unwrap();
            let high = low + u16::try_from(random.below(60)).unwrap();
            let (from, to) = (end(random), end(random));
            (random.below(3) > 0, from, to, low, high)
        });
        let mut lines: Vec<Line> = lines.collect();
        if random.below(4) > 0 {
            lines.push((true, None, None, 0, u16::MAX));
        }
        Some(lines)
    }

    fn text(&self, router: usize) -> String {
        let mut text = String::new();
        let mut acls = String::new();
        let mut interface = |index: usize, address: String, mask: &str| {
            let _ = write!(
                text,
                "interface Ethernet0/{index}\n ip address {address} {mask}\n"
            );
            for (side, word) in [(0, "in"), (1, "out")] {
                if let Some(lines) = &self.filters[router][index][side] {
                    let _ = writeln!(text, " ip access-group F{index}{word} {word}");
                    let _ = writeln!(acls, "ip access-list extended F{index}{word}");
                    for (permit, from, to, low, high) in lines {
                        let end = |end: &Option<usize>| match end {
                            Some(n) => format!("10.1.{n}.0 0.0.0.255"),
                            None => "any".to_owned(),
                        };
                        let verb = if *permit { "permit" } else { "deny" };
                        let (from, to) = (end(from), end(to));
                        let _ = writeln!(acls, " {verb} tcp {from} {to} range {low} {high}");
                    }
                }
            }
        };
        interface(0, format!("10.1.{router}.1"), "255.255.255.0");
        for (k, (a, b)) in self.links.iter().enumerate() {
            if *a == router || *b == router {
                let side = if *a == router { 1 } else { 2 };
                interface(k + 1, format!("10.2.{k}.{side}"), "255.255.255.252");
            }
        }
        for (lan, route) in self.routes[router].iter().enumerate() {
            let hop = match route {
                _ if lan == router => continue,
                None => continue,
                Some(usize::MAX) => "Null0".to_owned(),
                Some(k) => {
                    let side = if self.links[*k].0 == router { 2 } else { 1 };
                    format!("10.2.{k}.{side}")
                }
            };
            let _ = writeln!(text, "ip route 10.1.{lan}.0 255.255.255.0 {hop}");
        }
        text + &acls
    }

    fn passes(
        &self,
        router: usize,
        index: usize,
        side: usize,
        packet: (usize, usize, u16),
    ) -> bool {
        let Some(lines) = &self.filters[router][index][side] else {
            return true;
        };
        let (from, to, port) = packet;
        let hit = lines.iter().find(|(_, source, destination, low, high)| {
            source.is_none_or(|n| n == from)
                && destination.is_none_or(|n| n == to)
                && (*low..=*high).contains(&port)
        });
        hit.is_some_and(|line| line.0)
    }

    /// Follows one packet from LAN to LAN, hop by hop.
    fn follow(&self, packet: (usize, usize, u16)) -> Disposition {
        let (mut router, mut ingress) = (packet.0, 0);
        let mut seen = vec![];
        loop {
            if seen.contains(&(router, ingress)) {
                return Disposition::Loop;
            }
            seen.push((router, ingress));
            if !self.passes(router, ingress, 0, packet) {
                return Disposition::DeniedIn;
            }
            if router == packet.1 {
                return if self.passes(router, 0, 1, packet) {
                    Disposition::DeliveredToSubnet
                } else {
                    Disposition::DeniedOut
                };
            }
            match self.routes[router][packet.1] {
                None => return Disposition::NoRoute,
                Some(usize::MAX) => return Disposition::NullRouted,
                Some(k) => {
                    if !self.passes(router, k + 1, 1, packet) {
                        return Disposition::DeniedOut;
                    }
                    let (a, b) = self.links[k];
                    router = if a == router { b } else { a };
                    ingress = k + 1;
                }
            }
        }
    }
}

#[test]
fn the_walk_agrees_with_a_naive_simulator_on_every_packet_of_random_networks() {
    let mut random = Random(20_261_122);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..120 {
        let plan = Plan::new(&mut random);
        let texts: Vec<(String, String)> = (0..plan.count)
            .map(|router| (format!("r{router}"), plan.text(router)))
            .collect();
        let texts: Vec<(&str, &str)> = texts
            .iter()
            .map(|(n, t)| (n.as_str(), t.as_str()))
            .collect();
        let net = network(&texts);
        let world = World::new(&net, &[], &[]);
        for from in 0..plan.count {
            let packets = PacketBox {
                destination: (Ipv4Addr::new(10, 1, 0, 0), Ipv4Addr::new(10, 1, 9, 255)),
                destination_port: (0, 200),
                ..tcp(&format!("10.1.{from}.9"), "10.1.0.0", 0)
            };
            let start = Start::Host(packets.source.0);
            let found = reach(&world, &start, &packets, &Ctx::quiet());
            for to in (0..plan.count).filter(|to| *to != from) {
                for port in 0..=200 {
                    let address = Ipv4Addr::new(10, 1, u8::try_from(to).unwrap(), 77);
                    let holds = |packets: &PacketBox| {
                        (packets.destination.0..=packets.destination.1).contains(&address)
                            && (packets.destination_port.0..=packets.destination_port.1)
                                .contains(&port)
                    };
                    let cells: Vec<_> = found
                        .cells
                        .iter()
                        .filter(|cell| cell.packets.iter().any(holds))
                        .collect();
                    assert_eq!(cells.len(), 1, "cells are a partition");
                    let expected = plan.follow((from, to, port));
                    let ends: Vec<Disposition> = cells[0].dispositions.iter().copied().collect();
                    assert_eq!(ends, [expected], "r{from} to {address} port {port}");
                    seen.insert(expected);
                }
            }
        }
    }
    assert_eq!(seen.len(), 6, "every kind of end occurs: {seen:?}");
}
