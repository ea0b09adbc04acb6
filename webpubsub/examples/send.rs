//! Sends a text message to a group and lists the group's connections.
//!
//! `cargo run -p webpubsub --example send -- '<connection string>' <hub> <group> <text>`

use std::error::Error;
use std::io::{Write, stdout};

use webpubsub::{HubClient, HubClientOptions, ListOptions, Payload, SendOptions};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [connection_string, hub, group, text] = arguments.as_slice() else {
        return Err("usage: send <connection string> <hub> <group> <text>".into());
    };
    // Without a provider, the first request would panic. Installing fails only if this program
    // has already installed one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client =
        HubClient::from_connection_string(connection_string, hub, HubClientOptions::default())?;

    client
        .send_to_group(group, Payload::text(text), &SendOptions::default())
        .await?;

    let mut pages = client.list_connections_in_group(group, &ListOptions::default())?;
    while let Some(page) = pages.next_page().await? {
        for member in page.members {
            let user = member.user_id.as_deref().unwrap_or("anonymous");
            writeln!(stdout(), "{} ({user})", member.connection_id)?;
        }
    }
    Ok(())
}
