//! Live servers in namespaces, each with its fault, and what a probe says of it.
//!
//! A client, a router and a host of servers: BIND twice with different zones, Unbound, nginx,
//! chrony, `FreeRADIUS` and the ISC DHCP server, each on an address of its own. nftables drops what
//! should be silent.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pump_preflight::input::FileTable;
use pump_preflight::input::profile::load_profiles;
use pump_preflight::input::site::parse_site;
use pump_preflight::intent::Site;
use pump_preflight::probe::{Account, Measured, Plan, Secret, Settings, Start, run, summarize};
use pump_preflight::source::{File, FileId, FileOrigin};
use pump_preflight::wire::observation::{
    Answer, Behavior, Observation, Outcome, ServiceSummary, State, Vantage,
};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use crate::namespace::{Namespaces, text};
use crate::{is_wanted, say};

/// The site, as the servers below are.
const SITE: &str = "
schema: 1
site: Example
owners: { net: netops@example.org }
services:
  split:      { kind: dns, any_of: [10.77.1.10, 10.77.1.11] }
  many:       { kind: dns, address: 10.77.1.12 }
  silent:     { kind: dns, address: 10.77.1.13 }
  refusing:   { kind: dns, address: 10.77.1.14 }
  broken:     { kind: dns, address: 10.77.1.15 }
  lame:       { kind: dns, any_of: [10.77.1.10, 10.77.1.16] }
  resolver:   { kind: dns, address: 10.77.1.17 }
  ntp:        { kind: ntp, address: 10.77.1.20 }
  gateway:    { kind: pump-gateway, name: pumpgw.example.org, address: 10.77.1.50, port: tcp/51244, tls: { min: '1.2' }, owner: net, probe: allow, legacy_tls: allow }
  radius:     { kind: radius, address: 10.77.1.40, owner: net, probe: allow, account: { secret_file: secret, user: preflight, password_file: password } }
  dhcp:       { kind: dhcp, address: 10.77.1.2, owner: net, probe: allow }
networks:
  icu: { vlan: 230, subnet: 10.20.230.0/24 }
pumps:
  - { id: icu, profile: generic, firmware: { unknown: 1 }, on: [icu], area: ICU, reaction: seconds, addressing: dhcp, uses: [split] }
";

/// The zone that is current; `SERIAL`, `GATEWAY` differ.
const ZONE: &str = "$TTL 300
@ IN SOA ns1 hm SERIAL 3600 900 604800 900
@ 900 IN NS ns1
@ 900 IN NS ns2
ns1 900 IN A 10.77.1.10
ns2 900 IN A 10.77.1.16
pumpgw 300 IN A GATEWAY
";

/// A name server; `ADDRESSES`, `ZONES` and `$DIR` are filled in.
const NAMED: &str = "options { directory \"$DIR\"; listen-on port 53 { ADDRESSES; };
listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile none;
minimal-responses no; notify no; dnssec-validation no; allow-query { any; }; max-udp-size 4096; };
controls { };
ZONES";

/// Where what is, and how it is started.
struct Lab {
    /// The namespaces.
    spaces: Namespaces,
    /// Files of the servers.
    folder: tempfile::TempDir,
    /// The servers.
    children: Vec<Child>,
}

