//! Who may look into a conversation, or speak in it, over HTTP: the very rules of `negotiate`.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::admission::{Refusal, Visitor, admit};
use crate::binding::{Binding, Role};
use crate::caller::Caller;
use crate::caller::rights::Administrator;
use crate::conversation::Conversation;
use crate::negotiate::wish::WishForm;
use crate::negotiate::{limited_as, who_asks};
use crate::peer::Peer;
use crate::problem::Problem;
use crate::state::Ready;
use crate::user_id::UserId;

/// What a call shows to be let in: an identity as `negotiate` takes it, and a room's `password`.
#[derive(Debug)]
pub struct Asking {
    peer: Peer,
    headers: HeaderMap,
    query: String,
}

/// For the OpenAPI document.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `Asking` reads it")]
pub struct AskingQuery {
    /// The user id of an anonymous caller; beside an API token the user to ask for.
    username: Option<String>,
    /// The room's password.
    password: Option<String>,
    /// A JWT, where no header can be set.
    token: Option<String>,
}

/// Somebody who was let in.
#[derive(Debug)]
pub enum Entrant {
    /// Sees everything. `None` is a back end that acts for nobody.
    Administrator(Option<UserId>),
    /// Came in as the room, chat or session allows it.
    Admitted(Box<Binding>),
}

impl<S: Send + Sync> FromRequestParts<S> for Asking {
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

impl Asking {
    /// Lets an administrator in, and anybody whom `negotiate` would let in with this role.
    pub async fn enter(
        &self,
        app: &Ready,
        place: &Conversation,
        role: Role,
    ) -> Result<Entrant, Problem> {
        let mut form = WishForm::default();
        for (name, value) in url::form_urlencoded::parse(self.query.as_bytes()) {
            if matches!(&*name, "username" | "token" | "password") {
                form.add(&name, &value);
            }
        }
        match place {
            Conversation::Room(id) => form.add("room_id", id.as_str()),
            Conversation::Chat(id) => form.add("chat_id", id.as_str()),
            Conversation::Session(id) => form.add("session_id", id.as_str()),
        }
        let mut form = form.read()?;
        form.wish.role = role;
        let (caller, user) = who_asks(app, &self.headers, &form).await?;
        let names_nobody = form.username.is_none();
        match Administrator::of(&caller) {
            Some(admin) if admin.has_name() => return Ok(Entrant::Administrator(Some(user))),
            Some(_) if names_nobody => return Ok(Entrant::Administrator(None)),
            Some(_) | None => {}
        }
        if matches!(
            (&caller, place),
            (Caller::Anonymous(_), Conversation::Chat(_))
        ) {
            return Err(Refusal::Unauthenticated.into());
        }
        let visitor = Visitor {
            limited: limited_as(app, &caller, &user, self.peer, &self.headers),
            caller: &caller,
            user,
        };
        Ok(Entrant::Admitted(Box::new(
            admit(app, visitor, form.wish).await?,
        )))
    }
}
