//! What a disturbance raises a verdict to, and on which assumptions that rests.
//!
//! Parameters are drawn from their intervals; draws that would trip on an ordinary day, or in an
//! outage that the site survived, are thrown away. Branches of the architecture and stacks are
//! never averaged: the worst that is not excluded counts.

use crate::client::schedule::Provenance;

use super::bound::{Bound, Exposure, Flush, bound_among, exposure_with};
use super::disturbance::Segment;
use super::fleet::{Fleet, Group};
use super::number::{float, index, length};
use super::pump::{DEFINITIONS, Draw, Mechanism, Parameter, PumpClass};
use super::random::{Purpose, Stream};
use super::simulate::quantile;

/// Draws for each branch.
const DRAWS: u64 = 400;
/// Share of draws that must trip for a no-go: then 90 of 100 draws do not bound the risk below 5 %
/// (a draw trips or does not).
const NO_GO_SHARE: f64 = 0.10;
/// Share of draws that trip at any burden beyond an ordinary day's and make a no-go.
const MOST: f64 = 0.5;
/// Margin below which a verdict becomes conditional.
const NARROW: f64 = 0.5;
/// Burden over an ordinary day's above which a verdict becomes conditional, and above which trips
/// of assumed pumps make a no-go.
const HEAVY: f64 = 2.0;
/// Longest call that an ordinary day's lost packet makes (one lookup's first wait and a SYN's
/// repetition), in seconds.
const ORDINARY_BLOCK_S: f64 = 6.0;
/// Queue of an ordinary day: 30 s of messages; memory holds four times that.
const ORDINARY_SILENCE_S: f64 = 30.0;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Pumps and servers.
    pub fleet: &'a Fleet,
    /// What happens.
    pub segments: &'a [Segment],
    /// Lengths of outages that harmed nobody, in seconds.
    pub survived_s: &'a [f64],
    /// End of what is looked at, in seconds.
    pub horizon_s: f64,
    /// Outages end up to this much later.
    pub later_s: f64,
    /// Recovery that the site accepts, in seconds.
    pub recovery_limit_s: f64,
    /// Seed of the draws.
    pub seed: u64,
}

/// The result for one mechanism on one stack.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Branch {
    /// Mechanism.
    pub(super) mechanism: Mechanism,
    /// Index of the stack.
    pub(super) stack: usize,
    /// Bound with the likeliest parameters.
    pub(super) likeliest: (Option<f64>, f64),
    /// Margins that are left, in order.
    pub(super) margins: Vec<f64>,
    /// Share that trips before anything is thrown away.
    pub(super) prior: f64,
    /// Burden over an ordinary day's, in order.
    pub(super) factors: Vec<f64>,
    /// Parameters by correlation with the margin, the strongest first.
    pub(super) decided_by: Vec<(Parameter, f64)>,
    /// Whether what is known of the pump says that it trips on ordinary days: then nothing is
    /// thrown away.
    pub(super) trips_ordinarily: bool,
    /// Share that trips at a burden that no ordinary day comes near to.
    pub(super) trips_heavily: f64,
    /// Whether its limit and what decides it are measured or published.
    pub(super) is_known: bool,
}

impl Branch {
    /// Share that trips after ordinary days and survived outages.
    pub(super) fn trips(&self) -> f64 {
        let trips = self.margins.iter().filter(|margin| **margin < 0.0).count();
        length(trips) / length(self.margins.len()).max(1.0)
    }

    /// Whether nothing bounds it, whatever the parameters.
    pub(super) fn is_unbounded(&self) -> bool {
        self.likeliest.0.is_none()
    }

    /// Whether it is more than an ordinary day asks, in one of ten draws.
    fn exceeds_ordinary(&self) -> bool {
        quantile(&self.factors, 0.9) > 1.0
    }

    /// Whether the likeliest pump trips.
    fn likeliest_trips(&self) -> bool {
        let (value, limit) = self.likeliest;
        value.is_none_or(|value| value > limit)
    }

