//! Golden vectors of the retry schedules.

use super::*;

/// Draws nothing: for schedules that have nothing random in them, or their nominal times.
fn middle() -> f64 {
    0.5
}

/// The first transmissions of a schedule, in milliseconds.
fn nominal(id: &str, count: usize) -> Vec<u64> {
    find(id)
        .unwrap()
        .transmissions(middle)
        .take(count)
        .map(|sent| sent.at_us / 1_000)
        .collect()
}

/// Seconds since the first transmission, captured on live stacks (Linux 6.18, glibc 2.36,
/// `wpa_supplicant` and hostapd 2.10, ISC dhclient 4.4.3-P1, busybox udhcpc, curl 7.88), each alone
/// in a pair of network namespaces.
const MEASURED: &[(&str, &[f64])] = &[
    (
        "linux-syn-linear4",
        &[
            0.0, 1.013_303, 2.037_287, 3.061_272, 4.085_278, 5.109_271, 7.125_277, 11.381_286,
            19.573_282, 35.701_308, 67.957_298,
        ],
    ),
    (
        "linux-syn-linear0",
        &[
            0.0, 1.030_217, 3.046_254, 7.270_18, 15.462_199, 31.590_208, 63.846_193,
        ],
    ),
    (
        "linux-data-rto",
        &[
            0.0,
            0.205_279,
            0.413_284,
            0.845_282,
            1.677_285,
            3.341_292,
            6.765_295,
            13.421_314,
            26.733_293,
            54.381_294,
            107.629_306,
            214.125_288,
        ],
    ),
    (
        "curl-retry",
        &[0.0, 1.001_461, 3.003_746, 7.005_474, 15.009_471, 31.019_605],
    ),
    (
        "isc-dhclient",
        &[0.0, 7.427_79, 25.403_838, 41.283_251, 57.227_814],
    ),
    (
        "busybox-udhcpc",
        &[
            0.0, 3.024_035, 6.060_015, 29.144_008, 32.175_961, 35.199_996, 58.280_004, 61.295_98,
            64.324_001,
        ],
    ),
    (
        "wpa-no-authenticator",
        &[
            0.0,
            30.051_563,
            118.143_448,
            178.205_349,
            238.262_496,
            298.331_812,
        ],
    ),
    (
        "wpa-untrusted-cert",
        &[
            0.0,
            60.059_967,
            120.158_3,
            180.217_613,
            240.274_37,
            300.342_709,
        ],
    ),
    ("glibc-dns-2", &[0.0, 5.008_341, 10.012_077, 15.016_103]),
    ("glibc-dns-1", &[0.0, 5.003_483]),
    ("glibc-dns-2-short", &[0.0, 1.000_52]),
    (
        "glibc-dns-2-search",
        &[
            0.0, 5.003_739, 10.005_161, 15.009_151, 20.013_213, 25.017_206, 30.021_15, 35.025_176,
        ],
    ),
];

/// Share by which Linux's timer wheel may be late: its levels grow by 8 (kernel/time/timer.c), so a
/// granule is up to an eighth of the gap; 6.4 % is the most that was seen (4.256 s for 4 s).
const LATENESS: f64 = 0.064;

#[test]
fn published_schedules_are_exact() {
    let seconds =
        |id: &str, count| -> Vec<u64> { nominal(id, count).iter().map(|ms| ms / 1_000).collect() };
    assert_eq!(seconds("linux-syn-linear0", 99), [0, 1, 3, 7, 15, 31, 63]);
    assert_eq!(
        seconds("linux-syn-linear4", 99),
        [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67]
    );
    assert_eq!(seconds("lwip-syn", 99), [0, 3, 6, 9, 12, 15, 18]);
    assert_eq!(seconds("freertos-syn", 99), [0, 3, 9]);
    assert_eq!(seconds("bsd-syn", 99), [0, 6, 24]);
    assert_eq!(seconds("curl-retry", 99), [0, 1, 3, 7, 15, 31]);
    assert_eq!(seconds("glibc-dns-2", 99), [0, 5, 10, 15]);
    assert_eq!(seconds("freertos-dns", 99), [0, 5, 10, 15, 20]);
    assert_eq!(seconds("rfc2131-dhcp", 5), [0, 4, 12, 28, 60]);
    assert_eq!(seconds("busybox-udhcpc", 7), [0, 3, 6, 29, 32, 35, 58]);
    assert_eq!(seconds("lwip-dhcp", 8), [0, 2, 6, 14, 30, 62, 122, 182]);
    assert_eq!(seconds("freertos-dhcp", 99), [0, 5, 15]);
    assert_eq!(seconds("wpa-no-authenticator", 5), [0, 30, 118, 178, 238]);
    assert_eq!(seconds("wpa-ssid-disabled", 5), [0, 10, 30, 60, 120]);
}

