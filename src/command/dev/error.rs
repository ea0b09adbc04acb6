//! Why `dev` cannot start, or stops.

use std::io;

use crate::command::dev_secrets;

#[derive(Debug, thiserror::Error)]
pub enum DevError {
    #[error(
        "no host.json in this folder or its parents; start `switchboard dev` in the project's \
         folder"
    )]
    NoApp,
    #[error("port {port} is in use; choose another with {flag}")]
    PortTaken { port: u16, flag: &'static str },
    #[error("failed to listen on port {port}")]
    Listen {
        port: u16,
        #[source]
        cause: io::Error,
    },
    #[error("failed to find this program's own file")]
    OwnProgram(#[source] io::Error),
    #[error("failed to read or write {}", dev_secrets::FILE)]
    Secrets(#[source] io::Error),
    #[error("--devices simulates an IoT hub, but {0} names another one; remove one of them")]
    HubIsSet(&'static str),
    #[error(transparent)]
    App(#[from] devhost::LoadError),
    #[error(transparent)]
    Host(#[from] devhost::HostError),
    #[error(transparent)]
    Storage(#[from] storage_emulator::OpenError),
    #[error("invalid settings for the emulator")]
    EmulatorSettings(#[from] emulator::ConfigError),
    #[error("the emulator stopped")]
    Emulator(#[from] emulator::Error),
}
