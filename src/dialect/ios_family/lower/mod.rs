//! IOS statements as facets.
//!
//! Statements are taken in the order of the text, as the device takes them: a later one replaces,
//! adds to or undoes an earlier one.

use std::collections::BTreeMap;

use crate::dialect::ios_family::Flavor;
use crate::dialect::ios_family::parse::Parsed;
use crate::dialect::ios_family::words::Words;
use crate::dialect::reading_builder::ReadingBuilder;
use crate::model::filter::AclLine;
use crate::model::interface::{FirstHopProtocol, Interface};
use crate::model::{Facet, FacetKey, FacetKind, Reading, System};
use crate::source::{At, File, StatementRef};
use crate::syntax::{Effect, Support};

pub(in crate::dialect) mod aaa;
pub(in crate::dialect) mod acl;
pub(in crate::dialect) mod bgp;
mod block;
mod dhcp;
pub(in crate::dialect) mod eigrp;
pub(in crate::dialect) mod first_hop;
pub(in crate::dialect) mod interface;
pub(in crate::dialect) mod isis;
mod line;
mod nat;
pub(in crate::dialect) mod object_group;
pub(in crate::dialect) mod ospf;
pub(in crate::dialect) mod packet;
pub(in crate::dialect) mod redistribute;
pub(in crate::dialect) mod rest;
pub(in crate::dialect) mod rip;
pub(in crate::dialect) mod route;
pub(in crate::dialect) mod route_list;
pub(in crate::dialect) mod route_map;
mod secret;
mod track;
mod unborn;
pub(in crate::dialect) mod vlan;
pub(in crate::dialect) mod vrf;
mod zone;

pub(in crate::dialect) use block::Block;
pub(in crate::dialect) use line::{Deferred, Line, Respelled};

/// Why a statement could not be lowered.
#[derive(Debug, Clone, Copy)]
pub(in crate::dialect) enum Gap {
    /// Its arguments are not as expected.
    Odd,
    /// It is understood this far.
    Support(Support),
}

/// What lowering one statement gives.
pub(in crate::dialect) type Lowered = Result<(), Gap>;

/// A known form that is not modeled.
pub(in crate::dialect) fn unmodeled(effect: Effect) -> Lowered {
    Err(Gap::Support(Support::Unmodeled(effect)))
}

/// A known form that bears on nothing.
pub(in crate::dialect) fn irrelevant(why: &'static str) -> Lowered {
    Err(Gap::Support(Support::Irrelevant(why)))
}

/// A value, or odd arguments.
pub(in crate::dialect) fn some<T>(value: Option<T>) -> Result<T, Gap> {
    value.ok_or(Gap::Odd)
}

/// A number, or odd arguments.
pub(in crate::dialect) fn number<T: std::str::FromStr>(word: &str) -> Result<T, Gap> {
    word.parse().map_err(|_| Gap::Odd)
}

/// The state between statements.
pub(in crate::dialect) struct Lowering {
    /// The dialect.
    flavor: &'static Flavor,
    /// The reading so far.
    pub(in crate::dialect) builder: ReadingBuilder,
    /// Blocks by the statement that opens them, ascending.
    pub(in crate::dialect) blocks: Vec<(u32, Block)>,
    /// Last sequence number of each ACL, by index of its facet.
    sequences: BTreeMap<u32, u32>,
    /// Lines of each ACL by sequence number, by index of its facet.
    acl_lines: BTreeMap<u32, BTreeMap<u32, AclLine>>,
    /// What is left of [`WORK`].
    work: u64,
    /// HSRP version of each interface that says one, by index of its facet.
    pub(in crate::dialect) hsrp_versions: BTreeMap<u32, u8>,
    /// Probes and who follows them.
    probes: track::Probes,
    /// Statements that others depend on, wherever these stand: words to on or off.
    pub(in crate::dialect) switches: BTreeMap<String, At<bool>>,
    /// What is said of processes before they are known.
    pub(in crate::dialect) unborn: unborn::Unborn,
    /// Statements that only the whole text explains, in its order.
    pub(in crate::dialect) deferred: Vec<(Deferred, Option<Block>)>,
}

