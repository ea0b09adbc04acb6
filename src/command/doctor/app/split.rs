//! Splits parts of a route, which may contain the separator between brackets.

/// Splits at each `separator` outside `open` and `close`.
pub(super) fn split_outside(
    [open, close]: [char; 2],
    separator: char,
    text: &str,
) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    text.split(move |c| {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.saturating_sub(1);
        }
        c == separator && depth == 0
    })
}

#[cfg(test)]
mod tests {
    use super::split_outside;

    #[test]
    fn separators_between_brackets_do_not_split() {
        let split = |text| split_outside(['(', ')'], ':', text).collect::<Vec<_>>();

        assert_eq!(
            split("id:regex(a:(b:c)d):int"),
            ["id", "regex(a:(b:c)d)", "int"]
        );
        assert_eq!(split("id):int"), ["id)", "int"]);
        assert_eq!(split("id(:int"), ["id(:int"]);
        assert_eq!(split(""), [""]);
    }
}
