//! Azure OpenAI without a key.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::OffsetDateTime;
use serde_json::json;
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::azure::openai::{
    AzureOpenAi, Event, Finish, OpenAiAccount, OpenAiCredential, Role, Turn,
};

use crate::support::OpenAi;

/// Issues tokens for the service that asks for one.
#[derive(Debug)]
struct Platform;

#[async_trait]
impl TokenCredential for Platform {
    async fn get_token(
        &self,
        scopes: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        assert_eq!(scopes, ["https://cognitiveservices.azure.com/.default"]);
        let expiry = OffsetDateTime::UNIX_EPOCH;
        Ok(AccessToken::new("a-token".to_owned(), expiry))
    }
}

#[tokio::test]
async fn an_identity_is_enough_and_the_answer_comes_in_pieces_with_its_tokens() {
    let openai = OpenAi::start().await;
    let usage = json!({ "prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7 });
    let response = json!({ "content": "One two.", "usage": usage });
    let pieces = json!({ "chunkSize": 4 });
    openai.responds_with("hello", response, pieces).await;
    let account = OpenAiAccount {
        endpoint: openai.url.parse().unwrap(),
        credential: OpenAiCredential::ManagedIdentity { client_id: None },
        api_version: "2024-10-21".to_owned(),
        deployment: openai.deployment.clone(),
        transcribe_deployment: None,
    };
    let identities = ManagedIdentities::from_fn(|_| Ok(Arc::new(Platform)));
    let service = AzureOpenAi::new(&account, SharedHttpClient::new(), &identities).unwrap();
    let turn = Turn {
        role: Role::User,
        content: "hello".to_owned(),
    };

    let mut answer = service.complete(&[turn], 10).await.unwrap();
    let mut events = Vec::new();
    while let Some(event) = answer.next().await.unwrap() {
        events.push(event);
    }

    let text = |text: &str| Event::Text(text.to_owned());
    let end = [Event::Finished(Finish::Complete), Event::Usage(7)];
    assert_eq!(events, [&[text("One "), text("two.")], &end[..]].concat());
    let journal = openai.journal().await;
    let headers = journal[0]["headers"].as_object().unwrap();
    assert!(headers.contains_key("authorization") && !headers.contains_key("api-key"));
}
