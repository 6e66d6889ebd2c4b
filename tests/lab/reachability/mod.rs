//! Random networks of Linux hosts and routers: every answer of `trace` against the kernel's.
//!
//! The files that the analyzer reads are what `ifup`, `sysctl`, `iptables-restore`, `nft` and FRR's
//! daemons take; of FRR's routers the route tables are compared too.
//! `PUMP_PREFLIGHT_LAB_NETWORKS` says how many networks, `PUMP_PREFLIGHT_LAB_SEED` the first seed.

mod compare;
mod filters;
mod frr;
mod generate;
mod kernel;
mod network;
mod nftables;
mod random;
mod routed;
mod shrink;
mod translation;

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
/// Networks with FRR of a run where nothing else is asked for.
const ROUTED: u64 = 60;
/// Seed of the first network where nothing else is asked for.
const SEED: u64 = 1;
/// Disagreements that are shrunk and shown.
const SHOWN: u64 = 5;

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
    wrong: Vec<(u64, Flow)>,
    /// Seeds whose routes disagree.
    routes: Vec<u64>,
    /// Networks whose routes the analyzer is not sure of.
    doubts: usize,
    /// Networks that could not be built, which is the lab's own fault.
    broken: Vec<String>,
}

/// A number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    let value = env::var(name).ok();
    value.map_or(otherwise, |value| value.parse().expect("a number"))
}

/// Makes the network of a seed, and flows through it.
type Generate<'g> = &'g (dyn Fn(u64) -> (Network, Vec<Flow>) + Sync);

#[test]
fn the_kernel_agrees_with_every_trace() {
    if !is_wanted("the kernel as judge of reachability") {
        return;
    }
    let tags = namespace::has_vlans();
    if !tags {
        say("NOT RUN: tagged cables (this kernel has no 802.1Q)");
    }
    let count = number("PUMP_PREFLIGHT_LAB_NETWORKS", NETWORKS);
    let sum = run(count, 4, &|seed| generate::generate(seed, tags));
    // What a device that translates makes of a connection that it sees one way of is not known.
    assert!(sum.open * 100 <= sum.flows);
}

#[test]
fn frr_agrees_with_every_route() {
    if !is_wanted("FRR as judge of routing") {
        return;
    }
    let count = number("PUMP_PREFLIGHT_LAB_ROUTED", ROUTED);
    run(count, 8, &routed::generate);
}

/// Judges this many networks, so many at a time.
fn run(count: u64, at_once: usize, generate: Generate<'_>) -> Sum {
    let first = number("PUMP_PREFLIGHT_LAB_SEED", SEED);
    let next = AtomicU64::new(first);
    let sum = Mutex::new(Sum::default());
    thread::scope(|scope| {
        // A network mostly waits, so that there may be more of them than cores.
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    judge(seed, generate, &sum);
                }
            });
        }
    });
    let sum = sum.into_inner().unwrap();
    let shown = number("PUMP_PREFLIGHT_LAB_SHOWN", SHOWN);
    let shown = usize::try_from(shown).unwrap();
    for seed in sum.routes.iter().take(shown) {
        show_routes(*seed, generate);
    }
    for (seed, flow) in sum.wrong.iter().take(shown) {
        show(*seed, generate, flow);
    }
    for broken in sum.broken.iter().take(shown) {
        say(broken);
    }
    let (flows, open, wrong) = (sum.flows, sum.open, sum.wrong.len());
    say(&format!(
        "lab: {count} networks from seed {first}, {flows} flows: {} work, {} arrive unanswered, \
         {open} open, {wrong} disagree; routes of {} networks disagree, of {} are not known",
        sum.working,
        sum.one_way,
        sum.routes.len(),
        sum.doubts
    ));
    assert!(wrong == 0 && sum.routes.is_empty() && sum.broken.is_empty());
    sum
}

