//! The whole answer for each group: branches, herds, recovery, advice, and what they raise.

use crate::ctx::Ctx;
use crate::wire::stress::{
    Arrivals, Branch as BranchRow, Deciding, Herd as HerdRow, Margin, Queue, Raises, Recovery,
    STRESS_SCHEMA, Stress, Timeline,
};

use super::advice::{advice, herd_text};
use super::bound::herd::{Herd, herds};
use super::bound::{bound_among, exposure};
use super::disturbance::{Segment, Service, State};
use super::fleet::{Fleet, Group, RADIUS_AGAIN_S, Server};
use super::judge::{Branch, Question, branches, draws_of, label, share_text, worst_stack};
use super::number::{count, float, index, length};
use super::pump::{Draw, Mechanism, Parameter, PumpClass, Scalar};
use super::simulate::{Run, Settings, quantile, simulate};

/// Most bins of a timeline.
const BINS: usize = 720;

/// The answer for every group, and the runs behind it.
pub fn evaluate(
    question: &Question<'_>,
    replications: u32,
    ctx: &Ctx<'_>,
) -> (Vec<Stress>, Vec<Run>) {
    let groups: Vec<(usize, &Group)> = question.fleet.groups.iter().enumerate().collect();
    let found: Vec<Vec<Branch>> = ctx.map(&groups, |(number, group)| {
        branches(question, *number, group)
    });
    let stack = found
        .iter()
        .map(|branches| worst_stack(branches))
        .max()
        .unwrap_or(0);
    let settings = Settings {
        replications,
        stack,
        outage_spread_s: question.later_s,
        ..Settings::once(question.seed, question.horizon_s)
    };
    let runs = simulate(question.fleet, question.segments, &settings, ctx);
    let herds = herds(
        question.fleet,
        question.segments,
        stack,
        (question.horizon_s, question.later_s),
    );
    let rows = groups
        .iter()
        .zip(&found)
        .map(|((number, group), found)| {
            let recovery = recovery(question, *number, found, &runs);
            row(question, (*number, group), found, &herds, recovery)
        })
        .collect();
    (rows, runs)
}

/// How a group comes back: bound over its stacks, and what the runs show.
fn recovery(question: &Question<'_>, number: usize, found: &[Branch], runs: &[Run]) -> Recovery {
    let times = (question.horizon_s, question.later_s);
    let mut bound_s = Some(0.0_f64);
    let groups = question.fleet.groups.iter();
    let modes: Vec<Draw> = groups.map(|group| group.class.modes()).collect();
    let group = question.fleet.groups.get(number);
    for stack in 0..group.map_or(0, |group| group.class.stacks.len()) {
        let one = exposure(question.fleet, number, stack, question.segments, times)
            .zip(group)
            .and_then(|(exposure, group)| {
                bound_among(&exposure, &group.class.modes(), &modes).recovery_s
            });
        bound_s = bound_s.zip(one).map(|(most, one)| most.max(one));
    }
    let mut all: Vec<f64> = Vec::new();
    let mut never = 0;
    for outcome in runs.iter().filter_map(|run| run.groups.get(number)) {
        all.extend(&outcome.recovery_s);
        never = never.max(outcome.never);
    }
    all.sort_by(f64::total_cmp);
    let simulated_s = (!all.is_empty() && !found.is_empty())
        .then(|| [0.5, 0.95, 1.0].map(|share| quantile(&all, share)));
    Recovery {
        bound_s,
        simulated_s,
        never,
    }
}

