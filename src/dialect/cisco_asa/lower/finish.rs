//! What only the whole text decides: statements that name interfaces, and defaults.

use std::net::Ipv4Addr;

use super::names::{Interfaces, interfaces};
use super::{ICMP, acl, inspects, interface, nat, routing};
use crate::dialect::cisco_asa::inspection;
use crate::dialect::cisco_asa::interface_names::NAMES;
use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, number, some, unmodeled,
};
use crate::dialect::ios_family::words::address;
use crate::model::interface::{Interface, SourceCheck};
use crate::model::zone::{Examined, Firewall};
use crate::model::{Facet, FacetKey, FacetKind, System};
use crate::source::At;
use crate::syntax::{Effect, Support};

/// Reads what was left to the end, and adds defaults.
pub(in crate::dialect::cisco_asa) fn finish(lowering: &mut Lowering) {
    let interfaces = interfaces(lowering);
    acl::finish(lowering, &interfaces);
    let mut translations = nat::Rules::new(lowering);
    let mut servers = Vec::new();
    for (statement, block) in std::mem::take(&mut lowering.deferred) {
        let lowered = statement.read(&NAMES, |line| match (&block, line.low) {
            (Some(Block::ObjectGroup(index, _)), _) => {
                translations.object(lowering, &interfaces, *index, line)
            }
            (Some(block), _) => routing::passive(lowering, &interfaces, block, line),
            (None, ["nat", ..]) => translations.twice(lowering, &interfaces, line),
            (None, ["route", ..]) => routing::static_route(lowering, &interfaces, line),
            (None, _) => setting(lowering, &interfaces, &mut servers, line),
        });
        let odd = match &block {
            Some(Block::Ospf(_) | Block::Eigrp(_) | Block::Bgp(..)) => Effect::Routing,
            _ => Effect::Device,
        };
        let support = match lowered {
            Ok(()) => continue,
            Err(Gap::Support(support)) => support,
            Err(Gap::Odd) => Support::Unrecognized(odd),
        };
        lowering.builder.set_support(statement.at, support);
    }
    translations.finish(lowering, &interfaces);
    relay(lowering, &interfaces, &servers);
    for (_, facet) in lowering.builder.facets_mut() {
        if let Facet::Interface(interface) = facet {
            interface::complete(interface);
        }
    }
    system(lowering);
}

/// Settings of an interface that stand at top level.
fn setting(
    lowering: &mut Lowering,
    interfaces: &Interfaces,
    servers: &mut Vec<At<Ipv4Addr>>,
    line: &Line<'_, '_>,
) -> Lowered {
    match line.low {
        ["access-group", _, "global"] => {
            let name = some(line.raw(1))?.to_owned();
            let value = line.value(name.clone());
            defined(lowering, &name, line)?;
            super::firewall(lowering, line)?.global_acl = value;
            Ok(())
        }
        ["access-group", _, way @ ("in" | "out"), "interface", name] => {
            let acl = some(line.raw(1))?.to_owned();
            let interface = named(lowering, interfaces, name, line)?;
            let value = line.value(acl.clone());
            if *way == "in" {
                interface.acl_in = value;
            } else {
                interface.acl_out = value;
            }
            defined(lowering, &acl, line)
        }
        // A list per user, or for the device itself.
        ["access-group", _, "in", "interface", name, "control-plane"] => {
            named(lowering, interfaces, name, line)?;
            unmodeled(Effect::InterfaceFilter)
        }
        ["mtu", name, mtu] => {
            let mtu = number(mtu)?;
            named(lowering, interfaces, name, line)?.mtu = line.value(mtu);
            Ok(())
        }
        ["ip", "verify", "reverse-path", "interface", name] => {
            let check = SourceCheck {
                // The default route counts (Cisco ASA command reference, "ip verify
                // reverse-path").
                default_counts: true,
                ..SourceCheck::default()
            };
            named(lowering, interfaces, name, line)?.source_check = line.value(check);
            Ok(())
        }
        // Where a client's requests are relayed says `enable`; where to, `server`.
        ["dhcprelay", "enable", name] => {
            named(lowering, interfaces, name, line)?;
            let on = At::new(!line.negated, line.at);
            lowering.switches.insert(relays(name), on);
            Ok(())
        }
        ["dhcprelay", "server", server, name] => {
            let server = some(address(server))?;
            some(interfaces.get(*name))?;
            servers.retain(|known| known.value != server);
            servers.extend(line.value(server));
            Ok(())
        }
        ["sysopt", "noproxyarp", name] => {
            some(interfaces.get(*name))?;
            let on = At::new(!line.negated, line.at);
            lowering.switches.insert(nat::silent(name), on);
            let key = FacetKey::new(FacetKind::Nat, "");
            lowering.builder.contribute(line.at, &key);
            Ok(())
        }
        _ => Err(Gap::Odd),
    }
}

