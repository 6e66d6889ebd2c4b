//! What the samples of one name server show, each statement with the state that it means.

use std::net::Ipv4Addr;

use super::ask;
use crate::client::resolver::RESOLVERS;
use crate::net::DomainName;
use crate::probe::{Asked, is_answered};
use crate::wire::observation::{
    Answer, Behavior, DnsAnswer, DnsRecord, Outcome, Sample, State, Statement,
};

/// One server.
#[derive(Debug)]
pub(super) struct Server<'a> {
    /// On whose behalf it was asked.
    pub(super) asked: &'a Asked<'a>,
    /// What it answered.
    pub(super) samples: &'a [Sample],
    /// What that shows.
    pub(super) statements: Vec<Statement>,
}

impl<'a> Server<'a> {
    /// What the samples show.
    pub(super) fn read(asked: &'a Asked<'a>, samples: &'a [Sample]) -> Self {
        let mut server = Self {
            asked,
            samples,
            statements: Vec::new(),
        };
        let names = ask::names(asked.site);
        if names.is_empty() {
            server.note_unnamed();
        }
        for name in &names {
            server.note_name(name);
            server.note_chain(name);
            server.note_ttl(name);
            server.note_way(name);
            server.note_ipv6(name);
            server.note_trust(name);
        }
        server.note_search(&names);
        server.note_records();
        server.note_case(&names);
        server.note_zones();
        server.note_reverse();
        server.note_stale();
        server.note_tail(&names);
        if samples.is_empty() {
            server.note(
                Behavior::NotMeasured,
                State::NotMeasured,
                "nothing was asked".to_owned(),
            );
        }
        server
    }

    /// Adds a statement.
    pub(super) fn note(&mut self, behavior: Behavior, state: State, text: String) {
        let statement = Statement {
            behavior,
            state,
            text,
        };
        if !self.statements.contains(&statement) {
            self.statements.push(statement);
        }
    }

