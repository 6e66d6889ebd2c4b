//! The file formats of captures, pcap and pcapng, packet by packet.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use pcap_parser::pcapng::Block;
use pcap_parser::traits::PcapNGPacketBlock as _;
use pcap_parser::{PcapBlockOwned, PcapError, create_reader};
use sha2::{Digest as _, Sha256};

use super::refused;
use crate::input::Error;

/// Bytes of the reading window; a packet must fit into it.
const WINDOW: usize = 1 << 20;
/// First bytes of a gzip file (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// One packet as it stands in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a> {
    /// Microseconds since 1970.
    pub(super) at_us: u64,
    /// Link-layer type (<https://www.tcpdump.org/linktypes.html>).
    pub(super) link: i32,
    /// Its bytes, as many as were captured.
    pub(super) bytes: &'a [u8],
    /// Whether more bytes were on the wire.
    pub(super) cut: bool,
}

/// One interface of a pcapng section.
#[derive(Debug, Clone, Copy)]
struct Interface {
    /// Link-layer type.
    link: i32,
    /// Units of its clock in a second; `None`: not readable.
    per_second: Option<u64>,
    /// Seconds that its clock is off.
    offset_s: i64,
}

/// Shows every packet to `take`; what is left to say of the file comes back.
#[expect(clippy::disallowed_methods, reason = "input reads files")]
pub(super) fn read(
    path: &Path,
    take: &mut dyn FnMut(Packet<'_>) -> Result<(), Error>,
) -> Result<Vec<String>, Error> {
    let file = File::open(path).map_err(|source| Error::Read {
        path: path.to_path_buf(),
        source,
    })?;
    let mut reader = create_reader(WINDOW, file).map_err(|error| no_capture(path, &error))?;
    let mut state = State::default();
    loop {
        match reader.next() {
            Ok((length, block)) => {
                state.block(&block, take)?;
                reader.consume(length);
            }
            Err(PcapError::Eof) => return Ok(state.notes(None)),
            Err(PcapError::Incomplete(_)) => {
                // At the end of the file a refill adds nothing.
                let before = reader.data().len();
                let refilled = reader.refill().is_ok();
                if !refilled || (reader.reader_exhausted() && reader.data().len() == before) {
                    return Ok(state.notes(inside(before)));
                }
            }
            Err(PcapError::UnexpectedEof) => return Ok(state.notes(inside(reader.data().len()))),
            Err(
                PcapError::BufferTooSmall
                | PcapError::ReadError
                | PcapError::HeaderNotRecognized
                | PcapError::NomError(..)
                | PcapError::OwnedNomError(..),
            ) => return Ok(state.notes(Some("the file is damaged"))),
        }
    }
}

/// What is to say of a file that ends with so many bytes unread.
fn inside(unread: usize) -> Option<&'static str> {
    (unread > 0).then_some("the file ends inside a packet")
}

/// What is known while a file is read.
#[derive(Debug, Default)]
struct State {
    /// Interfaces of this section.
    interfaces: Vec<Interface>,
    /// Units of the clock in a second, of a pcap file.
    per_second: u64,
    /// Packets shown.
    packets: u64,
    /// Packets without a time.
    timeless: u64,
}

