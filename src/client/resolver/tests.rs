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
fn an_unknown_stack_is_judged_by_the_worst() {
    let unknown = |servers: &[ServerBehavior]| worst(servers, PLAIN);
    assert_eq!(
        unknown(&[Silent, Answers]),
        Worst {
            seconds: 7.0,
            open_ended: true,
            some_fail: false,
            all_fail: false
        }
    );
    assert!(unknown(&[Rcode, Answers]).some_fail);
    assert!(unknown(&[Silent, Silent]).all_fail);
}

#[test]
fn names_of_models_are_those_that_profiles_may_hold() {
    for row in RESOLVERS {
        assert_eq!(ClientModel::from_name(row.name), Some(row.model));
        assert_eq!(row.model.row().map(|found| found.name), Some(row.name));
    }
    assert_eq!(ClientModel::from_name("windows"), None);
}
