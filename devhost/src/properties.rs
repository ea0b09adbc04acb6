//! Properties that hold for any input, however hostile.

use bytes::BytesMut;
use proptest::prelude::*;

use crate::forward;
use crate::handler::HandlerAnswer;
use crate::http::{MediaType, RequestHead, Target, remove_dot_segments};
use crate::json::merge_payload;
use crate::route::RouteTemplate;

/// Text with pieces that have a meaning in URLs or templates.
fn hostile_text() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            Just("/"),
            Just("."),
            Just(".."),
            Just("%"),
            Just("%2F"),
            Just("%25"),
            Just("%00"),
            Just("%C3%BC"),
            Just("%ff"),
            Just("{"),
            Just("}"),
            Just("{{"),
            Just("}}"),
            Just("{a}"),
            Just("{*r}"),
            Just(":"),
            Just("int"),
            Just("regex("),
            Just(")"),
            Just("="),
            Just("?"),
            Just("&"),
            Just("#"),
            Just("\\"),
            Just(" "),
            Just("a"),
            Just("ü"),
            Just("😀"),
        ],
        0..24,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_a_head_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
        let _ = RequestHead::take(&mut BytesMut::from(bytes.as_slice()));
    }

    #[test]
    fn any_answer_of_a_handler_is_parsed_or_refused(pieces in prop::collection::vec(
        prop_oneof![
            Just("HTTP/1.1 "), Just("HTTP/1.1 100 Continue\r\n\r\n"), Just("200"), Just("20"),
            Just(" OK"), Just("\r\n"), Just("\n"), Just("\r\n\r\n"), Just("A: b"), Just(":"),
            Just("Content-Length: 3"), Just("Transfer-Encoding: chunked"), Just("ü"), Just(" "),
        ],
        0..16,
    )) {
        let _ = HandlerAnswer::is_whole(pieces.concat().as_bytes());
    }

    #[test]
    fn a_head_in_two_pieces_is_parsed_the_same(cut in 0_usize..60) {
        let text = b"POST /a%20b?c=d HTTP/1.1\r\nHost: example\r\nX: 1\r\nx: 2\r\n\r\n";
        let mut buffer = BytesMut::from(&text[..cut.min(text.len())]);
        let early = RequestHead::take(&mut buffer).unwrap();
        prop_assert_eq!(early.is_some(), cut >= text.len());
        if early.is_none() {
            buffer.extend_from_slice(&text[cut..]);
            prop_assert_eq!(RequestHead::take(&mut buffer).unwrap().unwrap().fields.len(), 3);
        }
    }

    #[test]
    fn a_forwarded_path_is_ascii_without_dots_and_can_be_sent(path in hostile_text(), has_query: bool) {
        let Ok(target) = Target::parse("GET", &format!("/{}", path.replace('?', "")), "h") else { return Ok(()) };
        let forwarded = forward::forwarded_path(&target.path, has_query);

        prop_assert!(forwarded.starts_with('/'), "{}", forwarded);
        prop_assert!(forwarded.bytes().all(|byte| byte.is_ascii_graphic()), "{}", forwarded);
        prop_assert!(forwarded.split('/').all(|segment| segment != "." && segment != ".."), "{}", forwarded);
    }

    #[test]
    fn rebuilding_a_query_gives_ascii_and_is_idempotent(query in hostile_text()) {
        let once = forward::rebuilt_query(&query);
        let twice = forward::rebuilt_query(once.trim_start_matches('?'));

        prop_assert!(once.bytes().all(|byte| byte.is_ascii_graphic()), "{}", once);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn a_template_is_refused_or_can_match_any_path(template in hostile_text(), path in hostile_text()) {
        if let Ok(template) = RouteTemplate::parse(&template) {
            let _ = template.matches(&format!("/{path}"));
        }
    }

    #[test]
    fn removing_dot_segments_is_idempotent(path in hostile_text()) {
        let once = remove_dot_segments(&format!("/{path}"));

        prop_assert_eq!(remove_dot_segments(&once), once.clone());
    }

    #[test]
    fn a_printed_media_type_is_parsed_the_same(text in "[ -~]{0,40}") {
        if let Some(parsed) = MediaType::parse(&text) {
            let written = parsed.to_string();
            let again = MediaType::parse(&written).map(|parsed| parsed.to_string());
            prop_assert_eq!(again, Some(written));
        }
    }

    #[test]
    fn any_payload_can_be_merged_into_metadata(payload in hostile_text(), key in hostile_text()) {
        let mut metadata = serde_json::Map::new();
        merge_payload(&mut metadata, &payload);
        merge_payload(&mut metadata, &serde_json::json!({ key: payload }).to_string());
    }
}
