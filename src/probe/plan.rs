//! Every packet that a run would send, and who would not be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

use super::failover::Play;
use crate::intent::{Port, Service, Site};
use crate::probe::{Account, Asked, PROBES, Probe, Question, Source, Target, When, port_text};
use crate::source::escape_terminal;
use crate::wire::observation::{PlannedPacket, TargetAddress};

/// What bounds a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Repetitions of the questions that are asked for their times.
    pub samples: usize,
    /// Shortest time between two packets to one address.
    pub interval: Duration,
    /// Most questions under way at one moment, over all servers.
    pub in_flight: usize,
    /// How long one answer is waited for.
    pub timeout: Duration,
    /// Failures in a row of what one server had answered before that stop everything.
    pub distress: usize,
    /// Whether hops and packet sizes of the paths are measured.
    pub path: bool,
    /// How long connections to gateways are left idle; `None`: none is.
    pub idle: Option<Duration>,
    /// From where packets leave; `None`: as the routes say.
    pub source: Option<Source>,
    /// Whether it is lived through how clients get over a dead first name server.
    pub failover: bool,
    /// Secrets of test accounts, by the service's id.
    pub accounts: BTreeMap<String, Account>,
}

impl Default for Settings {
    /// One packet a second and address, ten questions under way, five seconds (resolv.conf(5),
    /// `timeout`), stop at the second failure in a row.
    fn default() -> Self {
        Self {
            samples: 5,
            interval: Duration::from_secs(1),
            in_flight: 10,
            timeout: Duration::from_secs(5),
            distress: 2,
            path: false,
            idle: None,
            source: None,
            failover: false,
            accounts: BTreeMap::new(),
        }
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The site file declares no such service.
    #[error("find service `{}` in the site file{help}", escape_terminal(.id))]
    NoService {
        /// What was asked for.
        id: String,
        /// A suggestion.
        help: String,
    },
    /// The site file declares no service at all.
    #[error("find a service in the site file")]
    NoServices,
}

/// One probe of one server.
#[derive(Clone)]
pub struct Part {
    /// Whom.
    pub target: Target,
    /// Which probe.
    pub probe: &'static dyn Probe,
    /// Port.
    pub port: Port,
    /// What is asked.
    pub questions: Vec<Question>,
}

/// Everything that a run would do.
#[derive(Clone)]
pub struct Plan<'a> {
    /// The site.
    pub site: &'a Site,
    /// The selected services, in the order of their ids.
    pub services: Vec<&'a Service>,
    /// What is asked.
    pub parts: Vec<Part>,
    /// Why servers of a service are not asked, by its id.
    pub refused: BTreeMap<String, Vec<String>>,
    /// Bounds.
    pub settings: Settings,
    /// Digest of the site file: spreads the starts.
    seed: [u8; 32],
}

/// One packet of a plan: part, question, round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shot {
    /// Index of the part.
    pub(super) part: usize,
    /// Index of its question.
    pub(super) question: usize,
    /// Which repetition.
    pub(super) round: usize,
}

impl<'a> Plan<'a> {
    /// The plan for the services named, or all of them; `seed` is the digest of the site file.
    pub fn new(
        site: &'a Site,
        selected: &[String],
        settings: Settings,
        seed: [u8; 32],
    ) -> Result<Self, Error> {
        if site.services.is_empty() {
            return Err(Error::NoServices);
        }
        for id in selected {
            if !site.services.contains_key(id) {
                return Err(no_service(site, id));
            }
        }
        let services: Vec<&Service> = site
            .services
            .values()
            .filter(|service| selected.is_empty() || selected.contains(&service.id))
            .collect();
        let mut plan = Self {
            site,
            services: Vec::new(),
            parts: Vec::new(),
            refused: BTreeMap::new(),
            settings,
            seed,
        };
        for service in services {
            plan.add(service);
            plan.services.push(service);
        }
        Ok(plan)
    }

