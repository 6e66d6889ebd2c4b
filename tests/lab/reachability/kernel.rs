//! The kernel's answer: namespaces built from the files, and real packets through them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, Type};

use super::frr::{self, Tables};
use super::generate::PORTS;
use super::network::{Device, Flow, Forwarding, Language, Network, Protocol};
use crate::namespace::{Cable, Namespaces, text};

/// How long nothing may happen before the answer counts as stable.
const QUIET: Duration = Duration::from_millis(80);
/// How long an answer that was not expected is waited for; two retransmissions of a TCP SYN fit in.
const PATIENCE: Duration = Duration::from_millis(3500);
/// How often packets that got no answer are sent again.
const AGAIN: Duration = Duration::from_millis(300);
/// What every payload begins with.
const MAGIC: u32 = 0x70_75_6D_70;

/// What became of a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Observed {
    /// Devices that its first packet arrived at.
    pub(super) arrived: BTreeSet<usize>,
    /// Whether the first answer came back.
    pub(super) answered: bool,
    /// Whether a second exchange worked too.
    pub(super) works: bool,
}

/// Builds the network and sends all flows; `hopes` are what ends the waiting early.
pub(super) fn observe(
    network: &Network,
    flows: &[Flow],
    hopes: &[Observed],
    folder: &Path,
    tables: &Tables,
) -> Result<(Vec<Observed>, Vec<String>), String> {
    let names: Vec<&str> = network.devices.iter().map(|d| d.name.as_str()).collect();
    let cables: Vec<Cable<'_>> = network
        .cables
        .iter()
        .map(|[one, other]| {
            (
                (names[one.0], one.1.as_str()),
                (names[other.0], other.1.as_str()),
            )
        })
        .collect();
    let namespaces = Namespaces::new(&names, &cables);
    for device in &network.devices {
        configure(&namespaces, device, folder)?;
    }
    let routed = network
        .devices
        .iter()
        .any(|device| !device.routing.is_empty());
    let daemons = frr::start(network, &namespaces, folder);
    let differ = if routed {
        frr::settle(network, &namespaces, tables)
    } else {
        Vec::new()
    };
    let mut run = Run::new(network, &namespaces, flows);
    run.wait(hopes);
    drop(daemons);
    Ok((run.observed, differ))
}

/// Brings a device up from its files.
fn configure(namespaces: &Namespaces, device: &Device, folder: &Path) -> Result<(), String> {
    namespaces.enter(&device.name, || {
        for entry in fs::read_dir("/proc/sys/net/ipv4/conf").unwrap() {
            let conf = entry.unwrap().path();
            // A new namespace takes these from the machine; the kernel's own choice is meant.
            for (setting, value) in [("rp_filter", "0"), ("accept_redirects", "0")] {
                fs::write(conf.join(setting), value).unwrap();
            }
        }
        fs::write("/proc/sys/net/ipv4/ip_forward", "0").unwrap();
        fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1").unwrap();
        fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1").unwrap();
    });
    let files = folder.join("configs").join(&device.name);
    let state = folder.join("state").join(&device.name);
    fs::create_dir_all(&state).unwrap();
    let path = |name: &str| files.join(name).display().to_string();
    let run = |words: &[&str]| {
        let output = namespaces.run(&device.name, words, "");
        let said = text(&output);
        if output.status.success() && !said.contains("failed") && !said.contains("rror") {
            return Ok(());
        }
        Err(format!("{}: {}: {said}", device.name, words.join(" ")))
    };
    let interfaces = format!("--interfaces={}", path("interfaces"));
    let state = format!("--state-dir={}", state.display());
    run(&["ifup", "-a", "--no-scripts", &interfaces, &state])?;
    if device.forwarding == Forwarding::Sysctl {
        run(&["sysctl", "-q", "-p", &path("sysctl.conf")])?;
    }
    match device.filter.as_ref().map(|filter| filter.language) {
        Some(Language::Iptables) => run(&["iptables-restore", &path("iptables.rules")]),
        Some(Language::Nftables) => run(&["nft", "-f", &path("nftables.conf")]),
        None => Ok(()),
    }
}

