//! What the world may refuse when inputs are read.

use std::io;
use std::path::PathBuf;

use crate::dialect::ApplyError;
use crate::input::mistake::Mistake;

/// Why an input could not be read; each message completes "failed to …".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be read.
    #[error("read `{}`", path.display())]
    Read {
        /// Its path.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is larger than what is read.
    #[error("read `{path}`: {bytes} bytes, more than {most}")]
    TooLarge {
        /// Its path.
        path: String,
        /// Its size.
        bytes: u64,
        /// The bound.
        most: u64,
    },
    /// A place holds no file.
    #[error("load a snapshot from `{0}`: it holds no file")]
    Empty(String),
    /// No file of a place is a configuration.
    #[error("load a snapshot from `{place}`: none of its {files} files is a known configuration")]
    NothingKnown {
        /// The place.
        place: String,
        /// How many files there are.
        files: usize,
    },
    /// A place is neither a folder nor an archive.
    #[error("load a snapshot from `{0}`: neither a folder, nor an archive, nor `git:<ref>`")]
    NoPlace(String),
    /// An archive cannot be read.
    #[error("read the archive `{path}`")]
    Archive {
        /// Its path.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An archive is not what an export looks like.
    #[error("read the archive `{path}`: {reason}")]
    ArchiveRefused {
        /// Its path.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A capture cannot be used.
    #[error("read the capture `{path}`: {reason}")]
    Capture {
        /// Its path.
        path: String,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        help: &'static str,
    },
    /// A measurement cannot be used.
    #[error("read the measurement `{path}`: {reason}")]
    Measurement {
        /// Its path.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The program `git` cannot be started.
    #[error("start `git`")]
    GitStart(#[source] io::Error),
    /// The program `git` refuses.
    #[error("{what}: {reason}")]
    Git {
        /// What was asked of it, completes "failed to".
        what: String,
        /// Its answer.
        reason: String,
        /// What to do.
        help: &'static str,
    },
    /// The topology file is wrong.
    #[error("read the links in `{file}`: {reason}")]
    Topology {
        /// Its path.
        file: String,
        /// One-based line.
        line: u32,
        /// What is wrong.
        reason: String,
    },
    /// A site, profile or other YAML file has mistakes.
    #[error("read the {kind} file: {} mistake{}", mistakes.len(), if mistakes.len() == 1 { "" } else { "s" })]
    Mistakes {
        /// site or profile.
        kind: &'static str,
        /// All that were found, in the order of the file; never empty.
        mistakes: Vec<Mistake>,
    },
    /// Arguments that contradict each other or name nothing.
    #[error("{message}")]
    Usage {
        /// Completes "failed to".
        message: String,
        /// What to do.
        help: String,
    },
    /// Pasted lines cannot be applied.
    #[error("apply `{script}` to device `{device}`")]
    Apply {
        /// The script's path.
        script: String,
        /// The device.
        device: String,
        /// Why.
        #[source]
        source: ApplyError,
    },
    /// The user asked to stop.
    #[error("finish: canceled")]
    Canceled,
}

impl Error {
    /// A usage error.
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
            help: help.into(),
        }
    }

    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. }
            | Self::TooLarge { .. }
            | Self::Empty(_)
            | Self::NothingKnown { .. }
            | Self::NoPlace(_)
            | Self::Archive { .. }
            | Self::ArchiveRefused { .. }
            | Self::Capture { .. }
            | Self::Measurement { .. }
            | Self::Topology { .. }
            | Self::Apply { .. } => "input",
            Self::GitStart(_) | Self::Git { .. } => "git",
            Self::Mistakes { kind, .. } => kind,
            Self::Usage { .. } => "usage",
            Self::Canceled => "canceled",
        }
    }

    /// The file and line that it is about, where there is one.
    pub fn place(&self) -> (Option<String>, Option<u32>) {
        match self {
            Self::Read { path, .. } => (Some(path.display().to_string()), None),
            Self::TooLarge { path, .. }
            | Self::Archive { path, .. }
            | Self::ArchiveRefused { path, .. }
            | Self::Capture { path, .. }
            | Self::Measurement { path, .. }
            | Self::Empty(path)
            | Self::NoPlace(path)
            | Self::NothingKnown { place: path, .. } => (Some(path.clone()), None),
            Self::Topology { file, line, .. } => (Some(file.clone()), Some(*line)),
            Self::Mistakes { mistakes, .. } => mistakes.first().map_or((None, None), |mistake| {
                (Some(mistake.file.clone()), Some(mistake.line))
            }),
            Self::Apply { script, source, .. } => match source {
                ApplyError::Line { line, .. } => (Some(script.clone()), Some(*line)),
                ApplyError::Unsupported(_) => (Some(script.clone()), None),
            },
            Self::GitStart(_) | Self::Git { .. } | Self::Usage { .. } | Self::Canceled => {
                (None, None)
            }
        }
    }

    /// The next action.
    pub fn help(&self) -> String {
        match self {
            Self::Read { .. } => "check that the path exists and may be read".to_owned(),
            Self::TooLarge { .. } => "leave the file out of the snapshot".to_owned(),
            Self::Empty(_) | Self::NoPlace(_) => {
                "name a folder with configurations, a `.tar.gz` or `.zip`, or `git:<ref>[:<path>]`"
                    .to_owned()
            }
            Self::NothingKnown { .. } => {
                "`list files --config PLACE` says why each file was left unread".to_owned()
            }
            Self::Archive { .. } | Self::ArchiveRefused { .. } => {
                "unpack the archive and name the folder".to_owned()
            }
            Self::Measurement { .. } => {
                "`pump-preflight probe --out FILE` writes one; `schema probe` prints its schema"
                    .to_owned()
            }
            Self::GitStart(_) => "install git, or name a folder".to_owned(),
            Self::Capture { help, .. } | Self::Git { help, .. } => (*help).to_owned(),
            Self::Topology { .. } => {
                "each edge has node1 and node2 with hostname and interfaceName".to_owned()
            }
            Self::Mistakes { kind, .. } => {
                format!("`pump-preflight schema {kind}` prints what the file may hold")
            }
            Self::Usage { help, .. } => help.clone(),
            Self::Apply { .. } => {
                "write the lines as they would be pasted in configuration mode".to_owned()
            }
            Self::Canceled => "run it again".to_owned(),
        }
    }
}
