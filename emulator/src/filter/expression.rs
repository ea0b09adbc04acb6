//! Expressions and their types.

use super::error::FilterError;

#[derive(Debug, PartialEq)]
pub(super) enum Expression {
    Null,
    Bool(bool),
    Integer(i64),
    Text(String),
    Field(Field),
    Not(Box<Self>),
    /// A flat list of conditions: nested pairs would make a long filter deep.
    And(Vec<Self>),
    Or(Vec<Self>),
    Compare(Comparison, Box<Self>, Box<Self>),
    /// Whether a value is in a list.
    In(Box<Self>, Vec<Self>),
    InGroups(Box<Self>),
    Call(Function, Vec<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    UserId,
    ConnectionId,
    Protocol,
    Groups,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    ToLower,
    ToUpper,
    Trim,
    Substring,
    Concat,
    IndexOf,
    Contains,
    StartsWith,
    EndsWith,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Bool,
    Integer,
    Text,
    Groups,
}

impl Expression {
    pub(super) fn kind(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Integer(_) => Type::Integer,
            Self::Text(_) | Self::Field(Field::UserId | Field::ConnectionId | Field::Protocol) => {
                Type::Text
            }
            Self::Field(Field::Groups) => Type::Groups,
            Self::Bool(_)
            | Self::Not(_)
            | Self::And(_)
            | Self::Or(_)
            | Self::Compare(..)
            | Self::In(..)
            | Self::InGroups(_) => Type::Bool,
            Self::Call(function, _) => function.returns(),
        }
    }

    pub(super) fn expect(&self, expected: Type) -> Result<(), FilterError> {
        let found = self.kind();
        if found == expected {
            return Ok(());
        }
        Err(FilterError::WrongType {
            found: found.name(),
            expected: expected.name(),
        })
    }

    pub(super) fn expect_or_null(&self, expected: Type) -> Result<(), FilterError> {
        if self.kind() == Type::Null {
            Ok(())
        } else {
            self.expect(expected)
        }
    }
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "length" => Self::Length,
            "tolower" => Self::ToLower,
            "toupper" => Self::ToUpper,
            "trim" => Self::Trim,
            "substring" => Self::Substring,
            "concat" => Self::Concat,
            "indexof" => Self::IndexOf,
            "contains" => Self::Contains,
            "startswith" => Self::StartsWith,
            "endswith" => Self::EndsWith,
            _ => return None,
        })
    }

    pub(super) fn takes(self, arguments: &[Expression]) -> bool {
        use Type::{Groups, Integer, Text};
        let fit = |expected: &[Type]| {
            arguments.len() == expected.len()
                && arguments
                    .iter()
                    .zip(expected)
                    .all(|(argument, &kind)| argument.expect_or_null(kind).is_ok())
        };
        match self {
            Self::Length => fit(&[Text]) || fit(&[Groups]),
            Self::ToLower | Self::ToUpper | Self::Trim => fit(&[Text]),
            Self::Substring => fit(&[Text, Integer]) || fit(&[Text, Integer, Integer]),
            Self::Concat | Self::IndexOf | Self::Contains | Self::StartsWith | Self::EndsWith => {
                fit(&[Text, Text])
            }
        }
    }

    fn returns(self) -> Type {
        match self {
            Self::Length | Self::IndexOf => Type::Integer,
            Self::ToLower | Self::ToUpper | Self::Trim | Self::Substring | Self::Concat => {
                Type::Text
            }
            Self::Contains | Self::StartsWith | Self::EndsWith => Type::Bool,
        }
    }
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Integer => "int",
            Self::Text => "string",
            Self::Groups => "collection",
        }
    }
}
