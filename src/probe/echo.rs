//! The one socket of all echo requests, and the thread that receives for all.
//!
//! One socket for all targets: a raw socket for each receives every reply, which costs
//! milliseconds of false delay with many of them. Replies are told apart by sequence number; the
//! kernel sets the identifier of an unprivileged socket and hands it only its own replies; where that
//! is not allowed, a raw socket serves the privileged.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::stamp::{self, Arrived, Sent};
use crate::net::registry;
use crate::probe::{Reply, Source};
use crate::wire::observation::Outcome;

/// Data after the header: as `ping` sends, and says what it is.
const DATA: &[u8; 56] = b"pump-preflight probe, see site file of the hospital ----";
/// Bytes before the data: type, code, checksum, identifier, sequence (RFC 792).
const HEADER_BYTES: usize = 8;
/// Identifier on a raw socket, which gets every reply; the data and the sequence number tell ours.
const IDENTIFIER: u16 = 0x7066;
/// Longest time until the receiving thread sees that it is not needed any more.
const LOOK: Duration = Duration::from_millis(50);

/// An echo request without checksum, identifier and sequence number, which sending fills in.
pub(super) fn request() -> Vec<u8> {
    let mut packet = vec![0; HEADER_BYTES];
    if let Some(first) = packet.first_mut() {
        *first = registry::ICMP_ECHO_REQUEST;
    }
    packet.extend_from_slice(DATA);
    packet
}

/// Who waits for which sequence number, on which address.
type Waiting = Mutex<BTreeMap<u16, (Ipv4Addr, SyncSender<Arrived>)>>;

/// The one socket and the thread that receives for all.
#[derive(Debug)]
pub(super) struct EchoSocket {
    /// For sending.
    socket: Socket,
    /// Next sequence number.
    sequence: AtomicU16,
    /// Who waits.
    waiting: Arc<Waiting>,
    /// Set when nobody will wait any more.
    done: Arc<AtomicBool>,
    /// The receiving thread.
    receiver: Option<JoinHandle<()>>,
}

impl EchoSocket {
    /// Opens the socket and starts receiving.
    pub(super) fn open(source: Option<&Source>) -> std::io::Result<Self> {
        let protocol = Some(Protocol::ICMPV4);
        // Who may not send echo requests like anybody may be one who may send raw packets.
        let socket = match Socket::new(Domain::IPV4, Type::DGRAM, protocol) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Socket::new(Domain::IPV4, Type::RAW, protocol).map_err(|_| error)?
            }
            socket => socket?,
        };
        if let Some(source) = source {
            source.bind(&socket, 0)?;
        }
        socket.set_read_timeout(Some(LOOK))?;
        stamp::enable(&socket);
        let waiting: Arc<Waiting> = Arc::default();
        let done = Arc::new(AtomicBool::new(false));
        let receiver = {
            let (socket, waiting, done) =
                (socket.try_clone()?, Arc::clone(&waiting), Arc::clone(&done));
            thread::spawn(move || receive(&socket, &waiting, &done))
        };
        Ok(Self {
            socket,
            sequence: AtomicU16::new(0),
            waiting,
            done,
            receiver: Some(receiver),
        })
    }

    /// Sends one request and waits for its reply.
    pub(super) fn echo(&self, address: Ipv4Addr, packet: &[u8], timeout: Duration) -> Reply {
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let mut packet = packet.to_vec();
        if let Some(field) = packet.get_mut(6..HEADER_BYTES) {
            field.copy_from_slice(&sequence.to_be_bytes());
        }
        // The kernel replaces it where the socket is not raw.
        if let Some(field) = packet.get_mut(4..6) {
            field.copy_from_slice(&IDENTIFIER.to_be_bytes());
        }
        let sum = checksum(&packet);
        if let Some(field) = packet.get_mut(2..4) {
            field.copy_from_slice(&sum.to_be_bytes());
        }
        let (sender, arrival) = mpsc::sync_channel(1);
        self.lock().insert(sequence, (address, sender));
        let start = Sent::now();
        let sent = self
            .socket
            .send_to(&packet, &SocketAddr::from((address, 0)).into());
        let reply = match sent {
            Err(error) => Reply::failure(Outcome::NotSent, Some(error.to_string())),
            Ok(_) => match arrival.recv_timeout(timeout) {
                Ok(arrived) => Reply {
                    outcome: Outcome::Answer,
                    bytes: packet.clone(),
                    elapsed: Some(start.until(&arrived)),
                    detail: None,
                },
                Err(RecvTimeoutError::Timeout) => Reply::failure(Outcome::Timeout, None),
                Err(RecvTimeoutError::Disconnected) => Reply::failure(
                    Outcome::NotSent,
                    Some("the receiving thread ended".to_owned()),
                ),
            },
        };
        self.lock().remove(&sequence);
        reply
    }

    /// Who waits.
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u16, (Ipv4Addr, SyncSender<Arrived>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for EchoSocket {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(receiver) = self.receiver.take() {
            // A panic of the thread has nothing left to harm.
            let _ = receiver.join();
        }
    }
}

/// Hands each reply to who waits for it.
fn receive(socket: &Socket, waiting: &Waiting, done: &AtomicBool) {
    let mut buffer = [0; 2048];
    while !done.load(Ordering::Relaxed) {
        let (length, arrived) = match stamp::receive(socket, &mut buffer) {
            Ok(received) => received,
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                ) =>
            {
                continue;
            }
            Err(_) => return,
        };
        let Some(sequence) = buffer.get(..length).and_then(reply_sequence) else {
            continue;
        };
        let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sender)) = waiting.get(&sequence) {
            // A second reply to one request finds the place taken.
            let _ = sender.try_send(arrived);
        }
    }
}

/// The sequence number of an echo reply of ours.
///
/// Linux hands over the ICMP message, macOS the IP header before it (version 4 in the first four
/// bits, which no ICMP type of an echo has).
fn reply_sequence(packet: &[u8]) -> Option<u16> {
    let first = *packet.first()?;
    let message = if first >> 4 == 4 {
        packet.get(usize::from(first & 0x0F) * 4..)?
    } else {
        packet
    };
    let data = message.get(HEADER_BYTES..)?;
    if message.first() != Some(&registry::ICMP_ECHO_REPLY) || data != DATA.as_slice() {
        return None;
    }
    let bytes: [u8; 2] = message.get(6..HEADER_BYTES)?.try_into().ok()?;
    Some(u16::from_be_bytes(bytes))
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|pair| {
            let high = pair.first().copied().unwrap_or(0);
            let low = pair.get(1).copied().unwrap_or(0);
            u32::from(u16::from_be_bytes([high, low]))
        })
        .sum();
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    u16::try_from(sum).map_or(0, |sum| !sum)
}

#[cfg(test)]
mod tests {
    use super::{DATA, checksum, reply_sequence};

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // RFC 1071 §3: the sum of these bytes is ddf2.
        let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(checksum(&bytes), !0xddf2);
    }

    #[test]
    fn only_our_own_replies_count() {
        let mut packet = vec![0, 0, 0, 0, 0, 0, 1, 2];
        packet.extend_from_slice(DATA);
        assert_eq!(reply_sequence(&packet), Some(0x0102));
        packet[0] = 8;
        assert_eq!(reply_sequence(&packet), None);
        assert_eq!(reply_sequence(&[0, 0, 0]), None);
    }
}
