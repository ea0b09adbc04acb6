//! Finds keys that the host silently ignores.

use serde_json::{Map, Value};

/// A warning for each unknown key, with the key that was probably meant. `place` is the file and
/// the path of the section in it.
pub(super) fn unknown_keys(place: &str, keys: &Map<String, Value>, known: &[&str]) -> Vec<String> {
    keys.keys()
        .filter(|key| !known.iter().any(|one| one.eq_ignore_ascii_case(key)))
        .map(|key| {
            let hint = match nearest(key, known) {
                Some(right) => format!("; did you mean {right:?}?"),
                None => String::new(),
            };
            format!("{place}{key} means nothing to the host{hint}")
        })
        .collect()
}

fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let key = key.to_lowercase();
    let scored = known.iter().map(|one| {
        let other = one.to_lowercase();
        // The same words in another order count as one mistake.
        let distance = if letters(&key) == letters(&other) {
            1
        } else {
            distance(&key, &other)
        };
        (distance, *one)
    });
    let (distance, best) = scored.min()?;
    (distance <= 2 + key.len() / 4).then_some(best)
}

fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters
}

/// The number of letters to insert, remove or change.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let change = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::unknown_keys;

    #[track_caller]
    fn warnings(value: serde_json::Value) -> Vec<String> {
        let known = ["version", "enableProxyingHttpRequest", "port"];
        unknown_keys("file: ", value.as_object().unwrap(), &known)
    }

    #[test]
    fn a_misspelled_key_gets_a_suggestion() {
        let found = warnings(json!({"enableHttpProxyingRequest": true}));

        assert_eq!(
            found,
            [concat!(
                "file: enableHttpProxyingRequest means nothing to the host; ",
                "did you mean \"enableProxyingHttpRequest\"?"
            )]
        );
    }

    #[test]
    fn a_key_in_another_case_is_known() {
        assert_eq!(warnings(json!({"Version": "2.0", "PORT": 1})), [""; 0]);
    }

    #[test]
    fn an_unlike_key_gets_no_suggestion() {
        assert_eq!(
            warnings(json!({"zzz": 1})),
            ["file: zzz means nothing to the host"]
        );
    }
}
