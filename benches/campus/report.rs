//! Growth: what each phase costs by size.

use std::env;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;

/// Devices of each size; the last has about a million lines.
const SIZES: [usize; 4] = [40, 222, 1_000, 5_000];

/// What one process measured.
struct Column {
    /// Devices, lines and seed, in words.
    title: String,
    /// Bytes of configuration.
    bytes: f64,
    /// Phases with milliseconds and the peak so far, in order.
    phases: Vec<(String, f64, String)>,
}

/// Measures every size in a process of its own below `dir` and prints a table.
#[expect(
    clippy::disallowed_methods,
    reason = "a bench runs itself, so that each size has memory of its own"
)]
pub(crate) fn report(seed: &str, dir: &Path) -> io::Result<()> {
    let mut columns = Vec::new();
    for size in SIZES {
        let place = dir.join(size.to_string());
        let output = Command::new(env::current_exe()?)
            .args(["measure", &size.to_string(), seed])
            .arg(&place)
            .output()?;
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(error));
        }
        columns.push(column(&String::from_utf8_lossy(&output.stdout)));
    }
    let mut out = io::stdout().lock();
    for column in &columns {
        writeln!(out, "{}", column.title)?;
    }
    let Some(first) = columns.first() else {
        return Ok(());
    };
    writeln!(
        out,
        "\nmilliseconds (peak memory so far) by size, and the growth of each step"
    )?;
    for (index, (name, ..)) in first.phases.iter().enumerate() {
        write!(out, "{name:<44}")?;
        let cells: Vec<&(String, f64, String)> = columns
            .iter()
            .filter_map(|column| column.phases.get(index))
            .collect();
        for (_, milliseconds, peak) in &cells {
            write!(out, " {milliseconds:9.1} ({peak})")?;
        }
        for (pair, sizes) in cells.windows(2).zip(SIZES.windows(2)) {
            if let ([small, large], [few, many]) = (pair, sizes) {
                write!(out, " n^{:.2}", exponent((small.1, large.1), (*few, *many)))?;
            }
        }
        writeln!(out)?;
    }
    for column in &columns {
        if let Some((name, milliseconds, _)) = column.phases.first() {
            let rate = column.bytes / 1e3 / milliseconds;
            writeln!(out, "{}: {name}: {rate:.0} MB/s", column.title)?;
        }
    }
    Ok(())
}

/// What a process printed.
fn column(text: &str) -> Column {
    let mut lines = text.lines();
    let title = lines.next().unwrap_or_default().to_owned();
    let bytes = title
        .split(", ")
        .find_map(|part| part.strip_suffix(" bytes"));
    let bytes = bytes.and_then(|bytes| bytes.parse().ok()).unwrap_or(0.0);
    let phases = lines.filter_map(|line| {
        let (milliseconds, rest) = line.split_once(" ms  peak ")?;
        let (peak, name) = rest.trim_start().split_once(" kB  ")?;
        let milliseconds = milliseconds.trim().parse().ok()?;
        let kilobytes: f64 = peak.trim().parse().ok()?;
        let peak = format!("{:.0} MB", kilobytes / 1024.0);
        Some((name.to_owned(), milliseconds, peak))
    });
    Column {
        phases: phases.collect(),
        title,
        bytes,
    }
}

/// The power of the size by which a cost grows.
#[expect(clippy::cast_precision_loss, reason = "thousands of devices")]
fn exponent((small, large): (f64, f64), (few, many): (usize, usize)) -> f64 {
    (large / small).ln() / (many as f64 / few as f64).ln()
}
