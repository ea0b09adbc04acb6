//! Properties that hold for any input.

use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use webpubsub::filter;
use webpubsub::upstream::{EventData, allowed_origins, verify_signature};
use webpubsub::{AccessKey, ConnectionString, Endpoint, HubName};

/// Reads an OData string and returns it with the rest of the text.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut rest = quoted.strip_prefix('\'')?;
    loop {
        let end = rest.find('\'')?;
        text.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                text.push('\'');
                rest = after;
            }
            None => return Some((text, rest)),
        }
    }
}

proptest! {
    #[test]
    fn a_filter_literal_reads_back_as_its_text(text in any::<String>()) {
        let literal = filter::literal(&text);
        prop_assert_eq!(unquote(&literal), Some((text, "")));
    }

    #[test]
    fn parsing_a_connection_string_never_panics_or_shows_the_key(around in "(Endpoint=http://a\\.b)?(;Port=[0-9])?\\PC*", tail in "\\PC*") {
        let text = format!("{around};AccessKey=hunter2{};{tail}", "x".repeat(8));
        let shown = match text.parse::<ConnectionString>() {
            Ok(parsed) => format!("{parsed:?}"),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!shown.contains("hunter2xx"));
    }

    #[test]
    fn an_endpoint_parses_its_own_text_and_allows_its_own_origin(text in "https?://[a-zA-Z0-9.-]{1,20}(:[0-9]{1,5})?/?") {
        if let Ok(endpoint) = text.parse::<Endpoint>() {
            prop_assert_eq!(endpoint.as_str().parse::<Endpoint>(), Ok(endpoint.clone()));
            let own = [endpoint.host(), endpoint.authority()];
            prop_assert!(own.iter().all(|name| allowed_origins([*name], std::slice::from_ref(&endpoint)) == [*name]));
        }
    }

    #[test]
    fn a_hub_name_never_changes_the_path(text in any::<String>()) {
        if let Ok(hub) = text.parse::<HubName>() {
            let decoded = percent_decode_str(hub.as_str()).decode_utf8().unwrap();
            prop_assert_eq!(decoded, hub.as_str());
            prop_assert!(!hub.as_str().contains(['/', '?', '#', '\\', ' ']));
        }
    }

    #[test]
    fn no_signature_is_accepted_without_the_key(header in "[sha256=0-9a-fA-F, ]{0,400}") {
        let key = AccessKey::new("the key").unwrap();
        prop_assert!(!verify_signature(&[key], "connection", &header));
    }

    #[test]
    fn reading_event_data_never_panics(kind in any::<Option<String>>(), body in any::<Vec<u8>>()) {
        let expected_to_fail = EventData::read(Some("application/xml"), body.clone().into());
        prop_assert!(expected_to_fail.is_err());
        let _ = EventData::read(kind.as_deref(), body.into());
    }
}
