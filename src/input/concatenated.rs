//! Files of one device that an export put into one, behind lines that tell where each begins.
//!
//! Cumulus Linux: the host name, `/etc/network/interfaces`, `ports.conf` and `frr.conf`, as Batfish
//! takes them (batfish.readthedocs.io, "packaging snapshots": Cumulus configurations).

use crate::input::snapshot::Member;

/// Begins the interfaces.
const INTERFACES: &str = "# This file describes the network interfaces";
/// Begins the ports.
const PORTS: &str = "# ports.conf --";
/// Begins what FRR reads.
const ROUTING: &str = "frr version ";

/// A part of such a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The host name.
    Name,
    /// Interfaces.
    Interfaces,
    /// Ports.
    Ports,
    /// FRR.
    Routing,
}

/// Members with such files taken apart, each part in its lines of the whole.
pub(in crate::input) fn split(members: Vec<Member>) -> Vec<Member> {
    let mut all = Vec::new();
    for member in members {
        match parts(&member) {
            Some(parts) => all.extend(parts),
            None => all.push(member),
        }
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// The parts of a member that is such a file.
fn parts(member: &Member) -> Option<Vec<Member>> {
    let text = str::from_utf8(member.bytes.as_ref().ok()?).ok()?;
    let begins = |marker: &str| text.lines().any(|line| line.starts_with(marker));
    // The name and the marker come first; a file of interfaces alone is no such file.
    let mut head = text.lines().filter(|line| !line.trim().is_empty());
    let name = head.next()?.trim();
    let second = head.next()?;
    let is_name = name.split_whitespace().count() == 1 && !name.starts_with('#');
    if !is_name || !second.starts_with(INTERFACES) || !begins(ROUTING) {
        return None;
    }
    let mut lines: Vec<(Part, &str)> = Vec::new();
    let mut part = Part::Name;
    for line in text.split_inclusive('\n') {
        part = match part {
            Part::Name if line.starts_with(INTERFACES) => Part::Interfaces,
            Part::Interfaces if line.starts_with(PORTS) => Part::Ports,
            Part::Interfaces | Part::Ports if line.starts_with(ROUTING) => Part::Routing,
            Part::Name | Part::Interfaces | Part::Ports | Part::Routing => part,
        };
        lines.push((part, line));
    }
    let named = |line: &str| line.starts_with("hostname ");
    let is_named = lines
        .iter()
        .any(|(part, line)| *part == Part::Routing && named(line));
    let folder = member
        .path
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder);
    let base = if is_named {
        member.path.clone()
    } else if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    };
    let of = |wanted: Part, end: &str| Member {
        path: format!("{base}/{end}"),
        origin: member.origin.clone(),
        bytes: Ok(masked(&lines, wanted)),
    };
    let mut found = vec![
        of(Part::Interfaces, "interfaces"),
        of(Part::Routing, "frr.conf"),
    ];
    // Ports as they come, which is what comments alone say, change nothing.
    let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    if lines
        .iter()
        .any(|(part, line)| *part == Part::Ports && says(line))
    {
        found.push(of(Part::Ports, "ports.conf"));
    }
    Some(found)
}

/// A part with blank lines in place of all others, so that its lines keep their numbers.
fn masked(lines: &[(Part, &str)], wanted: Part) -> Vec<u8> {
    let shown = lines.iter().map(|(part, line)| match line.ends_with('\n') {
        _ if *part == wanted => *line,
        true => "\n",
        false => "",
    });
    shown.collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileOrigin;

    fn member(text: &str) -> Member {
        Member {
            path: "configs/r1.cfg".to_owned(),
            origin: FileOrigin::Disk,
            bytes: Ok(text.as_bytes().to_vec()),
        }
    }

    #[test]
    fn each_part_keeps_its_lines_where_they_were() {
        let text = "r1\n# This file describes the network interfaces\nauto lo\n# ports.conf --\n1=100G\nfrr version 8.4\nhostname r1\n";
        let parts = split(vec![member(text)]);
        let shown: Vec<(String, String)> = parts
            .into_iter()
            .map(|part| (part.path, String::from_utf8(part.bytes.unwrap()).unwrap()))
            .collect();
        let interfaces = "\n# This file describes the network interfaces\nauto lo\n\n\n\n\n";
        assert_eq!(
            shown,
            [
                (
                    "configs/r1.cfg/frr.conf",
                    "\n\n\n\n\nfrr version 8.4\nhostname r1\n"
                ),
                ("configs/r1.cfg/interfaces", interfaces),
                (
                    "configs/r1.cfg/ports.conf",
                    "\n\n\n# ports.conf --\n1=100G\n\n\n"
                ),
            ]
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
        );
    }

    #[test]
    fn the_first_line_names_a_device_that_nothing_else_names() {
        let text = "leaf\n# This file describes the network interfaces\nauto lo\nfrr version 8.4\n";
        let paths: Vec<String> = split(vec![member(text)])
            .into_iter()
            .map(|part| part.path)
            .collect();
        assert_eq!(paths, ["configs/leaf/frr.conf", "configs/leaf/interfaces"]);
    }

    #[test]
    fn a_file_of_interfaces_alone_stays_whole() {
        let text =
            "# This file describes the network interfaces\nauto lo\niface lo inet loopback\n";
        let whole = split(vec![member(text)]);
        assert_eq!(whole.len(), 1);
        assert_eq!(whole[0].path, "configs/r1.cfg");
    }
}
