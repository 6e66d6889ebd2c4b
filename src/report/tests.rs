//! Tests of the tables for `trace`, `routes` and `list`.

use super::*;
use crate::wire::trace::{
    Direction, Disposition, Flow, Hop, Path, ROUTES_SCHEMA, RouteRow, Step, TRACE_SCHEMA, Trace,
};

/// What a function writes into a pipe.
fn written(render: impl Fn(Style, &mut dyn io::Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    render(Style::default(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_trace_shows_each_step_and_ends_with_the_dispositions() {
    let origin = crate::wire::assessment::Origin {
        snapshot: "before".to_owned(),
        file: "configs/fw-med.cfg".to_owned(),
        line: 2214,
        text: "deny tcp any any\u{1B}[2J".to_owned(),
    };
    let step = Step {
        action: "filter-in".to_owned(),
        detail: "denied by MED-IN".to_owned(),
        origin: Some(origin.clone()),
    };
    let trace = Trace {
        schema: TRACE_SCHEMA.to_owned(),
        id: serde_json::Value::Null,
        flow: Flow {
            from: "10.20.230.10".to_owned(),
            to: "10.50.1.20".to_owned(),
            protocol: "tcp".to_owned(),
            port: Some(51_244),
            from_port: None,
            icmp_type: None,
        },
        forward: Direction {
            dispositions: vec![Disposition::DeniedIn],
            paths: vec![Path {
                disposition: Disposition::DeniedIn,
                hops: vec![Hop {
                    device: "fw-med".to_owned(),
                    ingress: Some("Gi0/1".to_owned()),
                    egress: None,
                    steps: vec![step],
                }],
            }],
            origins: vec![origin],
            doubts: vec!["whether it rains".to_owned()],
        },
        reverse: None,
    };
    let text = written(|style, out| render_trace(&trace, style, out));
    assert!(text.contains("there, path 1 of 1: denied-in"), "{text}");
    assert!(text.contains("filter-in: denied by MED-IN"), "{text}");
    let end = "tcp 10.20.230.10 -> 10.50.1.20:51244\nthere  denied-in\n       \
               configs/fw-med.cfg:2214 deny tcp any any\\u{1b}[2J\n       not known: whether it rains\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn routes_stand_in_one_table_for_each_device_and_vrf() {
    let route = |device: &str, prefix: &str| RouteRow {
        device: device.to_owned(),
        vrf: "default".to_owned(),
        prefix: prefix.to_owned(),
        protocol: "ospf".to_owned(),
        next_hop: Some("10.0.0.1".to_owned()),
        interface: None,
        distance: 110,
        metric: 20,
    };
    let routes = Routes {
        schema: ROUTES_SCHEMA.to_owned(),
        routes: vec![
            route("core1", "10.20.230.0/24"),
            route("core1", "10.50.0.0/24"),
            route("core2", "10.50.0.0/24"),
        ],
        incomplete: vec!["core2: a statement was not understood".to_owned()],
    };
    let text = written(|style, out| render_routes(&routes, style, out));
    assert_eq!(text.matches(" vrf default").count(), 2, "{text}");
    assert!(text.contains("110/20"), "{text}");
    assert!(
        text.contains("Not computed\n  - core2: a statement"),
        "{text}"
    );
    assert!(text.ends_with("\n3 routes\n"), "{text}");
}

#[test]
fn a_list_of_files_says_as_what_each_was_read() {
    let file = crate::wire::assessment::FileCoverage {
        snapshot: "before".to_owned(),
        file: "legacy.bin".to_owned(),
        dialect: None,
        because: "no dialect knows it".to_owned(),
        device: "legacy".to_owned(),
        statements: [1, 2, 3, 4],
        notes: vec!["not text".to_owned()],
    };
    let text = written(|style, out| render_files(std::slice::from_ref(&file), style, out));
    assert!(text.contains("3 of 10"), "{text}");
    assert!(text.contains("note  legacy.bin: not text"), "{text}");
}
