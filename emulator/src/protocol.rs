//! The client protocols, and the choice of one.

/// A client protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Plain WebSocket frames, without a subprotocol or with one that only the application knows.
    Simple,
    Json {
        reliable: bool,
    },
    Protobuf {
        reliable: bool,
    },
}

const KNOWN: [(&str, Protocol); 4] = [
    (
        "json.webpubsub.azure.v1",
        Protocol::Json { reliable: false },
    ),
    (
        "json.reliable.webpubsub.azure.v1",
        Protocol::Json { reliable: true },
    ),
    (
        "protobuf.webpubsub.azure.v1",
        Protocol::Protobuf { reliable: false },
    ),
    (
        "protobuf.reliable.webpubsub.azure.v1",
        Protocol::Protobuf { reliable: true },
    ),
];

impl Protocol {
    /// `None` for an unknown subprotocol.
    pub(crate) fn named(subprotocol: &str) -> Option<Self> {
        KNOWN
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(subprotocol))
            .map(|(_, protocol)| *protocol)
    }

    pub(crate) fn is_reliable(self) -> bool {
        matches!(
            self,
            Self::Json { reliable: true } | Self::Protobuf { reliable: true }
        )
    }

    pub(crate) fn is_simple(self) -> bool {
        self == Self::Simple
    }
}

/// A protocol, and the subprotocol for the handshake in the client's own letter case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub(crate) protocol: Protocol,
    pub(crate) subprotocol: Option<String>,
}

impl Agreed {
    /// Chooses the first known offer. Without one the client is a simple client without a
    /// subprotocol.
    pub(crate) fn from_offer(offered: &[String]) -> Self {
        for name in offered {
            if let Some(protocol) = Protocol::named(name) {
                return Self {
                    protocol,
                    subprotocol: Some(name.clone()),
                };
            }
        }
        Self {
            protocol: Protocol::Simple,
            subprotocol: None,
        }
    }

    /// The choice of a `connect` handler; `None` if the client did not offer it.
    pub(crate) fn chosen(choice: &str, offered: &[String]) -> Option<Self> {
        let name = offered
            .iter()
            .find(|name| name.eq_ignore_ascii_case(choice))?;
        Some(Self {
            protocol: Protocol::named(name).unwrap_or(Protocol::Simple),
            subprotocol: Some(name.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn the_first_known_offer_is_chosen_in_the_clients_letter_case() {
        let agreed = Agreed::from_offer(&offer(&[
            "my.own",
            "JSON.webpubsub.azure.v1",
            "protobuf.webpubsub.azure.v1",
        ]));

        assert_eq!(agreed.protocol, Protocol::Json { reliable: false });
        assert_eq!(
            agreed.subprotocol.as_deref(),
            Some("JSON.webpubsub.azure.v1")
        );
    }

    #[test]
    fn a_client_with_unknown_offers_is_simple_without_a_subprotocol() {
        let agreed = Agreed::from_offer(&offer(&["my.own"]));

        assert_eq!(
            agreed,
            Agreed {
                protocol: Protocol::Simple,
                subprotocol: None
            }
        );
    }

    #[test]
    fn a_handler_chooses_among_the_offers_only() {
        let offered = offer(&["my.own", "json.webpubsub.azure.v1"]);

        let own = Agreed::chosen("my.own", &offered).unwrap();

        assert_eq!(own.protocol, Protocol::Simple);
        assert_eq!(own.subprotocol.as_deref(), Some("my.own"));
        assert_eq!(
            Agreed::chosen("protobuf.webpubsub.azure.v1", &offered),
            None
        );
    }
}
