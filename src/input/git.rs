//! Commits read through the program `git`, without checking anything out.
//!
//! Never a shell; nothing that begins with a dash reaches git as a reference; optional locks,
//! file-system monitors, pagers, prompts and downloads are switched off.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;

use crate::input::Error;
use crate::input::snapshot::{MOST_BYTES, Member, Skipped, folder};
use crate::source::FileOrigin;

/// The repository around a folder.
pub struct Repository {
    /// The folder.
    at: PathBuf,
}

/// What to do where a reference is unknown.
const HELP_REFERENCE: &str = "`git branch -a` and `git tag` list what there is";
/// What to do where git cannot be asked.
const HELP_REPOSITORY: &str = "run this inside the git work tree, or name a folder";

impl Repository {
    /// The repository around the working folder.
    pub fn here() -> Self {
        Self::around(".")
    }

    /// The repository around a folder.
    pub fn around(folder: impl Into<PathBuf>) -> Self {
        Self { at: folder.into() }
    }

    /// A call of git.
    #[expect(
        clippy::disallowed_methods,
        reason = "only input starts git; this is where"
    )]
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.at)
            .args(["--no-pager", "--no-replace-objects"])
            .args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false"])
            .args(arguments)
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        command
    }

    /// The output of a call that succeeds.
    fn run(&self, what: &str, help: &'static str, arguments: &[&str]) -> Result<Vec<u8>, Error> {
        let output = self.call(arguments)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let answer = String::from_utf8_lossy(&output.stderr);
        let reason = answer
            .lines()
            .next()
            .unwrap_or("")
            .trim_start_matches("fatal: ")
            .to_owned();
        let (reason, help) = if reason.contains("not a git repository") {
            ("this is not a git repository".to_owned(), HELP_REPOSITORY)
        } else {
            (reason, help)
        };
        Err(Error::Git {
            what: what.to_owned(),
            reason,
            help,
        })
    }

    /// A call, whatever its end.
    fn call(&self, arguments: &[&str]) -> Result<Output, Error> {
        self.command(arguments).output().map_err(Error::GitStart)
    }

    /// The root of the work tree.
    pub fn root(&self) -> Result<PathBuf, Error> {
        let what = "find the git work tree";
        let output = self.run(what, HELP_REPOSITORY, &["rev-parse", "--show-toplevel"])?;
        Ok(PathBuf::from(one_line(&output)))
    }

    /// The full hash of a commit.
    pub fn commit(&self, reference: &str) -> Result<String, Error> {
        let what = format!("find the git reference `{reference}`");
        if reference.is_empty() || reference.starts_with('-') {
            return Err(Error::Git {
                what,
                reason: "it is no reference".to_owned(),
                help: HELP_REFERENCE,
            });
        }
        self.run(
            "read the git repository",
            HELP_REPOSITORY,
            &["rev-parse", "--git-dir"],
        )?;
        let commit = format!("{reference}^{{commit}}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &commit,
        ];
        let output = self.call(&arguments)?;
        if output.status.success() {
            return Ok(one_line(&output.stdout));
        }
        Err(Error::Git {
            what,
            reason: "the repository has no such branch, tag or commit".to_owned(),
            help: HELP_REFERENCE,
        })
    }

    /// The commit where this work tree's branch left the default branch, and that branch's name.
    pub fn merge_base(&self) -> Result<(String, String), Error> {
        let what = "find the default branch";
        let remote = self.call(&["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"])?;
        let mut names = Vec::new();
        if remote.status.success() {
            names.push(one_line(&remote.stdout));
        }
        names.extend(["main", "master"].map(|name| format!("refs/heads/{name}")));
        for name in names {
            if self.commit(&name).is_err() {
                continue;
            }
            let output = self.run(what, HELP_REFERENCE, &["merge-base", &name, "HEAD"])?;
            return Ok((one_line(&output), name));
        }
        self.commit("HEAD")?;
        Err(Error::Git {
            what: what.to_owned(),
            reason: "neither origin/HEAD nor main nor master is there".to_owned(),
            help: "name both sides: `--before git:<ref> --after DIR`",
        })
    }

    /// One file of a commit; `None` where the commit has none of this path.
    pub fn file(&self, reference: &str, path: &str) -> Result<Option<(String, Vec<u8>)>, Error> {
        let commit = self.commit(reference)?;
        let object = format!("{commit}:{path}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &object,
        ];
        let found = self.call(&arguments)?;
        if !found.status.success() {
            return Ok(None);
        }
        let object = one_line(&found.stdout);
        let what = format!("read `{path}` of the git commit");
        let bytes = self.run(&what, HELP_REFERENCE, &["cat-file", "blob", &object])?;
        Ok(Some((commit, bytes)))
    }

    /// Every file of a commit below a folder.
    pub(in crate::input) fn members(
        &self,
        reference: &str,
        path: &str,
    ) -> Result<Vec<Member>, Error> {
        let commit = self.commit(reference)?;
        let what = format!("find `{path}` in `{reference}`");
        let tree = format!("{commit}:{path}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &tree,
        ];
        let found = self.call(&arguments)?;
        let missing = |reason: &str| Error::Git {
            what: what.clone(),
            reason: reason.to_owned(),
            help: "`git ls-tree -r --name-only <ref>` lists the paths of a commit",
        };
        if !found.status.success() {
            return Err(missing("the commit has no such path"));
        }
        let tree = one_line(&found.stdout);
        let kind = self.run(&what, HELP_REFERENCE, &["cat-file", "-t", &tree])?;
        if one_line(&kind) != "tree" {
            return Err(missing("the path is a file, not a folder"));
        }
        let listing = self.run(
            &what,
            HELP_REFERENCE,
            &["ls-tree", "--full-tree", "-r", "-z", "-l", &tree],
        )?;
        let rows = parse_listing(&listing);
        self.read_blobs(&commit, &what, rows)
    }

    /// YAML files directly in a folder of a commit; none where there is no such folder.
    pub(in crate::input) fn yaml_files(
        &self,
        commit: &str,
        folder: &str,
    ) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let tree = format!("{commit}:{folder}");
        let arguments = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            &tree,
        ];
        if !self.call(&arguments)?.status.success() {
            return Ok(Vec::new());
        }
        let mut files = Vec::new();
        for member in self.members(commit, folder)? {
            let is_yaml = [".yaml", ".yml"]
                .iter()
                .any(|end| member.path.ends_with(end));
            if let (true, false, Ok(bytes)) = (is_yaml, member.path.contains('/'), member.bytes) {
                files.push((member.path, bytes));
            }
        }
        Ok(files)
    }

    /// Reads the blobs of listed rows, in one call.
    fn read_blobs(&self, commit: &str, what: &str, rows: Vec<Row>) -> Result<Vec<Member>, Error> {
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(Error::GitStart)?;
        let wanted: Vec<String> = rows
            .iter()
            .filter(|row| row.skipped.is_none())
            .map(|row| format!("{}\n", row.object))
            .collect();
        let writer = child.stdin.take().map(|mut input| {
            // A pipe holds little: written from another thread, so that neither side waits.
            thread::spawn(move || {
                for line in wanted {
                    if input.write_all(line.as_bytes()).is_err() {
                        return;
                    }
                }
            })
        });
        let mut members = Vec::with_capacity(rows.len());
        let mut output = child.stdout.take().map(BufReader::new);
        let broken = |reason: &str| Error::Git {
            what: what.to_owned(),
            reason: reason.to_owned(),
            help: "`git fsck` checks the repository",
        };
        for row in rows {
            let bytes = match row.skipped {
                Some(skipped) => Err(skipped),
                None => Ok(output
                    .as_mut()
                    .and_then(read_blob)
                    .ok_or_else(|| broken("an object cannot be read"))?),
            };
            members.push(Member {
                path: row.path,
                origin: FileOrigin::Git(commit.to_owned()),
                bytes,
            });
        }
        drop(output);
        if let Some(writer) = writer {
            let _ = writer.join();
        }
        let _ = child.wait();
        Ok(members)
    }

    /// Files of the work tree that git knows of or would add, below a folder.
    pub(in crate::input) fn work_tree_members(&self, path: &str) -> Result<Vec<Member>, Error> {
        let what = "list the git work tree";
        let root = self.root()?;
        let whole = Self::around(&root);
        let mut arguments = vec!["ls-files", "-z", "-c", "-o", "--exclude-standard", "--"];
        if !path.is_empty() {
            arguments.push(path);
        }
        let listing = whole.run(what, HELP_REPOSITORY, &arguments)?;
        let mut paths: Vec<String> = listing
            .split(|byte| *byte == 0)
            .filter(|part| !part.is_empty())
            .map(|part| String::from_utf8_lossy(part).into_owned())
            .collect();
        paths.sort();
        paths.dedup();
        let mut members = Vec::new();
        for full in paths {
            let below = full
                .strip_prefix(path)
                .map_or(full.as_str(), |rest| rest.trim_start_matches('/'))
                .to_owned();
            members.extend(work_tree_member(&root.join(&full), below)?);
        }
        Ok(members)
    }
}