/// Steps that lists of VLANs and removals from lists may take in one file: far more than any
/// device needs, and an end to what a malicious file can ask for.
const WORK: u64 = 50_000_000;
/// Longest list of one interface or process that is searched for each new element.
const LONGEST_LIST: usize = 1024;
/// Longest statement whose words are looked at, in bytes.
const LONGEST_STATEMENT: usize = 1 << 20;

/// Whether a list can take another element, or odd arguments.
pub(in crate::dialect) fn room<T>(list: &[T]) -> Lowered {
    if list.len() < LONGEST_LIST {
        Ok(())
    } else {
        Err(Gap::Odd)
    }
}

/// Adds up all statements.
pub(super) fn lower(flavor: &'static Flavor, file: &File, parsed: Parsed) -> Reading {
    let mut builder = ReadingBuilder::new(file.id, parsed.statements);
    builder.reading.secrets = parsed.secrets;
    builder.reading.diagnostics = parsed.diagnostics;
    builder.reading.truncated = parsed.truncated;
    let mut lowering = Lowering {
        flavor,
        builder,
        blocks: Vec::new(),
        sequences: BTreeMap::new(),
        acl_lines: BTreeMap::new(),
        work: WORK,
        hsrp_versions: BTreeMap::new(),
        probes: track::Probes::default(),
        switches: BTreeMap::new(),
        unborn: unborn::Unborn::default(),
        deferred: Vec::new(),
    };
    let mut words = Words::default();
    for index in 0..lowering.builder.reading.statements.len() {
        let Some(statement) = lowering.builder.reading.statements.get(index).copied() else {
            continue;
        };
        let is_long = statement.span.len() > LONGEST_STATEMENT;
        if is_long || matches!(statement.support, Support::Irrelevant(_)) {
            continue;
        }
        words.split(&file.text, &parsed.lower, statement.span);
        let negated = matches!(words.low.first(), Some(&("no" | "default")));
        let from = usize::from(negated);
        let line = Line {
            at: lowering.builder.at(index),
            negated,
            is_default: words.low.first() == Some(&"default"),
            low: words.low.get(from..).unwrap_or(&[]),
            raw: words.raw.get(from..).unwrap_or(&[]),
            names: flavor.names,
        };
        let block = statement.parent.and_then(|parent| lowering.block(parent));
        if statement.support != Support::Modeled {
            let is_conditional = matches!(block, Some(Block::RouteMap(..) | Block::Probe(_)))
                || matches!(line.low, ["route-map", ..] | ["ip", "sla", ..]);
            if is_conditional {
                // What follows it is not modeled, what it says is.
                let _ = match block {
                    None => lowering.top(&line),
                    Some(block) => lowering.inner(&block, &line),
                };
            } else if statement.support.is_hole() {
                lowering.hole(&line, block.as_ref());
            }
            continue;
        }
        let effect = match line.low {
            ["route-map" | "router" | "track" | "key", ..]
            | [
                "ip",
                "prefix-list" | "as-path" | "community-list" | "extcommunity-list",
                ..,
            ] if statement.parent.is_none() => Effect::Routing,
            _ => lowering.effect(statement.parent),
        };
        let lowered = match block {
            None if statement.parent.is_none() => (flavor.top)(&mut lowering, &line),
            None => Err(Gap::Odd),
            Some(block) => (flavor.inner)(&mut lowering, &block, &line),
        };
        let support = match lowered {
            Ok(()) if lowering.is_unread(&line) => Support::Unmodeled(Effect::Routing),
            Ok(()) => continue,
            Err(Gap::Support(support)) => support,
            Err(Gap::Odd) => Support::Unrecognized(effect),
        };
        lowering.builder.set_support(line.at, support);
    }
    lowering.finish()
}

impl Lowering {
    /// Takes steps of what is left, or gives up.
    pub(in crate::dialect) fn spend(&mut self, steps: usize) -> Lowered {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        self.work = some(self.work.checked_sub(steps))?;
        Ok(())
    }

    /// Whether the analysis does not read what a statement of a facet says, so that the statement
    /// stays a hole.
    fn is_unread(&self, line: &Line<'_, '_>) -> bool {
        let last = self.builder.reading.contributions.last();
        let kind = last
            .filter(|(statement, _)| *statement == line.at.statement)
            .and_then(|(_, index)| self.builder.key(*index))
            .map(|key| key.kind);
        match line.low {
            ["area", _, "filter-list" | "virtual-link", ..] => kind == Some(FacetKind::Ospf),
            _ => kind == Some(FacetKind::Track),
        }
    }

