//! A pump group as its profile and the site file describe it.

use crate::client::back_off::{BackOff, Jitter};
use crate::client::schedule::Provenance;
use crate::intent::profile::{Label, Profile};
use crate::intent::{Intent, PumpGroup, ServiceKind};

use super::fleet::Group;
use super::pump::{
    Architecture, DEFINITIONS, Distribution, Parameter, PumpClass, Resets, Scalar, Stack,
};

/// A pump group with what its profile and the site's answers say.
pub(super) fn as_group(intent: &Intent, group: &PumpGroup) -> Group {
    let count = group.firmware.iter().map(|firmware| firmware.count).sum();
    let kind_used = |kind: ServiceKind| {
        group
            .uses
            .iter()
            .filter_map(|id| intent.site.services.get(id))
            .find(|service| service.kind == kind)
    };
    let servers = kind_used(ServiceKind::Dns).map_or(2, |dns| dns.servers.len());
    let mut class = PumpClass::unknown(&group.id, servers);
    class.uses_eap = kind_used(ServiceKind::Radius).is_some();
    class.uses_dhcp = group.dhcp;
    class.uses_dns =
        kind_used(ServiceKind::PumpGateway).is_none_or(|gateway| gateway.name.is_some());
    if let Some(profile) = intent.profile_of(group) {
        apply_profile(&mut class, &profile, servers);
    }
    Group {
        id: group.id.clone(),
        class,
        count,
    }
}

/// Lays a profile's known fields over a class.
fn apply_profile(class: &mut PumpClass, profile: &Profile, servers: usize) {
    let stack = match profile.text("dns.client_model") {
        Some("lwip") => Some("lwip"),
        Some("glibc") => Some("linux"),
        Some("freertos-tcp") => Some("freertos-tcp"),
        Some(_) | None => None,
    };
    if let Some(stack) = stack.and_then(|stack| Stack::find(stack, servers)) {
        class.stacks = vec![stack];
    }
    if profile.bool("dns.used") == Some(false) || profile.text("gateway.by") == Some("address") {
        class.uses_dns = false;
    }
    if let Some(seconds) = profile.number("tls.timeout_s") {
        class.tls_timeout_s = Some(seconds);
    }
    apply_waits(class, profile);
    let own = DEFINITIONS.iter().map(|row| (path_of(row.parameter), row));
    for (path, row) in own {
        let Some(span) = profile.span(&path) else {
            continue;
        };
        let field = profile.fields.get(&path);
        let label = match field.and_then(|field| field.label) {
            Some(Label::Measured) => Provenance::Measured,
            Some(Label::Published) => Provenance::Published,
            Some(Label::Assumed) | None => Provenance::Assumed,
        };
        let source = field.map_or("", |field| field.source.as_str());
        let [lo, mode, hi] = span;
        let known = Scalar::known(mode, label, source);
        let distribution = match row.distribution {
            _ if hi <= lo => Distribution::Fixed,
            Distribution::Fixed => Distribution::Triangular,
            other @ (Distribution::LogUniform | Distribution::Triangular) => other,
        };
        let scalar = Scalar {
            lo,
            hi,
            distribution,
            ..known
        };
        class.set(row.parameter, scalar);
    }
    let known = |name: &str| profile.bool(&format!("stress.{name}"));
    class.architecture = Architecture {
        nonpreemptive: known("nonpreemptive"),
        starves_kick: known("starves-kick"),
        supervised_blocking: known("supervised-blocking"),
        unbounded_queue: known("unbounded-queue"),
        separate_processor: known("separate-processor"),
    };
    if profile.text("coupling") == Some("isolated") {
        class.architecture = Architecture {
            nonpreemptive: Some(false),
            starves_kick: Some(false),
            supervised_blocking: Some(false),
            unbounded_queue: Some(false),
            separate_processor: Some(true),
        };
    }
}

/// The profile's field of a parameter.
fn path_of(parameter: Parameter) -> String {
    if parameter == Parameter::CheckIn {
        "watchdog.period_s".to_owned()
    } else if parameter == Parameter::HeartbeatPeriod {
        "gateway.keepalive_s".to_owned()
    } else {
        format!("stress.{}", parameter.definition().name)
    }
}

