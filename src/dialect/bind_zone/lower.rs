//! Records of a zone.

use std::fmt::Write as _;

use super::check::{self, Facts};
use super::generate::{self, GenerateRange};
use super::parse::{Entry, EntryKind, Parsed};
use super::record::{self, Data, Wrong};
use super::{commands, names};
use crate::model::dns::{DnsZone, Record, Soa};
use crate::model::draft::Draft;
use crate::model::{Facet, FacetKey, FacetKind, Reading};
use crate::net::DomainName;
use crate::source::{At, File};
use crate::syntax::{Effect, Statement, Support, Word, key_of};

/// Highest time to live (RFC 2181 §8); BIND takes a higher one as 0.
const HIGHEST_TTL: u32 = 0x7FFF_FFFF;

/// Lowers a parsed zone file; without an origin nothing of it can be known.
pub(super) fn lower(file: &File, parsed: &Parsed<'_>, origin: Option<&DomainName>) -> Reading {
    let Some(origin) = origin else {
        return unknown_origin(file, parsed);
    };
    let statements = Vec::with_capacity(parsed.entries.len());
    let mut draft = Draft::new(file, statements);
    let facet = FacetKey::new(FacetKind::DnsZone, origin.as_str());
    let mut lowering = Lowering {
        index: draft.key(&facet),
        facet,
        draft,
        zone: DnsZone {
            origin: origin.clone(),
            ..DnsZone::default()
        },
        facts: Facts::default(),
        broken: None,
        origin: origin.clone(),
        context: key_of(0, origin.as_str()),
        owner: None,
        default_ttl: None,
        ttl_directives: 0,
        last_ttl: None,
        key_text: String::new(),
    };
    for (index, entry) in (0_u32..).zip(&parsed.entries) {
        lowering.entry(index, entry, parsed.words_of(entry));
    }
    if parsed.truncated {
        lowering.draft.truncate();
    }
    let mut zone = lowering.zone;
    let mut draft = lowering.draft;
    zone.broken = match lowering.broken {
        Some((statement, reason)) => {
            let line = draft
                .statement(statement)
                .map_or(0, |found| file.line(found.span.start));
            draft.diagnose(Some(statement), format!("line {line}: {reason}"));
            Some(At::new(reason, draft.place(statement)))
        }
        None => check::refusal(&zone, &lowering.facts),
    };
    draft.facet(&lowering.facet, Facet::DnsZone(zone));
    draft.finish()
}

/// Leaves every statement as a hole of the whole device.
fn unknown_origin(file: &File, parsed: &Parsed<'_>) -> Reading {
    let mut draft = Draft::new(file, Vec::new());
    for (index, entry) in (0_u32..).zip(&parsed.entries) {
        let text: Vec<&str> = parsed
            .words_of(entry)
            .iter()
            .map(|word| word.text)
            .collect();
        draft.push(Statement {
            span: entry.span,
            parent: None,
            key: key_of(0, &text.join(" ")),
            ordered: entry.kind != EntryKind::Blank,
            support: Support::Irrelevant("blank or comment"),
        });
        if entry.kind != EntryKind::Blank {
            draft.decide(index, Support::Unmodeled(Effect::Zone), None, 0);
        }
    }
    if parsed.truncated {
        draft.truncate();
    }
    draft.diagnose(
        None,
        "neither the text nor the file's name tells the zone's origin",
    );
    draft.finish()
}

/// What the words of a record say before its data.
struct Head<'a> {
    /// Explicit time to live.
    ttl: Option<u32>,
    /// Type in capitals.
    kind: std::borrow::Cow<'a, str>,
    /// Support of the type.
    support: Support,
    /// Index of the first word of the data.
    data: usize,
}

/// A zone while it is lowered.
struct Lowering {
    /// The reading.
    draft: Draft,
    /// Key of the facet.
    facet: FacetKey,
    /// Its index in the reading.
    index: u32,
    /// The zone.
    zone: DnsZone,
    /// What the checks at the end need beside the records.
    facts: Facts,
    /// First reason why a server refuses the zone.
    broken: Option<(u32, String)>,
    /// Current origin of relative names.
    origin: DomainName,
    /// Key of the current origin.
    context: u64,
    /// Owner of the record before.
    owner: Option<DomainName>,
    /// Time to live of records that give none.
    default_ttl: Option<u32>,
    /// Number of `$TTL` directives so far; part of the keys of records that give no time to live.
    ttl_directives: u32,
    /// Time to live of the record before (RFC 1035 §5.1).
    last_ttl: Option<u32>,
    /// Buffer for keys.
    key_text: String,
}

