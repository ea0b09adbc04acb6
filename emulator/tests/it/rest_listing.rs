//! Listing a group (reference 2, "Paging").

use serde_json::{Value, json};

use crate::support::{KEY, TestEmulator, sign};

/// Follows the links and returns the pages' sizes and all ids.
async fn pages(emulator: &TestEmulator, query: &str) -> (Vec<usize>, Vec<String>) {
    let mut path = format!("groups/g/connections?{query}");
    let (mut sizes, mut ids) = (Vec::new(), Vec::new());
    loop {
        let page = emulator.rest("GET", &path, "", "").await.json();
        let value = page["value"].as_array().unwrap();
        sizes.push(value.len());
        ids.extend(
            value
                .iter()
                .map(|member| member["connectionId"].as_str().unwrap().to_owned()),
        );
        let Some(link) = page["nextLink"].as_str() else {
            return (sizes, ids);
        };
        let (_, rest) = link.split_once("/api/hubs/chat/").unwrap();
        path = rest.replace("&api-version=2024-12-01", "");
    }
}

#[tokio::test]
async fn every_member_is_on_exactly_one_page() {
    let emulator = TestEmulator::start().await;
    let mut members = Vec::new();
    for n in 0..5 {
        members.push(emulator.member(&n.to_string(), &["g"]).await);
    }

    let (sizes, mut ids) = pages(&emulator, "maxpagesize=2").await;

    assert_eq!(sizes, [2, 2, 1]);
    assert!(ids.is_sorted());
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn top_counts_over_all_pages() {
    let emulator = TestEmulator::start().await;
    let mut members = Vec::new();
    for n in 0..5 {
        members.push(emulator.member(&n.to_string(), &["g"]).await);
    }

    let (sizes, _) = pages(&emulator, "maxpagesize=2&top=3").await;

    assert_eq!(sizes, [2, 1]);
}

#[tokio::test]
async fn a_link_is_called_with_a_token_for_that_link() {
    let emulator = TestEmulator::start().await;
    let (_a, _b) = (
        emulator.member("a", &["g"]).await,
        emulator.member("b", &["g"]).await,
    );
    let page = emulator
        .rest("GET", "groups/g/connections?maxpagesize=1", "", "")
        .await
        .json();
    let link = page["nextLink"].as_str().unwrap().to_owned();

    let token = sign(&json!({ "aud": link, "exp": 4_000_000_000_i64 }), KEY);
    let request = http::Request::get(&link).header("authorization", format!("Bearer {token}"));
    let answered = crate::support::call(request.body(Default::default()).unwrap()).await;

    assert_eq!(answered.json()["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(answered.json()["nextLink"], Value::Null);
}

#[tokio::test]
async fn a_group_that_is_not_there_is_empty_and_a_page_has_limits() {
    let emulator = TestEmulator::start().await;

    assert_eq!(
        emulator
            .rest("GET", "groups/none/connections", "", "")
            .await
            .json(),
        json!({ "value": [], "nextLink": null })
    );
    for query in ["maxpagesize=0", "maxpagesize=201", "top=0", "top=x"] {
        assert_eq!(
            emulator
                .status("GET", &format!("groups/g/connections?{query}"))
                .await,
            400,
            "{query}"
        );
    }
}
