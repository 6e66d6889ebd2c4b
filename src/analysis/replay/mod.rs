//! Single packets followed once more, to check what the engine says of sets of them.
//!
//! The engine walks sets, splits them and lays paths over each other; here one packet meets one line
//! after the other. Both share the model, the wires and the routes of each table, and nothing of
//! how packets are walked. Of every cell samples are followed both ways; where the ends differ, one
//! of both is wrong, and what rests on the cell is unknown.
//! What is not replayed (translation, sessions of firewalls, policy routing) is counted with its
//! reason.

use std::collections::BTreeSet;

use super::walk::{Cell, RoundTrip, Start};
use super::world::{DeviceId, World};
use super::{Replayed, Symbol};
use crate::wire::trace::Disposition;

mod chains;
mod packet;
#[cfg(test)]
mod tests;
mod way;

use packet::Packet;
use way::{End, Way};

/// Why a packet is not replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Declined(&'static str);

/// An answer of the replay.
type Answer<T> = Result<T, Declined>;

/// Follows samples of every cell of a round trip; gives the counts, and in words the packets that
/// end elsewhere than the engine says.
pub(super) fn replay(
    world: &World<'_>,
    start: &Start,
    trip: &RoundTrip,
) -> (Replayed, Vec<String>) {
    let mut found = Replayed::default();
    let mut differing = Vec::new();
    for cell in &trip.forward.cells {
        for packet in samples(cell) {
            match follow(world, start, trip, cell, &packet) {
                Ok(None) => found.agreed += 1,
                Ok(Some(text)) => differing.push(text),
                Err(Declined(why)) => *found.declined.entry(why).or_default() += 1,
            }
        }
    }
    found.differing = differing.len();
    (found, differing)
}

/// Packets of a cell: its witness, and the ends of its first and last box.
fn samples(cell: &Cell) -> BTreeSet<Packet> {
    let ends = [cell.packets.first(), cell.packets.last()];
    let corners = ends.into_iter().flatten().zip([false, true]);
    std::iter::once((&cell.witness, false))
        .chain(corners)
        .map(|(packets, upper)| Packet::corner(packets, upper))
        .collect()
}

/// Follows one packet and its answer; gives how they end elsewhere than the engine says.
fn follow(
    world: &World<'_>,
    start: &Start,
    trip: &RoundTrip,
    cell: &Cell,
    packet: &Packet,
) -> Answer<Option<String>> {
    check_decided(cell)?;
    let way = Way::follow(world, start, packet, None)?;
    let said = said_ends([cell]);
    if places(&way.ends) != said {
        return Ok(Some(differing(world, packet, &way.ends, &said)));
    }
    if !cell.works() {
        return Ok(None);
    }
    let answer = packet.answer();
    let holds = |cell: &&Cell| cell.packets.iter().any(|packets| answer.is_in(packets));
    let back: Vec<&Cell> = trip.back.cells.iter().filter(holds).collect();
    for cell in &back {
        check_decided(cell)?;
    }
    let mut ends = BTreeSet::new();
    for end in &way.ends {
        let entry = world.device(end.device);
        let start = match (end.disposition, end.interface) {
            (Disposition::Accepted, _) => Start::Device(entry.name.to_string()),
            (Disposition::DeliveredToSubnet, _) => Start::Host(packet.destination),
            (Disposition::ExitsNetwork, Some(edge)) => {
                let edge = world.interface(edge).name.to_string();
                Start::Interface(entry.name.to_string(), edge)
            }
            _ => continue,
        };
        let back = Way::follow(world, &start, &answer, Some(&way.seen))?;
        if way.branches && !back.seen.is_empty() {
            return Err(Declined("connections over several ways"));
        }
        ends.extend(back.ends);
    }
    let said = said_ends(back);
    Ok((places(&ends) != said).then(|| differing(world, &answer, &ends, &said)))
}

/// Where a packet ends: how, and at which device.
type Places = BTreeSet<(Disposition, DeviceId)>;

/// Ends without their interfaces.
fn places(ends: &BTreeSet<End>) -> Places {
    ends.iter()
        .map(|end| (end.disposition, end.device))
        .collect()
}

/// Ends that the engine gives.
fn said_ends<'c>(cells: impl IntoIterator<Item = &'c Cell>) -> Places {
    let arrivals = cells.into_iter().flat_map(|cell| &cell.arrivals);
    arrivals
        .map(|one| (one.end.disposition, one.end.device))
        .collect()
}

/// Says that a cell rests on something that nobody knows.
fn check_decided(cell: &Cell) -> Answer<()> {
    let open = |symbol: &Symbol| matches!(symbol, Symbol::Undecided(_));
    let unknown = Disposition::InsufficientInformation;
    if cell.dispositions.contains(&unknown) || cell.symbols.iter().any(open) {
        return Err(Declined("an open question"));
    }
    Ok(())
}

/// The difference in words.
fn differing(world: &World<'_>, packet: &Packet, ends: &BTreeSet<End>, said: &Places) -> String {
    let names = |places: &Places| {
        let names = places.iter().map(|(disposition, device)| {
            format!("{} at {}", disposition.name(), world.device(*device).name)
        });
        names.collect::<Vec<_>>().join(", ")
    };
    format!(
        "a defect of this tool: {packet} ends {} as part of a set and {} alone",
        names(said),
        names(&places(ends))
    )
}
