//! Retry schedules: when each stack sends again after silence, and when it gives up.
//!
//! Nominal times; kernels run their timers late, never early: a measured gap lies between 5 ms
//! below and 30 ms + 6.4 % above the nominal one (Linux 6.18; most gaps are within 4 %). What a
//! vendor documents is not always what runs, so every row says how it is known.

/// How a schedule is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provenance {
    /// Measured by the project on a live stack.
    Measured,
    /// Read in public source code.
    ReadInSource,
    /// Published figure.
    Published,
    /// Recalled from a standard, not read again.
    Recalled,
    /// Assumed.
    Assumed,
}

impl Provenance {
    /// The label that reports print: measured, published or assumed.
    pub fn label(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::ReadInSource | Self::Published => "published",
            Self::Recalled | Self::Assumed => "assumed",
        }
    }
}

/// What a schedule retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Network access: scans and EAP.
    Authenticate,
    /// A lease.
    Address,
    /// A name.
    Resolve,
    /// A TCP handshake.
    Connect,
    /// Data of an established connection.
    Data,
    /// A program's own attempts.
    Program,
}

/// How far times are drawn anew each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// They are not.
    None,
    /// The first gap is short by up to this many milliseconds (phase of a coarse tick).
    FirstGapEarly(u32),
    /// Each gap is drawn within this many milliseconds around its nominal value.
    EachGapAround(u32),
    /// The client draws its gaps anew each time; the times are those of one run.
    OneRun,
}

/// When one stack sends, and when it gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Id.
    pub id: &'static str,
    /// What it retries.
    pub layer: Layer,
    /// Transmissions in milliseconds since the first.
    pub times_ms: &'static [u32],
    /// Gaps in milliseconds that follow, again and again; empty: none.
    pub then_gaps_ms: &'static [u32],
    /// Server asked by each transmission, cyclic; empty: there is one.
    pub servers: &'static [u8],
    /// When the attempt ends without an answer, in milliseconds; `None`: never.
    pub give_up_ms: Option<u32>,
    /// Latest end seen on a live stack, where that is later than nominal.
    pub give_up_seen_ms: Option<u32>,
    /// Pause after giving up before the stack itself starts over; `None`: its user decides.
    pub sleep_ms: Option<u32>,
    /// What is random in it.
    pub spread: Spread,
    /// How it is known.
    pub provenance: Provenance,
    /// Where it is known from.
    pub source: &'static str,
}

/// A schedule of one server that gives up at a time and has nothing random in it.
const fn plain(
    id: &'static str,
    layer: Layer,
    times_ms: &'static [u32],
    give_up_ms: Option<u32>,
    provenance: Provenance,
    source: &'static str,
) -> Schedule {
    Schedule {
        id,
        layer,
        times_ms,
        then_gaps_ms: &[],
        servers: &[],
        give_up_ms,
        give_up_seen_ms: None,
        sleep_ms: None,
        spread: Spread::None,
        provenance,
        source,
    }
}

