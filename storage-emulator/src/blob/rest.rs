//! The REST operations of the blob service.

use std::collections::BTreeMap;

use super::containers::Blobs;
use super::file::{BlobKind, Head, read_range};
use super::listing::{ListQuery, list};
use super::range;
use crate::access::Access;
use crate::call::{Call, check_name};
use crate::clock::{self, http_date};
use crate::reply::Reply;
use crate::service_error::ServiceError;

/// The headers that are stored with a blob, each with the request header that sets it.
const STORED_HEADERS: [(&str, &str); 6] = [
    ("Cache-Control", "x-ms-blob-cache-control"),
    ("Content-Disposition", "x-ms-blob-content-disposition"),
    ("Content-Encoding", "x-ms-blob-content-encoding"),
    ("Content-Language", "x-ms-blob-content-language"),
    ("Content-MD5", "x-ms-blob-content-md5"),
    ("Content-Type", "x-ms-blob-content-type"),
];

/// Headers that would change the meaning of a request and are not supported.
const UNSUPPORTED_HEADERS: [&str; 4] = [
    "If-Unmodified-Since",
    "x-ms-copy-source",
    "x-ms-lease-id",
    "x-ms-if-tags",
];

/// The most that one call appends, in this version of the service.
const MAX_APPENDED: u64 = 4 * 1024 * 1024;

/// Answers an authorized request. Reads and writes files, so it blocks.
pub(crate) fn answer(blobs: &Blobs, call: &Call, access: &Access) -> Result<Reply, ServiceError> {
    if UNSUPPORTED_HEADERS
        .iter()
        .any(|name| call.headers.contains_key(*name))
    {
        return Err(ServiceError::NotSupported);
    }
    if call.parent.is_empty() {
        access.require_owner()?;
        return match (call.method.as_str(), call.parameter("comp")) {
            ("GET", Some("list")) => containers(blobs, call),
            _ => Err(ServiceError::NotSupported),
        };
    }
    check_name(&call.parent)?;
    match &call.rest {
        None => container(blobs, call, access),
        Some(name) if call.method == "PUT" && call.parameter("comp") == Some("appendblock") => {
            append(blobs, call, access, name)
        }
        // Requests about snapshots, versions, blocks, leases and tags have one of these parameters.
        Some(_)
            if ["comp", "snapshot", "versionid"]
                .iter()
                .any(|name| call.parameter(name).is_some()) =>
        {
            Err(ServiceError::NotSupported)
        }
        Some(name) if name.chars().count() > 1024 => Err(ServiceError::BadName),
        Some(name) => match call.method.as_str() {
            "PUT" => put(blobs, call, access, name),
            "GET" | "HEAD" => get(blobs, call, access, name),
            "DELETE" => delete(blobs, call, access, name),
            _ => Err(ServiceError::NotSupported),
        },
    }
}

fn containers(blobs: &Blobs, call: &Call) -> Result<Reply, ServiceError> {
    let prefix = call.parameter("prefix").unwrap_or_default();
    let mut listed = String::new();
    for name in blobs.names()? {
        if name.starts_with(prefix) {
            let modified = blobs.last_modified(&name)?;
            listed.push_str(&format!(
                "<Container><Name>{name}</Name><Properties><Last-Modified>{}</Last-Modified>\
                 <Etag>{}</Etag></Properties></Container>",
                http_date(modified),
                modified.as_microsecond()
            ));
        }
    }
    Ok(enumeration(
        "",
        &format!("<Containers>{listed}</Containers><NextMarker/>"),
    ))
}

