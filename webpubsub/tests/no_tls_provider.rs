//! In a process of its own: here nobody has installed a TLS provider.

use webpubsub::{ClientTokenRequest, HubClient, HubClientOptions};

#[tokio::test]
async fn a_client_can_be_made_and_mint_tokens_before_a_tls_provider_is_there() {
    let client = HubClient::from_connection_string(
        "Endpoint=https://demo.webpubsub.azure.com;AccessKey=secret",
        "hub",
        HubClientOptions::default(),
    )
    .unwrap();

    let access = client.client_access(&ClientTokenRequest::default()).await;

    assert!(access.is_ok());
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
}
