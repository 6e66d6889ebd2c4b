//! What each file of a place is, and whose.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::ctx::Ctx;
use crate::dialect;
use crate::input::Error;
use crate::input::concatenated;
use crate::input::devices::{self, Part};
use crate::input::links;
use crate::input::place_name::{PlaceName, place_name};
use crate::input::snapshot::{
    FileReport, FileRole, FileTable, Member, ReadingKey, Snapshot, digest_of, hex,
};
use crate::input::{netplan, zones};
use crate::model::{Network, SourceFile};
use crate::source::{File, FileId, FileNote};

/// Longest line of a configuration in bytes; a file with a longer one is left unread.
const LONGEST_LINE: usize = 1 << 20;
/// The file of declared links.
const TOPOLOGY: &str = "layer1_topology.json";

/// A member with what is known of it so far.
struct Item {
    /// The member's path.
    path: String,
    /// What it is, once that is known.
    role: Option<FileRole>,
    /// By what sign.
    because: String,
    /// Its digest, or what stands for it.
    digest: String,
    /// Its text and reading, where a dialect reads it.
    source: Option<Arc<SourceFile>>,
    /// Its text, where it is the file of links.
    topology: Option<File>,
}

/// Puts members together to a snapshot.
pub(in crate::input) fn assemble(
    from: String,
    members: Vec<Member>,
    files: &mut FileTable,
    ctx: &Ctx<'_>,
) -> Result<Snapshot, Error> {
    let members = concatenated::split(members);
    let paths: Vec<String> = members.iter().map(|member| member.path.clone()).collect();
    let work: Vec<(Member, Option<FileRole>, FileId)> = members
        .into_iter()
        .map(|member| {
            let role = role_by_name(&member.path, &paths);
            (member, role, files.next_id())
        })
        .collect();
    let known = &files.readings;
    let mut items: Vec<Item> = ctx.map_counting("files read", &work, |(member, role, id)| {
        read_member(member, role.as_ref(), *id, known)
    });
    drop(work);
    if ctx.is_canceled() {
        return Err(Error::Canceled);
    }
    set_older_aside(&mut items);
    set_strangers_aside(&mut items);
    let parts: Vec<Part> = items
        .iter()
        .filter_map(|item| item.source.clone())
        .map(|source| Part {
            place: place_name(&source.file.path),
            source,
        })
        .collect();
    if parts.is_empty() {
        return Err(Error::NothingKnown {
            place: from,
            files: items.len(),
        });
    }
    let mut notes = Vec::new();
    let mut grouped = devices::group(parts, &mut notes);
    for device in &mut grouped {
        zones::bind_origins(&mut device.files, &mut notes);
        netplan::read_together(&mut device.files, &mut notes);
    }
    let mut network = Network::default();
    for device in grouped {
        let previous = files.devices.get(&device.name).cloned();
        for source in &device.files {
            let key = (source.file.path.clone(), source.file.digest, None);
            files.readings.entry(key).or_insert_with(|| source.clone());
            network.files.insert(source.file.id, source.clone());
        }
        let built = devices::build(&device, previous.as_ref(), &mut notes);
        network.devices.insert(device.name, built);
    }
    files.devices.clone_from(&network.devices);
    network.links = match items.iter().find_map(|item| item.topology.as_ref()) {
        Some(topology) => links::declared(topology, &network, &mut notes)?,
        None => links::inferred(&network),
    };
    let reports = reports(items, &network);
    Ok(Snapshot {
        from,
        digest: digest_of(&reports),
        files: reports,
        network,
        notes,
    })
}

