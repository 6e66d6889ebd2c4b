//! Packet sets of real size against a first-match evaluator and against box subtraction.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use super::{Arena, Bound, Field, Layout, Packet, ScatteredWildcard, SetId, wildcard_ranges};

/// First and last value of every field, by level.
type Ranges = [(u32, u32); Field::COUNT];

/// A filter line and whether it permits.
type Line = (Ranges, bool);

/// Reproducible cases.
fn config() -> Config {
    Config {
        cases: 48,
        rng_seed: RngSeed::Fixed(11),
        failure_persistence: None,
        ..Config::default()
    }
}

/// All values of every field.
fn all_values() -> Ranges {
    Field::ALL.map(|field| (0, Layout::<u32>::packets().maximum(field)))
}

/// A prefix of 10.0.0.0/8 with few enough choices that prefixes nest and repeat.
fn any_prefix() -> impl Strategy<Value = (u32, u32)> {
    let length = prop::sample::select(vec![0_u32, 8, 16, 20, 24, 24, 30, 32, 32]);
    (length, 0..4_u32, 0..32_u32, 0..8_u32).prop_map(|(length, site, subnet, host)| {
        let hosts = u32::MAX.checked_shr(length).unwrap_or(0);
        let low = (0x0a00_0000 | site << 16 | subnet << 10 | host) & !hosts;
        (low, low | hosts)
    })
}

/// A range of ports: one, a few, the ephemeral ones, all.
fn any_ports() -> impl Strategy<Value = (u32, u32)> {
    prop_oneof![
        4 => prop::sample::select(vec![53_u32, 80, 443, 1812, 3000, 8443]).prop_map(|p| (p, p)),
        1 => (0..65_536_u32, 0..512_u32).prop_map(|(p, more)| (p, (p + more).min(65_535))),
        1 => Just((49_152, 65_535)),
        3 => Just((0, 65_535)),
    ]
}

/// A line of a campus filter.
fn any_line() -> impl Strategy<Value = Line> {
    let protocol = prop::sample::select(vec![(0, 255), (1, 1), (6, 6), (6, 6), (17, 17)]);
    let state = prop::sample::select(vec![(0, 1), (0, 1), (0, 1), (1, 1)]);
    let dscp = prop::sample::select(vec![(0, 63), (0, 63), (0, 63), (46, 46)]);
    let sources = prop_oneof![3 => Just((0, 65_535)), 1 => any_ports()];
    let fields = (
        protocol,
        any_prefix(),
        any_prefix(),
        any_ports(),
        sources,
        state,
        dscp,
    );
    (fields, any::<bool>())
        .prop_map(|((p, d, s, dp, sp, t, q), permit)| ([p, d, s, dp, sp, t, q], permit))
}

/// A filter with packets at and around the corners of its lines.
fn any_filter(length: usize) -> impl Strategy<Value = (Vec<Line>, Vec<Packet<u32>>)> {
    let corner = prop::array::uniform7((any::<prop::sample::Index>(), 0..4_u32));
    (
        prop::collection::vec(any_line(), 1..length),
        prop::collection::vec(corner, 60),
    )
        .prop_map(|(lines, corners)| {
            let packets = corners.iter().map(|corner| {
                let values: Vec<_> = Field::ALL
                    .iter()
                    .zip(corner)
                    .enumerate()
                    .map(|(level, (&field, (line, which)))| {
                        let (low, high) = line.get(&lines).0[level];
                        let value = [low, high, low.saturating_sub(1), high.saturating_add(1)];
                        let maximum = Layout::<u32>::packets().maximum(field);
                        (field, value[*which as usize].min(maximum))
                    })
                    .collect();
                Packet::new(&values)
            });
            let packets = packets.collect();
            (lines, packets)
        })
}

/// A line as a set; addresses are spread over the larger space of the bound type.
fn line_set<B: Bound>(arena: &mut Arena<B>, ranges: &Ranges) -> SetId {
    let ranges: Vec<_> = Field::ALL
        .iter()
        .zip(ranges)
        .map(|(&field, &(low, high))| (field, spread(field, low).0, spread(field, high).1))
        .collect();
    arena.from_box(&ranges).unwrap()
}

