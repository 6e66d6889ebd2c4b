//! What `SNAT`, `DNAT`, `MASQUERADE` and `REDIRECT` make of packets.

use std::net::Ipv4Addr;

use super::values::port;
use crate::model::nat::{NewAddress, NewPort, Translation};

/// What a target that translates makes of packets; none where its options are not understood.
pub(super) fn translation<'o>(
    name: &str,
    options: impl Iterator<Item = &'o str>,
) -> Option<Translation> {
    let mut made = Translation::default();
    let source = matches!(name, "SNAT" | "MASQUERADE");
    match name {
        "MASQUERADE" => made.source = NewAddress::OneOfPacketsInterface,
        "REDIRECT" => made.destination = NewAddress::OfPacketsInterface,
        _ => {}
    }
    let mut options = options;
    let mut said = false;
    while let Some(option) = options.next() {
        let ports = match (name, option) {
            // How the port or address is chosen of several that are possible anyway.
            (_, "--random" | "--random-fully" | "--persistent") => continue,
            ("SNAT", "--to-source") | ("DNAT", "--to-destination") => {
                let value = options.next()?;
                let (addresses, ports) = match value.split_once(':') {
                    Some((addresses, ports)) => (addresses, Some(ports)),
                    None => (value, None),
                };
                if !addresses.is_empty() {
                    let (low, high) = addresses.split_once('-').unwrap_or((addresses, addresses));
                    let (low, high): (Ipv4Addr, Ipv4Addr) = (low.parse().ok()?, high.parse().ok()?);
                    let new = (low <= high).then(|| NewAddress::OneOf(vec![(low, high)]))?;
                    if source {
                        made.source = new;
                    } else {
                        made.destination = new;
                    }
                }
                ports
            }
            ("MASQUERADE" | "REDIRECT", "--to-ports") => Some(options.next()?),
            _ => return None,
        };
        if std::mem::replace(&mut said, true) {
            return None;
        }
        if let Some(ports) = ports {
            let (low, high) = ports.split_once('-').unwrap_or((ports, ports));
            let (low, high) = (port(low)?, port(high)?);
            let new = (low <= high).then_some(NewPort::Within(low, high))?;
            if source {
                made.source_port = new;
            } else {
                made.destination_port = new;
            }
        }
    }
    let told = said || matches!(name, "MASQUERADE" | "REDIRECT");
    if source && made.source_port == NewPort::Same {
        made.source_port = NewPort::OfItsClass;
    }
    told.then_some(made)
}
