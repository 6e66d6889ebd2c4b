//! Tests that tell a changed distribution from chance, and how large the change is.
//!
//! Nothing is assumed of the shape of latencies: ranks, exact where the samples are few.
//! Sources: `docs/verify.md`.

/// Most steps of an exact rank distribution; beyond it the normal approximation is used.
const MOST_STEPS: usize = 4_000_000;

/// One-sided p of the Mann-Whitney test that `second` is stochastically larger than `first`; ties
/// share their ranks, and the distribution is that of the ranks at hand.
pub(super) fn rank_test(first: &[u64], second: &[u64]) -> f64 {
    if first.is_empty() || second.is_empty() {
        return 1.0;
    }
    let ranks = doubled_ranks(first, second);
    let own: usize = ranks.iter().filter(|(_, own)| *own).map(|(r, _)| r).sum();
    let all: Vec<usize> = ranks.iter().map(|(rank, _)| *rank).collect();
    let (count, chosen) = (all.len(), second.len());
    let most = all.iter().sum::<usize>();
    if count * chosen * most <= MOST_STEPS {
        exact_tail(&all, chosen, own)
    } else {
        normal_tail(&all, chosen, own)
    }
}

/// The least p that samples of these sizes can reach without ties.
pub(super) fn least_p(first: usize, second: usize) -> f64 {
    if first == 0 || second == 0 {
        return 1.0;
    }
    (-ln_choose(first + second, second)).exp()
}

/// Twice the rank of every value in increasing order, and whether it is of the second sample.
fn doubled_ranks(first: &[u64], second: &[u64]) -> Vec<(usize, bool)> {
    let mut values: Vec<(u64, bool)> = first.iter().map(|value| (*value, false)).collect();
    values.extend(second.iter().map(|value| (*value, true)));
    values.sort_unstable();
    let mut out = Vec::with_capacity(values.len());
    let mut below = 0;
    for group in values.chunk_by(|one, other| one.0 == other.0) {
        let doubled = 2 * below + group.len() + 1;
        out.extend(group.iter().map(|(_, own)| (doubled, *own)));
        below += group.len();
    }
    out
}

/// Share of the choices of `chosen` ranks whose sum is at least `own`.
fn exact_tail(ranks: &[usize], chosen: usize, own: usize) -> f64 {
    let most: usize = ranks.iter().sum();
    let width = most + 1;
    // ways[taken * width + sum]: choices of `taken` ranks that add up to `sum`.
    let mut ways = vec![0.0_f64; (chosen + 1) * width];
    if let Some(none) = ways.first_mut() {
        *none = 1.0;
    }
    let mut reached = 0;
    for rank in ranks {
        reached += rank;
        for taken in (1..=chosen).rev() {
            let (fewer, more) = ways.split_at_mut(taken * width);
            let from = fewer.get((taken - 1) * width..).unwrap_or(&[]);
            let to = more.get_mut(*rank..=reached).unwrap_or(&mut []);
            for (to, from) in to.iter_mut().zip(from) {
                *to += from;
            }
        }
    }
    let last = ways.get(chosen * width..).unwrap_or(&[]);
    let all: f64 = last.iter().sum();
    let tail: f64 = last.get(own..).unwrap_or(&[]).iter().sum();
    if all > 0.0 { tail / all } else { 1.0 }
}

/// The same by the normal distribution, corrected for ties and continuity.
fn normal_tail(ranks: &[usize], chosen: usize, own: usize) -> f64 {
    let count = real(ranks.len());
    let mean = ranks.iter().map(|rank| real(*rank)).sum::<f64>() / count;
    let spread: f64 = ranks.iter().map(|rank| (real(*rank) - mean).powi(2)).sum();
    // Variance of the sum of a sample drawn without replacement.
    let picked = real(chosen);
    let variance = picked * (count - picked) / (count * (count - 1.0)) * spread;
    if variance <= 0.0 {
        return 1.0;
    }
    // Doubled ranks go in steps of two without ties, so half a step is one.
    let score = (real(own) - picked * mean - 1.0) / variance.sqrt();
    upper_normal(score)
}

/// Upper tail of the standard normal distribution (Abramowitz and Stegun 26.2.17, error below
/// 7.5e-8).
fn upper_normal(score: f64) -> f64 {
    /// Coefficients b1 to b5.
    const B: [f64; 5] = [
        0.319_381_530,
        -0.356_563_782,
        1.781_477_937,
        -1.821_255_978,
        1.330_274_429,
    ];
    if score < 0.0 {
        return 1.0 - upper_normal(-score);
    }
    let t = 1.0 / (1.0 + 0.231_641_9 * score);
    let polynomial = B.iter().rev().fold(0.0, |sum, b| (sum + b) * t);
    let density = (-score * score / 2.0).exp() / std::f64::consts::TAU.sqrt();
    (density * polynomial).clamp(0.0, 1.0)
}

