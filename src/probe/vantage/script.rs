//! Scripts for places where no foreign program may run, and what they print.
//!
//! A script asks one question a second, in order, with what the place has anyway (bash, ping, dig;
//! PowerShell), and prints one line for each; nothing is installed and nothing is written there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::check::Check;
use crate::intent::Port;
use crate::probe::{Measured, Plan, Start};
use crate::wire::observation::{Outcome, Sample};

/// First word of every line that a script prints for us.
const MARK: &str = "pump-preflight-script/1";
/// Engine of what scripts measure.
const ENGINE: &str = "script";
/// What every observation says of itself.
const REDUCED: &str = "reduced fidelity: times include the start of the tools that the script uses";

/// Languages of scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A POSIX shell with bash, ping and dig, where they are there.
    Sh,
    /// PowerShell 5 or later.
    Ps1,
}

/// How a shell asks.
const SH: &str = r#"q() { echo "pump-preflight-script/1 $*"; }
now() { t=$(date +%s%N 2>/dev/null); case "$t" in *N|'') ;; *) echo "$((t / 1000))" ;; esac; }
spent() { if [ -n "$1" ] && [ -n "$2" ]; then echo "$(($2 - $1))"; else echo -; fi; }
tcp() {
  a=$(now); e=$(timeout 5 bash -c "exec 3<>/dev/tcp/$2/$3" 2>&1); r=$?; b=$(now)
  case "$r $e" in
    "0 "*) q "$1" answer "$(spent "$a" "$b")" ;;
    "124 "*) q "$1" timeout - ;;
    *refused*) q "$1" refused-port - ;;
    *unreachable*|*"No route"*) q "$1" unreachable - ;;
    *) q "$1" not-sent - ;;
  esac; sleep 1
}
icmp() {
  e=$(ping -n -c 1 -W 5 "$2" 2>&1)
  t=$(echo "$e" | sed -n 's/.*time=\([0-9.]*\) ms.*/\1/p' | awk '{ printf "%d", $1 * 1000 }')
  case "$t $e" in
    [0-9]*) q "$1" answer "$t" ;;
    *nreachable*) q "$1" unreachable - ;;
    *"100% packet loss"*) q "$1" timeout - ;;
    *) q "$1" not-sent - ;;
  esac; sleep 1
}
dns() {
  e=$(dig +tries=1 +time=5 +noedns -p "$3" "@$2" "$4" A 2>&1)
  s=$(echo "$e" | sed -n 's/.*status: \([A-Z]*\),.*/\1/p')
  t=$(echo "$e" | sed -n 's/.*Query time: \([0-9]*\) msec.*/\1000/p')
  x=$(echo "$e" | awk '$4 == "A" { printf "%s%s", c, $5; c = "," }')
  case "$s $e" in
    "NOERROR "*) if [ -n "$x" ]; then q "$1" answer "${t:--}" "$x"; else q "$1" nodata "${t:--}"; fi ;;
    "NXDOMAIN "*) q "$1" nxdomain "${t:--}" ;;
    "SERVFAIL "*) q "$1" servfail "${t:--}" ;;
    "REFUSED "*) q "$1" refused "${t:--}" ;;
    *"connection refused"*) q "$1" refused-port - ;;
    *"timed out"*|*"no servers could be reached"*) q "$1" timeout - ;;
    *) q "$1" not-sent - ;;
  esac; sleep 1
}
"#;

/// How PowerShell asks.
const PS1: &str = r#"function Q { Write-Output ("pump-preflight-script/1 " + ($args -join " ")) }
function Tcp($n, $a, $p) {
  $c = New-Object Net.Sockets.TcpClient; $w = [Diagnostics.Stopwatch]::StartNew()
  try {
    if ($c.ConnectAsync($a, $p).Wait(5000)) { Q $n answer ([int64]($w.Elapsed.TotalMilliseconds * 1000)) }
    else { Q $n timeout - }
  } catch {
    $e = $_.Exception; while ($e.InnerException) { $e = $e.InnerException }
    switch ($e.SocketErrorCode) {
      "ConnectionRefused" { Q $n refused-port - }
      "HostUnreachable" { Q $n unreachable - }
      "NetworkUnreachable" { Q $n unreachable - }
      "TimedOut" { Q $n timeout - }
      default { Q $n not-sent - }
    }
  } finally { $c.Close() }
  Start-Sleep 1
}
function Icmp($n, $a) {
  try {
    $r = (New-Object Net.NetworkInformation.Ping).Send($a, 5000)
    if ($r.Status -eq "Success") { Q $n answer ([int64]$r.RoundtripTime * 1000) }
    elseif ($r.Status -eq "TimedOut") { Q $n timeout - } else { Q $n unreachable - }
  } catch { Q $n not-sent - }
  Start-Sleep 1
}
function Dns($n, $a, $p, $h) {
  $w = [Diagnostics.Stopwatch]::StartNew()
  try {
    $r = Resolve-DnsName -Name $h -Type A -Server $a -DnsOnly -QuickTimeout -ErrorAction Stop
    $x = ($r | Where-Object { $_.Type -eq "A" } | ForEach-Object { $_.IPAddress }) -join ","
    if ($x) { Q $n answer ([int64]($w.Elapsed.TotalMilliseconds * 1000)) $x } else { Q $n nodata - }
  } catch {
    switch ($_.Exception.NativeErrorCode) {
      9003 { Q $n nxdomain - }
      9002 { Q $n servfail - }
      9005 { Q $n refused - }
      1460 { Q $n timeout - }
      default { Q $n not-sent - }
    }
  }
  Start-Sleep 1
}
"#;