    /// Adds what a service's servers are asked.
    fn add(&mut self, service: &Service) {
        for target in Target::of_service(self.site, &service.id) {
            let target = match target {
                Ok(target) => target,
                Err(refusal) => {
                    let reasons = self.refused.entry(service.id.clone()).or_default();
                    reasons.push(refusal.to_string());
                    continue;
                }
            };
            for probe in PROBES {
                for port in probe.ports(service) {
                    let asked = Asked {
                        site: self.site,
                        service,
                        target: &target,
                        port,
                        settings: &self.settings,
                        unix: 0,
                    };
                    if !probe.is_wanted(&asked) {
                        continue;
                    }
                    let questions = probe.plan(&asked);
                    self.parts.push(Part {
                        target: target.clone(),
                        probe: *probe,
                        port,
                        questions,
                    });
                }
            }
        }
    }

    /// The packets for each address, in order: rounds go over all questions.
    pub(super) fn shots(&self) -> BTreeMap<Ipv4Addr, Vec<Shot>> {
        let mut by_address: BTreeMap<Ipv4Addr, Vec<Shot>> = BTreeMap::new();
        for (part_index, part) in self.parts.iter().enumerate() {
            let shots = by_address.entry(part.target.address()).or_default();
            for (index, question) in part.questions.iter().enumerate() {
                for round in 0..self.rounds(part, question) {
                    shots.push(Shot {
                        part: part_index,
                        question: index,
                        round,
                    });
                }
            }
        }
        for shots in by_address.values_mut() {
            shots.sort_by_key(|shot| (shot.round, shot.part, shot.question));
            shots.shrink_to_fit();
        }
        by_address
    }

    /// How often a question is asked.
    pub(super) fn rounds(&self, part: &Part, question: &Question) -> usize {
        if question.repeated {
            self.settings.samples.clamp(1, part.probe.most_samples())
        } else {
            1
        }
    }

    /// When an address is asked for the first time: spread over one interval by the site's digest.
    pub(super) fn first_at(&self, address: Ipv4Addr) -> Duration {
        use sha2::{Digest as _, Sha256};
        let digest = Sha256::new()
            .chain_update(self.seed)
            .chain_update(address.octets())
            .finalize();
        let fraction = digest.first().copied().unwrap_or(0);
        self.settings.interval * u32::from(fraction) / 256
    }

    /// Time until the next packet to the same address after this one: at least the interval, and
    /// up to a quarter more, so that no two hosts are asked in step.
    pub(super) fn pause(&self, shot: Shot) -> Duration {
        use sha2::{Digest as _, Sha256};
        let least = self
            .parts
            .get(shot.part)
            .map_or(Duration::ZERO, |part| part.probe.interval())
            .max(self.settings.interval);
        let mut digest = Sha256::new().chain_update(self.seed);
        for number in [shot.part, shot.question, shot.round] {
            digest = digest.chain_update(number.to_be_bytes());
        }
        let fraction = digest.finalize().first().copied().unwrap_or(0);
        least + least * u32::from(fraction) / 1024
    }

    /// How long questions to one address take while every answer comes at once.
    pub(super) fn paced(&self, shots: impl DoubleEndedIterator<Item = Shot>) -> Duration {
        let lasts = |shot: Shot| {
            let part = self.parts.get(shot.part);
            part.map_or(Duration::ZERO, |part| part.probe.lasts(&self.settings))
        };
        let mut shots = shots.rev();
        let last = shots.next().map_or(Duration::ZERO, lasts);
        let others = shots.map(|shot| self.pause(shot).max(lasts(shot)));
        others.sum::<Duration>() + last
    }

    /// How long the play of a dead name server takes.
    pub(super) fn played(&self) -> Duration {
        let plays = Play::all(self);
        let plays = plays.iter();
        plays
            .map(|play| play.duration(self.settings.interval))
            .sum()
    }

    /// How long the run takes while every answer comes at once.
    pub fn duration(&self) -> Duration {
        let shots = self.shots();
        let asked = shots.iter();
        let asked = asked
            .map(|(address, shots)| self.first_at(*address) + self.paced(shots.iter().copied()))
            .max();
        asked.unwrap_or_default() + self.played()
    }