/// First and last value that stand for a value of the IPv4 test.
fn spread<B: Bound>(field: Field, value: u32) -> (B, B) {
    let wide: u128 = B::MAX.into();
    if matches!(field, Field::Destination | Field::Source) && wide > u128::from(u32::MAX) {
        let low = u128::from(value) << 96;
        (
            B::saturating_from(low),
            B::saturating_from(low | u128::MAX >> 32),
        )
    } else {
        (B::from(value), B::from(value))
    }
}

/// Compiles a filter and asks it about packets, in one bound type.
fn check_filter<B: Bound>(lines: &[Line], packets: &[Packet<u32>]) {
    let mut arena = Arena::<B>::new(Layout::packets());
    let sets: Vec<_> = lines
        .iter()
        .map(|(ranges, permit)| (line_set(&mut arena, ranges), *permit))
        .collect();
    let filter = arena.first_match(&sets).unwrap();
    for packet in packets {
        let holds = |ranges: &Ranges| {
            Field::ALL
                .iter()
                .zip(ranges)
                .all(|(&f, r)| (r.0..=r.1).contains(&packet.value(f)))
        };
        let first = lines.iter().find(|(ranges, _)| holds(ranges));
        let asked = Packet::new(&Field::ALL.map(|f| (f, spread(f, packet.value(f)).1)));
        assert_eq!(arena.contains(filter.matched, &asked), first.is_some());
        assert_eq!(
            arena.contains(filter.permitted, &asked),
            first.is_some_and(|line| line.1)
        );
    }
    let (mut matched, mut permitted) = (SetId::EMPTY, SetId::EMPTY);
    for &(set, permit) in &sets {
        let new = arena.difference(set, matched).unwrap();
        matched = arena.or(matched, set).unwrap();
        permitted = if permit {
            arena.or(permitted, new).unwrap()
        } else {
            permitted
        };
    }
    assert_eq!(
        (filter.matched, filter.permitted),
        (matched, permitted),
        "halves or line by line"
    );
}

/// What is left of a box without another one, as disjoint boxes.
fn subtract(from: Ranges, taken: &Ranges) -> Vec<Ranges> {
    let meets = |level: usize| from[level].0 <= taken[level].1 && taken[level].0 <= from[level].1;
    if !(0..Field::COUNT).all(meets) {
        return vec![from];
    }
    let (mut rest, mut left) = (from, Vec::new());
    for level in 0..Field::COUNT {
        let (low, high) = rest[level];
        let (first, last) = taken[level];
        if low < first {
            rest[level] = (low, first - 1);
            left.push(rest);
        }
        if last < high {
            rest[level] = (last + 1, high);
            left.push(rest);
        }
        rest[level] = (low.max(first), high.min(last));
    }
    left
}

/// Number of packets in disjoint boxes.
fn volume(boxes: &[Ranges]) -> u128 {
    let one = |ranges: &Ranges| {
        ranges
            .iter()
            .map(|&(low, high)| u128::from(high - low) + 1)
            .product::<u128>()
    };
    boxes.iter().map(one).sum()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn filters_decide_as_their_first_matching_line((lines, packets) in any_filter(120)) {
        check_filter::<u32>(&lines, &packets);
        check_filter::<u128>(&lines, &packets);
    }

    #[test]
    fn counts_are_those_of_box_subtraction((lines, _) in any_filter(14)) {
        let mut free = vec![all_values()];
        let mut permitted = 0;
        for (ranges, permit) in &lines {
            let before = volume(&free);
            free = free.into_iter().flat_map(|left| subtract(left, ranges)).collect();
            permitted += if *permit { before - volume(&free) } else { 0 };
        }
        let mut arena = Arena::<u32>::new(Layout::packets());
        let sets: Vec<_> =
            lines.iter().map(|(ranges, permit)| (line_set(&mut arena, ranges), *permit)).collect();
        let filter = arena.first_match(&sets).unwrap();
        prop_assert_eq!(arena.count(filter.permitted), Some(permitted));
        let unmatched = arena.complement(filter.matched).unwrap();
        prop_assert_eq!(arena.count(unmatched), Some(volume(&free)));
        let listed: Vec<Ranges> =
            arena.boxes(filter.permitted).map(|found| Field::ALL.map(|f| found.range(f))).collect();
        prop_assert_eq!(volume(&listed), permitted);
    }
}

