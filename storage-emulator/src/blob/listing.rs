//! The listing of a container, as XML.

use super::file::Head;
use crate::clock::http_date;
use crate::xml::escape;

/// Which blobs of a container to list.
#[derive(Debug)]
pub(super) struct ListQuery<'a> {
    pub(super) prefix: &'a str,
    /// Names are cut after it, and blobs whose names then agree become one entry.
    pub(super) delimiter: Option<&'a str>,
    /// The name of the first entry of this page.
    pub(super) marker: &'a str,
    pub(super) count: usize,
    pub(super) with_metadata: bool,
}

/// Lists the blobs, and names the entry with which the next page begins.
pub(super) fn list(heads: &[Head], query: &ListQuery<'_>) -> String {
    let (mut blobs, mut next, mut count) = (String::new(), "", 0);
    let mut last_prefix = None;
    for head in heads {
        let Some(rest) = head.name.strip_prefix(query.prefix) else {
            continue;
        };
        let prefix = query
            .delimiter
            .and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()))
            .map(|end| &head.name[..query.prefix.len() + end]);
        let entry = prefix.unwrap_or(&head.name);
        if entry < query.marker || (prefix.is_some() && prefix == last_prefix) {
            continue;
        }
        if count == query.count {
            next = entry;
            break;
        }
        count += 1;
        match prefix {
            Some(prefix) => {
                let name = escape(prefix);
                blobs.push_str(&format!("<BlobPrefix><Name>{name}</Name></BlobPrefix>"));
            }
            None => blobs.push_str(&blob(head, query.with_metadata)),
        }
        last_prefix = prefix;
    }
    format!(
        "<Prefix>{}</Prefix><Blobs>{blobs}</Blobs><NextMarker>{}</NextMarker>",
        escape(query.prefix),
        escape(next)
    )
}

fn blob(head: &Head, with_metadata: bool) -> String {
    let mut properties = format!(
        "<Creation-Time>{}</Creation-Time><Last-Modified>{}</Last-Modified><Etag>{}</Etag>\
         <Content-Length>{}</Content-Length><BlobType>{}</BlobType>",
        http_date(head.created),
        http_date(head.modified),
        escape(head.etag.trim_matches('"')),
        head.length,
        head.kind.name()
    );
    for (name, value) in &head.headers {
        properties.push_str(&format!("<{name}>{}</{name}>", escape(value)));
    }
    let mut metadata = String::new();
    if with_metadata {
        for (name, value) in &head.metadata {
            metadata.push_str(&format!("<{name}>{}</{name}>", escape(value)));
        }
        metadata = format!("<Metadata>{metadata}</Metadata>");
    }
    let name = escape(&head.name);
    format!("<Blob><Name>{name}</Name><Properties>{properties}</Properties>{metadata}</Blob>")
}