impl Drop for Lab {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Lab {
    /// The network, without servers.
    fn new() -> Self {
        let spaces = Namespaces::new(
            &["client", "router", "servers"],
            &[
                (("client", "eth0"), ("router", "eth0")),
                (("router", "eth1"), ("servers", "eth0")),
            ],
        );
        let lab = Self {
            spaces,
            folder: tempfile::tempdir().unwrap(),
            children: Vec::new(),
        };
        lab.shell(
            "client",
            "ip link set lo up; ip addr add 10.77.0.2/24 dev eth0; ip link set eth0 up; \
             ip route add default via 10.77.0.1",
        );
        lab.shell(
            "router",
            "ip addr add 10.77.0.1/24 dev eth0; ip addr add 10.77.1.1/24 dev eth1; \
             ip link set eth0 up; ip link set eth1 mtu 1400 up; sysctl -q -w net.ipv4.ip_forward=1",
        );
        let mut words = "ip link set lo up; ip link set eth0 mtu 1400 up; \
                         ip addr add 10.77.1.2/24 dev eth0; "
            .to_owned();
        for host in [10, 11, 12, 13, 14, 15, 16, 17, 20, 40, 50] {
            write!(words, "ip addr add 10.77.1.{host}/24 dev eth0; ").unwrap();
        }
        words.push_str(
            "ip route add default via 10.77.1.1; nft add table inet t; \
             nft 'add chain inet t i { type filter hook input priority 0; }'; \
             nft add rule inet t i ip daddr 10.77.1.12 tcp dport 53 drop; \
             nft add rule inet t i ip daddr 10.77.1.13 drop",
        );
        lab.shell("servers", &words);
        lab
    }

    /// Runs words of the shell in a namespace.
    fn shell(&self, space: &str, words: &str) {
        let output = self.spaces.run(space, &["sh", "-ec", words], "");
        assert!(output.status.success(), "{words}\n{}", text(&output));
    }

    /// Writes a file, `$DIR` filled in.
    fn write(&self, name: &str, contents: &str) {
        let folder = self.folder.path().display().to_string();
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents.replace("$DIR", &folder)).unwrap();
    }

    /// Starts a server among the servers.
    fn start(&mut self, words: &str) {
        let folder = self.folder.path().display().to_string();
        let words = words.replace("$DIR", &folder);
        let mut parts = words.split(' ');
        let mut command = self.spaces.command("servers", parts.next().unwrap());
        command.args(parts).stdin(Stdio::null());
        let log = fs::File::create(
            self.folder
                .path()
                .join(format!("log{}", self.children.len())),
        );
        let log = log.unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.children.push(command.spawn().unwrap());
    }

    /// A name server with zones, `name file` each; started.
    fn name_server(&mut self, id: &str, addresses: &str, zones: &[(&str, &str)]) {
        let zones: Vec<String> = zones
            .iter()
            .map(|(zone, file)| format!("zone \"{zone}\" {{ type primary; file \"{file}\"; }};"))
            .collect();
        let config = NAMED
            .replace("ADDRESSES", addresses)
            .replace("ZONES", &zones.join("\n"));
        self.write(&format!("{id}.conf"), &config);
        self.start(&format!("named -g -u root -c $DIR/{id}.conf"));
    }

    /// Every server.
    fn serve(&mut self) {
        let zone = |serial: &str, gateway: &str| {
            ZONE.replace("SERIAL", serial).replace("GATEWAY", gateway)
        };
        self.write("new.zone", &zone("2026010101", "10.77.1.50"));
        self.write("old.zone", &zone("2026010100", "10.77.1.99"));
        let mut many = zone("2026010101", "10.77.1.50");
        for host in 100..140 {
            writeln!(many, "pumpgw 300 IN A 10.77.1.{host}").unwrap();
        }
        self.write("many.zone", &many);
        self.write("broken.zone", "this is no zone\n");
        self.write("other.zone", &zone("1", "10.77.1.50"));
        self.name_server("new", "10.77.1.10", &[("example.org", "new.zone")]);
        self.name_server("old", "10.77.1.11", &[("example.org", "old.zone")]);
        self.name_server(
            "many",
            "10.77.1.12; 10.77.1.13",
            &[("example.org", "many.zone")],
        );
        self.name_server("broken", "10.77.1.15", &[("example.org", "broken.zone")]);
        self.name_server("lame", "10.77.1.16", &[("example.net", "other.zone")]);
        self.write(
            "unbound.conf",
            "server:\n do-daemonize: no\n chroot: \"\"\n username: \"\"\n directory: \"$DIR\"\n \
             pidfile: \"\"\n use-syslog: no\n interface: 10.77.1.17\n \
             access-control: 10.77.0.0/16 allow\n do-not-query-localhost: no\n \
             module-config: \"iterator\"\n local-zone: \"10.in-addr.arpa.\" nodefault\n\
             remote-control:\n control-enable: no\n\
             stub-zone:\n name: example.org\n stub-addr: 10.77.1.10\n\
             stub-zone:\n name: 10.in-addr.arpa\n stub-addr: 10.77.1.13\n",
        );
        self.start("unbound -d -c $DIR/unbound.conf");
        self.write(
            "chrony.conf",
            "local stratum 5\nallow 10.77.0.0/16\nbindaddress 10.77.1.20\ncmdport 0\n\
             pidfile $DIR/chrony.pid\ndriftfile $DIR/drift\nbindcmdaddress /\n",
        );
        self.start("chronyd -d -x -u root -f $DIR/chrony.conf");
        self.serve_gateway();
        self.serve_radius();
        self.write(
            "dhcpd.conf",
            "authoritative; default-lease-time 1800;\n\
             subnet 10.77.1.0 netmask 255.255.255.0 { }\n\
             subnet 10.77.0.0 netmask 255.255.255.0 { range 10.77.0.200 10.77.0.210; \
             option domain-name-servers 10.77.1.10, 10.77.9.9; option routers 10.77.0.1; }\n",
        );
        self.write("leases", "");
        self.start("dhcpd -4 -f -d -user root -group root -cf $DIR/dhcpd.conf -lf $DIR/leases -pf $DIR/dhcpd.pid eth0");
    }

