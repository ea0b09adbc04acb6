//! The command line: one module for each command.

pub mod dev_secrets;
pub mod doctor;
pub mod health;
pub mod serve;
pub mod token;

#[cfg(feature = "dev")]
pub mod dev;

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io::Write;
use std::path::Path;

use clap::{Parser, Subcommand};

use crate::config::{self, Listen};

/// A real-time back end without a socket server: Azure Web PubSub holds the sockets.
///
/// The default command is `serve` if FUNCTIONS_CUSTOMHANDLER_PORT, PORT or SERVER_PORT is set,
/// otherwise `dev`.
#[derive(Debug, Parser)]
#[command(name = "switchboard", version, verbatim_doc_comment)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the handler; Azure starts this.
    Serve,
    /// Run everything on this machine: emulator, stand-in Functions host and handler.
    #[cfg(feature = "dev")]
    Dev(dev::Options),
    /// Find what is wrong with a deployment, and how to fix it.
    Doctor(doctor::Options),
    /// Ask a running handler how it is. Ends with 0 if it is healthy, otherwise with 1.
    Health(health::Options),
    /// Print a user's token, for experiments.
    Token(token::Options),
}

impl Command {
    pub fn default_for(listen: Listen) -> Self {
        match listen {
            #[cfg(feature = "dev")]
            Listen::Unset => Self::Dev(dev::Options::default()),
            _ => Self::Serve,
        }
    }
}

pub type Outcome = Result<(), Box<dyn Error>>;

/// An error with all its causes, in one line.
#[derive(Debug)]
pub struct Failure(pub Box<dyn Error>);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

pub fn block_on(
    mut builder: tokio::runtime::Builder,
    work: impl Future<Output = Outcome>,
) -> Outcome {
    builder.enable_all().build()?.block_on(work)
}

pub fn token(options: &token::Options) -> Outcome {
    #[cfg(feature = "dev")]
    if let Ok((folder, settings)) = dev::settings_here() {
        return print(&token::issue(options, &folder, &settings)?);
    }
    print(&token::issue(
        options,
        Path::new("."),
        &config::environment,
    )?)
}

pub async fn health(options: &health::Options) -> Outcome {
    print(&health::ask(options, &config::environment).await?)
}

fn print(line: &str) -> Outcome {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
