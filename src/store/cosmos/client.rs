//! The client of Cosmos DB's REST API.

use http::HeaderValue;
use http::header::AUTHORIZATION;
use reqwest::Request;
use url::Url;

use super::authorization::Authorization;
use super::{answer, describe};
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities};
use crate::azure::rest::{Answer, AnswerClass, Api, RestClient, RestError};
use crate::clock::Clock;
use crate::config::CosmosCredential;

pub(super) type Client = RestClient<CosmosApi>;

#[derive(Debug)]
pub(super) struct CosmosApi(Authorization);

impl CosmosApi {
    /// Sends nothing yet.
    pub(super) fn client(
        mut endpoint: Url,
        credential: &CosmosCredential,
        http_client: SharedHttpClient,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<Client, IdentityError> {
        endpoint.set_path("");
        endpoint.set_query(None);
        let authorization = Authorization::new(credential, &endpoint, identities)?;
        Ok(RestClient::new(
            Self(authorization),
            endpoint,
            http_client,
            clock,
        ))
    }
}

impl Api for CosmosApi {
    /// The version that Microsoft's own clients use.
    const VERSION: &'static str = "2020-07-15";
    const RETRIES_WHILE_BUSY: bool = true;
    const RETRIES_TIMEOUTS: bool = true;

    async fn authorize(&self, request: &mut Request) -> Result<(), RestError> {
        let value = self.0.header(request).await?;
        let value = HeaderValue::try_from(value).map_err(RestError::unreachable)?;
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(())
    }

    fn classify(&self, answer: &Answer) -> AnswerClass {
        answer::classify(answer)
    }

    fn describe(&self, answer: &Answer) -> String {
        describe::describe(answer, self.0.is_key())
    }
}
