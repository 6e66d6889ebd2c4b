//! Zones of the firewall, their policies, and `ip inspect`.
//!
//! Cisco document 98628, "Zone-Based Policy Firewall Design and Application Guide"; Cisco IOS
//! Security Command Reference, `ip inspect name`.

use super::{Block, Gap, Line, Lowered, Lowering, number, packet, room, some, unmodeled};
use crate::model::filter::{PacketMatch, PortMatch, ProtocolMatch};
use crate::model::interface::{Interface, SourceCheck};
use crate::model::zone::{
    ClassCondition, ClassMap, Inspection, PolicyAction, PolicyClass, PolicyMap, Zone, ZonePair,
};
use crate::model::{Facet, FacetKey, FacetKind, System};
use crate::net::PortRange;
use crate::net::registry::{ICMP, TCP, UDP};
use crate::source::At;
use crate::syntax::Effect;

/// `zone security NAME`.
pub(super) fn lower_zone(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let name = some(line.raw(2))?.to_owned();
    let key = FacetKey::new(FacetKind::Zone, &name);
    begin(lowering, line, &key, Block::Described, || {
        Facet::Zone(Zone {
            name,
            defined_at: Some(At::new((), line.at)),
        })
    });
    Ok(())
}

/// Opens the block of a facet, or removes the facet.
fn begin(
    lowering: &mut Lowering,
    line: &Line<'_, '_>,
    key: &FacetKey,
    block: Block,
    facet: impl FnOnce() -> Facet,
) {
    lowering.builder.contribute(line.at, key);
    if line.negated {
        lowering.builder.remove(key);
        return;
    }
    lowering.open(line.at, key, block);
    lowering.builder.facet(key, facet);
}

/// `zone-pair security NAME source A destination B`.
pub(super) fn lower_pair(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let name = some(line.raw(2))?.to_owned();
    let key = FacetKey::new(FacetKind::ZonePair, &name);
    let index = lowering.builder.index(&key);
    let (from, to) = match line.raw.get(3..) {
        Some([_, from, _, to]) => ((*from).to_owned(), (*to).to_owned()),
        _ if line.negated => (String::new(), String::new()),
        _ => return Err(Gap::Odd),
    };
    let defined_at = Some(At::new((), line.at));
    begin(lowering, line, &key, Block::ZonePair(index), || {
        Facet::ZonePair(ZonePair {
            name,
            defined_at,
            from,
            to,
            policy: None,
        })
    });
    Ok(())
}

/// A line of a zone pair.
pub(super) fn pair_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let Some(Facet::ZonePair(pair)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let name = some(line.raw(3))?.to_owned();
    pair.policy = line.value(name);
    Ok(())
}

/// `class-map type inspect [match-any|match-all] NAME`.
pub(super) fn lower_class(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let (any, name) = match line.low.get(3..) {
        Some(["match-any", _]) => (true, line.raw(4)),
        Some(["match-all", _]) => (false, line.raw(4)),
        Some([_]) => (false, line.raw(3)),
        _ => return unmodeled(Effect::InterfaceFilter),
    };
    let name = some(name)?.to_owned();
    let key = FacetKey::new(FacetKind::ClassMap, &name);
    let index = lowering.builder.index(&key);
    let defined_at = Some(At::new((), line.at));
    begin(lowering, line, &key, Block::ClassMap(index), || {
        Facet::ClassMap(ClassMap {
            name,
            defined_at,
            any,
            conditions: Vec::new(),
        })
    });
    Ok(())
}

/// A line of a class map.
pub(super) fn class_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let condition = match line.low {
        ["match", "access-group", "name", _] => ClassCondition::Acl(some(line.raw(3))?.to_owned()),
        ["match", "access-group", _] => ClassCondition::Acl(some(line.raw(2))?.to_owned()),
        ["match", "class-map", _] => ClassCondition::Class(some(line.raw(2))?.to_owned()),
        ["match", "protocol", name] => ClassCondition::Packets(some(protocol(name))?),
        _ => return unmodeled(Effect::Filter),
    };
    let Some(Facet::ClassMap(class)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    room(&class.conditions)?;
    class.conditions.retain(|known| known.value != condition);
    class.conditions.extend(line.value(condition));
    Ok(())
}

