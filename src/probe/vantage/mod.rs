//! The place that measurements are made from.

use pnet_datalink::interfaces;

mod check;
pub mod exporter;
pub mod remote;
pub mod script;

use crate::wire::observation::{Vantage, VantageInterface};

/// The host that runs the program, with its interfaces and without its name.
pub fn local_vantage(id: &str) -> Vantage {
    let mut found: Vec<VantageInterface> = interfaces()
        .into_iter()
        .filter(|interface| !interface.ips.is_empty())
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
