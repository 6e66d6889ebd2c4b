//! Loading of rules: the embedded ones and those of further folders.

#![expect(
    clippy::disallowed_methods,
    reason = "with `input`, the one place that reads files"
)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::rule::check::{self, CHECKS};
use crate::rule::schema::{Rule, RuleText, Rules};
use crate::rule::template::{COMMON, REQUIREMENT, placeholders};
use crate::rule::word::suggest;

/// Every YAML file below `rules/` as it was when the program was built.
static EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Folders and files below `rules/` that hold no rules.
const OTHERS: &[&str] = &["examples/", "matrix.yaml", "profiles/"];

/// Most nested folders below one that is given; deeper ones are an error, not skipped.
const DEEPEST: usize = 8;

/// Why rules could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder could not be read.
    #[error("read rules from `{path}`")]
    Read {
        /// Path.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A rule file says something that no rule may say.
    #[error("load rule {file}:{line}:{column}: {message}")]
    Rule {
        /// Path.
        file: String,
        /// One-based line.
        line: u32,
        /// One-based column.
        column: u32,
        /// What is wrong, and on a line of its own what to do.
        message: String,
    },
}

impl LoadError {
    /// File and line, for the failure that reports print.
    pub fn place(&self) -> (&str, Option<u32>) {
        match self {
            Self::Read { path, .. } => (path, None),
            Self::Rule { file, line, .. } => (file, Some(*line)),
        }
    }
}

/// Every file below `rules/` as embedded: path and text.
pub fn embedded_files() -> &'static [(&'static str, &'static str)] {
    EMBEDDED
}

/// Loads the embedded rules and those of each folder.
pub fn load(folders: &[PathBuf]) -> Result<Rules, LoadError> {
    let mut files: Vec<(String, String)> = EMBEDDED
        .iter()
        .filter(|(path, _)| !OTHERS.iter().any(|other| path.starts_with(other)))
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    for folder in folders {
        read_folder(folder, 0, &mut files)?;
    }
    from_texts(
        files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str())),
    )
}

/// Adds the rule files below a folder, in order of path.
fn read_folder(
    folder: &Path,
    depth: usize,
    out: &mut Vec<(String, String)>,
) -> Result<(), LoadError> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |source| LoadError::Read { path, source }
    };
    if depth > DEEPEST {
        return Err(failed(folder)(io::Error::other(
            "folders are nested too deep",
        )));
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        paths.push(entry.map_err(failed(folder))?.path());
    }
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        if path.is_dir() && name != "profiles" && name != "examples" {
            read_folder(&path, depth + 1, out)?;
        } else if is_yaml && name != "matrix.yaml" && !path.is_dir() {
            let text = fs::read_to_string(&path).map_err(failed(&path))?;
            if !is_profile(&text) {
                out.push((path.display().to_string(), text));
            }
        }
    }
    Ok(())
}

/// Keys that tell a profile from a rule; a hospital may keep both in one folder.
#[derive(serde::Deserialize)]
struct Keys {
    /// Only rules name a check.
    check: Option<serde::de::IgnoredAny>,
    /// Only profiles name a model.
    model: Option<serde::de::IgnoredAny>,
}

/// Whether a file is a pump profile, which `input` reads.
fn is_profile(text: &str) -> bool {
    serde_saphyr::from_str::<Keys>(text)
        .is_ok_and(|keys| keys.model.is_some() && keys.check.is_none())
}

/// Rules from texts, path and text each; sorted by id.
pub fn from_texts<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Rules, LoadError> {
    let mut rules: Vec<Rule> = Vec::new();
    for (path, text) in files {
        let (rule, at) = parse_rule(path, text)?;
        if let Some(other) = rules.iter().find(|other| other.id == rule.id) {
            let message = format!(
                "rule id `{}` is taken by `{}`\nhelp: ids are forever, choose another one",
                rule.id, other.path
            );
            return Err(error(path, at, message));
        }
        rules.push(rule);
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Rules { rules })
}

/// One-based line and column.
type At = (u32, u32);

/// A rule file's error.
fn error(file: &str, (line, column): At, message: String) -> LoadError {
    LoadError::Rule {
        file: file.to_owned(),
        line,
        column,
        message,
    }
}

