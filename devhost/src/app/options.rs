//! The options of a host.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::keys::Keys;
use crate::site::Site;

/// How to run an app, in addition to what its own files say.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// App settings. They are added to the handler's environment, and they are what `%NAME%`,
    /// `AzureFunctionsJobHost__a__b`, `AzureWebJobs.<function>.Disabled` and the connections of
    /// triggers refer to.
    pub settings: BTreeMap<String, String>,
    /// The program to start instead of `customHandler.description.defaultExecutablePath`.
    pub executable: Option<PathBuf>,
    /// The handler's arguments instead of `customHandler.description.arguments`.
    pub arguments: Option<Vec<String>>,
    /// Turns `enableProxyingHttpRequest` on.
    pub proxy: bool,
    /// A folder of files to serve where no function matches, instead of the home page.
    pub static_dir: Option<PathBuf>,
    /// A front end in this process. It comes after the functions and before `static_dir`.
    pub site: Option<Arc<dyn Site>>,
    /// If set, the host answers CORS preflights. Otherwise the functions get them, unless the
    /// plan is [`Plan::Flex`].
    pub cors: Option<CorsSettings>,
    pub plan: Plan,
    /// If set, keys are checked. Otherwise all functions are open, as with `func start`.
    pub keys: Option<Keys>,
    /// The port on 127.0.0.1 of a handler that already runs, in a debugger for example. The host
    /// then does not start, watch or end a process.
    pub attach: Option<u16>,
    /// Whether [`HostEvent::Called`](crate::HostEvent::Called) contains the headers.
    pub headers: bool,
    /// The folder where timers store their last run. Without it they forget it at the end.
    pub state_dir: Option<PathBuf>,
}

/// The hosting plan to imitate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Plan {
    /// `func start` on a developer's machine.
    #[default]
    Func,
    /// Flex and Linux Consumption: the host always answers CORS preflights itself, and applies the
    /// headers of the platform's front end.
    Flex,
}

/// The web pages of other origins that may call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorsSettings {
    /// `*` allows all origins.
    pub origins: Vec<String>,
    pub credentials: bool,
}
