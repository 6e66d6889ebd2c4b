//! What a Prometheus blackbox exporter and Prometheus itself can say: less than a probe of ours.
//!
//! An exporter says that a probe failed, not how: refused, silent and wrong are one state to it. Every
//! observation from here is therefore of reduced fidelity.

use std::collections::BTreeMap;
use std::env;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use super::check::Check;
use crate::intent::Port;
use crate::probe::{Measured, Plan, Start, instant, port_text};
use crate::wire::observation::{
    Outcome, PlannedPacket, Sample, StopReason, Stopped, TargetAddress,
};

/// The first word of its probes.
const ENGINE: &str = "blackbox";
/// What every observation says of itself.
const REDUCED: &str =
    "reduced fidelity: the exporter does not tell refused, silent and wrong apart";
/// Most samples of one series of a history.
const MOST_HISTORY: usize = 1_000;

/// The modules that an exporter needs, as a part of its configuration file.
pub fn modules(plan: &Plan<'_>) -> String {
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    for check in Check::all(plan, ENGINE) {
        let text = match (&check.name, check.port) {
            (Some(name), _) => {
                let services = plan.site.services.values();
                let own = services.filter(|service| service.name.as_ref() == Some(name));
                let addresses: Vec<String> = own
                    .flat_map(|service| &service.servers)
                    .map(|address| address.to_string().replace('.', "[.]"))
                    .collect();
                format!(
                    "    prober: dns\n    timeout: 5s\n    dns:\n      transport_protocol: udp\n      \
                     preferred_ip_protocol: ip4\n      query_name: {name}\n      query_type: A\n      \
                     valid_rcodes: [NOERROR]\n      validate_answer_rrs:\n        \
                     fail_if_none_matches_regexp: ['A\\s({})$']\n",
                    addresses.join("|")
                )
            }
            (None, Port::Icmp) => "    prober: icmp\n    timeout: 5s\n".to_owned(),
            (None, _) => "    prober: tcp\n    timeout: 5s\n".to_owned(),
        };
        modules.insert(check.module(), text);
    }
    modules
        .into_iter()
        .fold("modules:\n".to_owned(), |out, (name, text)| {
            out + &format!("  {name}:\n{text}")
        })
}

/// What an exporter would be asked for everything of a plan that it can measure.
pub fn packets(plan: &Plan<'_>, exporter: &str) -> Vec<PlannedPacket> {
    let checks = Check::all(plan, ENGINE).into_iter();
    checks
        .map(|check| PlannedPacket {
            service: check.target.service().to_owned(),
            target: TargetAddress {
                address: check.target.address().to_string(),
                port: port_text(check.port),
            },
            probe: check.probe(),
            question: format!("asked of {exporter}, module {}", check.module()),
            times: plan.settings.samples,
            bytes: 0,
            when_truncated: false,
            only_if: None,
            vantage: None,
        })
        .collect()
}

/// Asks an exporter for everything of a plan that it can measure, at the plan's pace.
pub fn measure(plan: &Plan<'_>, exporter: &str, start: &Start<'_>) -> Result<Measured, String> {
    let client = client(plan.settings.timeout * 2)?;
    let began = instant();
    let checks = Check::all(plan, ENGINE);
    let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); checks.len()];
    let mut due: BTreeMap<Ipv4Addr, Duration> = BTreeMap::new();
    let mut stopped = None;
    'rounds: for _ in 0..plan.settings.samples {
        for (check, own) in checks.iter().zip(&mut samples) {
            let address = check.target.address();
            let wanted = due.get(&address).copied().unwrap_or_default();
            while began.elapsed() < wanted && !start.canceled.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(20));
            }
            if start.canceled.load(Ordering::Relaxed) {
                stopped = Some(Stopped {
                    reason: StopReason::Canceled,
                    text: "canceled by the user".to_owned(),
                });
                break 'rounds;
            }
            let at = began.elapsed();
            due.insert(address, at + plan.settings.interval);
            let query = [("module", check.module()), ("target", check.instance())];
            let url = address_of(exporter, "/probe", &query)?;
            let text = get(&client, &url)?;
            let success = value(&text, "probe_success", "")
                .ok_or_else(|| format!("{exporter} does not answer like a blackbox exporter"))?;
            let (metric, labels) = check.metric();
            own.push(check.sample(at, success > 0.5, value(&text, metric, labels)));
            if let Some(text) = distress(own, plan.settings.distress, address) {
                stopped = Some(Stopped {
                    reason: StopReason::Distress,
                    text,
                });
                break 'rounds;
            }
        }
    }
    let observations = checks
        .iter()
        .zip(samples)
        .map(|(check, samples)| {
            let mut one = check.observation(plan, start, samples, REDUCED);
            one.partial = one.summary.sent < plan.settings.samples && stopped.is_some();
            one
        })
        .collect();
    Ok(Measured {
        observations,
        stopped,
    })
}

/// Failures in a row of what had succeeded before, where they are as many as stop a run.
fn distress(samples: &[Sample], most: usize, address: Ipv4Addr) -> Option<String> {
    let failed = |sample: &&Sample| sample.outcome != Outcome::Answer;
    let row = samples.iter().rev().take_while(failed).count();
    (row >= most && row < samples.len())
        .then(|| format!("{address} failed {row} times in a row at what it had answered before"))
}

