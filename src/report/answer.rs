//! What several reports say of an assessment, computed once from its fields.
//!
//! Merging, ordering and counting only; texts are as the inputs had them, not yet escaped.

use std::collections::{BTreeMap, BTreeSet};

use crate::wire::assessment::{
    Assessment, Bearing, Change, Effect, EffectShape, Finding, Origin, Requirement, Severity,
    Share, Stage, StageState, Witness,
};

/// Rows of the last lines; more are counted.
pub(super) const MOST_ROWS: usize = 12;

/// An assessment with what its fields add up to.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    /// The assessment.
    pub(super) assessment: &'a Assessment,
    /// Changes by id.
    changes: BTreeMap<&'a str, &'a Change>,
    /// Requirements by id.
    requirements: BTreeMap<&'a str, &'a Requirement>,
    /// Files by their last name.
    files: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

/// Requirements of one group and service that a change treats alike.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    /// One of them.
    pub(super) first: &'a Requirement,
    /// All of them.
    pub(super) all: Vec<&'a Requirement>,
    /// The networks or firmware that it is limited to, where others of the group fare differently.
    pub(super) only: String,
    /// Where it comes from, short.
    pub(super) place: String,
}

/// What makes requirements alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Likeness<'a> {
    /// Order of effects in a report.
    rank: usize,
    /// Order of reactions in a report.
    reaction: usize,
    /// Pump group.
    group: &'a str,
    /// Service.
    service: &'a str,
    /// Network, where networks are kept apart.
    network: &'a str,
    /// Care area.
    area: &'a str,
    /// The deciding stage.
    stage: &'a str,
    /// Place.
    place: String,
    /// Shape, onset, duration.
    effect: Option<(&'a str, &'a str, &'a str)>,
    /// Servers before and after.
    servers: Option<(usize, usize)>,
}

/// Effects in the order of a report, with their words.
pub(super) const EFFECTS: [(Effect, &str); 7] = [
    (Effect::Lost, "LOST"),
    (Effect::Unknown, "UNKNOWN"),
    (Effect::Degraded, "DEGRADED"),
    (Effect::Transient, "TRANSIENT"),
    (Effect::BrokenBefore, "BROKEN"),
    (Effect::Gained, "GAINED"),
    (Effect::Unchanged, "UNCHANGED"),
];

/// The word of an effect.
pub(super) fn word(effect: Effect) -> &'static str {
    EFFECTS
        .iter()
        .find(|(of, _)| *of == effect)
        .map_or("", |(_, word)| word)
}

/// Whether an effect is a row of the last lines.
fn is_row(effect: Effect) -> bool {
    match effect {
        Effect::Lost
        | Effect::Unknown
        | Effect::Degraded
        | Effect::Transient
        | Effect::BrokenBefore => true,
        Effect::Unchanged | Effect::Gained => false,
    }
}

impl<'a> Answer<'a> {
    /// Indexes an assessment.
    pub(super) fn new(assessment: &'a Assessment) -> Self {
        let mut files: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for file in &assessment.coverage.files {
            files
                .entry(base(&file.file))
                .or_default()
                .insert(&file.file);
        }
        Self {
            assessment,
            changes: assessment
                .changes
                .iter()
                .map(|change| (change.id.as_str(), change))
                .collect(),
            requirements: assessment
                .requirements
                .iter()
                .map(|requirement| (requirement.id.as_str(), requirement))
                .collect(),
            files,
        }
    }

