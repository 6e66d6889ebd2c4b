//! The change plan of `check --plan`: the steps of a change, in order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assessment::Verdict;

/// Version of [`ChangePlan`].
pub const PLAN_SCHEMA: u32 = 1;

/// The steps of a change, in order; each leaves the network in a state of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePlan {
    /// [`PLAN_SCHEMA`].
    pub schema: u32,
    /// The steps.
    pub steps: Vec<ChangeStep>,
}

/// One step: lines that are pasted, or a snapshot that follows, or what is down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeStep {
    /// What it does, in words.
    pub name: String,
    /// File with lines as they would be pasted, beside the plan.
    #[serde(default)]
    pub change: Option<String>,
    /// Device that they are pasted into.
    #[serde(default)]
    pub device: Option<String>,
    /// The network after the step: a folder beside the plan, `git:<ref>[:<path>]`, or an archive.
    #[serde(default)]
    pub after: Option<String>,
    /// Devices, `device:interface` or services that are down in this step alone.
    #[serde(default)]
    pub down: Vec<String>,
    /// How long the step lasts, `12m`; else as long as it may.
    #[serde(default)]
    pub lasts: Option<String>,
}

/// One step of a change plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedStep {
    /// What it does, in words.
    pub name: String,
    /// The worst verdict on it.
    pub verdict: Verdict,
    /// The step after which that is so.
    pub after: String,
}