/// Every schedule.
pub static SCHEDULES: &[Schedule] = &[
    Schedule {
        give_up_seen_ms: Some(129_739),
        ..plain(
            "linux-syn-linear0",
            Layer::Connect,
            &[0, 1_000, 3_000, 7_000, 15_000, 31_000, 63_000],
            Some(127_000),
            Provenance::Measured,
            "RFC 6298; Linux 6.18 with tcp_syn_linear_timeouts=0, the default up to 6.4",
        )
    },
    Schedule {
        give_up_seen_ms: Some(133_721),
        ..plain(
            "linux-syn-linear4",
            Layer::Connect,
            &[
                0, 1_000, 2_000, 3_000, 4_000, 5_000, 7_000, 11_000, 19_000, 35_000, 67_000,
            ],
            Some(131_000),
            Provenance::Measured,
            "Linux 6.18 with tcp_syn_linear_timeouts=4, the default since 6.5",
        )
    },
    plain(
        "lwip-syn",
        Layer::Connect,
        &[0, 3_000, 6_000, 9_000, 12_000, 15_000, 18_000],
        Some(18_500),
        Provenance::ReadInSource,
        "lwIP src/core/tcp.c: TCP_SYNMAXRTX 6, LWIP_TCP_RTO_TIME 3000, no back-off in SYN_SENT",
    ),
    plain(
        "freertos-syn",
        Layer::Connect,
        &[0, 3_000, 9_000],
        Some(20_000),
        Provenance::ReadInSource,
        "FreeRTOS-Plus-TCP, prvTCPNextTimeout: 3000 << (n - 1), then 11000",
    ),
    plain(
        "netx-syn",
        Layer::Connect,
        &[
            0, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000,
        ],
        Some(11_000),
        Provenance::ReadInSource,
        "NetX Duo: rate 1 s, NX_TCP_RETRY_SHIFT 0, 10 retries",
    ),
    plain(
        "bsd-syn",
        Layer::Connect,
        &[0, 6_000, 24_000],
        Some(75_000),
        Provenance::Recalled,
        "4.4BSD TCP, from which VxWorks descends",
    ),
    plain(
        "linux-data-rto",
        Layer::Data,
        &[
            0, 204, 408, 816, 1_632, 3_264, 6_528, 13_056, 26_112, 52_224, 104_448, 208_896,
        ],
        Some(924_600),
        Provenance::Measured,
        "Linux 6.18, retransmissions of a lost segment: 200 ms and one tick of 4 ms, doubled; the \
         end recalled from tcp_retries2 15",
    ),
    plain(
        "curl-retry",
        Layer::Program,
        &[0, 1_000, 3_000, 7_000, 15_000, 31_000],
        Some(31_000),
        Provenance::Measured,
        "curl 7.88 --retry 5 --retry-connrefused against a closed port",
    ),
    Schedule {
        give_up_seen_ms: Some(20_220),
        servers: &[0, 1],
        ..plain(
            "glibc-dns-2",
            Layer::Resolve,
            &[0, 5_000, 10_000, 15_000],
            Some(20_000),
            Provenance::Measured,
            "glibc 2.36, two silent servers, resolv.conf(5) defaults; the same with rotate",
        )
    },
    Schedule {
        give_up_seen_ms: Some(10_330),
        ..plain(
            "glibc-dns-1",
            Layer::Resolve,
            &[0, 5_000],
            Some(10_000),
            Provenance::Measured,
            "glibc 2.36, one silent server, resolv.conf(5) defaults",
        )
    },
    Schedule {
        give_up_seen_ms: Some(2_220),
        servers: &[0, 1],
        ..plain(
            "glibc-dns-2-short",
            Layer::Resolve,
            &[0, 1_000],
            Some(2_000),
            Provenance::Measured,
            "glibc 2.36, two silent servers, timeout:1 attempts:1",
        )
    },
    Schedule {
        give_up_seen_ms: Some(40_170),
        servers: &[0, 1],
        ..plain(
            "glibc-dns-2-search",
            Layer::Resolve,
            &[0, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000],
            Some(40_000),
            Provenance::Measured,
            "glibc 2.36, two silent servers, short name with two search domains",
        )
    },
    Schedule {
        spread: Spread::FirstGapEarly(1_000),
        ..plain(
            "lwip-dns-1",
            Layer::Resolve,
            &[0, 1_000, 2_000, 4_000],
            Some(7_000),
            Provenance::ReadInSource,
            "lwIP src/core/dns.c: DNS_MAX_RETRIES 4, tick 1 s, one server",
        )
    },
    Schedule {
        servers: &[0, 0, 0, 0, 1, 1, 1, 1],
        spread: Spread::FirstGapEarly(1_000),
        ..plain(
            "lwip-dns-2",
            Layer::Resolve,
            &[0, 1_000, 2_000, 4_000, 7_000, 8_000, 9_000, 11_000],
            Some(14_000),
            Provenance::ReadInSource,
            "lwIP src/core/dns.c: DNS_MAX_RETRIES 4, tick 1 s, DNS_MAX_SERVERS 2",
        )
    },
    Schedule {
        servers: &[0, 1],
        ..plain(
            "freertos-dns",
            Layer::Resolve,
            &[0, 5_000, 10_000, 15_000, 20_000],
            Some(25_000),
            Provenance::ReadInSource,
            "FreeRTOS-Plus-TCP: ipconfigDNS_REQUEST_ATTEMPTS 5, ipconfigDNS_RECEIVE_BLOCK_TIME 5000",
        )
    },
    Schedule {
        then_gaps_ms: &[64_000],
        spread: Spread::EachGapAround(1_000),
        ..plain(
            "rfc2131-dhcp",
            Layer::Address,
            &[0, 4_000, 12_000, 28_000, 60_000],
            None,
            Provenance::Recalled,
            "RFC 2131 section 4.1: 4, 8, 16, 32, at most 64 s, each within 1 s",
        )
    },
    Schedule {
        give_up_seen_ms: Some(61_000),
        sleep_ms: Some(300_000),
        spread: Spread::OneRun,
        ..plain(
            "isc-dhclient",
            Layer::Address,
            &[0, 7_428, 25_404, 41_283, 57_228],
            Some(61_000),
            Provenance::Measured,
            "ISC dhclient 4.4.3-P1, one run; intervals are drawn by the client; Debian retry 300 s recalled",
        )
    },
    Schedule {
        then_gaps_ms: &[23_000, 3_000, 3_000],
        ..plain(
            "busybox-udhcpc",
            Layer::Address,
            &[0, 3_000, 6_000],
            None,
            Provenance::Measured,
            "busybox udhcpc: three tries 3 s apart, pause of 20 s",
        )
    },
    Schedule {
        then_gaps_ms: &[60_000],
        ..plain(
            "lwip-dhcp",
            Layer::Address,
            &[0, 2_000, 6_000, 14_000, 30_000, 62_000],
            None,
            Provenance::ReadInSource,
            "lwIP src/core/ipv4/dhcp.c: 2, 4, 8, 16, 32, then 60 s, nothing random",
        )
    },
    plain(
        "freertos-dhcp",
        Layer::Address,
        &[0, 5_000, 15_000],
        Some(35_000),
        Provenance::ReadInSource,
        "FreeRTOS-Plus-TCP: 5, 10, 20 s, gives up above 30 s",
    ),
    Schedule {
        then_gaps_ms: &[60_000],
        ..plain(
            "wpa-no-authenticator",
            Layer::Authenticate,
            &[0, 30_000, 118_000],
            None,
            Provenance::Measured,
            "wpa_supplicant 2.10 wired, no authenticator: start period 30 s, held period 60 s",
        )
    },
    Schedule {
        then_gaps_ms: &[60_060],
        ..plain(
            "wpa-untrusted-cert",
            Layer::Authenticate,
            &[0],
            None,
            Provenance::Measured,
            "wpa_supplicant 2.10 wired, PEAP, certificate of an unknown CA: held period 60 s, nothing random",
        )
    },
    Schedule {
        then_gaps_ms: &[60_000],
        ..plain(
            "wpa-ssid-disabled",
            Layer::Authenticate,
            &[0, 10_000, 30_000, 60_000],
            None,
            Provenance::Published,
            "wpa_supplicant logs in public threads: 10, 20, 30, then 60 s",
        )
    },
];

