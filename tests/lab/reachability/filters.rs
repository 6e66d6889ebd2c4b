//! Random packet filters in the words of `iptables-restore`; `nftables` has those of `nft`.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::generate::PORTS;
use super::network::{Device, Filter, Language};
use super::random::Random;

/// A random filter for a device, over the addresses of its network.
pub(super) fn random(random: &mut Random, device: &Device, addresses: &[Ipv4Addr]) -> Filter {
    let mut filter = Writer {
        random,
        device,
        addresses,
        lines: Vec::new(),
    };
    let language = if filter.random.chance(50) {
        if filter.random.chance(40) {
            filter.iptables_nat();
        }
        filter.iptables();
        Language::Iptables
    } else {
        filter.nftables();
        if filter.random.chance(40) {
            filter.nft_nat();
        }
        Language::Nftables
    };
    Filter {
        language,
        lines: filter.lines,
    }
}

/// A filter while it is written.
pub(super) struct Writer<'w> {
    /// Chance.
    pub(super) random: &'w mut Random,
    /// Its device.
    pub(super) device: &'w Device,
    /// Addresses of the network.
    pub(super) addresses: &'w [Ipv4Addr],
    /// Lines so far.
    lines: Vec<(bool, String)>,
}

impl Writer<'_> {
    /// Adds a line that the file needs.
    pub(super) fn keep(&mut self, line: impl Into<String>) {
        self.lines.push((false, line.into()));
    }

    /// Adds a line that may be left out.
    pub(super) fn maybe(&mut self, line: impl Into<String>) {
        self.lines.push((true, line.into()));
    }

    /// A filter table, and now and then a mangle or raw table before it.
    fn iptables(&mut self) {
        let chains = self.random.below(3);
        if self.random.chance(10) {
            self.keep("*mangle");
            self.keep(":PREROUTING ACCEPT [0:0]");
            self.keep(":POSTROUTING ACCEPT [0:0]");
            self.rules("PREROUTING", 1, 0);
            self.rules("POSTROUTING", 1, 0);
            self.keep("COMMIT");
        }
        self.keep("*filter");
        for chain in ["INPUT", "FORWARD", "OUTPUT"] {
            let drops = self.random.chance(if chain == "OUTPUT" { 5 } else { 30 });
            let policy = if drops { "DROP" } else { "ACCEPT" };
            self.keep(format!(":{chain} {policy} [0:0]"));
        }
        for number in 0..chains {
            self.keep(format!(":user{number} - [0:0]"));
        }
        for chain in ["INPUT", "FORWARD", "OUTPUT"] {
            let count = match chain {
                "OUTPUT" => self.random.below(2),
                "INPUT" => 1 + self.random.below(4),
                _ if self.device.router => 2 + self.random.below(6),
                _ => 0,
            };
            if count > 0 && self.random.chance(60) {
                self.maybe(format!(
                    "-A {chain} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
                ));
            }
            self.rules(chain, count, chains);
        }
        for number in 0..chains {
            let count = 1 + self.random.below(3);
            // A chain jumps to later ones only, so that there is no loop.
            self.rules(&format!("user{number}"), count, chains);
        }
        self.keep("COMMIT");
    }

    /// Adds rules to a chain, which may jump to some of this many chains.
    fn rules(&mut self, chain: &str, count: usize, chains: usize) {
        for _ in 0..count {
            let rule = self.rule(chain, chains);
            self.maybe(rule);
        }
    }

    /// One rule.
    fn rule(&mut self, chain: &str, chains: usize) -> String {
        let mut rule = format!("-A {chain}");
        let input = matches!(chain, "INPUT" | "FORWARD" | "PREROUTING");
        let output = matches!(chain, "OUTPUT" | "FORWARD" | "POSTROUTING");
        if self.random.chance(45) {
            rule.push_str(&self.address("-s", "--src-range"));
        }
        if self.random.chance(45) {
            rule.push_str(&self.address("-d", "--dst-range"));
        }
        if input && self.random.chance(20) {
            rule.push_str(&self.interface("-i"));
        }
        if output && self.random.chance(20) {
            rule.push_str(&self.interface("-o"));
        }
        let protocol = self.random.below(10);
        match protocol {
            0..4 => rule.push_str(" -p tcp"),
            4..6 => rule.push_str(" -p udp"),
            6 => rule.push_str(" -p icmp"),
            7 => rule.push_str(" ! -p tcp"),
            _ => {}
        }
        if protocol < 6 && self.random.chance(70) {
            rule.push_str(&self.ports(protocol < 4));
        } else if protocol == 6 && self.random.chance(50) {
            let kinds = ["echo-request", "echo-reply", "8", "0", "any"];
            write!(rule, " --icmp-type {}", self.random.pick(&kinds)).unwrap();
        }
        if self.random.chance(15) {
            let states = ["NEW", "NEW,ESTABLISHED", "ESTABLISHED", "INVALID"];
            let states = self.random.pick(&states);
            let not = if self.random.chance(20) { "! " } else { "" };
            write!(rule, " -m conntrack {not}--ctstate {states}").unwrap();
        }
        let own = chain
            .strip_prefix("user")
            .map_or(0, |own| own.parse::<usize>().unwrap() + 1);
        let target = match self.random.below(20) {
            8..12 => "DROP".to_owned(),
            12..14 if input && chain != "PREROUTING" => "REJECT".to_owned(),
            14..18 if own < chains => {
                format!("user{}", own + self.random.below(chains - own))
            }
            18 if own > 0 => "RETURN".to_owned(),
            _ => "ACCEPT".to_owned(),
        };
        let jump = if target.starts_with("user") && self.random.chance(20) {
            "-g"
        } else {
            "-j"
        };
        format!("{rule} {jump} {target}")
    }

    /// A condition on an address.
    fn address(&mut self, option: &str, range: &str) -> String {
        let address = u32::from(*self.random.pick(self.addresses));
        let not = if self.random.chance(15) { " !" } else { "" };
        let length = match self.random.below(10) {
            0..4 => 32,
            4..8 => 24,
            8 => {
                let (low, high) = (address & !1, address | 3);
                let (low, high) = (Ipv4Addr::from(low), Ipv4Addr::from(high));
                return format!(" -m iprange{not} {range} {low}-{high}");
            }
            _ => 22,
        };
        let network = Ipv4Addr::from(address & (u32::MAX << (32 - length)));
        format!("{not} {option} {network}/{length}")
    }

    /// A condition on an interface.
    fn interface(&mut self, option: &str) -> String {
        let not = if self.random.chance(20) { " !" } else { "" };
        let name = &self.random.pick(&self.device.interfaces).name;
        if self.random.chance(10) {
            return format!("{not} {option} eth+");
        }
        format!("{not} {option} {name}")
    }

    /// A condition on ports.
    fn ports(&mut self, tcp: bool) -> String {
        let not = if self.random.chance(15) { " !" } else { "" };
        let mut list: Vec<String> = (0..=self.random.below(3))
            .map(|_| self.random.pick(&PORTS).to_string())
            .collect();
        match self.random.below(10) {
            0..5 => format!("{not} --dport {}", list[0]),
            5 => format!("{not} --dport 0:1023"),
            6 => format!("{not} --sport 1024:"),
            7 => {
                list.push("7000:9000".to_owned());
                format!(" -m multiport{not} --dports {}", list.join(","))
            }
            8 | 9 if !tcp => format!("{not} --sport 20000:20099"),
            8 => " ! --tcp-flags ACK,RST NONE".to_owned(),
            _ => format!(" -m multiport{not} --dports {}", list.join(",")),
        }
    }
}
