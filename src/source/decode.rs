//! Bytes to text: UTF-8, UTF-16 and Latin-1, line ends, pager marks.

use super::FileNote;

/// A text encoding other than plain UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// UTF-8 with a byte-order mark.
    Utf8Mark,
    /// UTF-16, least significant byte first.
    Utf16Le,
    /// UTF-16, most significant byte first.
    Utf16Be,
    /// ISO 8859-1.
    Latin1,
}

/// Decodes any bytes to text with `\n` line ends, and says what it had to do.
///
/// Never fails: bytes that are no text become U+FFFD and are noted as binary.
pub fn decode(bytes: &[u8]) -> (String, Vec<FileNote>) {
    let mut notes = Vec::new();
    let text = decode_characters(bytes, &mut notes);
    let text = if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text
    };
    let (text, marks) = remove_pager_marks(text);
    if marks > 0 {
        notes.push(FileNote::PagerMarks(marks));
    }
    (text, notes)
}

/// Chooses the encoding by byte-order mark, zero bytes, then validity.
fn decode_characters(bytes: &[u8], notes: &mut Vec<FileNote>) -> String {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        notes.push(FileNote::Decoded(Encoding::Utf8Mark));
        return decode_eight_bits(rest, notes);
    }
    let little = bytes.starts_with(b"\xFF\xFE");
    let big = bytes.starts_with(b"\xFE\xFF");
    let zero_at = |parity: usize| {
        bytes
            .iter()
            .take(512)
            .skip(parity)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
            * 4
            > bytes.len().min(512)
    };
    if little || big || zero_at(1) || zero_at(0) {
        let big = big || (!little && zero_at(0));
        let encoding = if big {
            Encoding::Utf16Be
        } else {
            Encoding::Utf16Le
        };
        notes.push(FileNote::Decoded(encoding));
        let skip = if little || bytes.starts_with(b"\xFE\xFF") {
            2
        } else {
            0
        };
        let units = bytes
            .get(skip..)
            .unwrap_or(&[])
            .chunks_exact(2)
            .map(|pair| match (pair, big) {
                ([high, low], true) => u16::from_be_bytes([*high, *low]),
                ([low, high], false) => u16::from_le_bytes([*low, *high]),
                _ => 0xFFFD,
            });
        return char::decode_utf16(units)
            .map(|unit| unit.unwrap_or('\u{FFFD}'))
            .collect();
    }
    decode_eight_bits(bytes, notes)
}

/// UTF-8 where valid, Latin-1 where printable, else UTF-8 with replacements and a note.
fn decode_eight_bits(bytes: &[u8], notes: &mut Vec<FileNote>) -> String {
    let binary = |byte: &u8| {
        *byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x03 | 0x08 | 0x0C | 0x1B)
    };
    if let Some(offset) = bytes.iter().position(binary) {
        notes.push(FileNote::Binary(u32::try_from(offset).unwrap_or(u32::MAX)));
        return String::from_utf8_lossy(bytes).into_owned();
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    notes.push(FileNote::Decoded(Encoding::Latin1));
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Removes `--More--` marks with the backspaces and blanks that pagers put around them.
fn remove_pager_marks(text: String) -> (String, u32) {
    if !text.contains("--More--") && !text.contains("<--- More --->") {
        return (text, 0);
    }
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    for line in text.split_inclusive('\n') {
        let mut rest = line;
        while let Some((before, mark)) = ["<--- More --->", "--More--"]
            .iter()
            .filter_map(|mark| rest.find(mark).map(|offset| (offset, *mark)))
            .min()
        {
            let after = rest.get(before + mark.len()..).unwrap_or("");
            let head = rest
                .get(..before)
                .unwrap_or("")
                .trim_end_matches([' ', '\u{8}']);
            out.push_str(head);
            // A pager erases its mark with backspaces, blanks and backspaces again; the rest of
            // the line, with its own indentation, follows the last backspace.
            rest = match after.rfind('\u{8}') {
                Some(last) => after.get(last + 1..).unwrap_or(""),
                None => after,
            };
            marks += 1;
        }
        out.push_str(rest);
    }
    (out, marks)
}
