//! `completions` and `man`: what shells and manuals want to know of the arguments.

use std::io;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::arguments::Arguments;
use super::failure::Failure;
use super::{Outcome, exit, output};

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// A subcommand; else the page of the program.
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

/// Prints what a shell completes by.
pub(super) fn completions(arguments: &CompletionsArguments) -> Outcome {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut bytes = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut bytes);
    output::print(&bytes)?;
    Ok(exit::DONE)
}

/// Prints a page of the manual.
pub(super) fn man(arguments: &ManArguments) -> Outcome {
    let mut command = Arguments::command();
    command.build();
    if let Some(name) = &arguments.command {
        let found = command.find_subcommand(name).cloned();
        command = found.ok_or_else(|| {
            Failure::usage(
                format!("print a page of the manual: there is no command `{name}`"),
                "`pump-preflight --help` lists them",
            )
        })?;
    }
    let mut bytes = Vec::new();
    let rendered: io::Result<()> = clap_mangen::Man::new(command).render(&mut bytes);
    output::to_memory(rendered)?;
    output::print(&bytes)?;
    Ok(exit::DONE)
}
