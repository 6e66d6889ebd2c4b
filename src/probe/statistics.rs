//! Counts and times of samples.

use std::borrow::Cow;

use crate::wire::observation::{Interval, Latency, Outcome, Sample, Summary};

/// Counts and times of the samples that asked `question`.
pub fn summarize_samples(question: &str, samples: &[Sample]) -> Summary {
    let asked: Vec<&Sample> = samples
        .iter()
        .filter(|sample| sample.question == question && sample.outcome != Outcome::NotSent)
        .collect();
    let mut times: Vec<u64> = asked
        .iter()
        .filter(|sample| is_answered(sample.outcome))
        .filter_map(|sample| sample.elapsed_us)
        .collect();
    times.sort_unstable();
    let answered = asked
        .iter()
        .filter(|sample| is_answered(sample.outcome))
        .count();
    Summary {
        question: asked.first().map_or_else(
            || Cow::Owned(question.to_owned()),
            |one| one.question.clone(),
        ),
        sent: asked.len(),
        answered,
        lost: asked.len() - answered,
        loss: wilson(asked.len() - answered, asked.len()),
        latency: latency(&times),
    }
}

/// Whether the server itself said something.
pub(super) fn is_answered(outcome: Outcome) -> bool {
    outcome.is_answer()
}

/// Between which shares the true one lies with 95 of 100 confidence (Wilson 1927); `None`: no
/// trial.
pub fn wilson(hits: usize, trials: usize) -> Option<Interval> {
    /// Standard deviations of a normal distribution that hold 95 of 100.
    const Z: f64 = 1.959_964;
    let trials = f64::from(u32::try_from(trials).ok().filter(|trials| *trials > 0)?);
    let share = f64::from(u32::try_from(hits).ok()?) / trials;
    let square = Z * Z / trials;
    let middle = (share + square / 2.0) / (1.0 + square);
    let spread = (share * (1.0 - share) / trials + square / (4.0 * trials)).sqrt();
    let half = Z * spread / (1.0 + square);
    Some(Interval {
        low: (middle - half).max(0.0),
        high: (middle + half).min(1.0),
    })
}

/// Times of sorted samples.
fn latency(sorted: &[u64]) -> Option<Latency> {
    let (first, last) = (sorted.first()?, sorted.last()?);
    let p50_us = percentile(sorted, 50)?;
    let p95_us = percentile(sorted, 95)?;
    Some(Latency {
        min_us: *first,
        p50_us,
        p95_us,
        p99_us: percentile(sorted, 99)?,
        max_us: *last,
        jitter_us: p95_us.saturating_sub(p50_us),
    })
}

/// The smallest sample that at least `percent` of 100 samples do not exceed (nearest rank).
fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::{latency, percentile, wilson};

    #[test]
    fn no_loss_in_few_trials_proves_little() {
        // Newcombe 1998, table I, method 3: 81 of 263, and 0 of 20.
        let percent = |hits, trials| {
            let interval = wilson(hits, trials).unwrap();
            [interval.low, interval.high].map(|share| format!("{share:.4}"))
        };
        assert_eq!(percent(81, 263), ["0.2553", "0.3662"]);
        assert_eq!(percent(0, 20), ["0.0000", "0.1611"]);
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let hundred: Vec<u64> = (1..=100).collect();
        assert_eq!(percentile(&hundred, 50), Some(50));
        assert_eq!(percentile(&hundred, 95), Some(95));
        assert_eq!(percentile(&hundred, 99), Some(99));
        assert_eq!(percentile(&[7], 50), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }

    #[test]
    fn jitter_is_the_tail_over_the_middle() {
        let times = latency(&[10, 10, 10, 10, 90]).unwrap();
        assert_eq!((times.p50_us, times.max_us, times.jitter_us), (10, 90, 80));
    }
}
