//! The Linux packet filter: tables, chains, rules (iptables, nftables).

use crate::model::filter::PacketMatch;
use crate::model::nat::Translation;
use crate::source::{At, StatementRef};

/// Names of the facets that may hold a filter of IPv4 packets, one for each language.
pub const FACETS: [&str; 2] = ["", "nftables"];

/// All tables of one host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PacketFilter {
    /// Chains in the order of the file.
    pub chains: Vec<Chain>,
}

impl PacketFilter {
    /// Whether any rule translates.
    pub fn translates(&self) -> bool {
        let mut rules = self.chains.iter().flat_map(|chain| &chain.rules);
        rules.any(|rule| matches!(rule.target, Target::Translate(_)))
    }

    /// Whether any rule asks for the state of a connection.
    pub fn asks_states(&self) -> bool {
        let mut rules = self.chains.iter().flat_map(|chain| &chain.rules);
        rules.any(|rule| !rule.states.is_empty())
    }
}

/// Where packets meet base chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hook {
    /// Before their route is looked up.
    Prerouting,
    /// On their way to this host.
    Input,
    /// On their way through.
    Forward,
    /// On their way from this host.
    Output,
    /// After their route is looked up.
    Postrouting,
}

/// Place of a base chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// Where packets meet it.
    pub hook: Hook,
    /// Its place among the base chains of the hook, lowest first.
    pub priority: i32,
    /// Whether only the first packet of a connection meets it (translation).
    pub first_only: bool,
}

/// One chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Table (`filter`, `nat`, …; of nftables with its family).
    pub table: String,
    /// Name (`INPUT`, `FORWARD`, …).
    pub name: String,
    /// Where packets meet it; `None` for a chain that is only jumped to.
    pub base: Option<Base>,
    /// What happens at the end of a base chain; `None` for a chain that is only jumped to.
    pub policy: Option<At<Target>>,
    /// Rules in order.
    pub rules: Vec<FilterRule>,
}

/// One rule of a chain.
#[derive(Debug, Clone)]
pub struct FilterRule {
    /// The statement.
    pub at: StatementRef,
    /// What it asks of the packet.
    pub matches: PacketMatch,
    /// Interface that the packet enters by, with whether the condition is negated; a final `+`
    /// matches any rest.
    pub in_interface: Option<(String, bool)>,
    /// Interface that the packet leaves by.
    pub out_interface: Option<(String, bool)>,
    /// Connection states, any of which must hold; empty: any state.
    pub states: Vec<ConnectionState>,
    /// What it asks that is not modeled; the rule may match or not.
    pub unread: bool,
    /// What it does.
    pub target: Target,
}

impl PartialEq for FilterRule {
    fn eq(&self, other: &Self) -> bool {
        self.matches == other.matches
            && self.in_interface == other.in_interface
            && self.out_interface == other.out_interface
            && self.states == other.states
            && self.unread == other.unread
            && self.target == other.target
    }
}

impl Eq for FilterRule {}

/// States of connection tracking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConnectionState {
    /// First packet of a connection.
    New,
    /// Packet of a connection that has seen both directions.
    Established,
    /// New connection that belongs to another (ICMP error, FTP data).
    Related,
    /// Packet that fits no connection.
    Invalid,
    /// Exempt from tracking.
    Untracked,
}

/// What a rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Lets the packet pass this table.
    Accept,
    /// Drops it silently.
    Drop,
    /// Drops it and answers (TCP RST or ICMP).
    Reject,
    /// Goes to a chain, comes back at its end.
    Jump(String),
    /// Goes to a chain, does not come back to this one.
    Goto(String),
    /// Returns to the calling chain.
    Return,
    /// Goes on to the next rule (log, mark, count).
    Continue,
    /// Translates the packet's connection; no other rule of the hook does then.
    Translate(Box<Translation>),
    /// Is not modeled: may accept, drop or rewrite.
    Unread,
}