    /// How long it takes at most, while nobody answers and answers add all that they may.
    pub fn longest(&self) -> Duration {
        // A connection, a handshake and an answer are each waited for.
        let wait = self.settings.timeout * 3;
        let (mut all, mut most) = (Duration::ZERO, Duration::ZERO);
        for shots in self.shots().values() {
            let parts: BTreeSet<usize> = shots.iter().map(|shot| shot.part).collect();
            let parts = parts.iter().filter_map(|part| self.parts.get(*part));
            let added: usize = parts.map(|part| part.probe.most_follow_ups()).sum();
            let count = u32::try_from(shots.len() + added).unwrap_or(u32::MAX);
            let each = wait + self.settings.interval * 2;
            let waits = each.saturating_mul(count);
            let lane = waits.saturating_add(self.paced(shots.iter().copied()));
            all = all.saturating_add(lane);
            most = most.max(lane);
        }
        // However what is due is given to so many hands, it ends by then (Graham 1966).
        let hands = u32::try_from(self.settings.in_flight.max(1)).unwrap_or(u32::MAX);
        (all / hands).saturating_add(most) + self.played() * 2
    }

    /// What would be sent.
    pub fn packets(&self) -> Vec<PlannedPacket> {
        let mut packets = Vec::new();
        for part in &self.parts {
            for question in &part.questions {
                packets.push(PlannedPacket {
                    service: part.target.service().to_owned(),
                    target: TargetAddress {
                        address: part.target.address().to_string(),
                        port: port_text(question.port),
                    },
                    probe: part.probe.id().to_owned(),
                    question: question.text.to_string(),
                    times: self.rounds(part, question),
                    bytes: question.payload.len(),
                    when_truncated: question.when == When::Truncated,
                    only_if: question.when.text().map(str::to_owned),
                    vantage: None,
                });
            }
        }
        packets.extend(Play::all(self).iter().flat_map(Play::packets));
        packets
    }

    /// What answers may add: at most so many of each probe of each server.
    pub fn follow_ups(&self) -> Vec<PlannedPacket> {
        self.parts
            .iter()
            .filter(|part| part.probe.most_follow_ups() > 0 && !part.questions.is_empty())
            .map(|part| PlannedPacket {
                service: part.target.service().to_owned(),
                target: TargetAddress {
                    address: part.target.address().to_string(),
                    port: port_text(part.port),
                },
                probe: part.probe.id().to_owned(),
                question: "about what its answers name".to_owned(),
                times: part.probe.most_follow_ups(),
                bytes: 0,
                when_truncated: false,
                only_if: Some("only as far as its answers give reason".to_owned()),
                vantage: None,
            })
            .collect()
    }

    /// What would be sent, one line for each question, then the bounds.
    pub fn describe(&self) -> Vec<String> {
        let packets = self.packets();
        let mut lines: Vec<String> = packets.iter().map(said).collect();
        for more in self.follow_ups() {
            lines.push(escape_terminal(&format!(
                "up to {} x {} {} {} {}: {}",
                more.times,
                more.service,
                more.target.address,
                more.target.port,
                more.probe,
                more.question,
            )));
        }
        for (service, reasons) in &self.refused {
            for reason in reasons {
                lines.push(escape_terminal(&format!("not probed: {service}: {reason}")));
            }
        }
        let all: usize = packets.iter().map(|packet| packet.times).sum();
        let addresses = self.shots().len();
        let bounds = &self.settings;
        lines.push(format!(
            "{all} questions to {addresses} addresses, one in {:.1} s to each, {} under way at \
             most, {:.0} s in all",
            bounds.interval.as_secs_f64(),
            bounds.in_flight,
            self.duration().as_secs_f64().ceil(),
        ));
        lines
    }
}

/// A question of a plan in a line.
pub fn said(packet: &PlannedPacket) -> String {
    let bytes = match packet.bytes {
        0 => String::new(),
        length => format!(", {length} bytes"),
    };
    let condition = packet.only_if.as_ref();
    let condition = condition.map_or(String::new(), |condition| format!(", {condition}"));
    escape_terminal(&format!(
        "{} x {} {} {} {}: {}{bytes}{condition}",
        packet.times,
        packet.service,
        packet.target.address,
        packet.target.port,
        packet.probe,
        packet.question,
    ))
}

/// The error for a service that the site does not declare.
fn no_service(site: &Site, id: &str) -> Error {
    let nearest = site
        .services
        .keys()
        .map(|known| (strsim::osa_distance(known, id), known))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    let help = if let Some((_, known)) = nearest {
        format!("\nhelp: did you mean `{known}`?")
    } else {
        let known: Vec<&str> = site.services.keys().map(String::as_str).collect();
        format!("\nhelp: it declares {}", known.join(", "))
    };
    Error::NoService {
        id: id.to_owned(),
        help,
    }
}
