//! EVPN (RFC 7432): its address family, and the broadcast domains that it stretches.

use std::collections::BTreeMap;

use super::super::rest::Rest;
use super::super::{Gap, Line, Lowered, irrelevant, some, unmodeled};
use super::{FabricPart, peer};
use crate::dialect::ios_family::words::address;
use crate::model::bgp::{PeerKind, PeerName};
use crate::model::vxlan::{BgpFabric, FabricDomain};
use crate::net::VlanSet;
use crate::source::At;
use crate::syntax::Effect;

/// Route targets, each with the statement that names it.
type Targets = BTreeMap<String, At<()>>;

/// One setting.
pub(super) fn lower_setting(
    fabric: &mut BgpFabric,
    part: &FabricPart,
    line: &Line<'_, '_>,
) -> Lowered {
    match (part, line.low) {
        (FabricPart::Family, ["neighbor", name, ..]) => {
            if name.contains(':') {
                return irrelevant(peer::IPV6);
            }
            let peer = match address(name) {
                Some(address) => {
                    let name = PeerName::Known(PeerKind::Address(address));
                    fabric.peers.entry(name).or_default()
                }
                None => fabric
                    .groups
                    .entry(some(line.raw(1))?.to_owned())
                    .or_default(),
            };
            peer::lower_setting(peer, line, 2)
        }
        (FabricPart::Family, ["retain", "route-target", "all"]) => {
            fabric.retains = !line.negated;
            Ok(())
        }
        (FabricPart::Family, ["advertise-pip"]) => {
            fabric.names_primary = !line.negated;
            Ok(())
        }
        (FabricPart::Family, _) => unmodeled(Effect::Routing),
        (FabricPart::Peer(name), _) => {
            let peer = fabric.peers.entry(name.clone()).or_default();
            peer::lower_setting(peer, line, 0)
        }
        (FabricPart::Template(name), _) => {
            let peer = fabric.groups.entry(name.clone()).or_default();
            peer::lower_setting(peer, line, 0)
        }
        (FabricPart::Domain(name), _) => {
            let domain = fabric.domains.entry(name.clone()).or_default();
            lower_domain(domain, line)?;
            // Where VLANs reach through tunnels is not computed.
            unmodeled(Effect::Switching)
        }
    }
}

/// A line of a broadcast domain.
fn lower_domain(domain: &mut FabricDomain, line: &Line<'_, '_>) -> Lowered {
    match line.low {
        ["rd"] if line.negated => domain.distinguisher = None,
        ["rd", _] => domain.distinguisher = line.value(some(line.raw(1))?.to_owned()),
        ["route-target", "import" | "export" | "both", _] => {
            return lower_targets(&mut domain.imports, &mut domain.exports, line, line.raw(2));
        }
        ["redistribute", "learned"] if !line.negated => {}
        ["vlan", vlans] if !line.negated => {
            domain.vlans.extend(some(VlanSet::parse(vlans))?.iter());
        }
        _ => return unmodeled(Effect::Switching),
    }
    Ok(())
}

/// `route-target import|export|both [evpn] TARGET`, or the same with `evpn` at the end.
pub(in crate::dialect) fn lower_targets(
    imports: &mut Targets,
    exports: &mut Targets,
    line: &Line<'_, '_>,
    target: Option<&str>,
) -> Lowered {
    let mut rest = Rest::new(line, 1);
    let direction = some(rest.word())?;
    let target = some(target)?;
    for (wanted, targets) in [
        (direction != "export", imports),
        (direction != "import", exports),
    ] {
        if wanted && line.negated {
            targets.remove(target);
        } else if wanted {
            targets.insert(target.to_owned(), At::new((), line.at));
        }
    }
    match direction {
        "import" | "export" | "both" => Ok(()),
        _ => Err(Gap::Odd),
    }
}
