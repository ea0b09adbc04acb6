//! Every operation, under the name that the scripts in `tests/clients` use.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::http::{AsyncRawResponse, HttpClient, Request, new_http_client};
use serde_json::{Value, json};
use webpubsub::filter::Filter;
use webpubsub::{
    ClientProtocol, ClientTokenRequest, CloseOptions, Error, HubClient, HubClientOptions,
    ListOptions, Payload, Permission, SendOptions,
};

use crate::server::{HUB, Server, install_tls_provider};

/// The operations, in the order in which the scripts call them.
pub(crate) const OPERATIONS: [&str; 25] = [
    "send_text_to_all",
    "send_json_to_group",
    "send_binary_to_user",
    "send_text_to_connection",
    "close_all_connections",
    "close_group_connections",
    "close_user_connections",
    "close_connection",
    "connection_exists",
    "group_exists",
    "user_exists",
    "list_connections_in_group",
    "add_connection_to_group",
    "remove_connection_from_group",
    "remove_connection_from_all_groups",
    "add_user_to_group",
    "remove_user_from_group",
    "remove_user_from_all_groups",
    "add_connections_to_groups",
    "remove_connections_from_groups",
    "grant_permission",
    "revoke_permission",
    "has_permission",
    "health",
    "generate_token",
];

pub(crate) fn plain() -> Value {
    json!({
        "group": "lobby", "user": "alice", "connection": "conn-1_2", "filter": "userId eq null",
        "excluded": ["conn-3"], "reason": "bye", "role": "r", "groups": ["g1"],
        "text": "hello", "json": {"a": 1}, "binary": [0, 255], "ttl": 60,
    })
}

pub(crate) fn awkward() -> Value {
    json!({
        "group": "room 1/é:x", "user": "O'Brien+a&b=c?d#e@f.g", "connection": "c;1,2$(3)*!~[]",
        "filter": "userId eq 'O''Brien' and 'a b' in groups",
        "excluded": ["a b", "c&d", "e+f"], "reason": "good bye & thanks + more: ü",
        "role": "webpubsub.sendToGroup.a b", "groups": ["g 1", "g'2\"é"],
        "text": "grüß dich\n", "json": ["x", null, {"é": "\"" }], "binary": [], "ttl": 300,
    })
}

/// Makes the call that the scripts make under this name.
pub(crate) async fn call(client: &HubClient, name: &str, inputs: &Value) -> Result<(), Error> {
    let text = |name: &str| inputs[name].as_str().unwrap();
    let texts =
        |name: &str| -> Vec<String> { serde_json::from_value(inputs[name].clone()).unwrap() };
    let (group, user, connection) = (text("group"), text("user"), text("connection"));
    let filter = Filter::raw(text("filter"));
    let to_connection = SendOptions {
        ttl: inputs["ttl"].as_u64().map(Duration::from_secs),
        ..SendOptions::default()
    };
    let to_user = SendOptions {
        filter: Some(filter.clone()),
        ..to_connection.clone()
    };
    let to_many = SendOptions {
        excluded: texts("excluded"),
        ..to_user.clone()
    };
    let closing = CloseOptions {
        excluded: texts("excluded"),
        reason: Some(text("reason").into()),
    };
    let message = Payload::text(text("text"));
    match name {
        "send_text_to_all" => client.send_to_all(message, &to_many).await,
        "send_json_to_group" => {
            let payload = Payload::json(&inputs["json"]).unwrap();
            client.send_to_group(group, payload, &to_many).await
        }
        "send_binary_to_user" => {
            let bytes: Vec<u8> = serde_json::from_value(inputs["binary"].clone()).unwrap();
            client
                .send_to_user(user, Payload::binary(bytes), &to_user)
                .await
        }
        "send_text_to_connection" => {
            client
                .send_to_connection(connection, message, &to_connection)
                .await
        }
        "close_all_connections" => client.close_all_connections(&closing).await,
        "close_group_connections" => client.close_group_connections(group, &closing).await,
        "close_user_connections" => client.close_user_connections(user, &closing).await,
        "close_connection" => {
            client
                .close_connection(connection, Some(text("reason")))
                .await
        }
        "connection_exists" => client.connection_exists(connection).await.map(drop),
        "group_exists" => client.group_exists(group).await.map(drop),
        "user_exists" => client.user_exists(user).await.map(drop),
        "list_connections_in_group" => {
            let options = ListOptions {
                top: Some(2),
                max_page_size: Some(1),
                continuation_token: Some("first".into()),
            };
            let pages = client.list_connections_in_group(group, &options)?;
            pages.all().await.map(drop)
        }
        "add_connection_to_group" => client.add_connection_to_group(group, connection).await,
        "remove_connection_from_group" => {
            client.remove_connection_from_group(group, connection).await
        }
        "remove_connection_from_all_groups" => {
            client.remove_connection_from_all_groups(connection).await
        }
        "add_user_to_group" => client.add_user_to_group(group, user).await,
        "remove_user_from_group" => client.remove_user_from_group(group, user).await,
        "remove_user_from_all_groups" => client.remove_user_from_all_groups(user).await,
        "add_connections_to_groups" => {
            client
                .add_connections_to_groups(&texts("groups"), &filter)
                .await
        }
        "remove_connections_from_groups" => {
            client
                .remove_connections_from_groups(&texts("groups"), &filter)
                .await
        }
        "grant_permission" => {
            client
                .grant_permission(connection, Permission::SendToGroup, group)
                .await
        }
        "revoke_permission" => {
            client
                .revoke_permission(connection, Permission::JoinLeaveGroup, group)
                .await
        }
        "has_permission" => {
            let allowed = client.has_permission(connection, Permission::SendToGroup, group);
            allowed.await.map(drop)
        }
        "health" => client.health().await,
        "generate_token" => {
            let request = ClientTokenRequest {
                user_id: Some(user.into()),
                roles: vec![text("role").into()],
                groups: texts("groups"),
                lifetime: Duration::from_secs(300),
                protocol: ClientProtocol::Mqtt,
            };
            client.client_access(&request).await.map(drop)
        }
        other => panic!("{other} is not an operation"),
    }
}

pub(crate) fn client_for(operation: &str, server: &Server) -> HubClient {
    if operation != "generate_token" {
        return server.client();
    }
    install_tls_provider();
    let options = HubClientOptions {
        http_client: Some(Arc::new(Downgrade(new_http_client(None)))),
        ..HubClientOptions::default()
    };
    let endpoint = server.url.replace("http:", "https:").parse().unwrap();
    HubClient::with_credential(endpoint, Arc::new(Entra), HUB.parse().unwrap(), options).unwrap()
}

/// Sends https requests over http. The client refuses a bearer credential over http, but the
/// test server does not support TLS.
#[derive(Debug)]
struct Downgrade(Arc<dyn HttpClient>);

#[async_trait]
impl HttpClient for Downgrade {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let mut request = request.clone();
        request.url_mut().set_scheme("http").unwrap();
        self.0.execute_request(&request).await
    }
}

#[derive(Debug)]
struct Entra;

#[async_trait]
impl TokenCredential for Entra {
    async fn get_token(
        &self,
        scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["https://webpubsub.azure.com/.default"]);
        let expires_on = SystemTime::UNIX_EPOCH + Duration::from_secs(32_503_680_000);
        Ok(AccessToken::new("entra", expires_on.into()))
    }
}
