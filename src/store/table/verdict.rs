//! What an answer means for the writes it is about.

use http::StatusCode;

use crate::store::Write;

/// What the service said to a write.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Done,
    Conflict {
        position: usize,
    },
    /// Nothing was written, and a new table would help.
    NoTable,
    Refused(String),
}

/// The service may leave out the position when it is the first; then it is the first write to
/// which such an answer can be given.
pub(super) fn judged(
    writes: &[Write],
    position: Option<usize>,
    status: StatusCode,
    code: Option<String>,
) -> Verdict {
    let of = |position: usize| {
        let write = writes.get(position)?;
        verdict(write, position, status, code.as_deref())
    };
    let verdict = match position {
        Some(position) => of(position),
        None => (0..writes.len()).find_map(of),
    };
    let code = code.as_deref().unwrap_or_default();
    verdict.unwrap_or_else(|| Verdict::Refused(format!("{} {code}", status.as_u16())))
}

/// `None` if such an answer says nothing about such a write.
fn verdict(
    write: &Write,
    position: usize,
    status: StatusCode,
    code: Option<&str>,
) -> Option<Verdict> {
    match (write, status) {
        (_, status) if status.is_success() => Some(Verdict::Done),
        (_, StatusCode::CONFLICT) if code == Some("TableBeingDeleted") => None,
        (Write::Insert { .. }, StatusCode::CONFLICT) => Some(Verdict::Conflict { position }),
        // Also where the whole table is missing: then the version is, too.
        (
            Write::Replace { .. } | Write::Delete { .. },
            StatusCode::PRECONDITION_FAILED | StatusCode::NOT_FOUND,
        ) => Some(Verdict::Conflict { position }),
        (Write::Insert { .. } | Write::Put { .. }, StatusCode::NOT_FOUND) => Some(Verdict::NoTable),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Key, Version};

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

    fn judged(writes: &[Write], position: Option<usize>, status: u16, code: &str) -> Verdict {
        let status = StatusCode::from_u16(status).unwrap();
        super::judged(writes, position, status, Some(code.to_owned()))
    }

    #[test]
    fn a_broken_precondition_is_a_conflict_where_the_service_says() {
        let writes = [replace(), insert(), put()];
        let conflict = |position| Verdict::Conflict { position };

        let judged = |position, status, code| judged(&writes, Some(position), status, code);

        assert_eq!(judged(1, 409, "EntityAlreadyExists"), conflict(1));
        assert_eq!(judged(0, 412, "UpdateConditionNotSatisfied"), conflict(0));
        assert_eq!(judged(0, 404, "ResourceNotFound"), conflict(0));
        assert_eq!(judged(0, 404, "TableNotFound"), conflict(0));
        assert_eq!(judged(1, 404, "TableNotFound"), Verdict::NoTable);
        assert_eq!(judged(2, 404, "TableNotFound"), Verdict::NoTable);
    }

    #[test]
    fn without_a_position_it_is_the_first_write_that_fits() {
        let writes = [put(), replace(), insert()];

        let judged = |status, code| judged(&writes, None, status, code);

        assert_eq!(
            judged(409, "EntityAlreadyExists"),
            Verdict::Conflict { position: 2 }
        );
        assert_eq!(
            judged(412, "UpdateConditionNotSatisfied"),
            Verdict::Conflict { position: 1 }
        );
        assert_eq!(judged(404, "TableNotFound"), Verdict::NoTable);
    }

    #[test]
    fn what_no_write_asked_for_is_a_refusal() {
        let refused = |text: &str| Verdict::Refused(text.to_owned());

        for (position, status, code) in [
            (None, 409, "TableBeingDeleted"),
            (Some(0), 400, "PropertyValueTooLarge"),
            (Some(7), 409, "EntityAlreadyExists"),
        ] {
            let said = judged(&[insert()], position, status, code);

            assert_eq!(said, refused(&format!("{status} {code}")));
        }
    }
}
