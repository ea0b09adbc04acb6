//! Invalid filters.

use thiserror::Error;

/// Why a filter is invalid. Positions count bytes from zero.
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
