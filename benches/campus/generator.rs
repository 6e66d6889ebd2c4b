//! A deterministic hospital campus, by number of devices and seed.
//!
//! Two core switches, a data-center pair, distribution pairs (one per building) and access
//! switches, all Cisco IOS-XE, with the files of a DHCP and a DNS server and the site file.
//! The network works as generated: every pump network reaches every service, both ways.
//! It knows the plan (who is where, which address, which cable); `ios` and `services` write it.

#[path = "ios.rs"]
mod ios;
#[path = "services.rs"]
mod services;

use std::fmt::{Arguments, Write as _};
use std::net::Ipv4Addr;
use std::path::Path;
use std::{fs, io};

/// Access switches that one distribution pair serves.
const ACCESS_PER_BUILDING: usize = 20;
/// Networks of one building, each a /24 of the building's /18.
const NETWORKS_PER_BUILDING: u32 = 60;
/// Networks of the campus that carry pumps.
const PUMP_NETWORKS: usize = 20;
/// Pump networks that one building has at most.
const PUMP_NETWORKS_PER_BUILDING: usize = 10;
/// Buildings at most: 10.0.0.0/8 holds 1,024 blocks of a /18, two are infrastructure.
const BUILDINGS_AT_MOST: usize = 1_022;
/// The point-to-point links' /31 prefixes: 10.0.0.0/19.
const LINKS: u32 = 0x0a00_0000;
/// The loopbacks: 10.0.32.0/19.
const LOOPBACKS: u32 = 0x0a00_2000;
/// The data center's networks: 10.0.64.0/18.
const SERVERS: u32 = 0x0a00_4000;
/// The first building's block: 10.0.128.0/18.
const BUILDINGS: u32 = 0x0a00_8000;
/// The only line that `change_one_acl_line` touches, without its sequence number.
const GATEWAY_LINE: &str =
    "permit tcp object-group PUMP-NETS object-group PUMP-GATEWAYS eq 51244\n";

/// A snapshot of the generated campus.
#[derive(Clone)]
pub(crate) struct Campus {
    /// Path below the snapshot's folder, and text, in a fixed order.
    pub(crate) files: Vec<(String, String)>,
    /// The site file, which lies outside the snapshot.
    pub(crate) site_yaml: String,
}

impl Campus {
    /// Writes the snapshot and `site.yaml` into `dir`, which need not exist.
    pub(crate) fn write_to(&self, dir: &Path) -> io::Result<()> {
        for (path, text) in &self.files {
            let path = dir.join(path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(path, text)?;
        }
        fs::write(dir.join("site.yaml"), &self.site_yaml)
    }
}

/// A campus of `devices` switches, at least 7: two cores, the data-center pair, one building.
///
/// Same arguments, same bytes. Beyond 22,000 devices the buildings get more access switches.
pub(crate) fn generate(devices: usize, seed: u64) -> Campus {
    let plan = Plan::new(devices, seed);
    let mut files = vec![(
        "layer1_topology.json".to_owned(),
        services::topology(&plan.cables()),
    )];
    for (name, text) in ios::configurations(&plan) {
        files.push((format!("configs/{name}.cfg"), text));
    }
    files.push((
        "configs/dhcp1/dhcpd.conf".to_owned(),
        services::dhcpd(&plan),
    ));
    files.push((
        "configs/dns1/named.conf".to_owned(),
        services::NAMED.to_owned(),
    ));
    files.push((
        "configs/dns1/db.example.org".to_owned(),
        services::ZONE.to_owned(),
    ));
    Campus {
        files,
        site_yaml: services::site(&plan),
    }
}

/// The same campus after a slip in one line: dist1a no longer permits the gateway's port.
pub(crate) fn change_one_acl_line(campus: &Campus) -> Campus {
    let mut after = campus.clone();
    let mut dist1a = after
        .files
        .iter_mut()
        .filter(|(path, _)| path == "configs/dist1a.cfg");
    if let Some((_, text)) = dist1a.next() {
        *text = text.replacen(GATEWAY_LINE, &GATEWAY_LINE.replace("51244", "51245"), 1);
    }
    after
}

/// `SplitMix64` (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
struct Random(u64);

impl Random {
    /// The next 64 bits.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in `0..end`, or 0.
    fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.next() % u64::from(end.max(1))).unwrap_or(0)
    }

    /// One of `words`, or nothing.
    fn choose<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let end = u32::try_from(words.len()).unwrap_or(0);
        usize::try_from(self.below(end))
            .ok()
            .and_then(|at| words.get(at))
            .copied()
            .unwrap_or("")
    }
}

