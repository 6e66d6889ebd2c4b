//! Closed cases of protocols that exchange routes, as small texts.

mod bgp;
mod fabric;
mod interior;
mod naive;
mod unnumbered;

/// An interface with an address of a /30 or, as a loopback, of a /32.
fn interface(name: &str, address: &str) -> String {
    let mask = if name.starts_with("Loopback") {
        "255.255.255.255"
    } else {
        "255.255.255.252"
    };
    format!("interface {name}\n ip address {address} {mask}\n")
}