    /// The samples of one question.
    pub(super) fn of(&self, question: &str) -> Vec<&'a Sample> {
        self.samples
            .iter()
            .filter(|sample| sample.question == question)
            .collect()
    }

    /// Whether the plain question for a name got any answer.
    pub(super) fn plain_works(&self, name: &DomainName) -> bool {
        self.of(&ask::base(name))
            .iter()
            .any(|sample| is_answered(sample.outcome))
    }

    /// A server that there is no name to ask for.
    fn note_unnamed(&mut self) {
        if self
            .samples
            .iter()
            .all(|sample| !is_answered(sample.outcome))
        {
            self.note_silence("NS .");
        } else {
            let text = "answers; no service of the site has a name to ask for";
            self.note(Behavior::Answer, State::NotMeasured, text.to_owned());
        }
    }

    /// Whether a name is answered as the site file says, each time.
    fn note_name(&mut self, name: &DomainName) {
        let question = ask::base(name);
        let own = self.of(&question);
        if own.is_empty() {
            let text = format!("{question}: not asked");
            self.note(Behavior::Answer, State::NotMeasured, text);
            return;
        }
        if own.iter().all(|sample| !is_answered(sample.outcome)) {
            self.note_silence(&question);
            return;
        }
        let lost = own
            .iter()
            .filter(|sample| !is_answered(sample.outcome))
            .count();
        if lost > 0 {
            let text = format!("{question}: {lost} of {} got no answer", own.len());
            self.note(Behavior::Tail, State::Degraded, text);
        }
        let declared = ask::declared(self.asked.site, name);
        // A truncated answer may lack records; what TCP brings is the whole.
        let whole = self
            .of(&ask::over_tcp(name))
            .into_iter()
            .find(|sample| sample.outcome == Outcome::Answer);
        let mut said = Vec::new();
        for sample in own.iter().filter(|sample| is_answered(sample.outcome)) {
            let sample = if is_truncated(sample) {
                whole.unwrap_or(sample)
            } else {
                sample
            };
            said.extend(contradiction(sample, &question, &declared));
        }
        said.sort();
        for text in said {
            self.note(Behavior::Answer, State::Fails, text);
        }
    }

    /// No sample has an answer: why.
    fn note_silence(&mut self, question: &str) {
        let own = self.of(question);
        let mut outcomes: Vec<Outcome> = own.iter().map(|sample| sample.outcome).collect();
        outcomes.sort();
        outcomes.dedup();
        let state = if outcomes.iter().all(|outcome| *outcome == Outcome::NotSent) {
            State::NotMeasured
        } else {
            State::Fails
        };
        let texts: Vec<&str> = outcomes.iter().map(|outcome| word(*outcome)).collect();
        let detail = own
            .iter()
            .find_map(|sample| sample.detail.as_deref())
            .map_or(String::new(), |detail| format!(" ({detail})"));
        let count = own.len();
        let text = format!(
            "{question}: {count} of {count} {}{detail}",
            texts.join(", ")
        );
        self.note(Behavior::Answer, state, text);
    }

    /// Aliases: several, in a circle, or to nothing.
    fn note_chain(&mut self, name: &DomainName) {
        let question = ask::base(name);
        for sample in self.of(&question) {
            let Some(Answer::Dns(answer)) = &sample.answer else {
                continue;
            };
            let chain = Chain::of(name, &answer.records);
            let path = chain.names.join(" -> ");
            let Some(last) = chain.names.last() else {
                continue;
            };
            if chain.is_loop {
                let text = format!("{question}: aliases in a circle: {path}");
                self.note(Behavior::Chain, State::Fails, text);
            } else if sample.outcome == Outcome::Nxdomain && chain.names.len() > 1 {
                let text = format!("{question}: the alias {path} ends at a name that is not there");
                self.note(Behavior::Chain, State::Fails, text);
            } else if sample.outcome == Outcome::Nodata && chain.names.len() > 1 {
                let target = ask::base(&DomainName::absolute(last));
                let asked_again = self.of(&target).first().map(|sample| sample.outcome);
                let rest = match asked_again {
                    Some(Outcome::Answer) => "whose address comes only to who asks again",
                    Some(outcome) => word(outcome),
                    None => "which has no address in the answer",
                };
                let text = format!("{question}: the alias {path} leads to nothing: {last} {rest}");
                self.note(Behavior::Chain, State::Fails, text);
            } else if chain.names.len() > 2 {
                let text = format!(
                    "{question}: {} aliases in a row ({path}); whether a small client follows them is \
                     not known",
                    chain.names.len() - 1
                );
                self.note(Behavior::Chain, State::Works, text);
            }
        }
    }

    /// How long the answer is kept, over the whole chain.
    fn note_ttl(&mut self, name: &DomainName) {
        let Some(life) = longest_life(name, self.samples) else {
            return;
        };
        let question = ask::base(name);
        let text = if life.is_exact {
            format!("{question}: kept up to {} s ({})", life.seconds, life.parts)
        } else {
            format!(
                "{question}: kept {} s or longer ({}): this server counts down what the zone's own \
                 server says",
                life.seconds, life.parts
            )
        };
        self.note(Behavior::Ttl, State::Works, text);
    }

    /// Answers that the server keeps past their time (RFC 8914 §4.4, §4.20).
    fn note_stale(&mut self) {
        /// Codes of a stale answer and of a stale "no such name".
        const STALE: [u16; 2] = [3, 19];
        for sample in self.samples {
            if let Some(Answer::Dns(answer)) = &sample.answer
                && answer
                    .extended_errors
                    .iter()
                    .any(|code| STALE.contains(code))
            {
                let text = format!(
                    "{}: a stale answer: the server keeps it past its time",
                    about(&sample.question)
                );
                self.note(Behavior::Stale, State::Degraded, text);
            }
        }
    }

    /// Answers that come later than some client waits.
    fn note_tail(&mut self, names: &[DomainName]) {
        for name in names {
            let question = ask::base(name);
            let slowest = self
                .of(&question)
                .iter()
                .filter(|sample| is_answered(sample.outcome))
                .filter_map(|sample| sample.elapsed_us)
                .max();
            let Some(slowest) = slowest else { continue };
            let impatient: Vec<String> = RESOLVERS
                .iter()
                .filter_map(|row| Some((row.name, row.first_wait_ms?)))
                .filter(|(_, wait)| slowest > u64::from(*wait) * 1000)
                .map(|(model, wait)| format!("{model} after {wait} ms"))
                .collect();
            if !impatient.is_empty() {
                let text = format!(
                    "{question}: the slowest answer came when some clients ask again ({})",
                    impatient.join(", ")
                );
                self.note(Behavior::Tail, State::Degraded, text);
            }
        }
    }
}

/// Aliases from a name on.
#[derive(Debug)]
struct Chain {
    /// The name, then where each alias leads.
    names: Vec<String>,
    /// Whether the last leads back.
    is_loop: bool,
}

