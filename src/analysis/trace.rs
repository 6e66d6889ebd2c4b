//! One flow, hop by hop, there and back.

use std::net::Ipv4Addr;

use super::origin::origin;
use super::walk::{Cell, Options, PathRecord, Reach, Start, flow_of, round_trip_with};
use super::world::{Endpoint, World};
use super::{PacketBox, Symbol};
use crate::ctx::Ctx;
use crate::intent::Boundary;
use crate::model::Network;
use crate::net::registry::{ICMP, ICMP_ECHO_REQUEST, TCP, UDP};
use crate::wire::assessment::Origin;
use crate::wire::trace::{Direction, FlowRequest, Hop, Path, Step, TRACE_SCHEMA, Trace};

/// First port that clients use (RFC 6335 §6: dynamic ports).
const CLIENT_PORT: u16 = 49_152;

/// Where one flow of a network goes; `snapshot` names the side in origins.
pub fn trace(
    network: &Network,
    endpoints: &[Endpoint],
    boundaries: &[Boundary],
    request: &FlowRequest,
    snapshot: &str,
    ctx: &Ctx<'_>,
) -> Result<Trace, String> {
    trace_in(
        &World::new(network, endpoints, boundaries),
        request,
        snapshot,
        ctx,
    )
}

/// Where one flow goes in a world that may serve many.
pub fn trace_in(
    world: &World<'_>,
    request: &FlowRequest,
    snapshot: &str,
    ctx: &Ctx<'_>,
) -> Result<Trace, String> {
    let packet = packet_of(request)?;
    let start = start_of(world, request, packet.source.0)?;
    let trip = round_trip_with(world, &start, &packet, Options::trace(ctx));
    let arrives = trip.forward.cells.iter().any(Cell::works) && !trip.back.cells.is_empty();
    Ok(Trace {
        schema: TRACE_SCHEMA.to_owned(),
        id: request.id.clone(),
        flow: flow_of(&packet),
        forward: direction(world, snapshot, &trip.forward, ctx.paths),
        reverse: arrives.then(|| direction(world, snapshot, &trip.back, ctx.paths)),
    })
}

/// The packet that a request describes.
fn packet_of(request: &FlowRequest) -> Result<PacketBox, String> {
    let address = |text: &str| {
        text.parse::<Ipv4Addr>()
            .map_err(|_| format!("`{text}` is not an IPv4 address"))
    };
    let (from, to) = (address(&request.from)?, address(&request.to)?);
    let protocol = match request.protocol.to_ascii_lowercase().as_str() {
        "tcp" => TCP,
        "udp" => UDP,
        "icmp" => ICMP,
        other => other
            .parse()
            .map_err(|_| format!("`{}` is not a protocol", request.protocol))?,
    };
    let (source_port, destination_port) = match protocol {
        TCP | UDP => {
            let port = request
                .port
                .ok_or_else(|| format!("a {} flow needs a port", request.protocol))?;
            (request.from_port.unwrap_or(CLIENT_PORT), port)
        }
        ICMP => {
            let kind = request.icmp_type.unwrap_or(ICMP_ECHO_REQUEST);
            (0, u16::from(kind) << 8)
        }
        _ => (0, 0),
    };
    Ok(PacketBox {
        protocol: (protocol, protocol),
        source: (from, from),
        destination: (to, to),
        source_port: (source_port, source_port),
        destination_port: (destination_port, destination_port),
        established: (0, 0),
        dscp: (0, 0),
    })
}

/// Where the flow begins: as asked, else at the owner of its source or the gateways of its subnet.
fn start_of(world: &World<'_>, request: &FlowRequest, from: Ipv4Addr) -> Result<Start, String> {
    let Some(ingress) = &request.ingress else {
        if world.interface_of_subnet(from).is_empty() && world.owners(from).is_empty() {
            return Err(format!(
                "no interface is on a subnet with {from}; name where the flow enters (ingress)"
            ));
        }
        return Ok(Start::Host(from));
    };
    let (device, interface) = match ingress.split_once(':') {
        Some((device, interface)) => (device, Some(interface)),
        None => (ingress.as_str(), None),
    };
    let device = device.to_ascii_lowercase();
    let id = world
        .device_named(&device)
        .ok_or_else(|| format!("no device is named `{device}`"))?;
    let Some(interface) = interface else {
        return Ok(Start::Device(device));
    };
    let found = world
        .interface_named(id, interface)
        .ok_or_else(|| format!("device `{device}` has no interface `{interface}`"))?;
    if !world.interface(found).up {
        return Err(format!("interface `{interface}` of `{device}` is down"));
    }
    Ok(Start::Interface(device, interface.to_owned()))
}

/// One direction as it is printed.
fn direction(world: &World<'_>, snapshot: &str, reach: &Reach, limit: usize) -> Direction {
    let mut direction = Direction::default();
    for cell in &reach.cells {
        direction.dispositions.extend(&cell.dispositions);
        let room = limit.saturating_sub(direction.paths.len());
        let paths = cell.paths.iter().take(room);
        direction
            .paths
            .extend(paths.map(|path| path_of(world, snapshot, path)));
        for at in &cell.decided_by {
            let origin = origin(world.network(), snapshot, *at);
            if !direction.origins.contains(&origin) {
                direction.origins.push(origin);
            }
        }
    }
    let doubts = reach.symbols().into_iter();
    direction.doubts = doubts
        .filter_map(|symbol| match symbol {
            Symbol::Undecided(reason) => Some(reason),
            Symbol::Hole { device, key, .. } => unread(world, snapshot, &device, key),
            Symbol::Field(_) | Symbol::Beyond { .. } | Symbol::Outside(_) => None,
        })
        .collect();
    direction.dispositions.sort_unstable();
    direction.dispositions.dedup();
    direction
}

/// What is not known because of a statement that is not understood.
fn unread(world: &World<'_>, snapshot: &str, device: &str, key: u64) -> Option<String> {
    let network = world.network();
    let mut holes = network.devices.get(device)?.holes.iter();
    let hole = holes.find(|hole| hole.key == key)?;
    let Origin {
        file, line, text, ..
    } = origin(network, snapshot, hole.at);
    Some(format!(
        "{device}: what `{text}` ({file}:{line}), which is not understood, does to these packets"
    ))
}

/// One path as it is printed.
fn path_of(world: &World<'_>, snapshot: &str, path: &PathRecord) -> Path {
    let step = |step: &super::walk::StepRecord| Step {
        action: step.action.to_owned(),
        detail: step.detail.clone(),
        origin: step.at.map(|at| origin(world.network(), snapshot, at)),
    };
    Path {
        disposition: path.disposition,
        hops: path
            .hops
            .iter()
            .map(|hop| Hop {
                device: hop.device.to_string(),
                ingress: hop.ingress.as_deref().map(str::to_owned),
                egress: hop.egress.as_deref().map(str::to_owned),
                steps: hop.steps.iter().map(step).collect(),
            })
            .collect(),
    }
}
