//! The requests that calls send, and the arguments that they refuse to send.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::new_http_client;
use webpubsub::filter::Filter;
use webpubsub::{
    ArgumentError, ClientTokenRequest, CloseOptions, Error, HubClient, HubClientOptions,
    LazyHttpClient, Payload, Permission, SendOptions,
};

use crate::server::{KEY, Reply, Server};

#[tokio::test]
async fn a_tokens_audience_is_the_url_that_is_sent() {
    let names = [
        "a+b&c=d?e#f",
        "a:b;c,d@e",
        "%2F",
        "%252F",
        "ä/ö\\ü",
        "<>\"{}|^`",
        "\u{0}\n",
        "~!*'()",
    ];
    let server = Server::spawn(|_| Reply::status(202)).await;
    let client = server.client();

    for name in names {
        let options = SendOptions {
            excluded: vec![name.into()],
            filter: Some(Filter::raw(name)),
            ..SendOptions::default()
        };
        client
            .send_to_group(name, Payload::text(name), &options)
            .await
            .unwrap();

        let request = server.take_one();
        let url = format!("{}{}", server.url, request.target);
        assert_eq!(request.signed_claims()["aud"], url, "{name}");
    }
}

#[tokio::test]
async fn a_colon_in_a_path_is_not_encoded() {
    let server = Server::answering([Reply::status(200)]).await;

    server.client().group_exists("room:lobby").await.unwrap();

    assert_eq!(
        server.take_one().target,
        "/api/hubs/Chat_Hub/groups/room:lobby?api-version=2024-12-01"
    );
}

#[tokio::test]
async fn a_name_that_would_change_the_path_is_not_sent() {
    let server = Server::answering([]).await;
    let client = server.client();

    for name in ["", ".", ".."] {
        let everyone = CloseOptions::default();
        assert!(matches!(
            client.close_user_connections(name, &everyone).await,
            Err(Error::InvalidArgument(ArgumentError::Name("user id")))
        ));
        assert!(client.close_connection(name, None).await.is_err());
        assert!(client.group_exists(name).await.is_err());
    }
    assert!(
        client
            .grant_permission("c", Permission::SendToGroup, "")
            .await
            .is_err()
    );
    assert!(server.take().is_empty());
}

#[tokio::test]
async fn an_unsupported_option_is_an_error() {
    let server = Server::answering([]).await;
    let client = server.client();
    let excluding = SendOptions {
        excluded: vec!["c".into()],
        ..SendOptions::default()
    };
    let filtering = SendOptions {
        filter: Some(Filter::raw("true")),
        ..SendOptions::default()
    };

    let refused = [
        client
            .send_to_user("u", Payload::text("x"), &excluding)
            .await,
        client
            .send_to_connection("c", Payload::text("x"), &excluding)
            .await,
        client
            .send_to_connection("c", Payload::text("x"), &filtering)
            .await,
    ];

    for refused in refused {
        assert!(matches!(
            refused,
            Err(Error::InvalidArgument(ArgumentError::Option { .. }))
        ));
    }
    assert!(server.take().is_empty());
}

#[tokio::test]
async fn a_group_change_with_no_groups_is_not_sent() {
    let server = Server::answering([]).await;

    let refused = server
        .client()
        .add_connections_to_groups(&[], &Filter::raw("true"))
        .await;

    assert!(matches!(
        refused,
        Err(Error::InvalidArgument(ArgumentError::NoGroups))
    ));
}

#[tokio::test]
async fn metadata_is_sent_in_headers() {
    let server = Server::answering([Reply::status(202)]).await;
    let options = SendOptions {
        metadata: [("Trace".to_owned(), "42".to_owned())].into(),
        ..SendOptions::default()
    };

    server
        .client()
        .send_to_all(Payload::text("x"), &options)
        .await
        .unwrap();

    assert_eq!(
        server.take_one().header("x-webpubsub-metadata-trace"),
        Some("42")
    );
}