/// The answer for one group.
fn row(
    question: &Question<'_>,
    (number, group): (usize, &Group),
    found: &[Branch],
    herds: &[Herd],
    recovery: Recovery,
) -> Stress {
    let (raises, reasons) = raise(question, group, found, herds, &recovery);
    let advice = advice(question, (number, group), found, herds, recovery.bound_s);
    let mut row = Stress {
        schema: STRESS_SCHEMA.to_owned(),
        group: group.id.clone(),
        pumps: group.count,
        raises,
        summary: String::new(),
        reasons,
        branches: found
            .iter()
            .map(|branch| branch_row(group, branch))
            .collect(),
        servers: herds.iter().map(herd_row).collect(),
        recovery,
        advice,
        holds_under: holds_under(question, (number, group), found),
        causes: Vec::new(),
    };
    row.summary = summary(&row);
    row
}

/// What the results raise a verdict to, and why.
fn raise(
    question: &Question<'_>,
    group: &Group,
    found: &[Branch],
    herds: &[Herd],
    recovery: &Recovery,
) -> (Raises, Vec<String>) {
    let mut reasons: Vec<(Raises, String)> = Vec::new();
    for herd in herds {
        let ratio = herd.ratio();
        if ratio >= 1.0 {
            reasons.push((Raises::NoGo, herd_text(herd)));
        } else if ratio >= 0.5 {
            reasons.push((Raises::Conditional, herd_text(herd)));
        }
    }
    for mechanism in Mechanism::ALL {
        // Stacks are branches: the worst one speaks for the mechanism.
        let worst = found
            .iter()
            .filter(|branch| branch.mechanism == mechanism)
            .max_by(|one, other| {
                (one.raises().cmp(&other.raises())).then(one.trips().total_cmp(&other.trips()))
            });
        if let Some(branch) = worst {
            match branch.raises() {
                0 => {}
                1 => reasons.push((Raises::Conditional, branch_text(group, branch))),
                // What nothing bounds is said first.
                _ if branch.is_unbounded() => {
                    reasons.insert(0, (Raises::NoGo, branch_text(group, branch)));
                }
                _ => reasons.push((Raises::NoGo, branch_text(group, branch))),
            }
        }
    }
    if recovery.never > 0
        && question
            .segments
            .iter()
            .all(|segment| segment.to_s.is_some())
    {
        let text = format!(
            "{} of {} pumps are not back {} min after the beginning in the simulation",
            recovery.never,
            group.count,
            count(question.horizon_s / 60.0)
        );
        reasons.push((Raises::Conditional, text));
    }
    let slow = recovery.simulated_s.map(|[_, most, _]| most);
    if let Some(slow) = slow.filter(|slow| *slow > question.recovery_limit_s) {
        let text = format!(
            "95 of 100 pumps are back only {} s after the end; the site accepts {} s",
            count(slow),
            count(question.recovery_limit_s)
        );
        reasons.push((Raises::Conditional, text));
    }
    reasons.sort_by_key(|(raises, _)| std::cmp::Reverse(*raises));
    let worst = reasons
        .first()
        .map_or(Raises::Nothing, |(raises, _)| *raises);
    (worst, reasons.into_iter().map(|(_, text)| text).collect())
}

/// A branch that raises, in a sentence.
fn branch_text(group: &Group, branch: &Branch) -> String {
    let stack = group
        .class
        .stacks
        .get(branch.stack)
        .map_or("", |stack| stack.id);
    let limit = unit_text(branch.mechanism, branch.likeliest.1);
    let Some(value) = branch.likeliest.0 else {
        return format!(
            "{} has no bound on a {stack} stack, {}; its limit is {limit} (assumed)",
            noun(branch.mechanism),
            branch.mechanism.branch()
        );
    };
    let share = share_text(branch.trips(), branch.margins.len());
    let factor = quantile(&branch.factors, 0.5);
    let which = if branch.trips_ordinarily {
        "of the pumps as described trip, on ordinary days too"
    } else if branch.is_known {
        "of the pumps as described trip"
    } else {
        "of the assumed pumps that survive ordinary days trip"
    };
    format!(
        "{} reaches {} on a {stack} stack against a limit of {limit}, {}: {share} {which}, \
         {factor:.1} times an ordinary day's burden{}",
        noun(branch.mechanism),
        unit_text(branch.mechanism, value),
        branch.mechanism.branch(),
        decided_text(group, branch)
    )
}

