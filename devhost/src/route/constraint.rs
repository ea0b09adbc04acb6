//! Constraints of route parameters.

use regex::Regex;

use super::error::RouteError;

/// A condition on the value of a parameter.
#[derive(Debug, Clone)]
pub(crate) enum Constraint {
    Int,
    Long,
    Bool,
    Guid,
    Alpha,
    Number,
    Required,
    Length { min: usize, max: usize },
    Range { min: i64, max: i64 },
    Regex { pattern: Regex, anchored_end: bool },
}

impl Constraint {
    /// Parses `name` or `name(arguments)`.
    pub(crate) fn parse(text: &str) -> Result<Self, RouteError> {
        let (name, argument) = match text.split_once('(') {
            Some((name, rest)) => (
                name,
                Some(rest.strip_suffix(')').ok_or(RouteError::OpenBrace)?),
            ),
            None => (text, None),
        };
        let bad = |problem: &str| RouteError::BadArgument {
            constraint: text.to_owned(),
            problem: problem.to_owned(),
        };
        let numbers = || -> Result<Vec<i64>, RouteError> {
            argument
                .unwrap_or_default()
                .split(',')
                .map(|part| {
                    part.trim()
                        .parse()
                        .map_err(|_| bad("it must be a whole number"))
                })
                .collect()
        };
        let one = || match numbers()?[..] {
            [only] => Ok(only),
            _ => Err(bad("it must be one number")),
        };
        let size =
            |number: i64| usize::try_from(number).map_err(|_| bad("it must not be negative"));

        Ok(match name.to_ascii_lowercase().as_str() {
            "int" => Self::Int,
            "long" => Self::Long,
            "bool" => Self::Bool,
            "guid" => Self::Guid,
            "alpha" => Self::Alpha,
            "decimal" | "double" | "float" => Self::Number,
            "required" => Self::Required,
            "minlength" => Self::Length {
                min: size(one()?)?,
                max: usize::MAX,
            },
            "maxlength" => Self::Length {
                min: 0,
                max: size(one()?)?,
            },
            "length" => match numbers()?[..] {
                [exact] => Self::Length {
                    min: size(exact)?,
                    max: size(exact)?,
                },
                [min, max] => Self::Length {
                    min: size(min)?,
                    max: size(max)?,
                },
                _ => return Err(bad("it must be one or two numbers")),
            },
            "min" => Self::Range {
                min: one()?,
                max: i64::MAX,
            },
            "max" => Self::Range {
                min: i64::MIN,
                max: one()?,
            },
            "range" => match numbers()?[..] {
                [min, max] => Self::Range { min, max },
                _ => return Err(bad("it must be two numbers")),
            },
            "regex" => {
                let pattern = argument.ok_or_else(|| bad("it must be a pattern"))?;
                let compiled = regex::RegexBuilder::new(&translated(pattern))
                    .case_insensitive(true)
                    .build();
                Self::Regex {
                    pattern: compiled.map_err(|error| bad(&error.to_string()))?,
                    anchored_end: pattern.ends_with('$'),
                }
            }
            _ => return Err(RouteError::UnknownConstraint(text.to_owned())),
        })
    }

    pub(crate) fn allows(&self, value: &str) -> bool {
        match self {
            Self::Int => integer(value).is_some_and(|number| i32::try_from(number).is_ok()),
            Self::Long => integer(value).is_some(),
            Self::Bool => matches!(value.trim().to_ascii_lowercase().as_str(), "true" | "false"),
            Self::Guid => is_guid(value.trim()),
            Self::Alpha => value.bytes().all(|byte| byte.is_ascii_alphabetic()),
            Self::Number => {
                let digits = value.trim().replace(',', "");
                digits.contains(|c: char| c.is_ascii_digit()) && digits.parse::<f64>().is_ok()
            }
            Self::Required => !value.is_empty(),
            Self::Length { min, max } => (*min..=*max).contains(&value.encode_utf16().count()),
            Self::Range { min, max } => {
                integer(value).is_some_and(|number| (*min..=*max).contains(&number))
            }
            // .NET's `$` also matches before a line feed at the very end.
            Self::Regex {
                pattern,
                anchored_end,
            } => {
                pattern.is_match(value)
                    || *anchored_end
                        && value
                            .strip_suffix('\n')
                            .is_some_and(|line| pattern.is_match(line))
            }
        }
    }
}

