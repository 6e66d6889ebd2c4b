//! Pump classes: what is assumed of a pump's inside, every number an interval with its source.
//!
//! Nothing public gives a pump's processor, tasks, timers, watchdog or retry policy: every scalar is
//! drawn from its interval, and every unknown of the architecture is a branch of its own that is
//! never averaged with another.

use crate::client::back_off::BackOff;
use crate::client::schedule::{self, Provenance, Schedule};

use super::number::{exp, ln};
use super::random::Stream;

/// How a number is drawn from its interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// Evenly over the logarithm.
    LogUniform,
    /// Triangle with its peak at the mode.
    Triangular,
    /// Always the mode.
    Fixed,
}

/// A number about a pump.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// Lowest.
    pub lo: f64,
    /// Likeliest.
    pub mode: f64,
    /// Highest.
    pub hi: f64,
    /// How it is drawn.
    pub distribution: Distribution,
    /// How it is known.
    pub label: Provenance,
    /// Where it is known from.
    pub source: String,
}

impl Scalar {
    /// A number that is known.
    pub fn known(value: f64, label: Provenance, source: &str) -> Self {
        Self {
            lo: value,
            mode: value,
            hi: value,
            distribution: Distribution::Fixed,
            label,
            source: source.to_owned(),
        }
    }

    /// The value at a share of the distribution, 0 up to 1.
    pub fn at(&self, share: f64) -> f64 {
        match self.distribution {
            Distribution::Fixed => self.mode,
            Distribution::LogUniform if self.lo > 0.0 => {
                let (low, high) = (ln(self.lo), ln(self.hi));
                exp(low + share * (high - low))
            }
            Distribution::LogUniform | Distribution::Triangular => {
                let width = self.hi - self.lo;
                if width <= 0.0 {
                    return self.mode;
                }
                let peak = (self.mode - self.lo) / width;
                if share < peak {
                    self.lo + width * (share * peak).sqrt()
                } else {
                    self.hi - width * ((1.0 - share) * (1.0 - peak)).sqrt()
                }
            }
        }
    }
}

/// The numbers of a pump class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parameter {
    /// Share of the processor that work above communication takes.
    LoadAbove,
    /// Hardware watchdog.
    Watchdog,
    /// Share of the watchdog period in which a kick comes too early.
    WatchdogWindow,
    /// Period of the kick.
    Kick,
    /// Time in which the communication task must check in.
    CheckIn,
    /// Cost of a DNS query.
    DnsQuery,
    /// Cost of transmitting a SYN.
    Syn,
    /// Cost of cleaning up after a failed connection.
    ConnectFail,
    /// Cost of a full TLS handshake.
    TlsFull,
    /// Cost of a TLS handshake that fails at the certificate.
    TlsFail,
    /// Cost of a full EAP-TLS or PEAP authentication.
    EapFull,
    /// Cost of a fast re-authentication.
    EapFast,
    /// Cost of an authentication that fails.
    EapFail,
    /// Cost of a DHCP exchange.
    Dhcp,
    /// Cost of a Wi-Fi scan.
    Scan,
    /// Cost of serializing a message.
    Message,
    /// Cost of a heartbeat.
    Heartbeat,
    /// Cost of a log write.
    LogWrite,
    /// Time to erase a flash block.
    Erase,
    /// Log writes per erased block.
    EraseEvery,
    /// Cost of a packet's interrupt.
    Interrupt,
    /// Memory for queued messages.
    Heap,
    /// Bytes of a queued message.
    MessageBytes,
    /// Bytes lost with each failed attempt.
    Leak,
    /// Period of the heartbeat.
    HeartbeatPeriod,
    /// Time without an answer until the session counts as lost.
    Detect,
    /// Period of status messages.
    StatusPeriod,
}

/// Number of parameters.
pub const PARAMETERS: usize = 27;

/// A parameter's name, unit, default interval and source.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// Which.
    pub parameter: Parameter,
    /// Name in scenario files and reports.
    pub name: &'static str,
    /// What it is, for a reader.
    pub meaning: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Lowest, likeliest, highest.
    pub interval: [f64; 3],
    /// How it is drawn.
    pub distribution: Distribution,
    /// How it is known.
    pub label: Provenance,
    /// Where it is known from.
    pub source: &'static str,
    /// The measurement that would settle it.
    pub settle: &'static str,
}

