//! What pumps need: the site's groups, services, networks and limits, and pump profiles, as data.
//!
//! Loading and its error texts are `input`'s; here are the checked types.

use std::collections::BTreeMap;

use crate::source::FileId;

pub mod profile;
pub mod requirement;
pub mod site;

pub use profile::{Field, Label, Profile, Value};
pub use requirement::{Requirement, RequirementId, Stage};
pub use site::{
    AssumedBeyond, Boundary, Capacity, Firmware, Host, Network, Owner, Port, Protect, PumpGroup,
    RECORD_TYPES, Reaction, RequiredRecord, Service, ServiceKind, Site, TestAccount, Vantage, Via,
};

/// A place in a YAML file of the site, a profile or a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// One-based line.
    pub line: u32,
    /// One-based column.
    pub column: u32,
}

/// A site with the profiles of its pumps.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// The site.
    pub site: Site,
    /// Profiles by id.
    pub profiles: BTreeMap<String, Profile>,
}

impl Intent {
    /// Every requirement: each group, on each network, of each firmware, for each service.
    pub fn requirements(&self) -> Vec<Requirement> {
        requirement::enumerate(&self.site)
    }

    /// The profile of a group, with the site's answers laid over it.
    pub fn profile_of(&self, group: &PumpGroup) -> Option<Profile> {
        let mut profile = self.profiles.get(&group.profile)?.clone();
        for (path, field) in &group.answers {
            profile.fields.insert(path.clone(), field.clone());
        }
        Some(profile)
    }
}
