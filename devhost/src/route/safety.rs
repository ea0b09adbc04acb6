//! Which parameters let a caller out of their route.
//!
//! The host decodes a path twice on its way to the handler. What is one harmless segment to the
//! router can be `..` to the handler, and the request then arrives at another function's path,
//! with no key checked.

use super::RouteTemplate;

/// Values that change where the request goes, once the host has rewritten the path.
const ESCAPES: &[&str] = &[
    "..\\..\\Other",
    "..\\x",
    "a\\b",
    "\\",
    "%2E%2E",
    "%2e",
    "a%2Fb",
    "a%b",
    "..",
    ".",
    "abc\\..\\..\\..\\abcdefghijklmnopqrstuvwxyz01",
    "a?b",
    "a#b",
];

/// The names of the parameters that accept such a value.
pub(crate) fn unsafe_parameters(template: &RouteTemplate) -> Vec<&str> {
    template
        .parameters()
        .filter(|parameter| {
            ESCAPES.iter().any(|value| {
                parameter
                    .constraints
                    .iter()
                    .all(|constraint| constraint.allows(value))
            })
        })
        .map(|parameter| parameter.name.as_str())
        .collect()
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
        assert_eq!(unsafe_in("a/{id:regex(^[^/]+$)}"), ["id"]);
    }

    #[test]
    fn the_constraints_seen_to_hold_are_safe() {
        for template in [
            "negotiate",
            "rooms/{id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)?}/{part:regex(^[a-z-]+$)?}",
            "sessions/{id:guid?}",
            "a/{n:int}/{w:alpha}",
        ] {
            assert_eq!(unsafe_in(template), [""; 0], "{template}");
        }
    }
}
