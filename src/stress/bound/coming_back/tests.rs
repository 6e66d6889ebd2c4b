//! Pumps that come back, bounded and simulated.

use super::*;
use crate::client::back_off::{BackOff, Jitter};
use crate::stress::bound::{bound_among, exposure};
use crate::stress::fleet::Fleet;
use crate::stress::pump::PumpClass;
use crate::stress::random::{Purpose, Stream};
use crate::stress::simulate::{Settings, run_with};

/// A group on one stack.
fn group(id: &str, count: u32, stack: &str) -> Group {
    Group {
        id: id.to_owned(),
        class: PumpClass {
            stacks: vec![Stack::find(stack, 2).unwrap()],
            ..PumpClass::unknown(id, 2)
        },
        count,
    }
}

/// A state of a service in these seconds.
fn during(service: Service, state: State, from_s: f64, to_s: f64) -> Segment {
    Segment::new(service, state, from_s, Some(to_s), "firewall")
}

/// Two wards whose sessions a firewall drops at one moment.
fn wards() -> (Fleet, [Segment; 1]) {
    let groups = vec![
        group("icu", 180, "freertos-tcp"),
        group("ward", 240, "freertos-tcp"),
    ];
    let lost = during(Service::Gateway, State::SessionsLost, 600.0, 720.0);
    (Fleet::with_default_servers(groups), [lost])
}

/// Longest block of the first group with likeliest pumps but for two of their times.
fn block_s(fleet: &Fleet, segments: &[Segment], period_s: f64, detect_s: f64) -> f64 {
    let exposure = exposure(fleet, 0, 0, segments, (2_000.0, 0.0)).unwrap();
    let draws: Vec<Draw> = fleet
        .groups
        .iter()
        .map(|group| {
            let draw = group.class.modes();
            draw.with(Parameter::HeartbeatPeriod, period_s)
                .with(Parameter::Detect, detect_s)
        })
        .collect();
    bound_among(&exposure, &draws[0], &draws).block_s.unwrap()
}

#[test]
fn pumps_that_notice_at_their_own_heartbeats_do_not_fill_the_backlog() {
    let (fleet, lost) = wards();
    // 42 come in a second, 100 are served; all 420 in one second are too many.
    let block = |period: f64| block_s(&fleet, &lost, period, 30.0);
    assert!(block(10.0) < 1.5, "{}", block(10.0));
    assert!(block(1.0) > 15.0, "{}", block(1.0));
}

#[test]
fn pumps_that_notice_a_silence_one_by_one_wait_for_its_end_and_no_longer() {
    let groups = vec![
        group("icu", 60, "linux-before-6.5"),
        group("ward", 80, "linux-before-6.5"),
    ];
    let fleet = Fleet::with_default_servers(groups);
    let silence = [during(Service::Gateway, State::Drop, 600.0, 620.0)];
    // Noticed after 10 s at the soonest: the packet after 7 s is lost, that after 15 s is not.
    let spread = block_s(&fleet, &silence, 10.0, 10.0);
    assert!((15.0..17.0).contains(&spread), "{spread}");
    // Of a larger crowd more come than the gateway queues, but only for seconds.
    let mut many = fleet.clone();
    many.groups[1].count = 360;
    let crowd = block_s(&many, &silence, 10.0, 10.0);
    assert!((15.0..33.0).contains(&crowd), "{crowd}");
    // Of a crowd that comes faster than it is served every packet may be turned away.
    many.groups[1].count = 4_000;
    assert!(block_s(&many, &silence, 10.0, 10.0) > 120.0);
}

#[test]
fn pumps_that_were_refused_come_back_at_their_programs_waits() {
    let mut fleet = Fleet::with_default_servers(vec![group("icu", 300, "lwip")]);
    let refused = [during(Service::Gateway, State::Refuse, 600.0, 2_400.0)];
    // 60 a second, and 100 are served; with 120 messages of each that is another matter.
    let mut block = |message_s: f64| {
        fleet.gateway.message_s = message_s;
        block_s(&fleet, &refused, 10.0, 30.0)
    };
    assert!(block(0.0) < 5.0, "{}", block(0.0));
    assert!(block(0.002) > 18.0, "{}", block(0.002));
}

