//! Directives and record types of zone files with their support.

use crate::dialect::Command;
use crate::syntax::{Effect, Support};

/// A directive or record type with its support.
const fn command(path: &'static str, support: Support) -> Command {
    Command { path, support }
}

/// Every known directive and record type; the second word of a record's path is its type.
pub(super) static COMMANDS: &[Command] = &[
    command("$ORIGIN *", Support::Modeled),
    command("$TTL *", Support::Modeled),
    command("$GENERATE * * …", Support::Modeled),
    command("$INCLUDE * …", Support::Unmodeled(Effect::Zone)),
    command("* SOA …", Support::Modeled),
    command("* A *", Support::Modeled),
    command("* AAAA *", Support::Modeled),
    command("* CNAME *", Support::Modeled),
    command("* DNAME *", Support::Modeled),
    command("* MX * *", Support::Modeled),
    command("* NS *", Support::Modeled),
    command("* PTR *", Support::Modeled),
    command("* SRV * * * *", Support::Modeled),
    command("* TXT …", Support::Modeled),
    command("* SPF …", Support::Modeled),
    command("* CAA …", Support::Modeled),
    command("* CERT …", Support::Modeled),
    command("* DNSKEY …", Support::Modeled),
    command("* DS …", Support::Modeled),
    command("* HINFO …", Support::Modeled),
    command("* HTTPS …", Support::Modeled),
    command("* KEY …", Support::Modeled),
    command("* NAPTR …", Support::Modeled),
    command("* NSEC …", Support::Modeled),
    command("* NSEC3 …", Support::Modeled),
    command("* NSEC3PARAM …", Support::Modeled),
    command("* OPENPGPKEY …", Support::Modeled),
    command("* RRSIG …", Support::Modeled),
    command("* SMIMEA …", Support::Modeled),
    command("* SSHFP …", Support::Modeled),
    command("* SVCB …", Support::Modeled),
    command("* TLSA …", Support::Modeled),
    command("* A6 …", Support::Unmodeled(Effect::Zone)),
    command("* AFSDB …", Support::Unmodeled(Effect::Zone)),
    command("* AMTRELAY …", Support::Unmodeled(Effect::Zone)),
    command("* APL …", Support::Unmodeled(Effect::Zone)),
    command("* ATMA …", Support::Unmodeled(Effect::Zone)),
    command("* AVC …", Support::Unmodeled(Effect::Zone)),
    command("* CDNSKEY …", Support::Unmodeled(Effect::Zone)),
    command("* CDS …", Support::Unmodeled(Effect::Zone)),
    command("* CSYNC …", Support::Unmodeled(Effect::Zone)),
    command("* DHCID …", Support::Unmodeled(Effect::Zone)),
    command("* DLV …", Support::Unmodeled(Effect::Zone)),
    command("* DOA …", Support::Unmodeled(Effect::Zone)),
    command("* EID …", Support::Unmodeled(Effect::Zone)),
    command("* EUI48 *", Support::Unmodeled(Effect::Zone)),
    command("* EUI64 *", Support::Unmodeled(Effect::Zone)),
    command("* GID …", Support::Unmodeled(Effect::Zone)),
    command("* GPOS …", Support::Unmodeled(Effect::Zone)),
    command("* HIP …", Support::Unmodeled(Effect::Zone)),
    command("* IPSECKEY …", Support::Unmodeled(Effect::Zone)),
    command("* ISDN …", Support::Unmodeled(Effect::Zone)),
    command("* KX …", Support::Unmodeled(Effect::Zone)),
    command("* L32 …", Support::Unmodeled(Effect::Zone)),
    command("* L64 …", Support::Unmodeled(Effect::Zone)),
    command("* LOC …", Support::Unmodeled(Effect::Zone)),
    command("* LP …", Support::Unmodeled(Effect::Zone)),
    command("* MB …", Support::Unmodeled(Effect::Zone)),
    command("* MD …", Support::Unmodeled(Effect::Zone)),
    command("* MF …", Support::Unmodeled(Effect::Zone)),
    command("* MG …", Support::Unmodeled(Effect::Zone)),
    command("* MINFO …", Support::Unmodeled(Effect::Zone)),
    command("* MR …", Support::Unmodeled(Effect::Zone)),
    command("* NID …", Support::Unmodeled(Effect::Zone)),
    command("* NIMLOC …", Support::Unmodeled(Effect::Zone)),
    command("* NINFO …", Support::Unmodeled(Effect::Zone)),
    command("* NSAP …", Support::Unmodeled(Effect::Zone)),
    command("* NSAP-PTR …", Support::Unmodeled(Effect::Zone)),
    command("* NULL …", Support::Unmodeled(Effect::Zone)),
    command("* NXT …", Support::Unmodeled(Effect::Zone)),
    command("* PX …", Support::Unmodeled(Effect::Zone)),
    command("* RESINFO …", Support::Unmodeled(Effect::Zone)),
    command("* RKEY …", Support::Unmodeled(Effect::Zone)),
    command("* RP …", Support::Unmodeled(Effect::Zone)),
    command("* RT …", Support::Unmodeled(Effect::Zone)),
    command("* SIG …", Support::Unmodeled(Effect::Zone)),
    command("* SINK …", Support::Unmodeled(Effect::Zone)),
    command("* TA …", Support::Unmodeled(Effect::Zone)),
    command("* TALINK …", Support::Unmodeled(Effect::Zone)),
    command("* UID …", Support::Unmodeled(Effect::Zone)),
    command("* UINFO …", Support::Unmodeled(Effect::Zone)),
    command("* UNSPEC …", Support::Unmodeled(Effect::Zone)),
    command("* URI …", Support::Unmodeled(Effect::Zone)),
    command("* WALLET …", Support::Unmodeled(Effect::Zone)),
    command("* WKS …", Support::Unmodeled(Effect::Zone)),
    command("* X25 …", Support::Unmodeled(Effect::Zone)),
    command("* ZONEMD …", Support::Unmodeled(Effect::Zone)),
];

/// The name of a known record type in capitals, and its support; `None` where unknown.
pub(super) fn record_type(text: &str) -> Option<(&'static str, Support)> {
    // The usual types first: a large zone asks once a record.
    for usual in ["A", "PTR", "CNAME", "AAAA", "TXT", "NS", "MX", "SRV"] {
        if usual == text {
            return Some((usual, Support::Modeled));
        }
    }
    COMMANDS.iter().find_map(|command| {
        let name = command.path.strip_prefix("* ")?.split(' ').next()?;
        name.eq_ignore_ascii_case(text)
            .then_some((name, command.support))
    })
}
