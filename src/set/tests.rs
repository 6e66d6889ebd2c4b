//! Packet sets against brute force in a small universe.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use super::{
    Arena, Bound, BudgetExceeded, Field, Layout, Packet, PacketBox, SetId, wildcard_ranges,
};

/// Largest values of the small universe.
const SMALL: [(Field, u8); 5] = [
    (Field::Protocol, 2),
    (Field::Destination, 7),
    (Field::Source, 4),
    (Field::DestinationPort, 3),
    (Field::TcpState, 1),
];

/// A range in one field.
type Range = (Field, u8, u8);

/// How a test set grows by one box.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The box is added.
    Add,
    /// The box is taken away.
    Remove,
    /// Only the box stays.
    Keep,
}

/// A recipe for a set: boxes and what to do with each.
type Recipe = Vec<(Step, Vec<Range>)>;

/// Reproducible cases.
fn config() -> Config {
    Config {
        cases: 96,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..Config::default()
    }
}

/// The layout of the small universe.
fn small_layout<B: Bound>() -> Layout<B> {
    Layout::new(&SMALL.map(|(field, maximum)| (field, B::from(maximum))))
}

/// All packets of a layout, smallest first.
fn universe<B: Bound>(layout: &Layout<B>) -> Vec<Packet<B>> {
    let mut packets = vec![Packet::new(&[])];
    for field in Field::ALL {
        let last: u128 = layout.maximum(field).into();
        packets = packets
            .iter()
            .flat_map(|packet| {
                (0..=last).map(|value| packet.with(field, B::saturating_from(value)))
            })
            .collect();
    }
    packets
}

/// Packets of a set, by asking for each one.
fn members<B: Bound>(arena: &Arena<B>, set: SetId) -> Vec<Packet<B>> {
    universe(arena.layout())
        .into_iter()
        .filter(|packet| arena.contains(set, packet))
        .collect()
}

/// Whether a packet lies in a box.
fn lies_in<B: Bound>(packet: &Packet<B>, ranges: &[Range]) -> bool {
    ranges
        .iter()
        .all(|&(field, low, high)| (B::from(low)..=B::from(high)).contains(&packet.value(field)))
}

/// A box as a set.
fn box_set<B: Bound>(arena: &mut Arena<B>, ranges: &[Range]) -> SetId {
    let ranges: Vec<_> = ranges
        .iter()
        .map(|&(field, low, high)| (field, B::from(low), B::from(high)))
        .collect();
    arena.from_box(&ranges).unwrap()
}

/// A recipe carried out by set algebra.
fn cook<B: Bound>(arena: &mut Arena<B>, recipe: &Recipe) -> SetId {
    recipe.iter().fold(SetId::EMPTY, |set, (step, ranges)| {
        let ranges = box_set(arena, ranges);
        match step {
            Step::Add => arena.or(set, ranges).unwrap(),
            Step::Remove => arena.difference(set, ranges).unwrap(),
            Step::Keep => arena.and(set, ranges).unwrap(),
        }
    })
}

/// A recipe carried out packet by packet.
fn cook_slowly<B: Bound>(layout: &Layout<B>, recipe: &Recipe) -> Vec<Packet<B>> {
    let holds = |packet: &Packet<B>| {
        recipe
            .iter()
            .fold(false, |holds, (step, ranges)| match step {
                Step::Add => holds || lies_in(packet, ranges),
                Step::Remove => holds && !lies_in(packet, ranges),
                Step::Keep => holds && lies_in(packet, ranges),
            })
    };
    universe(layout).into_iter().filter(holds).collect()
}

/// Packets as a set, one by one.
fn from_members<B: Bound>(arena: &mut Arena<B>, packets: &[Packet<B>]) -> SetId {
    let points: Vec<SetId> = packets
        .iter()
        .map(|packet| {
            let point = Field::ALL.map(|field| (field, packet.value(field), packet.value(field)));
            arena.from_box(&point).unwrap()
        })
        .collect();
    arena.or_all(&points).unwrap()
}

