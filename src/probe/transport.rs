//! Sockets: the only file that opens them for UDP and TCP, with the time each exchange took.
//!
//! Every exchange has its own connected socket, so the kernel reports a refused port and drops
//! what others send; nothing is retried, so a time is the time of one packet.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

use super::echo::EchoSocket;
use super::stamp::{self, Sent};
use crate::probe::{Question, Source, Target};
use crate::wire::observation::{Outcome, Sample};

/// Largest UDP payload (RFC 768: a 16-bit length with the header's 8 bytes, IPv4's 20 off it).
const LARGEST_DATAGRAM: usize = 65_507;

/// Clock and time limit of one run.
#[derive(Debug)]
pub struct Transport {
    /// When the run started, for times between packets.
    origin: Instant,
    /// When the run started, since 1970.
    unix: Duration,
    /// How long one answer is waited for.
    pub(super) timeout: Duration,
    /// From where packets leave; `None`: as the routes say.
    pub(super) source: Option<Source>,
    /// Set when nothing is worth waiting for any more.
    stopped: AtomicBool,
    /// The socket of all echo requests, opened at the first; or why it cannot be.
    pub(super) echo: OnceLock<Result<EchoSocket, String>>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// [`Outcome::Answer`] where `bytes` came; the probe looks into them.
    pub outcome: Outcome,
    /// The answer.
    pub bytes: Vec<u8>,
    /// Time from sending to the answer.
    pub elapsed: Option<Duration>,
    /// What was wrong.
    pub detail: Option<String>,
}

impl Reply {
    /// No answer, for this reason.
    pub fn failure(outcome: Outcome, detail: Option<String>) -> Self {
        Self {
            outcome,
            bytes: Vec::new(),
            elapsed: None,
            detail,
        }
    }

    /// The failure that an error of the operating system means, once a packet may have left.
    pub fn of_error(error: &std::io::Error) -> Self {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "the kinds of errors are an open list; an unforeseen one proves nothing"
        )]
        let outcome = match error.kind() {
            ErrorKind::ConnectionRefused => Outcome::RefusedPort,
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Outcome::Timeout,
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Outcome::Unreachable,
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => Outcome::Closed,
            _ => Outcome::NotSent,
        };
        let detail = (outcome == Outcome::NotSent).then(|| error.to_string());
        Self::failure(outcome, detail)
    }

    /// The sample without a look into the answer.
    pub fn sample(&self, question: &Question) -> Sample {
        Sample {
            question: question.text.clone(),
            outcome: self.outcome,
            at_us: 0,
            elapsed_us: self.elapsed.map(micros),
            sent_bytes: question.payload.len(),
            received_bytes: self.bytes.len(),
            detail: self.detail.clone(),
            answer: None,
        }
    }
}

impl Transport {
    /// A run that starts now; `unix` is the time since 1970 as the caller's clock says.
    pub fn start(unix: Duration, timeout: Duration) -> Self {
        Self {
            origin: instant(),
            unix,
            timeout,
            source: None,
            stopped: AtomicBool::new(false),
            echo: OnceLock::new(),
        }
    }

    /// The same with packets that leave from there.
    pub(super) fn from(self, source: Option<Source>) -> Self {
        Self { source, ..self }
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    /// The caller's clock: time since 1970.
    pub fn unix_now(&self) -> Duration {
        self.unix + self.origin.elapsed()
    }

    /// Ends what sleeps.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Sleeps so long; whether it was long enough.
    pub(super) fn sleep(&self, time: Duration) -> bool {
        /// Longest time between two looks at whether the run ends.
        const LOOK: Duration = Duration::from_millis(50);
        let start = instant();
        while !self.stopped.load(Ordering::Relaxed) {
            let left = time.saturating_sub(start.elapsed());
            if left.is_zero() {
                return true;
            }
            thread::sleep(left.min(LOOK));
        }
        false
    }

    /// The address that this host has towards a target; asking sends nothing.
    pub(super) fn own_address(&self, target: Ipv4Addr) -> std::io::Result<Ipv4Addr> {
        // Any port does: a datagram socket is connected without a packet (RFC 863 discards).
        match self.datagram_socket(0, (target, 9))?.local_addr()? {
            SocketAddr::V4(own) => Ok(*own.ip()),
            SocketAddr::V6(_) => Err(ErrorKind::AddrNotAvailable.into()),
        }
    }

    /// A datagram socket of one exchange with a port of its own, 0 for any; connecting sends nothing.
    pub(super) fn datagram_socket(
        &self,
        own_port: u16,
        to: (Ipv4Addr, u16),
    ) -> std::io::Result<UdpSocket> {
        let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
        match &self.source {
            Some(source) => source.bind(&socket, own_port)?,
            None if own_port > 0 => {
                let own = SocketAddr::from((self.own_address(to.0)?, own_port));
                socket.bind(&own.into())?;
            }
            None => {}
        }
        // Without it Linux keeps to itself that a router rejects what is sent (ip(7), `IP_RECVERR`);
        // where it cannot be asked for, a rejection is silence.
        #[cfg(target_os = "linux")]
        let _ =
            nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::Ipv4RecvErr, &true);
        socket.connect(&SocketAddr::from(to).into())?;
        Ok(socket.into())
    }