/// Hodges and Lehmann's estimate of the shift from `first` to `second`: the median of all
/// differences.
pub(super) fn shift(first: &[u64], second: &[u64]) -> i64 {
    let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let mut differences: Vec<i64> = Vec::with_capacity(first.len() * second.len());
    for before in first {
        differences.extend(second.iter().map(|after| signed(*after) - signed(*before)));
    }
    differences.sort_unstable();
    let middle = differences.len() / 2;
    match (
        differences.get(middle),
        differences.get(middle.wrapping_sub(1)),
    ) {
        (Some(upper), Some(lower)) if differences.len().is_multiple_of(2) => {
            i64::midpoint(*lower, *upper)
        }
        (Some(upper), _) => *upper,
        (None, _) => 0,
    }
}

/// The smallest value that half of the samples do not exceed.
pub(super) fn median(samples: &[u64]) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    let index = sorted.len().div_ceil(2).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(0)
}

/// One-sided p of Fisher's exact test that the second share of losses is larger than the first.
pub(super) fn fisher((lost, sent): (usize, usize), (lost_now, sent_now): (usize, usize)) -> f64 {
    let (all_lost, all) = (lost + lost_now, sent + sent_now);
    let whole = ln_choose(all, all_lost);
    let tail: f64 = (lost_now..=all_lost.min(sent_now))
        .filter(|now| all_lost - now <= sent)
        .map(|now| (ln_choose(sent_now, now) + ln_choose(sent, all_lost - now) - whole).exp())
        .sum();
    tail.min(1.0)
}

/// Which of several tests hold while at most a share `rate` of all runs without any difference
/// shows one (Holm's step-down procedure).
pub(super) fn holm(p: &[f64], rate: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    let of = |index: &usize| p.get(*index).copied().unwrap_or(1.0);
    order.sort_by(|one, other| of(one).total_cmp(&of(other)));
    let mut holds = vec![false; p.len()];
    for (done, index) in order.iter().enumerate() {
        if of(index) > rate / real(p.len() - done) {
            break;
        }
        if let Some(slot) = holds.get_mut(*index) {
            *slot = true;
        }
    }
    holds
}

/// Logarithm of a binomial coefficient.
fn ln_choose(from: usize, choose: usize) -> f64 {
    (1..=choose)
        .map(|step| (real(from - choose + step) / real(step)).ln())
        .sum()
}

/// A count as a real number.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts of samples are far below 2^52"
)]
fn real(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether two numbers are as close as a printed table is exact.
    fn close(one: f64, other: f64, error: f64) {
        assert!((one - other).abs() < error, "{one} is not {other}");
    }

    #[test]
    fn exact_ranks_agree_with_counting_by_hand() {
        // All five later values are the largest: one choice of C(10, 5) = 252.
        close(
            rank_test(&[1, 2, 3, 4, 5], &[6, 7, 8, 9, 10]),
            1.0 / 252.0,
            1e-12,
        );
        close(least_p(5, 5), 1.0 / 252.0, 1e-12);
        // With {1, 3} against {2, 4}: sums of two of 1..4 that are at least 6 are 2+4 and 3+4.
        close(rank_test(&[1, 3], &[2, 4]), 2.0 / 6.0, 1e-12);
        close(rank_test(&[7, 7, 7], &[7, 7, 7]), 1.0, 1e-12);
        close(rank_test(&[], &[1]), 1.0, 1e-12);
    }

    #[test]
    fn the_approximation_meets_the_exact_distribution() {
        let first: Vec<u64> = (0..30).map(|value| value * 7 % 41).collect();
        let second: Vec<u64> = (0..30).map(|value| value * 11 % 43 + 6).collect();
        let ranks = doubled_ranks(&first, &second);
        let own = ranks.iter().filter(|(_, own)| *own).map(|(r, _)| r).sum();
        let all: Vec<usize> = ranks.iter().map(|(rank, _)| *rank).collect();
        close(exact_tail(&all, 30, own), normal_tail(&all, 30, own), 2e-3);
        close(upper_normal(1.959_964), 0.025, 1e-6);
    }

    #[test]
    fn fisher_agrees_with_the_lady_tasting_tea() {
        // R. A. Fisher, The Design of Experiments, 1935, §5: 1/70 and 17/70.
        close(fisher((0, 4), (4, 4)), 1.0 / 70.0, 1e-12);
        close(fisher((1, 4), (3, 4)), 17.0 / 70.0, 1e-12);
        close(fisher((0, 20), (0, 20)), 1.0, 1e-12);
    }

    #[test]
    fn holm_stops_at_the_first_that_fails() {
        assert_eq!(
            holm(&[0.001, 0.02, 0.004, 0.5], 0.01),
            [true, false, false, false]
        );
        assert_eq!(holm(&[0.001, 0.003], 0.01), [true, true]);
    }

    #[test]
    fn shift_and_median_are_those_of_the_middle() {
        assert_eq!(shift(&[10, 20, 30], &[20, 40, 60]), 20);
        assert_eq!(shift(&[], &[1]), 0);
        assert_eq!(median(&[9, 1, 5]), 5);
        assert_eq!(median(&[]), 0);
    }
}
