//! Facts made by hand for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::{Nominal, Outcome, Shape, StageOutcome};
use crate::change::{Change, ChangeKind, Comparison, RequirementChange, StageChange};
use crate::intent::site::{Firmware, PumpGroup, Reaction, Service, ServiceKind, Site};
use crate::intent::{
    Field, Intent, Label, Network as PumpNetwork, Place, Profile, RequirementId, Stage, Value,
};
use crate::model::{Device, Facet, FacetKey, Network, Reading, SourceFile};
use crate::rule::{Facts, NewReach};
use crate::source::{File, FileId, FileOrigin, Span, StatementRef};
use crate::syntax::{Statement, Support};
use crate::wire::assessment::{Bearing, Effect, Observed, Proof};

/// Everything that facts borrow from.
pub(super) struct World {
    /// Before.
    pub(super) before: Network,
    /// After.
    pub(super) after: Network,
    /// Before.
    pub(super) intent_before: Intent,
    /// After.
    pub(super) intent: Intent,
    /// What the change does.
    pub(super) comparison: Comparison,
    /// New reach.
    pub(super) new_reach: Vec<NewReach>,
    /// What was measured.
    pub(super) observed: BTreeMap<RequirementId, Observed>,
    /// Site files.
    pub(super) files: Vec<File>,
}

impl World {
    /// A site with one group of 150 + 30 pumps on one network that uses these services.
    pub(super) fn with(services: &[(&str, ServiceKind)]) -> Self {
        let intent = intent(services);
        let requirements = intent
            .requirements()
            .into_iter()
            .map(|requirement| RequirementChange {
                requirement,
                effect: Effect::Unchanged,
                proof: Proof::Exact,
                stages: Vec::new(),
                before: Outcome::default(),
                after: Outcome::default(),
                bearing: Vec::new(),
            });
        let comparison = Comparison {
            requirements: requirements.collect(),
            ..Comparison::default()
        };
        Self {
            before: Network::default(),
            after: Network::default(),
            intent_before: intent.clone(),
            intent,
            comparison,
            new_reach: Vec::new(),
            observed: BTreeMap::new(),
            files: Vec::new(),
        }
    }

    /// The facts.
    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            before: &self.before,
            after: &self.after,
            intent_before: &self.intent_before,
            intent: &self.intent,
            comparison: &self.comparison,
            new_reach: &self.new_reach,
            stress: &[],
            observed: &self.observed,
            files: &self.files,
        }
    }

    /// Adds a file of lines to a side, each line a modeled statement of the device.
    pub(super) fn file(&mut self, after: bool, id: u32, device: &str, text: &str) {
        let path = format!("{device}.cfg");
        let file = File::new(FileId(id), path, FileOrigin::Disk, text.as_bytes());
        let mut start = 0;
        let mut statements = Vec::new();
        for line in text.split_inclusive('\n') {
            statements.push(Statement {
                span: Span::new(start, start + line.len()),
                parent: None,
                key: 0,
                ordered: false,
                support: Support::Modeled,
            });
            start += line.len();
        }
        let source = SourceFile {
            file,
            dialect: "cisco-ios",
            device: device.to_owned(),
            reading: Reading {
                statements,
                ..Reading::default()
            },
        };
        let network = if after {
            &mut self.after
        } else {
            &mut self.before
        };
        network.files.insert(FileId(id), Arc::new(source));
    }

    /// Puts a facet on a device of a side.
    pub(super) fn facet(&mut self, after: bool, device: &str, key: FacetKey, facet: Facet) {
        let network = if after {
            &mut self.after
        } else {
            &mut self.before
        };
        let entry = network.devices.entry(device.to_owned()).or_default();
        let mut made = Device::clone(entry);
        device.clone_into(&mut made.name);
        made.facets.insert(key, Arc::new(facet));
        *entry = Arc::new(made);
    }

    /// Adds a change that bears on every requirement; gives its index.
    pub(super) fn change(
        &mut self,
        device: &str,
        before: Option<StatementRef>,
        after: Option<StatementRef>,
        facet: FacetKey,
    ) -> usize {
        let index = self.comparison.changes.len();
        let requirements = &mut self.comparison.requirements;
        for requirement in requirements.iter_mut() {
            requirement.bearing.push(index);
        }
        self.comparison.changes.push(Change {
            device: device.to_owned(),
            kind: if before.is_some() {
                ChangeKind::Removed
            } else {
                ChangeKind::Added
            },
            before,
            after,
            facets: vec![facet],
            support: Support::Modeled,
            summary: "a line".to_owned(),
            bearing: Bearing::Bears,
            why: "it is read".to_owned(),
            requirements: requirements
                .iter()
                .map(|change| change.requirement.id.clone())
                .collect(),
        });
        index
    }

    /// Makes every requirement of a service lost at a stage, caused by changes.
    pub(super) fn lose(&mut self, service: &str, stage: Stage, caused_by: &[usize]) {
        self.hurt(service, stage, Effect::Lost, Shape::Drop, caused_by);
    }

    /// Hurts every requirement of a service at a stage.
    pub(super) fn hurt(
        &mut self,
        service: &str,
        stage: Stage,
        effect: Effect,
        shape: Shape,
        caused_by: &[usize],
    ) {
        let fails = StageOutcome::fails(stage, shape, "nothing lets it pass");
        let is_transient = effect == Effect::Transient;
        for change in &mut self.comparison.requirements {
            if change.requirement.service != service {
                continue;
            }
            change.effect = effect;
            change.stages.push(StageChange {
                stage,
                before: Some(StageOutcome::works(stage, "it works")),
                after: Some(if is_transient {
                    StageOutcome::works(stage, "it works")
                } else {
                    fails.clone()
                }),
                transient: is_transient.then(|| fails.clone()),
                effect,
                is_unnoticed: false,
                caused_by: caused_by.to_vec(),
                undone_by: caused_by.to_vec(),
                not_minimal: false,
            });
        }
    }

    /// Counts working servers of every requirement of a service.
    pub(super) fn servers(&mut self, service: &str, before: usize, after: usize) {
        let all = |count: usize| {
            (1..=2_usize)
                .map(|at| {
                    let last = u8::try_from(at).unwrap();
                    let works = if at <= count {
                        Nominal::Works
                    } else {
                        Nominal::Fails
                    };
                    ([10, 50, 0, last].into(), works)
                })
                .collect()
        };
        for change in &mut self.comparison.requirements {
            if change.requirement.service == service {
                change.before.servers = all(before);
                change.after.servers = all(after);
            }
        }
    }
}

