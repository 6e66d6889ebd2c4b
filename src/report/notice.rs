//! What pipelines are told: findings, requirements that are hurt, changed statements that block.
//!
//! The formats for pipelines differ in layout only; which entries there are, how bad each is, where
//! it stands and what makes it the same entry again are said here.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::answer::{Answer, Row, deciding, newest, state, word};
use super::board::{confidence, described};
use super::today::state_word;
use crate::wire::assessment::{
    Assessment, Bearing, Change, Effect, Finding, Origin, Severity, StageState,
};

/// How much a pipeline makes of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Pumps are hurt.
    Error,
    /// Pumps may be hurt, or nobody knows.
    Warning,
    /// Worth knowing.
    Note,
}

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Notice<'a> {
    /// What kind of entry it is: the rule's id, or a word of this program.
    pub(super) rule: String,
    /// How bad.
    pub(super) level: Level,
    /// What is the matter, the first sentence by itself.
    pub(super) message: String,
    /// What to do instead; may be empty.
    pub(super) remedy: String,
    /// Recalls, standards, manuals.
    pub(super) references: &'a [String],
    /// How sure, in one word.
    pub(super) confidence: &'static str,
    /// Where, the statement to change first.
    pub(super) origins: Vec<&'a Origin>,
    /// Requirements, by id.
    pub(super) requirements: Vec<&'a str>,
    /// What makes it the same entry in another report: no line numbers.
    pub(super) fingerprint: String,
}

/// Everything a pipeline is told, the worst first.
pub(super) fn notices<'a>(answer: &Answer<'a>) -> Vec<Notice<'a>> {
    let mut all: Vec<Notice<'a>> = answer.findings().into_iter().map(of_finding).collect();
    if answer.is_one_snapshot() {
        let rows = answer.not_working().into_iter();
        all.extend(rows.map(|(state, row)| of_today(answer, state, &row)));
    } else {
        let rows = answer.hurt_alone().into_iter();
        all.extend(rows.map(|row| of_row(answer, &row)));
    }
    all.extend(answer.changes(Bearing::Blocks).into_iter().map(of_change));
    all.sort_by_key(|notice| notice.level);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for notice in &mut all {
        let count = seen.entry(notice.fingerprint.clone()).or_default();
        *count += 1;
        // Hosts take entries with equal fingerprints for one.
        if *count > 1 {
            notice.fingerprint = digest(&[&notice.fingerprint, &count.to_string()]);
        }
    }
    all
}

/// A finding.
fn of_finding(finding: &Finding) -> Notice<'_> {
    let level = match finding.severity {
        Severity::Critical | Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Note => Level::Note,
    };
    let requirements: Vec<&str> = finding.requirements.iter().map(String::as_str).collect();
    let origins = newest_first(finding.origins.iter().collect());
    Notice {
        fingerprint: fingerprint(&finding.rule, &requirements, &origins),
        rule: finding.rule.clone(),
        level,
        message: finding.title.clone(),
        remedy: finding.remedy.clone(),
        references: &finding.references,
        confidence: confidence(finding.confidence),
        origins,
        requirements,
    }
}

/// Requirements that a change hurts and that no finding names.
fn of_row<'a>(answer: &Answer<'a>, row: &Row<'a>) -> Notice<'a> {
    let effect = row.first.change;
    let level = match effect {
        Effect::Lost => Level::Error,
        Effect::Unknown | Effect::Degraded | Effect::Transient | Effect::BrokenBefore => {
            Level::Warning
        }
        Effect::Unchanged | Effect::Gained => Level::Note,
    };
    let rule = format!("requirement-{}", effect_name(effect));
    let message = format!("{} {}", word(effect), described(row));
    of_requirements(rule, level, message, row, answer.origins(row.first))
}

/// Requirements of one snapshot that do not work.
fn of_today<'a>(answer: &Answer<'a>, of: StageState, row: &Row<'a>) -> Notice<'a> {
    let (rule, level) = match of {
        StageState::Fails => ("requirement-fails", Level::Error),
        StageState::Open | StageState::Works => ("requirement-unknown", Level::Warning),
    };
    let why = deciding(row.first).map_or(String::new(), |stage| {
        format!("; {} {}: {}", stage.stage, state(stage.before), stage.why)
    });
    let message = format!("{} {}{why}", state_word(of), row.who());
    of_requirements(
        rule.to_owned(),
        level,
        message,
        row,
        answer.origins(row.first),
    )
}

/// Requirements that fare alike.
fn of_requirements<'a>(
    rule: String,
    level: Level,
    message: String,
    row: &Row<'a>,
    origins: Vec<&'a Origin>,
) -> Notice<'a> {
    let requirements: Vec<&str> = row.all.iter().map(|of| of.id.as_str()).collect();
    let origins = newest_first(origins);
    let undo = row.first.stages.iter().find(|of| !of.undone_by.is_empty());
    Notice {
        fingerprint: fingerprint(&rule, &requirements, &[]),
        rule,
        level,
        message,
        remedy: undo.map_or(String::new(), |stage| {
            format!("leave out {}", stage.undone_by.join(" and "))
        }),
        references: &[],
        confidence: super::words::proof(row.first.proof),
        origins,
        requirements,
    }
}

