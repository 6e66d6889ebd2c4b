//! Counts and times of samples.

use crate::wire::observation::{Latency, Outcome, Sample, Summary};

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
        question: question.to_owned(),
        sent: asked.len(),
        answered,
        lost: asked.len() - answered,
        latency: latency(&times),
    }
}

/// Whether the server itself said something.
pub(super) fn is_answered(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Answer
        | Outcome::Nxdomain
        | Outcome::Nodata
        | Outcome::Servfail
        | Outcome::Refused
        | Outcome::OtherError => true,
        Outcome::RefusedPort
        | Outcome::Timeout
        | Outcome::Unreachable
        | Outcome::Closed
        | Outcome::Malformed
        | Outcome::NotSent => false,
    }
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
    use super::{latency, percentile};

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
