//! RADIUS, 802.1X and network time.

use super::secret::secret;
use super::{Block, Gap, Line, Lowered, Lowering, number, room, some, unmodeled};
use crate::dialect::ios_family::words::address;
use crate::model::aaa::{Aaa, Ntp, RadiusServer};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::At;
use crate::syntax::Effect;

/// Stratum of `ntp master` without one (Cisco IOS Network Management Command Reference).
const DEFAULT_STRATUM: u8 = 8;

/// The facet, made where missing.
fn aaa(lowering: &mut Lowering) -> Result<&mut Aaa, Gap> {
    let key = FacetKey::new(FacetKind::Aaa, "");
    let facet = lowering.builder.facet(&key, || Facet::Aaa(Aaa::default()));
    let Facet::Aaa(aaa) = facet else {
        return Err(Gap::Odd);
    };
    Ok(aaa)
}

/// A statement at top level.
pub(super) fn lower(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let key = FacetKey::new(FacetKind::Aaa, "");
    lowering.builder.contribute(line.at, &key);
    match line.low {
        ["radius", "server", _] => {
            let name = some(line.raw(2))?.to_owned();
            if !line.negated {
                lowering.open(line.at, &key, Block::RadiusServer(name.clone()));
            }
            define_server(aaa(lowering)?, line, &name);
            return Ok(());
        }
        ["aaa", "group", "server", "radius", _] => {
            let name = some(line.raw(4))?.to_owned();
            if line.negated {
                aaa(lowering)?.groups.remove(&name);
            } else {
                lowering.open(line.at, &key, Block::RadiusGroup(name.clone()));
                aaa(lowering)?.groups.entry(name).or_default();
            }
            return Ok(());
        }
        _ => lowering.builder.open_block(line.at, &key),
    }
    let aaa = aaa(lowering)?;
    match line.low {
        ["aaa", "new-model"] => aaa.enabled = Some(At::new(!line.negated, line.at)),
        ["aaa", "authentication", "dot1x"] => aaa.dot1x_groups.clear(),
        ["aaa", "authentication", "dot1x", "default", rest @ ..] => {
            return lower_methods(aaa, line, rest);
        }
        ["dot1x", "system-auth-control"] => aaa.dot1x = Some(At::new(!line.negated, line.at)),
        ["radius-server", "host", host, rest @ ..] => {
            if address(host).is_none() {
                return unmodeled(Effect::Authentication);
            }
            define_server(aaa, line, host);
            if !line.negated {
                let server = aaa.servers.entry((*host).to_owned()).or_default();
                return lower_address(server, line, rest, 3);
            }
        }
        ["radius-server", "timeout"] => aaa.timeout = None,
        ["radius-server", "timeout", seconds] => aaa.timeout = line.value(number(seconds)?),
        ["radius-server", "retransmit"] => aaa.retransmit = None,
        ["radius-server", "retransmit", count] => aaa.retransmit = line.value(number(count)?),
        ["radius-server", "deadtime"] => aaa.deadtime = None,
        ["radius-server", "deadtime", minutes] => aaa.deadtime = line.value(number(minutes)?),
        ["radius-server", "key", ..] if line.negated => aaa.key = None,
        ["radius-server", "key", ..] => aaa.key = line.value(secret(line, 2)?),
        ["ip", "radius", "source-interface"] => aaa.source_interface = None,
        ["ip", "radius", "source-interface", _] => {
            aaa.source_interface = line.value(some(line.interface(3))?);
        }
        _ => return Err(Gap::Odd),
    }
    Ok(())
}

/// Makes or removes a server.
fn define_server(aaa: &mut Aaa, line: &Line<'_, '_>, name: &str) {
    if line.negated {
        aaa.servers.remove(name);
        return;
    }
    let server = aaa.servers.entry(name.to_owned()).or_default();
    name.clone_into(&mut server.name);
    server.defined_at = Some(At::new((), line.at));
    if let Some(address) = address(name) {
        server.address = Some(At::new(address, line.at));
    }
}

/// Methods of `aaa authentication dot1x default`.
fn lower_methods(aaa: &mut Aaa, line: &Line<'_, '_>, mut rest: &[&str]) -> Lowered {
    aaa.dot1x_groups.clear();
    if line.negated {
        return Ok(());
    }
    let mut place = 4;
    while let ["group", _, after @ ..] = rest {
        let name = line.raw(place + 1).unwrap_or("").to_owned();
        aaa.dot1x_groups.push(At::new(name, line.at));
        rest = after;
        place += 2;
    }
    // `local`, `none`, `cache`: who is let in then is not modeled.
    if rest.is_empty() {
        Ok(())
    } else {
        unmodeled(Effect::Authentication)
    }
}

