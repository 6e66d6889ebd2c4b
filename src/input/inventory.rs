//! Ansible inventories: how hosts are reached over ssh.
//!
//! The two forms that files have, INI and YAML (Ansible user guide, "How to build your inventory"),
//! as far as they say where a host is and who logs in. Plug-ins, folders of variables, vaults and
//! templates are not read; a template where it matters is an error. Passwords are never used.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::input::error::Error;
use crate::input::measurement::read;

/// Variables that say how a host is reached, each with the older name that it had.
const KEYS: [(&str, &str); 5] = [
    ("ansible_host", "ansible_ssh_host"),
    ("ansible_user", "ansible_ssh_user"),
    ("ansible_port", "ansible_ssh_port"),
    ("ansible_ssh_private_key_file", "ansible_private_key_file"),
    ("ansible_ssh_common_args", "ansible_ssh_common_args"),
];

/// Variables by name.
type Variables = BTreeMap<String, String>;

/// One group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Group {
    /// Its own hosts.
    hosts: BTreeSet<String>,
    /// Its own variables.
    variables: Variables,
    /// Groups in it.
    children: BTreeSet<String>,
}

/// An inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Groups by name.
    groups: BTreeMap<String, Group>,
    /// Variables of hosts by name.
    hosts: BTreeMap<String, Variables>,
}

/// How a host is reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Name or address for ssh.
    pub host: String,
    /// Options of OpenSSH, `User=…` and the like.
    pub options: Vec<String>,
    /// More arguments of ssh.
    pub arguments: Vec<String>,
}

/// Reads an inventory; YAML by its ending.
pub fn load_inventory(path: &Path) -> Result<Inventory, Error> {
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    let is_yaml = path
        .extension()
        .is_some_and(|end| end == "yml" || end == "yaml");
    let parsed = if is_yaml {
        parse_yaml(&text)
    } else {
        parse_ini(&text)
    };
    parsed.map_err(|reason| {
        Error::usage(
            format!("read the inventory `{}`: {reason}", path.display()),
            "`ansible-inventory -i FILE --list -y` prints one that is read, without templates",
        )
    })
}

impl Inventory {
    /// How a host is reached; `None`: the inventory does not have it.
    pub fn reach(&self, host: &str) -> Option<Result<Reach, String>> {
        let own = self.hosts.get(host)?;
        let mut variables = Variables::new();
        for group in self.groups_of(host) {
            variables.extend(group.variables.clone());
        }
        variables.extend(own.clone());
        Some(reach(host, &variables))
    }

    /// The hosts of a group; `None`: the name is no group's, or it is a host's too.
    pub fn hosts_of(&self, group: &str) -> Option<Vec<&str>> {
        if self.hosts.contains_key(group) || !self.groups.contains_key(group) {
            return None;
        }
        let hosts = self.hosts.keys().map(String::as_str);
        Some(
            hosts
                .filter(|host| self.holds(group, host, &mut BTreeSet::new()))
                .collect(),
        )
    }

    /// The groups that hold a host, outer before inner.
    fn groups_of(&self, host: &str) -> Vec<&Group> {
        let mut found: Vec<(usize, &str)> = Vec::new();
        for name in self.groups.keys() {
            if self.holds(name, host, &mut BTreeSet::new()) {
                // Whatever nobody holds is held by all.
                let depth = if name == "all" {
                    0
                } else {
                    1 + self.depth(name)
                };
                found.push((depth, name));
            }
        }
        found.sort_unstable();
        let groups = found.into_iter();
        groups
            .filter_map(|(_, name)| self.groups.get(name))
            .collect()
    }

    /// Whether a group or one in it has a host.
    fn holds<'a>(&'a self, name: &'a str, host: &str, seen: &mut BTreeSet<&'a str>) -> bool {
        let Some(group) = self.groups.get(name).filter(|_| seen.insert(name)) else {
            return false;
        };
        let mut children = group.children.iter();
        name == "all"
            || group.hosts.contains(host)
            || children.any(|child| self.holds(child, host, seen))
    }

    /// How many groups lie around a group, at most.
    fn depth(&self, name: &str) -> usize {
        let mut around = BTreeSet::from([name]);
        loop {
            let more: Vec<&str> = self
                .groups
                .iter()
                .filter(|(outer, _)| !around.contains(outer.as_str()))
                .filter(|(_, group)| {
                    group
                        .children
                        .iter()
                        .any(|one| around.contains(one.as_str()))
                })
                .map(|(outer, _)| outer.as_str())
                .collect();
            if more.is_empty() {
                return around.len() - 1;
            }
            around.extend(more);
        }
    }
}

