//! Comparisons on made-up measurements.

use std::sync::Arc;

use super::*;
use crate::input::FileTable;
use crate::input::evidence::EvidenceKind;
use crate::input::profile::load_profiles;
use crate::input::site::parse_site;
use crate::source::{File, FileId, FileOrigin};
use crate::wire::observation::{
    Anchor, OBSERVATION_SCHEMA, Observation, Outcome, PROBE_SCHEMA, Sample, Summary, TargetAddress,
    Vantage, VantageInterface,
};

/// A site with two networks; `ward-a` speaks for one of them.
const SITE: &str = "schema: 1\nsite: Example\nowners: { net: netops@example.org }\nservices:\n\
    \x20 dns: { any_of: [10.50.0.53, 10.51.0.53] }\n\
    \x20 ntp: { address: 10.50.0.123 }\n\
    networks:\n  icu: { subnet: 10.20.230.0/24 }\n  wards: { subnet: 10.20.240.0/24 }\n\
    vantages:\n  - { id: ward-a, networks: [wards], via: ssh, host: probe1 }\n\
    pumps:\n  - { id: p, profile: generic, firmware: { unknown: 3 }, on: [icu, wards], \
    area: A, reaction: seconds, addressing: dhcp, uses: [dns, ntp] }\n";

/// The site as intent.
fn intent() -> Intent {
    let file = File::new(FileId(0), "site.yaml", FileOrigin::Disk, SITE.as_bytes());
    let profiles = load_profiles(&[], None, &mut FileTable::new()).unwrap();
    let site = parse_site(&file, &profiles).unwrap();
    Intent { site, profiles }
}

/// Pseudo-random numbers (Vigna's `SplitMix64`).
struct Random(u64);

impl Random {
    /// The next number.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number below one.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Microseconds with a long tail around a scale, in steps of 50 so that ties occur.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive and far below 2^52"
    )]
    fn latency(&mut self, scale: f64) -> u64 {
        let tail = -(1.0 - self.unit()).ln();
        (scale * (1.0 + 0.3 * tail + 2.0 * (tail - 3.0).max(0.0)) / 50.0) as u64 * 50
    }

    /// `count` of them, each lost with a probability.
    fn times(&mut self, count: usize, scale: f64, loss: f64) -> Vec<Option<u64>> {
        (0..count)
            .map(|_| (self.unit() >= loss).then(|| self.latency(scale)))
            .collect()
    }
}

/// A measurement of one server; `None` is a lost question.
fn observation(vantage: &str, service: &str, address: &str, times: &[Option<u64>]) -> Observation {
    let lost = times.iter().filter(|time| time.is_none()).count();
    let interface = VantageInterface {
        name: "eth0".to_owned(),
        mac: None,
        addresses: vec!["10.50.0.9/24".to_owned()],
    };
    Observation {
        schema: OBSERVATION_SCHEMA.into(),
        vantage: Arc::new(Vantage {
            id: vantage.to_owned(),
            interfaces: vec![interface],
        }),
        engine: "test".into(),
        fidelity: "full".into(),
        service: service.to_owned(),
        target: TargetAddress {
            address: address.to_owned(),
            port: "udp/1".to_owned(),
        },
        probe: "test".into(),
        started: "2026-11-20T20:00:00Z".to_owned(),
        samples: times
            .iter()
            .map(|time| Sample {
                question: "q".into(),
                outcome: time.map_or(Outcome::Timeout, |_| Outcome::Answer),
                at_us: 0,
                elapsed_us: *time,
                sent_bytes: 1,
                received_bytes: 1,
                detail: None,
                answer: None,
            })
            .collect(),
        summary: Summary {
            question: "q".into(),
            sent: times.len(),
            answered: times.len() - lost,
            lost,
            ..Summary::default()
        },
        state: match lost {
            0 => State::Works,
            lost if lost == times.len() => State::Fails,
            _ => State::Degraded,
        },
        bearing: true,
        why: Vec::new(),
        statements: Vec::new(),
        partial: false,
        anchor: anchor(),
    }
}

/// A place in the site file.
fn anchor() -> Anchor {
    Anchor {
        file: "site.yaml".to_owned(),
        line: 5,
        column: 3,
    }
}

/// A report of some observations; each service is in its worst server's state.
fn report(observations: Vec<Observation>) -> ProbeReport {
    let names: BTreeSet<String> = observations.iter().map(|one| one.service.clone()).collect();
    let services = names
        .into_iter()
        .map(|service| {
            let own = || observations.iter().filter(|one| one.service == service);
            let working = own().filter(|one| one.state != State::Fails).count();
            ServiceSummary {
                service: service.clone(),
                vantage: String::new(),
                state: if working == 0 {
                    State::Fails
                } else {
                    State::Works
                },
                why: Vec::new(),
                working,
                need: 1,
                want: own().count(),
                time_to_answer: Vec::new(),
                statements: Vec::new(),
                anchor: anchor(),
            }
        })
        .collect();
    ProbeReport {
        schema: PROBE_SCHEMA.to_owned(),
        tool: "test".to_owned(),
        site_sha256: String::new(),
        exit_code: 0,
        stopped: None,
        services,
        vantages: Vec::new(),
        networks_not_checked: Vec::new(),
        observations,
    }
}

