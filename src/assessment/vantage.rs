//! Measurements by where they were made: which vantages speak for which pump network.

use std::collections::{BTreeMap, BTreeSet};

use crate::intent::Site;
use crate::net::IpNet;
use crate::wire::observation::{ProbeReport, ServiceSummary, Vantage};

/// Ids of the vantages of a measurement, in order.
pub(super) fn vantages(report: &ProbeReport) -> Vec<String> {
    let ids: BTreeSet<&str> = report
        .observations
        .iter()
        .map(|observation| observation.vantage.id.as_str())
        .collect();
    ids.into_iter().map(str::to_owned).collect()
}

/// Vantages that speak for each pump network: those that the site file puts there, and those with
/// an address in it.
pub(super) fn inside(site: &Site, report: &ProbeReport) -> BTreeMap<String, BTreeSet<String>> {
    let mut out: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for observation in &report.observations {
        let Vantage { id, interfaces } = observation.vantage.as_ref();
        let own: Vec<IpNet> = interfaces
            .iter()
            .flat_map(|interface| &interface.addresses)
            .filter_map(|address| address.parse().ok())
            .collect();
        for network in site.networks.values() {
            let declared = site
                .vantage(id)
                .is_some_and(|vantage| vantage.networks.contains(&network.id));
            let subnet = IpNet::V4(network.subnet);
            if declared || own.iter().any(|net| subnet.contains(&net.addr())) {
                out.entry(network.id.clone())
                    .or_default()
                    .insert(id.clone());
            }
        }
    }
    out
}

/// Pump networks that no vantage of a measurement speaks for.
pub(super) fn not_checked(site: &Site, report: &ProbeReport) -> Vec<String> {
    let inside = inside(site, report);
    let networks = site.networks.keys();
    networks
        .filter(|network| !inside.contains_key(*network))
        .cloned()
        .collect()
}

/// What a vantage says of a service.
pub(super) fn summary<'r>(
    report: &'r ProbeReport,
    vantage: &str,
    service: &str,
) -> Option<&'r ServiceSummary> {
    let mut rows = report.services.iter();
    rows.find(|row| row.service == service && (row.vantage.is_empty() || row.vantage == vantage))
}