/// Source of what nobody publishes.
const NOBODY: &str = "no public source";
/// Source of the range of asymmetric cryptography on microcontrollers.
const CRYPTO: &str = "range of published handshake times on microcontrollers, 30 ms to 10 s";
/// How a cost on the pump's processor is settled.
const ASK_COST: &str = "ask the manufacturer, or measure on a bench pump without a patient: ping it \
                        while it reconnects and read the largest added latency";
/// How a watchdog or check-in time is settled.
const ASK_WATCHDOG: &str = "ask the manufacturer for watchdog and task supervision times";
/// How a time on the wire is settled.
const CAPTURE: &str = "capture one pump's traffic over an hour";
/// How memory is settled.
const ASK_MEMORY: &str = "ask the manufacturer for the size of the message queue and what happens \
                          when it is full";

/// Builds a row of [`DEFINITIONS`] that nobody publishes.
const fn assumed(
    parameter: Parameter,
    name: &'static str,
    meaning: &'static str,
    unit: &'static str,
    interval: [f64; 3],
    settle: &'static str,
) -> Definition {
    Definition {
        parameter,
        name,
        meaning,
        unit,
        interval,
        distribution: Distribution::LogUniform,
        label: Provenance::Assumed,
        source: NOBODY,
        settle,
    }
}

/// Every parameter in the order of [`Parameter`].
#[rustfmt::skip]
pub static DEFINITIONS: [Definition; PARAMETERS] = [
    Definition { distribution: Distribution::Triangular, ..assumed(Parameter::LoadAbove, "load-above", "processor share of work above communication", "share", [0.15, 0.30, 0.60], ASK_COST) },
    assumed(Parameter::Watchdog, "watchdog", "hardware watchdog period", "s", [0.25, 1.0, 4.0], ASK_WATCHDOG),
    Definition { distribution: Distribution::Triangular, ..assumed(Parameter::WatchdogWindow, "watchdog-window", "share of the watchdog period in which a kick is too early", "share", [0.0, 0.0, 0.5], ASK_WATCHDOG) },
    assumed(Parameter::Kick, "kick", "period of the watchdog kick", "s", [0.02, 0.1, 0.2], ASK_WATCHDOG),
    assumed(Parameter::CheckIn, "check-in", "time in which the communication task must check in", "s", [2.0, 10.0, 120.0], ASK_WATCHDOG),
    assumed(Parameter::DnsQuery, "dns-query", "cost of a DNS query", "s", [0.000_05, 0.000_3, 0.001], ASK_COST),
    assumed(Parameter::Syn, "syn", "cost of transmitting a SYN", "s", [0.000_1, 0.000_25, 0.005], ASK_COST),
    assumed(Parameter::ConnectFail, "connect-fail", "cost of cleaning up a failed connection", "s", [0.000_1, 0.000_5, 0.005], ASK_COST),
    Definition { label: Provenance::Published, source: CRYPTO, ..assumed(Parameter::TlsFull, "tls-full", "cost of a full TLS handshake", "s", [0.03, 0.25, 10.0], ASK_COST) },
    assumed(Parameter::TlsFail, "tls-fail", "cost of a TLS handshake that fails at the certificate", "s", [0.015, 0.12, 5.0], ASK_COST),
    Definition { label: Provenance::Published, source: CRYPTO, ..assumed(Parameter::EapFull, "eap-full", "cost of a full EAP authentication", "s", [0.03, 0.35, 10.0], ASK_COST) },
    assumed(Parameter::EapFast, "eap-fast", "cost of a fast re-authentication", "s", [0.002, 0.02, 0.2], ASK_COST),
    assumed(Parameter::EapFail, "eap-fail", "cost of an authentication that fails", "s", [0.015, 0.15, 5.0], ASK_COST),
    assumed(Parameter::Dhcp, "dhcp", "cost of a DHCP exchange", "s", [0.000_3, 0.001_5, 0.007_5], ASK_COST),
    assumed(Parameter::Scan, "scan", "cost of a Wi-Fi scan", "s", [0.004, 0.02, 0.1], ASK_COST),
    assumed(Parameter::Message, "message", "cost of serializing a message", "s", [0.000_3, 0.003, 0.01], ASK_COST),
    assumed(Parameter::Heartbeat, "heartbeat", "cost of a heartbeat", "s", [0.000_15, 0.001_5, 0.01], ASK_COST),
    assumed(Parameter::LogWrite, "log-write", "cost of a log write", "s", [0.001, 0.006, 0.02], ASK_COST),
    assumed(Parameter::Erase, "erase", "time to erase a flash block", "s", [0.02, 0.06, 0.4], "read the data sheet of the pump's flash memory"),
    Definition { distribution: Distribution::Fixed, ..assumed(Parameter::EraseEvery, "erase-every", "log writes per erased block", "1", [64.0, 64.0, 64.0], "read the data sheet of the pump's flash memory") },
    assumed(Parameter::Interrupt, "interrupt", "cost of a packet's interrupt", "s", [0.000_005, 0.000_04, 0.000_2], ASK_COST),
    assumed(Parameter::Heap, "heap", "memory for queued messages", "B", [16_384.0, 131_072.0, 4_194_304.0], ASK_MEMORY),
    assumed(Parameter::MessageBytes, "message-bytes", "bytes of a queued message", "B", [100.0, 512.0, 2_000.0], CAPTURE),
    Definition { distribution: Distribution::Fixed, ..assumed(Parameter::Leak, "leak", "bytes lost with each failed attempt", "B", [0.0, 0.0, 0.0], ASK_MEMORY) },
    assumed(Parameter::HeartbeatPeriod, "heartbeat-period", "period of the heartbeat", "s", [1.0, 10.0, 60.0], CAPTURE),
    assumed(Parameter::Detect, "detect", "time without an answer until the session counts as lost", "s", [10.0, 30.0, 60.0], CAPTURE),
    assumed(Parameter::StatusPeriod, "status-period", "period of status messages", "s", [1.0, 15.0, 60.0], CAPTURE),
];

