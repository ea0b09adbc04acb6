//! Listing the connections in a group, page by page.

use serde_json::json;
use webpubsub::{ArgumentError, Error, ListOptions};

use crate::server::{Reply, Server};

const PATH: &str = "/api/hubs/Chat_Hub/groups/g/connections";

/// Serves three connections in pages of one. `first_link` may change the first page's link.
async fn three_pages(first_link: impl Fn(&str) -> String + Send + 'static) -> Server {
    Server::spawn(move |request| {
        let own = format!("http://{}{PATH}", request.headers["host"]);
        let link = |token: &str| format!("{own}?api-version=2024-12-01&continuationToken={token}");
        let page = if request.target.ends_with("=b") {
            json!({"value": [{"connectionId": "2"}], "nextLink": link("c")})
        } else if request.target.ends_with("=c") {
            json!({"value": [{"connectionId": "3", "userId": "u"}], "nextLink": null})
        } else {
            json!({"value": [{"connectionId": "1", "userId": null}], "nextLink": first_link(&link("b"))})
        };
        Reply::json(200, page.to_string())
    })
    .await
}

#[tokio::test]
async fn every_page_is_fetched_with_a_token_for_its_url() {
    let server = three_pages(str::to_owned).await;
    let pages = server
        .client()
        .list_connections_in_group("g", &ListOptions::default())
        .unwrap();

    let members = pages.all().await.unwrap();

    let ids: Vec<_> = members
        .iter()
        .map(|member| member.connection_id.as_str())
        .collect();
    assert_eq!(ids, ["1", "2", "3"]);
    assert_eq!(members[0].user_id, None);
    assert_eq!(members[2].user_id.as_deref(), Some("u"));
    for request in server.take() {
        let url = format!("{}{}", server.url, request.target);
        assert_eq!(request.signed_claims()["aud"], url);
    }
}

#[tokio::test]
async fn a_list_can_continue_after_an_earlier_page() {
    let server = three_pages(str::to_owned).await;
    let client = server.client();
    let mut pages = client
        .list_connections_in_group("g", &ListOptions::default())
        .unwrap();
    let page = pages.next_page().await.unwrap().unwrap();

    let options = ListOptions {
        continuation_token: page.continuation_token,
        ..ListOptions::default()
    };
    let rest = client.list_connections_in_group("g", &options).unwrap();

    assert_eq!(rest.all().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_link_to_another_origin_is_not_followed() {
    let elsewhere = [
        "http://evil.example/api/hubs/Chat_Hub/groups/g/connections",
        "https://127.0.0.1/api",
        "http://127.0.0.1:1/api",
        "//evil.example/api",
        "/api/hubs/Chat_Hub/groups/g/connections",
        "nonsense",
    ];
    for link in elsewhere {
        let server = three_pages(move |_| link.to_owned()).await;
        let pages = server
            .client()
            .list_connections_in_group("g", &ListOptions::default())
            .unwrap();

        let error = pages.all().await.unwrap_err();

        assert!(matches!(error, Error::ForeignLink), "{link}: {error:?}");
        server.take_one();
    }
}

#[tokio::test]
async fn a_page_that_links_to_itself_ends_the_list() {
    let server = three_pages(|next| next.replace("&continuationToken=b", "")).await;
    let pages = server
        .client()
        .list_connections_in_group("g", &ListOptions::default())
        .unwrap();

    let error = pages.all().await.unwrap_err();

    assert!(matches!(error, Error::UnexpectedResponse(_)), "{error:?}");
}

#[tokio::test]
async fn a_page_can_be_fetched_again_after_a_failure() {
    let page = r#"{"value":[]}"#;
    let server = Server::answering([Reply::json(200, "<html>"), Reply::json(200, page)]).await;
    let mut pages = server
        .client()
        .list_connections_in_group("g", &ListOptions::default())
        .unwrap();

    assert!(pages.next_page().await.is_err());
    assert!(pages.next_page().await.unwrap().is_some());
    assert!(pages.next_page().await.unwrap().is_none());
}

#[tokio::test]
async fn sizes_that_the_service_would_refuse_are_not_sent() {
    let server = Server::answering([]).await;
    let of = |top, max_page_size| ListOptions {
        top,
        max_page_size,
        continuation_token: None,
    };

    for options in [of(Some(0), None), of(None, Some(0)), of(None, Some(201))] {
        let refused = server.client().list_connections_in_group("g", &options);
        assert_eq!(refused.err(), Some(ArgumentError::PageSize));
    }
}
