//! What a route parameter admits. The host decodes a path twice and removes dot segments after
//! it matched the route, so a parameter that admits `\`, `%` or a leading dot leads anywhere.

use std::iter::Peekable;
use std::str::Chars;

use super::split::split_outside;

/// A parameter of a route template, such as `{id:guid?}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    /// As it stands between the braces.
    pub(super) text: String,
    constraints: Vec<String>,
    is_catch_all: bool,
    pub(super) is_optional: bool,
}

/// Constraints that admit numbers and the like alone.
const TYPES: [&str; 10] = [
    "int", "long", "bool", "guid", "decimal", "double", "float", "min", "max", "range",
];

impl Parameter {
    pub(super) fn parse(text: &str) -> Self {
        let is_catch_all = text.starts_with('*');
        let (rest, optional) = match text.strip_suffix('?') {
            Some(rest) => (rest, true),
            None => (text, false),
        };
        // A regular expression may contain colons.
        let mut parts = split_outside(['(', ')'], ':', rest);
        let name = parts.next().unwrap_or_default();
        let constraints: Vec<_> = parts.map(str::to_owned).collect();
        let has_default = name.contains('=')
            || constraints
                .last()
                .is_some_and(|last| !last.starts_with("regex(") && last.contains('='));
        Self {
            text: text.to_owned(),
            constraints,
            is_catch_all,
            is_optional: optional || has_default || is_catch_all,
        }
    }

    /// Whether a caller can write `..%5C..%5Cname` there.
    pub(super) fn is_open(&self) -> bool {
        self.is_catch_all || !self.constraints.iter().any(|c| is_closed(c))
    }

    /// Whether a function's name fits.
    pub(super) fn admits_names(&self) -> bool {
        let is_type = |c: &String| TYPES.contains(&base_name(c).as_str());
        !self.constraints.iter().any(is_type)
    }
}

fn base_name(constraint: &str) -> String {
    let name = constraint.split(['(', '=']).next().unwrap_or_default();
    name.trim().to_ascii_lowercase()
}

fn is_closed(constraint: &str) -> bool {
    match base_name(constraint).as_str() {
        "alpha" => true,
        "regex" => {
            let pattern = constraint.split_once('(').map(|(_, pattern)| pattern);
            let pattern = pattern.and_then(|pattern| pattern.trim_end().strip_suffix(')'));
            pattern.is_some_and(is_closed_regex)
        }
        name => TYPES.contains(&name),
    }
}

/// One element of a pattern: which of the dangerous characters it admits, and whether it may be
/// left out.
struct Atom {
    admits_escape: bool,
    admits_dot: bool,
    is_optional: bool,
}

/// Understands anchored sequences of characters and classes. Anything else counts as open: a
/// pattern that a reader cannot check at a glance should be rewritten.
fn is_closed_regex(pattern: &str) -> bool {
    let anchored = pattern
        .strip_prefix('^')
        .and_then(|rest| rest.strip_suffix('$'));
    let Some(inner) = anchored else {
        return false;
    };
    let Some(atoms) = atoms(inner) else {
        return false;
    };
    let escapes = atoms.iter().any(|atom| atom.admits_escape);
    // Atoms that can hold the first character: those up to the first that must be there.
    let leading = match atoms.iter().position(|atom| !atom.is_optional) {
        Some(first) => &atoms[..=first],
        None => &atoms[..],
    };
    !escapes && !leading.iter().any(|atom| atom.admits_dot)
}

fn atoms(pattern: &str) -> Option<Vec<Atom>> {
    let mut rest = pattern.chars().peekable();
    let mut atoms = Vec::new();
    while let Some(c) = rest.next() {
        let (admits_escape, admits_dot) = match c {
            '[' => class(&mut rest)?,
            '\\' => escaped(rest.next()?)?,
            // Alternatives, groups and `.` are not understood.
            '(' | ')' | '|' | '.' | '*' | '+' | '?' | '{' | '}' | '^' | '$' | ']' => return None,
            '%' => (true, false),
            _ => (false, false),
        };
        let is_optional = quantifier(&mut rest)?;
        atoms.push(Atom {
            admits_escape,
            admits_dot,
            is_optional,
        });
    }
    Some(atoms)
}

/// Whether it admits an escape, and a dot.
fn class(rest: &mut Peekable<Chars<'_>>) -> Option<(bool, bool)> {
    if rest.peek() == Some(&'^') {
        return None;
    }
    let mut members = Vec::new();
    loop {
        match rest.next()? {
            ']' if !members.is_empty() => break,
            '[' => return None,
            '\\' => match rest.next()? {
                'd' => members.extend('0'..='9'),
                'w' => members.push('w'),
                c if c.is_ascii_punctuation() => members.push(c),
                _ => return None,
            },
            c => match (rest.peek(), members.is_empty()) {
                (Some('-'), _) => {
                    rest.next();
                    match rest.next()? {
                        ']' => {
                            members.extend([c, '-']);
                            break;
                        }
                        '\\' | '[' => return None,
                        end => members.extend(c..=end),
                    }
                }
                _ => members.push(c),
            },
        }
    }
    let admits_escape = members.iter().any(|c| matches!(c, '\\' | '%' | '/'));
    Some((admits_escape, members.contains(&'.')))
}

fn escaped(c: char) -> Option<(bool, bool)> {
    match c {
        'd' | 'w' => Some((false, false)),
        '.' => Some((false, true)),
        '\\' | '%' | '/' => Some((true, false)),
        c if c.is_ascii_punctuation() => Some((false, false)),
        _ => None,
    }
}

/// Whether the atom before it may be left out.
fn quantifier(rest: &mut Peekable<Chars<'_>>) -> Option<bool> {
    match rest.peek() {
        Some('*' | '?') => {
            rest.next();
            Some(true)
        }
        Some('+') => {
            rest.next();
            Some(false)
        }
        Some('{') => {
            let mut counts = String::new();
            loop {
                match rest.next()? {
                    '}' => break,
                    c => counts.push(c),
                }
            }
            let min = counts.trim_start_matches('{').split(',').next()?;
            Some(min.trim().parse::<u32>().ok()? == 0)
        }
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_that_keep_a_caller_in_are_closed() {
        for text in [
            "id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)?",
            "part:regex(^[a-z-]+$)?",
            "id:guid?",
            "id:int",
            "id:int:min(1)",
            "id:alpha",
            r"id:regex(^\d{1,9}$)",
            r"id:regex(^v[0-9]+\.[0-9]+$)",
            "id:maxlength(36):alpha",
        ] {
            assert!(!Parameter::parse(text).is_open(), "{text}");
        }
    }

    #[test]
    fn everything_else_is_open() {
        for text in [
            "org_id",
            "*rest",
            "**rest",
            "*rest:alpha",
            "id:maxlength(36)",
            "id:length(3)",
            "id:required",
            "id?",
            "id=5",
            "id:regex(^.*$)",
            "id:regex([a-z]+)",
            "id:regex(^[a-z.]+$)",
            "id:regex(^[a-z]*[.a-z]+$)",
            r"id:regex(^\.[a-z]+$)",
            r"id:regex(^[a-z\\]+$)",
            "id:regex(^[a-z%]+$)",
            "id:regex(^[^/]+$)",
            "id:regex(^(a|..)$)",
            "id:regex(^[!-~]+$)",
            "id:unheard(of)",
        ] {
            assert!(Parameter::parse(text).is_open(), "{text}");
        }
    }
}
