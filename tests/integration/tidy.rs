//! The house rules: floors, isolation, budgets, registration.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{entries, fixtures};

/// Modules of each floor, lowest first; `syntax` has a half floor of its own, since a statement is
/// a span of a source file.
const FLOORS: &[&[&str]] = &[
    &["source", "net", "set", "ctx"],
    &["syntax"],
    &["model", "intent", "client", "wire"],
    &["dialect"],
    &["analysis", "input", "probe"],
    &["change"],
    &["stress"],
    &["rule"],
    &["assessment"],
    &["report"],
    &["cli"],
];

/// Longest body of a file, in lines up to its tests.
const LONGEST_BODY: usize = 600;

/// Flat tables that may be longer.
const TABLES: &[&str] = &[];

/// Folders whose entries are plug-ins of one kind: they never see each other.
const PLUGINS: &[&str] = &["dialect", "report", "rule/check", "probe"];

/// Folders among them that hold what several plug-ins share: these see them, not the reverse.
const SHARED: &[&str] = &["ios_family"];

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// Every Rust file below a folder, with its path below the repository's root.
fn rust_files(folder: &Path, out: &mut Vec<(String, String)>) {
    for path in entries(folder) {
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path
                .strip_prefix(root())
                .unwrap()
                .to_string_lossy()
                .into_owned();
            out.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Every Rust file of the library.
fn sources() -> Vec<(String, String)> {
    let mut out = Vec::new();
    rust_files(&root().join("src"), &mut out);
    out
}

/// The part of a file before its tests.
fn body(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

/// The top module that a file of `src` belongs to.
fn module_of(file: &str) -> &str {
    let below = file.strip_prefix("src/").unwrap_or(file);
    below
        .split('/')
        .next()
        .unwrap_or(below)
        .trim_end_matches(".rs")
}

/// The floor of a top module.
fn floor_of(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

/// The modules that a line names after `crate::`, also within braces.
fn crate_paths(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    for rest in line.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => out.extend(
                group
                    .split(',')
                    .map(|item| item.trim().split("::").next().unwrap_or("").to_owned())
                    .filter(|item| !item.is_empty()),
            ),
            None => out.push(
                rest.chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            ),
        }
    }
    out
}

#[test]
fn imports_point_strictly_down_the_floors() {
    let mut bad = Vec::new();
    for (file, text) in sources() {
        let own = module_of(&file);
        let Some(floor) = floor_of(own) else {
            assert!(["lib", "main"].contains(&own), "{file} belongs to no floor");
            continue;
        };
        // Tests in a file may look at anything that helps them.
        for (number, line) in body(&text).lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for target in crate_paths(line) {
                if target != own && floor_of(&target).is_some_and(|other| other >= floor) {
                    bad.push(format!("{file}:{}: `{own}` sees `{target}`", number + 1));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn plugins_of_one_kind_never_see_each_other() {
    let mut bad = Vec::new();
    for kind in PLUGINS {
        let folder = root().join("src").join(kind);
        let names: Vec<String> = entries(&folder)
            .into_iter()
            .filter(|path| path.is_dir() || ["rule/check", "probe"].contains(kind))
            .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
            .filter(|name| name != "mod")
            .collect();
        let module = kind.replace('/', "::");
        for (file, text) in sources() {
            let Some(own) = names.iter().find(|name| {
                file.starts_with(&format!("src/{kind}/{name}/"))
                    || file == format!("src/{kind}/{name}.rs")
            }) else {
                continue;
            };
            for other in names
                .iter()
                .filter(|other| *other != own && !SHARED.contains(&other.as_str()))
            {
                let seen = [
                    format!("crate::{module}::{other}::"),
                    format!("super::super::{other}::"),
                ];
                if seen.iter().any(|path| body(&text).contains(path)) {
                    bad.push(format!("{file} sees {kind}/{other}"));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn crates_stay_in_their_rooms() {
    let rooms: &[(&str, &[&str])] = &[
        ("tokio::", &["src/probe/"]),
        ("zip::", &["src/input/snapshot/zipped.rs"]),
        ("rayon::", &["src/ctx.rs"]),
        ("serde::{", &["src/wire/", "src/intent/", "src/rule/"]),
        (
            "serde::Deserialize",
            &["src/wire/", "src/intent/", "src/rule/"],
        ),
        (
            "serde::Serialize",
            &["src/wire/", "src/intent/", "src/rule/"],
        ),
        ("std::process::Command", &["src/input/git.rs", "src/probe/"]),
        ("std::net::TcpStream", &["src/probe/"]),
        ("std::net::UdpSocket", &["src/probe/"]),
        ("SystemTime::now", &["src/cli/"]),
        ("Instant::now", &["src/cli/", "src/probe/"]),
        ("process::exit", &[]),
    ];
    let mut bad = Vec::new();
    for (file, text) in sources() {
        for (needle, allowed) in rooms {
            if body(&text).contains(needle) && !allowed.iter().any(|room| file.starts_with(room)) {
                bad.push(format!("{file} holds `{needle}`"));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn every_file_opens_with_a_noun_phrase_and_keeps_its_budget() {
    let mut files = sources();
    rust_files(&root().join("tests"), &mut files);
    rust_files(&root().join("benches"), &mut files);
    let mut bad = Vec::new();
    for (file, text) in files {
        let first = text.lines().next().unwrap_or("");
        if !first.starts_with("//! ")
            || !(first.ends_with('.') || first.ends_with('?'))
            || first.len() > 100
        {
            bad.push(format!("{file}:1: opens with `{first}`"));
        }
        let lines = body(&text).lines().count();
        if lines > LONGEST_BODY && !TABLES.contains(&file.as_str()) {
            bad.push(format!(
                "{file}: {lines} lines, the budget is {LONGEST_BODY}"
            ));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn nothing_is_left_to_do_later() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("HA", "CK:"),
    ];
    let mut files = sources();
    rust_files(&root().join("tests"), &mut files);
    rust_files(&root().join("benches"), &mut files);
    for (file, text) in files {
        for (number, line) in text.lines().enumerate() {
            for word in words {
                assert!(!line.contains(word), "{file}:{}: {word}", number + 1);
            }
        }
    }
}

#[test]
fn every_dialect_is_listed_and_owns_a_fixture() {
    let listed: BTreeSet<String> = pump_preflight::dialect::DIALECTS
        .iter()
        .map(|dialect| dialect.id().replace('-', "_"))
        .collect();
    for folder in entries(&root().join("src/dialect"))
        .into_iter()
        .filter(|path| path.is_dir())
    {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        if SHARED.contains(&name.as_str()) {
            continue;
        }
        assert!(
            listed.contains(&name),
            "dialect `{name}` is not in DIALECTS"
        );
        let owned = entries(&fixtures().join("dialects").join(&name));
        assert!(!owned.is_empty(), "dialect `{name}` owns no fixture");
    }
}

#[test]
fn the_project_speaks_of_itself_alone() {
    let foreign = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("crates", ".io"),
        concat!("static.rust", "-lang"),
    ];
    let mut files: Vec<(String, String)> = sources();
    for folder in ["tests", "benches"] {
        rust_files(&root().join(folder), &mut files);
    }
    for name in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "Cargo.toml",
        "rules/README.md",
        "fixtures/README.md",
    ] {
        let text = fs::read_to_string(root().join(name)).unwrap_or_default();
        files.push((name.to_owned(), text));
    }
    for (file, text) in files {
        for word in foreign {
            assert!(!text.contains(word), "{file} names `{word}`");
        }
    }
}
