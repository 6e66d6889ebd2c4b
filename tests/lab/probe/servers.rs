//! Servers in namespaces, each on an address of its own.
//!
//! A client, a router, a host of servers and one of Kea; nftables drops what should be silent.

use std::fmt::Write as _;
use std::fs;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pump_preflight::input::FileTable;
use pump_preflight::input::profile::load_profiles;
use pump_preflight::input::site::parse_site;
use pump_preflight::intent::Site;
use pump_preflight::probe::{Measured, Plan, Settings, Start, run, summarize};
use pump_preflight::source::{File, FileId, FileOrigin};
use pump_preflight::wire::observation::Vantage;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use super::Seen;
use crate::namespace::{Namespaces, text};

/// The site, as the servers below are.
pub(super) const SITE: &str = "
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
  lossy:      { kind: dns, address: 10.77.1.19 }
  rejected:   { kind: dns, address: 10.77.1.21 }
  ntp:        { kind: ntp, address: 10.77.1.20 }
  gateway:    { kind: pump-gateway, name: pumpgw.example.org, address: 10.77.1.50, port: tcp/51244, tls: { min: '1.2' }, owner: net, probe: allow, legacy_tls: allow }
  radius:     { kind: radius, address: 10.77.1.40, owner: net, probe: allow, account: { secret_file: secret, user: preflight, password_file: password } }
  dhcp:       { kind: dhcp, address: 10.77.1.2, owner: net, probe: allow }
  kea:        { kind: dhcp, address: 10.77.2.2, owner: net, probe: allow }
  proxied:    { kind: pump-gateway, address: 10.77.1.51, port: tcp/51244, tls: { min: '1.2' }, owner: net, probe: allow }
  balanced:   { kind: pump-gateway, address: 10.77.1.51, port: tcp/51245, tls: { min: '1.2' }, owner: net, probe: allow }
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

/// A zone full of what a server answers without an error and nobody can use.
const FAULTS: &str = "$TTL 300
@ IN SOA ns1 hm 2026010101 3600 900 604800 300
@ 900 IN NS ns1
@ IN MX 10 nowhere
ns1 900 IN A 10.77.1.18
pumpgw 300 IN A 10.77.1.50
circle IN CNAME around
around IN CNAME circle
dangling IN CNAME gone
child 900 IN NS ns1.child
chain 60 IN CNAME chain2
chain2 86400 IN CNAME chain3
chain3 60 IN CNAME chain4
chain4 300 IN A 10.77.1.50
_gw._tcp IN SRV 0 0 51244 nowhere
";

/// A name server; `ADDRESSES`, `ZONES` and `$DIR` are filled in.
const NAMED: &str = "options { directory \"$DIR\"; listen-on port 53 { ADDRESSES; };
listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile none;
minimal-responses no; notify no; dnssec-validation no; allow-query { any; }; max-udp-size 4096; };
controls { };
ZONES";

/// Where what is, and how it is started.
pub(super) struct Lab {
    /// The namespaces.
    pub(super) spaces: Namespaces,
    /// Files of the servers.
    pub(super) folder: tempfile::TempDir,
    /// The servers.
    pub(super) children: Vec<Child>,
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
    pub(super) fn new() -> Self {
        let spaces = Namespaces::new(
            &["client", "router", "servers", "kea"],
            &[
                (("client", "eth0"), ("router", "eth0")),
                (("router", "eth1"), ("servers", "eth0")),
                (("router", "eth2"), ("kea", "eth0")),
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
             ip addr add 10.77.2.1/24 dev eth2; ip link set lo up; ip link set eth0 up; \
             ip link set eth1 mtu 1400 up; ip link set eth2 up; sysctl -q -w net.ipv4.ip_forward=1",
        );
        lab.shell(
            "kea",
            "ip addr add 10.77.2.2/24 dev eth0; ip link set lo up; ip link set eth0 up; \
             ip route add default via 10.77.2.1",
        );
        let mut words = "ip link set lo up; ip link set eth0 mtu 1400 up; \
                         ip addr add 10.77.1.2/24 dev eth0; "
            .to_owned();
        for host in [
            10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 40, 50, 51, 60,
        ] {
            write!(words, "ip addr add 10.77.1.{host}/24 dev eth0; ").unwrap();
        }
        words.push_str(
            "ip route add default via 10.77.1.1; nft add table inet t; \
             nft 'add chain inet t i { type filter hook input priority 0; }'; \
             nft add rule inet t i ip daddr 10.77.1.12 tcp dport 53 drop; \
             nft add rule inet t i ip daddr 10.77.1.13 drop; \
             nft add rule inet t i ip daddr 10.77.1.19 udp dport 53 numgen inc mod 2 0 drop; \
             nft add rule inet t i ip daddr 10.77.1.21 reject with icmp type host-unreachable",
        );
        lab.shell("servers", &words);
        lab
    }

    /// Runs words of the shell in a namespace.
    pub(super) fn shell(&self, space: &str, words: &str) {
        let output = self.spaces.run(space, &["sh", "-ec", words], "");
        assert!(output.status.success(), "{words}\n{}", text(&output));
    }

    /// Writes a file, `$DIR` filled in.
    pub(super) fn write(&self, name: &str, contents: &str) {
        let folder = self.folder.path().display().to_string();
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents.replace("$DIR", &folder)).unwrap();
    }

    /// Starts a server among the servers.
    fn start(&mut self, words: &str) {
        self.start_in("servers", words);
    }

