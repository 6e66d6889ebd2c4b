//! Disturbances as segments: which service is how, for whom, from when to when, because of what.

/// Services that a pump meets on its way to its gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// The link: VLAN, wireless network, access point.
    Link,
    /// RADIUS.
    Radius,
    /// DHCP.
    Dhcp,
    /// The name server of this place in the pump's list.
    Dns(u8),
    /// The pump gateway.
    Gateway,
}

impl Service {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Radius => "radius",
            Self::Dhcp => "dhcp",
            Self::Dns(_) => "dns",
            Self::Gateway => "gateway",
        }
    }
}

/// What a pump sees of a service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum State {
    /// Silence.
    Drop,
    /// A refusal at once.
    Refuse,
    /// Accepted, acknowledged, never answered.
    Mute,
    /// Served this many times slower.
    Slow(f64),
    /// The name does not exist.
    NxDomain,
    /// The name server cannot answer.
    ServFail,
    /// The handshake fails at once.
    HandshakeFailure,
    /// Small packets pass, large ones vanish.
    MtuHole,
    /// Sessions that were open at its beginning are dropped in silence; new ones work.
    SessionsLost,
}

impl State {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Refuse => "refuse",
            Self::Mute => "mute",
            Self::Slow(_) => "slow",
            Self::NxDomain => "nxdomain",
            Self::ServFail => "servfail",
            Self::HandshakeFailure => "handshake-failure",
            Self::MtuHole => "mtu-hole",
            Self::SessionsLost => "sessions-lost",
        }
    }

    /// Whether a first packet gets no answer at all.
    pub fn is_silent(self) -> bool {
        match self {
            Self::Drop => true,
            Self::Refuse
            | Self::Mute
            | Self::Slow(_)
            | Self::NxDomain
            | Self::ServFail
            | Self::HandshakeFailure
            | Self::MtuHole
            | Self::SessionsLost => false,
        }
    }

    /// What it comes to at a service; `None`: nothing that the service's clients notice.
    pub(super) fn at(self, service: Service) -> Option<Self> {
        match (service, self) {
            (Service::Link, Self::Slow(_))
            | (
                Service::Link | Service::Radius | Service::Dhcp | Service::Dns(_),
                Self::SessionsLost,
            ) => None,
            (Service::Gateway, Self::NxDomain | Self::ServFail)
            | (Service::Radius, Self::Mute | Self::NxDomain | Self::ServFail | Self::MtuHole)
            | (Service::Dns(_), Self::Mute | Self::MtuHole) => Some(Self::Drop),
            (Service::Dhcp, Self::Slow(_))
            | (Service::Radius | Service::Dns(_) | Service::Gateway, _) => Some(self),
            (Service::Link | Service::Dhcp, _) => Some(Self::Drop),
        }
    }

    /// Whether a connection is made and then nothing more comes.
    pub fn is_mute(self) -> bool {
        matches!(self, Self::Mute | Self::MtuHole)
    }
}

/// One service in one state for some pumps and some time.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Service.
    pub service: Service,
    /// Pump groups by index into [`super::fleet::Fleet::groups`]; empty: all.
    pub groups: Vec<usize>,
    /// Begin in seconds.
    pub from_s: f64,
    /// Pumps notice it up to this much later, each at its own time.
    pub from_spread_s: f64,
    /// End in seconds; `None`: it lasts.
    pub to_s: Option<f64>,
    /// It ends for pumps up to this much later, each at its own time.
    pub to_spread_s: f64,
    /// What they see.
    pub state: State,
    /// Changed statement or event that causes it.
    pub cause: String,
}

impl Segment {
    /// A segment for all pumps without spread.
    pub fn new(
        service: Service,
        state: State,
        from_s: f64,
        to_s: Option<f64>,
        cause: &str,
    ) -> Self {
        Self {
            service,
            groups: Vec::new(),
            from_s,
            from_spread_s: 0.0,
            to_s,
            to_spread_s: 0.0,
            state,
            cause: cause.to_owned(),
        }
    }

    /// Whether it concerns a group.
    pub fn concerns(&self, group: usize) -> bool {
        self.groups.is_empty() || self.groups.contains(&group)
    }

    /// A link that goes down `times` times for `down_s`, every `period_s`.
    pub fn flap(from_s: f64, down_s: f64, period_s: f64, times: u32, cause: &str) -> Vec<Self> {
        (0..times)
            .map(|index| {
                let from = from_s + f64::from(index) * period_s;
                Self::new(Service::Link, State::Drop, from, Some(from + down_s), cause)
            })
            .collect()
    }
}
