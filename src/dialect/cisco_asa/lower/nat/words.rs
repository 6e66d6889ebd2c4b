//! Rules of translation as they are written, without what their names stand for.

use std::net::Ipv4Addr;

use super::UNMODELED;
use crate::dialect::cisco_asa::lower::acl::Words;
use crate::dialect::cisco_asa::lower::names::port;
use crate::dialect::cisco_asa::lower::object_values::{ANY, Objects};
use crate::dialect::ios_family::lower::{Gap, Line, Lowering, number, some};
use crate::dialect::ios_family::words::address;
use crate::model::filter::{PortMatch, ProtocolMatch};
use crate::model::nat::{NatRule, NewPort, Stage};
use crate::net::{PortRange, registry};

/// Whether addresses keep their translations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One to one, for ever.
    Static,
    /// As sessions begin.
    Dynamic,
}

/// What addresses are mapped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mapped {
    /// The address of the interface.
    Interface,
    /// An object or a group.
    Object(String),
    /// An address.
    Address(Ipv4Addr),
}

impl Mapped {
    /// The name of the object.
    fn object(&self) -> Option<&str> {
        match self {
            Self::Object(name) => Some(name),
            Self::Interface | Self::Address(_) => None,
        }
    }
}

/// The services of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Services {
    /// Protocol, real and mapped port of an object's rule.
    Ports(u8, u16, u16),
    /// Objects of twice NAT.
    Objects(String, String),
}

/// One rule as written.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "options of the statement, each there or not"
)]
pub(super) struct Written {
    /// Interface of the real addresses, in lower case; none is any.
    pub(super) real_side: Option<String>,
    /// Interface of the mapped addresses.
    pub(super) mapped_side: Option<String>,
    /// Whether it is one of twice NAT.
    pub(super) twice: bool,
    /// Whether it comes after the rules of objects.
    pub(super) after_auto: bool,
    /// Its place in its section, from 1.
    pub(super) place: Option<usize>,
    /// Static or dynamic.
    pub(super) kind: Kind,
    /// Object or group of the real addresses.
    pub(super) real: String,
    /// What they become.
    pub(super) mapped: Mapped,
    /// Whether the mapped addresses translate ports.
    pub(super) pat_pool: bool,
    /// Whether the interface helps out where the pool is used up.
    falls_back: bool,
    /// Mapped and real destination.
    pub(super) destination: Option<(Mapped, String)>,
    /// Services.
    pub(super) service: Option<Services>,
    /// Whether it rewrites answers of name servers.
    pub(super) dns: bool,
    /// Whether it holds for sessions from the real side only.
    pub(super) unidirectional: bool,
    /// Whether the device answers for no mapped address.
    pub(super) no_proxy_arp: bool,
    /// Whether routes say where packets leave.
    pub(super) route_lookup: bool,
    /// Whether it is out of use.
    pub(super) inactive: bool,
}

impl Written {
    /// The sides of a rule, and the words after them.
    fn begin<'w, 'a>(line: &Line<'w, 'a>) -> Result<(Self, Words<'w, 'a>), Gap> {
        let mut words = Words {
            low: line.low.get(1..).unwrap_or(&[]),
            raw: line.raw.get(1..).unwrap_or(&[]),
        };
        let (mut real_side, mut mapped_side) = (None, None);
        if let Some(sides) = words.peek().strip_prefix('(') {
            let (real, mapped) = some(some(sides.strip_suffix(')'))?.split_once(','))?;
            let side = |name: &str| (name != "any").then(|| name.trim().to_owned());
            real_side = side(real);
            mapped_side = side(mapped);
            words.take()?;
        }
        let written = Self {
            real_side,
            mapped_side,
            twice: false,
            after_auto: false,
            place: None,
            kind: Kind::Static,
            real: String::new(),
            mapped: Mapped::Interface,
            pat_pool: false,
            falls_back: false,
            destination: None,
            service: None,
            dns: false,
            unidirectional: false,
            no_proxy_arp: false,
            route_lookup: false,
            inactive: false,
        };
        Ok((written, words))
    }

