//! A live measurement, as `probe`, `verify` and `check --probe` ask for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::Args;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::cancel;
use super::failure::Failure;
use crate::input::case::load_site;
use crate::input::reader::parse_duration;
use crate::input::secret::read_secret;
use crate::input::{Case, FileTable};
use crate::intent::{Intent, Site};
use crate::probe::{
    Account, Measured, Plan, Secret, Settings, Start, Window, exit_code, hold_against_profiles,
    hold_against_window, local_vantage, networks_not_checked, run, summarize,
};
use crate::source::File;
use crate::wire::observation::{PROBE_SCHEMA, ProbeReport};

/// What is measured, and from where.
#[derive(Debug, Args)]
pub(super) struct Measurement {
    /// Site file.
    #[arg(long, value_name = "FILE", default_value = "site.yaml")]
    pub(super) site: PathBuf,
    /// Services to measure, by id; without it all.
    #[arg(long, value_name = "ID")]
    pub(super) service: Vec<String>,
    /// Folders with rules and profiles of your own.
    #[arg(long, value_name = "DIR")]
    pub(super) rules: Vec<PathBuf>,
    /// Failures in a row, of what a server had answered before, that stop everything.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) stop_after: u16,
    /// Id of this vantage in reports.
    #[arg(long, value_name = "ID", default_value = "local")]
    pub(super) vantage: String,
    /// Also measures hops and packet sizes; needs the privilege for raw packets.
    #[arg(long)]
    path: bool,
    /// Also leaves a connection to each gateway and HL7 engine idle so long, `5m`, and then looks
    /// whether it lives.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    idle: Option<Duration>,
    /// Change window that lifetimes of names are held against: `2026-12-01T22:00:00Z/4h`.
    #[arg(long, value_name = "START/LENGTH", value_parser = parse_window)]
    window: Option<Window>,
}

/// A length of time.
fn parse_time(text: &str) -> Result<Duration, String> {
    parse_duration(text)
        .map(Duration::from_secs)
        .ok_or_else(|| "give a length of time, `45s`, `12m`, `8h`".to_owned())
}

/// A change window.
fn parse_window(text: &str) -> Result<Window, String> {
    let parsed = text.split_once('/').and_then(|(start, length)| {
        let start = OffsetDateTime::parse(start, &Rfc3339).ok()?;
        Some(Window {
            start: u64::try_from(start.unix_timestamp()).ok()?,
            length: parse_duration(length)?,
        })
    });
    parsed.ok_or_else(|| "give start and length, `2026-12-01T22:00:00Z/4h`".to_owned())
}

impl Measurement {
    /// Everything, from this host.
    pub(super) fn here() -> Self {
        Self {
            site: PathBuf::new(),
            service: Vec::new(),
            rules: Vec::new(),
            stop_after: 2,
            vantage: "local".to_owned(),
            path: false,
            idle: None,
            window: None,
        }
    }
}

/// A site file as loaded.
pub(super) struct Subject {
    /// What it says.
    pub(super) intent: Intent,
    /// Its path as given.
    path: String,
    /// Its digest, and the same in hexadecimal digits.
    digest: ([u8; 32], String),
    /// Secrets of test accounts, by the service's id.
    accounts: BTreeMap<String, Account>,
}

impl Subject {
    /// Loads the site file.
    pub(super) fn load(measurement: &Measurement) -> Result<Self, Failure> {
        let mut files = FileTable::new();
        let intent = load_site(&measurement.site, &measurement.rules, &mut files)?;
        let digest = site_file(&intent.site, &files)
            .map(|file| (file.digest, file.digest_hex()))
            .unwrap_or_default();
        let accounts = read_accounts(&measurement.site, &intent.site)?;
        Ok(Self {
            intent,
            accounts,
            path: measurement.site.display().to_string(),
            digest,
        })
    }