impl Parameter {
    /// Its row.
    pub fn definition(self) -> &'static Definition {
        static FIRST: &Definition = &DEFINITIONS[0];
        DEFINITIONS.get(self as usize).unwrap_or(FIRST)
    }

    /// The parameter of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        DEFINITIONS
            .iter()
            .find(|row| row.name == name)
            .map(|row| row.parameter)
    }
}

/// One value for each parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw(pub [f64; PARAMETERS]);

impl Draw {
    /// A parameter's value.
    pub fn value(&self, parameter: Parameter) -> f64 {
        self.0.get(parameter as usize).copied().unwrap_or(0.0)
    }

    /// Margin of the kick after one that came so much later than its period: with a window it must
    /// not come before the window's lower edge; below 0 it does.
    pub(super) fn early_margin(&self, delay_s: f64) -> f64 {
        let edge = self.value(Parameter::WatchdogWindow) * self.value(Parameter::Watchdog);
        if edge <= 0.0 {
            return 1.0;
        }
        ((self.value(Parameter::Kick) - delay_s).max(0.0) / edge - 1.0).min(1.0)
    }

    /// The same with another value for one parameter.
    #[must_use]
    pub fn with(mut self, parameter: Parameter, value: f64) -> Self {
        if let Some(place) = self.0.get_mut(parameter as usize) {
            *place = value;
        }
        self
    }
}

/// How a pump's network stack and program retry; one branch of what is unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stack {
    /// Name in reports.
    pub id: &'static str,
    /// Names.
    pub dns: &'static Schedule,
    /// TCP handshakes.
    pub syn: &'static Schedule,
    /// Leases.
    pub dhcp: &'static Schedule,
    /// Authentication after a failure.
    pub eap: &'static Schedule,
}

/// Every stack with one name server and with two or more.
static STACKS: &[(&str, [&str; 3], &str, &str)] = &[
    (
        "lwip",
        ["lwip-dns-1", "lwip-dns-2", "lwip-dns-2"],
        "lwip-syn",
        "lwip-dhcp",
    ),
    (
        "linux",
        ["glibc-dns-1", "glibc-dns-2", "glibc-dns-2"],
        "linux-syn-linear4",
        "busybox-udhcpc",
    ),
    (
        "linux-before-6.5",
        ["glibc-dns-1", "glibc-dns-2", "glibc-dns-2"],
        "linux-syn-linear0",
        "isc-dhclient",
    ),
    (
        "freertos-tcp",
        ["freertos-dns", "freertos-dns", "freertos-dns"],
        "freertos-syn",
        "freertos-dhcp",
    ),
];

impl Stack {
    /// The stack of a name with a number of name servers.
    pub fn find(id: &str, name_servers: usize) -> Option<Self> {
        let (id, dns, syn, dhcp) = STACKS.iter().find(|row| row.0 == id)?;
        let dns = dns.get(name_servers.clamp(1, 3) - 1)?;
        Some(Self {
            id,
            dns: schedule::find(dns)?,
            syn: schedule::find(syn)?,
            dhcp: schedule::find(dhcp)?,
            eap: schedule::find("wpa-untrusted-cert")?,
        })
    }

