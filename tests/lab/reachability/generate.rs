//! Random networks: routers in a tree with extra links, hosts behind them, routes and filters.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::Ipv4Addr;

use super::filters;
use super::network::{Device, Flow, Forwarding, Interface, Network, Protocol};
use super::random::Random;

/// Ports that flows go to and filters speak of.
pub(super) const PORTS: [u16; 8] = [22, 53, 80, 443, 2575, 8080, 51244, 60000];

/// Network address, length, and members as device and interface.
type Subnet = (Ipv4Addr, u8, Vec<(usize, usize)>);

/// A network while it grows.
pub(super) struct Growth<'r> {
    /// Chance.
    pub(super) random: &'r mut Random,
    /// Whether cables may carry tagged frames.
    tags: bool,
    /// The network.
    pub(super) network: Network,
    /// Ports in use by device.
    ports: Vec<usize>,
    /// Subnets.
    subnets: Vec<Subnet>,
}

/// A network of this seed, and flows through it.
pub(super) fn generate(seed: u64, tags: bool) -> (Network, Vec<Flow>) {
    let mut random = Random(seed);
    let routers = 1 + random.below(4);
    let hosts = 2 + random.below(3);
    let mut growth = Growth::new(&mut random);
    growth.tags = tags;
    for number in 0..routers {
        growth.device(format!("r{number}"), true);
    }
    for number in 0..hosts {
        growth.device(format!("h{number}"), false);
    }
    for router in 1..routers {
        let other = growth.random.below(router);
        growth.link(router, other, 30);
    }
    if routers > 2 && growth.random.chance(60) {
        growth.link(0, routers - 1, 29);
    }
    for host in routers..routers + hosts {
        let router = growth.random.below(routers);
        growth.link(host, router, 24);
        if growth.random.chance(15) {
            let other = growth.random.below(routers);
            growth.link(host, other, 24);
        }
    }
    growth.routes(routers);
    let mut network = growth.network;
    let addresses: Vec<Ipv4Addr> = network
        .devices
        .iter()
        .flat_map(|device| device.interfaces.iter().map(|interface| interface.address))
        .collect();
    for index in 0..network.devices.len() {
        if random.chance(if index < routers { 60 } else { 35 }) {
            let filter = filters::random(&mut random, &network.devices[index], &addresses);
            network.devices[index].filter = Some(filter);
        }
    }
    let flows = flows(&mut random, &network);
    (network, flows)
}

impl<'r> Growth<'r> {
    /// A network without devices.
    pub(super) fn new(random: &'r mut Random) -> Self {
        Self {
            random,
            tags: false,
            network: Network::default(),
            ports: Vec::new(),
            subnets: Vec::new(),
        }
    }

    /// Adds a device.
    pub(super) fn device(&mut self, name: String, router: bool) {
        let forwarding = match self.random.below(20) {
            _ if !router => Forwarding::Off,
            0 => Forwarding::Off,
            1..8 => Forwarding::Command,
            _ => Forwarding::Sysctl,
        };
        self.network.devices.push(Device {
            name,
            router,
            forwarding,
            ..Device::default()
        });
        self.ports.push(0);
    }

    /// Connects two devices by a cable with one subnet on it, now and then a tagged one.
    pub(super) fn link(&mut self, one: usize, other: usize, length: u8) {
        let ends = [one, other].map(|device| {
            let port = format!("eth{}", self.ports[device]);
            self.ports[device] += 1;
            (device, port)
        });
        let tag = 2 + self.random.below(4000);
        let tag = (self.random.chance(25) && self.tags).then_some(tag);
        let number = u32::try_from(self.subnets.len()).unwrap();
        let network = u32::from(Ipv4Addr::new(10, 0, 0, 0)) + (number << 8);
        let mut members = Vec::new();
        // A host stands first and gets the higher address.
        for (offset, (device, port)) in (0_u32..).zip(ends.iter().rev()) {
            let name = tag.map_or_else(|| port.clone(), |tag| format!("{port}.{tag}"));
            let interfaces = &mut self.network.devices[*device].interfaces;
            members.push((*device, interfaces.len()));
            interfaces.push(Interface {
                name,
                address: Ipv4Addr::from(network + 1 + offset),
                length,
                gateway: None,
            });
        }
        self.network.cables.push(ends);
        self.subnets
            .push((Ipv4Addr::from(network), length, members));
    }

    /// Devices one step away: by what interface, and their address there.
    fn neighbors(&self, device: usize) -> Vec<(usize, usize, Ipv4Addr)> {
        let mut found = Vec::new();
        for (_, _, members) in &self.subnets {
            for (own, interface) in members.iter().filter(|(own, _)| *own == device) {
                for (other, far) in members.iter().filter(|(other, _)| other != own) {
                    let address = self.network.devices[*other].interfaces[*far].address;
                    found.push((*other, *interface, address));
                }
            }
        }
        found
    }

