//! A live measurement, as `probe`, `verify` and `check --probe` ask for it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use clap::Args;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::failure::Failure;
use super::progress::Progress;
use crate::ctx;
use crate::input::bundle::bundled_site;
use crate::input::case::load_site;
use crate::input::reader::parse_duration;
use crate::input::secret::read_secret;
use crate::input::{Case, FileTable};
use crate::intent::{Intent, Site};
use crate::probe::{
    Account, Measured, Plan, Secret, Settings, Source, Start, Window, exit_code,
    hold_against_profiles, hold_against_window, local_vantage, networks_not_checked, run,
    summarize,
};
use crate::source::{File, FileOrigin};
use crate::wire::bundle::{BUNDLE_SCHEMA, Bundle, BundledFile};
use crate::wire::observation::{PROBE_SCHEMA, ProbeReport, Vantage};

/// What is measured, and from where.
#[derive(Debug, Clone, Args)]
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
    pub(super) path: bool,
    /// Also leaves a connection to each gateway and HL7 engine idle so long, `5m`, and then looks
    /// whether it lives.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(super) idle: Option<Duration>,
    /// Address or interface of this host that packets leave from.
    #[arg(long, value_name = "ADDRESS|INTERFACE")]
    pub(super) source: Option<String>,
    /// Ansible inventory, INI or YAML, that says how hosts of vantages are reached over ssh.
    #[arg(long, value_name = "FILE")]
    pub(super) inventory: Option<PathBuf>,
    /// Also lives through how each known kind of client gets over a dead first name server: that one
    /// is asked nothing, the others when the client would.
    #[arg(long)]
    pub(super) failover: bool,
    /// Change window that lifetimes of names are held against: `2026-12-01T22:00:00Z/4h`.
    #[arg(long, value_name = "START/LENGTH", value_parser = parse_window)]
    pub(super) window: Option<Window>,
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
    /// What a bundle asks for.
    pub(super) fn of_bundle(bundle: &Bundle) -> Self {
        Self {
            service: bundle.services.clone(),
            stop_after: bundle.stop_after,
            vantage: bundle.vantage.clone(),
            path: bundle.path,
            idle: bundle.idle_s.map(Duration::from_secs),
            failover: bundle.failover,
            source: bundle.source.clone(),
            ..Self::here()
        }
    }

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
            failover: false,
            source: None,
            inventory: None,
            window: None,
        }
    }
}

/// A site file as loaded.
pub(super) struct Subject {
    /// What it says.
    pub(super) intent: Intent,
    /// The file and the profiles of its own.
    files: Vec<File>,
    /// Its digest, and the same in hexadecimal digits.
    digest: ([u8; 32], String),
    /// Where secrets of test accounts are.
    accounts: Accounts,
    /// The same as read.
    read: OnceCell<BTreeMap<String, Account>>,
}

/// Where secrets of test accounts are; they are read when something is measured.
enum Accounts {
    /// In files beside a site file on this disk.
    Beside(PathBuf),
    /// In memory, by the service's id.
    Given(BTreeMap<String, Account>),
}

impl Subject {
    /// Loads the site file.
    pub(super) fn load(measurement: &Measurement) -> Result<Self, Failure> {
        let mut files = FileTable::new();
        let intent = load_site(&measurement.site, &measurement.rules, &mut files)?;
        let mut subject = Self::of(intent, files.loaded().cloned().collect());
        subject.accounts = Accounts::Beside(measurement.site.clone());
        Ok(subject)
    }

    /// The site before a change, with secrets beside the site file that lies on this disk.
    pub(super) fn of_case(case: &Case) -> Self {
        let mut subject = Self::of(case.intent_before.clone(), case.files.clone());
        let after = Self::of(case.intent.clone(), case.files.clone());
        let on_disk = [subject.site_file(), after.site_file()]
            .into_iter()
            .flatten()
            .find(|file| file.origin == FileOrigin::Disk);
        if let Some(file) = on_disk {
            subject.accounts = Accounts::Beside(PathBuf::from(&file.path));
        }
        subject
    }

    /// The site of a bundle.
    pub(super) fn of_bundle(bundle: &Bundle) -> Result<Self, Failure> {
        let mut files = FileTable::new();
        let intent = bundled_site(bundle, &mut files)?;
        let mut subject = Self::of(intent, files.loaded().cloned().collect());
        subject.digest.1.clone_from(&bundle.site_sha256);
        let accounts = bundle.accounts.iter();
        let accounts = accounts.filter_map(|(id, account)| {
            let account = Account::of_bundled(account)?;
            Some((id.clone(), account))
        });
        subject.accounts = Accounts::Given(accounts.collect());
        Ok(subject)
    }

    /// A site with the files that it came from, without secrets.
    fn of(intent: Intent, files: Vec<File>) -> Self {
        let mut subject = Self {
            intent,
            files,
            digest: Default::default(),
            accounts: Accounts::Given(BTreeMap::new()),
            read: OnceCell::new(),
        };
        if let Some(file) = subject.site_file() {
            subject.digest = (file.digest, file.digest_hex());
        }
        subject
    }

    /// Digest of the site file.
    pub(super) fn digest_hex(&self) -> &str {
        &self.digest.1
    }

    /// Secrets of test accounts, by the service's id; read once, since what is no file, a stream or a
    /// pipe, gives them once.
    fn accounts(&self) -> Result<BTreeMap<String, Account>, Failure> {
        let path = match &self.accounts {
            Accounts::Beside(path) => path,
            Accounts::Given(accounts) => return Ok(accounts.clone()),
        };
        if self.read.get().is_none() {
            let accounts = read_accounts(path, &self.intent.site)?;
            // Nobody else has set it meanwhile.
            let _ = self.read.set(accounts);
        }
        Ok(self.read.get().cloned().unwrap_or_default())
    }

