//! What a site file may hold, as data.

use crate::input::reader::{KeyDefinition, Kind, optional, required};

/// Words for kinds of services; the same as [`crate::intent::ServiceKind::ALL`].
pub static SERVICE_KINDS: &[&str] = &[
    "radius",
    "dhcp",
    "dns",
    "ntp",
    "pump-gateway",
    "hl7",
    "ldap",
    "certificate",
    "other",
];

/// Versions of TLS.
pub static TLS_VERSIONS: &[&str] = &["1.0", "1.1", "1.2", "1.3"];

/// Keys of the whole file.
pub static SITE: &[KeyDefinition] = &[
    required("schema", Kind::Whole(1, 1), "version of this form: 1"),
    required("site", Kind::Text, "name of the site"),
    optional("owners", Kind::MapOf(&Kind::Text), "whom to ask, by role"),
    required(
        "services",
        Kind::MapOf(&Kind::Map(SERVICE)),
        "what pumps need, by id",
    ),
    required(
        "networks",
        Kind::MapOf(&Kind::Map(NETWORK)),
        "networks that pumps are on, by id",
    ),
    optional(
        "hosts",
        Kind::MapOf(&Kind::Map(HOST)),
        "hosts without a network configuration of their own, by name",
    ),
    required(
        "pumps",
        Kind::List(&Kind::Map(PUMPS)),
        "groups of pumps that are used alike",
    ),
    optional(
        "protect",
        Kind::List(&Kind::Map(PROTECT)),
        "sources that must not newly reach pump networks",
    ),
    optional(
        "boundaries",
        Kind::List(&Kind::Map(BOUNDARY)),
        "where the snapshots end, and what is assumed beyond",
    ),
    optional(
        "vantages",
        Kind::List(&Kind::Map(VANTAGE)),
        "where live measurements are made from",
    ),
    optional(
        "survived",
        Kind::List(&Kind::Map(SURVIVED)),
        "outages that harmed nobody",
    ),
];

/// Keys of a service.
pub static SERVICE: &[KeyDefinition] = &[
    optional(
        "kind",
        Kind::Word(SERVICE_KINDS),
        "kind of service; the id where that is a kind",
    ),
    optional(
        "none",
        Kind::Text,
        "the site has no service of this kind, and why",
    ),
    optional("address", Kind::Address, "address of the only server"),
    optional(
        "any_of",
        Kind::List(&Kind::Address),
        "addresses of the servers in order",
    ),
    optional("name", Kind::Text, "name that pumps resolve"),
    optional(
        "port",
        Kind::OneOrList(&Kind::Port),
        "transport and port, `tcp/51244`",
    ),
    optional(
        "need",
        Kind::Whole(1, 1000),
        "with fewer servers the service is lost; 1 where absent",
    ),
    optional(
        "want",
        Kind::Whole(1, 1000),
        "with fewer servers the service is degraded; all where absent",
    ),
    optional("tls", Kind::Map(TLS), "what it accepts of TLS"),
    optional(
        "capacity",
        Kind::Map(CAPACITY),
        "what each of its servers can take, for the stress model",
    ),
    optional(
        "uses",
        Kind::OneOrList(&Kind::Text),
        "services that it needs itself, by id",
    ),
    optional("owner", Kind::Text, "role of its owner"),
    optional(
        "probe",
        Kind::Word(&["allow", "deny"]),
        "whether it may be measured live",
    ),
    optional(
        "legacy_tls",
        Kind::Word(&["allow", "deny"]),
        "whether a hand-made hello of TLS 1.0 and 1.1 may be sent to it",
    ),
    optional(
        "search",
        Kind::OneOrList(&Kind::Text),
        "domains that clients of a name server append to names, in order",
    ),
    optional(
        "records",
        Kind::OneOrList(&Kind::Text),
        "records that must be there, `SRV _gw._tcp.example.org` with or without data",
    ),
    optional(
        "account",
        Kind::Map(ACCOUNT),
        "test account of a RADIUS server",
    ),
];

/// Keys of a test account; paths lie beside the site file.
pub static ACCOUNT: &[KeyDefinition] = &[
    required(
        "secret_file",
        Kind::Text,
        "file with the secret that the server shares with the measuring host",
    ),
    optional("user", Kind::Text, "name of the test user"),
    optional("password_file", Kind::Text, "file with the user's password"),
];

/// Keys of a service's TLS.
pub static TLS: &[KeyDefinition] = &[required(
    "min",
    Kind::Word(TLS_VERSIONS),
    "lowest version, quoted: \"1.2\"",
)];

