//! Tests of interfaces files that goldens cannot show.

use super::command::{Action, action, prefix};

#[test]
fn commands_are_taken_apart() {
    let route = |text: &str| action(&text.split_whitespace().collect::<Vec<_>>());
    let Some(Action::Route(found)) = route("ip route add default via 10.0.0.1 dev eth0 metric 5")
    else {
        panic!("a route")
    };
    assert_eq!(found.prefix, prefix("0.0.0.0/0", true).unwrap());
    assert_eq!(found.metric, 5);
    let old = route("route add -net 10.8.0.0 netmask 255.252.0.0 gw 10.0.0.1");
    let Some(Action::Route(found)) = old else {
        panic!("a route")
    };
    assert_eq!(found.prefix.to_string(), "10.8.0.0/14");
    for refused in [
        "ip route add 10.0.0.1/24 via 10.0.0.1",
        "ip route add 10.0.0.0/24",
        "ip route add 10.0.0.0/24 via 10.0.0.1 table 5",
        "route add -net 10.8.0.0 gw 10.0.0.1",
        "ip rule add from 10.0.0.1 table 5",
        "sysctl -w net.ipv4.ip_forward=2",
    ] {
        assert_eq!(route(refused), None, "{refused}");
    }
}
