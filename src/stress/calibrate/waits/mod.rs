//! Which back-off model explains a set of waits.
//!
//! Every model gives a wait a density over an interval; the likelihood allows for timers that are
//! late and for one wait in a hundred that belongs to something else. Parameters are estimated in
//! closed form for every place at which the cap may begin, and the Bayesian information criterion
//! picks, so that a model with more parameters must earn them.

use crate::client::back_off::Jitter;
use crate::stress::number::{length, ln};
use crate::wire::calibration::{BackOffModel, WaitModel};

/// One wait.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wait {
    /// Failures before it, counted from 0.
    pub(super) failures: u32,
    /// Its length.
    pub(super) seconds: f64,
}

/// Fewest waits that a model is made of.
const FEWEST: usize = 3;
/// Factors that programs use; 1.6 is that of the gRPC connection back-off.
const FACTORS: [f64; 6] = [1.0, 1.5, 1.6, 2.0, 3.0, 4.0];
/// How much a timer may be early, in seconds.
pub(super) const EARLY_S: f64 = 0.005;
/// How much a timer may be late, in seconds.
pub(super) const LATE_S: f64 = 0.03;
/// How much a program's own timer was seen late at most, as a share.
const LATE_SHARE: f64 = 0.064;
/// Least share that counts as jitter; below it is the timers' own lateness.
const LEAST_JITTER: f64 = 0.04;
/// Share of waits that belong to something else.
const STRAY: f64 = 0.01;
/// Difference of log scores below which two models cannot be told apart: 20 to 1.
pub(super) const TELLING: f64 = 3.0;
/// Share of waits that a model must explain to fit.
const FITTING: f64 = 0.9;
/// Kolmogorov's constant at one in a hundred.
const KOLMOGOROV: f64 = 1.63;

/// A model with its parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Model {
    /// First ceiling.
    base: f64,
    /// What each ceiling is multiplied with.
    factor: f64,
    /// Highest ceiling.
    cap: Option<f64>,
    /// How a wait is drawn.
    jitter: Jitter,
}

/// A model with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Scored {
    /// The model.
    model: Model,
    /// Log likelihood less the penalty.
    score: f64,
    /// Waits within its interval.
    explained: usize,
}

/// The model that explains the waits best, and the runner-up; `None` without waits.
pub(super) fn explain(waits: &[Wait]) -> Option<WaitModel> {
    let low = waits.iter().map(|wait| wait.seconds).reduce(f64::min)?;
    let high = waits.iter().map(|wait| wait.seconds).reduce(f64::max)?;
    let mut out = WaitModel {
        verdict: "too-few".to_owned(),
        waits: waits.len(),
        range_s: [round(low), round(high)],
        model: None,
        explained: 0,
        score: None,
        runner_up: None,
        runner_up_score: None,
    };
    if waits.len() < FEWEST {
        return Some(out);
    }
    let mut scored: Vec<Scored> = candidates(waits)
        .into_iter()
        .map(|model| score(&model, waits, high))
        .collect();
    scored.sort_by(|one, other| other.score.total_cmp(&one.score));
    let best = *scored.first()?;
    let other = scored
        .iter()
        .find(|other| !other.model.is_like(&best.model))
        .copied();
    let needed = FITTING * length(waits.len());
    let fits = length(best.explained) >= needed && is_spread_evenly(&best.model, waits);
    let ambiguous = other.is_some_and(|other| best.score - other.score < TELLING);
    out.verdict = String::from(match (fits, ambiguous) {
        (false, _) => "none",
        (true, true) => "ambiguous",
        (true, false) => "fits",
    });
    out.explained = best.explained;
    out.score = Some(round(best.score));
    out.model = Some(best.model.report());
    out.runner_up = other.map(|other| other.model.report());
    out.runner_up_score = other.map(|other| round(other.score));
    Some(out)
}

/// To milliseconds, for people and for the same bytes everywhere.
pub(super) fn round(number: f64) -> f64 {
    (number * 1_000.0).round() / 1_000.0
}

impl Model {
    /// Ceiling after a number of failures.
    fn ceiling(&self, failures: u32) -> f64 {
        let mut ceiling = self.base;
        for _ in 0..failures.min(64) {
            ceiling *= self.factor;
            if self.cap.is_some_and(|cap| ceiling >= cap) {
                break;
            }
        }
        self.cap.map_or(ceiling, |cap| ceiling.min(cap))
    }

    /// The waits that it makes after a number of failures.
    fn interval(&self, failures: u32) -> (f64, f64) {
        let ceiling = self.ceiling(failures);
        let (low, high) = match self.jitter {
            Jitter::None => (ceiling, ceiling * (1.0 + LATE_SHARE)),
            Jitter::Proportional(share) => (ceiling * (1.0 - share), ceiling * (1.0 + share)),
            Jitter::Equal => (ceiling * 0.5, ceiling),
            Jitter::Full | Jitter::Decorrelated => (0.0, ceiling),
        };
        (low - EARLY_S, high + LATE_S)
    }

    /// Whether another model says the same but for its numbers.
    fn is_like(&self, other: &Self) -> bool {
        let kind = |jitter: Jitter| match jitter {
            Jitter::None => 0,
            Jitter::Proportional(_) => 1,
            Jitter::Equal => 2,
            Jitter::Full => 3,
            Jitter::Decorrelated => 4,
        };
        kind(self.jitter) == kind(other.jitter) && (self.factor - other.factor).abs() < 1e-9
    }

    /// Parameters that were estimated.
    fn parameters(&self) -> u32 {
        1 + u32::from(self.factor > 1.0)
            + u32::from(self.cap.is_some())
            + u32::from(matches!(self.jitter, Jitter::Proportional(_)))
    }