/// The switch that says that an interface takes requests of DHCP clients.
fn relays(name: &str) -> String {
    format!("dhcprelay enable {name}")
}

/// Gives each interface that relays the servers that have none of their own.
fn relay(lowering: &mut Lowering, interfaces: &Interfaces, servers: &[At<Ipv4Addr>]) {
    for (name, named) in interfaces {
        let on = lowering.switched(&relays(name));
        let on = on.filter(|on| on.value);
        let Some(Facet::Interface(interface)) = lowering.builder.at_index(named.index) else {
            continue;
        };
        match on {
            None => interface.helpers.clear(),
            Some(_) if !interface.helpers.is_empty() => {}
            Some(_) => {
                interface.helpers = servers.to_vec();
                for server in servers {
                    lowering.builder.contribute_index(server.at, named.index);
                }
            }
        }
    }
}

/// An interface by `nameif`; the statement then bears on it.
fn named<'l>(
    lowering: &'l mut Lowering,
    interfaces: &Interfaces,
    name: &str,
    line: &Line<'_, '_>,
) -> Result<&'l mut Interface, Gap> {
    let named = some(interfaces.get(name))?;
    lowering.builder.contribute_index(line.at, named.index);
    if let Some(key) = lowering.builder.key(named.index).cloned() {
        lowering.builder.open_block(line.at, &key);
    }
    match lowering.builder.at_index(named.index) {
        Some(Facet::Interface(interface)) => Ok(interface),
        _ => Err(Gap::Odd),
    }
}

/// Whether an ACL is there; the device refuses a group without one.
fn defined(lowering: &mut Lowering, acl: &str, line: &Line<'_, '_>) -> Lowered {
    let key = FacetKey::new(FacetKind::Acl, acl);
    if line.negated || lowering.builder.existing(&key).is_some() {
        return Ok(());
    }
    unmodeled(Effect::InterfaceFilter)
}

/// Settings of the whole device: it forwards, by sessions.
fn system(lowering: &mut Lowering) {
    let place = lowering.builder.at(0);
    let key = FacetKey::new(FacetKind::System, "");
    let facet = lowering
        .builder
        .facet(&key, || Facet::System(System::default()));
    if let Facet::System(system) = facet {
        system.forwarding = Some(At::new(true, place));
    }
    let key = FacetKey::new(FacetKind::Firewall, "");
    let inspecting = |protocol: &str| {
        lowering.switches.iter().find_map(|(words, on)| {
            let policy = words
                .strip_prefix("service-policy ")?
                .strip_suffix(" global")?;
            let inspects = lowering.switches.get(&inspects(protocol, policy))?;
            (on.value && inspects.value).then_some((*on, *inspects))
        })
    };
    let icmp = inspecting(ICMP);
    let others: Vec<_> = inspection::DEFAULT
        .iter()
        .filter_map(|one| Some((one, inspecting(one.word)?)))
        .collect();
    let switches = icmp
        .iter()
        .chain(others.iter().map(|(_, switches)| switches));
    let places: Vec<_> = switches.flat_map(|(on, one)| [on.at, one.at]).collect();
    for at in places {
        lowering.builder.contribute(at, &key);
    }
    let facet = lowering
        .builder
        .facet(&key, || Facet::Firewall(Firewall::default()));
    if let Facet::Firewall(firewall) = facet {
        firewall.inspects_icmp = icmp.map(|(_, icmp)| At::new((), icmp.at));
        firewall.examines = others
            .into_iter()
            .map(|(one, (_, switch))| {
                let examined = Examined {
                    name: one.word.to_owned(),
                    protocol: one.protocol,
                    ports: one.ports,
                };
                At::new(examined, switch.at)
            })
            .collect();
    }
}
