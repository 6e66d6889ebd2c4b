//! Interfaces that a routing process advertises without having neighbors there.

use std::collections::BTreeMap;

use crate::source::At;

/// Which interfaces of a process are passive.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PassiveInterfaces {
    /// Whether they are unless said otherwise.
    pub by_default: Option<At<bool>>,
    /// Those that are, full names.
    pub named: BTreeMap<String, At<()>>,
    /// Those that are not although that is the default, full names.
    pub excepted: BTreeMap<String, At<()>>,
}

impl PassiveInterfaces {
    /// Whether an interface is passive, by its full name.
    pub fn contains(&self, interface: &str) -> bool {
        if self.by_default.as_ref().is_some_and(|at| at.value) {
            !self.excepted.contains_key(interface)
        } else {
            self.named.contains_key(interface)
        }
    }

    /// Sets whether interfaces are passive unless said otherwise, and forgets what was said of
    /// single ones.
    pub fn reset(&mut self, by_default: Option<At<bool>>) {
        *self = Self {
            by_default,
            ..Self::default()
        };
    }

    /// Sets whether an interface is passive.
    pub fn set(&mut self, interface: String, passive: At<bool>) {
        let (to, from) = if passive.value {
            (&mut self.named, &mut self.excepted)
        } else {
            (&mut self.excepted, &mut self.named)
        };
        from.remove(&interface);
        to.insert(interface, At::new((), passive.at));
    }
}
