//! Blocks of `dhcpd.conf` and what each sets.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::options::{self, BOOT_FILE_NAME, Definitions};
use super::parse::{Parsed, unquoted};
use crate::model::dhcp::{LeaseTimes, OptionValue};
use crate::net::{Ipv4Net, registry::dhcp_option};
use crate::source::{At, FileId, StatementRef};
use crate::syntax::{Braced, BracedKind};

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// The whole file.
    Global,
    /// A shared network, by name.
    Shared(String),
    /// A subnet.
    Subnet(Ipv4Net),
    /// A pool of addresses.
    Pool,
    /// A group.
    Group,
    /// One client, by name.
    Host(String),
    /// A block that is not modeled.
    Other,
}

/// Values that blocks inside inherit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Settings {
    /// Options.
    pub(super) options: BTreeMap<u8, At<OptionValue>>,
    /// Lease times.
    pub(super) lease: LeaseTimes,
    /// Whether unknown clients are refused.
    pub(super) deny_unknown: Option<At<bool>>,
    /// Failover partner.
    pub(super) failover_peer: Option<At<String>>,
}

impl Settings {
    /// Takes what `inner` sets.
    pub(super) fn override_with(&mut self, inner: &Self) {
        for (code, value) in &inner.options {
            self.options.insert(*code, value.clone());
        }
        let take = |outer: &mut Option<At<u64>>, inner: Option<At<u64>>| {
            if inner.is_some() {
                *outer = inner;
            }
        };
        take(&mut self.lease.default, inner.lease.default);
        take(&mut self.lease.max, inner.lease.max);
        take(&mut self.lease.min, inner.lease.min);
        if inner.deny_unknown.is_some() {
            self.deny_unknown = inner.deny_unknown;
        }
        if inner.failover_peer.is_some() {
            self.failover_peer.clone_from(&inner.failover_peer);
        }
    }

    /// Whether nothing is set.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The statements that give the values.
    pub(super) fn places(&self) -> impl Iterator<Item = StatementRef> + '_ {
        let lease = [self.lease.default, self.lease.max, self.lease.min];
        self.options
            .values()
            .map(|value| value.at)
            .chain(lease.into_iter().flatten().map(|value| value.at))
            .chain(self.deny_unknown.map(|value| value.at))
            .chain(self.failover_peer.as_ref().map(|value| value.at))
    }
}

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The part that opens it; `None` for the whole file.
    pub(super) part: Option<u32>,
    /// Index of the block around it.
    pub(super) parent: usize,
    /// What it is.
    pub(super) kind: BlockKind,
    /// What it sets itself.
    pub(super) own: Settings,
    /// Ranges that stand in it.
    pub(super) ranges: Vec<At<(Ipv4Addr, Ipv4Addr)>>,
    /// Whether a statement in it decides what only some clients get.
    pub(super) conditional: bool,
    /// Hardware address of a host.
    pub(super) client: Option<At<String>>,
    /// Addresses of a host.
    pub(super) fixed: Vec<At<Ipv4Addr>>,
    /// Whether clients stand in it, at any depth.
    pub(super) has_hosts: bool,
}

/// All blocks of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Blocks<'a> {
    /// Blocks in the order of the text; the first is the whole file.
    pub(super) list: Vec<Block>,
    /// The block that each part stands in; of a header and a close, the block around it.
    pub(super) of_part: Vec<usize>,
    /// The block that each header opens.
    pub(super) opened: BTreeMap<u32, usize>,
    /// Options that the file defines.
    pub(super) definitions: Definitions<'a>,
}

/// What lowering a simple statement gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// The value was taken.
    Taken,
    /// The value is not modeled.
    Unmodeled,
    /// The words fit no known form.
    Unknown,
}

