//! Whether clients retry in step: Rayleigh's test over the phases of their attempts.

use crate::stress::number::{exp, length, seconds};
use crate::wire::calibration::Synchrony;

use super::waits::round;

/// Fewest clients that can be said to be in step.
const FEWEST: usize = 5;

/// The synchrony of clients that attempt at these times, with this many seconds from one attempt to
/// the next.
pub(super) fn measure(clients: &[Vec<u64>], cycle_s: f64) -> Option<Synchrony> {
    if cycle_s <= 0.0 {
        return None;
    }
    // From when on every client has been seen.
    let from = clients.iter().filter_map(|begins| begins.first()).max()?;
    let phases: Vec<f64> = clients
        .iter()
        .filter_map(|begins| begins.iter().find(|at| *at >= from))
        .map(|at| seconds(at - from) / cycle_s)
        .map(|cycles| cycles - cycles.floor())
        .collect();
    if phases.len() < FEWEST {
        return None;
    }
    let (east, north) = phases
        .iter()
        .map(|phase| around(*phase))
        .fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let count = length(phases.len());
    let mean = (east * east + north * north).sqrt() / count;
    let mut begins: Vec<u64> = clients.iter().flatten().copied().collect();
    begins.sort_unstable();
    let peak = begins
        .iter()
        .enumerate()
        .map(|(idx, from)| {
            let later = begins.get(idx..).unwrap_or_default();
            later.partition_point(|at| at - from < 1_000_000)
        })
        .max();
    Some(Synchrony {
        clients: phases.len(),
        length: round(mean),
        chance: round(exp(-count * mean * mean)),
        peak_1s: peak.unwrap_or(0),
    })
}

/// The point of a turn's share on the unit circle, by series: the same bits on every platform.
fn around(turn: f64) -> (f64, f64) {
    // Within half a turn of the middle a dozen terms are enough.
    let angle = (turn - 0.5) * std::f64::consts::TAU;
    let square = angle * angle;
    let (mut cosine, mut sine) = (1.0, 1.0);
    let mut term = 24.0;
    while term > 1.0 {
        cosine = 1.0 - cosine * square / (term * (term - 1.0));
        sine = 1.0 - sine * square / (term * (term + 1.0));
        term -= 2.0;
    }
    // Half a turn back again.
    (-cosine, -sine * angle)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clients that attempt every `cycle` microseconds from their own first time.
    fn clients(firsts: &[u64], cycle: u64) -> Vec<Vec<u64>> {
        firsts
            .iter()
            .map(|first| (0..10).map(|n| first + n * cycle).collect())
            .collect()
    }

    #[test]
    fn clients_that_retry_together_are_in_step() {
        let firsts: Vec<u64> = (0..20).map(|n| n * 20_000).collect();
        let found = measure(&clients(&firsts, 60_060_000), 60.06).unwrap();
        assert!(found.length > 0.99 && found.chance < 0.001, "{found:?}");
        assert_eq!(found.peak_1s, 20);
    }

    #[test]
    fn clients_spread_over_the_cycle_are_not() {
        let firsts: Vec<u64> = (0..20).map(|n| n * 3_000_000).collect();
        let found = measure(&clients(&firsts, 60_000_000), 60.0).unwrap();
        assert!(found.length < 0.05 && found.chance > 0.9, "{found:?}");
    }

    #[test]
    fn points_lie_on_the_unit_circle() {
        for step in 0..1_000_u32 {
            let turn = f64::from(step) / 1_000.0;
            let (east, north) = around(turn);
            let angle = turn * std::f64::consts::TAU;
            assert!((east - angle.cos()).abs() < 1e-9, "{turn}");
            assert!((north - angle.sin()).abs() < 1e-9, "{turn}");
        }
    }
}
