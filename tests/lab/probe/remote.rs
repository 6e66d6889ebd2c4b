//! A vantage behind a real OpenSSH server and a jump host, with shared connections.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::Misses;
use super::servers::{Lab, SITE};
use crate::namespace::text;
use crate::say;

/// A server on an address; `$DIR` is filled in.
const SSHD: &str = "ListenAddress ADDRESS
HostKey $DIR/host_key
AuthorizedKeysFile $DIR/key.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
";

/// How the user reaches the place.
const CONFIG: &str = "Host *
 User root
 IdentityFile $DIR/key
 IdentitiesOnly yes
 UserKnownHostsFile $DIR/known_hosts
 StrictHostKeyChecking yes
 ControlMaster auto
 ControlPath $DIR/cm-%C
 ControlPersist 5
Host probe1
 HostName 10.77.1.60
 ProxyJump bastion
Host bastion
 HostName 10.77.0.1
";

/// Measures over ssh: by the user's own configuration, with the secrets, leaving nothing behind.
pub(super) fn over_ssh(lab: &mut Lab, misses: &mut Misses) {
    let logs = serve(lab);
    lab.write("home/.ssh/config", CONFIG);
    lab.write("secret", "xyzzy\n");
    lab.write("password", "open sesame\n");
    let vantages = "vantages: [{ id: ward, networks: [icu], via: ssh, host: probe1 }]\n";
    lab.write("site.yaml", &format!("{SITE}{vantages}"));
    let folder = lab.folder.path().display().to_string();
    let before = pushed();
    // The configuration of the one who runs this stays out of sight.
    let line = format!(
        "mount --make-rprivate / && mount --bind {folder}/home \"$(getent passwd 0 | cut -d: -f6)\" && \
         exec {} probe --vantages --site {folder}/site.yaml --service ntp --service radius \
         --samples 1 --format json",
        env!("CARGO_BIN_EXE_pump-preflight")
    );
    misses.until("a vantage behind OpenSSH and a jump host", |misses| {
        let output = lab.spaces.run("client", &["sh", "-c", &line], "");
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        misses.holds(output.status.code() == Some(0), &text(&output));
        let vantage = &report["observations"][0]["vantage"];
        misses.holds(vantage["id"] == "ward", "the vantage has its name");
        let there = vantage.to_string().contains("10.77.1.60/24");
        misses.holds(there, "it was measured there");
        let states = report["services"].as_array().into_iter().flatten();
        let works = states.filter(|service| service["state"] == "works").count();
        misses.holds(works == 2, "time and RADIUS work from there");
    });
    misses.holds(pushed() == before, "the pushed program is removed");
    // Four steps, one login each at the jump host and behind it, as often as it was looked.
    for log in logs {
        let logins = lab.read(&log).matches("Accepted publickey").count();
        say(&format!("{logins} logins"));
        misses.holds((1..4).contains(&logins), "connections are shared");
    }
}

/// Starts a server on the place and on the jump host; their logs.
fn serve(lab: &mut Lab) -> Vec<String> {
    let folder = lab.folder.path().display().to_string();
    for name in ["host_key", "key"] {
        let path = format!("{folder}/{name}");
        let words = ["-q", "-t", "ed25519", "-N", "", "-f", &path];
        let made = Command::new("ssh-keygen").args(words).status().unwrap();
        assert!(made.success());
    }
    let key = lab.read("host_key.pub");
    lab.write("known_hosts", &format!("10.77.1.60,10.77.0.1 {key}"));
    // The server wants this folder for its own separation of privileges.
    fs::create_dir_all("/run/sshd").unwrap();
    fs::set_permissions("/run/sshd", fs::Permissions::from_mode(0o755)).unwrap();
    let places = [("servers", "10.77.1.60"), ("router", "10.77.0.1")];
    places
        .map(|(space, address)| {
            let file = format!("sshd-{space}.conf");
            lab.write(&file, &SSHD.replace("ADDRESS", address));
            lab.start_in(space, &format!("/usr/sbin/sshd -D -e -f $DIR/{file}"))
        })
        .to_vec()
}

/// Folders of pushed programs.
fn pushed() -> usize {
    let entries = fs::read_dir("/tmp").unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names
        .filter(|name| name.starts_with("pump-preflight."))
        .count()
}
