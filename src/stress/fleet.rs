//! A fleet: pump groups and the servers that they meet.

use super::number::float;
use super::pump::PumpClass;

/// Pumps of one class that are disturbed alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Id.
    pub id: String,
    /// Class.
    pub class: PumpClass,
    /// Number of pumps.
    pub count: u32,
}

/// What happens to work whose client has given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discipline {
    /// It is done in order all the same.
    Fifo,
    /// Whoever came last is served first, the absent too.
    Lifo,
    /// It is skipped.
    CancelOnDisconnect,
}

/// A server.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// Workers.
    pub workers: u32,
    /// Seconds of work for a request.
    pub service_s: f64,
    /// Seconds of work for a message that a pump sends when it is back; 0 where nobody says it.
    pub message_s: f64,
    /// Whether service times are exponential instead of fixed.
    pub exponential: bool,
    /// Requests that wait at most; more are dropped in silence; `None`: any number.
    pub backlog: Option<u32>,
    /// What happens to abandoned work.
    pub discipline: Discipline,
    /// Requests admitted a second and at once; `None`: any number.
    pub tokens: Option<(f64, f64)>,
    /// Seconds after which the client side gives up a request.
    pub timeout_s: f64,
    /// Where these numbers are known from.
    pub source: String,
}

impl Server {
    /// A first-in-first-out server with fixed service times.
    pub fn new(workers: u32, service_s: f64, backlog: Option<u32>, timeout_s: f64) -> Self {
        Self {
            workers,
            service_s,
            message_s: 0.0,
            exponential: false,
            backlog,
            discipline: Discipline::Fifo,
            tokens: None,
            timeout_s,
            source: "assumed".to_owned(),
        }
    }

    /// Requests a second that it can serve; a rate limit may be lower.
    pub fn rate(&self) -> f64 {
        let work = float(u64::from(self.workers)) / self.service_s.max(1e-9);
        self.tokens.map_or(work, |(rate, _)| work.min(rate))
    }
}

/// Pumps and servers.
#[derive(Debug, Clone, PartialEq)]
pub struct Fleet {
    /// Groups.
    pub groups: Vec<Group>,
    /// Pump gateway.
    pub gateway: Server,
    /// RADIUS.
    pub radius: Server,
    /// Requests that may be outstanding at RADIUS: 256 for each source port (RFC 2865).
    pub radius_ids: u32,
    /// DHCP.
    pub dhcp: Server,
    /// Each name server.
    pub dns: Server,
    /// Wireless or access controller.
    pub access: Server,
    /// Seconds of a round trip.
    pub round_trip_s: f64,
    /// Seconds between re-authentications.
    pub reauthentication_s: f64,
    /// Seconds of a lease.
    pub lease_s: f64,
}

/// Seconds after which a pump's switch or controller asks RADIUS again (Cisco IOS
/// `radius-server timeout`, Security Command Reference: 5 s).
pub const RADIUS_AGAIN_S: f64 = 5.0;

/// Length of a lease that no file tells, in seconds: assumed.
pub const LEASE_S: f64 = 28_800.0;

/// Identifiers for outstanding requests at one source port (RFC 2865 section 3).
pub const RADIUS_IDS: u32 = 256;

impl Fleet {
    /// Groups with the default servers, all assumed: gateway 100 handshakes/s with a backlog of
    /// 128, RADIUS 40/s (published ones reach 10 to 300) given up after 30 s, DHCP 100/s, DNS
    /// 5,000/s; re-authentication every 30 min, leases of 8 h, round trips of 2 ms.
    pub fn with_default_servers(groups: Vec<Group>) -> Self {
        Self {
            groups,
            gateway: Server::new(4, 0.04, Some(128), 10.0),
            radius: Server::new(1, 0.025, None, 30.0),
            radius_ids: 64 * RADIUS_IDS,
            dhcp: Server::new(1, 0.01, None, 60.0),
            dns: Server::new(1, 0.000_2, None, 5.0),
            access: Server::new(1, 0.000_1, None, 10.0),
            round_trip_s: 0.002,
            reauthentication_s: 1_800.0,
            lease_s: LEASE_S,
        }
    }

    /// Number of pumps.
    pub fn pumps(&self) -> u64 {
        self.groups.iter().map(|group| u64::from(group.count)).sum()
    }
}
