//! Every dialect against its fixtures: text to statements, facets, holes and diagnostics.
//!
//! `fixtures/dialects/<dialect>/<feature>.<any>` has a sibling `<feature>.expected`;
//! `fixtures/dialects/<dialect>/apply/<case>/` holds a `before` file, `script.txt` and an `after`
//! file. A dialect adds files, no Rust.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use pump_preflight::dialect::{self, Dialect};
use pump_preflight::model::Reading;
use pump_preflight::source::{File, FileId, FileOrigin, excerpt};
use pump_preflight::syntax::{Support, is_partition};

use crate::support::{check_golden, compact_debug, entries, fixtures};

#[test]
fn every_fixture_reads_as_its_golden_says() {
    let read = check("");
    assert!(read > 0, "no fixture of any dialect was found");
}

#[test]
fn pasted_lines_give_the_after_file() {
    for (dialect, folder) in folders() {
        for case in entries(&folder.join("apply")) {
            let named = |stem: &str| {
                entries(&case)
                    .into_iter()
                    .find(|path| path.file_stem().is_some_and(|found| found == stem))
            };
            let before = load(&named("before").expect("an apply case has a before file"));
            let script = load(&named("script").expect("an apply case has a script"));
            let after = match dialect.apply(&before, &script) {
                Ok(applied) => {
                    assert_eq!(
                        applied.len(),
                        script.text.lines().count(),
                        "{}",
                        case.display()
                    );
                    applied
                        .last()
                        .map_or_else(|| before.text.to_string(), |line| line.text.clone())
                }
                Err(error) => format!("error: {error}\n"),
            };
            let extension = before.path.rsplit('.').next().unwrap_or("cfg");
            check_golden(&case.join("after").with_extension(extension), &after);
        }
    }
}

/// Lines of the top level, some like those of any device and some like none.
const PASTED: &[&str] = &[
    "ip route 10.254.0.0 255.255.0.0 10.254.0.1",
    "ip ssh time-out 60",
    "ip prefix-list NEW seq 5 permit 10.0.0.0/8",
    "aaa session-id common",
    "radius-server vsa send authentication",
    "access-list 99 permit 10.254.0.1",
    "vlan 999",
    "ntp server 10.254.0.1",
    "ipv6 route 2001:db8::/32 Null0",
    "router bgp 64999",
];

#[test]
fn a_pasted_line_leaves_each_block_whole() {
    for (dialect, folder) in folders() {
        for case in entries(&folder.join("apply")) {
            let named = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem == "before");
            let before = load(&entries(&case).into_iter().find(named).unwrap());
            let held = keys(dialect, &before);
            for line in PASTED {
                let script = File::new(FileId(1), "script", FileOrigin::Disk, line.as_bytes());
                let Ok(applied) = dialect.apply(&before, &script) else {
                    continue;
                };
                let text = applied.last().unwrap().text.as_bytes();
                let after = File::new(FileId(0), "after", FileOrigin::Disk, text);
                let gone: Vec<_> = held.difference(&keys(dialect, &after)).cloned().collect();
                let place = case.display();
                assert!(gone.is_empty(), "`{line}` takes away {gone:?} of {place}");
            }
        }
    }
}

/// The lines of a file, each after the headers of the blocks that it stands in.
fn keys(dialect: &dyn Dialect, file: &File) -> BTreeSet<Vec<String>> {
    let mut paths: Vec<Vec<String>> = Vec::new();
    for statement in dialect.read(file).statements {
        let above = statement.parent.and_then(|above| paths.get(above as usize));
        let mut path = above.cloned().unwrap_or_default();
        path.push(file.slice(statement.span).trim().to_owned());
        paths.push(path);
    }
    paths.into_iter().collect()
}

#[test]
fn mutated_fixtures_neither_panic_nor_leave_the_partition() {
    let mut random = Random(0x5EED);
    for (dialect, folder) in folders() {
        for path in sources(&folder) {
            let bytes = fs::read(&path).unwrap();
            for _ in 0..12 {
                let mutated = mutate(&bytes, &mut random);
                let file = File::new(FileId(0), "mutated", FileOrigin::Disk, &mutated);
                let reading = dialect.read(&file);
                assert!(
                    is_partition(&file, &reading.statements),
                    "{} of {}",
                    String::from_utf8_lossy(&mutated),
                    path.display()
                );
                assert_eq!(reading, dialect.read(&file));
            }
        }
    }
}

/// Compares every fixture whose dialect and file name contain `name`; how many there were.
fn check(name: &str) -> usize {
    let mut count = 0;
    for (dialect, folder) in folders() {
        for path in sources(&folder) {
            if !path.to_string_lossy().contains(name) {
                continue;
            }
            let file = load(&path);
            let reading = dialect.read(&file);
            assert!(
                is_partition(&file, &reading.statements),
                "{}",
                path.display()
            );
            check_golden(&path.with_extension("expected"), &render(&file, &reading));
            count += 1;
        }
    }
    count
}

