//! Lines of a script that are no configuration: prompts, modes, exec commands, banners, ranges.

use crate::dialect::ios_family::interface_name::Naming;

/// Most interfaces of a range; more is a mistake.
const LARGEST_RANGE: u32 = 1024;

/// Features of NX-OS whose every statement is known, so that they can be taken away.
const WHOLE: [&str; 8] = [
    "bgp", "eigrp", "hsrp", "isis", "ospf", "rip", "vrrp", "vrrpv3",
];

/// What a line does to the mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is a line of configuration.
    Configuration,
    /// It shows or stores something.
    Nothing,
    /// It goes to the top level.
    Top,
    /// It leaves the innermost block.
    Up,
}

/// A line without blanks and without the prompt that a transcript has.
pub(super) fn without_prompt(line: &str) -> &str {
    let line = line.trim();
    let Some((host, rest)) = line.split_once('#') else {
        return line;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.()/".contains(&byte);
    if !host.is_empty() && host.bytes().all(plain) && !host.starts_with('(') {
        rest.trim()
    } else {
        line
    }
}

/// What a line is; the error is why an exec command is refused.
pub(super) fn classify(line: &str) -> Result<Mode, String> {
    let lower = line.to_ascii_lowercase();
    let mut words: Vec<&str> = lower.split_whitespace().collect();
    if words.first() == Some(&"do") {
        words.remove(0);
        return match classify_exec(&words) {
            Some(result) => result,
            None => Err(refusal(&words)),
        };
    }
    match words.as_slice() {
        ["end" | "^z"] => return Ok(Mode::Top),
        ["exit"] => return Ok(Mode::Up),
        [word] if word.starts_with("exit-") => return Ok(Mode::Up),
        ["no", "feature", name] if WHOLE.contains(name) => {}
        ["no", "feature", ..] => {
            return Err("the device takes all lines of the feature away; \
                        give its configuration after that instead"
                .to_owned());
        }
        _ => {}
    }
    classify_exec(&words).unwrap_or(Ok(Mode::Configuration))
}

/// What an exec command does; `None` where it is none.
fn classify_exec(words: &[&str]) -> Option<Result<Mode, String>> {
    let abbreviates =
        |word: &str, full: &str, shortest: usize| word.len() >= shortest && full.starts_with(word);
    match words {
        [first, second]
            if abbreviates(first, "configure", 4) && abbreviates(second, "terminal", 1) =>
        {
            Some(Ok(Mode::Top))
        }
        [first] if abbreviates(first, "enable", 2) || *first == "disable" => {
            Some(Ok(Mode::Nothing))
        }
        [first] | [first, "memory" | "mem"] if abbreviates(first, "write", 2) => {
            Some(Ok(Mode::Nothing))
        }
        ["copy", from, to]
            if abbreviates(from, "running-config", 3) && abbreviates(to, "startup-config", 5) =>
        {
            Some(Ok(Mode::Nothing))
        }
        ["show" | "sh" | "sho", _, ..]
        | [
            "terminal" | "term" | "ping" | "traceroute" | "more" | "dir" | "verify",
            ..,
        ] => Some(Ok(Mode::Nothing)),
        [first, ..] if abbreviates(first, "write", 2) => Some(Err(refusal(words))),
        [
            "reload" | "copy" | "erase" | "delete" | "format" | "clear" | "debug" | "undebug"
            | "rename" | "request" | "test" | "squeeze" | "configure" | "conf" | "issu" | "install"
            | "send" | "disconnect" | "redundancy-reload" | "tclsh" | "setup",
            ..,
        ]
        | ["clock", "set", ..] => Some(Err(refusal(words))),
        _ => None,
    }
}

/// Why an exec command is refused.
fn refusal(words: &[&str]) -> String {
    format!(
        "`{}` is an exec command, whose effect is no configuration",
        words.first().copied().unwrap_or("")
    )
}

/// The delimiter of a banner that a line begins, and whether the line also ends it.
pub(super) fn banner(line: &str) -> Option<(String, bool)> {
    let mut words = line.split_whitespace();
    if !words.next()?.eq_ignore_ascii_case("banner") {
        return None;
    }
    let kind = words.next()?;
    let opening = words.next()?;
    let delimiter = if opening.starts_with("^C") {
        "^C".to_owned()
    } else {
        opening.chars().next()?.to_string()
    };
    let after = line.get(line.find(kind)? + kind.len()..)?;
    let text = after.get(after.find(&delimiter)? + delimiter.len()..)?;
    let closed = text.contains(&delimiter);
    Some((delimiter, closed))
}

/// Whether words are the names of several interfaces.
pub(super) fn is_list(names: &Naming, words: &[&str]) -> bool {
    let number = |text: &str| {
        let digit = text.find(|next: char| next.is_ascii_digit());
        digit.and_then(|at| text.get(at..)).map(str::to_owned)
    };
    matches!(names, Naming::Types(_))
        && !matches!(words.last(), Some(&("point-to-point" | "multipoint")))
        && number(&words.join(" ")).is_some_and(|number| number.contains([',', '-']))
}

/// The interfaces of `Gi1/0/1 - 4, Gi1/0/7`; a part without a type is of the one before.
pub(super) fn range(names: &Naming, text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut kind = String::new();
    for part in text.split(',') {
        let part: String = part.split_whitespace().collect();
        let digit = part.find(|next: char| next.is_ascii_digit())?;
        let part = if digit == 0 {
            format!("{kind}{part}")
        } else {
            part.get(..digit)?.clone_into(&mut kind);
            part
        };
        let (first, last) = match part.split_once('-') {
            // `Port-channel1` holds the sign too.
            Some((head, rest)) if head.ends_with(|next: char| next.is_ascii_digit()) => {
                (head.to_owned(), Some(rest.to_owned()))
            }
            _ => match part.rsplit_once('-') {
                Some((head, rest)) if head.ends_with(|next: char| next.is_ascii_digit()) => {
                    (head.to_owned(), Some(rest.to_owned()))
                }
                _ => (part.clone(), None),
            },
        };
        let name = names.full_name(&first).into_owned();
        let digits = name
            .rfind(|next: char| !next.is_ascii_digit())
            .map_or(0, |at| at + 1);
        let (head, low) = name.split_at_checked(digits)?;
        let low: u32 = low.parse().ok()?;
        let high = match last {
            None => low,
            Some(last) => last
                .rsplit(['/', '.'])
                .next()?
                .trim_start_matches(|c: char| c.is_alphabetic())
                .parse()
                .ok()?,
        };
        if high < low || high - low > LARGEST_RANGE {
            return None;
        }
        out.extend((low..=high).map(|number| format!("{head}{number}")));
    }
    Some(out)
}
