//! Lines pasted into an Example OS.

use crate::dialect::{AppliedLine, ApplyError};
use crate::source::File;

/// Pastes each line of `script`: `port NAME` enters a block, other lines land in it.
pub(super) fn apply(file: &File, script: &File) -> Result<Vec<AppliedLine>, ApplyError> {
    let mut lines: Vec<String> = file.text.lines().map(str::to_owned).collect();
    let mut block: Option<String> = None;
    let mut out = Vec::new();
    for (number, line) in (1..).zip(script.text.lines()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => {}
            ["port", name] => {
                let header = format!("port {name}");
                if !lines.contains(&header) {
                    lines.push(header.clone());
                }
                block = Some(header);
            }
            ["name", ..] => {
                lines.retain(|line| !line.starts_with("name "));
                lines.insert(0, words.join(" "));
            }
            [setting @ ("address" | "closed"), ..] => {
                let Some(start) = lines.iter().position(|line| Some(line) == block.as_ref()) else {
                    return Err(ApplyError::Line {
                        line: number,
                        reason: format!("`{setting}` outside a port"),
                    });
                };
                let old = lines
                    .iter()
                    .enumerate()
                    .skip(start + 1)
                    .take_while(|(_, line)| line.starts_with(' '))
                    .find(|(_, line)| line.split_whitespace().next() == Some(*setting))
                    .map(|(index, _)| index);
                if let Some(old) = old {
                    lines.remove(old);
                }
                lines.insert(start + 1, format!("  {}", words.join(" ")));
            }
            [other, ..] => {
                return Err(ApplyError::Line {
                    line: number,
                    reason: format!("unknown command `{other}`"),
                });
            }
        }
        let mut text = lines.join("\n");
        text.push('\n');
        out.push(AppliedLine { line: number, text });
    }
    Ok(out)
}
