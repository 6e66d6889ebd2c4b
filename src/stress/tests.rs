//! The founding case, published field incidents, and properties of whole answers.

use super::*;
use crate::wire::scenario::{
    Architecture, BackOff, Disturbance, Group, Interval, SCENARIO_SCHEMA, Servers, Survived,
};

/// A disturbance of the gateway.
fn gateway(state: &str, from_s: f64, for_s: Option<f64>) -> Disturbance {
    Disturbance {
        service: "gateway".to_owned(),
        server: 0,
        state: state.to_owned(),
        factor: None,
        groups: Vec::new(),
        from_s,
        from_spread_s: 0.0,
        for_s,
        to_spread_s: 0.0,
        times: 1,
        every_s: 0.0,
        cause: "a changed statement".to_owned(),
    }
}

/// A group of pumps of which nothing is known but their stack.
fn pumps(count: u32) -> Group {
    Group {
        id: "icu".to_owned(),
        count,
        stack: Some("lwip".to_owned()),
        name_servers: 2,
        parameters: std::collections::BTreeMap::new(),
        architecture: Architecture::default(),
        back_off: None,
        tls_timeout_s: Some(10.0),
        uses_radius: true,
        uses_dhcp: true,
        uses_dns: true,
    }
}

/// A scenario.
fn scenario(group: Group, disturbances: Vec<Disturbance>) -> Scenario {
    Scenario {
        schema: SCENARIO_SCHEMA.to_owned(),
        name: "test".to_owned(),
        horizon_s: 3_600.0,
        replications: 2,
        outage_spread_s: 0.0,
        recovery_limit_s: 300.0,
        groups: vec![group],
        servers: Servers::default(),
        disturbances,
        survived: Vec::new(),
    }
}

/// A published interval.
fn published(lo: f64, hi: f64, source: &str) -> Interval {
    Interval {
        lo,
        mode: lo,
        hi,
        label: "published".to_owned(),
        source: source.to_owned(),
    }
}

/// The answer to a scenario of one group.
fn answer(scenario: &Scenario) -> crate::wire::stress::Stress {
    run(scenario, 1, &Ctx::quiet()).unwrap().groups.remove(0)
}

/// Only this branch of the architecture.
fn only(mechanism: pump::Mechanism) -> Architecture {
    let is = |other| Some(mechanism == other);
    Architecture {
        nonpreemptive: is(pump::Mechanism::H1),
        starves_kick: is(pump::Mechanism::H2),
        supervised_blocking: is(pump::Mechanism::H3),
        unbounded_queue: is(pump::Mechanism::H4),
        separate_processor: Some(false),
    }
}

#[test]
fn a_gateway_that_accepts_and_goes_mute_is_a_no_go() {
    // The founding case: performance anomalies of the gateway, no timeout in the pump's TLS.
    let group = Group {
        tls_timeout_s: None,
        ..pumps(300)
    };
    let answer = answer(&scenario(
        group,
        vec![gateway("mute", 600.0, Some(1_200.0))],
    ));
    assert_eq!(answer.raises, Raises::NoGo);
    let blocking = answer
        .branches
        .iter()
        .find(|branch| branch.mechanism == "blocking-call")
        .unwrap();
    assert_eq!(blocking.bound, None);
    assert!(
        answer.reasons[0].contains("has no bound"),
        "{}",
        answer.reasons[0]
    );
    assert!(
        answer
            .advice
            .iter()
            .any(|advice| advice.contains("TLS handshake"))
    );
}

#[test]
fn published_field_incidents_predict_a_trip() {
    let restart = || vec![gateway("refuse", 600.0, Some(30.0))];
    let handshake = |lo, hi, source: &str| {
        let mut group = pumps(1);
        group
            .parameters
            .insert("tls-full".to_owned(), published(lo, hi, source));
        group.architecture = only(pump::Mechanism::H2);
        group
    };
    // Mbed-TLS/mbedtls #1884: handshakes of 7 to 10 s, the watchdog resets (task watchdog 5 s).
    let mut slow = handshake(7.0, 10.0, "https://github.com/Mbed-TLS/mbedtls/issues/1884");
    slow.parameters.insert(
        "watchdog".to_owned(),
        published(5.0, 5.0, "ESP-IDF default"),
    );
    // aws-iot-device-sdk-embedded-C #282: about 7 s against a watchdog of 5 s.
    let mut seven = handshake(7.0, 7.0, "aws-iot-device-sdk-embedded-C issue 282");
    seven.parameters.insert(
        "watchdog".to_owned(),
        published(5.0, 5.0, "ESP-IDF default"),
    );
    // espressif/esp-idf #13832: a TLS path of more than 5 s under a task watchdog of 5 s.
    let mut supervised = handshake(
        5.1,
        19.0,
        "https://github.com/espressif/esp-idf/issues/13832",
    );
    supervised.architecture = only(pump::Mechanism::H3);
    supervised.parameters.insert(
        "check-in".to_owned(),
        published(5.0, 5.0, "ESP-IDF default"),
    );
    // espressif/esp-idf #1287: a retry loop without a wait starves the idle task.
    let mut loops = pumps(1);
    loops.architecture = only(pump::Mechanism::H2);
    loops.back_off = Some(BackOff {
        share: None,
        base_s: 0.0,
        factor: 1.0,
        cap_s: 0.0,
        jitter: "none".to_owned(),
        floor_s: 0.0,
        resets_after: None,
    });
    // FreeRTOS/FreeRTOS #1404: no ServerHello, a handshake without a timeout.
    let mut mute = Group {
        tls_timeout_s: None,
        ..pumps(1)
    };
    mute.architecture = only(pump::Mechanism::H3);
    let cases = [
        ("mbedtls 1884", slow, restart()),
        ("aws-iot 282", seven, restart()),
        ("esp-idf 13832", supervised, restart()),
        ("esp-idf 1287", loops, restart()),
        (
            "FreeRTOS 1404",
            mute,
            vec![gateway("mute", 600.0, Some(600.0))],
        ),
    ];
    for (name, group, disturbances) in cases {
        let answer = answer(&scenario(group, disturbances));
        assert_eq!(answer.raises, Raises::NoGo, "{name}: {:?}", answer.reasons);
    }
}

