//! Another place to measure from, reached by a program of the system: OpenSSH, or `ip netns`.
//!
//! Over ssh this same program is pushed into a new folder, given a bundle on its standard input, and
//! removed, whatever happens in between. ssh's own configuration decides about users, keys, jump
//! hosts and shared connections; it is never asked for a password here.

use std::io::{Read, Write as _};
#[cfg(unix)]
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Longest time for each step around the measurement itself.
const STEP: Duration = Duration::from_mins(1);
/// Time between two looks at whether a program has ended.
const LOOK: Duration = Duration::from_millis(20);
/// Most bytes of a result.
const MOST_BYTES: u64 = 256 << 20;
/// Makes a folder that only its owner can enter, and prints its path.
const MAKE_FOLDER: &str =
    "umask 077 && mktemp -d \"${TMPDIR:-/tmp}/pump-preflight.\x58\x58\x58\x58\x58\x58\x58\x58\"";

/// Why nothing came back from a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{step}: {reason}")]
pub struct RemoteError {
    /// What was tried.
    step: &'static str,
    /// What the program said.
    reason: String,
}

/// A place and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A host over ssh.
    Ssh(SshHost),
    /// A network namespace of this host.
    Namespace(String),
}

/// A host, as ssh's configuration knows it, or as an inventory says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SshHost {
    /// Its name or address.
    pub host: String,
    /// What ssh and scp are told besides.
    pub arguments: Vec<String>,
}

impl SshHost {
    /// A command with what both programs are told.
    fn command(&self, program: &str) -> Command {
        let mut command = command(program);
        command.args(["-o", "BatchMode=yes"]).args(&self.arguments);
        command
    }

    /// ssh with a line for the shell there.
    fn shell(&self, line: &str) -> Command {
        let mut command = self.command("ssh");
        command.args(["--", &self.host, line]);
        command
    }

    /// scp with a file for there.
    fn push(&self, file: &Path, to: &str) -> Command {
        let mut command = self.command("scp");
        command.args(["-q", "-p", "--"]).arg(file);
        command.arg(format!("{}:{to}", self.host));
        command
    }
}

/// One measurement at a place.
#[derive(Debug)]
pub struct Errand<'a> {
    /// Where.
    pub place: &'a Place,
    /// This program, as a file that runs there.
    pub program: &'a Path,
    /// The bundle, one line of JSON.
    pub bundle: &'a [u8],
    /// How long the measurement may take.
    pub lasts: Duration,
    /// Set when the user asks to stop.
    pub canceled: &'a AtomicBool,
}

impl Errand<'_> {
    /// Measures there and returns what the program printed.
    pub fn run(&self) -> Result<Vec<u8>, RemoteError> {
        match self.place {
            Place::Namespace(name) => {
                let mut command = command("ip");
                command.args(["netns", "exec", name]).arg(self.program);
                command.args(measure_arguments());
                self.measure(command)
            }
            Place::Ssh(host) => self.over_ssh(host),
        }
    }

    /// Pushes, measures, removes.
    fn over_ssh(&self, host: &SshHost) -> Result<Vec<u8>, RemoteError> {
        let made = self.step("make a folder there", host.shell(MAKE_FOLDER))?;
        let folder = one_path(&made).ok_or_else(|| RemoteError {
            step: "make a folder there",
            reason: format!("no path came back: {}", first_line(&made)),
        })?;
        let result = self.push_and_measure(host, &folder);
        let remove = host.shell(&format!("rm -rf -- {folder}"));
        // What was left behind is said, but takes nothing from what was measured.
        let removed = finish(remove, None, STEP, &AtomicBool::new(false));
        match (result, removed) {
            (Ok(result), Ok(_)) => Ok(result),
            (Ok(_), Err(reason)) => Err(RemoteError {
                step: "remove the pushed program",
                reason,
            }),
            (Err(error), _) => Err(error),
        }
    }

    /// Pushes the program into a folder and measures.
    fn push_and_measure(&self, host: &SshHost, folder: &str) -> Result<Vec<u8>, RemoteError> {
        let push = host.push(self.program, &format!("{folder}/pump-preflight"));
        self.step("push the program there", push)?;
        let arguments: Vec<&str> = measure_arguments().to_vec();
        let line = format!("exec {folder}/pump-preflight {}", arguments.join(" "));
        self.measure(host.shell(&line))
    }

    /// One step around the measurement.
    fn step(&self, step: &'static str, command: Command) -> Result<Vec<u8>, RemoteError> {
        finish(command, None, STEP, self.canceled).map_err(|reason| RemoteError { step, reason })
    }

    /// The measurement; its program ends by itself when the bundle's stream does.
    fn measure(&self, command: Command) -> Result<Vec<u8>, RemoteError> {
        finish(command, Some(self.bundle), self.lasts + STEP, self.canceled).map_err(|reason| {
            RemoteError {
                step: "measure there",
                reason,
            }
        })
    }
}

