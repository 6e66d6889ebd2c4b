//! Advice that is computed for this fleet and these disturbances.

use super::bound::herd::Herd;
use super::disturbance::{Segment, Service, State};
use super::fleet::Group;
use super::judge::{Branch, Question, branches};
use super::number::{count, float};
use super::pump::{Mechanism, Parameter};

/// What is better done for a group; sentences.
pub(super) fn advice(
    question: &Question<'_>,
    (number, group): (usize, &Group),
    found: &[Branch],
    herds: &[Herd],
    recovery_s: Option<f64>,
) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(waves(herds));
    out.extend(backlog(question, herds));
    out.extend(drop_or_reject(question, number, group, found));
    out.extend(time_to_live(question, group));
    out.push(watch(question, group, found, recovery_s));
    out.extend(ask(found));
    out
}

/// The largest wave that keeps every server under half its threshold.
fn waves(herds: &[Herd]) -> Option<String> {
    let (herd, threshold) = herds
        .iter()
        .filter_map(|herd| Some((herd, herd.threshold?)))
        .min_by(|one, other| one.1.total_cmp(&other.1))?;
    let wave = count(threshold / 2.0);
    if herd.pumps <= wave {
        return None;
    }
    let waves = herd.pumps.div_ceil(wave.max(1));
    Some(format!(
        "stage the change in {waves} waves of at most {wave} pumps, so that {} stays under half of \
         the {} at which a herd never lets go",
        herd.server,
        count(threshold)
    ))
}

/// The bound on the gateway's backlog.
fn backlog(question: &Question<'_>, herds: &[Herd]) -> Option<String> {
    let herd = herds
        .iter()
        .find(|herd| herd.server == "gateway" && herd.threshold.is_some())?;
    let present = match question.fleet.gateway.backlog {
        Some(backlog) => format!("{backlog}"),
        None => "without bound".to_owned(),
    };
    Some(format!(
        "cap the gateway's accept backlog at {} (it is {present}): then no herd can stick, whatever \
         its size",
        count(herd.curing_backlog)
    ))
}

/// Whether silence or a refusal is the lesser evil during the window.
fn drop_or_reject(
    question: &Question<'_>,
    number: usize,
    group: &Group,
    found: &[Branch],
) -> Option<String> {
    let silent =
        |segment: &Segment| segment.service == Service::Gateway && segment.state == State::Drop;
    if !question.segments.iter().any(silent) {
        return None;
    }
    let segments: Vec<Segment> = question
        .segments
        .iter()
        .map(|segment| {
            let state = if silent(segment) {
                State::Refuse
            } else {
                segment.state
            };
            Segment {
                state,
                ..segment.clone()
            }
        })
        .collect();
    let refused = branches(
        &Question {
            segments: &segments,
            ..*question
        },
        number,
        group,
    );
    let worst = |branches: &[Branch], mechanism| {
        branches
            .iter()
            .filter(|branch| branch.mechanism == mechanism)
            .map(Branch::trips)
            .fold(0.0, f64::max)
    };
    let (drop, reject) = (worst(found, Mechanism::H3), worst(&refused, Mechanism::H3));
    if reject >= drop {
        return None;
    }
    let (before, after) = (percent(drop), percent(reject));
    Some(
        if group.class.back_off_known && group.class.back_off.least_s() > 0.0 {
            format!(
                "reject instead of drop during the window: blocking calls trip {after} of the assumed \
             pumps instead of {before}, and the wait between attempts is known to have a floor"
            )
        } else {
            format!(
                "ask the manufacturer for the shortest wait between attempts before choosing: rejecting \
             instead of dropping would lower blocking trips from {before} to {after} of the \
             assumed pumps, but keeps a pump without such a wait from ever kicking its watchdog"
            )
        },
    )
}

/// A share in words, never nothing.
fn percent(share: f64) -> String {
    super::judge::share_text(share, 400)
}

/// The time to live that keeps a moved name within the queue, and by when to lower it.
fn time_to_live(question: &Question<'_>, group: &Group) -> Option<String> {
    let old = question
        .segments
        .iter()
        .filter(|segment| segment.service == Service::Gateway && segment.cause.contains("stale"))
        .filter_map(|segment| {
            Some(segment.to_s? + segment.to_spread_s + question.later_s - segment.from_s)
        })
        .fold(0.0, f64::max);
    if old <= 0.0 {
        return None;
    }
    let draw = group.class.modes();
    let half = 0.5 * draw.value(Parameter::Heap) / draw.value(Parameter::MessageBytes).max(1.0);
    let fits = half * draw.value(Parameter::StatusPeriod);
    let new = fits.min(question.recovery_limit_s).max(30.0);
    (new < old).then(|| {
        format!(
            "lower the name's time to live to {} s at least {} s before the change, and keep the \
             old address answering for as long",
            count(new),
            count(old + 0.999)
        )
    })
}

/// How long to watch afterwards.
fn watch(
    question: &Question<'_>,
    group: &Group,
    found: &[Branch],
    recovery_s: Option<f64>,
) -> String {
    let draw = group.class.modes();
    let mut longest = recovery_s
        .unwrap_or(question.horizon_s)
        .max(question.recovery_limit_s);
    let mut why = "until every pump is back";
    if group.class.uses_eap {
        longest = longest.max(2.0 * question.fleet.reauthentication_s);
        why = "two re-authentication periods";
    }
    let fills = found
        .iter()
        .any(|branch| branch.mechanism == Mechanism::H4 && branch.raises() > 0);
    let full = draw.value(Parameter::Heap) / draw.value(Parameter::MessageBytes).max(1.0)
        * draw.value(Parameter::StatusPeriod);
    if fills && full > longest {
        longest = full;
        why = "the time in which a slow leak or a full queue shows";
    }
    format!(
        "watch the pumps for {} min afterwards: {why}",
        count((longest / 60.0).ceil())
    )
}

/// The question whose answer settles most.
fn ask(found: &[Branch]) -> Option<String> {
    let worst = found
        .iter()
        .filter(|branch| branch.raises() > 0)
        .max_by(|one, other| {
            one.raises()
                .cmp(&other.raises())
                .then(one.trips().total_cmp(&other.trips()))
        })?;
    let extra = if worst.is_unbounded() && worst.mechanism == Mechanism::H3 {
        "; does it give up a TLS handshake that is never answered, and after how long"
    } else {
        ""
    };
    Some(format!(
        "ask the manufacturer: {}{extra}?",
        worst.mechanism.question()
    ))
}

/// Pumps of a herd as a number, for sentences.
pub(super) fn herd_text(herd: &Herd) -> String {
    match herd.threshold {
        Some(threshold) => format!(
            "{} pumps meet {} at once; from {} on it would serve only clients that have given up",
            herd.pumps,
            herd.server,
            count(threshold)
        ),
        None => format!(
            "{} pumps meet {} at once; it serves them in {:.1} s",
            herd.pumps,
            herd.server,
            float(herd.pumps) / herd.rate.max(1e-9)
        ),
    }
}
