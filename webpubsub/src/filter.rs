//! Filters choose among connections: OData's small language, without its quoting mistakes.
//!
//! ```
//! use webpubsub::filter;
//!
//! let filter = filter::user_id("O'Brien").or(filter::in_group("night shift").not());
//!
//! assert_eq!(
//!     filter.as_str(),
//!     "(userId eq 'O''Brien') or (not ('night shift' in groups))"
//! );
//! ```

use std::fmt;

/// A condition that a connection meets or not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filter(String);

impl Filter {
    /// Takes a condition as it stands. Text that comes from users belongs in [`literal`].
    pub fn raw(expression: impl Into<String>) -> Self {
        Self(expression.into())
    }

    /// The condition in OData.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Both must hold.
    #[must_use]
    pub fn and(self, other: Filter) -> Filter {
        Filter(format!("({self}) and ({other})"))
    }

    /// Either must hold.
    #[must_use]
    pub fn or(self, other: Filter) -> Filter {
        Filter(format!("({self}) or ({other})"))
    }

    /// It must not hold. The parentheses matter: a bare `not` takes only what is next to it.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "it stands beside `and` and `or`, which are no operators in Rust"
    )]
    pub fn not(self) -> Filter {
        Filter(format!("not ({self})"))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Connections of this user.
pub fn user_id(user: &str) -> Filter {
    Filter(format!("userId eq {}", literal(user)))
}

/// Connections of any of these users; of nobody, if there are none.
pub fn user_id_in<'a>(users: impl IntoIterator<Item = &'a str>) -> Filter {
    one_of("userId", users)
}

/// Connections whose user is not known.
pub fn anonymous() -> Filter {
    Filter("userId eq null".to_owned())
}

/// This connection.
pub fn connection_id(connection: &str) -> Filter {
    Filter(format!("connectionId eq {}", literal(connection)))
}

/// Any of these connections; none, if there are none.
pub fn connection_id_in<'a>(connections: impl IntoIterator<Item = &'a str>) -> Filter {
    one_of("connectionId", connections)
}

/// Connections that are in this group.
pub fn in_group(group: &str) -> Filter {
    Filter(format!("{} in groups", literal(group)))
}

/// A text as OData writes it: in single quotes, with each quote in it doubled.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn one_of<'a>(field: &str, values: impl IntoIterator<Item = &'a str>) -> Filter {
    let values: Vec<String> = values.into_iter().map(literal).collect();
    // `in ()` is no OData, and leaving the condition out would choose everyone.
    if values.is_empty() {
        return Filter("false".to_owned());
    }
    Filter(format!("{field} in ({})", values.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_value_cannot_end_it() {
        assert_eq!(user_id("O'Brien").as_str(), "userId eq 'O''Brien'");
        assert_eq!(
            user_id("' or true or userId eq '").as_str(),
            "userId eq ''' or true or userId eq '''"
        );
        assert_eq!(literal(""), "''");
    }

    #[test]
    fn conditions_combine_without_precedence_surprises() {
        let (a, b, c) = (Filter::raw("a"), Filter::raw("b"), Filter::raw("c"));

        assert_eq!(a.or(b).and(c.not()).as_str(), "((a) or (b)) and (not (c))");
    }

    #[test]
    fn a_list_becomes_in() {
        assert_eq!(
            connection_id_in(["a", "b'c"]).as_str(),
            "connectionId in ('a','b''c')"
        );
        assert_eq!(in_group("g").as_str(), "'g' in groups");
        assert_eq!(anonymous().as_str(), "userId eq null");
    }

    #[test]
    fn an_empty_list_chooses_nobody() {
        assert_eq!(user_id_in([]).as_str(), "false");
    }
}
