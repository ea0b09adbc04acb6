//! `switchboard doctor`: what is wrong with a deployment, why it matters, and how to fix it.
//!
//! Three modes: with the app's settings (`local/`), from outside by its address (`deployed/`), and
//! by its folder before it is deployed (`app/`). Checks run side by side; `faults.rs` has every
//! fault with its explanation.

mod address;
mod app;
mod checks;
mod client;
mod deployed;
mod faults;
mod finding;
mod json_file;
mod local;
mod probe;
mod redact;
mod report;
mod settings;
mod skew;
mod socket;
mod spelling;

use std::error::Error;
use std::path::PathBuf;

use url::Url;

use address::app_address;
use deployed::Site;
use finding::Finding;
use redact::Secrets;
use report::Summary;
use settings::SettingsSource;

use crate::config;

pub use faults::{FAULTS, Fault};

const API_TOKEN: &str = "API_TOKEN";

/// The exit code is 0 if no error was found, 1 if one was, 2 if the arguments cannot be used.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Check a deployed app from outside, at this address. Without --settings, nothing else is
    /// checked.
    #[arg(long, value_name = "URL", value_parser = app_address)]
    url: Option<Url>,
    /// Check an app's folder before it is deployed, of any custom handler.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["url", "settings", "token", "origin"])]
    app: Option<PathBuf>,
    /// Read settings from this file, in the form of local.settings.json. The environment wins.
    /// The default is local.settings.json in this folder.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// The API token of the app at --url. The default is the variable API_TOKEN.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// An origin whose pages should be able to call the app at --url. May be given several times.
    #[arg(long, value_name = "ORIGIN")]
    origin: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Count warnings as errors.
    #[arg(long)]
    strict: bool,
}

/// Prints the report. Returns whether everything is well.
pub async fn run(options: &Options) -> Result<bool, Box<dyn Error>> {
    let (mut findings, secrets) = check(options).await;
    for finding in &mut findings {
        secrets.redact(finding);
    }
    match options.json {
        true => report::print_json(&findings)?,
        false => report::print(&findings)?,
    }
    Ok(Summary::of(&findings).is_healthy(options.strict))
}

async fn check(options: &Options) -> (Vec<Finding>, Secrets) {
    if let Some(folder) = &options.app {
        return (app::check(folder), Secrets::default());
    }
    let (source, mut findings) = SettingsSource::read(options.settings.as_deref());
    let mut secrets = source.secrets();
    // The settings of this folder may be those of another app.
    let is_from_outside = options.url.is_some() && options.settings.is_none();
    let token = options.token.clone().or_else(|| match is_from_outside {
        true => config::environment(API_TOKEN),
        false => source.get(API_TOKEN),
    });
    token.iter().for_each(|token| secrets.add(token));
    let site = |url: Url| Site::new(url, token.clone(), options.origin.clone());
    match &options.url {
        Some(url) if is_from_outside => {
            findings = deployed::check(&site(url.clone()), None).await;
        }
        url => {
            let public = url.clone().or_else(|| source.public_url());
            findings.extend(local::check(&source, public.map(site)).await);
        }
    }
    (findings, secrets)
}
