//! Lines of ACL blocks: sequence numbers, duplicates, removal.

use super::Session;

/// Distance between sequence numbers that the device gives itself (Cisco IOS Security Command
/// Reference, "ip access-list resequence").
const STEP: u32 = 10;

/// Whether a header opens an ACL.
pub(super) fn is_block(header: &[String]) -> bool {
    matches!(header, [ip, list, ..] if ip == "ip" && list == "access-list")
}

/// Whether words are a line of an ACL, with or without a number, or a number alone.
pub(super) fn is_line(words: &[String]) -> bool {
    let (number, rest) = split(words);
    match rest.first().map(String::as_str) {
        Some("permit" | "deny" | "remark" | "evaluate" | "dynamic") => true,
        Some(_) => false,
        None => number.is_some(),
    }
}

/// The sequence number of a line, and the words after it.
fn split(words: &[String]) -> (Option<u32>, &[String]) {
    match words.split_first() {
        Some((first, rest)) => match first.parse() {
            Ok(number) => (Some(number), rest),
            Err(_) => (None, words),
        },
        None => (None, words),
    }
}

impl Session {
    /// Lines of an ACL's block with their sequence numbers; remarks have that of the line after.
    fn sequences(&self, path: &[Vec<String>]) -> Vec<(usize, u32)> {
        let mut last = 0_u32;
        let mut out = Vec::new();
        for index in self.lines_of(path) {
            let Some(entry) = self.entries.get(index) else {
                continue;
            };
            let (given, rest) = split(&entry.words);
            let is_remark = rest.first().is_some_and(|word| word == "remark");
            let sequence = given.unwrap_or_else(|| last.saturating_add(STEP));
            if !is_remark || given.is_some() {
                last = sequence;
            }
            out.push((index, sequence));
        }
        out
    }

    /// Writes the sequence numbers out, so that a line put between others moves none of them.
    fn number(&mut self, path: &[Vec<String>]) {
        for (index, sequence) in self.sequences(path) {
            let Some(entry) = self.entries.get_mut(index) else {
                continue;
            };
            let (given, rest) = split(&entry.words);
            if given.is_some() || rest.first().is_some_and(|word| word == "remark") {
                continue;
            }
            let rest = entry.words.join(" ");
            entry.text = format!("{}{sequence} {rest}\n", " ".repeat(entry.depth));
            entry.words.insert(0, sequence.to_string());
        }
    }

    /// Adds a line to an ACL.
    pub(super) fn set_acl_line(
        &mut self,
        path: &[Vec<String>],
        command: &[String],
    ) -> Result<(), String> {
        let (given, rest) = split(command);
        if rest.is_empty() {
            return Err("a sequence number alone is no command".to_owned());
        }
        let sequences = self.sequences(path);
        let is_remark = rest.first().is_some_and(|word| word == "remark");
        let equal = |index: &usize| {
            self.entries
                .get(*index)
                .is_some_and(|entry| split(&entry.words).1 == rest)
        };
        if !is_remark && sequences.iter().any(|(index, _)| equal(index)) {
            // The device keeps the line that it has, whatever its number.
            return Ok(());
        }
        let Some(given) = given else {
            self.append(path, command);
            return Ok(());
        };
        if !is_remark && sequences.iter().any(|(_, sequence)| *sequence == given) {
            return Err(format!("duplicate sequence number {given}"));
        }
        self.number(path);
        let place = self
            .sequences(path)
            .into_iter()
            .find(|(_, sequence)| *sequence > given)
            .map(|(index, _)| index);
        match place {
            Some(place) => self.insert(place, path.len(), command),
            None => self.append(path, command),
        }
        Ok(())
    }

    /// Removes a line of an ACL by number or by words.
    pub(super) fn negate_acl_line(&mut self, path: &[Vec<String>], command: &[String]) {
        let (given, rest) = split(command);
        self.number(path);
        let gone = self.sequences(path).into_iter().find(|(index, sequence)| {
            let words = self
                .entries
                .get(*index)
                .map_or(&[][..], |entry| &entry.words);
            let words = split(words).1;
            let is_remark = words.first().is_some_and(|word| word == "remark");
            match given {
                Some(given) => *sequence == given && !is_remark,
                None => words == rest,
            }
        });
        if let Some((index, _)) = gone {
            self.remove(index);
        }
    }
}