#[test]
fn a_filter_over_its_budget_has_no_answer() {
    let line = |arena: &mut Arena<u32>, k: u32| {
        let ranges = [
            (Field::Destination, k * 8, k * 8 + 9),
            (Field::DestinationPort, k, k),
        ];
        arena.from_box(&ranges).map(|set| (set, k & 3 != 0))
    };
    let compile = |nodes: u32| {
        let mut arena = Arena::<u32>::with_budget(Layout::packets(), nodes);
        let lines: Result<Vec<_>, _> = (0..100).map(|k| line(&mut arena, k)).collect();
        arena.first_match(&lines?)
    };
    assert!(compile(50).is_err());
    assert!(compile(300).is_err());
    let filter = compile(20_000);
    assert!(filter.is_ok());
    assert_eq!(filter, compile(20_000), "same steps, same handles");
}

#[test]
fn wildcards_expand_to_a_limit() {
    assert_eq!(
        wildcard_ranges(0x0a01_0203_u32, 0xff),
        Ok(vec![(0x0a01_0200, 0x0a01_02ff)])
    );
    assert_eq!(wildcard_ranges(7_u32, u32::MAX), Ok(vec![(0, u32::MAX)]));
    assert_eq!(wildcard_ranges(7_u128, u128::MAX), Ok(vec![(0, u128::MAX)]));
    assert_eq!(wildcard_ranges(7_u32, 0), Ok(vec![(7, 7)]));
    assert_eq!(wildcard_ranges(0_u32, 0x0fff_0000).unwrap().len(), 4096);
    assert_eq!(
        wildcard_ranges(0_u32, 0x1fff_0000),
        Err(ScatteredWildcard { bits: 13 })
    );
    assert_eq!(
        wildcard_ranges(0_u32, 0x1fff_00ff),
        Err(ScatteredWildcard { bits: 13 })
    );
    let mut arena = Arena::<u32>::new(Layout::packets());
    let every_other = wildcard_ranges(0x0a00_0001_u32, 0x00ff_fffe).unwrap_err();
    assert_eq!(every_other, ScatteredWildcard { bits: 23 });
    let floors = wildcard_ranges(0x0a00_0a00_u32, 0x000f_00ff).unwrap();
    let set = arena.with_field(Field::Destination, &floors).unwrap();
    let to = |address: u32| Packet::new(&[(Field::Destination, address)]);
    assert!(arena.contains(set, &to(0x0a07_0a63)));
    assert!(!arena.contains(set, &to(0x0a10_0a63)));
    assert_eq!(arena.field_ranges(set, Field::Destination), floors);
}

#[test]
fn a_set_of_one_field_has_every_value_of_the_others() {
    let mut arena = Arena::<u128>::new(Layout::packets());
    let tcp = arena.from_box(&[(Field::Protocol, 6, 6)]).unwrap();
    assert_eq!(arena.node_count(), 1);
    assert_eq!(arena.count(tcp), None, "more than fits");
    assert_eq!(arena.count(SetId::EMPTY), Some(0));
    assert_eq!(arena.field_ranges(tcp, Field::Protocol), [(6, 6)]);
    assert_eq!(arena.field_ranges(tcp, Field::Source), [(0, u128::MAX)]);
    assert_eq!(arena.field_ranges(SetId::EMPTY, Field::Source), []);
    assert_eq!(arena.pick(tcp), Some(Packet::new(&[(Field::Protocol, 6)])));
    assert!(!arena.contains(SetId::FULL, &Packet::new(&[(Field::Dscp, 64)])));
}
