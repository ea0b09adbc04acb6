use std::collections::BTreeMap;

use super::file::read_part;
use super::listing::{Wanted, list};
use super::range::part;
use super::{Blobs, Head};
use crate::clock::{self, http_date};
use crate::http::{Reply, ReplyBody};
use crate::storage::access::Access;
use crate::storage::call::{Call, check_name};
use crate::storage::fault::Fault;

/// What a blob gives back as it came, and where that comes from.
const HEADERS: [(&str, &str); 6] = [
    ("Cache-Control", "x-ms-blob-cache-control"),
    ("Content-Disposition", "x-ms-blob-content-disposition"),
    ("Content-Encoding", "x-ms-blob-content-encoding"),
    ("Content-Language", "x-ms-blob-content-language"),
    ("Content-MD5", "x-ms-blob-content-md5"),
    ("Content-Type", "x-ms-blob-content-type"),
];

/// What would change the meaning of a request and is not heeded here.
const UNHEEDED: [&str; 4] = [
    "If-Unmodified-Since",
    "x-ms-copy-source",
    "x-ms-lease-id",
    "x-ms-if-tags",
];

/// Answers a request that has been admitted. Reads and writes files.
pub(in crate::storage) fn answer(
    blobs: &Blobs,
    call: &Call,
    access: &Access,
) -> Result<Reply, Fault> {
    if UNHEEDED.iter().any(|name| call.fields.contains(name)) {
        return Err(Fault::NotSupported);
    }
    if call.parent.is_empty() {
        access.require_owner()?;
        return match (call.method.as_str(), call.parameter("comp")) {
            ("GET", Some("list")) => containers(blobs, call),
            _ => Err(Fault::NotSupported),
        };
    }
    check_name(&call.parent)?;
    match &call.rest {
        None => container(blobs, call, access),
        // Snapshots, versions, blocks, leases, tags and the like all come with one of these.
        Some(_)
            if ["comp", "snapshot", "versionid"]
                .iter()
                .any(|name| call.parameter(name).is_some()) =>
        {
            Err(Fault::NotSupported)
        }
        Some(name) if name.chars().count() > 1024 => Err(Fault::BadName),
        Some(name) => match call.method.as_str() {
            "PUT" => put(blobs, call, access, name),
            "GET" | "HEAD" => get(blobs, call, access, name),
            "DELETE" => delete(blobs, call, access, name),
            _ => Err(Fault::NotSupported),
        },
    }
}

fn containers(blobs: &Blobs, call: &Call) -> Result<Reply, Fault> {
    let prefix = call.parameter("prefix").unwrap_or_default();
    let mut listed = String::new();
    for name in blobs.container_names()? {
        if name.starts_with(prefix) {
            let changed = blobs.container_changed(&name)?;
            listed.push_str(&format!(
                "<Container><Name>{name}</Name><Properties><Last-Modified>{}</Last-Modified>\
                 <Etag>{}</Etag></Properties></Container>",
                http_date(changed),
                changed.as_microsecond()
            ));
        }
    }
    Ok(enumeration(
        "",
        &format!("<Containers>{listed}</Containers><NextMarker/>"),
    ))
}

fn container(blobs: &Blobs, call: &Call, access: &Access) -> Result<Reply, Fault> {
    let name = &call.parent;
    if call.parameter("restype") != Some("container") {
        return Err(Fault::NotSupported);
    }
    let described = |status| {
        let changed = blobs.container_changed(name)?;
        Ok(Reply::empty(status)
            .with("ETag", format!("\"{}\"", changed.as_microsecond()))
            .with("Last-Modified", http_date(changed)))
    };
    match (call.method.as_str(), call.parameter("comp")) {
        ("PUT", None) => {
            access.require_owner()?;
            blobs.create_container(name)?;
            described(201)
        }
        ("GET" | "HEAD", None) => {
            access.require_owner()?;
            described(200)
        }
        ("DELETE", None) => {
            access.require_owner()?;
            blobs.remove_container(name)?;
            Ok(Reply::empty(202))
        }
        ("GET", Some("list")) => {
            access.require("l")?;
            let include = call.parameter("include").unwrap_or_default();
            let wanted = Wanted {
                prefix: call.parameter("prefix").unwrap_or_default(),
                delimiter: call.parameter("delimiter").filter(|text| !text.is_empty()),
                marker: call.parameter("marker").unwrap_or_default(),
                count: call.number("maxresults", 1..=5000, 5000)?.unsigned_abs() as usize,
                with_metadata: include.split(',').any(|one| one == "metadata"),
            };
            let attribute = format!(" ContainerName=\"{name}\"");
            Ok(enumeration(&attribute, &list(&blobs.heads(name)?, &wanted)))
        }
        _ => Err(Fault::NotSupported),
    }
}