/// What the variables of a host say.
fn reach(host: &str, variables: &Variables) -> Result<Reach, String> {
    let mut out = Reach {
        host: host.to_owned(),
        ..Reach::default()
    };
    for (key, older) in KEYS {
        let Some(value) = variables.get(key).or_else(|| variables.get(older)) else {
            continue;
        };
        if value.contains("{{") {
            return Err(format!(
                "`{key}` of `{host}` is a template, which is not read"
            ));
        }
        let is_odd = value.starts_with('-') || value.chars().any(char::is_whitespace);
        if is_odd && key != "ansible_ssh_common_args" {
            return Err(format!("`{key}` of `{host}` is no such thing"));
        }
        match key {
            "ansible_host" => out.host.clone_from(value),
            "ansible_user" => out.options.push(format!("User={value}")),
            "ansible_port" => out.options.push(format!("Port={value}")),
            "ansible_ssh_private_key_file" => out.options.push(format!("IdentityFile={value}")),
            _ => out.arguments = words(value),
        }
    }
    Ok(out)
}

/// The form with sections.
fn parse_ini(text: &str) -> Result<Inventory, String> {
    let mut out = Inventory::default();
    let (mut group, mut kind) = ("ungrouped".to_owned(), "hosts".to_owned());
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            let (name, of) = header.split_once(':').unwrap_or((header, "hosts"));
            if !["hosts", "vars", "children"].contains(&of) {
                return Err(format!("`[{header}]` is no section of an inventory"));
            }
            name.clone_into(&mut group);
            of.clone_into(&mut kind);
            out.groups.entry(group.clone()).or_default();
            continue;
        }
        let own = out.groups.entry(group.clone()).or_default();
        match kind.as_str() {
            "vars" => own.variables.extend(assignment(line)),
            "children" => {
                own.children.insert(line.to_owned());
            }
            _ => {
                let mut parts = words(line).into_iter();
                let pattern = parts.next().unwrap_or_default();
                let variables: Variables = parts.filter_map(|part| assignment(&part)).collect();
                for host in expand(&pattern)? {
                    own.hosts.insert(host.clone());
                    out.hosts.entry(host).or_default().extend(variables.clone());
                }
            }
        }
    }
    Ok(out)
}

/// `name = value`, quotes around the value taken off.
fn assignment(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let value = value.trim();
    let quotes = ['"', '\''];
    let inner = quotes.iter().find_map(|quote| {
        let inner = value.strip_prefix(*quote)?;
        inner.strip_suffix(*quote)
    });
    Some((name.trim().to_owned(), inner.unwrap_or(value).to_owned()))
}

/// Words; quotes hold blanks together, `#` ends the line.
fn words(line: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let (mut quote, mut inside) = (None, false);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '#') if !inside => return out,
            (None, letter) if letter.is_whitespace() => inside = false,
            (_, letter) => {
                if !inside {
                    out.push(String::new());
                    inside = true;
                }
                if quote.is_none() && ['"', '\''].contains(&letter) {
                    quote = Some(letter);
                } else if let Some(word) = out.last_mut() {
                    word.push(letter);
                }
            }
        }
    }
    out
}

/// The hosts of a pattern with a range of numbers, `ward[01:12]`.
fn expand(pattern: &str) -> Result<Vec<String>, String> {
    /// Most hosts of one range.
    const MOST: u32 = 4096;
    let Some((before, rest)) = pattern.split_once('[') else {
        return Ok(vec![pattern.to_owned()]);
    };
    let refuse = || format!("`{pattern}` is no range of hosts");
    let (range, after) = rest.split_once(']').ok_or_else(refuse)?;
    let (first, last) = range.split_once(':').ok_or_else(refuse)?;
    let number = |text: &str| text.parse::<u32>().map_err(|_| refuse());
    let (low, high, width) = (number(first)?, number(last)?, first.len());
    if high < low || high - low >= MOST {
        return Err(refuse());
    }
    Ok((low..=high)
        .map(|number| format!("{before}{number:0width$}{after}"))
        .collect())
}