impl<'a> Blocks<'a> {
    /// Finds the blocks of a file and the options that it defines.
    pub(super) fn collect(parsed: &Parsed<'a>) -> Self {
        let mut blocks = Self::default();
        blocks.list.push(Block::new(None, 0, BlockKind::Global));
        for (index, part) in (0_u32..).zip(&parsed.text.parts) {
            let parent = part
                .parent
                .and_then(|parent| blocks.opened.get(&parent).copied())
                .unwrap_or(0);
            let words = parsed.words(part);
            // The close of a block stands beside its header.
            let own = match part.kind {
                BracedKind::Close => blocks.list.get(parent).map_or(0, |block| block.parent),
                BracedKind::Blank | BracedKind::Simple | BracedKind::Open | BracedKind::Loose => {
                    parent
                }
            };
            blocks.of_part.push(own);
            if part.kind == BracedKind::Open {
                let kind = match blocks.list.get(parent).map(|block| &block.kind) {
                    Some(BlockKind::Other) => BlockKind::Other,
                    _ => kind(&words),
                };
                blocks.opened.insert(index, blocks.list.len());
                blocks.list.push(Block::new(Some(index), parent, kind));
            }
            if let ["option", name, "code", rest @ ..] = words.as_slice()
                && part.kind == BracedKind::Simple
                && let Some(defined) = options::definition(rest)
                && !name.contains('.')
            {
                blocks.definitions.insert(name, defined);
            }
        }
        // Inner blocks come later: from the last to the first, each tells the block around it.
        for index in (1..blocks.list.len()).rev() {
            let Some(block) = blocks.list.get(index) else {
                continue;
            };
            let tells = block.has_hosts || matches!(block.kind, BlockKind::Host(_));
            let parent = block.parent;
            if let Some(around) = blocks.list.get_mut(parent) {
                around.has_hosts |= tells;
            }
        }
        blocks
    }

    /// Takes what a simple statement sets.
    pub(super) fn set(&mut self, index: u32, words: &[&str], file: FileId) -> Set {
        let at = StatementRef {
            file,
            statement: index,
        };
        let block = self.of_part.get(index as usize).copied().unwrap_or(0);
        let definitions = std::mem::take(&mut self.definitions);
        let result = self
            .list
            .get_mut(block)
            .map_or(Set::Unknown, |block| block.set(words, at, &definitions));
        self.definitions = definitions;
        result
    }
}

/// What a block with this header is.
fn kind(words: &[&str]) -> BlockKind {
    match words {
        ["subnet", address, "netmask", mask] => {
            match (address.parse::<Ipv4Addr>(), mask.parse::<Ipv4Addr>()) {
                (Ok(address), Ok(mask)) => {
                    Ipv4Net::with_netmask(address, mask).map_or(BlockKind::Other, BlockKind::Subnet)
                }
                _ => BlockKind::Other,
            }
        }
        ["shared-network", name] => BlockKind::Shared(unquoted(name).to_owned()),
        ["pool"] => BlockKind::Pool,
        ["group"] | ["group", _] => BlockKind::Group,
        ["host", name] => BlockKind::Host(unquoted(name).to_owned()),
        _ => BlockKind::Other,
    }
}

impl Block {
    /// An empty block.
    fn new(part: Option<u32>, parent: usize, kind: BlockKind) -> Self {
        Self {
            part,
            parent,
            kind,
            own: Settings::default(),
            ranges: Vec::new(),
            conditional: false,
            client: None,
            fixed: Vec::new(),
            has_hosts: false,
        }
    }

