//! Invalid filters.

use thiserror::Error;

/// Why a filter is invalid. Positions count bytes from zero; that of an unexpected token is its end,
/// as in the real service.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum FilterError {
    #[error("Syntax error at position {0}")]
    Unexpected(usize),
    #[error("Syntax error at position {0}")]
    ExpressionExpected(usize),
    #[error("Syntax error at position {0}")]
    ParenthesisExpected(usize),
    #[error("Syntax error at position {0}")]
    UnterminatedText(usize),
    #[error("Syntax error at position {0}")]
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

impl FilterError {
    /// The position of a syntax error.
    pub(crate) fn position(&self) -> Option<usize> {
        match self {
            Self::Unexpected(position)
            | Self::ExpressionExpected(position)
            | Self::ParenthesisExpected(position)
            | Self::UnterminatedText(position)
            | Self::NumberTooLarge(position) => Some(*position),
            Self::UnknownName(_)
            | Self::WrongArguments(_)
            | Self::WrongType { .. }
            | Self::TooDeep => None,
        }
    }
}