impl Chain {
    /// The chain that an answer's records make.
    fn of(name: &DomainName, records: &[DnsRecord]) -> Self {
        let mut names = vec![name.to_string()];
        let mut at = name.clone();
        while let Some(record) = records
            .iter()
            .find(|record| record.kind == "CNAME" && DomainName::absolute(&record.name) == at)
        {
            at = DomainName::absolute(&record.data);
            let text = at.to_string();
            let is_loop = names.contains(&text);
            names.push(text);
            if is_loop {
                return Self { names, is_loop };
            }
        }
        Self {
            names,
            is_loop: false,
        }
    }
}

/// How long an answer is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::probe) struct Life {
    /// The longest of the chain, in seconds.
    pub(in crate::probe) seconds: u32,
    /// Whether it is what the zone says, not what a cache has left of it.
    pub(in crate::probe) is_exact: bool,
    /// Each record's, in words.
    parts: String,
}

/// How long an answer about a name is kept, as far as one server shows it; `None` without an answer.
///
/// A server with authority says it, and so does a signature (RFC 4034 §3.1.4: the original TTL); a
/// cache shows what is left, of which the most is a lower bound.
pub(in crate::probe) fn longest_life(name: &DomainName, samples: &[Sample]) -> Option<Life> {
    let prefix = ask::base(name);
    let answers: Vec<&DnsAnswer> = samples
        .iter()
        .filter(|sample| sample.question.starts_with(&prefix) && sample.outcome == Outcome::Answer)
        .filter_map(|sample| match &sample.answer {
            Some(Answer::Dns(answer)) if !answer.truncated => Some(answer.as_ref()),
            _ => None,
        })
        .collect();
    let longest = answers.iter().max_by_key(|answer| {
        let most = answer.records.iter().map(|record| record.ttl).max();
        (answer.authoritative, most)
    })?;
    let mut is_exact = true;
    let mut seconds = 0;
    let mut parts = Vec::new();
    for record in &longest.records {
        let signed = answers
            .iter()
            .flat_map(|answer| &answer.signatures)
            .find(|signature| signature.name == record.name && signature.covers == record.kind);
        let ttl = match signed {
            Some(signature) => signature.original_ttl,
            None => record.ttl,
        };
        is_exact &= longest.authoritative || signed.is_some();
        seconds = seconds.max(ttl);
        let part = format!(
            "{} {} {ttl}",
            record.name.trim_end_matches('.'),
            record.kind
        );
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    Some(Life {
        seconds,
        is_exact,
        parts: parts.join(", "),
    })
}

/// What an answer says against the site file.
fn contradiction(sample: &Sample, question: &str, declared: &[Ipv4Addr]) -> Option<String> {
    if sample.outcome != Outcome::Answer {
        return Some(format!("{question}: {}", word(sample.outcome)));
    }
    if is_truncated(sample) {
        return None;
    }
    let Some(Answer::Dns(answer)) = &sample.answer else {
        return None;
    };
    let wrong: Vec<&str> = answer
        .records
        .iter()
        .filter(|record| record.kind == "A")
        .map(|record| record.data.as_str())
        .filter(|data| {
            data.parse::<Ipv4Addr>()
                .map_or(true, |address| !declared.contains(&address))
        })
        .collect();
    let known: Vec<String> = declared.iter().map(ToString::to_string).collect();
    (!wrong.is_empty()).then(|| {
        format!(
            "{question}: answers {}, the site file says {}",
            wrong.join(", "),
            known.join(", ")
        )
    })
}

/// What a question is about, without how it was asked: its type and name.
pub(super) fn about(question: &str) -> &str {
    let mut words = question.match_indices(' ').map(|(at, _)| at);
    words
        .nth(1)
        .and_then(|end| question.get(..end))
        .unwrap_or(question)
}

/// Whether the answer was cut.
pub(super) fn is_truncated(sample: &Sample) -> bool {
    matches!(&sample.answer, Some(Answer::Dns(answer)) if answer.truncated)
}

/// An outcome in words.
pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answer => "answered",
        Outcome::Nxdomain => "no such name",
        Outcome::Nodata => "no such record",
        Outcome::Servfail => "SERVFAIL",
        Outcome::Refused => "REFUSED",
        Outcome::OtherError => "another error code",
        Outcome::RefusedPort => "port refused",
        Outcome::Timeout => "silent",
        Outcome::Unreachable => "unreachable",
        Outcome::Closed => "connection closed",
        Outcome::Malformed => "not a DNS answer to this question",
        Outcome::NotSent => "not sent",
    }
}
