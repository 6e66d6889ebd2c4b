//! Random translation in the words of `iptables-restore` and of `nft`.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::filters::Writer;
use super::generate::PORTS;
use super::network::Device;

/// A rule of a chain that translates, language aside.
struct Rule {
    /// Source network.
    source: Option<(Ipv4Addr, u8)>,
    /// Destination network.
    destination: Option<(Ipv4Addr, u8)>,
    /// Interface that the chain knows.
    interface: Option<String>,
    /// Protocol, and port of the destination.
    protocol: Option<(&'static str, Option<u16>)>,
    /// What it does.
    target: Target,
}

/// What a rule does.
enum Target {
    /// Leaves the packet as it is.
    Accept,
    /// Goes to the other chain.
    Jump,
    /// Gives it another source.
    Source(Ipv4Addr, Ipv4Addr, Option<(u16, u16)>),
    /// Gives it a source of the interface.
    Masquerade(Option<(u16, u16)>),
    /// Gives it another destination.
    Destination(Ipv4Addr, Option<u16>),
    /// Has the device take it.
    Redirect(Option<u16>),
}

/// Chains that translate, with the chain that each may jump to.
const CHAINS: [(&str, &str); 3] = [
    ("PREROUTING", "doors"),
    ("OUTPUT", "doors"),
    ("POSTROUTING", "faces"),
];

impl Writer<'_> {
    /// A random rule of a chain.
    fn translation(&mut self, chain: &str) -> Rule {
        let after = matches!(chain, "POSTROUTING" | "faces");
        let network = |writer: &mut Self| {
            let address = u32::from(*writer.random.pick(writer.addresses));
            let length = *writer.random.pick(&[32_u8, 32, 24, 22]);
            let mask = u32::MAX << (32 - u32::from(length));
            (Ipv4Addr::from(address & mask), length)
        };
        let source = self.random.chance(35).then(|| network(self));
        let destination = self
            .random
            .chance(if after { 35 } else { 65 })
            .then(|| network(self));
        let protocol = match self.random.below(5) {
            0 | 1 => Some("tcp"),
            2 => Some("udp"),
            3 => Some("icmp"),
            _ => None,
        };
        let protocol = protocol.map(|name| {
            let ported = name != "icmp" && self.random.chance(60);
            let port = ported.then(|| *self.random.pick(&PORTS));
            (name, port)
        });
        let ported = matches!(protocol, Some(("tcp" | "udp", _)));
        let known = !matches!(chain, "OUTPUT" | "doors" | "faces");
        let interface = (known && self.random.chance(35))
            .then(|| self.random.pick(&self.device.interfaces).name.clone());
        let jumps = chain.chars().next().is_some_and(char::is_uppercase);
        let target = match self.random.below(10) {
            0 => Target::Accept,
            1 if jumps => Target::Jump,
            _ if after => self.new_source(ported),
            _ => self.new_destination(chain, ported),
        };
        Rule {
            source,
            destination,
            interface,
            protocol,
            target,
        }
    }

    /// Another source.
    fn new_source(&mut self, ported: bool) -> Target {
        let ports = (ported && self.random.chance(30)).then_some((30_000, 39_999));
        if self.random.chance(40) {
            return Target::Masquerade(ports);
        }
        let address = own(self.device)[self.random.below(self.device.interfaces.len())];
        // Now and then one that nobody owns, or one of several.
        match self.random.below(8) {
            0 => Target::Source(
                Ipv4Addr::new(10, 0, 200, 1),
                Ipv4Addr::new(10, 0, 200, 1),
                ports,
            ),
            1 => {
                let last = *own(self.device).iter().max().unwrap();
                let first = *own(self.device).iter().min().unwrap();
                Target::Source(
                    first,
                    if self.random.chance(50) { last } else { first },
                    ports,
                )
            }
            _ => Target::Source(address, address, ports),
        }
    }

    /// Another destination.
    fn new_destination(&mut self, chain: &str, ported: bool) -> Target {
        let port = (ported && self.random.chance(50)).then(|| *self.random.pick(&PORTS));
        if chain == "PREROUTING" && self.random.chance(25) {
            return Target::Redirect(port);
        }
        let mut others: Vec<Ipv4Addr> = self.addresses.to_vec();
        // What a device sends to itself is not looked at.
        others.retain(|address| chain == "PREROUTING" || !own(self.device).contains(address));
        match others.as_slice() {
            [] => Target::Accept,
            some => Target::Destination(*self.random.pick(some), port),
        }
    }

