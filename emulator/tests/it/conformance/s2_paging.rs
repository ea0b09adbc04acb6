//! 2: the connections of a group, page by page.

use serde_json::{Value, json};

use crate::support::{JSON, KEY, RELIABLE, TestEmulator, call, facts, sign};

/// Follows the links and returns the sizes of the pages and all ids.
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
async fn a_link_needs_a_token_for_its_url() {
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
    let answered = call(request.body(Default::default()).unwrap()).await;

    assert_eq!(answered.json()["value"].as_array().map(Vec::len), Some(1));
    assert_eq!(answered.json()["nextLink"], Value::Null);
}

#[tokio::test]
async fn a_link_holds_the_rest_of_the_total() {
    let emulator = TestEmulator::start().await;
    let mut members = Vec::new();
    for n in 0..3 {
        members.push(emulator.member(&n.to_string(), &["g"]).await);
    }

    let path = "groups/g/connections?maxpagesize=1&top=2";
    let page = emulator.rest("GET", path, "", "").await.json();

    let link = page["nextLink"].as_str().unwrap();
    let own = format!(
        "{}/api/hubs/chat/groups/g/connections?",
        emulator.endpoint()
    );
    assert!(link.starts_with(&own), "{link}");
    for parameter in [
        "maxpagesize=1",
        "top=1",
        "continuationToken=",
        "api-version=2024-12-01",
    ] {
        assert!(link.contains(parameter), "{link} lacks {parameter}");
    }
}

#[tokio::test]
async fn a_member_has_an_id_and_an_optional_user() {
    let emulator = TestEmulator::start().await;
    let mut nobody = emulator
        .connect(Some(JSON), json!({ "webpubsub.group": "g" }))
        .await;
    let id = nobody.connected().await;

    let page = emulator.rest("GET", "groups/g/connections", "", "").await;

    assert_eq!(
        page.json()["value"],
        json!([{ "connectionId": id, "userId": null }])
    );
}

#[tokio::test]
async fn a_recoverable_connection_is_a_member() {
    let emulator = TestEmulator::start().await;
    let claims = json!({ "sub": "ann", "webpubsub.group": "g" });
    let mut ann = emulator.connect(Some(RELIABLE), claims).await;
    let id = ann.connected().await;
    ann.drop_socket();

    let page = emulator.rest("GET", "groups/g/connections", "", "").await;

    assert_eq!(
        page.json()["value"],
        json!([{ "connectionId": id, "userId": "ann" }])
    );
}

#[tokio::test]
async fn an_unknown_group_is_empty() {
    let emulator = TestEmulator::start().await;

    let page = emulator
        .rest("GET", "groups/none/connections", "", "")
        .await;

    assert_eq!(page.json(), json!({ "value": [], "nextLink": null }));
}

async fn lists(query: &str, status: u16) {
    let emulator = TestEmulator::start().await;

    let path = format!("groups/g/connections?{query}");

    assert_eq!(emulator.status("GET", &path).await, status, "{query}");
}

facts! { lists;
    a_page_has_up_to_200: "maxpagesize=200", 200;
    a_page_of_201_is_refused: "maxpagesize=201", 400;
    a_page_of_0_is_refused: "maxpagesize=0", 400;
    a_page_is_a_number: "maxpagesize=x", 400;
    a_total_is_at_least_one: "top=0", 400;
    a_total_is_a_number: "top=-1", 400;
    an_unknown_continuation_is_an_empty_page: "continuationToken=%FF", 200;
}
