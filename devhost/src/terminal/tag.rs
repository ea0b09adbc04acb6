//! The tag before a line of the handler.

use uuid::Uuid;

use super::detail::Detail;

/// As much of an id as is needed to distinguish the invocations on a screen.
const SHORT_ID: usize = 8;

/// The tag before a line of the handler: its level if it is not the usual one, and its origin.
/// With `--quiet` there is none.
pub(super) fn of(
    detail: Detail,
    level: Option<&str>,
    function: Option<&str>,
    invocation: Option<Uuid>,
) -> String {
    let length = match detail {
        Detail::Quiet => return String::new(),
        Detail::Usual => SHORT_ID,
        Detail::Verbose => usize::MAX,
    };
    let invocation = invocation.map(|id| id.to_string().chars().take(length).collect());
    let words = [
        level.map(str::to_owned),
        function.map(str::to_owned),
        invocation,
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    if words.is_empty() {
        return String::new();
    }
    format!("[{}] ", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(0x2d1b2f50_0000_0000_0000_000000000001);

    #[test]
    fn a_tag_contains_the_level_and_the_origin() {
        let of = |detail| of(detail, Some("error"), Some("hello"), Some(ID));

        assert_eq!(of(Detail::Usual), "[error hello 2d1b2f50] ");
        assert_eq!(
            of(Detail::Verbose),
            "[error hello 2d1b2f50-0000-0000-0000-000000000001] "
        );
        assert_eq!(of(Detail::Quiet), "");
    }

    #[test]
    fn a_line_of_unknown_origin_has_no_tag() {
        assert_eq!(of(Detail::Usual, None, None, None), "");
    }
}
