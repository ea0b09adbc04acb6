//! Who may look into a conversation, or speak in it, over HTTP: the very rules of `negotiate`.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::access::admission::{AdmissionError, Principal};
use crate::access::binding::Binding;
use crate::access::caller::Caller;
use crate::access::caller::rights::Administrator;
use crate::access::peer::Peer;
use crate::access::permission::author;
use crate::access::request::{AccessParams, identify, rate_limit_key};
use crate::app::App;
use crate::conversation::room::Role;
use crate::conversation::{Author, Conversation};
use crate::http::problem::Problem;
use crate::ids::user_id::UserId;

/// What a call shows to be let in: an identity as `negotiate` takes it, and a room's `password`.
#[derive(Debug)]
pub struct AccessCheck {
    peer: Peer,
    headers: HeaderMap,
    query: String,
}

/// For the OpenAPI document.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `Asking` reads it")]
pub struct AccessQuery {
    /// The user id of an anonymous caller; beside an API token the user to ask for.
    username: Option<String>,
    /// The room's password.
    password: Option<String>,
    /// A JWT, where no header can be set.
    token: Option<String>,
}

/// Somebody who was let in.
#[derive(Debug)]
pub enum Granted {
    /// Sees everything. `None` is a back end that acts for nobody.
    Administrator(Option<UserId>),
    /// Came in as the room, chat or session allows it.
    Admitted(Box<Binding>),
}

impl Granted {
    pub fn author(&self, conversation: &Conversation) -> Author {
        match self {
            Self::Administrator(_) => Author::Publisher(conversation.clone()),
            Self::Admitted(binding) => author(binding, conversation),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AccessCheck {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(peer) = Peer::from_request_parts(parts, state).await;
        Ok(Self {
            peer,
            headers: parts.headers.clone(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
        })
    }
}

impl AccessCheck {
    /// Admits an administrator, and anyone whom `negotiate` would admit with this role.
    pub async fn decide(
        &self,
        app: &App,
        conversation: &Conversation,
        role: Role,
    ) -> Result<Granted, Problem> {
        let mut form = AccessParams::default();
        for (name, value) in url::form_urlencoded::parse(self.query.as_bytes()) {
            if matches!(&*name, "username" | "token" | "password") {
                form.add(&name, &value);
            }
        }
        match conversation {
            Conversation::Room(id) => form.add("room_id", id.as_str()),
            Conversation::Chat(id) => form.add("chat_id", id.as_str()),
            Conversation::Session(id) => form.add("session_id", id.as_str()),
        }
        let mut form = form.read()?;
        form.access.requested_role = role;
        let (caller, user) = identify(&app.callers, &self.headers, &form).await?;
        let names_nobody = form.username.is_none();
        match Administrator::of(&caller) {
            Some(admin) if admin.has_name() => return Ok(Granted::Administrator(Some(user))),
            Some(_) if names_nobody => return Ok(Granted::Administrator(None)),
            Some(_) | None => {}
        }
        if matches!(
            (&caller, conversation),
            (Caller::Anonymous(_), Conversation::Chat(_))
        ) {
            return Err(AdmissionError::Unauthenticated.into());
        }
        let visitor = Principal {
            limit_key: rate_limit_key(
                &caller,
                &user,
                self.peer,
                &self.headers,
                app.config.trust_forwarded_for,
            ),
            caller: &caller,
            user,
        };
        Ok(Granted::Admitted(Box::new(
            app.admission.admit(visitor, form.access).await?,
        )))
    }
}