/// The sending end of a flow.
enum Client {
    /// A connection that is being made.
    Tcp(TcpStream),
    /// A socket with its peer set.
    Udp(UdpSocket),
    /// A raw socket.
    Icmp(Socket),
    /// The kernel refused to send.
    Refused,
}

/// The receiving ends of a device.
#[derive(Default)]
struct Servers {
    /// Listening sockets.
    tcp: Vec<TcpListener>,
    /// Connections that were taken.
    taken: Vec<TcpStream>,
    /// Datagram sockets, which send back what they get.
    udp: Vec<UdpSocket>,
    /// Sees every ICMP message that the device takes.
    icmp: Option<Socket>,
    /// Sees every TCP segment that the device takes, also of connections that it cannot answer.
    segments: Option<Socket>,
}

/// One run of all flows of a network.
struct Run<'r> {
    /// The flows.
    flows: &'r [Flow],
    /// Sending ends by flow.
    clients: Vec<Client>,
    /// Receiving ends by device.
    servers: Vec<Servers>,
    /// What was seen by flow.
    observed: Vec<Observed>,
}

impl<'r> Run<'r> {
    /// Opens all sockets and sends the first packets.
    fn new(network: &Network, namespaces: &Namespaces, flows: &'r [Flow]) -> Self {
        // Packets may be translated to any of these places.
        let mut places: BTreeMap<usize, BTreeSet<(Protocol, SocketAddrV4)>> = BTreeMap::new();
        for (index, device) in network.devices.iter().enumerate() {
            for interface in &device.interfaces {
                for port in PORTS {
                    let place = SocketAddrV4::new(interface.address, port);
                    let both = [Protocol::Tcp, Protocol::Udp].map(|protocol| (protocol, place));
                    places.entry(index).or_default().extend(both);
                }
            }
        }
        let mut servers = Vec::new();
        for (index, device) in network.devices.iter().enumerate() {
            let places = places.remove(&index).unwrap_or_default();
            servers.push(namespaces.enter(&device.name, || serve(&places)));
        }
        let mut clients: BTreeMap<usize, Client> = BTreeMap::new();
        for (index, device) in network.devices.iter().enumerate() {
            let own: Vec<(usize, &Flow)> = (0..)
                .zip(flows)
                .filter(|(_, flow)| network.owner(flow.from) == Some(index))
                .collect();
            clients.extend(namespaces.enter(&device.name, || {
                let open = own.iter().map(|(number, flow)| (*number, ask(flow)));
                open.collect::<Vec<_>>()
            }));
        }
        Self {
            flows,
            clients: clients.into_values().collect(),
            servers,
            observed: vec![Observed::default(); flows.len()],
        }
    }

    /// Looks until nothing happens and the hopes are met, or patience ends.
    fn wait(&mut self, hopes: &[Observed]) {
        let start = Instant::now();
        let (mut last, mut sent) = (start, start);
        loop {
            let before = self.observed.clone();
            self.look();
            if self.observed != before {
                last = Instant::now();
            }
            let settled = self.observed == hopes || start.elapsed() > PATIENCE;
            if last.elapsed() > QUIET && settled {
                return;
            }
            if sent.elapsed() > AGAIN {
                sent = Instant::now();
                for (index, hope) in hopes.iter().enumerate() {
                    if self.observed[index] != *hope {
                        self.send(index, 1);
                    }
                }
            }
            thread::sleep(Duration::from_millis(3));
        }
    }