    /// `nat (A,B) static|dynamic …` of an object.
    pub(super) fn of_object(name: &str, line: &Line<'_, '_>) -> Result<Self, Gap> {
        let (mut written, mut words) = Self::begin(line)?;
        name.clone_into(&mut written.real);
        written.kind = kind(&mut words)?;
        written.mapped(&mut words)?;
        if words.takes("service") {
            let protocol = match words.take()?.to_ascii_lowercase().as_str() {
                "tcp" => registry::TCP,
                "udp" => registry::UDP,
                _ => return Err(UNMODELED),
            };
            let mut one = || some(port(&words.take()?.to_ascii_lowercase(), protocol));
            written.service = Some(Services::Ports(protocol, one()?, one()?));
        }
        written.options(&mut words)?;
        Ok(written)
    }

    /// `nat (A,B) [after-auto] [N] source …`.
    pub(super) fn of_twice(line: &Line<'_, '_>) -> Result<Self, Gap> {
        let (mut written, mut words) = Self::begin(line)?;
        written.twice = true;
        written.after_auto = words.takes("after-auto");
        if words.peek() != "source" {
            written.place = Some(number(words.take()?)?);
        }
        some(words.takes("source").then_some(()))?;
        written.kind = kind(&mut words)?;
        written.real = object(&mut words)?;
        written.mapped(&mut words)?;
        if words.takes("destination") {
            some(words.takes("static").then_some(()))?;
            let mapped = match words.peek() {
                "interface" => {
                    words.take()?;
                    Mapped::Interface
                }
                _ => Mapped::Object(object(&mut words)?),
            };
            written.destination = Some((mapped, object(&mut words)?));
        }
        if words.takes("service") {
            let (first, second) = (words.take()?.to_owned(), words.take()?.to_owned());
            written.service = Some(Services::Objects(first, second));
        }
        written.options(&mut words)?;
        Ok(written)
    }

    /// What the real addresses become.
    fn mapped(&mut self, words: &mut Words<'_, '_>) -> Result<(), Gap> {
        if words.takes("pat-pool") {
            self.pat_pool = true;
        }
        if words.takes("interface") {
            self.mapped = Mapped::Interface;
            return Ok(());
        }
        let word = words.take()?;
        self.mapped = match address(word) {
            Some(one) if !self.twice => Mapped::Address(one),
            _ if word.contains(':') => return Err(UNMODELED),
            _ => Mapped::Object(as_object(word)),
        };
        // How a pool shares its ports.
        while self.kind == Kind::Dynamic
            && matches!(
                words.peek(),
                "round-robin" | "extended" | "flat" | "include-reserve" | "block-allocation"
            )
        {
            words.take()?;
            self.pat_pool = true;
        }
        if self.kind == Kind::Dynamic && words.takes("pat-pool") {
            // A pool of ports after one of addresses.
            return Err(UNMODELED);
        }
        self.falls_back = self.kind == Kind::Dynamic && words.takes("interface");
        Ok(())
    }

    /// What stands at the end.
    fn options(&mut self, words: &mut Words<'_, '_>) -> Result<(), Gap> {
        loop {
            match words.peek() {
                "" | "description" => return Ok(()),
                "dns" => self.dns = true,
                "unidirectional" => self.unidirectional = true,
                "no-proxy-arp" => self.no_proxy_arp = true,
                "route-lookup" => self.route_lookup = true,
                "inactive" => self.inactive = true,
                // IPv6, networks into IPv6, and what later releases add.
                _ => return Err(UNMODELED),
            }
            words.take()?;
        }
    }

    /// Whether packets may get the address of the interface.
    pub(super) fn uses_interface(&self) -> bool {
        self.falls_back || self.mapped == Mapped::Interface
    }

    /// Names of all objects in it.
    pub(super) fn objects(&self) -> impl Iterator<Item = &str> {
        let destination = self.destination.as_ref();
        let services = match &self.service {
            Some(Services::Objects(first, second)) => [Some(first.as_str()), Some(second.as_str())],
            Some(Services::Ports(..)) | None => [None, None],
        };
        [
            Some(self.real.as_str()),
            self.mapped.object(),
            destination.and_then(|(mapped, _)| mapped.object()),
            destination.map(|(_, real)| real.as_str()),
        ]
        .into_iter()
        .chain(services)
        .flatten()
    }
}

