//! The site before the change, where only one site file is given.
//!
//! A site file that describes the network after a move contradicts the zone before it. Then the
//! zone before says where the service was; that is an assumption, and is named as one.

use std::net::Ipv4Addr;

use crate::analysis::{Judgment, Shape, StageOutcome, judge};
use crate::ctx::Ctx;
use crate::input::Case;
use crate::intent::{Requirement, RequirementId, Service, Stage};

/// The judgment before, and the case with the services of the before site where the before zone has
/// them; `None` where the site file does not contradict it.
pub(super) fn settle(case: &Case, ctx: &Ctx<'_>) -> (Judgment, Option<Case>) {
    let before = judge(&case.before, &case.intent_before, None, ctx);
    let contradicts = |judgment: &Judgment, id: &RequirementId| {
        resolve(judgment, id).is_some_and(|stage| stage.shape == Some(Shape::WrongAddress))
    };
    let suspects: Vec<Requirement> = case
        .intent
        .requirements()
        .into_iter()
        .filter(|requirement| contradicts(&before, &requirement.id))
        .collect();
    if case.today || suspects.is_empty() || case.intent_before != case.intent {
        return (before, None);
    }
    let after = judge(&case.after, &case.intent, None, ctx);
    let mut settled = case.clone();
    for requirement in &suspects {
        let agrees = resolve(&after, &requirement.id).is_some_and(|stage| stage.shape.is_none());
        let service = settled
            .intent_before
            .site
            .services
            .get_mut(&requirement.service);
        if let (true, Some(service), Some(stage)) =
            (agrees, service, resolve(&before, &requirement.id))
        {
            settled.notes.extend(take_over(service, stage));
        }
    }
    if settled.intent_before == case.intent_before {
        return (before, None);
    }
    (
        judge(&settled.before, &settled.intent_before, None, ctx),
        Some(settled),
    )
}

/// The resolve stage of a requirement.
fn resolve<'a>(judgment: &'a Judgment, id: &RequirementId) -> Option<&'a StageOutcome> {
    let outcome = judgment.outcomes.get(id)?;
    outcome
        .stages
        .iter()
        .find(|stage| stage.stage == Stage::Resolve)
}

/// Puts a service where its name leads; the sentence that says so.
fn take_over(service: &mut Service, stage: &StageOutcome) -> Option<String> {
    let list = stage.facts.get("addresses")?;
    let addresses: Vec<Ipv4Addr> = list
        .split([',', ' '])
        .filter_map(|word| word.parse().ok())
        .collect();
    if addresses.is_empty() || service.servers == addresses {
        return None;
    }
    service.need = service.need.min(addresses.len());
    service.want = service.want.min(addresses.len());
    service.servers = addresses;
    Some(format!(
        "Before the change {} was at {list}, where its name led; the site file says only where it is afterwards.",
        service.id
    ))
}