    /// Sends one datagram and waits for one that `is_answer` takes.
    pub fn udp(
        &self,
        target: &Target,
        port: u16,
        payload: &[u8],
        is_answer: &dyn Fn(&[u8]) -> bool,
    ) -> Reply {
        self.udp_from(target, 0, port, payload, is_answer)
    }

    /// The same from a port of this host, 0 for any.
    pub(super) fn udp_from(
        &self,
        target: &Target,
        own_port: u16,
        port: u16,
        payload: &[u8],
        is_answer: &dyn Fn(&[u8]) -> bool,
    ) -> Reply {
        let socket = self.datagram_socket(own_port, (target.address(), port));
        socket
            .map_err(|error| {
                let text = match own_port {
                    0 => error.to_string(),
                    own => format!("port {own} of this host: {error}"),
                };
                Reply::failure(Outcome::NotSent, Some(text))
            })
            .and_then(|socket| self.udp_exchange(&socket, payload, is_answer))
            .unwrap_or_else(|reply| reply)
    }

    /// As [`Transport::udp`], a failure as error.
    fn udp_exchange(
        &self,
        socket: &UdpSocket,
        payload: &[u8],
        is_answer: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Reply, Reply> {
        stamp::enable(socket);
        let sent = Sent::now();
        socket
            .send(payload)
            .map_err(|error| Reply::of_error(&error))?;
        let mut buffer = vec![0; LARGEST_DATAGRAM];
        loop {
            let left = self
                .timeout
                .checked_sub(sent.elapsed())
                .filter(|left| !left.is_zero())
                .ok_or_else(|| Reply::failure(Outcome::Timeout, None))?;
            socket
                .set_read_timeout(Some(left))
                .map_err(|error| Reply::failure(Outcome::NotSent, Some(error.to_string())))?;
            let (length, arrived) = match stamp::receive(socket, &mut buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Reply::of_error(&error)),
            };
            let elapsed = sent.until(&arrived);
            let bytes = buffer.get(..length).unwrap_or(&[]);
            if is_answer(bytes) {
                return Ok(Reply {
                    outcome: Outcome::Answer,
                    bytes: bytes.to_vec(),
                    elapsed: Some(elapsed),
                    detail: None,
                });
            }
        }
    }

    /// Opens a connection; the reply's time is that of the connection alone.
    pub fn connect(&self, target: &Target, port: u16) -> Result<(TcpStream, Duration), Reply> {
        let not_sent =
            |error: std::io::Error| Reply::failure(Outcome::NotSent, Some(error.to_string()));
        // A datagram socket is connected without a packet: it fails where this host has no route.
        self.own_address(target.address()).map_err(not_sent)?;
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP));
        let socket = socket.map_err(not_sent)?;
        if let Some(source) = &self.source {
            source.bind(&socket, 0).map_err(not_sent)?;
        }
        let server = SocketAddr::new(IpAddr::V4(target.address()), port);
        let start = instant();
        socket
            .connect_timeout(&server.into(), self.timeout)
            .map_err(|error| Reply::of_error(&error))?;
        let elapsed = start.elapsed();
        socket.set_tcp_nodelay(true).map_err(not_sent)?;
        Ok((socket.into(), elapsed))
    }

    /// One message over TCP, each with its length in two bytes before it (RFC 1035 §4.2.2).
    pub fn tcp_message(&self, target: &Target, port: u16, payload: &[u8]) -> Reply {
        self.tcp_exchange(target, port, payload)
            .unwrap_or_else(|reply| reply)
    }

    /// As [`Transport::tcp_message`], a failure as error.
    fn tcp_exchange(&self, target: &Target, port: u16, payload: &[u8]) -> Result<Reply, Reply> {
        let start = instant();
        let (stream, _) = self.connect(target, port)?;
        let mut stream = Timed::new(stream, self.timeout);
        let failed = |error: std::io::Error| Reply::of_error(&error);
        let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
        let mut message = length.to_be_bytes().to_vec();
        message.extend_from_slice(payload);
        stream.write_all(&message).map_err(failed)?;
        let mut length = [0; 2];
        stream.read_exact(&mut length).map_err(failed)?;
        let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut bytes).map_err(failed)?;
        Ok(Reply {
            outcome: Outcome::Answer,
            bytes,
            elapsed: Some(start.elapsed()),
            detail: None,
        })
    }
}

/// A connection whose reads and writes together end in time, however slowly bytes trickle.
#[derive(Debug)]
pub(super) struct Timed {
    /// The connection.
    stream: TcpStream,
    /// When the time began.
    start: Instant,
    /// How long it lasts.
    limit: Duration,
}

impl Timed {
    /// A connection that lasts so long from now.
    pub(super) fn new(stream: TcpStream, limit: Duration) -> Self {
        Self {
            stream,
            start: instant(),
            limit,
        }
    }

    /// Time since then.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// What is left of the time.
    fn left(&self) -> std::io::Result<Duration> {
        self.limit
            .checked_sub(self.start.elapsed())
            .filter(|left| !left.is_zero())
            .ok_or_else(|| ErrorKind::TimedOut.into())
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

/// The monotonic clock, for measuring only.
#[expect(
    clippy::disallowed_methods,
    reason = "times are what is measured; they decide nothing but the pace"
)]
pub(super) fn instant() -> Instant {
    Instant::now()
}

/// Whole microseconds.
pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
