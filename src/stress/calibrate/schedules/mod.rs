//! Which known retry schedule a client keeps to.

use crate::client::schedule::{Layer, SCHEDULES, Schedule, Spread};
use crate::stress::number::{length, seconds};
use crate::wire::calibration::ScheduleMatch;

use crate::stress::calibrate::waits::{EARLY_S, LATE_S, TELLING, round};

/// Share of a gap by which a score's yardstick grows, beside [`LATE_S`].
const YARDSTICK: f64 = 0.04;
/// Share of a gap by which a kernel's timer may be late: the levels of Linux's timer wheel grow by
/// eight, so that a granule is up to an eighth of the time (kernel/time/timer.c).
const LATE_SHARE: f64 = 0.125;
/// Log score of each packet that the schedule would have sent and the client did not.
const MISSING: f64 = 1.0;
/// Share of attempts that a schedule must explain to fit.
const FITTING: f64 = 0.9;

/// Packets of one attempt, or of all attempts of an outage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sequence {
    /// Times in microseconds.
    pub(super) sends: Vec<u64>,
    /// Which server each of them asked.
    pub(super) servers: Vec<u8>,
    /// Until when no further packet came.
    pub(super) quiet_until: u64,
    /// Whether it is its client's first of several: it may have been under way already when the
    /// capture began.
    pub(super) may_be_cut: bool,
}

/// How a schedule explains all sequences.
#[derive(Debug, Clone, Copy)]
struct Explained {
    /// The schedule.
    schedule: &'static Schedule,
    /// Log score.
    score: f64,
    /// Sequences within the tolerance.
    within: usize,
    /// Sequences compared.
    compared: usize,
}

impl Explained {
    /// Whether it explains enough.
    fn fits(&self) -> bool {
        self.compared > 0 && length(self.within) >= FITTING * length(self.compared)
    }
}

/// The schedule of some layers that the sequences keep to; `None` where nothing was sent twice.
pub(super) fn find(layers: &[Layer], sequences: &[Sequence]) -> Option<ScheduleMatch> {
    let sequences: Vec<&Sequence> = sequences
        .iter()
        .filter(|sequence| sequence.sends.len() > 1)
        .collect();
    if sequences.is_empty() {
        return None;
    }
    let mut explained: Vec<Explained> = SCHEDULES
        .iter()
        .filter(|schedule| layers.contains(&schedule.layer))
        // One run of a client that draws its times anew says nothing of the next.
        .filter(|schedule| schedule.spread != Spread::OneRun)
        .map(|schedule| explain(schedule, &sequences))
        .collect();
    explained.sort_by(|one, other| {
        let order = other.fits().cmp(&one.fits());
        order.then(other.score.total_cmp(&one.score))
    });
    let best = *explained.first()?;
    let next = explained.get(1);
    let also: Vec<String> = explained
        .iter()
        .skip(1)
        .filter(|other| best.fits() && other.fits() && best.score - other.score < TELLING)
        .map(|other| other.schedule.id.to_owned())
        .collect();
    let verdict = match (best.fits(), also.is_empty()) {
        (false, _) => "none",
        (true, true) => "fits",
        (true, false) => "ambiguous",
    };
    Some(ScheduleMatch {
        verdict: verdict.to_owned(),
        best: best.schedule.id.to_owned(),
        score: round(best.score),
        explained: best.within,
        compared: best.compared,
        runner_up: next.map(|other| other.schedule.id.to_owned()),
        runner_up_score: next.map(|other| round(other.score)),
        also,
    })
}

/// How a schedule explains the sequences.
fn explain(schedule: &'static Schedule, sequences: &[&Sequence]) -> Explained {
    let mut out = Explained {
        schedule,
        score: 0.0,
        within: 0,
        compared: 0,
    };
    for sequence in sequences {
        let (score, within) = compare(schedule, sequence);
        if !within && sequence.may_be_cut {
            out.score -= TELLING;
            continue;
        }
        out.score += score;
        out.within += usize::from(within);
        out.compared += 1;
    }
    out
}

/// The log score of a schedule over one sequence, and whether every gap is within the tolerance.
fn compare(schedule: &Schedule, sequence: &Sequence) -> (f64, bool) {
    /// Log score of a packet that the schedule would never have sent.
    const IMPOSSIBLE: f64 = -1_000.0;
    let mut nominal = schedule.transmissions(|| 0.5);
    let mut last = nominal.next();
    let mut score = 0.0;
    let mut within = true;
    for (idx, pair) in sequence.sends.windows(2).enumerate() {
        let [sent, again] = pair else { continue };
        let next = nominal.next();
        let (Some(from), Some(to)) = (last, next) else {
            return (score + IMPOSSIBLE, false);
        };
        let asked = sequence.servers.get(idx + 1).copied().unwrap_or(0);
        if asked != to.server {
            within = false;
            score -= TELLING;
        }
        let expected = seconds(to.at_us - from.at_us);
        // The random part is taken into account at its most favorable.
        let (early, late) = match schedule.spread {
            // Nominal times are those of half the phase.
            Spread::FirstGapEarly(most) if idx == 0 => {
                (f64::from(most) / 2_000.0, f64::from(most) / 2_000.0)
            }
            Spread::EachGapAround(most) => (f64::from(most) / 1_000.0, f64::from(most) / 1_000.0),
            Spread::None | Spread::FirstGapEarly(_) | Spread::OneRun => (0.0, 0.0),
        };
        let off = seconds(again - sent) - expected;
        let off = (off - late).max(0.0) + (off + early).min(0.0);
        within &= off >= -EARLY_S && off <= LATE_S + LATE_SHARE * expected;
        let scaled = off / (LATE_S + YARDSTICK * expected);
        // Timers are late, hardly ever early.
        score -= 0.5 * scaled * scaled * if off < 0.0 { 2.0 } else { 1.0 };
        last = next;
    }
    if let (Some(from), Some(to)) = (last, nominal.next()) {
        let expected = seconds(to.at_us - from.at_us);
        let sent = sequence.sends.last().copied().unwrap_or(0);
        let waited = seconds(sequence.quiet_until.saturating_sub(sent));
        if waited > expected {
            score -= MISSING;
        }
    }
    (score.max(IMPOSSIBLE), within)
}

#[cfg(test)]
mod tests;