/// `static` or `dynamic`.
fn kind(words: &mut Words<'_, '_>) -> Result<Kind, Gap> {
    match words.take()?.to_ascii_lowercase().as_str() {
        "static" => Ok(Kind::Static),
        "dynamic" => Ok(Kind::Dynamic),
        _ => Err(UNMODELED),
    }
}

/// The next word as the name of an object.
fn object(words: &mut Words<'_, '_>) -> Result<String, Gap> {
    Ok(as_object(words.take()?))
}

/// The name of an object; `any` is every address.
fn as_object(word: &str) -> String {
    match word.to_ascii_lowercase().as_str() {
        "any" | "any4" => ANY.to_owned(),
        _ => word.to_owned(),
    }
}

/// Ports of a rule: real and mapped, of the source and of the destination.
pub(super) struct Ports {
    /// Protocol.
    protocol: u8,
    /// Real and mapped port of the source.
    source: Option<(u16, u16)>,
    /// Mapped and real port of the destination.
    destination: Option<(u16, u16)>,
}

impl Ports {
    /// Lets a rule match and change ports.
    pub(super) fn add_to(&self, rule: &mut NatRule) {
        rule.matches.protocol = ProtocolMatch::Number(self.protocol);
        let only = |port| PortMatch::Ranges(vec![PortRange::one(port)]);
        let becomes = |port| NewPort::Within(port, port);
        // The first of the two rules at each stage is for packets from the real side.
        let there = rule.rank == 0;
        let translation = &mut rule.translation;
        match (rule.stage, there) {
            (Stage::AfterRouting, true) => {
                if let Some((real, mapped)) = self.source {
                    rule.matches.source_port = only(real);
                    translation.source_port = becomes(mapped);
                }
                if let Some((_, real)) = self.destination {
                    rule.matches.destination_port = only(real);
                }
            }
            (Stage::BeforeRouting, true) => {
                if let Some((real, _)) = self.source {
                    rule.matches.source_port = only(real);
                }
                if let Some((mapped, real)) = self.destination {
                    rule.matches.destination_port = only(mapped);
                    translation.destination_port = becomes(real);
                }
            }
            (Stage::BeforeRouting, false) => {
                if let Some((real, mapped)) = self.source {
                    rule.matches.destination_port = only(mapped);
                    translation.destination_port = becomes(real);
                }
                if let Some((_, real)) = self.destination {
                    rule.matches.source_port = only(real);
                }
            }
            (Stage::AfterRouting, false) => {
                if let Some((real, _)) = self.source {
                    rule.matches.destination_port = only(real);
                }
                if let Some((mapped, real)) = self.destination {
                    rule.matches.source_port = only(real);
                    translation.source_port = becomes(mapped);
                }
            }
        }
    }
}

/// The ports of a rule, where it says any.
pub(super) fn ports(
    lowering: &mut Lowering,
    objects: &Objects,
    written: &Written,
) -> Result<Option<Ports>, Gap> {
    let (first, second) = match &written.service {
        None => return Ok(None),
        Some(Services::Ports(protocol, real, mapped)) => {
            return Ok(Some(Ports {
                protocol: *protocol,
                source: Some((*real, *mapped)),
                destination: None,
            }));
        }
        Some(Services::Objects(first, second)) => (first, second),
    };
    let one = |service: Option<_>| service.ok_or(UNMODELED);
    let (protocol, real_source, mapped_destination) = one(objects.service(lowering, first))?;
    let (other, mapped_source, real_destination) = one(objects.service(lowering, second))?;
    let pair = |one: Option<u16>, other: Option<u16>| match (one, other) {
        (Some(one), Some(other)) => Ok(Some((one, other))),
        (None, None) => Ok(None),
        (Some(_), None) | (None, Some(_)) => Err(UNMODELED),
    };
    if protocol != other {
        return Err(UNMODELED);
    }
    Ok(Some(Ports {
        protocol,
        source: pair(real_source, mapped_source)?,
        destination: pair(mapped_destination, real_destination)?,
    }))
}