/// The script that measures a plan; `digest` is that of the site file.
pub fn script(plan: &Plan<'_>, language: Language, digest: &str) -> String {
    let checks = Check::all(plan, ENGINE);
    let mut out = match language {
        Language::Sh => format!("#!/bin/sh\n{SH}"),
        Language::Ps1 => PS1.to_owned(),
    };
    let start = match language {
        Language::Sh => format!("q start {digest} \"$(date -u +%Y-%m-%dT%H:%M:%SZ)\"\n"),
        Language::Ps1 => format!(
            "Q start {digest} ((Get-Date).ToUniversalTime().ToString(\"yyyy-MM-ddTHH:mm:ssZ\"))\n"
        ),
    };
    out.push_str(&start);
    for _ in 0..plan.settings.samples {
        for (number, check) in checks.iter().enumerate() {
            let address = check.target.address();
            let _ = match (&check.name, check.port) {
                (Some(name), Port::Udp(port)) => {
                    writeln!(out, "dns {number} {address} {port} '{name}'")
                }
                (None, Port::Tcp(port)) => writeln!(out, "tcp {number} {address} {port}"),
                (None, Port::Icmp) => writeln!(out, "icmp {number} {address}"),
                (_, _) => Ok(()),
            };
        }
    }
    out.push_str("q end\n");
    out
}

/// What a script printed, as a measurement of the plan that it was made of.
pub fn import(
    plan: &Plan<'_>,
    printed: &str,
    digest: &str,
    start: &Start<'_>,
) -> Result<Measured, String> {
    let checks = Check::all(plan, ENGINE);
    let mut samples: BTreeMap<usize, Vec<Sample>> = BTreeMap::new();
    let (mut started, mut ended) = (None, false);
    for line in printed.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [mark, "start", site, at] if *mark == MARK => {
                if *site != digest {
                    return Err("it was made of another site file".to_owned());
                }
                started = Some((*at).to_owned());
            }
            [mark, "end"] if *mark == MARK => ended = true,
            [mark, number, outcome, micros, rest @ ..] if *mark == MARK => {
                let check = number.parse().ok().and_then(|number: usize| {
                    let check = checks.get(number)?;
                    Some((number, check))
                });
                let outcome = outcome_named(outcome);
                let (Some((number, check)), Some(outcome)) = (check, outcome) else {
                    return Err(format!("nothing of it means `{line}`"));
                };
                let sample = sample(plan, check, outcome, micros, rest);
                samples.entry(number).or_default().push(sample);
            }
            _ => {}
        }
    }
    let started = started.ok_or("it does not begin with the line that a script prints first")?;
    let start = Start {
        started: &started,
        vantage: Arc::clone(&start.vantage),
        ..*start
    };
    let observations = checks
        .iter()
        .enumerate()
        .map(|(number, check)| {
            let own = samples.remove(&number).unwrap_or_default();
            let mut one = check.observation(plan, &start, own, REDUCED);
            one.partial = !ended;
            one
        })
        .collect();
    Ok(Measured {
        observations,
        stopped: None,
    })
}

/// One sample; a name that leads elsewhere than the site file says is an error of the server.
fn sample(plan: &Plan<'_>, check: &Check, outcome: Outcome, micros: &str, rest: &[&str]) -> Sample {
    let mut sample = check.sample(std::time::Duration::ZERO, outcome == Outcome::Answer, None);
    sample.outcome = outcome;
    sample.elapsed_us = micros.parse().ok();
    sample.detail = None;
    if let (Outcome::Answer, Some(name), Some(said)) = (outcome, &check.name, rest.first()) {
        let services = plan.site.services.values();
        let mut own = services
            .filter(|service| service.name.as_ref() == Some(name))
            .flat_map(|service| &service.servers);
        if !own.any(|address| said.split(',').any(|one| one == address.to_string())) {
            sample.outcome = Outcome::OtherError;
            sample.detail = Some(format!("{name} leads to {said}"));
        }
    }
    sample
}

/// The outcome of a word.
fn outcome_named(word: &str) -> Option<Outcome> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}