#[tokio::test]
async fn an_exists_call_maps_200_and_404_to_a_bool_and_others_to_an_error() {
    let server = Server::answering([200, 404, 401].map(Reply::status)).await;
    let client = server.client();

    assert!(client.user_exists("u").await.unwrap());
    assert!(!client.user_exists("u").await.unwrap());
    assert!(client.user_exists("u").await.is_err());
}

#[tokio::test]
async fn with_a_key_client_access_needs_no_request() {
    let server = Server::answering([]).await;

    let access = server
        .client()
        .client_access(&ClientTokenRequest::default())
        .await
        .unwrap();

    assert!(access.url().starts_with("ws://127.0.0.1:"));
    assert!(
        access
            .url()
            .contains("/client/hubs/Chat_Hub?access_token=ey")
    );
    assert!(server.take().is_empty());
}

#[tokio::test]
async fn a_time_to_live_above_the_maximum_is_not_sent() {
    let server = Server::answering([]).await;
    let options = SendOptions {
        ttl: Some(Duration::from_secs(301)),
        ..SendOptions::default()
    };

    let refused = server
        .client()
        .send_to_all(Payload::text("x"), &options)
        .await;

    assert!(matches!(
        refused,
        Err(Error::InvalidArgument(ArgumentError::TimeToLive))
    ));
}

#[tokio::test]
async fn an_error_response_that_is_not_json_keeps_its_status() {
    let server = Server::answering([Reply::json(403, "<html>")]).await;

    let error = server.client().group_exists("g").await.unwrap_err();
    assert_eq!(error.to_string(), "the service answered 403 Forbidden");
}

#[test]
fn a_token_credential_is_refused_over_plain_http() {
    let refused = HubClient::with_credential(
        "http://localhost:8080".parse().unwrap(),
        Arc::new(LostCredential),
        "hub".parse().unwrap(),
        HubClientOptions::default(),
    );

    assert_eq!(refused.err(), Some(ArgumentError::InsecureEndpoint));
}

#[tokio::test]
async fn a_failing_credential_is_a_credential_error() {
    let client = HubClient::with_credential(
        "https://localhost".parse().unwrap(),
        Arc::new(LostCredential),
        "hub".parse().unwrap(),
        HubClientOptions::default(),
    )
    .unwrap();

    let error = client.health().await.unwrap_err();

    assert!(matches!(error, Error::Credential(_)), "{error:?}");
    assert!(!error.is_transient());
}

#[derive(Debug)]
struct LostCredential;

#[async_trait]
impl TokenCredential for LostCredential {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let lost = "the credential is lost";
        Err(azure_core::Error::with_message(ErrorKind::Credential, lost))
    }
}

#[tokio::test]
async fn hubs_can_share_one_http_client_that_is_built_on_the_first_call() {
    let server = Server::spawn(|_| Reply::status(200)).await;
    let built = Arc::new(AtomicU32::new(0));
    let shared = Arc::new(LazyHttpClient::new({
        let built = built.clone();
        move || {
            built.fetch_add(1, Ordering::Relaxed);
            new_http_client(None)
        }
    }));
    let client = || {
        server.client_with(HubClientOptions {
            http_client: Some(shared.clone()),
            ..HubClientOptions::default()
        })
    };

    let (first, second) = (client(), client());
    assert_eq!(built.load(Ordering::Relaxed), 0);
    first.health().await.unwrap();
    second.health().await.unwrap();

    assert_eq!(built.load(Ordering::Relaxed), 1);
}

#[test]
fn debug_of_a_client_does_not_show_the_key() {
    let client = HubClient::from_connection_string(
        &format!("Endpoint=https://a.b;AccessKey={KEY}"),
        "hub",
        HubClientOptions::default(),
    )
    .unwrap();

    let shown = format!("{client:?}");

    assert!(shown.contains("https://a.b") && !shown.contains(KEY));
}
