//! Servers that do what a script says.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, ResponseCode};
use hickory_proto::rr::rdata::NULL;
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde::Deserialize;

/// A fixture.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    /// What happens and what should be seen.
    #[expect(dead_code, reason = "for who reads the fixture")]
    about: String,
    /// The `services` of the site file; `PORT` stands for the servers' port.
    pub(super) site: String,
    /// What is known of the pumps' profile, `path: { value: …, source: …, on: … }`.
    #[serde(default)]
    pub(super) answers: String,
    /// Hours until a change window begins; none where absent.
    pub(super) window_in_hours: Option<u64>,
    /// Services to probe.
    pub(super) service: Vec<String>,
    /// Repetitions.
    #[serde(default = "two")]
    pub(super) samples: usize,
    /// Failures in a row that stop the run.
    #[serde(default = "two")]
    pub(super) distress: usize,
    /// Wait for an answer.
    #[serde(default = "timeout")]
    pub(super) timeout_ms: u64,
    /// Pause between packets.
    #[serde(default)]
    pub(super) interval_ms: u64,
    /// Servers; all listen on one port.
    servers: Vec<ServerScript>,
}

/// One server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerScript {
    /// Its address.
    at: Ipv4Addr,
    /// What it answers to DNS questions over UDP: the first row that fits.
    #[serde(default)]
    dns: Vec<DnsRow>,
    /// The same over TCP.
    #[serde(default)]
    dns_tcp: Vec<DnsRow>,
    /// What it answers to time questions.
    ntp: Option<NtpScript>,
    /// Whether it takes TCP connections.
    #[serde(default)]
    tcp: bool,
    /// What it says in a handshake.
    tls: Option<TlsScript>,
}

/// One row of a name server.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DnsRow {
    /// Type asked for; all where absent.
    ask: Option<String>,
    /// EDNS size asked with; any where absent, 0 for none.
    edns: Option<u16>,
    /// Name asked for; where absent, that of the first record, or any where there is none.
    name: Option<String>,
    /// Whether checking is disabled in the question; any where absent.
    cd: Option<bool>,
    /// Whether recursion is asked for; any where absent.
    rd: Option<bool>,
    /// From which question of this kind on, counted from 0.
    #[serde(default)]
    from: usize,
    /// Whether it never answers.
    #[serde(default)]
    silent: bool,
    /// Each so many-th question of this kind is not answered; 0 for none.
    #[serde(default)]
    lose_each: usize,
    /// Wait before the answer.
    #[serde(default)]
    delay_ms: u64,
    /// Response code as a number.
    #[serde(default)]
    rcode: u8,
    /// Whether it is authoritative.
    #[serde(default)]
    aa: bool,
    /// Whether the answer was cut.
    #[serde(default)]
    tc: bool,
    /// Answers, `name ttl type data`.
    #[serde(default)]
    records: Vec<String>,
    /// The same for the authority section.
    #[serde(default)]
    authority: Vec<String>,
    /// The same for the additional section.
    #[serde(default)]
    additional: Vec<String>,
    /// Code of an extended error.
    error: Option<u16>,
    /// Bytes to send instead.
    garbage: Option<String>,
}

/// A time server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct NtpScript {
    /// Stratum.
    stratum: u8,
    /// Leap indicator.
    #[serde(default)]
    leap: u8,
    /// Four letters or an address.
    #[serde(default)]
    reference: String,
    /// Seconds that its clock is ahead.
    #[serde(default)]
    ahead_s: i64,
}

/// A TLS server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct TlsScript {
    /// Name in its certificate.
    name: String,
    /// Last year of its certificate.
    until: i32,
    /// Highest version, 1.2 or 1.3.
    version: String,
}

/// Two.
fn two() -> usize {
    2
}

/// Long enough for an answer on the loopback interface of a loaded machine.
fn timeout() -> u64 {
    800
}

