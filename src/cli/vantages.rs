//! Places to measure from, one after the other: so one budget holds over all of them.

use std::env;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::cancel;
use super::failure::Failure;
use super::measure::{Measurement, Subject};
use crate::input::bundle::{load_bundle, read_bundle};
use crate::input::inventory::{Inventory, load_inventory};
use crate::input::measurement::{load_measurement, load_printed, parse_measurement};
use crate::intent::{Site, Vantage, Via};
use crate::probe::vantage::exporter;
use crate::probe::vantage::remote::{Errand, Place, SshHost};
use crate::probe::vantage::script;
use crate::probe::{Plan, Start, merge, said};
use crate::wire::observation::{PlannedPacket, ProbeReport, VantageRun};

/// Measures from here, or from every vantage of the site file.
pub(super) fn measure(
    subject: &Subject,
    measurement: &Measurement,
    samples: u16,
    everywhere: bool,
) -> Result<ProbeReport, Failure> {
    let inventory = measurement.inventory.as_deref();
    let inventory = inventory.map(load_inventory).transpose()?;
    let plan = subject.plan(measurement, samples)?;
    if !everywhere {
        return Ok(subject.measure(&plan, measurement, cancel::flag()));
    }
    if subject.intent.site.vantages.is_empty() {
        return Err(no_vantages());
    }
    let lasts = plan.longest();
    let mut parts: Vec<ProbeReport> = Vec::new();
    for vantage in places(&subject.intent.site, inventory.as_ref()) {
        let stopped = parts.iter().any(|part| part.stopped.is_some());
        // The pace holds from one place to the next as within each.
        if !parts.is_empty() && !stopped {
            cancel::wait(plan.settings.interval);
        }
        let own = Measurement {
            vantage: vantage.id.clone(),
            source: vantage.source.clone(),
            ..measurement.clone()
        };
        let result = if stopped {
            Err("not asked: the measurement had stopped before".to_owned())
        } else {
            from(&vantage, subject, &own, samples, lasts, inventory.as_ref())
        };
        let run = |failed| VantageRun {
            id: vantage.id.clone(),
            via: vantage.via.name().to_owned(),
            fidelity: match vantage.via {
                Via::Blackbox(_) => "reduced",
                Via::Here(_) | Via::Ssh(_) | Via::Bundle => "full",
            }
            .to_owned(),
            failed,
        };
        parts.push(match result {
            Ok(mut part) => {
                part.vantages = vec![run(None)];
                part
            }
            Err(reason) => {
                let mut nothing = merge(&subject.intent.site, Vec::new());
                nothing.vantages = vec![run(Some(reason))];
                nothing
            }
        });
    }
    Ok(merge(&subject.intent.site, parts))
}

/// What one vantage would send.
pub(super) struct Sends {
    /// The vantage.
    pub(super) id: String,
    /// How it is reached.
    pub(super) via: String,
    /// Its packets.
    pub(super) packets: Vec<PlannedPacket>,
    /// What answers may add.
    pub(super) follow_ups: Vec<PlannedPacket>,
    /// How long it would take.
    pub(super) lasts: Duration,
    /// The same in words, a line each.
    pub(super) lines: Vec<String>,
}

/// What every vantage of the site file would send, one after the other.
pub(super) fn dry_run(
    subject: &Subject,
    measurement: &Measurement,
    samples: u16,
) -> Result<Vec<Sends>, Failure> {
    let inventory = measurement.inventory.as_deref();
    let inventory = inventory.map(load_inventory).transpose()?;
    let places = places(&subject.intent.site, inventory.as_ref());
    if places.is_empty() {
        return Err(no_vantages());
    }
    let sends = |vantage: &Vantage| {
        // Elsewhere an address or interface is not one of this host.
        let is_here = matches!(vantage.via, Via::Here(None));
        let own = Measurement {
            source: vantage.source.clone().filter(|_| is_here),
            ..measurement.clone()
        };
        let plan = subject.plan(&own, samples)?;
        let (packets, follow_ups, lines) = match &vantage.via {
            Via::Here(_) | Via::Ssh(_) => (plan.packets(), plan.follow_ups(), plan.describe()),
            Via::Blackbox(url) => {
                let packets = exporter::packets(&plan, url);
                let lines = packets.iter().map(said).collect();
                (packets, Vec::new(), lines)
            }
            Via::Bundle => {
                let carried = "nothing from here: its bundle is carried (`probe --bundle`)";
                (Vec::new(), Vec::new(), vec![carried.to_owned()])
            }
        };
        let lasts = if packets.is_empty() {
            Duration::ZERO
        } else {
            plan.duration()
        };
        let of = |mut packet: PlannedPacket| {
            packet.vantage = Some(vantage.id.clone());
            packet
        };
        Ok(Sends {
            id: vantage.id.clone(),
            via: match &vantage.via {
                Via::Here(None) | Via::Bundle => vantage.via.name().to_owned(),
                Via::Here(Some(other)) | Via::Ssh(other) | Via::Blackbox(other) => {
                    format!("{} {other}", vantage.via.name())
                }
            },
            packets: packets.into_iter().map(of).collect(),
            follow_ups: follow_ups.into_iter().map(of).collect(),
            lasts,
            lines,
        })
    };
    places.iter().map(sends).collect()
}

