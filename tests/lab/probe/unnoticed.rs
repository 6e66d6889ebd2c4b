//! What peers report as success, each said as the failure it is.
//!
//! | what peers do not notice | looked at in |
//! |---|---|
//! | two servers give different addresses, one zone behind the other | [`split_brain`] |
//! | a truncated answer while tcp/53 is blocked | [`truncation`] |
//! | an IPv6 address is asked for, only an IPv4 one exists | [`no_such_record`] |
//! | a name that does not exist, and why a server fails | [`no_such_name`] |
//! | a server that refuses, and one that is silent | [`refused_or_silent`] |
//! | aliases in a circle and to nothing, a delegation without glue, SRV and MX to nothing | [`dead_ends`] |
//! | a chain of aliases whose longest lifetime is not the first | [`lifetimes`] |

use pump_preflight::wire::observation::{Behavior, State};

use super::servers::{Lab, settings, site};
use super::{Misses, Seen};

/// One look at a row.
type Look = fn(&Lab, &mut Misses);

/// Every row.
pub(super) fn all(lab: &Lab, misses: &mut Misses) {
    let rows: [(&str, Look); 7] = [
        ("split brain with an old serial", split_brain),
        ("truncation without TCP", truncation),
        ("no such record", no_such_record),
        ("no such name", no_such_name),
        ("refused and silent", refused_or_silent),
        ("circles, dead ends, missing glue", dead_ends),
        ("lifetimes of a chain", lifetimes),
    ];
    for (what, row) in rows {
        misses.until(what, |misses| row(lab, misses));
    }
}

/// Each alone works; together they contradict each other.
fn split_brain(lab: &Lab, misses: &mut Misses) {
    let split = lab.probe(&["split"], settings());
    misses.is(&split, State::Disagrees);
    misses.says(&split, Behavior::SplitBrain, "10.77.1.11 say A 10.77.1.99");
    misses.says(&split, Behavior::SplitBrain, "serial 2026010100");
    misses.says(&split, Behavior::Ttl, "kept up to 300 s");
    // The SOA record's own lifetime is the shorter one (RFC 2308 section 5).
    misses.says(&split, Behavior::NegativeCaching, "kept 300 s");
}

/// Some addresses come, the rest never does.
fn truncation(lab: &Lab, misses: &mut Misses) {
    let many = lab.probe(&["many"], settings());
    misses.is(&many, State::Fails);
    let words = "truncated, and over TCP silent";
    misses.says(&many, Behavior::Truncation, words);
}

/// Asks the server of faults for one name, with these records required of it.
fn faulty(lab: &Lab, name: &str, records: &str) -> Seen {
    let text = format!(
        "schema: 1\nsite: Example\nowners: {{ net: netops@example.org }}\nservices:\n  \
         faults: {{ kind: dns, address: 10.77.1.18 }}\n  \
         gateway: {{ kind: other, name: {name}, address: 10.77.1.50, port: tcp/51244, \
         records: [{records}] }}\nnetworks:\n  icu: {{ vlan: 230, subnet: 10.20.230.0/24 }}\n\
         pumps:\n  - {{ id: icu, profile: generic, firmware: {{ unknown: 1 }}, on: [icu], area: ICU, \
         reaction: seconds, addressing: dhcp, uses: [faults] }}\n"
    );
    lab.probe_site(&site(&text), &["faults"], settings())
}

/// NOERROR without a record.
fn no_such_record(lab: &Lab, misses: &mut Misses) {
    let seen = faulty(lab, "pumpgw.example.org", "AAAA pumpgw.example.org");
    misses.is(&seen, State::Fails);
    let words = "AAAA pumpgw.example.org: no such record, and it is required";
    misses.says(&seen, Behavior::Record, words);
}

/// A reason, not only a failure.
fn no_such_name(lab: &Lab, misses: &mut Misses) {
    let seen = faulty(lab, "missing.example.org", "");
    misses.is(&seen, State::Fails);
    misses.says(
        &seen,
        Behavior::Answer,
        "A missing.example.org: no such name",
    );
}

/// Two states that clients wait for differently.
fn refused_or_silent(lab: &Lab, misses: &mut Misses) {
    let first_waits = |service| {
        let (observations, services) = lab.probe(&[service], settings());
        let words = observations[0].why.join("; ");
        let glibc = services[0].time_to_answer.first();
        (words, glibc.and_then(|row| row.seconds))
    };
    let (refused, soon) = first_waits("refusing");
    let (silent, late) = first_waits("silent");
    misses.holds(refused.contains("port refused"), &refused);
    misses.holds(silent.contains("silent"), &silent);
    misses.holds(soon == Some(0.0) && late == Some(10.0), "waits differ");
}

/// What a check of the zone's file calls fine.
fn dead_ends(lab: &Lab, misses: &mut Misses) {
    for (name, behavior, words) in [
        ("circle", Behavior::Chain, "aliases in a circle"),
        (
            "dangling",
            Behavior::Chain,
            "ends at a name that is not there",
        ),
        ("gw.child", Behavior::Delegation, "missing glue"),
    ] {
        let seen = faulty(lab, &format!("{name}.example.org"), "");
        misses.is(&seen, State::Fails);
        misses.says(&seen, behavior, words);
    }
    let records = "SRV _gw._tcp.example.org, MX example.org";
    let seen = faulty(lab, "pumpgw.example.org", records);
    misses.is(&seen, State::Degraded);
    for kind in ["SRV _gw._tcp.example.org", "MX example.org"] {
        let words = format!("{kind} points to nowhere.example.org: no such name");
        misses.says(&seen, Behavior::Record, &words);
    }
}

/// A day hides behind the first minute.
fn lifetimes(lab: &Lab, misses: &mut Misses) {
    let seen = faulty(lab, "chain.example.org", "");
    misses.says(&seen, Behavior::Ttl, "kept up to 86400 s");
    misses.says(&seen, Behavior::Chain, "3 aliases in a row");
}
