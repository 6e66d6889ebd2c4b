//! The after site asks less of a service or protects less than the before site.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Hit, Judge};
use crate::intent::{AssumedBeyond, Place, Site};
use crate::rule::Facts;
use crate::rule::attribute::word;
use crate::rule::schema::When;

/// Parameters of `requirement-weakened`: none.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Parameters {}

impl Judge for Parameters {
    fn run(&self, facts: &Facts<'_>, _: &When) -> Vec<Hit> {
        let (before, after) = (&facts.intent_before.site, &facts.intent.site);
        let mut hits = Vec::new();
        services(before, after, &mut hits);
        groups(before, after, &mut hits);
        limits(before, after, &mut hits);
        hits
    }

    fn measured(&self) -> String {
        "numbers of servers needed and wanted, numbers of pumps, reactions, answers, protected \
         sources and assumptions of the site file are compared before and after the change"
            .to_owned()
    }
}

/// The hit about one thing that was weakened.
fn hit(what: String, before: &impl ToString, after: &impl ToString, place: Place) -> Hit {
    Hit {
        site: vec![place],
        words: [
            ("what", what),
            ("before", before.to_string()),
            ("after", after.to_string()),
        ]
        .into(),
        ..Hit::default()
    }
}

/// Services that need or want fewer servers.
fn services(before: &Site, after: &Site, hits: &mut Vec<Hit>) {
    for (id, was) in &before.services {
        let Some(is) = after.services.get(id) else {
            continue;
        };
        for (name, was, now) in [
            ("servers needed", was.need, is.need),
            ("servers wanted", was.want, is.want),
        ] {
            if now < was {
                hits.push(hit(format!("{name} of {id}"), &was, &now, is.place));
            }
        }
    }
}

/// Groups with fewer pumps, with a slower reaction, or with an answer that was not there.
fn groups(before: &Site, after: &Site, hits: &mut Vec<Hit>) {
    for was in &before.pumps {
        let Some(is) = after.pumps.iter().find(|group| group.id == was.id) else {
            continue;
        };
        let count = |group: &crate::intent::PumpGroup| -> u64 {
            let firmware = group.firmware.iter();
            firmware.map(|firmware| u64::from(firmware.count)).sum()
        };
        if count(is) < count(was) {
            let what = format!("number of pumps of {}", was.id);
            hits.push(hit(what, &count(was), &count(is), is.place));
        }
        if is.reaction > was.reaction {
            let what = format!("reaction of {}", was.id);
            hits.push(hit(
                what,
                &was.reaction.name(),
                &is.reaction.name(),
                is.place,
            ));
        }
        if is.profile != was.profile {
            let what = format!("profile of {}", was.id);
            hits.push(hit(what, &was.profile, &is.profile, is.place));
        }
        for (path, answer) in &is.answers {
            let old = was.answers.get(path).and_then(|field| field.value.as_ref());
            if answer.value.as_ref() != old {
                let what = format!("answer {path} of {}", was.id);
                let (old, new) = (
                    old.map_or("none".to_owned(), word),
                    answer.value.as_ref().map_or("unknown".to_owned(), word),
                );
                hits.push(hit(what, &old, &new, answer.place.unwrap_or(is.place)));
            }
        }
    }
}

/// Protected sources that are gone, and boundaries that are newly assumed to permit.
fn limits(before: &Site, after: &Site, hits: &mut Vec<Hit>) {
    for was in &before.protect {
        for into in &was.into {
            let kept = after
                .protect
                .iter()
                .any(|is| is.from == was.from && is.into.contains(into));
            if !kept {
                let what = format!("protection of {into} from {}", was.from);
                hits.push(hit(what, &"declared", &"none", was.place));
            }
        }
    }
    for is in &after.boundaries {
        let permitted = before.boundaries.iter().any(|was| {
            was.device == is.device
                && was.interface == is.interface
                && was.assume == AssumedBeyond::Permits
        });
        if is.assume == AssumedBeyond::Permits && !permitted {
            let what = format!("assumption beyond {} {}", is.device, is.interface);
            hits.push(hit(what, &"not permits", &"permits", is.place));
        }
    }
}
