//! The command line.

use std::path::PathBuf;

use crate::own_storage::StorageDir;
use crate::terminal::Detail;
use devhost::{App, CorsSettings, Keys, LoadError, LocalSettings, Options, Plan};

/// Runs an Azure Functions custom-handler app on this machine.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "functions-devhost", about, long_about = None)]
pub(crate) struct Cli {
    /// The folder of the app, with host.json
    #[arg(long, value_name = "DIR", default_value = ".")]
    app: PathBuf,
    /// Listen on this port of 127.0.0.1; 0 picks a free one [default: 7071]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Start this program instead of the one in host.json
    #[arg(long, value_name = "FILE")]
    executable: Option<PathBuf>,
    /// Start no handler; it already listens on this port
    #[arg(long, value_name = "PORT", conflicts_with = "executable")]
    attach: Option<u16>,
    /// Use the newer proxying mode even if host.json does not
    #[arg(long)]
    proxy: bool,
    /// Serve the files in this folder where no function matches
    #[arg(long = "static", value_name = "DIR")]
    static_dir: Option<PathBuf>,
    /// The hosting plan to imitate
    #[arg(long, value_enum, default_value_t = PlanName::Func)]
    plan: PlanName,
    /// Origins that may call the app, separated by commas
    #[arg(long, value_name = "ORIGINS")]
    cors: Option<String>,
    /// Allow those origins to send credentials
    #[arg(long, requires = "cors")]
    cors_credentials: bool,
    /// Check function keys as Azure does, with the keys in this file; it is created if missing
    #[arg(long, value_name = "FILE")]
    auth: Option<PathBuf>,
    /// Keep the last runs of timers and the storage account in this folder
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Do not restart when host.json or a function.json changes
    #[arg(long)]
    no_watch: bool,
    /// Provide no storage account if AzureWebJobsStorage is not set
    #[arg(long)]
    no_storage: bool,
    /// Do not print each call
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Print more about each call, including its headers
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum PlanName {
    Func,
    Flex,
}

impl Cli {
    pub(crate) fn detail(&self) -> Detail {
        match (self.quiet, self.verbose) {
            (true, _) => Detail::Quiet,
            (false, true) => Detail::Verbose,
            (false, false) => Detail::Usual,
        }
    }

    pub(crate) fn watches(&self) -> bool {
        !self.no_watch
    }

    /// Where to keep the storage account for an app without one; `None` with `--no-storage`.
    pub(crate) fn storage(&self) -> Option<StorageDir> {
        (!self.no_storage).then(|| match &self.state {
            Some(folder) => StorageDir::Persistent(folder.join("storage")),
            None => StorageDir::Temporary,
        })
    }

    /// The app, and the port to listen on.
    pub(crate) fn load(&self) -> Result<(App, u16), LoadError> {
        self.clone().into_app()
    }

    fn into_app(self) -> Result<(App, u16), LoadError> {
        let local = LocalSettings::read(&self.app)?;
        let cors = self.cors.map(|list| CorsSettings {
            origins: CorsSettings::split(&list),
            credentials: self.cors_credentials,
        });
        let options = Options {
            settings: local.values,
            executable: self.executable,
            arguments: None,
            proxy: self.proxy,
            static_dir: self.static_dir,
            site: None,
            cors: cors.or(local.cors),
            plan: match self.plan {
                PlanName::Func => Plan::Func,
                PlanName::Flex => Plan::Flex,
            },
            keys: self.auth.map(Keys::read_or_create).transpose()?,
            attach: self.attach,
            headers: self.verbose,
            state_dir: self.state,
        };
        let port = self.port.or(local.port).unwrap_or(7071);
        Ok((App::load(self.app, options)?, port))
    }
}
