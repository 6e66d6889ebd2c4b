//! A scenario file as fleet, segments and settings.

use thiserror::Error;

use crate::client::back_off::{BackOff, Jitter};
use crate::client::schedule::Provenance;
use crate::wire::scenario::{self as file, SCENARIO_SCHEMA, Scenario};

use super::disturbance::{Segment, Service, State};
use super::fleet::{Discipline, Fleet, Group, Server};
use super::pump::{Architecture, Distribution, Parameter, PumpClass, Resets, Scalar, Stack};

/// Why a scenario cannot be run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("read `{field}`: {problem}")]
pub struct ScenarioError {
    /// Where in the file.
    pub field: String,
    /// What is wrong.
    pub problem: String,
}

/// A mistake at a field.
fn mistake(field: &str, problem: impl Into<String>) -> ScenarioError {
    ScenarioError {
        field: field.to_owned(),
        problem: problem.into(),
    }
}

/// A number that must be finite and not below a least one.
fn checked(field: &str, value: f64, least: f64) -> Result<f64, ScenarioError> {
    if value.is_finite() && value >= least {
        Ok(value)
    } else {
        Err(mistake(
            field,
            format!("`{value}` is not a number of at least {least}"),
        ))
    }
}

/// The fleet and the segments of a scenario.
pub fn read(scenario: &Scenario) -> Result<(Fleet, Vec<Segment>), ScenarioError> {
    if scenario.schema != SCENARIO_SCHEMA {
        let problem = format!("`{}` is not `{SCENARIO_SCHEMA}`", scenario.schema);
        return Err(mistake("schema", problem));
    }
    // 12 days: times of events have 40 bits of microseconds.
    if checked("horizon_s", scenario.horizon_s, 1.0)? > 1_000_000.0 {
        return Err(mistake("horizon_s", "longer than 1000000 s"));
    }
    if scenario.groups.is_empty() {
        return Err(mistake("groups", "there is no pump"));
    }
    let groups = scenario
        .groups
        .iter()
        .map(group)
        .collect::<Result<Vec<_>, _>>()?;
    let mut fleet = Fleet::with_default_servers(groups);
    if fleet.pumps() == 0 || fleet.pumps() >= 1 << 24 {
        return Err(mistake(
            "groups",
            "pumps must number between 1 and 16777215",
        ));
    }
    let servers = &scenario.servers;
    set(
        &mut fleet.gateway,
        servers.gateway.as_ref(),
        "servers.gateway",
    )?;
    set(&mut fleet.radius, servers.radius.as_ref(), "servers.radius")?;
    set(&mut fleet.dhcp, servers.dhcp.as_ref(), "servers.dhcp")?;
    set(&mut fleet.dns, servers.dns.as_ref(), "servers.dns")?;
    set(&mut fleet.access, servers.access.as_ref(), "servers.access")?;
    let ids: Vec<&str> = scenario
        .groups
        .iter()
        .map(|group| group.id.as_str())
        .collect();
    let mut segments = Vec::new();
    for (number, disturbance) in scenario.disturbances.iter().enumerate() {
        let field = format!("disturbances[{number}]");
        segments.extend(disturbed(disturbance, &ids, &field)?);
    }
    Ok((fleet, segments))
}

/// A server's numbers.
fn set(
    server: &mut Server,
    given: Option<&file::Server>,
    field: &str,
) -> Result<(), ScenarioError> {
    let Some(given) = given else {
        return Ok(());
    };
    if given.workers == 0 {
        return Err(mistake(field, "a server without workers"));
    }
    *server = Server {
        workers: given.workers,
        service_s: checked(field, given.service_s, 0.0)?,
        message_s: checked(field, given.message_s, 0.0)?,
        exponential: given.exponential,
        backlog: given.backlog,
        discipline: match (given.cancels, given.last_first) {
            (false, false) => Discipline::Fifo,
            (true, false) => Discipline::CancelOnDisconnect,
            (false, true) => Discipline::Lifo,
            (true, true) => {
                return Err(mistake(field, "either `cancels` or `last_first`, not both"));
            }
        },
        tokens: match given.rate_limit {
            Some(rate) => {
                let rate = checked(field, rate, 1e-3)?;
                Some((rate, rate.max(1.0)))
            }
            None => None,
        },
        timeout_s: checked(field, given.timeout_s.unwrap_or(server.timeout_s), 0.0)?,
        source: "scenario".to_owned(),
    };
    Ok(())
}

/// A group.
fn group(given: &file::Group) -> Result<Group, ScenarioError> {
    let field = format!("groups.{}", given.id);
    let mut class = PumpClass::unknown(&given.id, given.name_servers);
    if let Some(stack) = &given.stack {
        let found = Stack::find(stack, given.name_servers).ok_or_else(|| {
            mistake(
                &format!("{field}.stack"),
                format!("no stack is called `{stack}`"),
            )
        })?;
        class.stacks = vec![found];
    }
    for (name, interval) in &given.parameters {
        let field = format!("{field}.parameters.{name}");
        let parameter = Parameter::from_name(name)
            .ok_or_else(|| mistake(&field, "no parameter has this name"))?;
        class.set(parameter, scalar(interval, parameter, &field)?);
    }
    let known = given.architecture;
    class.architecture = Architecture {
        nonpreemptive: known.nonpreemptive,
        starves_kick: known.starves_kick,
        supervised_blocking: known.supervised_blocking,
        unbounded_queue: known.unbounded_queue,
        separate_processor: known.separate_processor,
    };
    if let Some(back_off) = &given.back_off {
        class.back_off = waits(back_off, &format!("{field}.back_off"))?;
        class.back_off_known = true;
        class.resets = match back_off.resets_after.as_deref() {
            None => None,
            Some(name) => Some(Resets::from_name(name).ok_or_else(|| {
                let field = format!("{field}.back_off");
                mistake(&field, format!("waits begin anew after no `{name}`"))
            })?),
        };
    }
    if let Some(timeout) = given.tls_timeout_s {
        class.tls_timeout_s = Some(checked(&format!("{field}.tls_timeout_s"), timeout, 0.001)?);
    }
    class.uses_eap = given.uses_radius;
    class.uses_dhcp = given.uses_dhcp;
    class.uses_dns = given.uses_dns;
    Ok(Group {
        id: given.id.clone(),
        class,
        count: given.count,
    })
}