fn container(blobs: &Blobs, call: &Call, access: &Access) -> Result<Reply, ServiceError> {
    let name = &call.parent;
    if call.parameter("restype") != Some("container") {
        return Err(ServiceError::NotSupported);
    }
    let describe = |status| {
        let modified = blobs.last_modified(name)?;
        Ok(Reply::empty(status)
            .with("ETag", format!("\"{}\"", modified.as_microsecond()))
            .with("Last-Modified", http_date(modified)))
    };
    match (call.method.as_str(), call.parameter("comp")) {
        ("PUT", None) => {
            access.require_owner()?;
            blobs.create(name)?;
            describe(201)
        }
        ("GET" | "HEAD", None) => {
            access.require_owner()?;
            describe(200)
        }
        ("DELETE", None) => {
            access.require_owner()?;
            blobs.delete(name)?;
            Ok(Reply::empty(202))
        }
        ("GET", Some("list")) => {
            access.require("l")?;
            let include = call.parameter("include").unwrap_or_default();
            let query = ListQuery {
                prefix: call.parameter("prefix").unwrap_or_default(),
                delimiter: call.parameter("delimiter").filter(|text| !text.is_empty()),
                marker: call.parameter("marker").unwrap_or_default(),
                count: call.number("maxresults", 1..=5000, 5000)?.unsigned_abs() as usize,
                with_metadata: include.split(',').any(|one| one == "metadata"),
            };
            let attribute = format!(" ContainerName=\"{name}\"");
            Ok(enumeration(&attribute, &list(&blobs.heads(name)?, &query)))
        }
        _ => Err(ServiceError::NotSupported),
    }
}

fn put(blobs: &Blobs, call: &Call, access: &Access, name: &str) -> Result<Reply, ServiceError> {
    access.require("cw")?;
    let kind = match call.header("x-ms-blob-type") {
        "" => return Err(ServiceError::MissingHeader),
        "BlockBlob" => BlobKind::BlockBlob,
        "AppendBlob" if call.body.is_empty() => BlobKind::AppendBlob,
        "AppendBlob" => return Err(ServiceError::BadOperation),
        "PageBlob" => return Err(ServiceError::NotSupported),
        _ => return Err(ServiceError::BadHeader),
    };
    let metadata = call.metadata();
    // A listing uses them as the names of elements.
    if !metadata.keys().all(|name| is_identifier(name)) {
        return Err(ServiceError::BadName);
    }
    let file = blobs.file(&call.parent, name)?;
    let _lock = blobs.lock_changes();
    let existing = match file.head() {
        Ok(head) => Some(head),
        Err(ServiceError::NoBlob) => None,
        Err(error) => return Err(error),
    };
    if existing.is_some() && call.header("If-None-Match") == "*" {
        return Err(ServiceError::BlobExists);
    }
    if existing.is_some() && !access.allows("w") {
        return Err(ServiceError::NotPermitted);
    }
    check_conditions(call, existing.as_ref())?;
    let now = clock::now();
    let head = Head {
        name: name.to_owned(),
        kind,
        length: call.body.len() as u64,
        etag: new_etag(),
        created: existing.map_or(now, |existing| existing.created),
        modified: now,
        headers: headers_to_store(call),
        metadata,
    };
    file.write(&head, &call.body)?;
    Ok(Reply::empty(201)
        .with("ETag", head.etag)
        .with("Last-Modified", http_date(now))
        .with("x-ms-request-server-encrypted", "false"))
}

/// Adds a block to an append blob.
fn append(blobs: &Blobs, call: &Call, access: &Access, name: &str) -> Result<Reply, ServiceError> {
    access.require("aw")?;
    let added = call.body.len() as u64;
    if added == 0 {
        return Err(ServiceError::BadHeader);
    }
    if added > MAX_APPENDED {
        return Err(ServiceError::TooLarge);
    }
    let file = blobs.file(&call.parent, name)?;
    let _lock = blobs.lock_changes();
    let (head, content) = file.open()?;
    check_conditions(call, Some(&head))?;
    if head.kind != BlobKind::AppendBlob {
        return Err(ServiceError::OtherKind);
    }
    let before = head.length;
    if number_header(call, "x-ms-blob-condition-appendpos")?.is_some_and(|at| at != before) {
        return Err(ServiceError::AppendPosition);
    }
    if number_header(call, "x-ms-blob-condition-maxsize")?.is_some_and(|max| before + added > max) {
        return Err(ServiceError::MaxSize);
    }
    let mut bytes = read_range(content, 0, before)?;
    bytes.extend_from_slice(&call.body);
    let head = Head {
        length: before + added,
        etag: new_etag(),
        modified: clock::now(),
        ..head
    };
    file.write(&head, &bytes)?;
    Ok(Reply::empty(201)
        .with("ETag", head.etag)
        .with("Last-Modified", http_date(head.modified))
        .with("x-ms-blob-append-offset", before.to_string())
        .with("x-ms-request-server-encrypted", "false"))
}