    /// A nat table of iptables.
    pub(super) fn iptables_nat(&mut self) {
        self.keep("*nat");
        for chain in ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"] {
            self.keep(format!(":{chain} ACCEPT [0:0]"));
        }
        self.keep(":doors - [0:0]");
        self.keep(":faces - [0:0]");
        for chain in ["PREROUTING", "OUTPUT", "POSTROUTING", "doors", "faces"] {
            for _ in 0..self.count(chain) {
                let rule = self.translation(chain);
                let line = iptables(chain, &rule);
                self.maybe(line);
            }
        }
        self.keep("COMMIT");
    }

    /// A nat table of nftables.
    pub(super) fn nft_nat(&mut self) {
        self.keep("table ip faces {");
        for chain in ["doors", "faces"] {
            self.keep(format!("chain {chain} {{"));
            self.nft_rules(chain);
            self.keep("}");
        }
        for (chain, priority) in [
            ("PREROUTING", "dstnat"),
            ("OUTPUT", "-100"),
            ("POSTROUTING", "srcnat"),
        ] {
            let hook = chain.to_lowercase();
            self.keep(format!("chain {hook} {{"));
            self.keep(format!(
                "type nat hook {hook} priority {priority}; policy accept;"
            ));
            self.nft_rules(chain);
            self.keep("}");
        }
        self.keep("}");
    }

    /// Rules of a chain of nftables.
    fn nft_rules(&mut self, chain: &str) {
        for _ in 0..self.count(chain) {
            let rule = self.translation(chain);
            let line = nft(chain, &rule);
            self.maybe(line);
        }
    }

    /// How many rules a chain gets.
    fn count(&mut self, chain: &str) -> usize {
        match chain {
            "OUTPUT" => self.random.below(2),
            "doors" | "faces" => 1,
            "PREROUTING" if !self.device.router => self.random.below(2),
            _ => 1 + self.random.below(2),
        }
    }
}

/// Addresses of a device.
fn own(device: &Device) -> Vec<Ipv4Addr> {
    let interfaces = device.interfaces.iter();
    interfaces.map(|interface| interface.address).collect()
}

/// The chain that a chain jumps to.
fn jump(chain: &str) -> &'static str {
    let found = CHAINS.iter().find(|(name, _)| *name == chain);
    found.map_or("doors", |(_, to)| to)
}

/// A range as text.
fn range<T: PartialEq + std::fmt::Display>(low: &T, high: &T) -> String {
    if low == high {
        low.to_string()
    } else {
        format!("{low}-{high}")
    }
}

/// A rule in the words of iptables.
fn iptables(chain: &str, rule: &Rule) -> String {
    let mut line = format!("-A {chain}");
    for (option, network) in [("-s", &rule.source), ("-d", &rule.destination)] {
        if let Some((network, length)) = network {
            write!(line, " {option} {network}/{length}").unwrap();
        }
    }
    if let Some(name) = &rule.interface {
        let option = if chain == "POSTROUTING" { "-o" } else { "-i" };
        write!(line, " {option} {name}").unwrap();
    }
    if let Some((name, port)) = rule.protocol {
        write!(line, " -p {name}").unwrap();
        if let Some(port) = port {
            write!(line, " -m {name} --dport {port}").unwrap();
        }
    }
    let ports = |ports: &Option<(u16, u16)>, before: &str| match ports {
        Some((low, high)) => format!("{before}{low}-{high}"),
        None => String::new(),
    };
    let target = match &rule.target {
        Target::Accept => " -j ACCEPT".to_owned(),
        Target::Jump => format!(" -j {}", jump(chain)),
        Target::Source(low, high, to) => {
            format!(
                " -j SNAT --to-source {}{}",
                range(low, high),
                ports(to, ":")
            )
        }
        Target::Masquerade(to) => format!(" -j MASQUERADE{}", ports(to, " --to-ports ")),
        Target::Destination(to, port) => {
            let port = port.map_or(String::new(), |port| format!(":{port}"));
            format!(" -j DNAT --to-destination {to}{port}")
        }
        Target::Redirect(port) => {
            let port = port.map_or(String::new(), |port| format!(" --to-ports {port}"));
            format!(" -j REDIRECT{port}")
        }
    };
    line + &target
}

/// A rule in the words of nft.
fn nft(chain: &str, rule: &Rule) -> String {
    let mut line = String::new();
    for (field, network) in [("saddr", &rule.source), ("daddr", &rule.destination)] {
        if let Some((network, length)) = network {
            write!(line, "ip {field} {network}/{length} ").unwrap();
        }
    }
    if let Some(name) = &rule.interface {
        let field = if chain == "POSTROUTING" {
            "oifname"
        } else {
            "iifname"
        };
        write!(line, "{field} \"{name}\" ").unwrap();
    }
    match rule.protocol {
        Some((name, Some(port))) => write!(line, "{name} dport {port} ").unwrap(),
        Some((name, None)) => write!(line, "meta l4proto {name} ").unwrap(),
        None => {}
    }
    let ports = |ports: &Option<(u16, u16)>| match ports {
        Some((low, high)) => format!(":{low}-{high}"),
        None => String::new(),
    };
    let target = match &rule.target {
        Target::Accept => "accept".to_owned(),
        Target::Jump => format!("jump {}", jump(chain)),
        Target::Source(low, high, to) => format!("snat to {}{}", range(low, high), ports(to)),
        Target::Masquerade(None) => "masquerade".to_owned(),
        Target::Masquerade(to) => format!("masquerade to {}", ports(to)),
        Target::Destination(to, port) => {
            let port = port.map_or(String::new(), |port| format!(":{port}"));
            format!("dnat to {to}{port}")
        }
        Target::Redirect(None) => "redirect".to_owned(),
        Target::Redirect(Some(port)) => format!("redirect to :{port}"),
    };
    line + &target
}
