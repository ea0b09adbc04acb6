use std::path::PathBuf;

use crate::own_storage::StorageDir;
use crate::terminal::Detail;
use devhost::{App, CorsSettings, Keys, LoadError, LocalSettings, Options, Plan};

/// Runs an Azure Functions custom-handler app on this machine.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "functions-devhost", about, long_about = None)]
pub(crate) struct Cli {
    /// The app's folder: where host.json is
    #[arg(long, value_name = "DIR", default_value = ".")]
    app: PathBuf,
    /// The port on 127.0.0.1 to answer on; 0 takes a free one [default: 7071]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Start this program instead of the one host.json names
    #[arg(long, value_name = "FILE")]
    executable: Option<PathBuf>,
    /// Start nothing: the handler already listens on this port
    #[arg(long, value_name = "PORT", conflicts_with = "executable")]
    attach: Option<u16>,
    /// Use the newer proxying mode, whatever host.json says
    #[arg(long)]
    proxy: bool,
    /// Serve the files of this folder where no function matches
    #[arg(long = "static", value_name = "DIR")]
    static_dir: Option<PathBuf>,
    /// Which way of hosting to play
    #[arg(long, value_enum, default_value_t = PlanName::Func)]
    plan: PlanName,
    /// Origins that may call, separated by commas
    #[arg(long, value_name = "ORIGINS")]
    cors: Option<String>,
    /// Let those origins send credentials
    #[arg(long, requires = "cors")]
    cors_credentials: bool,
    /// Check keys, as Azure does: those in this file, which is made if it is not there
    #[arg(long, value_name = "FILE")]
    auth: Option<PathBuf>,
    /// Where timers remember when they last ran, and where the storage account is kept
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Do not start again when host.json or a function.json changes
    #[arg(long)]
    no_watch: bool,
    /// Give the app no storage account where AzureWebJobsStorage is not set
    #[arg(long)]
    no_storage: bool,
    /// Say nothing of single calls
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,
    /// Show more of each call, its headers too
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

    /// The storage account for an app that has none, unless it is to have none.
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
