//! Tests of name server settings that goldens cannot show.

use super::BindNamed;
use crate::dialect::Dialect;
use crate::model::dns::{ClientList, DnsServer, DnsView};
use crate::model::{Facet, FacetKey, FacetKind};
use crate::source::{File, FileId, FileOrigin};
use crate::syntax::is_partition;

/// A file of this text.
fn file(text: &str) -> File {
    File::new(FileId(0), "named.conf", FileOrigin::Disk, text.as_bytes())
}

/// The server of this text.
fn server(text: &str) -> DnsServer {
    let reading = BindNamed.read(&file(text));
    match reading
        .facets
        .get(&FacetKey::new(FacetKind::DnsServer, ""))
        .map(|facet| &**facet)
    {
        Some(Facet::DnsServer(server)) => server.clone(),
        _ => DnsServer::default(),
    }
}

/// Who may ask according to these elements.
fn list(elements: &str) -> ClientList {
    let text = format!(
        "acl one {{ 10.1.0.0/16; }}; acl not {{ !10.2.0.0/16; 10.0.0.0/8; }};\n\
         acl nets {{ localnets; }}; options {{ allow-query {{ {elements} }}; }};"
    );
    server(&text)
        .options
        .allow_query
        .map_or(ClientList::Unread, |found| found.value)
}

#[test]
fn lists_are_resolved_where_that_is_exact() {
    assert_eq!(list("any;"), ClientList::Any);
    assert_eq!(list("none;"), ClientList::None);
    assert_eq!(list("nets;"), ClientList::LocalNetworks);
    let prefix = |text: &str| text.parse().unwrap();
    assert_eq!(
        list("! one; 10/8;"),
        ClientList::Prefixes(vec![
            (prefix("10.1.0.0/16"), false),
            (prefix("10.0.0.0/8"), true)
        ])
    );
    // A refusal in a nested list does not refuse in the outer one.
    assert_eq!(list("not; 10.2.0.0/16;"), ClientList::Unread);
    assert_eq!(list("localnets; !10.1.0.0/16;"), ClientList::Unread);
    assert_eq!(
        list("!10.1.0.0/16; nets;"),
        ClientList::PrefixesOrLocal(vec![(prefix("10.1.0.0/16"), false)])
    );
}

#[test]
fn what_says_nothing_of_addresses_leaves_no_hole() {
    let holes = |options: &str| {
        let text = format!("options {{ {options} }};");
        BindNamed.read(&file(&text)).holes.len()
    };
    assert_eq!(holes("minimal-responses no-auth; minimal-any yes;"), 0);
    assert_eq!(holes("request-ixfr no; auth-nxdomain no;"), 0);
    assert_eq!(holes("minimal-responses no;"), 1);
    assert_eq!(holes("rate-limit { responses-per-second 5; };"), 2);
}

#[test]
fn a_zone_that_is_declared_twice_is_refused() {
    let zone = "zone \"example.org\" { type primary; file \"x\"; };";
    assert!(server(zone).broken.is_none());
    assert!(server(&format!("{zone}\n{zone}")).broken.is_some());
}

#[test]
fn views_have_settings_and_zones_of_their_own() {
    let zone = "zone \"example.org\" { type primary; file \"x\"; };";
    let found = server(&format!(
        "options {{ recursion no; }};\n\
         view \"a\" {{ match-clients {{ key k; 10.1.0.0/16; }}; recursion yes; {zone} }};\n\
         view \"b\" {{ zone \"example.org\" {{ in-view \"a\"; }}; }};"
    ));
    assert_eq!(found.broken, None);
    let [a, b] = found.views.as_slice() else {
        panic!("{found:?}");
    };
    let prefix = "10.1.0.0/16".parse().unwrap();
    let clients = a.clients.as_ref().map(|at| at.value.clone());
    assert_eq!(clients, Some(ClientList::Prefixes(vec![(prefix, true)])));
    assert_eq!(a.keys, ["k"]);
    let recursion = |view: &DnsView| {
        let options = view.options.within(&found.options);
        options.recursion.map(|at| at.value)
    };
    assert_eq!((recursion(a), recursion(b)), (Some(true), Some(false)));
    let shared = b.zones.values().next().unwrap();
    assert_eq!(shared.value.in_view.as_deref(), Some("a"));
    assert_eq!(shared.value.file.as_deref(), Some("x"));
}

#[test]
fn views_that_do_not_hold_together_are_refused() {
    let zone = "zone \"example.org\" { type primary; file \"x\"; };";
    let broken = |text: &str| server(text).broken.map(|at| at.value);
    let outside = format!("view \"a\" {{ }};\n{zone}");
    assert!(broken(&outside).unwrap().contains("in no view"));
    let nothing = "view \"a\" { zone \"example.org\" { in-view \"b\"; }; };";
    assert!(broken(nothing).unwrap().contains("no zone"));
    let twice = "view \"a\" { }; view \"a\" { };";
    assert!(broken(twice).unwrap().contains("twice"));
    assert!(broken(&format!("view \"a\" {{ {zone} {zone} }};")).is_some());
}

#[test]
fn any_bytes_are_read_as_a_partition() {
    for text in [
        "",
        "{",
        "}",
        "acl x { !; };",
        "options { listen-on { ; }; };",
        "/*",
        "zone {",
        "!",
    ] {
        let file = file(text);
        assert!(
            is_partition(&file, &BindNamed.read(&file).statements),
            "{text}"
        );
    }
}
