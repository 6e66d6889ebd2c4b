//! `simulate calibrate` over captures that are written here, packet by packet.

use std::path::Path;
use std::process::Command;

use etherparse::PacketBuilder;
use pump_preflight::client::back_off::{BackOff, Jitter};
use pump_preflight::client::schedule;
use pump_preflight::input::capture::load_capture;
use pump_preflight::stress::calibrate::{Question, calibrate};
use pump_preflight::wire::calibration::{Calibration, Retries};

/// The gateway of every capture.
const GATEWAY: [u8; 4] = [10, 50, 1, 20];
/// Its port.
const PORT: u16 = 51_244;
/// Ethernet, as a link-layer type.
const ETHERNET: u32 = 1;

/// A capture file that grows.
struct Pcap {
    /// Packets with their time in microseconds.
    packets: Vec<(u64, Vec<u8>)>,
}

impl Pcap {
    /// An empty one.
    fn new() -> Self {
        Self {
            packets: Vec::new(),
        }
    }

    /// Adds a packet.
    fn add(&mut self, at_us: u64, packet: Vec<u8>) {
        self.packets.push((at_us, packet));
    }

    /// The file as pcap.
    fn pcap(&self, link: u32) -> Vec<u8> {
        let mut out = Vec::new();
        for field in [0xa1b2_c3d4, 4 << 16 | 2, 0, 0, 262_144, link] {
            out.extend(u32::to_le_bytes(field));
        }
        for (at_us, packet) in self.sorted() {
            let length = u32::try_from(packet.len()).unwrap();
            let seconds = u32::try_from(at_us / 1_000_000).unwrap();
            let micros = u32::try_from(at_us % 1_000_000).unwrap();
            for field in [seconds, micros, length, length] {
                out.extend(field.to_le_bytes());
            }
            out.extend(packet);
        }
        out
    }

    /// The file as pcapng.
    fn pcapng(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let block = |out: &mut Vec<u8>, kind: u32, body: &[u8]| {
            let length = u32::try_from(body.len() + 12).unwrap();
            out.extend(kind.to_le_bytes());
            out.extend(length.to_le_bytes());
            out.extend(body);
            out.extend(length.to_le_bytes());
        };
        let mut section = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
        section.extend([1, 0, 0, 0]);
        section.extend(u64::MAX.to_le_bytes());
        block(&mut out, 0x0a0d_0d0a, &section);
        block(&mut out, 1, &[1, 0, 0, 0, 0, 0, 4, 0]);
        for (at_us, packet) in self.sorted() {
            let length = u32::try_from(packet.len()).unwrap();
            let (high, low) = (at_us >> 32, at_us & 0xffff_ffff);
            let mut body = Vec::new();
            for field in [
                0,
                u32::try_from(high).unwrap(),
                u32::try_from(low).unwrap(),
                length,
                length,
            ] {
                body.extend(field.to_le_bytes());
            }
            body.extend(packet);
            body.resize(body.len().next_multiple_of(4), 0);
            block(&mut out, 6, &body);
        }
        out
    }

    /// Packets in the order of time.
    fn sorted(&self) -> Vec<(u64, Vec<u8>)> {
        let mut packets = self.packets.clone();
        packets.sort();
        packets
    }
}

/// Address of a pump.
fn pump(number: u8) -> [u8; 4] {
    [10, 20, 230, number]
}

/// Hardware address of a pump.
fn mac(number: u8) -> [u8; 6] {
    [2, 0, 0, 0, 0, number]
}

/// A handshake's first packet.
fn syn(number: u8, port: u16) -> Vec<u8> {
    let mut out = Vec::new();
    PacketBuilder::ethernet2(mac(number), mac(200))
        .ipv4(pump(number), GATEWAY, 64)
        .tcp(port, PORT, 1_000 + u32::from(port), 64_240)
        .syn()
        .write(&mut out, &[])
        .unwrap();
    out
}

/// Its refusal.
fn reset(number: u8, port: u16) -> Vec<u8> {
    let mut out = Vec::new();
    PacketBuilder::ethernet2(mac(200), mac(number))
        .ipv4(GATEWAY, pump(number), 64)
        .tcp(PORT, port, 0, 0)
        .rst()
        .ack(1_001 + u32::from(port))
        .write(&mut out, &[])
        .unwrap();
    out
}

/// Calibrates from a file's bytes.
fn calibrated(bytes: &[u8], question: &Question) -> Calibration {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("capture.pcap");
    std::fs::write(&path, bytes).unwrap();
    calibrate(&load_capture(&path, &|| true).unwrap(), question)
}

/// Asks about the gateway.
fn about_gateway() -> Question {
    Question {
        gateway: Some("10.50.1.20".to_owned()),
        ..Question::default()
    }
}

/// Numbers from 0 up to 1 that look random, the same each time.
fn uniform(key: u64) -> f64 {
    let mixed = key
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9);
    f64::from(u32::try_from(mixed >> 32).unwrap()) / 4_294_967_296.0
}