/// The mistake of a site file without vantages.
fn no_vantages() -> Failure {
    Failure::usage(
        "measure from every vantage: the site file declares none",
        "add `vantages: [{ id: ward-a, networks: [wards], via: ssh, host: probe1 }]`",
    )
}

/// The vantages of the site file; a host that is a group of the inventory stands for each of its
/// hosts.
fn places(site: &Site, inventory: Option<&Inventory>) -> Vec<Vantage> {
    let mut places = Vec::new();
    for vantage in &site.vantages {
        let hosts = match &vantage.via {
            Via::Ssh(host) => inventory.and_then(|inventory| inventory.hosts_of(host)),
            Via::Here(_) | Via::Blackbox(_) | Via::Bundle => None,
        };
        let Some(hosts) = hosts.filter(|hosts| !hosts.is_empty()) else {
            places.push(vantage.clone());
            continue;
        };
        places.extend(hosts.into_iter().map(|host| Vantage {
            id: format!("{}/{host}", vantage.id),
            via: Via::Ssh(host.to_owned()),
            ..vantage.clone()
        }));
    }
    places
}

/// What one vantage measures, or why it does not.
fn from(
    vantage: &Vantage,
    subject: &Subject,
    measurement: &Measurement,
    samples: u16,
    lasts: Duration,
    inventory: Option<&Inventory>,
) -> Result<ProbeReport, String> {
    let place = match &vantage.via {
        Via::Here(None) => {
            let plan = subject
                .plan(measurement, samples)
                .map_err(|error| error.to_string())?;
            return Ok(subject.measure(&plan, measurement, cancel::flag()));
        }
        Via::Here(Some(name)) => Place::Namespace(name.clone()),
        Via::Ssh(host) => Place::Ssh(ssh_host(host, inventory)?),
        Via::Blackbox(url) => {
            let plan = subject
                .plan(measurement, samples)
                .map_err(|error| error.to_string())?;
            let place = place_named(&vantage.id);
            return subject.measure_by(&plan, &place, cancel::flag(), |plan, start| {
                exporter::measure(plan, url, start)
            });
        }
        Via::Bundle => {
            return Err("carried: merge its result with `probe --merge`".to_owned());
        }
    };
    let errand = subject.errand(measurement, samples);
    let bundle = errand.map_err(|error| error.to_string())?;
    let bundle = serde_json::to_vec(&bundle).map_err(|error| error.to_string())?;
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let errand = Errand {
        place: &place,
        program: &program,
        bundle: &bundle,
        lasts,
        canceled: cancel::flag(),
    };
    let printed = errand.run().map_err(|error| error.to_string())?;
    let report = parse_measurement(&vantage.id, &printed).map_err(|error| error.to_string())?;
    accept(report, &vantage.id, subject)
}

/// How a host is reached over ssh.
fn ssh_host(host: &str, inventory: Option<&Inventory>) -> Result<SshHost, String> {
    // A group with hosts has become its hosts.
    if inventory.is_some_and(|inventory| inventory.hosts_of(host).is_some()) {
        return Err(format!("group `{host}` of the inventory has no host"));
    }
    let Some(reach) = inventory.and_then(|inventory| inventory.reach(host)) else {
        return Ok(SshHost {
            host: host.to_owned(),
            ..SshHost::default()
        });
    };
    let reach = reach?;
    let options = reach.options.into_iter();
    let options = options.flat_map(|option| ["-o".to_owned(), option]);
    Ok(SshHost {
        host: reach.host,
        arguments: reach.arguments.into_iter().chain(options).collect(),
    })
}

