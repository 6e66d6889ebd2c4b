//! Sessions that devices on the way remember.

use super::{Answer, Item, Subject, number};
use crate::analysis::idle_limits;

/// Seconds after which each stateful device on the way forgets an idle session with the gateway.
pub(super) fn idle_s(subject: &Subject<'_>) -> Answer {
    let limits = idle_limits(&subject.outcome().held, subject.network());
    let items = limits.into_iter().map(|limit| {
        let value = number(limit.seconds);
        Item::of(limit.device.clone(), value, &limit.device, &limit.facet).at(limit.at)
    });
    Answer::from_items(items)
}