    /// What a line that is not understood could do, by the nearest block that is lowered.
    fn effect(&self, mut parent: Option<u32>) -> Effect {
        while let Some(above) = parent {
            if let Some(block) = self.block(above) {
                return block.effect();
            }
            let statement = self.builder.reading.statements.get(above as usize);
            parent = statement.and_then(|statement| statement.parent);
        }
        Effect::Device
    }

    /// The block that a statement opens.
    fn block(&self, statement: u32) -> Option<Block> {
        let found = self
            .blocks
            .binary_search_by_key(&statement, |(index, _)| *index)
            .ok()?;
        self.blocks.get(found).map(|(_, block)| block.clone())
    }

    /// Notes that a statement opens a block of a facet.
    pub(in crate::dialect) fn open(&mut self, at: StatementRef, key: &FacetKey, block: Block) {
        self.builder.open_block(at, key);
        self.blocks.push((at.statement, block));
    }

    /// A statement at top level.
    pub(in crate::dialect) fn top(&mut self, line: &Line<'_, '_>) -> Lowered {
        match line.low {
            ["interface", ..] => self.interface(line),
            ["ip", "route", ..] => route::lower(self, line),
            ["access-list", ..] | ["ip", "access-list", ..] => acl::lower(self, line),
            ["object-group", ..] => object_group::lower(self, line),
            ["ip", "nat", ..] => nat::lower(self, line),
            ["ip", "inspect", ..] => zone::lower_inspection(self, line),
            ["zone", "security", _] => zone::lower_zone(self, line),
            ["zone-pair", "security", ..] => zone::lower_pair(self, line),
            ["class-map", "type", "inspect", ..] => zone::lower_class(self, line),
            ["policy-map", "type", "inspect", ..] => zone::lower_policy(self, line),
            ["vlan", ..] => vlan::lower(self, line),
            ["router", "ospf", ..] => ospf::lower(self, line),
            ["router", "bgp", ..] => bgp::lower(self, line),
            ["router", "eigrp", ..] => eigrp::lower(self, line),
            ["router", "rip"] => {
                rip::lower(self, line, None);
                Ok(())
            }
            ["router", "isis", ..] => isis::lower(self, line),
            ["track", ..] => track::lower(self, line),
            ["ip", "sla", ..] => track::lower_probe(self, line),
            ["key", "chain", ..] => track::lower_chain(self, line),
            ["route-map", ..] => route_map::lower(self, line),
            ["ip", "prefix-list", ..] => route_list::lower_prefix_list(self, line),
            ["ip", "as-path", ..] => route_list::lower_as_path_list(self, line),
            ["ip", "community-list" | "extcommunity-list", ..] => {
                route_list::lower_community_list(self, line)
            }
            ["ip", "dhcp", "snooping" | "relay", ..] => self.system(line),
            ["ip", "dhcp", ..] => dhcp::lower(self, line),
            ["vrf", "definition", ..] | ["ip", "vrf", ..] => vrf::lower(self, line),
            ["ntp", ..] => aaa::lower_ntp(self, line),
            ["aaa" | "radius" | "radius-server" | "dot1x", ..] | ["ip", "radius", ..] => {
                aaa::lower(self, line)
            }
            _ => self.system(line),
        }
    }

