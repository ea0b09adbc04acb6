//! The tables of settings are made from `src/config/`, and say what the program does.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use switchboard::config::{Config, Setting, SettingDefault, reference, setting_names};

const BEGIN: &str = "<!-- Made from src/config/ by tests/it/settings.rs. -->\n";
const END: &str = "<!-- End of what is made. -->\n";

const KEY: &str = "Endpoint=https://x.webpubsub.azure.com;AccessKey=c2VjcmV0LWtleQ==;Version=1.0;";

/// Values that make every setting be read that another one switches on.
const WITH_KEYS: [(&str, &str); 8] = [
    ("AZURE_WEB_PUBSUB_CONNECTION_STRING", KEY),
    ("COSMOS_ENDPOINT", "https://x.documents.azure.com"),
    ("COSMOS_KEY", "c2VjcmV0"),
    ("AZURE_OPENAI_ENDPOINT", "https://x.openai.azure.com"),
    ("AZURE_OPENAI_DEPLOYMENT_NAME", "gpt"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"),
    ("IOT_HUB_NAME", "shop"),
    ("JWT_SECRET", "a-secret-of-at-least-32-characters"),
];
const WITH_IDENTITY: [(&str, &str); 6] = [
    ("AZURE_WEB_PUBSUB_ENDPOINT", "https://x.webpubsub.azure.com"),
    ("AzureWebJobsStorage__accountName", "shop"),
    ("IOT_HUB_EVENTS_CONNECTION_STRING", "Endpoint=sb://x"),
    ("JWT_ISSUER", "https://login.example.com"),
    ("STORE", "tables"),
    ("PORT", "8080"),
];

fn settings() -> impl Iterator<Item = &'static Setting> {
    reference().into_iter().flat_map(|group| group.settings)
}

fn value_of(pairs: &[(&str, &str)], name: &str) -> Option<String> {
    let found = pairs.iter().rev().find(|(known, _)| *known == name);
    found.map(|(_, value)| (*value).to_owned())
}

/// A table with these settings.
fn table(settings: impl Iterator<Item = &'static Setting>) -> String {
    let mut table = "| setting | default | |\n| --- | --- | --- |\n".to_owned();
    for setting in settings {
        let default = match setting.default {
            SettingDefault::None => String::new(),
            SettingDefault::Value(value) => format!("`{value}` "),
            SettingDefault::Derived(words) => format!("{words} "),
        };
        let (name, purpose) = (setting.name, setting.purpose);
        writeln!(table, "| `{name}` | {default}| {purpose} |").unwrap();
    }
    table
}

/// Compares the part of a document that is made, and writes the right document if it differs.
fn check(path: &str, made: &str) {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let document = fs::read_to_string(&committed).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let right = [before, BEGIN, made, END, after].concat();
    if document != right {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(path.replace('/', "-"));
        fs::write(&file, right).unwrap();
        let (from, to) = (file.display(), committed.display());
        panic!("{path} is out of date:\ncp {from} {to}");
    }
}

#[test]
fn the_readme_has_the_essential_settings() {
    let table = table(settings().filter(|setting| setting.is_essential));

    check("README.md", &format!("\n{table}\n"));
}

#[test]
fn the_page_of_settings_has_all_of_them() {
    let groups = reference().map(|group| {
        let table = table(group.settings.iter());
        format!("\n## {}\n\n{table}", group.title)
    });

    check("docs/settings.md", &(groups.concat() + "\n"));
}

#[test]
fn what_is_described_is_what_the_program_reads() {
    let read = RefCell::new(BTreeSet::new());
    for pairs in [&WITH_KEYS[..], &WITH_IDENTITY] {
        let _ = Config::from_settings(&|name| {
            read.borrow_mut().insert(name.to_owned());
            value_of(pairs, name)
        });
    }

    let described: BTreeSet<_> = setting_names().map(str::to_owned).collect();

    assert_eq!(read.into_inner(), described);
    assert_eq!(
        setting_names().count(),
        described.len(),
        "one is described twice"
    );
}

#[test]
fn a_default_has_the_same_effect_as_the_value_that_is_described() {
    let parse = |name: &str, value: &str| {
        let pairs = [&WITH_KEYS[..], &[(name, value)]].concat();
        format!(
            "{:?}",
            Config::from_settings(&|name| value_of(&pairs, name))
        )
    };
    let unset = parse("", "");
    assert!(unset.starts_with("Ok("), "{unset}");

    for setting in settings() {
        if let SettingDefault::Value(value) = setting.default {
            assert_eq!(unset, parse(setting.name, value), "{}", setting.name);
        }
    }
}

#[test]
fn every_name_in_the_code_is_described() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config");
    let described: BTreeSet<_> = setting_names().collect();
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let quoted = code.split('"').skip(1).step_by(2);
        let is_name = |text: &&str| {
            text.len() > 3 && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        };
        for name in quoted.filter(is_name) {
            assert!(described.contains(name), "{name}");
        }
    }
}
