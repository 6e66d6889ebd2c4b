//! Interface names: abbreviations to full names, and what a name says about the interface.

use std::borrow::Cow;

use crate::model::interface::InterfaceKind;

/// How a dialect names its interfaces.
#[derive(Debug)]
pub(in crate::dialect) enum Naming {
    /// By these types, each with its shortest abbreviation that is accepted here; a name is spelled
    /// as its type is here.
    Types(&'static [(&'static str, &'static str)]),
    /// As the text spells them, as the Linux kernel does.
    Verbatim,
}

impl Naming {
    /// The full name of an interface, for a name in one word; other words are given back as they
    /// are.
    pub(in crate::dialect) fn full_name<'n>(&self, name: &'n str) -> Cow<'n, str> {
        let Some(digit) = name.find(|next: char| next.is_ascii_digit()) else {
            return Cow::Borrowed(name);
        };
        let (kind, number) = name.split_at(digit);
        let plain = |next: char| next.is_ascii_digit() || matches!(next, '/' | '.' | ':');
        if kind.is_empty() || !number.chars().all(plain) {
            return Cow::Borrowed(name);
        }
        match self.full_kind(kind) {
            Some(full) if full == kind => Cow::Borrowed(name),
            Some(full) => Cow::Owned(format!("{full}{number}")),
            None => Cow::Borrowed(name),
        }
    }

    /// The full name for a name that may be in two words (`Vlan 10`).
    pub(in crate::dialect) fn join(&self, words: &[&str]) -> Option<String> {
        match words {
            [name] | [name, "point-to-point" | "multipoint"] => {
                Some(self.full_name(name).into_owned())
            }
            [kind, number, ..] if number.starts_with(|next: char| next.is_ascii_digit()) => {
                let full = self.full_kind(kind)?;
                Some(format!("{full}{number}"))
            }
            [] | [_, ..] => None,
        }
    }

    /// The full name of a type.
    fn full_kind(&self, kind: &str) -> Option<&'static str> {
        let types = match self {
            Self::Types(types) => types,
            Self::Verbatim => return None,
        };
        if let Some((full, _)) = types.iter().find(|(full, _)| *full == kind) {
            return Some(full);
        }
        // Of several that fit, the one with the longest required abbreviation is meant: `twe` is
        // no `TwoGigabitEthernet`.
        types
            .iter()
            .filter(|(full, shortest)| begins(full, kind) && begins(kind, shortest))
            .max_by_key(|(_, shortest)| shortest.len())
            .map(|(full, _)| *full)
    }

    /// Whether a word where a name may stand is one whole name, not the first of two words.
    pub(in crate::dialect) fn is_interface(&self, word: &str) -> bool {
        match self {
            Self::Types(_) => word
                .find(|next: char| next.is_ascii_digit())
                .and_then(|digit| word.get(..digit))
                .is_some_and(|kind| !kind.is_empty() && self.full_kind(kind).is_some()),
            Self::Verbatim => true,
        }
    }

    /// What an interface of this full name is.
    pub(in crate::dialect) fn kind(&self, name: &str) -> InterfaceKind {
        if let Some((parent, number)) = name.rsplit_once('.')
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            return InterfaceKind::Subinterface {
                parent: parent.to_owned(),
                vlan: None,
            };
        }
        if matches!(self, Self::Verbatim) {
            return match name {
                "lo" => InterfaceKind::Loopback,
                _ => InterfaceKind::Physical,
            };
        }
        let number = |prefix: &str| {
            let digits = begins(name, prefix).then(|| name.get(prefix.len()..))??;
            digits.parse::<u32>().ok()
        };
        if let Some(number) = number("Vlan").and_then(|number| u16::try_from(number).ok()) {
            InterfaceKind::Svi(number)
        } else if let Some(number) = number("Port-channel") {
            InterfaceKind::PortChannel(number)
        } else if begins(name, "Loopback") {
            InterfaceKind::Loopback
        } else if ["Tunnel", "Vxlan", "nve"]
            .iter()
            .any(|kind| begins(name, kind))
        {
            InterfaceKind::Tunnel
        } else if begins(name, "Null") {
            InterfaceKind::Null
        } else {
            InterfaceKind::Physical
        }
    }
}

/// Whether a text begins with another, in whatever case.
fn begins(text: &str, head: &str) -> bool {
    text.get(..head.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types of an invented device.
    static TYPES: Naming = Naming::Types(&[("Vlan", "vl"), ("port-channel", "po"), ("Tw", "tw")]);

    #[test]
    fn names_become_full_names_where_types_are_known() {
        for (short, full) in [
            ("VLAN20", "Vlan20"),
            ("Po10.5", "port-channel10.5"),
            ("p10", "p10"),
            ("10.0.0.1", "10.0.0.1"),
            ("Vl5x", "Vl5x"),
        ] {
            assert_eq!(TYPES.full_name(short), full);
            assert_eq!(Naming::Verbatim.full_name(short), short);
        }
        assert_eq!(TYPES.join(&["vlan", "10"]).as_deref(), Some("Vlan10"));
        assert!(TYPES.is_interface("vl10") && !TYPES.is_interface("vl"));
        assert!(Naming::Verbatim.is_interface("lo"));
    }

    #[test]
    fn a_name_says_what_an_interface_is() {
        assert_eq!(TYPES.kind("Vlan10"), InterfaceKind::Svi(10));
        assert_eq!(TYPES.kind("port-channel10"), InterfaceKind::PortChannel(10));
        assert_eq!(TYPES.kind("loopback0"), InterfaceKind::Loopback);
        assert_eq!(Naming::Verbatim.kind("vlan10"), InterfaceKind::Physical);
        assert_eq!(Naming::Verbatim.kind("lo"), InterfaceKind::Loopback);
    }
}
