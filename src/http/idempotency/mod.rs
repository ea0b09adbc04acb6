//! `Idempotency-Key`: a caller that got no answer repeats the call, and the work is done once.
//!
//! A handler that creates something takes a [`KeyedCall`] as its body and does its work in
//! [`Idempotency::once`], which gives it the id of what it creates. A repeat that takes over from
//! a crashed call gets the same id, so it creates the same thing, which the store recognises.

mod key;
mod record;

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::clock::{Clock, Ids};
use crate::conversation::ConversationError;
use crate::http::extract::{read_body, read_json};
use crate::http::problem::Problem;
use crate::store::Store;

pub use key::{IdempotencyHeader, IdempotencyKey};
use record::{Claim, Claimed, Done, Scope, claim};

const MAX_BODY: usize = 256 * 1024;
const SECRET_SHOWN_ONCE: &str =
    "this was created by an earlier call with this key, and its secret is shown only once";

/// A body with an optional key.
#[derive(Debug)]
pub struct KeyedCall {
    key: Option<IdempotencyKey>,
    body: Bytes,
}

impl<S: Sync> FromRequest<S> for KeyedCall {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Ok(Self {
            key: IdempotencyKey::read(request.headers())?,
            body: read_body(request.into_body(), MAX_BODY).await?,
        })
    }
}

/// The answer to the first call and to every repeat.
#[derive(Debug)]
pub struct Created {
    status: StatusCode,
    body: String,
    /// The body is not stored, so a repeat cannot get it again.
    is_secret: bool,
}

impl Created {
    pub fn new(status: StatusCode, body: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self {
            status,
            body: serde_json::to_string(body).map_err(|error| {
                Problem::unavailable("the answer cannot be serialised").caused_by(error)
            })?,
            is_secret: false,
        })
    }

    /// An answer that contains a secret, so it is not stored.
    pub fn with_secret(status: StatusCode, body: &impl Serialize) -> Result<Self, Problem> {
        Ok(Self {
            is_secret: true,
            ..Self::new(status, body)?
        })
    }
}

impl IntoResponse for Created {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl KeyedCall {
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        read_json(&self.body)
    }
}

/// Stores keyed calls and their answers.
#[derive(Debug)]
pub struct Idempotency {
    store: Arc<dyn Store>,
    clock: Clock,
    ids: Ids,
}

impl Idempotency {
    pub fn new(store: Arc<dyn Store>, clock: Clock, ids: Ids) -> Self {
        Self { store, clock, ids }
    }

    /// Runs `create`, unless this caller has used the key on this route before. `create` gets the
    /// id of what it creates, which stays the same until an attempt is known to have succeeded.
    pub async fn once(
        &self,
        call: &KeyedCall,
        caller: &str,
        route: &str,
        create: impl AsyncFnOnce(Uuid) -> Result<Created, Problem>,
    ) -> Result<Response, Problem> {
        let Some(key) = &call.key else {
            return Ok(create(self.ids.uuid()).await?.into_response());
        };
        let scope = Scope::new(caller, route, key, &call.body);
        let claimed = claim(&*self.store, &self.clock, &self.ids, scope).await;
        match claimed.map_err(ConversationError::from)? {
            Claimed::Ours(claim) => self.run(claim, create).await,
            Claimed::Done(done) => repeat(done),
            Claimed::OtherBody => Err(Problem::key_reused()),
            Claimed::InUse => Err(Problem::key_in_use()),
        }
    }

    async fn run(
        &self,
        claim: Claim,
        create: impl AsyncFnOnce(Uuid) -> Result<Created, Problem>,
    ) -> Result<Response, Problem> {
        match create(claim.id()).await {
            Ok(created) => {
                let done = Done {
                    status: created.status.as_u16(),
                    body: (!created.is_secret).then(|| created.body.clone()),
                };
                claim.finish(&*self.store, done).await;
                Ok(created.into_response())
            }
            Err(problem) if problem.created_nothing() => {
                claim.release(&*self.store).await;
                Err(problem)
            }
            Err(problem) => {
                claim.abandon(&*self.store, self.clock.now()).await;
                Err(problem)
            }
        }
    }
}

fn repeat(done: Done) -> Result<Response, Problem> {
    let status = StatusCode::from_u16(done.status);
    match (done.body, status) {
        (Some(body), Ok(status)) => Ok(Created {
            status,
            body,
            is_secret: false,
        }
        .into_response()),
        (None, _) | (_, Err(_)) => Err(Problem::already_created(SECRET_SHOWN_ONCE)),
    }
}