/// Pumps that are refused and wait by a back-off.
fn refused(back_off: &BackOff, pumps: u8, attempts: u32) -> Pcap {
    let mut pcap = Pcap::new();
    for number in 1..=pumps {
        let mut at = 1_700_000_000_000_000 + u64::from(number) * 137_000;
        for attempt in 0..attempts {
            let port = 40_000 + u16::try_from(attempt).unwrap();
            pcap.add(at, syn(number, port));
            pcap.add(at + 400, reset(number, port));
            let draw = uniform(u64::from(number) * 1_000 + u64::from(attempt));
            let wait = back_off.wait_s(attempt, draw, 0.0);
            at +=
                400 + u64::try_from(std::time::Duration::from_secs_f64(wait).as_micros()).unwrap();
        }
    }
    pcap
}

/// Pumps whose handshakes are dropped, by a schedule of the library and then this pause.
fn dropped(id: &str, pumps: u8, pause_us: u64) -> Pcap {
    let mut pcap = Pcap::new();
    let schedule = schedule::find(id).unwrap();
    for number in 1..=pumps {
        let mut at = 1_700_000_000_000_000 + u64::from(number) * 1_370_000;
        for attempt in 0..3 {
            for sent in schedule.transmissions(|| 0.5) {
                pcap.add(at + sent.at_us, syn(number, 40_000 + attempt));
            }
            at += schedule.give_up_us().unwrap() + pause_us;
        }
    }
    pcap
}

/// The only service of a calibration.
fn only(calibration: &Calibration) -> &Retries {
    assert_eq!(calibration.services.len(), 1);
    &calibration.services[0]
}

#[test]
fn an_exponential_back_off_with_jitter_is_recovered() {
    let truth = BackOff {
        base_s: 1.0,
        factor: 2.0,
        cap_s: 60.0,
        jitter: Jitter::Proportional(0.1),
        floor_s: 0.0,
    };
    let found = calibrated(&refused(&truth, 5, 13).pcap(ETHERNET), &about_gateway());
    let service = only(&found);
    assert_eq!((service.clients, service.outcomes.refused), (5, 65));
    let back_off = service.back_off.as_ref().unwrap();
    assert_eq!(back_off.verdict, "fits", "{back_off:?}");
    let model = back_off.model.as_ref().unwrap();
    assert_eq!(model.jitter, "proportional");
    assert!((model.factor - 2.0).abs() < 1e-9);
    assert!((model.base_s - 1.0).abs() < 0.05, "{model:?}");
    assert!((model.cap_s.unwrap() - 60.0).abs() < 3.0, "{model:?}");
    assert!((model.share.unwrap() - 0.1).abs() < 0.03, "{model:?}");
    // No single number is the time until it connects again.
    assert!(
        found
            .fields
            .iter()
            .all(|field| field.path != "gateway.reconnect_s")
    );
    assert_eq!(found.scenario.back_off.as_ref(), Some(model));
}

#[test]
fn a_constant_interval_is_recovered_and_justifies_its_field() {
    let found = calibrated(
        &refused(&BackOff::fixed(5.0), 8, 10).pcap(ETHERNET),
        &about_gateway(),
    );
    let back_off = only(&found).back_off.as_ref().unwrap();
    let model = back_off.model.as_ref().unwrap();
    assert_eq!(
        (back_off.verdict.as_str(), model.jitter.as_str()),
        ("fits", "none")
    );
    assert!((model.base_s - 5.0).abs() < 0.01 && model.factor <= 1.0);
    let field = found
        .fields
        .iter()
        .find(|field| field.path == "gateway.reconnect_s")
        .unwrap();
    assert_eq!(field.value, "5");
    assert!(field.source.contains(&found.sha256), "{}", field.source);
    // Eight pumps that began within a second of each other stay together.
    let synchrony = only(&found).synchrony.as_ref().unwrap();
    assert!(
        synchrony.length > 0.8 && synchrony.chance < 0.01,
        "{synchrony:?}"
    );
    // Without being told which service is the gateway, nothing is said of it.
    let bytes = refused(&BackOff::fixed(5.0), 8, 10).pcap(ETHERNET);
    let silent = calibrated(&bytes, &Question::default());
    assert!(silent.fields.is_empty() && silent.scenario.back_off.is_none());
}

#[test]
fn a_handshake_schedule_is_recovered_with_its_give_up() {
    for (id, stack, give_up) in [
        ("lwip-syn", "lwip", [18.0, 23.5]),
        ("linux-syn-linear4", "linux", [67.0, 138.721]),
        ("linux-syn-linear0", "linux-before-6.5", [63.0, 134.739]),
    ] {
        let bytes = dropped(id, 2, 5_000_000).pcap(ETHERNET);
        let found = calibrated(&bytes, &Question::default());
        let service = only(&found);
        let schedule = service.schedule.as_ref().unwrap();
        assert_eq!(
            (schedule.verdict.as_str(), schedule.best.as_str()),
            ("fits", id)
        );
        assert_eq!((schedule.explained, schedule.compared), (6, 6));
        assert_eq!(service.gives_up_s, Some(give_up), "{id}");
        assert_eq!(service.concurrency, 1);
        assert_eq!(found.scenario.stack.as_deref(), Some(stack));
        // How long the program waits after a silent attempt is not in the capture.
        assert_eq!(service.back_off, None);
    }
}