/// The folders of dialects, each with its dialect.
fn folders() -> Vec<(&'static dyn Dialect, PathBuf)> {
    entries(&fixtures().join("dialects"))
        .into_iter()
        .map(|folder| {
            let id = folder
                .file_name()
                .unwrap()
                .to_string_lossy()
                .replace('_', "-");
            let dialect = dialect::by_id(&id);
            (
                dialect.unwrap_or_else(|| panic!("fixtures of an unknown dialect `{id}`")),
                folder,
            )
        })
        .collect()
}

/// The inputs in a dialect's folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    entries(folder)
        .into_iter()
        .filter(|path| path.is_file() && path.extension().is_none_or(|found| found != "expected"))
        .collect()
}

/// A fixture as a file.
fn load(path: &Path) -> File {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    File::new(FileId(0), name, FileOrigin::Disk, &fs::read(path).unwrap())
}

/// A reading as text.
fn render(file: &File, reading: &Reading) -> String {
    let mut out = String::new();
    for (index, statement) in reading.statements.iter().enumerate() {
        let shown = excerpt(
            file,
            statement.span,
            &reading.secrets,
            statement.support.is_recognized(),
        );
        if shown.text.is_empty() || shown.text == "!" {
            continue;
        }
        let mut depth = 0;
        let mut parent = statement.parent;
        while let Some(above) = parent {
            depth += 1;
            parent = reading.statements[above as usize].parent;
        }
        let keys: Vec<String> = reading
            .facets_of(u32::try_from(index).unwrap())
            .map(|key| format!("{:?} {}", key.kind, key.name).trim_end().to_owned())
            .collect();
        let _ = writeln!(
            out,
            "{:>4} {} | {}{}{}{}",
            shown.line,
            support(statement.support),
            "  ".repeat(depth),
            shown.text,
            if statement.ordered { " [ordered]" } else { "" },
            if keys.is_empty() {
                String::new()
            } else {
                format!(" -> {}", keys.join(", "))
            },
        );
    }
    if let Some(hostname) = &reading.hostname {
        let _ = writeln!(out, "hostname {hostname}");
    }
    if reading.truncated {
        let _ = writeln!(out, "truncated");
    }
    for (key, facet) in &reading.facets {
        let _ = writeln!(out, "{:?} {}", key.kind, key.name);
        let debug = format!("{facet:?}");
        // The facet's variant repeats its kind.
        let inner = debug
            .split_once('(')
            .map_or("", |(_, rest)| rest.trim_end_matches(')'));
        out.push_str(&compact_debug(inner));
    }
    for hole in &reading.holes {
        let span = reading.statements[hole.at.statement as usize].span;
        let facet = hole.facet.as_ref();
        let _ = writeln!(
            out,
            "hole line {} {:?} of {} at {}",
            file.line(span.start),
            hole.effect,
            facet.map_or_else(
                || "the device".to_owned(),
                |key| format!("{:?} {}", key.kind, key.name)
            ),
            hole.position
        );
    }
    for diagnostic in &reading.diagnostics {
        let line = diagnostic.at.map_or(0, |at| {
            file.line(reading.statements[at.statement as usize].span.start)
        });
        let _ = writeln!(out, "diagnostic line {line} {}", diagnostic.message);
    }
    out
}

/// A support state as text.
fn support(support: Support) -> String {
    match support {
        Support::Modeled => "modeled".to_owned(),
        Support::Irrelevant(why) => format!("irrelevant: {why}"),
        Support::Unmodeled(effect) => format!("unmodeled {effect:?}"),
        Support::Unrecognized(effect) => format!("unrecognized {effect:?}"),
    }
}

/// A seeded generator of numbers (xorshift).
struct Random(u64);

impl Random {
    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }
}

/// Cuts, doubles, swaps and overwrites pieces of `bytes`.
fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(8) {
        let at = random.below(out.len());
        let length = random.below(40).min(out.len() - at);
        match random.below(6) {
            0 => drop(out.drain(at..at + length)),
            1 => {
                let piece = out[at..at + length].to_vec();
                let to = random.below(out.len());
                out.splice(to..to, piece);
            }
            2 => out.truncate(out.len() - length),
            3 => {
                let odd: [&[u8]; 8] = [
                    b"\n",
                    b" ",
                    b"\"",
                    b"4294967296",
                    b"\xFF\xFE",
                    b"^C",
                    b"{",
                    "\u{1F489}".as_bytes(),
                ];
                out.splice(at..at, odd[random.below(odd.len())].iter().copied());
            }
            _ => {
                for byte in &mut out[at..at + length.min(3)] {
                    *byte = u8::try_from(random.below(256)).unwrap();
                }
            }
        }
        if out.is_empty() {
            out.push(b'\n');
        }
    }
    out
}