    /// The file that declares the services.
    fn site_file(&self) -> Option<&File> {
        let id = self.intent.site.services.values().next()?.place.file;
        self.files.iter().find(|file| file.id == id)
    }

    /// What would be sent.
    pub(super) fn plan(
        &self,
        measurement: &Measurement,
        samples: u16,
    ) -> Result<Plan<'_>, Failure> {
        let source = match &measurement.source {
            Some(text) => Some(Source::find(text).ok_or_else(|| {
                Failure::usage(
                    format!("send from `{text}`: this host has no such address or interface"),
                    "`--source` takes an IPv4 address of this host or the name of an interface that \
                     has one",
                )
            })?),
            None => None,
        };
        let settings = Settings {
            source,
            samples: usize::from(samples),
            distress: usize::from(measurement.stop_after),
            path: measurement.path,
            idle: measurement.idle,
            failover: measurement.failover,
            accounts: self.accounts()?,
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

    /// What goes to another place on a stream that nobody else reads: a bundle with the secrets.
    pub(super) fn errand(
        &self,
        measurement: &Measurement,
        samples: u16,
    ) -> Result<Bundle, Failure> {
        let accounts = self.accounts()?;
        let accounts = accounts.iter().map(|(id, one)| (id.clone(), one.bundled()));
        Ok(Bundle {
            accounts: accounts.collect(),
            ..self.bundle(measurement, samples)
        })
    }

    /// What another place needs to measure the same; no secrets.
    pub(super) fn bundle(&self, measurement: &Measurement, samples: u16) -> Bundle {
        let bundled = |file: &File| BundledFile {
            path: file.path.clone(),
            text: file.text.to_string(),
        };
        let site = self.site_file();
        let id = site.map(|file| file.id);
        let others = self.files.iter().filter(|file| Some(file.id) != id);
        Bundle {
            schema: BUNDLE_SCHEMA.to_owned(),
            tool: tool(),
            vantage: measurement.vantage.clone(),
            site: site.map_or_else(
                || BundledFile {
                    path: String::new(),
                    text: String::new(),
                },
                bundled,
            ),
            site_sha256: self.digest.1.clone(),
            profiles: others.map(bundled).collect(),
            services: measurement.service.clone(),
            samples,
            stop_after: measurement.stop_after,
            path: measurement.path,
            idle_s: measurement.idle.map(|time| time.as_secs()),
            failover: measurement.failover,
            source: measurement.source.clone(),
            accounts: BTreeMap::new(),
        }
    }

    /// Sends it from here and says what came back.
    pub(super) fn measure(
        &self,
        plan: &Plan<'_>,
        measurement: &Measurement,
        canceled: &AtomicBool,
    ) -> ProbeReport {
        let vantage = local_vantage(&measurement.vantage, plan.settings.source.as_ref());
        let Ok(mut report) = self.measure_by(plan, &vantage, canceled, |plan, start| {
            Ok::<_, Infallible>(run(plan, start))
        });
        if let Some(window) = measurement.window {
            let unix = clock().1.as_secs();
            let site = &self.intent.site;
            hold_against_window(
                site,
                window,
                unix,
                &mut report.services,
                &report.observations,
            );
            report.exit_code = exit_code(&report.services, report.stopped.as_ref());
        }
        report
    }

    /// Has it measured and says what came back.
    pub(super) fn measure_by<E>(
        &self,
        plan: &Plan<'_>,
        vantage: &Vantage,
        canceled: &AtomicBool,
        by: impl FnOnce(&Plan<'_>, &Start<'_>) -> Result<Measured, E>,
    ) -> Result<ProbeReport, E> {
        let (started, unix) = clock();
        let path = self.site_file().map_or("", |file| file.path.as_str());
        let line = Progress::new();
        let progress = |step: ctx::Progress<'_>| line.show(step);
        let start = Start {
            progress: &progress,
            started: &started,
            unix,
            site_file: path,
            vantage: Arc::new(vantage.clone()),
            deadline: None,
            canceled,
        };
        let Measured {
            observations,
            stopped,
        } = by(plan, &start)?;
        let mut services = summarize(plan, &observations, path);
        hold_against_profiles(&self.intent, &mut services, &observations);
        Ok(ProbeReport {
            schema: PROBE_SCHEMA.to_owned(),
            tool: tool(),
            site_sha256: self.digest.1.clone(),
            exit_code: exit_code(&services, stopped.as_ref()),
            stopped,
            services,
            vantages: Vec::new(),
            networks_not_checked: networks_not_checked(&self.intent.site, &[vantage]),
            observations,
        })
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

/// The wall clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line owns the clock; the library is told the time"
)]
fn now() -> OffsetDateTime {
    OffsetDateTime::from(SystemTime::now())
}

/// The wall clock as RFC 3339, in whole seconds, and as time since 1970.
pub(super) fn clock() -> (String, Duration) {
    let now = now();
    let shown = now.replace_nanosecond(0).unwrap_or(now);
    (shown.format(&Rfc3339).unwrap_or_default(), since_1970(now))
}

/// A moment as time since 1970; 0 before it.
fn since_1970(moment: OffsetDateTime) -> Duration {
    u64::try_from(moment.unix_timestamp_nanos())
        .map(Duration::from_nanos)
        .unwrap_or_default()
}
