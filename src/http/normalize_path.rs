//! The Functions host matches routes whatever their letter case and with or without a slash at
//! the end, and then forwards the path as the caller wrote it. So do we, where no host is.

use axum::extract::Request;
use axum::http::Uri;
use axum::http::uri::PathAndQuery;

/// Segments by position: `/api/rooms/{id}/messages`. Ids keep their letter case.
const ID: usize = 2;

/// Brings a path into the form that the router knows.
pub(crate) fn normalize(mut request: Request) -> Request {
    if let Some(uri) = normalized(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

/// `None` for a path that is in that form already, as nearly all are.
fn normalized(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let trimmed = path.strip_suffix('/').filter(|rest| !rest.is_empty());
    if trimmed.is_none() && !path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut wanted = String::with_capacity(path.len());
    for (position, segment) in trimmed.unwrap_or(path).split('/').skip(1).enumerate() {
        wanted.push('/');
        if position == ID {
            wanted.push_str(segment);
        } else {
            wanted.extend(segment.chars().map(|c| c.to_ascii_lowercase()));
        }
    }
    if let Some(query) = uri.query() {
        wanted.push('?');
        wanted.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(wanted).ok()?);
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
    fn letter_case_and_a_last_slash_do_not_matter() {
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
