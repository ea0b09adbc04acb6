//! Finds the name that was probably meant.

/// The known name that differs least, if it is near enough. Case and separators do not count.
pub(super) fn nearest(
    name: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> Option<&'static str> {
    let plain = plain(name);
    let allowed = (plain.len() / 6).clamp(1, 3);
    let distances = known.into_iter().map(|known| {
        let distance = distance(&plain, &self::plain(known));
        (distance, known)
    });
    let (distance, known) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= allowed).then_some(known)
}

fn plain(name: &str) -> Vec<u8> {
    let bytes = name.bytes().filter(u8::is_ascii_alphanumeric);
    bytes.map(|b| b.to_ascii_lowercase()).collect()
}

/// How many characters must be inserted, removed, changed or swapped with the next one.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (row, x) in a.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, y) in b.iter().enumerate() {
            let changed = last[column] + usize::from(x != y);
            let mut best = changed.min(last[column + 1] + 1).min(next[column] + 1);
            let is_swap = row > 0 && column > 0 && *x == b[column - 1] && a[row - 1] == *y;
            if is_swap {
                best = best.min(before[column - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut last, next);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["API_TOKEN", "JWT_ISSUER", "WEB_PUBSUB_HUB_NAME", "STORE"];

    #[test]
    fn typing_errors_are_recognised() {
        for (typed, meant) in [
            ("API_TOKN", Some("API_TOKEN")),
            ("JWT_ISUSER", Some("JWT_ISSUER")),
            ("WebPubSubHubName", Some("WEB_PUBSUB_HUB_NAME")),
            ("STORES", Some("STORE")),
            ("PATH", None),
            ("STAR", None),
            ("HOME", None),
        ] {
            assert_eq!(nearest(typed, KNOWN), meant, "{typed}");
        }
    }
}