#[test]
fn nothing_that_happens_raises_nothing_and_never_says_safe() {
    let quiet = scenario(pumps(100), Vec::new());
    let answer = answer(&quiet);
    assert_eq!(answer.raises, Raises::Nothing);
    let text = serde_json::to_string(&run(&quiet, 1, &Ctx::quiet()).unwrap()).unwrap();
    assert!(!text.contains("safe"), "{text}");
    assert!(!text.contains("\"0 %") && !text.contains(" 0.0 %"));
    assert!(!answer.holds_under.is_empty());
}

#[test]
fn a_restart_of_seconds_asks_no_more_than_an_ordinary_day() {
    let mut group = pumps(100);
    group.back_off = Some(BackOff {
        share: None,
        base_s: 1.0,
        factor: 2.0,
        cap_s: 60.0,
        jitter: "equal".to_owned(),
        floor_s: 1.0,
        resets_after: None,
    });
    let answer = answer(&scenario(group, vec![gateway("refuse", 600.0, Some(5.0))]));
    assert_eq!(answer.raises, Raises::Nothing, "{:?}", answer.reasons);
}

#[test]
fn a_herd_above_the_threshold_is_a_no_go_with_waves() {
    let mut group = pumps(6_000);
    group.architecture = Architecture {
        nonpreemptive: Some(false),
        starves_kick: Some(false),
        supervised_blocking: Some(false),
        unbounded_queue: Some(false),
        separate_processor: None,
    };
    let mut link = gateway("drop", 600.0, Some(30.0));
    link.service = "link".to_owned();
    let mut scenario = scenario(group, vec![link]);
    scenario.replications = 1;
    scenario.horizon_s = 1_200.0;
    let answer = answer(&scenario);
    assert_eq!(answer.raises, Raises::NoGo, "{:?}", answer.reasons);
    // RADIUS: 40/s, 30 s, held 60.06 s: N* = 4,802, half of it is a wave.
    let wave = answer
        .advice
        .iter()
        .find(|advice| advice.contains("waves"))
        .unwrap();
    assert!(wave.contains("3 waves of at most 2401 pumps"), "{wave}");
}

#[test]
fn same_seed_gives_the_same_bytes_and_survived_outages_never_raise() {
    let mut scenario = scenario(pumps(50), vec![gateway("drop", 600.0, Some(1_800.0))]);
    let one = run(&scenario, 7, &Ctx::quiet()).unwrap();
    let other = run(&scenario, 7, &Ctx::quiet()).unwrap();
    assert_eq!(
        serde_json::to_string(&one).unwrap(),
        serde_json::to_string(&other).unwrap()
    );
    scenario.survived = vec![Survived {
        what: "upgrade".to_owned(),
        outage_s: 1_800.0,
    }];
    let survived = run(&scenario, 7, &Ctx::quiet()).unwrap();
    assert!(survived.raises <= one.raises);
}

#[test]
fn mistakes_in_a_scenario_name_their_field() {
    let mut wrong = scenario(pumps(1), vec![gateway("drop", 1.0, None)]);
    wrong.disturbances[0].state = "gone".to_owned();
    let error = run(&wrong, 1, &Ctx::quiet()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "read `disturbances[0]`: no state is called `gone`"
    );
    let mut wrong = scenario(pumps(1), Vec::new());
    wrong.horizon_s = f64::NAN;
    assert_eq!(
        run(&wrong, 1, &Ctx::quiet()).unwrap_err().field,
        "horizon_s"
    );
}
