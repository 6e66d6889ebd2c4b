//! FRR's daemons in namespaces, and the route tables that they fill.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::network::{Device, Network};
use crate::namespace::{Namespaces, feed, text};

/// Where Debian's package keeps the daemons.
const DAEMONS: &str = "/usr/lib/frr";
/// How long the tables may take until they are as computed.
const PATIENCE: Duration = Duration::from_secs(45);
/// How long tables that are not as computed have to stay as they are.
const QUIET: Duration = Duration::from_secs(12);

/// Routes by device, each as text: prefix, protocol, ways.
pub(super) type Tables = BTreeMap<String, BTreeSet<String>>;

/// Running daemons, which end with it.
#[derive(Default)]
pub(super) struct Daemons(Vec<Child>);

impl Drop for Daemons {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
        }
        for child in &mut self.0 {
            let _ = child.wait();
        }
    }
}

/// Starts the daemons of every router that has a file for them.
pub(super) fn start(network: &Network, namespaces: &Namespaces, folder: &Path) -> Daemons {
    let mut daemons = Daemons::default();
    open_to_daemons(network, folder);
    for daemon in ["zebra", "staticd", "ospfd", "bgpd"] {
        for device in network
            .devices
            .iter()
            .filter(|device| !device.routing.is_empty())
        {
            let state = folder.join("frr").join(&device.name);
            let path = |name: &str| state.join(name).display().to_string();
            let mut command = namespaces.command(&device.name, &format!("{DAEMONS}/{daemon}"));
            command.args(["-P", "0", "-f", "/dev/null"]);
            command.args([
                "-i",
                &path(&format!("{daemon}.pid")),
                "-z",
                &path("zserv.api"),
            ]);
            command.args([
                "--vty_socket",
                &state.display().to_string(),
                "--log",
                "stdout",
            ]);
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            daemons
                .0
                .push(command.spawn().expect("the daemon is installed"));
        }
        if daemon == "zebra" {
            listening(network, folder);
        }
    }
    for device in network
        .devices
        .iter()
        .filter(|device| !device.routing.is_empty())
    {
        read(device, folder);
    }
    daemons
}

/// Has the daemons of a router read its file.
fn read(device: &Device, folder: &Path) {
    let state = folder.join("frr").join(&device.name);
    let sockets = ["zebra.vty", "staticd.vty", "ospfd.vty", "bgpd.vty"];
    let start = Instant::now();
    while !sockets.iter().all(|socket| state.join(socket).exists()) && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(50));
    }
    let mut command = Command::new("vtysh");
    command
        .arg("--vty_socket")
        .arg(&state)
        .arg("--config_dir")
        .arg(&state);
    command
        .arg("-f")
        .arg(folder.join("configs").join(&device.name).join("frr.conf"));
    let output = feed(&mut command, "");
    assert!(output.status.success(), "{}", text(&output));
}

/// Lets the daemons, which run as a user of their own, read their files and write their sockets.
fn open_to_daemons(network: &Network, folder: &Path) {
    fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    for device in network
        .devices
        .iter()
        .filter(|device| !device.routing.is_empty())
    {
        let state = folder.join("frr").join(&device.name);
        fs::create_dir_all(&state).unwrap();
        let output = feed(Command::new("chown").arg("frr:frr").arg(&state), "");
        assert!(output.status.success(), "{}", text(&output));
    }
}

/// Waits until every zebra takes the others, which look for it only now and then.
fn listening(network: &Network, folder: &Path) {
    let start = Instant::now();
    let socket = |name: &str| folder.join("frr").join(name).join("zserv.api");
    let mut routers = network
        .devices
        .iter()
        .filter(|device| !device.routing.is_empty());
    while !routers.clone().all(|device| socket(&device.name).exists()) && start.elapsed() < PATIENCE
    {
        thread::sleep(Duration::from_millis(50));
    }
    assert!(
        routers.all(|device| socket(&device.name).exists()),
        "zebra does not start"
    );
}

