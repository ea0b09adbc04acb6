//! The address of an app.

use url::Url;

/// The app's base address. People copy the address of `negotiate` too.
pub(super) fn app_address(text: &str) -> Result<Url, String> {
    let mut url = Url::parse(text.trim()).map_err(|error| format!("not an address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("an address begins with https:// or http://".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address holds no password".to_owned());
    }
    let path = url.path().to_owned();
    let kept = path.find("/api").map_or(path.as_str(), |at| &path[..at]);
    url.set_path(kept.trim_end_matches('/'));
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_of_an_app_names_the_app() {
        for (text, base) in [
            (
                "https://x.azurewebsites.net",
                "https://x.azurewebsites.net/",
            ),
            ("https://x.net/api/negotiate?room_id=a", "https://x.net/"),
            ("https://x.net/apps/one/api", "https://x.net/apps/one"),
            ("http://localhost:7071/", "http://localhost:7071/"),
        ] {
            assert_eq!(app_address(text).unwrap().as_str(), base, "{text}");
        }
        for text in ["x.net", "ftp://x.net", "https://a:b@x.net", ""] {
            assert!(app_address(text).is_err(), "{text}");
        }
    }
}