#[test]
fn formats_and_tags_make_no_difference() {
    let pcap = dropped("lwip-syn", 2, 5_000_000);
    let mut tagged = Pcap::new();
    for (at_us, packet) in &pcap.packets {
        let mut bytes = packet[..12].to_vec();
        bytes.extend([0x81, 0, 0, 230]);
        bytes.extend(&packet[12..]);
        tagged.add(*at_us, bytes);
    }
    let mut raw = Pcap::new();
    let mut cooked = Pcap::new();
    let mut twice = Pcap::new();
    for (at_us, packet) in &pcap.packets {
        raw.add(*at_us, packet[14..].to_vec());
        let mut bytes = vec![0, 4, 0, 1, 0, 6];
        bytes.extend(&packet[6..12]);
        bytes.extend([0, 0, 8, 0]);
        bytes.extend(&packet[14..]);
        cooked.add(*at_us, bytes);
        twice.add(*at_us, packet.clone());
        twice.add(*at_us + 30, packet.clone());
    }
    let plain = calibrated(&pcap.pcap(ETHERNET), &Question::default()).services;
    for (name, bytes) in [
        ("pcapng", pcap.pcapng()),
        ("tagged", tagged.pcap(ETHERNET)),
        ("raw", raw.pcap(101)),
        ("cooked", cooked.pcap(113)),
        ("twice", twice.pcap(ETHERNET)),
    ] {
        let found = calibrated(&bytes, &Question::default());
        assert_eq!(found.services, plain, "{name}");
        assert_eq!(found.notes.is_empty(), name != "twice", "{:?}", found.notes);
    }
}

/// Runs the program over a file and returns exit code, output and errors.
fn run(path: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_pump-preflight"))
        .args(["simulate", "calibrate", "--pcap"])
        .arg(path)
        .args(more)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn files_that_cannot_be_used_say_why_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let whole = dropped("lwip-syn", 1, 5_000_000).pcap(ETHERNET);
    let mut arp = Pcap::new();
    let mut frame = [vec![0xff; 6], mac(1).to_vec(), vec![8, 6]].concat();
    frame.extend([0, 1, 8, 0, 6, 4, 0, 1]);
    frame.resize(60, 0);
    arp.add(1_700_000_000_000_000, frame);
    let cases: [(&str, Vec<u8>, &str, &str); 8] = [
        ("empty", Vec::new(), "it is empty", "let the capture run"),
        (
            "text",
            b"hostname core1\n!\ninterface Vlan230\n".to_vec(),
            "neither pcap nor pcapng",
            "tcpdump",
        ),
        (
            "gzip",
            vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
            "compressed",
            "gunzip",
        ),
        (
            "header",
            whole[..20].to_vec(),
            "inside its header",
            "copy the capture again",
        ),
        (
            "no-packet",
            whole[..24].to_vec(),
            "no packet",
            "capture filter",
        ),
        (
            "wireless",
            dropped("lwip-syn", 1, 0).pcap(105),
            "link type 105",
            "Ethernet",
        ),
        (
            "arp",
            arp.pcap(ETHERNET),
            "asks for a connection",
            "capture filter",
        ),
        (
            "untroubled",
            refused(&BackOff::fixed(1.0), 1, 1).pcap(ETHERNET),
            "had to retry",
            "outage",
        ),
    ];
    for (name, bytes, why, help) in cases {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let (code, out, error) = run(&path, &[]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{name}: {error}");
        assert!(
            error.contains(why) && error.contains(help),
            "{name}: {error}"
        );
        assert!(error.contains("help:"), "{name}: {error}");
    }
    assert_eq!(run(&folder.path().join("nowhere"), &[]).0, Some(2));
    assert_eq!(run(folder.path(), &[]).0, Some(2));
}

#[test]
fn a_file_cut_short_is_used_up_to_there_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pcap");
    let whole = dropped("lwip-syn", 1, 5_000_000).pcap(ETHERNET);
    std::fs::write(&path, &whole[..whole.len() - 30]).unwrap();
    let (code, out, _) = run(&path, &[]);
    assert_eq!(code, Some(0));
    assert!(
        out.contains("ends inside a packet: the 20 packets before"),
        "{out}"
    );
    assert!(out.contains("stack: lwip"), "{out}");
    let (code, _, error) = run(&path, &["--client", "10.9.9.9"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("10.20.230.1"), "{error}");
    let (code, out, _) = run(
        &path,
        &["--client", "02:00:00:00:00:01", "--format", "json"],
    );
    assert_eq!(code, Some(0));
    assert!(
        out.starts_with("{\"schema\":\"pump-preflight/calibration/1\""),
        "{out}"
    );
}
