//! One budget over everything that is asked.
//!
//! At most one question to an address is under way; the pace is counted from the moment of
//! sending. Everything stops when a server fails in a row at what it had answered before, when the
//! caller asks, or when the time is over; what was measured until then is kept and marked.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::failover;
use super::plan::Shot;
use super::statistics::is_answered;
use crate::ctx::Progress;
use crate::probe::{Asked, Plan, Question, Transport, When, port_text};
use crate::wire::observation::{
    Anchor, Answer, OBSERVATION_SCHEMA, Observation, Outcome, Sample, State, StopReason, Stopped,
    TargetAddress, Vantage,
};

/// Longest time between two looks at whether the caller asks to stop.
const LOOK: Duration = Duration::from_millis(50);
/// Time between two words about how far it is.
const SAY: Duration = Duration::from_millis(250);

/// What a run is told besides its plan.
pub struct Start<'a> {
    /// When the run starts, RFC 3339.
    pub started: &'a str,
    /// The same, as time since 1970: what time servers are compared with.
    pub unix: Duration,
    /// Path of the site file as given.
    pub site_file: &'a str,
    /// From where.
    pub vantage: Arc<Vantage>,
    /// Longest time that the run takes; questions under way are waited for.
    pub deadline: Option<Duration>,
    /// Set when the user asks to stop.
    pub canceled: &'a AtomicBool,
    /// Told after each answer how far it is; may do nothing.
    pub progress: &'a (dyn Fn(Progress<'_>) + Sync),
}

impl Start<'_> {
    /// Why a run ends after this time.
    pub(super) fn ends(&self, elapsed: Duration) -> Option<Stopped> {
        let (reason, text) = if self.canceled.load(Ordering::Relaxed) {
            (StopReason::Canceled, "canceled by the user")
        } else if self.deadline.is_some_and(|deadline| elapsed >= deadline) {
            (StopReason::Deadline, "the time allowed is over")
        } else {
            return None;
        };
        Some(Stopped {
            reason,
            text: text.to_owned(),
        })
    }
}

/// What a run measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Each part of the plan, in its order.
    pub observations: Vec<Observation>,
    /// Why it ended before the plan did.
    pub stopped: Option<Stopped>,
}

/// One address's queue.
#[derive(Debug, Default)]
struct Lane {
    /// What is left to ask.
    shots: VecDeque<Shot>,
    /// When the next may be sent.
    due: Duration,
    /// What it has answered.
    answered: BTreeSet<(usize, usize)>,
    /// Failures in a row of what it had answered, by part: that it echoes does not mean that it
    /// serves.
    failures: BTreeMap<usize, usize>,
    /// Shortest time of each question, in microseconds.
    fastest: BTreeMap<(usize, usize), u64>,
}

impl Lane {
    /// Whether a question took more than twice its shortest time until now, and not by what any
    /// network adds now and then.
    fn is_slower(&mut self, asked: (usize, usize), elapsed: Option<u64>) -> bool {
        /// Microseconds that say nothing about the server.
        const NOISE_US: u64 = 20_000;
        let Some(elapsed) = elapsed else {
            return false;
        };
        let fastest = self.fastest.entry(asked).or_insert(elapsed);
        let is_slower = elapsed > *fastest * 2 && elapsed > *fastest + NOISE_US;
        *fastest = elapsed.min(*fastest);
        is_slower
    }
}

/// A run under way.
struct Conductor<'a> {
    /// The plan.
    plan: &'a Plan<'a>,
    /// Sockets and clock.
    transport: &'a Transport,
    /// Queues by address, as long as something is left in them.
    lanes: BTreeMap<Ipv4Addr, Lane>,
    /// Addresses that are asked nothing more after their first error.
    cut: BTreeSet<Ipv4Addr>,
    /// Addresses that are not busy and have something left, by when it may be sent.
    ready: BTreeSet<(Duration, Ipv4Addr)>,
    /// What came back.
    samples: BTreeMap<Shot, Sample>,
    /// Questions that turned out not to be needed.
    skipped: BTreeSet<Shot>,
    /// Questions that answers added, behind those of the plan, by part.
    more: BTreeMap<usize, Vec<Question>>,
    /// Questions that the plan lists, with their repetitions.
    planned: usize,
    /// Questions that answers added.
    added: usize,
    /// When the run started, in seconds since 1970.
    unix: u64,
    /// Questions under way.
    in_flight: usize,
    /// How long the play of a dead name server takes, which comes last.
    played: Duration,
    /// When it was said last how far it is.
    said: Option<Duration>,
    /// Why it stops.
    stopped: Option<Stopped>,
}

