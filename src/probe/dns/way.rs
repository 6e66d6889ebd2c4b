//! What gets lost on the way: large answers, TCP, IPv6 questions, letters, names of addresses.

use super::ask;
use super::server::{Server, is_truncated, word};
use crate::net::DomainName;
use crate::probe::is_answered;
use crate::wire::observation::{Answer, Behavior, Outcome, Sample, State};

impl Server<'_> {
    /// Larger answers and TCP.
    pub(super) fn note_way(&mut self, name: &DomainName) {
        let plain_works = self.plain_works(name);
        for size in ask::EDNS_SIZES {
            let question = ask::sized(name, size);
            for sample in self.of(&question) {
                let is_odd = sample.outcome == Outcome::OtherError || is_lost(sample);
                if plain_works && is_odd {
                    let text = format!("{question}: {}", word(sample.outcome));
                    self.note(Behavior::Edns, State::Degraded, text);
                }
            }
        }
        let is_cut = self.of(&ask::base(name)).into_iter().any(is_truncated);
        let tcp = self
            .of(&ask::over_tcp(name))
            .first()
            .map(|sample| sample.outcome);
        let (state, text) = match (is_cut, tcp) {
            (true, Some(Outcome::Answer)) => (
                State::Degraded,
                format!("A {name}: truncated at 512 bytes, whole over TCP"),
            ),
            (true, Some(outcome)) => (
                State::Fails,
                format!("A {name}: truncated, and over TCP {}", word(outcome)),
            ),
            (true, None) => (
                State::NotMeasured,
                format!("A {name}: truncated, TCP was not asked"),
            ),
            (false, Some(outcome)) if plain_works && !is_answered(outcome) => (
                State::Works,
                format!(
                    "over TCP {}: an answer that outgrows UDP would get lost",
                    word(outcome)
                ),
            ),
            (false, _) => return,
        };
        self.note(Behavior::Truncation, state, text);
    }

    /// The question for an IPv6 address, which many clients ask first or beside.
    pub(super) fn note_ipv6(&mut self, name: &DomainName) {
        let has_address = self
            .of(&ask::base(name))
            .iter()
            .any(|sample| sample.outcome == Outcome::Answer);
        if !self.plain_works(name) {
            return;
        }
        for sample in self.of(&format!("AAAA {name}")) {
            let consequence = match sample.outcome {
                Outcome::Answer => {
                    let text = format!("AAAA {name}: has an IPv6 address too");
                    self.note(Behavior::Ipv6, State::Works, text);
                    continue;
                }
                // RFC 4074 §4.2: the name exists, so clients must not be told otherwise.
                Outcome::Nxdomain if has_address => {
                    "clients that ask for IPv6 first take it that the name does not exist"
                }
                Outcome::Nxdomain | Outcome::Nodata | Outcome::NotSent => continue,
                Outcome::Servfail | Outcome::Refused | Outcome::OtherError => {
                    "clients that ask for IPv6 first ask again elsewhere"
                }
                Outcome::RefusedPort
                | Outcome::Timeout
                | Outcome::Unreachable
                | Outcome::Closed
                | Outcome::Malformed => "clients that ask for IPv6 first wait for it",
            };
            // An error for everything is told with the plain question.
            if has_address || is_lost(sample) {
                let text = format!("AAAA {name}: {}; {consequence}", word(sample.outcome));
                self.note(Behavior::Ipv6, State::Degraded, text);
            }
        }
    }

    /// Mixed case, which resolvers send against forgery and expect back.
    pub(super) fn note_case(&mut self, names: &[DomainName]) {
        let Some(first) = names.first().filter(|name| self.plain_works(name)) else {
            return;
        };
        for sample in self.of(&ask::mixed(first)) {
            if is_lost(sample) {
                let text = format!("{}: {}", sample.question, word(sample.outcome));
                self.note(Behavior::Case, State::Degraded, text);
            } else if sample.detail.as_deref() == Some(CASE_LOST) {
                let text = "answers in other letters than asked: resolvers that compare them \
                            (0x20) refuse the answer";
                self.note(Behavior::Case, State::Works, text.to_owned());
            }
        }
    }

    /// Names of the services' addresses, which servers look up of who connects.
    pub(super) fn note_reverse(&mut self) {
        for address in ask::addresses(self.asked.site) {
            let known: Vec<DomainName> = ask::names(self.asked.site)
                .into_iter()
                .filter(|name| ask::declared(self.asked.site, name).contains(&address))
                .collect();
            let is_reached = known.iter().any(|name| self.plain_works(name));
            for sample in self.of(&ask::reverse(address)) {
                let (state, text) = match (sample.outcome, &sample.answer) {
                    (Outcome::Answer, Some(Answer::Dns(answer))) => {
                        let called: Vec<String> = answer
                            .records
                            .iter()
                            .filter(|record| record.kind == "PTR")
                            .map(|record| DomainName::absolute(&record.data).to_string())
                            .collect();
                        if known.iter().any(|name| called.contains(&name.to_string())) {
                            continue;
                        }
                        let text = format!(
                            "{address} is called {}, which the site file does not say",
                            called.join(", ")
                        );
                        (State::Works, text)
                    }
                    (Outcome::Nxdomain | Outcome::Nodata, _) => {
                        (State::Works, format!("{address} has no name"))
                    }
                    // Who is refused does not wait.
                    (Outcome::Refused, _) => (
                        State::Works,
                        format!("{address}: the server does not answer for names of addresses"),
                    ),
                    _ if is_reached && sample.outcome != Outcome::NotSent => {
                        let text = format!(
                            "PTR {address}: {}; servers that look up who connects wait",
                            word(sample.outcome)
                        );
                        (State::Degraded, text)
                    }
                    _ => continue,
                };
                self.note(Behavior::Reverse, state, text);
            }
        }
    }
}

/// What is said of an answer that does not keep the letters.
pub(super) const CASE_LOST: &str = "the letters of the name came back in another case";

/// Whether a question that was sent got nothing back.
pub(super) fn is_lost(sample: &Sample) -> bool {
    !is_answered(sample.outcome) && sample.outcome != Outcome::NotSent
}
