//! The table of what each dialect's commands mean, generated from the command tables.

use std::fmt::Write as _;
use std::path::Path;

use pump_preflight::dialect::DIALECTS;
use pump_preflight::syntax::Support;

use crate::support::check_golden;

/// A cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn the_table_of_commands_is_fresh() {
    let mut out = String::from(
        "# What is read, and how\n\n\
         Generated from the command tables of `src/dialect`; `UPDATE_EXPECT=1 cargo test` rewrites it.\n\
         A statement that no line matches is unrecognized: a hole with the worst effect of its block.\n\
         `*` is one argument, `…` any rest, ` / ` enters a block.\n\
         How route tables agree with real devices', and where not: [agreement.md](agreement.md).\n",
    );
    for dialect in DIALECTS
        .iter()
        .filter(|dialect| !dialect.commands().is_empty())
    {
        writeln!(
            out,
            "\n## {}\n\n| command | support | why, or at worst |\n|---|---|---|",
            dialect.id()
        )
        .unwrap();
        for command in dialect.commands() {
            let (support, why) = match command.support {
                Support::Modeled => ("modeled", String::new()),
                Support::Irrelevant(why) => ("irrelevant", why.to_owned()),
                Support::Unmodeled(effect) => ("not modeled", format!("{effect:?}")),
                Support::Unrecognized(effect) => ("not recognized", format!("{effect:?}")),
            };
            writeln!(
                out,
                "| `{}` | {support} | {} |",
                cell(command.path),
                cell(&why)
            )
            .unwrap();
        }
    }
    check_golden(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/semantics.md"),
        &out,
    );
}