    /// A change by id.
    pub(super) fn change(&self, id: &str) -> Option<&'a Change> {
        self.changes.get(id).copied()
    }

    /// The requirements of some ids.
    pub(super) fn requirements(&self, ids: &[String]) -> Vec<&'a Requirement> {
        ids.iter()
            .filter_map(|id| self.requirements.get(id.as_str()).copied())
            .collect()
    }

    /// `file:line`, the file by its last name where that is unique.
    pub(super) fn place(&self, origin: &Origin) -> String {
        let last = base(&origin.file);
        let unique = self.files.get(last).is_none_or(|files| files.len() < 2);
        let name = if unique { last } else { &origin.file };
        match origin.snapshot.as_str() {
            "before" => format!("{name}:{} (before)", origin.line),
            _ => format!("{name}:{}", origin.line),
        }
    }

    /// Where what happens to a requirement comes from: its causes, else what decides it, else the
    /// changes that bear on it.
    pub(super) fn origins(&self, requirement: &'a Requirement) -> Vec<&'a Origin> {
        let stage = deciding(requirement);
        let causes = stage.map_or(&[][..], |stage| stage.caused_by.as_slice());
        let mut origins: Vec<&Origin> = causes
            .iter()
            .filter_map(|id| self.change(id))
            .filter_map(newest)
            .collect();
        if origins.is_empty() {
            origins.extend(stage.into_iter().flat_map(|stage| &stage.decided_by));
        }
        if origins.is_empty() {
            let bearing = self
                .assessment
                .changes
                .iter()
                .filter(|change| change.requirements.contains(&requirement.id));
            origins.extend(bearing.filter_map(newest));
        }
        origins
    }

    /// The first of [`Self::origins`] and how many more there are.
    fn short_place(&self, requirement: &'a Requirement) -> String {
        let origins = self.origins(requirement);
        match origins.split_first() {
            None => String::new(),
            Some((first, [])) => self.place(first),
            Some((first, rest)) => format!("{} +{} more", self.place(first), rest.len()),
        }
    }

    /// Requirements whose effect `keep` takes, merged over firmware, and over networks unless
    /// `by_network`; in a report's order.
    pub(super) fn rows(&self, by_network: bool, keep: impl Fn(Effect) -> bool) -> Vec<Row<'a>> {
        let mut merged: BTreeMap<Likeness<'a>, Vec<&'a Requirement>> = BTreeMap::new();
        for requirement in &self.assessment.requirements {
            if keep(requirement.change) {
                let likeness = self.likeness(requirement, by_network);
                merged.entry(likeness).or_default().push(requirement);
            }
        }
        merged
            .into_iter()
            .filter_map(|(likeness, all)| {
                let first = *all.first()?;
                Some(Row {
                    first,
                    only: self.only(&all, by_network),
                    all,
                    place: likeness.place,
                })
            })
            .collect()
    }

    /// The rows of the last lines.
    pub(super) fn hurt(&self) -> Vec<Row<'a>> {
        self.rows(false, is_row)
    }

    /// What a requirement is merged by.
    fn likeness(&self, requirement: &'a Requirement, by_network: bool) -> Likeness<'a> {
        Likeness {
            rank: EFFECTS
                .iter()
                .position(|(effect, _)| *effect == requirement.change)
                .unwrap_or(EFFECTS.len()),
            reaction: ["seconds", "minutes", "hours"]
                .iter()
                .position(|reaction| *reaction == requirement.reaction)
                .unwrap_or(0),
            group: &requirement.group,
            service: &requirement.service,
            network: if by_network { &requirement.network } else { "" },
            area: &requirement.area,
            stage: deciding(requirement).map_or("", |stage| &stage.stage),
            place: self.short_place(requirement),
            effect: requirement.effect.as_ref().map(|effect| {
                let EffectShape {
                    shape,
                    onset,
                    duration,
                    onset_s: _,
                    duration_s: _,
                } = effect;
                (shape.as_str(), onset.as_str(), duration.as_str())
            }),
            servers: requirement
                .redundancy
                .as_ref()
                .map(|servers| (servers.before.len(), servers.after.len())),
        }
    }

    /// The networks and firmware of `all`, where the group needs the service on others too.
    pub(super) fn only(&self, all: &[&'a Requirement], by_network: bool) -> String {
        let Some(first) = all.first() else {
            return String::new();
        };
        let siblings = self.assessment.requirements.iter().filter(|requirement| {
            requirement.group == first.group
                && requirement.service == first.service
                && (!by_network || requirement.network == first.network)
        });
        let siblings: Vec<&Requirement> = siblings.collect();
        let mut out = String::new();
        for (prefix, field) in [
            ("on ", network as fn(&Requirement) -> &str),
            ("firmware ", firmware),
        ] {
            let mine: BTreeSet<&str> = all.iter().map(|requirement| field(requirement)).collect();
            let every: BTreeSet<&str> = siblings.iter().map(|other| field(other)).collect();
            if mine != every {
                let names: Vec<&str> = mine.into_iter().collect();
                out.push(' ');
                out.push_str(prefix);
                out.push_str(&names.join(", "));
            }
        }
        out
    }

    /// The finding whose remedy comes first: the most severe one that has a remedy.
    pub(super) fn first_remedy(&self) -> Option<&'a Finding> {
        let mut findings: Vec<&Finding> = self.findings();
        findings.retain(|finding| !finding.remedy.trim().is_empty());
        findings.first().copied()
    }

    /// Findings, the most severe first, else as they come.
    pub(super) fn findings(&self) -> Vec<&'a Finding> {
        let mut findings: Vec<&Finding> = self.assessment.findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        findings
    }

    /// What to do first, in one line: a remedy, else the changes to leave out.
    pub(super) fn do_first(&self) -> Option<String> {
        if let Some(finding) = self.first_remedy() {
            return Some(first_sentence(&finding.remedy));
        }
        let hurt = self.hurt();
        let undone = hurt
            .iter()
            .flat_map(|row| &row.first.stages)
            .find(|stage| !stage.undone_by.is_empty())?;
        let places: Vec<String> = undone
            .undone_by
            .iter()
            .map(|id| match self.change(id).and_then(newest) {
                Some(origin) => format!("{id} ({})", self.place(origin)),
                None => id.clone(),
            })
            .collect();
        Some(format!("leave out {}", places.join(" and ")))
    }

    /// Findings that no requirement among the rows of the last lines stands for.
    pub(super) fn findings_beside(&self) -> Vec<&'a Finding> {
        let told: BTreeSet<&str> = self
            .assessment
            .requirements
            .iter()
            .filter(|requirement| is_row(requirement.change))
            .map(|requirement| requirement.id.as_str())
            .collect();
        let mut findings = self.findings();
        findings.retain(|finding| {
            finding.severity > Severity::Note
                && !finding
                    .requirements
                    .iter()
                    .any(|id| told.contains(id.as_str()))
        });
        findings
    }

    /// What nobody looked at, each with its reason.
    pub(super) fn not_checked(&self) -> Vec<String> {
        let files = self.assessment.coverage.files.iter();
        let mut out: Vec<String> = files
            // What the input sets aside, such as a site file, is no configuration.
            .filter(|file| file.dialect.is_none() && !file.because.starts_with("set aside: "))
            .map(|file| format!("{} (no dialect)", file.file))
            .collect();
        out.extend(
            self.assessment
                .boundaries
                .iter()
                .filter(|boundary| boundary.beyond.is_empty() && !boundary.requirements.is_empty())
                .map(|at| format!("beyond {} {} (not declared)", at.device, at.interface)),
        );
        if let Some(measured) = &self.assessment.measured {
            let networks = measured.networks_not_checked.iter();
            out.extend(networks.map(|network| format!("{network} (no vantage)")));
        }
        let mut seen = BTreeSet::new();
        out.retain(|text| seen.insert(text.clone()));
        out
    }

    /// How much of the change was understood, and on how many assumptions the verdict rests.
    pub(super) fn read_line(&self) -> String {
        let coverage = &self.assessment.coverage;
        let (Share { understood, all }, of) = if self.is_one_snapshot() {
            (coverage.on_path, "statements on the paths of requirements")
        } else {
            (coverage.changed, "changed statements")
        };
        let assumptions = match self.assessment.assumptions.len() {
            0 => "no assumptions".to_owned(),
            count => counted(count, "assumption", "assumptions"),
        };
        format!("{understood} of {all} {of} understood, {assumptions}")
    }

    /// The counts of the last line, behind the verdict's word.
    pub(super) fn counts(&self) -> String {
        if self.is_one_snapshot() {
            return format!(
                "{} work, {} fail, {} unknown",
                self.in_state(StageState::Works),
                self.in_state(StageState::Fails),
                self.in_state(StageState::Open)
            );
        }
        let summary = &self.assessment.summary;
        let mut out = format!(
            "{} lost, {} degraded, {} transient, {} unknown, {} unchanged",
            summary.lost, summary.degraded, summary.transient, summary.unknown, summary.unchanged
        );
        for (count, word) in [
            (summary.gained, "gained"),
            (summary.broken_before, "broken before"),
        ] {
            if count > 0 {
                out = format!("{out}, {count} {word}");
            }
        }
        out
    }

    /// Changes of a bearing.
    pub(super) fn changes(&self, bearing: Bearing) -> Vec<&'a Change> {
        let changes = self.assessment.changes.iter();
        changes.filter(|change| change.bearing == bearing).collect()
    }

    /// Rows of requirements with an effect in time: the earliest first.
    pub(super) fn timeline(&self) -> Vec<(&'a EffectShape, Row<'a>)> {
        let mut rows: Vec<(&EffectShape, Row<'a>)> = self
            .rows(false, |effect| effect != Effect::Unchanged)
            .into_iter()
            .filter_map(|row| Some((row.first.effect.as_ref()?, row)))
            .collect();
        rows.sort_by_key(|(effect, _)| effect.onset_s);
        rows
    }
}