/// Arguments of the program at the place.
fn measure_arguments() -> [&'static str; 6] {
    ["probe", "--run", "-", "--until-end", "--format", "json"]
}

/// A program of the system, out of reach of the terminal's Ctrl-C: it is ended in order.
#[expect(
    clippy::disallowed_methods,
    reason = "only probe starts ssh; this is where"
)]
fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    command
}

/// Runs a program to its end and returns its output; an exit code of the measurement is no error.
///
/// When the user asks to stop, the input ends, which the program takes as the same wish.
fn finish(
    mut command: Command,
    input: Option<&[u8]>,
    most: Duration,
    canceled: &AtomicBool,
) -> Result<Vec<u8>, String> {
    let program = PathBuf::from(command.get_program());
    command.stdin(if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    let mut child = command
        .spawn()
        .map_err(|error| format!("start `{}`: {error}", program.display()))?;
    let output = reader(child.stdout.take());
    let errors = reader(child.stderr.take());
    let mut stream = child.stdin.take();
    if let (Some(stream), Some(input)) = (stream.as_mut(), input) {
        let mut line = input.to_vec();
        line.push(b'\n');
        // A program that ends early says why on its own.
        let _ = stream.write_all(&line).and_then(|()| stream.flush());
    }
    let ended = wait(&mut child, &mut stream, most, canceled);
    let output = output.join().unwrap_or_default();
    let errors = errors.join().unwrap_or_default();
    match ended {
        Ok(0) => Ok(output),
        // The codes of a measurement that was made.
        Ok(1..=4) if input.is_some() && !output.is_empty() => Ok(output),
        Ok(code) => Err(format!("{} (exit {code})", first_line(&errors))),
        Err(reason) => Err(reason),
    }
}

/// Waits for the end of a program; its exit code.
fn wait(
    child: &mut Child,
    stream: &mut Option<std::process::ChildStdin>,
    most: Duration,
    canceled: &AtomicBool,
) -> Result<i32, String> {
    let start = crate::probe::instant();
    let mut limit = most;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.code().unwrap_or(-1)),
            Ok(None) => {}
            Err(error) => return Err(error.to_string()),
        }
        if canceled.load(Ordering::Relaxed) && stream.take().is_some() {
            limit = start.elapsed() + STEP;
        }
        if start.elapsed() > limit {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("no end after {} s", limit.as_secs()));
        }
        thread::sleep(LOOK);
    }
}

/// Reads a stream to its end.
fn reader(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stream) = stream {
            let _ = stream.take(MOST_BYTES).read_to_end(&mut bytes);
        }
        bytes
    })
}

/// The first line of what a program said.
fn first_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().find(|line| !line.trim().is_empty());
    line.unwrap_or("it said nothing").trim().to_owned()
}

/// An absolute path that means the same to every shell, alone on its line.
fn one_path(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let path = text.trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let ours = path.starts_with('/') && path.contains("/pump-preflight.");
    (ours && !path.contains("..") && path.chars().all(plain)).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::one_path;

    #[test]
    fn only_a_folder_of_our_own_is_taken() {
        let path = |text: &str| one_path(text.as_bytes());
        assert!(path("/tmp/pump-preflight.aB3\n").is_some());
        for odd in [
            "",
            "/tmp",
            "/",
            "/tmp/pump-preflight.a; rm -rf /",
            "/tmp/pump-preflight./../..",
        ] {
            assert_eq!(path(odd), None, "{odd}");
        }
    }
}