/// How a pump waits between attempts, where its profile says all that decides it.
fn apply_waits(class: &mut PumpClass, profile: &Profile) {
    if let Some(seconds) = profile.number("gateway.reconnect_s") {
        class.back_off = BackOff::fixed(seconds);
        class.back_off_known = true;
    }
    let jitter = match profile.text("retry.jitter") {
        Some("none") => Some(Jitter::None),
        Some("equal") => Some(Jitter::Equal),
        Some("full") => Some(Jitter::Full),
        Some("decorrelated") => Some(Jitter::Decorrelated),
        Some(_) | None => None,
    };
    let (base, factor) = (
        profile.number("retry.base_s"),
        profile.number("retry.factor"),
    );
    if let (Some(base_s), Some(factor), Some(jitter)) = (base, factor, jitter) {
        // A wait that does not grow needs no cap.
        let flat = (factor <= 1.0).then_some(base_s);
        if let Some(cap_s) = profile.number("retry.cap_s").or(flat) {
            class.back_off = BackOff {
                base_s,
                factor: factor.max(1.0),
                cap_s: cap_s.max(base_s),
                jitter,
                floor_s: profile.number("retry.floor_s").unwrap_or(0.0),
            };
            class.back_off_known = true;
        }
    }
    class.resets = profile
        .text("retry.resets_after")
        .and_then(Resets::from_name);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::profile::FIELDS;
    use crate::intent::{Field, Value};

    /// A profile with these fields, measured.
    fn profile(fields: &[(&str, Value)]) -> Profile {
        let field = |(path, value): &(&str, Value)| {
            let field = Field {
                value: Some(value.clone()),
                source: "bench pump".to_owned(),
                label: Some(Label::Measured),
                place: None,
            };
            ((*path).to_owned(), field)
        };
        Profile {
            id: "own".to_owned(),
            model: "own".to_owned(),
            firmware: String::new(),
            services: Vec::new(),
            ask: String::new(),
            notices: Vec::new(),
            fields: fields.iter().map(field).collect(),
        }
    }

    #[test]
    fn every_parameter_has_a_field_of_the_profile() {
        for row in &DEFINITIONS {
            let path = path_of(row.parameter);
            assert!(FIELDS.iter().any(|field| field.path == path), "{path}");
        }
    }

    #[test]
    fn what_a_profile_says_of_the_inside_is_what_is_drawn() {
        let words = |words: [&str; 3]| Value::List(words.map(str::to_owned).to_vec());
        let text = |word: &str| Value::Text(word.to_owned());
        let mut class = PumpClass::unknown("icu", 2);
        let said = profile(&[
            ("stress.heap", Value::Number(65_536.0)),
            ("stress.status-period", words(["10", "15", "20"])),
            ("stress.supervised-blocking", Value::Bool(false)),
            ("retry.base_s", Value::Number(1.0)),
            ("retry.factor", Value::Number(2.0)),
            ("retry.jitter", text("full")),
            ("retry.resets_after", text("connection")),
        ]);
        apply_profile(&mut class, &said, 2);
        let heap = class.scalar(Parameter::Heap).unwrap();
        assert_eq!(
            (heap.lo, heap.hi, heap.label),
            (65_536.0, 65_536.0, Provenance::Measured)
        );
        let status = class.scalar(Parameter::StatusPeriod).unwrap();
        assert_eq!((status.lo, status.mode, status.hi), (10.0, 15.0, 20.0));
        assert_eq!(status.distribution, Distribution::LogUniform);
        assert_eq!(class.architecture.supervised_blocking, Some(false));
        assert_eq!(class.architecture.starves_kick, None);
        // A wait that grows without a cap that anybody knows is not known.
        assert!(!class.back_off_known);
        let mut said = said;
        let cap = profile(&[("retry.cap_s", Value::Number(60.0))]);
        said.fields.extend(cap.fields);
        apply_profile(&mut class, &said, 2);
        assert!(class.back_off_known);
        // Nobody knows that waits grow over a mute gateway: each is the first.
        assert!((class.mean_wait_s() - 0.5).abs() < 1e-9);
        class.resets = Some(Resets::Session);
        assert!((class.mean_wait_s() - 30.0).abs() < 1e-9);
    }
}
