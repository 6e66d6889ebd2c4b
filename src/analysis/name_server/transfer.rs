//! The zones that a name server serves: from its own files, or copied from others.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::view::{self, Asker};
use super::{Server, v4};
use crate::analysis::passage::Passage;
use crate::analysis::state::{From, Part, add_symbol};
use crate::analysis::{Nominal, Symbol};
use crate::intent::Port;
use crate::model::dns::{ClientList, DnsServer, DnsView, DnsZone};
use crate::model::dns::{ZoneDeclaration, ZoneKind, file_at};
use crate::model::{Device, FacetKind};
use crate::net::DomainName;
use crate::net::registry::PORT_DNS;

/// The zones that a server serves, those that it should and cannot, and what that depends on.
type Zones<'a> = (
    BTreeMap<DomainName, &'a DnsZone>,
    BTreeMap<DomainName, String>,
    Vec<Symbol>,
);

impl Server<'_, '_, '_> {
    /// The zones that it serves to these clients.
    pub(super) fn zones(&self, part: &mut Part) -> Zones<'_> {
        let mut zones = BTreeMap::new();
        let mut missing = BTreeMap::new();
        let mut symbols = Vec::new();
        for (origin, declaration) in self.zones {
            match declaration.value.kind {
                ZoneKind::Primary => {
                    match self.file(self.device, self.settings, origin, &declaration.value) {
                        Some(zone) => {
                            zones.insert(origin.clone(), zone);
                        }
                        None => add_symbol(&mut symbols, self.in_no_file(origin)),
                    }
                }
                ZoneKind::Secondary => {
                    match self.copy(origin, &declaration.value, part, &mut symbols) {
                        Copy::Zone(zone) => {
                            zones.insert(origin.clone(), zone);
                        }
                        Copy::Outside => add_symbol(&mut symbols, self.in_no_file(origin)),
                        Copy::Missing(why) => {
                            missing.insert(origin.clone(), why);
                        }
                    }
                }
                ZoneKind::Forward | ZoneKind::Hint => {}
            }
        }
        (zones, missing, symbols)
    }

    /// That a zone of it is in no file.
    fn in_no_file(&self, origin: &DomainName) -> Symbol {
        Symbol::Outside(format!("dns zone {origin} of {}", self.device.name))
    }

    /// The records of a zone in the file that its declaration names.
    fn file<'d>(
        &self,
        device: &'d Device,
        settings: &DnsServer,
        origin: &DomainName,
        declaration: &ZoneDeclaration,
    ) -> Option<&'d DnsZone> {
        let files = &self.state.world.network().files;
        let path = |zone: &DnsZone| {
            let place = zone
                .soa
                .as_ref()
                .map(|soa| soa.at)
                .or_else(|| zone.broken.as_ref().map(|broken| broken.at))
                .or_else(|| zone.records.values().flatten().next().map(|one| one.at))?;
            Some(files.get(&place.file)?.file.path.as_str())
        };
        let zones = device.dns_zones().map(|(_, zone)| zone);
        let zones: Vec<&DnsZone> = zones.filter(|zone| zone.origin == *origin).collect();
        let Some(declared) = &declaration.file else {
            return match zones.as_slice() {
                [only] => Some(only),
                _ => None,
            };
        };
        let named: Vec<(&DnsZone, &str)> = zones
            .into_iter()
            .filter_map(|zone| Some((zone, path(zone)?)))
            .collect();
        let paths: Vec<&str> = named.iter().map(|(_, path)| *path).collect();
        let directory = settings.directory.as_ref().map(|at| at.value.as_str());
        let found = file_at(declared, directory, &paths)?;
        named.get(found).map(|(zone, _)| *zone)
    }

    /// The copy of a zone that a secondary server serves.
    ///
    /// A newer serial of a primary that it reaches is taken over (RFC 1996, RFC 1034 §4.3.5); with
    /// an equal or older one it keeps what it has.
    fn copy(
        &self,
        origin: &DomainName,
        zone: &ZoneDeclaration,
        part: &mut Part,
        symbols: &mut Vec<Symbol>,
    ) -> Copy<'_> {
        let own = self.file(self.device, self.settings, origin, zone);
        let mut why = None;
        let mut outside = false;
        for source in zone.sources.iter().copied().filter_map(v4) {
            let passage =
                self.state
                    .passage(&From::Address(self.address), source, Port::Tcp(PORT_DNS));
            part.reads.merge(&passage.reads);
            if passage.nominal == Nominal::Fails {
                why = Some(format!("no transfer from {source}: {}", passage.why));
                continue;
            }
            let Some(primary) = self.state.device_of(source, &mut part.reads) else {
                outside = true;
                continue;
            };
            let host = self.state.name_of(primary);
            part.reads.read(&host, FacetKind::DnsServer, "");
            part.reads.kinds.insert((host.clone(), FacetKind::DnsZone));
            match self.handed_over(primary, source, origin, &passage, symbols) {
                Copy::Zone(theirs) if theirs.broken.is_some() => {
                    why = Some(format!("{source} does not load the zone"));
                }
                Copy::Zone(theirs) => match own {
                    Some(own) if !is_newer(theirs, own) => {}
                    Some(_) | None => return Copy::Zone(theirs),
                },
                Copy::Outside => outside = true,
                Copy::Missing(reason) => why = Some(reason),
            }
        }
        match (own, why, outside) {
            (Some(own), _, _) => Copy::Zone(own),
            (None, _, true) => Copy::Outside,
            (None, why, false) => Copy::Missing(
                why.unwrap_or_else(|| "it is declared to be copied from nowhere".to_owned()),
            ),
        }
    }

    /// What a primary server hands over of a zone to this one.
    fn handed_over<'d>(
        &self,
        primary: &'d Device,
        source: Ipv4Addr,
        origin: &DomainName,
        passage: &Passage,
        symbols: &mut Vec<Symbol>,
    ) -> Copy<'d>
    where
        Self: 'd,
    {
        let Some(settings) = primary.dns_server("") else {
            // A zone file without settings beside it is served as it stands.
            return primary
                .dns_zone(origin.as_str())
                .map_or(Copy::Outside, Copy::Zone);
        };
        let local = view::local_networks(self.state, source);
        let asker = Asker {
            // A question for a zone's serial asks for no recursion.
            recursive: false,
            ..Asker::behind(passage, self.address.to_string(), true)
        };
        let (taken, _) = view::views(settings, source, &asker, &local);
        let mut told: Vec<String> = Vec::new();
        let mut first = None;
        for one in &taken {
            let copy = self.offered(primary, settings, one.view, origin, (&asker, source));
            let name = one.view.map_or("", |view| view.name.value.as_str());
            let keys = one.view.map_or(String::new(), |view| view.keys.join(" "));
            told.push(match &copy {
                Copy::Zone(zone) => {
                    let serial = zone.soa.as_ref().map_or(0, |soa| soa.value.serial);
                    format!("`{name}` {keys}: serial {serial}")
                }
                Copy::Outside | Copy::Missing(_) => format!("`{name}` {keys}: no zone"),
            });
            if first.is_none() || (one.doubtful && matches!(first, Some(Copy::Missing(_)))) {
                first = Some(copy);
            }
        }
        if taken.iter().any(|one| one.doubtful) && taken.len() > 1 {
            let reason = format!(
                "which view of {} hands zone {origin} to {}: {}",
                primary.name,
                self.address,
                told.join(", or ")
            );
            add_symbol(symbols, Symbol::Undecided(reason));
        }
        first.unwrap_or_else(|| {
            Copy::Missing(format!(
                "no view of {source} takes questions of {}",
                self.address
            ))
        })
    }

    /// What one view of a primary server has of a zone, and hands over.
    fn offered<'d>(
        &self,
        primary: &'d Device,
        settings: &DnsServer,
        view: Option<&DnsView>,
        origin: &DomainName,
        (asker, source): (&Asker, Ipv4Addr),
    ) -> Copy<'d> {
        let zones = view.map_or(&settings.zones, |view| &view.zones);
        let Some(declared) = zones.get(origin) else {
            return match (settings.views.is_empty(), primary.dns_zone(origin.as_str())) {
                (true, Some(zone)) => Copy::Zone(zone),
                (true, None) | (false, Some(_) | None) => Copy::Outside,
            };
        };
        let own = view.and_then(|view| view.options.allow_transfer.as_ref());
        let list = declared.value.allow_transfer.as_ref().or(own
            .or(settings.options.allow_transfer.as_ref())
            .map(|at| &at.value));
        // Without a list BIND 9.18 hands zones to all, 9.20 to nobody.
        let list = list.unwrap_or(&ClientList::Any);
        let local = view::local_networks(self.state, source);
        if view::split(list, &local, &asker.sources).is_some_and(|(_, refused)| !refused.is_empty())
        {
            return Copy::Missing(format!("{source} hands the zone to others only"));
        }
        let is_primary = declared.value.kind == ZoneKind::Primary;
        match self.file(primary, settings, origin, &declared.value) {
            Some(zone) => Copy::Zone(zone),
            None if is_primary => Copy::Outside,
            None => primary
                .dns_zone(origin.as_str())
                .map_or(Copy::Outside, Copy::Zone),
        }
    }
}

/// What a secondary server has of a zone.
enum Copy<'a> {
    /// These records.
    Zone(&'a DnsZone),
    /// Records that are in no file.
    Outside,
    /// Nothing, and why.
    Missing(String),
}

/// Whether a serial is newer (RFC 1982 §3.2).
fn is_newer(theirs: &DnsZone, own: &DnsZone) -> bool {
    match (&theirs.soa, &own.soa) {
        (Some(theirs), Some(own)) => {
            let ahead = theirs.value.serial.wrapping_sub(own.value.serial);
            ahead != 0 && ahead < 1 << 31
        }
        (Some(_), None) => true,
        (None, Some(_) | None) => false,
    }
}
