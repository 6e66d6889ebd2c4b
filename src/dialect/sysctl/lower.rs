//! What kernel settings say of forwarding.

use super::commands;
use super::parse::Parsed;
use crate::model::draft::Draft;
use crate::model::{Facet, FacetKey, FacetKind, Reading, System};
use crate::source::{At, File};
use crate::syntax::{Effect, Support};

/// Lowers a parsed file.
pub(super) fn lower(file: &File, parsed: &Parsed) -> Reading {
    let mut draft = Draft::new(file, parsed.statements.clone());
    let key = FacetKey::new(FacetKind::System, "");
    let index = draft.key(&key);
    let mut system = System {
        // The kernel does not forward until it is told to (networking/ip-sysctl, ip_forward).
        forwards_untold: Some(false),
        ..System::default()
    };
    for (statement, (name, value)) in (0_u32..).zip(&parsed.settings) {
        if name.is_empty() {
            continue;
        }
        let support = commands::support(name).unwrap_or(Support::Unrecognized(Effect::Device));
        let forwarding = match value.as_str() {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        };
        if name == "net.netfilter.nf_conntrack_tcp_timeout_established" {
            let seconds = value
                .parse()
                .ok()
                .map(|one: u64| At::new(one, draft.place(statement)));
            let support = seconds.map_or(Support::Unrecognized(Effect::Filter), |_| support);
            system.translations_idle_s = seconds.or(system.translations_idle_s);
            draft.contribute(statement, index);
            draft.decide(statement, support, None, 0);
            continue;
        }
        let support = match (support, forwarding) {
            (Support::Modeled, Some(on)) => {
                system.forwarding = Some(At::new(on, draft.place(statement)));
                draft.contribute(statement, index);
                Support::Modeled
            }
            (Support::Modeled, None) => Support::Unrecognized(Effect::Device),
            (_, Some(false)) if name.ends_with(".rp_filter") => {
                Support::Irrelevant("the kernel's own choice: filters nothing")
            }
            (other, _) => other,
        };
        draft.decide(statement, support, None, 0);
    }
    draft.facet(&key, Facet::System(system));
    draft.finish()
}