    /// Takes what a simple statement sets.
    fn set(&mut self, words: &[&str], at: StatementRef, definitions: &Definitions<'_>) -> Set {
        let seconds = |text: &str| text.parse::<u64>().ok().map(|value| At::new(value, at));
        let is_host = matches!(self.kind, BlockKind::Host(_));
        match words {
            ["option", name, rest @ ..] => self.option(name, rest, at, definitions),
            ["default-lease-time", text] if !is_host => {
                taken(&mut self.own.lease.default, seconds(text))
            }
            ["max-lease-time", text] if !is_host => taken(&mut self.own.lease.max, seconds(text)),
            ["min-lease-time", text] if !is_host => taken(&mut self.own.lease.min, seconds(text)),
            ["range", "dynamic-bootp", rest @ ..] | ["range", rest @ ..] => self.range(rest, at),
            ["filename", text] if !is_host => {
                let value = OptionValue::Text(unquoted(text).to_owned());
                self.own.options.insert(BOOT_FILE_NAME, At::new(value, at));
                Set::Taken
            }
            ["server-name", text] if !is_host => {
                let value = OptionValue::Text(unquoted(text).to_owned());
                let code = dhcp_option::TFTP_SERVER_NAME;
                self.own.options.insert(code, At::new(value, at));
                Set::Taken
            }
            ["hardware", _, address] if is_host => {
                self.client = Some(At::new(address.to_ascii_lowercase(), at));
                Set::Taken
            }
            ["fixed-address", rest @ ..] if is_host => {
                let items = rest.iter().filter(|word| **word != ",");
                let addresses: Option<Vec<At<Ipv4Addr>>> = items
                    .map(|item| Some(At::new(item.parse().ok()?, at)))
                    .collect();
                match addresses {
                    Some(addresses) if !addresses.is_empty() => {
                        self.fixed = addresses;
                        Set::Taken
                    }
                    Some(_) => Set::Unknown,
                    None => Set::Unmodeled,
                }
            }
            ["failover", "peer", name] if self.kind == BlockKind::Pool => {
                let name = unquoted(name).to_owned();
                self.own.failover_peer = Some(At::new(name, at));
                Set::Taken
            }
            ["allow", "unknown-clients"] | ["allow", "unknown", "clients"] => {
                self.own.deny_unknown = Some(At::new(false, at));
                Set::Taken
            }
            ["deny", "unknown-clients"] | ["deny", "unknown", "clients"] => {
                self.own.deny_unknown = Some(At::new(true, at));
                Set::Taken
            }
            _ => Set::Unmodeled,
        }
    }

    /// `option name value`.
    fn option(
        &mut self,
        name: &str,
        words: &[&str],
        at: StatementRef,
        definitions: &Definitions<'_>,
    ) -> Set {
        match words {
            ["code", ..] if !name.contains('.') => {
                return if options::definition(words.get(1..).unwrap_or(&[])).is_some() {
                    Set::Taken
                } else {
                    Set::Unknown
                };
            }
            ["code" | "=", ..] => {
                self.conditional |= words.first() == Some(&"=");
                return Set::Unmodeled;
            }
            _ => {}
        }
        let is_plain = matches!(
            self.kind,
            BlockKind::Global
                | BlockKind::Shared(_)
                | BlockKind::Subnet(_)
                | BlockKind::Pool
                | BlockKind::Group
        );
        match options::option(name, definitions) {
            None if name == "space" || name.contains('.') => Set::Unmodeled,
            None => Set::Unknown,
            Some(_) if !is_plain => Set::Unmodeled,
            Some((code, form)) => match options::value(form, words) {
                Some(value) => {
                    self.own.options.insert(code, At::new(value, at));
                    Set::Taken
                }
                None => Set::Unknown,
            },
        }
    }

    /// `range low [high]`.
    fn range(&mut self, words: &[&str], at: StatementRef) -> Set {
        let (low, high) = match words {
            [low] => (low, low),
            [low, high] => (low, high),
            _ => return Set::Unknown,
        };
        match (low.parse::<Ipv4Addr>(), high.parse::<Ipv4Addr>()) {
            (Ok(low), Ok(high)) => {
                // The server takes the ends in either order.
                let range = (low.min(high), low.max(high));
                self.ranges.push(At::new(range, at));
                Set::Taken
            }
            _ => Set::Unknown,
        }
    }
}

/// Sets a value, where there is one.
fn taken<T>(place: &mut Option<At<T>>, value: Option<At<T>>) -> Set {
    if value.is_none() {
        return Set::Unmodeled;
    }
    *place = value;
    Set::Taken
}

/// The words of a part that names no block: whether it stands where nothing may stand.
pub(super) fn is_loose(part: &Braced) -> bool {
    part.kind == BracedKind::Loose
}