/// Sends what the plan lists and returns what came back.
pub fn run(plan: &Plan<'_>, start: &Start<'_>) -> Measured {
    let settings = &plan.settings;
    let transport = Transport::start(start.unix, settings.timeout).from(settings.source.clone());
    let lanes: BTreeMap<Ipv4Addr, Lane> = plan
        .shots()
        .into_iter()
        .map(|(address, shots)| {
            let lane = Lane {
                shots: shots.into(),
                due: plan.first_at(address),
                ..Lane::default()
            };
            (address, lane)
        })
        .collect();
    let planned = lanes.values().map(|lane| lane.shots.len()).sum();
    let workers = plan.settings.in_flight.clamp(1, lanes.len().max(1));
    let ready = lanes.iter().map(|(address, lane)| (lane.due, *address));
    let mut conductor = Conductor {
        plan,
        transport: &transport,
        ready: ready.collect(),
        lanes,
        cut: BTreeSet::new(),
        samples: BTreeMap::new(),
        skipped: BTreeSet::new(),
        more: BTreeMap::new(),
        planned,
        added: 0,
        unix: start.unix.as_secs(),
        in_flight: 0,
        played: plan.played(),
        said: None,
        stopped: None,
    };
    let (to_workers, orders) = mpsc::channel();
    let (to_conductor, results) = mpsc::channel();
    let orders = Mutex::new(orders);
    thread::scope(|scope| {
        for _ in 0..workers {
            let to_conductor = to_conductor.clone();
            let orders = &orders;
            let transport = &transport;
            scope.spawn(move || work(plan, transport, orders, &to_conductor));
        }
        conductor.conduct(start, workers, &to_workers, &results);
        drop(to_workers);
    });
    let mut measured = conductor.observations(start);
    failover::play(plan, start, &transport, &mut measured);
    measured
}

/// Asks what is ordered until nothing more comes.
fn work(
    plan: &Plan<'_>,
    transport: &Transport,
    orders: &Mutex<Receiver<(Shot, Question)>>,
    results: &Sender<(Shot, Sample)>,
) {
    loop {
        let order = orders.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((shot, question)) = order else {
            return;
        };
        let Some(part) = plan.parts.get(shot.part) else {
            return;
        };
        let at_us = super::transport::micros(transport.elapsed());
        let mut sample = part.probe.ask(transport, &part.target, &question);
        sample.at_us = at_us;
        if results.send((shot, sample)).is_err() {
            return;
        }
    }
}

