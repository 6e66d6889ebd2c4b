//! What the observations of each service add up to.

use std::collections::BTreeMap;

use super::agree::disagreements;
use super::time_to_answer::time_to_answer;
use crate::intent::{Network, Service, ServiceKind, Site};
use crate::net::IpNet;
use crate::probe::Plan;
use crate::wire::observation::{
    Anchor, Observation, ServiceSummary, State, StopReason, Stopped, Vantage,
};

/// What the observations of each selected service add up to, in the order of the plan.
pub fn summarize(
    plan: &Plan<'_>,
    observations: &[Observation],
    site_file: &str,
) -> Vec<ServiceSummary> {
    plan.services
        .iter()
        .map(|service| {
            let own: Vec<&Observation> = observations
                .iter()
                .filter(|observation| observation.service == service.id)
                .collect();
            let refused = plan.refused.get(&service.id).map_or(&[][..], Vec::as_slice);
            summarize_service(service, &own, refused, site_file)
        })
        .collect()
}

/// Exit code: 2 canceled, 1 a service fails or its servers disagree, 3 a measurement is missing,
/// 0 all as required.
pub fn exit_code(services: &[ServiceSummary], stopped: Option<&Stopped>) -> u8 {
    if stopped.is_some_and(|stopped| stopped.reason == StopReason::Canceled) {
        return 2;
    }
    let any = |states: &[State]| {
        services
            .iter()
            .any(|service| states.contains(&service.state))
    };
    if any(&[State::Fails, State::Disagrees, State::Degraded]) {
        1
    } else if services.is_empty()
        || stopped.is_some()
        || any(&[State::NotMeasured, State::NotProbed])
    {
        3
    } else {
        0
    }
}

/// Pump networks that no vantage speaks for, by the site file or by an address in it.
pub fn networks_not_checked(site: &Site, vantages: &[&Vantage]) -> Vec<String> {
    let speaks = |vantage: &Vantage, network: &Network| {
        let mut own = vantage
            .interfaces
            .iter()
            .flat_map(|interface| &interface.addresses)
            .filter_map(|address| address.parse::<IpNet>().ok());
        let declared = site.vantage(&vantage.id);
        declared.is_some_and(|known| known.networks.contains(&network.id))
            || own.any(|net| IpNet::V4(network.subnet).contains(&net.addr()))
    };
    site.networks
        .values()
        .filter(|network| !vantages.iter().any(|vantage| speaks(vantage, network)))
        .map(|network| network.id.clone())
        .collect()
}

/// What the observations of one service add up to.
fn summarize_service(
    service: &Service,
    own: &[&Observation],
    refused: &[String],
    site_file: &str,
) -> ServiceSummary {
    let mut why: Vec<String> = refused.to_vec();
    let mut by_server: BTreeMap<String, State> = BTreeMap::new();
    for observation in own.iter().filter(|observation| observation.bearing) {
        // Half a measurement can show that a server fails, never that it works.
        let state = if observation.partial && observation.state != State::Fails {
            State::NotMeasured
        } else {
            observation.state
        };
        let worst = by_server
            .entry(observation.target.address.clone())
            .or_insert(state);
        *worst = worse(*worst, state);
        if observation.state != State::Works || observation.partial {
            let target = &observation.target;
            let cut = if observation.partial {
                ", cut short"
            } else {
                ""
            };
            let reasons = observation.why.join("; ");
            why.push(format!(
                "{} {} {}{cut}: {reasons}",
                target.address, target.port, observation.probe
            ));
        }
    }
    let count = |wanted: &[State]| {
        by_server
            .values()
            .filter(|state| wanted.contains(state))
            .count()
    };
    let working = count(&[State::Works, State::Degraded]);
    let unknown = service.servers.len() - count(&[State::Fails]) - working;
    let disagreements = disagreements(service, own);
    let state = if by_server.is_empty() {
        if refused.is_empty() {
            why.push(format!(
                "no probe speaks {} without being a client of it",
                service.kind.name()
            ));
            State::NotMeasured
        } else {
            State::NotProbed
        }
    } else if working + unknown < service.need {
        State::Fails
    } else if !disagreements.is_empty() {
        State::Disagrees
    } else if working + unknown < service.want || count(&[State::Degraded]) > 0 {
        State::Degraded
    } else if unknown > 0 {
        State::NotMeasured
    } else {
        State::Works
    };
    why.extend(disagreements.iter().map(|statement| statement.text.clone()));
    ServiceSummary {
        vantage: String::new(),
        service: service.id.clone(),
        state,
        why,
        working,
        need: service.need,
        want: service.want,
        time_to_answer: if service.kind == ServiceKind::Dns {
            time_to_answer(service, own)
        } else {
            Vec::new()
        },
        statements: disagreements,
        anchor: Anchor {
            file: site_file.to_owned(),
            line: service.place.line,
            column: service.place.column,
        },
    }
}

/// The state that says more against a server.
fn worse(one: State, other: State) -> State {
    /// States from best to worst.
    const ORDER: [State; 6] = [
        State::Works,
        State::Degraded,
        State::NotProbed,
        State::NotMeasured,
        State::Disagrees,
        State::Fails,
    ];
    let rank = |state: State| ORDER.iter().position(|known| *known == state);
    if rank(one) >= rank(other) { one } else { other }
}
