//! HTTP functions that speak the JSON protocol.

use std::sync::Arc;

use base64::Engine as _;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::answered::CallError;
use super::json_reply;
use super::keys::KeyLevel;
use super::request::Request;
use crate::app::Function;
use crate::forward::parse_query;
use crate::host::Host;
use crate::http::{BodyLength, Fields, Reply, Wire, fold_request};
use crate::json::{Invocation, deliver, encoded_text, invoke, merge_payload, system_metadata};
use crate::route::Values;

/// Calls an HTTP function through the JSON protocol, and turns its outputs into an HTTP answer.
pub(super) async fn call(
    host: &Arc<Host>,
    wire: &mut Wire,
    request: &mut Request,
    function: &Function,
    values: Values,
    key: KeyLevel,
    id: Uuid,
) -> Result<Reply, CallError> {
    if request.header("Host").is_none_or(str::is_empty) {
        return Err(CallError::new("the request has no usable Host header"));
    }
    let fields = request.head.fields.clone();
    // The host ignores a chunked body: it looks at the length only.
    let body = match request.length {
        BodyLength::Chunked => None,
        _ => Some(request.body(wire).await?).filter(|body| !body.is_empty()),
    };

    let query = parse_query(&request.target.query);
    let mut data = json!({
        "Url": request.url(),
        "Method": request.head.method_text().to_ascii_uppercase(),
        "Query": query_object(&query, |values| values.join(",")),
        "Headers": headers(&fields),
        "Params": values.iter().cloned().map(|(name, value)| (name, value.into())).collect::<Map<_, _>>(),
        "Identities": [identity(key)],
    });
    let content_type = fields
        .text("Content-Type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut text = String::new();
    if let Some(body) = &body {
        text = String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body))
            .into_owned();
        let binary = content_type.starts_with("application/octet-stream")
            || content_type.starts_with("multipart/");
        let encoded = || base64::engine::general_purpose::STANDARD.encode(body);
        data["Body"] = if binary { encoded() } else { text.clone() }.into();
    }

    let mut metadata = Map::new();
    if content_type.contains("json") {
        merge_payload(&mut metadata, &text);
    }
    for (name, values) in query
        .iter()
        .filter(|(name, _)| !name.eq_ignore_ascii_case("code"))
    {
        metadata.insert(name.clone(), encoded_text(&last(values)));
    }
    for (name, value) in &values {
        metadata.insert(name.clone(), encoded_text(value));
    }
    metadata.insert("Query".to_owned(), query_object(&query, last));
    metadata.insert("Headers".to_owned(), joined_headers(&fields));
    metadata.insert("sys".to_owned(), system_metadata(&function.name));

    let trace = host.child_trace(fields.text("traceparent"));
    let invocation = Invocation {
        function,
        id,
        data,
        metadata,
        trace,
    };
    let envelope = invoke(host, &invocation).await.map_err(CallError::new)?;
    let reply = json_reply::of(function, &envelope, request.is_head());
    deliver(host, function, &envelope)
        .await
        .map_err(CallError::new)?;
    reply
}

/// The query as an object. `value` chooses among the values of a repeated key: `Data` has all of
/// them, `Metadata` the last one.
fn query_object(query: &[(String, Vec<String>)], value: fn(&[String]) -> String) -> Value {
    query
        .iter()
        .map(|(name, values)| (name.clone(), value(values).into()))
        .collect::<Map<_, _>>()
        .into()
}

fn last(values: &[String]) -> String {
    values.last().cloned().unwrap_or_default()
}

fn headers(fields: &Fields) -> Value {
    let all = fold_request(fields).into_iter().map(|one| {
        let values: Vec<Value> = one.values().map(|value| text(value).into()).collect();
        (text(&one.name), values.into())
    });
    all.collect::<Map<_, _>>().into()
}

fn joined_headers(fields: &Fields) -> Value {
    let all = fold_request(fields)
        .into_iter()
        .map(|one| (text(&one.name), text(&one.joined(",")).into()));
    all.collect::<Map<_, _>>().into()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The caller as ASP.NET describes it: anonymous, or the holder of a key.
fn identity(key: KeyLevel) -> Value {
    let claim = |kind: &str, value: &str| {
        json!({
            "Issuer": "LOCAL AUTHORITY",
            "OriginalIssuer": "LOCAL AUTHORITY",
            "Properties": {},
            "Type": format!("http://schemas.microsoft.com/2017/07/functions/claims/{kind}"),
            "Value": value,
            "ValueType": "http://www.w3.org/2001/XMLSchema#string",
        })
    };
    let (kind, claims) = match key {
        KeyLevel::None => (Value::Null, Vec::new()),
        KeyLevel::Function | KeyLevel::Master => {
            let is_master = key == KeyLevel::Master;
            let (level, id) = if is_master {
                ("Admin", "master")
            } else {
                ("Function", "default")
            };
            let claims = vec![
                claim("authlevel", level),
                claim("invoke", "true"),
                claim("keyid", id),
            ];
            ("WebJobsAuthLevel".into(), claims)
        }
    };
    json!({
        "AuthenticationType": kind,
        "IsAuthenticated": key != KeyLevel::None,
        "Actor": null,
        "BootstrapContext": null,
        "Claims": claims,
        "Label": null,
        "Name": null,
        "NameClaimType": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
        "RoleClaimType": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
    })
}
