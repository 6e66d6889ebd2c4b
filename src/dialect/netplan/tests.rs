//! Unit tests of netplan.

use super::*;
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::{FileId, FileOrigin};
use crate::syntax::Effect;

/// Files of one host, in order.
fn files(texts: &[&str]) -> Vec<File> {
    (0_u32..)
        .zip(texts)
        .map(|(id, text)| {
            let path = format!("{id}.yaml");
            File::new(FileId(id), path, FileOrigin::Disk, text.as_bytes())
        })
        .collect()
}

/// Their readings.
fn read(texts: &[&str]) -> Vec<Reading> {
    let files = files(texts);
    read_together(&files.iter().collect::<Vec<_>>())
}

/// An interface as text.
fn interface(readings: &[Reading], name: &str) -> String {
    let key = FacetKey::new(FacetKind::Interface, name);
    let facet = readings.iter().find_map(|reading| reading.facets.get(&key));
    match facet.map(|facet| &**facet) {
        Some(Facet::Interface(entry)) => format!(
            "{:?} dhcp {:?} mtu {:?}",
            entry
                .addresses
                .iter()
                .map(|at| at.value.net.to_string())
                .collect::<Vec<_>>(),
            entry.address_by_dhcp.is_some(),
            entry.mtu
        ),
        _ => "none".to_owned(),
    }
}

#[test]
fn later_files_amend_earlier_ones() {
    let first = "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n      \
                 addresses: [10.0.0.2/24]\n";
    let second = "network:\n  ethernets:\n    eth0:\n      dhcp4: false\n      mtu: 1400\n      \
                  addresses: [10.0.0.2/24, 10.0.1.2/24]\n";
    let readings = read(&[first, second]);
    let both = r#"["10.0.0.2/24", "10.0.1.2/24"] dhcp false mtu Some(1400)"#;
    assert_eq!(interface(&readings, "eth0"), both);
    assert!(readings.iter().all(|reading| reading.holes.is_empty()));
    // Each file knows which of its lines bear on the interface.
    let key = FacetKey::new(FacetKind::Interface, "eth0");
    for reading in &readings {
        assert!(reading.facets_of(3).any(|found| *found == key));
    }
    let alone = r#"["10.0.0.2/24"] dhcp true mtu None"#;
    assert_eq!(interface(&read(&[first]), "eth0"), alone);
}

#[test]
fn one_file_that_is_no_yaml_takes_everything_with_it() {
    let good = "network:\n  ethernets:\n    eth0: {addresses: [10.0.0.2/24]}\n";
    let readings = read(&[good, "network:\n  ethernets: [\n"]);
    let holes = &readings[1].holes;
    assert_eq!(holes.len(), 2);
    assert!(holes.iter().all(|hole| hole.effect == Effect::Device));
}

#[test]
fn what_changes_its_kind_between_files_is_refused() {
    let one = "network:\n  ethernets:\n    eth0: {addresses: [10.0.0.2/24]}\n";
    let other = "network:\n  ethernets:\n    eth0: {addresses: 10.0.0.3/24}\n";
    let readings = read(&[one, other]);
    assert_eq!(readings[1].holes.len(), 1);
    assert_eq!(readings[1].holes[0].effect, Effect::Device);
}

#[test]
fn a_second_document_leaves_holes() {
    let reading = read(&["network: {version: 2}\n---\nnetwork: {}\n"]).remove(0);
    assert_eq!(reading.holes.len(), 3);
    assert_eq!(read(&[""]).remove(0).holes, []);
}

#[test]
fn secrets_are_marked_in_flow_and_in_blocks() {
    let text = "network:\n  wifis:\n    w:\n      access-points:\n        \"x\": {password: a b}\n  \
                tunnels:\n    t:\n      keys:\n        private: c\n      mode: gre\n";
    let read = read(&[text]).remove(0);
    let shown: Vec<&str> = (read.secrets.iter())
        .map(|span| &text[span.start as usize..span.end as usize])
        .collect();
    assert_eq!(shown, ["a b}", "private: c"]);
}
