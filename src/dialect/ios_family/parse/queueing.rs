//! Policies that only queue: applying one to an interface drops nothing by policy.

use std::collections::BTreeMap;

use super::Parsed;
use crate::dialect::ios_family::words::Words;
use crate::source::File;
use crate::syntax::Support;

/// Why such a policy bears on nothing.
const QUEUEING: &str = "its policy map only queues and marks: it drops nothing by policy";

/// Policy maps that apply each other are followed so far.
const MOST_LEVELS: u8 = 8;

/// Policy maps for queueing that NX-OS has by itself.
const BUILT_IN: [&str; 4] = [
    "default-out-policy",
    "default-in-policy",
    "default-8q-out-policy",
    "default-4q-8e-out-policy",
];

/// A policy map.
#[derive(Default)]
struct PolicyMap<'a> {
    /// Whether a line of it does more than to queue.
    does_more: bool,
    /// Policy maps that its classes apply, with the statements that do.
    children: Vec<(usize, &'a str)>,
}

/// Settles the statements that apply a policy map of the same file which only queues.
pub(super) fn settle(file: &File, parsed: &mut Parsed) {
    if memchr::memmem::find(parsed.lower.as_bytes(), b"service-policy").is_none() {
        return;
    }
    let mut maps: BTreeMap<&str, PolicyMap<'_>> = BTreeMap::new();
    let mut applied: Vec<(usize, &str)> = Vec::new();
    let mut words = Words::default();
    let mut current: Option<&str> = None;
    for (index, statement) in parsed.statements.iter().enumerate() {
        words.split(&file.text, &parsed.lower, statement.span);
        let only_queues = matches!(statement.support, Support::Irrelevant(_));
        if statement.parent.is_none() {
            current = None;
            if let ["policy-map", _] | ["policy-map", "type", "queuing", _] = &*words.low
                && let Some(name) = words.raw.last()
            {
                current = Some(name);
                maps.entry(name).or_default().does_more |= !only_queues;
            }
            continue;
        }
        let name = match &*words.low {
            ["service-policy", "input" | "output", _]
            | ["service-policy", "type", "queuing", "input" | "output", _]
            | ["service-policy", _] => words.raw.last(),
            _ => None,
        };
        match (current.and_then(|map| maps.get_mut(map)), name) {
            (Some(map), Some(name)) => map.children.push((index, name)),
            (Some(map), None) => map.does_more |= !only_queues,
            (None, Some(name)) => applied.push((index, name)),
            (None, None) => {}
        }
    }
    let children = maps.values().flat_map(|map| &map.children);
    let settled: Vec<usize> = applied
        .iter()
        .chain(children)
        .filter(|(_, name)| only_queues(&maps, name, MOST_LEVELS))
        .map(|(index, _)| *index)
        .collect();
    for index in settled {
        if let Some(statement) = parsed.statements.get_mut(index) {
            statement.support = Support::Irrelevant(QUEUEING);
        }
    }
}

/// Whether a policy map is in the file, and it and all that it applies only queue.
///
/// Those that NX-OS has by itself are in no file: they limit nothing (Nexus 9000 Quality of Service
/// Configuration Guide, "default system policies").
fn only_queues(maps: &BTreeMap<&str, PolicyMap<'_>>, name: &str, levels: u8) -> bool {
    let Some(map) = maps.get(name).filter(|_| levels > 0) else {
        return levels > 0 && BUILT_IN.contains(&name);
    };
    let mut children = map.children.iter();
    !map.does_more && children.all(|(_, child)| only_queues(maps, child, levels - 1))
}

#[cfg(test)]
mod tests {
    use crate::dialect::by_id;
    use crate::source::{File, FileId, FileOrigin};
    use crate::syntax::Support;

    /// The support of `service-policy output OUT` on an interface.
    fn support(maps: &str) -> Support {
        let text = format!("{maps}\ninterface Gi0/1\n service-policy output OUT\n");
        let at = text.rfind(" service-policy").unwrap();
        let file = File::new(FileId(0), "r1.cfg", FileOrigin::Disk, text.as_bytes());
        let reading = by_id("cisco-ios").unwrap().read(&file);
        let found = reading
            .statements
            .iter()
            .find(|one| one.span.start as usize == at);
        found.unwrap().support
    }

    #[test]
    fn a_policy_that_only_queues_bears_on_nothing() {
        let queues = "policy-map OUT\n class VOICE\n  priority percent 10\n class class-default\n  \
                      fair-queue";
        assert!(matches!(support(queues), Support::Irrelevant(_)));
        let nested = "policy-map IN\n class VOICE\n  priority percent 10\npolicy-map OUT\n class \
                      class-default\n  service-policy IN";
        assert!(matches!(support(nested), Support::Irrelevant(_)));
    }

    #[test]
    fn a_policy_that_polices_shapes_or_is_not_there_stays_unread() {
        for maps in [
            "policy-map OUT\n class VOICE\n  police 8000",
            "policy-map OUT\n class VOICE\n  shape average 64000",
            "policy-map OUT\n class VOICE\n  random-detect",
            "policy-map OUT\n class VOICE\n  queue-limit 1 packets",
            "policy-map OTHER\n class VOICE\n  priority percent 10",
            "policy-map OUT\n class class-default\n  service-policy OUT",
            "policy-map type inspect OUT\n class class-default\n  pass",
        ] {
            assert!(support(maps).is_hole(), "{maps}");
        }
    }
}
