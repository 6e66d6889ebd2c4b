//! One JSON object, for programs.

use std::fmt::Write as _;
use std::io;

use super::{Report, Style};
use crate::source::escape_terminal;
use crate::wire::assessment::Assessment;

/// The assessment as it is, fields in the schema's order.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl Report for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn render(
        &self,
        assessment: &Assessment,
        _style: Style,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let text = serde_json::to_string_pretty(assessment).map_err(io::Error::other)?;
        out.write_all(escape_hidden(&text).as_bytes())?;
        out.write_all(b"\n")
    }
}

/// Writes characters that a terminal would obey or hide as JSON escapes; the value stays the same.
///
/// JSON itself escapes those below U+0020 only.
pub(super) fn escape_hidden(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let shown = character == '\n'
            || character.is_ascii_graphic()
            || character == ' '
            || escape_terminal(character.encode_utf8(&mut [0; 4])).starts_with(character);
        if shown {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}