/// What a name alone says: never that a file is a configuration.
fn role_by_name(path: &str, paths: &[String]) -> Option<FileRole> {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let inert = |reason: &str| Some(FileRole::Inert(reason.to_owned()));
    if name == TOPOLOGY {
        return Some(FileRole::Topology);
    }
    if name == "site.yaml" || name == "site.yml" {
        return inert("the site file, which is loaded by itself");
    }
    let stem = name.split('.').next().unwrap_or("");
    if has_extension(&name, &["md", "rst"])
        || matches!(stem, "readme" | "license" | "licence" | "changelog")
    {
        return inert("documentation");
    }
    for end in [".bak", ".old", ".orig", ".save", "~"] {
        if let Some(base) = path.strip_suffix(end)
            && paths
                .binary_search_by(|known| known.as_str().cmp(base))
                .is_ok()
        {
            return Some(FileRole::Inert(format!("a backup of `{base}`")));
        }
    }
    if netplan::is_passed_over(path) {
        return inert("netplan reads `*.yaml` alone");
    }
    let words = stem.replace(['_', ' '], "-");
    if words.starts_with("show-")
        && !words.starts_with("show-run")
        && !words.starts_with("show-start")
    {
        return inert("output of a show command, no configuration");
    }
    None
}

/// Whether a lower-case name ends in one of the extensions.
fn has_extension(name: &str, extensions: &[&str]) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, found)| extensions.contains(&found))
}

/// Reads one member.
fn read_member(
    member: &Member,
    role: Option<&FileRole>,
    id: FileId,
    known: &BTreeMap<ReadingKey, Arc<SourceFile>>,
) -> Item {
    let mut item = Item {
        path: member.path.clone(),
        role: role.cloned(),
        because: String::new(),
        digest: String::new(),
        source: None,
        topology: None,
    };
    let bytes = match &member.bytes {
        Ok(bytes) => bytes,
        Err(skipped) => {
            item.digest.clone_from(&skipped.identity);
            item.role = Some(if skipped.may_bear {
                FileRole::Unread(skipped.reason.clone())
            } else {
                FileRole::Inert(skipped.reason.clone())
            });
            return item;
        }
    };
    if let Some(FileRole::Inert(_)) = role {
        item.digest = hex(&Sha256::digest(bytes));
        return item;
    }
    if let Some((line, length)) = longest_line(bytes) {
        item.digest = hex(&Sha256::digest(bytes));
        item.role = Some(FileRole::Unread(format!(
            "line {line} is {length} bytes long, no configuration has one beyond {LONGEST_LINE}"
        )));
        return item;
    }
    if !known.is_empty() {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        if let Some(source) = known.get(&(member.path.clone(), digest, None)) {
            item.digest = source.file.digest_hex();
            item.because = dialect::detect(&source.file)
                .map_or_else(String::new, |(_, score, sign)| because(score, sign));
            item.role = Some(FileRole::Read(source.dialect));
            item.source = Some(source.clone());
            return item;
        }
    }
    let file = File::new(id, &member.path, member.origin.clone(), bytes);
    item.digest = file.digest_hex();
    if role == Some(&FileRole::Topology) {
        item.topology = Some(file);
        return item;
    }
    read_text(file, &mut item);
    item
}

/// Finds the dialect of a text and reads it.
fn read_text(file: File, item: &mut Item) {
    let Some((dialect, score, sign)) = dialect::detect(&file) else {
        item.role = Some(unknown_text(&file));
        return;
    };
    item.because = because(score, sign);
    item.role = Some(FileRole::Read(dialect.id()));
    let reading = dialect.read(&file);
    item.source = Some(Arc::new(SourceFile {
        dialect: dialect.id(),
        device: String::new(),
        reading,
        file,
    }));
}

/// A score and its sign in words.
fn because(score: dialect::Score, sign: &str) -> String {
    format!("{sign} ({score} of 100)")
}

/// Why a text that no dialect recognizes is not read.
fn unknown_text(file: &File) -> FileRole {
    for note in &file.notes {
        if let FileNote::Binary(offset) = note {
            return FileRole::Unread(format!("binary: byte {offset} is no text"));
        }
    }
    if file.text.trim().is_empty() {
        return FileRole::Unread("empty".to_owned());
    }
    let first = file.text.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or("").to_lowercase().replace(['#', '>'], "# ");
    if first.contains("# ") && first.contains(" show ") && !first.contains("show run") {
        return FileRole::Inert("output of a show command, no configuration".to_owned());
    }
    FileRole::Unread("no dialect recognizes it".to_owned())
}