/// Servers under way; they end when this is dropped.
pub(super) struct Servers {
    /// The port of all.
    pub(super) port: u16,
    /// Datagrams and connections received.
    pub(super) received: Arc<AtomicUsize>,
    /// Tells the threads to end.
    done: Arc<AtomicBool>,
    /// The threads.
    threads: Vec<JoinHandle<()>>,
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Script {
    /// Starts the servers on one free port.
    pub(super) fn serve(&self) -> Servers {
        for _ in 0..50 {
            if let Some(servers) = self.try_serve() {
                return servers;
            }
        }
        panic!("no port is free for UDP and TCP on every address");
    }

    /// Starts the servers; `None` where the port that was found is taken on one of the addresses.
    fn try_serve(&self) -> Option<Servers> {
        let mut bound = Vec::new();
        // A port that all the servers share, and that no server holds which refuses.
        let probe = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        for server in &self.servers {
            let address = SocketAddr::new(IpAddr::V4(server.at), port);
            let udp = UdpSocket::bind(address).ok()?;
            let tcp = TcpListener::bind(address).ok()?;
            bound.push((server.clone(), udp, tcp));
        }
        let done = Arc::new(AtomicBool::new(false));
        let received = Arc::new(AtomicUsize::new(0));
        let mut threads = Vec::new();
        for (server, udp, tcp) in bound {
            let udp_rows = server.dns.clone();
            let (udp_done, tcp_done) = (Arc::clone(&done), Arc::clone(&done));
            let (udp_count, tcp_count) = (Arc::clone(&received), Arc::clone(&received));
            let ntp = server.ntp.clone();
            if !udp_rows.is_empty() || ntp.is_some() {
                udp.set_read_timeout(Some(Duration::from_millis(20)))
                    .unwrap();
                threads.push(thread::spawn(move || {
                    serve_udp(&udp, &udp_rows, ntp.as_ref(), &udp_done, &udp_count);
                }));
            }
            if server.tcp || server.tls.is_some() || !server.dns_tcp.is_empty() {
                tcp.set_nonblocking(true).unwrap();
                threads.push(thread::spawn(move || {
                    serve_tcp(&tcp, &server, &tcp_done, &tcp_count);
                }));
            }
        }
        Some(Servers {
            port,
            received,
            done,
            threads,
        })
    }
}

/// Answers datagrams.
fn serve_udp(
    socket: &UdpSocket,
    rows: &[DnsRow],
    ntp: Option<&NtpScript>,
    done: &AtomicBool,
    count: &AtomicUsize,
) {
    let mut buffer = [0; 4096];
    let mut asked = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        count.fetch_add(1, Ordering::Relaxed);
        let answer = match ntp {
            Some(ntp) => Some(ntp_answer(ntp, &buffer[..length])),
            None => dns_answer(rows, &buffer[..length], &mut asked),
        };
        if let Some(answer) = answer {
            let _ = socket.send_to(&answer, from);
        }
    }
}

/// Answers connections.
fn serve_tcp(
    listener: &TcpListener,
    server: &ServerScript,
    done: &AtomicBool,
    count: &AtomicUsize,
) {
    let mut asked = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let Ok((mut stream, _)) = listener.accept() else {
            thread::sleep(Duration::from_millis(5));
            continue;
        };
        count.fetch_add(1, Ordering::Relaxed);
        stream.set_nonblocking(false).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(500)))
            .unwrap();
        if let Some(tls) = &server.tls {
            let mut session = tls_session(tls);
            while session.is_handshaking() {
                if session.complete_io(&mut stream).is_err() {
                    break;
                }
            }
        } else if !server.dns_tcp.is_empty() {
            let mut length = [0; 2];
            if stream.read_exact(&mut length).is_err() {
                continue;
            }
            let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut query).unwrap();
            if let Some(answer) = dns_answer(&server.dns_tcp, &query, &mut asked) {
                let mut message = u16::try_from(answer.len()).unwrap().to_be_bytes().to_vec();
                message.extend(answer);
                stream.write_all(&message).unwrap();
            }
        }
    }
}

/// What a server says that has no row for a question: no such name, with the zone's SOA record.
fn nothing(rows: &[DnsRow]) -> DnsRow {
    let soa = rows
        .iter()
        .flat_map(|row| row.authority.iter().chain(&row.records))
        .find(|record| record.contains(" SOA "));
    DnsRow {
        rcode: 3,
        authority: soa.into_iter().cloned().collect(),
        ..DnsRow::default()
    }
}

impl DnsRow {
    /// Whether the row is about this name.
    fn is_about(&self, name: &str) -> bool {
        let own = self
            .name
            .as_deref()
            .or_else(|| self.records.first()?.split(' ').next());
        own.is_none_or(|own| own.eq_ignore_ascii_case(name))
    }
}

