//! Lookup times against the measured ones.

use super::ServerBehavior::{Answers, NxDomain, Rcode, RefusedPort, Silent};
use super::*;

/// One question without search domains or IPv6.
const PLAIN: Question = Question {
    search_misses: 0,
    misses_servfail: false,
    aaaa_first: false,
};

/// Asserts an end and a time that a measurement of `measured` seconds allows.
///
/// The kernel's timers are late by at most 4 % and 30 ms a gap, never early by more than 5 ms.
fn check(lookup: Lookup, end: End, measured: f64) {
    assert_eq!(lookup.end, end);
    let seconds = lookup.seconds.unwrap();
    assert!(
        measured >= seconds - 0.005 && measured <= seconds * 1.04 + 0.03,
        "modeled {seconds}, measured {measured}"
    );
}

#[test]
fn glibc_waits_as_measured() {
    let ask = |servers: &[ServerBehavior]| lookup(ClientModel::Glibc, servers, PLAIN);
    check(ask(&[Silent, Silent]), End::Failure, 20.22);
    check(ask(&[Silent]), End::Failure, 10.33);
    check(ask(&[Silent]), End::Failure, 10.01);
    check(ask(&[Silent, Answers]), End::Answer(1), 5.00);
    check(ask(&[RefusedPort, Answers]), End::Answer(1), 0.00);
    check(ask(&[Rcode, Answers]), End::Answer(1), 0.00);
    check(ask(&[NxDomain, Answers]), End::NoSuchName(0), 0.00);
    let short = |servers: &[ServerBehavior], attempts| glibc(servers, PLAIN, 1, attempts);
    check(short(&[Silent, Answers], 2), End::Answer(1), 1.00);
    // Two gaps, each late by up to 30 ms and 4 %, and the return of the program.
    let all = short(&[Silent, Silent], 1);
    assert_eq!(all, Lookup::after(End::Failure, 2.0));
}

#[test]
fn glibc_asks_for_each_family_and_search_domain_in_turn() {
    let ask = |servers: &[ServerBehavior], question| lookup(ClientModel::Glibc, servers, question);
    let aaaa = Question {
        aaaa_first: true,
        ..PLAIN
    };
    check(ask(&[Silent, Answers], aaaa), End::Answer(1), 10.01);
    let misses = Question {
        search_misses: 2,
        ..PLAIN
    };
    check(ask(&[Silent, Answers], misses), End::Answer(1), 15.01);
    check(ask(&[Silent, Silent], misses), End::Failure, 40.17);
    let servfail = Question {
        misses_servfail: true,
        ..misses
    };
    check(ask(&[Silent, Answers], servfail), End::Answer(1), 25.02);
}

#[test]
fn lwip_gives_each_of_two_servers_seven_seconds() {
    let ask = |servers: &[ServerBehavior]| lookup(ClientModel::Lwip, servers, PLAIN);
    check(ask(&[Silent, Answers]), End::Answer(1), 7.0);
    check(ask(&[Silent, Silent, Answers]), End::Failure, 14.0);
    check(ask(&[Rcode, Answers]), End::Answer(1), 0.0);
}

#[test]
fn freertos_stays_with_a_server_that_answers_an_error() {
    let ask = |servers: &[ServerBehavior]| lookup(ClientModel::FreertosTcp, servers, PLAIN);
    check(ask(&[Silent, Answers]), End::Answer(1), 5.0);
    check(ask(&[Silent, Silent]), End::Failure, 25.0);
    check(ask(&[Rcode, Answers]), End::Failure, 0.0);
    check(ask(&[]), End::Failure, 0.0);
}

#[test]
fn musl_asks_all_servers_at_once_and_takes_no_error_for_an_answer() {
    let ask = |servers: &[ServerBehavior]| lookup(ClientModel::Musl, servers, PLAIN);
    check(ask(&[Silent, Answers]), End::Answer(1), 0.0);
    check(ask(&[Rcode, Answers]), End::Answer(1), 0.0);
    check(ask(&[Rcode, RefusedPort]), End::Failure, 5.0);
    check(ask(&[Answers, NxDomain]), End::NoSuchName(1), 0.0);
    let servfail = Question {
        search_misses: 1,
        misses_servfail: true,
        ..PLAIN
    };
    check(
        lookup(ClientModel::Musl, &[Answers], servfail),
        End::Failure,
        5.0,
    );
}

#[test]
fn one_silent_family_holds_up_musl_and_then_fails_the_lookup() {
    let both = |model, servers: &[ServerBehavior], ipv6: &[ServerBehavior]| {
        lookup_both(model, servers, ipv6, PLAIN).unwrap()
    };
    let musl = |servers: &[ServerBehavior], ipv6: &[ServerBehavior]| {
        both(ClientModel::Musl, servers, ipv6)
    };
    check(musl(&[Answers], &[Silent]), End::Failure, 5.0);
    // Not one after the other: five seconds, not ten.
    check(musl(&[Silent], &[Silent]), End::Failure, 5.0);
    // Each family may be answered by another server.
    check(
        musl(&[Silent, Answers], &[Answers, Silent]),
        End::Answer(1),
        0.0,
    );
    check(musl(&[Answers], &[NxDomain]), End::Answer(0), 0.0);
    check(musl(&[Answers], &[Rcode]), End::Failure, 5.0);
    // The GNU C library waits for each in turn and keeps what it has.
    let glibc = both(ClientModel::Glibc, &[Answers], &[Silent]);
    check(glibc, End::Answer(0), 10.01);
    assert_eq!(
        lookup_both(ClientModel::Lwip, &[Answers], &[Answers], PLAIN),
        None
    );
}

#[test]
fn windows_goes_on_each_second_and_then_asks_all() {
    let ask = |servers: &[ServerBehavior]| lookup(ClientModel::Windows, servers, PLAIN);
    check(ask(&[Silent, Answers]), End::Answer(1), 1.0);
    check(ask(&[Silent, Silent, Silent, Answers]), End::Answer(3), 4.0);
    check(ask(&[Silent, NxDomain]), End::NoSuchName(1), 1.0);
    check(ask(&[Silent, Silent]), End::Failure, 10.0);
    // Sources contradict each other about a server's failure, wherever it stands before the answer.
    assert_eq!(ask(&[Rcode, Answers]).seconds, None);
    assert_eq!(ask(&[Silent, Rcode, Answers]).seconds, None);
    check(ask(&[Answers, Rcode]), End::Answer(0), 0.0);
}

#[test]
fn what_is_sent_fits_how_long_a_lookup_takes() {
    for row in RESOLVERS {
        for count in 1..=4 {
            let Some(Asks { asks, end_s }) = asks(row.model, count) else {
                continue;
            };
            let silent = vec![Silent; count];
            assert_eq!(
                lookup(row.model, &silent, PLAIN),
                Lookup::after(End::Failure, end_s)
            );
            for server in 0..count {
                let mut servers = silent.clone();
                servers[server] = Answers;
                let first = asks.iter().find(|ask| ask.server == server);
                let expected = first.map_or(Lookup::after(End::Failure, end_s), |ask| {
                    Lookup::after(End::Answer(server), ask.at_s)
                });
                assert_eq!(lookup(row.model, &servers, PLAIN), expected, "{}", row.name);
            }
        }
    }
}

#[test]
fn names_of_models_are_those_that_profiles_may_hold() {
    for row in RESOLVERS {
        assert_eq!(ClientModel::from_name(row.name), Some(row.model));
        assert_eq!(row.model.row().map(|found| found.name), Some(row.name));
    }
    assert_eq!(ClientModel::from_name("vxworks"), None);
}
