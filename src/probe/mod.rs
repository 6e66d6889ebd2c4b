//! What the live network says: probes of the services of a site file, never of a pump.
//!
//! A [`Target`] can only be made from a service of the site file; [`Plan`] lists every packet;
//! [`run()`] sends them within one budget and stops at the first sign of distress;
//! [`summarize`] says what the observations add up to. A new probe is one file and one line in
//! [`PROBES`].

use std::borrow::Cow;
use std::time::Duration;

use crate::intent::{Port, Service, Site};
use crate::wire::observation::{Outcome, Sample, State, Statement, Summary};

mod agree;
mod certificate;
mod dhcp;
mod dns;
mod echo;
mod failover;
mod handshake;
mod http;
mod icmp;
mod idle;
mod merge;
mod ntp;
mod path;
mod plan;
mod profile_fit;
mod radius;
mod run;
mod secret;
mod source;
mod stamp;
mod statistics;
mod summary;
mod target;
mod tcp_connect;
mod time_to_answer;
mod tls;
mod tls_versions;
mod transport;
pub mod vantage;
mod window;

pub use merge::merge;
pub use plan::{Error, Part, Plan, Settings, said};
pub use profile_fit::hold_against_profiles;
pub use run::{Measured, Start, run};
pub use secret::{Account, Secret};
pub use source::Source;
use statistics::is_answered;
pub use statistics::{summarize_samples, wilson};
pub use summary::{exit_code, networks_not_checked, summarize};
pub use target::{Refusal, Target};
pub use transport::{Reply, Transport};
use transport::{instant, micros};
pub use vantage::local_vantage;
pub use window::{Window, hold_against_window};

/// One kind of measurement.
pub trait Probe: Sync {
    /// Its name in reports.
    fn id(&self) -> &'static str;

    /// The ports of the service that it is sent to.
    fn ports(&self, service: &Service) -> Vec<Port>;

    /// Whether it is sent at all.
    fn is_wanted(&self, _asked: &Asked<'_>) -> bool {
        true
    }

    /// Whether this is one of the answers that it looks for, and no sign of distress.
    fn is_expected(&self, _outcome: Outcome) -> bool {
        false
    }

    /// Whether the service's state rests on it.
    fn is_bearing(&self, _service: &Service) -> bool {
        true
    }

    /// Shortest time between two of its packets to one address, whatever the settings say.
    fn interval(&self) -> Duration {
        Duration::ZERO
    }

    /// How long one question takes besides the wait for its answer.
    fn lasts(&self, _settings: &Settings) -> Duration {
        Duration::ZERO
    }

    /// Most repetitions of one question, whatever the settings say.
    fn most_samples(&self) -> usize {
        usize::MAX
    }

    /// What to ask a server.
    fn plan(&self, asked: &Asked<'_>) -> Vec<Question>;

    /// What the latest of the answers to its questions makes worth asking the same server.
    fn follow_ups(&self, _: &Asked<'_>, _: &Question, _: &[&Sample]) -> Vec<Question> {
        Vec::new()
    }

    /// Most questions that answers of one server may add.
    fn most_follow_ups(&self) -> usize {
        0
    }

    /// Whether the server forbids to ask again: nothing more of this probe is then sent to it.
    fn is_refusal(&self, _sample: &Sample) -> bool {
        false
    }

    /// Asks one question; a missing answer is a sample, not an error.
    fn ask(&self, transport: &Transport, target: &Target, question: &Question) -> Sample;

    /// What the samples of one server say.
    fn interpret(&self, asked: &Asked<'_>, samples: &[Sample]) -> Reading;
}

/// Every probe, in the order of reports.
pub static PROBES: &[&dyn Probe] = &[
    &dns::Dns,
    &ntp::Ntp,
    &tcp_connect::TcpConnect,
    &tls::Tls,
    &tls_versions::TlsVersions,
    &http::Http,
    &radius::Radius,
    &dhcp::Dhcp,
    &icmp::Icmp,
    &idle::Idle,
    &path::Path,
];

/// Whom a probe asks, and on whose behalf.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The site.
    pub site: &'a Site,
    /// The service.
    pub service: &'a Service,
    /// The server.
    pub target: &'a Target,
    /// The port.
    pub port: Port,
    /// Bounds of the run, and what it was asked for.
    pub settings: &'a Settings,
    /// When the run started, in seconds since 1970; 0 while it is planned.
    pub unix: u64,
}

/// One packet or connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// In words.
    pub text: Cow<'static, str>,
    /// Port.
    pub port: Port,
    /// What is sent; empty where the operating system or TLS writes the packets.
    pub payload: Vec<u8>,
    /// Host name that goes with a TLS or HTTP request.
    pub host: Option<String>,
    /// What signs it.
    pub secret: Option<Secret>,
    /// Whether it is asked as often as there are samples, for its times.
    pub repeated: bool,
    /// In which case it is asked.
    pub when: When,
}

/// When a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// In any case.
    Always,
    /// After a truncated answer to the same part.
    Truncated,
    /// After an answer of the same part that the server failed.
    Servfail,
}

impl When {
    /// The case in words; `None`: always.
    pub fn text(self) -> Option<&'static str> {
        match self {
            Self::Always => None,
            Self::Truncated => Some("only after a truncated answer"),
            Self::Servfail => Some("only after SERVFAIL"),
        }
    }
}

impl Question {
    /// A question asked once.
    pub fn once(text: impl Into<Cow<'static, str>>, port: Port, payload: Vec<u8>) -> Self {
        Self {
            text: text.into(),
            port,
            payload,
            host: None,
            secret: None,
            repeated: false,
            when: When::Always,
        }
    }

    /// A question asked for its times.
    pub fn repeated(text: impl Into<Cow<'static, str>>, port: Port, payload: Vec<u8>) -> Self {
        Self {
            repeated: true,
            ..Self::once(text, port, payload)
        }
    }
}

/// What the samples of one server say.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// State.
    pub state: State,
    /// Why it does not work as required.
    pub why: Vec<String>,
    /// The same and what else is worth knowing.
    pub statements: Vec<Statement>,
    /// Counts and times.
    pub summary: Summary,
}

impl Reading {
    /// What statements amount to: the worst of their states, where what could not be measured does
    /// not hide a failure.
    pub fn of(statements: Vec<Statement>, summary: Summary) -> Self {
        let state = [State::Fails, State::NotMeasured, State::Degraded]
            .into_iter()
            .find(|state| statements.iter().any(|found| found.state == *state))
            .unwrap_or(State::Works);
        let why = statements
            .iter()
            .filter(|statement| statement.state != State::Works)
            .map(|statement| statement.text.clone())
            .collect();
        Self {
            state,
            why,
            statements,
            summary,
        }
    }
}

impl<'a> Asked<'a> {
    /// The secrets of the service's test account.
    pub fn account(&self) -> Option<&'a Account> {
        self.settings.accounts.get(&self.service.id)
    }
}

/// A port as reports write it.
pub fn port_text(port: Port) -> String {
    match port {
        Port::Tcp(number) => format!("tcp/{number}"),
        Port::Udp(number) => format!("udp/{number}"),
        Port::Icmp => "icmp".to_owned(),
    }
}
