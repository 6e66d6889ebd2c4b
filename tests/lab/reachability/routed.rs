//! Random networks whose routers run FRR: OSPF within systems, BGP between them.

use std::net::Ipv4Addr;

use super::generate::{Growth, flows};
use super::network::{Flow, Forwarding, Network};
use super::random::Random;

/// A router while its file is written.
#[derive(Debug, Clone, Default)]
struct Router {
    /// Its autonomous system, from 0.
    system: usize,
    /// Area of its own interfaces; that of the link towards its parent too.
    area: usize,
    /// Words of `area N …` where its area is a stub.
    stub: Option<&'static str>,
    /// Whether it has a link to another system.
    border: bool,
}

/// A link between two routers.
struct Link {
    /// Ends: router and index of its interface.
    ends: [(usize, usize); 2],
    /// Area, where both are of one system.
    area: usize,
}

/// A network of this seed, and flows through it.
pub(super) fn generate(seed: u64) -> (Network, Vec<Flow>) {
    let mut random = Random(seed ^ 0x0F88);
    let count = 3 + random.below(4);
    let hosts = 2 + random.below(3);
    let mut growth = Growth::new(&mut random);
    for number in 0..count {
        growth.device(format!("r{number}"), true);
        growth.network.devices[number].forwarding = Forwarding::Off;
    }
    for number in 0..hosts {
        growth.device(format!("h{number}"), false);
    }
    let mut routers = vec![Router::default(); count];
    let mut links = Vec::new();
    let mut systems = 1;
    let mut leaf = vec![true; count];
    for router in 1..count {
        let parent = growth.random.below(router);
        let apart = systems < 3 && growth.random.chance(35);
        routers[router].system = if apart {
            systems
        } else {
            routers[parent].system
        };
        if apart {
            systems += 1;
            routers[router].border = true;
            routers[parent].border = true;
        }
        leaf[parent] = false;
        links.push((router, parent));
    }
    let extra: Vec<(usize, usize)> = (0..count)
        .flat_map(|one| (one + 1..count).map(move |other| (one, other)))
        .filter(|pair| !links.iter().any(|(a, b)| *pair == (*b, *a)))
        .filter(|(one, other)| routers[*one].system == routers[*other].system)
        .collect();
    if !extra.is_empty() && growth.random.chance(60) {
        let (one, other) = *growth.random.pick(&extra);
        leaf[one] = false;
        leaf[other] = false;
        links.push((other, one));
    }
    for router in 1..count {
        if leaf[router] && !routers[router].border && growth.random.chance(60) {
            routers[router].area = router;
            routers[router].stub =
                *growth
                    .random
                    .pick(&[None, Some("stub"), Some("stub no-summary")]);
        }
    }
    let mut made = Vec::new();
    for (router, parent) in links {
        let ends = [router, parent].map(|end| (end, growth.network.devices[end].interfaces.len()));
        growth.link(router, parent, 30);
        let area = routers[router].area;
        made.push(Link { ends, area });
    }
    for host in count..count + hosts {
        let router = growth.random.below(count);
        growth.link(host, router, 24);
        let index = growth.network.devices[router].interfaces.len() - 1;
        let gateway = growth.network.devices[router].interfaces[index].address;
        growth.network.devices[host].interfaces[0].gateway = Some(gateway);
    }
    let mut network = growth.network;
    for router in 0..count {
        let file = Writer {
            random: &mut random,
            network: &network,
            routers: &routers,
            links: &made,
            lines: Vec::new(),
        }
        .write(router);
        network.devices[router].routing = file;
    }
    let flows = flows(&mut random, &network);
    (network, flows)
}

/// A router's file while it is written.
struct Writer<'w> {
    /// Chance.
    random: &'w mut Random,
    /// The network.
    network: &'w Network,
    /// Routers.
    routers: &'w [Router],
    /// Links between routers.
    links: &'w [Link],
    /// Lines so far; those that can be left out say so.
    lines: Vec<(bool, String)>,
}

/// The loopback address of a router.
fn loopback(router: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 255, 0, u8::try_from(router).unwrap() + 1)
}

