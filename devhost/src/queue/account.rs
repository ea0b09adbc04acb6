//! Storage accounts: connection strings and signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use super::error::QueueError;
use crate::clock;

/// A storage account, with its credentials.
pub(super) struct Account {
    pub(super) endpoint: Url,
    pub(super) http: reqwest::Client,
    credentials: Credentials,
}

enum Credentials {
    SharedKey {
        account: String,
        key: Vec<u8>,
    },
    /// A query with a signature.
    Signature(String),
}

/// The account that every storage emulator has; its key is public.
const EMULATOR: &str = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;\
    AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;\
    QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1";

const API_VERSION: &str = "2021-12-02";

impl Account {
    pub(super) fn parse(connection_string: &str) -> Result<Self, QueueError> {
        let bad = |problem: &str| QueueError::ConnectionString(problem.to_owned());
        let text = match value(connection_string, "UseDevelopmentStorage") {
            Some(flag) if flag.eq_ignore_ascii_case("true") => EMULATOR,
            _ => connection_string,
        };
        let account = value(text, "AccountName");
        let endpoint = match (value(text, "QueueEndpoint"), account) {
            (Some(endpoint), _) => endpoint.trim_end_matches('/').to_owned(),
            (None, Some(account)) => {
                let protocol = value(text, "DefaultEndpointsProtocol").unwrap_or("https");
                let suffix = value(text, "EndpointSuffix").unwrap_or("core.windows.net");
                format!("{protocol}://{account}.queue.{suffix}")
            }
            (None, None) => return Err(bad("it has neither QueueEndpoint nor AccountName")),
        };
        let credentials = match (
            account,
            value(text, "AccountKey"),
            value(text, "SharedAccessSignature"),
        ) {
            (Some(account), Some(key), _) => Credentials::SharedKey {
                account: account.to_owned(),
                key: STANDARD
                    .decode(key)
                    .map_err(|_| bad("its AccountKey is not base64"))?,
            },
            (_, _, Some(signature)) => {
                Credentials::Signature(signature.trim_start_matches('?').to_owned())
            }
            _ => return Err(bad("it has neither AccountKey nor SharedAccessSignature")),
        };
        Ok(Self {
            endpoint: Url::parse(&endpoint).map_err(|_| bad("its queue endpoint is not a URL"))?,
            http: http_client().map_err(QueueError::Http)?,
            credentials,
        })
    }

    /// The headers of a signed request. A shared access signature is added to the URL instead.
    pub(super) fn sign(
        &self,
        method: &str,
        url: &mut Url,
        body: &str,
    ) -> Result<HeaderMap, QueueError> {
        let mut headers = HeaderMap::new();
        let mut add = |name: &'static str, value: &str| {
            let value = HeaderValue::from_str(value).map_err(|_| {
                QueueError::ConnectionString(
                    "it contains characters that cannot be sent".to_owned(),
                )
            })?;
            headers.insert(HeaderName::from_static(name), value);
            Ok::<(), QueueError>(())
        };
        let date = clock::http_date(clock::now());
        add("x-ms-date", &date)?;
        add("x-ms-version", API_VERSION)?;
        let content_type = if body.is_empty() {
            ""
        } else {
            "application/xml"
        };
        if !body.is_empty() {
            add("content-type", content_type)?;
        }
        match &self.credentials {
            Credentials::Signature(signature) => {
                let query = [url.query().unwrap_or_default(), signature];
                url.set_query(Some(query.join("&").trim_start_matches('&')));
            }
            Credentials::SharedKey { account, key } => {
                let length = if body.is_empty() {
                    String::new()
                } else {
                    body.len().to_string()
                };
                let resource = resource(account, url);
                let to_sign = format!(
                    "{method}\n\n\n{length}\n\n{content_type}\n\n\n\n\n\n\n\
                     x-ms-date:{date}\nx-ms-version:{API_VERSION}\n{resource}"
                );
                let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| {
                    QueueError::ConnectionString("its key cannot be used".to_owned())
                })?;
                mac.update(to_sign.as_bytes());
                let signature = STANDARD.encode(mac.finalize().into_bytes());
                add("authorization", &format!("SharedKey {account}:{signature}"))?;
            }
        }
        Ok(headers)
    }
}

/// The signed form of a URL: the account, the path and the sorted parameters.
fn resource(account: &str, url: &Url) -> String {
    let mut parameters: Vec<(String, String)> = url
        .query_pairs()
        .map(|(name, value)| (name.to_lowercase(), value.into_owned()))
        .collect();
    parameters.sort();
    let mut resource = format!("/{account}{}", url.path());
    for (name, value) in parameters {
        resource.push_str(&format!("\n{name}:{value}"));
    }
    resource
}

fn value<'a>(connection_string: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = connection_string
        .split(';')
        .filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name));
    found
        .map(|(_, value)| value.trim())
        .filter(|value| !value.is_empty())
}

/// Installs a TLS provider first: the process that uses this crate may have none.
fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    let builder = reqwest::Client::builder()
        .connect_timeout(std::time::Duration::from_secs(10))
        .timeout(std::time::Duration::from_secs(60))
        .no_proxy();
    // If the process already has one, that stays, and works as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::Account;

    #[test]
    fn an_account_in_azure_needs_no_endpoint() {
        let account = Account::parse("AccountName=acme;AccountKey=a2V5").unwrap();

        assert_eq!(
            account.endpoint.as_str(),
            "https://acme.queue.core.windows.net/"
        );
    }

    #[test]
    fn development_storage_means_the_emulators_account() {
        let account = Account::parse("UseDevelopmentStorage=true").unwrap();

        assert_eq!(
            account.endpoint.as_str(),
            "http://127.0.0.1:10001/devstoreaccount1"
        );
    }

    #[test]
    fn a_connection_string_without_credentials_is_refused() {
        assert!(Account::parse("AccountName=acme").is_err());
        assert!(Account::parse("AccountKey=a2V5").is_err());
    }
}
