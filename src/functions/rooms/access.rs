//! Who may read a conversation, or post to it, over HTTP: the same rules as for `negotiate`.

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
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::ids::user_id::UserId;

/// The credentials of a request: an identity as `negotiate` accepts it, and a room's password.
#[derive(Debug)]
pub struct AccessCheck {
    peer: Peer,
    headers: HeaderMap,
    query: AccessQuery,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AccessQuery {
    /// The user id of an anonymous caller; with an API token the user to act for.
    username: Option<String>,
    /// The room's password.
    password: Option<String>,
    /// A JWT, for callers that cannot set headers.
    token: Option<String>,
}

/// How a caller was granted access.
#[derive(Debug)]
pub enum Granted {
    /// An administrator sees everything. `None` is a back end that acts for no user.
    Administrator(Option<UserId>),
    /// Admitted under the rules of the room, chat or session.
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
        let Query(query) = Query::from_request_parts(parts, state).await?;
        Ok(Self {
            peer,
            headers: parts.headers.clone(),
            query,
        })
    }
}

impl AccessCheck {
    /// Grants access to administrators, and to everybody whom `negotiate` would admit with this
    /// role.
    pub async fn run(
        &self,
        app: &App,
        conversation: &Conversation,
        role: Role,
    ) -> Result<Granted, Problem> {
        let mut request = self.query.params(conversation).read()?;
        request.access.requested_role = role;
        let (caller, user) = identify(&app.callers, &self.headers, &request).await?;
        let names_user = request.username.is_some();
        match Administrator::of(&caller) {
            Some(admin) if admin.has_name() => return Ok(Granted::Administrator(Some(user))),
            Some(_) if !names_user => return Ok(Granted::Administrator(None)),
            Some(_) | None => {}
        }
        if matches!(
            (&caller, conversation),
            (Caller::Anonymous(_), Conversation::Chat(_))
        ) {
            return Err(AdmissionError::Unauthenticated.into());
        }
        let principal = Principal {
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
        let admitted = app.admission.admit(principal, request.access).await?;
        let binding = app.admission.confirm(admitted).await?;
        Ok(Granted::Admitted(Box::new(binding)))
    }
}

impl AccessQuery {
    /// The same as a request to `negotiate` for this conversation.
    fn params(&self, conversation: &Conversation) -> AccessParams {
        let mut params = AccessParams::default();
        match conversation {
            Conversation::Room(id) => params.add("room_id", id.as_str()),
            Conversation::Chat(id) => params.add("chat_id", id.as_str()),
            Conversation::Session(id) => params.add("session_id", id.as_str()),
        }
        for (name, value) in [
            ("username", &self.username),
            ("password", &self.password),
            ("token", &self.token),
        ] {
            if let Some(value) = value {
                params.add(name, value);
            }
        }
        params
    }
}

/// Hides the password and the token.
impl std::fmt::Debug for AccessQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessQuery(…)")
    }
}
