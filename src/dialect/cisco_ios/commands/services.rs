//! Commands of DHCP, authentication, time and names.

use super::{irrelevant, modeled, otherwise, unmodeled};
use crate::dialect::Command;
use crate::syntax::Effect::{Authentication, Device, Interface, Scope, Zone};

/// Why management logins are irrelevant.
const LOGIN: &str = "who may log in to the device";
/// Why accounting is irrelevant.
const RECORDS: &str = "records what was decided, decides nothing";

/// Path to support.
pub(super) static COMMANDS: &[Command] = &[
    // DHCP.
    modeled("service dhcp"),
    modeled("ip dhcp excluded-address * …"),
    unmodeled("ip dhcp excluded-address vrf …", Scope),
    modeled("ip dhcp pool …"),
    modeled("ip dhcp pool … / network * …"),
    modeled("ip dhcp pool … / host * …"),
    modeled("ip dhcp pool … / default-router …"),
    modeled("ip dhcp pool … / dns-server …"),
    modeled("ip dhcp pool … / domain-name *"),
    modeled("ip dhcp pool … / no domain-name"),
    modeled("ip dhcp pool … / lease …"),
    modeled("ip dhcp pool … / option * …"),
    modeled("ip dhcp pool … / netbios-name-server …"),
    modeled("ip dhcp pool … / netbios-node-type *"),
    modeled("ip dhcp pool … / client-identifier|hardware-address * …"),
    modeled("ip dhcp pool … / address * client-id|hardware-address * …"),
    modeled("ip dhcp pool … / class …"),
    unmodeled("ip dhcp pool … / class … / …", Scope),
    irrelevant("ip dhcp pool … / client-name *", "label of a reservation"),
    irrelevant("ip dhcp pool … / utilization …", "alarms"),
    irrelevant(
        "ip dhcp pool … / remember",
        "keeps old bindings for show commands",
    ),
    unmodeled(
        "ip dhcp pool … / import|update|vrf|relay|origin|subnet|bootfile …",
        Scope,
    ),
    unmodeled(
        "ip dhcp pool … / next-server|accounting|renew|reserved-only|override …",
        Scope,
    ),
    otherwise("ip dhcp pool … / …", Scope),
    irrelevant("ip dhcp conflict logging", "records conflicts"),
    irrelevant("ip dhcp bootp ignore", "BOOTP only"),
    modeled("ip dhcp snooping"),
    modeled("ip dhcp snooping vlan *"),
    modeled("ip dhcp snooping information option"),
    modeled("ip dhcp snooping information option allow-untrusted"),
    unmodeled("ip dhcp snooping …", Scope),
    modeled("ip dhcp relay information trust-all"),
    unmodeled("ip dhcp …", Scope),
    unmodeled("ip dhcp-server …", Scope),
    irrelevant("ip forward-protocol nd", "the default; not DHCP"),
    unmodeled("ip forward-protocol …", Device),
    irrelevant("ip bootp server", "BOOTP only"),
    // Authentication.
    modeled("aaa new-model"),
    modeled("aaa group server radius *"),
    modeled("aaa group server radius * / server …"),
    modeled("aaa group server radius * / server-private …"),
    irrelevant("aaa group server radius * / accounting …", RECORDS),
    unmodeled("aaa group server radius * / ip radius …", Authentication),
    unmodeled("aaa group server radius * / ip vrf …", Authentication),
    unmodeled(
        "aaa group server radius * / load-balance|key-wrap|mac-delimiter …",
        Authentication,
    ),
    modeled("aaa group server radius * / deadtime *"),
    modeled("aaa group server radius * / no deadtime *"),
    otherwise("aaa group server radius * / …", Authentication),
    irrelevant("aaa group server tacacs+ *", LOGIN),
    irrelevant("aaa group server tacacs+ * / …", LOGIN),
    unmodeled("aaa group server …", Authentication),
    modeled("aaa authentication dot1x default …"),
    modeled("no aaa authentication dot1x"),
    unmodeled("aaa authentication dot1x …", Authentication),
    irrelevant(
        "aaa authentication login|enable|arap|attempts|fail-message …",
        LOGIN,
    ),
    irrelevant(
        "aaa authentication banner|password-prompt|username-prompt …",
        LOGIN,
    ),
    unmodeled("aaa authentication …", Authentication),
    irrelevant(
        "aaa authorization exec|commands|config-commands|console|reverse-access …",
        LOGIN,
    ),
    unmodeled("aaa authorization …", Authentication),
    irrelevant("aaa accounting …", RECORDS),
    irrelevant("aaa session-id …", RECORDS),
    irrelevant("aaa common-criteria …", LOGIN),
    unmodeled("aaa …", Authentication),
    modeled("radius server *"),
    modeled("radius server * / address ipv4 …"),
    modeled("radius server * / key …"),
    modeled("radius server * / timeout *"),
    modeled("radius server * / retransmit *"),
    unmodeled(
        "radius server * / automate-tester|pac|dtls|non-standard|backoff|tls …",
        Authentication,
    ),
    otherwise("radius server * / …", Authentication),
    modeled("radius-server host …"),
    modeled("radius-server timeout *"),
    modeled("radius-server retransmit *"),
    modeled("radius-server deadtime *"),
    modeled("radius-server key …"),
    modeled("no radius-server timeout|retransmit|deadtime|key"),
    unmodeled("radius-server …", Authentication),
    unmodeled("radius …", Authentication),
    modeled("ip radius source-interface *"),
    modeled("no ip radius source-interface"),
    unmodeled("ip radius …", Authentication),
    modeled("dot1x system-auth-control"),
    unmodeled(
        "dot1x|authentication|access-session|mab|service-template …",
        Authentication,
    ),
    unmodeled("ip admission|auth-proxy …", Authentication),
    unmodeled("eap|identity|dot11|wlan|wireless|ap …", Authentication),
    irrelevant("tacacs-server|tacacs …", LOGIN),
    irrelevant("ip tacacs …", LOGIN),
    irrelevant("username|enable|login|parser|privilege|password …", LOGIN),
    irrelevant("security passwords|authentication …", LOGIN),
    // Certificates and tunnels.
    irrelevant(
        "crypto pki …",
        "certificates of the device's own management",
    ),
    irrelevant("crypto key …", "keys of the device's own management"),
    unmodeled("crypto …", Interface),
    // Time.
    modeled("ntp server …"),
    modeled("ntp peer …"),
    modeled("ntp master …"),
    irrelevant(
        "ntp clock-period|logging|update-calendar …",
        "own clock's bookkeeping",
    ),
    irrelevant("ntp source *", "where the device's own clock asks from"),
    unmodeled("ntp …", Device),
    unmodeled("sntp …", Device),
    irrelevant("clock …", "local display of time; NTP serves UTC"),
    // Names.
    unmodeled("ip dns …", Zone),
    irrelevant("ip host|name-server …", "the device's own lookups"),
    irrelevant("ip domain …", "the device's own lookups"),
    irrelevant(
        "ip domain-name|domain-lookup|domain-list …",
        "the device's own lookups",
    ),
];