/// Both services from one vantage: samples, scale and loss of the name servers.
fn network(random: &mut Random, vantage: &str, count: usize, scale: f64, loss: f64) -> ProbeReport {
    let steady = |random: &mut Random| random.times(count, 2_000.0, 0.02);
    report(vec![
        observation(
            vantage,
            "dns",
            "10.50.0.53",
            &random.times(count, scale, loss),
        ),
        observation(
            vantage,
            "dns",
            "10.51.0.53",
            &random.times(count, scale, loss),
        ),
        observation(vantage, "ntp", "10.50.0.123", &steady(random)),
    ])
}

/// Compares with the default limits.
fn compared(baseline: &ProbeReport, now: &ProbeReport) -> Verification {
    verify(&intent(), &[], baseline, now, &[], Limits::default())
}

/// How the requirement of a network and service stands.
fn standing(verification: &Verification, network: &str, service: &str) -> Standing {
    let id = format!("p/{network}/unknown/{service}");
    let mut rows = verification.requirements.iter();
    rows.find(|row| row.id == id).unwrap().standing
}

#[test]
fn an_unchanged_network_is_called_worse_at_most_as_often_as_stated() {
    // Without the least effects, which would hide what the tests alone do.
    let limits = Limits {
        least_shift_us: 0,
        least_shift_percent: 0,
        least_loss_points: 0,
        ..Limits::default()
    };
    let mut random = Random(7);
    let runs = 600;
    let mut wolves = 0;
    for run in 0..runs {
        let count = [6, 8, 11][run % 3];
        let mut side = || network(&mut random, "ward-a", count, 5_000.0, 0.05);
        let (baseline, now) = (side(), side());
        let (rows, _) = compare::compare(&baseline, &now, limits);
        wolves += usize::from(rows.iter().any(|row| {
            let worse = Standing::Worse == row.standing;
            // A first lost question degrades a server without any test.
            worse && row.loss.as_ref().is_none_or(|loss| loss.after.lost > 0)
        }));
    }
    // Stated: 6 of 600. Three standard deviations above that is 13.
    assert!(wolves <= 13, "{wolves} of {runs}");
}

#[test]
fn a_doubled_latency_is_found() {
    let mut random = Random(11);
    let mut found = 0;
    for _ in 0..40 {
        let baseline = network(&mut random, "ward-a", 20, 10_000.0, 0.0);
        let now = network(&mut random, "ward-a", 20, 20_000.0, 0.0);
        let verification = compared(&baseline, &now);
        found += usize::from(standing(&verification, "wards", "dns") == Standing::Worse);
    }
    assert_eq!(found, 40);
}

#[test]
fn a_loss_of_half_is_found_and_so_is_the_way_back() {
    let mut random = Random(13);
    let good = network(&mut random, "ward-a", 40, 5_000.0, 0.0);
    let lossy = network(&mut random, "ward-a", 40, 5_000.0, 0.5);
    let worse = compared(&good, &lossy);
    assert_eq!(standing(&worse, "wards", "dns"), Standing::Worse);
    let better = compared(&lossy, &good);
    assert_eq!(standing(&better, "wards", "dns"), Standing::Better);
}

#[test]
fn a_sure_but_small_shift_is_the_same() {
    let times = |from: u64| (0..20).map(|step| Some(from + step)).collect::<Vec<_>>();
    let side = |from| {
        report(vec![observation(
            "ward-a",
            "ntp",
            "10.50.0.123",
            &times(from),
        )])
    };
    let verification = compared(&side(5_000), &side(9_900));
    assert_eq!(standing(&verification, "wards", "ntp"), Standing::Same);
    let row = &verification.measurements[0];
    assert!(row.latency.as_ref().unwrap().p_worse < 1e-9);
    let verification = compared(&side(5_000), &side(10_500));
    assert_eq!(standing(&verification, "wards", "ntp"), Standing::Worse);
}

#[test]
fn two_samples_are_said_to_be_too_few() {
    let mut random = Random(17);
    let baseline = network(&mut random, "ward-a", 2, 5_000.0, 0.0);
    let now = network(&mut random, "ward-a", 2, 50_000.0, 0.0);
    let verification = compared(&baseline, &now);
    let row = &verification.measurements[0];
    assert!(!row.latency.as_ref().unwrap().can_tell);
    assert!(row.why[0].contains("too few"), "{:?}", row.why);
}