/// The pattern in the syntax of the regex crate, where brackets and some doubled characters inside
/// a class have a meaning. In .NET they are ordinary characters: `[[a-z]]` is a class with `[`
/// and the letters, followed by a `]`. Only `-[` begins a class to subtract.
fn translated(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len());
    let mut depth = 0;
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                translated.push(character);
                translated.extend(characters.next());
            }
            '-' if depth > 0 && characters.next_if_eq(&'[').is_some() => {
                translated.push_str("--[");
                depth += 1;
            }
            '[' if depth == 0 => {
                translated.push('[');
                depth = 1;
            }
            ']' if depth > 0 && !translated.ends_with(['[', '^']) => {
                translated.push(']');
                depth -= 1;
            }
            '[' | ']' | '&' | '~' if depth > 0 => translated.extend(['\\', character]),
            _ => translated.push(character),
        }
    }
    translated
}

/// .NET allows white space around a number and a sign before it.
fn integer(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

/// All forms of .NET's parser except the one with hexadecimal groups.
fn is_guid(text: &str) -> bool {
    let unwrap = |open, close| {
        text.strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close))
    };
    let hyphenated = |text: &str| {
        text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    };
    match unwrap('{', '}').or_else(|| unwrap('(', ')')) {
        Some(inner) => hyphenated(inner),
        None => {
            hyphenated(text)
                || text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Constraint;

    #[track_caller]
    fn allows(constraint: &str, value: &str) -> bool {
        Constraint::parse(constraint).unwrap().allows(value)
    }

    #[test]
    fn numbers_are_parsed_as_by_dotnet() {
        assert!(allows("int", " +42 "));
        assert!(!allows("int", "2147483648"));
        assert!(allows("long", "2147483648"));
        assert!(allows("range(1,3)", "3"));
        assert!(!allows("range(1,3)", "4"));
        assert!(allows("min(-1)", "-1"));
        assert!(!allows("max(5)", "x"));
    }

    #[test]
    fn a_guid_may_have_braces_or_no_dashes() {
        let plain = "0af76519-16cd-43dd-8448-eb211c80319c";

        assert!(allows("guid", plain));
        assert!(allows("guid", &format!("{{{plain}}}")));
        assert!(allows("guid", &format!("({plain})")));
        assert!(allows("guid", &plain.replace('-', "")));
        assert!(!allows("guid", &plain[1..]));
    }

    #[test]
    fn a_pattern_ignores_case_and_allows_a_trailing_line_feed() {
        assert!(allows("regex(^[a-z]+$)", "ABC\n"));
        assert!(!allows("regex(^[a-z]+$)", "a\nb"));
    }

    #[test]
    fn brackets_in_a_class_mean_the_same_as_in_dotnet() {
        assert!(allows("regex(^[[:a]$)", "["));
        assert!(allows("regex(^[]a]$)", "]"));
        assert!(!allows("regex(^[a-z-[aeiou]]+$)", "bad"));
        assert!(allows("regex(^[a-z-[aeiou]]+$)", "bcd"));
        assert!(allows("regex(^[a&&b]+$)", "a&b"));
    }

    #[test]
    fn lengths_are_counted_in_utf16() {
        assert!(allows("length(2)", "😀"));
        assert!(allows("maxlength(2)", ""));
        assert!(!allows("minlength(2)", "a"));
    }

    #[test]
    fn an_invalid_constraint_is_refused() {
        for text in [
            "datum",
            "int(",
            "min(x)",
            "length(1,2,3)",
            "regex([)",
            "maxlength(-1)",
        ] {
            assert!(Constraint::parse(text).is_err(), "{text}");
        }
    }
}
