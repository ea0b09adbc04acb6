//! Evaluates a filter for a connection.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::expression::{Comparison, Expression, Field, Function};

/// The properties of a connection that a filter can test.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) user: Option<&'a str>,
    pub(super) connection: &'a str,
    pub(super) protocol: Option<&'a str>,
    pub(super) groups: &'a BTreeSet<Arc<str>>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Text(Cow<'a, str>),
    /// Expressions only count and search the groups, so this holds none.
    Groups,
}

impl<'a> Value<'a> {
    pub(super) fn is_true(&self) -> bool {
        *self == Value::Bool(true)
    }

    fn of(text: Option<&'a str>) -> Self {
        text.map_or(Value::Null, |text| Value::Text(Cow::Borrowed(text)))
    }

    fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Value::Text(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Groups => None,
        }
    }

    fn integer(self) -> Option<i64> {
        match self {
            Value::Integer(value) => Some(value),
            Value::Null | Value::Bool(_) | Value::Text(_) | Value::Groups => None,
        }
    }
}

impl Expression {
    pub(super) fn evaluate<'a>(&'a self, subject: &Subject<'a>) -> Value<'a> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Text(text) => Value::of(Some(text)),
            Self::Field(Field::UserId) => Value::of(subject.user),
            Self::Field(Field::ConnectionId) => Value::of(Some(subject.connection)),
            Self::Field(Field::Protocol) => Value::of(subject.protocol),
            Self::Field(Field::Groups) => Value::Groups,
            Self::Not(operand) => Value::Bool(!operand.evaluate(subject).is_true()),
            Self::And(all) => Value::Bool(all.iter().all(|one| one.evaluate(subject).is_true())),
            Self::Or(any) => Value::Bool(any.iter().any(|one| one.evaluate(subject).is_true())),
            Self::Compare(comparison, left, right) => {
                Value::Bool(comparison.holds(left.evaluate(subject), right.evaluate(subject)))
            }
            Self::In(wanted, list) => {
                let wanted = wanted.evaluate(subject);
                Value::Bool(list.iter().any(|item| item.evaluate(subject) == wanted))
            }
            Self::InGroups(wanted) => {
                let wanted = wanted.evaluate(subject).text();
                Value::Bool(wanted.is_some_and(|group| subject.groups.contains(&*group)))
            }
            Self::Call(function, arguments) => function.call(arguments, subject),
        }
    }
}

impl Comparison {
    /// An ordering with null is false.
    fn holds(self, left: Value<'_>, right: Value<'_>) -> bool {
        let ordered = |holds: fn(i64, i64) -> bool, left: Value<'_>, right: Value<'_>| {
            left.integer()
                .zip(right.integer())
                .is_some_and(|(left, right)| holds(left, right))
        };
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Greater => ordered(|a, b| a > b, left, right),
            Self::GreaterOrEqual => ordered(|a, b| a >= b, left, right),
            Self::Less => ordered(|a, b| a < b, left, right),
            Self::LessOrEqual => ordered(|a, b| a <= b, left, right),
        }
    }
}

impl Function {
    fn call<'a>(self, arguments: &'a [Expression], subject: &Subject<'a>) -> Value<'a> {
        let value = |n: usize| {
            arguments
                .get(n)
                .map_or(Value::Null, |argument| argument.evaluate(subject))
        };
        let text = |n: usize| value(n).text();
        let changed = |change: fn(&str) -> String| {
            text(0).map_or(Value::Null, |text| Value::Text(change(&text).into()))
        };
        let tested = |test: fn(&str, &str) -> bool| {
            Value::Bool(
                text(0)
                    .zip(text(1))
                    .is_some_and(|(whole, part)| test(&whole, &part)),
            )
        };
        match self {
            Self::Length => match value(0) {
                Value::Groups => Value::Integer(count(subject.groups.len())),
                other => other.text().map_or(Value::Null, |text| {
                    Value::Integer(count(text.chars().count()))
                }),
            },
            Self::ToLower => changed(str::to_lowercase),
            Self::ToUpper => changed(str::to_uppercase),
            Self::Trim => changed(|text| text.trim().to_owned()),
            Self::Concat => match (text(0), text(1)) {
                (None, None) => Value::Null,
                (left, right) => Value::Text(
                    (left.unwrap_or_default() + &*right.unwrap_or_default())
                        .into_owned()
                        .into(),
                ),
            },
            Self::Substring => {
                let length = if arguments.len() == 3 {
                    value(2).integer()
                } else {
                    Some(i64::MAX)
                };
                match (text(0), value(1).integer(), length) {
                    (Some(text), Some(start), Some(length)) => {
                        Value::Text(substring(&text, start, length).into())
                    }
                    _ => Value::Null,
                }
            }
            Self::IndexOf => {
                let index = text(0).zip(text(1)).and_then(|(whole, part)| {
                    whole
                        .find(&*part)
                        .map(|at| count(whole[..at].chars().count()))
                });
                Value::Integer(index.unwrap_or(-1))
            }
            Self::Contains => tested(|whole, part| whole.contains(part)),
            Self::StartsWith => tested(|whole, part| whole.starts_with(part)),
            Self::EndsWith => tested(|whole, part| whole.ends_with(part)),
        }
    }
}

/// Counts characters, and ignores those beyond the ends.
fn substring(text: &str, start: i64, length: i64) -> String {
    let start = usize::try_from(start).unwrap_or(0);
    let length = usize::try_from(length).unwrap_or(0);
    text.chars().skip(start).take(length).collect()
}

fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