impl Row<'_> {
    /// Pumps that it is about.
    pub(super) fn pumps(&self) -> u64 {
        pumps(&self.all)
    }

    /// Who needs what, in one line.
    pub(super) fn who(&self) -> String {
        let Requirement {
            group,
            service,
            area,
            reaction,
            ..
        } = self.first;
        if let Some(left) = self.servers_left() {
            let after = self.first.effect.as_ref().map(|effect| &effect.duration);
            let after = after.filter(|words| !words.is_empty());
            let after = after.map_or(String::new(), |words| format!(", {words}"));
            return format!("{group} {service} {left}{after}{}", self.only);
        }
        let pumps = counted_u64(self.pumps(), "pump", "pumps");
        let what = self.what();
        format!(
            "{group} {pumps}, {area} ({reaction}) -> {service}{what}{}",
            self.only
        )
    }

    /// How many servers are left, where a degraded service has fewer.
    fn servers_left(&self) -> Option<String> {
        let servers = self.first.redundancy.as_ref()?;
        let fewer = servers.after.len() < servers.before.len();
        (self.first.change == Effect::Degraded && fewer)
            .then(|| format!("{} of {} left", servers.after.len(), servers.before.len()))
    }

    /// The port that is connected to, else the stage that decides.
    fn what(&self) -> String {
        let Some(stage) = deciding(self.first) else {
            return String::new();
        };
        let port = stage.witness.as_ref().and_then(service_port);
        match (stage.stage.as_str(), port) {
            ("connect", Some((protocol, port))) => format!(" {protocol}/{port}"),
            ("connect", None) => String::new(),
            (stage, _) => format!(" {stage}"),
        }
    }

    /// Where it comes from and what pumps notice, in one line.
    pub(super) fn cause(&self) -> String {
        let mut parts = Vec::new();
        if let Some(effect) = &self.first.effect {
            if self.servers_left().is_none() {
                parts.push(effect.shape.clone());
                parts.push(effect.onset.clone());
                if self.first.change == Effect::Transient {
                    parts.push(effect.duration.clone());
                }
            }
        } else if let Some(stage) = deciding(self.first) {
            parts.push(format!("{} {}", stage.stage, state(stage.after)));
        }
        parts.retain(|part| !part.is_empty());
        match (self.place.as_str(), parts.is_empty()) {
            ("", _) => parts.join(", "),
            (place, true) => place.to_owned(),
            (place, false) => format!("{place} {}", parts.join(", ")),
        }
    }

    /// Its firmware values.
    pub(super) fn firmware(&self) -> String {
        let values: BTreeSet<&str> = self.all.iter().map(|of| firmware(of)).collect();
        values.into_iter().collect::<Vec<_>>().join(", ")
    }
}

