//! Retry schedules, back-off, give-up and synchrony of clients, measured in a capture.
//!
//! Says what the capture supports and no more: a schedule only where every other is told apart,
//! a back-off only where the end of each failed attempt was seen, a profile field only from these.

mod fields;
mod schedules;
mod series;
mod synchrony;
mod waits;

use std::collections::{BTreeMap, BTreeSet};

use crate::client::schedule::Layer;
use crate::input::capture::Capture;
use crate::wire::calibration::{CALIBRATION_SCHEMA, Calibration, Outcomes, Retries};

use super::number::seconds;
use schedules::Sequence;
use series::{Attempt, End, Protocol, SeriesKey};
use waits::{Wait, round};

/// What is asked of a capture.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Clients by address or hardware address; empty: all.
    pub clients: Vec<String>,
    /// The pump gateway, as an address or address and port; only then fields about it can be
    /// justified.
    pub gateway: Option<String>,
}

/// Evidence of one client or of several.
#[derive(Debug, Clone, Default)]
struct Evidence {
    /// Packets of each attempt.
    attempts: Vec<Sequence>,
    /// Packets or begins of all attempts of each outage.
    runs: Vec<Sequence>,
    /// Waits from the end of a failed attempt to the next attempt.
    waits: Vec<Wait>,
    /// Seconds from begin to begin after a failed attempt.
    cycles: Vec<f64>,
    /// For each silent attempt when it gave up: not before, not after.
    give_ups: Vec<[f64; 2]>,
    /// Number of attempts.
    count: usize,
    /// Number of packets.
    sends: usize,
    /// What came of them.
    outcomes: Outcomes,
    /// Most attempts open at once.
    concurrency: usize,
    /// Begins of each client's attempts.
    begins: Vec<Vec<u64>>,
}

/// Calibrates from a capture.
pub fn calibrate(capture: &Capture, question: &Question) -> Calibration {
    let collected = series::collect(capture, &question.clients);
    let end = capture.to_us - capture.from_us;
    let mut clients = Vec::new();
    let mut pooled: BTreeMap<(Protocol, String), (Evidence, BTreeSet<String>)> = BTreeMap::new();
    let mut untroubled = 0_usize;
    for (key, attempts) in &collected.series {
        let evidence = evidence(key.protocol, attempts, end);
        if evidence.is_silent_about_retries() {
            untroubled += 1;
            continue;
        }
        clients.push(evidence.report(key.protocol, &key.service, Some(&key.client), 1));
        let place = (key.protocol, key.service.clone());
        let (all, names) = pooled.entry(place).or_default();
        all.add(evidence);
        names.insert(key.client.clone());
    }
    let services: Vec<Retries> = pooled
        .iter()
        .map(|((protocol, service), (evidence, names))| {
            evidence.report(*protocol, service, None, names.len())
        })
        .collect();
    let mut notes = capture.notes.clone();
    if untroubled > 0 {
        notes.push(format!(
            "{untroubled} series of attempts were answered at once and show no retry"
        ));
    }
    for found in &services {
        let back_off = found
            .back_off
            .as_ref()
            .filter(|found| found.verdict == "fits");
        let model = back_off.and_then(|found| found.model.as_ref());
        if model.is_some_and(|model| model.factor > 1.0 && model.cap_s.is_none()) {
            notes.push(format!(
                "{} {}: the waits still grew, so that their cap is not known; capture a longer \
                 outage",
                found.protocol, found.service
            ));
        }
    }
    let (fields, scenario) = fields::justified(capture, &collected, &services, question);
    Calibration {
        schema: CALIBRATION_SCHEMA.to_owned(),
        file: capture.file.clone(),
        sha256: capture.digest.clone(),
        packets: capture.packets,
        span_s: round(seconds(end)),
        notes,
        clients,
        services,
        fields,
        scenario,
    }
}

/// The clients that a capture holds attempts of.
pub fn clients(capture: &Capture) -> Vec<String> {
    let all = series::collect(capture, &[]);
    let names: BTreeSet<String> = all
        .series
        .into_keys()
        .map(|key: SeriesKey| key.client)
        .collect();
    names.into_iter().collect()
}

/// The evidence of one client's attempts; `end` is the end of the capture.
fn evidence(protocol: Protocol, attempts: &[Attempt], end: u64) -> Evidence {
    let mut out = Evidence {
        count: attempts.len(),
        sends: attempts.iter().map(|attempt| attempt.sends.len()).sum(),
        begins: vec![attempts.iter().map(Attempt::begin).collect()],
        ..Evidence::default()
    };
    let mut failures = 0_u32;
    let mut run: Option<Sequence> = None;
    for (idx, attempt) in attempts.iter().enumerate() {
        let next = attempts.get(idx + 1);
        let quiet_until = next.map_or(end, Attempt::begin);
        out.outcomes.count(attempt.end);
        let over = |attempt: &Attempt| attempt.ended.unwrap_or(attempt.last());
        let open = attempts
            .iter()
            .filter(|other| other.begin() <= attempt.begin() && over(other) >= attempt.begin());
        out.concurrency = out.concurrency.max(open.count());
        out.attempts.push(Sequence {
            sends: attempt.sends.clone(),
            servers: attempt.servers.clone(),
            quiet_until,
            may_be_cut: idx == 0 && attempts.len() > 1,
        });
        let current = run.get_or_insert_with(|| Sequence {
            sends: Vec::new(),
            servers: Vec::new(),
            quiet_until,
            may_be_cut: false,
        });
        // A DHCP client sends every packet of an outage by one schedule, others begin anew.
        let sends = match protocol {
            Protocol::Dhcp => attempt.sends.as_slice(),
            Protocol::Tcp
            | Protocol::TcpData
            | Protocol::Dns
            | Protocol::Eapol
            | Protocol::Radius => attempt.sends.get(..1).unwrap_or_default(),
        };
        current.sends.extend(sends);
        current.servers.resize(current.sends.len(), 0);
        current.quiet_until = quiet_until;
        if !attempt.failed() {
            failures = 0;
            out.runs.extend(run.take());
            continue;
        }
        if let Some(next) = next {
            out.cycles.push(seconds(next.begin() - attempt.begin()));
            match attempt.ended {
                Some(ended) if ended <= next.begin() => out.waits.push(Wait {
                    failures,
                    seconds: seconds(next.begin() - ended),
                }),
                None if attempt.last() < next.begin() => out.give_ups.push([
                    seconds(attempt.last() - attempt.begin()),
                    seconds(next.begin() - attempt.begin()),
                ]),
                Some(_) | None => {}
            }
        }
        failures = failures.saturating_add(1);
    }
    out.runs.extend(run);
    out
}

