//! `layer1_topology.json`, as Batfish snapshots carry it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Cables between interfaces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Topology {
    /// Cables; one direction is enough.
    #[serde(default)]
    pub edges: Vec<Edge>,
}

/// One cable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edge {
    /// One end.
    pub node1: End,
    /// The other end.
    pub node2: End,
}

/// An end of a cable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct End {
    /// Device.
    pub hostname: String,
    /// Interface.
    #[serde(rename = "interfaceName")]
    pub interface: String,
}
