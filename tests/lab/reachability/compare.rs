//! What `trace --flows` says, and whether the kernel's answer is among its dispositions.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::kernel::Observed;
use super::network::{Flow, Network};
use crate::namespace::{feed, text};

/// The analyzer's answer for one flow.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// Ends of the way there.
    pub(super) forward: BTreeSet<String>,
    /// Devices that take the packet, over all paths.
    pub(super) takers: BTreeSet<usize>,
    /// Ends of the way back; none where nothing arrives.
    pub(super) back: Option<BTreeSet<String>>,
    /// Whether a route of a way is not known.
    doubted: bool,
    /// The answer as printed.
    pub(super) line: String,
}

/// Asks the analyzer about all flows of the files in a folder.
pub(super) fn answers(network: &Network, flows: &[Flow], folder: &Path) -> Vec<Answer> {
    let lines: String = flows.iter().map(|flow| flow.line() + "\n").collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pump-preflight"));
    command.args(["trace", "--format", "json", "--flows", "-", "--config"]);
    let output = feed(command.arg(folder.join("configs")), &lines);
    assert!(output.status.success(), "{}", text(&output));
    let printed = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Answer> = printed.lines().map(|line| answer(network, line)).collect();
    assert_eq!(answers.len(), flows.len(), "{printed}");
    answers
}

/// One printed answer.
fn answer(network: &Network, line: &str) -> Answer {
    let value: Value = serde_json::from_str(line).unwrap();
    let ends = |direction: &Value| -> BTreeSet<String> {
        let list = direction["dispositions"].as_array();
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    };
    let paths = value["paths"].as_array().cloned().unwrap_or_default();
    let taker = |path: &Value| {
        let last = path["hops"].as_array()?.last()?["device"]
            .as_str()?
            .to_owned();
        let accepted = path["disposition"] == "accepted";
        network
            .devices
            .iter()
            .position(|device| accepted && device.name == last)
    };
    Answer {
        forward: ends(&value),
        takers: paths.iter().filter_map(taker).collect(),
        back: value
            .get("reverse")
            .filter(|back| !back.is_null())
            .map(ends),
        doubted: [&value, &value["reverse"]]
            .iter()
            .any(|way| way["doubts"].as_array().is_some_and(|all| !all.is_empty())),
        line: line.to_owned(),
    }
}

/// All, some or none of the ends take the packet.
fn accepts(ends: &BTreeSet<String>) -> (bool, bool) {
    let some = ends.contains("accepted");
    (some, some && ends.len() == 1)
}

impl Answer {
    /// What the kernel is most likely seen to do.
    pub(super) fn hope(&self) -> Observed {
        let (arrives, _) = accepts(&self.forward);
        let answered = arrives && self.back.as_ref().is_some_and(|back| accepts(back).0);
        Observed {
            arrived: self.takers.clone(),
            answered,
            works: answered,
        }
    }

    /// Whether something is not known.
    pub(super) fn is_open(&self) -> bool {
        let open = |ends: &BTreeSet<String>| ends.contains("insufficient-information");
        self.doubted || open(&self.forward) || self.back.as_ref().is_some_and(open)
    }

    /// What is wrong with the answer, given what the kernel did; `None` where they agree.
    pub(super) fn wrong(&self, seen: &Observed) -> Option<&'static str> {
        if self.doubted {
            return None;
        }
        let (some, all) = accepts(&self.forward);
        if !seen.arrived.is_subset(&self.takers) {
            return Some("the packet arrived where no path leads");
        }
        if all && seen.arrived.is_empty() {
            return Some("the packet did not arrive");
        }
        // Of packets that some paths lose, `trace` does not say what becomes of the answers.
        if !all || !some {
            return None;
        }
        let (some, all) = self.back.as_ref().map_or((false, false), accepts);
        match (seen.answered, seen.works) {
            (true, _) if !some => Some("an answer came back that should not"),
            (false, _) if all => Some("no answer came back"),
            (true, false) if all => Some("only the first exchange worked"),
            _ => None,
        }
    }
}