/// Line and column of a location.
fn at(location: serde_saphyr::Location) -> At {
    let clamp = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).max(1);
    (clamp(location.line()), clamp(location.column()))
}

/// The error of the YAML reader, with its place.
fn of_reader(path: &str, otherwise: At, source: &serde_saphyr::Error) -> LoadError {
    let place = source.location().map_or(otherwise, at);
    error(
        path,
        place,
        strip_place(&source.without_snippet().to_string()),
    )
}

/// The reader's text without the place that it repeats.
fn strip_place(text: &str) -> String {
    let Some((head, tail)) = text.split_once(" at line ") else {
        return text.to_owned();
    };
    let rest = tail.trim_start_matches(|one: char| {
        one.is_ascii_digit() || one == ',' || one == ' ' || one == ':'
    });
    let rest = rest.strip_prefix("column").map_or(rest, |rest| {
        rest.trim_start_matches(|one: char| one.is_ascii_digit() || one == ' ')
    });
    format!("{head}{rest}")
}

/// Reads one rule; also where its id stands.
fn parse_rule(path: &str, text: &str) -> Result<(Rule, At), LoadError> {
    let read: RuleText =
        serde_saphyr::from_str(text).map_err(|source| of_reader(path, (1, 1), &source))?;
    let (id, id_at) = (read.id.value, at(read.id.referenced));
    let stem = path.rsplit('/').next().unwrap_or(path);
    let stem = stem.trim_end_matches(".yaml").trim_end_matches(".yml");
    if id != stem {
        let message = format!("id `{id}` differs from the file's name\nhelp: `id: {stem}`");
        return Err(error(path, id_at, message));
    }
    if !is_kebab(&id) {
        let message = format!("id `{id}` is not kebab-case\nhelp: a-z, 0-9 and single dashes");
        return Err(error(path, id_at, message));
    }
    let check_at = at(read.check.referenced);
    let check = check::by_id(&read.check.value).ok_or_else(|| {
        let known: Vec<_> = CHECKS.iter().map(|check| check.id).collect();
        let message = format!(
            "unknown check `{}`\nhelp: {}",
            read.check.value,
            suggest(&read.check.value, &known)
        );
        error(path, check_at, message)
    })?;
    let judge = check.parse(text).map_err(|(in_file, source)| {
        if in_file {
            of_reader(path, check_at, &source)
        } else {
            let message = format!(
                "{}\nhelp: check `{}` needs `parameters`",
                source.without_snippet(),
                check.id
            );
            error(path, check_at, strip_place(&message))
        }
    })?;
    title_is_known(path, &read.title.value, at(read.title.referenced), check)?;
    let topic = path.rsplit('/').nth(1).unwrap_or_default().to_owned();
    let rule = Rule {
        id,
        topic,
        path: path.to_owned(),
        title: read.title.value,
        severity: read.severity,
        confidence: read.confidence,
        check,
        judge,
        when: read.when,
        what: read.what,
        why: read.why,
        evidence: read.evidence,
        false_positives: read.false_positives,
        remedy: read.remedy,
        references: read.references,
        since: read.since,
        examples: read.examples,
    };
    Ok((rule, id_at))
}

/// Whether a text is kebab-case.
fn is_kebab(text: &str) -> bool {
    !text.is_empty()
        && text.split('-').all(|part| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|one| one.is_ascii_lowercase() || one.is_ascii_digit())
        })
}

/// Whether every placeholder of a title is one that the check fills.
fn title_is_known(
    path: &str,
    title: &str,
    place: At,
    check: &check::CheckKind,
) -> Result<(), LoadError> {
    let found = placeholders(title).map_err(|offset| {
        let message = format!("brace {offset} characters into the title is not closed");
        error(path, place, message)
    })?;
    let of_requirements = if check.of_requirements {
        REQUIREMENT
    } else {
        &[]
    };
    let known: Vec<&str> = [COMMON, of_requirements, check.words].concat();
    for (_, name) in found {
        if !known.contains(&name) {
            let message = format!(
                "unknown placeholder `{{{name}}}` for check `{}`\nhelp: {}",
                check.id,
                suggest(name, &known)
            );
            return Err(error(path, place, message));
        }
    }
    Ok(())
}
