use super::Head;
use crate::clock::http_date;
use crate::storage::xml::escape;

/// Which blobs of a container are asked for.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) prefix: &'a str,
    /// Names are cut behind it, and what has the same beginning becomes one entry.
    pub(super) delimiter: Option<&'a str>,
    /// The name of the first entry of this page.
    pub(super) marker: &'a str,
    pub(super) count: usize,
    pub(super) with_metadata: bool,
}

/// The blobs, by name, and where the next page begins.
pub(super) fn list(heads: &[Head], wanted: &Wanted<'_>) -> String {
    let (mut blobs, mut next, mut count) = (String::new(), "", 0);
    let mut last_beginning = None;
    for head in heads {
        let Some(behind) = head.name.strip_prefix(wanted.prefix) else {
            continue;
        };
        let beginning = wanted
            .delimiter
            .and_then(|delimiter| Some(behind.find(delimiter)? + delimiter.len()))
            .map(|end| &head.name[..wanted.prefix.len() + end]);
        let entry = beginning.unwrap_or(&head.name);
        if entry < wanted.marker || (beginning.is_some() && beginning == last_beginning) {
            continue;
        }
        if count == wanted.count {
            next = entry;
            break;
        }
        count += 1;
        match beginning {
            Some(beginning) => {
                let name = escape(beginning);
                blobs.push_str(&format!("<BlobPrefix><Name>{name}</Name></BlobPrefix>"));
            }
            None => blobs.push_str(&blob(head, wanted.with_metadata)),
        }
        last_beginning = beginning;
    }
    format!(
        "<Prefix>{}</Prefix><Blobs>{blobs}</Blobs><NextMarker>{}</NextMarker>",
        escape(wanted.prefix),
        escape(next)
    )
}

fn blob(head: &Head, with_metadata: bool) -> String {
    let mut properties = format!(
        "<Creation-Time>{}</Creation-Time><Last-Modified>{}</Last-Modified><Etag>{}</Etag>\
         <Content-Length>{}</Content-Length><BlobType>BlockBlob</BlobType>",
        http_date(head.created),
        http_date(head.modified),
        escape(head.etag.trim_matches('"')),
        head.length
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
