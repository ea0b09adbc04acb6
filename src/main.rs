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
            let served = cli::block_on(tokio::runtime::Builder::new_current_thread(), async {
                Ok(serve::run_from_environment().await?)
            });
            // The Functions host takes an end with 0 for a handler that is still alive; 200 asks
            // it to start another, and counts no failure.
            if served.is_ok() && Listen::from_settings(&config::environment).is_functions() {
                return ExitCode::from(200);
            }
            served
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
