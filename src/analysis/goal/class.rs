//! Classes of networks (RFC 791 §3.2), which some protocols summarize to.

use crate::net::Ipv4Net;

/// Prefix length of the class that an address is of.
fn length(prefix: Ipv4Net) -> u8 {
    match prefix.network().octets() {
        [0..=127, ..] => 8,
        [128..=191, ..] => 16,
        _ => 24,
    }
}

/// The network of a prefix's class; a shorter prefix is its own.
pub(in crate::analysis) fn network(prefix: Ipv4Net) -> Ipv4Net {
    let length = prefix.prefix_len().min(length(prefix));
    Ipv4Net::new(prefix.network(), length).map_or(prefix, |net| net.trunc())
}

/// Whether a prefix is a whole network of its class, or the default route.
pub(super) fn is_whole(prefix: Ipv4Net) -> bool {
    prefix.prefix_len() == length(prefix) || prefix.prefix_len() == 0
}
