//! Bound and simulation against each other.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::client::back_off::{BackOff, Jitter};
use crate::ctx::Ctx;
use crate::stress::fleet::{Discipline, Group};
use crate::stress::number::seconds;
use crate::stress::pump::{PumpClass, Stack};
use crate::stress::random::{Purpose, Stream};
use crate::stress::simulate::{Run, Settings, run_with};

/// One group on one stack.
fn fleet(count: u32, stack: &str) -> Fleet {
    let class = PumpClass {
        stacks: vec![Stack::find(stack, 2).unwrap()],
        tls_timeout_s: Some(10.0),
        ..PumpClass::unknown("icu", 2)
    };
    Fleet::with_default_servers(vec![Group {
        id: "icu".to_owned(),
        class,
        count,
    }])
}

/// Bound and one run with the same parameters.
fn both(fleet: &Fleet, segments: &[Segment], draw: &Draw, horizon_s: f64) -> (Bound, Run) {
    let exposure = exposure(fleet, 0, 0, segments, (horizon_s, 0.0)).unwrap();
    let settings = Settings::once(4, horizon_s);
    let run = run_with(fleet, segments, &settings, 0, std::slice::from_ref(draw));
    (bound(&exposure, draw), run)
}

#[test]
fn a_single_pump_blocks_exactly_as_long_as_the_bound() {
    for stack in ["lwip", "linux", "linux-before-6.5", "freertos-tcp"] {
        let fleet = fleet(1, stack);
        let draw = fleet.groups[0].class.modes();
        let segments = [Segment::new(
            Service::Gateway,
            State::Drop,
            600.0,
            Some(2_400.0),
            "access list",
        )];
        let (bound, run) = both(&fleet, &segments, &draw, 3_600.0);
        let give_up = Stack::find(stack, 2).unwrap().syn.give_up_us().unwrap();
        // The lookup before it: a round trip of 2 ms and 0.2 ms of service, twice reserved.
        let exact = seconds(give_up + 2_000 + 200);
        let seen = run.groups[0].block_s;
        assert!((seen - exact).abs() < 1e-6, "{stack}: {seen}, {exact}");
        assert!(
            (bound.block_s.unwrap() - exact - 0.000_2).abs() < 1e-6,
            "{stack}"
        );
    }
}

#[test]
fn bounds_of_the_reference_scenarios_are_tight() {
    let drop = [Segment::new(
        Service::Gateway,
        State::Drop,
        600.0,
        Some(2_400.0),
        "access list",
    )];
    let radius = [Segment::new(
        Service::Radius,
        State::HandshakeFailure,
        600.0,
        Some(6_000.0),
        "certificate",
    )];
    for (segments, stack) in [
        (&drop[..], "lwip"),
        (&drop[..], "linux"),
        (&radius[..], "lwip"),
    ] {
        // Few pumps: others would wait in the gateway's queue between the parts of their bursts.
        let few = fleet(4, stack);
        let draw = few.groups[0].class.modes();
        let (bound, run) = both(&few, segments, &draw, 7_200.0);
        let burst = run.groups[0].latency_s / bound.latency_s.unwrap();
        assert!((0.5..=1.0).contains(&burst), "{stack} {burst}");
        let mut many = fleet(100, stack);
        many.gateway.backlog = None;
        let (bound, run) = both(&many, segments, &draw, 7_200.0);
        let group = &run.groups[0];
        let bytes = group.bytes / bound.bytes;
        assert!((0.95..=1.0).contains(&bytes), "{stack} {bytes}");
        if segments[0].service == Service::Gateway {
            let block = group.block_s / bound.block_s.unwrap();
            assert!((0.95..=1.0).contains(&block), "{stack} {block}");
            // Where in the retry cycle the outage ends decides: the worst of several ends.
            let worst = (0..18_u32)
                .map(|step| {
                    let end = 2_400.0 + 8.1 * f64::from(step);
                    let later = Segment {
                        to_s: Some(end),
                        ..segments[0].clone()
                    };
                    let (_, run) = both(&many, &[later], &draw, 3_600.0);
                    run.groups[0].recovery_s.last().copied().unwrap()
                })
                .fold(0.0, f64::max);
            let recovery = worst / bound.recovery_s.unwrap();
            assert!((0.7..=1.0).contains(&recovery), "{stack} {recovery}");
        }
    }
}

#[test]
fn a_mute_gateway_without_a_tls_timeout_is_unbounded() {
    let mut fleet = fleet(100, "lwip");
    fleet.groups[0].class.tls_timeout_s = None;
    let segments = [Segment::new(
        Service::Gateway,
        State::Mute,
        60.0,
        Some(660.0),
        "anomaly",
    )];
    let exposure = exposure(&fleet, 0, 0, &segments, (3_600.0, 0.0)).unwrap();
    let draw = fleet.groups[0].class.modes();
    let bound = bound(&exposure, &draw);
    assert_eq!(bound.block_s, None);
    assert!(bound.margin(Mechanism::H3, &draw) < 0.0);
}

