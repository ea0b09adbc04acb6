//! Licences and sources of the dependencies, held against `deny.toml` without the network.

use std::process::Command;

use serde_json::Value;

use super::{ROOT, output_of, quoted, text};

fn packages() -> Vec<Value> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--offline", "--locked"]);
    cargo.args(["--filter-platform", "x86_64-unknown-linux-gnu"]);
    let metadata: Value = serde_json::from_str(&output_of(cargo.current_dir(ROOT))).unwrap();
    let packages = metadata["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 100);
    packages
}

/// The list under a key of `deny.toml`.
fn list(key: &str) -> Vec<String> {
    let deny = text("deny.toml");
    let (_, rest) = deny.split_once(&format!("\n{key} = [")).unwrap();
    let (list, _) = rest.split_once(']').unwrap();
    quoted(list).map(str::to_owned).collect()
}

/// Whether the licences are enough for an expression such as `(MIT OR Zlib) AND ISC`.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let parts = expression.split(" AND ");
    parts.map(|part| part.trim_matches(['(', ')'])).all(|part| {
        let mut choices = part.split(" OR ").flat_map(|choice| choice.split('/'));
        choices.any(|choice| allowed.iter().any(|allowed| allowed == choice))
    })
}

#[test]
fn every_licence_is_allowed() {
    let allowed = list("allow");

    for package in packages() {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(
            is_allowed(licence, &allowed),
            "{} {licence}",
            package["name"]
        );
    }
    for refused in ["", "GPL-3.0-only", "MIT AND GPL-3.0-only"] {
        assert!(!is_allowed(refused, &allowed), "{refused}");
    }
}

#[test]
fn every_dependency_comes_from_an_allowed_registry() {
    let registries = list("allow-registry");
    let lock = text("Cargo.lock");
    let sources = lock
        .lines()
        .filter_map(|line| line.strip_prefix("source = \""));
    let mut count = 0;

    for source in sources {
        let registry = source.trim_end_matches('"').strip_prefix("registry+");
        assert!(
            registry.is_some_and(|url| registries.iter().any(|known| known == url)),
            "{source}"
        );
        count += 1;
    }
    assert!(count > 100, "{count}");
}

#[test]
fn denied_crates_are_not_used() {
    let lock = text("Cargo.lock");
    let deny = text("deny.toml");
    let denied: Vec<_> = deny.split("{ crate = ").skip(1).collect();
    assert_eq!(denied.len(), 2);

    for crate_name in denied.iter().map(|rest| quoted(rest).next().unwrap()) {
        assert!(
            !lock.contains(&format!("name = \"{crate_name}\"")),
            "{crate_name}"
        );
    }
}
