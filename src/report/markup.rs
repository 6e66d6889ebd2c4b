//! Text made harmless inside of XML and HTML.

use crate::source::escape_terminal;

/// Text of an input as text or as the value of an attribute in double quotes.
pub(super) fn escaped(text: &str) -> String {
    let text = escape_terminal(text);
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter if letter.is_control() => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_text_or_an_attribute() {
        let harmless = "&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;";
        assert_eq!(escaped("<b title=\"x\" id='y'>&amp;"), harmless);
        assert!(!escaped("a\u{1B}[2J\u{202E}b\u{0}").contains(['\u{1B}', '\u{202E}', '\u{0}']));
    }
}
