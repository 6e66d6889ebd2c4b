//! Live servers in namespaces, each with its fault, and what a probe says of it.
//!
//! BIND with different zones, Unbound, nginx, `HAProxy`, chrony, `FreeRADIUS`, the ISC DHCP server and
//! Kea. What peers report as success (`reference/probing-and-reports.md`, section 2.4) is in
//! [`unnoticed`].

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use pump_preflight::probe::{Account, Secret, Settings};
use pump_preflight::wire::observation::{
    Answer, Behavior, Observation, Outcome, ServiceSummary, State,
};

mod remote;
mod servers;
mod unnoticed;

use crate::{is_wanted, say};
use servers::{Lab, settings};

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

    /// Looks until everything is as it should be: servers start in their own time, and a busy machine
    /// loses packets.
    fn until(&mut self, what: &str, look: impl Fn(&mut Self)) {
        /// Looks before it counts.
        const LOOKS: usize = 8;
        for left in (0..LOOKS).rev() {
            let mut fresh = Self::default();
            look(&mut fresh);
            if fresh.0.is_empty() {
                say(what);
                return;
            }
            if left == 0 {
                self.0.append(&mut fresh.0);
            } else {
                let first = fresh.0.first().and_then(|miss| miss.lines().next());
                say(&format!("looking again: {}", first.unwrap_or_default()));
                thread::sleep(Duration::from_secs(1));
            }
        }
    }

    /// This must hold.
    fn holds(&mut self, holds: bool, words: &str) {
        if !holds {
            self.0.push(words.to_owned());
        }
    }
}

/// The lab with every server up, or what their logs say.
fn served() -> Lab {
    let mut lab = Lab::new();
    lab.serve();
    wait_until_served(&lab);
    lab
}

