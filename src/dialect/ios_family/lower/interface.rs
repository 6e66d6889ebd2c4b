//! Lines of interfaces.

use super::secret::secret;
use super::{
    Gap, Line, Lowered, eigrp, first_hop, irrelevant, isis, number, rip, room, some, unmodeled,
    zone,
};
use crate::dialect::ios_family::words::{address, mask as mask_or_length};
use crate::model::interface::{
    Bundling, Interface, InterfaceAddress, InterfaceKind, Switchport, SwitchportMode,
};
use crate::model::ospf::NetworkType;
use crate::net::{Ipv4Net, VlanSet};
use crate::source::At;
use crate::syntax::Effect;

/// One line.
pub(in crate::dialect) fn lower_line(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["zone-member", ..] | ["ip", "inspect" | "verify", ..] => {
            zone::interface_line(interface, line)
        }
        ["ip", "ospf", ..] => lower_ospf(interface, line),
        ["isis", ..] | ["ip", "router", "isis", ..] => isis::lower_interface(interface, line),
        ["ip", "rip", ..] | ["ip", "summary-address", "rip", ..] | ["ip", "split-horizon"] => {
            rip::lower_interface(interface, line)
        }
        [
            "ip",
            "hello-interval" | "hold-time" | "summary-address" | "authentication" | "split-horizon"
            | "next-hop-self",
            ..,
        ] => eigrp::lower_interface(interface, line),
        ["ip", ..] => lower_ip(interface, line),
        ["switchport", ..] => lower_switchport(interface, line),
        ["standby" | "vrrp" | "glbp", ..] => first_hop::lower_line(interface, line),
        ["vrf", "forwarding", _] => lower_vrf(interface, line, 2),
        ["encapsulation", "dot1q", rest @ ..] => lower_tag(interface, line, rest),
        [
            "authentication" | "access-session" | "dot1x",
            "port-control",
            state,
        ] => {
            interface.authenticates = match *state {
                "auto" | "force-unauthorized" => line.value(true),
                "force-authorized" => line.value(false),
                _ => return unmodeled(Effect::Authentication),
            };
            interface.refuses = line.value(()).filter(|_| *state == "force-unauthorized");
            Ok(())
        }
        ["mab"] => {
            interface.mac_bypass = line.value(true);
            Ok(())
        }
        _ => lower_plain(interface, line),
    }
}

/// Whether a DHCP server's address is one of the interface's own VRF, which may be said (Cisco IOS IP
/// Addressing Services Command Reference, `ip helper-address`: `global`, `vrf NAME`).
fn names_own_vrf(interface: &Interface, line: &Line<'_, '_>, words: &[&str]) -> bool {
    let own = interface.vrf.as_ref().map(|at| at.value.as_str());
    match words {
        [_] => true,
        ["global", _] => own.is_none(),
        ["vrf", _, _] => own.is_some() && line.raw(3) == own,
        _ => false,
    }
}

/// A line with one value.
fn lower_plain(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["description", ..] => interface.description = line.value(line.rest(1)),
        ["shutdown"] => interface.shutdown = Some(At::new(!line.negated, line.at)),
        ["spanning-tree", "portfast", "disable" | "normal"]
        | ["spanning-tree", "port", "type", "normal"] => interface.edge = line.value(false),
        ["spanning-tree", "portfast", ..] | ["spanning-tree", "port", "type", ..] => {
            interface.edge = line.value(true);
        }
        ["mtu"] if line.negated => interface.mtu = None,
        ["mtu", mtu] => interface.mtu = line.value(number(mtu)?),
        ["delay"] => interface.delay = None,
        ["delay", delay] => interface.delay = line.value(number(delay)?),
        ["bandwidth", bandwidth] => interface.bandwidth = line.value(number(bandwidth)?),
        ["speed", "auto"] => interface.speed = None,
        ["speed", speed] => interface.speed = line.value(number(speed)?),
        ["channel-group", ..] if line.negated => interface.channel_group = None,
        ["channel-group", group, rest @ ..] => {
            interface.bundling = Some(match rest {
                [] | ["mode", "on", ..] => Bundling::Static,
                ["mode", "active", ..] => Bundling::LacpActive,
                ["mode", "passive", ..] => Bundling::LacpPassive,
                ["mode", "desirable", ..] => Bundling::PagpDesirable,
                ["mode", "auto", ..] => Bundling::PagpAuto,
                _ => return Err(Gap::Odd),
            });
            interface.channel_group = line.value(number(group)?);
        }
        ["port-channel", "standalone-disable"] => {
            interface.members_alone = Some(At::new(line.negated, line.at));
        }
        _ => return Err(Gap::Odd),
    }
    Ok(())
}