    /// The site before a change.
    pub(super) fn of_case(case: &Case) -> Self {
        let intent = case.intent_before.clone();
        let mut services = intent.site.services.values();
        let id = services.next().map(|service| service.place.file);
        let file = case.files.iter().find(|file| Some(file.id) == id);
        Self {
            path: file.map(|file| file.path.clone()).unwrap_or_default(),
            digest: file
                .map(|file| (file.digest, file.digest_hex()))
                .unwrap_or_default(),
            intent,
            // The site may be in an archive or a commit, where no secret belongs.
            accounts: BTreeMap::new(),
        }
    }

    /// What would be sent.
    pub(super) fn plan(
        &self,
        measurement: &Measurement,
        samples: u16,
    ) -> Result<Plan<'_>, Failure> {
        let settings = Settings {
            samples: usize::from(samples),
            distress: usize::from(measurement.stop_after),
            path: measurement.path,
            idle: measurement.idle,
            accounts: self.accounts.clone(),
            ..Settings::default()
        };
        let site = &self.intent.site;
        Plan::new(site, &measurement.service, settings, self.digest.0).map_err(|error| {
            let text = error.to_string();
            let (message, help) = text.split_once("\nhelp: ").unwrap_or((
                &text,
                "`pump-preflight list services --site FILE` lists them",
            ));
            Failure::usage(message, help)
        })
    }

    /// Sends it and says what came back.
    pub(super) fn measure(&self, plan: &Plan<'_>, measurement: &Measurement) -> ProbeReport {
        let now = now();
        let vantage = local_vantage(&measurement.vantage);
        let start = Start {
            started: &now.format(&Rfc3339).unwrap_or_default(),
            unix: since_1970(now),
            site_file: &self.path,
            vantage: vantage.clone(),
            deadline: None,
            canceled: cancel::flag(),
        };
        let Measured {
            observations,
            stopped,
        } = run(plan, &start);
        let mut services = summarize(plan, &observations, &self.path);
        hold_against_profiles(&self.intent, &mut services, &observations);
        if let Some(window) = measurement.window {
            let unix = since_1970(now).as_secs();
            hold_against_window(
                &self.intent.site,
                window,
                unix,
                &mut services,
                &observations,
            );
        }
        ProbeReport {
            schema: PROBE_SCHEMA.to_owned(),
            tool: tool(),
            site_sha256: self.digest.1.clone(),
            exit_code: exit_code(&services, stopped.as_ref()),
            stopped,
            services,
            networks_not_checked: networks_not_checked(&self.intent.site, &vantage),
            observations,
        }
    }
}

/// Name and version of the program.
pub(super) fn tool() -> String {
    concat!("pump-preflight ", env!("CARGO_PKG_VERSION")).to_owned()
}

/// The secrets of the test accounts of services that may be probed.
fn read_accounts(path: &Path, site: &Site) -> Result<BTreeMap<String, Account>, Failure> {
    let mut accounts = BTreeMap::new();
    for service in site.services.values().filter(|service| service.probe) {
        let Some(account) = &service.account else {
            continue;
        };
        let user = match &account.user {
            Some((name, file)) => Some((name.clone(), Secret::new(read_secret(path, file)?))),
            None => None,
        };
        let secret = Secret::new(read_secret(path, &account.secret_file)?);
        accounts.insert(service.id.clone(), Account { secret, user });
    }
    Ok(accounts)
}

/// The loaded file that declares the services.
fn site_file<'f>(site: &Site, files: &'f FileTable) -> Option<&'f File> {
    let id = site.services.values().next()?.place.file;
    files.loaded().find(|file| file.id == id)
}

/// The wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line owns the clock; the library is told the time"
)]
fn now() -> OffsetDateTime {
    OffsetDateTime::from(SystemTime::now())
}

/// A moment as time since 1970; 0 before it.
fn since_1970(moment: OffsetDateTime) -> Duration {
    u64::try_from(moment.unix_timestamp_nanos())
        .map(Duration::from_nanos)
        .unwrap_or_default()
}
