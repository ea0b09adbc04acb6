//! Which parameters let a caller out of their route.
//!
//! The host decodes a path twice on its way to the handler. What is one harmless segment to the
//! router can be `..` to the handler, and the request then arrives at another function's path,
//! with no key checked.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::{Constraint, RouteTemplate};

/// What changes where a request goes once the host has rewritten the path. Dots alone do not:
/// the router never sees a segment that is made of them.
const HOSTILE: [char; 5] = ['\\', '%', '?', '#', ' '];

/// The names of the parameters whose constraints let any of that through.
pub(crate) fn unsafe_parameters(template: &RouteTemplate) -> Vec<&str> {
    template
        .parameters()
        .filter(|parameter| !parameter.constraints.iter().any(holds))
        .map(|parameter| parameter.name.as_str())
        .collect()
}

fn holds(constraint: &Constraint) -> bool {
    match constraint {
        Constraint::Int
        | Constraint::Long
        | Constraint::Bool
        | Constraint::Guid
        | Constraint::Alpha
        | Constraint::Number
        | Constraint::Range { .. } => true,
        Constraint::Required | Constraint::Length { .. } => false,
        Constraint::Regex { pattern, .. } => {
            let parsed = ParserBuilder::new()
                .case_insensitive(true)
                .build()
                .parse(pattern.as_str());
            parsed.is_ok_and(|pattern| covers_all(&pattern) && !may_match(&pattern))
        }
    }
}

/// Whether what matches is the whole value, not a piece of it.
fn covers_all(pattern: &Hir) -> bool {
    let properties = pattern.properties();
    properties.look_set_prefix().contains(Look::Start)
        && properties.look_set_suffix().contains(Look::End)
}

/// Whether anything hostile can be part of a match.
fn may_match(pattern: &Hir) -> bool {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            text.contains(HOSTILE)
        }
        HirKind::Class(Class::Unicode(class)) => {
            let mut ranges = class.iter();
            ranges.any(|range| {
                HOSTILE
                    .iter()
                    .any(|one| (range.start()..=range.end()).contains(one))
            })
        }
        HirKind::Class(Class::Bytes(_)) => true,
        HirKind::Repetition(repeated) => may_match(&repeated.sub),
        HirKind::Capture(group) => may_match(&group.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(may_match),
    }
}

#[cfg(test)]
mod tests {
    use super::unsafe_parameters;
    use crate::route::RouteTemplate;

    #[track_caller]
    fn unsafe_in(template: &str) -> Vec<String> {
        let template = RouteTemplate::parse(template).unwrap();
        unsafe_parameters(&template)
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn a_parameter_without_a_constraint_or_with_a_length_only_is_unsafe() {
        assert_eq!(unsafe_in("events/{org_id}"), ["org_id"]);
        assert_eq!(unsafe_in("a/{id:maxlength(36)}/{*rest}"), ["id", "rest"]);
        assert_eq!(unsafe_in("a/{id:length(7)}"), ["id"]);
    }

    #[test]
    fn a_pattern_that_lets_anything_hostile_through_is_unsafe() {
        for pattern in [
            "^[^/]+$",
            "q",
            "^[a-z]+",
            "[a-z]+$",
            "^a|b$",
            "^(a|.)$",
            r"^[\w\\]+$",
            "^[ -~]+$",
        ] {
            assert_eq!(
                unsafe_in(&format!("a/{{id:regex({pattern})}}")),
                ["id"],
                "{pattern}"
            );
        }
    }

    #[test]
    fn the_constraints_seen_to_hold_are_safe() {
        for template in [
            "negotiate",
            "rooms/{id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)?}/{part:regex(^[a-z-]+$)?}",
            "sessions/{id:guid?}",
            "a/{n:int}/{w:alpha}",
            r"a/{x:regex(^(\w+|\d{{2}}-é)$)}/{y:maxlength(3):alpha}",
        ] {
            assert_eq!(unsafe_in(template), [""; 0], "{template}");
        }
    }
}
