//! Arguments to exit code; the owner of terminal and output files.
//!
//! Reports are made in memory and written when they are whole; a broken pipe is no error.

use std::env;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use clap::Parser as _;

mod again;
mod arguments;
mod cancel;
mod check;
pub mod exit;
mod explain;
mod failure;
mod init;
mod list;
#[cfg(feature = "live")]
mod measure;
mod output;
#[cfg(feature = "live")]
mod probe;
mod progress;
mod routes;
mod schema;
mod shell;
mod simulate;
mod trace;
#[cfg(feature = "live")]
mod vantages;
mod verify;
#[cfg(feature = "live")]
mod watch;

use arguments::{Arguments, Command};
use failure::Failure;

use crate::report::Style;

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap prints help and version to the standard output, mistakes to the standard error.
            let _ = error.print();
            if error.use_stderr() && asks_for_json() {
                Failure::print_usage(&error.render().to_string());
            }
            return ExitCode::from(if error.use_stderr() {
                exit::COULD_NOT_RUN
            } else {
                exit::DONE
            });
        }
    };
    let json = arguments.command.wants_json();
    let terminal = io::stdout().is_terminal();
    let style = Style {
        width: width(terminal),
        color: arguments.color.is_on(terminal),
    };
    let result = match arguments.command {
        Command::Check(check) => check::run(&check, style),
        Command::Recheck(recheck) => again::recheck(&recheck, style),
        Command::Combine(combine) => again::combine(&combine, style),
        Command::Trace(trace) => trace::run(&trace, style),
        Command::Routes(routes) => routes::run(&routes, style),
        Command::Simulate(simulate) => simulate::run(&simulate, style),
        Command::List(list) => list::run(&list, style),
        Command::Schema(schema) => schema::run(&schema),
        Command::Explain(explain) => explain::run(&explain),
        #[cfg(feature = "live")]
        Command::Probe(probe) => probe::run(&probe),
        Command::Verify(verify) => verify::run(&verify, style),
        Command::Init(init) => init::run(&init),
        Command::Completions(completions) => shell::completions(&completions),
        Command::Man(man) => shell::man(&man),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            error.print(json);
            ExitCode::from(exit::COULD_NOT_RUN)
        }
    }
}

/// Whether arguments that could not be read ask for JSON all the same.
fn asks_for_json() -> bool {
    let words: Vec<_> = env::args_os().collect();
    let apart = words.windows(2).any(|pair| match pair {
        [option, format] => option == "--format" && format == "json",
        _ => false,
    });
    apart || words.iter().any(|word| word == "--format=json")
}

/// Columns of a terminal, as the shell says; none in a pipe.
fn width(terminal: bool) -> Option<u16> {
    if !terminal {
        return None;
    }
    env::var("COLUMNS").ok()?.parse().ok()
}

/// What a subcommand ends with.
type Outcome = Result<u8, Failure>;