/// A range in a field of the small universe, sometimes beyond it, sometimes inverted.
fn any_range() -> impl Strategy<Value = Range> {
    (0..SMALL.len(), 0..10_u8, 0..10_u8).prop_map(|(idx, low, length)| {
        let (field, maximum) = SMALL[idx];
        let low = low % (maximum + 2);
        (
            field,
            low,
            (low + length % (maximum + 2)).saturating_sub(u8::from(length == 9)),
        )
    })
}

/// A box of a few ranges.
fn any_box() -> impl Strategy<Value = Vec<Range>> {
    prop::collection::vec(any_range(), 0..5)
}

/// A recipe of a few boxes, mostly additions.
fn any_recipe() -> impl Strategy<Value = Recipe> {
    let step = prop_oneof![4 => Just(Step::Add), 2 => Just(Step::Remove), 1 => Just(Step::Keep)];
    prop::collection::vec((step, any_box()), 0..8)
}

/// A field of the small universe.
fn any_field() -> impl Strategy<Value = Field> {
    prop::sample::select(Field::ALL.to_vec())
}

/// Checks the algebra of two recipes over one bound type.
fn check_algebra<B: Bound>(left: &Recipe, right: &Recipe) {
    let layout = small_layout::<B>();
    let mut arena = Arena::new(layout);
    let has = |sorted: &[Packet<B>], packet: &Packet<B>| sorted.binary_search(packet).is_ok();
    let (l, r) = (cook(&mut arena, left), cook(&mut arena, right));
    let (left, right) = (cook_slowly(&layout, left), cook_slowly(&layout, right));
    assert_eq!(members(&arena, l), left);
    assert_eq!(l == r, left == right, "equal sets have equal handles");
    let shared = left.iter().filter(|packet| has(&right, packet)).count();
    let before = arena.node_count();
    assert_eq!(arena.is_subset(l, r), shared == left.len());
    assert_eq!(arena.intersects(l, r), shared > 0);
    assert_eq!(arena.node_count(), before, "questions make no nodes");
    let expected = |keep: &dyn Fn(&Packet<B>) -> bool| -> Vec<Packet<B>> {
        universe(&layout)
            .into_iter()
            .filter(|packet| keep(packet))
            .collect()
    };
    let and = arena.and(l, r).unwrap();
    assert_eq!(
        members(&arena, and),
        expected(&|p| has(&left, p) && has(&right, p))
    );
    let or = arena.or(l, r).unwrap();
    assert_eq!(
        members(&arena, or),
        expected(&|p| has(&left, p) || has(&right, p))
    );
    let difference = arena.difference(l, r).unwrap();
    assert_eq!(
        members(&arena, difference),
        expected(&|p| has(&left, p) && !has(&right, p))
    );
    let complement = arena.complement(l).unwrap();
    assert_eq!(members(&arena, complement), expected(&|p| !has(&left, p)));
    assert_eq!(arena.is_empty(difference), shared == left.len());
    assert_eq!(
        from_members(&mut arena, &left),
        l,
        "the way to a set does not matter"
    );
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn algebra_is_brute_force(left in any_recipe(), right in any_recipe()) {
        check_algebra::<u32>(&left, &right);
        check_algebra::<u128>(&left, &right);
    }

    #[test]
    fn questions_are_brute_force(
        recipe in any_recipe(),
        field in any_field(),
        wishes in prop::collection::vec((any_field(), 0..6_u32), 0..5),
    ) {
        let mut arena = Arena::<u32>::new(small_layout());
        let set = cook(&mut arena, &recipe);
        let packets = members(&arena, set);
        prop_assert_eq!(arena.count(set), Some(packets.len() as u128));
        prop_assert_eq!(arena.pick(set), packets.first().copied());

        let values: Vec<u32> =
            (0..=9).filter(|&value| packets.iter().any(|p| p.value(field) == value)).collect();
        let ranges = arena.field_ranges(set, field);
        let listed: Vec<u32> = ranges.iter().flat_map(|&(low, high)| low..=high).collect();
        prop_assert_eq!(listed, values);
        prop_assert!(ranges.is_sorted_by(|a, b| a.1 + 1 < b.0), "sorted, disjoint, not adjacent");

        let mut left = packets.clone();
        let mut wished = Vec::new();
        for &(field, value) in &wishes {
            if !wished.contains(&field) && left.iter().any(|p| p.value(field) == value) {
                left.retain(|packet| packet.value(field) == value);
                wished.push(field);
            }
        }
        prop_assert_eq!(arena.pick_preferring(set, &wishes), left.first().copied());

        let corner =
            |found: PacketBox<u32>| Packet::new(&Field::ALL.map(|f| (f, found.range(f).0)));
        let corners: Vec<_> = arena.boxes(set).map(corner).collect();
        prop_assert!(corners.is_sorted_by(|a, b| a < b), "boxes come in order");
        let mut listed: Vec<Packet<u32>> = Vec::new();
        for found in arena.boxes(set) {
            let inside = |p: &Packet<u32>| {
                Field::ALL.iter().all(|&f| {
                    let (low, high) = found.range(f);
                    (low..=high).contains(&p.value(f))
                })
            };
            listed.extend(universe(arena.layout()).into_iter().filter(inside));
        }
        listed.sort_unstable();
        prop_assert_eq!(listed, packets, "boxes are disjoint and cover the set");
    }

    #[test]
    fn images_are_brute_force(recipe in any_recipe(), field in any_field(), range in any_range()) {
        let layout = small_layout::<u32>();
        let mut arena = Arena::new(layout);
        let set = cook(&mut arena, &recipe);
        let packets = members(&arena, set);
        let reached = |packet: &Packet<u32>| {
            packets.iter().any(|p| p.with(field, 0) == packet.with(field, 0))
        };
        let exists = arena.exists(set, field).unwrap();
        let expected: Vec<_> = universe(&layout).into_iter().filter(reached).collect();
        prop_assert_eq!(members(&arena, exists), expected.clone());

        let (low, high) = (u32::from(range.1), u32::from(range.2));
        let assigned = arena.assign(set, field, low, high).unwrap();
        let expected: Vec<_> =
            expected.into_iter().filter(|p| (low..=high).contains(&p.value(field))).collect();
        prop_assert_eq!(members(&arena, assigned), expected);

        let to = (low + high) % 3;
        let moved = arena.shift(set, field, (low, high), to).unwrap();
        let is_whole = low == 0 && high >= layout.maximum(field);
        if low <= high && !is_whole {
            let inside = packets.iter().filter(|p| (low..=high).contains(&p.value(field)));
            let mut expected: Vec<_> = inside
                .map(|p| p.with(field, p.value(field) - low + to))
                .filter(|p| p.value(field) <= layout.maximum(field))
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(members(&arena, moved), expected);
        }
    }

    #[test]
    fn imports_are_the_same_set(
        recipe in any_recipe(),
        other in any_recipe(),
        field in any_field(),
        maximum in 0..9_u32,
    ) {
        let layout = small_layout::<u32>();
        let mut arena = Arena::new(layout);
        let set = cook(&mut arena, &recipe);
        let mut fresh = Arena::new(layout);
        let same = fresh.import(&arena, set).unwrap();
        prop_assert_eq!(members(&fresh, same), members(&arena, set));
        prop_assert_eq!(fresh.node_count(), arena.size(&[set]));
        let mut used = Arena::new(layout);
        cook(&mut used, &other);
        let imported = used.import(&arena, set).unwrap();
        prop_assert_eq!(imported, cook(&mut used, &recipe));

        let maxima = Field::ALL.map(|f| (f, if f == field { maximum } else { layout.maximum(f) }));
        let mut resized = Arena::new(Layout::new(&maxima));
        let imported = resized.import(&arena, set).unwrap();
        let shared: Vec<_> =
            members(&arena, set).into_iter().filter(|p| p.value(field) <= maximum).collect();
        prop_assert_eq!(members(&resized, imported), shared);
    }

    #[test]
    fn products_are_brute_force(ranges in prop::collection::vec(any_range(), 0..9)) {
        let layout = small_layout::<u32>();
        let mut arena = Arena::new(layout);
        let of = |field: Field| -> Vec<(u32, u32)> {
            ranges.iter().filter(|r| r.0 == field).map(|r| (r.1.into(), r.2.into())).collect()
        };
        let within = |packet: &Packet<u32>, field: Field| {
            of(field).iter().any(|&(low, high)| (low..=high).contains(&packet.value(field)))
        };
        let one = arena.with_field(Field::Destination, &of(Field::Destination)).unwrap();
        let expected: Vec<_> =
            universe(&layout).into_iter().filter(|p| within(p, Field::Destination)).collect();
        prop_assert_eq!(members(&arena, one), expected);

        let lists = SMALL.map(|(field, _)| (field, of(field)));
        let listed: Vec<_> =
            lists.iter().filter(|l| !l.1.is_empty()).map(|l| (l.0, l.1.as_slice())).collect();
        let product = arena.from_product(&listed).unwrap();
        let expected: Vec<_> = universe(&layout)
            .into_iter()
            .filter(|p| listed.iter().all(|&(field, _)| within(p, field)))
            .collect();
        prop_assert_eq!(members(&arena, product), expected);
        let twice: Vec<_> = listed.iter().chain(&listed).copied().collect();
        prop_assert_eq!(arena.from_product(&twice), Ok(product));
    }

    #[test]
    fn filters_are_brute_force(lines in prop::collection::vec((any_box(), any::<bool>()), 0..12)) {
        let mut arena = Arena::<u32>::new(small_layout());
        let sets: Vec<_> =
            lines.iter().map(|(b, permit)| (box_set(&mut arena, b), *permit)).collect();
        let filter = arena.first_match(&sets).unwrap();
        for packet in universe(&small_layout::<u32>()) {
            let first = lines.iter().find(|(ranges, _)| lies_in(&packet, ranges));
            prop_assert_eq!(arena.contains(filter.matched, &packet), first.is_some());
            let permits = first.is_some_and(|&(_, permit)| permit);
            prop_assert_eq!(arena.contains(filter.permitted, &packet), permits);
        }
    }

    #[test]
    fn wildcards_are_brute_force(address in 0..1024_u32, wildcard in 0..1024_u32) {
        let ranges = wildcard_ranges(address, wildcard).unwrap();
        let listed: Vec<u32> = ranges.iter().flat_map(|&(low, high)| low..=high).collect();
        let expected: Vec<u32> =
            (0..1024).filter(|value| (value ^ address) & !wildcard == 0).collect();
        prop_assert_eq!(listed, expected);
        prop_assert!(ranges.is_sorted_by(|a, b| a.1 + 1 < b.0), "sorted, disjoint, not adjacent");
        let wide = wildcard_ranges(u128::from(address), u128::from(wildcard)).unwrap();
        let ranges: Vec<(u128, u128)> =
            ranges.iter().map(|&(low, high)| (low.into(), high.into())).collect();
        prop_assert_eq!(wide, ranges);
    }

    #[test]
    fn the_same_steps_make_the_same_handles(left in any_recipe(), right in any_recipe()) {
        let run = || {
            let mut arena = Arena::<u32>::new(small_layout());
            let (l, r) = (cook(&mut arena, &left), cook(&mut arena, &right));
            let projected = arena.exists(l, Field::Source).unwrap();
            (l, r, projected, arena.node_count(), arena.edge_count())
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn a_budget_is_exact_or_unknown(recipe in any_recipe(), nodes in 0..40_u32) {
        let mut plenty = Arena::<u32>::new(small_layout());
        let mut scarce = Arena::<u32>::with_budget(small_layout(), nodes);
        let mut known = (SetId::EMPTY, SetId::EMPTY);
        for (_, ranges) in &recipe {
            let ranges: Vec<_> = ranges.iter().map(|r| (r.0, r.1.into(), r.2.into())).collect();
            let more = plenty.from_box(&ranges).unwrap();
            let exact = plenty.or(known.0, more).unwrap();
            match scarce.from_box(&ranges).and_then(|more| scarce.or(known.1, more)) {
                Ok(set) => known = (exact, set),
                Err(exceeded) => prop_assert_eq!(exceeded, BudgetExceeded { nodes }),
            }
            prop_assert!(scarce.node_count() <= nodes as usize);
            prop_assert_eq!(members(&scarce, known.1), members(&plenty, known.0));
        }
    }
}
