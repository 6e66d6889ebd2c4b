//! Zone files whose origin stands in the name server's settings.

use std::sync::Arc;

use crate::dialect::read_zone_with_origin;
use crate::model::{FacetKind, SourceFile};
use crate::net::DomainName;

/// The dialect of zone files.
const ZONE_FILE: &str = "bind-zone";

/// Reads a device's zone files again where its name server gives them another origin than the text
/// or the file's name does.
pub(in crate::input) fn bind_origins(files: &mut [Arc<SourceFile>], notes: &mut Vec<String>) {
    let declared = declared_files(files);
    for source in files {
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
}

/// Zones that the name server's settings among the files declare, each with its file as written.
fn declared_files(files: &[Arc<SourceFile>]) -> Vec<(DomainName, String)> {
    let mut declared = Vec::new();
    for source in files {
        for facet in source.reading.facets.values() {
            let crate::model::Facet::DnsServer(server) = &**facet else {
                continue;
            };
            for (origin, declaration) in &server.zones {
                if let Some(file) = &declaration.value.file {
                    declared.push((origin.clone(), file.clone()));
                }
            }
        }
    }
    declared
}

/// Whether a declared file may be the one at this path: an export keeps the name, not the folders.
fn is_same_file(declared: &str, path: &str) -> bool {
    let last = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
    last(declared) == last(path)
}