    /// Every stack, for pumps whose stack is unknown.
    pub fn all(name_servers: usize) -> Vec<Self> {
        STACKS
            .iter()
            .filter_map(|row| Self::find(row.0, name_servers))
            .collect()
    }
}

/// What is unknown of a pump's architecture; `None` is both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Architecture {
    /// Erasing flash or another section cannot be preempted.
    pub nonpreemptive: Option<bool>,
    /// Communication runs at or above the priority of the task that kicks the watchdog.
    pub starves_kick: Option<bool>,
    /// The communication task is supervised and makes blocking calls.
    pub supervised_blocking: Option<bool>,
    /// Messages are queued without a bound, and exhausted memory resets the pump.
    pub unbounded_queue: Option<bool>,
    /// Communication has a processor of its own.
    pub separate_processor: Option<bool>,
}

/// One way in which a watchdog trips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// A section that cannot be preempted delays the kick.
    H1,
    /// Communication work starves the kick.
    H2,
    /// A blocking call keeps a supervised task from checking in.
    H3,
    /// Memory runs out.
    H4,
}

impl Mechanism {
    /// All four.
    pub const ALL: [Self; 4] = [Self::H1, Self::H2, Self::H3, Self::H4];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::H1 => "non-preemptive-section",
            Self::H2 => "starved-kick",
            Self::H3 => "blocking-call",
            Self::H4 => "exhausted-memory",
        }
    }

    /// The branch in which it can trip, a sentence's end.
    pub fn branch(self) -> &'static str {
        match self {
            Self::H1 => "if a flash erase cannot be preempted",
            Self::H2 => "if communication runs at or above the priority of the watchdog kick",
            Self::H3 => "if the communication task is supervised and makes blocking calls",
            Self::H4 => "if messages are queued without bound and exhausted memory resets the pump",
        }
    }

    /// The parameter that limits it.
    pub fn limit(self) -> Parameter {
        match self {
            Self::H1 | Self::H2 => Parameter::Watchdog,
            Self::H3 => Parameter::CheckIn,
            Self::H4 => Parameter::Heap,
        }
    }

    /// The question that decides whether the branch holds.
    pub fn question(self) -> &'static str {
        match self {
            Self::H1 => "can erasing flash memory delay the watchdog kick",
            Self::H2 => "does network work run below the task that kicks the watchdog",
            Self::H3 => "is the network task supervised, and do its calls block",
            Self::H4 => "is the message queue bounded, and what happens when memory runs out",
        }
    }
}

impl Architecture {
    /// Whether a mechanism's branch is not excluded.
    pub fn admits(&self, mechanism: Mechanism) -> bool {
        let own = match mechanism {
            Mechanism::H1 => self.nonpreemptive,
            Mechanism::H2 => self.starves_kick,
            Mechanism::H3 => self.supervised_blocking,
            Mechanism::H4 => self.unbounded_queue,
        };
        // A processor of its own takes its load away from the therapy's watchdog, not its memory
        // or its task supervision.
        let apart = self.separate_processor == Some(true)
            && matches!(mechanism, Mechanism::H1 | Mechanism::H2);
        own != Some(false) && !apart
    }
}

/// Pumps that are alike.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent fact of a class"
)]
pub struct PumpClass {
    /// Id, shown in reports.
    pub id: String,
    /// Numbers in the order of [`Parameter`].
    pub scalars: Vec<Scalar>,
    /// Architecture.
    pub architecture: Architecture,
    /// Stacks that are possible; each a branch.
    pub stacks: Vec<Stack>,
    /// How its program waits between attempts.
    pub back_off: BackOff,
    /// Whether the wait is known to have a floor.
    pub back_off_known: bool,
    /// After what the waits begin anew; `None`: nobody says.
    pub resets: Option<Resets>,
    /// Longest wait for TLS in seconds; `None`: for ever, as in common stacks.
    pub tls_timeout_s: Option<f64>,
    /// Whether it authenticates to the network.
    pub uses_eap: bool,
    /// Whether it asks DHCP for its address.
    pub uses_dhcp: bool,
    /// Whether it resolves the gateway's name with each attempt.
    pub uses_dns: bool,
}

/// After what a program's waits begin anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resets {
    /// A connection is made, whatever becomes of TLS.
    Connection,
    /// A session is there.
    Session,
}

