//! Zone files whose origin stands in the name server's settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dialect::read_zone_with_origin;
use crate::model::dns::{DnsServer, file_at};
use crate::model::{Facet, FacetKey, FacetKind, SourceFile};
use crate::net::DomainName;

/// The dialect of zone files.
const ZONE_FILE: &str = "bind-zone";

/// Reads a device's zone files again where its name server gives them another origin than the text
/// or the file's name does.
pub(in crate::input) fn bind_origins(files: &mut [Arc<SourceFile>], notes: &mut Vec<String>) {
    let declared = declared_files(files);
    for source in files.iter_mut() {
        if source.dialect != ZONE_FILE {
            continue;
        }
        let mut origins: Vec<&DomainName> = declared
            .iter()
            .filter(|(_, file)| is_same_file(file, &source.file.path))
            .map(|(origin, _)| origin)
            .collect();
        origins.sort();
        origins.dedup();
        if origins.len() > 1 {
            notes.push(format!(
                "`{}` serves {} zones; it is read as `{}`",
                source.file.path,
                origins.len(),
                origins.first().map_or("", |origin| origin.as_str())
            ));
        }
        let Some(origin) = origins.first() else {
            continue;
        };
        let has_it = source
            .reading
            .facets
            .keys()
            .filter(|key| key.kind == FacetKind::DnsZone)
            .all(|key| &*key.name == origin.as_str())
            && source
                .reading
                .facets
                .keys()
                .any(|key| key.kind == FacetKind::DnsZone);
        if has_it {
            continue;
        }
        *source = Arc::new(SourceFile {
            file: source.file.clone(),
            dialect: source.dialect,
            device: source.device.clone(),
            reading: read_zone_with_origin(&source.file, origin),
        });
    }
    tell_apart(files);
}

/// Gives files of one origin, of which different clients get different ones, names of their own.
///
/// Where the settings do not say which file they mean, the files stay one zone that contradicts
/// itself.
fn tell_apart(files: &mut [Arc<SourceFile>]) {
    let mut by_origin: BTreeMap<FacetKey, Vec<usize>> = BTreeMap::new();
    for (index, source) in files.iter().enumerate() {
        for key in source.reading.facets.keys() {
            if key.kind == FacetKind::DnsZone {
                by_origin.entry(key.clone()).or_default().push(index);
            }
        }
    }
    by_origin.retain(|_, found| found.len() > 1);
    for (key, found) in by_origin {
        let paths: Vec<&str> = found
            .iter()
            .filter_map(|index| files.get(*index))
            .map(|source| source.file.path.as_str())
            .collect();
        let mut meant: Vec<Option<usize>> = Vec::new();
        for server in servers(files) {
            let directory = server.directory.as_ref().map(|at| at.value.as_str());
            for (origin, file) in declared_by(server) {
                if origin.as_str() == &*key.name {
                    meant.push(file_at(&file, directory, &paths));
                }
            }
        }
        let meant: Option<Vec<usize>> = meant.into_iter().collect();
        let Some(first) = meant.and_then(|meant| meant.first().copied()) else {
            continue;
        };
        for (place, index) in found.iter().enumerate() {
            if place != first
                && let Some(source) = files.get_mut(*index)
            {
                *source = Arc::new(renamed(source, &key));
            }
        }
    }
}

/// The file with its zone named by its origin and the file.
fn renamed(source: &SourceFile, key: &FacetKey) -> SourceFile {
    let name = format!("{} {}", key.name, source.file.path);
    let own = FacetKey::new(FacetKind::DnsZone, &name);
    let mut source = source.clone();
    let reading = &mut source.reading;
    if let Some(facet) = reading.facets.remove(key) {
        reading.facets.insert(own.clone(), facet);
    }
    let keys = reading.facet_keys.iter_mut();
    for known in keys.filter(|known| *known == key) {
        *known = own.clone();
    }
    let holes = reading
        .holes
        .iter_mut()
        .filter_map(|hole| hole.facet.as_mut());
    for known in holes.filter(|known| *known == key) {
        *known = own.clone();
    }
    source
}

/// Zones that the name server's settings among the files declare, each with its file as written.
fn declared_files(files: &[Arc<SourceFile>]) -> Vec<(DomainName, String)> {
    servers(files).flat_map(declared_by).collect()
}

/// Settings of name servers among the files.
fn servers(files: &[Arc<SourceFile>]) -> impl Iterator<Item = &DnsServer> {
    let facets = files
        .iter()
        .flat_map(|source| source.reading.facets.values());
    facets.filter_map(|facet| {
        let Facet::DnsServer(server) = &**facet else {
            return None;
        };
        Some(server)
    })
}

/// Zones that settings declare, in views or not, each with its file as written.
fn declared_by(server: &DnsServer) -> Vec<(DomainName, String)> {
    let views = server.views.iter().map(|view| &view.zones);
    let zones = std::iter::once(&server.zones).chain(views).flatten();
    zones
        .filter_map(|(origin, zone)| Some((origin.clone(), zone.value.file.clone()?)))
        .collect()
}

/// Whether a declared file may be the one at this path: an export keeps the name, not the folders.
fn is_same_file(declared: &str, path: &str) -> bool {
    let last = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
    last(declared) == last(path)
}
