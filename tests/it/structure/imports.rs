//! Reads a source tree's modules and the paths that they name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;

/// A source file, by its path below `src/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SourceFile(String);

/// One file names something in another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    pub(super) from: SourceFile,
    pub(super) to: SourceFile,
}

pub(super) struct SourceTree {
    modules: BTreeMap<Vec<String>, SourceFile>,
    imports: BTreeSet<Import>,
}

impl SourceFile {
    /// The name of the folder or file directly below `src/`.
    pub(super) fn top(&self) -> &str {
        let top = self.0.split('/').next().unwrap_or_default();
        top.strip_suffix(".rs").unwrap_or(top)
    }

    /// The folders that hold it, and its own name.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.0.split('/').collect()
    }

    pub(super) fn is_mod(&self) -> bool {
        self.segments().last() == Some(&"mod.rs")
    }

    /// The module that the file defines.
    fn module(&self) -> Vec<String> {
        let path = self.0.strip_suffix(".rs").unwrap_or(&self.0);
        let mut module: Vec<_> = path.split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        module
    }
}

impl fmt::Display for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} imports {}", self.from, self.to)
    }
}

impl SourceTree {
    pub(super) fn read(src: &Path) -> Self {
        let mut files = BTreeMap::new();
        collect(src, "", &mut files);
        assert!(!files.is_empty(), "no source files in {}", src.display());
        Self::of(files)
    }

    pub(super) fn parse<const N: usize>(files: [(&str, &str); N]) -> Self {
        let owned = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
        Self::of(files.into_iter().map(owned).collect())
    }

    fn of(files: BTreeMap<String, String>) -> Self {
        let roots = ["lib.rs", "main.rs"];
        let inner = files
            .iter()
            .filter(|(name, _)| !roots.contains(&name.as_str()));
        let texts: BTreeMap<_, _> = inner
            .map(|(name, text)| (SourceFile(name.clone()), code(text)))
            .collect();
        let modules = texts.keys().map(|file| (file.module(), file.clone()));
        let mut tree = Self {
            modules: modules.collect(),
            imports: BTreeSet::new(),
        };
        let reexports: BTreeMap<_, _> = texts
            .iter()
            .filter(|(file, _)| file.is_mod())
            .map(|(file, text)| (file.clone(), reexports(text)))
            .collect();
        for (file, text) in &texts {
            for path in paths(text, &file.module()) {
                let to = tree.resolve(&path, &reexports);
                if let Some(to) = to.filter(|to| to != file) {
                    let from = file.clone();
                    tree.imports.insert(Import { from, to });
                }
            }
        }
        tree
    }

    pub(super) fn imports(&self) -> &BTreeSet<Import> {
        &self.imports
    }

    pub(super) fn top_modules(&self) -> impl Iterator<Item = &str> {
        let tops: BTreeSet<_> = self.modules.values().map(SourceFile::top).collect();
        tops.into_iter()
    }

    /// The file that defines the item at a path, seen through re-exports of a `mod.rs`.
    fn resolve(
        &self,
        path: &[String],
        reexports: &BTreeMap<SourceFile, BTreeMap<String, Vec<String>>>,
    ) -> Option<SourceFile> {
        let known = (1..=path.len())
            .rev()
            .find(|n| self.modules.contains_key(&path[..*n]))?;
        let file = self.modules.get(&path[..known])?;
        let Some(target) = path
            .get(known)
            .and_then(|item| reexports.get(file)?.get(item))
        else {
            return Some(file.clone());
        };
        let child = [&path[..known], target].concat();
        self.resolve(&child, reexports)
    }
}

/// The files whose code contains one of these texts, tests aside.
pub(super) fn files_with(src: &Path, texts: &[&str]) -> Vec<String> {
    let mut files = BTreeMap::new();
    collect(src, "", &mut files);
    files.retain(|_, text| {
        let code = code(text);
        texts.iter().any(|text| code.contains(text))
    });
    files.into_keys().collect()
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else if name.ends_with(".rs") {
            files.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
}

/// The text without its unit tests, comments and string literals.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut code = String::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some(at) = rest.find(['"', '/']) {
            if rest[at..].starts_with("//") {
                rest = &rest[..at];
                break;
            }
            code.push_str(&rest[..at]);
            let behind = &rest[at + 1..];
            if rest[at..].starts_with('"') {
                let end = behind.find('"').map_or(behind.len(), |end| end + 1);
                rest = &behind[end..];
            } else {
                rest = behind;
            }
        }
        code.push_str(rest);
        code.push('\n');
    }
    code
}

/// The items that a `mod.rs` takes from its children, with the child's path.
fn reexports(code: &str) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for statement in code.split(';') {
        let statement = statement.trim();
        let Some(tree) = statement
            .rsplit_once("use ")
            .filter(|(before, _)| before.is_empty() || before.ends_with([' ', '\n']))
            .map(|(_, tree)| tree)
        else {
            continue;
        };
        for path in expand(tree) {
            let segments: Vec<_> = path.split("::").map(|s| s.trim().to_owned()).collect();
            if let [child @ .., item] = &segments[..]
                && !child.is_empty()
                && !["crate", "super"].contains(&child[0].as_str())
            {
                found.insert(item.clone(), segments.clone());
            }
        }
    }
    found
}

/// Every path of the code that begins with `crate::` or `super::`, as modules of the tree.
fn paths(code: &str, module: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for root in ["crate::", "super::"] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            for path in expand(path_text(&code[at..])) {
                let segments: Vec<_> = path.split("::").map(|s| s.trim().to_owned()).collect();
                found.push(absolute(&segments, module));
            }
        }
    }
    found
}

/// A path as far as it goes, with its group of braces.
fn path_text(code: &str) -> &str {
    let mut depth = 0;
    for (at, c) in code.char_indices() {
        match c {
            '{' if depth > 0 || code[..at].ends_with("::") => depth += 1,
            '}' if depth > 0 => depth -= 1,
            c if c.is_alphanumeric() || "_:".contains(c) => {}
            _ if depth > 0 => {}
            _ => return &code[..at],
        }
        if depth == 0 && c == '}' {
            return &code[..=at];
        }
    }
    code
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((prefix, group)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap_or_default();
        let name = name.strip_suffix("::self").unwrap_or(name);
        return vec![name.trim().to_owned()];
    };
    let group = group.rsplit_once('}').map_or(group, |(group, _)| group);
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| expand(&format!("{prefix}{}", part.trim())))
        .collect()
}

fn absolute(segments: &[String], module: &[String]) -> Vec<String> {
    let ups = segments.iter().take_while(|s| *s == "super").count();
    let base = match ups {
        0 => &[],
        ups => &module[..module.len().saturating_sub(ups)],
    };
    let rest = segments
        .iter()
        .skip_while(|s| *s == "super" || *s == "crate");
    base.iter().chain(rest).cloned().collect()
}
