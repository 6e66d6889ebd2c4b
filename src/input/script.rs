//! A network in which a file has another text: pasted lines, and counterfactuals.

use std::sync::Arc;

use crate::dialect;
use crate::input::Error;
use crate::input::devices::{self, Group};
use crate::input::links;
use crate::input::mistake::suggestion;
use crate::input::snapshot::FileTable;
use crate::model::{LinkEvidence, Network, SourceFile};
use crate::source::{File, FileId, FileOrigin};

/// The states that pasting goes through.
#[derive(Debug, Clone)]
pub struct Pasted {
    /// The network when all lines are in.
    pub after: Network,
    /// The network after each line but the last that changed something, with the line's number.
    pub between: Vec<(u32, Network)>,
}

/// Pastes a script into the main file of a device.
pub fn paste(
    before: &Network,
    device: &str,
    script: &File,
    files: &mut FileTable,
) -> Result<Pasted, Error> {
    let name = device.to_lowercase();
    let Some(found) = before.devices.get(&name) else {
        let help = suggestion(&name, before.devices.keys().map(String::as_str));
        return Err(Error::usage(
            format!("apply `{}`: no device is named `{device}`", script.path),
            help.unwrap_or_else(|| "`list files --config PLACE` lists the devices".to_owned()),
        ));
    };
    let main = found.files.first().and_then(|id| before.files.get(id));
    let (Some(main), Some(dialect)) = (main, main.and_then(|main| dialect::by_id(main.dialect)))
    else {
        return Err(Error::usage(
            format!("apply `{}`: device `{device}` has no file", script.path),
            "name a device that has a configuration",
        ));
    };
    let lines = dialect
        .apply(&main.file, script)
        .map_err(|source| Error::Apply {
            script: script.path.clone(),
            device: name.clone(),
            source,
        })?;
    let mut states: Vec<(u32, Network)> = Vec::new();
    let mut text: &str = &main.file.text;
    for line in &lines {
        if line.text == text {
            continue;
        }
        text = &line.text;
        let id = files.next_id();
        states.push((line.line, replaced(before, main.file.id, id, text)));
    }
    let after = states
        .pop()
        .map_or_else(|| before.clone(), |(_, network)| network);
    Ok(Pasted {
        after,
        between: states,
    })
}

/// The network in which a file has another text, under the same identity: a counterfactual.
pub fn rebuild(network: &Network, file: FileId, text: &str) -> Network {
    replaced(network, file, file, text)
}

/// The network in which the file `old` is replaced by `new` with another text.
fn replaced(network: &Network, old: FileId, new: FileId, text: &str) -> Network {
    let mut out = network.clone();
    let Some(source) = network.files.get(&old) else {
        return out;
    };
    let origin = FileOrigin::Derived(old);
    let file = File::new(new, &source.file.path, origin, text.as_bytes());
    let reading = dialect::by_id(source.dialect)
        .map(|dialect| dialect.read(&file))
        .unwrap_or_default();
    let changed = Arc::new(SourceFile {
        dialect: source.dialect,
        device: source.device.clone(),
        reading,
        file,
    });
    let Some(device) = network.devices.get(&source.device) else {
        return out;
    };
    let mut files: Vec<Arc<SourceFile>> = device
        .files
        .iter()
        .filter_map(|id| {
            if *id == old {
                Some(changed.clone())
            } else {
                network.files.get(id).cloned()
            }
        })
        .collect();
    crate::input::zones::bind_origins(&mut files, &mut Vec::new());
    crate::input::netplan::read_together(&mut files, &mut Vec::new());
    out.files.remove(&old);
    for source in &files {
        out.files.insert(source.file.id, source.clone());
    }
    let group = Group {
        name: device.name.clone(),
        cluster: device.cluster.clone(),
        files,
    };
    let built = devices::build(&group, None, &mut Vec::new());
    out.devices.insert(group.name, built);
    if out
        .links
        .iter()
        .all(|link| link.evidence != LinkEvidence::Declared)
    {
        out.links = links::inferred(&out);
    }
    out
}