/// Packets of a protocol by the name that inspection knows it by; `None` where its ports are not
/// known here (Cisco IOS Security Configuration Guide, "Port to application mapping").
fn protocol(name: &str) -> Option<Vec<PacketMatch>> {
    let of = |number: u8, port: Option<u16>| PacketMatch {
        protocol: ProtocolMatch::Number(number),
        destination_port: port.map_or(PortMatch::Any, |port| {
            PortMatch::Ranges(vec![PortRange::one(port)])
        }),
        ..PacketMatch::default()
    };
    Some(match name {
        "tcp" => vec![of(TCP, None)],
        "udp" => vec![of(UDP, None)],
        "icmp" => vec![of(ICMP, None)],
        "http" => vec![of(TCP, Some(80))],
        "https" => vec![of(TCP, Some(443))],
        "dns" => vec![of(TCP, Some(53)), of(UDP, Some(53))],
        "ssh" => vec![of(TCP, Some(22))],
        "telnet" => vec![of(TCP, Some(23))],
        "smtp" => vec![of(TCP, Some(25))],
        "ntp" => vec![of(UDP, Some(123))],
        "snmp" => vec![of(UDP, Some(161))],
        "syslog" => vec![of(UDP, Some(514))],
        "tftp" => vec![of(UDP, Some(69))],
        "bootps" => vec![of(UDP, Some(67))],
        "bootpc" => vec![of(UDP, Some(68))],
        "ldap" => vec![of(TCP, Some(389))],
        "ldaps" => vec![of(TCP, Some(636))],
        _ => return None,
    })
}

/// `policy-map type inspect NAME`.
pub(super) fn lower_policy(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let Some([_]) = line.raw.get(3..) else {
        return unmodeled(Effect::InterfaceFilter);
    };
    let name = some(line.raw(3))?.to_owned();
    let key = FacetKey::new(FacetKind::PolicyMap, &name);
    let index = lowering.builder.index(&key);
    let defined_at = Some(At::new((), line.at));
    begin(lowering, line, &key, Block::PolicyMap(index), || {
        Facet::PolicyMap(PolicyMap {
            name,
            defined_at,
            classes: Vec::new(),
        })
    });
    Ok(())
}

/// `class type inspect NAME`, `class class-default` of a policy map.
pub(super) fn policy_line(lowering: &mut Lowering, index: u32, line: &Line<'_, '_>) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let class = match line.low {
        ["class", "class-default"] => None,
        ["class", "type", "inspect", _] => Some(some(line.raw(3))?.to_owned()),
        _ => return unmodeled(Effect::Filter),
    };
    let key = some(lowering.builder.key(index).cloned())?;
    let Some(Facet::PolicyMap(map)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    room(&map.classes)?;
    if line.negated {
        map.classes.retain(|known| known.class != class);
        return Ok(());
    }
    if !map.classes.iter().any(|known| known.class == class) {
        let new = PolicyClass {
            at: line.at,
            class: class.clone(),
            action: None,
        };
        // The class of all others is asked last, wherever it stands.
        let last = map.classes.last().is_some_and(|last| last.class.is_none());
        let place = map.classes.len() - usize::from(last);
        map.classes.insert(place, new);
    }
    lowering.open(line.at, &key, Block::PolicyClass(index, class));
    Ok(())
}

/// `inspect`, `pass`, `drop` of a class.
pub(super) fn action_line(
    lowering: &mut Lowering,
    index: u32,
    class: Option<&String>,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let action = match line.low.first() {
        Some(&"inspect") => PolicyAction::Inspect,
        Some(&"pass") => PolicyAction::Pass,
        Some(&"drop") => PolicyAction::Drop,
        _ => return unmodeled(Effect::Filter),
    };
    let Some(Facet::PolicyMap(map)) = lowering.builder.at_index(index) else {
        return Err(Gap::Odd);
    };
    let known = map.classes.iter_mut();
    let known = some(
        known
            .into_iter()
            .find(|known| known.class.as_ref() == class),
    )?;
    known.action = line.value(action);
    Ok(())
}

