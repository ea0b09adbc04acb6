//! Finds circles among imports.

use std::collections::{BTreeMap, BTreeSet};

use super::imports::{Import, SourceTree};

/// Files that import each other. A `mod.rs` and the files of its folder are one module: imports
/// between them do not count.
pub(super) fn of_files(tree: &SourceTree) -> Vec<Vec<String>> {
    let edges = tree
        .imports()
        .iter()
        .filter(|import| !is_in_own_folder(import));
    circles(edges.map(|import| (import.from.to_string(), import.to.to_string())))
}

/// Folders, and the files beside them, that import each other. Looked for in every folder.
pub(super) fn of_folders(tree: &SourceTree) -> Vec<Vec<String>> {
    let mut levels: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for import in tree.imports() {
        let (from, to) = (import.from.segments(), import.to.segments());
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let entry = |segments: &[&str]| segments[..=shared].join("/");
        if from[shared] != "mod.rs" && to[shared] != "mod.rs" {
            let level = levels.entry(from[..shared].join("/")).or_default();
            level.insert((entry(&from), entry(&to)));
        }
    }
    levels.into_values().flat_map(circles).collect()
}

fn is_in_own_folder(import: &Import) -> bool {
    let holds = |outer: &Vec<&str>, inner: &Vec<&str>| {
        let folder = &outer[..outer.len() - 1];
        inner.starts_with(folder)
    };
    let (from, to) = (import.from.segments(), import.to.segments());
    import.from.is_mod() && holds(&from, &to) || import.to.is_mod() && holds(&to, &from)
}

/// Groups of names that reach each other.
fn circles(edges: impl IntoIterator<Item = (String, String)>) -> Vec<Vec<String>> {
    let mut targets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in edges {
        targets.entry(from).or_default().insert(to);
    }
    let reachable: BTreeMap<_, _> = targets
        .keys()
        .map(|start| (start.clone(), reach(&targets, start)))
        .collect();
    let mut found = BTreeSet::new();
    for (name, reached) in &reachable {
        let returns = |other: &&String| reachable.get(*other).is_some_and(|r| r.contains(name));
        let circle: Vec<_> = reached.iter().filter(returns).cloned().collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

fn reach(targets: &BTreeMap<String, BTreeSet<String>>, start: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start.to_owned()];
    while let Some(name) = open.pop() {
        for target in targets.get(&name).into_iter().flatten() {
            if reached.insert(target.clone()) {
                open.push(target.clone());
            }
        }
    }
    reached
}
