//! What other programs are asked in place of our probes: whom, and how a sample reads.

use std::sync::Arc;
use std::time::Duration;

use crate::intent::Port;
use crate::net::DomainName;
use crate::probe::{Plan, Start, Target, micros, port_text, summarize_samples};
use crate::wire::observation::{
    Anchor, OBSERVATION_SCHEMA, Observation, Outcome, Sample, State, TargetAddress,
};

/// One thing that another program is asked in place of a probe of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    /// The program: the first word of the probe's name.
    engine: &'static str,
    /// Whom.
    pub(super) target: Target,
    /// Port.
    pub(super) port: Port,
    /// Name that a name server is asked for.
    pub(super) name: Option<DomainName>,
}

impl Check {
    /// Every check that stands for a part of the plan.
    pub(super) fn all(plan: &Plan<'_>, engine: &'static str) -> Vec<Self> {
        let mut names: Vec<DomainName> = plan
            .site
            .services
            .values()
            .filter_map(|service| service.name.clone())
            .collect();
        names.sort();
        names.dedup();
        let mut out: Vec<Self> = Vec::new();
        for part in &plan.parts {
            let check = |name| Self {
                engine,
                target: part.target.clone(),
                port: part.port,
                name,
            };
            let found = match (part.probe.id(), part.port) {
                ("tcp-connect", Port::Tcp(_)) | ("icmp", Port::Icmp) => vec![check(None)],
                ("dns", Port::Udp(_)) => names.iter().cloned().map(Some).map(check).collect(),
                _ => Vec::new(),
            };
            out.extend(
                found
                    .into_iter()
                    .filter(|one| !out.contains(one))
                    .collect::<Vec<_>>(),
            );
        }
        out
    }

    /// The probe's name in reports, which is also its question.
    pub(super) fn probe(&self) -> String {
        match (&self.name, self.port) {
            (Some(name), _) => format!("{}-dns {name}", self.engine),
            (None, Port::Icmp) => format!("{}-icmp", self.engine),
            (None, _) => format!("{}-tcp", self.engine),
        }
    }

    /// The exporter's module.
    pub(super) fn module(&self) -> String {
        match (&self.name, self.port) {
            (Some(name), _) => {
                let word = name
                    .to_string()
                    .trim_end_matches('.')
                    .replace(['.', '-'], "_");
                format!("pump_preflight_dns_{word}")
            }
            (None, Port::Icmp) => "pump_preflight_icmp".to_owned(),
            (None, _) => "pump_preflight_tcp".to_owned(),
        }
    }

    /// The target as exporters write it.
    pub(super) fn instance(&self) -> String {
        match self.port {
            Port::Tcp(port) | Port::Udp(port) => format!("{}:{port}", self.target.address()),
            Port::Icmp => self.target.address().to_string(),
        }
    }

    /// The metric that holds the time of the answer, with its labels.
    pub(super) fn metric(&self) -> (&'static str, &'static str) {
        match (&self.name, self.port) {
            (Some(_), _) => ("probe_dns_duration_seconds", "phase=\"request\""),
            (None, Port::Icmp) => ("probe_icmp_duration_seconds", "phase=\"rtt\""),
            (None, _) => ("probe_duration_seconds", ""),
        }
    }

    /// A sample: the time of a success, or a failure that nobody explains.
    pub(super) fn sample(&self, at: Duration, success: bool, seconds: Option<f64>) -> Sample {
        Sample {
            question: self.probe().into(),
            outcome: if success {
                Outcome::Answer
            } else {
                Outcome::Timeout
            },
            at_us: micros(at),
            elapsed_us: seconds
                .filter(|_| success)
                .map(|seconds| micros(Duration::try_from_secs_f64(seconds).unwrap_or_default())),
            sent_bytes: 0,
            received_bytes: 0,
            detail: (!success).then(|| "the exporter says that it failed".to_owned()),
            answer: None,
        }
    }

    /// The observation that some samples make.
    pub(super) fn observation(
        &self,
        plan: &Plan<'_>,
        start: &Start<'_>,
        samples: Vec<Sample>,
        reduced: &str,
    ) -> Observation {
        let summary = summarize_samples(&self.probe(), &samples);
        let service = plan.site.services.get(self.target.service());
        let mut why = vec![reduced.to_owned()];
        let failed = samples.iter();
        let failed = failed
            .filter(|sample| sample.outcome != Outcome::Answer)
            .count();
        let failed = failed - (samples.len() - summary.sent);
        let mut details: Vec<&str> = samples
            .iter()
            .filter_map(|sample| sample.detail.as_deref())
            .collect();
        details.dedup();
        let details = details.join("; ");
        let state = match (summary.sent, failed) {
            (0, _) => State::NotMeasured,
            (_, 0) => State::Works,
            (sent, lost) => {
                why.insert(0, format!("{lost} of {sent} failed: {details}"));
                if lost == sent {
                    State::Fails
                } else {
                    State::Degraded
                }
            }
        };
        let asked = service.is_some_and(|service| service.ports.contains(&Port::Icmp));
        Observation {
            schema: OBSERVATION_SCHEMA.into(),
            vantage: Arc::clone(&start.vantage),
            engine: self.engine.into(),
            fidelity: "reduced".into(),
            service: self.target.service().to_owned(),
            target: TargetAddress {
                address: self.target.address().to_string(),
                port: port_text(self.port),
            },
            probe: self.probe().into(),
            started: start.started.to_owned(),
            samples,
            summary,
            state,
            bearing: self.port != Port::Icmp || asked,
            why,
            statements: Vec::new(),
            partial: false,
            anchor: Anchor {
                file: start.site_file.to_owned(),
                line: self.target.place().line,
                column: self.target.place().column,
            },
        }
    }
}
