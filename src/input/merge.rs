//! Several changes of one network put together, file by file and line by line.

use std::collections::{BTreeMap, BTreeSet};

use crate::input::Error;
use crate::input::snapshot::Member;

/// The base with what every side changed of it; sides that change the same lines are an error.
pub(in crate::input) fn merged(
    base: Vec<Member>,
    sides: Vec<Vec<Member>>,
) -> Result<Vec<Member>, Error> {
    let base = by_path(base);
    let sides: Vec<BTreeMap<String, Member>> = sides.into_iter().map(by_path).collect();
    let paths: BTreeSet<&String> = (base.keys())
        .chain(sides.iter().flat_map(BTreeMap::keys))
        .collect();
    let mut out = Vec::new();
    let mut clashes = Vec::new();
    for path in paths {
        let first = base.get(path);
        let mut current = first.cloned();
        for side in &sides {
            let other = side.get(path);
            if is_same(other, first) || is_same(other, current.as_ref()) {
                continue;
            }
            if is_same(current.as_ref(), first) {
                current = other.cloned();
                continue;
            }
            match lines(first, current.as_ref(), other) {
                Some(text) => {
                    if let Some(current) = &mut current {
                        current.bytes = Ok(text);
                    }
                }
                None => clashes.push(format!("`{path}`")),
            }
        }
        out.extend(current);
    }
    if clashes.is_empty() {
        return Ok(out);
    }
    clashes.dedup();
    Err(Error::usage(
        format!(
            "put the changes together: they change the same lines of {}",
            clashes.join(", ")
        ),
        "put these files together by hand and run `check`",
    ))
}

/// Members by path.
fn by_path(members: Vec<Member>) -> BTreeMap<String, Member> {
    let named = members.into_iter();
    named.map(|member| (member.path.clone(), member)).collect()
}

/// Whether two versions of a file are the same.
fn is_same(one: Option<&Member>, other: Option<&Member>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one.bytes == other.bytes,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Two versions of one text as one; `None` where they change the same lines, or a side has no text.
fn lines(base: Option<&Member>, one: Option<&Member>, other: Option<&Member>) -> Option<Vec<u8>> {
    let bytes = |member: Option<&Member>| member?.bytes.as_ref().ok().cloned();
    let (base, one, other) = (bytes(base)?, bytes(one)?, bytes(other)?);
    diffy::merge_bytes(&base, &one, &other).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileOrigin;

    /// A place of files.
    fn place(files: &[(&str, &str)]) -> Vec<Member> {
        let member = |(path, text): &(&str, &str)| Member {
            path: (*path).to_owned(),
            origin: FileOrigin::Disk,
            bytes: Ok(text.as_bytes().to_vec()),
        };
        files.iter().map(member).collect()
    }

    /// What becomes of a place and two sides.
    fn both(
        base: &[(&str, &str)],
        one: &[(&str, &str)],
        other: &[(&str, &str)],
    ) -> Result<Vec<(String, String)>, String> {
        let members = merged(place(base), vec![place(one), place(other)]);
        let members = members.map_err(|error| error.to_string())?;
        let shown = members.into_iter().map(|member| {
            let text = String::from_utf8(member.bytes.unwrap_or_default()).unwrap();
            (member.path, text)
        });
        Ok(shown.collect())
    }

    #[test]
    fn files_and_lines_of_both_sides_are_kept() {
        let base = [("a", "1\n2\n3\n4\n5\n"), ("b", "x\n"), ("c", "y\n")];
        let one = [("a", "1!\n2\n3\n4\n5\n"), ("b", "x\n"), ("c", "z\n")];
        let other = [("a", "1\n2\n3\n4\n5!\n"), ("c", "y\n"), ("d", "new\n")];
        let merged = both(&base, &one, &other).unwrap();
        let text: Vec<(&str, &str)> = (merged.iter())
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .collect();
        assert_eq!(
            text,
            [("a", "1!\n2\n3\n4\n5!\n"), ("c", "z\n"), ("d", "new\n")]
        );
    }

    #[test]
    fn the_same_lines_changed_twice_are_an_error() {
        let error = both(&[("a", "1\n")], &[("a", "2\n")], &[("a", "3\n")]).unwrap_err();
        assert!(error.contains("the same lines of `a`"), "{error}");
        // A file that one removes and the other changes.
        assert!(both(&[("a", "1\n")], &[], &[("a", "3\n")]).is_err());
        let same = both(&[("a", "1\n")], &[("a", "2\n")], &[("a", "2\n")]).unwrap();
        assert_eq!(same, [("a".to_owned(), "2\n".to_owned())]);
    }
}
