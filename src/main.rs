//! Which face: nothing else.

mod cli;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use cli::{Cli, Command, Failure};
use switchboard::config::{self, Listen};
use switchboard::{serve, telemetry};

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let command = command
        .unwrap_or_else(|| Command::default_for(Listen::from_settings(&config::environment)));
    let outcome = match command {
        // One thread: the work is short and the memory is the users' cost.
        Command::Serve => {
            telemetry::init(config::log_level(&config::environment));
            cli::block_on(tokio::runtime::Builder::new_current_thread(), async {
                Ok(serve::run_from_environment().await?)
            })
        }
        #[cfg(feature = "dev")]
        Command::Dev(options) => {
            cli::block_on(tokio::runtime::Builder::new_multi_thread(), async {
                Ok(switchboard::dev::run(options).await?)
            })
        }
        Command::Token(options) => cli::token(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to tell if this fails.
            let _ = writeln!(std::io::stderr(), "switchboard: {}", Failure(failure));
            ExitCode::FAILURE
        }
    }
}
