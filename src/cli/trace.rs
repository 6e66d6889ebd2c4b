//! `trace`: flows hop by hop.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::arguments::{AnswerFormat, TraceArguments};
use super::failure::Failure;
use super::progress::Progress;
use super::{Outcome, cancel, exit, output};
use crate::analysis::trace::trace_in;
use crate::analysis::{World, endpoints};
use crate::ctx::Ctx;
use crate::input::case::load_view;
use crate::input::{Error, SnapshotPlace};
use crate::report::{Style, render_trace};
use crate::source::escape_terminal;
use crate::wire::trace::{FlowRequest, TRACE_SCHEMA, Trace, TraceError};

/// Most bytes of flows.
const MOST_FLOW_BYTES: u64 = 1 << 30;

/// A line of flows: the flow, or its id and why it is none.
type Line = Result<FlowRequest, (Value, String)>;

/// Follows one flow, or many.
pub(super) fn run(arguments: &TraceArguments, style: Style) -> Outcome {
    let progress = Progress::new();
    let ctx = Ctx {
        progress: &|step| progress.show(step),
        canceled: cancel::flag(),
        ..Ctx::quiet()
    };
    let place = SnapshotPlace::parse(&arguments.config)?;
    let requests = match &arguments.flows {
        Some(path) => flows(path)?,
        None => vec![Ok(single(arguments)?)],
    };
    let view = load_view(&place, arguments.site.as_deref(), &arguments.rules, &ctx)?;
    let network = &view.snapshot.network;
    let (hosts, boundaries) = view.intent.as_ref().map_or_else(
        || (Vec::new(), Vec::new()),
        |intent| (endpoints(network, intent), intent.site.boundaries.clone()),
    );
    let world = World::new(network, &hosts, &boundaries);
    let answers = ctx.map_counting("flows followed", &requests, |request| match request {
        Ok(request) => {
            trace_in(&world, request, "before", &ctx).map_err(|error| (request.id.clone(), error))
        }
        Err(refused) => Err(refused.clone()),
    });
    if ctx.is_canceled() {
        return Err(Error::Canceled.into());
    }
    if let (None, [Err((_, error))]) = (&arguments.flows, answers.as_slice()) {
        return Err(Failure::usage(
            format!("trace the flow: {error}"),
            "like `--from 10.1.2.3 --to 10.4.5.6 --port tcp/443`; `--ingress DEVICE[:INTERFACE]` says \
             where it enters",
        ));
    }
    let mut out = Vec::new();
    for answer in &answers {
        render(answer, arguments.format, style, &mut out)?;
    }
    progress.clear();
    output::print(&out)?;
    Ok(exit::DONE)
}

/// One answer.
fn render(
    answer: &Result<Trace, (Value, String)>,
    format: AnswerFormat,
    style: Style,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    match (answer, format) {
        (Ok(trace), AnswerFormat::Text) => output::to_memory(render_trace(trace, style, out)),
        (Ok(trace), AnswerFormat::Json) => output::json_line(trace, out),
        (Err((id, error)), AnswerFormat::Text) => {
            let line = format!("flow {id}: {error}");
            out.extend(format!("{}\n", escape_terminal(&line)).bytes());
            Ok(())
        }
        (Err((id, error)), AnswerFormat::Json) => {
            let error = TraceError {
                schema: TRACE_SCHEMA.to_owned(),
                id: id.clone(),
                error: error.clone(),
            };
            output::json_line(&error, out)
        }
    }
}

/// The flow of the arguments.
fn single(arguments: &TraceArguments) -> Result<FlowRequest, Failure> {
    let missing = |what: &str| {
        Failure::usage(
            format!("trace a flow: `{what}` is missing"),
            "give `--from IP --to IP --port tcp/443`, or `--flows FILE`",
        )
    };
    let port = arguments.port.as_deref().ok_or_else(|| missing("--port"))?;
    let (protocol, number) = match port.split_once('/') {
        Some((protocol, number)) => {
            let number = number.parse::<u16>().map_err(|_| {
                Failure::usage(
                    format!("trace a flow: `{port}` is no port"),
                    "like `tcp/443`, `udp/53` or `icmp`",
                )
            })?;
            (protocol, Some(number))
        }
        None => (port, None),
    };
    Ok(FlowRequest {
        id: Value::Null,
        from: arguments.from.clone().ok_or_else(|| missing("--from"))?,
        to: arguments.to.clone().ok_or_else(|| missing("--to"))?,
        protocol: protocol.to_lowercase(),
        port: number,
        from_port: arguments.from_port,
        icmp_type: None,
        ingress: arguments.ingress.clone(),
    })
}

/// The flows of a file, a line each; a line that is none stands for its error.
#[expect(
    clippy::disallowed_methods,
    reason = "the command line opens what its arguments name"
)]
fn flows(path: &Path) -> Result<Vec<Line>, Failure> {
    let refuse = |source| Error::Read {
        path: PathBuf::from(path),
        source,
    };
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        let input = io::stdin().take(MOST_FLOW_BYTES);
        { input }.read_to_end(&mut bytes).map_err(refuse)?;
    } else {
        let file = std::fs::File::open(path).map_err(refuse)?;
        let read = file.take(MOST_FLOW_BYTES).read_to_end(&mut bytes);
        read.map_err(refuse)?;
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).map_err(|error| refusal(line, &error)))
        .collect())
}

/// What is said of a line that is no flow, with its id where it has one.
fn refusal(line: &str, error: &serde_json::Error) -> (Value, String) {
    let id = serde_json::from_str::<Value>(line)
        .ok()
        .and_then(|value| value.get("id").cloned())
        .unwrap_or(Value::Null);
    (id, format!("no flow: {error}"))
}