/// Text written line by line.
#[derive(Default)]
struct Text(String);

impl Text {
    /// Adds one or more whole lines.
    fn line(&mut self, line: Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(line);
        self.0.push('\n');
    }
}

/// What a network of a building is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Addresses of the access switches.
    Management,
    /// Pumps, numbered over the campus from 1.
    Pumps(u32),
    /// Imaging, monitoring and the like.
    Clinical,
    /// Desks, telephones, guests.
    Office,
    /// Building technology, with fixed addresses.
    Facilities,
}

/// A network of a building: a VLAN with a /24.
#[derive(Clone, Copy)]
struct Network {
    /// The VLAN; those of pumps are unique over the campus.
    vlan: u32,
    /// The first address of the /24.
    base: u32,
    /// What it is for.
    role: Role,
}

impl Network {
    /// The address that ends in `last`.
    fn address(&self, last: u32) -> Ipv4Addr {
        Ipv4Addr::from(self.base + last)
    }
}

/// One building: a distribution pair and its access switches.
struct Building {
    /// From 1; also its OSPF area.
    number: u32,
    /// The first address of its /18.
    base: u32,
    /// Its networks, management first, then those of pumps.
    networks: Vec<Network>,
    /// Its access switches, by the networks that each carries.
    access: Vec<Vec<Network>>,
}

/// One end of a cable.
#[derive(Clone)]
struct End {
    /// The device.
    device: String,
    /// The interface.
    interface: String,
}

impl End {
    /// Port `port` of `device`, counted from 0 over modules of 48.
    fn new(device: impl Into<String>, port: u32) -> Self {
        Self {
            device: device.into(),
            interface: ten_gigabit(port),
        }
    }
}

/// What runs over a cable.
enum Carries {
    /// A /31, `low` on the first end, in an OSPF area.
    Routed { low: u32, area: u32 },
    /// Tagged VLANs.
    Trunk(String),
}

/// A cable between two switches.
struct Cable {
    /// The end that is nearer to the core.
    upper: End,
    /// The other end.
    lower: End,
    /// What runs over it.
    carries: Carries,
}

/// Who is where: everything that the files agree on.
struct Plan {
    /// The seed, from which each building draws its own numbers.
    seed: u64,
    /// Ports that each access switch has in use; larger campuses have larger switches.
    ports: u32,
    /// The buildings.
    buildings: Vec<Building>,
}

impl Plan {
    /// Lays out `devices` switches.
    fn new(devices: usize, seed: u64) -> Self {
        let rest = devices.saturating_sub(4).max(3);
        let whole = ACCESS_PER_BUILDING + 2;
        let count = ((rest + whole / 2) / whole).clamp(1, BUILDINGS_AT_MOST);
        let access = rest - 2 * count;
        let pumps = PUMP_NETWORKS.min(count * PUMP_NETWORKS_PER_BUILDING);
        let mut numbered = 1..;
        let buildings = (0..count)
            .map(|at| {
                let share = |all: usize| all / count + usize::from(at < all % count);
                let pumps: Vec<u32> = numbered.by_ref().take(share(pumps)).collect();
                Building::new(u32::try_from(at + 1).unwrap_or(0), &pumps, share(access))
            })
            .collect();
        Self {
            seed,
            ports: 2 + u32::try_from(devices / 600).unwrap_or(0),
            buildings,
        }
    }

    /// The numbers of a building, the same on both members of its pair.
    fn random(&self, building: &Building) -> Random {
        let mut random = Random(self.seed);
        Random(random.next() ^ u64::from(building.number))
    }

    /// The networks that carry pumps, each with its building.
    fn pump_networks(&self) -> impl Iterator<Item = (&Building, &Network, u32)> {
        self.buildings.iter().flat_map(|building| {
            building
                .networks
                .iter()
                .filter_map(move |network| match network.role {
                    Role::Pumps(number) => Some((building, network, number)),
                    Role::Management | Role::Clinical | Role::Office | Role::Facilities => None,
                })
        })
    }

