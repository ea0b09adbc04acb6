//! Signed addresses of single blobs (shared access signatures): until it expires, an address
//! grants its holder the permissions that it names, without further proof. It is signed with the
//! account's key, or with a user delegation key that the service issues to an identity.

use jiff::Timestamp;

use super::api::StorageApi;
use super::percent_encode::percent_encode;
use crate::azure::account_key::AccountKey;
use crate::azure::rest::Api;

const VERSION: &str = StorageApi::VERSION;

/// What an address permits.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    pub(super) permissions: &'static str,
    pub(super) expires: Timestamp,
    pub(super) https_only: bool,
    /// Headers of the download, whatever the uploader declared.
    pub(super) disposition: String,
    pub(super) content_type: String,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum SigningKey<'a> {
    Account(&'a AccountKey),
    Delegation(&'a UserDelegationKey),
}

/// A key that the service issued to an identity.
#[derive(Debug, Clone)]
pub(super) struct UserDelegationKey {
    pub(super) object_id: String,
    pub(super) tenant_id: String,
    /// Times are kept as the service wrote them.
    pub(super) start: String,
    pub(super) expiry: String,
    pub(super) service: String,
    pub(super) version: String,
    pub(super) key: AccountKey,
}

impl Grant {
    /// The query of the signed address. `resource` is `account/container/blob`, not encoded.
    pub(super) fn query(&self, resource: &str, key: SigningKey<'_>) -> String {
        let expires = time(self.expires);
        let protocol = if self.https_only { "https" } else { "" };
        let (disposition, content_type) =
            (one_line(&self.disposition), one_line(&self.content_type));
        let headers = ["", &disposition, "", "", &content_type];
        let resource = format!("/blob/{resource}");
        // The empty lines are start, stored policy, address range, snapshot and encryption scope,
        // and with a delegation key the three fields about its user.
        let start = [self.permissions, "", &expires, &resource];
        let middle = ["", protocol, VERSION, "b", "", ""];
        let (lines, signed_by) = match key {
            SigningKey::Account(key) => ([&start[..], &[""], &middle, &headers].concat(), key),
            SigningKey::Delegation(delegation) => {
                let [object_id, tenant_id, start_time, expiry, service, version] =
                    delegation.fields();
                let about = [
                    object_id, tenant_id, start_time, expiry, service, version, "", "", "",
                ];
                let lines = [&start[..], &about, &middle, &headers].concat();
                (lines, &delegation.key)
            }
        };
        let signature = signed_by.sign(&lines.join("\n"));
        let mut parameters = vec![
            ("sv", VERSION),
            ("spr", protocol),
            ("se", &expires),
            ("sr", "b"),
            ("sp", self.permissions),
            ("rscd", &disposition),
            ("rsct", &content_type),
        ];
        if let SigningKey::Delegation(delegation) = key {
            let names = ["skoid", "sktid", "skt", "ske", "sks", "skv"];
            parameters.extend(names.into_iter().zip(delegation.fields()));
        }
        parameters.push(("sig", &signature));
        let set = parameters
            .into_iter()
            .filter(|(_, value)| !value.is_empty());
        let pairs: Vec<_> = set
            .map(|(name, value)| format!("{name}={}", percent_encode(value)))
            .collect();
        pairs.join("&")
    }
}

impl UserDelegationKey {
    fn fields(&self) -> [&str; 6] {
        [
            &self.object_id,
            &self.tenant_id,
            &self.start,
            &self.expiry,
            &self.service,
            &self.version,
        ]
    }
}

/// A time in the format of storage services.
pub(super) fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A `Content-Disposition` that makes browsers save the file instead of showing it. A name with
/// special characters is sent twice, once with replacements for old programs.
pub(super) fn attachment(file_name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " .-_()[]".contains(c);
    let fallback: String = file_name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    let name = format!("attachment; filename=\"{fallback}\"");
    if fallback == file_name {
        return name;
    }
    format!("{name}; filename*=UTF-8''{}", percent_encode(file_name))
}

/// The signed text consists of lines, so a line break in a value could move text from one header
/// to another.
fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The published key of every storage emulator.
    const KEY: &str =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    fn pairs(query: &str) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }

    fn upload() -> Grant {
        Grant {
            permissions: "cw",
            expires: "2026-01-15T11:30:00Z".parse().unwrap(),
            https_only: true,
            disposition: String::new(),
            content_type: String::new(),
        }
    }

    fn download() -> Grant {
        Grant {
            permissions: "r",
            disposition: attachment("€.txt"),
            content_type: "text/plain; charset=utf-8".to_owned(),
            ..upload()
        }
    }

    /// The output of `generateBlobSASQueryParameters` of @azure/storage-blob 12.32.0 for these grants.
    const EXPECTED_UPLOAD: &str = "sv=2021-12-02&spr=https&se=2026-01-15T11%3A30%3A00Z&sr=b&sp=cw&sig=PU%2Bp%2BzGpn8AibSc8qVbbSqCFlT6sQ12JMUZnT%2Fm7An4%3D";
    const EXPECTED_DOWNLOAD: &str = "sv=2021-12-02&se=2026-01-15T11%3A30%3A00Z&sr=b&sp=r&rscd=attachment%3B%20filename%3D%22_.txt%22%3B%20filename*%3DUTF-8''%25E2%2582%25AC.txt&rsct=text%2Fplain%3B%20charset%3Dutf-8&sig=0uOpTfNM97offA%2BF5MqaIEEap1EfhqrBhcguqwXagL0%3D";
    const EXPECTED_DELEGATED_DOWNLOAD: &str = "sv=2021-12-02&spr=https&se=2026-01-15T11%3A30%3A00Z&skoid=11111111-2222-3333-4444-555555555555&sktid=66666666-7777-8888-9999-000000000000&skt=2026-01-15T10%3A00%3A00Z&ske=2026-01-16T10%3A00%3A00Z&sks=b&skv=2021-12-02&sr=b&sp=r&rscd=attachment%3B%20filename%3D%22_.txt%22%3B%20filename*%3DUTF-8''%25E2%2582%25AC.txt&rsct=text%2Fplain%3B%20charset%3Dutf-8&sig=9xYMB6tSH9MOS2JrzD7%2FgmTGUZ89yUjxCj%2F5SLPOeSQ%3D";

    #[test]
    fn addresses_match_microsofts_package_with_the_account_key() {
        let (key, resource) = (KEY.parse().unwrap(), "shop/files/room/a b.txt");
        let key = SigningKey::Account(&key);
        let plain = Grant {
            https_only: false,
            ..download()
        };

        assert_eq!(
            pairs(&upload().query(resource, key)),
            pairs(EXPECTED_UPLOAD)
        );
        assert_eq!(pairs(&plain.query(resource, key)), pairs(EXPECTED_DOWNLOAD));
    }

    #[test]
    fn addresses_match_microsofts_package_with_a_delegation_key() {
        let delegated = UserDelegationKey {
            object_id: "11111111-2222-3333-4444-555555555555".to_owned(),
            tenant_id: "66666666-7777-8888-9999-000000000000".to_owned(),
            start: "2026-01-15T10:00:00Z".to_owned(),
            expiry: "2026-01-16T10:00:00Z".to_owned(),
            service: "b".to_owned(),
            version: "2021-12-02".to_owned(),
            key: KEY.parse().unwrap(),
        };

        let query = download().query(
            "shop/files/room/a b.txt",
            SigningKey::Delegation(&delegated),
        );

        assert_eq!(pairs(&query), pairs(EXPECTED_DELEGATED_DOWNLOAD));
    }

    #[test]
    fn a_files_name_cannot_break_out_of_its_header() {
        let cases = [
            (
                "plain name (1).txt",
                "attachment; filename=\"plain name (1).txt\"",
            ),
            (
                "a\"; x=\\.txt",
                "attachment; filename=\"a__ x__.txt\"; filename*=UTF-8''a%22%3B%20x%3D%5C.txt",
            ),
            (
                "a\r\nb",
                "attachment; filename=\"a__b\"; filename*=UTF-8''a%0D%0Ab",
            ),
        ];

        for (name, header) in cases {
            assert_eq!(attachment(name), header);
        }
    }

    #[test]
    fn line_breaks_in_a_type_become_spaces() {
        let grant = Grant {
            content_type: "text/html\nx".to_owned(),
            ..download()
        };
        let key = KEY.parse().unwrap();

        let query = grant.query("a/b/c", SigningKey::Account(&key));

        assert_eq!(pairs(&query)["rsct"], "text/html x");
    }
}
