//! Gives a client access: a URL and a token.

use std::time::Duration;

use azure_core::http::Method;
use serde::Deserialize;

use super::hub_client::HubClient;
use crate::client_protocol::ClientProtocol;
use crate::error::Error;
use crate::token::{ClientAccess, ClientTokenRequest, client_token};

impl HubClient {
    /// Returns the URL and the token with which a client connects.
    ///
    /// With an access key, the token is minted locally. Without one, the service mints it
    /// (`:generateToken`), and its lifetime is rounded up to whole minutes.
    pub async fn client_access(&self, request: &ClientTokenRequest) -> Result<ClientAccess, Error> {
        let token = match &self.shared.key {
            Some(key) => {
                let now = (self.shared.clock)();
                client_token(key, self.endpoint(), self.hub(), request, now)
            }
            None => self.generate_token(request).await?,
        };
        Ok(ClientAccess {
            base_url: self.endpoint().client_url(self.hub(), request.protocol),
            token,
        })
    }

    async fn generate_token(&self, request: &ClientTokenRequest) -> Result<String, Error> {
        let user_id = request.user_id.as_deref().filter(|user| !user.is_empty());
        let client_type = match request.protocol {
            ClientProtocol::Default => "Default",
            ClientProtocol::Mqtt => "MQTT",
            ClientProtocol::SocketIo => "SocketIO",
        };
        let route = self
            .route()
            .segment(":generateToken")
            .query_if("userId", user_id)
            .query_each("role", &request.roles)
            .query_each("group", &request.groups)
            .query("minutesToExpire", &minutes(request.lifetime).to_string())
            .query("clientType", client_type);
        let response = self.call(Method::Post, route).await?;
        let body: GeneratedToken = serde_json::from_slice(response.body())
            .map_err(|_| Error::UnexpectedResponse("it contains no token"))?;
        Ok(body.token)
    }
}

fn minutes(lifetime: Duration) -> u64 {
    lifetime.as_secs().div_ceil(60).max(1)
}

#[derive(Deserialize)]
struct GeneratedToken {
    token: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_rounded_up_to_minutes() {
        let cases = [(0, 1), (1, 1), (60, 1), (61, 2), (3600, 60)];

        for (seconds, expected) in cases {
            assert_eq!(minutes(Duration::from_secs(seconds)), expected);
        }
    }
}