/// What decides a branch, how that is known, and what would settle it.
fn decided_text(group: &Group, branch: &Branch) -> String {
    let names: Vec<String> = branch
        .decided_by
        .iter()
        .map(|(parameter, _)| {
            let meaning = parameter.definition().meaning;
            format!("{meaning} ({})", label(&group.class, *parameter))
        })
        .collect();
    let Some((first, _)) = branch.decided_by.first() else {
        return String::new();
    };
    format!(
        "; decided by {}; to settle it, {}",
        names.join(", "),
        first.definition().settle
    )
}

/// What a mechanism bounds, at the beginning of a sentence.
fn noun(mechanism: Mechanism) -> &'static str {
    match mechanism {
        Mechanism::H1 => "the delay of the watchdog kick by a flash erase",
        Mechanism::H2 => "the delay of the watchdog kick by network work",
        Mechanism::H3 => "the time without a check-in",
        Mechanism::H4 => "the message queue",
    }
}

/// A value with its unit.
fn unit_text(mechanism: Mechanism, value: f64) -> String {
    match mechanism {
        Mechanism::H1 | Mechanism::H2 | Mechanism::H3 => format!("{value:.2} s"),
        Mechanism::H4 => format!("{:.0} KiB", value / 1_024.0),
    }
}

/// What messages that waited cost the gateway.
fn messages_text(gateway: &Server) -> String {
    if gateway.message_s > 0.0 {
        format!(
            "a message that waited keeps a worker of the gateway busy for {:.1} ms ({})",
            gateway.message_s * 1_000.0,
            gateway.source
        )
    } else {
        "messages that waited keep no worker of the gateway busy when they are sent (assumed)"
            .to_owned()
    }
}

/// The result in one sentence.
pub(super) fn summary(row: &Stress) -> String {
    let who = format!("{} ({} pumps)", row.group, row.pumps);
    match (row.raises, row.reasons.first()) {
        (Raises::Nothing, _) | (_, None) => format!(
            "{who}: the stress model raises nothing under its assumptions; it lowers no verdict"
        ),
        (Raises::Conditional | Raises::NoGo, Some(reason)) => {
            format!(
                "{who}: the stress model raises the verdict to {}: {reason}",
                row.raises.name()
            )
        }
    }
}

/// A finite number, or none.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// A branch in the report.
fn branch_row(group: &Group, branch: &Branch) -> BranchRow {
    let unit = match branch.mechanism {
        Mechanism::H1 | Mechanism::H2 | Mechanism::H3 => "s",
        Mechanism::H4 => "B",
    };
    let draws = usize::try_from(draws_of(branch)).unwrap_or(usize::MAX);
    BranchRow {
        mechanism: branch.mechanism.name().to_owned(),
        only: branch.mechanism.branch().to_owned(),
        stack: group
            .class
            .stacks
            .get(branch.stack)
            .map_or("", |stack| stack.id)
            .to_owned(),
        unit: unit.to_owned(),
        bound: branch.likeliest.0,
        limit: branch.likeliest.1,
        margin_low: finite(quantile(&branch.margins, 0.1)),
        margin_median: finite(quantile(&branch.margins, 0.5)),
        trips_prior: share_text(branch.prior, 400),
        trips: share_text(branch.trips(), draws),
        draws: draws_of(branch),
        stress_factor: [0.5, 0.9].map(|share| finite(quantile(&branch.factors, share))),
        decided_by: branch
            .decided_by
            .iter()
            .map(|(parameter, correlation)| {
                let row = parameter.definition();
                let scalar = group.class.scalar(*parameter);
                Deciding {
                    parameter: row.name.to_owned(),
                    meaning: row.meaning.to_owned(),
                    correlation: (correlation * 100.0).round() / 100.0,
                    label: label(&group.class, *parameter).to_owned(),
                    source: scalar.map_or_else(String::new, |scalar| scalar.source.clone()),
                    settle: row.settle.to_owned(),
                }
            })
            .collect(),
    }
}

