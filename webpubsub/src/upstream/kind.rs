//! The kinds of event.

/// The kind of an event, as given in `ce-type`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A client asks to connect. The response accepts or refuses it.
    Connect,
    /// A client has connected.
    Connected,
    /// A connection has ended for good.
    Disconnected,
    /// A connection has joined a group.
    GroupJoined,
    /// A connection has left a group.
    GroupLeft,
    /// A client has sent an event with this name. The response goes back to the client.
    User(String),
}

impl EventKind {
    pub(crate) fn from_type(raw: &str) -> Option<Self> {
        let rest = strip_prefix_ignore_case(raw, "azure.webpubsub.")?;
        if let Some(name) = strip_prefix_ignore_case(rest, "user.") {
            return (!name.is_empty()).then(|| Self::User(name.to_owned()));
        }
        match rest.to_ascii_lowercase().as_str() {
            "sys.connect" => Some(Self::Connect),
            "sys.connected" => Some(Self::Connected),
            "sys.disconnected" => Some(Self::Disconnected),
            "gp.joined" => Some(Self::GroupJoined),
            "gp.left" => Some(Self::GroupLeft),
            _ => None,
        }
    }

    /// The event's name without a prefix, for instance `connect` or `message`.
    pub fn name(&self) -> &str {
        match self {
            Self::Connect => "connect",
            Self::Connected => "connected",
            Self::Disconnected => "disconnected",
            Self::GroupJoined => "joined",
            Self::GroupLeft => "left",
            Self::User(name) => name,
        }
    }

    /// Whether the service waits for the response and acts on it.
    pub fn is_blocking(&self) -> bool {
        matches!(self, Self::Connect | Self::User(_))
    }
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_type_is_recognised() {
        let cases = [
            ("azure.webpubsub.sys.connect", EventKind::Connect),
            ("azure.webpubsub.sys.connected", EventKind::Connected),
            ("azure.webpubsub.sys.disconnected", EventKind::Disconnected),
            ("azure.webpubsub.gp.joined", EventKind::GroupJoined),
            ("azure.webpubsub.gp.left", EventKind::GroupLeft),
            (
                "azure.webpubsub.user.message",
                EventKind::User("message".into()),
            ),
            (
                "azure.webpubsub.user.Order.Placed",
                EventKind::User("Order.Placed".into()),
            ),
        ];

        for (raw, kind) in cases {
            assert_eq!(EventKind::from_type(raw), Some(kind), "{raw}");
        }
    }

    #[test]
    fn other_types_are_not_recognised() {
        let cases = [
            "",
            "azure.webpubsub.",
            "azure.webpubsub.user.",
            "azure.webpubsub.sys.reboot",
            "azure.signalr.user.message",
            "azure.webpubsu\u{e9}.user.message",
        ];

        for raw in cases {
            assert_eq!(EventKind::from_type(raw), None, "{raw}");
        }
    }
}
