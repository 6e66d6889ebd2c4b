//! `routes`: route tables.

use std::collections::BTreeSet;

use super::arguments::{AnswerFormat, RoutesArguments};
use super::failure::Failure;
use super::progress::Progress;
use super::{Outcome, cancel, exit, output};
use crate::analysis::routes::routes;
use crate::ctx::Ctx;
use crate::input::mistake::suggestion;
use crate::input::{FileTable, SnapshotPlace, load_snapshot};
use crate::report::{Style, render_routes};

/// Prints the best routes.
pub(super) fn run(arguments: &RoutesArguments, style: Style) -> Outcome {
    let progress = Progress::new();
    let ctx = Ctx {
        progress: &|step| progress.show(step),
        canceled: cancel::flag(),
        ..Ctx::quiet()
    };
    let place = SnapshotPlace::parse(&arguments.config)?;
    let network = load_snapshot(&place, &mut FileTable::new(), &ctx)?.network;
    let device = arguments.device.as_ref().map(|name| name.to_lowercase());
    if let Some(name) = &device
        && !network.devices.contains_key(name)
    {
        let help = suggestion(name, network.devices.keys().map(String::as_str));
        return Err(Failure::usage(
            format!("print the routes of `{name}`: no device has this name"),
            help.unwrap_or_default(),
        ));
    }
    let answer = routes(&network, device.as_deref(), arguments.vrf.as_deref());
    if let Some(vrf) = &arguments.vrf
        && answer.routes.is_empty()
    {
        let all = routes(&network, device.as_deref(), None);
        let known: BTreeSet<&str> = all.routes.iter().map(|row| row.vrf.as_str()).collect();
        if !known.contains(vrf.as_str()) {
            return Err(Failure::usage(
                format!("print the routes of VRF `{vrf}`: no route is in a VRF of this name"),
                suggestion(vrf, known).unwrap_or_default(),
            ));
        }
    }
    let mut out = Vec::new();
    match arguments.format {
        AnswerFormat::Text => output::to_memory(render_routes(&answer, style, &mut out))?,
        AnswerFormat::Json => output::json_line(&answer, &mut out)?,
    }
    progress.clear();
    output::print(&out)?;
    Ok(exit::DONE)
}