/// `ip inspect name NAME PROTOCOL [alert|audit-trail on|off] [timeout SECONDS]`; `ip inspect tcp
/// idle-time SECONDS`.
pub(super) fn lower_inspection(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    if let ["ip", "inspect", "tcp", "idle-time", ..] = line.low {
        return lowering.system(line);
    }
    let ["ip", "inspect", "name", _, protocol_name, rest @ ..] = line.low else {
        return unmodeled(Effect::InterfaceFilter);
    };
    let (rest, idle_s) = match rest {
        [rest @ .., "timeout", seconds] if *protocol_name == "tcp" => {
            (rest, Some(number::<u64>(seconds)?))
        }
        _ => (rest, None),
    };
    let plain = rest.iter().all(|word| {
        matches!(
            *word,
            "alert" | "audit-trail" | "on" | "off" | "router-traffic"
        )
    });
    let Some(packets) = protocol(protocol_name).filter(|_| plain) else {
        return unmodeled(Effect::InterfaceFilter);
    };
    let name = some(line.raw(3))?.to_owned();
    let key = FacetKey::new(FacetKind::Inspection, &name);
    lowering.builder.contribute(line.at, &key);
    let facet = lowering.builder.facet(&key, || {
        Facet::Inspection(Inspection {
            name,
            packets: Vec::new(),
            idle_s: None,
        })
    });
    let Facet::Inspection(inspection) = facet else {
        return Err(Gap::Odd);
    };
    room(&inspection.packets)?;
    inspection
        .packets
        .retain(|known| !packets.contains(&known.value));
    if *protocol_name == "tcp" {
        inspection.idle_s = idle_s.and_then(|seconds| line.value(seconds));
    }
    if !line.negated {
        let packets = packets.into_iter().map(|one| At::new(one, line.at));
        inspection.packets.extend(packets);
    }
    Ok(())
}

/// `zone-member security ZONE`, `ip inspect NAME in|out`, `ip verify unicast …` of an interface.
pub(super) fn interface_line(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["zone-member", "security", ..] => {
            interface.zone = line.value(line.raw(2).unwrap_or_default().to_owned());
        }
        ["ip", "inspect", _, "in"] => {
            interface.inspect_in = line.value(some(line.raw(2))?.to_owned());
        }
        ["ip", "inspect", _, "out"] => {
            interface.inspect_out = line.value(some(line.raw(2))?.to_owned());
        }
        [
            "ip",
            "verify",
            "unicast",
            "source",
            "reachable-via",
            way,
            rest @ ..,
        ] => {
            let mut check = SourceCheck {
                loose: *way == "any",
                ..SourceCheck::default()
            };
            for (index, word) in rest.iter().enumerate() {
                match *word {
                    "allow-default" => check.default_counts = true,
                    // Lets the router ping itself.
                    "allow-self-ping" => {}
                    _ if index + 1 == rest.len() && packet::is_acl_number(word) => {
                        check.except = Some((*word).to_owned());
                    }
                    _ => return unmodeled(Effect::InterfaceFilter),
                }
            }
            interface.source_check = line.value(check);
        }
        ["ip", "verify", "unicast", "reverse-path"] => {
            // The old form lets the default route count (Cisco IOS Security Command Reference,
            // "ip verify unicast reverse-path").
            interface.source_check = line.value(SourceCheck {
                default_counts: true,
                ..SourceCheck::default()
            });
        }
        ["ip", "verify", "unicast", "source"] if line.negated => interface.source_check = None,
        _ => return unmodeled(Effect::InterfaceFilter),
    }
    Ok(())
}

/// `ip inspect tcp idle-time`, `ip nat translation tcp-timeout`.
pub(super) fn lower_idle(system: &mut System, rest: &[&str], line: &Line<'_, '_>) -> Lowered {
    let (which, said) = match rest {
        ["tcp", "idle-time", said @ ..] => (&mut system.sessions_idle_s, said),
        ["translation", "tcp-timeout", said @ ..] => (&mut system.translations_idle_s, said),
        _ => return Err(Gap::Odd),
    };
    *which = match said {
        ["never"] => line.value(u64::MAX),
        [seconds] => line.value(number(seconds)?),
        [] if line.negated => None,
        _ => return Err(Gap::Odd),
    };
    Ok(())
}