    /// nginx with every version of TLS that its library can be brought to speak.
    fn serve_gateway(&mut self) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["pumpgw.example.org".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2040, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        self.write("key.pem", &key.serialize_pem());
        self.write("certificate.pem", &certificate.pem());
        self.write(
            "nginx.conf",
            "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n\
             daemon off; pid $DIR/nginx.pid; error_log stderr; events { }\n\
             stream { server { listen 10.77.1.50:51244 ssl;\n\
             ssl_certificate $DIR/certificate.pem; ssl_certificate_key $DIR/key.pem;\n\
             ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0;\n\
             ssl_handshake_timeout 60s; return done; } }\n",
        );
        self.start("nginx -c $DIR/nginx.conf");
    }

    /// `FreeRADIUS` with one client and one user.
    fn serve_radius(&mut self) {
        self.write(
            "raddb/users",
            "preflight Cleartext-Password := \"open sesame\"\n",
        );
        self.write(
            "raddb/radiusd.conf",
            "prefix = /usr\nlibdir = /usr/lib/freeradius\nraddbdir = $DIR/raddb\n\
             logdir = $DIR\nrun_dir = $DIR\npidfile = $DIR/radiusd.pid\n\
             security {\n status_server = yes\n }\n\
             client lab {\n ipaddr = 10.77.0.2\n secret = xyzzy\n }\n\
             modules {\n files {\n filename = $DIR/raddb/users\n }\n pap {\n }\n }\n\
             server default {\n listen {\n type = auth\n ipaddr = 10.77.1.40\n port = 1812\n }\n\
             authorize {\n files\n pap\n }\n\
             authenticate {\n Auth-Type PAP {\n pap\n }\n }\n }\n",
        );
        self.start("freeradius -f -l stdout -d $DIR/raddb");
    }

    /// What a probe of these services says, from the client.
    fn probe(
        &self,
        services: &[&str],
        settings: Settings,
    ) -> (Vec<Observation>, Vec<ServiceSummary>) {
        let site = site();
        let selected: Vec<String> = services.iter().map(ToString::to_string).collect();
        let plan = Plan::new(&site, &selected, settings, [7; 32]).unwrap();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let canceled = AtomicBool::new(false);
        let Measured { observations, .. } = self.spaces.enter("client", || {
            run(
                &plan,
                &Start {
                    started: "",
                    unix: since,
                    site_file: "site.yaml",
                    vantage: Vantage::default(),
                    deadline: None,
                    canceled: &canceled,
                },
            )
        });
        let services = summarize(&plan, &observations, "site.yaml");
        (observations, services)
    }
}

