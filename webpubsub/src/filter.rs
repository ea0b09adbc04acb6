//! Builds OData filters that select connections, with correct quoting.
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

/// A condition on connections.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Filter(String);

impl Filter {
    /// Uses an OData expression unchanged. Quote text that comes from users with [`literal`].
    pub fn raw(expression: impl Into<String>) -> Self {
        Self(expression.into())
    }

    /// The OData expression.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Both conditions must hold.
    #[must_use]
    pub fn and(self, other: Filter) -> Filter {
        Filter(format!("({self}) and ({other})"))
    }

    /// At least one of the conditions must hold.
    #[must_use]
    pub fn or(self, other: Filter) -> Filter {
        Filter(format!("({self}) or ({other})"))
    }

    /// The condition must not hold. It is put in parentheses, because a bare `not` applies only
    /// to the next term.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "it belongs with `and` and `or`, which are not operators in Rust"
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

/// Matches the connections of a user.
pub fn user_id(user: &str) -> Filter {
    Filter(format!("userId eq {}", literal(user)))
}

/// Matches the connections of any of the users, and none if the list is empty.
pub fn user_id_in<'a>(users: impl IntoIterator<Item = &'a str>) -> Filter {
    one_of("userId", users)
}

/// Matches connections without a user.
pub fn anonymous() -> Filter {
    Filter("userId eq null".to_owned())
}

/// Matches one connection.
pub fn connection_id(connection: &str) -> Filter {
    Filter(format!("connectionId eq {}", literal(connection)))
}

/// Matches any of the connections, and none if the list is empty.
pub fn connection_id_in<'a>(connections: impl IntoIterator<Item = &'a str>) -> Filter {
    one_of("connectionId", connections)
}

/// Matches the connections in a group.
pub fn in_group(group: &str) -> Filter {
    Filter(format!("{} in groups", literal(group)))
}

/// Quotes text as an OData string: in single quotes, with each quote in the text doubled.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn one_of<'a>(field: &str, values: impl IntoIterator<Item = &'a str>) -> Filter {
    let values: Vec<String> = values.into_iter().map(literal).collect();
    // `in ()` is not valid OData, and without the condition the filter would match everyone.
    if values.is_empty() {
        return Filter("false".to_owned());
    }
    Filter(format!("{field} in ({})", values.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_value_does_not_end_the_value() {
        assert_eq!(user_id("O'Brien").as_str(), "userId eq 'O''Brien'");
        assert_eq!(
            user_id("' or true or userId eq '").as_str(),
            "userId eq ''' or true or userId eq '''"
        );
        assert_eq!(literal(""), "''");
    }

    #[test]
    fn combined_conditions_are_parenthesised() {
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
    fn an_empty_list_matches_nobody() {
        assert_eq!(user_id_in([]).as_str(), "false");
    }
}