/// The answer of the first row that fits; `None`: silence.
fn dns_answer(rows: &[DnsRow], query: &[u8], asked: &mut Vec<String>) -> Option<Vec<u8>> {
    let query = Message::from_vec(query).unwrap();
    let name = query.queries[0].name().to_string();
    let nothing = nothing(rows);
    let kind = query.queries[0].query_type().to_string();
    let size = query.edns.as_ref().map_or(0, Edns::max_payload);
    let key = format!("{name} {kind} {size}");
    let earlier = asked.iter().filter(|other| **other == key).count();
    asked.push(key);
    let row = rows
        .iter()
        .find(|row| {
            row.ask.as_ref().is_none_or(|ask| *ask == kind)
                && row.is_about(&name)
                && row.edns.is_none_or(|edns| edns == size)
                && row
                    .cd
                    .is_none_or(|cd| cd == query.metadata.checking_disabled)
                && row
                    .rd
                    .is_none_or(|rd| rd == query.metadata.recursion_desired)
                && earlier >= row.from
        })
        .unwrap_or(&nothing);
    if row.silent || (row.lose_each > 0 && (earlier + 1) % row.lose_each == 0) {
        return None;
    }
    thread::sleep(Duration::from_millis(row.delay_ms));
    let mut answer = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
    answer.metadata.response_code = ResponseCode::from_low(row.rcode);
    answer.metadata.authoritative = row.aa;
    answer.metadata.truncation = row.tc;
    answer.metadata.recursion_available = true;
    answer.add_queries(query.queries.clone());
    answer.add_answers(row.records.iter().map(|text| record(text)));
    for text in &row.authority {
        answer.add_authority(record(text));
    }
    for text in &row.additional {
        answer.add_additional(record(text));
    }
    if size > 0 {
        let mut edns = Edns::new();
        edns.set_max_payload(1232);
        if let Some(code) = row.error {
            let option = EdnsOption::Unknown(15, code.to_be_bytes().to_vec());
            edns.options_mut().insert(option);
        }
        answer.set_edns(edns);
    }
    let mut bytes = answer.to_vec().unwrap();
    if let Some(garbage) = &row.garbage {
        bytes.truncate(12);
        bytes.extend(garbage.bytes());
    }
    Some(bytes)
}

/// A record from `name ttl type data`.
fn record(text: &str) -> Record {
    let mut parts = text.splitn(4, ' ');
    let name = Name::from_ascii(parts.next().unwrap()).unwrap();
    let ttl = parts.next().unwrap().parse().unwrap();
    let kind: RecordType = parts.next().unwrap().parse().unwrap();
    let text = parts.next().unwrap();
    if kind == RecordType::RRSIG {
        return Record::from_rdata(name, ttl, signature(text));
    }
    let data = RData::try_from_str(kind, text).unwrap();
    Record::from_rdata(name, ttl, data)
}

/// A signature over an address from `original-ttl expiration inception`.
fn signature(text: &str) -> RData {
    let mut bytes = vec![0, 1, 13, 3];
    for number in text.split(' ') {
        bytes.extend(number.parse::<u32>().unwrap().to_be_bytes());
    }
    bytes.extend([0; 8]);
    RData::Unknown {
        code: RecordType::RRSIG,
        rdata: NULL::with(bytes),
    }
}

/// A time server's answer.
fn ntp_answer(script: &NtpScript, query: &[u8]) -> Vec<u8> {
    let mut answer = vec![0; 48];
    answer[0] = (script.leap << 6) | 0b100_100;
    answer[1] = script.stratum;
    for (to, from) in answer[12..16].iter_mut().zip(script.reference.bytes()) {
        *to = from;
    }
    answer[24..32].copy_from_slice(&query[40..48]);
    let sent = u64::from_be_bytes(query[40..48].try_into().unwrap());
    let now = sent.wrapping_add_signed(script.ahead_s << 32);
    answer[32..40].copy_from_slice(&now.to_be_bytes());
    answer[40..48].copy_from_slice(&now.to_be_bytes());
    answer
}

/// A TLS server's side of one connection.
fn tls_session(script: &TlsScript) -> rustls::ServerConnection {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![script.name.clone()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(script.until, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    let versions: &[&rustls::SupportedProtocolVersion] = match script.version.as_str() {
        "1.2" => &[&rustls::version::TLS12],
        _ => &[&rustls::version::TLS13],
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    rustls::ServerConnection::new(Arc::new(config)).unwrap()
}
