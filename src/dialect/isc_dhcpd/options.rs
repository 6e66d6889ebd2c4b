//! Names, codes and values of DHCP options.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::parse::unquoted;
use crate::model::dhcp::OptionValue;
use crate::net::registry::dhcp_option as known;

/// How an option's value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Addresses.
    Addresses,
    /// Text.
    Text,
    /// Domain names in quotes.
    Names,
    /// A number.
    Number,
    /// `true`, `false`, `on`, `off`.
    Flag,
    /// Anything else.
    Raw,
}

/// Options by the names of dhcp-options(5), with the codes of RFC 2132 and its successors.
const OPTIONS: &[(&str, u8, Form)] = &[
    ("subnet-mask", known::SUBNET_MASK, Form::Addresses),
    ("time-offset", 2, Form::Number),
    ("routers", known::ROUTERS, Form::Addresses),
    ("time-servers", 4, Form::Addresses),
    ("ien116-name-servers", 5, Form::Addresses),
    ("domain-name-servers", known::DNS_SERVERS, Form::Addresses),
    ("log-servers", 7, Form::Addresses),
    ("cookie-servers", 8, Form::Addresses),
    ("lpr-servers", 9, Form::Addresses),
    ("impress-servers", 10, Form::Addresses),
    ("resource-location-servers", 11, Form::Addresses),
    ("host-name", known::HOST_NAME, Form::Text),
    ("boot-size", 13, Form::Number),
    ("merit-dump", 14, Form::Text),
    ("domain-name", known::DOMAIN_NAME, Form::Text),
    ("swap-server", 16, Form::Addresses),
    ("root-path", 17, Form::Text),
    ("extensions-path", 18, Form::Text),
    ("ip-forwarding", 19, Form::Flag),
    ("non-local-source-routing", 20, Form::Flag),
    ("policy-filter", 21, Form::Raw),
    ("max-dgram-reassembly", 22, Form::Number),
    ("default-ip-ttl", 23, Form::Number),
    ("path-mtu-aging-timeout", 24, Form::Number),
    ("path-mtu-plateau-table", 25, Form::Raw),
    ("interface-mtu", 26, Form::Number),
    ("all-subnets-local", 27, Form::Flag),
    ("broadcast-address", 28, Form::Addresses),
    ("perform-mask-discovery", 29, Form::Flag),
    ("mask-supplier", 30, Form::Flag),
    ("router-discovery", 31, Form::Flag),
    ("router-solicitation-address", 32, Form::Addresses),
    ("static-routes", 33, Form::Raw),
    ("trailer-encapsulation", 34, Form::Flag),
    ("arp-cache-timeout", 35, Form::Number),
    ("ieee802-3-encapsulation", 36, Form::Flag),
    ("default-tcp-ttl", 37, Form::Number),
    ("tcp-keepalive-interval", 38, Form::Number),
    ("tcp-keepalive-garbage", 39, Form::Flag),
    ("nis-domain", 40, Form::Text),
    ("nis-servers", 41, Form::Addresses),
    ("ntp-servers", known::NTP_SERVERS, Form::Addresses),
    (
        "vendor-encapsulated-options",
        known::VENDOR_SPECIFIC,
        Form::Raw,
    ),
    ("netbios-name-servers", 44, Form::Addresses),
    ("netbios-dd-server", 45, Form::Addresses),
    ("netbios-node-type", 46, Form::Number),
    ("netbios-scope", 47, Form::Text),
    ("font-servers", 48, Form::Addresses),
    ("x-display-manager", 49, Form::Addresses),
    ("dhcp-requested-address", 50, Form::Addresses),
    ("dhcp-lease-time", known::LEASE_TIME, Form::Number),
    ("dhcp-option-overload", 52, Form::Number),
    ("dhcp-message-type", 53, Form::Number),
    ("dhcp-server-identifier", 54, Form::Addresses),
    ("dhcp-parameter-request-list", 55, Form::Raw),
    ("dhcp-message", 56, Form::Text),
    ("dhcp-max-message-size", 57, Form::Number),
    ("dhcp-renewal-time", known::RENEWAL_TIME, Form::Number),
    ("dhcp-rebinding-time", known::REBINDING_TIME, Form::Number),
    ("vendor-class-identifier", 60, Form::Raw),
    ("dhcp-client-identifier", 61, Form::Raw),
    ("nwip-domain", 62, Form::Text),
    ("nwip-suboptions", 63, Form::Raw),
    ("nisplus-domain", 64, Form::Text),
    ("nisplus-servers", 65, Form::Addresses),
    ("tftp-server-name", known::TFTP_SERVER_NAME, Form::Text),
    ("bootfile-name", BOOT_FILE_NAME, Form::Text),
    ("mobile-ip-home-agent", 68, Form::Addresses),
    ("smtp-server", 69, Form::Addresses),
    ("pop-server", 70, Form::Addresses),
    ("nntp-server", 71, Form::Addresses),
    ("www-server", 72, Form::Addresses),
    ("finger-server", 73, Form::Addresses),
    ("irc-server", 74, Form::Addresses),
    ("streettalk-server", 75, Form::Addresses),
    (
        "streettalk-directory-assistance-server",
        76,
        Form::Addresses,
    ),
    ("user-class", 77, Form::Raw),
    ("slp-directory-agent", 78, Form::Raw),
    ("slp-service-scope", 79, Form::Raw),
    ("nds-servers", 85, Form::Addresses),
    ("nds-tree-name", 86, Form::Text),
    ("nds-context", 87, Form::Text),
    ("bcms-controller-names", 88, Form::Names),
    ("bcms-controller-address", 89, Form::Addresses),
    ("uap-servers", 98, Form::Text),
    ("pcode", 100, Form::Text),
    ("tcode", 101, Form::Text),
    ("ipv6-only-preferred", 108, Form::Number),
    ("v6-only-preferred", 108, Form::Number),
    ("netinfo-server-address", 112, Form::Addresses),
    ("netinfo-server-tag", 113, Form::Text),
    ("default-url", 114, Form::Text),
    ("auto-config", 116, Form::Number),
    ("name-service-search", 117, Form::Raw),
    ("subnet-selection", 118, Form::Addresses),
    ("domain-search", known::DOMAIN_SEARCH, Form::Names),
    ("vivco", 124, Form::Raw),
    ("vivso", 125, Form::Raw),
    ("pana-agent", 136, Form::Addresses),
    ("v4-lost", 137, Form::Raw),
    ("capwap-ac-v4", 138, Form::Addresses),
    ("sip-ua-cs-domains", 141, Form::Names),
    ("rdnss-selection", 146, Form::Raw),
    ("v4-portparams", 159, Form::Raw),
    ("v4-captive-portal", 160, Form::Text),
    ("loader-pathprefix", 210, Form::Text),
    ("loader-reboottime", 211, Form::Number),
    ("option-6rd", 212, Form::Raw),
    ("v4-access-domain", 213, Form::Names),
];