/// What Prometheus has kept of blackbox probes of the plan's servers.
pub fn history(
    plan: &Plan<'_>,
    prometheus: &str,
    since: &str,
    start: &Start<'_>,
) -> Result<Measured, String> {
    let client = client(Duration::from_secs(30))?;
    let mut observations = Vec::new();
    for check in Check::all(plan, ENGINE) {
        let (metric, labels) = check.metric();
        let instance = format!("instance=\"{}\"", check.instance());
        let series = |metric: &str, labels: &str| {
            let comma = if labels.is_empty() { "" } else { "," };
            let query = format!("{metric}{{{instance}{comma}{labels}}}[{since}]");
            let url = address_of(prometheus, "/api/v1/query", &[("query", query)])?;
            points(&get(&client, &url)?)
        };
        let success = series("probe_success", "")?;
        if success.is_empty() {
            continue;
        }
        let times = series(metric, labels)?;
        let first = success.keys().next().copied().unwrap_or_default();
        let skip = success.len().saturating_sub(MOST_HISTORY);
        let samples = success
            .iter()
            .skip(skip)
            .map(|(at, value)| {
                let after = Duration::from_millis(at.saturating_sub(first));
                check.sample(after, *value > 0.5, times.get(at).copied())
            })
            .collect();
        let mut one = check.observation(plan, start, samples, REDUCED);
        one.engine = "Prometheus".into();
        observations.push(one);
    }
    if observations.is_empty() {
        return Err(format!(
            "{prometheus} keeps no `probe_success` of these servers in the last {since}"
        ));
    }
    Ok(Measured {
        observations,
        stopped: None,
    })
}

/// Values of the only series of an answer by time in milliseconds; of several, those of the first.
fn points(text: &str) -> Result<BTreeMap<u64, f64>, String> {
    let answer: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("no JSON came back: {error}"))?;
    if answer.get("status").and_then(serde_json::Value::as_str) != Some("success") {
        return Err(format!(
            "Prometheus refuses: {}",
            answer.get("error").unwrap_or(&answer)
        ));
    }
    let series = answer.pointer("/data/result/0/values");
    let mut out = BTreeMap::new();
    for pair in series
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
    {
        let at = pair.get(0).and_then(serde_json::Value::as_f64);
        let value = pair.get(1).and_then(serde_json::Value::as_str);
        if let (Some(at), Some(value)) = (at, value.and_then(|value| value.parse::<f64>().ok()))
            && let Ok(at) = Duration::try_from_secs_f64(at)
        {
            out.insert(u64::try_from(at.as_millis()).unwrap_or(u64::MAX), value);
        }
    }
    Ok(out)
}

/// The value of a metric in the text format of Prometheus, with this among its labels.
fn value(text: &str, metric: &str, label: &str) -> Option<f64> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .find(|(name, _)| {
            let (base, labels) = name.split_once('{').unwrap_or((name, ""));
            base == metric && labels.contains(label)
        })
        .and_then(|(_, value)| value.parse().ok())
}

/// Files in which systems keep the roots that they trust (Debian, Red Hat, SUSE, Alpine and macOS).
const ROOTS: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The roots that this host trusts: those of the file that `SSL_CERT_FILE` names, as for OpenSSL, or
/// of the system.
fn roots() -> RootCertStore {
    let named = env::var_os("SSL_CERT_FILE").map(PathBuf::from);
    let files = named.map_or_else(|| ROOTS.map(PathBuf::from).to_vec(), |file| vec![file]);
    let mut store = RootCertStore::empty();
    for file in files {
        let certificates = CertificateDer::pem_file_iter(file).into_iter().flatten();
        store.add_parsable_certificates(certificates.flatten());
        if !store.is_empty() {
            break;
        }
    }
    store
}

/// A client that follows nothing and asks no proxy.
fn client(timeout: Duration) -> Result<Client, String> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots())
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(config)
        .redirect(Policy::none())
        .no_proxy()
        .timeout(timeout)
        .user_agent(concat!("pump-preflight/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| error.to_string())
}

/// An address with a query.
fn address_of(base: &str, path: &str, query: &[(&str, String)]) -> Result<reqwest::Url, String> {
    let text = format!("{}{path}", base.trim_end_matches('/'));
    let mut url = reqwest::Url::parse(&text).map_err(|error| format!("`{base}`: {error}"))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(format!("`{base}`: only http:// and https:// are spoken"));
    }
    let pairs = query.iter().map(|(key, value)| (*key, value.as_str()));
    url.query_pairs_mut().extend_pairs(pairs);
    Ok(url)
}

/// The body of a successful answer.
fn get(client: &Client, url: &reqwest::Url) -> Result<String, String> {
    let answer = client
        .get(url.clone())
        .send()
        .and_then(reqwest::blocking::Response::error_for_status)
        .map_err(|error| chain(&error))?;
    answer.text().map_err(|error| error.to_string())
}

/// An error with what caused it: a certificate that is not trusted stands at the end.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{points, value};

    #[test]
    fn metrics_are_found_by_name_and_label() {
        let text = "# HELP probe_success x\nprobe_success 1\n\
                    probe_icmp_duration_seconds{phase=\"resolve\"} 1e-05\n\
                    probe_icmp_duration_seconds{phase=\"rtt\"} 0.002\n";
        let is = |metric, label, wanted: f64| {
            (value(text, metric, label).unwrap() - wanted).abs() < 1e-9
        };
        assert!(is("probe_success", "", 1.0));
        assert!(is("probe_icmp_duration_seconds", "phase=\"rtt\"", 0.002));
        assert_eq!(value(text, "probe", ""), None);
    }

    #[test]
    fn a_history_is_read_by_time() {
        let text = r#"{"status":"success","data":{"resultType":"matrix","result":
            [{"metric":{},"values":[[1790000000.5,"1"],[1790000015.5,"0"]]}]}}"#;
        let found = points(text).unwrap();
        assert_eq!(
            found.keys().copied().collect::<Vec<_>>(),
            [1_790_000_000_500, 1_790_000_015_500]
        );
        assert!(points(r#"{"status":"error","error":"bad"}"#).is_err());
    }
}