    /// A statement in a block.
    pub(in crate::dialect) fn inner(&mut self, block: &Block, line: &Line<'_, '_>) -> Lowered {
        match block {
            Block::Interface(index) => self.interface_line(*index, line),
            Block::Vrrp(index, group) => self.vrrp_line(*index, *group, line),
            Block::Vlans(ids) => vlan::lower_line(self, ids, line),
            Block::Acl(index, standard) => acl::lower_line(self, *index, *standard, line),
            Block::ObjectGroup(index, kind) => object_group::lower_line(self, *index, *kind, line),
            Block::Ospf(index) => ospf::lower_line(self, *index, line),
            Block::RouteMap(index, sequence) => {
                route_map::lower_line(self, *index, *sequence, line)
            }
            Block::CommunityList(index, extended, expanded) => {
                route_list::lower_community_line(self, *index, *extended, *expanded, line)
            }
            Block::PrefixList(index) => route_list::lower_prefix_line(self, *index, line),
            Block::Bgp(index, part) => bgp::lower_line(self, *index, part, line),
            Block::Eigrp(part) => eigrp::lower_line(self, part, line),
            Block::Rip(index) => rip::lower_line(self, *index, line),
            Block::Isis(index) => isis::lower_line(self, *index, line),
            Block::Track(index) => track::lower_line(self, *index, line),
            Block::Probe(id) => track::lower_probe_line(self, *id, line),
            Block::KeyChain(index, id) => track::lower_chain_line(self, *index, *id, line),
            Block::Pool(index) => dhcp::lower_line(self, *index, line),
            Block::RadiusServer(name) => aaa::lower_server_line(self, name, line),
            Block::RadiusGroup(name) => aaa::lower_group_line(self, name, line),
            Block::Vrf(index) => vrf::lower_line(self, *index, line),
            Block::FirstHop(index, protocol, group) => {
                self.first_hop_line(*index, *protocol, *group, line)
            }
            Block::NatPool(name) => nat::pool_line(self, name, line),
            Block::Described | Block::Tunnels(..) | Block::Domains(_) | Block::PeerFilter(_) => {
                Err(Gap::Odd)
            }
            Block::ZonePair(index) => zone::pair_line(self, *index, line),
            Block::ClassMap(index) => zone::class_line(self, *index, line),
            Block::PolicyMap(index) => zone::policy_line(self, *index, line),
            Block::PolicyClass(index, class) => {
                zone::action_line(self, *index, class.as_ref(), line)
            }
        }
    }

    /// Ties a statement that the table calls a hole to the facet that it bears on.
    pub(in crate::dialect) fn hole(&mut self, line: &Line<'_, '_>, block: Option<&Block>) {
        match (block, line.low) {
            (Some(Block::Acl(index, _)), _) => acl::place_hole(self, *index, line),
            (Some(Block::Ospf(index)), _) => ospf::note_unread(self, *index, line),
            (Some(Block::Vrf(index)), _) => vrf::note_unread(self, *index, line),
            (Some(Block::Eigrp(part)), _) => eigrp::note_unread(self, part, line),
            (Some(Block::Rip(index)), _) => rip::note_unread(self, *index, line),
            (Some(Block::Isis(index)), _) => isis::note_unread(self, *index, line),
            (Some(Block::Track(index)), _) => track::note_unread(self, *index, line),
            (Some(Block::Bgp(index, part)), _) => bgp::note_unread(self, *index, part, line),
            (Some(Block::RouteMap(index, sequence)), _) => {
                route_map::note_unread(self, *index, *sequence, line);
            }
            (None, ["access-list", ..]) => {
                let key = FacetKey::new(FacetKind::Acl, line.raw(1).unwrap_or_default());
                self.builder.open_block(line.at, &key);
            }
            (None, ["ntp" | "sntp", ..]) => {
                self.builder
                    .open_block(line.at, &FacetKey::new(FacetKind::Ntp, ""));
            }
            (None, ["aaa" | "radius" | "radius-server" | "dot1x", ..] | ["ip", "radius", ..]) => {
                self.builder
                    .open_block(line.at, &FacetKey::new(FacetKind::Aaa, ""));
            }
            (_, ["ip", "arp", "inspection", "vlan", ..] | ["ip", "verify", "source", ..])
                if !line.negated =>
            {
                dhcp::note_check(self, line);
            }
            (None, ["ip", "dhcp", word, ..]) if *word != "snooping" => {
                let key = FacetKey::new(FacetKind::DhcpServer, "");
                self.builder.open_block(line.at, &key);
            }
            _ => {}
        }
    }