/// A statement of a hand-made file.
pub(super) fn at(file: u32, statement: u32) -> StatementRef {
    StatementRef {
        file: FileId(file),
        statement,
    }
}

/// A place in a site file with this id.
pub(super) const PLACE: Place = Place {
    file: FileId(900),
    line: 2,
    column: 1,
};

/// A known field.
pub(super) fn known(value: Value) -> Field {
    Field {
        value: Some(value),
        source: "vendor case 1".to_owned(),
        label: Some(Label::Measured),
        place: Some(PLACE),
    }
}

/// A site with one group, one network and these services.
fn intent(services: &[(&str, ServiceKind)]) -> Intent {
    let service = |(id, kind): &(&str, ServiceKind)| Service {
        id: (*id).to_owned(),
        kind: *kind,
        servers: vec![[10, 50, 0, 1].into(), [10, 50, 0, 2].into()],
        name: (*kind == ServiceKind::PumpGateway)
            .then(|| crate::net::DomainName::absolute("pumpgw.example.org")),
        ports: Vec::new(),
        need: 1,
        want: 2,
        tls_min: None,
        capacity: None,
        uses: Vec::new(),
        owner: None,
        probe: false,
        legacy_tls: false,
        search: Vec::new(),
        records: Vec::new(),
        account: None,
        place: PLACE,
    };
    let network = PumpNetwork {
        id: "icu".to_owned(),
        ssid: None,
        vlan: Some(230),
        subnet: "10.20.230.0/24".parse().unwrap(),
        central_switching: false,
        controllers: Vec::new(),
        place: PLACE,
    };
    let firmware = |version: &str, count| Firmware {
        version: version.to_owned(),
        count,
    };
    let group = PumpGroup {
        id: "icu-spectrum".to_owned(),
        profile: "made".to_owned(),
        firmware: vec![firmware("9.01.00", 150), firmware("unknown", 30)],
        on: vec!["icu".to_owned()],
        area: "ICU".to_owned(),
        reaction: Reaction::Seconds,
        dhcp: true,
        uses: services.iter().map(|(id, _)| (*id).to_owned()).collect(),
        owner: None,
        answers: BTreeMap::new(),
        place: PLACE,
    };
    let site = Site {
        name: "a site".to_owned(),
        owners: BTreeMap::new(),
        services: services
            .iter()
            .map(|one| (one.0.to_owned(), service(one)))
            .collect(),
        without: BTreeMap::new(),
        networks: [("icu".to_owned(), network)].into(),
        hosts: BTreeMap::new(),
        pumps: vec![group],
        protect: Vec::new(),
        boundaries: Vec::new(),
        vantages: Vec::new(),
        survived: Vec::new(),
    };
    let profile = Profile {
        id: "made".to_owned(),
        model: "Made Pump".to_owned(),
        firmware: String::new(),
        services: Vec::new(),
        ask: "the maker".to_owned(),
        notices: vec!["Call before changes.".to_owned()],
        fields: BTreeMap::new(),
    };
    Intent {
        site,
        profiles: [("made".to_owned(), profile)].into(),
    }
}