/// A changed statement that was not understood and may bear.
fn of_change(change: &Change) -> Notice<'_> {
    let rule = "statement-not-understood";
    let requirements: Vec<&str> = change.requirements.iter().map(String::as_str).collect();
    let origins: Vec<&Origin> = newest(change).into_iter().collect();
    Notice {
        fingerprint: fingerprint(rule, &requirements, &origins),
        rule: rule.to_owned(),
        level: Level::Warning,
        message: format!("{}: {}; {}", change.device, change.summary, change.why),
        remedy: String::new(),
        references: &[],
        confidence: "exact",
        origins,
        requirements,
    }
}

/// Places of the state after the change first: those are the lines that a change request shows.
fn newest_first(mut origins: Vec<&Origin>) -> Vec<&Origin> {
    origins.sort_by_key(|origin| match origin.snapshot.as_str() {
        "after" => 0,
        "site" => 1,
        _ => 2,
    });
    origins
}

/// The word of an effect as a part of a name.
fn effect_name(effect: Effect) -> String {
    match effect {
        Effect::BrokenBefore => "broken-before".to_owned(),
        Effect::Unchanged
        | Effect::Gained
        | Effect::Transient
        | Effect::Degraded
        | Effect::Unknown
        | Effect::Lost => word(effect).to_lowercase(),
    }
}

/// What makes an entry the same: its rule, its requirements, files and texts, no lines.
fn fingerprint(rule: &str, requirements: &[&str], origins: &[&Origin]) -> String {
    let mut parts = vec![rule];
    parts.extend(requirements);
    for origin in origins {
        parts.extend([origin.file.as_str(), origin.text.as_str()]);
    }
    digest(&parts)
}

/// SHA-256 of some texts, told apart, in hexadecimal.
fn digest(parts: &[&str]) -> String {
    use std::fmt::Write as _;
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher
        .finalize()
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Where entries stand in the repository.
#[derive(Debug)]
pub(super) struct Places<'a> {
    /// Folder of each snapshot.
    folders: BTreeMap<&'a str, String>,
    /// What stands for entries without a place: the site file, else any input.
    anchor: String,
}

impl<'a> Places<'a> {
    /// The places of an assessment.
    pub(super) fn new(assessment: &'a Assessment) -> Self {
        let folders = assessment.snapshots.iter();
        let inputs = assessment.inputs.iter();
        let site = inputs.clone().find(|input| input.kind == "site");
        let anchor = site.or_else(|| inputs.clone().next());
        Self {
            folders: folders
                .map(|snapshot| (snapshot.name.as_str(), folder(&snapshot.from)))
                .collect(),
            anchor: anchor.map_or("site.yaml".to_owned(), |input| plain(&input.path)),
        }
    }

    /// Path and one-based line of an entry; one without any stands at the beginning of the site
    /// file, since hosts refuse whole files for one entry without a place.
    pub(super) fn of(&self, notice: &Notice<'_>) -> (String, u32) {
        match notice.origins.first() {
            Some(origin) => (self.path(origin), origin.line.max(1)),
            None => (self.anchor.clone(), 1),
        }
    }

    /// Path of a file from the folder that the program ran in.
    pub(super) fn path(&self, origin: &Origin) -> String {
        match self.folders.get(origin.snapshot.as_str()) {
            Some(folder) if !folder.is_empty() => plain(&format!("{folder}/{}", origin.file)),
            Some(_) | None => plain(&origin.file),
        }
    }
}

/// The folder that a snapshot's place names; none of an archive.
fn folder(from: &str) -> String {
    if let Some(rest) = from.strip_prefix("git:") {
        return rest.split_once(':').map_or("", |(_, path)| path).to_owned();
    }
    if from.starts_with("merge over ") {
        return String::new();
    }
    if let Some(rest) = from.strip_prefix("work tree") {
        return rest.trim_start_matches([',', ' ']).to_owned();
    }
    let lower = from.to_lowercase();
    if [".tar.gz", ".tgz", ".zip"]
        .iter()
        .any(|end| lower.ends_with(end))
    {
        return String::new();
    }
    from.trim_end_matches('/').to_owned()
}

/// A path without `./`, as hosts want it.
fn plain(path: &str) -> String {
    let parts: Vec<&str> = (path.split('/').enumerate())
        .filter(|(index, part)| *part != "." && (!part.is_empty() || *index == 0))
        .map(|(_, part)| part)
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_into_the_repository() {
        for (from, expected) in [
            ("./net/after/", "./net/after"),
            ("git:main:net", "net"),
            ("git:main", ""),
            ("work tree", ""),
            ("work tree, net", "net"),
            ("exports/tonight.tar.gz", ""),
        ] {
            assert_eq!(folder(from), expected, "{from}");
        }
        assert_eq!(plain("./net//after/./a.cfg"), "net/after/a.cfg");
        assert_eq!(plain("/srv/net/a.cfg"), "/srv/net/a.cfg");
    }
}