/// The site.
fn site() -> Site {
    let file = File::new(FileId(0), "site.yaml", FileOrigin::Disk, SITE.as_bytes());
    let profiles = load_profiles(&[], None, &mut FileTable::new()).unwrap();
    parse_site(&file, &profiles).unwrap()
}

/// Fast ones: the lab is nobody's network.
fn settings() -> Settings {
    Settings {
        samples: 3,
        interval: Duration::from_millis(20),
        timeout: Duration::from_millis(1500),
        ..Settings::default()
    }
}

/// What a probe saw: each server, and each service.
type Seen = (Vec<Observation>, Vec<ServiceSummary>);

/// What did not come as it should.
#[derive(Debug, Default)]
struct Misses(Vec<String>);

impl Misses {
    /// An observation of a server, or its service, must say this of that.
    fn says(&mut self, (observations, services): &Seen, behavior: Behavior, words: &str) {
        let statements = observations
            .iter()
            .flat_map(|one| &one.statements)
            .chain(services.iter().flat_map(|one| &one.statements));
        let known: Vec<String> = statements
            .map(|one| format!("{:?} {:?}: {}", one.behavior, one.state, one.text))
            .collect();
        let is_said = known
            .iter()
            .any(|one| one.starts_with(&format!("{behavior:?} ")) && one.contains(words));
        if !is_said {
            let known = known.join("\n  ");
            self.0
                .push(format!("nobody says {behavior:?} `{words}`:\n  {known}"));
        }
    }

    /// The first service must be in this state.
    fn is(&mut self, (_, services): &Seen, state: State) {
        let service = &services[0];
        if service.state != state {
            self.0.push(format!(
                "{} is {:?}, not {state:?}: {:?}",
                service.service, service.state, service.why
            ));
        }
    }

    /// This must hold.
    fn holds(&mut self, holds: bool, words: &str) {
        if !holds {
            self.0.push(words.to_owned());
        }
    }
}

/// Waits until every server answers.
fn wait_until_served(lab: &Lab) {
    for _ in 0..60 {
        let (observations, _) = lab.probe(
            &["split", "many", "lame", "resolver", "ntp", "gateway"],
            Settings {
                samples: 1,
                timeout: Duration::from_millis(500),
                ..settings()
            },
        );
        let is_served = |one: &Observation| {
            one.probe == "icmp"
                || one
                    .samples
                    .iter()
                    .any(|sample| sample.received_bytes > 0 || sample.outcome == Outcome::Answer)
        };
        let missing: Vec<&str> = observations
            .iter()
            .filter(|one| !is_served(one))
            .map(|one| one.target.address.as_str())
            .collect();
        if missing.is_empty() {
            return;
        }
        say(&format!("waiting for {}", missing.join(", ")));
        thread::sleep(Duration::from_millis(500));
    }
    for entry in fs::read_dir(lab.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("log"))
        {
            say(&last_lines(&path));
        }
    }
    assert!(lab.children.is_empty(), "the servers do not start");
}

/// The end of a log.
fn last_lines(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(8).collect();
    format!("{}:\n{}", path.display(), lines.join("\n"))
}

#[test]
fn live_servers_with_faults_are_told_apart() {
    if !is_wanted("live servers with faults") {
        return;
    }
    let mut lab = Lab::new();
    lab.serve();
    wait_until_served(&lab);
    let mut misses = Misses::default();
    names(&lab, &mut misses);
    others(&lab, &mut misses);
    path(&lab, &mut misses);
    assert!(misses.0.is_empty(), "{}", misses.0.join("\n"));
}