/// A line of a RADIUS server.
pub(super) fn lower_server_line(
    lowering: &mut Lowering,
    name: &str,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering
        .builder
        .contribute(line.at, &FacetKey::new(FacetKind::Aaa, ""));
    let server = aaa(lowering)?.servers.entry(name.to_owned()).or_default();
    match line.low {
        ["address", "ipv4", ..] if line.negated => {
            server.address = None;
            server.auth_port = None;
            server.acct_port = None;
        }
        ["address", "ipv4", host, rest @ ..] => {
            let Some(host) = address(host) else {
                return unmodeled(Effect::Authentication);
            };
            server.address = line.value(host);
            return lower_address(server, line, rest, 3);
        }
        ["key", ..] if line.negated => server.key = None,
        ["key", ..] => server.key = line.value(secret(line, 1)?),
        ["timeout", seconds] => server.timeout = line.value(number(seconds)?),
        ["retransmit", count] => server.retransmit = line.value(number(count)?),
        _ => return Err(Gap::Odd),
    }
    Ok(())
}

/// Ports, times and key after a server's address; `rest` begins at word `place` of the line.
fn lower_address(
    server: &mut RadiusServer,
    line: &Line<'_, '_>,
    mut rest: &[&str],
    mut place: usize,
) -> Lowered {
    loop {
        rest = match rest {
            [] => return Ok(()),
            ["auth-port", port, rest @ ..] => {
                server.auth_port = line.value(number(port)?);
                rest
            }
            ["acct-port", port, rest @ ..] => {
                server.acct_port = line.value(number(port)?);
                rest
            }
            ["timeout", seconds, rest @ ..] => {
                server.timeout = line.value(number(seconds)?);
                rest
            }
            ["retransmit", count, rest @ ..] => {
                server.retransmit = line.value(number(count)?);
                rest
            }
            ["key", ..] => {
                server.key = line.value(secret(line, place + 1)?);
                return Ok(());
            }
            _ => return unmodeled(Effect::Authentication),
        };
        place += 2;
    }
}

/// A line of a group of RADIUS servers.
pub(super) fn lower_group_line(
    lowering: &mut Lowering,
    name: &str,
    line: &Line<'_, '_>,
) -> Lowered {
    lowering
        .builder
        .contribute(line.at, &FacetKey::new(FacetKind::Aaa, ""));
    let aaa = aaa(lowering)?;
    let member = match line.low {
        ["server", "name", _] => some(line.raw(2))?,
        ["server" | "server-private", host, ..] if address(host).is_some() => some(line.raw(1))?,
        ["deadtime", minutes] => {
            let minutes = number(minutes)?;
            match line.value(minutes) {
                Some(minutes) => aaa.group_deadtime.insert(name.to_owned(), minutes),
                None => aaa.group_deadtime.remove(name),
            };
            return Ok(());
        }
        _ => return unmodeled(Effect::Authentication),
    };
    let group = aaa.groups.entry(name.to_owned()).or_default();
    room(group)?;
    group.retain(|known| known.value != member);
    group.extend(line.value(member.to_owned()));
    if let ["server-private", host, rest @ ..] = line.low
        && !line.negated
    {
        define_server(aaa, line, host);
        let server = aaa.servers.entry((*host).to_owned()).or_default();
        return lower_address(server, line, rest, 2);
    }
    Ok(())
}

/// `ntp server|peer|master …`.
pub(super) fn lower_ntp(lowering: &mut Lowering, line: &Line<'_, '_>) -> Lowered {
    let key = FacetKey::new(FacetKind::Ntp, "");
    lowering.builder.contribute(line.at, &key);
    lowering.builder.open_block(line.at, &key);
    let facet = lowering.builder.facet(&key, || Facet::Ntp(Ntp::default()));
    let Facet::Ntp(ntp) = facet else {
        return Err(Gap::Odd);
    };
    match line.low {
        ["ntp", "master", rest @ ..] => {
            let stratum = match rest {
                [] => DEFAULT_STRATUM,
                [stratum] => number(stratum)?,
                _ => return Err(Gap::Odd),
            };
            ntp.master = line.value(stratum);
            Ok(())
        }
        ["ntp", "serve", "all"] => {
            ntp.serves = Some(At::new(!line.negated, line.at));
            Ok(())
        }
        ["ntp", "server" | "peer", rest @ ..] => {
            let (host, options, plain) = match rest {
                ["vrf", _, host, options @ ..] => (host, options, false),
                ["ip", host, options @ ..] | [host, options @ ..] => (host, options, true),
                [] => return Err(Gap::Odd),
            };
            let Ok(host) = host.parse() else {
                return unmodeled(Effect::Device);
            };
            room(&ntp.servers)?;
            ntp.servers.retain(|known| known.value != host);
            ntp.servers.extend(line.value(host));
            // `prefer`, `minpoll`, `version` choose among servers; keys and VRFs decide whether
            // one answers.
            let known = |word: &&str| {
                matches!(
                    *word,
                    "prefer" | "minpoll" | "maxpoll" | "version" | "burst" | "iburst"
                ) || word.bytes().all(|byte| byte.is_ascii_digit())
            };
            if plain && options.iter().all(known) {
                Ok(())
            } else {
                unmodeled(Effect::Device)
            }
        }
        _ => Err(Gap::Odd),
    }
}
