//! Lines pasted into a device, as its command line takes them.
//!
//! A script may begin with `configure terminal`, hold prompts, and abbreviate. A line goes to the
//! open block where that knows it, else to the top level; what neither knows stays in the open
//! block as it is, and is read as a statement that is not understood.

use crate::dialect::command_table::{CommandTable, Context, Found};
use crate::dialect::ios_family::{Flavor, parse};
use crate::dialect::{AppliedLine, ApplyError};
use crate::source::File;

mod acl;
mod canonical;
mod command;
mod exec;
mod neighbor;
mod slot;

use canonical::canonical;
use command::{bare, context_of, find, names_better, starts_with, takes_addresses};

/// Pastes each line of `script`.
pub(super) fn apply(
    flavor: &'static Flavor,
    file: &File,
    script: &File,
) -> Result<Vec<AppliedLine>, ApplyError> {
    let mut session = Session::new(flavor, file);
    let mut out = Vec::new();
    for (number, line) in (1..).zip(script.text.lines()) {
        session.line(line).map_err(|reason| ApplyError::Line {
            line: number,
            reason,
        })?;
        out.push(AppliedLine {
            line: number,
            text: session.text(),
        });
    }
    Ok(out)
}

/// One statement of the configuration as it stands.
#[derive(Debug, Clone)]
struct Entry {
    /// The text with its line end.
    text: String,
    /// Its words as the device would store them; empty for comments.
    words: Vec<String>,
    /// How many blocks it stands in.
    depth: usize,
}

/// A device that lines are pasted into.
struct Session {
    /// The dialect.
    flavor: &'static Flavor,
    /// Its commands.
    table: &'static CommandTable,
    /// The configuration.
    entries: Vec<Entry>,
    /// The open blocks: for each of several (`interface range`) the headers from the top level.
    open: Vec<Vec<Vec<String>>>,
    /// A banner whose text goes on: delimiter and text so far.
    banner: Option<(String, String)>,
}

impl Session {
    /// A session on a configuration.
    fn new(flavor: &'static Flavor, file: &File) -> Self {
        let table = &**flavor.table;
        let parsed = parse::parse(flavor, file);
        let mut entries: Vec<Entry> = Vec::with_capacity(parsed.statements.len());
        let mut contexts: Vec<Option<Context>> = Vec::with_capacity(parsed.statements.len());
        for statement in &parsed.statements {
            let mut text = file.slice(statement.span).to_owned();
            if !text.ends_with('\n') {
                text.push('\n');
            }
            let above = statement.parent.map(|parent| parent as usize);
            let depth = above
                .and_then(|above| entries.get(above))
                .map_or(0, |above| above.depth + 1);
            let context = match above {
                None => Some(table.root()),
                Some(above) => contexts.get(above).copied().flatten(),
            };
            let line = text.lines().next().unwrap_or("");
            // An indented comment stands in the block around it, whichever that is.
            let depth = if line.trim_start().starts_with('!') && line.starts_with(' ') {
                usize::MAX
            } else {
                depth
            };
            let words = if line.trim_start().starts_with('!') {
                Vec::new()
            } else {
                canonical(flavor, context, line)
            };
            contexts.push(find(table, context, &words).and_then(|found| found.context));
            entries.push(Entry { text, words, depth });
        }
        Self {
            flavor,
            table,
            entries,
            open: Vec::new(),
            banner: None,
        }
    }

    /// The configuration as text.
    fn text(&self) -> String {
        self.entries
            .iter()
            .map(|entry| entry.text.as_str())
            .collect()
    }