    /// Starts a server in a namespace; the name of its log.
    pub(super) fn start_in(&mut self, space: &str, words: &str) -> String {
        let folder = self.folder.path().display().to_string();
        let words = words.replace("$DIR", &folder);
        let mut parts = words.split(' ');
        let mut command = self.spaces.command(space, parts.next().unwrap());
        command.args(parts).stdin(Stdio::null());
        let name = format!("log{}", self.children.len());
        let log = fs::File::create(self.folder.path().join(&name)).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.children.push(command.spawn().unwrap());
        name
    }

    /// What a file in the folder holds.
    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
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
    pub(super) fn serve(&mut self) {
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
        self.name_server(
            "new",
            "10.77.1.10; 10.77.1.19",
            &[("example.org", "new.zone")],
        );
        self.name_server("old", "10.77.1.11", &[("example.org", "old.zone")]);
        self.name_server(
            "many",
            "10.77.1.12; 10.77.1.13",
            &[("example.org", "many.zone")],
        );
        self.name_server("broken", "10.77.1.15", &[("example.org", "broken.zone")]);
        self.write("faults.zone", FAULTS);
        self.name_server("faults", "10.77.1.18", &[("example.org", "faults.zone")]);
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
        self.serve_leases();
    }

    /// The ISC server, and Kea on a host of its own.
    fn serve_leases(&mut self) {
        self.write(
            "dhcpd.conf",
            "authoritative; default-lease-time 1800;\n\
             subnet 10.77.1.0 netmask 255.255.255.0 { }\n\
             subnet 10.77.0.0 netmask 255.255.255.0 { range 10.77.0.200 10.77.0.210; \
             option domain-name-servers 10.77.1.10, 10.77.9.9; option routers 10.77.0.1; }\n",
        );
        self.write("leases", "");
        self.start("dhcpd -4 -f -d -user root -group root -cf $DIR/dhcpd.conf -lf $DIR/leases -pf $DIR/dhcpd.pid eth0");
        self.write(
            "kea.conf",
            r#"{ "Dhcp4": {
            "interfaces-config": { "interfaces": ["eth0/10.77.2.2"], "dhcp-socket-type": "udp" },
            "lease-database": { "type": "memfile", "persist": false }, "valid-lifetime": 1800,
            "subnet4": [{ "id": 1, "subnet": "10.77.0.0/24",
              "pools": [{ "pool": "10.77.0.200 - 10.77.0.210" }],
              "option-data": [{ "name": "domain-name-servers", "data": "10.77.9.8" }] }],
            "loggers": [{ "name": "kea-dhcp4", "severity": "INFO",
              "output_options": [{ "output": "stdout" }] }] } }"#,
        );
        let environment = "env KEA_LOCKFILE_DIR=none KEA_PIDFILE_DIR=$DIR";
        self.start_in("kea", &format!("{environment} kea-dhcp4 -c $DIR/kea.conf"));
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
        self.write(
            "haproxy.conf",
            "defaults\n mode tcp\n timeout connect 1s\n timeout client 30s\n timeout server 30s\n\
             listen dead\n bind 10.77.1.51:51244\n server gone 10.77.1.51:1\n\
             listen alive\n bind 10.77.1.51:51245\n server gateway 10.77.1.50:51244\n",
        );
        self.start("haproxy -db -f $DIR/haproxy.conf");
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
             client lab {\n ipaddr = 10.77.0.0/16\n secret = xyzzy\n }\n\
             modules {\n files {\n filename = $DIR/raddb/users\n }\n pap {\n }\n }\n\
             server default {\n listen {\n type = auth\n ipaddr = 10.77.1.40\n port = 1812\n }\n\
             authorize {\n files\n pap\n }\n\
             authenticate {\n Auth-Type PAP {\n pap\n }\n }\n }\n",
        );
        self.start("freeradius -f -l stdout -d $DIR/raddb");
    }

    /// What a probe of these services says, from the client.
    pub(super) fn probe(&self, services: &[&str], settings: Settings) -> Seen {
        self.probe_site(&site(SITE), services, settings)
    }

    /// The same of another site.
    pub(super) fn probe_site(&self, site: &Site, services: &[&str], settings: Settings) -> Seen {
        let selected: Vec<String> = services.iter().map(ToString::to_string).collect();
        let plan = Plan::new(site, &selected, settings, [7; 32]).unwrap();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let canceled = AtomicBool::new(false);
        let start = Start {
            started: "",
            unix: since,
            site_file: "site.yaml",
            vantage: Arc::new(Vantage::default()),
            deadline: None,
            progress: &|_| {},
            canceled: &canceled,
        };
        let Measured { observations, .. } = self.spaces.enter("client", || run(&plan, &start));
        let services = summarize(&plan, &observations, "site.yaml");
        (observations, services)
    }
}

/// A site of this text.
pub(super) fn site(text: &str) -> Site {
    let file = File::new(FileId(0), "site.yaml", FileOrigin::Disk, text.as_bytes());
    let profiles = load_profiles(&[], None, &mut FileTable::new()).unwrap();
    parse_site(&file, &profiles).unwrap()
}

/// Fast ones: the lab is nobody's network.
pub(super) fn settings() -> Settings {
    Settings {
        samples: 3,
        interval: Duration::from_millis(20),
        timeout: Duration::from_millis(1500),
        ..Settings::default()
    }
}