impl Lowering {
    /// Lowers one entry.
    fn entry(&mut self, index: u32, entry: &Entry, words: &[Word<'_>]) {
        let blank = entry.kind == EntryKind::Blank;
        self.draft.push(Statement {
            span: entry.span,
            parent: None,
            key: key_of(0, ""),
            ordered: entry.kind == EntryKind::Directive,
            support: Support::Irrelevant("blank or comment"),
        });
        if blank {
            return;
        }
        let place = self.draft.place(index);
        self.facts.first = self.facts.first.or(Some(place));
        let before = self.context;
        self.key_text.clear();
        let result = match (entry.wrong, entry.kind) {
            (Some(wrong), _) => Err(Wrong::from(wrong)),
            (None, EntryKind::Directive) => self.directive(index, words),
            (None, _) => {
                // Taken out while the record is lowered, and the owner of those that follow.
                let mut owner = self.owner.take();
                let result = self.record(index, entry.kind, words, &mut owner);
                self.owner = owner;
                result
            }
        };
        if self.key_text.is_empty() {
            for word in words {
                self.key_text.push_str(word.text);
                self.key_text.push(' ');
            }
        }
        let key = key_of(before, &self.key_text);
        self.draft.rekey(index, key);
        match result {
            Ok(support) => {
                self.draft.decide(index, support, None, 0);
                if support == Support::Modeled {
                    self.draft.contribute(index, self.index);
                }
            }
            Err(Wrong::Refused(reason)) => {
                if self.broken.is_none() {
                    self.broken = Some((index, reason));
                }
                self.hole(index, Support::Unrecognized(Effect::Zone));
            }
            Err(Wrong::Unmodeled) => self.hole(index, Support::Unmodeled(Effect::Zone)),
        }
    }

    /// Leaves a hole in the zone.
    fn hole(&mut self, index: u32, support: Support) {
        self.draft.decide(index, support, Some(&self.facet), 0);
        self.draft.contribute(index, self.index);
    }

    /// Lowers a line that begins with `$`.
    fn directive(&mut self, index: u32, words: &[Word<'_>]) -> Result<Support, Wrong> {
        let word = |index: usize| words.get(index).map_or("", |word| word.text);
        match word(0).to_ascii_uppercase().as_str() {
            "$ORIGIN" if words.len() == 2 => {
                self.origin = names::name(word(1), &self.origin)?;
                self.context = key_of(0, self.origin.as_str());
                Ok(Support::Modeled)
            }
            "$TTL" if words.len() == 2 => {
                let ttl = names::seconds(word(1))
                    .ok_or_else(|| Wrong::from(format!("`{}` is no time", word(1))))?;
                self.default_ttl = Some(if ttl > HIGHEST_TTL { 0 } else { ttl });
                self.ttl_directives += 1;
                Ok(Support::Modeled)
            }
            "$INCLUDE" if matches!(words.len(), 2 | 3) => {
                self.facts.includes = true;
                let file = names::unquoted(word(1));
                let message = format!("includes the file `{file}`, which is not read");
                self.draft.diagnose(Some(index), message);
                if file
                    .split('/')
                    .next_back()
                    .is_some_and(|end| matches!(end, "" | "." | ".."))
                {
                    return Err(Wrong::from("`$INCLUDE` names a folder"));
                }
                Err(Wrong::Unmodeled)
            }
            "$GENERATE" if words.len() >= 4 => self.generate(index, words),
            "$ORIGIN" | "$TTL" | "$INCLUDE" | "$GENERATE" => {
                Err(Wrong::from("a directive with the wrong number of words"))
            }
            _ => Err(Wrong::from("an unknown directive")),
        }
    }

    /// Lowers `$GENERATE range owner [ttl] [class] type data`.
    fn generate(&mut self, index: u32, words: &[Word<'_>]) -> Result<Support, Wrong> {
        let (range, owner) = match words {
            [_, range, owner, ..] => (range.text, owner.text),
            _ => return Err(Wrong::from("data is missing")),
        };
        let range = GenerateRange::parse(range).ok_or_else(|| Wrong::from("an invalid range"))?;
        let rest = words.get(3..).unwrap_or(&[]);
        let head = Self::head(rest)?;
        let data = rest.get(head.data..).unwrap_or(&[]);
        if range.count() > generate::MOST_RECORDS {
            self.facts.gaps = true;
            return Err(Wrong::Unmodeled);
        }
        let mut support = Support::Irrelevant(OUTSIDE);
        for number in range.numbers() {
            let bad = || Wrong::from("a bad `$` modifier");
            let owner = generate::substitute(owner, number).ok_or_else(bad)?;
            let owner = names::name(&owner, &self.origin)?;
            let mut texts = Vec::with_capacity(data.len());
            for word in data {
                let template = names::unquoted(word.text);
                let text = generate::substitute(&template, number).ok_or_else(bad)?;
                // A quoted template holds all of the data.
                texts.extend(text.split_ascii_whitespace().map(str::to_owned));
            }
            let made: Vec<Word<'_>> = texts
                .iter()
                .map(|text| Word {
                    text,
                    span: crate::source::Span::default(),
                })
                .collect();
            let added = self.add(index, &owner, &head, &made)?;
            if !matches!(added, Support::Irrelevant(_)) {
                support = added;
            }
        }
        Ok(support)
    }

    /// Lowers a record.
    fn record(
        &mut self,
        index: u32,
        kind: EntryKind,
        words: &[Word<'_>],
        owner: &mut Option<DomainName>,
    ) -> Result<Support, Wrong> {
        let mut rest = words;
        if kind == EntryKind::Owned {
            let (first, others) = words
                .split_first()
                .ok_or_else(|| Wrong::from("data is missing"))?;
            *owner = Some(names::name(first.text, &self.origin)?);
            rest = others;
        }
        let Some(owner) = owner else {
            return Err(Wrong::from("the first record has no owner"));
        };
        let head = Self::head(rest)?;
        let data = rest.get(head.data..).unwrap_or(&[]);
        self.key_text.clear();
        self.key_text.push_str(owner.as_str());
        let _ = match head.ttl {
            Some(ttl) => write!(self.key_text, " {ttl} "),
            None => write!(self.key_text, " -{} ", self.ttl_directives),
        };
        self.key_text.push_str(&head.kind);
        for word in data {
            self.key_text.push(' ');
            self.key_text.push_str(word.text);
        }
        self.add(index, owner, &head, data)
    }

    /// Reads `[ttl] [class] type`, class and time to live in either order.
    fn head<'a>(words: &'a [Word<'_>]) -> Result<Head<'a>, Wrong> {
        let mut ttl = None;
        let mut class = false;
        for (at, word) in words.iter().enumerate().take(3) {
            let text = word.text;
            if !class && is_class(text) {
                if !text.eq_ignore_ascii_case("IN") && !text.eq_ignore_ascii_case("CLASS1") {
                    return Err(Wrong::from("a class other than IN"));
                }
                class = true;
                continue;
            }
            if ttl.is_none()
                && text.as_bytes().first().is_some_and(u8::is_ascii_digit)
                && let Some(seconds) = names::seconds(text)
            {
                ttl = Some(if seconds > HIGHEST_TTL { 0 } else { seconds });
                continue;
            }
            if let Some((kind, support)) = commands::record_type(text) {
                return Ok(Head {
                    ttl,
                    kind: kind.into(),
                    support,
                    data: at + 1,
                });
            }
            return numbered_type(text, ttl, at + 1);
        }
        Err(Wrong::from("a record without a type"))
    }

    /// Adds a record to the zone.
    fn add(
        &mut self,
        index: u32,
        owner: &DomainName,
        head: &Head<'_>,
        words: &[Word<'_>],
    ) -> Result<Support, Wrong> {
        let data = record::data(&head.kind, head.support, words, &self.origin);
        self.facts.gaps |= matches!(data, Err(Wrong::Unmodeled));
        let data = data?;
        let ttl = self.ttl_of(head.ttl, &data)?;
        if head.kind == "NS" && owner.as_str().starts_with("*.") {
            return Err(Wrong::from("a wildcard cannot own an NS record"));
        }
        let at = self.draft.place(index);
        if !owner.is_at_or_below(&self.zone.origin) {
            if matches!(data, Data::Soa(_)) {
                return Err(Wrong::from("the SOA record is not at the zone's origin"));
            }
            return Ok(Support::Irrelevant(OUTSIDE));
        }
        let mut odd = false;
        match data {
            Data::Soa(soa) => self.soa(owner, Soa { ttl, ..soa }, at)?,
            Data::Record(data) => {
                if let Some(name) = check::odd_name(owner, &data) {
                    odd = true;
                    let message = format!("`check-names` may refuse `{name}`");
                    self.draft.diagnose(Some(index), message);
                }
                if let Some(list) = self.zone.records.get_mut(owner) {
                    // The first record of a set gives the time to live of all (RFC 2181 §5.2).
                    let ttl = match list.last() {
                        Some(before) if same_type(&before.value, &data) => before.value.ttl,
                        _ => ttl,
                    };
                    list.push(At::new(Record { ttl, data }, at));
                } else {
                    let first = vec![At::new(Record { ttl, data }, at)];
                    self.zone.records.insert(owner.clone(), first);
                }
            }
        }
        if odd || head.support.is_hole() {
            return Err(Wrong::Unmodeled);
        }
        Ok(Support::Modeled)
    }

    /// Sets the start of authority.
    fn soa(
        &mut self,
        owner: &DomainName,
        soa: Soa,
        at: crate::source::StatementRef,
    ) -> Result<(), Wrong> {
        if *owner != self.zone.origin {
            return Err(Wrong::from("the SOA record is not at the zone's origin"));
        }
        match &self.zone.soa {
            None => self.zone.soa = Some(At::new(soa, at)),
            Some(first)
                if (Soa {
                    ttl: first.value.ttl,
                    ..soa.clone()
                }) == first.value => {}
            Some(_) => self.facts.other_soa = self.facts.other_soa.or(Some(at)),
        }
        Ok(())
    }

    /// The time to live of a record (RFC 2308 §4, RFC 1035 §5.1).
    fn ttl_of(&mut self, explicit: Option<u32>, data: &Data) -> Result<u32, Wrong> {
        let ttl = match (explicit, self.default_ttl, self.last_ttl, data) {
            (Some(ttl), _, _, _) | (None, Some(ttl), _, _) | (None, None, Some(ttl), _) => ttl,
            (None, None, None, Data::Soa(soa)) => {
                // BIND takes the minimum for the first record, and for those that follow.
                self.default_ttl = Some(soa.minimum);
                soa.minimum
            }
            (None, None, None, Data::Record(_)) => return Err(Wrong::from("no time to live")),
        };
        self.last_ttl = Some(ttl);
        Ok(ttl)
    }
}

/// Why a record outside the zone bears on nothing.
const OUTSIDE: &str = "outside the zone: a server ignores it";

/// Whether two records are of one type.
fn same_type(record: &Record, data: &crate::model::dns::RecordData) -> bool {
    use crate::model::dns::RecordData;
    match (&record.data, data) {
        (RecordData::Other { kind: a, .. }, RecordData::Other { kind: b, .. }) => a == b,
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

/// Whether a word is a class (RFC 1035 §3.2.4, RFC 3597 §5).
fn is_class(text: &str) -> bool {
    ["IN", "CH", "HS", "CHAOS", "HESIOD"]
        .iter()
        .any(|class| class.eq_ignore_ascii_case(text))
        || text
            .get(..5)
            .is_some_and(|head| head.eq_ignore_ascii_case("CLASS"))
            && text
                .get(5..)
                .is_some_and(|tail| tail.parse::<u16>().is_ok())
}

/// A type as `TYPE123` (RFC 3597 §5).
fn numbered_type(text: &str, ttl: Option<u32>, data: usize) -> Result<Head<'_>, Wrong> {
    let number = text
        .get(..4)
        .filter(|head| head.eq_ignore_ascii_case("TYPE"))
        .and_then(|_| text.get(4..)?.parse::<u16>().ok());
    match number {
        // RFC 6895 §3.1: 128 to 255 are for questions and metadata.
        Some(0 | 128..=255) => Err(Wrong::from("a type that no zone may hold")),
        Some(number) => {
            // IANA, DNS resource record types: the ones that are lowered by name.
            let name = match number {
                1 => "A",
                2 => "NS",
                5 => "CNAME",
                6 => "SOA",
                12 => "PTR",
                15 => "MX",
                16 => "TXT",
                28 => "AAAA",
                33 => "SRV",
                39 => "DNAME",
                _ => text,
            };
            Ok(Head {
                ttl,
                kind: name.to_ascii_uppercase().into(),
                support: Support::Modeled,
                data,
            })
        }
        None => Err(Wrong::from(format!("`{text}` is no known type"))),
    }
}
