//! Compares our client tokens with those of Microsoft's packages.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};
use webpubsub::{
    AccessKey, ClientAccess, ClientProtocol, ClientTokenRequest, Endpoint, HubName, client_token,
};

use crate::sdk::Sdk;
use crate::server::{HUB, KEY, claims};

fn requests() -> Vec<ClientTokenRequest> {
    let everything = ClientTokenRequest {
        user_id: Some("O'Brien & Søn".into()),
        roles: vec!["webpubsub.sendToGroup.a b".into(), "r2".into()],
        groups: vec!["g1".into(), "g 2/é".into()],
        lifetime: Duration::from_secs(300),
        protocol: ClientProtocol::Default,
    };
    let nothing = ClientTokenRequest::default();
    vec![
        everything.clone(),
        ClientTokenRequest {
            protocol: ClientProtocol::Mqtt,
            ..everything
        },
        ClientTokenRequest {
            protocol: ClientProtocol::SocketIo,
            user_id: Some(String::new()),
            ..nothing.clone()
        },
        nothing,
    ]
}

fn protocol_name(protocol: ClientProtocol) -> &'static str {
    match protocol {
        ClientProtocol::Default => "default",
        ClientProtocol::Mqtt => "mqtt",
        ClientProtocol::SocketIo => "socketio",
    }
}

fn our_token(endpoint: &Endpoint, request: &ClientTokenRequest, issued: u64) -> String {
    client_token(
        &AccessKey::new(KEY).unwrap(),
        endpoint,
        &HUB.parse().unwrap(),
        request,
        UNIX_EPOCH + Duration::from_secs(issued),
    )
}

fn assert_same_tokens(sdk: Sdk, endpoint: &str) {
    let endpoint: Endpoint = endpoint.parse().unwrap();
    let hub: HubName = HUB.parse().unwrap();
    let asked: Vec<Value> = requests()
        .iter()
        .map(|request| {
            // The packages check the expiry against the system clock, so use a long lifetime.
            let lasting = ClientTokenRequest {
                lifetime: Duration::from_secs(32_503_680_000),
                ..request.clone()
            };
            json!({
                "endpoint": endpoint.as_str(), "key": KEY, "hub": HUB,
                "user": request.user_id, "roles": request.roles, "groups": request.groups,
                "minutes": request.lifetime.as_secs() / 60,
                "protocol": protocol_name(request.protocol),
                "token": our_token(&endpoint, &lasting, 1_000),
            })
        })
        .collect();

    let answers = sdk.run("tokens", "", &Value::from(asked).to_string());

    let answers: Vec<Value> = serde_json::from_str(&answers).unwrap();
    assert_eq!(answers.len(), requests().len());
    for (request, theirs) in requests().iter().zip(answers) {
        let their_claims = claims(theirs["token"].as_str().unwrap());
        let issued = their_claims["iat"].as_u64().unwrap();
        assert_eq!(claims(&our_token(&endpoint, request, issued)), their_claims);
        let ours = ClientAccess {
            base_url: endpoint.client_url(&hub, request.protocol),
            token: theirs["token"].as_str().unwrap().to_owned(),
        };
        assert_eq!(ours.base_url, theirs["baseUrl"]);
        assert_eq!(ours.url(), theirs["url"]);
    }
}

#[test]
fn node_mints_the_same_client_tokens() {
    assert_same_tokens(Sdk::Node, "https://demo.webpubsub.azure.com");
    assert_same_tokens(Sdk::Node, "http://localhost:8080");
}

#[test]
fn python_mints_the_same_client_tokens() {
    assert_same_tokens(Sdk::Python, "https://demo.webpubsub.azure.com");
    assert_same_tokens(Sdk::Python, "http://localhost:8080");
}