/// A herd in the report.
fn herd_row(herd: &Herd) -> HerdRow {
    HerdRow {
        server: herd.server.to_owned(),
        pumps: herd.pumps,
        rate: herd.rate,
        threshold: herd.threshold,
        ratio: herd.ratio(),
        curing_backlog: finite(herd.curing_backlog),
        drain_s: herd.drain_s,
    }
}

/// Assumptions under which the bounds hold, in sentences.
fn holds_under(
    question: &Question<'_>,
    (number, group): (usize, &Group),
    found: &[Branch],
) -> Vec<String> {
    let fleet = question.fleet;
    let class = &group.class;
    let stacks: Vec<&str> = class.stacks.iter().map(|stack| stack.id).collect();
    let gateway = &fleet.gateway;
    let mut out = vec![
        format!("the pump's network stack is one of: {}", stacks.join(", ")),
        format!(
            "it waits {:.1} to {:.1} s between attempts ({})",
            class.back_off.least_s(),
            class.back_off.most_s(),
            if class.back_off_known {
                "as the site says"
            } else {
                "assumed"
            }
        ),
        match class.tls_timeout_s {
            Some(timeout) => format!("it gives up a TLS handshake after {timeout:.1} s"),
            None => "it waits for a TLS handshake for ever, as common stacks do".to_owned(),
        },
        format!(
            "the gateway makes {:.0} handshakes a second and queues {} ({})",
            gateway.rate(),
            gateway
                .backlog
                .map_or("without bound".to_owned(), |backlog| backlog.to_string()),
            gateway.source
        ),
        messages_text(gateway),
        format!(
            "RADIUS makes {:.0} authentications a second ({})",
            fleet.radius.rate(),
            fleet.radius.source
        ),
    ];
    let times = (question.horizon_s, question.later_s);
    let lasts = exposure(fleet, number, 0, question.segments, times).and_then(|one| one.lasts_s());
    let rests = class
        .scalar(Parameter::Detect)
        .is_some_and(|detect| lasts.is_some_and(|lasts| lasts <= detect.lo));
    if let Some(text) = noticing(question, (number, class), lasts) {
        // Where a silence is over before it is noticed, all rests on this.
        out.insert(if rests { 0 } else { out.len() }, text);
    }
    let asks_radius = |segment: &Segment| {
        segment.concerns(number) && matches!(segment.service, Service::Radius | Service::Link)
    };
    if class.uses_eap && question.segments.iter().any(asks_radius) {
        out.push(format!(
            "each pump authenticates again every {:.0} min at a moment of its own, and its switch \
             or controller asks RADIUS every {RADIUS_AGAIN_S:.0} s for {:.0} s (assumed)",
            fleet.reauthentication_s / 60.0,
            fleet.radius.timeout_s
        ));
    }
    if !class.has_window() {
        out.push("the watchdog takes a kick at any time: it has no window (assumed)".to_owned());
    }
    let assumed = Parameter::from_name("watchdog")
        .is_some_and(|parameter| label(class, parameter) == "assumed");
    if assumed || class.is_assumed() {
        let parameters = found
            .iter()
            .flat_map(|branch| &branch.decided_by)
            .map(|(parameter, _)| *parameter);
        let mut names: Vec<&str> = parameters
            .filter(|parameter| label(class, *parameter) == "assumed")
            .map(|parameter| parameter.definition().name)
            .collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            out.push(format!(
                "assumed, without a public source: {}",
                names.join(", ")
            ));
        }
    }
    out
}