    /// The model for a report.
    fn report(&self) -> BackOffModel {
        let (jitter, share) = match self.jitter {
            Jitter::None => ("none", None),
            Jitter::Proportional(share) => ("proportional", Some(round(share))),
            Jitter::Equal => ("equal", None),
            Jitter::Full | Jitter::Decorrelated => ("full", None),
        };
        BackOffModel {
            base_s: round(self.base),
            factor: self.factor,
            cap_s: self.cap.map(round),
            jitter: jitter.to_owned(),
            share,
        }
    }
}

/// How well a model explains the waits.
fn score(model: &Model, waits: &[Wait], high: f64) -> Scored {
    let stray = STRAY / (2.0 * high + 1.0);
    let mut likelihood = 0.0;
    let mut explained = 0;
    for wait in waits {
        let (from, to) = model.interval(wait.failures);
        let inside = wait.seconds >= from && wait.seconds <= to;
        explained += usize::from(inside);
        let density = if inside {
            (1.0 - STRAY) / (to - from.max(0.0))
        } else {
            0.0
        };
        likelihood += ln(density + stray);
    }
    let penalty = 0.5 * f64::from(model.parameters()) * ln(length(waits.len()));
    Scored {
        model: *model,
        score: likelihood - penalty,
        explained,
    }
}

/// Whether waits fill the model's interval evenly (Kolmogorov's test); a random model whose interval
/// merely contains them explains nothing.
fn is_spread_evenly(model: &Model, waits: &[Wait]) -> bool {
    if model.jitter == Jitter::None {
        return true;
    }
    let mut places: Vec<f64> = waits
        .iter()
        .map(|wait| {
            let (from, to) = model.interval(wait.failures);
            ((wait.seconds - from) / (to - from)).clamp(0.0, 1.0)
        })
        .collect();
    places.sort_by(f64::total_cmp);
    let count = length(places.len());
    let widest = places.iter().enumerate().fold(0.0, |widest, (idx, place)| {
        let (below, above) = (length(idx) / count, length(idx + 1) / count);
        f64::max(widest, f64::max(place - below, above - place))
    });
    widest <= KOLMOGOROV / count.sqrt()
}

/// Lowest and highest of some numbers and how many there are.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Lowest.
    low: f64,
    /// Highest.
    high: f64,
    /// How many.
    count: f64,
}

/// The extent of some numbers.
fn extent(numbers: impl Iterator<Item = f64> + Clone) -> Option<Extent> {
    Some(Extent {
        low: numbers.clone().reduce(f64::min)?,
        high: numbers.clone().reduce(f64::max)?,
        count: length(numbers.count()),
    })
}

/// Every model whose parameters the waits suggest.
fn candidates(waits: &[Wait]) -> Vec<Model> {
    let mut last: Vec<u32> = waits.iter().map(|wait| wait.failures).collect();
    last.sort_unstable();
    last.dedup();
    // Beyond some tens of failures every back-off is at its cap.
    last.truncate(40);
    let mut models = Vec::new();
    for factor in FACTORS {
        for (place, failures) in last.iter().enumerate() {
            let is_last = place + 1 == last.len();
            // Without a factor there is no cap to reach.
            if factor <= 1.0 && !is_last {
                continue;
            }
            let reduced = waits
                .iter()
                .filter(|wait| wait.failures <= *failures || is_last)
                .map(|wait| wait.seconds / power(factor, wait.failures));
            let Some(bases) = extent(reduced) else {
                continue;
            };
            let beyond = waits
                .iter()
                .filter(|wait| wait.failures > *failures && !is_last)
                .map(|wait| wait.seconds);
            models.extend(suggested(factor, bases, extent(beyond)));
        }
    }
    models
}

/// The models of each kind of jitter over reduced waits, and those at the cap.
fn suggested(factor: f64, bases: Extent, caps: Option<Extent>) -> Vec<Model> {
    let model = |base: f64, cap: Option<f64>, jitter| Model {
        base,
        factor,
        cap,
        jitter,
    };
    // The highest of n even draws lies one n-th below its ceiling.
    let ceiling = |extent: Extent| extent.high * (extent.count + 1.0) / extent.count;
    let middle = |extent: Extent| f64::midpoint(extent.low, extent.high);
    let half = |extent: Extent| {
        let widened = (extent.count + 1.0) / (extent.count - 1.0).max(1.0);
        (extent.high - extent.low) / (extent.high + extent.low).max(1e-9) * widened
    };
    let share = [Some(bases), caps]
        .into_iter()
        .flatten()
        .map(half)
        .fold(0.0, f64::max)
        .min(1.0);
    let mut models = vec![
        model(bases.low, caps.map(|caps| caps.low), Jitter::None),
        model(bases.high, caps.map(|caps| caps.high), Jitter::Equal),
        model(
            (2.0 * bases.low).max(bases.high),
            caps.map(|caps| (2.0 * caps.low).max(caps.high)),
            Jitter::Equal,
        ),
        model(ceiling(bases), caps.map(ceiling), Jitter::Full),
    ];
    if share >= LEAST_JITTER {
        models.push(model(
            middle(bases),
            caps.map(middle),
            Jitter::Proportional(share),
        ));
    }
    // A cap below the first wait would be no back-off.
    models.retain(|model| model.cap.is_none_or(|cap| cap > model.base));
    models
}

/// A whole power, by products: the same bits on every platform.
fn power(base: f64, exponent: u32) -> f64 {
    (0..exponent.min(64)).fold(1.0, |product, _| product * base)
}

#[cfg(test)]
mod tests;