#[test]
fn a_dead_service_is_broken_and_a_network_without_vantage_is_unknown() {
    let mut random = Random(19);
    let baseline = network(&mut random, "ward-a", 20, 5_000.0, 0.0);
    let mut now = network(&mut random, "ward-a", 20, 5_000.0, 1.0);
    let verification = compared(&baseline, &now);
    assert_eq!(standing(&verification, "wards", "dns"), Standing::Broken);
    assert_eq!(standing(&verification, "wards", "ntp"), Standing::Same);
    assert_eq!(standing(&verification, "icu", "ntp"), Standing::Unknown);
    assert_eq!(verification.exit_code, 1);
    assert_eq!(verification.networks_not_checked, ["icu"]);
    // With an address in it, a vantage speaks for a network that the site file does not give it.
    for one in &mut now.observations {
        Arc::make_mut(&mut one.vantage).interfaces[0].addresses = vec!["10.20.230.9/24".to_owned()];
    }
    let verification = compared(&baseline, &now);
    assert_eq!(standing(&verification, "icu", "dns"), Standing::Broken);
}

#[test]
fn what_only_one_side_measured_is_unknown_and_never_exit_code_zero() {
    let mut random = Random(23);
    let baseline = network(&mut random, "ward-a", 20, 5_000.0, 0.0);
    let other = network(&mut random, "elsewhere", 20, 5_000.0, 0.0);
    for (before, now) in [(&baseline, &other), (&other, &baseline)] {
        let verification = compared(before, now);
        assert_eq!(standing(&verification, "wards", "dns"), Standing::Unknown);
        assert_eq!(verification.exit_code, 3);
    }
    let nothing = compared(&report(Vec::new()), &report(Vec::new()));
    assert_eq!(nothing.exit_code, 3);
    assert_eq!(nothing.doubts.len(), 2);
}

#[test]
fn one_server_less_is_worse_and_one_more_asked_for_is_not_hidden() {
    let mut random = Random(29);
    let baseline = network(&mut random, "ward-a", 20, 5_000.0, 0.0);
    let mut now = baseline.clone();
    now.services[0].working = 1;
    let verification = compared(&baseline, &now);
    assert_eq!(standing(&verification, "wards", "dns"), Standing::Worse);
    let mut now = baseline.clone();
    now.services[0].want = 1;
    let verification = compared(&baseline, &now);
    assert_eq!(standing(&verification, "wards", "dns"), Standing::Worse);
}

/// Evidence of one kind about one network: before and now.
fn counted(kind: EvidenceKind, network: &str, service: Option<&str>, counts: [u64; 2]) -> Evidence {
    let side = |count| {
        let key = (network.to_owned(), service.map(str::to_owned));
        [(key, count)].into()
    };
    Evidence {
        kind,
        counts: counts.map(side),
    }
}

#[test]
fn pumps_that_are_counted_speak_where_no_vantage_does() {
    let mut random = Random(31);
    let baseline = network(&mut random, "ward-a", 20, 5_000.0, 0.0);
    let mut intent = intent();
    intent.site.pumps[0].firmware[0].count = 200;
    let with = |evidence: &[Evidence]| {
        verify(
            &intent,
            &[],
            &baseline,
            &baseline,
            evidence,
            Limits::default(),
        )
    };
    let connected = |network, counts| {
        with(&[counted(
            EvidenceKind::Connected,
            network,
            Some("ntp"),
            counts,
        )])
    };
    for (counts, expected) in [
        ([190, 189], Standing::Same),
        ([190, 185], Standing::Same),
        ([190, 120], Standing::Worse),
        ([120, 190], Standing::Better),
        ([190, 0], Standing::Broken),
        ([0, 0], Standing::Unknown),
    ] {
        assert_eq!(
            standing(&connected("icu", counts), "icu", "ntp"),
            expected,
            "{counts:?}"
        );
    }
    // A measurement from inside is not overruled by pumps that are still there.
    let mut now = baseline.clone();
    now.services[1].state = State::Fails;
    let evidence = [counted(
        EvidenceKind::Connected,
        "wards",
        Some("ntp"),
        [190, 190],
    )];
    let verification = verify(&intent, &[], &baseline, &now, &evidence, Limits::default());
    assert_eq!(standing(&verification, "wards", "ntp"), Standing::Broken);
}

#[test]
fn new_denies_and_missing_clients_are_worse_and_quiet_logs_prove_nothing() {
    let mut random = Random(37);
    let baseline = network(&mut random, "ward-a", 20, 5_000.0, 0.0);
    let with = |one: Evidence| {
        verify(
            &intent(),
            &[],
            &baseline,
            &baseline,
            &[one],
            Limits::default(),
        )
    };
    let denies =
        |network, counts| with(counted(EvidenceKind::Denies, network, Some("dns"), counts));
    assert_eq!(
        standing(&denies("wards", [0, 4]), "wards", "dns"),
        Standing::Worse
    );
    assert_eq!(
        standing(&denies("wards", [3, 4]), "wards", "dns"),
        Standing::Same
    );
    assert_eq!(
        standing(&denies("icu", [0, 0]), "icu", "dns"),
        Standing::Unknown
    );
    let gone = with(counted(EvidenceKind::Clients, "wards", None, [3, 0]));
    assert_eq!(standing(&gone, "wards", "dns"), Standing::Broken);
}
