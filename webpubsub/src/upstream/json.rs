//! Reads JSON bodies.

/// Reads a body that must be a JSON object. serde alone would take `[]` for a struct whose
/// members all have defaults, and so let a body of another shape pass as an empty one.
pub(super) fn json_object<T: serde::de::DeserializeOwned>(
    body: &[u8],
) -> Result<T, serde_json::Error> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first.is_some_and(|&byte| byte != b'{') {
        return Err(serde::de::Error::custom("the body is not a JSON object"));
    }
    serde_json::from_slice(body)
}
