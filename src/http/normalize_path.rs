//! The Functions host ignores letter case and a trailing slash when it matches routes, and then
//! forwards the path as the caller sent it. We match paths in the same way.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// The position of the id in `/api/rooms/{id}/messages`. Ids keep their letter case.
const ID: usize = 2;
/// Functions with a fixed word at that position, as in `/api/notifications/read`.
const WITHOUT_ID: [&str; 2] = ["notifications", "devices"];

/// Brings the path into the form that the router matches.
pub(crate) fn normalize(mut request: Request) -> Request {
    if let Some(uri) = normalized(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// `None` for a path that is normal already, as nearly all are.
fn normalized(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let trimmed = path.strip_suffix('/').filter(|rest| !rest.is_empty());
    if trimmed.is_none() && !path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut normal = String::with_capacity(path.len());
    let mut has_id = true;
    for (position, segment) in trimmed.unwrap_or(path).split('/').skip(1).enumerate() {
        normal.push('/');
        if position + 1 == ID {
            has_id = !WITHOUT_ID
                .iter()
                .any(|name| segment.eq_ignore_ascii_case(name));
        }
        if position == ID && has_id {
            normal.push_str(segment);
        } else {
            normal.extend(segment.chars().map(|c| c.to_ascii_lowercase()));
        }
    }
    if let Some(query) = uri.query() {
        normal.push('?');
        normal.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(normal).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(uri: &str) -> String {
        let uri: Uri = uri.parse().unwrap();
        normalized(&uri).unwrap_or(uri).to_string()
    }

    #[test]
    fn a_fixed_word_is_matched_in_any_case_and_an_id_is_not() {
        assert_eq!(path("/API/Notifications/Read/"), "/api/notifications/read");
        assert_eq!(path("/api/Events/Acme"), "/api/events/Acme");
        assert_eq!(
            path("/api/Rooms/Notifications/Messages"),
            "/api/rooms/Notifications/messages"
        );
    }

    #[test]
    fn letter_case_and_a_trailing_slash_do_not_matter() {
        assert_eq!(path("/API/Negotiate/?Room=A"), "/api/negotiate?Room=A");
        assert_eq!(path("/api/negotiate"), "/api/negotiate");
        assert_eq!(path("/Health/"), "/health");
        assert_eq!(path("/"), "/");
    }

    #[test]
    fn an_id_keeps_its_letter_case() {
        assert_eq!(
            path("/API/Rooms/MyRoom/Messages/"),
            "/api/rooms/MyRoom/messages"
        );
    }
}
