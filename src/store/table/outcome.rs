//! What an answer of the service means for the writes.

use http::StatusCode;

use crate::store::types::{Write, Written};

/// The result of an attempt to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Done(Written),
    Conflict {
        position: usize,
    },
    /// Nothing was written because the table does not exist.
    NoTable,
    Refused(String),
}

/// Interprets a failure. The service may omit the position; then the answer is about the first
/// write that can cause it.
pub(super) fn classify(
    writes: &[Write],
    position: Option<usize>,
    status: StatusCode,
    code: Option<String>,
) -> Outcome {
    let of = |position: usize| {
        let write = writes.get(position)?;
        outcome(write, position, status, code.as_deref())
    };
    let outcome = match position {
        Some(position) => of(position),
        None => (0..writes.len()).find_map(of),
    };
    let code = code.as_deref().unwrap_or_default();
    outcome.unwrap_or_else(|| Outcome::Refused(format!("{} {code}", status.as_u16())))
}

/// `None` if this write cannot cause such an answer.
fn outcome(
    write: &Write,
    position: usize,
    status: StatusCode,
    code: Option<&str>,
) -> Option<Outcome> {
    match (write, status) {
        (_, StatusCode::CONFLICT) if code == Some("TableBeingDeleted") => None,
        (Write::Insert { .. }, StatusCode::CONFLICT) => Some(Outcome::Conflict { position }),
        // `NOT_FOUND` also for a missing table: then the version is missing, too.
        (
            Write::Replace { .. } | Write::Delete { .. },
            StatusCode::PRECONDITION_FAILED | StatusCode::NOT_FOUND,
        ) => Some(Outcome::Conflict { position }),
        (Write::Insert { .. } | Write::Put { .. }, StatusCode::NOT_FOUND) => Some(Outcome::NoTable),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::types::{Key, Version};

    fn insert() -> Write {
        let (key, body) = (Key::literal("inserted"), String::new());
        Write::Insert { key, body }
    }

    fn put() -> Write {
        let (key, body) = (Key::literal("put"), String::new());
        Write::Put { key, body }
    }

    fn replace() -> Write {
        Write::Replace {
            key: Key::literal("replaced"),
            version: Version(String::new()),
            body: String::new(),
        }
    }

    fn classify(writes: &[Write], position: Option<usize>, status: u16, code: &str) -> Outcome {
        let status = StatusCode::from_u16(status).unwrap();
        super::classify(writes, position, status, Some(code.to_owned()))
    }

    #[test]
    fn a_failed_precondition_is_a_conflict_at_the_named_position() {
        let writes = [replace(), insert(), put()];
        let conflict = |position| Outcome::Conflict { position };

        let classify = |position, status, code| classify(&writes, Some(position), status, code);

        assert_eq!(classify(1, 409, "EntityAlreadyExists"), conflict(1));
        assert_eq!(classify(0, 412, "UpdateConditionNotSatisfied"), conflict(0));
        assert_eq!(classify(0, 404, "ResourceNotFound"), conflict(0));
        assert_eq!(classify(0, 404, "TableNotFound"), conflict(0));
        assert_eq!(classify(1, 404, "TableNotFound"), Outcome::NoTable);
        assert_eq!(classify(2, 404, "TableNotFound"), Outcome::NoTable);
    }

    #[test]
    fn without_a_position_it_is_the_first_write_that_can_cause_it() {
        let writes = [put(), replace(), insert()];

        let classify = |status, code| classify(&writes, None, status, code);

        assert_eq!(
            classify(409, "EntityAlreadyExists"),
            Outcome::Conflict { position: 2 }
        );
        assert_eq!(
            classify(412, "UpdateConditionNotSatisfied"),
            Outcome::Conflict { position: 1 }
        );
        assert_eq!(classify(404, "TableNotFound"), Outcome::NoTable);
    }

    #[test]
    fn an_answer_that_no_write_can_cause_is_a_refusal() {
        let refused = |text: &str| Outcome::Refused(text.to_owned());

        for (position, status, code) in [
            (None, 409, "TableBeingDeleted"),
            (Some(0), 400, "PropertyValueTooLarge"),
            (Some(7), 409, "EntityAlreadyExists"),
        ] {
            let outcome = classify(&[insert()], position, status, code);

            assert_eq!(outcome, refused(&format!("{status} {code}")));
        }
    }
}
