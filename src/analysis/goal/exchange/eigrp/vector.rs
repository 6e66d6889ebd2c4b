//! Metrics of EIGRP: classic (RFC 7868 §5.6.1) and wide (§5.6.2).

use super::topology::Link;
use crate::analysis::goal::bandwidth;
use crate::analysis::world::{InterfaceId, World};
use crate::model::eigrp::EigrpProcess;

/// The bandwidth that metrics are inverse to, in kbit/s (RFC 7868 §5.6.1.2).
const REFERENCE: u64 = 10_000_000;
/// Factor of classic metrics (RFC 7868 §5.6.1.2).
const CLASSIC: u64 = 256;
/// Factor of wide metrics (RFC 7868 §5.6.2.3).
const WIDE: u64 = 65_536;
/// Picoseconds of ten microseconds.
const TENS: u64 = 10_000_000;
/// What wide metrics are divided by for the route table (Cisco IOS IP Routing: EIGRP command
/// reference, `metric rib-scale`: 128).
const RIB_SCALE: u64 = 128;

/// A metric, part by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis::goal) struct Vector {
    /// Smallest bandwidth of the path, in kbit/s.
    bandwidth: u64,
    /// Sum of delays in tens of microseconds.
    delay: u64,
    /// Sum of delays in picoseconds.
    delay_ps: u64,
    /// Routers passed.
    pub(in crate::analysis::goal) hops: u32,
}

/// K1 and K3, or nothing where others are set too.
pub(in crate::analysis::goal) fn weights(configured: Option<[u8; 6]>) -> [u8; 6] {
    // Type of service, then K1 to K5 (RFC 7868 §5.5: K1 = K3 = 1).
    configured.unwrap_or([0, 1, 0, 1, 0, 0])
}

impl Vector {
    /// Of a connected subnet.
    pub(in crate::analysis::goal) fn of_link(_process: &EigrpProcess, link: &Link<'_>) -> Self {
        Self {
            bandwidth: link.bandwidth,
            delay: link.delay,
            delay_ps: link.delay_ps,
            hops: 0,
        }
    }

    /// Of an interface that is not of the process.
    pub(in crate::analysis::goal) fn of_interface(world: &World<'_>, id: InterfaceId) -> Self {
        let Some(facet) = world.interface(id).facet else {
            return Self::of_discard();
        };
        Self {
            bandwidth: bandwidth::of(world, id, facet),
            delay: bandwidth::delay(world, id, facet),
            delay_ps: bandwidth::delay_ps(world, id, facet),
            hops: 0,
        }
    }

    /// Of the interface that discards (`show interfaces Null0`: 10 Gbit/s, no delay).
    pub(in crate::analysis::goal) fn of_discard() -> Self {
        Self {
            bandwidth: REFERENCE,
            delay: 0,
            delay_ps: 0,
            hops: 0,
        }
    }

    /// As configured: bandwidth in kbit/s, delay in tens of microseconds.
    pub(in crate::analysis::goal) fn given([bandwidth, delay, ..]: [u32; 5]) -> Self {
        Self {
            bandwidth: u64::from(bandwidth),
            delay: u64::from(delay),
            delay_ps: u64::from(delay).saturating_mul(TENS),
            hops: 0,
        }
    }

    /// After a link.
    pub(in crate::analysis::goal) fn over(self, link: &Link<'_>, _process: &EigrpProcess) -> Self {
        Self {
            bandwidth: self.bandwidth.min(link.bandwidth),
            delay: self.delay.saturating_add(link.delay),
            delay_ps: self.delay_ps.saturating_add(link.delay_ps),
            hops: self.hops.saturating_add(1),
        }
    }

    /// The metric as one number.
    pub(in crate::analysis::goal) fn metric(self, process: &EigrpProcess) -> u64 {
        let [_, k1, _, k3, _, _] = weights(process.k_values.as_ref().map(|at| at.value));
        let bandwidth = self.bandwidth.max(1);
        let (throughput, latency) = if process.wide_metrics {
            let latency = u128::from(self.delay_ps) * u128::from(WIDE) / 1_000_000;
            (
                REFERENCE * WIDE / bandwidth,
                u64::try_from(latency).unwrap_or(u64::MAX),
            )
        } else {
            (
                CLASSIC * (REFERENCE / bandwidth),
                CLASSIC.saturating_mul(self.delay),
            )
        };
        u64::from(k1)
            .saturating_mul(throughput)
            .saturating_add(u64::from(k3).saturating_mul(latency))
    }

    /// The metric as the route table shows it.
    pub(in crate::analysis::goal) fn shown(self, process: &EigrpProcess) -> u32 {
        let scale = match &process.rib_scale {
            _ if !process.wide_metrics => 1,
            Some(scale) => u64::from(scale.value.max(1)),
            None => RIB_SCALE,
        };
        u32::try_from(self.metric(process) / scale).unwrap_or(u32::MAX)
    }
}
