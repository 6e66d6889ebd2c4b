//! Network namespaces: made by unique names, wired by veth pairs, removed on drop.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sched::{CloneFlags, setns};

/// Number of groups that this process has made.
static GROUPS: AtomicU32 = AtomicU32::new(0);

/// Namespaces that belong together.
#[derive(Debug)]
pub(crate) struct Namespaces {
    /// What their names begin with.
    prefix: String,
    /// Their own names.
    names: Vec<String>,
}

/// A cable: namespace and interface of each end.
pub(crate) type Cable<'n> = ((&'n str, &'n str), (&'n str, &'n str));

impl Namespaces {
    /// Makes namespaces and cables between them; interfaces are down.
    pub(crate) fn new(names: &[&str], cables: &[Cable<'_>]) -> Self {
        let group = GROUPS.fetch_add(1, Ordering::Relaxed);
        let made = Self {
            prefix: format!("pp{}-{group}-", std::process::id()),
            names: names.iter().map(ToString::to_string).collect(),
        };
        let mut batch = String::new();
        for name in names {
            writeln!(batch, "netns add {}", made.full(name)).unwrap();
        }
        for ((one, near), (other, far)) in cables {
            let (one, other) = (made.full(one), made.full(other));
            writeln!(
                batch,
                "link add {near} netns {one} type veth peer name {far} netns {other}"
            )
            .unwrap();
        }
        let output = feed(Command::new("ip").args(["-batch", "-"]), &batch);
        assert!(output.status.success(), "{batch}\n{}", text(&output));
        made
    }

    /// The full name of a namespace.
    pub(crate) fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// A command that runs in a namespace.
    pub(crate) fn command(&self, name: &str, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.full(name), program]);
        command
    }

    /// Runs a command in a namespace with this text as its input.
    pub(crate) fn run(&self, name: &str, words: &[&str], input: &str) -> Output {
        let mut command = self.command(name, words[0]);
        feed(command.args(&words[1..]), input)
    }

    /// What `work` gives when it runs in a namespace; sockets that it opens stay there.
    pub(crate) fn enter<T: Send>(&self, name: &str, work: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(format!("/run/netns/{}", self.full(name))).unwrap();
        std::thread::scope(|scope| {
            let inside = scope.spawn(move || {
                setns(&namespace, CloneFlags::CLONE_NEWNET).expect("a namespace can be entered");
                work()
            });
            inside.join().expect("the work in a namespace ends")
        })
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        let mut batch = String::new();
        for name in &self.names {
            writeln!(batch, "netns del {}", self.full(name)).unwrap();
        }
        feed(Command::new("ip").args(["-force", "-batch", "-"]), &batch);
    }
}

/// Whether the kernel can tag frames.
pub(crate) fn has_vlans() -> bool {
    let pair = Namespaces::new(&["a", "b"], &[(("a", "eth0"), ("b", "eth0"))]);
    let add = "ip link add link eth0 name eth0.5 type vlan id 5";
    let words: Vec<&str> = add.split(' ').collect();
    pair.run("a", &words, "").status.success()
}

/// Runs a command with this text as its input.
pub(crate) fn feed(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program is installed");
    // A command that takes no input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// What a command printed.
pub(crate) fn text(output: &Output) -> String {
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    text
}