    /// What it raises a verdict to: 2 no-go, 1 conditional, 0 nothing.
    ///
    /// A draw that survives ordinary days by a hair trips at a burden of a hair more: that says how
    /// wide the assumptions are, not what the change does. So assumed numbers make a no-go only
    /// where the burden is far from ordinary and the likeliest pump trips too; known ones do at any
    /// burden.
    pub(super) fn raises(&self) -> u8 {
        let more = self.exceeds_ordinary() || self.trips_ordinarily;
        let trips = more && self.trips() >= NO_GO_SHARE;
        // Where most trip, or all because of what is known, no assumption saves them.
        let certain = self.is_known || self.trips_ordinarily || self.trips() >= MOST;
        let heavily = self.trips_heavily >= NO_GO_SHARE && self.likeliest_trips();
        if self.is_unbounded() || heavily || certain && trips {
            return 2;
        }
        let narrow = self.exceeds_ordinary() && quantile(&self.margins, 0.1) < NARROW;
        u8::from(trips || narrow || quantile(&self.factors, 0.5) > HEAVY)
    }
}

/// The burden of an ordinary day: one authentication, one handshake, four log writes and 30 s of
/// messages; one lost packet; four times 30 s of messages in memory.
fn ordinary(class: &PumpClass, draw: &Draw, mechanism: Mechanism) -> f64 {
    let value = |parameter| draw.value(parameter);
    let free = (1.0 - value(Parameter::LoadAbove)).max(0.01);
    let messages = ORDINARY_SILENCE_S / value(Parameter::StatusPeriod).max(1e-3);
    match mechanism {
        Mechanism::H1 => value(Parameter::Kick) + value(Parameter::Erase) / free,
        Mechanism::H2 => {
            let eap = if class.uses_eap {
                value(Parameter::EapFull)
            } else {
                0.0
            };
            let work = eap
                + value(Parameter::TlsFull)
                + 4.0 * value(Parameter::LogWrite)
                + messages * value(Parameter::Message);
            value(Parameter::Kick) + work / free
        }
        Mechanism::H3 => ORDINARY_BLOCK_S,
        Mechanism::H4 => 4.0 * messages * value(Parameter::MessageBytes),
    }
}

/// Whether a draw survives ordinary days and the site's survived outages.
fn survives(class: &PumpClass, draw: &Draw, mechanism: Mechanism, survived_s: &[f64]) -> bool {
    let value = |parameter| draw.value(parameter);
    let limit = match mechanism {
        // A flash block is erased on ordinary days too, but not on each: it excludes nothing.
        Mechanism::H1 => return true,
        Mechanism::H2 => value(Parameter::Watchdog),
        Mechanism::H3 => value(Parameter::CheckIn),
        Mechanism::H4 => value(Parameter::Heap),
    };
    let day = ordinary(class, draw, mechanism);
    let early =
        mechanism == Mechanism::H2 && draw.early_margin(day - draw.value(Parameter::Kick)) < 0.0;
    if day > limit || early {
        return false;
    }
    let free = (1.0 - value(Parameter::LoadAbove)).max(0.01);
    survived_s.iter().all(|outage| {
        let messages = (outage / value(Parameter::StatusPeriod).max(1e-3)).floor();
        match mechanism {
            // Whether it was silent or refused is not said: nothing about blocking calls follows.
            Mechanism::H1 | Mechanism::H3 => true,
            Mechanism::H2 => {
                let work = value(Parameter::TlsFull) + messages * value(Parameter::Message);
                value(Parameter::Kick) + work / free <= limit
            }
            Mechanism::H4 => messages * value(Parameter::MessageBytes) <= limit,
        }
    })
}

