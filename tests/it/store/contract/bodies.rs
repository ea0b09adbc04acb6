//! The bodies of records.

use serde_json::{Value, json};
use switchboard::store::{MAX_BODY, Store, Write};

use crate::store::place::{Place, assert_refused, key};

pub(crate) async fn any_text_is_preserved(store: &dyn Store) {
    let text = json!({
        "emoji": "👩‍👩‍👧‍👦 🇩🇪 👍🏽",
        "quotes": "\"double\", 'single', `back`, \\ and \\\\ and \\u0041",
        "lines": "one\ntwo\r\nthree\tfour\u{2028}five\u{85}",
        "controls": "\u{0}\u{1}\u{8}\u{c}\u{1f}\u{7f}",
        "edges": " \u{feff}\u{fffd}\u{10ffff}\u{a0} ",
        "markup": "<a href='x'>&amp;</a> ]]> %27 ${x} --",
        "schriften": "Grüße, здравствуй, 你好, مرحبا, नमस्ते, e\u{301}≠é",
        "": "no name",
        "naïve key\n\"": "a name of any kind",
        "id": "names that", "_etag": "a backend", "PartitionKey": "uses itself", "odata.etag": "",
        "body": "", "Timestamp": "2026-01-15T10:30:00Z", "key": "", "ttl": 1, "_ts": 0,
    });

    assert_preserved(store, &text.to_string()).await;
}

pub(crate) async fn large_bodies_are_preserved(store: &dyn Store) {
    let of = |unit: &str| {
        let room = MAX_BODY - r#"{"text":""}"#.len();
        let body = format!(r#"{{"text":"{}"}}"#, unit.repeat(room / unit.len()));
        assert!(body.len() <= MAX_BODY && body.len() > MAX_BODY - 8);
        body
    };

    assert_preserved(store, &of("x")).await;
    assert_preserved(store, &of("€")).await;
    assert_preserved(store, &of("🦀")).await;
    assert_preserved(store, &of("x🦀")).await;
    assert_preserved(store, &of(r#"\""#)).await;
    assert_preserved(store, &of(r"\u0001")).await;
}

pub(crate) async fn a_larger_body_is_refused(store: &dyn Store) {
    let place = Place::new(store);
    let body = format!("\"{}\"", "x".repeat(MAX_BODY));

    let key = key("a");
    let result = place.write(vec![Write::Put { key, body }]).await;

    assert_refused(result);
    assert_eq!(place.get("a").await, None);
}

pub(crate) async fn numbers_are_preserved_exactly(store: &dyn Store) {
    let numbers = "[0,-1,9007199254740991,9007199254740993,-9007199254740993,\
        9223372036854775807,-9223372036854775808,18446744073709551615,\
        0.1,-2.5,3.141592653589793,1e-7,1.7976931348623157e308,2.2250738585072014e-308]";

    assert_preserved(store, numbers).await;
}

pub(crate) async fn any_json_is_accepted_as_a_body(store: &dyn Store) {
    for body in [
        "{}",
        "[]",
        "null",
        "true",
        "\"\"",
        "\"text\"",
        "7",
        " { \"spaced\" :\n [ 1 , 2 ] } ",
        r#"{"z":1,"a":{"n":null,"deep":[[[[[[]]]]]]}}"#,
        r#""2026-01-15T10:30:00.0000000Z""#,
    ] {
        assert_preserved(store, body).await;
    }
}

/// Writes by insert, replace and put; reads by get and range.
async fn assert_preserved(store: &dyn Store, body: &str) {
    let place = Place::new(store);
    let sent: Value = serde_json::from_str(body).unwrap();
    let insert = Write::Insert {
        key: key("inserted"),
        body: body.to_owned(),
    };
    place.write(vec![insert]).await.unwrap();
    let version = place.has("replaced").await;
    let replace = Write::Replace {
        key: key("replaced"),
        version,
        body: body.to_owned(),
    };
    place.write(vec![replace]).await.unwrap();
    let put = Write::Put {
        key: key("put"),
        body: body.to_owned(),
    };
    place.write(vec![put]).await.unwrap();

    let records = store
        .range(&place.partition, key("a")..key("z"), 10)
        .await
        .unwrap();

    assert_eq!(records.len(), 3);
    for record in records {
        let got: Value = record.read().unwrap();
        assert!(got == sent, "{} of {body:.200}", record.key);
        let alone = place.get(record.key.as_str()).await.unwrap();
        assert!(alone == record, "{} of {body:.200}", record.key);
    }
}
