//! Sessions that devices on the way forget while nothing is sent.

use std::sync::Arc;

use super::name::{fact, fail};
use super::state::{Case, Part, State};
use super::{Held, Shape};
use crate::intent::{ServiceKind, Stage};
use crate::model::{Device, FacetKey, FacetKind, Network};
use crate::source::StatementRef;

/// Seconds after which an idle session of TCP is forgotten by a device that inspects, where no file
/// says (Cisco ASA command reference, "timeout conn"; Cisco IOS Security Command Reference, `ip
/// inspect tcp idle-time`: one hour).
const INSPECTED_S: u64 = 3_600;
/// The same of one that translates (Cisco IOS IP Addressing Command Reference, `ip nat translation`:
/// one day; Linux networking/nf_conntrack-sysctl: five days).
const TRANSLATED_S: u64 = 86_400;

/// How long a device remembers an idle session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// Device.
    pub device: String,
    /// Seconds.
    pub seconds: u64,
    /// The statement that says so; `None`: the default.
    pub at: Option<StatementRef>,
    /// Facet that it is read from.
    pub facet: FacetKey,
}

/// How long the device that remembers such a session does, by what it is remembered as.
fn idle(device: &Device, name: &str, translates: bool) -> Idle {
    let system = device.system("");
    let (facet, said, default) = if let Some(firewall) = device.firewall("") {
        (FacetKind::Firewall, firewall.idle_s.as_ref(), INSPECTED_S)
    } else if translates {
        let said = system.and_then(|system| system.translations_idle_s.as_ref());
        (FacetKind::System, said, TRANSLATED_S)
    } else {
        let own = device
            .inspections()
            .filter_map(|(_, one)| one.idle_s.as_ref());
        let all = system.and_then(|system| system.sessions_idle_s.as_ref());
        // Which rules inspect the session is not told apart: the shortest time counts.
        let said = own.chain(all).min_by_key(|said| said.value);
        (FacetKind::System, said, INSPECTED_S)
    };
    Idle {
        device: name.to_owned(),
        seconds: said.map_or(default, |said| said.value),
        at: said.map(|said| said.at),
        facet: FacetKey::new(facet, ""),
    }
}

/// How long each device remembers idle sessions that it passes or translates; `sessions` is what
/// devices remember.
fn limits<'a>(
    sessions: impl Iterator<Item = &'a String>,
    device: &dyn Fn(&str) -> Option<&'a Device>,
) -> Vec<Idle> {
    let mut out: Vec<Idle> = sessions
        .filter_map(|one| {
            let mut words = one.split(' ');
            let name = words.next()?;
            let translates = words.next() == Some("translates");
            Some(idle(device(name)?, name, translates))
        })
        .collect();
    out.sort_by(|one, other| (&one.device, one.seconds).cmp(&(&other.device, other.seconds)));
    out.dedup_by(|one, other| one.device == other.device);
    out
}

/// How long devices remember idle sessions with a gateway that need that to pass.
pub fn idle_limits(held: &Held, network: &Network) -> Vec<Idle> {
    let sessions = held.sessions.get(&Stage::Connect);
    let sessions = sessions.filter(|_| held.needs_sessions);
    limits(sessions.into_iter().flatten(), &|name| {
        network.devices.get(name).map(|device| &**device)
    })
}

/// Lays over the way to a gateway that a device forgets sessions before the pump sends again.
pub(super) fn sessions_idle(state: &State<'_, '_>, case: &Case<'_>, part: &mut Part) {
    let holds = matches!(case.service.kind, ServiceKind::PumpGateway);
    if part.stage.stage != Stage::Connect || !part.needs_sessions || !holds {
        return;
    }
    let device = |name: &str| {
        let id = state.world.device_named(name)?;
        state.world.device(id).device
    };
    let limits = limits(part.sessions.iter(), &device);
    for limit in &limits {
        let device = Arc::from(limit.device.as_str());
        for kind in [FacetKind::System, FacetKind::Firewall] {
            part.reads.read(&device, kind, "");
        }
    }
    let Some(shortest) = limits.iter().min_by_key(|limit| limit.seconds) else {
        return;
    };
    fact(part, "session_idle_s", shortest.seconds);
    let keepalive = case.number("gateway.keepalive_s");
    #[expect(clippy::cast_precision_loss, reason = "seconds are far below 2^53")]
    let idle = shortest.seconds as f64;
    if let Some(keepalive) = keepalive.filter(|keepalive| idle <= *keepalive) {
        let why = format!(
            "{} forgets sessions that are idle for {idle} s, and the pump sends every {keepalive} s: \
             they are dropped in silence",
            shortest.device
        );
        fail(part, Shape::SessionLost, why);
        part.stage.decided_by.extend(shortest.at);
    }
}
