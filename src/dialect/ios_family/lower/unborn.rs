//! What interfaces and other processes say of routing processes that the text opens later.

use crate::model::FacetKind;
use crate::model::route_policy::DistributeList;
use crate::source::At;

/// What is said of processes before they are known.
#[derive(Debug, Default)]
pub(in crate::dialect) struct Unborn {
    /// Names of processes that others know by number, in order of their first mention.
    pub(in crate::dialect) names: Vec<String>,
    /// Filters that interfaces name for processes that run on them: index of the interface's facet,
    /// kind and number of the process.
    pub(in crate::dialect) filters: Vec<((u32, FacetKind, u32), At<DistributeList>)>,
}