/// One file of a work tree; `None` where it was deleted.
fn work_tree_member(path: &Path, below: String) -> Result<Option<Member>, Error> {
    let skip = |reason: &str, may_bear, identity: String| {
        Err(Skipped {
            reason: reason.to_owned(),
            may_bear,
            identity,
        })
    };
    let Ok(metadata) = path.symlink_metadata() else {
        return Ok(None);
    };
    let bytes = if below.split('/').any(|part| part.starts_with('.')) {
        skip("hidden", false, String::new())
    } else if metadata.is_symlink() {
        let target = path.read_link().unwrap_or_default();
        skip("a link in git", true, target.display().to_string())
    } else if !metadata.is_file() {
        skip("neither a file nor a folder", false, String::new())
    } else if metadata.len() > MOST_BYTES {
        let size = metadata.len().to_string();
        skip(&format!("{size} bytes, more than {MOST_BYTES}"), true, size)
    } else {
        Ok(folder::read_file(path)?)
    };
    Ok(Some(Member {
        path: below,
        origin: FileOrigin::Disk,
        bytes,
    }))
}

/// One row of `git ls-tree -l`.
struct Row {
    /// Path below the listed folder.
    path: String,
    /// Hash of the blob.
    object: String,
    /// Why it is not read.
    skipped: Option<Skipped>,
}