/// Burden of the change over that of an ordinary day.
fn factor(class: &PumpClass, draw: &Draw, mechanism: Mechanism, bound: &Bound) -> f64 {
    let kick = draw.value(Parameter::Kick);
    let (value, _) = bound.against(mechanism, draw);
    let day = ordinary(class, draw, mechanism);
    let Some(value) = value else {
        return f64::INFINITY;
    };
    match mechanism {
        Mechanism::H1 => 1.0,
        Mechanism::H2 => (value - kick) / (day - kick).max(1e-9),
        Mechanism::H3 | Mechanism::H4 => value / day.max(1e-9),
    }
}

/// Every branch of a group that its architecture admits.
pub(super) fn branches(question: &Question<'_>, number: usize, group: &Group) -> Vec<Branch> {
    let class = &group.class;
    let draws_of: Vec<Vec<Draw>> = (0..)
        .zip(&question.fleet.groups)
        .map(|(number, group)| {
            let mut stream = Stream::new(question.seed, number, 0, Purpose::Parameter);
            (0..DRAWS).map(|_| group.class.draw(&mut stream)).collect()
        })
        .collect();
    let Some(draws) = draws_of.get(number) else {
        return Vec::new();
    };
    let together = |which: usize| -> Vec<Draw> {
        let draws = draws_of.iter().filter_map(|draws| draws.get(which));
        draws.copied().collect()
    };
    let times = (question.horizon_s, question.later_s);
    let flush = Flush::of(question.fleet, question.segments, times);
    let mut out = Vec::new();
    for stack in 0..class.stacks.len() {
        let place = (number, stack);
        let Some(exposure) = exposure_with(question.fleet, place, question.segments, times, &flush)
        else {
            continue;
        };
        let bounds: Vec<Bound> = draws
            .iter()
            .enumerate()
            .map(|(which, draw)| bound_among(&exposure, draw, &together(which)))
            .collect();
        for mechanism in Mechanism::ALL {
            if class.architecture.admits(mechanism) {
                out.push(branch(
                    question,
                    class,
                    (&exposure, stack),
                    mechanism,
                    (draws, &bounds),
                ));
            }
        }
    }
    out
}

/// One branch.
fn branch(
    question: &Question<'_>,
    class: &PumpClass,
    (exposure, stack): (&Exposure, usize),
    mechanism: Mechanism,
    (draws, bounds): (&[Draw], &[Bound]),
) -> Branch {
    let modes = class.modes();
    let groups = question.fleet.groups.iter();
    let likeliest: Vec<Draw> = groups.map(|group| group.class.modes()).collect();
    let likeliest = bound_among(exposure, &modes, &likeliest).against(mechanism, &modes);
    let mut prior = 0_u64;
    let mut all: Vec<(Draw, f64, f64)> = Vec::new();
    let mut kept: Vec<(Draw, f64, f64)> = Vec::new();
    for (draw, bound) in draws.iter().zip(bounds) {
        let margin = bound.margin(mechanism, draw);
        prior += u64::from(margin < 0.0);
        let one = (*draw, margin, factor(class, draw, mechanism, bound));
        if survives(class, draw, mechanism, question.survived_s) {
            kept.push(one);
        }
        all.push(one);
    }
    let trips_ordinarily = kept.is_empty();
    if trips_ordinarily {
        kept = all;
    }
    let heavily = kept
        .iter()
        .filter(|(_, margin, factor)| *margin < 0.0 && *factor > HEAVY);
    let trips_heavily = length(heavily.count()) / length(kept.len()).max(1.0);
    let mut factors: Vec<f64> = kept.iter().map(|(_, _, factor)| *factor).collect();
    factors.sort_by(f64::total_cmp);
    let decided_by = tornado(class, &kept);
    let is_known = decided_by
        .iter()
        .map(|(parameter, _)| *parameter)
        .chain([mechanism.limit()])
        .all(|parameter| label(class, parameter) != Provenance::Assumed.label());
    let mut margins: Vec<f64> = kept.iter().map(|(_, margin, _)| *margin).collect();
    margins.sort_by(f64::total_cmp);
    Branch {
        mechanism,
        stack,
        likeliest,
        margins,
        prior: float(prior) / length(draws.len()).max(1.0),
        factors,
        decided_by,
        trips_ordinarily,
        trips_heavily,
        is_known,
    }
}

