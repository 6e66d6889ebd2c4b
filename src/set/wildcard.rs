//! Wildcard masks as ranges of addresses.
//!
//! A 1 bit of a wildcard matches either value, a 0 bit must equal the address.
//! The lowest run of 1 bits is one range; each 1 bit above it doubles the number of ranges.

use thiserror::Error;

use super::Bound;
use super::build::merge_ranges;

/// Scattered 1 bits that are expanded, so that a wildcard is at most 4,096 ranges.
///
/// A limit of this tool, not of devices: 2^12 intervals cost milliseconds, 2^20 cost the budget.
const SCATTERED_BITS: u32 = 12;

/// A wildcard has too many 1 bits above its lowest run to be expanded into ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("wildcard has {bits} scattered bits, more than {SCATTERED_BITS}")]
pub struct ScatteredWildcard {
    /// The 1 bits above the lowest run.
    pub bits: u32,
}

/// Ranges of the values that equal `address` in all bits but the 1 bits of `wildcard`, sorted,
/// disjoint and not adjacent.
pub fn wildcard_ranges<B: Bound>(
    address: B,
    wildcard: B,
) -> Result<Vec<(B, B)>, ScatteredWildcard> {
    let (address, wildcard): (u128, u128) = (address.into(), wildcard.into());
    let run = low_ones(wildcard);
    let scattered = wildcard & !run;
    let bits = scattered.count_ones();
    if bits > SCATTERED_BITS {
        return Err(ScatteredWildcard { bits });
    }
    let base = address & !wildcard;
    let mut ranges = Vec::with_capacity(1 << bits);
    // Counting down through the subsets of a mask: the borrow skips the bits outside of it.
    let mut subset = scattered;
    loop {
        let low = base | subset;
        ranges.push((B::saturating_from(low), B::saturating_from(low | run)));
        if subset == 0 {
            return Ok(merge_ranges(ranges));
        }
        subset = (subset - 1) & scattered;
    }
}

/// The run of 1 bits that begins at bit 0.
fn low_ones(bits: u128) -> u128 {
    1_u128
        .checked_shl(bits.trailing_ones())
        .map_or(u128::MAX, |above| above - 1)
}
