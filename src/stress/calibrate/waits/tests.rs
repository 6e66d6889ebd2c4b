//! Known back-off models, recovered from what they draw.

use super::*;
use crate::client::back_off::BackOff;
use crate::stress::random::{Purpose, Stream};

/// Waits that a model draws: so many failures in a row of so many clients.
fn drawn(back_off: &BackOff, clients: u64, failures: u32, seed: u64) -> Vec<Wait> {
    let mut out = Vec::new();
    for client in 0..clients {
        let mut stream = Stream::new(seed, client, 0, Purpose::BackOff);
        for failures in 0..failures {
            let late = 0.002 * stream.uniform();
            out.push(Wait {
                failures,
                seconds: back_off.wait_s(failures, stream.uniform(), 0.0) + late,
            });
        }
    }
    out
}

/// The models that programs use.
fn truths() -> Vec<(&'static str, BackOff)> {
    let exponential = |jitter| BackOff {
        base_s: 1.0,
        factor: 2.0,
        cap_s: 60.0,
        jitter,
        floor_s: 0.0,
    };
    vec![
        ("none", BackOff::fixed(5.0)),
        ("none", exponential(Jitter::None)),
        ("proportional", exponential(Jitter::Proportional(0.1))),
        ("equal", exponential(Jitter::Equal)),
        ("full", exponential(Jitter::Full)),
    ]
}

/// How many of ten seeds recover kind and factor, and the range of base over true base.
fn recovered(clients: u64, failures: u32) -> (usize, f64, f64) {
    let mut right = 0;
    let (mut low, mut high) = (f64::MAX, 0.0_f64);
    for (kind, truth) in truths() {
        for seed in 0..10 {
            let found = explain(&drawn(&truth, clients, failures, seed)).unwrap();
            let model = found.model.unwrap();
            if model.jitter == kind && (model.factor - truth.factor).abs() < 1e-9 {
                right += 1;
                low = low.min(model.base_s / truth.base_s);
                high = high.max(model.base_s / truth.base_s);
            }
        }
    }
    (right, low, high)
}

#[test]
fn five_clients_tell_kind_factor_and_base() {
    let (right, low, high) = recovered(5, 12);
    assert!(right >= 49, "{right} of 50");
    assert!(
        low > 0.9 && high < 1.1,
        "base {low} to {high} of the true one"
    );
}

#[test]
fn one_client_tells_kind_and_factor_mostly() {
    let (right, low, high) = recovered(1, 8);
    assert!(right >= 40, "{right} of 50");
    assert!(
        low > 0.4 && high < 1.7,
        "base {low} to {high} of the true one"
    );
}

#[test]
fn jitter_of_a_tenth_is_found_within_three_points() {
    let truth = truths()[2].1;
    for seed in 0..10 {
        let found = explain(&drawn(&truth, 5, 12, seed)).unwrap();
        let model = found.model.unwrap();
        let share = model.share.unwrap();
        assert!((share - 0.1).abs() < 0.03, "seed {seed}: {share}");
        let cap = model.cap_s.unwrap();
        assert!((cap - 60.0).abs() < 3.0, "seed {seed}: {cap}");
        assert_eq!(found.verdict, "fits", "seed {seed}");
    }
}

#[test]
fn waits_that_follow_nothing_fit_nothing() {
    // Half of them short, half of them long, in no order that failures explain.
    let waits: Vec<Wait> = (0..60)
        .map(|number| Wait {
            failures: number % 6,
            seconds: if number * 7 % 13 < 6 { 1.0 } else { 40.0 },
        })
        .collect();
    assert_eq!(explain(&waits).unwrap().verdict, "none");
}

#[test]
fn two_waits_are_too_few() {
    let waits = [1.0, 2.0].map(|seconds| Wait {
        failures: 0,
        seconds,
    });
    let found = explain(&waits).unwrap();
    assert_eq!((found.verdict.as_str(), found.model), ("too-few", None));
    assert_eq!(explain(&[]), None);
}
