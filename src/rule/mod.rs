//! Rules: a document that happens to run. Attributes, checks, findings.
//!
//! A rule is one YAML file that names a check, its parameters and the prose around it.
//! A check is code; what it asks of a configuration is an attribute.
//! Nothing here does I/O but `load`.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::change::{ChangeIndex, Comparison, RequirementChange};
use crate::intent::{Intent, PumpGroup, RequirementId, Service};
use crate::model::Network;
use crate::net::IpNet;
use crate::source::File;
use crate::wire::assessment::Observed;
use crate::wire::stress::Stress;

pub mod attribute;
pub mod check;
pub mod example;
mod explain;
mod finding;
mod hurt;
pub mod load;
mod place;
pub mod schema;
mod template;
pub mod word;

#[cfg(test)]
mod hand_made;
#[cfg(test)]
mod tests;

pub use explain::{explain, table};
pub use finding::{Evaluation, evaluate};
pub use load::{LoadError, load};
pub use schema::{Rule, Rules};

/// All that a rule may ask.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The network before.
    pub before: &'a Network,
    /// The network after.
    pub after: &'a Network,
    /// The intent before.
    pub intent_before: &'a Intent,
    /// The intent after.
    pub intent: &'a Intent,
    /// What the change does.
    pub comparison: &'a Comparison,
    /// Sources of the site's `protect` that reach a pump network only after the change.
    pub new_reach: &'a [NewReach],
    /// What the stress model says of each pump group that is disturbed.
    pub stress: &'a [Stress],
    /// What was measured of each requirement before the change.
    pub observed: &'a BTreeMap<RequirementId, Observed>,
    /// Files of the site, before and after, that places of the intents point to.
    pub files: &'a [File],
}

/// A protected source that newly reaches a pump network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReach {
    /// The source, as `protect` names it.
    pub from: IpNet,
    /// The pump network, by id.
    pub into: String,
    /// Why it is protected.
    pub because: String,
    /// One packet that passes now, in words.
    pub witness: String,
    /// An address of the source that reaches.
    pub source: Ipv4Addr,
    /// An address of the pump network that is reached.
    pub destination: Ipv4Addr,
    /// Changes that make it so; empty where they were not searched for.
    pub changes: Vec<ChangeIndex>,
}

impl<'a> Facts<'a> {
    /// The service of a requirement, as the after site declares it, else the before site.
    pub fn service(&self, change: &RequirementChange) -> Option<&'a Service> {
        let id = &change.requirement.service;
        let sites = [&self.intent.site, &self.intent_before.site];
        sites.into_iter().find_map(|site| site.services.get(id))
    }

    /// The pump group of a requirement, as the after site declares it, else the before site.
    pub fn group(&self, change: &RequirementChange) -> Option<&'a PumpGroup> {
        let id = &change.requirement.group;
        [self.intent, self.intent_before]
            .into_iter()
            .find_map(|intent| intent.site.pumps.iter().find(|group| group.id == *id))
    }
}
