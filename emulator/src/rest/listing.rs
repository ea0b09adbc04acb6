//! Lists the connections of a group, page by page.

use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::call::{Call, NEWEST_VERSION};
use super::error::{JSON, RestError};
use crate::hub::Audience;
use crate::response::{Response, response};

const MAX_PAGE: usize = 200;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    value: Vec<Member<'a>>,
    next_link: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Member<'a> {
    connection_id: &'a str,
    user_id: Option<&'a str>,
}

impl Call<'_> {
    /// Sorted by connection id. A page continues after the last id of the page before, so that
    /// members who join or leave in between do not shift the others.
    pub(super) fn list_group(&self, group: &str) -> Result<Response, RestError> {
        let page_size = self.number("maxpagesize", MAX_PAGE)?.unwrap_or(MAX_PAGE);
        let top = self.number("top", usize::MAX)?;
        let after = self.query.get("continuationToken").unwrap_or_default();

        let mut members = self.hub.select(Audience::Group(group));
        members.retain(|member| *member.id > *after);
        members.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let wanted = page_size.min(top.unwrap_or(usize::MAX));
        let has_more = members.len() > wanted;
        members.truncate(wanted);

        let left = top.map(|top| top - members.len());
        let next_link = members
            .last()
            .filter(|_| has_more && left != Some(0))
            .map(|last| self.next_link(page_size, left, &last.id));
        let page = Page {
            value: members
                .iter()
                .map(|member| Member {
                    connection_id: &member.id,
                    user_id: member.user.as_deref(),
                })
                .collect(),
            next_link,
        };
        let body = serde_json::to_vec(&page).unwrap_or_default();
        Ok(response(StatusCode::OK, Some(JSON), body))
    }

    fn number(&self, name: &'static str, max: usize) -> Result<Option<usize>, RestError> {
        match self.query.get(name) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(number) if (1..=max).contains(&number) => Ok(Some(number)),
                _ => Err(RestError::invalid(name, format!("Invalid {name}."))),
            },
        }
    }

    /// The caller must sign a token for exactly this URL.
    fn next_link(&self, page_size: usize, left: Option<usize>, last: &str) -> String {
        let (endpoint, path) = (&self.endpoint, self.head.uri.path());
        let version = self.query.get("api-version").unwrap_or(NEWEST_VERSION);
        let mut link = format!("{endpoint}{path}?maxpagesize={page_size}");
        if let Some(left) = left {
            link.push_str(&format!("&top={left}"));
        }
        let token = utf8_percent_encode(last, NON_ALPHANUMERIC);
        link.push_str(&format!("&continuationToken={token}&api-version={version}"));
        link
    }
}
