//! `init`: a site file proposed from configurations.

use clap::Args;

use super::progress::Progress;
use super::{Outcome, cancel, exit, output};
use crate::ctx::Ctx;
use crate::input::SnapshotPlace;
use crate::input::propose::propose;
use crate::input::snapshot::{FileTable, load_snapshot};

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(super) struct InitArguments {
    /// Snapshot: a folder, `git:<ref>[:<path>]`, or a `.tar.gz` or `.zip`.
    #[arg(long, value_name = "PLACE")]
    from: String,
}

/// Prints the proposal.
pub(super) fn run(arguments: &InitArguments) -> Outcome {
    let progress = Progress::new();
    let ctx = Ctx {
        progress: &|step| progress.show(step),
        canceled: cancel::flag(),
        ..Ctx::quiet()
    };
    let place = SnapshotPlace::parse(&arguments.from)?;
    let snapshot = load_snapshot(&place, &mut FileTable::new(), &ctx)?;
    progress.clear();
    output::print(propose(&snapshot.network).as_bytes())?;
    Ok(exit::DONE)
}
