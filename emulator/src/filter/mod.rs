//! OData filters, which select the connections for a REST operation.

mod error;
mod evaluate;
mod expression;
mod lexer;
mod parser;

use crate::connection::Connection;
use error::FilterError;
use evaluate::Subject;
use expression::Expression;

/// A valid filter. Its types were checked, so evaluating it cannot fail.
#[derive(Debug)]
pub(crate) struct Filter(Expression);

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
