//! The `Range` header of a request for a blob.

use crate::service_error::ServiceError;

/// The requested bytes of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ByteRange {
    pub(super) from: u64,
    pub(super) count: u64,
}

/// Parses `bytes=5-` or `bytes=5-9`. `None` means the whole blob; Azure also returns the whole
/// blob for a range in any other form.
pub(super) fn parse(range: &str, length: u64) -> Result<Option<ByteRange>, ServiceError> {
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
        return Err(ServiceError::BadRange);
    }
    let last = to.min(length - 1);
    Ok(Some(ByteRange {
        from,
        count: last - from + 1,
    }))
}

#[cfg(test)]
mod tests {
    use super::{ByteRange, parse};
    use crate::service_error::ServiceError;

    #[test]
    fn a_range_ends_at_the_end_of_the_blob_at_the_latest() {
        let found = |range| parse(range, 10);

        assert_eq!(
            found("bytes=2-4"),
            Ok(Some(ByteRange { from: 2, count: 3 }))
        );
        assert_eq!(found("bytes=2-"), Ok(Some(ByteRange { from: 2, count: 8 })));
        assert_eq!(
            found("bytes=9-18446744073709551615"),
            Ok(Some(ByteRange { from: 9, count: 1 }))
        );
        assert_eq!(found("bytes=10-"), Err(ServiceError::BadRange));
        for whole in ["", "bytes=4-2", "bytes=-3", "bytes=1-2,4-5", "lines=1-2"] {
            assert_eq!(found(whole), Ok(None), "{whole}");
        }
    }
}