impl State {
    /// Reads one block.
    fn block(
        &mut self,
        block: &PcapBlockOwned<'_>,
        take: &mut dyn FnMut(Packet<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                self.per_second = if header.is_nanosecond_precision() {
                    1_000_000_000
                } else {
                    1_000_000
                };
                self.interfaces = vec![Interface {
                    link: header.network.0,
                    per_second: Some(self.per_second),
                    offset_s: 0,
                }];
            }
            PcapBlockOwned::Legacy(packet) => {
                let ticks = u64::from(packet.ts_sec) * self.per_second + u64::from(packet.ts_usec);
                let cut = packet.caplen < packet.origlen;
                return self.packet(0, ticks, packet.data, cut, take);
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => self.interfaces.clear(),
            PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                self.interfaces.push(Interface {
                    link: interface.linktype.0,
                    per_second: interface.ts_resolution(),
                    offset_s: interface.if_tsoffset,
                });
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                let interface = usize::try_from(packet.if_id).unwrap_or(usize::MAX);
                let cut = packet.caplen < packet.origlen;
                return self.packet(interface, ticks, packet.packet_data(), cut, take);
            }
            // A simple packet has no time, so that nothing can be measured of it.
            PcapBlockOwned::NG(Block::SimplePacket(_)) => self.timeless += 1,
            PcapBlockOwned::NG(
                Block::NameResolution(_)
                | Block::InterfaceStatistics(_)
                | Block::SystemdJournalExport(_)
                | Block::DecryptionSecrets(_)
                | Block::ProcessInformation(_)
                | Block::Custom(_)
                | Block::Unknown(_),
            ) => {}
        }
        Ok(())
    }

    /// Shows one packet.
    fn packet(
        &mut self,
        interface: usize,
        ticks: u64,
        bytes: &[u8],
        cut: bool,
        take: &mut dyn FnMut(Packet<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let interface = self.interfaces.get(interface).copied();
        let time = interface.and_then(|interface| {
            let per_second = u128::from(interface.per_second.filter(|ticks| *ticks > 0)?);
            let micros = u64::try_from(u128::from(ticks) * 1_000_000 / per_second).ok()?;
            micros.checked_add_signed(interface.offset_s.checked_mul(1_000_000)?)
        });
        let (Some(interface), Some(at_us)) = (interface, time) else {
            self.timeless += 1;
            return Ok(());
        };
        self.packets += 1;
        take(Packet {
            at_us,
            link: interface.link,
            bytes,
            cut,
        })
    }

    /// What is left to say.
    fn notes(&self, end: Option<&str>) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(end) = end {
            notes.push(format!(
                "{end}: the {} packets before that are used",
                self.packets
            ));
        }
        if self.timeless > 0 {
            notes.push(format!(
                "{} packets without a readable time left out",
                self.timeless
            ));
        }
        notes
    }
}

/// Why a file is no capture.
fn no_capture(path: &Path, error: &PcapError<&'static [u8]>) -> Error {
    if let PcapError::ReadError = error {
        return Error::Read {
            path: path.to_path_buf(),
            source: io::Error::from(io::ErrorKind::IsADirectory),
        };
    }
    let (reason, help) = match (start(path).as_deref(), error) {
        (Some([]), _) => (
            "it is empty",
            "let the capture run until packets were seen, and end it with Ctrl-C",
        ),
        (Some(start), _) if start.starts_with(&GZIP) => {
            ("it is compressed", "unpack it first: `gunzip FILE.gz`")
        }
        (_, PcapError::Incomplete(_)) => (
            "it ends inside its header",
            "copy the capture again; it was cut short",
        ),
        _ => (
            "it is neither pcap nor pcapng",
            "capture with `tcpdump -i eth0 -w FILE`, or save as pcapng in Wireshark",
        ),
    };
    refused(path, reason.to_owned(), help)
}

/// The first bytes of a file.
#[expect(clippy::disallowed_methods, reason = "input reads files")]
fn start(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)
        .ok()?
        .take(4)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(bytes)
}

/// SHA-256 of a file, in hexadecimal.
#[expect(clippy::disallowed_methods, reason = "input reads files")]
pub(super) fn digest(path: &Path) -> Result<String, Error> {
    let refuse = |source| Error::Read {
        path: path.to_path_buf(),
        source,
    };
    let mut file = File::open(path).map_err(refuse)?;
    let mut hasher = Sha256::new();
    let mut window = vec![0; 1 << 16];
    loop {
        let length = file.read(&mut window).map_err(refuse)?;
        match window.get(..length) {
            Some([]) | None => break,
            Some(bytes) => hasher.update(bytes),
        }
    }
    let mut text = String::new();
    for byte in hasher.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}
