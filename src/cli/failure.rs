//! What is said when the program could not run.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use crate::input;
use crate::rule::LoadError;
use crate::source::escape_terminal;
use crate::wire::assessment::{Failure as Report, FailureDetail};

/// Version of the object that stands for a failure.
const SCHEMA: &str = "pump-preflight/failure/1";

/// Why the program could not run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// An input cannot be read.
    #[error(transparent)]
    Input(#[from] input::Error),
    /// A rule cannot be read.
    #[error(transparent)]
    Rule(#[from] LoadError),
    /// An output cannot be written.
    #[error("write `{path}`")]
    Write {
        /// Its path; `standard output` for that.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Failure {
    /// Arguments that contradict each other or name nothing.
    pub(super) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Input(input::Error::usage(message, help))
    }

    /// Prints what failed and what to do, and where JSON was asked for, the object too.
    pub(super) fn print(&self, json: bool) {
        let mut text = format!("error: failed to {}\n", escape_terminal(&self.message()));
        for mistake in self.mistakes() {
            let place = format!("{}:{}:{}", mistake.file, mistake.line, mistake.column);
            let _ = writeln!(
                text,
                "  {}: {}",
                escape_terminal(&place),
                escape_terminal(&mistake.message)
            );
            if let Some(help) = &mistake.help {
                let _ = writeln!(text, "    {}", escape_terminal(help));
            }
        }
        let _ = writeln!(text, "help: {}", escape_terminal(&self.help()));
        let _ = io::stderr().write_all(text.as_bytes());
        if json {
            print_object(&self.report());
        }
    }

    /// Prints the object alone for arguments that could not be read; the text says why.
    pub(super) fn print_usage(text: &str) {
        let paragraph = text.split("\n\n").next().unwrap_or(text);
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        print_object(&Report {
            schema: SCHEMA.to_owned(),
            error: FailureDetail {
                code: "usage".to_owned(),
                message: escape_terminal(&words.join(" ")),
                file: None,
                line: None,
            },
        });
    }

    /// The whole chain of causes, each once.
    fn message(&self) -> String {
        let mut message = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            let _ = write!(message, ": {error}");
            cause = error.source();
        }
        message
    }

    /// Mistakes of a YAML file.
    fn mistakes(&self) -> &[input::Mistake] {
        match self {
            Self::Input(input::Error::Mistakes { mistakes, .. }) => mistakes,
            Self::Input(_) | Self::Rule(_) | Self::Write { .. } => &[],
        }
    }

    /// The next action.
    fn help(&self) -> String {
        match self {
            Self::Input(error) => error.help(),
            Self::Rule(_) => "`pump-preflight schema rule` prints what a rule may hold".to_owned(),
            Self::Write { .. } => "check that the folder exists and may be written".to_owned(),
        }
    }

    /// The failure as an object.
    fn report(&self) -> Report {
        let (code, file, line) = match self {
            Self::Input(error) => {
                let (file, line) = error.place();
                (error.code(), file, line)
            }
            Self::Rule(error) => {
                let (file, line) = error.place();
                ("rule", Some(file.to_owned()), line)
            }
            Self::Write { path, .. } => ("input", Some(path.clone()), None),
        };
        let mut message = format!("failed to {}", self.message());
        for mistake in self.mistakes() {
            let _ = write!(message, "; {mistake}");
        }
        let _ = write!(message, "; help: {}", self.help());
        Report {
            schema: SCHEMA.to_owned(),
            error: FailureDetail {
                code: code.to_owned(),
                message: escape_terminal(&message),
                file,
                line,
            },
        }
    }
}

/// Prints the object to the standard output; a reader that went away is no error.
fn print_object(report: &Report) {
    if let Ok(mut object) = serde_json::to_string(report) {
        object.push('\n');
        let _ = io::stdout().write_all(object.as_bytes());
    }
}
