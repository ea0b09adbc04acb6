//! Prints a URL with which a client can connect.
//!
//! `cargo run -p webpubsub --example negotiate -- '<connection string>' <hub> [user]`

use std::error::Error;
use std::io::{Write, stdout};

use webpubsub::{ClientTokenRequest, HubClient, HubClientOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(connection_string), Some(hub)) = (arguments.next(), arguments.next()) else {
        return Err("usage: negotiate <connection string> <hub> [user]".into());
    };
    let client =
        HubClient::from_connection_string(&connection_string, &hub, HubClientOptions::default())?;

    let access = client
        .client_access(&ClientTokenRequest {
            user_id: arguments.next(),
            roles: vec![
                "webpubsub.joinLeaveGroup".into(),
                "webpubsub.sendToGroup".into(),
            ],
            ..ClientTokenRequest::default()
        })
        .await?;

    writeln!(stdout(), "{}", access.url())?;
    Ok(())
}
