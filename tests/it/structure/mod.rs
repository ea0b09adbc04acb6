//! The shape of the source tree, read from its imports: modules use only modules below them, and
//! no file and no folder is part of a circle.

mod circles;
mod imports;

use std::path::Path;

use imports::{Import, SourceTree};

/// The folders and files of `src/`, from the top down. A line may import the lines below it;
/// modules that share a line do not import each other.
const FLOORS: [&[&str]; 14] = [
    &["command"],
    &["functions"],
    &["app"],
    &["http"],
    &["access"],
    &["recordings"],
    &["assistant"],
    &["conversation", "feeds", "audio", "devices"],
    &["store", "trace_export"],
    &["config"],
    &["azure"],
    &["ids"],
    &["logging"],
    &["clock"],
];

const MEMBERS: [&str; 6] = [
    "",
    "webpubsub",
    "emulator",
    "devhost",
    "storage-emulator",
    "testkit",
];

fn member(name: &str) -> SourceTree {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    SourceTree::read(&root.join(name).join("src"))
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

#[test]
fn modules_import_only_modules_below_them() {
    let tree = member("");

    let is_upward = |import: &&Import| {
        let (from, to) = (import.from.top(), import.to.top());
        from != to && floor(from) >= floor(to)
    };
    let upward: Vec<_> = tree.imports().iter().filter(is_upward).collect();

    assert!(upward.is_empty(), "imports that run upwards: {upward:#?}");
}

#[test]
fn every_module_has_a_floor() {
    let tree = member("");

    let homeless: Vec<_> = tree
        .top_modules()
        .filter(|module| floor(module).is_none())
        .collect();

    assert!(homeless.is_empty(), "add them to FLOORS: {homeless:?}");
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for name in MEMBERS {
        let circles = circles::of_files(&member(name));

        assert!(circles.is_empty(), "{name}: {circles:#?}");
    }
}

#[test]
fn no_folders_import_each_other_in_a_circle() {
    for name in MEMBERS {
        let circles = circles::of_folders(&member(name));

        assert!(circles.is_empty(), "{name}: {circles:#?}");
    }
}

/// They need a back end that the published binary does not have; only the tests' builds have one.
#[test]
fn no_code_uses_the_cryptography_of_jsonwebtoken() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    // `encode` takes the one, `decode` the other.
    let files = imports::files_with(&src, &["EncodingKey", "Validation::"]);

    assert!(files.is_empty(), "{files:?}");
    assert!(!imports::files_with(&src, &["DecodingKey"]).is_empty());
}

#[test]
fn the_check_sees_a_circle_and_an_upward_import() {
    let tree = SourceTree::parse([
        ("lib.rs", "mod app; mod store; mod clock;"),
        ("app/mod.rs", "mod a; mod b;\npub use b::Thing;"),
        ("app/a.rs", "use super::Thing;"),
        ("app/b.rs", "fn f() { super::a::call(); }"),
        (
            "store.rs",
            "use crate::{app::Thing, clock};\n// use crate::app;",
        ),
        (
            "clock.rs",
            "use crate::store;\n#[cfg(test)]\nmod tests { use crate::app; }",
        ),
    ]);

    let files = circles::of_files(&tree);
    let folders = circles::of_folders(&tree);

    assert_eq!(files.len(), 2, "{files:#?}");
    assert_eq!(folders.len(), 2, "{folders:#?}");
    let targets = |file: &str| -> Vec<String> {
        let from_file = |import: &&Import| import.from.to_string() == file;
        let imports = tree.imports().iter().filter(from_file);
        imports.map(|import| import.to.to_string()).collect()
    };
    assert_eq!(targets("store.rs"), ["app/b.rs", "clock.rs"]);
    assert_eq!(targets("clock.rs"), ["store.rs"]);
}
