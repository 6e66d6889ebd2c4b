//! What a calibration justifies: profile fields and numbers of a scenario's group.

use crate::client::schedule::{self, Layer};
use crate::input::capture::Capture;
use crate::wire::calibration::{JustifiedField, JustifiedGroup, Retries, ScheduleMatch, WaitModel};

use super::Question;
use super::series::Collected;

/// Stacks of `stress::pump` by the schedule of their handshakes.
const STACKS: &[(&str, &str)] = &[
    ("linux-syn-linear4", "linux"),
    ("linux-syn-linear0", "linux-before-6.5"),
    ("lwip-syn", "lwip"),
    ("freertos-syn", "freertos-tcp"),
];
/// Resolvers of profiles by what their schedules' names begin with.
const RESOLVERS: &[(&str, &str)] = &[
    ("glibc-dns", "glibc"),
    ("lwip-dns", "lwip"),
    ("freertos-dns", "freertos-tcp"),
];
/// Port of NTP (RFC 5905).
const NTP: u16 = 123;

/// What a calibration justifies.
pub(super) fn justified(
    capture: &Capture,
    collected: &Collected,
    services: &[Retries],
    question: &Question,
) -> (Vec<JustifiedField>, JustifiedGroup) {
    let origin = format!("capture {} (sha256 {})", capture.file, capture.digest);
    let mut fields = Vec::new();
    let mut add = |path: &str, value: String, why: String| {
        fields.push(JustifiedField {
            path: path.to_owned(),
            value,
            source: format!("{origin}: {why}"),
        });
    };
    let names = collected
        .series
        .iter()
        .filter(|(key, _)| key.protocol == super::series::Protocol::Dns);
    let asked: usize = names.map(|(_, attempts)| attempts.len()).sum();
    if asked > 0 {
        add(
            "dns.used",
            "true".to_owned(),
            format!("{asked} names asked for"),
        );
    }
    let dns: Vec<&ScheduleMatch> = schedules(services, "dns");
    if let Some(resolver) = agreed(&dns, |id| lookup(RESOLVERS, |start| id.starts_with(start))) {
        let explained: usize = dns.iter().map(|found| found.explained).sum();
        let compared: usize = dns.iter().map(|found| found.compared).sum();
        add(
            "dns.client_model",
            resolver.to_owned(),
            format!("{explained} of {compared} lookups keep to its schedule and to no other"),
        );
    }
    if let (Some(low), Some(high)) = (collected.time_ports.first(), collected.time_ports.last()) {
        add(
            "ntp.used",
            "true".to_owned(),
            "it asks for the time".to_owned(),
        );
        // From another port once is from any port.
        let port = if low == high && *low == NTP {
            "\"123\""
        } else {
            "any"
        };
        add(
            "ntp.source_port",
            port.to_owned(),
            format!("asks from port {low}"),
        );
    }
    let gateway = question.gateway.as_deref().and_then(|gateway| {
        services
            .iter()
            .find(|found| found.protocol == "tcp" && is_at(&found.service, gateway))
    });
    let back_off = gateway
        .and_then(|found| found.back_off.as_ref())
        .filter(|found| found.verdict == "fits");
    for (path, value, why) in back_off.map(waits).unwrap_or_default() {
        add(path, value, why);
    }
    // What a program does on top of its stack says nothing of the stack.
    let mut tcp = schedules(services, "tcp");
    tcp.retain(|found| {
        schedule::find(&found.best).is_some_and(|found| found.layer == Layer::Connect)
    });
    let stack = agreed(&tcp, |id| lookup(STACKS, |schedule| id == schedule));
    let group = JustifiedGroup {
        stack: stack.map(str::to_owned),
        // A cap that was not reached is not known.
        back_off: back_off
            .and_then(|found| found.model.clone())
            .filter(|model| model.factor <= 1.0 || model.cap_s.is_some()),
    };
    (fields, group)
}

/// Profile fields of waits; none of those that grow or are random where their cap is not known.
fn waits(found: &WaitModel) -> Vec<(&'static str, String, String)> {
    let Some(model) = &found.model else {
        return Vec::new();
    };
    let is_flat = model.factor <= 1.0;
    let why = format!("{} of {} waits", found.explained, found.waits);
    if is_flat && model.jitter == "none" {
        return vec![("gateway.reconnect_s", model.base_s.to_string(), why)];
    }
    let is_said = ["equal", "full", "decorrelated"].contains(&model.jitter.as_str())
        || model.jitter == "none" && !is_flat;
    let cap = model.cap_s.or(is_flat.then_some(model.base_s));
    let Some(cap) = cap.filter(|_| is_said) else {
        return Vec::new();
    };
    [
        ("retry.base_s", model.base_s.to_string()),
        ("retry.factor", model.factor.to_string()),
        ("retry.cap_s", cap.to_string()),
        ("retry.jitter", model.jitter.clone()),
    ]
    .map(|(path, value)| (path, value, why.clone()))
    .to_vec()
}

/// The schedules that the services of a protocol keep to.
fn schedules<'a>(services: &'a [Retries], protocol: &str) -> Vec<&'a ScheduleMatch> {
    services
        .iter()
        .filter(|found| found.protocol == protocol)
        .filter_map(|found| found.schedule.as_ref())
        .collect()
}

/// What all schedules, with those that cannot be told apart from them, agree on.
fn agreed(
    found: &[&ScheduleMatch],
    meaning: impl Fn(&str) -> Option<&'static str>,
) -> Option<&'static str> {
    let mut agreed = None;
    for schedule in found {
        if schedule.verdict == "none" {
            return None;
        }
        for id in [&schedule.best].into_iter().chain(&schedule.also) {
            let meant = meaning(id)?;
            if agreed.is_some_and(|agreed| agreed != meant) {
                return None;
            }
            agreed = Some(meant);
        }
    }
    agreed
}

/// The value of the first row whose key is wanted.
fn lookup(
    rows: &[(&'static str, &'static str)],
    wanted: impl Fn(&str) -> bool,
) -> Option<&'static str> {
    rows.iter().find(|row| wanted(row.0)).map(|row| row.1)
}

/// Whether a service is at an address, or at an address and port.
fn is_at(service: &str, place: &str) -> bool {
    let address = service.rsplit_once(':').map_or(service, |parts| parts.0);
    service == place || address.trim_matches(['[', ']']) == place
}
