//! The error for a table, a queue or a container that does not exist and that we may not create.

use std::fmt;

use crate::azure::rest::RestError;

/// What an account holds by name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Table,
    Queue,
    Container,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Table => "table",
            Self::Queue => "queue",
            Self::Container => "blob container",
        })
    }
}

/// The error of a call that would have created something. A deployment with narrow roles has it
/// created beforehand, so a denial names what is missing instead of a role.
pub(crate) fn creation_error(error: impl Into<RestError>, part: Part, name: &str) -> RestError {
    match error.into() {
        RestError::Denied { status, .. } => RestError::Refused(format!(
            "the {part} {name} does not exist, and creating it was denied (status {status}): \
             deploy infra/ again, which creates it, or create it by hand"
        )),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_denial_is_about_the_missing_part() {
        let denied = RestError::Denied {
            status: 403,
            why: "give it a role".to_owned(),
        };
        let busy = RestError::Refused("it is busy".to_owned());

        let missing = creation_error(denied, Part::Queue, "jobs").to_string();
        let other = creation_error(busy, Part::Queue, "jobs").to_string();

        for word in ["queue jobs", "403", "infra/"] {
            assert!(missing.contains(word), "{missing}");
        }
        assert!(
            other.contains("it is busy") && !other.contains("jobs"),
            "{other}"
        );
    }
}