fn number_header(call: &Call, name: &str) -> Result<Option<u64>, ServiceError> {
    match call.header(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| ServiceError::BadHeader),
    }
}

fn new_etag() -> String {
    format!("\"0x{:016X}\"", clock::new_id().as_u64_pair().0)
}

fn get(blobs: &Blobs, call: &Call, access: &Access, name: &str) -> Result<Reply, ServiceError> {
    access.require("r")?;
    let (mut head, content) = blobs.file(&call.parent, name)?.open()?;
    match check_conditions(call, Some(&head)) {
        Err(ServiceError::ConditionNotMet) if !call.headers.contains_key("If-Match") => {
            return Ok(Reply::empty(304)
                .with("x-ms-error-code", "ConditionNotMet")
                .with("ETag", head.etag)
                .with("Last-Modified", http_date(head.modified)));
        }
        checked => checked?,
    }
    let range = match call.header("x-ms-range") {
        "" => call.header("Range"),
        range => range,
    };
    let mut reply = if call.method == "HEAD" {
        Reply::empty(200).with("Content-Length", head.length.to_string())
    } else if let Some(range) = range::parse(range, head.length)? {
        let last = range.from + range.count - 1;
        let bytes = read_range(content, range.from, range.count)?;
        Reply::new(206, bytes).with(
            "Content-Range",
            format!("bytes {}-{last}/{}", range.from, head.length),
        )
    } else {
        let bytes = read_range(content, 0, head.length)?;
        Reply::new(200, bytes)
    };
    for (name, value) in access.overrides() {
        head.headers.insert((*name).to_owned(), value.clone());
    }
    for (name, value) in head.headers {
        reply.push(&name, value);
    }
    for (name, value) in head.metadata {
        reply.push(&format!("x-ms-meta-{name}"), value);
    }
    Ok(reply
        .with("Accept-Ranges", "bytes")
        .with("ETag", head.etag)
        .with("Last-Modified", http_date(head.modified))
        .with("x-ms-creation-time", http_date(head.created))
        .with("x-ms-blob-type", head.kind.name())
        .with("x-ms-server-encrypted", "false")
        // Browsers must not guess another type for a file that a page uploaded.
        .with("X-Content-Type-Options", "nosniff"))
}

fn delete(blobs: &Blobs, call: &Call, access: &Access, name: &str) -> Result<Reply, ServiceError> {
    access.require("d")?;
    let file = blobs.file(&call.parent, name)?;
    let _lock = blobs.lock_changes();
    check_conditions(call, Some(&file.head()?))?;
    file.delete()?;
    Ok(Reply::empty(202))
}

fn check_conditions(call: &Call, existing: Option<&Head>) -> Result<(), ServiceError> {
    let is_listed = |list: &str, etag: &str| {
        let mut listed = list.split(',').map(str::trim);
        listed.any(|one| one == "*" || one.trim_matches('"') == etag.trim_matches('"'))
    };
    let (wanted, unwanted) = (call.header("If-Match"), call.header("If-None-Match"));
    let met = match existing {
        Some(head) => {
            (wanted.is_empty() || is_listed(wanted, &head.etag))
                && (unwanted.is_empty() || !is_listed(unwanted, &head.etag))
        }
        None => wanted.is_empty(),
    };
    met.then_some(()).ok_or(ServiceError::ConditionNotMet)
}

fn headers_to_store(call: &Call) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::new();
    for (name, own) in STORED_HEADERS {
        let value = match (call.header(own), name) {
            (
                "",
                "Content-Type" | "Content-Encoding" | "Content-Language" | "Cache-Control"
                | "Content-MD5",
            ) => call.header(name),
            (value, _) => value,
        };
        match (value, name) {
            ("", "Content-Type") => {
                headers.insert(name.to_owned(), "application/octet-stream".to_owned())
            }
            ("", _) => None,
            (value, _) => headers.insert(name.to_owned(), value.to_owned()),
        };
    }
    headers
}

fn is_identifier(name: &str) -> bool {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts_well
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn enumeration(attribute: &str, content: &str) -> Reply {
    let root = format!("<EnumerationResults{attribute}>{content}</EnumerationResults>");
    Reply::xml(200, &root)
}
