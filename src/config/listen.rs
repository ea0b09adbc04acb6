//! The address to listen on. The setting that names the port tells who started the handler.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::reference::Setting;
use super::settings::{Settings, Source};

pub(super) const SETTINGS: &[Setting] = &[
    Setting::new(
        "FUNCTIONS_CUSTOMHANDLER_PORT",
        "the port to listen on; set by the Functions host. It takes precedence over the next",
    ),
    Setting::new(
        "PORT",
        "the port to listen on in a container; `/health` is answered as well as `/api/health`",
    ),
    Setting::new("SERVER_PORT", "the same"),
];

/// Who started the handler, and its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listen {
    /// The Functions host, which connects to 127.0.0.1.
    Functions(u16),
    /// A container platform, which connects from outside.
    Container(u16),
    /// No setting names a port.
    Unset,
}

impl Listen {
    pub const DEFAULT_PORT: u16 = 8080;

    pub fn from_settings(source: Source<'_>) -> Self {
        Self::read(&mut Settings::new(source))
    }

    /// The Functions host's port wins: `PORT` may have been inherited from a shell.
    pub(super) fn read(settings: &mut Settings<'_>) -> Self {
        if let Some(port) = port(settings, "FUNCTIONS_CUSTOMHANDLER_PORT") {
            return Self::Functions(port);
        }
        let is_container = ["PORT", "SERVER_PORT"]
            .iter()
            .any(|name| settings.text(name).is_some());
        let container = port(settings, "PORT").or_else(|| port(settings, "SERVER_PORT"));
        match container {
            Some(port) => Self::Container(port),
            // The port is invalid. The answers report it, so they must come from a usual port.
            None if is_container => Self::Container(Self::DEFAULT_PORT),
            None => Self::Unset,
        }
    }

    pub fn is_functions(self) -> bool {
        matches!(self, Self::Functions(_))
    }

    pub fn address(self) -> SocketAddr {
        match self {
            Self::Functions(port) => (Ipv4Addr::LOCALHOST, port).into(),
            Self::Container(port) => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), port).into(),
            Self::Unset => (Ipv4Addr::LOCALHOST, Self::DEFAULT_PORT).into(),
        }
    }
}

fn port(settings: &mut Settings<'_>, setting: &'static str) -> Option<u16> {
    let text = settings.text(setting)?;
    let port = text.parse().ok();
    if port.is_none() {
        settings.reject(setting, "must be a port number");
    }
    port
}
