//! One packet in the chains of a Linux packet filter that translates nothing.

use super::packet::Packet;
use super::{Answer, Declined};
use crate::model::Device;
use crate::model::packet_filter::{
    Base, Chain, ConnectionState, FACETS, FilterRule, Hook, PacketFilter, Target,
};

/// Deepest nesting of jumps that is followed (a limit of this tool).
const DEPTH: usize = 32;
/// Priority from which on connections are tracked (`NF_IP_PRI_CONNTRACK`, `netfilter_ipv4.h`).
const TRACKING: i32 = -200;

/// How a packet meets the filter of a host.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meeting<'m> {
    /// Interface that it came by.
    pub(super) ingress: Option<&'m str>,
    /// Interface that it leaves by.
    pub(super) egress: Option<&'m str>,
    /// What connection tracking says of it.
    pub(super) state: ConnectionState,
}

/// What a chain did with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The table lets it pass.
    Accepted,
    /// It is dropped.
    Dropped,
    /// Nothing decided.
    Returned,
}

/// Whether a host has a packet filter.
pub(super) fn has_filter(device: &Device) -> bool {
    filters(device).next().is_some()
}

/// Its packet filters of IPv4.
fn filters(device: &Device) -> impl Iterator<Item = &PacketFilter> {
    device
        .packet_filters()
        .filter(|(key, _)| FACETS.contains(&&*key.name))
        .map(|(_, filter)| filter)
}

/// Whether the base chains at these hooks let a packet pass.
pub(super) fn pass(
    device: &Device,
    hooks: &[Hook],
    meeting: Meeting<'_>,
    packet: &Packet,
) -> Answer<bool> {
    if filters(device).any(PacketFilter::translates) {
        return Err(Declined("translation by chains"));
    }
    for hook in hooks {
        let mut met: Vec<(Base, &PacketFilter, &Chain)> = Vec::new();
        for filter in filters(device) {
            for chain in &filter.chains {
                let base = chain.base.filter(|base| base.hook == *hook);
                met.extend(base.map(|base| (base, filter, chain)));
            }
        }
        met.sort_by_key(|(base, ..)| base.priority);
        for (base, filter, chain) in met {
            let tracks = matches!(hook, Hook::Prerouting | Hook::Output);
            let mut meeting = meeting;
            if base.first_only && meeting.state != ConnectionState::New {
                continue;
            }
            if tracks && base.priority < TRACKING {
                meeting.state = ConnectionState::Invalid;
            }
            let fate = follow(device, filter, chain, meeting, packet, 0)?;
            let policy = chain.policy.as_ref().map(|policy| &policy.value);
            let drops = matches!(policy, Some(Target::Drop | Target::Reject));
            if fate == Fate::Dropped || (fate == Fate::Returned && drops) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// What a chain does with a packet.
fn follow(
    device: &Device,
    filter: &PacketFilter,
    chain: &Chain,
    meeting: Meeting<'_>,
    packet: &Packet,
    depth: usize,
) -> Answer<Fate> {
    for rule in &chain.rules {
        if rule.target == Target::Continue || !meets(device, rule, meeting, packet)? {
            continue;
        }
        match &rule.target {
            Target::Accept => return Ok(Fate::Accepted),
            Target::Drop | Target::Reject => return Ok(Fate::Dropped),
            Target::Return => return Ok(Fate::Returned),
            Target::Continue => {}
            Target::Jump(name) | Target::Goto(name) => {
                let mut chains = filter.chains.iter();
                let next = chains.find(|one| one.table == chain.table && one.name == *name);
                let Some(next) = next.filter(|_| depth < DEPTH) else {
                    return Err(Declined("a chain that is not defined"));
                };
                let fate = follow(device, filter, next, meeting, packet, depth + 1)?;
                if fate != Fate::Returned || matches!(rule.target, Target::Goto(_)) {
                    return Ok(fate);
                }
            }
            Target::Translate(_) | Target::Unread => {
                return Err(Declined("a rule that was not read"));
            }
        }
    }
    Ok(Fate::Returned)
}

/// Whether a packet meets a rule.
fn meets(
    device: &Device,
    rule: &FilterRule,
    meeting: Meeting<'_>,
    packet: &Packet,
) -> Answer<bool> {
    let state = rule.states.is_empty() || rule.states.contains(&meeting.state);
    if !state || !packet.meets(device, &rule.matches)? {
        return Ok(false);
    }
    let fits = by_interface(device, rule.in_interface.as_ref(), meeting.ingress)?
        && by_interface(device, rule.out_interface.as_ref(), meeting.egress)?;
    if fits && rule.unread {
        return Err(Declined("a rule that was not read"));
    }
    Ok(fits)
}

/// Whether an interface meets a rule's condition.
fn by_interface(
    device: &Device,
    condition: Option<&(String, bool)>,
    actual: Option<&str>,
) -> Answer<bool> {
    let Some((pattern, negated)) = condition else {
        return Ok(true);
    };
    let Some(actual) = actual else {
        return Ok(*negated);
    };
    if device.interface(actual).is_none() {
        return Err(Declined("an interface that is in no file"));
    }
    let named = match pattern.strip_suffix('+') {
        Some(head) => actual.starts_with(head),
        None => pattern == actual,
    };
    Ok(named != *negated)
}
