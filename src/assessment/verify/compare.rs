//! Measurements of both sides, pair by pair.

use std::collections::{BTreeMap, BTreeSet};

use super::Limits;
use super::statistics::{fisher, holm, least_p, median, rank_test, shift};
use crate::wire::observation::{Answer, Observation, Outcome, ProbeReport, State};
use crate::wire::verification::{
    ComparedLatency, ComparedLoss, ComparedMeasurement, Loss, Standing,
};

/// Who measured what: vantage, service, address, port, probe.
type Key<'r> = (&'r str, &'r str, &'r str, &'r str, &'r str);

/// Every measurement of either side, and how many tests share the rate of false alarms.
pub(super) fn compare(
    baseline: &ProbeReport,
    now: &ProbeReport,
    limits: Limits,
) -> (Vec<ComparedMeasurement>, usize) {
    let (before, after) = (by_key(baseline), by_key(now));
    let keys: BTreeSet<Key<'_>> = before.keys().chain(after.keys()).copied().collect();
    let mut rows: Vec<ComparedMeasurement> = keys
        .iter()
        .filter_map(|key| pair(before.get(key).copied(), after.get(key).copied()))
        .collect();
    let tests = rows.iter().map(|row| tests_of(row).len()).sum();
    let mark = |direction: Direction| -> Vec<bool> {
        let p: Vec<f64> = rows
            .iter()
            .flat_map(|row| tests_of(row).into_iter().map(|test| test.p(direction)))
            .collect();
        holm(&p, limits.false_alarms)
    };
    let (worse, better) = (mark(Direction::Worse), mark(Direction::Better));
    let mut index = 0;
    for row in &mut rows {
        let count = tests_of(row).len();
        let slice = |marks: &[bool]| marks.get(index..index + count).unwrap_or(&[]).to_vec();
        let (worse, better) = (slice(&worse), slice(&better));
        index += count;
        settle(row, &worse, &better, limits, tests);
    }
    (rows, tests)
}

/// Which way a test looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// More loss, later answers.
    Worse,
    /// Less loss, earlier answers.
    Better,
}

/// One test of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Test {
    /// Of lost questions, with both p.
    Loss(f64, f64),
    /// Of the times of answers, with both p.
    Latency(f64, f64),
}

impl Test {
    /// Its p in one direction.
    fn p(self, direction: Direction) -> f64 {
        let (Self::Loss(worse, better) | Self::Latency(worse, better)) = self;
        match direction {
            Direction::Worse => worse,
            Direction::Better => better,
        }
    }
}

/// The tests of a row, in a fixed order.
fn tests_of(row: &ComparedMeasurement) -> Vec<Test> {
    let loss = row
        .loss
        .as_ref()
        .map(|loss| Test::Loss(loss.p_worse, loss.p_better));
    let latency = row
        .latency
        .as_ref()
        .map(|times| Test::Latency(times.p_worse, times.p_better));
    loss.into_iter().chain(latency).collect()
}

/// Observations by who measured what; the first of equal ones.
fn by_key(report: &ProbeReport) -> BTreeMap<Key<'_>, &Observation> {
    let mut out = BTreeMap::new();
    for observation in &report.observations {
        let key = (
            observation.vantage.id.as_str(),
            observation.service.as_str(),
            observation.target.address.as_str(),
            observation.target.port.as_str(),
            &*observation.probe,
        );
        out.entry(key).or_insert(observation);
    }
    out
}

/// Both sides of one measurement, not yet judged.
fn pair(before: Option<&Observation>, after: Option<&Observation>) -> Option<ComparedMeasurement> {
    let any = after.or(before)?;
    let mut row = ComparedMeasurement {
        vantage: any.vantage.id.clone(),
        service: any.service.clone(),
        target: any.target.clone(),
        probe: any.probe.to_string(),
        question: any.summary.question.to_string(),
        before: before.map(|before| before.state),
        after: after.map(|after| after.state),
        standing: Standing::Unknown,
        bearing: any.bearing,
        why: Vec::new(),
        loss: None,
        latency: None,
    };
    let (Some(before), Some(after)) = (before, after) else {
        return Some(row);
    };
    // Another question has other times: a name that got longer, a server with another name.
    if before.summary.question == after.summary.question {
        row.loss = compare_loss(before, after);
        row.latency = compare_latency(before, after);
    } else {
        row.why.push(format!(
            "asked `{}` before and `{}` now: times are not compared",
            before.summary.question, after.summary.question
        ));
    }
    row.why.extend(different_answers(before, after));
    Some(row)
}

/// Losses of both sides; `None` where a side sent nothing.
fn compare_loss(before: &Observation, after: &Observation) -> Option<ComparedLoss> {
    let counts = |one: &Observation| (one.summary.lost, one.summary.sent);
    let (first, second) = (counts(before), counts(after));
    if first.1 == 0 || second.1 == 0 {
        return None;
    }
    let side = |one: &Observation| Loss {
        lost: one.summary.lost,
        sent: one.summary.sent,
        interval: one.summary.loss,
    };
    Some(ComparedLoss {
        before: side(before),
        after: side(after),
        p_worse: fisher(first, second),
        p_better: fisher(second, first),
    })
}

/// Times of both sides; `None` where a side has none.
fn compare_latency(before: &Observation, after: &Observation) -> Option<ComparedLatency> {
    let (first, second) = (times(before), times(after));
    if first.is_empty() || second.is_empty() {
        return None;
    }
    Some(ComparedLatency {
        samples: [first.len(), second.len()],
        median_us: [median(&first), median(&second)],
        shift_us: shift(&first, &second),
        p_worse: rank_test(&first, &second),
        p_better: rank_test(&second, &first),
        can_tell: true,
    })
}

