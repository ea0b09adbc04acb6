//! Signatures with the account's key, in Microsoft's two schemes: `SharedKey` for blobs and
//! queues, and `SharedKeyLite` for tables, which covers only date and path.

use std::collections::BTreeMap;

use http::header::{
    CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, DATE, HeaderName, IF_MATCH,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderMap, Method};
use url::Url;

use super::account::Service;
use crate::azure::account_key::AccountKey;
use crate::azure::rest::MS_DATE;

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// The parts of a request that a signature covers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signed<'a> {
    pub(super) method: &'a Method,
    pub(super) url: &'a Url,
    pub(super) headers: &'a HeaderMap,
    pub(super) content_length: usize,
}

impl Signed<'_> {
    /// The value of `Authorization`. The headers must already contain `x-ms-date`.
    pub(super) fn authorization(
        &self,
        service: Service,
        account: &str,
        key: &AccountKey,
    ) -> String {
        let (scheme, text) = match service {
            Service::Blobs | Service::Queues => ("SharedKey", self.text(account)),
            Service::Tables => ("SharedKeyLite", self.lite_text(account)),
        };
        format!("{scheme} {account}:{}", key.sign(&text))
    }

    fn text(&self, account: &str) -> String {
        let header = |name: HeaderName| self.header(&name).to_owned();
        let length = match self.content_length {
            0 => String::new(),
            length => length.to_string(),
        };
        let lines = [
            self.method.to_string(),
            header(CONTENT_ENCODING),
            header(CONTENT_LANGUAGE),
            length,
            header(CONTENT_MD5),
            header(CONTENT_TYPE),
            header(DATE),
            header(IF_MODIFIED_SINCE),
            header(IF_MATCH),
            header(IF_NONE_MATCH),
            header(IF_UNMODIFIED_SINCE),
            header(RANGE),
        ];
        let (headers, resource) = (self.ms_headers(), self.resource(account));
        format!("{}\n{headers}{resource}", lines.join("\n"))
    }

    fn lite_text(&self, account: &str) -> String {
        format!("{}\n/{account}{}", self.header(&MS_DATE), self.url.path())
    }

    /// All `x-ms-…` headers, sorted by name, one per line.
    fn ms_headers(&self) -> String {
        let names = self.headers.keys().map(HeaderName::as_str);
        let mut names: Vec<_> = names.filter(|name| name.starts_with("x-ms-")).collect();
        names.sort_unstable();
        let line = |name| format!("{name}:{}\n", self.value(name));
        names.into_iter().map(line).collect()
    }

    /// The account, the path as sent, and every parameter, decoded, one per line. An emulator's
    /// path begins with the account, so there the account appears twice.
    fn resource(&self, account: &str) -> String {
        let mut parameters = BTreeMap::<String, Vec<_>>::new();
        for (name, value) in self.url.query_pairs() {
            let values = parameters.entry(name.to_lowercase()).or_default();
            values.push(value);
        }
        let lines = parameters.into_iter().map(|(name, mut values)| {
            values.sort_unstable();
            format!("\n{name}:{}", values.join(","))
        });
        let lines: String = lines.collect();
        format!("/{account}{}{lines}", self.url.path())
    }

    fn header(&self, name: &HeaderName) -> &str {
        self.value(name.as_str())
    }

    fn value(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str());
        value.and_then(Result::ok).unwrap_or_default().trim()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// The published key of every storage emulator.
    const KEY: &str =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let named = |(name, value): &(&'static str, &'static str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        pairs.iter().map(named).collect()
    }

    fn signed<R>(
        method: Method,
        url: &str,
        pairs: &[(&'static str, &'static str)],
        content_length: usize,
        look: impl FnOnce(Signed<'_>) -> R,
    ) -> R {
        let (url, headers) = (Url::parse(url).unwrap(), headers(pairs));
        look(Signed {
            method: &method,
            url: &url,
            headers: &headers,
            content_length,
        })
    }

    #[test]
    fn the_published_example_of_a_containers_metadata() {
        let url = "http://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&timeout=20";
        let pairs = [
            ("x-ms-version", "2015-02-21"),
            ("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"),
        ];

        let text = signed(Method::GET, url, &pairs, 0, |request| {
            request.text("myaccount")
        });

        assert_eq!(
            text,
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\n\
             x-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20"
        );
    }

    #[test]
    fn every_header_of_the_scheme_has_a_line() {
        let pairs = [
            ("content-encoding", "gzip"),
            ("content-language", "en"),
            ("content-md5", "bWQ1"),
            ("content-type", "application/xml"),
            ("date", "never sent by us"),
            ("if-modified-since", "since"),
            ("if-match", "\"a\""),
            ("if-none-match", "*"),
            ("if-unmodified-since", "until"),
            ("range", "bytes=0-1"),
            ("accept", "not signed"),
            ("x-ms-z", "last"),
            ("x-ms-blob-type", "BlockBlob"),
        ];

        let text = signed(
            Method::PUT,
            "https://a.blob.core.windows.net/c/b",
            &pairs,
            7,
            |r| r.text("a"),
        );

        assert_eq!(
            text,
            "PUT\ngzip\nen\n7\nbWQ1\napplication/xml\nnever sent by us\nsince\n\"a\"\n*\nuntil\n\
             bytes=0-1\nx-ms-blob-type:BlockBlob\nx-ms-z:last\n/a/c/b"
        );
    }

    #[test]
    fn parameters_are_decoded_sorted_and_joined() {
        let url =
            "https://a.blob.core.windows.net/c?Include=snapshots&prefix=a%2Fb%20c&include=metadata";

        let resource = signed(Method::GET, url, &[], 0, |request| request.resource("a"));

        assert_eq!(resource, "/a/c\ninclude:metadata,snapshots\nprefix:a/b c");
    }

    #[test]
    fn an_emulators_account_appears_twice() {
        let url = "http://127.0.0.1:10001/devstoreaccount1/jobs/messages?numofmessages=1";

        let resource = signed(Method::GET, url, &[], 0, |r| r.resource("devstoreaccount1"));

        assert_eq!(
            resource,
            "/devstoreaccount1/devstoreaccount1/jobs/messages\nnumofmessages:1"
        );
    }

    #[test]
    fn tables_are_signed_by_date_and_path_as_sent() {
        let url =
            "http://127.0.0.1:10002/devstoreaccount1/t(PartitionKey='a%3Ab',RowKey='c')?$filter=x";
        let pairs = [("x-ms-date", "Sun, 11 Oct 2009 19:52:39 GMT")];

        let text = signed(Method::PUT, url, &pairs, 9, |r| {
            r.lite_text("devstoreaccount1")
        });

        assert_eq!(
            text,
            "Sun, 11 Oct 2009 19:52:39 GMT\n\
             /devstoreaccount1/devstoreaccount1/t(PartitionKey='a%3Ab',RowKey='c')"
        );
    }

    #[test]
    fn signatures_match_an_independent_hmac() {
        let pairs = [("x-ms-date", "Sun, 11 Oct 2009 19:52:39 GMT")];
        let of = |service| {
            let url = "http://127.0.0.1:10002/devstoreaccount1/Tables";
            signed(Method::GET, url, &pairs, 0, |request| {
                request.authorization(service, "devstoreaccount1", &KEY.parse().unwrap())
            })
        };

        assert_eq!(
            of(Service::Tables),
            "SharedKeyLite devstoreaccount1:ErXwXhFUdsOaklxX2/UTRDcWl4T591pmLcUzbBU+SRI="
        );
        assert_eq!(
            of(Service::Queues),
            "SharedKey devstoreaccount1:TzBdw3nVTf5H04osHnW+ZxneynF92Tvc3QFB5uSaXy8="
        );
    }
}
