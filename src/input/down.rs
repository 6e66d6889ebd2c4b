//! What `--down` names: a device, a link by one of its ends, or a service.

use crate::input::Error;
use crate::input::links::interface_named;
use crate::input::mistake::suggestion;
use crate::input::reader::{DURATION_HELP, parse_duration};
use crate::intent::Site;
use crate::model::{Down, Network};

/// Reads `DEVICE`, `DEVICE:INTERFACE` or `SERVICE`.
pub fn parse_down(text: &str, network: &Network, site: &Site) -> Result<Down, Error> {
    if let Some((device, interface)) = text.split_once(':') {
        let name = device.to_lowercase();
        let Some(found) = network.devices.get(&name) else {
            return Err(unknown(text, &name, network, site));
        };
        if let Some(full) = interface_named(found, interface) {
            return Ok(Down::Link(name, full));
        }
        let known: Vec<&str> = found.interfaces().map(|(key, _)| &*key.name).collect();
        let help = suggestion(interface, known.iter().copied());
        return Err(Error::usage(
            format!("take `{text}` down: `{name}` has no interface `{interface}`"),
            help.unwrap_or_else(|| format!("`{name}` has no interface at all")),
        ));
    }
    let name = text.to_lowercase();
    if network.devices.contains_key(&name) || site.hosts.contains_key(&name) {
        return Ok(Down::Device(name));
    }
    if site.services.contains_key(text) {
        return Ok(Down::Service(text.to_owned()));
    }
    Err(unknown(text, &name, network, site))
}

/// Says what was probably meant.
fn unknown(text: &str, name: &str, network: &Network, site: &Site) -> Error {
    let members: Vec<&str> = network
        .devices
        .values()
        .filter(|device| device.cluster.as_deref() == Some(name))
        .map(|device| device.name.as_str())
        .collect();
    let help = if members.is_empty() {
        let known: Vec<&str> = network
            .devices
            .keys()
            .chain(site.hosts.keys())
            .chain(site.services.keys())
            .map(String::as_str)
            .collect();
        suggestion(name, known.iter().copied())
    } else {
        Some(format!("name its members: {}", members.join(", ")))
    };
    Error::usage(
        format!("take `{text}` down: no device, host or service has this name"),
        help.unwrap_or_else(|| "name a device, `device:interface`, or a service".to_owned()),
    )
}

/// Reads the length of an outage in seconds.
pub fn parse_for(text: &str) -> Result<u64, Error> {
    parse_duration(text).ok_or_else(|| {
        Error::usage(
            format!("read `--for {text}`: it is no length of time"),
            DURATION_HELP,
        )
    })
}
