//! Tests of zone files that goldens cannot show.

use super::{BindZone, read_with_origin};
use crate::dialect::Dialect;
use crate::model::Reading;
use crate::net::DomainName;
use crate::source::{File, FileId, FileOrigin};
use crate::syntax::{Support, is_partition};

/// A file of this text.
fn file(path: &str, text: &str) -> File {
    File::new(FileId(0), path, FileOrigin::Disk, text.as_bytes())
}

/// Keys of the statements that mean something.
fn keys(reading: &Reading) -> Vec<u64> {
    reading
        .statements
        .iter()
        .filter(|statement| !matches!(statement.support, Support::Irrelevant(_)))
        .map(|statement| statement.key)
        .collect()
}

/// A small zone that a server loads.
const ZONE: &str = "$TTL 300\n@ SOA ns h 1 2 3 4 5\n NS ns\nns A 10.0.0.53\n AAAA 2001:db8::1\n";

#[test]
fn layout_and_repeated_owners_are_no_change() {
    let other = "$TTL   300 ; comment\n\n@ IN SOA ns h ( 1 2 3\n 4 5 )\n@ IN NS ns\n\
                 NS IN A 10.0.0.53\nns AAAA 2001:db8::1\n";
    let one = BindZone.read(&file("example.org.zone", ZONE));
    let two = BindZone.read(&file("example.org.zone", other));
    assert_eq!(keys(&one), keys(&two));
    assert_eq!(one.facets, two.facets);
}

#[test]
fn a_server_may_know_another_origin_than_the_files_name() {
    let reading = read_with_origin(
        &file("example.org.zone", ZONE),
        &DomainName::absolute("example.net"),
    );
    assert_eq!(reading.facet_keys.len(), 1);
    assert_eq!(&*reading.facet_keys[0].name, "example.net");
}

#[test]
fn origins_follow_the_conventions_of_file_names() {
    let origin = |path: &str| super::origin::from_path(path).map(|name| name.to_string());
    assert_eq!(origin("etc/db.example.org").as_deref(), Some("example.org"));
    assert_eq!(origin("example.org.db").as_deref(), Some("example.org"));
    assert_eq!(origin("named.example.org").as_deref(), Some("example.org"));
    assert_eq!(origin("db.10.20").as_deref(), Some("20.10.in-addr.arpa"));
    assert_eq!(origin("db.local").as_deref(), Some("localhost"));
    assert_eq!(origin("named.ca").as_deref(), Some("."));
    assert_eq!(origin("records"), None);
}

#[test]
fn any_bytes_are_read_as_a_partition() {
    for text in [
        "",
        "(",
        "\"",
        "\\",
        "a \\",
        "$",
        "$GENERATE",
        ") (",
        "\u{1F489} A 1",
        "a\\\u{e9}",
    ] {
        let file = file("x.db", text);
        assert!(
            is_partition(&file, &BindZone.read(&file).statements),
            "{text}"
        );
    }
}
