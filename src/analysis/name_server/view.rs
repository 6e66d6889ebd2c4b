//! Who asks a name server, whom its lists admit, and which of its views takes the question.

use std::net::Ipv4Addr;

use crate::analysis::passage::Passage;
use crate::analysis::state::State;
use crate::model::dns::{ClientList, DnsServer, DnsView};
use crate::net::{IpNet, Ipv4Net};

/// Addresses from the first to the last.
type Range = (u32, u32);

/// Who asks a name server.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    /// In words.
    pub(super) text: String,
    /// Addresses that questions come from, as the server sees them.
    pub(super) sources: Vec<Range>,
    /// Whether it may sign its questions: name servers may, pumps' resolvers do not (RFC 8945 is
    /// for those who share a key with the server).
    pub(super) may_sign: bool,
    /// Whether it asks for recursion, as resolvers and forwarders do (RFC 1034 §4.3.1).
    pub(super) recursive: bool,
}

impl Asker {
    /// Those whose packets arrive by a passage.
    pub(super) fn behind(passage: &Passage, text: String, may_sign: bool) -> Self {
        let number = |(low, high): &(Ipv4Addr, Ipv4Addr)| (u32::from(*low), u32::from(*high));
        Self {
            text,
            sources: passage.sources.iter().map(number).collect(),
            may_sign,
            recursive: true,
        }
    }

    /// A part of them.
    fn part(&self, sources: Vec<Range>) -> Self {
        Self {
            sources,
            ..self.clone()
        }
    }
}

/// Networks that a server itself is in.
pub(super) fn local_networks(state: &State<'_, '_>, server: Ipv4Addr) -> Vec<Ipv4Net> {
    let world = state.world;
    let mut nets: Vec<Ipv4Net> = world
        .owners(server)
        .iter()
        .flat_map(|id| world.interfaces_of(world.interface(*id).device))
        .flat_map(|id| world.interface(id).addresses.iter())
        .map(|(net, _)| net.trunc())
        .collect();
    nets.sort();
    nets.dedup();
    nets
}

/// Those that a list admits, and the others; the first element that matches decides. `None` where
/// the list is not read.
pub(super) fn split(
    list: &ClientList,
    local: &[Ipv4Net],
    sources: &[Range],
) -> Option<(Vec<Range>, Vec<Range>)> {
    let all = Ipv4Net::default();
    let locals = || local.iter().map(|net| (*net, true));
    let elements = |entries: &[(IpNet, bool)]| -> Vec<(Ipv4Net, bool)> {
        let entries = entries.iter();
        entries
            .filter_map(|(net, admitted)| match net {
                IpNet::V4(net) => Some((*net, *admitted)),
                IpNet::V6(_) => None,
            })
            .collect()
    };
    let elements: Vec<(Ipv4Net, bool)> = match list {
        ClientList::Any => vec![(all, true)],
        ClientList::None => Vec::new(),
        ClientList::LocalNetworks => locals().collect(),
        ClientList::Prefixes(entries) => elements(entries),
        ClientList::PrefixesOrLocal(entries) => {
            elements(entries).into_iter().chain(locals()).collect()
        }
        ClientList::Unread => return None,
    };
    let mut admitted = Vec::new();
    let mut refused = Vec::new();
    let mut left = sources.to_vec();
    for (net, admits) in elements {
        let (low, high) = (u32::from(net.network()), u32::from(net.broadcast()));
        let mut outside = Vec::new();
        for (first, last) in left {
            let (from, to) = (first.max(low), last.min(high));
            if from > to {
                outside.push((first, last));
                continue;
            }
            let into = if admits { &mut admitted } else { &mut refused };
            into.push((from, to));
            if first < from {
                outside.push((first, from - 1));
            }
            if to < last {
                outside.push((to + 1, last));
            }
        }
        left = outside;
    }
    refused.append(&mut left);
    Some((admitted, refused))
}

/// A view with those whose questions it takes.
pub(super) struct Taken<'a> {
    /// The view; none where the server has none.
    pub(super) view: Option<&'a DnsView>,
    /// They.
    pub(super) asker: Asker,
    /// Whether that is not told: another view may take them.
    pub(super) doubtful: bool,
}

