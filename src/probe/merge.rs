//! Measurements from several vantages as one.

use crate::intent::Site;
use crate::probe::{exit_code, networks_not_checked};
use crate::wire::observation::{PROBE_SCHEMA, ProbeReport, Vantage, VantageRun};

/// Puts measurements of one site together, in their order; each summary then names its vantage.
pub fn merge(site: &Site, parts: Vec<ProbeReport>) -> ProbeReport {
    let mut out = ProbeReport {
        schema: PROBE_SCHEMA.to_owned(),
        tool: concat!("pump-preflight ", env!("CARGO_PKG_VERSION")).to_owned(),
        site_sha256: String::new(),
        exit_code: 0,
        stopped: None,
        services: Vec::new(),
        vantages: Vec::new(),
        networks_not_checked: Vec::new(),
        observations: Vec::new(),
    };
    for part in parts {
        let own = part.observations.first().map(|one| one.vantage.id.clone());
        if out.site_sha256.is_empty() {
            out.site_sha256 = part.site_sha256;
        }
        for mut summary in part.services {
            if let (true, Some(id)) = (summary.vantage.is_empty(), &own) {
                summary.vantage.clone_from(id);
            }
            out.services.push(summary);
        }
        if part.vantages.is_empty() {
            out.vantages.extend(own.map(|id| VantageRun {
                id,
                via: "here".to_owned(),
                fidelity: "full".to_owned(),
                failed: None,
            }));
        } else {
            out.vantages.extend(part.vantages);
        }
        out.stopped = out.stopped.or(part.stopped);
        out.observations.extend(part.observations);
    }
    let mut vantages: Vec<&Vantage> = Vec::new();
    for observation in &out.observations {
        let vantage = observation.vantage.as_ref();
        if !vantages.contains(&vantage) {
            vantages.push(vantage);
        }
    }
    out.networks_not_checked = networks_not_checked(site, &vantages);
    let failed = out.vantages.iter().any(|one| one.failed.is_some());
    out.exit_code = match exit_code(&out.services, out.stopped.as_ref()) {
        0 if failed => 3,
        code => code,
    };
    out
}
