//! Random networks of Linux hosts and routers: every answer of `trace` against the kernel's.
//!
//! The files that the analyzer reads are what `ifup`, `sysctl`, `iptables-restore` and `nft` take.
//! `PUMP_PREFLIGHT_LAB_NETWORKS` says how many networks, `PUMP_PREFLIGHT_LAB_SEED` the first seed.

mod compare;
mod filters;
mod generate;
mod kernel;
mod network;
mod nftables;
mod random;
mod shrink;

use std::env;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use compare::{Answer, answers};
use kernel::{Observed, observe};
use network::{Flow, Network};

use crate::{is_wanted, namespace, say};

/// Networks of a run where nothing else is asked for.
const NETWORKS: u64 = 200;
/// Seed of the first network where nothing else is asked for.
const SEED: u64 = 1;
/// Disagreements that are shrunk and shown.
const SHOWN: usize = 5;

/// What a run came to.
#[derive(Debug, Default)]
struct Sum {
    /// Flows.
    flows: usize,
    /// Flows that worked both ways.
    working: usize,
    /// Flows whose packet arrived and whose answer did not.
    one_way: usize,
    /// Answers that are open although every file is understood.
    open: usize,
    /// Seeds and flows that disagree, with what is wrong.
    wrong: Vec<(u64, Flow, &'static str)>,
    /// Networks that could not be built, which is the lab's own fault.
    broken: Vec<String>,
}

/// A number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    let value = env::var(name).ok();
    value.map_or(otherwise, |value| value.parse().expect("a number"))
}

#[test]
fn the_kernel_agrees_with_every_trace() {
    if !is_wanted("the kernel as judge of reachability") {
        return;
    }
    let first = number("PUMP_PREFLIGHT_LAB_SEED", SEED);
    let count = number("PUMP_PREFLIGHT_LAB_NETWORKS", NETWORKS);
    let tags = namespace::has_vlans();
    if !tags {
        say("NOT RUN: tagged cables (this kernel has no 802.1Q)");
    }
    let next = AtomicU64::new(first);
    let sum = Mutex::new(Sum::default());
    thread::scope(|scope| {
        // A network mostly waits, so that there may be more of them than cores.
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    judge(seed, tags, &sum);
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap();
    for (seed, flow, _) in sum.wrong.iter().take(SHOWN) {
        show(*seed, tags, flow);
    }
    for broken in sum.broken.iter().take(SHOWN) {
        say(broken);
    }
    let (flows, open, wrong) = (sum.flows, sum.open, sum.wrong.len());
    say(&format!(
        "lab: {count} networks from seed {first}, {flows} flows: {} work, {} arrive unanswered, \
         {open} open, {wrong} disagree",
        sum.working, sum.one_way
    ));
    assert!(wrong == 0 && sum.broken.is_empty() && open == 0);
}

/// Both answers for all flows of a network.
fn both(network: &Network, flows: &[Flow]) -> Result<Vec<(Answer, Observed)>, String> {
    let folder = tempfile::tempdir().unwrap();
    network.write(folder.path());
    let answers = answers(network, flows, folder.path());
    let hopes: Vec<Observed> = answers.iter().map(Answer::hope).collect();
    let seen = observe(network, flows, &hopes, folder.path())?;
    Ok(answers.into_iter().zip(seen).collect())
}

/// Compares all flows of one network.
fn judge(seed: u64, tags: bool, sum: &Mutex<Sum>) {
    let (network, asked) = generate::generate(seed, tags);
    let result = both(&network, &asked);
    let mut sum = sum.lock().unwrap();
    let pairs = match result {
        Ok(pairs) => pairs,
        Err(why) => {
            sum.broken
                .push(format!("seed {seed} could not be built: {why}"));
            return;
        }
    };
    for (flow, (answer, kernel)) in asked.iter().zip(&pairs) {
        sum.flows += 1;
        sum.working += usize::from(kernel.works);
        sum.one_way += usize::from(!kernel.arrived.is_empty() && !kernel.answered);
        sum.open += usize::from(answer.is_open());
        if let Some(what) = answer.wrong(kernel) {
            say(&format!("seed {seed} disagrees: {what}: {}", flow.line()));
            sum.wrong.push((seed, flow.clone(), what));
        }
    }
}

/// Shows a disagreement in the smallest network that has it.
fn show(seed: u64, tags: bool, flow: &Flow) {
    let (network, _) = generate::generate(seed, tags);
    let alone = Flow {
        id: 0,
        ..flow.clone()
    };
    let disagrees = |network: &Network| {
        let both = both(network, std::slice::from_ref(&alone));
        both.is_ok_and(|pairs| pairs[0].0.wrong(&pairs[0].1).is_some())
    };
    let smallest = shrink::shrink(network, &alone, disagrees);
    let pairs = both(&smallest, std::slice::from_ref(&alone)).unwrap();
    let (answer, kernel) = &pairs[0];
    say(&format!(
        "seed {seed}, smallest network:\n{}flow {}\nkernel {kernel:?}\ntrace {}\n{}",
        smallest.text(),
        alone.line(),
        answer.line,
        answer.wrong(kernel).unwrap_or("agrees now, alone")
    ));
}
