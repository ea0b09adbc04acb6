use crate::storage::fault::Fault;

/// The bytes of a blob that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) from: u64,
    pub(super) count: u64,
}

/// `bytes=5-` or `bytes=5-9`; `None` for the whole blob, also where the range is written in a
/// way that Azure does not know.
pub(super) fn part(range: &str, length: u64) -> Result<Option<Part>, Fault> {
    let Some((from, to)) = range
        .strip_prefix("bytes=")
        .and_then(|text| text.split_once('-'))
    else {
        return Ok(None);
    };
    let Ok(from) = from.parse::<u64>() else {
        return Ok(None);
    };
    let to = match to {
        "" => u64::MAX,
        to => match to.parse() {
            Ok(to) if to >= from => to,
            _ => return Ok(None),
        },
    };
    if from >= length {
        return Err(Fault::BadRange);
    }
    let last = to.min(length - 1);
    Ok(Some(Part {
        from,
        count: last - from + 1,
    }))
}

#[cfg(test)]
mod tests {
    use super::{Part, part};
    use crate::storage::fault::Fault;

    #[test]
    fn a_range_ends_with_the_blob_at_the_latest() {
        let found = |range| part(range, 10);

        assert_eq!(found("bytes=2-4"), Ok(Some(Part { from: 2, count: 3 })));
        assert_eq!(found("bytes=2-"), Ok(Some(Part { from: 2, count: 8 })));
        assert_eq!(
            found("bytes=9-18446744073709551615"),
            Ok(Some(Part { from: 9, count: 1 }))
        );
        assert_eq!(found("bytes=10-"), Err(Fault::BadRange));
        for whole in ["", "bytes=4-2", "bytes=-3", "bytes=1-2,4-5", "lines=1-2"] {
            assert_eq!(found(whole), Ok(None), "{whole}");
        }
    }
}