/// The form with maps in maps.
fn parse_yaml(text: &str) -> Result<Inventory, String> {
    let value: Value = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
    let mut out = Inventory::default();
    let groups = value.as_object().ok_or("an inventory is a map of groups")?;
    for (name, group) in groups {
        add_group(&mut out, name, group)?;
    }
    Ok(out)
}

/// Adds a group with those in it.
fn add_group(out: &mut Inventory, name: &str, value: &Value) -> Result<(), String> {
    let map = |key: &str| value.get(key).and_then(Value::as_object);
    let group = out.groups.entry(name.to_owned()).or_default();
    group
        .variables
        .extend(map("vars").map(variables).unwrap_or_default());
    for (pattern, own) in map("hosts").into_iter().flatten() {
        let own = own.as_object().map(variables).unwrap_or_default();
        for host in expand(pattern)? {
            group.hosts.insert(host.clone());
            out.hosts.entry(host).or_default().extend(own.clone());
        }
    }
    let children = map("children").into_iter().flatten();
    for (child, value) in children.clone() {
        if let Some(group) = out.groups.get_mut(name) {
            group.children.insert(child.clone());
        }
        add_group(out, child, value)?;
    }
    Ok(())
}

/// Scalars of a map as text.
fn variables(map: &serde_json::Map<String, Value>) -> Variables {
    map.iter()
        .filter_map(|(key, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
            };
            Some((key.clone(), text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Inventory, Reach, parse_ini, parse_yaml};

    /// How a host is reached that must be there.
    fn reach(inventory: &Inventory, host: &str) -> Reach {
        inventory.reach(host).unwrap().unwrap()
    }

    #[test]
    fn inner_groups_and_hosts_overrule_outer_ones_in_both_forms() {
        let ini = "probe9 ansible_user=own\n[wards]\nward[01:02]   # a range\n\
                   probe1 ansible_host=10.0.0.9 ansible_port=2222\n\
                   [wards:vars]\nansible_user = biomed\n\
                   [hospital:children]\nwards\n[hospital:vars]\nansible_user=outer\n\
                   ansible_ssh_common_args='-o ProxyJump=bastion'\n";
        let yaml = "all:\n  hosts: { probe9: { ansible_user: own } }\n  children:\n    hospital:\n      \
                    vars: { ansible_user: outer, ansible_ssh_common_args: '-o ProxyJump=bastion' }\n      \
                    children:\n        wards:\n          vars: { ansible_user: biomed }\n          \
                    hosts:\n            'ward[01:02]':\n            \
                    probe1: { ansible_host: 10.0.0.9, ansible_port: 2222 }\n";
        for inventory in [parse_ini(ini).unwrap(), parse_yaml(yaml).unwrap()] {
            let one = reach(&inventory, "probe1");
            assert_eq!(one.host, "10.0.0.9");
            assert_eq!(one.options, ["User=biomed", "Port=2222"]);
            assert_eq!(one.arguments, ["-o", "ProxyJump=bastion"]);
            assert_eq!(reach(&inventory, "ward02").options, ["User=biomed"]);
            assert_eq!(reach(&inventory, "probe9").options, ["User=own"]);
            assert!(inventory.reach("ward03").is_none());
            let wards = ["probe1", "ward01", "ward02"];
            assert_eq!(inventory.hosts_of("hospital").unwrap(), wards);
            assert_eq!(inventory.hosts_of("probe1"), None);
            assert_eq!(inventory.hosts_of("labs"), None);
        }
    }

    #[test]
    fn what_would_have_to_be_guessed_is_refused() {
        let template = parse_ini("probe1 ansible_host={{ip}}\n").unwrap();
        assert!(template.reach("probe1").unwrap().is_err());
        let option = parse_ini("probe1 ansible_user=-oProxyCommand=x\n").unwrap();
        assert!(option.reach("probe1").unwrap().is_err());
        assert!(parse_ini("[wards:things]\n").is_err());
        assert!(parse_ini("ward[a:c]\n").is_err());
        assert!(parse_yaml("- a\n").is_err());
    }
}