    /// Every cable between switches, cores first.
    fn cables(&self) -> Vec<Cable> {
        let mut free = (0..).step_by(2).map(|at| LINKS + at);
        let mut routed = |area| Carries::Routed {
            low: free.next().unwrap_or(LINKS),
            area,
        };
        let mut cables = vec![
            Cable::new(End::new("core1", 0), End::new("core2", 0), routed(0)),
            Cable::new(End::new("core1", 1), End::new("dc1a", 0), routed(0)),
            Cable::new(End::new("core2", 1), End::new("dc1a", 1), routed(0)),
            Cable::new(End::new("core1", 2), End::new("dc1b", 0), routed(0)),
            Cable::new(End::new("core2", 2), End::new("dc1b", 1), routed(0)),
            Cable::new(End::new("dc1a", 2), End::new("dc1b", 2), routed(0)),
            Cable::new(
                End::new("dc1a", 3),
                End::new("dc1b", 3),
                Carries::Trunk(services::SERVER_VLANS.to_owned()),
            ),
        ];
        for building in &self.buildings {
            let (a, b) = (building.member('a'), building.member('b'));
            let port = 1 + 2 * building.number;
            cables.extend([
                Cable::new(End::new("core1", port), End::new(&a, 0), routed(0)),
                Cable::new(End::new("core2", port), End::new(&a, 1), routed(0)),
                Cable::new(End::new("core1", port + 1), End::new(&b, 0), routed(0)),
                Cable::new(End::new("core2", port + 1), End::new(&b, 1), routed(0)),
                Cable::new(End::new(&a, 2), End::new(&b, 2), routed(building.number)),
                Cable::new(
                    End::new(&a, 3),
                    End::new(&b, 3),
                    Carries::Trunk(vlan_ranges(&building.networks)),
                ),
            ]);
            for (port, (name, carried)) in (4..).zip(building.access_switches()) {
                for (member, up) in [(&a, "1/1/1"), (&b, "1/1/2")] {
                    let interface = format!("TenGigabitEthernet{up}");
                    let lower = End {
                        device: name.clone(),
                        interface,
                    };
                    let carries = Carries::Trunk(vlan_ranges(carried));
                    cables.push(Cable::new(End::new(member, port), lower, carries));
                }
            }
        }
        cables
    }
}

impl Building {
    /// Lays out one building.
    fn new(number: u32, pumps: &[u32], access: usize) -> Self {
        let base = BUILDINGS + ((number - 1) << 14);
        let mut pumps = pumps.iter();
        let networks: Vec<Network> = (0..NETWORKS_PER_BUILDING)
            .map(|at| {
                let role = match (at, at % 5) {
                    (0, _) => Role::Management,
                    (_, rest) => pumps
                        .next()
                        .map_or_else(|| other_role(rest), |n| Role::Pumps(*n)),
                };
                let vlan = if let Role::Pumps(number) = role {
                    2_000 + number
                } else {
                    100 + at
                };
                Network {
                    vlan,
                    base: base + (at << 8),
                    role,
                }
            })
            .collect();
        let shared = |network: &&Network| matches!(network.role, Role::Management | Role::Pumps(_));
        let everywhere: Vec<Network> = networks.iter().filter(shared).copied().collect();
        let local: Vec<Network> = networks.iter().skip(everywhere.len()).copied().collect();
        let access = (0..access)
            .map(|at| {
                let own = local
                    .iter()
                    .cycle()
                    .skip(at * 5 % local.len().max(1))
                    .take(6);
                everywhere.iter().chain(own).copied().collect()
            })
            .collect();
        Self {
            number,
            base,
            networks,
            access,
        }
    }

    /// The name of one member of the distribution pair.
    fn member(&self, member: char) -> String {
        format!("dist{}{member}", self.number)
    }

    /// Its access switches by name.
    fn access_switches(&self) -> impl Iterator<Item = (String, &Vec<Network>)> {
        let number = self.number;
        (1..)
            .zip(&self.access)
            .map(move |(at, carried): (u32, _)| (format!("acc{number}-{at}"), carried))
    }
}

impl Cable {
    /// A cable.
    fn new(upper: End, lower: End, carries: Carries) -> Self {
        Self {
            upper,
            lower,
            carries,
        }
    }
}

/// The role of an ordinary network.
fn other_role(at: u32) -> Role {
    match at {
        0 | 1 => Role::Clinical,
        2 | 3 => Role::Office,
        _ => Role::Facilities,
    }
}

/// The name of port `port`, counted from 0 over modules of 48.
fn ten_gigabit(port: u32) -> String {
    format!("TenGigabitEthernet{}/0/{}", 1 + port / 48, 1 + port % 48)
}

/// VLANs as `switchport trunk allowed vlan` spells them: `100,103-108,2001`.
fn vlan_ranges(networks: &[Network]) -> String {
    let mut vlans: Vec<u32> = networks.iter().map(|network| network.vlan).collect();
    vlans.sort_unstable();
    vlans.dedup();
    let mut words = Vec::new();
    for run in vlans.chunk_by(|one, next| one + 1 == *next) {
        match run {
            [only] => words.push(only.to_string()),
            [first, .., last] => words.push(format!("{first}-{last}")),
            [] => {}
        }
    }
    words.join(",")
}
