//! Parses JSON bodies.

/// Parses a body that must be a JSON object. serde accepts `[]` for a struct whose fields all
/// have defaults, so an array would otherwise pass as an empty object.
pub(super) fn json_object<T: serde::de::DeserializeOwned>(
    body: &[u8],
) -> Result<T, serde_json::Error> {
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first.is_some_and(|&byte| byte != b'{') {
        return Err(serde::de::Error::custom("the body is not a JSON object"));
    }
    serde_json::from_slice(body)
}