    /// Steps from each router to a subnet, over routers only.
    fn distances(&self, subnet: usize, routers: usize) -> BTreeMap<usize, usize> {
        let mut steps = BTreeMap::new();
        let mut queue: VecDeque<(usize, usize)> = self.subnets[subnet]
            .2
            .iter()
            .filter(|(device, _)| *device < routers)
            .map(|(device, _)| (*device, 0))
            .collect();
        while let Some((device, distance)) = queue.pop_front() {
            if steps.contains_key(&device) {
                continue;
            }
            steps.insert(device, distance);
            for (next, _, _) in self.neighbors(device) {
                if next < routers {
                    queue.push_back((next, distance + 1));
                }
            }
        }
        steps
    }

    /// Gives every device its routes, right ones mostly.
    fn routes(&mut self, routers: usize) {
        for device in routers..self.network.devices.len() {
            let gateways = self.neighbors(device);
            let (_, interface, gateway) = *self.random.pick(&gateways);
            if self.random.chance(95) {
                self.network.devices[device].interfaces[interface].gateway = Some(gateway);
            }
        }
        for subnet in 0..self.subnets.len() {
            let steps = self.distances(subnet, routers);
            let (network, length, members) = self.subnets[subnet].clone();
            for router in 0..routers {
                if members.iter().any(|(device, _)| *device == router) {
                    continue;
                }
                let near: Vec<(usize, Ipv4Addr)> = self
                    .neighbors(router)
                    .into_iter()
                    .filter(|(next, _, _)| *next < routers)
                    .filter(|(next, _, _)| steps.get(next) < steps.get(&router))
                    .map(|(_, interface, gateway)| (interface, gateway))
                    .collect();
                self.route(router, &format!("{network}/{length}"), &near);
            }
        }
        for router in 0..routers {
            if self.random.chance(10) {
                let gateways = self.neighbors(router);
                let (_, interface, gateway) = *self.random.pick(&gateways);
                self.network.devices[router].interfaces[interface].gateway = Some(gateway);
            }
        }
    }

    /// Gives a router its route to a prefix by one or all of the near gateways, or something else.
    fn route(&mut self, router: usize, prefix: &str, near: &[(usize, Ipv4Addr)]) {
        let last = self.network.devices[router].interfaces.len() - 1;
        let any = self.neighbors(router);
        let (_, _, stray) = *self.random.pick(&any);
        let commands = match (self.random.below(100), near) {
            (0..4, _) | (_, []) => Vec::new(),
            (4..7, _) => vec![format!("ip route add blackhole {prefix}")],
            (7..12, _) => vec![format!("ip route add {prefix} via {stray}")],
            (12..20, [(_, gateway), ..]) => vec![
                format!("ip route add {prefix} via {gateway} metric 20"),
                format!("ip route add {prefix} via {stray} metric 300"),
            ],
            (20..70, several @ [_, _, ..]) => {
                let hops = several
                    .iter()
                    .map(|(_, gateway)| format!(" nexthop via {gateway}"));
                vec![format!("ip route add {prefix}{}", hops.collect::<String>())]
            }
            (_, some) => {
                let (_, gateway) = self.random.pick(some);
                vec![format!("ip route add {prefix} via {gateway}")]
            }
        };
        // After the last interface every gateway is connected.
        let device = &mut self.network.devices[router];
        device
            .commands
            .extend(commands.into_iter().map(|command| (last, command)));
    }
}

/// Flows between devices of the network.
pub(super) fn flows(random: &mut Random, network: &Network) -> Vec<Flow> {
    let ends: Vec<(usize, Ipv4Addr)> = (0..)
        .zip(&network.devices)
        .flat_map(|(index, device)| {
            let addresses = device
                .interfaces
                .iter()
                .map(move |one| (index, one.address));
            // Hosts speak more than routers.
            let times = if device.router { 1 } else { 3 };
            addresses.cycle().take(device.interfaces.len() * times)
        })
        .collect();
    let mut flows = Vec::new();
    let mut asked = BTreeSet::new();
    while flows.len() < 30 && asked.len() < 400 {
        let (source, from) = *random.pick(&ends);
        let (destination, to) = *random.pick(&ends);
        asked.insert((from, to, random.below(1000)));
        if source == destination {
            continue;
        }
        let id = u32::try_from(flows.len()).unwrap();
        let protocol = *random.pick(&[Protocol::Tcp, Protocol::Tcp, Protocol::Udp, Protocol::Icmp]);
        flows.push(Flow {
            id,
            from,
            to,
            protocol,
            from_port: 20_000
                + u16::try_from(id).unwrap() * 7
                + u16::try_from(random.below(7)).unwrap(),
            port: if protocol == Protocol::Icmp {
                0
            } else {
                *random.pick(&PORTS)
            },
        });
    }
    flows
}
