//! The table of rules in `rules/README.md` is the one that the rules give.

use pump_preflight::rule::{load, table};

/// The line above the table; what follows is generated.
const MARK: &str = "<!-- rules: written by UPDATE_EXPECT=1 -->\n";

#[test]
fn the_table_of_rules_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/README.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, _) = text.split_once(MARK).expect("README.md has the mark");
    let fresh = format!("{head}{MARK}\n{}", table(&load(&[]).unwrap()));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, fresh).unwrap();
    } else {
        assert!(
            text == fresh,
            "rules/README.md is stale: run with UPDATE_EXPECT=1"
        );
    }
}

#[test]
fn a_pipe_in_a_rule_does_not_break_the_table() {
    let rules = load(&[]).unwrap();
    let columns = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(table(&rules).lines().all(|line| columns(line) == 5));
}
