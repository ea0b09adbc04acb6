//! Queries of one partition, page by page.

use std::ops::Bound;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Options;
use super::call::Call;
use super::container::{Container, Fresh, Partition};
use super::documents::weight;
use super::reply::Reply;
use super::sql::Statement;

/// The longest answer, in bytes.
const MAX_ANSWER_SIZE: usize = 4 * 1024 * 1024;
const DEFAULT_PAGE: usize = 100;

#[derive(Deserialize)]
struct Query {
    query: String,
    #[serde(default)]
    parameters: Vec<Parameter>,
}

#[derive(Deserialize)]
struct Parameter {
    name: String,
    value: Value,
}

pub(super) fn reply(
    container: &Container,
    call: &Call,
    fresh: Fresh,
    options: &Options,
) -> Result<Reply, Reply> {
    if call.header("content-type") != Some("application/query+json") {
        return Err(Reply::error(
            400,
            "The content type must be application/query+json.",
        ));
    }
    if call.says("x-ms-cosmos-is-query-plan-request") {
        return Err(Reply::error(
            400,
            "The double does not support query plans.",
        ));
    }
    let pk = call.partition()?;
    let query: Query = call.json()?;
    let value = |name: &str| {
        let parameter = query
            .parameters
            .iter()
            .find(|parameter| parameter.name == name);
        parameter.map(|parameter| parameter.value.clone())
    };
    let statement = Statement::parse(&query.query, value)
        .ok_or_else(|| Reply::error(400, "Syntax error, or the double does not support it."))?;
    let nothing = Partition::new();
    let (all, session) = container.partition(&pk, fresh);
    let all = all.unwrap_or(&nothing);
    let after = after(call)?;
    let page = page_size(call, options)?;

    let (mut documents, mut size, mut last) = (Vec::new(), 0, None);
    for (id, document) in found(all, after.as_deref(), &statement) {
        if documents.len() == page || size > MAX_ANSWER_SIZE {
            break;
        }
        let shown = statement.show(document);
        size += weight(&shown);
        documents.push(shown);
        last = Some(id);
    }
    let count = documents.len();
    let full = count == page || size > MAX_ANSWER_SIZE;
    let reply = json!({ "_rid": container.rid(), "Documents": documents, "_count": count });
    let reply = Reply::new(200, reply)
        .with("x-ms-item-count", count)
        .with("x-ms-session-token", session);
    // A full page may be the last one; then the next one is empty.
    Ok(match last {
        Some(last) if full => reply.with("x-ms-continuation", STANDARD.encode(last)),
        _ => reply,
    })
}

fn found<'a>(
    all: &'a Partition,
    after: Option<&str>,
    statement: &'a Statement,
) -> impl Iterator<Item = (&'a String, &'a Arc<Value>)> {
    let start = after.map_or(Bound::Unbounded, Bound::Excluded);
    all.range::<str, _>((start, Bound::Unbounded))
        .filter(|(_, document)| statement.holds(document))
}

fn after(call: &Call) -> Result<Option<String>, Reply> {
    let Some(token) = call.header("x-ms-continuation") else {
        return Ok(None);
    };
    let id = STANDARD.decode(token).ok();
    match id.and_then(|id| String::from_utf8(id).ok()) {
        Some(id) => Ok(Some(id)),
        None => Err(Reply::error(400, "Invalid Continuation Token")),
    }
}

fn page_size(call: &Call, options: &Options) -> Result<usize, Reply> {
    let asked = match call.header("x-ms-max-item-count") {
        None | Some("-1") => DEFAULT_PAGE,
        Some(text) => match text.parse() {
            Ok(asked) if (1..=1000).contains(&asked) => asked,
            _ => return Err(Reply::error(400, "Invalid x-ms-max-item-count.")),
        },
    };
    Ok(asked.min(options.max_page))
}
