//! The place that measurements are made from.

use pnet_datalink::interfaces;

mod check;
pub mod exporter;
pub mod remote;
pub mod script;

use crate::probe::Source;
use crate::wire::observation::{Vantage, VantageInterface};

/// The host that runs the program, with its interfaces, or the one that packets leave from, and
/// without its name.
pub fn local_vantage(id: &str, source: Option<&Source>) -> Vantage {
    let mut found: Vec<VantageInterface> = interfaces()
        .into_iter()
        .filter(|interface| !interface.ips.is_empty())
        .filter(|interface| source.is_none_or(|source| source.is_at(interface)))
        .map(|interface| VantageInterface {
            name: interface.name,
            mac: interface
                .mac
                .filter(|mac| !mac.is_zero())
                .map(|mac| mac.to_string()),
            addresses: interface.ips.iter().map(ToString::to_string).collect(),
        })
        .collect();
    found.sort();
    Vantage {
        id: id.to_owned(),
        interfaces: found,
    }
}
