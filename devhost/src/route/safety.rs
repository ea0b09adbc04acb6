//! Finds parameters with which a caller can leave the route.
//!
//! The host decodes a path twice before it calls the handler. One harmless segment for the router
//! can be `..` for the handler, and the request then reaches another function's path without a
//! check of its key.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::constraint::Constraint;
use super::template::RouteTemplate;

/// Characters that change the path when the host rewrites it. Dots alone do not: the router never
/// sees a segment of dots only.
const HOSTILE: [char; 5] = ['\\', '%', '?', '#', ' '];

/// The names of the parameters whose constraints allow one of these characters.
pub(crate) fn unsafe_parameters(template: &RouteTemplate) -> Vec<&str> {
    template
        .parameters()
        .filter(|parameter| !parameter.constraints.iter().any(is_safe))
        .map(|parameter| parameter.name.as_str())
        .collect()
}

fn is_safe(constraint: &Constraint) -> bool {
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

/// Whether the pattern always matches the whole value, never a part of it.
fn covers_all(pattern: &Hir) -> bool {
    let properties = pattern.properties();
    properties.look_set_prefix().contains(Look::Start)
        && properties.look_set_suffix().contains(Look::End)
}

/// Whether a match can contain a hostile character.
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
    fn a_pattern_that_allows_a_hostile_character_is_unsafe() {
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
    fn the_constraints_that_were_tested_are_safe() {
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
