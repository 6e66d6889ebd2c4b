//! How clients get over a dead first name server: their waits, lived through.
//!
//! The first server of a service is asked nothing and counts as silent; the others are asked when
//! the client would ask them, one kind of client after the other, after everything else. Only on
//! request: it takes as long as the clients wait.

use std::thread;
use std::time::Duration;

use super::transport::instant;
use crate::client::resolver::{Ask, Asks, RESOLVERS, asks};
use crate::probe::{Measured, Part, Plan, Question, Reply, Start, Transport, micros, port_text};
use crate::wire::observation::{
    Behavior, Observation, Outcome, PlannedPacket, Sample, State, Statement, Stopped, TargetAddress,
};

/// The name in reports.
pub(super) const PROBE: &str = "failover";
/// Longest time between two looks at whether the user asks to stop.
const LOOK: Duration = Duration::from_millis(20);

/// The name servers of one service, the first of which is played dead.
pub(super) struct Play<'a> {
    /// What each server is asked, in the order of the list.
    parts: Vec<&'a Part>,
    /// The question.
    question: &'a Question,
}

/// A kind of client and what it sends.
type Client = (&'static str, Asks);

/// Plays what is asked for and adds it to what was measured.
pub(super) fn play(
    plan: &Plan<'_>,
    start: &Start<'_>,
    transport: &Transport,
    measured: &mut Measured,
) {
    for play in Play::all(plan) {
        if measured.stopped.is_some() {
            return;
        }
        let mut observations = measured.observations.iter();
        let like = observations.find(|one| one.probe == "dns" && play.is_of(&one.service));
        let Some(like) = like.cloned() else { continue };
        let (observation, stopped) = play.observe(plan, start, transport, like);
        measured.observations.push(observation);
        measured.stopped = stopped;
    }
}

impl<'a> Play<'a> {
    /// Every service with several name servers that may all be asked.
    pub(super) fn all(plan: &'a Plan<'_>) -> Vec<Self> {
        let services = plan.services.iter().filter(|_| plan.settings.failover);
        services
            .filter_map(|service| {
                let parts = plan.parts.iter();
                let parts: Vec<&Part> = parts
                    .filter(|part| part.probe.id() == "dns" && part.target.service() == service.id)
                    .collect();
                let question = parts.first()?.questions.first()?;
                let is_whole = parts.len() == service.servers.len() && parts.len() > 1;
                is_whole.then_some(Self { parts, question })
            })
            .collect()
    }

    /// The kinds of clients whose waits are known.
    fn clients(&self) -> impl Iterator<Item = Client> {
        let count = self.parts.len();
        RESOLVERS
            .iter()
            .filter_map(move |row| Some((row.name, asks(row.model, count)?)))
    }

    /// The question in reports.
    fn text(&self, model: &str) -> String {
        format!("{} as {model} asks", self.question.text)
    }

    /// Whether its servers are of this service.
    fn is_of(&self, service: &str) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| part.target.service() == service)
    }

    /// How long it takes while the second server answers at once.
    pub(super) fn duration(&self, interval: Duration) -> Duration {
        let first = |asks: &Asks| {
            let first = asks.asks.iter().find(|ask| ask.server > 0);
            first.map_or(asks.end_s, |ask| ask.at_s)
        };
        self.clients()
            .map(|(_, asks)| Duration::from_secs_f64(first(&asks)) + interval)
            .sum()
    }

    /// What it sends at most.
    pub(super) fn packets(&self) -> Vec<PlannedPacket> {
        let count = |place: usize| {
            let clients = self.clients();
            let asks = clients.flat_map(|(_, asks)| asks.asks);
            asks.filter(|ask| ask.server == place).count()
        };
        let living = self.parts.iter().enumerate().skip(1);
        living
            .map(|(place, part)| PlannedPacket {
                service: part.target.service().to_owned(),
                target: address_of(part),
                probe: PROBE.to_owned(),
                question: self.question.text.to_string(),
                times: count(place),
                bytes: self.question.payload.len(),
                when_truncated: false,
                only_if: Some("as long as none has answered a kind of client".to_owned()),
                vantage: None,
            })
            .collect()
    }

    /// Plays every kind of client; `like` is an observation of the same servers.
    pub(super) fn observe(
        &self,
        plan: &Plan<'_>,
        start: &Start<'_>,
        transport: &Transport,
        like: Observation,
    ) -> (Observation, Option<Stopped>) {
        let mut samples = Vec::new();
        let mut stopped = None;
        for (model, asks) in self.clients() {
            let lived = wait(plan.settings.interval, start, transport).and_then(|()| {
                let at_us = micros(transport.elapsed());
                let sample = self.live(&asks, start, transport)?;
                Ok((at_us, sample))
            });
            match lived {
                Ok((at_us, sample)) => samples.push(Sample {
                    question: self.text(model).into(),
                    at_us,
                    ..sample
                }),
                Err(reason) => {
                    stopped = Some(reason);
                    break;
                }
            }
        }
        let dead = like.target.address.clone();
        let statements = samples.iter().map(|sample| about(sample, &dead)).collect();
        let first = samples.first().map(|sample| sample.question.clone());
        let observation = Observation {
            probe: PROBE.into(),
            summary: super::summarize_samples(&first.unwrap_or_default(), &samples),
            samples,
            state: if stopped.is_some() {
                State::NotMeasured
            } else {
                State::Works
            },
            bearing: false,
            why: Vec::new(),
            statements,
            partial: stopped.is_some(),
            ..like
        };
        (observation, stopped)
    }

    /// One lookup of one kind of client, or why the run ends.
    fn live(
        &self,
        asks: &Asks,
        start: &Start<'_>,
        transport: &Transport,
    ) -> Result<Sample, Stopped> {
        let began = instant();
        let groups: Vec<&[Ask]> = asks
            .asks
            .chunk_by(|one, other| one.at_s.total_cmp(&other.at_s).is_eq())
            .collect();
        let ends = groups.iter().skip(1).filter_map(|group| group.first());
        let ends = ends.map(|ask| ask.at_s).chain([asks.end_s]);
        let mut last = Reply::failure(Outcome::Timeout, None).sample(self.question);
        for (group, end) in groups.iter().zip(ends) {
            let end = Duration::from_secs_f64(end);
            let left = end.saturating_sub(began.elapsed());
            let mut answers = self.ask(group, left, transport);
            answers.sort_by_key(|(elapsed, _)| *elapsed);
            if let Some((_, sample)) = answers.into_iter().next() {
                let is_answer = is_end(sample.outcome);
                let elapsed = is_answer.then(|| micros(began.elapsed()));
                let sample = Sample {
                    elapsed_us: elapsed,
                    answer: None,
                    ..sample
                };
                if is_answer {
                    return Ok(sample);
                }
                last = sample;
            }
            wait(end.saturating_sub(began.elapsed()), start, transport)?;
        }
        Ok(last)
    }

    /// Asks the living among some servers at once and returns what came until the first answer.
    fn ask(&self, group: &[Ask], left: Duration, transport: &Transport) -> Vec<(Duration, Sample)> {
        let began = instant();
        let limited = Transport::start(transport.unix_now(), left).from(transport.source.clone());
        let living = group.iter().filter(|ask| ask.server > 0);
        thread::scope(|scope| {
            let asked: Vec<_> = living
                .filter_map(|ask| self.parts.get(ask.server))
                .map(|part| {
                    let limited = &limited;
                    scope.spawn(move || {
                        let sample = part.probe.ask(limited, &part.target, self.question);
                        let rank = if is_end(sample.outcome) {
                            began.elapsed()
                        } else {
                            Duration::MAX
                        };
                        (rank, sample)
                    })
                })
                .collect();
            asked
                .into_iter()
                .filter_map(|thread| thread.join().ok())
                .collect()
        })
    }
}