impl Resets {
    /// The rule of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "connection" => Some(Self::Connection),
            "session" => Some(Self::Session),
            _ => None,
        }
    }
}

impl PumpClass {
    /// Mean wait of those who give up a handshake: of the first waits, unless it is known that they
    /// grow until a session is there.
    pub fn mean_wait_s(&self) -> f64 {
        match self.resets {
            Some(Resets::Session) => self.back_off.mean_s(),
            Some(Resets::Connection) | None => self.back_off.first_mean_s(),
        }
    }

    /// A pump of which nothing is known: lwIP first, the same wait of 5 s, no TLS timeout.
    pub fn unknown(id: &str, name_servers: usize) -> Self {
        Self {
            id: id.to_owned(),
            scalars: DEFINITIONS
                .iter()
                .map(|row| {
                    let [lo, mode, hi] = row.interval;
                    let source = row.source.to_owned();
                    Scalar {
                        lo,
                        mode,
                        hi,
                        distribution: row.distribution,
                        label: row.label,
                        source,
                    }
                })
                .collect(),
            architecture: Architecture::default(),
            stacks: Stack::all(name_servers),
            back_off: BackOff::fixed(5.0),
            back_off_known: false,
            resets: None,
            tls_timeout_s: None,
            uses_eap: true,
            uses_dhcp: true,
            uses_dns: true,
        }
    }

    /// Sets a parameter.
    pub fn set(&mut self, parameter: Parameter, scalar: Scalar) {
        if let Some(place) = self.scalars.get_mut(parameter as usize) {
            *place = scalar;
        }
    }

    /// A parameter.
    pub fn scalar(&self, parameter: Parameter) -> Option<&Scalar> {
        self.scalars.get(parameter as usize)
    }

    /// The likeliest value of every parameter.
    pub fn modes(&self) -> Draw {
        let mut draw = Draw([0.0; PARAMETERS]);
        for (place, scalar) in draw.0.iter_mut().zip(&self.scalars) {
            *place = scalar.mode;
        }
        if !self.has_window() {
            draw = draw.with(Parameter::WatchdogWindow, 0.0);
        }
        draw
    }

    /// Random values of every parameter.
    pub(super) fn draw(&self, stream: &mut Stream) -> Draw {
        let mut draw = Draw([0.0; PARAMETERS]);
        for (place, scalar) in draw.0.iter_mut().zip(&self.scalars) {
            *place = scalar.at(stream.uniform());
        }
        // With a window that somebody only assumes, ordinary days would trip nearly every draw: it
        // counts where it is known.
        if !self.has_window() {
            draw = draw.with(Parameter::WatchdogWindow, 0.0);
        }
        draw
    }

    /// Whether the watchdog is known to take kicks for too early.
    pub(super) fn has_window(&self) -> bool {
        self.scalar(Parameter::WatchdogWindow)
            .is_some_and(|window| window.label < Provenance::Recalled && window.hi > 0.0)
    }

    /// Whether every parameter that bears on a mechanism is measured or published.
    pub fn is_assumed(&self) -> bool {
        self.scalars
            .iter()
            .any(|scalar| scalar.label >= Provenance::Recalled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stress::random::Purpose;

    #[test]
    fn definitions_stand_in_the_order_of_parameters() {
        for (index, row) in DEFINITIONS.iter().enumerate() {
            assert_eq!(row.parameter as usize, index, "{}", row.name);
            assert_eq!(Parameter::from_name(row.name), Some(row.parameter));
        }
    }

    #[test]
    fn draws_stay_within_their_intervals() {
        let class = PumpClass::unknown("any", 2);
        let mut stream = Stream::new(1, 0, 0, Purpose::Parameter);
        for _ in 0..500 {
            let draw = class.draw(&mut stream);
            for (value, scalar) in draw.0.iter().zip(&class.scalars) {
                let slack = 1e-12 * scalar.hi;
                assert!(*value >= scalar.lo - slack && *value <= scalar.hi + slack);
            }
        }
    }

    #[test]
    fn a_processor_of_its_own_leaves_blocking_and_memory() {
        let apart = Architecture {
            separate_processor: Some(true),
            ..Architecture::default()
        };
        let admitted: Vec<Mechanism> = Mechanism::ALL
            .into_iter()
            .filter(|mechanism| apart.admits(*mechanism))
            .collect();
        assert_eq!(admitted, [Mechanism::H3, Mechanism::H4]);
    }
}
