//! Peers of BGP, which go with all their lines.

use super::{Session, bare};

impl Session {
    /// `no neighbor NAME`, or without what makes it a peer: all its lines; whether the command is
    /// that.
    pub(super) fn negate_neighbor(&mut self, path: &[Vec<String>], command: &[String]) -> bool {
        let is_bgp = path
            .first()
            .is_some_and(|header| header.starts_with(&["router".to_owned(), "bgp".to_owned()]));
        let name = match command {
            [neighbor, name] if neighbor == "neighbor" => name,
            [neighbor, name, remote, ..] if neighbor == "neighbor" && remote == "remote-as" => name,
            [neighbor, name, group] if neighbor == "neighbor" && group == "peer-group" => name,
            _ => return false,
        };
        let of_vrf = |header: &[String]| header.iter().any(|word| word == "vrf");
        // A peer of the default VRF is one in the process and in all its families.
        let whole = path.get(1).is_none_or(|family| !of_vrf(family));
        let scope = path.get(..if whole { 1 } else { 2 }).unwrap_or(path);
        let Some(range) = self.block(scope).filter(|_| is_bgp) else {
            return false;
        };
        let peer = ["neighbor".to_owned(), name.clone()];
        let member = ["peer-group".to_owned(), name.clone()];
        let mut in_vrf = false;
        let mut gone = Vec::new();
        for index in range {
            let Some(entry) = self.entries.get(index) else {
                continue;
            };
            if entry.depth == 1 {
                in_vrf = of_vrf(&entry.words);
            }
            let words = bare(&entry.words);
            if !(whole && in_vrf) && (words.starts_with(&peer) || words.ends_with(&member)) {
                gone.push(index);
            }
        }
        for index in gone.into_iter().rev() {
            self.remove(index);
        }
        true
    }
}