    /// Takes one line.
    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some((delimiter, text)) = self.banner.take() {
            let text = format!("{text}{line}\n");
            if line.contains(&delimiter) {
                self.replace_banner(text);
            } else {
                self.banner = Some((delimiter, text));
            }
            return Ok(());
        }
        let line = exec::without_prompt(line);
        if line.is_empty() || line.starts_with('!') {
            return Ok(());
        }
        match exec::classify(line)? {
            exec::Mode::Nothing => return Ok(()),
            exec::Mode::Top => {
                self.open.clear();
                return Ok(());
            }
            exec::Mode::Up => {
                for open in &mut self.open {
                    open.pop();
                }
                self.open.retain(|open| !open.is_empty());
                return Ok(());
            }
            exec::Mode::Configuration => {}
        }
        if let Some((delimiter, closed)) = exec::banner(line) {
            if closed {
                self.replace_banner(format!("{line}\n"));
            } else {
                self.banner = Some((delimiter, format!("{line}\n")));
            }
            return Ok(());
        }
        if self.range(line)? {
            return Ok(());
        }
        let blocks = if self.open.is_empty() {
            vec![Vec::new()]
        } else {
            std::mem::take(&mut self.open)
        };
        for block in blocks {
            let after = self.configure(block, line)?;
            if !after.is_empty() && !self.open.contains(&after) {
                self.open.push(after);
            }
        }
        Ok(())
    }

    /// Opens several interfaces: `interface range …`, and `interface Ethernet1/2-5` where names
    /// hold no such signs; whether the line is one.
    fn range(&mut self, line: &str) -> Result<bool, String> {
        let words = canonical(self.flavor, Some(self.table.root()), line);
        let named: Vec<&str> = words.iter().map(String::as_str).collect();
        let listed = match named.as_slice() {
            ["interface", "range", rest @ ..] => rest.join(" "),
            ["interface", rest @ ..] if exec::is_list(self.flavor.names, rest) => rest.join(" "),
            _ => return Ok(false),
        };
        let members = exec::range(self.flavor.names, &listed)
            .ok_or_else(|| "the interface range cannot be read".to_owned())?;
        self.open.clear();
        for name in members {
            let header = vec!["interface".to_owned(), name];
            self.enter(&[], &header);
            self.open.push(vec![header]);
        }
        Ok(true)
    }

    /// Takes one configuration line in the block of `path`; gives the block that is open after.
    fn configure(
        &mut self,
        mut path: Vec<Vec<String>>,
        line: &str,
    ) -> Result<Vec<Vec<String>>, String> {
        let depth = self.depth_of(&path, line);
        path.truncate(depth);
        let context = context_of(self.table, &path);
        let words = canonical(self.flavor, context, line);
        let command = bare(&words).to_vec();
        let found = find(self.table, context, &command);
        let negated = words.len() > command.len();
        if negated {
            if depth == 0
                && words.first().is_some_and(|word| word == "default")
                && command.first().is_some_and(|word| word == "interface")
            {
                self.empty(&command);
                return Ok(path);
            }
            self.negate(&path, &command, found);
            return Ok(path);
        }
        let opens = found.is_some_and(|found| found.context.is_some())
            || ((depth == 0 || context.is_none()) && slot::opens(&command, depth));
        if opens {
            self.enter(&path, &command);
            path.push(command);
            return Ok(path);
        }
        self.set(&path, &command)?;
        Ok(path)
    }

    /// In which of the open blocks a line is: the innermost that knows it, unless one around that
    /// names it in more words.
    fn depth_of(&self, path: &[Vec<String>], line: &str) -> usize {
        let mut best: Option<(usize, Found)> = None;
        for depth in (0..=path.len()).rev() {
            let context = context_of(self.table, path.get(..depth).unwrap_or(&[]));
            let words = canonical(self.flavor, context, line);
            let bare = bare(&words);
            if context.is_none() {
                // The lines of such a block are not listed: it knows any but what is plainly of
                // the top level.
                if best.is_none() && !slot::is_outer(bare) {
                    return depth;
                }
                continue;
            }
            let Some(found) = find(self.table, context, bare).filter(|found| found.literals > 0)
            else {
                continue;
            };
            if best.is_none_or(|(_, inner)| names_better(line, bare, found, inner)) {
                best = Some((depth, found));
            }
        }
        best.map_or(path.len(), |(depth, _)| depth)
    }

    /// Where the lines of a block stand: after its header, up to the next line of its depth.
    fn block(&self, path: &[Vec<String>]) -> Option<std::ops::Range<usize>> {
        let mut range = 0..self.entries.len();
        for (depth, header) in path.iter().enumerate() {
            let start = range.clone().find(|index| {
                self.entries
                    .get(*index)
                    .is_some_and(|entry| entry.depth == depth && entry.words == *header)
            })?;
            let end = (start + 1..range.end)
                .find(|index| {
                    self.entries
                        .get(*index)
                        .is_some_and(|entry| entry.depth <= depth)
                })
                .unwrap_or(range.end);
            range = start + 1..end;
        }
        Some(range)
    }

    /// Indices of the lines of a block, without those of blocks in it.
    fn lines_of(&self, path: &[Vec<String>]) -> Vec<usize> {
        let range = self.block(path).unwrap_or(0..0);
        range
            .filter(|index| {
                self.entries
                    .get(*index)
                    .is_some_and(|entry| entry.depth == path.len() && !entry.words.is_empty())
            })
            .collect()
    }

    /// Makes the block of a header where there is none.
    fn enter(&mut self, path: &[Vec<String>], header: &[String]) {
        let mut inner = path.to_vec();
        inner.push(header.to_vec());
        if self.block(&inner).is_none() {
            self.append(path, header);
        }
    }

    /// Adds a line at the end of a block.
    fn append(&mut self, path: &[Vec<String>], words: &[String]) {
        let end = self
            .block(path)
            .map_or(self.entries.len(), |range| range.end);
        let leaves = |entry: &Entry| {
            let first = entry.words.first();
            first.is_some_and(|word| word.starts_with("exit-"))
        };
        let place = if path.is_empty() {
            self.entries
                .iter()
                .position(|entry| entry.depth == 0 && entry.words == ["end"])
                .unwrap_or(end)
        } else if self.entries.get(end.wrapping_sub(1)).is_some_and(leaves) {
            end - 1
        } else {
            end
        };
        self.insert(place, path.len(), words);
    }

    /// Puts a line at a place.
    fn insert(&mut self, place: usize, depth: usize, words: &[String]) {
        let entry = Entry {
            text: format!("{}{}\n", " ".repeat(depth), words.join(" ")),
            words: words.to_vec(),
            depth,
        };
        self.entries.insert(place.min(self.entries.len()), entry);
    }

    /// Removes a line with the block that it opens.
    fn remove(&mut self, index: usize) {
        let end = self.end_of(index);
        self.entries.drain(index.min(end)..end);
    }

    /// Where the block of a line ends; after the line where that opens none.
    fn end_of(&self, index: usize) -> usize {
        let depth = self.entries.get(index).map_or(0, |entry| entry.depth);
        let mut after = self.entries.iter().enumerate().skip(index + 1);
        after
            .find(|(_, entry)| entry.depth <= depth)
            .map_or(self.entries.len(), |(end, _)| end)
    }

    /// Takes a command with a value.
    fn set(&mut self, path: &[Vec<String>], command: &[String]) -> Result<(), String> {
        if path.last().is_some_and(|header| acl::is_block(header)) && acl::is_line(command) {
            return self.set_acl_line(path, command);
        }
        let lines = self.lines_of(path);
        let outer = path.first().map(Vec::as_slice);
        let negation: Vec<String> = ["no".to_owned()]
            .into_iter()
            .chain(command.to_vec())
            .collect();
        let allowed = ["switchport", "trunk", "allowed", "vlan"];
        let replaces_allowed = command.iter().zip(allowed).filter(|(a, b)| *a == b).count() == 4
            && !matches!(command.get(4).map(String::as_str), Some("add" | "remove"));
        let is_old = |words: &[String]| {
            *words == *command
                || *words == negation
                || slot::same_slot(outer, command, words)
                || (replaces_allowed
                    && words.iter().zip(allowed).filter(|(a, b)| *a == b).count() == 4)
                || takes_addresses(command, words)
        };
        let old: Vec<usize> = lines
            .into_iter()
            .filter(|index| {
                self.entries
                    .get(*index)
                    .is_some_and(|entry| is_old(&entry.words))
            })
            .collect();
        if let [one] = old.as_slice()
            && self
                .entries
                .get(*one)
                .is_some_and(|entry| entry.words == *command)
        {
            return Ok(());
        }
        let first = old.first().copied();
        for index in old.into_iter().rev() {
            self.remove(index);
        }
        match first {
            Some(place) => self.insert(place, path.len(), command),
            None => self.add(path, command),
        }
        Ok(())
    }

    /// Adds a line beside its like, at the end of the blocks that those open: lines of a numbered
    /// ACL follow each other.
    fn add(&mut self, path: &[Vec<String>], command: &[String]) {
        let like = command.get(..2).unwrap_or(command);
        let last = self.lines_of(path).into_iter().rev().find(|index| {
            self.entries
                .get(*index)
                .is_some_and(|entry| entry.words.starts_with(like))
        });
        match last {
            Some(last) if path.is_empty() => self.insert(self.end_of(last), 0, command),
            Some(_) | None => self.append(path, command),
        }
    }

    /// Takes `no COMMAND`.
    fn negate(&mut self, path: &[Vec<String>], command: &[String], found: Option<Found>) {
        if path.last().is_some_and(|header| acl::is_block(header)) && acl::is_line(command) {
            self.negate_acl_line(path, command);
            return;
        }
        // One line of a numbered ACL takes the whole ACL with it (Cisco IOS Security Command
        // Reference, "access-list (IP extended)").
        let command = match command {
            [list, name, action, ..]
                if list == "access-list" && matches!(action.as_str(), "permit" | "deny") =>
            {
                vec![list.clone(), name.clone()]
            }
            _ => command.to_vec(),
        };
        if path.is_empty() {
            self.negate_feature(&command);
            if self.negate_vlans(&command) {
                return;
            }
        }
        if self.negate_neighbor(path, &command) {
            return;
        }
        let is_switchport = command == ["switchport"];
        let outer = path.first().map(Vec::as_slice);
        let takes_a_part = slot::takes_a_part(outer, &command);
        let old: Vec<usize> = self
            .lines_of(path)
            .into_iter()
            .filter(|index| {
                self.entries.get(*index).is_some_and(|entry| {
                    if takes_a_part {
                        entry.words == command && command.first().is_none_or(|word| word == "match")
                    } else {
                        entry.words.starts_with(&command)
                            || slot::same_slot(outer, &command, &entry.words)
                    }
                })
            })
            .collect();
        let removed = !old.is_empty();
        for index in old.into_iter().rev() {
            self.remove(index);
        }
        let unread = found.is_none_or(|found| found.support.is_hole());
        // Without `passive-interface default` no interface is passive unless it is said to be.
        let is_default = command
            .first()
            .is_some_and(|word| word == "passive-interface")
            && !self.has(path, &["passive-interface", "default"]);
        let on_by_default = slot::is_on_by_default(&command) && !is_default;
        let kept = (unread || slot::adds_up(outer, &command)) && !removed;
        // A named process has settings of all interfaces, which one interface undoes with `no`.
        let undoes = path
            .last()
            .is_some_and(|header| header.first().is_some_and(|word| word == "af-interface"));
        let stored = is_switchport || on_by_default || kept || undoes;
        if stored {
            let words: Vec<String> = ["no".to_owned()].into_iter().chain(command).collect();
            let known = self.lines_of(path).into_iter().any(|index| {
                self.entries
                    .get(index)
                    .is_some_and(|entry| entry.words == words)
            });
            if !known {
                self.append(path, &words);
            }
        }
    }

    /// Whether a block holds a line of exactly these words.
    fn has(&self, path: &[Vec<String>], words: &[&str]) -> bool {
        self.lines_of(path).into_iter().any(|index| {
            self.entries
                .get(index)
                .is_some_and(|entry| entry.words == *words)
        })
    }

    /// `no feature …`: the statements that need it go along (Cisco Nexus 9000 Series NX-OS
    /// Fundamentals Configuration Guide, "feature").
    fn negate_feature(&mut self, command: &[String]) {
        let feature = command.join(" ");
        let needs = |words: &[String]| {
            let mut features = self.flavor.features.iter();
            features.any(|(head, needed, _)| *needed == feature && starts_with(words, head))
        };
        let needing = |index: &usize| {
            let entry = self.entries.get(*index);
            entry.is_some_and(|entry| needs(bare(&entry.words)))
        };
        let gone: Vec<usize> = (0..self.entries.len()).filter(needing).collect();
        for index in gone.into_iter().rev() {
            self.remove(index);
        }
    }

    /// `no vlan 10,20`: each of them; whether the command is that.
    fn negate_vlans(&mut self, command: &[String]) -> bool {
        let [vlan, list] = command else {
            return false;
        };
        let Some(gone) = crate::net::VlanSet::parse(list).filter(|_| vlan == "vlan") else {
            return false;
        };
        for index in self.lines_of(&[]).into_iter().rev() {
            let words = self.entries.get(index).map(|entry| entry.words.clone());
            let Some([vlan, list]) = words.as_deref() else {
                continue;
            };
            let Some(mut kept) = crate::net::VlanSet::parse(list).filter(|_| vlan == "vlan") else {
                continue;
            };
            let before = kept.clone();
            kept.remove(&gone);
            if kept == before {
                continue;
            }
            let names: Vec<String> = kept.iter().map(|id| id.to_string()).collect();
            if names.is_empty() {
                self.remove(index);
            } else if let Some(entry) = self.entries.get_mut(index) {
                entry.words = vec!["vlan".to_owned(), names.join(",")];
                entry.text = format!("{}\n", entry.words.join(" "));
            }
        }
        true
    }

    /// `default interface NAME`: nothing of its block stays.
    fn empty(&mut self, header: &[String]) {
        if let Some(range) = self.block(&[header.to_vec()]) {
            self.entries.drain(range);
        }
    }

    /// Replaces the banner of the same kind.
    fn replace_banner(&mut self, text: String) {
        let words: Vec<String> = text.split_whitespace().take(2).map(str::to_owned).collect();
        let old = self.lines_of(&[]).into_iter().find(|index| {
            self.entries
                .get(*index)
                .is_some_and(|entry| entry.words.starts_with(&words))
        });
        let depth = 0;
        if let Some(entry) = old.and_then(|old| self.entries.get_mut(old)) {
            entry.text = text;
            return;
        }
        self.append(&[], &words);
        let added = self
            .entries
            .iter_mut()
            .rev()
            .find(|entry| entry.words == words);
        if let Some(entry) = added {
            *entry = Entry { text, words, depth };
        }
    }
}
