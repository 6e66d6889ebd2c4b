//! Code quality of GitLab: one array of entries (GitLab documentation, "Code Quality").

use std::io;

use serde_json::{Value, json};

use super::answer::Answer;
use super::json::escape_hidden;
use super::notice::{Level, Notice, Places, notices};
use super::{Report, Style};
use crate::wire::assessment::Assessment;

/// GitLab code quality.
#[derive(Debug, Clone, Copy)]
pub struct Gitlab;

impl Report for Gitlab {
    fn id(&self) -> &'static str {
        "gitlab"
    }

    fn render(
        &self,
        assessment: &Assessment,
        _style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let answer = Answer::new(assessment);
        let places = Places::new(assessment);
        let entries: Vec<Value> = (notices(&answer).iter())
            .map(|notice| entry(notice, &places))
            .collect();
        let text = serde_json::to_string_pretty(&entries).map_err(io::Error::other)?;
        out.write_all(escape_hidden(&text).as_bytes())?;
        out.write_all(b"\n")
    }
}

/// One entry.
fn entry(notice: &Notice<'_>, places: &Places<'_>) -> Value {
    let (path, line) = places.of(notice);
    let severity = match notice.level {
        Level::Error => "critical",
        Level::Warning => "major",
        Level::Note => "info",
    };
    json!({
        "description": notice.message,
        "check_name": notice.rule,
        "fingerprint": notice.fingerprint,
        "severity": severity,
        "location": { "path": path, "lines": { "begin": line } },
    })
}
