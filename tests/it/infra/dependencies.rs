//! Licences and sources of the dependencies, and crates that are not allowed.

use std::path::Path;
use std::process::Output;

use super::{ROOT, tool};

fn checked(configuration: &Path) -> Output {
    let mut deny = tool("parser").command("deny.py");
    deny.args(["--locked", "--all-features", "--config"]);
    deny.arg(configuration);
    deny.args(["check", "licenses", "bans", "sources"]);
    deny.current_dir(ROOT).output().unwrap()
}

/// The workflow `ci` checks the advisories too, which are in a repository of their own.
#[test]
fn the_dependencies_are_as_deny_toml_demands() {
    let checked = checked(&Path::new(ROOT).join("deny.toml"));

    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}");
    assert!(said.contains("bans ok, licenses ok, sources ok"), "{said}");
}

#[test]
fn a_licence_that_is_not_allowed_is_found() {
    let strict = std::fs::read_to_string(Path::new(ROOT).join("deny.toml")).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, strict.replace("    \"ISC\",\n", "")).unwrap();

    let checked = checked(file.path());

    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(said.contains("licenses FAILED"), "{said}");
}
