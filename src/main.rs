//! Which face: nothing else.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use switchboard::command::{self, Cli, Command, Failure, serve};
use switchboard::config::{self, Listen};
use switchboard::logging;

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let command = command
        .unwrap_or_else(|| Command::default_for(Listen::from_settings(&config::environment)));
    let outcome = match command {
        // One thread: the work is short and the memory is the users' cost.
        Command::Serve => {
            logging::init(config::log_level(&config::environment));
            let served = command::block_on(tokio::runtime::Builder::new_current_thread(), async {
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
            command::block_on(tokio::runtime::Builder::new_multi_thread(), async {
                Ok(switchboard::command::dev::run(options).await?)
            })
        }
        Command::Token(options) => command::token(&options),
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