    /// Settings of the whole device.
    fn system(&mut self, line: &Line<'_, '_>) -> Lowered {
        let key = FacetKey::new(FacetKind::System, "");
        self.builder.contribute(line.at, &key);
        let facet = self
            .builder
            .facet(&key, || Facet::System(System::default()));
        let Facet::System(system) = facet else {
            return Err(Gap::Odd);
        };
        match line.low {
            ["hostname", _] => {
                let name = some(line.raw(1))?.to_owned();
                system.hostname = line.value(name.clone());
                self.builder.reading.hostname = (!line.negated).then_some(name);
            }
            ["ip", "routing"] => system.forwarding = Some(At::new(!line.negated, line.at)),
            ["ip", "default-gateway"] if line.negated => system.default_gateway = None,
            ["ip", "default-gateway", gateway] => {
                let gateway = some(gateway.parse().ok())?;
                system.default_gateway = line.value(gateway);
            }
            ["spanning-tree", ..] => return vlan::lower_tree(system, line),
            ["ip", "dhcp", rest @ ..] => return dhcp::lower_snooping(system, rest, line),
            ["ip", "inspect" | "nat", rest @ ..] => return zone::lower_idle(system, rest, line),
            ["service", "dhcp"] => system.dhcp_service = Some(At::new(!line.negated, line.at)),
            _ => return Err(Gap::Odd),
        }
        Ok(())
    }

    /// `interface NAME`.
    fn interface(&mut self, line: &Line<'_, '_>) -> Lowered {
        let name = some(line.interface(1))?;
        let key = FacetKey::new(FacetKind::Interface, &name);
        self.builder.contribute(line.at, &key);
        if line.negated {
            self.builder.remove(&key);
            return Ok(());
        }
        let index = self.builder.index(&key);
        self.open(line.at, &key, Block::Interface(index));
        let at = line.at;
        self.builder.facet(&key, || {
            Facet::Interface(Interface {
                kind: line.names.kind(&name),
                name,
                defined_at: Some(At::new((), at)),
                ..Interface::default()
            })
        });
        Ok(())
    }

    /// A line of an interface.
    fn interface_line(&mut self, index: u32, line: &Line<'_, '_>) -> Lowered {
        self.builder.contribute_index(line.at, index);
        match line.low {
            ["standby", "version", version] => {
                let version = number(version)?;
                self.hsrp_versions
                    .insert(index, if line.negated { 1 } else { version });
                return Ok(());
            }
            ["switchport", "trunk", "allowed", ..] => self.spend(4094)?,
            ["vrrp", group, "address-family", "ipv4"] if !line.negated => {
                let group = number(group)?;
                if let Some(key) = self.builder.key(index).cloned() {
                    self.open(line.at, &key, Block::Vrrp(index, group));
                }
            }
            _ => {}
        }
        let Some(Facet::Interface(interface)) = self.builder.at_index(index) else {
            return Err(Gap::Odd);
        };
        interface::lower_line(interface, line)
    }

    /// A line of a VRRP group's block.
    fn vrrp_line(&mut self, index: u32, group: u16, line: &Line<'_, '_>) -> Lowered {
        self.builder.contribute_index(line.at, index);
        let Some(Facet::Interface(interface)) = self.builder.at_index(index) else {
            return Err(Gap::Odd);
        };
        first_hop::lower_vrrp_line(interface, group, line)
    }

    /// A line of a first-hop group's block.
    fn first_hop_line(
        &mut self,
        index: u32,
        protocol: FirstHopProtocol,
        group: u16,
        line: &Line<'_, '_>,
    ) -> Lowered {
        self.builder.contribute_index(line.at, index);
        let Some(Facet::Interface(interface)) = self.builder.at_index(index) else {
            return Err(Gap::Odd);
        };
        first_hop::lower_group_line(interface, protocol, group, line)
    }

    /// How lines of ACLs are written.
    fn form(&self, standard: bool) -> packet::Form {
        packet::Form {
            standard,
            prefixes: self.flavor.has_prefixes,
        }
    }

    /// The reading, after what only the whole text decides.
    fn finish(mut self) -> Reading {
        for (index, lines) in std::mem::take(&mut self.acl_lines) {
            if let Some(Facet::Acl(acl)) = self.builder.at_index(index) {
                acl.lines = lines.into_values().collect();
            }
        }
        for (index, version) in std::mem::take(&mut self.hsrp_versions) {
            if let Some(Facet::Interface(interface)) = self.builder.at_index(index) {
                for group in &mut interface.first_hop {
                    if group.protocol == FirstHopProtocol::Hsrp {
                        group.version = Some(version);
                    }
                }
            }
        }
        self.finish_probes();
        (self.flavor.finish)(&mut self);
        self.builder.finish()
    }
}