/// `ip …`.
fn lower_ip(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["ip", "address", rest @ ..] => return lower_address(interface, line, rest),
        ["ip", "unnumbered", ..] if line.negated => interface.unnumbered = None,
        ["ip", "unnumbered", ..] => {
            interface.unnumbered = line.value(some(line.interface(2))?);
        }
        ["ip", "vrf", "forwarding", _] => return lower_vrf(interface, line, 3),
        ["ip", "nat", "inside" | "outside"] => interface.nat_side = super::nat::side(line),
        ["ip", "mtu", mtu] => interface.mtu = line.value(number(mtu)?),
        ["ip", "helper-address"] if line.negated => interface.helpers.clear(),
        ["ip", "helper-address", words @ ..] if names_own_vrf(interface, line, words) => {
            let server = some(words.last().and_then(|word| address(word)))?;
            room(&interface.helpers)?;
            interface.helpers.retain(|helper| helper.value != server);
            interface.helpers.extend(line.value(server));
        }
        ["ip", "helper-address", ..] => return unmodeled(Effect::Interface),
        ["ip", "dhcp", "snooping", "trust"] => {
            interface.snooping_trust = Some(At::new(!line.negated, line.at));
        }
        ["ip", "dhcp", "relay", "information", "trusted"] => {
            interface.relays_options = Some(At::new(!line.negated, line.at));
        }
        ["ip", "access-group", .., "in"] => {
            interface.acl_in = line.value(line.raw(2).unwrap_or_default().to_owned());
        }
        ["ip", "access-group", .., "out"] => {
            interface.acl_out = line.value(line.raw(2).unwrap_or_default().to_owned());
        }
        ["ip", "proxy-arp"] => interface.proxy_arp = Some(At::new(!line.negated, line.at)),
        ["ip", "policy", ..] => {
            interface.policy_route = line.value(line.raw(3).unwrap_or_default().to_owned());
        }
        _ => return Err(Gap::Odd),
    }
    Ok(())
}

/// `ip address …`.
fn lower_address(interface: &mut Interface, line: &Line<'_, '_>, rest: &[&str]) -> Lowered {
    match rest {
        [] if line.negated => {
            interface.addresses.clear();
            interface.address_by_dhcp = None;
        }
        ["dhcp", ..] => {
            interface.address_by_dhcp = line.value(());
            if !line.negated {
                interface.addresses.clear();
            }
        }
        ["negotiated" | "pool", ..] => return unmodeled(Effect::Interface),
        [host, mask, rest @ ..] => {
            let host = some(address(host))?;
            let length = some(mask_or_length(mask))?;
            let net = some(Ipv4Net::new(host, length).ok())?;
            let secondary = match rest {
                [] => false,
                ["secondary"] => true,
                _ => return unmodeled(Effect::Interface),
            };
            room(&interface.addresses)?;
            interface.addresses.retain(|known| {
                let replaced = !secondary && !known.value.secondary && !line.negated;
                known.value.net.addr() != host && !replaced
            });
            let value = line.value(InterfaceAddress { net, secondary });
            if secondary {
                interface.addresses.extend(value);
            } else if let Some(value) = value {
                interface.addresses.insert(0, value);
                interface.address_by_dhcp = None;
                interface.unnumbered = None;
            }
        }
        _ => return Err(Gap::Odd),
    }
    Ok(())
}

/// `vrf forwarding NAME`, which takes the addresses off the interface (Cisco IOS IP Routing
/// command reference, "vrf forwarding").
fn lower_vrf(interface: &mut Interface, line: &Line<'_, '_>, name: usize) -> Lowered {
    interface.vrf = line.value(some(line.raw(name))?.to_owned());
    interface.addresses.clear();
    interface.address_by_dhcp = None;
    interface.unnumbered = None;
    interface.first_hop.clear();
    Ok(())
}

/// `encapsulation dot1q …` of a subinterface.
fn lower_tag(interface: &mut Interface, line: &Line<'_, '_>, rest: &[&str]) -> Lowered {
    let InterfaceKind::Subinterface { vlan, .. } = &mut interface.kind else {
        return unmodeled(Effect::Interface);
    };
    *vlan = match rest {
        _ if line.negated => None,
        [tag] => Some(number(tag)?),
        [tag, "native"] => {
            interface.native_tag = line.value(number(tag)?);
            None
        }
        _ => return unmodeled(Effect::Interface),
    };
    Ok(())
}

