//! Captured series of live stacks, matched against the library.

use super::*;

/// A sequence with these times in seconds that asked these servers.
fn sequence(times: &[f64], servers: &[u8]) -> Sequence {
    let sends: Vec<u64> = times
        .iter()
        .map(|s| crate::stress::number::micros(*s))
        .collect();
    Sequence {
        quiet_until: sends.last().unwrap() + 600_000_000,
        servers: servers.to_vec(),
        sends,
        may_be_cut: false,
    }
}

/// The schedule that one sequence keeps to.
fn found(layer: Layer, times: &[f64]) -> ScheduleMatch {
    find(&[layer], &[sequence(times, &vec![0; times.len()])]).unwrap()
}

#[test]
fn handshakes_of_live_stacks_are_told_apart() {
    // Captured on Linux 6.18 with tcp_syn_linear_timeouts 4 and 0.
    let newer = [
        0.0, 1.013, 2.037, 3.061, 4.085, 5.109, 7.125, 11.381, 19.574, 35.701, 67.957,
    ];
    let older = [0.0, 1.030, 3.046, 7.270, 15.462, 31.590, 63.846];
    for (id, times) in [
        ("linux-syn-linear4", &newer[..]),
        ("linux-syn-linear0", &older),
    ] {
        let found = found(Layer::Connect, times);
        assert_eq!((found.verdict.as_str(), found.best.as_str()), ("fits", id));
        assert!(
            found.score > -3.0 && found.runner_up_score.unwrap() < -100.0,
            "{found:?}"
        );
    }
}

#[test]
fn a_client_that_draws_its_gaps_fits_nothing() {
    // Captured of ISC dhclient 4.4.3-P1.
    let found = found(Layer::Address, &[0.0, 7.428, 25.404, 41.283, 57.228]);
    assert_eq!((found.verdict.as_str(), found.explained), ("none", 0));
    // Captured of busybox udhcpc.
    let times = [0.0, 3.024, 6.060, 29.144, 32.176, 35.200, 58.280];
    assert_eq!(self::found(Layer::Address, &times).best, "busybox-udhcpc");
}

#[test]
fn what_two_schedules_share_is_ambiguous() {
    // After three seconds the newer Linux and NetX have sent alike.
    let found = found(Layer::Connect, &[0.0, 1.0, 2.0, 3.0]);
    assert_eq!(found.verdict, "ambiguous");
    assert!(!found.also.is_empty());
}

#[test]
fn resolvers_are_told_by_the_servers_they_ask() {
    let times = [0.0, 5.0, 10.0, 15.0];
    let two = find(&[Layer::Resolve], &[sequence(&times, &[0, 1, 0, 1])]).unwrap();
    assert!(two.best.starts_with("glibc-dns-2"), "{two:?}");
    let one = find(&[Layer::Resolve], &[sequence(&times[..2], &[0, 0])]).unwrap();
    assert_eq!(one.best, "glibc-dns-1");
    // lwIP with one server would have sent at the same times, but to that server.
    let short = find(&[Layer::Resolve], &[sequence(&[0.0, 1.0], &[0, 1])]).unwrap();
    assert_eq!(
        (short.best.as_str(), short.verdict.as_str()),
        ("glibc-dns-2-short", "fits")
    );
}

#[test]
fn an_attempt_under_way_when_the_capture_began_is_left_out() {
    let whole = [0.0, 3.0, 6.0, 9.0, 12.0, 15.0, 18.0];
    let mut late = sequence(&[0.0, 2.0, 5.0], &[0, 0, 0]);
    late.may_be_cut = true;
    let found = find(&[Layer::Connect], &[late, sequence(&whole, &[0; 7])]).unwrap();
    assert_eq!(
        (found.verdict.as_str(), found.best.as_str()),
        ("fits", "lwip-syn")
    );
    assert_eq!((found.explained, found.compared), (1, 1));
}