/// A parameter's interval.
fn scalar(
    given: &file::Interval,
    parameter: Parameter,
    field: &str,
) -> Result<Scalar, ScenarioError> {
    let (lo, mode, hi) = (
        checked(field, given.lo, 0.0)?,
        checked(field, given.mode, given.lo)?,
        checked(field, given.hi, given.mode)?,
    );
    let label = match given.label.as_str() {
        "measured" => Provenance::Measured,
        "published" => Provenance::Published,
        "assumed" => Provenance::Assumed,
        other => return Err(mistake(field, format!("no label is called `{other}`"))),
    };
    let row = parameter.definition();
    let fixed = hi <= lo;
    let distribution = match row.distribution {
        _ if fixed => Distribution::Fixed,
        Distribution::Fixed => Distribution::Triangular,
        other @ (Distribution::LogUniform | Distribution::Triangular) => other,
    };
    Ok(Scalar {
        lo,
        mode,
        hi,
        distribution,
        label,
        source: given.source.clone(),
    })
}

/// How a program waits.
fn waits(given: &file::BackOff, field: &str) -> Result<BackOff, ScenarioError> {
    let jitter = match given.jitter.as_str() {
        "none" => Jitter::None,
        "proportional" => match given.share {
            Some(share) if (0.0..=1.0).contains(&share) => Jitter::Proportional(share),
            Some(_) | None => {
                return Err(mistake(
                    field,
                    "proportional jitter needs a `share` from 0 to 1",
                ));
            }
        },
        "equal" => Jitter::Equal,
        "full" => Jitter::Full,
        "decorrelated" => Jitter::Decorrelated,
        other => return Err(mistake(field, format!("no jitter is called `{other}`"))),
    };
    Ok(BackOff {
        base_s: checked(field, given.base_s, 0.0)?,
        factor: checked(field, given.factor, 1.0)?,
        cap_s: checked(field, given.cap_s, given.base_s)?,
        jitter,
        floor_s: checked(field, given.floor_s, 0.0)?,
    })
}

/// The segments of one disturbance.
fn disturbed(
    given: &file::Disturbance,
    groups: &[&str],
    field: &str,
) -> Result<Vec<Segment>, ScenarioError> {
    let service = match given.service.as_str() {
        "link" => Service::Link,
        "radius" => Service::Radius,
        "dhcp" => Service::Dhcp,
        "dns" if given.server < 3 => Service::Dns(given.server),
        "dns" => return Err(mistake(field, "pumps know three name servers at most")),
        "gateway" => Service::Gateway,
        other => return Err(mistake(field, format!("no service is called `{other}`"))),
    };
    let state = match given.state.as_str() {
        "drop" => State::Drop,
        "refuse" => State::Refuse,
        "mute" => State::Mute,
        "slow" => State::Slow(checked(field, given.factor.unwrap_or(10.0), 1.0)?),
        "nxdomain" => State::NxDomain,
        "servfail" => State::ServFail,
        "handshake-failure" => State::HandshakeFailure,
        "mtu-hole" => State::MtuHole,
        "sessions-lost" => State::SessionsLost,
        other => return Err(mistake(field, format!("no state is called `{other}`"))),
    };
    let mut members = Vec::new();
    for id in &given.groups {
        let place = groups.iter().position(|group| group == id);
        members.push(place.ok_or_else(|| mistake(field, format!("no group is called `{id}`")))?);
    }
    let from = checked(field, given.from_s, 0.0)?;
    let length = given
        .for_s
        .map(|length| checked(field, length, 0.0))
        .transpose()?;
    let every = checked(field, given.every_s, 0.0)?;
    if given.times > 1 && length.is_none_or(|length| length >= every) {
        return Err(mistake(
            field,
            "what repeats must end before it begins again",
        ));
    }
    if given.times > 100_000 {
        return Err(mistake(field, "more than 100000 times"));
    }
    let (from_spread_s, to_spread_s) = (
        checked(field, given.from_spread_s, 0.0)?,
        checked(field, given.to_spread_s, 0.0)?,
    );
    Ok((0..given.times)
        .map(|time| {
            let from_s = from + f64::from(time) * every;
            Segment {
                service,
                groups: members.clone(),
                from_s,
                from_spread_s,
                to_s: length.map(|length| from_s + length),
                to_spread_s,
                state,
                cause: given.cause.clone(),
            }
        })
        .collect())
}

/// Lengths of the outages that harmed nobody.
pub fn survived_s(scenario: &Scenario) -> Vec<f64> {
    scenario
        .survived
        .iter()
        .map(|survived| survived.outage_s)
        .filter(|outage| outage.is_finite() && *outage > 0.0)
        .collect()
}
