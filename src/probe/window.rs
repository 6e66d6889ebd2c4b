//! What name servers' lifetimes mean for a change window.

use super::dns::longest_life;
use crate::intent::Site;
use crate::wire::observation::{Answer, Behavior, Observation, ServiceSummary, State, Statement};

/// A change window, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its start.
    pub start: u64,
    /// Its length in seconds.
    pub length: u64,
}

/// Adds to the services of name servers what a change within the window would meet.
pub fn hold_against_window(
    site: &Site,
    window: Window,
    now: u64,
    services: &mut [ServiceSummary],
    observations: &[Observation],
) {
    // As long as old and new answers may be mixed: what the most urgent pumps bear.
    let mixed = site
        .pumps
        .iter()
        .map(|group| group.reaction.tolerates_s())
        .min()
        .unwrap_or(0);
    for service in services {
        for observation in observations {
            if observation.service == service.service && observation.probe == "dns" {
                for statement in about(site, window, now, mixed, observation) {
                    if !service.statements.contains(&statement) {
                        service.statements.push(statement);
                    }
                }
            }
        }
    }
}

/// What one server's answers mean for the window.
fn about(
    site: &Site,
    window: Window,
    now: u64,
    mixed: u64,
    observation: &Observation,
) -> Vec<Statement> {
    let left = window.start.saturating_sub(now);
    let server = &observation.target.address;
    let mut statements = Vec::new();
    let mut note = |behavior, text: String| {
        statements.push(Statement {
            behavior,
            state: State::Works,
            text,
        });
    };
    let names = site.services.values().filter_map(|one| one.name.as_ref());
    for name in names {
        let Some(life) = longest_life(name, &observation.samples) else {
            continue;
        };
        let seconds = u64::from(life.seconds);
        let least = if life.is_exact { "" } else { " or longer" };
        if seconds <= mixed {
            continue;
        }
        let text = if seconds > left {
            format!(
                "{server}: {name} is kept {seconds} s{least} and the window starts in {left} s: \
                 whoever asks now keeps the old answer into it; lower the lifetime to {mixed} s \
                 now and start no earlier than in {seconds} s"
            )
        } else {
            format!(
                "{server}: {name} is kept {seconds} s{least}: lower it to {mixed} s within the \
                 next {} s, if the window changes it",
                left - seconds
            )
        };
        note(Behavior::Ttl, text);
    }
    for sample in &observation.samples {
        let Some(Answer::Dns(answer)) = &sample.answer else {
            continue;
        };
        for signature in &answer.signatures {
            let end = u64::from(signature.expiration);
            if end > now && end < window.start + window.length {
                let text = format!(
                    "{server}: the signature over {} {} ends before the window does",
                    signature.name.trim_end_matches('.'),
                    signature.covers
                );
                note(Behavior::Dnssec, text);
            }
        }
        if let Some(seconds) = answer.negative_ttl
            && u64::from(seconds) > mixed
            && sample.question.starts_with("A pump-preflight-")
        {
            let text = format!(
                "{server}: that a name does not exist is kept {seconds} s: whoever asks for a new \
                 name before it is added waits that long for it"
            );
            note(Behavior::NegativeCaching, text);
        }
    }
    statements
}
