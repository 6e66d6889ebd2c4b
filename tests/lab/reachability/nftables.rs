//! Random packet filters in the words of `nft`.

use std::net::Ipv4Addr;

use super::filters::Writer;
use super::generate::PORTS;

/// Verdicts that end a chain, as often as they are wanted.
const ENDS: [&str; 6] = ["accept", "accept", "accept", "drop", "drop", "reject"];

impl Writer<'_> {
    /// A table with a variable, a set, a map, base chains and others.
    pub(super) fn nftables(&mut self) {
        self.keep("flush ruleset");
        let values = self.addresses_in(2);
        self.keep(format!("define some = {{ {values} }}"));
        let family = *self.random.pick(&["inet", "ip"]);
        self.keep(format!("table {family} guard {{"));
        let (one, two) = (self.addresses_in(2), self.addresses_in(1));
        self.keep("set known {");
        self.keep("type ipv4_addr");
        self.keep("flags interval");
        self.keep("auto-merge");
        self.keep(format!("elements = {{ {one},"));
        self.keep(format!("  {two} }}"));
        self.keep("}");
        self.keep("map doors {");
        self.keep("type inet_service : verdict");
        self.keep(format!(
            "elements = {{ {} : accept, {} : drop }}",
            PORTS[0], PORTS[1]
        ));
        self.keep("}");
        let chains = self.random.below(3);
        for (name, hook) in [
            ("input", "input"),
            ("forward", "forward"),
            ("output", "output"),
        ] {
            if hook != "forward" || self.device.router {
                self.base(name, hook, "filter", chains);
            }
        }
        if self.random.chance(30) {
            let hook = *self
                .random
                .pick(&["input", "forward", "prerouting", "postrouting"]);
            let priority = *self
                .random
                .pick(&["-20", "10", "filter + 5", "mangle", "-300"]);
            self.base("early", hook, priority, chains);
        }
        for number in 0..chains {
            self.keep(format!("chain user{number} {{"));
            for _ in 0..=self.random.below(3) {
                let rule = self.nft_rule("user", number + 1, chains);
                self.maybe(rule);
            }
            self.keep("}");
        }
        self.keep("}");
    }

    /// A base chain with rules.
    fn base(&mut self, name: &str, hook: &str, priority: &str, chains: usize) {
        let policy = match (hook, self.random.below(10)) {
            ("output", 1..) | (_, 3..) => "accept",
            _ => "drop",
        };
        self.keep(format!("chain {name} {{"));
        self.keep(format!(
            "type filter hook {hook} priority {priority}; policy {policy};"
        ));
        let count = match hook {
            "output" => self.random.below(2),
            "forward" => 2 + self.random.below(5),
            _ => 1 + self.random.below(3),
        };
        match self.random.below(4) {
            0 if count > 0 => self.maybe("ct state established,related accept"),
            1 if count > 0 => {
                self.maybe(
                    "ct state vmap { established : accept, related : accept, invalid : drop }",
                );
            }
            _ => {}
        }
        for _ in 0..count {
            let rule = self.nft_rule(hook, 0, chains);
            self.maybe(rule);
        }
        self.keep("}");
    }

    /// One rule of a chain at a hook, which may jump to chains from `first` on.
    fn nft_rule(&mut self, hook: &str, first: usize, chains: usize) -> String {
        let mut words: Vec<String> = Vec::new();
        for field in ["saddr", "daddr"] {
            if self.random.chance(40) {
                let not = if self.random.chance(15) { "!= " } else { "" };
                let values = match self.random.below(5) {
                    0 => "@known".to_owned(),
                    1 => "$some".to_owned(),
                    2 => format!("{{ {} }}", self.addresses_in(2)),
                    _ => self.addresses_in(1),
                };
                words.push(format!("ip {field} {not}{values}"));
            }
        }
        let (input, output) = match hook {
            "input" | "prerouting" => (true, false),
            "output" | "postrouting" => (false, true),
            "forward" => (true, true),
            _ => (false, false),
        };
        for (wanted, field) in [(input, "iifname"), (output, "oifname")] {
            if wanted && self.random.chance(20) {
                let name = self.random.pick(&self.device.interfaces).name.clone();
                let not = if self.random.chance(20) { "!= " } else { "" };
                words.push(match self.random.below(4) {
                    0 => format!("{field} {{ \"{name}\", \"eth9\" }}"),
                    1 => format!("{field} {not}\"eth*\""),
                    _ => format!("{field} {not}\"{name}\""),
                });
            }
        }
        if self.random.chance(15) {
            let states = [
                "new",
                "established",
                "invalid",
                "!= invalid",
                "{ new, established }",
            ];
            words.push(format!("ct state {}", self.random.pick(&states)));
        }
        let (port, other) = (*self.random.pick(&PORTS), *self.random.pick(&PORTS));
        let (low, high) = (port.min(other), port.max(other));
        match self.random.below(12) {
            0 | 1 => words.push(format!("tcp dport {port}")),
            2 => words.push(format!("tcp dport {{ {low}, {high}, 7000-9000 }}")),
            3 => words.push(format!("udp dport {low}-{high}")),
            4 => words.push(format!("tcp dport != {port}")),
            5 => words.push("icmp type { echo-request, echo-reply }".to_owned()),
            6 => words.push("icmp type echo-request".to_owned()),
            7 => words.push("meta l4proto { tcp, icmp }".to_owned()),
            8 => words.push(format!("meta l4proto {{ tcp, udp }} th dport {port}")),
            9 => words.push("ip protocol != udp".to_owned()),
            10 => {
                let map = [
                    "@doors".to_owned(),
                    format!("{{ {port} : accept, 1 : drop }}"),
                ];
                words.push(format!("tcp dport vmap {}", self.random.pick(&map)));
                return words.join(" ");
            }
            _ => {}
        }
        if self.random.chance(15) {
            words.push("counter".to_owned());
        }
        let target = match self.random.below(10) {
            0..3 if first < chains => {
                let verb = *self.random.pick(&["jump", "jump", "goto"]);
                format!("{verb} user{}", first + self.random.below(chains - first))
            }
            3 => "return".to_owned(),
            // Before and after routing nothing can be rejected.
            _ if matches!(hook, "prerouting" | "postrouting" | "user") => {
                (*self.random.pick(&["accept", "drop"])).to_owned()
            }
            _ => (*self.random.pick(&ENDS)).to_owned(),
        };
        words.push(target);
        words.join(" ")
    }

    /// So many addresses, prefixes or ranges that do not overlap.
    fn addresses_in(&mut self, count: usize) -> String {
        let mut subnets: Vec<u32> = Vec::new();
        let mut out: Vec<String> = Vec::new();
        for _ in 0..count {
            let address = u32::from(*self.random.pick(self.addresses));
            let subnet = address >> 8;
            if subnets.contains(&subnet) {
                continue;
            }
            subnets.push(subnet);
            let (low, high) = (Ipv4Addr::from(address & !1), Ipv4Addr::from(address | 3));
            out.push(match self.random.below(4) {
                0 => format!("{}/24", Ipv4Addr::from(subnet << 8)),
                1 => format!("{low}-{high}"),
                _ => Ipv4Addr::from(address).to_string(),
            });
        }
        out.join(", ")
    }
}