/// What is said of name servers.
fn names(lab: &Lab, misses: &mut Misses) {
    let split = lab.probe(&["split"], settings());
    misses.is(&split, State::Disagrees);
    misses.says(&split, Behavior::SplitBrain, "10.77.1.11 say A 10.77.1.99");
    misses.says(&split, Behavior::Ttl, "kept up to 300 s");
    // The SOA record's own lifetime is the shorter one (RFC 2308 section 5).
    misses.says(&split, Behavior::NegativeCaching, "kept 300 s");
    let many = lab.probe(&["many"], settings());
    misses.is(&many, State::Fails);
    misses.says(
        &many,
        Behavior::Truncation,
        "truncated, and over TCP silent",
    );
    for (service, words) in [
        ("silent", "silent"),
        ("refusing", "port refused"),
        ("broken", "SERVFAIL"),
    ] {
        let seen = lab.probe(&[service], settings());
        misses.is(&seen, State::Fails);
        misses.says(&seen, Behavior::Answer, words);
    }
    let lame = lab.probe(&["lame"], settings());
    misses.says(&lame, Behavior::Answer, "REFUSED");
    misses.says(&lame, Behavior::Delegation, "lame: ");
    let resolver = lab.probe(&["resolver"], settings());
    misses.says(&resolver, Behavior::Ttl, "s or longer");
    misses.says(
        &resolver,
        Behavior::Reverse,
        "servers that look up who connects wait",
    );
    say(
        "name servers: split brain, truncation without TCP, silent, refusing, failing, lame, cache",
    );
}

/// What is said of the others.
fn others(lab: &Lab, misses: &mut Misses) {
    misses.is(&lab.probe(&["ntp"], settings()), State::Works);
    let gateway = lab.probe(&["gateway"], settings());
    misses.says(&gateway, Behavior::Tls, "takes TLS 1.0");
    misses.says(&gateway, Behavior::Tls, "takes TLS 1.2");
    misses.says(&gateway, Behavior::Tls, "takes TLS 1.3");
    let account = |secret: &str, password: &str| Settings {
        accounts: BTreeMap::from([(
            "radius".to_owned(),
            Account {
                secret: Secret::new(secret.as_bytes().to_vec()),
                user: Some((
                    "preflight".to_owned(),
                    Secret::new(password.as_bytes().to_vec()),
                )),
            },
        )]),
        ..settings()
    };
    let radius = lab.probe(&["radius"], account("xyzzy", "open sesame"));
    misses.is(&radius, State::Works);
    let radius = lab.probe(&["radius"], account("xyzzy", "wrong"));
    misses.says(&radius, Behavior::Answer, "rejected");
    let radius = lab.probe(&["radius"], account("other", "open sesame"));
    misses.is(&radius, State::NotMeasured);
    let dhcp = lab.probe(&["dhcp"], settings());
    misses.says(&dhcp, Behavior::Answer, "OFFER, address 10.77.0.2");
    misses.says(&dhcp, Behavior::Answer, "hands out name server 10.77.9.9");
    let leases = fs::read_to_string(lab.folder.path().join("leases")).unwrap();
    misses.holds(!leases.contains("binding state active"), &leases);
    say("chrony, TLS versions, RADIUS with right and wrong secrets, DHCP without a lease");
}

/// What is said of the path.
fn path(lab: &Lab, misses: &mut Misses) {
    let wanted = || Settings {
        path: true,
        ..settings()
    };
    let seen = lab.probe(&["ntp"], wanted());
    misses.says(&seen, Behavior::Path, "hops: 10.77.0.1, 10.77.1.20");
    misses.says(&seen, Behavior::Path, "packets of 1400 bytes pass whole");
    let told = seen.0.iter().flat_map(|one| &one.samples).any(
        |sample| matches!(&sample.answer, Some(Answer::Hop(hop)) if hop.next_mtu == Some(1400)),
    );
    misses.holds(told, "the router says what passes");
    lab.shell(
        "router",
        "nft add table inet t; nft 'add chain inet t o { type filter hook output priority 0; }'; \
         nft add rule inet t o icmp type destination-unreachable drop",
    );
    // What the kernel has learned of the path is forgotten with the address.
    lab.shell("client", "ip addr flush dev eth0; ip addr add 10.77.0.2/24 dev eth0; ip route add default via 10.77.0.1");
    let seen = lab.probe(&["ntp"], wanted());
    misses.says(&seen, Behavior::Path, "vanish without a word");
    say("the path: hops, a small MTU that is told and one that is not");
}
