//! OData filters: which connections an operation is for.

mod evaluate;
mod expression;
mod lexer;
mod parser;

use std::collections::BTreeSet;
use std::sync::Arc;

use thiserror::Error;

use crate::connection::Connection;
use expression::Expression;

/// A filter that was found to make sense: evaluating it cannot fail.
#[derive(Debug)]
pub(crate) struct Filter(Expression);

/// What a filter can ask about a connection.
#[derive(Debug)]
struct Subject<'a> {
    user: Option<&'a str>,
    connection: &'a str,
    protocol: Option<&'a str>,
    groups: &'a BTreeSet<Arc<str>>,
}

#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum FilterError {
    #[error("'{0}' is not expected at position {1}")]
    Unexpected(String, usize),
    #[error("Expression expected at position {0}")]
    ExpressionExpected(usize),
    #[error("')' expected at position {0}")]
    ParenthesisExpected(usize),
    #[error("Unterminated string at position {0}")]
    UnterminatedText(usize),
    #[error("The number at position {0} is too large")]
    NumberTooLarge(usize),
    #[error("Token '{0}' is not supported")]
    UnknownName(String),
    #[error("Function '{0}' does not take these arguments")]
    WrongArguments(String),
    #[error("Type '{found}', expect '{expected}'")]
    WrongType {
        found: &'static str,
        expected: &'static str,
    },
    #[error("The filter is nested too deeply")]
    TooDeep,
}

impl Filter {
    pub(crate) fn parse(text: &str) -> Result<Self, FilterError> {
        parser::parse(text).map(Self)
    }

    pub(crate) fn matches(&self, connection: &Connection) -> bool {
        let groups = connection.groups.lock();
        self.holds(&Subject {
            user: connection.user.as_deref(),
            connection: &connection.id,
            protocol: connection.agreed.subprotocol.as_deref(),
            groups: &groups,
        })
    }

    fn holds(&self, subject: &Subject<'_>) -> bool {
        self.0.evaluate(subject).is_true()
    }
}

#[cfg(test)]
mod tests;