#[test]
fn a_refusal_without_a_wait_starves_the_kick_without_end() {
    let mut fleet = fleet(10, "lwip");
    fleet.groups[0].class.back_off = BackOff::fixed(0.0);
    let segments = [Segment::new(
        Service::Gateway,
        State::Refuse,
        60.0,
        Some(660.0),
        "reset",
    )];
    let exposure = exposure(&fleet, 0, 0, &segments, (3_600.0, 0.0)).unwrap();
    assert_eq!(
        bound(&exposure, &fleet.groups[0].class.modes()).latency_s,
        None
    );
}

/// A random disturbance.
fn segment() -> impl Strategy<Value = Segment> {
    let services = prop_oneof![
        Just(Service::Link),
        Just(Service::Radius),
        Just(Service::Dhcp),
        Just(Service::Dns(0)),
        Just(Service::Dns(1)),
        Just(Service::Gateway),
        Just(Service::Gateway),
    ];
    let states = prop_oneof![
        Just(State::Drop),
        Just(State::Refuse),
        Just(State::Mute),
        Just(State::Slow(8.0)),
        Just(State::NxDomain),
        Just(State::ServFail),
        Just(State::HandshakeFailure),
        Just(State::MtuHole),
        Just(State::SessionsLost),
    ];
    (
        services,
        states,
        60.0..900.0,
        1.0..900.0,
        prop_oneof![Just(0.0), Just(60.0)],
    )
        .prop_map(|(service, state, from, length, spread)| Segment {
            from_spread_s: spread,
            to_spread_s: spread,
            ..Segment::new(service, state, from, Some(from + length), "random")
        })
}

/// A silence that passes by itself, at the gateway and all or some of the name servers.
fn failover() -> impl Strategy<Value = Vec<Segment>> {
    (1.0..90.0, 0_u8..4, any::<bool>(), -2.0..2.0).prop_map(|(length, servers, lease, off)| {
        let silent = |service, to: f64| {
            Segment::new(service, State::Drop, 600.0, Some(to.max(600.0)), "failover")
        };
        let mut out = vec![silent(Service::Gateway, 600.0 + length)];
        for place in 0..servers.min(3) {
            out.push(silent(Service::Dns(place), 600.0 + length + off));
        }
        if lease {
            out.push(silent(Service::Dhcp, 600.0 + length));
            out.push(silent(Service::Radius, 600.0 + length / 3.0));
        }
        out
    })
}

/// Checks that a run lies under the bound with the same parameters.
fn lies_under(fleet: &Fleet, segments: &[Segment], seed: u64) -> Result<(), TestCaseError> {
    let mut stream = Stream::new(seed, 0, 0, Purpose::Parameter);
    let draw = fleet.groups[0].class.draw(&mut stream);
    let (bound, run) = both(fleet, segments, &draw, 3_000.0);
    let group = &run.groups[0];
    let slack = 1e-4;
    prop_assert!(group.section_s <= bound.section_s + slack);
    prop_assert!(
        bound
            .latency_s
            .is_none_or(|most| group.latency_s <= most + slack),
        "latency {} over {:?}",
        group.latency_s,
        bound.latency_s
    );
    prop_assert!(
        bound
            .block_s
            .is_none_or(|most| group.block_s <= most + slack),
        "block {} over {:?}",
        group.block_s,
        bound.block_s
    );
    prop_assert!(
        group.bytes <= bound.bytes + slack,
        "bytes {} over {}",
        group.bytes,
        bound.bytes
    );
    let last = group.recovery_s.last().copied().unwrap_or(0.0);
    prop_assert!(
        bound.recovery_s.is_none_or(|most| last <= most + slack),
        "recovery {last} over {:?}",
        bound.recovery_s
    );
    Ok(())
}

