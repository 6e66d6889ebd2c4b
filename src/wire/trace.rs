//! Flows, where they end, and route tables.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::assessment::Origin;

/// Version of [`Trace`].
pub const TRACE_SCHEMA: &str = "pump-preflight/trace/1";
/// Version of [`Routes`].
pub const ROUTES_SCHEMA: &str = "pump-preflight/routes/1";

/// One packet's headers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flow {
    /// Source address.
    pub from: String,
    /// Destination address.
    pub to: String,
    /// tcp, udp, icmp or a protocol number.
    pub protocol: String,
    /// Destination port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Source port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_port: Option<u16>,
    /// ICMP type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icmp_type: Option<u8>,
}

/// One line of `trace --flows` input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowRequest {
    /// Given back with the answer.
    #[serde(default)]
    pub id: serde_json::Value,
    /// Source address.
    pub from: String,
    /// Destination address.
    pub to: String,
    /// tcp, udp, icmp or a protocol number.
    pub protocol: String,
    /// Destination port.
    #[serde(default)]
    pub port: Option<u16>,
    /// Source port.
    #[serde(default)]
    pub from_port: Option<u16>,
    /// ICMP type.
    #[serde(default)]
    pub icmp_type: Option<u8>,
    /// Where the packet enters: `DEVICE` or `DEVICE:INTERFACE`.
    #[serde(default)]
    pub ingress: Option<String>,
}

/// The end of a flow's path.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// A device of the snapshot owns the address and takes the packet.
    Accepted,
    /// Sent onto the destination's subnet, whose host is in no file.
    DeliveredToSubnet,
    /// Leaves by an interface beyond which the snapshot shows nothing.
    ExitsNetwork,
    /// A filter dropped it where it entered a device.
    DeniedIn,
    /// A filter dropped it where it would have left a device.
    DeniedOut,
    /// A device has no route.
    NoRoute,
    /// A route discards it.
    NullRouted,
    /// It comes back to where it was.
    Loop,
    /// The next hop does not answer.
    NeighborUnreachable,
    /// It depends on something that was not read.
    InsufficientInformation,
}

impl Disposition {
    /// Whether the packet arrives as far as the snapshot shows.
    pub fn is_success(self) -> bool {
        matches!(
            self,
            Self::Accepted | Self::DeliveredToSubnet | Self::ExitsNetwork
        )
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::DeliveredToSubnet => "delivered-to-subnet",
            Self::ExitsNetwork => "exits-network",
            Self::DeniedIn => "denied-in",
            Self::DeniedOut => "denied-out",
            Self::NoRoute => "no-route",
            Self::NullRouted => "null-routed",
            Self::Loop => "loop",
            Self::NeighborUnreachable => "neighbor-unreachable",
            Self::InsufficientInformation => "insufficient-information",
        }
    }
}

/// One step on a device, in words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// filter-in, route, filter-out, deliver, accept, …
    pub action: String,
    /// What happened.
    pub detail: String,
    /// The statement that decided it.
    pub origin: Option<Origin>,
}

/// One device on a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Hop {
    /// Device.
    pub device: String,
    /// Interface the packet enters by; none where it begins here.
    pub ingress: Option<String>,
    /// Interface it leaves by; none where it ends here.
    pub egress: Option<String>,
    /// What happened.
    pub steps: Vec<Step>,
}

/// One path with its end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Path {
    /// The end.
    pub disposition: Disposition,
    /// Devices in order.
    pub hops: Vec<Hop>,
}

/// Where a flow ends, over all equal-cost paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Direction {
    /// All ends that occur, each once, in order.
    pub dispositions: Vec<Disposition>,
    /// Paths; at most as many as the tool's bound, the ends are complete all the same.
    pub paths: Vec<Path>,
    /// Statements that decide the ends.
    pub origins: Vec<Origin>,
    /// What the ends depend on that is not known, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
}

/// The answer to `trace`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trace {
    /// [`TRACE_SCHEMA`].
    pub schema: String,
    /// The request's id.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub id: serde_json::Value,
    /// The flow.
    pub flow: Flow,
    /// Where it goes.
    #[serde(flatten)]
    pub forward: Direction,
    /// Where the answer goes; none where the flow does not arrive.
    pub reverse: Option<Direction>,
}

/// The answer for a flow that could not be placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TraceError {
    /// [`TRACE_SCHEMA`].
    pub schema: String,
    /// The request's id.
    pub id: serde_json::Value,
    /// Why.
    pub error: String,
}

/// A line that `trace` prints: the answer for a flow, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum TraceLine {
    /// The flow was followed.
    Followed(Box<Trace>),
    /// It could not be placed.
    Refused(TraceError),
}

/// The answer to `routes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Routes {
    /// [`ROUTES_SCHEMA`].
    pub schema: String,
    /// Rows in order of device, VRF, prefix.
    pub routes: Vec<RouteRow>,
    /// What could not be computed, in sentences.
    pub incomplete: Vec<String>,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RouteRow {
    /// Device.
    pub device: String,
    /// VRF; `default` for the default one.
    pub vrf: String,
    /// Destination.
    pub prefix: String,
    /// connected, local, static, ospf, ospf-ia, ospf-e1, ospf-e2, …
    pub protocol: String,
    /// Next hop.
    pub next_hop: Option<String>,
    /// Egress interface.
    pub interface: Option<String>,
    /// Administrative distance.
    pub distance: u8,
    /// Metric.
    pub metric: u32,
}