/// Waits until every server answers.
fn wait_until_served(lab: &Lab) {
    for _ in 0..60 {
        let seen = lab.probe(
            &[
                "split", "many", "lame", "resolver", "ntp", "gateway", "dhcp", "kea",
            ],
            Settings {
                samples: 1,
                timeout: Duration::from_millis(500),
                ..settings()
            },
        );
        let is_served = |one: &&Observation| {
            let mut samples = one.samples.iter();
            one.probe == "icmp"
                || samples
                    .any(|sample| sample.received_bytes > 0 || sample.outcome == Outcome::Answer)
        };
        let missing: Vec<&str> = seen
            .0
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
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("log") {
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
    let mut lab = served();
    let mut misses = Misses::default();
    misses.until(
        "name servers: silent, refusing, failing, lame, cache",
        |misses| {
            names(&lab, misses);
        },
    );
    misses.until("half lost, rejected, and late behind a queue", |misses| {
        ways(&lab, misses);
    });
    unnoticed::all(&lab, &mut misses);
    misses.until(
        "chrony, TLS versions, HAProxy before nothing and before nginx",
        |misses| {
            times_and_gateways(&lab, misses);
        },
    );
    misses.until("RADIUS with right and wrong secrets", |misses| {
        radius(&lab, misses);
    });
    misses.until("DHCP twice without a lease", |misses| leases(&lab, misses));
    misses.until("failover as long as computed", |misses| {
        failover(&lab, misses);
    });
    remote::over_ssh(&mut lab, &mut misses);
    path(&lab, &mut misses);
    assert!(misses.0.is_empty(), "{}", misses.0.join("\n"));
}

/// What is said of name servers.
fn names(lab: &Lab, misses: &mut Misses) {
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
}

/// What is said of a way that loses, rejects or delays.
fn ways(lab: &Lab, misses: &mut Misses) {
    let four = || Settings {
        samples: 4,
        ..settings()
    };
    let lossy = lab.probe(&["lossy"], four());
    misses.is(&lossy, State::Degraded);
    let lost = lossy.0.iter().find(|one| one.probe == "dns");
    let lost = lost.map_or(0, |one| one.summary.lost);
    misses.holds((1..4).contains(&lost), &format!("{lost} of 4 lost"));
    let rejected = lab.probe(&["rejected"], settings());
    misses.is(&rejected, State::Fails);
    misses.says(&rejected, Behavior::Answer, "unreachable");
    // 16 kbit/s: an answer of some hundred bytes takes longer than 100 ms.
    let queue = "tc qdisc add dev eth0 root tbf rate 16kbit burst 400 latency 5s";
    lab.shell("servers", queue);
    let late = lab.probe(&["split"], four());
    lab.shell("servers", "tc qdisc del dev eth0 root");
    let slowest = late.0.iter().flat_map(|one| &one.samples);
    let slowest = slowest.filter_map(|sample| sample.elapsed_us).max();
    let words = format!("the slowest answer took {} us", slowest.unwrap_or(0));
    misses.holds(slowest.is_some_and(|us| us > 100_000), &words);
}

/// What is said of the time server and of gateways.
fn times_and_gateways(lab: &Lab, misses: &mut Misses) {
    misses.is(&lab.probe(&["ntp"], settings()), State::Works);
    let gateway = lab.probe(&["gateway"], settings());
    misses.says(&gateway, Behavior::Tls, "takes TLS 1.0");
    misses.says(&gateway, Behavior::Tls, "takes TLS 1.2");
    misses.says(&gateway, Behavior::Tls, "takes TLS 1.3");
    // The proxy takes the connection although nothing stands behind it.
    let proxied = lab.probe(&["proxied"], settings());
    misses.is(&proxied, State::Fails);
    let connects = proxied.0.iter().find(|one| one.probe == "tcp-connect");
    misses.holds(
        connects.is_some_and(|one| one.state == State::Works),
        "the proxy takes connections",
    );
    let balanced = lab.probe(&["balanced"], settings());
    misses.says(&balanced, Behavior::Tls, "speaks TLS 1.3");
}

/// What is said of the RADIUS server.
fn radius(lab: &Lab, misses: &mut Misses) {
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
}

/// What is said of DHCP servers, and that none gave a lease.
fn leases(lab: &Lab, misses: &mut Misses) {
    for (service, name_server) in [("dhcp", "10.77.9.9"), ("kea", "10.77.9.8")] {
        let seen = lab.probe(&[service], settings());
        misses.says(&seen, Behavior::Answer, "OFFER, address 10.77.0.2");
        let words = format!("hands out name server {name_server}");
        misses.says(&seen, Behavior::Answer, &words);
    }
    let leases = lab.read("leases");
    misses.holds(!leases.contains("binding state active"), &leases);
    let logs = (0..lab.children.len()).map(|number| lab.read(&format!("log{number}")));
    let given = logs.filter(|log| log.contains("DHCP4_LEASE_ALLOC"));
    misses.holds(given.count() == 0, "Kea gave a lease");
}

/// What is said of clients whose first name server is dead, and how long they really take.
fn failover(lab: &Lab, misses: &mut Misses) {
    let wanted = Settings {
        failover: true,
        ..settings()
    };
    let (_, services) = lab.probe(&["split"], wanted);
    let rows = services[0].time_to_answer.iter();
    let rows = rows.filter(|row| row.if_servers.as_deref() == Some("the first server silent"));
    let mut played = 0;
    for row in rows {
        let (Some(computed), Some(measured)) = (row.seconds, row.measured_seconds) else {
            continue;
        };
        played += 1;
        let is_near = (computed..computed + 0.5).contains(&measured);
        let words = format!(
            "{}: computed {computed} s, measured {measured} s",
            row.model
        );
        misses.holds(is_near, &words);
    }
    misses.holds(
        played == 5,
        &format!("{played} kinds of clients were played"),
    );
}

/// What is said of the path.
fn path(lab: &Lab, misses: &mut Misses) {
    let wanted = || Settings {
        path: true,
        ..settings()
    };
    misses.until("the path: hops and a small MTU that is told", |misses| {
        let seen = lab.probe(&["ntp"], wanted());
        misses.says(&seen, Behavior::Path, "hops: 10.77.0.1, 10.77.1.20");
        misses.says(&seen, Behavior::Path, "packets of 1400 bytes pass whole");
        let mut samples = seen.0.iter().flat_map(|one| &one.samples);
        let told = samples.any(
            |sample| matches!(&sample.answer, Some(Answer::Hop(hop)) if hop.next_mtu == Some(1400)),
        );
        misses.holds(told, "the router says what passes");
    });
    lab.shell(
        "router",
        "nft add table inet t; nft 'add chain inet t o { type filter hook output priority 0; }'; \
         nft add rule inet t o icmp type destination-unreachable drop",
    );
    misses.until("the path: a small MTU that nobody tells", |misses| {
        // What the kernel has learned of the path is forgotten with the address.
        lab.shell(
            "client",
            "ip addr flush dev eth0; ip addr add 10.77.0.2/24 dev eth0; \
             ip route add default via 10.77.0.1",
        );
        let seen = lab.probe(&["ntp"], wanted());
        misses.says(&seen, Behavior::Path, "vanish without a word");
    });
}