/// What the analyzer and the kernel say of a network.
struct Judged {
    /// Both answers for each flow.
    pairs: Vec<(Answer, Observed)>,
    /// Routes that differ.
    routes: Vec<String>,
    /// What the analyzer does not know of the routes.
    doubts: Vec<String>,
}

/// Both answers for all flows of a network.
fn both(network: &Network, flows: &[Flow]) -> Result<Judged, String> {
    let folder = tempfile::tempdir().unwrap();
    network.write(folder.path());
    let answers = answers(network, flows, folder.path());
    let hopes: Vec<Observed> = answers.iter().map(Answer::hope).collect();
    let (tables, doubts) = frr::computed(network, folder.path());
    let (seen, routes) = observe(network, flows, &hopes, folder.path(), &tables)?;
    Ok(Judged {
        pairs: answers.into_iter().zip(seen).collect(),
        routes,
        doubts,
    })
}

/// Compares all flows of one network.
fn judge(seed: u64, generate: Generate<'_>, sum: &Mutex<Sum>) {
    let (network, asked) = generate(seed);
    let result = both(&network, &asked);
    let mut sum = sum.lock().unwrap();
    let judged = match result {
        Ok(judged) => judged,
        Err(why) => {
            sum.broken
                .push(format!("seed {seed} could not be built: {why}"));
            return;
        }
    };
    sum.doubts += usize::from(!judged.doubts.is_empty());
    for doubt in &judged.doubts {
        say(&format!("seed {seed} is not known: {doubt}"));
    }
    // Where the analyzer says that it does not know, its routes may be others.
    if judged.doubts.is_empty() && !judged.routes.is_empty() {
        sum.routes.push(seed);
        for route in &judged.routes {
            say(&format!("seed {seed} disagrees: {route}"));
        }
    }
    let pairs = judged.pairs;
    for (flow, (answer, kernel)) in asked.iter().zip(&pairs) {
        sum.flows += 1;
        sum.working += usize::from(kernel.works);
        sum.one_way += usize::from(!kernel.arrived.is_empty() && !kernel.answered);
        sum.open += usize::from(answer.is_open());
        if let Some(what) = answer.wrong(kernel) {
            say(&format!("seed {seed} disagrees: {what}: {}", flow.line()));
            sum.wrong.push((seed, flow.clone()));
        }
    }
}

/// Shows routes that disagree in the smallest network that has some.
fn show_routes(seed: u64, generate: Generate<'_>) {
    let (network, _) = generate(seed);
    let differ = |network: &Network| {
        let both = both(network, &[]).ok();
        both.filter(|both| both.doubts.is_empty())
            .map_or(Vec::new(), |both| both.routes)
    };
    // Other routes may differ while something is only slow.
    let Some(first) = differ(&network).into_iter().next() else {
        say(&format!("seed {seed} agrees when it is asked again"));
        return;
    };
    let smallest = shrink::shrink(network, None, |network| differ(network).contains(&first));
    say(&format!(
        "seed {seed}, smallest network:\n{}{}",
        smallest.text(),
        differ(&smallest).join("\n")
    ));
}

/// Shows a disagreement in the smallest network that has it.
fn show(seed: u64, generate: Generate<'_>, flow: &Flow) {
    let (network, _) = generate(seed);
    let alone = Flow {
        id: 0,
        ..flow.clone()
    };
    let disagrees = |network: &Network| {
        let both = both(network, std::slice::from_ref(&alone));
        both.is_ok_and(|both| both.pairs[0].0.wrong(&both.pairs[0].1).is_some())
    };
    let smallest = shrink::shrink(network, Some(&alone), disagrees);
    let pairs = both(&smallest, std::slice::from_ref(&alone)).unwrap().pairs;
    let (answer, kernel) = &pairs[0];
    say(&format!(
        "seed {seed}, smallest network:\n{}flow {}\nkernel {kernel:?}\ntrace {}\n{}",
        smallest.text(),
        alone.line(),
        answer.line,
        answer.wrong(kernel).unwrap_or("agrees now, alone")
    ));
}
