//! What would be sent, said and not done.

use std::fs;

use crate::verify::{json, run, site};

#[test]
fn a_dry_run_says_what_every_vantage_would_send() {
    let folder = tempfile::tempdir().unwrap();
    let site = site(folder.path(), 1);
    let text = fs::read_to_string(&site).unwrap();
    let one = "vantages: [{ id: local, networks: [icu], via: here }]";
    let four = "vantages: [{ id: local, networks: [], via: here }, \
                { id: ward-a, networks: [icu], via: ssh, host: probe1 }, \
                { id: exporter, networks: [icu], via: blackbox, url: \"http://127.0.0.1:1\" }, \
                { id: ward-b, networks: [icu], via: bundle }]";
    assert!(text.contains(one));
    fs::write(&site, text.replace(one, four)).unwrap();
    let arguments = ["probe", "--site", &site, "--vantages", "--dry-run"];
    let output = run(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!(output.status.code(), Some(0));
    let plan = json(&output);
    let packets = plan["packets"].as_array().unwrap();
    let of = |id: &str| {
        let own = packets.iter().filter(|packet| packet["vantage"] == id);
        let times = own.map(|packet| packet["times"].as_u64().unwrap());
        times.sum::<u64>()
    };
    assert!(of("local") > 0);
    assert_eq!(of("local"), of("ward-a"));
    assert!((1..=of("local")).contains(&of("exporter")));
    assert_eq!(of("ward-b"), 0);
    let text = String::from_utf8(run(&arguments).stdout).unwrap();
    for head in [
        "vantage local (here):",
        "vantage ward-a (ssh probe1):",
        "vantage exporter (blackbox http://127.0.0.1:1):",
        "vantage ward-b (bundle):",
    ] {
        assert!(text.contains(head), "{text}");
    }
    assert!(text.ends_with("nothing was sent\n"), "{text}");
}
