//! Examples of rules as pairs of snapshots: replacements applied to a base.

use std::collections::BTreeMap;

use crate::rule::schema::{Example, Replace};

/// Path of the site file in examples and fixtures.
pub const SITE: &str = "site.yaml";

/// Files of a snapshot, path to text.
pub type Files = BTreeMap<String, String>;

/// What an example runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// The before snapshot.
    pub before: Files,
    /// The after snapshot.
    pub after: Files,
    /// The site file before.
    pub site_before: String,
    /// The site file after.
    pub site: String,
}

/// Why an example cannot be run; lowercase fragments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExampleError {
    /// It names a file that is not there.
    #[error("replace text in `{0}`: there is no such file")]
    NoFile(String),
    /// The text occurs another number of times than wanted.
    #[error("replace text in `{file}`: it occurs {count} times: {find}")]
    Occurs {
        /// The file.
        file: String,
        /// The text.
        find: String,
        /// How often it occurs.
        count: usize,
    },
    /// It says neither base nor site.
    #[error("run example: it has neither `base` nor `site`")]
    NoSite,
}

/// Expands an example that is no scenario; `base` holds the base's files and its site file.
pub fn expand(example: &Example, base: &Files) -> Result<Expanded, ExampleError> {
    let mut before = base.clone();
    if let Some(site) = &example.site {
        before.insert(SITE.to_owned(), site.clone());
    }
    let own = example.before.iter();
    before.extend(own.map(|(path, text)| (path.clone(), text.clone())));
    replace(&mut before, &example.prepare)?;
    let mut after = before.clone();
    if !example.after.is_empty() {
        after.retain(|path, _| !example.before.contains_key(path));
        let own = example.after.iter();
        after.extend(own.map(|(path, text)| (path.clone(), text.clone())));
    }
    replace(&mut after, &example.replace)?;
    Ok(Expanded {
        site_before: before.remove(SITE).ok_or(ExampleError::NoSite)?,
        site: after.remove(SITE).ok_or(ExampleError::NoSite)?,
        before,
        after,
    })
}

/// Applies replacements in order.
fn replace(files: &mut Files, replacements: &[Replace]) -> Result<(), ExampleError> {
    for one in replacements {
        let text = files
            .get_mut(&one.file)
            .ok_or_else(|| ExampleError::NoFile(one.file.clone()))?;
        let count = text.matches(one.find.as_str()).count();
        if count == 0 || (count > 1 && !one.all) || one.find.is_empty() {
            return Err(ExampleError::Occurs {
                file: one.file.clone(),
                find: one.find.clone(),
                count,
            });
        }
        *text = text.replace(&one.find, &one.with);
    }
    Ok(())
}