#[test]
fn attempts_end_when_they_were_seen_to_end() {
    let ends = |id: &str| find(id).unwrap().give_up_us().map(|us| us / 1_000);
    assert_eq!(ends("lwip-syn"), Some(18_500));
    assert_eq!(ends("linux-syn-linear4"), Some(133_721));
    assert_eq!(ends("linux-syn-linear0"), Some(129_739));
    assert_eq!(ends("freertos-syn"), Some(20_000));
    assert_eq!(ends("glibc-dns-2"), Some(20_220));
    assert_eq!(ends("lwip-dns-2"), Some(14_000));
    assert_eq!(ends("freertos-dns"), Some(25_000));
    assert_eq!(ends("busybox-udhcpc"), None);
}

#[test]
fn resolvers_ask_their_servers_in_turn() {
    let servers = |id: &str| -> Vec<u8> {
        let schedule = find(id).unwrap();
        schedule
            .transmissions(middle)
            .map(|sent| sent.server)
            .collect()
    };
    assert_eq!(servers("glibc-dns-2"), [0, 1, 0, 1]);
    assert_eq!(servers("lwip-dns-2"), [0, 0, 0, 0, 1, 1, 1, 1]);
    assert_eq!(servers("glibc-dns-1"), [0, 0]);
}

#[test]
fn captured_gaps_lie_within_the_tolerance() {
    for (id, times) in MEASURED {
        let nominal = nominal(id, times.len());
        assert_eq!(nominal.len(), times.len(), "{id}");
        for (pair, seen) in nominal.windows(2).zip(times.windows(2)) {
            let gap = std::time::Duration::from_millis(pair[1] - pair[0]).as_secs_f64();
            let measured = seen[1] - seen[0];
            assert!(
                measured >= gap - 0.005 && measured <= gap * (1.0 + LATENESS) + 0.03,
                "{id}: nominal {gap}, measured {measured}"
            );
        }
    }
}

#[test]
fn random_gaps_stay_within_their_spread() {
    for step in 0..100_u32 {
        let share = f64::from(step) / 100.0;
        let dhcp = find("rfc2131-dhcp").unwrap();
        let times: Vec<u64> = dhcp
            .transmissions(|| share)
            .take(5)
            .map(|sent| sent.at_us)
            .collect();
        for (pair, gap) in times
            .windows(2)
            .zip([4_000_000_u64, 8_000_000, 16_000_000, 32_000_000])
        {
            assert!((pair[1] - pair[0]).abs_diff(gap) <= 1_000_000);
        }
        let dns = find("lwip-dns-1").unwrap();
        let times: Vec<u64> = dns.transmissions(|| share).map(|sent| sent.at_us).collect();
        assert!(times[1] <= 1_000_000 && times[2] - times[1] == 1_000_000);
    }
}

#[test]
fn ids_are_unique_and_times_rise() {
    for (index, schedule) in SCHEDULES.iter().enumerate() {
        assert!(
            SCHEDULES[..index]
                .iter()
                .all(|other| other.id != schedule.id)
        );
        assert!(
            schedule.times_ms.windows(2).all(|pair| pair[0] < pair[1]),
            "{}",
            schedule.id
        );
        let last = schedule.times_ms.last().copied().unwrap_or(0);
        assert!(
            schedule.give_up_ms.is_none_or(|end| end >= last),
            "{}",
            schedule.id
        );
        assert!(!schedule.source.is_empty());
    }
}