/// Protocol and port of the service, in a packet to it or in the answer that comes back.
fn service_port(witness: &Witness) -> Option<(&str, u16)> {
    let flow = witness.flow.as_ref()?;
    let port = if witness.summary.starts_with("the answer") {
        flow.from_port?
    } else {
        flow.port?
    };
    Some((&flow.protocol, port))
}

/// The word of a stage's state.
pub(super) fn state(state: StageState) -> &'static str {
    match state {
        StageState::Works => "works",
        StageState::Open => "open",
        StageState::Fails => "fails",
    }
}

/// The first stage that has the requirement's effect, else the first that has any.
pub(super) fn deciding(requirement: &Requirement) -> Option<&Stage> {
    let stages = requirement.stages.iter();
    stages
        .clone()
        .filter(|stage| stage.change != Effect::Unchanged)
        .find(|stage| stage.change == requirement.change)
        .or_else(|| {
            stages
                .clone()
                .find(|stage| stage.change != Effect::Unchanged)
        })
}

/// The origin of a change in the after snapshot, else its first.
pub(super) fn newest(change: &Change) -> Option<&Origin> {
    let origins = change.origins.iter();
    origins
        .clone()
        .find(|origin| origin.snapshot != "before")
        .or_else(|| change.origins.first())
}

/// Pumps of some requirements: the same ones roam over networks and need several services.
pub(super) fn pumps(requirements: &[&Requirement]) -> u64 {
    let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for requirement in requirements {
        let count = counts
            .entry((&requirement.group, &requirement.firmware))
            .or_default();
        *count = (*count).max(u64::from(requirement.count));
    }
    counts.values().sum()
}

/// A requirement's network.
fn network(requirement: &Requirement) -> &str {
    &requirement.network
}

/// A requirement's firmware.
fn firmware(requirement: &Requirement) -> &str {
    &requirement.firmware
}

/// The last name of a path.
fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Text up to the end of its first sentence or line.
fn first_sentence(text: &str) -> String {
    let line = text.trim().lines().next().unwrap_or("");
    let end = line.find(". ").unwrap_or(line.len());
    line.get(..end)
        .unwrap_or(line)
        .trim_end_matches('.')
        .to_owned()
}

/// A number with its noun.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A large number with its noun.
pub(super) fn counted_u64(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Seconds in words.
pub(super) fn span(seconds: u64) -> String {
    /// Units of time in seconds.
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, unit) in UNITS {
        if rest >= size {
            parts.push(format!("{} {unit}", rest / size));
            rest %= size;
        }
    }
    if parts.is_empty() {
        "0 s".to_owned()
    } else {
        parts.join(" ")
    }
}
