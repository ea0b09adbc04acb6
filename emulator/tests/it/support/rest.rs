//! Calls to the REST API.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client as HttpClient;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::{KEY, TestEmulator, sign, within};

#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl TestEmulator {
    /// Makes a call like Microsoft's packages, with a token for the whole URL.
    pub(crate) async fn rest(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: impl Into<Bytes>,
    ) -> Answered {
        let url = self.rest_url(path);
        let token = sign(&json!({ "aud": url, "exp": 4_000_000_000_i64 }), KEY);
        self.rest_with_token(method, path, &token, content_type, body)
            .await
    }

    /// The URL of an operation of the hub `chat`.
    pub(crate) fn rest_url(&self, path: &str) -> String {
        let separator = if path.contains('?') { '&' } else { '?' };
        format!(
            "{}/api/hubs/chat/{path}{separator}api-version=2024-12-01",
            self.endpoint()
        )
    }

    pub(crate) async fn rest_with_token(
        &self,
        method: &str,
        path: &str,
        token: &str,
        content_type: &str,
        body: impl Into<Bytes>,
    ) -> Answered {
        let mut request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).unwrap())
            .uri(self.rest_url(path))
            .header("authorization", format!("Bearer {token}"));
        if !content_type.is_empty() {
            request = request.header("content-type", content_type);
        }
        call(request.body(Full::new(body.into())).unwrap()).await
    }

    /// The status of an operation without a body.
    pub(crate) async fn status(&self, method: &str, path: &str) -> u16 {
        self.rest(method, path, "", "").await.status.as_u16()
    }

    pub(crate) async fn send_text(&self, path: &str, text: &'static str) {
        let answered = self.rest("POST", path, "text/plain", text).await;
        assert_eq!(answered.status, StatusCode::ACCEPTED, "{path}");
    }
}

pub(crate) async fn call(request: Request<Full<Bytes>>) -> Answered {
    let client = HttpClient::builder(TokioExecutor::new()).build_http();
    let response = within("an answer", client.request(request)).await.unwrap();
    let (parts, body) = response.into_parts();
    Answered {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}
