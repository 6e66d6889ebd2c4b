//! Small networks for tests, read from IOS texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::PacketBox;
use crate::dialect::by_id;
use crate::model::{Device, Link, LinkEvidence, Network, SourceFile};
use crate::net::registry::TCP;
use crate::source::{File, FileId, FileOrigin};

/// A network of these devices, each a name with its IOS text.
pub(in crate::analysis) fn network(texts: &[(&str, &str)]) -> Network {
    let of_ios: Vec<_> = texts
        .iter()
        .map(|(name, text)| (*name, "cisco-ios", *text))
        .collect();
    network_of(&of_ios)
}

/// A network of these devices, each a name with a dialect of the family and its text.
pub(in crate::analysis) fn network_of(texts: &[(&str, &str, &str)]) -> Network {
    let mut network = Network::default();
    for (id, (name, dialect, text)) in (0..).zip(texts) {
        let dialect = by_id(dialect).expect("the dialect is listed");
        let id = FileId(id);
        let text = format!("hostname {name}\n{text}\nend\n");
        let file = File::new(id, format!("{name}.cfg"), FileOrigin::Disk, text.as_bytes());
        let reading = dialect.read(&file);
        let device = Device {
            name: (*name).to_owned(),
            dialects: vec![dialect.id()],
            files: vec![id],
            facets: reading.facets.clone(),
            holes: reading.holes.clone(),
            cluster: None,
        };
        network.devices.insert((*name).to_owned(), Arc::new(device));
        let source = SourceFile {
            file,
            dialect: dialect.id(),
            device: (*name).to_owned(),
            reading,
        };
        network.files.insert(id, Arc::new(source));
    }
    network
}

/// Adds links, each as `device interface device interface`.
pub(in crate::analysis) fn with_links(mut network: Network, links: &[[&str; 4]]) -> Network {
    for [a, port_a, b, port_b] in links {
        network.links.push(Link {
            a: ((*a).to_owned(), (*port_a).to_owned()),
            b: ((*b).to_owned(), (*port_b).to_owned()),
            evidence: LinkEvidence::Declared,
        });
    }
    network
}

/// The first packet of a TCP connection.
pub(in crate::analysis) fn tcp(from: &str, to: &str, port: u16) -> PacketBox {
    let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
    PacketBox {
        protocol: (TCP, TCP),
        source: (from, from),
        destination: (to, to),
        source_port: (49_152, 49_152),
        destination_port: (port, port),
        established: (0, 0),
        dscp: (0, 0),
    }
}

/// Rows of a device as `prefix protocol next-hop metric`.
pub(in crate::analysis) fn rows(network: &Network, device: &str) -> BTreeMap<String, String> {
    let routes = crate::analysis::routes::routes(network, Some(device), None);
    let mut rows: BTreeMap<String, String> = BTreeMap::new();
    for row in routes.routes {
        let hop = row.next_hop.or(row.interface).unwrap_or_default();
        let text = format!("{} {hop} {}", row.protocol, row.metric);
        rows.entry(row.prefix)
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(&text);
            })
            .or_insert(text);
    }
    rows
}

/// The ends of packets of a host as `disposition device`.
pub(in crate::analysis) fn trace_ends(network: &Network, packets: &PacketBox) -> Vec<String> {
    let world = crate::analysis::world::World::new(network, &[], &[]);
    let start = crate::analysis::walk::Start::Host(packets.source.0);
    let ctx = crate::ctx::Ctx::quiet();
    let reach = crate::analysis::walk::reach(&world, &start, packets, &ctx);
    let arrivals = reach.cells.iter().flat_map(|cell| &cell.arrivals);
    let ends: std::collections::BTreeSet<String> = arrivals
        .map(|one| {
            let device = &world.device(one.end.device).name;
            format!("{} {device}", one.end.disposition.name())
        })
        .collect();
    ends.into_iter().collect()
}
