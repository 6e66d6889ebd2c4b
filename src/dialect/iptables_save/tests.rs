//! Tests of packet filters that goldens cannot show.

use super::IptablesSave;
use crate::dialect::Dialect;
use crate::source::{File, FileId, FileOrigin};
use crate::syntax::is_partition;

/// A file of this text.
fn file(text: &str) -> File {
    File::new(FileId(0), "x", FileOrigin::Disk, text.as_bytes())
}

/// Keys of all statements.
fn keys(text: &str) -> Vec<u64> {
    let file = file(text);
    let reading = IptablesSave.read(&file);
    reading.statements.iter().map(|one| one.key).collect()
}

#[test]
fn counters_and_blanks_are_no_change() {
    assert_eq!(
        keys("*filter\n:INPUT DROP [1:2]\n[3:4] -A INPUT  -j ACCEPT\nCOMMIT\n"),
        keys("*filter\n:INPUT DROP [9:9]\n-A INPUT -j ACCEPT \nCOMMIT\n")
    );
}

#[test]
fn a_changed_policy_changes_no_rule() {
    let drop = keys("*filter\n:INPUT DROP [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n");
    let accept = keys("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n");
    assert_ne!(drop[1], accept[1]);
    assert_eq!(drop[2], accept[2]);
}

#[test]
fn any_bytes_are_read_as_a_partition() {
    for text in [
        "",
        "*",
        ":",
        "*filter\n-A",
        "[1:2]",
        "*filter\n-A X \"",
        "-I INPUT 0 -j X",
    ] {
        let file = file(text);
        assert!(
            is_partition(&file, &IptablesSave.read(&file).statements),
            "{text}"
        );
    }
}