/// Microseconds of the answers to the question that is repeated.
fn times(observation: &Observation) -> Vec<u64> {
    observation
        .samples
        .iter()
        .filter(|sample| sample.question == observation.summary.question)
        .filter(|sample| sample.outcome.is_answer())
        .filter_map(|sample| sample.elapsed_us)
        .collect()
}

/// What a measurement comes to once it is known which tests hold.
fn settle(
    row: &mut ComparedMeasurement,
    worse: &[bool],
    better: &[bool],
    limits: Limits,
    tests: usize,
) {
    let (Some(before), Some(after)) = (row.before, row.after) else {
        row.why.push(
            if row.after.is_none() {
                "not measured now"
            } else {
                "the baseline did not measure it"
            }
            .to_owned(),
        );
        return;
    };
    row.standing = Standing::Same;
    let holds = |marks: &[bool], index: usize| marks.get(index).copied().unwrap_or(false);
    let mut index = 0;
    let mut found = Vec::new();
    if let Some(loss) = &row.loss {
        found.extend(judge_loss(
            loss,
            holds(worse, index),
            holds(better, index),
            limits,
        ));
        index += 1;
    }
    if let Some(times) = &mut row.latency {
        let share = limits.false_alarms / f64::from(u32::try_from(tests).unwrap_or(u32::MAX));
        times.can_tell = least_p(times.samples[0], times.samples[1]) <= share;
        if !times.can_tell {
            row.why.push(format!(
                "{} and {} answers are too few to compare their times",
                times.samples[0], times.samples[1]
            ));
        }
        found.extend(judge_times(
            times,
            holds(worse, index),
            holds(better, index),
            limits,
        ));
    }
    for (standing, why) in found {
        row.standing = row.standing.max(standing);
        row.why.push(why);
    }
    let bad = |state: State| matches!(state, State::Fails | State::Disagrees);
    let lossless = row.loss.as_ref().is_none_or(|loss| loss.after.lost == 0);
    match (before, after) {
        (State::NotMeasured | State::NotProbed, _) | (_, State::NotMeasured | State::NotProbed) => {
            row.standing = Standing::Unknown;
        }
        (_, after) if bad(after) => row.standing = Standing::Broken,
        (before, _) if bad(before) => row.standing = Standing::Better,
        // Loss is judged by its test; any other fault is one.
        (State::Works, State::Degraded) if lossless => {
            row.standing = Standing::Worse;
            row.why.push("it was without fault".to_owned());
        }
        (_, _) => {}
    }
}

/// Whether loss grew or shrank, by chance hardly and by enough.
fn judge_loss(
    loss: &ComparedLoss,
    worse: bool,
    better: bool,
    limits: Limits,
) -> Option<(Standing, String)> {
    let points = |side: &Loss| 100 * side.lost / side.sent.max(1);
    let (before, after) = (points(&loss.before), points(&loss.after));
    let least = usize::try_from(limits.least_loss_points).unwrap_or(usize::MAX);
    let words = format!(
        "{} of {} lost, {} of {} before",
        loss.after.lost, loss.after.sent, loss.before.lost, loss.before.sent
    );
    if worse && after >= before + least {
        Some((Standing::Worse, words))
    } else if better && before >= after + least {
        Some((Standing::Better, words))
    } else {
        None
    }
}

/// Whether answers come later or earlier, by chance hardly and by enough.
fn judge_times(
    times: &ComparedLatency,
    worse: bool,
    better: bool,
    limits: Limits,
) -> Option<(Standing, String)> {
    let percent = times.median_us[0].saturating_mul(u64::from(limits.least_shift_percent)) / 100;
    let enough = times.shift_us.unsigned_abs() >= percent.max(limits.least_shift_us);
    let millis = |us: u64| format!("{}.{:03} ms", us / 1000, us % 1000);
    let words = format!(
        "answers take {}, {} before (medians)",
        millis(times.median_us[1]),
        millis(times.median_us[0])
    );
    match (enough, times.shift_us > 0) {
        (true, true) if worse => Some((Standing::Worse, words)),
        (true, false) if better => Some((Standing::Better, words)),
        (_, _) => None,
    }
}

/// In what the answers differ, worth knowing; whether they are right is the probe's to say.
fn different_answers(before: &Observation, after: &Observation) -> Vec<String> {
    let (old, new) = (said(before), said(after));
    new.iter()
        .filter_map(|(question, now)| {
            let then = old.get(question)?;
            (then != now).then(|| format!("{question}: {now}; {then} before"))
        })
        .collect()
}

/// What was answered to each question, without what changes by itself.
fn said(observation: &Observation) -> BTreeMap<&str, String> {
    let mut out = BTreeMap::new();
    for sample in &observation.samples {
        let text = match &sample.answer {
            Some(Answer::Dns(answer)) if sample.outcome == Outcome::Answer => {
                let records: Vec<String> = answer
                    .records
                    .iter()
                    .map(|record| format!("{} {}", record.kind, record.data))
                    .collect();
                records.join(", ")
            }
            Some(Answer::Tls(answer)) => format!(
                "TLS {}, certificate until {}",
                answer.version.as_deref().unwrap_or("none"),
                answer.not_after.as_deref().unwrap_or("unknown")
            ),
            Some(Answer::Http(answer)) => format!("status {}", answer.status),
            Some(_) | None => continue,
        };
        out.entry(&*sample.question).or_insert(text);
    }
    out
}
