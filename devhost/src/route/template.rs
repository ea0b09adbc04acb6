//! Route templates, and how they match.

use super::error::RouteError;
use super::parameter::{Parameter, Values};

/// A parsed template, such as `rooms/{id:int}/{*rest}`.
#[derive(Debug, Clone)]
pub(crate) struct RouteTemplate {
    segments: Vec<Segment>,
}

/// The parts between two slashes, such as `{name}.{extension}`.
#[derive(Debug, Clone)]
struct Segment(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Literal(String),
    Parameter(Parameter),
}

impl RouteTemplate {
    pub(crate) fn parse(template: &str) -> Result<Self, RouteError> {
        if template.starts_with(['/', '~']) {
            return Err(RouteError::BadStart);
        }
        let template = template.strip_suffix('/').unwrap_or(template);
        let segments = split_segments(template)?
            .into_iter()
            .map(Segment::parse)
            .collect::<Result<Vec<_>, _>>()?;

        let mut names: Vec<String> = Vec::new();
        for (at, segment) in segments.iter().enumerate() {
            for parameter in segment.parameters() {
                if parameter.catch_all && (at + 1 < segments.len() || segment.0.len() > 1) {
                    return Err(RouteError::AfterCatchAll);
                }
                let name = parameter.name.to_lowercase();
                if names.contains(&name) {
                    return Err(RouteError::SameName(parameter.name.clone()));
                }
                names.push(name);
            }
        }
        Ok(Self { segments })
    }

    pub(crate) fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.segments.iter().flat_map(Segment::parameters)
    }

    /// The texts between the parameters.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn literals(&self) -> impl Iterator<Item = &str> {
        let parts = self.segments.iter().flat_map(|segment| &segment.0);
        parts.filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Parameter(_) => None,
        })
    }

    /// The values of the parameters if this decoded path matches. Case and a trailing slash do not
    /// matter.
    pub(crate) fn matches(&self, path: &str) -> Option<Values> {
        let path = path.strip_prefix('/')?;
        let mut values = Vec::new();
        let mut rest = (!path.is_empty()).then_some(path);
        for segment in &self.segments {
            if let [Part::Parameter(parameter)] = segment.0.as_slice() {
                if parameter.catch_all {
                    parameter.take(rest.take().unwrap_or_default(), &mut values)?;
                    continue;
                }
                let text = next_segment(&mut rest).unwrap_or_default();
                parameter.take(text, &mut values)?;
                continue;
            }
            match next_segment(&mut rest) {
                Some(text) => segment.matches(text, &mut values)?,
                None => segment.all_absent(&mut values)?,
            }
        }
        rest.is_none_or(str::is_empty).then_some(values)
    }
}

fn next_segment<'a>(rest: &mut Option<&'a str>) -> Option<&'a str> {
    let path = rest.take()?;
    match path.split_once('/') {
        Some((segment, after)) => {
            *rest = Some(after);
            Some(segment)
        }
        None => Some(path),
    }
}

impl Segment {
    fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.0.iter().filter_map(|part| match part {
            Part::Parameter(parameter) => Some(parameter),
            Part::Literal(_) => None,
        })
    }

    fn parse(text: &str) -> Result<Self, RouteError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("}}")) {
                literal.push(first);
                rest = after;
            } else if first == '{' {
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                let end = closing_brace(rest).ok_or(RouteError::OpenBrace)?;
                parts.push(Part::Parameter(Parameter::parse(&rest[1..end])?));
                rest = &rest[end + 1..];
            } else if matches!(first, '}' | '?') {
                return Err(if first == '}' {
                    RouteError::OpenBrace
                } else {
                    RouteError::BadStart
                });
            } else {
                literal.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(Self(parts))
    }

    fn matches(&self, text: &str, values: &mut Values) -> Option<()> {
        match self.0.as_slice() {
            [Part::Literal(literal)] => literal.eq_ignore_ascii_case(text).then_some(()),
            // A parameter takes as much as possible, but leaves something for the parts after it.
            [Part::Parameter(parameter), Part::Literal(next), after @ ..] => {
                let lower = text.to_ascii_lowercase();
                let at = lower
                    .rfind(&next.to_ascii_lowercase())
                    .filter(|at| *at > 0)?;
                parameter.take(&text[..at], values)?;
                Self(after.to_vec()).matches_rest(&text[at + next.len()..], values)
            }
            [Part::Literal(literal), after @ ..] => {
                let head = text.get(..literal.len())?;
                literal.eq_ignore_ascii_case(head).then_some(())?;
                Self(after.to_vec()).matches_rest(&text[literal.len()..], values)
            }
            [Part::Parameter(parameter)] => parameter.take(text, values),
            _ => None,
        }
    }

    fn matches_rest(&self, text: &str, values: &mut Values) -> Option<()> {
        if self.0.is_empty() {
            text.is_empty().then_some(())
        } else {
            self.matches(text, values)
        }
    }

    fn all_absent(&self, values: &mut Values) -> Option<()> {
        self.0.iter().try_for_each(|part| match part {
            Part::Parameter(parameter) => parameter.take("", values),
            Part::Literal(_) => None,
        })
    }
}