/// `switchport …`.
fn lower_switchport(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    if line.low.len() == 1 && line.negated {
        interface.switchport = None;
        interface.routed = Some(At::new((), line.at));
        return Ok(());
    }
    let port = interface.switchport.get_or_insert_with(Switchport::default);
    match line.low {
        ["switchport"] => interface.routed = None,
        ["switchport", "mode", mode, ..] => {
            port.mode = line.value(match *mode {
                "access" => SwitchportMode::Access,
                "trunk" => SwitchportMode::Trunk,
                _ => SwitchportMode::Dynamic,
            });
        }
        ["switchport", "mode"] => port.mode = None,
        ["switchport", "access", "vlan"] => port.access_vlan = None,
        ["switchport", "access", "vlan", vlan] => port.access_vlan = line.value(number(vlan)?),
        ["switchport", "voice", "vlan"] => port.voice_vlan = None,
        ["switchport", "voice", "vlan", vlan] => {
            let Ok(vlan) = number(vlan) else {
                return unmodeled(Effect::Switching);
            };
            port.voice_vlan = line.value(vlan);
        }
        ["switchport", "trunk", "native", "vlan"] => port.native_vlan = None,
        ["switchport", "trunk", "native", "vlan", vlan] => {
            port.native_vlan = line.value(number(vlan)?);
        }
        ["switchport", "trunk", "allowed", "vlan", rest @ ..] => {
            return lower_allowed(port, line, rest);
        }
        _ => return Err(Gap::Odd),
    }
    Ok(())
}

/// `switchport trunk allowed vlan …`, over several lines.
fn lower_allowed(port: &mut Switchport, line: &Line<'_, '_>, rest: &[&str]) -> Lowered {
    let list = |words: &[&str]| some(VlanSet::parse(&words.concat()));
    let (allowed, adds) = match rest {
        _ if line.negated => (None, false),
        ["all"] => (None, false),
        ["none"] => (Some(VlanSet::default()), false),
        ["add", words @ ..] => {
            let mut set = port.allowed.clone().unwrap_or_else(VlanSet::all);
            set.extend(&list(words)?);
            (Some(set), true)
        }
        ["remove", words @ ..] => {
            let mut set = port.allowed.clone().unwrap_or_else(VlanSet::all);
            set.remove(&list(words)?);
            (Some(set), true)
        }
        ["except", words @ ..] => {
            let mut set = VlanSet::all();
            set.remove(&list(words)?);
            (Some(set), false)
        }
        [] => return Err(Gap::Odd),
        words => (Some(list(words)?), false),
    };
    if !adds {
        port.allowed_at.clear();
    }
    room(&port.allowed_at)?;
    port.allowed = allowed;
    port.allowed_at.push(At::new((), line.at));
    Ok(())
}

/// `ip ospf …`.
fn lower_ospf(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    let ospf = &mut interface.ospf;
    match line.low.get(2..).unwrap_or(&[]) {
        ["cost"] if line.negated => ospf.cost = None,
        ["cost", cost] => ospf.cost = line.value(number(cost)?),
        ["network", ..] if line.negated => ospf.network_type = None,
        ["network", rest @ ..] => {
            ospf.network_type = line.value(match rest {
                ["broadcast"] => NetworkType::Broadcast,
                ["point-to-point"] => NetworkType::PointToPoint,
                ["non-broadcast"] => NetworkType::NonBroadcast,
                ["point-to-multipoint"] => NetworkType::PointToMultipoint,
                _ => return unmodeled(Effect::Routing),
            });
        }
        ["hello-interval"] if line.negated => ospf.hello = None,
        ["hello-interval", seconds] => ospf.hello = line.value(number(seconds)?),
        ["dead-interval"] if line.negated => ospf.dead = None,
        ["dead-interval", "minimal", ..] => return unmodeled(Effect::Routing),
        ["dead-interval", seconds] => ospf.dead = line.value(number(seconds)?),
        ["priority"] if line.negated => ospf.priority = None,
        ["priority", priority] => ospf.priority = line.value(number(priority)?),
        // RFC 2328 appendix D: 0 none, 1 simple, 2 cryptographic.
        ["authentication"] => ospf.authentication = line.value(1),
        ["authentication", "message-digest"] => ospf.authentication = line.value(2),
        ["authentication", "null"] => ospf.authentication = line.value(0),
        ["authentication-key"] if line.negated => drop(ospf.keys.remove(&0)),
        ["authentication-key", ..] => match line.value(secret(line, 3)?) {
            Some(key) => drop(ospf.keys.insert(0, key)),
            None => drop(ospf.keys.remove(&0)),
        },
        ["message-digest-key", id, ..] if line.negated => drop(ospf.keys.remove(&number(id)?)),
        ["message-digest-key", id, "md5", ..] => {
            let key = At::new(secret(line, 5)?, line.at);
            ospf.keys.insert(number(id)?, key);
        }
        ["mtu-ignore"] => ospf.mtu_ignore = Some(At::new(!line.negated, line.at)),
        ["shutdown"] => ospf.shutdown = Some(At::new(!line.negated, line.at)),
        [_, "area", area] => {
            let area = some(super::ospf::area(area))?;
            let process = some(line.raw(2))?.to_owned();
            ospf.process_area = line.value((process, area));
        }
        ["retransmit-interval" | "transmit-delay", ..] => {
            return irrelevant("how fast routes converge, not to what");
        }
        _ => return unmodeled(Effect::Routing),
    }
    Ok(())
}
