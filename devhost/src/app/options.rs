use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Keys;

/// How an app is run, beyond what its own files say.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// App settings: part of the handler's environment, on top of the inherited one, and what
    /// `%NAME%`, `AzureFunctionsJobHost__a__b`, `AzureWebJobs.<function>.Disabled` and the
    /// triggers' connections refer to.
    pub settings: BTreeMap<String, String>,
    /// Started instead of `customHandler.description.defaultExecutablePath`.
    pub executable: Option<PathBuf>,
    /// Given to the handler instead of `customHandler.description.arguments`.
    pub arguments: Option<Vec<String>>,
    /// Turns `enableProxyingHttpRequest` on.
    pub proxy: bool,
    /// Served where no function matches, instead of the home page.
    pub static_dir: Option<PathBuf>,
    /// Answers browsers' questions about other origins. Without it they go to the functions,
    /// unless the plan is [`Plan::Flex`].
    pub cors: Option<CorsSettings>,
    pub plan: Plan,
    /// Checks keys; without it every function is open, as under `func start`.
    pub keys: Option<Keys>,
    /// A handler that already listens on this port of 127.0.0.1, perhaps in a debugger: no
    /// process is started, watched or ended.
    pub attach: Option<u16>,
    /// Has headers told of in [`HostEvent::Called`](crate::HostEvent::Called).
    pub headers: bool,
    /// Where timers remember when they last ran; without it they forget at the end.
    pub state_dir: Option<PathBuf>,
}

/// Which of Azure's ways of hosting is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Plan {
    /// `func start` on a developer's machine.
    #[default]
    Func,
    /// Flex and Linux Consumption: the host itself always answers CORS preflights, and believes
    /// the headers of the platform's front end.
    Flex,
}

/// Which pages of other origins may call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CorsSettings {
    /// `*` is every origin.
    pub origins: Vec<String>,
    pub credentials: bool,
}