/// Ranks of values, equal ones sharing their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let value = |place: usize| values.get(place).copied().unwrap_or(0.0);
    order.sort_by(|one, other| value(*one).total_cmp(&value(*other)));
    let mut ranks = vec![0.0; values.len()];
    let mut begin = 0;
    while begin < order.len() {
        let first = order.get(begin).map_or(0.0, |place| value(*place));
        let same = order
            .get(begin..)
            .unwrap_or_default()
            .iter()
            .take_while(|place| value(**place).total_cmp(&first).is_eq())
            .count()
            .max(1);
        let rank = length(begin) + (length(same) - 1.0) / 2.0;
        for place in order.get(begin..begin + same).unwrap_or_default() {
            if let Some(slot) = ranks.get_mut(*place) {
                *slot = rank;
            }
        }
        begin += same;
    }
    ranks
}

/// Spearman's rank correlation; 0 where one side does not vary.
fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let mean = (length(one.len()) - 1.0) / 2.0;
    let (mut both, mut left, mut right) = (0.0, 0.0, 0.0);
    for (one, other) in one.iter().zip(other) {
        both += (one - mean) * (other - mean);
        left += (one - mean) * (one - mean);
        right += (other - mean) * (other - mean);
    }
    let size = (left * right).sqrt();
    if size > 0.0 { both / size } else { 0.0 }
}

/// The three parameters whose ranks agree most with the margin's. A logarithm keeps ranks.
fn tornado(class: &PumpClass, kept: &[(Draw, f64, f64)]) -> Vec<(Parameter, f64)> {
    let margins: Vec<f64> = kept.iter().map(|(_, margin, _)| *margin).collect();
    let margins = ranks(&margins);
    let mut out: Vec<(Parameter, f64)> = DEFINITIONS
        .iter()
        .filter(|row| {
            class
                .scalar(row.parameter)
                .is_some_and(|scalar| scalar.hi > scalar.lo)
        })
        .map(|row| {
            let values: Vec<f64> = kept
                .iter()
                .map(|(draw, _, _)| draw.value(row.parameter))
                .collect();
            (row.parameter, correlation(&ranks(&values), &margins))
        })
        .collect();
    out.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    // With so many draws a correlation below three standard errors is noise.
    let noise = 3.0 / length(kept.len().max(2) - 1).sqrt();
    out.retain(|(_, correlation)| correlation.abs() > noise);
    out.truncate(3);
    out
}

/// A share of so many draws in words; never nothing, since draws do not prove it.
pub(super) fn share_text(share: f64, draws: usize) -> String {
    if draws == 0 {
        return "unknown: no draw is left".to_owned();
    }
    // The rule of three: with none in n, up to 3/n lies within 95 % confidence.
    let least = 300.0 / length(draws);
    if share <= 0.0 {
        return format!("below {least:.1} %");
    }
    if share >= 1.0 {
        return format!("above {:.1} %", 100.0 - least.min(100.0));
    }
    format!("{:.1} %", (share * 100.0).max(0.1))
}

/// The label that reports print for a parameter of a class.
pub(super) fn label(class: &PumpClass, parameter: Parameter) -> &'static str {
    class
        .scalar(parameter)
        .map_or(Provenance::Assumed, |scalar| scalar.label)
        .label()
}

/// A count of draws, for reports.
pub(super) fn draws_of(branch: &Branch) -> u32 {
    u32::try_from(branch.margins.len()).unwrap_or(u32::MAX)
}

