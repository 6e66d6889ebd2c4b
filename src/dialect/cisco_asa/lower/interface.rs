//! Lines of interfaces.

use crate::dialect::ios_family::lower::{
    Block, Gap, Line, Lowered, Lowering, Respelled, number, some, unmodeled,
};
use crate::model::Facet;
use crate::model::interface::{Interface, InterfaceKind};
use crate::source::At;
use crate::syntax::Effect;

/// The VRF of interfaces that only manage the device: since 9.5 their routes are in a table of
/// their own (Cisco ASA general operations configuration guide, "Routing Table for Management
/// Traffic"), before that no packet passes them either.
pub(super) const MANAGEMENT: &str = "management-only";

/// One line.
pub(super) fn lower_line(
    lowering: &mut Lowering,
    block: &Block,
    index: u32,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering.builder.contribute_index(line.at, index);
    let respelled = match line.low {
        // The address of the standby unit.
        ["ip", "address", _, _, "standby", _] => {
            let low = line.low.get(..4).unwrap_or(&[]);
            let raw = line.raw.get(..4).unwrap_or(&[]);
            return lowering.inner(block, &Line { low, raw, ..*line });
        }
        ["ip", "address", "pppoe", ..] | ["ip", "address", _, "pppoe", ..] => {
            return unmodeled(Effect::Interface);
        }
        ["ospf", ..]
        | [
            "hello-interval" | "hold-time" | "summary-address" | "split-horizon",
            "eigrp",
            ..,
        ] => Respelled::plain(&["ip"], line, 0),
        ["dhcprelay", "server", _] => Respelled::plain(&["ip", "helper-address"], line, 2),
        ["nameif" | "security-level" | "vlan", ..] | ["management-only"] => {
            let Some(Facet::Interface(interface)) = lowering.builder.at_index(index) else {
                return Err(Gap::Odd);
            };
            return own(interface, line);
        }
        _ => Respelled::plain(&[], line, 0),
    };
    lowering.inner(block, &respelled.line(line))
}

/// A line that only this dialect has.
fn own(interface: &mut Interface, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["nameif"] => interface.zone = None,
        ["nameif", _] => interface.zone = line.value(some(line.raw(1))?.to_owned()),
        ["security-level"] => interface.security_level = None,
        ["security-level", level] => {
            let level: u8 = number(level)?;
            some((level <= 100).then_some(()))?;
            interface.security_level = line.value(level);
        }
        ["vlan"] | ["vlan", _] => {
            let InterfaceKind::Subinterface { vlan, .. } = &mut interface.kind else {
                return unmodeled(Effect::Interface);
            };
            *vlan = match line.low {
                ["vlan", tag] if !line.negated => Some(number(tag)?),
                _ => None,
            };
        }
        ["management-only"] => {
            interface.vrf = line.value(MANAGEMENT.to_owned());
        }
        _ => return Err(Gap::Odd),
    }
    Ok(())
}

/// What the text leaves out of an interface.
pub(super) fn complete(interface: &mut Interface) {
    let Some(zone) = &interface.zone else {
        // An interface without a name passes nothing (Cisco ASA general operations configuration
        // guide, "Configure General Interface Parameters").
        interface.addresses.clear();
        interface.address_by_dhcp = None;
        return;
    };
    // The level of an interface that says none: 100 for `inside`, else 0 (the same guide,
    // "Security Levels").
    let level = if zone.value.eq_ignore_ascii_case("inside") {
        100
    } else {
        0
    };
    let at = zone.at;
    interface.security_level.get_or_insert(At::new(level, at));
}