/// When pumps notice that their gateway is silent, a sentence; `None`: it never is.
fn noticing(
    question: &Question<'_>,
    (number, class): (usize, &PumpClass),
    lasts_s: Option<f64>,
) -> Option<String> {
    let is_silent = |segment: &Segment| {
        let silent = match segment.state {
            State::Drop | State::Mute | State::SessionsLost => true,
            State::Refuse
            | State::Slow(_)
            | State::NxDomain
            | State::ServFail
            | State::HandshakeFailure
            | State::MtuHole => false,
        };
        segment.concerns(number) && segment.service == Service::Gateway && silent
    };
    let silent = question.segments.iter().any(is_silent);
    let beat = class.scalar(Parameter::HeartbeatPeriod)?;
    let detect = class.scalar(Parameter::Detect)?;
    let range = |one: &Scalar| {
        let label = one.label.label();
        if one.hi > one.lo {
            format!("{:.0} to {:.0} s ({label})", one.lo, one.hi)
        } else {
            format!("{:.0} s ({label})", one.mode)
        }
    };
    let outlives = lasts_s.map_or_else(String::new, |lasts| {
        format!("; one that counts as lost later outlives the {lasts:.0} s without an answer")
    });
    (silent || lasts_s.is_some()).then(|| {
        format!(
            "a session counts as lost after {} without an answer to a heartbeat, which each pump \
             sends at moments of its own, every {}{outlives}",
            range(detect),
            range(beat)
        )
    })
}

/// The first replication in time, in bins.
pub fn timeline(fleet: &Fleet, rows: &[Stress], run: &Run) -> Timeline {
    let seconds = run.connected.len();
    let bin = seconds.div_ceil(BINS).max(1);
    let all = fleet.pumps();
    let rates = [
        ("access", &fleet.access),
        ("radius", &fleet.radius),
        ("dhcp", &fleet.dhcp),
        ("dns", &fleet.dns),
        ("gateway", &fleet.gateway),
    ];
    let servers = run
        .servers
        .iter()
        .zip(rates)
        .map(|(server, (_, station))| Arrivals {
            server: server.name.to_owned(),
            capacity: station.rate(),
            peak: server
                .arrivals
                .chunks(bin)
                .map(|chunk| chunk.iter().copied().max().unwrap_or(0))
                .collect(),
            queue_max: server.queue_max,
            dropped: server.dropped,
            wasted: server.wasted,
        })
        .collect();
    let connected: Vec<u32> = run
        .connected
        .chunks(bin)
        .map(|chunk| chunk.last().copied().unwrap_or(0))
        .collect();
    let queues = fleet
        .groups
        .iter()
        .map(|group| queue(group, &connected, bin, all))
        .collect();
    let margins = rows
        .iter()
        .flat_map(|row| {
            row.branches.iter().map(|branch| Margin {
                name: format!("{} {} {}", row.group, branch.mechanism, branch.stack),
                low: branch.margin_low,
                median: branch.margin_median,
            })
        })
        .collect();
    Timeline {
        bin_s: u32::try_from(bin).unwrap_or(u32::MAX),
        pumps: all,
        connected,
        servers,
        queues,
        margins,
    }
}

/// The queue of the pump that waits longest: from the first lost session to the last regained one.
fn queue(group: &Group, connected: &[u32], bin: usize, all: u64) -> Queue {
    let draw = group.class.modes();
    let size = draw.value(Parameter::MessageBytes);
    let status = draw.value(Parameter::StatusPeriod).max(1e-3);
    let mut waited = 0_usize;
    let bytes = connected
        .iter()
        .map(|there| {
            waited = if u64::from(*there) < all {
                waited + bin
            } else {
                0
            };
            if waited == 0 {
                0.0
            } else {
                (float(count(length(waited) / status)) + 1.0) * size
            }
        })
        .collect();
    Queue {
        group: group.id.clone(),
        bytes,
        heap: draw.value(Parameter::Heap),
    }
}

/// The place of a second in a timeline.
pub fn bin_of(timeline: &Timeline, second: u64) -> usize {
    index(second / u64::from(timeline.bin_s.max(1)))
}
