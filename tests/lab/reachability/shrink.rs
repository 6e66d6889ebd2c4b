//! The smallest network that still shows a disagreement.

use super::network::{Flow, Forwarding, Network};

/// A change that makes a network smaller.
type Cut = Box<dyn Fn(&mut Network)>;

/// Makes the network smaller while `disagrees` holds.
pub(super) fn shrink(
    network: Network,
    flow: Option<&Flow>,
    disagrees: impl Fn(&Network) -> bool,
) -> Network {
    let mut smallest = network;
    loop {
        let before = smallest.text();
        let mut at = 0;
        while let Some(cut) = cuts(&smallest, flow).get(at) {
            let mut candidate = smallest.clone();
            cut(&mut candidate);
            if candidate.text() != smallest.text() && disagrees(&candidate) {
                smallest = candidate;
            } else {
                at += 1;
            }
        }
        if smallest.text() == before {
            return smallest;
        }
    }
}

/// Everything that could be left out.
fn cuts(network: &Network, flow: Option<&Flow>) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let ends = flow.map_or([None; 2], |flow| {
        [network.owner(flow.from), network.owner(flow.to)]
    });
    for (index, device) in network.devices.iter().enumerate() {
        if !ends.contains(&Some(index)) {
            cuts.push(Box::new(move |network| remove_device(network, index)));
        }
        if device.filter.is_some() {
            cuts.push(Box::new(move |network| {
                network.devices[index].filter = None;
            }));
        }
        for (line, _) in (0..)
            .zip(&device.routing)
            .filter(|(_, (optional, _))| *optional)
        {
            cuts.push(Box::new(move |network| {
                drop(network.devices[index].routing.remove(line));
            }));
        }
        if device.forwarding != Forwarding::Off {
            cuts.push(Box::new(move |network| {
                network.devices[index].forwarding = Forwarding::Off;
            }));
        }
        for command in 0..device.commands.len() {
            cuts.push(Box::new(move |network| {
                network.devices[index].commands.remove(command);
            }));
        }
        for interface in 0..device.interfaces.len() {
            cuts.push(Box::new(move |network| {
                network.devices[index].interfaces[interface].gateway = None;
            }));
        }
        let lines = device.filter.iter().flat_map(|filter| &filter.lines);
        for (line, _) in lines.enumerate().filter(|(_, (optional, _))| *optional) {
            cuts.push(Box::new(move |network| {
                if let Some(filter) = &mut network.devices[index].filter {
                    drop(filter.lines.remove(line));
                }
            }));
        }
    }
    cuts
}

/// Takes a device out of use: its cables stay, nothing is configured on it.
fn remove_device(network: &mut Network, index: usize) {
    let device = &mut network.devices[index];
    device.interfaces.clear();
    device.commands.clear();
    device.forwarding = Forwarding::Off;
    device.filter = None;
    device.routing.clear();
}
