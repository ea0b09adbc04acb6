//! Names of groups and events.

/// 1 to 1024 characters that are not all white space.
pub(crate) fn is_group(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= 1024
}

/// A letter, then up to 127 of `A-Za-z0-9_.-`.
pub(crate) fn is_event(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_group_name_is_invalid() {
        assert!(is_group("a b/é"));
        assert!(is_group(&"é".repeat(1024)));
        assert!(!is_group(""));
        assert!(!is_group(" \t"));
        assert!(!is_group(&"g".repeat(1025)));
    }

    #[test]
    fn an_event_name_starts_with_a_letter() {
        assert!(is_event("GET_CHATS"));
        assert!(is_event("assistant.cancel-2"));
        assert!(!is_event("1st"));
        assert!(!is_event("a/b"));
        assert!(!is_event(""));
        assert!(!is_event(&"e".repeat(129)));
    }
}