impl Writer<'_> {
    /// Adds a line that the file needs.
    fn keep(&mut self, line: impl Into<String>) {
        self.lines.push((false, line.into()));
    }

    /// Adds a line that may be left out.
    fn maybe(&mut self, line: impl Into<String>) {
        self.lines.push((true, line.into()));
    }

    /// Routers of a system.
    fn members(&self, system: usize) -> Vec<usize> {
        (0..self.routers.len())
            .filter(|router| self.routers[*router].system == system)
            .collect()
    }

    /// The whole file.
    fn write(mut self, router: usize) -> Vec<(bool, String)> {
        let own = self.routers[router].clone();
        let borders = self
            .members(own.system)
            .into_iter()
            .filter(|member| self.routers[*member].border)
            .count();
        // Several borders of a system speak BGP with every router of it.
        let mesh = borders > 1;
        self.keep("frr version 8.4.4");
        let profile = *self
            .random
            .pick(&["traditional", "traditional", "datacenter"]);
        self.keep(format!("frr defaults {profile}"));
        self.keep(format!("hostname {}", self.network.devices[router].name));
        self.keep("ip forwarding");
        let by_network = self.random.chance(40);
        // Before its interfaces take part, since a range that comes after its components may not be
        // announced until something else changes.
        self.ospf(router, &own, by_network, borders == 1 && own.border);
        self.interfaces(router, &own, by_network);
        if own.border || (mesh && self.members(own.system).len() > 1) {
            self.bgp(router, &own, mesh);
        }
        if self.random.chance(15) {
            self.maybe("ip route 10.200.0.0/16 blackhole");
        }
        self.lines
    }

    /// Interface blocks.
    fn interfaces(&mut self, router: usize, own: &Router, by_network: bool) {
        self.keep("interface lo");
        self.keep(format!(" ip address {}/32", loopback(router)));
        if !by_network {
            self.keep(format!(" ip ospf area {}", own.area.min(router)));
        }
        self.keep("exit");
        let names: Vec<String> = self.network.devices[router]
            .interfaces
            .iter()
            .map(|interface| interface.name.clone())
            .collect();
        for (index, name) in names.iter().enumerate() {
            let place = self.place(router, index);
            if place == Place::Outside {
                continue;
            }
            self.keep(format!("interface {name}"));
            if !by_network {
                let area = self.area(router, index);
                self.keep(format!(" ip ospf area {area}"));
            }
            if self.random.chance(20) {
                let rate = 3000 + self.random.below(40_000);
                self.keep(format!(" bandwidth {rate}"));
            } else {
                let cost = 1 + self.random.below(20);
                self.keep(format!(" ip ospf cost {cost}"));
            }
            if place == Place::Inside {
                self.keep(" ip ospf network point-to-point");
                self.keep(" ip ospf hello-interval 1");
                self.keep(" ip ospf dead-interval 20");
            } else if self.random.chance(70) {
                self.maybe(" ip ospf passive");
            }
            self.keep("exit");
        }
    }

    /// What an interface leads to.
    fn place(&self, router: usize, index: usize) -> Place {
        let link = self
            .links
            .iter()
            .find(|link| link.ends.contains(&(router, index)));
        match link {
            None => Place::Hosts,
            Some(Link {
                ends: [(one, _), (other, _)],
                ..
            }) if self.routers[*one].system == self.routers[*other].system => Place::Inside,
            Some(_) => Place::Outside,
        }
    }

    /// The area of an interface.
    fn area(&self, router: usize, index: usize) -> usize {
        let link = self
            .links
            .iter()
            .find(|link| link.ends.contains(&(router, index)));
        link.map_or(self.routers[router].area, |link| link.area)
    }

    /// The OSPF process.
    fn ospf(&mut self, router: usize, own: &Router, by_network: bool, redistributes: bool) {
        self.keep("router ospf");
        self.keep(format!(" ospf router-id {}", loopback(router)));
        self.keep(" timers throttle spf 0 50 200");
        let mut stubs: Vec<(usize, &'static str)> = Vec::new();
        for link in self
            .links
            .iter()
            .filter(|link| link.ends.iter().any(|(end, _)| *end == router))
        {
            let kind = self.routers.get(link.area).and_then(|home| home.stub);
            stubs.extend(kind.filter(|_| link.area > 0).map(|kind| (link.area, kind)));
        }
        for (area, kind) in stubs {
            self.maybe(format!(" area {area} {kind}"));
        }
        if redistributes {
            match self.random.below(4) {
                0 => self.maybe(" default-information originate always"),
                1 => self.maybe(" redistribute bgp metric 30 metric-type 1"),
                _ => self.maybe(" redistribute bgp"),
            }
        }
        if self.random.chance(20) {
            self.maybe(" redistribute connected metric 7");
        }
        if self.random.chance(20) {
            self.maybe(" redistribute static");
        }
        if self.random.chance(10) {
            self.maybe(" max-metric router-lsa administrative");
        }
        if own.area == 0 && self.random.chance(15) {
            self.maybe(" area 0 range 10.0.0.0/22");
        }
        if by_network {
            self.keep(format!(
                " network {}/32 area {}",
                loopback(router),
                own.area
            ));
            for index in 0..self.network.devices[router].interfaces.len() {
                if self.place(router, index) != Place::Outside {
                    let interface = &self.network.devices[router].interfaces[index];
                    let net = u32::from(interface.address) & (u32::MAX << (32 - interface.length));
                    let (net, length) = (Ipv4Addr::from(net), interface.length);
                    let area = self.area(router, index);
                    self.keep(format!(" network {net}/{length} area {area}"));
                }
            }
        }
        self.keep("exit");
    }

    /// The BGP process.
    fn bgp(&mut self, router: usize, own: &Router, mesh: bool) {
        self.keep(format!("router bgp {}", 65_001 + own.system));
        self.keep(format!(" bgp router-id {}", loopback(router)));
        self.keep(" timers bgp 3 60");
        let free = self.random.chance(70);
        if free {
            self.maybe(" no bgp ebgp-requires-policy");
        }
        if self.random.chance(30) {
            self.maybe(" bgp bestpath as-path multipath-relax");
        }
        let mut outer = Vec::new();
        for link in self.links {
            for (near, far) in [(link.ends[0], link.ends[1]), (link.ends[1], link.ends[0])] {
                if near.0 == router && self.routers[far.0].system != own.system {
                    let address = self.network.devices[far.0].interfaces[far.1].address;
                    outer.push((address, 65_001 + self.routers[far.0].system));
                }
            }
        }
        for (address, system) in &outer {
            let remote = if self.random.chance(30) {
                "external".to_owned()
            } else {
                system.to_string()
            };
            self.keep(format!(" neighbor {address} remote-as {remote}"));
            self.keep(format!(" neighbor {address} timers connect 1"));
        }
        let inner: Vec<usize> = self
            .members(own.system)
            .into_iter()
            .filter(|other| mesh && *other != router)
            .collect();
        for other in &inner {
            let address = loopback(*other);
            self.keep(format!(" neighbor {address} remote-as internal"));
            self.keep(format!(" neighbor {address} update-source lo"));
            self.keep(format!(" neighbor {address} timers connect 1"));
        }
        self.keep(" address-family ipv4 unicast");
        match self.random.below(3) {
            0 => {
                self.maybe("  redistribute connected");
                self.maybe("  redistribute ospf");
            }
            1 => {
                self.maybe("  redistribute ospf route-map SOME");
                self.maybe(format!("  network {}/32", loopback(router)));
            }
            _ => {
                for subnet in 0..12_u32 {
                    let net = Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 0, 0, 0)) + (subnet << 8));
                    let length = *self.random.pick(&[24, 30]);
                    self.maybe(format!("  network {net}/{length}"));
                }
            }
        }
        if self.random.chance(20) {
            let only = *self.random.pick(&["", " summary-only"]);
            self.maybe(format!("  aggregate-address 10.0.0.0/21{only}"));
        }
        for (address, _) in &outer {
            if !free || self.random.chance(30) {
                self.maybe(format!("  neighbor {address} route-map SOME in"));
            }
            if !free || self.random.chance(30) {
                let filter = *self.random.pick(&["prefix-list NETS", "route-map SOME"]);
                self.maybe(format!("  neighbor {address} {filter} out"));
            }
        }
        for other in &inner {
            self.keep(format!("  neighbor {} next-hop-self", loopback(*other)));
        }
        self.keep(" exit-address-family");
        self.keep("exit");
        self.lists();
    }

    /// The lists that neighbors name.
    fn lists(&mut self) {
        let odd = self.random.below(10);
        self.maybe(format!(
            "ip prefix-list FEW seq 5 permit 10.0.{odd}.0/24 le 32"
        ));
        let odd = self.random.below(10);
        self.keep(format!(
            "ip prefix-list NETS seq 5 deny 10.0.{odd}.0/24 le 30"
        ));
        self.keep("ip prefix-list NETS seq 10 permit 10.0.0.0/8 le 32");
        let action = *self.random.pick(&["permit", "deny"]);
        self.keep(format!("route-map SOME {action} 10"));
        self.keep(" match ip address prefix-list FEW");
        if action == "permit" {
            let set = *self.random.pick(&[
                "local-preference 150",
                "metric 20",
                "as-path prepend 65009 65009",
                "weight 7",
            ]);
            self.maybe(format!(" set {set}"));
        }
        self.keep("exit");
        self.keep("route-map SOME permit 20");
        self.keep(" match ip address prefix-list NETS");
        self.keep("exit");
    }
}

/// What an interface leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Routers of the same system.
    Inside,
    /// Routers of another system.
    Outside,
    /// Hosts.
    Hosts,
}