/// Boot file name (RFC 2132 §9.5).
pub(super) const BOOT_FILE_NAME: u8 = 67;

/// Options that the file defines, by name: code and form.
pub(super) type Definitions<'a> = BTreeMap<&'a str, (u8, Form)>;

/// The code and form of an option.
pub(super) fn option(name: &str, definitions: &Definitions<'_>) -> Option<(u8, Form)> {
    if let Some(found) = definitions.get(name) {
        return Some(*found);
    }
    let name = name.strip_prefix("dhcp.").unwrap_or(name);
    if let Some((_, code, form)) = OPTIONS.iter().find(|(known, _, _)| *known == name) {
        return Some((*code, *form));
    }
    let number = name
        .strip_prefix("option-")
        .or_else(|| name.strip_prefix("unknown-"))?;
    Some((number.parse().ok()?, Form::Raw))
}

/// The code and form that `option name code N = type` defines.
pub(super) fn definition(words: &[&str]) -> Option<(u8, Form)> {
    let [code, "=", kind @ ..] = words else {
        return None;
    };
    let form = match kind {
        ["ip-address"] | ["array", "of", "ip-address"] => Form::Addresses,
        ["text"] => Form::Text,
        ["boolean"] => Form::Flag,
        ["integer", _] | ["signed" | "unsigned", "integer", _] => Form::Number,
        ["domain-list", ..] => Form::Names,
        [_, ..] => Form::Raw,
        [] => return None,
    };
    Some((code.parse().ok()?, form))
}

/// The value that the words of an option write; `None` where they do not fit its form.
pub(super) fn value(form: Form, words: &[&str]) -> Option<OptionValue> {
    let items: Vec<&str> = words.iter().copied().filter(|word| *word != ",").collect();
    let commas = words.len() - items.len();
    let is_list = !items.is_empty() && commas + 1 == items.len();
    match form {
        Form::Addresses if is_list => {
            let addresses: Option<Vec<Ipv4Addr>> =
                items.iter().map(|item| item.parse().ok()).collect();
            Some(match addresses {
                Some(addresses) => OptionValue::Addresses(addresses),
                // Names, which the server resolves when it starts.
                None if items.iter().all(|item| is_name(item)) => {
                    OptionValue::Text(items.join(", "))
                }
                None => return None,
            })
        }
        Form::Text => match items.as_slice() {
            [text] if commas == 0 => Some(OptionValue::Text(unquoted(text).to_owned())),
            _ => None,
        },
        Form::Names if is_list => {
            let names: Vec<&str> = items.iter().map(|item| unquoted(item)).collect();
            Some(OptionValue::Text(names.join(", ")))
        }
        Form::Number => match items.as_slice() {
            [text] => Some(match text.parse() {
                Ok(number) => OptionValue::Number(number),
                Err(_) if text.parse::<i64>().is_ok() => OptionValue::Raw((*text).to_owned()),
                Err(_) => return None,
            }),
            _ => None,
        },
        Form::Flag => match items.as_slice() {
            ["true" | "on"] => Some(OptionValue::Number(1)),
            ["false" | "off"] => Some(OptionValue::Number(0)),
            _ => None,
        },
        Form::Raw => Some(OptionValue::Raw(words.join(" "))),
        Form::Addresses | Form::Names => None,
    }
}

/// Whether a word may be a host's name.
fn is_name(word: &str) -> bool {
    word.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}
