//! Timers of a DHCP lease, and when its holder learns changed settings.
//!
//! RFC 2131 §4.4.5: a client renews by unicast at T1, rebinds by broadcast at T2, and stops using
//! the address when the lease expires. Settings come with each acknowledgment, so a change on the
//! server reaches a client no sooner than its next renewal.

/// When a lease's holder renews, rebinds and gives up, in seconds from the last acknowledgment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeaseTimers {
    /// T1: asks its server by unicast.
    pub renew_s: u64,
    /// T2: asks any server by broadcast.
    pub rebind_s: u64,
    /// The address may no longer be used.
    pub expire_s: u64,
}

/// Shortest wait between two tries in renewing and rebinding, in seconds (RFC 2131 §4.4.5).
pub const RETRY_FLOOR_S: u64 = 60;

/// Timers of a lease of `lease_s` seconds; options 58 and 59 (RFC 2132 §9.11, §9.12) override T1
/// and T2, whose defaults are 0.5 and 0.875 of the lease (RFC 2131 §4.4.5).
pub fn timers(lease_s: u64, renewal: Option<u64>, rebinding: Option<u64>) -> LeaseTimers {
    let rebind = rebinding
        .unwrap_or_else(|| lease_s.saturating_sub(lease_s.div_ceil(8)))
        .min(lease_s);
    LeaseTimers {
        renew_s: renewal.unwrap_or(lease_s / 2).min(rebind),
        rebind_s: rebind,
        expire_s: lease_s,
    }
}

/// Longest time in seconds until a holder has the server's present settings.
///
/// `renewal_answered`: a unicast request to the lease's server is answered; `rebinding_answered`: a
/// broadcast request is. Without either the holder starts over when the lease expires.
pub fn learns_after(timers: LeaseTimers, renewal_answered: bool, rebinding_answered: bool) -> u64 {
    if renewal_answered {
        timers.renew_s
    } else if rebinding_answered {
        timers.rebind_s
    } else {
        timers.expire_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_timers_are_half_and_seven_eighths_of_the_lease() {
        let timers = timers(28_800, None, None);
        assert_eq!(
            timers,
            LeaseTimers {
                renew_s: 14_400,
                rebind_s: 25_200,
                expire_s: 28_800
            }
        );
        assert_eq!(learns_after(timers, true, true), 14_400);
        assert_eq!(learns_after(timers, false, true), 25_200);
        assert_eq!(learns_after(timers, false, false), 28_800);
    }

    #[test]
    fn options_override_timers_within_the_lease() {
        let timers = timers(3_600, Some(600), Some(9_999));
        assert_eq!((timers.renew_s, timers.rebind_s), (600, 3_600));
    }

    #[test]
    fn a_lease_without_length_never_renews_late() {
        assert_eq!(timers(0, None, None).expire_s, 0);
        assert_eq!(timers(u64::MAX, None, None).expire_s, u64::MAX);
    }
}