/// Waits until the tables are as computed, or stay as they are; gives what differs.
pub(super) fn settle(network: &Network, namespaces: &Namespaces, computed: &Tables) -> Vec<String> {
    let start = Instant::now();
    let mut seen = tables(network, namespaces);
    let mut last = Instant::now();
    while seen != *computed {
        let quiet = last.elapsed() > QUIET && start.elapsed() > 2 * QUIET;
        if quiet || start.elapsed() > PATIENCE {
            break;
        }
        thread::sleep(Duration::from_millis(250));
        let now = tables(network, namespaces);
        if now != seen {
            last = Instant::now();
            seen = now;
        }
    }
    let mut differ = Vec::new();
    for (device, rows) in &seen {
        let wanted = computed.get(device).cloned().unwrap_or_default();
        differ.extend(
            rows.difference(&wanted)
                .map(|row| format!("{device}: the kernel has {row}")),
        );
        differ.extend(
            wanted
                .difference(rows)
                .map(|row| format!("{device}: the kernel has not {row}")),
        );
    }
    differ
}

/// The kernel's tables.
fn tables(network: &Network, namespaces: &Namespaces) -> Tables {
    let mut tables = Tables::new();
    for device in network
        .devices
        .iter()
        .filter(|device| !device.routing.is_empty())
    {
        let output = namespaces.run(&device.name, &["ip", "-j", "route"], "");
        let routes: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let rows = routes.as_array().into_iter().flatten().map(kernel_row);
        tables.insert(device.name.clone(), rows.collect());
    }
    tables
}

/// One route of the kernel.
fn kernel_row(route: &Value) -> String {
    let string = |value: &Value, key: &str| value[key].as_str().unwrap_or("").to_owned();
    let mut prefix = string(route, "dst");
    if prefix == "default" {
        "0.0.0.0/0".clone_into(&mut prefix);
    } else if !prefix.contains('/') {
        prefix.push_str("/32");
    }
    let protocol = match string(route, "protocol").as_str() {
        "kernel" => "connected".to_owned(),
        other => other.to_owned(),
    };
    let way = |hop: &Value| {
        let gateway = string(hop, "gateway");
        if gateway.is_empty() {
            string(hop, "dev")
        } else {
            gateway
        }
    };
    let mut ways: BTreeSet<String> = match route["nexthops"].as_array() {
        Some(hops) => hops.iter().map(way).collect(),
        None => BTreeSet::from([way(route)]),
    };
    if matches!(route["type"].as_str(), Some("blackhole" | "unreachable")) {
        ways.clear();
    }
    row(&prefix, &protocol, ways)
}

/// A route as text; of BGP only the prefix, since its next hops are further away.
fn row(prefix: &str, protocol: &str, ways: BTreeSet<String>) -> String {
    let ways: Vec<String> = ways.into_iter().collect();
    match protocol {
        "bgp" => format!("{prefix} bgp"),
        _ => format!("{prefix} {protocol} {}", ways.join(" ")),
    }
}

/// The tables that the analyzer computes, and what it says of its doubts.
pub(super) fn computed(network: &Network, folder: &Path) -> (Tables, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pump-preflight"));
    command.args(["routes", "--format", "json", "--config"]);
    let output = feed(command.arg(folder.join("configs")), "");
    assert!(output.status.success(), "{}", text(&output));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut ways: BTreeMap<(String, String, String), BTreeSet<String>> = BTreeMap::new();
    for route in value["routes"].as_array().into_iter().flatten() {
        let string = |key: &str| route[key].as_str().unwrap_or("").to_owned();
        let device = string("device");
        let routes = network
            .devices
            .iter()
            .any(|known| known.name == device && !known.routing.is_empty());
        // The kernel's main table has no route to the loopback's own address.
        let own = string("protocol") == "local" || string("interface") == "lo";
        if !routes || own {
            continue;
        }
        let protocol = match string("protocol").as_str() {
            kind if kind.starts_with("ospf") => "ospf".to_owned(),
            "ibgp" => "bgp".to_owned(),
            other => other.to_owned(),
        };
        let hop = string("next_hop");
        let way = if hop.is_empty() {
            string("interface")
        } else {
            hop
        };
        let ways = ways
            .entry((device, string("prefix"), protocol))
            .or_default();
        if !way.is_empty() && way != "Null0" {
            ways.insert(way);
        }
    }
    let mut tables = Tables::new();
    for device in network
        .devices
        .iter()
        .filter(|device| !device.routing.is_empty())
    {
        tables.entry(device.name.clone()).or_default();
    }
    for ((device, prefix, protocol), ways) in ways {
        tables
            .entry(device)
            .or_default()
            .insert(row(&prefix, &protocol, ways));
    }
    let doubts = value["incomplete"].as_array().into_iter().flatten();
    let doubts = doubts.map(|doubt| doubt.as_str().unwrap_or("?").to_owned());
    (tables, doubts.collect())
}