/// The worst of a list of indexes, for callers that need one stack.
pub(super) fn worst_stack(branches: &[Branch]) -> usize {
    branches
        .iter()
        .max_by(|one, other| {
            (one.raises(), index(super::number::count(one.trips() * 1e6)))
                .cmp(&(
                    other.raises(),
                    index(super::number::count(other.trips() * 1e6)),
                ))
                .then(other.stack.cmp(&one.stack))
        })
        .map_or(0, |branch| branch.stack)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::disturbance::{Service, State};
    use crate::stress::pump::Stack;

    /// The branches of one group of an unknown pump on one stack.
    fn asked(stack: &str, segments: &[Segment], survived_s: &[f64]) -> Vec<Branch> {
        let class = PumpClass {
            stacks: vec![Stack::find(stack, 2).unwrap()],
            tls_timeout_s: Some(10.0),
            ..PumpClass::unknown("icu", 2)
        };
        let group = Group {
            id: "icu".to_owned(),
            class,
            count: 100,
        };
        let fleet = Fleet::with_default_servers(vec![group.clone()]);
        let question = Question {
            fleet: &fleet,
            segments,
            survived_s,
            horizon_s: 7_200.0,
            later_s: 0.0,
            recovery_limit_s: 300.0,
            seed: 1,
        };
        branches(&question, 0, &group)
    }

    /// A gateway in a state for 30 minutes.
    fn half_hour(state: State) -> [Segment; 1] {
        [Segment::new(
            Service::Gateway,
            state,
            600.0,
            Some(2_400.0),
            "access list",
        )]
    }

    #[test]
    fn shares_agree_with_the_study_of_hypotheses() {
        // The project's study of 20,000 draws: drop trips H3 in 54 %, conditioned 38 %; on Linux in
        // all; a refusal never; H4 in 35 %, conditioned 32 %.
        let found = asked("lwip", &half_hour(State::Drop), &[]);
        let blocking = &found[2];
        assert!((blocking.prior - 0.54).abs() < 0.06, "{}", blocking.prior);
        assert!(
            (blocking.trips() - 0.38).abs() < 0.07,
            "{}",
            blocking.trips()
        );
        let memory = &found[3];
        assert!((memory.prior - 0.35).abs() < 0.07, "{}", memory.prior);
        assert!((memory.trips() - 0.32).abs() < 0.07, "{}", memory.trips());
        let linux = asked("linux", &half_hour(State::Drop), &[]);
        assert!(linux[2].trips() > 0.99);
        let refused = asked("lwip", &half_hour(State::Refuse), &[]);
        assert!(refused[2].trips() < 0.03, "{}", refused[2].trips());
    }

    #[test]
    fn the_check_in_window_decides_blocking_and_ordinary_days_take_tls_out() {
        let found = asked("lwip", &half_hour(State::Drop), &[]);
        assert_eq!(found[2].decided_by[0].0, Parameter::CheckIn);
        assert!(found[2].decided_by[0].1 > 0.95);
        let memory: Vec<Parameter> = found[3].decided_by.iter().map(|row| row.0).collect();
        assert_eq!(memory[0], Parameter::Heap);
        assert!(memory.contains(&Parameter::StatusPeriod));
    }

    #[test]
    fn survived_outages_only_ever_take_draws_away() {
        let without = asked("lwip", &half_hour(State::Drop), &[]);
        let with = asked("lwip", &half_hour(State::Drop), &[1_800.0]);
        for (one, other) in without.iter().zip(&with) {
            assert!(other.margins.len() <= one.margins.len());
            assert!((one.prior - other.prior).abs() < 1e-12);
        }
        assert!(with[3].trips() < without[3].trips());
    }

    #[test]
    fn no_share_is_printed_as_nothing_or_all() {
        assert_eq!(share_text(0.0, 400), "below 0.8 %");
        assert_eq!(share_text(1.0, 400), "above 99.2 %");
        assert_eq!(share_text(0.25, 400), "25.0 %");
        assert_eq!(share_text(0.0, 0), "unknown: no draw is left");
    }
}
