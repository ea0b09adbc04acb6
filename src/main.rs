//! Parses the command line and runs the command.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use switchboard::command::{self, Cli, Command, Failure, doctor, serve};
use switchboard::config::{self, Listen};
use switchboard::trace_export;

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let command = command
        .unwrap_or_else(|| Command::default_for(Listen::from_settings(&config::environment)));
    let outcome = match command {
        // One thread is enough: requests are short, and memory costs money.
        Command::Serve => {
            let exporter = trace_export::start_logging(&config::environment);
            let served = command::block_on(tokio::runtime::Builder::new_current_thread(), async {
                Ok(serve::run_from_environment(exporter).await?)
            });
            // After exit code 0 the Functions host believes that the handler still runs. 200 makes
            // it start another, without counting a failure.
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
        Command::Doctor(options) => {
            let mut is_healthy = true;
            let ran = command::block_on(tokio::runtime::Builder::new_current_thread(), async {
                is_healthy = doctor::run(&options).await?;
                Ok(())
            });
            if ran.is_ok() && !is_healthy {
                return ExitCode::FAILURE;
            }
            ran
        }
        Command::Health(options) => command::block_on(
            tokio::runtime::Builder::new_current_thread(),
            command::health(&options),
        ),
        Command::Token(options) => command::token(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // If this fails, nothing else can report it.
            let _ = writeln!(std::io::stderr(), "switchboard: {}", Failure(failure));
            ExitCode::FAILURE
        }
    }
}
