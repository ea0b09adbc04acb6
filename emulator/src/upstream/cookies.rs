//! Cookies that a handler sets on a connection and gets back with its later events.

use std::collections::BTreeMap;

use http::header::{HeaderMap, HeaderValue, SET_COOKIE};

/// Cookies by name. Paths and domains are ignored, because a connection belongs to one application.
#[derive(Debug, Default)]
pub(super) struct Cookies(BTreeMap<String, String>);

impl Cookies {
    pub(super) fn remember(&mut self, answer: &HeaderMap) {
        for line in answer.get_all(SET_COOKIE) {
            let Ok(line) = line.to_str() else { continue };
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if parts.any(is_expiry) {
                self.0.remove(name.trim());
            } else {
                self.0
                    .insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    pub(super) fn from_map(cookies: BTreeMap<String, String>) -> Self {
        Self(cookies)
    }

    pub(super) fn to_map(&self) -> BTreeMap<String, String> {
        self.0.clone()
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        if self.0.is_empty() {
            return None;
        }
        let pairs: Vec<_> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        HeaderValue::try_from(pairs.join("; ")).ok()
    }
}

/// `Max-Age=0` deletes a cookie.
fn is_expiry(attribute: &str) -> bool {
    attribute.split_once('=').is_some_and(|(name, value)| {
        let seconds = value.trim().parse::<i64>();
        name.trim().eq_ignore_ascii_case("max-age") && seconds.is_ok_and(|seconds| seconds <= 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(cookies: &mut Cookies, lines: &[&'static str]) {
        let lines = lines
            .iter()
            .map(|line| (SET_COOKIE, HeaderValue::from_static(line)));
        cookies.remember(&HeaderMap::from_iter(lines));
    }

    #[test]
    fn cookies_come_back_without_their_attributes() {
        let mut cookies = Cookies::default();

        set(&mut cookies, &["a=1; Path=/; HttpOnly", "b=2=2"]);

        assert_eq!(cookies.header().unwrap(), "a=1; b=2=2");
    }

    #[test]
    fn a_cookie_can_be_replaced_and_taken_back() {
        let mut cookies = Cookies::default();

        set(&mut cookies, &["a=1", "b=2"]);
        set(&mut cookies, &["a=3", "b=; Max-Age=0"]);

        assert_eq!(cookies.header().unwrap(), "a=3");
    }
}
