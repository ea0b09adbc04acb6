//! The documents of this repository: their links lead somewhere, and the settings and tests that
//! they name exist.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use switchboard::config::setting_names;

/// Folders that hold what others wrote, or what is built.
const LEFT_OUT: [&str; 5] = ["target", "node_modules", "dist", "data", ".git"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A Markdown file with its text outside of code blocks.
struct Document {
    path: PathBuf,
    prose: String,
}

impl Document {
    fn name(&self) -> String {
        let path = self.path.strip_prefix(root()).unwrap();
        path.display().to_string()
    }

    /// The targets of its links and pictures.
    fn targets(&self) -> Vec<String> {
        let text = without_inline_code(&self.prose);
        let mut targets = Vec::new();
        for (before, end) in [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"')] {
            let found = text.split(before).skip(1);
            targets.extend(found.map(|rest| rest.split(end).next().unwrap().to_owned()));
        }
        targets
    }

    /// The anchors that GitHub gives its headings.
    fn anchors(&self) -> BTreeSet<String> {
        let mut seen = HashMap::new();
        let headings = self.prose.lines().filter(|line| line.starts_with('#'));
        let anchor = |heading: &str| {
            let anchor = slug(heading.trim_start_matches('#').trim());
            let count = seen.entry(anchor.clone()).or_insert(0);
            *count += 1;
            match *count {
                1 => anchor,
                repeated => format!("{anchor}-{}", repeated - 1),
            }
        };
        headings.map(anchor).collect()
    }

    /// The cells of all table columns with this title.
    fn column(&self, title: &str) -> Vec<&str> {
        let mut cells = Vec::new();
        let mut position = None;
        let mut in_table = false;
        for line in self.prose.lines() {
            let Some(row) = line.strip_prefix('|') else {
                in_table = false;
                continue;
            };
            let row: Vec<_> = row.split('|').map(str::trim).collect();
            if !in_table {
                position = row.iter().position(|cell| *cell == title);
                in_table = true;
            } else if let Some(cell) = position.and_then(|position| row.get(position)) {
                cells.push(*cell);
            }
        }
        cells
    }
}

fn documents() -> Vec<Document> {
    let mut documents = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !LEFT_OUT.contains(&name) {
                folders.push(path);
            } else if name.ends_with(".md") {
                let prose = without_code_blocks(&fs::read_to_string(&path).unwrap());
                documents.push(Document { path, prose });
            }
        }
    }
    documents
}

fn without_code_blocks(text: &str) -> String {
    let mut prose = String::new();
    let mut in_code = false;
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        if !in_code && !is_fence {
            prose.push_str(line);
        }
        prose.push('\n');
    }
    prose
}

fn without_inline_code(text: &str) -> String {
    text.split('`').step_by(2).collect()
}

/// The parts between backticks.
fn code_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn slug(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let kept = heading.chars().filter(kept);
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn is_elsewhere(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

/// Why a link cannot be followed.
fn fault(documents: &[Document], from: &Document, target: &str) -> Option<&'static str> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match file {
        "" => from.path.clone(),
        file => from.path.parent().unwrap().join(file),
    };
    let Ok(path) = path.canonicalize() else {
        return Some("there is no such file");
    };
    let root = root().canonicalize().unwrap();
    if !path.starts_with(root) {
        return Some("it leads out of the repository");
    }
    let linked = |document: &&Document| document.path.canonicalize().unwrap() == path;
    match documents.iter().find(linked) {
        _ if anchor.is_empty() => None,
        Some(document) if document.anchors().contains(anchor) => None,
        _ => Some("there is no such heading"),
    }
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let documents = documents();
    let mut count = 0;
    let mut faults = Vec::new();
    for document in &documents {
        let targets = document.targets();
        for target in targets.iter().filter(|target| !is_elsewhere(target)) {
            count += 1;
            if let Some(fault) = fault(&documents, document, target) {
                faults.push(format!("{}: {target}: {fault}", document.name()));
            }
        }
    }

    assert!(faults.is_empty(), "{faults:#?}");
    assert!(count > 40, "only {count} links were found");
}

#[test]
fn a_link_that_leads_nowhere_is_noticed() {
    let documents = documents();
    let readme = documents
        .iter()
        .find(|document| document.name() == "README.md");
    let readme = readme.unwrap();

    let fault = |target| fault(&documents, readme, target);

    assert_eq!(fault("docs/README.md#documentation"), None);
    assert_eq!(fault("docs/nowhere.md"), Some("there is no such file"));
    assert_eq!(fault("#nowhere"), Some("there is no such heading"));
    assert_eq!(
        fault("/etc/hostname"),
        Some("it leads out of the repository")
    );
}

#[test]
fn anchors_are_those_of_github() {
    for (heading, anchor) in [
        ("On Azure", "on-azure"),
        (
            "Keys, and how to rotate them",
            "keys-and-how-to-rotate-them",
        ),
        ("`seq` and gaps_1", "seq-and-gaps_1"),
        ("What if … ?", "what-if--"),
    ] {
        assert_eq!(slug(heading), anchor);
    }
}

#[test]
fn every_setting_in_a_table_exists() {
    let known: BTreeSet<_> = setting_names().collect();
    let mut count = 0;
    for document in documents() {
        for cell in document.column("setting") {
            for name in code_in(cell) {
                // With a value, as in `STORE=tables`.
                let name = name.split('=').next().unwrap();
                let is_ours = known.contains(name);
                assert!(is_ours, "{}: {name}", document.name());
                count += 1;
            }
        }
    }
    assert!(count > 100, "{count}");
}

/// A cell names a file, and then tests in it: "`tests/it/cors.rs`: `one`, `two`".
#[test]
fn every_test_that_proves_a_defence_exists() {
    let mut count = 0;
    for document in documents() {
        for cell in document.column("proof") {
            let mut source = String::new();
            for name in code_in(cell) {
                if name.ends_with(".rs") {
                    source = fs::read_to_string(root().join(name)).expect(name);
                } else {
                    let is_there = source.contains(&format!("fn {name}("));
                    assert!(is_there, "{}: {name}", document.name());
                    count += 1;
                }
            }
        }
    }
    assert!(count > 40, "{count}");
}

/// The types of the client package are made from the description of the API.
#[test]
fn every_frame_of_the_api_is_described() {
    let generated = fs::read_to_string(root().join("web/client/src/generated.ts")).unwrap();
    let api = fs::read_to_string(root().join("docs/api.md")).unwrap();
    let kinds = generated.split("type: \"").skip(1);
    let kinds: BTreeSet<_> = kinds.map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(kinds.len() > 40, "{kinds:?}");

    for kind in kinds {
        let begins = ["`", "\""].iter().any(|before| {
            api.match_indices(&format!("{before}{kind}"))
                .any(|(at, found)| !api[at + found.len()..].starts_with(char::is_alphanumeric))
        });
        assert!(begins, "{kind}");
    }
}

#[test]
fn every_http_function_is_described() {
    let api = fs::read_to_string(root().join("docs/api.md")).unwrap();
    let mut count = 0;
    for folder in fs::read_dir(root()).unwrap() {
        let folder = folder.unwrap().path();
        let function = fs::read_to_string(folder.join("function.json")).unwrap_or_default();
        if function.contains("httpTrigger") {
            let name = folder.file_name().unwrap().to_str().unwrap();
            assert!(api.contains(&format!("`{name}")), "{name}");
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}