    /// Reads whatever came.
    fn look(&mut self) {
        let mut buffer = [0; 512];
        for (device, servers) in self.servers.iter_mut().enumerate() {
            while let Some(Ok((stream, _))) = servers.tcp.first().map(|_| accept(&servers.tcp)) {
                stream.set_nonblocking(true).unwrap();
                servers.taken.push(stream);
            }
            for stream in &mut servers.taken {
                if let Ok(length @ 1..) = stream.read(&mut buffer) {
                    let _ = stream.write_all(&buffer[..length]);
                }
            }
            for socket in &servers.udp {
                while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
                    if let Some((flow, _)) = payload_of(&buffer[..length]) {
                        self.observed[flow].arrived.insert(device);
                        let _ = socket.send_to(&buffer[..length], peer);
                    }
                }
            }
            while let Some(length) = receive(servers.icmp.as_mut(), &mut buffer) {
                if let Some((8, flow, _)) = echo_of(&buffer[..length]) {
                    self.observed[flow].arrived.insert(device);
                }
            }
            while let Some(length) = receive(servers.segments.as_mut(), &mut buffer) {
                let begun = connection_of(&buffer[..length]);
                let known = begun.filter(|flow| {
                    let flow = self.flows.get(*flow);
                    flow.is_some_and(|flow| flow.protocol == Protocol::Tcp)
                });
                if let Some(flow) = known {
                    self.observed[flow].arrived.insert(device);
                }
            }
        }
        for index in 0..self.flows.len() {
            self.look_at(index, &mut buffer);
        }
    }

    /// Reads what came back for one flow, and begins its second exchange.
    fn look_at(&mut self, index: usize, buffer: &mut [u8]) {
        let mut steps = Vec::new();
        match &mut self.clients[index] {
            Client::Tcp(stream) => {
                if !self.observed[index].answered && stream.peer_addr().is_ok() {
                    steps.push(1);
                }
                if let Ok(length) = stream.read(buffer)
                    && let Some((flow, _)) = payload_of(&buffer[..length])
                    && flow == index
                {
                    steps.push(2);
                }
            }
            Client::Udp(socket) => {
                while let Ok(length) = socket.recv(buffer) {
                    let found = payload_of(&buffer[..length]);
                    steps.extend(
                        found
                            .filter(|(flow, _)| *flow == index)
                            .map(|(_, step)| step),
                    );
                }
            }
            Client::Icmp(socket) => {
                while let Some(length) = receive(Some(socket), buffer) {
                    // An answer of somebody else is none.
                    let asked = self.flows[index].to.octets();
                    if let Some((0, flow, step)) = echo_of(&buffer[..length])
                        && flow == index
                        && buffer[12..16] == asked
                    {
                        steps.push(step);
                    }
                }
            }
            Client::Refused => {}
        }
        for step in steps {
            let observed = &mut self.observed[index];
            if step == 1 && !observed.answered {
                observed.answered = true;
                self.send(index, 2);
            } else if step == 2 {
                observed.works = true;
            }
        }
    }

    /// Sends a flow's packet of the first or second exchange.
    fn send(&mut self, index: usize, step: u32) {
        let flow = &self.flows[index];
        let payload = payload(index, step);
        // What the kernel refuses to send does not arrive, which is what is looked at.
        let _ = match &mut self.clients[index] {
            Client::Tcp(stream) if step == 2 => stream.write(&payload),
            Client::Udp(socket) => socket.send(&payload),
            Client::Icmp(socket) => {
                let address = SockAddr::from(SocketAddrV4::new(flow.to, 0));
                socket.send_to(&echo_request(flow, index, step), &address)
            }
            Client::Tcp(_) | Client::Refused => Ok(0),
        };
    }
}

/// Opens the receiving ends of the device that this thread is in.
fn serve(places: &BTreeSet<(Protocol, SocketAddrV4)>) -> Servers {
    let mut servers = Servers::default();
    for (protocol, place) in places {
        match protocol {
            Protocol::Tcp => {
                let listener = TcpListener::bind(place).unwrap();
                listener.set_nonblocking(true).unwrap();
                servers.tcp.push(listener);
            }
            Protocol::Udp => {
                let socket = UdpSocket::bind(place).unwrap();
                socket.set_nonblocking(true).unwrap();
                servers.udp.push(socket);
            }
            Protocol::Icmp => {}
        }
    }
    servers.icmp = Some(raw(Ipv4Addr::UNSPECIFIED, socket2::Protocol::ICMPV4));
    servers.segments = Some(raw(Ipv4Addr::UNSPECIFIED, socket2::Protocol::TCP));
    servers
}