/// What one lookup showed.
fn about(sample: &Sample, dead: &str) -> Statement {
    let end = sample.elapsed_us.map_or("never answered".to_owned(), |us| {
        let (seconds, millis) = (us / 1_000_000, us % 1_000_000 / 1_000);
        format!("answered after {seconds}.{millis:03} s")
    });
    Statement {
        behavior: Behavior::Failover,
        state: State::Works,
        text: format!("{} with {dead} played dead: {end}", sample.question),
    }
}

/// Seconds that a kind of client took, as an observation of the same service says.
pub(super) fn measured(own: &[&Observation], model: &str) -> Option<f64> {
    let end = format!(" as {model} asks");
    let samples = own
        .iter()
        .filter(|observation| observation.probe == PROBE)
        .flat_map(|observation| &observation.samples);
    let sample = samples
        .into_iter()
        .find(|sample| sample.question.ends_with(&end))?;
    Some(Duration::from_micros(sample.elapsed_us?).as_secs_f64())
}

/// Whether a client takes it for the end of its lookup.
fn is_end(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Answer | Outcome::Nxdomain | Outcome::Nodata
    )
}

/// Where a part goes.
fn address_of(part: &Part) -> TargetAddress {
    TargetAddress {
        address: part.target.address().to_string(),
        port: port_text(part.port),
    }
}

/// Waits, or says why the run ends.
fn wait(time: Duration, start: &Start<'_>, transport: &Transport) -> Result<(), Stopped> {
    let began = instant();
    loop {
        if let Some(stopped) = start.ends(transport.elapsed()) {
            return Err(stopped);
        }
        let left = time.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        thread::sleep(left.min(LOOK));
    }
}