/// Splits at slashes, except inside braces, where they are part of a constraint.
fn split_segments(template: &str) -> Result<Vec<&str>, RouteError> {
    if template.is_empty() {
        return Ok(Vec::new());
    }
    let mut segments = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < template.len() {
        let rest = &template[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            at += 2;
        } else if rest.starts_with('{') {
            at += closing_brace(rest).ok_or(RouteError::OpenBrace)? + 1;
        } else {
            if rest.starts_with('/') {
                segments.push(&template[start..at]);
                start = at + 1;
            }
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    segments.push(&template[start..]);
    if segments.iter().any(|segment| segment.is_empty()) {
        return Err(RouteError::BadStart);
    }
    Ok(segments)
}

/// The index of the brace that ends the parameter at the start of `text`. Doubled braces are text.
fn closing_brace(text: &str) -> Option<usize> {
    let mut at = 1;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            at += 2;
        } else if rest.starts_with('}') {
            return Some(at);
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::RouteTemplate;

    #[track_caller]
    fn values(template: &str, path: &str) -> Option<Vec<(String, String)>> {
        RouteTemplate::parse(template).unwrap().matches(path)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
        Some(
            pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn case_and_a_trailing_slash_do_not_matter() {
        assert_eq!(values("api/negotiate", "/API/Negotiate/"), pairs(&[]));
        assert_eq!(values("api/negotiate", "/api/negotiate/x"), None);
    }

    #[test]
    fn only_an_optional_parameter_may_be_missing() {
        assert_eq!(values("a/{id?}", "/a"), pairs(&[]));
        assert_eq!(values("a/{id?}", "/a/1"), pairs(&[("id", "1")]));
        assert_eq!(values("a/{id}", "/a/"), None);
        assert_eq!(values("a/{id=7}", "/a"), pairs(&[("id", "7")]));
    }

    #[test]
    fn a_catch_all_takes_the_rest_of_the_path() {
        assert_eq!(values("r/{*rest}", "/r/a//b/"), pairs(&[("rest", "a//b/")]));
        assert_eq!(values("r/{*rest}", "/r"), pairs(&[]));
    }

    #[test]
    fn a_pattern_may_contain_slashes_colons_and_parentheses() {
        let template = "rooms/{id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)?}/{part:regex(^(a|b/)+$)?}";

        assert_eq!(values(template, "/rooms/x:1/ab"), None);
        assert_eq!(
            values(template, "/rooms/x:1/aa"),
            pairs(&[("id", "x:1"), ("part", "aa")])
        );
        assert_eq!(values(template, "/rooms"), pairs(&[]));
        assert_eq!(values(template, "/rooms/..\\x"), None);
    }

    #[test]
    fn doubled_braces_in_a_pattern_mean_single_ones() {
        let template = "a/{id:regex(^[0-9]{{2}}$)}";

        assert_eq!(values(template, "/a/12"), pairs(&[("id", "12")]));
        assert_eq!(values(template, "/a/123"), None);
    }

    #[test]
    fn doubled_square_brackets_in_a_pattern_are_no_escape() {
        let template = "a/{id:regex(^[[a-z0-9]]+$)}";

        assert_eq!(values(template, "/a/org1"), None);
        assert_eq!(values(template, "/a/o]]"), pairs(&[("id", "o]]")]));
        assert_eq!(values(template, "/a/[]"), pairs(&[("id", "[]")]));
    }

    #[test]
    fn a_segment_may_have_several_parts() {
        assert_eq!(
            values("f/{name}.{kind}", "/f/a.b.txt"),
            pairs(&[("name", "a.b"), ("kind", "txt")])
        );
        assert_eq!(values("f/v{n:int}", "/f/V12"), pairs(&[("n", "12")]));
    }

    #[test]
    fn a_template_that_the_host_refuses_is_refused() {
        for template in [
            "/a",
            "a/{",
            "a/{x}/{x}",
            "{*a}/b",
            "a//b",
            "{}",
            "a/{x:what}",
            "a?",
        ] {
            assert!(RouteTemplate::parse(template).is_err(), "{template}");
        }
    }
}