/// Keys of a service's capacity.
pub static CAPACITY: &[KeyDefinition] = &[
    required(
        "per_s",
        Kind::Whole(1, 1_000_000),
        "requests a second: handshakes, authentications, questions",
    ),
    optional(
        "backlog",
        Kind::Whole(1, 1_000_000),
        "requests that may wait; more are dropped in silence",
    ),
    optional(
        "message_ms",
        Kind::Whole(1, 1_000_000),
        "milliseconds for which a pump's message keeps one of four workers of a gateway busy",
    ),
    required("source", Kind::Text, "where that is known from"),
];

/// Keys of a network.
pub static NETWORK: &[KeyDefinition] = &[
    required("subnet", Kind::Prefix, "its subnet, `10.20.230.0/24`"),
    optional("vlan", Kind::Whole(1, 4094), "its VLAN"),
    optional("ssid", Kind::Text, "name of the wireless network"),
    optional(
        "switching",
        Kind::Word(&["central", "local"]),
        "whether wireless traffic is switched at the controller or the access point",
    ),
    optional(
        "controllers",
        Kind::OneOrList(&Kind::Text),
        "wireless controllers, devices or hosts",
    ),
];

/// Keys of a host.
pub static HOST: &[KeyDefinition] = &[
    required(
        "address",
        Kind::HostPrefix,
        "its address with prefix length, `10.50.0.5/24`",
    ),
    optional("gateway", Kind::Address, "its default gateway"),
];

/// Keys of a pump group.
pub static PUMPS: &[KeyDefinition] = &[
    required("id", Kind::Text, "id of the group"),
    required(
        "profile",
        Kind::Text,
        "id of a profile; `generic` knows nothing",
    ),
    optional(
        "firmware",
        Kind::MapOf(&Kind::Whole(1, u32::MAX)),
        "number of pumps by firmware version, quoted; `unknown` is a version of its own",
    ),
    optional(
        "count",
        Kind::Whole(1, u32::MAX),
        "number of pumps where firmware is not known",
    ),
    required(
        "on",
        Kind::OneOrList(&Kind::Text),
        "networks they roam on, by id",
    ),
    required("area", Kind::Text, "care area"),
    required(
        "reaction",
        Kind::Word(&["seconds", "minutes", "hours"]),
        "how soon harm begins without therapy: seconds, minutes or hours",
    ),
    required(
        "addressing",
        Kind::Word(&["dhcp", "static"]),
        "where their addresses come from: dhcp or static",
    ),
    optional(
        "uses",
        Kind::OneOrList(&Kind::Text),
        "services they need, by id; those that the profile names where absent",
    ),
    optional("owner", Kind::Text, "role of their owner"),
    optional(
        "answers",
        Kind::MapOf(&Kind::Map(ANSWER)),
        "answers to questions about the profile, by field",
    ),
];

/// Keys of an answer.
pub static ANSWER: &[KeyDefinition] = &[
    required("value", Kind::FieldValue, "the field's value"),
    required("source", Kind::Text, "who says so"),
    optional(
        "label",
        Kind::Word(&["measured", "published", "assumed"]),
        "how it is known; published where absent",
    ),
    optional("on", Kind::Date, "date of the answer"),
];

/// Keys of a protected reach.
pub static PROTECT: &[KeyDefinition] = &[
    required("into", Kind::OneOrList(&Kind::Text), "networks, by id"),
    required("from", Kind::Prefix, "source"),
    required("because", Kind::Text, "why"),
];

/// Keys of a boundary.
pub static BOUNDARY: &[KeyDefinition] = &[
    required("device", Kind::Text, "device"),
    required("interface", Kind::Text, "interface, full name"),
    required("beyond", Kind::Text, "what lies beyond"),
    required(
        "assume",
        Kind::Word(&["permits", "denies", "unknown"]),
        "what is assumed of it: permits, denies or unknown",
    ),
    optional("evidence", Kind::Text, "what shows that it is so"),
];

/// Ways to reach a vantage.
pub static VIA: &[&str] = &["here", "ssh", "blackbox", "bundle"];

/// Keys of a vantage.
pub static VANTAGE: &[KeyDefinition] = &[
    required("id", Kind::Text, "id"),
    required("networks", Kind::OneOrList(&Kind::Text), "networks, by id"),
    required(
        "via",
        Kind::Word(VIA),
        "how it is reached: here, ssh, blackbox or bundle",
    ),
    optional("host", Kind::Text, "its name, as ssh knows it"),
    optional(
        "namespace",
        Kind::Text,
        "network namespace of this host that it is (via here)",
    ),
    optional(
        "source",
        Kind::Text,
        "address or interface there that packets leave from (via here or ssh)",
    ),
    optional(
        "url",
        Kind::Text,
        "address of the exporter, `http://probe1:9115`",
    ),
];

/// Keys of a survived outage.
pub static SURVIVED: &[KeyDefinition] = &[
    required("what", Kind::Text, "what was down"),
    required("outage", Kind::Duration, "for how long, `12m`"),
    required("on", Kind::Date, "date"),
];