/// A silence of any length, maybe of name servers too, maybe followed by the loss of sessions.
fn silence(stream: &mut Stream) -> Vec<Segment> {
    let end = 601.0 + 90.0 * stream.uniform() * stream.uniform();
    let mut out = vec![during(Service::Gateway, State::Drop, 600.0, end)];
    for place in 0..stream.below(3) {
        let place = u8::try_from(place).unwrap();
        let from = 600.0 - 3.0 * stream.uniform();
        let until = end + 6.0 * (stream.uniform() - 0.5);
        out.push(during(
            Service::Dns(place),
            State::Drop,
            from,
            until.max(600.0),
        ));
    }
    if stream.below(3) == 0 {
        out.push(during(
            Service::Gateway,
            State::SessionsLost,
            end,
            end + 120.0,
        ));
    }
    if stream.below(3) == 0 {
        out.push(during(Service::Dhcp, State::Drop, 600.0, end));
    }
    out
}

#[test]
fn samples_lie_under_the_bound_whatever_the_heartbeats() {
    let stacks = ["lwip", "linux", "linux-before-6.5", "freertos-tcp"];
    let (mut kinds, mut fullest) = ([0; 3], 0.0_f64);
    for seed in 0..240 {
        let mut stream = Stream::new(seed, 9, 0, Purpose::Parameter);
        let mut stack = || stacks[usize::try_from(stream.below(4)).unwrap()];
        let mut fleet = Fleet::with_default_servers(vec![
            group("icu", 180, stack()),
            group("ward", 240, stack()),
        ]);
        for group in &mut fleet.groups {
            group.count /= u32::try_from(1 + stream.below(4)).unwrap();
            // The worst of other groups' stacks counts.
            let other = Stack::find(stacks[usize::try_from(stream.below(4)).unwrap()], 2).unwrap();
            group.class.stacks.push(other);
            if stream.below(2) == 0 {
                group.class.back_off = BackOff {
                    base_s: 1.0,
                    factor: 2.0,
                    cap_s: 8.0,
                    jitter: Jitter::Full,
                    floor_s: 0.0,
                };
            }
        }
        match stream.below(3) {
            0 => {
                fleet.gateway.service_s = 0.4;
                fleet.gateway.backlog = None;
            }
            1 => fleet.gateway.service_s = 0.08,
            _ => {}
        }
        let later_s = 10.0 * stream.uniform();
        let lost = during(Service::Gateway, State::SessionsLost, 600.0, 720.0);
        let segments = match seed % 4 {
            0 => vec![lost],
            1 => vec![during(
                Service::Gateway,
                State::Refuse,
                600.0,
                610.0 + 3.0 * float(seed),
            )],
            _ => silence(&mut stream),
        };
        let draws: Vec<Draw> = fleet
            .groups
            .iter()
            .map(|group| group.class.draw(&mut stream))
            .collect();
        let settings = Settings {
            outage_spread_s: later_s,
            ..Settings::once(seed, 2_000.0)
        };
        let run = run_with(&fleet, &segments, &settings, 0, &draws);
        for (number, (draw, group)) in draws.iter().zip(&run.groups).enumerate() {
            let exposure = exposure(&fleet, number, 0, &segments, (2_000.0, later_s)).unwrap();
            let most = bound_among(&exposure, draw, &draws).block_s.unwrap();
            assert!(
                group.block_s <= most + 1e-4,
                "seed {seed}: {} over {most}",
                group.block_s
            );
            let returning = exposure.coming_back.as_ref();
            let messages_s = exposure.flush.busy_s((number, draw), &draws).unwrap();
            let fares = returning.and_then(|one| one.fares(&draws, messages_s));
            let kind = fares.map_or(0, |fares| if fares.full_s > 0.0 { 1 } else { 2 });
            kinds[kind] += 1;
            if let Some(fares) = fares {
                let gateway = run.servers.last().unwrap();
                assert!(gateway.dropped == 0 || fares.full_s > 0.0, "seed {seed}");
                let most = fares.wait_s / fleet.gateway.service_s * 4.0;
                let queue = length(gateway.queue_max);
                assert!(queue <= most, "seed {seed}: {queue} of {most}");
                fullest = fullest.max(queue / most);
            }
        }
    }
    // Every kind of draws was met.
    let [unbounded, late, never_full] = kinds;
    assert!(unbounded > 60 && late > 2 && never_full > 60, "{kinds:?}");
    assert!(fullest > 0.3, "{fullest}");
}
