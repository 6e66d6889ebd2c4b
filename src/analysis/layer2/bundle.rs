//! Bundles and the ports that are their members.

use super::super::world::{InterfaceId, World, kind};
use crate::model::interface::{Bundling, Interface, InterfaceKind};

/// What becomes of a wire between two ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) enum Wire {
    /// It is a part of a bundle, or in no bundle at both ends.
    Carries,
    /// Its ends do not make a bundle of it, and no frame passes.
    Fails,
    /// Its ends do not make a bundle of it; whether its ports carry frames on their own depends on
    /// the platform.
    Unsettled,
}

/// The bundle that a port is a member of, else the port.
pub(super) fn of(world: &World<'_>, id: InterfaceId) -> InterfaceId {
    bundle(world, id).unwrap_or(id)
}

/// The interface of the bundle that a port is a member of.
pub(super) fn bundle(world: &World<'_>, id: InterfaceId) -> Option<InterfaceId> {
    let entry = world.interface(id);
    let group = entry.facet?.channel_group.as_ref()?;
    let bundle = InterfaceKind::PortChannel(group.value);
    world
        .interfaces_of(entry.device)
        .find(|other| *kind(world.interface(*other)) == bundle)
}

/// The ports of a device that are members of a bundle.
pub(super) fn members<'w>(
    world: &'w World<'_>,
    bundle: InterfaceId,
) -> impl Iterator<Item = (InterfaceId, &'w Interface)> {
    let entry = world.interface(bundle);
    world.interfaces_of(entry.device).filter_map(move |id| {
        let facet = world.interface(id).facet?;
        let group = facet.channel_group.as_ref()?;
        (InterfaceKind::PortChannel(group.value) == *kind(entry)).then_some((id, facet))
    })
}

/// What becomes of a wire between two ports by what their ends say of a bundle.
///
/// A port that negotiates and finds no partner is suspended, or carries frames by itself, by the
/// platform (Cisco Catalyst 9000 and Nexus 9000 suspend it, older Catalysts do not). Against an end
/// that does not negotiate, a bundle of several ports fails either way: where the other end's ports
/// run alone, its spanning tree disables the bundle (`EtherChannel` guard, on by default; Catalyst
/// 9300 Layer 2 Configuration Guide, "Configuring optional spanning-tree features").
pub(in crate::analysis) fn wire(world: &World<'_>, ends: [InterfaceId; 2]) -> Wire {
    let facets = ends.map(|end| {
        let facet = world.interface(end).facet?;
        facet.channel_group.as_ref()?;
        Some(facet.bundling.unwrap_or_default())
    });
    let [Some(one), Some(other)] = facets else {
        return Wire::Carries;
    };
    if one.forms_with(other) {
        return Wire::Carries;
    }
    let negotiating = [(ends[0], one), (ends[1], other)]
        .into_iter()
        .filter(|(_, mode)| *mode != Bundling::Static);
    let suspended = negotiating
        .filter_map(|(end, _)| bundle(world, end))
        .any(|bundle| {
            let facet = world.interface(bundle).facet;
            let alone = facet.and_then(|facet| facet.members_alone.as_ref());
            // The members of a routed bundle have no address of their own.
            alone.is_some_and(|alone| !alone.value)
                || facet.is_some_and(|facet| facet.switchport.is_none())
        });
    let guarded = [(ends[0], one), (ends[1], other)]
        .into_iter()
        .any(|(end, mode)| {
            mode == Bundling::Static
                && bundle(world, end).is_some_and(|bundle| {
                    let enabled = |(_, member): &(InterfaceId, &Interface)| member.is_enabled();
                    members(world, bundle).filter(enabled).count() > 1
                })
        });
    if suspended || guarded {
        Wire::Fails
    } else {
        Wire::Unsettled
    }
}

/// Whether a port is up, and its bundle with it: one that is shut takes its members along.
pub(super) fn is_up(world: &World<'_>, port: InterfaceId) -> bool {
    let bundle = world.interface(of(world, port)).facet;
    world.interface(port).up && bundle.is_none_or(Interface::is_enabled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::test_network::{network_of, with_links};

    /// What becomes of the wire between bundles of these members, each end a dialect, the lines of
    /// the bundle and the mode.
    fn of(ends: [(&str, &str, &str); 2], members: usize) -> Wire {
        let texts = ends.map(|(_, lines, mode)| {
            let members = (0..members).map(|number| {
                format!(
                    "interface Ethernet1/{number}\n switchport mode trunk\n channel-group 1 mode \
                     {mode}\n"
                )
            });
            let bundle = format!("interface Port-channel1\n switchport mode trunk\n{lines}");
            std::iter::once(bundle).chain(members).collect::<String>()
        });
        let network = network_of(&[
            ("a", ends[0].0, texts[0].as_str()),
            ("b", ends[1].0, texts[1].as_str()),
        ]);
        let network = with_links(network, &[["a", "Ethernet1/0", "b", "Ethernet1/0"]]);
        let world = World::new(&network, &[], &[]);
        let end = |device| {
            let device = world.device_named(device).unwrap();
            world.interface_named(device, "Ethernet1/0").unwrap()
        };
        let ends = [end("a"), end("b")];
        let found = wire(&world, ends);
        let up = ends.map(|end| world.interface(end).up);
        assert_eq!(up, [found != Wire::Fails; 2], "{found:?}");
        found
    }

    /// The same for two ends of IOS that say nothing but the mode.
    fn of_ios(one: &str, other: &str, members: usize) -> Wire {
        of([("cisco-ios", "", one), ("cisco-ios", "", other)], members)
    }

    #[test]
    fn bundles_form_where_both_ends_speak_one_protocol_and_one_speaks_first() {
        for (one, other) in [
            ("on", "on"),
            ("active", "active"),
            ("passive", "active"),
            ("desirable", "auto"),
            ("desirable", "desirable"),
        ] {
            assert_eq!(of_ios(one, other, 2), Wire::Carries, "{one} {other}");
            assert_eq!(of_ios(other, one, 2), Wire::Carries, "{other} {one}");
        }
    }

    #[test]
    fn a_bundle_of_several_ports_fails_against_ports_that_negotiate() {
        for mode in ["active", "passive", "desirable", "auto"] {
            assert_eq!(of_ios("on", mode, 2), Wire::Fails, "{mode}");
            assert_eq!(of_ios(mode, "on", 1), Wire::Unsettled, "{mode}");
        }
    }

    #[test]
    fn what_ports_without_a_partner_do_depends_on_the_platform_unless_it_is_said() {
        for (one, other) in [
            ("passive", "passive"),
            ("auto", "auto"),
            ("active", "desirable"),
        ] {
            assert_eq!(of_ios(one, other, 2), Wire::Unsettled, "{one} {other}");
            let said = " port-channel standalone-disable\n";
            let ends = [("cisco-ios", said, one), ("cisco-ios", "", other)];
            assert_eq!(of(ends, 2), Wire::Fails, "{one} {other}");
        }
        for dialect in ["cisco-nxos", "arista-eos"] {
            let up = " no shutdown\n";
            let ends = [("cisco-ios", "", "passive"), (dialect, up, "passive")];
            assert_eq!(of(ends, 1), Wire::Fails, "{dialect}");
        }
    }
}