/// Reads `<mode> <type> <object> <size>\t<path>\0…`.
fn parse_listing(listing: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    for row in listing.split(|byte| *byte == 0) {
        let row = String::from_utf8_lossy(row);
        let Some((head, path)) = row.split_once('\t') else {
            continue;
        };
        let mut words = head.split_whitespace();
        let (mode, kind) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let object = words.next().unwrap_or("").to_owned();
        let size: u64 = words.next().and_then(|size| size.parse().ok()).unwrap_or(0);
        let skipped = if path.split('/').any(|part| part.starts_with('.')) {
            Some(("hidden".to_owned(), false, String::new()))
        } else if kind != "blob" {
            Some(("another repository".to_owned(), true, object.clone()))
        } else if mode == "120000" {
            Some(("a link in git".to_owned(), true, object.clone()))
        } else if size > MOST_BYTES {
            let reason = format!("{size} bytes, more than {MOST_BYTES}");
            Some((reason, true, size.to_string()))
        } else {
            None
        };
        rows.push(Row {
            path: path.to_owned(),
            object,
            skipped: skipped.map(|(reason, may_bear, identity)| Skipped {
                reason,
                may_bear,
                identity,
            }),
        });
    }
    rows
}

/// Reads `<object> <type> <size>\n<bytes>\n`.
fn read_blob(output: &mut BufReader<std::process::ChildStdout>) -> Option<Vec<u8>> {
    let mut head = String::new();
    output.read_line(&mut head).ok()?;
    let mut words = head.split_whitespace();
    let _object = words.next()?;
    if words.next()? != "blob" {
        return None;
    }
    let size: u64 = words.next()?.parse().ok()?;
    let mut bytes = Vec::new();
    output.by_ref().take(size).read_to_end(&mut bytes).ok()?;
    let mut end = [0];
    output.read_exact(&mut end).ok()?;
    (bytes.len() as u64 == size).then_some(bytes)
}

/// The first line of an output.
fn one_line(output: &[u8]) -> String {
    String::from_utf8_lossy(output)
        .lines()
        .next()
        .unwrap_or("")
        .to_owned()
}