/// The first line that is too long, with its length; JSON has no lines to speak of.
fn longest_line(bytes: &[u8]) -> Option<(usize, usize)> {
    if bytes.len() <= LONGEST_LINE {
        return None;
    }
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let json = matches!(first, Some(b'{' | b'['));
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]);
    for (index, end) in ends.enumerate() {
        let length = end - start;
        if length > LONGEST_LINE && !(json && length <= 64 * LONGEST_LINE) {
            return Some((index + 1, length));
        }
        start = end + 1;
    }
    None
}

/// Sets older and startup copies of one configuration aside.
fn set_older_aside(items: &mut [Item]) {
    let mut copies: BTreeMap<(String, &'static str), Vec<(usize, PlaceName)>> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        // Netplan reads every file of its folder, whatever dates their names hold.
        if let Some(source) = &item.source
            && source.dialect != netplan::DIALECT
        {
            let place = place_name(&item.path);
            let key = (place.member.clone(), source.dialect);
            copies.entry(key).or_default().push((index, place));
        }
    }
    for same in copies.into_values() {
        let has_running = same.iter().any(|(_, place)| !place.startup);
        let undated = same
            .iter()
            .find(|(_, place)| place.date.is_empty() && !(place.startup && has_running));
        let newest = same
            .iter()
            .filter(|(_, place)| !(place.startup && has_running))
            .map(|(index, place)| (place.date.clone(), *index))
            .max();
        let (Some((_, newest)), true) = (newest, same.len() > 1) else {
            continue;
        };
        let kept = undated.map_or(newest, |(index, _)| *index);
        let kept_path = items
            .get(kept)
            .map(|item| item.path.clone())
            .unwrap_or_default();
        for (index, place) in &same {
            let reason = if place.startup && has_running {
                format!("the running configuration `{kept_path}` is read instead")
            } else if *index != kept && !place.date.is_empty() {
                format!("a copy of another day; `{kept_path}` is read")
            } else {
                continue;
            };
            if let Some(item) = items.get_mut(*index) {
                item.role = Some(FileRole::Inert(reason));
                item.source = None;
            }
        }
    }
}

/// Sets unknown files beside the folders of a Batfish snapshot aside: `configs/` and `hosts/` hold
/// all configurations of that layout.
fn set_strangers_aside(items: &mut [Item]) {
    let inside = |path: &str| path.starts_with("configs/") || path.starts_with("hosts/");
    let has_layout = items
        .iter()
        .any(|item| item.source.is_some() && inside(&item.path));
    if !has_layout {
        return;
    }
    for item in items.iter_mut().filter(|item| !inside(&item.path)) {
        if matches!(item.role, Some(FileRole::Unread(_))) {
            let reason = "no dialect recognizes it, and it is outside of `configs/` and `hosts/`";
            item.role = Some(FileRole::Inert(reason.to_owned()));
        }
    }
}

/// The report on every file.
fn reports(items: Vec<Item>, network: &Network) -> Vec<FileReport> {
    let by_path: BTreeMap<&str, &Arc<SourceFile>> = network
        .files
        .values()
        .map(|source| (source.file.path.as_str(), source))
        .collect();
    items
        .into_iter()
        .map(|item| {
            let source = item
                .source
                .as_ref()
                .and_then(|_| by_path.get(item.path.as_str()));
            FileReport {
                role: item
                    .role
                    .unwrap_or_else(|| FileRole::Unread("not looked at".to_owned())),
                because: item.because,
                device: source.map(|source| source.device.clone()),
                digest: item.digest,
                id: source.map(|source| source.file.id),
                path: item.path,
            }
        })
        .collect()
}
