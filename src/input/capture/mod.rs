//! Captured traffic: what clients ask for and how they are answered.
//!
//! Reads pcap and pcapng as a stream, so that a capture may be larger than memory; of each packet
//! only the messages are kept that say when a client tried something and what came of it. A packet
//! that cannot be read is counted under its reason, never dropped silently.

mod file;
mod frame;
mod message;

use std::collections::BTreeMap;
use std::path::Path;

use crate::input::Error;

pub use message::{Endpoint, Lease, Message, MessageKind, Question, TcpEvent};

use message::Reader;

/// Most messages that are kept; a capture with more is to be filtered first.
const MOST_MESSAGES: usize = 4_000_000;
/// Microseconds within which the same message is one packet captured twice: no client sends again
/// that soon, mirror ports and `any` interfaces do it.
const TWICE_US: u64 = 1_000;

/// A capture's messages in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Capture {
    /// The file as it was named.
    pub file: String,
    /// Its SHA-256 in hexadecimal.
    pub digest: String,
    /// Packets in it.
    pub packets: u64,
    /// Time of the first packet in microseconds since 1970.
    pub from_us: u64,
    /// Time of the last.
    pub to_us: u64,
    /// Messages in the order of time; times count from the first packet.
    pub messages: Vec<Message>,
    /// What was not read, and why.
    pub notes: Vec<String>,
}

/// Reads a capture; `go_on` is asked now and then whether to go on.
pub fn load_capture(path: &Path, go_on: &dyn Fn() -> bool) -> Result<Capture, Error> {
    let mut reader = Reader::default();
    let mut packets = 0_u64;
    let mut span: Option<(u64, u64)> = None;
    let end = file::read(path, &mut |packet| {
        packets += 1;
        let (first, last) = span.unwrap_or((packet.at_us, packet.at_us));
        span = Some((first.min(packet.at_us), last.max(packet.at_us)));
        reader.read(&packet);
        if reader.messages.len() > MOST_MESSAGES {
            return Err(Error::usage(
                format!(
                    "read `{}`: more than {MOST_MESSAGES} messages",
                    path.display()
                ),
                "leave only the pumps in it: `tcpdump -r FILE -w LESS net 10.20.0.0/16`",
            ));
        }
        if packets.is_multiple_of(4_096) && !go_on() {
            return Err(Error::Canceled);
        }
        Ok(())
    })?;
    let Some((from_us, to_us)) = span else {
        let why = end
            .first()
            .map_or(String::new(), |note| format!(": {note}"));
        return Err(refused(
            path,
            format!("it holds no packet{why}"),
            "capture while a pump tries to connect, and check the capture filter",
        ));
    };
    usable(path, packets, &reader)?;
    let mut notes = end;
    let messages = in_order(reader.messages, from_us, &mut notes);
    notes.extend(
        reader
            .unread
            .iter()
            .map(|(reason, count)| format!("{count} packets left out: {reason}")),
    );
    Ok(Capture {
        file: path.display().to_string(),
        digest: file::digest(path)?,
        packets,
        from_us,
        to_us,
        messages,
        notes,
    })
}

/// Whether anything was read, and anything asked.
fn usable(path: &Path, packets: u64, reader: &Reader) -> Result<(), Error> {
    if reader.read == 0 {
        let reasons: Vec<String> = reader.unread.keys().cloned().collect();
        return Err(refused(
            path,
            format!(
                "none of its {packets} packets can be read: {}",
                reasons.join(", ")
            ),
            "capture as Ethernet, at a wired port or behind the access point, where frames are not \
             encrypted",
        ));
    }
    if reader.messages.is_empty() {
        return Err(refused(
            path,
            format!(
                "none of its {packets} packets asks for a connection, a name, a lease or access"
            ),
            "capture while a pump tries to connect, and check the capture filter",
        ));
    }
    Ok(())
}

/// Messages in the order of time, each once, with times from the first packet on.
fn in_order(mut messages: Vec<Message>, from_us: u64, notes: &mut Vec<String>) -> Vec<Message> {
    // What is told of a segment only when it is sent again comes late.
    messages.sort_by_key(|message| message.at_us);
    let all = messages.len();
    let mut messages = once(messages);
    if messages.len() < all {
        notes.push(format!(
            "{} packets captured twice count once",
            all - messages.len()
        ));
    }
    for message in &mut messages {
        message.at_us -= from_us;
    }
    messages
}

/// Leaves out what was captured twice.
fn once(messages: Vec<Message>) -> Vec<Message> {
    let mut last: BTreeMap<(Endpoint, Endpoint, MessageKind), u64> = BTreeMap::new();
    let mut out = Vec::with_capacity(messages.len());
    for message in messages {
        let key = (
            message.from.without_hardware(),
            message.to.without_hardware(),
            message.kind.clone(),
        );
        let seen = last.insert(key, message.at_us);
        if seen.is_none_or(|seen| message.at_us - seen > TWICE_US) {
            out.push(message);
        }
    }
    out
}

/// A capture that cannot be used.
fn refused(path: &Path, reason: String, help: &'static str) -> Error {
    Error::Capture {
        path: path.display().to_string(),
        reason,
        help,
    }
}