/// A raw socket with this address.
fn raw(address: Ipv4Addr, protocol: socket2::Protocol) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(protocol)).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
        .bind(&SockAddr::from(SocketAddrV4::new(address, 0)))
        .unwrap();
    socket
}

/// The first connection that any of the sockets has.
fn accept(listeners: &[TcpListener]) -> std::io::Result<(TcpStream, std::net::SocketAddr)> {
    let mut found = listeners
        .iter()
        .filter_map(|listener| listener.accept().ok());
    found.next().ok_or_else(|| ErrorKind::WouldBlock.into())
}

/// Opens the sending end of a flow in the device that this thread is in, and sends.
fn ask(flow: &Flow) -> Client {
    let near = SocketAddrV4::new(flow.from, flow.from_port);
    let far = SocketAddrV4::new(flow.to, flow.port);
    let index = flow.id as usize;
    match flow.protocol {
        Protocol::Tcp => {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.bind(&SockAddr::from(near)).unwrap();
            socket.set_nonblocking(true).unwrap();
            socket.set_tos_v4((flow.id + 1) << 2).unwrap();
            match socket.connect(&SockAddr::from(far)) {
                Ok(()) => Client::Tcp(socket.into()),
                // EINPROGRESS has no kind of its own.
                Err(error) if error.raw_os_error() == Some(115) => Client::Tcp(socket.into()),
                Err(_) => Client::Refused,
            }
        }
        Protocol::Udp => {
            let socket = UdpSocket::bind(near).unwrap();
            socket.set_nonblocking(true).unwrap();
            if socket.connect(far).is_err() {
                return Client::Refused;
            }
            let _ = socket.send(&payload(index, 1));
            Client::Udp(socket)
        }
        Protocol::Icmp => {
            let socket = raw(flow.from, socket2::Protocol::ICMPV4);
            let _ = socket.send_to(&echo_request(flow, index, 1), &SockAddr::from(far));
            Client::Icmp(socket)
        }
    }
}

/// What a packet carries: the flow's number and which exchange it is of.
fn payload(flow: usize, step: u32) -> Vec<u8> {
    let flow = u32::try_from(flow).unwrap();
    [MAGIC, flow, step]
        .iter()
        .flat_map(|word| word.to_be_bytes())
        .collect()
}

/// The flow and exchange of a payload.
fn payload_of(bytes: &[u8]) -> Option<(usize, u32)> {
    let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if word(0)? != MAGIC {
        return None;
    }
    Some((usize::try_from(word(4)?).ok()?, word(8)?))
}

/// An ICMP echo request (RFC 792) with its checksum (RFC 1071).
fn echo_request(flow: &Flow, index: usize, step: u32) -> Vec<u8> {
    let mut message = vec![8, 0, 0, 0];
    message.extend(flow.from_port.to_be_bytes());
    message.extend(u16::try_from(step).unwrap().to_be_bytes());
    message.extend(payload(index, step));
    let mut sum: u32 = message
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let checksum = !u16::try_from(sum).unwrap();
    message[2..4].copy_from_slice(&checksum.to_be_bytes());
    message
}

/// Type, flow and exchange of an ICMP message with its IP header.
fn echo_of(packet: &[u8]) -> Option<(u8, usize, u32)> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    let message = packet.get(header..)?;
    let (flow, step) = payload_of(message.get(8..)?)?;
    Some((*message.first()?, flow, step))
}

/// The flow of the first segment of a connection, with its IP header (RFC 9293 §3.1): by its class
/// (RFC 2474), which no translation changes.
fn connection_of(packet: &[u8]) -> Option<usize> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    // SYN without ACK.
    (packet.get(header + 13)? & 0x12 == 0x02).then_some(())?;
    usize::from(packet.get(1)? >> 2).checked_sub(1)
}

/// Reads one packet from a raw socket.
fn receive(socket: Option<&mut Socket>, buffer: &mut [u8]) -> Option<usize> {
    socket?.read(buffer).ok()
}