impl Conductor<'_> {
    /// Orders and collects until the plan is done or something stops it.
    fn conduct(
        &mut self,
        start: &Start<'_>,
        workers: usize,
        orders: &Sender<(Shot, Question)>,
        results: &Receiver<(Shot, Sample)>,
    ) {
        loop {
            self.look_for_stop(start);
            if self.stopped.is_none() {
                self.order(workers, orders);
            }
            if self.stopped.is_some() {
                self.transport.stop();
            }
            if self.in_flight == 0 && (self.stopped.is_some() || self.ready.is_empty()) {
                return;
            }
            match results.recv_timeout(self.wait()) {
                Ok((shot, sample)) => {
                    self.take(shot, sample);
                    self.say_progress(start);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Says how far it is, unless it was said a moment ago.
    fn say_progress(&mut self, start: &Start<'_>) {
        let now = self.transport.elapsed();
        if self.said.is_some_and(|said| now < said + SAY) {
            return;
        }
        self.said = Some(now);
        (start.progress)(Progress {
            phase: "questions asked",
            done: self.samples.len() + self.skipped.len(),
            all: self.planned + self.added,
            left: Some(self.left(now)),
        });
    }

    /// How long the rest takes while every answer comes at once: addresses are asked beside each
    /// other, so the slowest decides.
    fn left(&self, now: Duration) -> Duration {
        let lanes = self.lanes.values().map(|lane| {
            let rest = self.plan.paced(lane.shots.iter().copied());
            lane.due.saturating_sub(now) + rest
        });
        lanes.max().unwrap_or_default() + self.played
    }

    /// How long nothing is due.
    fn wait(&self) -> Duration {
        let now = self.transport.elapsed();
        self.ready
            .first()
            .map_or(LOOK, |(due, _)| due.saturating_sub(now))
            .clamp(Duration::from_micros(100), LOOK)
    }

    /// Notes that the caller asks to stop or that the time is over.
    fn look_for_stop(&mut self, start: &Start<'_>) {
        if self.stopped.is_none() {
            self.stopped = start.ends(self.transport.elapsed());
        }
    }

    /// Orders what is due, the longest due first.
    fn order(&mut self, workers: usize, orders: &Sender<(Shot, Question)>) {
        let now = self.transport.elapsed();
        while self.in_flight < workers
            && let Some((due, address)) = self.ready.first().copied()
            && due <= now
        {
            self.ready.pop_first();
            let Some((shot, question)) = self.next_needed(address) else {
                continue;
            };
            let pause = self.plan.pause(shot);
            if let Some(lane) = self.lanes.get_mut(&address)
                && orders.send((shot, question)).is_ok()
            {
                lane.due = now + pause;
                self.in_flight += 1;
            }
        }
    }

    /// Takes the next question of an address that is needed.
    fn next_needed(&mut self, address: Ipv4Addr) -> Option<(Shot, Question)> {
        loop {
            let shot = self.lanes.get_mut(&address)?.shots.pop_front()?;
            let question = self.question(shot)?;
            let is_needed = match question.when {
                When::Always => true,
                When::Truncated => self.was(shot.part, is_truncated),
                When::Servfail => self.was(shot.part, |sample| sample.outcome == Outcome::Servfail),
            };
            if is_needed {
                return Some((shot, question.clone()));
            }
            self.skipped.insert(shot);
        }
    }

    /// Whether an answer to a part was such.
    fn was(&self, part: usize, such: impl Fn(&Sample) -> bool) -> bool {
        self.samples
            .range(shots_of(part))
            .any(|(_, sample)| such(sample))
    }

    /// A question of the plan, or one that answers added.
    fn question(&self, shot: Shot) -> Option<&Question> {
        let planned = &self.plan.parts.get(shot.part)?.questions;
        planned.get(shot.question).or_else(|| {
            let added = shot.question.checked_sub(planned.len())?;
            self.more.get(&shot.part)?.get(added)
        })
    }

    /// Adds what an answer makes worth asking, each question once.
    fn follow_up(&mut self, shot: Shot, sample: &Sample) {
        let plan = self.plan;
        let Some(part) = plan.parts.get(shot.part) else {
            return;
        };
        let address = part.target.address();
        if part.probe.most_follow_ups() == 0 || self.cut.contains(&address) {
            return;
        }
        let (Some(service), Some(question)) = (
            plan.site.services.get(part.target.service()),
            self.question(shot),
        ) else {
            return;
        };
        let asked = Asked {
            site: plan.site,
            service,
            target: &part.target,
            port: part.port,
            settings: &plan.settings,
            unix: self.unix,
        };
        let answers: Vec<&Sample> = self
            .samples
            .range(shots_of(shot.part))
            .map(|(_, sample)| sample)
            .chain([sample])
            .collect();
        let more = part.probe.follow_ups(&asked, question, &answers);
        let Some(lane) = self.lanes.get_mut(&address) else {
            return;
        };
        let added = self.more.entry(shot.part).or_default();
        for question in more {
            let mut known = part.questions.iter().chain(added.iter());
            if added.len() < part.probe.most_follow_ups()
                && !known.any(|known| known.text == question.text)
            {
                lane.shots.push_back(Shot {
                    part: shot.part,
                    question: part.questions.len() + added.len(),
                    round: 0,
                });
                added.push(question);
                self.added += 1;
            }
        }
    }

    /// Takes a result and looks for distress.
    fn take(&mut self, shot: Shot, sample: Sample) {
        self.in_flight -= 1;
        if let Some(part) = self.plan.parts.get(shot.part)
            && let Some(lane) = self.lanes.get_mut(&part.target.address())
        {
            let address = part.target.address();
            if part.probe.is_refusal(&sample) {
                let (refused, left) = lane
                    .shots
                    .drain(..)
                    .partition::<VecDeque<Shot>, _>(|other| other.part == shot.part);
                lane.shots = left;
                self.skipped.extend(refused);
            }
            let asked = (shot.part, shot.question);
            let is_distress =
                is_distress(sample.outcome) && !part.probe.is_expected(sample.outcome);
            if is_distress {
                if lane.answered.contains(&asked) {
                    *lane.failures.entry(shot.part).or_default() += 1;
                }
            } else if is_answered(sample.outcome) {
                lane.failures.remove(&shot.part);
                lane.answered.insert(asked);
            }
            let is_bearing = self
                .plan
                .site
                .services
                .get(part.target.service())
                .is_some_and(|service| part.probe.is_bearing(service));
            let most = if part.target.is_fragile() {
                if is_distress && is_bearing {
                    self.cut.insert(address);
                    lane.shots.clear();
                }
                1
            } else {
                self.plan.settings.distress
            };
            let failures = lane.failures.get(&shot.part).copied().unwrap_or(0);
            let why = if failures >= most {
                Some(format!(
                    "{address} failed {failures} times in a row at what it had answered before"
                ))
            } else if part.target.is_fragile() && lane.is_slower(asked, sample.elapsed_us) {
                Some(format!("{address} takes more than twice as long as before"))
            } else {
                None
            };
            if let Some(text) = why
                && self.stopped.is_none()
            {
                self.stopped = Some(Stopped {
                    reason: StopReason::Distress,
                    text,
                });
            }
        }
        self.follow_up(shot, &sample);
        self.samples.insert(shot, sample);
        if let Some(part) = self.plan.parts.get(shot.part)
            && let Some(lane) = self.lanes.get(&part.target.address())
        {
            let address = part.target.address();
            if lane.shots.is_empty() {
                self.lanes.remove(&address);
            } else {
                self.ready.insert((lane.due, address));
            }
        }
    }

    /// What was measured, part by part.
    fn observations(self, start: &Start<'_>) -> Measured {
        let plan = self.plan;
        let mut measured = self.samples.into_iter().peekable();
        let mut observations = Vec::with_capacity(plan.parts.len());
        for (index, part) in plan.parts.iter().enumerate() {
            let mut samples = Vec::new();
            while let Some((_, sample)) = measured.next_if(|(shot, _)| shot.part == index) {
                samples.push(sample);
            }
            samples.shrink_to_fit();
            let Some(service) = plan.site.services.get(part.target.service()) else {
                continue;
            };
            let skipped = self.skipped.range(shots_of(index)).count();
            let planned: usize = part
                .questions
                .iter()
                .chain(self.more.get(&index).into_iter().flatten())
                .map(|question| plan.rounds(part, question))
                .sum();
            let is_cut = self.cut.contains(&part.target.address());
            let partial = samples.len() + skipped < planned && (self.stopped.is_some() || is_cut);
            let asked = Asked {
                site: plan.site,
                service,
                target: &part.target,
                port: part.port,
                settings: &plan.settings,
                unix: start.unix.as_secs(),
            };
            let reading = part.probe.interpret(&asked, &samples);
            // Whoever was asked nothing has not shown that it works.
            let state = if samples.is_empty() && planned > 0 {
                State::NotMeasured
            } else {
                reading.state
            };
            let place = part.target.place();
            observations.push(Observation {
                schema: OBSERVATION_SCHEMA.into(),
                vantage: Arc::clone(&start.vantage),
                engine: concat!("pump-preflight ", env!("CARGO_PKG_VERSION")).into(),
                fidelity: "full".into(),
                service: service.id.clone(),
                target: TargetAddress {
                    address: part.target.address().to_string(),
                    port: port_text(part.port),
                },
                probe: part.probe.id().into(),
                started: start.started.to_owned(),
                samples,
                summary: reading.summary,
                state,
                bearing: part.probe.is_bearing(service),
                why: reading.why,
                statements: reading.statements,
                partial,
                anchor: Anchor {
                    file: start.site_file.to_owned(),
                    line: place.line,
                    column: place.column,
                },
            });
        }
        Measured {
            observations,
            stopped: self.stopped,
        }
    }
}

/// All packets of a part, in the order of its questions.
fn shots_of(part: usize) -> Range<Shot> {
    let first = |part| Shot {
        part,
        question: 0,
        round: 0,
    };
    first(part)..first(part + 1)
}

/// Whether the answer was cut.
fn is_truncated(sample: &Sample) -> bool {
    matches!(&sample.answer, Some(Answer::Dns(answer)) if answer.truncated)
}

/// Whether an outcome can mean that the server suffers.
fn is_distress(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Servfail
        | Outcome::Refused
        | Outcome::RefusedPort
        | Outcome::Timeout
        | Outcome::Unreachable
        | Outcome::Closed
        | Outcome::Malformed => true,
        Outcome::Answer
        | Outcome::Nxdomain
        | Outcome::Nodata
        | Outcome::OtherError
        | Outcome::NotSent => false,
    }
}
