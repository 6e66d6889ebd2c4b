//! Tests of DHCP settings that goldens cannot show.

use super::IscDhcpd;
use crate::dialect::Dialect;
use crate::model::Facet;
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

/// How many statements leave holes, and whether some clients get what others do not.
fn doubts(pool: &str, around: &str) -> (usize, bool) {
    let text = format!(
        "{around}\nsubnet 10.0.0.0 netmask 255.0.0.0 {{\n\
         pool {{ range 10.0.0.10 10.0.0.20; {pool} }}\n}}\n"
    );
    let reading = IscDhcpd.read(&file(&text));
    let decides = reading.facets.values().any(|facet| {
        matches!(&**facet, Facet::DhcpScope(scope) if scope.conditional)
            || matches!(&**facet, Facet::DhcpServer(server) if server.conditional)
    });
    (reading.holes.len(), decides)
}

#[test]
fn flags_about_other_clients_decide_nothing() {
    assert_eq!(doubts("deny dynamic bootp clients;", ""), (0, false));
    assert_eq!(doubts("", "ignore client-updates; deny bootp;"), (0, false));
    assert_eq!(doubts("allow dynamic bootp clients;", ""), (1, true));
    assert_eq!(doubts("", "allow booting; deny duplicates;"), (2, false));
    assert_eq!(doubts("", "deny booting;"), (1, true));
}

#[test]
fn a_class_matters_where_it_is_named_or_gives_something() {
    let of = |inside: &str| {
        format!(
            "class \"phones\" {{ match if substring (option vendor-class-identifier, 0, 3) = \
             \"abc\"; {inside} }}"
        )
    };
    assert_eq!(doubts("", &of("")), (0, false));
    assert_eq!(doubts("", &of("lease limit 4;")), (3, true));
    assert_eq!(doubts("deny members of \"phones\";", &of("")), (3, true));
    let other = format!("{}\nsubclass \"phones\" 1:00:00:5e:00:53:01;", of(""));
    assert_eq!(doubts("", &other), (0, false));
    let block = format!(
        "{}\nsubclass \"phones\" \"x\" {{ option routers 10.0.0.1; }}",
        of("")
    );
    assert!(doubts("", &block).1);
    // A pool of a file that is not read may name it.
    let elsewhere = format!("include \"pools.conf\";\n{}", of(""));
    assert_eq!(doubts("", &elsewhere), (3, true));
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