/// The schedule of an id.
pub fn find(id: &str) -> Option<&'static Schedule> {
    SCHEDULES.iter().find(|schedule| schedule.id == id)
}

/// One transmission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transmission {
    /// Microseconds since the first.
    pub at_us: u64,
    /// Server asked.
    pub server: u8,
}

impl Schedule {
    /// Latest end of an attempt in microseconds; `None`: it never ends.
    pub fn give_up_us(&self) -> Option<u64> {
        let nominal = self.give_up_ms?;
        let latest = self
            .give_up_seen_ms
            .map_or(nominal, |seen| seen.max(nominal));
        Some(u64::from(latest) * 1_000)
    }

    /// Number of servers that it asks.
    pub fn server_count(&self) -> u8 {
        self.servers
            .iter()
            .copied()
            .max()
            .map_or(1, |last| last + 1)
    }

    /// Its transmissions in order; `uniform` draws from 0 up to, but not, 1.
    pub fn transmissions<U: FnMut() -> f64>(&self, uniform: U) -> Transmissions<U> {
        Transmissions {
            schedule: *self,
            index: 0,
            at_us: 0,
            uniform,
        }
    }

    /// Nominal gap in milliseconds before the transmission of this index; `None`: there is none.
    fn gap_ms(&self, index: usize) -> Option<u32> {
        let time = |index: usize| self.times_ms.get(index).copied();
        let Some(at) = time(index) else {
            let past = index.checked_sub(self.times_ms.len())?;
            let place = past.checked_rem(self.then_gaps_ms.len())?;
            return self.then_gaps_ms.get(place).copied();
        };
        Some(
            index
                .checked_sub(1)
                .and_then(time)
                .map_or(at, |last| at - last),
        )
    }
}

/// The transmissions of one attempt.
#[derive(Debug, Clone)]
pub struct Transmissions<U> {
    /// The schedule.
    schedule: Schedule,
    /// Index of the next one.
    index: usize,
    /// Time of the last one.
    at_us: u64,
    /// Source of what is random.
    uniform: U,
}

impl<U: FnMut() -> f64> Iterator for Transmissions<U> {
    type Item = Transmission;

    fn next(&mut self) -> Option<Transmission> {
        let gap = u64::from(self.schedule.gap_ms(self.index)?) * 1_000;
        let gap = match self.schedule.spread {
            Spread::FirstGapEarly(most_ms) if self.index == 1 => {
                gap.saturating_sub(scaled(most_ms, (self.uniform)()))
            }
            Spread::EachGapAround(most_ms) if self.index > 0 => (gap
                + scaled(2 * most_ms, (self.uniform)()))
            .saturating_sub(u64::from(most_ms) * 1_000),
            Spread::None | Spread::FirstGapEarly(_) | Spread::EachGapAround(_) | Spread::OneRun => {
                gap
            }
        };
        self.at_us += gap;
        let place = self.index.checked_rem(self.schedule.servers.len());
        let server = place.and_then(|place| self.schedule.servers.get(place));
        self.index += 1;
        Some(Transmission {
            at_us: self.at_us,
            server: server.copied().unwrap_or(0),
        })
    }
}

/// A share of so many milliseconds, in microseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a u32 of milliseconds, never negative"
)]
fn scaled(most_ms: u32, share: f64) -> u64 {
    (f64::from(most_ms) * 1_000.0 * share) as u64
}

#[cfg(test)]
mod tests;