/// What Prometheus has kept of the same servers: a baseline without a packet.
pub(super) fn history(
    measurement: &Measurement,
    prometheus: &str,
    since: &str,
) -> Result<ProbeReport, Failure> {
    let subject = Subject::load(measurement)?;
    let plan = subject.plan(measurement, 1)?;
    let place = place_named(&measurement.vantage);
    let by = |plan: &Plan<'_>, start: &Start<'_>| exporter::history(plan, prometheus, since, start);
    let mut report = subject
        .measure_by(&plan, &place, cancel::flag(), by)
        .map_err(|reason| {
            Failure::usage(
                format!("read the history: {reason}"),
                "`--history` takes the address of Prometheus, `--since` a time like `24h`",
            )
        })?;
    report.vantages = vec![VantageRun {
        id: measurement.vantage.clone(),
        via: "prometheus".to_owned(),
        fidelity: "reduced".to_owned(),
        failed: None,
    }];
    Ok(report)
}

/// What a script printed at another place.
pub(super) fn import_printed(
    measurement: &Measurement,
    path: &Path,
    samples: u16,
) -> Result<ProbeReport, Failure> {
    let subject = Subject::load(measurement)?;
    let plan = subject.plan(measurement, samples)?;
    let printed = load_printed(path)?;
    let place = place_named(&measurement.vantage);
    let digest = subject.digest_hex();
    let by = |plan: &Plan<'_>, start: &Start<'_>| script::import(plan, &printed, digest, start);
    let mut report = subject
        .measure_by(&plan, &place, cancel::flag(), by)
        .map_err(|reason| {
            Failure::usage(
                format!("import `{}`: {reason}", path.display()),
                "give all that the script of `probe --emit` printed, and its site file",
            )
        })?;
    report.vantages = vec![VantageRun {
        id: measurement.vantage.clone(),
        via: "script".to_owned(),
        fidelity: "reduced".to_owned(),
        failed: None,
    }];
    Ok(report)
}

/// A place of which only the name is known.
fn place_named(id: &str) -> crate::wire::observation::Vantage {
    crate::wire::observation::Vantage {
        id: id.to_owned(),
        interfaces: Vec::new(),
    }
}

/// A result from elsewhere, if it answers what was asked.
fn accept(report: ProbeReport, vantage: &str, subject: &Subject) -> Result<ProbeReport, String> {
    if report.site_sha256 != subject.digest_hex() {
        return Err("it was measured with another site file".to_owned());
    }
    let other = report
        .observations
        .iter()
        .find(|one| one.vantage.id != vantage);
    if let Some(other) = other {
        return Err(format!("it says that it is vantage `{}`", other.vantage.id));
    }
    Ok(report)
}

/// Measures what a bundle asks for; with `until_end` the end of the standard input stops it.
pub(super) fn run_bundle(path: &Path, until_end: bool) -> Result<ProbeReport, Failure> {
    let bundle = if path.as_os_str() == "-" {
        read_bundle(io::stdin().lock())?
    } else {
        load_bundle(path)?
    };
    let subject = Subject::of_bundle(&bundle)?;
    let measurement = Measurement::of_bundle(&bundle);
    let plan = subject.plan(&measurement, bundle.samples)?;
    if !until_end {
        return Ok(subject.measure(&plan, &measurement, cancel::flag()));
    }
    let ended = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ended);
    thread::spawn(move || {
        let mut rest = [0; 64];
        while io::stdin().read(&mut rest).is_ok_and(|count| count > 0) {}
        flag.store(true, Ordering::Relaxed);
    });
    Ok(subject.measure(&plan, &measurement, &ended))
}

/// Puts measurements together that were made elsewhere with the same site file.
pub(super) fn merge_files(
    measurement: &Measurement,
    paths: &[PathBuf],
) -> Result<ProbeReport, Failure> {
    let subject = Subject::load(measurement)?;
    let mut parts = Vec::new();
    for path in paths {
        let part = load_measurement(path)?;
        if part.site_sha256 != subject.digest_hex() {
            return Err(Failure::usage(
                format!(
                    "merge `{}`: it was measured with another site file",
                    path.display()
                ),
                "name the site file that the bundle was made of with `--site FILE`",
            ));
        }
        parts.push(part);
    }
    Ok(merge(&subject.intent.site, parts))
}
