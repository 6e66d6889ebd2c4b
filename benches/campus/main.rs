//! The campus bench: a generated hospital campus, by size and seed.
//!
//! `generate DEVICES SEED DIR` writes the campus, `change DEVICES SEED DIR` the same one with one
//! line of an access list changed. Both print what they wrote. `measure DEVICES SEED DIR` writes
//! both below DIR and prints what each phase of a pre-flight between them costs; `report SEED DIR`
//! does that for four sizes, each in a process of its own, and prints the growth.

mod generator;
mod measure;
mod report;

use std::env;
use std::io::{self, Write as _};
use std::path::Path;

use generator::{Campus, change_one_acl_line, generate};

/// What is printed when the arguments cannot be read.
const USAGE: &str = "usage: cargo bench --bench campus -- generate|change|measure DEVICES SEED DIR, \
                     or report SEED DIR";

/// Reads the arguments and runs what they name.
fn main() -> io::Result<()> {
    // Cargo adds `--bench` to the arguments of every bench.
    let arguments: Vec<String> = env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => writeln!(io::stdout(), "{USAGE}"),
        [verb @ ("generate" | "change"), devices, seed, dir] => {
            let campus = generate(
                devices.parse().map_err(io::Error::other)?,
                seed.parse().map_err(io::Error::other)?,
            );
            let campus = if *verb == "change" {
                change_one_acl_line(&campus)
            } else {
                campus
            };
            campus.write_to(Path::new(dir))?;
            print_counts(&campus)
        }
        ["measure", devices, seed, dir] => measure::measure(
            devices.parse().map_err(io::Error::other)?,
            seed.parse().map_err(io::Error::other)?,
            Path::new(dir),
        ),
        ["report", seed, dir] => report::report(seed, Path::new(dir)),
        _ => Err(io::Error::other(USAGE)),
    }
}

/// Prints the size of what was written; lines are those below `configs/`.
fn print_counts(campus: &Campus) -> io::Result<()> {
    let configs = campus
        .files
        .iter()
        .filter(|(path, _)| path.starts_with("configs/"));
    let (mut files, mut lines, mut bytes, mut svis) = (0, 0, 0, 0);
    for (_, text) in configs {
        files += 1;
        lines += text.lines().count();
        bytes += text.len();
        svis += text
            .lines()
            .filter(|line| line.starts_with("interface Vlan"))
            .count();
    }
    writeln!(
        io::stdout(),
        "files {files}\nlines {lines}\nbytes {bytes}\nSVIs  {svis}"
    )
}
