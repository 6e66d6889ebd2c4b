//! Tests of DHCP settings that goldens cannot show.

use super::IscDhcpd;
use crate::dialect::Dialect;
use crate::source::{File, FileId, FileOrigin};
use crate::syntax::is_partition;

/// A file of this text.
fn file(text: &str) -> File {
    File::new(FileId(0), "dhcpd.conf", FileOrigin::Disk, text.as_bytes())
}

/// Keys of all statements that hold words.
fn keys(text: &str) -> Vec<u64> {
    let reading = IscDhcpd.read(&file(text));
    let blank = crate::syntax::key_of(0, "");
    reading
        .statements
        .iter()
        .map(|one| one.key)
        .filter(|key| *key != blank)
        .collect()
}

#[test]
fn layout_and_comments_are_no_change() {
    assert_eq!(
        keys("subnet 10.0.0.0 netmask 255.0.0.0 { option routers 10.0.0.1,10.0.0.2; }"),
        keys(
            "# x\nsubnet 10.0.0.0 netmask 255.0.0.0\n{\n\toption routers 10.0.0.1 , 10.0.0.2 ; # y\n}\n"
        )
    );
}

#[test]
fn a_range_that_moves_to_another_pool_is_a_change() {
    let subnet = "subnet 10.0.0.0 netmask 255.0.0.0";
    let first = keys(&format!(
        "{subnet} {{ pool {{ range 10.0.0.1; }} pool {{ }} }}"
    ));
    let second = keys(&format!(
        "{subnet} {{ pool {{ }} pool {{ range 10.0.0.1; }} }}"
    ));
    assert!(first.iter().any(|key| !second.contains(key)));
}

#[test]
fn any_bytes_are_read_as_a_partition() {
    for text in [
        "",
        "{",
        "}",
        "};;",
        "a",
        "\"",
        "subnet { {",
        "pool { range ; }",
        "host { } \\",
    ] {
        let file = file(text);
        assert!(
            is_partition(&file, &IscDhcpd.read(&file).statements),
            "{text}"
        );
    }
}
