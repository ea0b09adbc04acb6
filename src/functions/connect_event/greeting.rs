//! The frames that a new connection gets, one for each target that greets.

use serde::Serialize;
use utoipa::ToSchema;
use webpubsub::{Payload, SendOptions};

use crate::app::App;
use crate::azure::web_pubsub::{CallError, join_with_timeout};
use crate::functions::upstream::Connection;
use crate::ids::target::{Channel, Target};
use crate::ids::user_id::UserId;

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type")]
pub enum Greeting<'a> {
    #[serde(rename = "connection", rename_all = "camelCase")]
    Audio {
        connection_id: &'a str,
        message: &'static str,
    },
    #[serde(rename = "connection.established")]
    Notifications {
        message: &'static str,
        user_id: &'a str,
    },
    #[serde(rename = "connection.established")]
    Organization {
        message: &'static str,
        org_id: &'a str,
    },
}

/// The answer to `connected` cannot carry frames, so they go out by REST.
pub(super) async fn greet(app: &App, connection: &Connection) {
    let binding = connection.binding();
    let (id, user) = (connection.id(), &binding.user);
    let greetings = binding.targets.iter().filter_map(|target| {
        let greeting = greeting(target, id, user)?;
        Some(async move { send(app, id, &greeting).await })
    });
    // A client that is gone misses nothing, and the service does not repeat the event.
    if let Err(error) = join_with_timeout(greetings).await {
        tracing::warn!(
            connection.id = id,
            error = &error as &dyn std::error::Error,
            "a greeting could not be sent"
        );
    }
}

async fn send(app: &App, connection_id: &str, greeting: &Greeting<'_>) -> Result<(), CallError> {
    let frame = Payload::json(greeting).map_err(CallError::Json)?;
    let options = SendOptions::default();
    app.hub
        .send_to_connection(connection_id, frame, &options)
        .await?;
    Ok(())
}

fn greeting<'a>(
    target: &'a Target,
    connection_id: &'a str,
    user: &'a UserId,
) -> Option<Greeting<'a>> {
    match target {
        Target::Channel(Channel::Audio) => Some(Greeting::Audio {
            connection_id,
            message: "Connected. Send audio frames.",
        }),
        Target::Channel(Channel::Notifications) => Some(Greeting::Notifications {
            message: "Connected to notifications.",
            user_id: user.as_str(),
        }),
        Target::Org(org) => Some(Greeting::Organization {
            message: "Connected to organization events.",
            org_id: org.as_str(),
        }),
        Target::Room(_)
        | Target::Chat(_)
        | Target::Session(_)
        | Target::Device(_)
        | Target::Channel(Channel::Chats) => None,
    }
}
