//! Random networks, a wrong answer that must be seen, and what is not replayed.

use std::fmt::Write as _;

use super::*;
use crate::analysis::PacketBox;
use crate::analysis::test_network::{network, tcp};
use crate::analysis::walk::round_trip;
use crate::ctx::Ctx;
use crate::net::registry::{ICMP, UDP};

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

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }

    /// One line of an extended ACL.
    fn line(&mut self) -> String {
        let ends = [
            "any",
            "10.1.0.0 0.0.0.255",
            "10.1.0.4 0.0.0.251",
            "host 10.1.0.5",
            "10.2.0.0 0.0.0.255",
            "host 10.2.0.9",
            "object-group SERVERS",
        ];
        let verb = self.of(&["permit", "permit", "deny"]);
        let (from, to) = (self.of(&ends), self.of(&ends));
        let port = self.of(&["", " eq 443", " range 400 500", " gt 1023", " neq 80"]);
        match self.below(5) {
            0 => format!(" {verb} ip {from} {to}"),
            1 => format!(" {verb} icmp {from} {to}"),
            2 => format!(" {verb} udp {from} {to}{port}"),
            3 => format!(" {verb} tcp {from} {to} established"),
            _ => format!(" {verb} tcp {from} {to}{port}"),
        }
    }

    fn acl(&mut self, name: &str) -> String {
        let mut text = format!("ip access-list extended {name}\n");
        for _ in 0..=self.below(6) {
            let _ = writeln!(text, "{}", self.line());
        }
        if self.below(4) > 0 {
            text.push_str(" permit ip any any\n");
        }
        text
    }

    /// Two routers between pumps and servers, each with random filters on both sides.
    fn texts(&mut self) -> [String; 2] {
        let groups = |side: &str, own: &str, far: &str, hop: &str| {
            format!(
                "object-group network SERVERS\n host 10.2.0.9\n 10.2.0.16 255.255.255.240\n\
                 interface GigabitEthernet0/1\n ip address {side} 255.255.255.252\n\
                 ip access-group A in\n ip access-group B out\n\
                 interface GigabitEthernet0/2\n ip address {own} 255.255.255.0\n\
                 ip access-group C in\n ip access-group D out\n\
                 ip route {far} 255.255.255.0 {hop}\nip route 10.3.0.0 255.255.0.0 {hop}\n"
            )
        };
        [
            groups("10.9.0.1", "10.1.0.1", "10.2.0.0", "10.9.0.2"),
            groups("10.9.0.2", "10.2.0.1", "10.1.0.0", "10.9.0.1"),
        ]
        .map(|text| {
            let used = ["A", "B", "C", "D"].into_iter();
            // A name without an ACL lets everything pass.
            let acls = used.filter(|_| self.below(3) > 0).collect::<Vec<_>>();
            acls.into_iter()
                .fold(text, |text, name| text + &self.acl(name))
        })
    }
}

/// All pumps of a subnet to these destinations, from any client port.
fn question(protocol: u8, to: [&str; 2]) -> PacketBox {
    let port = if protocol == ICMP { 8 << 8 } else { 443 };
    PacketBox {
        protocol: (protocol, protocol),
        source: ("10.1.0.2".parse().unwrap(), "10.1.0.254".parse().unwrap()),
        destination: (to[0].parse().unwrap(), to[1].parse().unwrap()),
        source_port: if protocol == ICMP {
            (0, 0)
        } else {
            (1024, u16::MAX)
        },
        destination_port: (port, port),
        ..tcp("10.1.0.2", "10.2.0.9", 443)
    }
}

fn replayed(texts: &[String; 2], packets: &PacketBox) -> (Replayed, Vec<String>) {
    let net = network(&[("r1", &texts[0]), ("r2", &texts[1])]);
    let world = World::new(&net, &[], &[]);
    let start = Start::Host(packets.source.0);
    let trip = round_trip(&world, &start, packets, &Ctx::quiet());
    replay(&world, &start, &trip)
}

#[test]
fn packets_alone_end_as_they_do_in_sets_on_random_networks() {
    let mut random = Random(11);
    let mut all = Replayed::default();
    for _ in 0..150 {
        let texts = random.texts();
        for (protocol, to) in [
            (crate::net::registry::TCP, ["10.2.0.2", "10.2.0.254"]),
            (UDP, ["10.2.0.9", "10.2.0.9"]),
            (ICMP, ["10.2.0.1", "10.2.0.20"]),
            (ICMP, ["10.1.0.1", "10.1.0.1"]),
            (UDP, ["10.3.0.1", "10.3.0.1"]),
        ] {
            let (found, differing) = replayed(&texts, &question(protocol, to));
            assert_eq!(differing, [""; 0], "{}\n{}", texts[0], texts[1]);
            all.add(&found);
        }
    }
    assert!(all.agreed > 2_000, "{all:?}");
    assert!(all.declined.is_empty(), "{all:?}");
}

#[test]
fn an_end_that_the_engine_gets_wrong_is_seen() {
    let texts = Random(3)
        .texts()
        .map(|text| text[..text.find("ip access-list").unwrap_or(text.len())].to_owned());
    let net = network(&[("r1", &texts[0]), ("r2", &texts[1])]);
    let world = World::new(&net, &[], &[]);
    let packets = tcp("10.1.0.5", "10.2.0.9", 443);
    let start = Start::Host(packets.source.0);
    let mut trip = round_trip(&world, &start, &packets, &Ctx::quiet());
    assert_eq!(replay(&world, &start, &trip).1, [""; 0]);
    let mut worse = trip.clone();
    worse.forward.cells[0].arrivals[0].end.disposition = Disposition::NoRoute;
    let differing = replay(&world, &start, &worse).1;
    assert_eq!(
        differing,
        [
            "a defect of this tool: protocol 6 from 10.1.0.5 port 49152 to 10.2.0.9 port 443 ends \
          no-route at r2 as part of a set and delivered-to-subnet at r2 alone"
        ]
    );
    trip.back.cells[0].arrivals[0].end.disposition = Disposition::DeniedOut;
    assert!(replay(&world, &start, &trip).1[0].contains("denied-out at r1 as part of a set"));
}

#[test]
fn what_is_not_replayed_is_counted_with_its_reason() {
    let [one, two] = Random(3).texts();
    let texts = [
        format!(
            "{one}interface GigabitEthernet0/2\n ip nat inside\n\
             interface GigabitEthernet0/1\n ip nat outside\n\
             ip nat inside source static 10.1.0.5 10.9.0.1\n"
        ),
        two,
    ];
    let (found, _) = replayed(&texts, &tcp("10.1.0.5", "10.2.0.9", 443));
    assert_eq!(found.agreed, 0);
    let reasons: Vec<_> = found.declined.keys().copied().collect();
    assert_eq!(reasons, ["translation"]);
}
