//! Lists the connections in a group, page by page.

use azure_core::http::Url;
use serde::Deserialize;

use super::hub_client::HubClient;
use crate::error::{ArgumentError, Error};

/// Which part of a list to return, and in pages of which size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListOptions {
    /// The maximum number of connections over all pages.
    pub top: Option<u32>,
    /// The maximum number of connections in a page, 1 to 200. A page may hold fewer.
    pub max_page_size: Option<u32>,
    /// Where to continue an earlier list; see [`MemberPage::continuation_token`].
    pub continuation_token: Option<String>,
}

/// A connection in a group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GroupMember {
    /// The connection's id.
    pub connection_id: String,
    /// The connection's user; `None` if it is anonymous.
    #[serde(default)]
    pub user_id: Option<String>,
}

/// One page of the connections in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberPage {
    /// The connections. A page may be empty even if more pages follow.
    pub members: Vec<GroupMember>,
    /// Where the next page begins, for a later [`ListOptions`]; `None` on the last page.
    pub continuation_token: Option<String>,
}

/// The connections in a group, fetched page by page.
#[derive(Debug)]
pub struct GroupMembers {
    client: HubClient,
    next: Option<Url>,
}

impl HubClient {
    /// Lists the connections in a group. Nothing is sent until the first page is requested.
    /// The list of an empty group is empty.
    pub fn list_connections_in_group(
        &self,
        group: &str,
        options: &ListOptions,
    ) -> Result<GroupMembers, ArgumentError> {
        let page_size_is_bad = options
            .max_page_size
            .is_some_and(|size| !(1..=200).contains(&size));
        if page_size_is_bad || options.top == Some(0) {
            return Err(ArgumentError::PageSize);
        }
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let route = self
            .route()
            .segment("groups")
            .name("group", group)?
            .segment("connections")
            .query_if("maxpagesize", number(options.max_page_size).as_deref())
            .query_if("top", number(options.top).as_deref())
            .query_if("continuationToken", options.continuation_token.as_deref());
        Ok(GroupMembers {
            client: self.clone(),
            next: Some(route.finish()?),
        })
    }
}

impl GroupMembers {
    /// Fetches the next page; `None` after the last one. After an error, the next call
    /// fetches the same page again.
    pub async fn next_page(&mut self) -> Result<Option<MemberPage>, Error> {
        let Some(url) = self.next.clone() else {
            return Ok(None);
        };
        let response = self.client.get(url.clone()).await?;
        let page: Page = serde_json::from_slice(response.body())
            .map_err(|_| Error::UnexpectedResponse("it is not a page of connections"))?;
        let next = page
            .next_link
            .filter(|link| !link.is_empty())
            .map(|link| self.same_origin_link(&link))
            .transpose()?;
        if next.as_ref() == Some(&url) {
            return Err(Error::UnexpectedResponse("the page links to itself"));
        }
        let continuation_token = next.as_ref().and_then(continuation_token);
        self.next = next;
        Ok(Some(MemberPage {
            members: page.value,
            continuation_token,
        }))
    }

    /// Fetches all remaining pages and returns their connections in one list.
    pub async fn all(mut self) -> Result<Vec<GroupMember>, Error> {
        let mut members = Vec::new();
        while let Some(page) = self.next_page().await? {
            members.extend(page.members);
        }
        Ok(members)
    }

    /// Checks that a link stays at our endpoint, because the request carries our
    /// authorization.
    fn same_origin_link(&self, link: &str) -> Result<Url, Error> {
        let link = Url::parse(link).map_err(|_| Error::ForeignLink)?;
        let own = Url::parse(self.client.endpoint().as_str()).map_err(|_| Error::ForeignLink)?;
        if link.origin() != own.origin() || !link.username().is_empty() || link.password().is_some()
        {
            return Err(Error::ForeignLink);
        }
        Ok(link)
    }
}

fn continuation_token(link: &Url) -> Option<String> {
    link.query_pairs()
        .find(|(name, _)| name == "continuationToken")
        .map(|(_, token)| token.into_owned())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    #[serde(default)]
    value: Vec<GroupMember>,
    #[serde(default)]
    next_link: Option<String>,
}
