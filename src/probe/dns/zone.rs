//! The zones of the names: who answers for them, how long "no" is kept, signatures.

use super::ask;
use super::server::{Server, about, word};
use super::way::is_lost;
use crate::net::DomainName;
use crate::wire::observation::{Answer, Behavior, DnsAnswer, Outcome, State};

/// Days before their end at which signatures are worth a word.
const SIGNATURE_DAYS: u64 = 30;
/// Seconds of an hour.
const HOUR_S: u64 = 3_600;
/// Seconds of a day.
const DAY_S: u64 = 86_400;

impl Server<'_> {
    /// Everything about the zones that answers named.
    pub(super) fn note_zones(&mut self) {
        for zone in self.zones() {
            self.note_delegation(&zone);
            self.note_negative(&zone);
        }
        self.note_targets();
        self.note_referrals();
    }

    /// The zones, each once, in order.
    fn zones(&self) -> Vec<DomainName> {
        let mut zones: Vec<DomainName> = self
            .samples
            .iter()
            .filter(|sample| sample.question.starts_with("SOA "))
            .filter_map(|sample| match &sample.answer {
                Some(Answer::Dns(answer)) => answer.zone.as_deref(),
                _ => None,
            })
            .map(DomainName::absolute)
            .collect();
        zones.sort();
        zones.dedup();
        zones
    }

    /// Whether the server answers for a zone that it is named for.
    fn note_delegation(&mut self, zone: &DomainName) {
        let Some(sample) = self.of(&ask::delegation(zone)).first().copied() else {
            return;
        };
        let Some(Answer::Dns(answer)) = &sample.answer else {
            return;
        };
        let own = self.asked.target.address().to_string();
        let servers = self.name_servers(answer);
        let is_named = servers
            .iter()
            .any(|(_, addresses)| addresses.contains(&own));
        let has_authority = answer.authoritative && sample.outcome == Outcome::Answer;
        if is_named && !has_authority {
            let text = format!(
                "lame: {zone} names this server, and it does not answer with authority ({})",
                word(sample.outcome)
            );
            self.note(Behavior::Delegation, State::Degraded, text);
        } else if has_authority && !is_named && !servers.is_empty() {
            let text = format!("answers with authority for {zone}, which does not name it");
            self.note(Behavior::Delegation, State::Works, text);
        }
    }

    /// Name servers of an answer with their addresses, as far as this server told them.
    fn name_servers(&self, answer: &DnsAnswer) -> Vec<(String, Vec<String>)> {
        answer
            .records
            .iter()
            .chain(&answer.name_servers)
            .filter(|record| record.kind == "NS")
            .map(|record| {
                let name = DomainName::absolute(&record.data);
                let asked =
                    self.of(&ask::base(&name)).into_iter().filter_map(|sample| {
                        match &sample.answer {
                            Some(Answer::Dns(answer)) => Some(&answer.records),
                            _ => None,
                        }
                    });
                let addresses = asked
                    .chain([&answer.additional])
                    .flatten()
                    .filter(|other| other.kind == "A" && DomainName::absolute(&other.name) == name)
                    .map(|other| other.data.clone())
                    .collect();
                (name.to_string(), addresses)
            })
            .collect()
    }

    /// Names that search domains make: taken by somebody else, failing, or slow.
    pub(super) fn note_search(&mut self, names: &[DomainName]) {
        for name in names {
            if !self.plain_works(name) {
                continue;
            }
            for searched in ask::searched(self.asked, name) {
                for sample in self.of(&ask::base(&searched)) {
                    let text = if sample.outcome == Outcome::Answer {
                        format!(
                            "{searched} is answered: a client that appends the domain first never \
                             asks for {name}"
                        )
                    } else if is_lost(sample) || is_failure(sample.outcome) {
                        format!(
                            "{searched}: {}; clients that append the domain first ask again and \
                             wait",
                            word(sample.outcome)
                        )
                    } else {
                        continue;
                    };
                    self.note(Behavior::Search, State::Degraded, text);
                }
            }
        }
    }

    /// Records that the site file requires.
    pub(super) fn note_records(&mut self) {
        for required in ask::records(self.asked.site) {
            let question = ask::record(required);
            let own = self.of(&question);
            // Another question about the same name may have been asked more than once.
            let Some(sample) = own.first() else { continue };
            let said: Vec<String> = match &sample.answer {
                Some(Answer::Dns(answer)) => answer
                    .records
                    .iter()
                    .filter(|record| record.kind == required.kind)
                    .map(|record| canonical(&record.data))
                    .collect(),
                _ => Vec::new(),
            };
            let text = match (sample.outcome, &required.data) {
                (Outcome::NotSent, _) | (Outcome::Answer, None) => continue,
                (Outcome::Answer, Some(data)) if said.contains(&canonical(data)) => continue,
                (Outcome::Answer, Some(data)) => format!(
                    "{question}: answers {}, the site file says {data}",
                    said.join("; ")
                ),
                (outcome, _) => format!("{question}: {}, and it is required", word(outcome)),
            };
            self.note(Behavior::Record, State::Fails, text);
        }
    }

    /// Names that records point to and that have no address.
    fn note_targets(&mut self) {
        for sample in self.samples {
            let Some(Answer::Dns(answer)) = &sample.answer else {
                continue;
            };
            for record in &answer.records {
                let behavior = match record.kind.as_str() {
                    "NS" => Behavior::Delegation,
                    "SRV" | "MX" => Behavior::Record,
                    _ => continue,
                };
                let Some(target) = record.data.rsplit(' ').next() else {
                    continue;
                };
                let target = DomainName::absolute(target);
                let outcome = self.of(&ask::base(&target)).first().map(|own| own.outcome);
                let Some(outcome @ (Outcome::Nxdomain | Outcome::Nodata)) = outcome else {
                    continue;
                };
                let text = format!(
                    "{} {} points to {target}: {}",
                    record.kind,
                    record.name.trim_end_matches('.'),
                    word(outcome)
                );
                self.note(behavior, State::Degraded, text);
            }
        }
    }

    /// Answers that only refer to other servers, which a client of a resolver cannot follow.
    fn note_referrals(&mut self) {
        for sample in self.samples {
            let Some(Answer::Dns(answer)) = &sample.answer else {
                continue;
            };
            let is_referral = sample.question.starts_with("A ")
                && sample.outcome == Outcome::Nodata
                && answer.serial.is_none()
                && !answer.authoritative
                && !answer.name_servers.is_empty();
            if !is_referral {
                continue;
            }
            let servers = self.name_servers(answer);
            let names: Vec<&str> = servers.iter().map(|(name, _)| name.as_str()).collect();
            let zone = answer
                .name_servers
                .first()
                .map(|record| DomainName::absolute(&record.name))
                .unwrap_or_default();
            let has_glue = servers.iter().any(|(name, addresses)| {
                !addresses.is_empty() || !DomainName::absolute(name).is_at_or_below(&zone)
            });
            let glue = if has_glue {
                ""
            } else {
                ", whose addresses it does not give (missing glue): nobody finds them"
            };
            let text = format!(
                "{}: refers to {} for {zone}{glue}",
                about(&sample.question),
                names.join(", ")
            );
            self.note(Behavior::Delegation, State::Fails, text);
        }
    }

    /// How long "no such name" is kept, and what happens to names that nobody has.
    fn note_negative(&mut self, zone: &DomainName) {
        let below = format!(".{zone}");
        for sample in self.samples {
            if !ask::is_for_nobody(&sample.question) || !sample.question.ends_with(&below) {
                continue;
            }
            match (&sample.answer, sample.outcome) {
                (Some(Answer::Dns(answer)), Outcome::Nxdomain | Outcome::Nodata) => {
                    let text = match answer.negative_ttl {
                        Some(seconds) => {
                            format!("{zone}: that a name does not exist is kept {seconds} s")
                        }
                        None => format!(
                            "{zone}: \"no such name\" comes without a SOA record, so nobody keeps it \
                             and everybody asks again"
                        ),
                    };
                    self.note(Behavior::NegativeCaching, State::Works, text);
                }
                (_, Outcome::Answer) => {
                    let text =
                        format!("{zone}: any name is answered, so that a wrong one goes unnoticed");
                    self.note(Behavior::NegativeCaching, State::Works, text);
                }
                _ if is_lost(sample) || sample.outcome == Outcome::Servfail => {
                    let text = format!(
                        "{zone}: a name that nobody has: {}; what a cache does not hold fails",
                        word(sample.outcome)
                    );
                    self.note(Behavior::NegativeCaching, State::Degraded, text);
                }
                _ => {}
            }
        }
    }

    /// Validation and the dates of signatures.
    pub(super) fn note_trust(&mut self, name: &DomainName) {
        let question = ask::base(name);
        let fails = self
            .of(&question)
            .iter()
            .any(|sample| sample.outcome == Outcome::Servfail);
        let unchecked = self
            .of(&ask::unchecked(name))
            .iter()
            .any(|sample| sample.outcome == Outcome::Answer);
        if fails && unchecked {
            let text = format!(
                "{question}: the server's validation fails: signatures are wrong, or its clock is"
            );
            self.note(Behavior::Dnssec, State::Fails, text);
        }
        let now = self.asked.unix;
        for sample in self.samples {
            let Some(Answer::Dns(answer)) = &sample.answer else {
                continue;
            };
            if !sample.question.starts_with(&question) {
                continue;
            }
            for signature in &answer.signatures {
                let first = signature_time(signature.inception, now);
                let last = signature_time(signature.expiration, now);
                let (state, text) = if last < now {
                    let hours = (now - last) / HOUR_S;
                    (State::Fails, format!("ended {hours} h ago"))
                } else if first > now {
                    (
                        State::Fails,
                        "is not valid yet: a clock is wrong".to_owned(),
                    )
                } else if last - now < SIGNATURE_DAYS * DAY_S {
                    let days = (last - now) / DAY_S;
                    (State::Works, format!("ends in {days} days"))
                } else {
                    continue;
                };
                let text = format!("{question}: the signature over {} {text}", signature.covers);
                self.note(Behavior::Dnssec, state, text);
            }
        }
    }
}

/// Whether the server answers with an error that makes clients ask again.
fn is_failure(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Servfail | Outcome::Refused | Outcome::OtherError
    )
}

/// Data of a record without what may be written in two ways.
fn canonical(data: &str) -> String {
    let words: Vec<String> = data
        .split_whitespace()
        .map(|word| word.trim_end_matches('.').to_ascii_lowercase())
        .collect();
    words.join(" ")
}

/// The second since 1970 that a signature's 32 bits mean: the nearest to now (RFC 4034 §3.1.5).
fn signature_time(bits: u32, now: u64) -> u64 {
    let low = u32::try_from(now & u64::from(u32::MAX)).unwrap_or(0);
    let ahead = bits.wrapping_sub(low);
    if ahead < 1 << 31 {
        now + u64::from(ahead)
    } else {
        now.saturating_sub(u64::from(low.wrapping_sub(bits)))
    }
}

#[cfg(test)]
mod tests {
    use super::signature_time;

    #[test]
    fn signature_times_are_near_now() {
        let now = (1 << 32) + 10;
        assert_eq!(signature_time(15, now), now + 5);
        assert_eq!(signature_time(5, now), now - 5);
        assert_eq!(signature_time(u32::MAX, now), (1 << 32) - 1);
    }
}
