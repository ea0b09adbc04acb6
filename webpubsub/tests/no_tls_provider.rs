//! A separate test binary, because no TLS provider may be installed in its process.

use webpubsub::{ClientTokenRequest, HubClient, HubClientOptions};

#[tokio::test]
async fn a_client_can_be_created_and_mint_tokens_without_a_tls_provider() {
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
