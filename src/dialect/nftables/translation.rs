//! What `snat`, `dnat`, `masquerade` and `redirect` make of packets.

use crate::model::nat::{NewAddress, NewPort, Translation};

/// What a statement with these options makes of packets; none where they are not understood.
pub(super) fn translation(word: &str, options: &[String]) -> Option<Translation> {
    let mut made = Translation::default();
    let source = matches!(word, "snat" | "masquerade");
    let local = match word {
        "masquerade" => Some(NewAddress::OneOfPacketsInterface),
        "redirect" => Some(NewAddress::OfPacketsInterface),
        _ => None,
    };
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let (value, flags) = match options.as_slice() {
        ["to", value, flags @ ..] | ["ip", "to", value, flags @ ..] => (*value, flags),
        flags if local.is_some() => ("", flags),
        _ => return None,
    };
    // How the port or address is chosen of several that are possible anyway.
    let known = |flag: &&&str| {
        matches!(**flag, "random" | "fully-random" | "persistent" | ",")
            || flag
                .split(',')
                .all(|one| matches!(one, "random" | "fully-random" | "persistent"))
    };
    if flags.iter().filter(known).count() != flags.len() {
        return None;
    }
    let (addresses, ports) = value.split_once(':').unwrap_or((value, ""));
    let address = match (local, addresses) {
        (Some(local), "") => local,
        (None, "") => NewAddress::Same,
        (Some(_), _) => return None,
        (None, text) => {
            let (low, high) = text.split_once('-').unwrap_or((text, text));
            let (low, high) = (low.parse().ok()?, high.parse().ok()?);
            (low <= high).then(|| NewAddress::OneOf(vec![(low, high)]))?
        }
    };
    let port = match ports {
        "" if source => NewPort::OfItsClass,
        "" => NewPort::Same,
        text => {
            let (low, high) = text.split_once('-').unwrap_or((text, text));
            let (low, high) = (low.parse().ok()?, high.parse().ok()?);
            (low <= high).then_some(NewPort::Within(low, high))?
        }
    };
    if source {
        (made.source, made.source_port) = (address, port);
    } else {
        (made.destination, made.destination_port) = (address, port);
    }
    (made != Translation::default()).then_some(made)
}
