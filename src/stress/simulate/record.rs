//! What a run counts: arrivals a second at each server, pumps in a session.

use super::pump::second;

/// Servers at which arrivals are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Served {
    /// Access controller.
    Access,
    /// RADIUS.
    Radius,
    /// DHCP.
    Dhcp,
    /// Name servers together.
    Dns,
    /// Gateway.
    Gateway,
}

/// Names of the servers in the order of [`Served`].
pub(super) const NAMES: [&str; 5] = ["access", "radius", "dhcp", "dns", "gateway"];

/// Counts.
#[derive(Debug, Clone)]
pub(super) struct Record {
    /// Arrivals a second at each server.
    pub(super) arrivals: [Vec<u32>; 5],
    /// Sessions won and lost a second.
    pub(super) change: Vec<i32>,
    /// Events.
    pub(super) events: u64,
    /// Whether re-authentications are simulated although nothing happens to RADIUS.
    pub(super) counts_every_day: bool,
}

impl Record {
    /// Nothing yet, for a run of so many seconds.
    pub(super) fn new(horizon_us: u64, counts_every_day: bool) -> Self {
        let bins = second(horizon_us) + 1;
        Self {
            arrivals: std::array::from_fn(|_| vec![0; bins]),
            change: vec![0; bins],
            events: 0,
            counts_every_day,
        }
    }

    /// A request reaches a server, or would.
    pub(super) fn arrive(&mut self, served: Served, now: u64) {
        if let Some(bin) = self
            .arrivals
            .get_mut(served as usize)
            .and_then(|bins| bins.get_mut(second(now)))
        {
            *bin += 1;
        }
    }

    /// A session begins.
    pub(super) fn join(&mut self, now: u64) {
        if let Some(bin) = self.change.get_mut(second(now)) {
            *bin += 1;
        }
    }

    /// A session ends.
    pub(super) fn leave(&mut self, now: u64) {
        if let Some(bin) = self.change.get_mut(second(now)) {
            *bin -= 1;
        }
    }
}