/// Every stack.
fn stacks() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("lwip"),
        Just("linux"),
        Just("linux-before-6.5"),
        Just("freertos-tcp")
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        rng_seed: RngSeed::Fixed(5),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_simulated_sample_lies_under_the_bound(
        segments in proptest::collection::vec(segment(), 1..4),
        seed in 0_u64..1_000_000,
        stack in stacks(),
        pumps in 1_u32..60,
        patience in prop_oneof![Just(None), Just(Some(5.0)), Just(Some(30.0))],
        full in any::<bool>(),
        backlog in prop_oneof![Just(None), Just(Some(4)), Just(Some(128))],
        lease in prop_oneof![Just(600.0), Just(28_800.0)],
        message in prop_oneof![Just(0.002), Just(0.05)],
        last_first in 0_u8..64,
    ) {
        let mut fleet = fleet(pumps, stack);
        fleet.gateway.message_s = message;
        let mut rest = last_first;
        for server in [
            &mut fleet.gateway,
            &mut fleet.radius,
            &mut fleet.dhcp,
            &mut fleet.dns,
            &mut fleet.access,
        ] {
            if rest % 2 == 1 {
                server.discipline = Discipline::Lifo;
            }
            rest /= 2;
        }
        fleet.gateway.backlog = backlog;
        fleet.lease_s = lease;
        fleet.reauthentication_s = lease;
        let class = &mut fleet.groups[0].class;
        class.tls_timeout_s = patience;
        if full {
            class.back_off =
                BackOff { base_s: 1.0, factor: 2.0, cap_s: 60.0, jitter: Jitter::Full, floor_s: 0.0 };
        }
        lies_under(&fleet, &segments, seed)?;
    }

    #[test]
    fn silence_that_passes_lies_under_the_bound(
        segments in failover(),
        seed in 0_u64..1_000_000,
        stack in stacks(),
        pumps in 1_u32..60,
        back_off_s in prop_oneof![Just(0.01), Just(5.0)],
        backlog in prop_oneof![Just(None), Just(Some(4)), Just(Some(128))],
        message in prop_oneof![Just(0.002), Just(0.05)],
    ) {
        let mut fleet = fleet(pumps, stack);
        fleet.gateway.message_s = message;
        fleet.gateway.backlog = backlog;
        fleet.reauthentication_s = 300.0;
        fleet.groups[0].class.back_off = BackOff::fixed(back_off_s);
        lies_under(&fleet, &segments, seed)?;
    }
}

#[test]
fn a_failover_that_nobody_notices_blocks_nobody() {
    let fleet = fleet(10, "freertos-tcp");
    let draw = fleet.groups[0].class.modes();
    let blocks = |length: f64, detect: f64| {
        let segment = Segment::new(
            Service::Gateway,
            State::Drop,
            600.0,
            Some(600.0 + length),
            "failover",
        );
        let exposure = exposure(&fleet, 0, 0, &[segment], (3_600.0, 0.0)).unwrap();
        let draw = draw.with(Parameter::Detect, detect);
        bound(&exposure, &draw).block_s.unwrap()
    };
    assert!(blocks(10.0, 10.0).abs() < 1e-9);
    // Noticed after 5 s, silent for 5 s more: the SYN at 3 s is lost, that at 9 s is not; TLS adds
    // its work.
    assert!((9.0..9.5).contains(&blocks(10.0, 5.0)));
    assert!((20.0..20.5).contains(&blocks(60.0, 5.0)));
}

#[test]
fn one_silent_name_server_of_two_holds_up_a_lookup_and_ends_no_session() {
    let fleet = fleet(420, "lwip");
    let segment = Segment::new(
        Service::Dns(0),
        State::Drop,
        600.0,
        Some(1_320.0),
        "restart",
    );
    let exposure = exposure(&fleet, 0, 0, &[segment], (2_520.0, 0.0)).unwrap();
    let bound = bound(&exposure, &fleet.groups[0].class.modes());
    // Its schedule turns to the second server after 7 s.
    assert!(
        (7.0..7.6).contains(&bound.block_s.unwrap()),
        "{:?}",
        bound.block_s
    );
    assert!(bound.messages <= 2.0, "{}", bound.messages);
}

#[test]
fn a_quiet_context_runs_the_same_in_parallel() {
    let fleet = fleet(10, "lwip");
    let segments = [Segment::new(
        Service::Gateway,
        State::Drop,
        60.0,
        Some(120.0),
        "access list",
    )];
    let settings = Settings {
        replications: 3,
        draws: true,
        ..Settings::once(2, 300.0)
    };
    let runs = crate::stress::simulate::simulate(&fleet, &segments, &settings, &Ctx::quiet());
    assert_eq!(runs.len(), 3);
}

#[test]
fn seconds_without_radius_and_leases_end_no_session() {
    let fleet = fleet(420, "lwip");
    let draw = fleet.groups[0].class.modes();
    let silent = |length: f64| {
        [Service::Radius, Service::Dhcp]
            .map(|service| Segment::new(service, State::Drop, 600.0, Some(600.0 + length), "any"))
    };
    // A switch asks again every 5 s and gives up after 30 s.
    let (bound, run) = both(&fleet, &silent(10.0), &draw, 3_600.0);
    assert!(bound.block_s.unwrap().abs() < 1e-9 && bound.messages.abs() < 1e-9);
    assert!(run.groups[0].recovery_s.iter().all(|time| *time <= 0.0));
    let (bound, run) = both(&fleet, &silent(40.0), &draw, 3_600.0);
    assert!(bound.messages > 1.0);
    assert!(run.groups[0].recovery_s.iter().any(|time| *time > 0.0));
}