impl Outcomes {
    /// Counts one attempt.
    fn count(&mut self, end: End) {
        match end {
            End::Silent => self.silent += 1,
            End::Mute => self.mute += 1,
            End::Answered => self.answered += 1,
            End::Refused => self.refused += 1,
        }
    }

    /// Adds others.
    fn add(&mut self, other: Self) {
        self.answered += other.answered;
        self.refused += other.refused;
        self.mute += other.mute;
        self.silent += other.silent;
    }
}

impl Evidence {
    /// Whether nothing was sent twice and nothing attempted again after a failure.
    fn is_silent_about_retries(&self) -> bool {
        self.cycles.is_empty() && self.sends == self.count
    }

    /// Adds another client's.
    fn add(&mut self, other: Self) {
        self.attempts.extend(other.attempts);
        self.runs.extend(other.runs);
        self.waits.extend(other.waits);
        self.cycles.extend(other.cycles);
        self.give_ups.extend(other.give_ups);
        self.count += other.count;
        self.sends += other.sends;
        self.outcomes.add(other.outcomes);
        self.concurrency = self.concurrency.max(other.concurrency);
        self.begins.extend(other.begins);
    }

    /// What it says.
    fn report(
        &self,
        protocol: Protocol,
        service: &str,
        client: Option<&str>,
        clients: usize,
    ) -> Retries {
        let schedule = match protocol {
            Protocol::Tcp => schedules::find(&[Layer::Connect], &self.attempts)
                .or_else(|| self.program_schedule()),
            Protocol::TcpData => schedules::find(&[Layer::Data], &self.attempts),
            Protocol::Dns => schedules::find(&[Layer::Resolve], &self.attempts),
            Protocol::Dhcp => schedules::find(&[Layer::Address], &self.runs),
            Protocol::Eapol => schedules::find(&[Layer::Authenticate], &self.runs),
            Protocol::Radius => None,
        };
        let known = schedule
            .as_ref()
            .is_some_and(|schedule| schedule.verdict != "none");
        let sequences = if protocol.runs_over_attempts() {
            &self.runs
        } else {
            &self.attempts
        };
        let gaps = if known {
            None
        } else {
            waits::explain(&gaps(sequences))
        };
        let mut cycles = self.cycles.clone();
        cycles.sort_by(f64::total_cmp);
        let cycle = match (cycles.first(), cycles.get(cycles.len() / 2), cycles.last()) {
            (Some(low), Some(middle), Some(high)) => Some([*low, *middle, *high].map(round)),
            _ => None,
        };
        let floor = self.waits.iter().map(|wait| wait.seconds).reduce(f64::min);
        Retries {
            client: client.map(str::to_owned),
            protocol: protocol.name().to_owned(),
            service: service.to_owned(),
            clients,
            attempts: self.count,
            sends: self.sends,
            outcomes: self.outcomes,
            schedule,
            gaps,
            back_off: waits::explain(&self.waits),
            gives_up_s: self.gives_up(),
            floor_s: floor.map(round),
            cycle_s: cycle,
            concurrency: self.concurrency,
            synchrony: cycle.and_then(|[_, middle, _]| synchrony::measure(&self.begins, middle)),
        }
    }

    /// The schedule of a program whose attempts are refused at once.
    fn program_schedule(&self) -> Option<crate::wire::calibration::ScheduleMatch> {
        let refused = self.outcomes.refused > 0 && self.outcomes.silent == 0;
        refused.then(|| schedules::find(&[Layer::Program], &self.runs))?
    }

    /// When silent attempts gave up: the narrowest interval where they agree, the widest where not.
    fn gives_up(&self) -> Option<[f64; 2]> {
        let reduce = |place: fn(&[f64; 2]) -> f64, pick: fn(f64, f64) -> f64| {
            self.give_ups.iter().map(place).reduce(pick)
        };
        let narrow = [
            reduce(|bounds| bounds[0], f64::max)?,
            reduce(|bounds| bounds[1], f64::min)?,
        ];
        if narrow[0] <= narrow[1] {
            return Some(narrow.map(round));
        }
        let wide = [
            reduce(|bounds| bounds[0], f64::min)?,
            reduce(|bounds| bounds[1], f64::max)?,
        ];
        Some(wide.map(round))
    }
}

/// Gaps of sequences as waits.
fn gaps(sequences: &[Sequence]) -> Vec<Wait> {
    let mut out = Vec::new();
    for sequence in sequences {
        for (failures, pair) in (0..).zip(sequence.sends.windows(2)) {
            if let [sent, again] = pair {
                out.push(Wait {
                    failures,
                    seconds: seconds(again - sent),
                });
            }
        }
    }
    out
}