fn put(blobs: &Blobs, call: &Call, access: &Access, name: &str) -> Result<Reply, Fault> {
    access.require("cw")?;
    match call.header("x-ms-blob-type") {
        "" => return Err(Fault::MissingHeader),
        "BlockBlob" => {}
        "AppendBlob" | "PageBlob" => return Err(Fault::NotSupported),
        _ => return Err(Fault::BadHeader),
    }
    let metadata = call.metadata();
    // They become names of elements in a list.
    if !metadata.keys().all(|name| is_identifier(name)) {
        return Err(Fault::BadName);
    }
    let file = blobs.file(&call.parent, name)?;
    let _changing = blobs.change();
    let there = match file.head() {
        Ok(head) => Some(head),
        Err(Fault::NoBlob) => None,
        Err(fault) => return Err(fault),
    };
    if there.is_some() && call.header("If-None-Match") == "*" {
        return Err(Fault::BlobExists);
    }
    if there.is_some() && !access.may("w") {
        return Err(Fault::NotPermitted);
    }
    check_conditions(call, there.as_ref())?;
    let now = clock::now();
    let head = Head {
        name: name.to_owned(),
        length: call.body.len() as u64,
        etag: format!("\"0x{:016X}\"", clock::new_id().as_u64_pair().0),
        created: there.map_or(now, |there| there.created),
        modified: now,
        headers: given_headers(call),
        metadata,
    };
    file.write(&head, &call.body)?;
    Ok(Reply::empty(201)
        .with("ETag", head.etag)
        .with("Last-Modified", http_date(now))
        .with("x-ms-request-server-encrypted", "false"))
}

fn get(blobs: &Blobs, call: &Call, access: &Access, name: &str) -> Result<Reply, Fault> {
    access.require("r")?;
    let (mut head, content) = blobs.file(&call.parent, name)?.open()?;
    match check_conditions(call, Some(&head)) {
        Err(Fault::ConditionNotMet) if !call.fields.contains("If-Match") => {
            return Ok(Reply::new(304, ReplyBody::Absent)
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
        Reply::new(200, ReplyBody::Absent).with("Content-Length", head.length.to_string())
    } else if let Some(part) = part(range, head.length)? {
        let last = part.from + part.count - 1;
        let bytes = read_part(content, part.from, part.count)?;
        Reply::new(206, ReplyBody::Sized(bytes.into())).with(
            "Content-Range",
            format!("bytes {}-{last}/{}", part.from, head.length),
        )
    } else {
        let bytes = read_part(content, 0, head.length)?;
        Reply::new(200, ReplyBody::Sized(bytes.into()))
    };
    for (name, value) in access.overrides() {
        head.headers.insert((*name).to_owned(), value.clone());
    }
    for (name, value) in head.headers {
        reply.fields.push(name, value);
    }
    for (name, value) in head.metadata {
        reply.fields.push(format!("x-ms-meta-{name}"), value);
    }
    Ok(reply
        .with("Accept-Ranges", "bytes")
        .with("ETag", head.etag)
        .with("Last-Modified", http_date(head.modified))
        .with("x-ms-creation-time", http_date(head.created))
        .with("x-ms-blob-type", "BlockBlob")
        .with("x-ms-server-encrypted", "false")
        // A page's own file must not be read as anything else in a browser.
        .with("X-Content-Type-Options", "nosniff"))
}

fn delete(blobs: &Blobs, call: &Call, access: &Access, name: &str) -> Result<Reply, Fault> {
    access.require("d")?;
    let file = blobs.file(&call.parent, name)?;
    let _changing = blobs.change();
    check_conditions(call, Some(&file.head()?))?;
    file.remove()?;
    Ok(Reply::empty(202))
}

fn check_conditions(call: &Call, there: Option<&Head>) -> Result<(), Fault> {
    let is_listed = |list: &str, etag: &str| {
        let mut listed = list.split(',').map(str::trim);
        listed.any(|one| one == "*" || one.trim_matches('"') == etag.trim_matches('"'))
    };
    let (wanted, unwanted) = (call.header("If-Match"), call.header("If-None-Match"));
    let met = match there {
        Some(head) => {
            (wanted.is_empty() || is_listed(wanted, &head.etag))
                && (unwanted.is_empty() || !is_listed(unwanted, &head.etag))
        }
        None => wanted.is_empty(),
    };
    met.then_some(()).ok_or(Fault::ConditionNotMet)
}

fn given_headers(call: &Call) -> BTreeMap<String, String> {
    let mut given = BTreeMap::new();
    for (name, own) in HEADERS {
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
                given.insert(name.to_owned(), "application/octet-stream".to_owned())
            }
            ("", _) => None,
            (value, _) => given.insert(name.to_owned(), value.to_owned()),
        };
    }
    given
}

fn is_identifier(name: &str) -> bool {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts_well
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn enumeration(attribute: &str, content: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <EnumerationResults{attribute}>{content}</EnumerationResults>"
    );
    Reply::new(200, ReplyBody::Sized(body.into())).with("Content-Type", "application/xml")
}