/// The views that take questions to an address of a server, in order, and those that none takes
/// (BIND ARM, "view Block Definition and Usage": the first that matches).
pub(super) fn views<'a>(
    settings: &'a DnsServer,
    server: Ipv4Addr,
    asker: &Asker,
    local: &[Ipv4Net],
) -> (Vec<Taken<'a>>, Option<Asker>) {
    if settings.views.is_empty() {
        let all = Taken {
            view: None,
            asker: asker.clone(),
            doubtful: false,
        };
        return (vec![all], None);
    }
    let address = u32::from(server);
    let mut taken = Vec::new();
    let mut left = asker.sources.clone();
    for view in &settings.views {
        if left.is_empty() || (view.recursive_only && !asker.recursive) {
            continue;
        }
        let destinations = view.destinations.as_ref();
        let here = destinations.map_or(Some(true), |list| {
            let (found, _) = split(&list.value, local, &[(address, address)])?;
            Some(!found.is_empty())
        });
        let signed = asker.may_sign && !view.keys.is_empty();
        if here == Some(false) && !signed {
            continue;
        }
        let chosen = match &view.clients {
            Some(list) => split(&list.value, local, &left),
            None => Some((left.clone(), Vec::new())),
        };
        let (matched, rest, doubtful) = match chosen {
            Some((matched, rest)) if !signed => (matched, rest, here.is_none()),
            Some(_) | None => (left.clone(), Vec::new(), true),
        };
        if !matched.is_empty() {
            taken.push(Taken {
                view: Some(view),
                asker: asker.part(matched),
                doubtful,
            });
        }
        if !doubtful {
            left = rest;
        }
    }
    (taken, (!left.is_empty()).then(|| asker.part(left)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::dns::DnsOptions;
    use crate::source::{At, FileId, StatementRef};

    /// A place.
    fn at<T>(value: T) -> At<T> {
        let place = StatementRef {
            file: FileId(0),
            statement: 0,
        };
        At::new(value, place)
    }

    /// Elements of a list, refused ones with `!`.
    fn list(elements: &[&str]) -> ClientList {
        let element = |text: &&str| {
            let net = text.trim_start_matches('!').parse().unwrap();
            (net, !text.starts_with('!'))
        };
        ClientList::Prefixes(elements.iter().map(element).collect())
    }

    /// Everybody in a network.
    fn asker(net: &str, may_sign: bool) -> Asker {
        let net: Ipv4Net = net.parse().unwrap();
        Asker {
            text: net.to_string(),
            sources: vec![(u32::from(net.network()), u32::from(net.broadcast()))],
            may_sign,
            recursive: true,
        }
    }

    /// A view of these clients.
    fn view(name: &str, clients: ClientList, keys: &[&str]) -> DnsView {
        DnsView {
            name: at(name.to_owned()),
            clients: Some(at(clients)),
            destinations: None,
            recursive_only: false,
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            options: DnsOptions::default(),
            zones: std::collections::BTreeMap::new(),
        }
    }

    /// Views that take questions, `?` where that is not told, and `-` where some are left.
    fn names(views: Vec<DnsView>, asker: &Asker) -> String {
        let server = DnsServer {
            views,
            ..DnsServer::default()
        };
        let address = Ipv4Addr::new(10, 50, 0, 53);
        let (taken, left) = super::views(&server, address, asker, &[]);
        let mut names: Vec<String> = taken
            .iter()
            .map(|one| {
                let name = one.view.map_or("all", |view| view.name.value.as_str());
                format!("{name}{}", if one.doubtful { "?" } else { "" })
            })
            .collect();
        names.extend(left.map(|_| "-".to_owned()));
        names.join(" ")
    }

    #[test]
    fn the_first_element_that_matches_decides_for_each_address() {
        let net = asker("10.1.0.0/24", false).sources;
        let halves = list(&["10.1.0.0/25", "10.1.0.128/25"]);
        assert_eq!(split(&halves, &[], &net).unwrap().1, []);
        let without = list(&["!10.1.0.7/32", "10.1.0.0/24"]);
        let (admitted, refused) = split(&without, &[], &net).unwrap();
        assert_eq!((admitted.len(), refused.len()), (2, 1));
        let own = ["10.1.0.0/16".parse().unwrap()];
        let local = split(&ClientList::LocalNetworks, &own, &net).unwrap();
        assert_eq!(local.1, []);
        assert_eq!(split(&ClientList::Unread, &[], &net), None);
    }

    #[test]
    fn the_first_view_that_takes_a_question_answers_it() {
        let views = || {
            vec![
                view("a", list(&["10.1.0.0/25"]), &[]),
                view("b", list(&["10.0.0.0/8"]), &[]),
            ]
        };
        assert_eq!(names(views(), &asker("10.1.0.0/26", false)), "a");
        assert_eq!(names(views(), &asker("10.1.0.0/24", false)), "a b");
        assert_eq!(names(views(), &asker("10.9.0.0/24", false)), "b");
        assert_eq!(names(views(), &asker("192.0.2.0/24", false)), "-");
        assert_eq!(names(Vec::new(), &asker("192.0.2.0/24", false)), "all");
        let mut recursive = views();
        for view in recursive.iter_mut().take(1) {
            view.recursive_only = true;
        }
        let transfer = Asker {
            recursive: false,
            ..asker("10.1.0.0/26", true)
        };
        assert_eq!(names(recursive, &transfer), "b");
    }

    #[test]
    fn a_view_whose_clients_are_not_told_is_a_doubt() {
        let views = || {
            vec![
                view("a", ClientList::None, &["k"]),
                view("b", ClientList::Any, &[]),
            ]
        };
        assert_eq!(names(views(), &asker("10.1.0.0/26", false)), "b");
        assert_eq!(names(views(), &asker("10.1.0.0/26", true)), "a? b");
        let unread = vec![
            view("a", ClientList::Unread, &[]),
            view("b", ClientList::Any, &[]),
        ];
        assert_eq!(names(unread, &asker("10.1.0.0/26", false)), "a? b");
    }
}
