//! Reports: one assessment, several readers.
//!
//! A report decides nothing: what it says stands in the assessment.
//! Every text of an input passes `source::escape_terminal` on its way out, in Markdown, HTML, XML
//! and workflow commands also their own escaping.

mod again;
mod answer;
mod board;
mod calibration;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod last_lines;
mod layout;
mod list;
mod markdown;
mod markup;
mod measured;
mod notice;
mod plot;
mod routes;
mod sarif;
mod simulation;
mod stress;
mod text;
mod today;
mod trace;
mod verification;
mod words;

#[cfg(test)]
mod tests;

use std::io;

use schemars::{JsonSchema, schema_for};

use crate::wire::assessment::{Assessment, Failure};
use crate::wire::calibration::Calibration;
use crate::wire::observation::ProbeReport;
use crate::wire::plan::ChangePlan;
use crate::wire::scenario::Scenario;
use crate::wire::stress::Simulation;
use crate::wire::trace::{FlowRequest, Routes, TraceLine};
use crate::wire::verification::Verification;

pub use again::{render_combination, render_recheck};
pub use calibration::render_calibration;
pub use github::Github;
pub use gitlab::Gitlab;
pub use html::Html;
pub use json::Json;
pub use junit::Junit;
pub use list::{render_files, render_list};
pub use markdown::Markdown;
pub use plot::plots;
pub use routes::render_routes;
pub use sarif::Sarif;
pub use simulation::render_simulation;
pub use text::Text;
pub use trace::render_trace;
pub use verification::render_verification;

/// How a report may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Columns of the terminal; none in a pipe.
    pub width: Option<u16>,
    /// Whether words are colored beside being words.
    pub color: bool,
}

/// A format of assessments.
pub trait Report: Sync {
    /// The word after `--format`.
    fn id(&self) -> &'static str;

    /// Writes the whole report.
    fn render(
        &self,
        assessment: &Assessment,
        style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()>;
}

/// All formats, the default first.
pub const REPORTS: &[&dyn Report] = &[
    &Text, &Json, &Markdown, &Html, &Sarif, &Junit, &Gitlab, &Github,
];

/// The format of a name.
pub fn by_id(id: &str) -> Option<&'static dyn Report> {
    REPORTS.iter().copied().find(|report| report.id() == id)
}

/// Names that [`schema_of`] knows.
pub const SCHEMAS: &[&str] = &[
    "assessment",
    "trace",
    "routes",
    "flow",
    "failure",
    "probe",
    "plan",
    "scenario",
    "simulation",
    "calibration",
    "verification",
];

/// The JSON Schema of what is written (or, for `flow`, read), ending in a newline.
pub fn schema_of(name: &str) -> Option<String> {
    match name {
        "assessment" => schema_text::<Assessment>(),
        "trace" => schema_text::<TraceLine>(),
        "routes" => schema_text::<Routes>(),
        "flow" => schema_text::<FlowRequest>(),
        "failure" => schema_text::<Failure>(),
        "probe" => schema_text::<ProbeReport>(),
        "plan" => schema_text::<ChangePlan>(),
        "scenario" => schema_text::<Scenario>(),
        "simulation" => schema_text::<Simulation>(),
        "calibration" => schema_text::<Calibration>(),
        "verification" => schema_text::<Verification>(),
        _ => None,
    }
}

/// The schema of one type.
fn schema_text<T: JsonSchema>() -> Option<String> {
    let text = serde_json::to_string_pretty(&schema_for!(T)).ok()?;
    Some(text + "\n")
}
