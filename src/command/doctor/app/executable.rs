//! The binary: where host.json says, executable, and able to run in Azure's images.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::elf::{self, Elf, GlibcVersion};
use super::host_json::HostJson;
use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;

const CHECK: &str = "executable";

/// Every Linux that still gets updates has it.
const OLD_GLIBC: GlibcVersion = GlibcVersion(2, 17);
/// Of the oldest image that is known to be in use.
const IMAGE_GLIBC: GlibcVersion = GlibcVersion(2, 31);

pub(super) fn check(folder: &Path, host: &HostJson) -> Vec<Finding> {
    let Some(spelled) = host.executable() else {
        return Vec::new();
    };
    if spelled.contains('%') {
        let what = format!("`{spelled}` is named by a setting");
        return vec![Finding::skipped(CHECK, what)];
    }
    let Some(actual) = find(folder, spelled) else {
        let what = format!(
            "`{spelled}` is not in {}; the host would look for a command of that name",
            folder.display()
        );
        return vec![Finding::error(CHECK, &faults::EXECUTABLE_MISSING, what)];
    };
    let mut found = Vec::new();
    if actual != spelled {
        let what = format!("host.json spells it `{spelled}`, the file is `{actual}`");
        let finding = Finding::error(CHECK, &faults::EXECUTABLE_SPELLING, what);
        found.push(finding.fill("path", &actual));
    }
    let file = folder.join(&actual);
    let is_executable =
        |file: &Path| Some(fs::metadata(file).ok()?.permissions().mode() & 0o111 != 0);
    if is_executable(&file) == Some(false) {
        let what = format!("`{actual}` has no execute bit");
        let finding = Finding::error(CHECK, &faults::EXECUTABLE_BIT, what);
        found.push(finding.fill("file", &file.display().to_string()));
    }
    match fs::read(&file) {
        Ok(bytes) => found.extend(program(&actual, &bytes)),
        Err(error) => {
            let what = format!("`{actual}` cannot be read: {error}");
            found.push(Finding::error(CHECK, &faults::EXECUTABLE_MISSING, what));
        }
    }
    found
}

/// The file's path as it really is, relative to the folder. Case and `./` are forgiven here.
fn find(folder: &Path, spelled: &str) -> Option<String> {
    let relative = Path::new(spelled);
    let relative = relative.strip_prefix(folder).unwrap_or(relative);
    let text = relative.to_str()?.replace('\\', "/");
    let mut actual = PathBuf::new();
    for part in text.split('/').filter(|part| !matches!(*part, "" | ".")) {
        let entries = fs::read_dir(folder.join(&actual)).ok()?.flatten();
        let names: Vec<_> = entries
            .filter_map(|e| e.file_name().into_string().ok())
            .collect();
        let exact = names.iter().find(|name| *name == part);
        let similar = || names.iter().find(|name| name.eq_ignore_ascii_case(part));
        actual.push(exact.or_else(similar)?);
    }
    let is_file = folder.join(&actual).is_file();
    is_file.then(|| actual.to_str().map(str::to_owned))?
}

fn program(name: &str, bytes: &[u8]) -> Vec<Finding> {
    let format = |what: String| vec![Finding::error(CHECK, &faults::EXECUTABLE_FORMAT, what)];
    if bytes.starts_with(b"#!") {
        let what = format!("`{name}` is a script: its interpreter must be in Azure's image");
        return vec![Finding::warning(CHECK, &faults::EXECUTABLE_FORMAT, what)];
    }
    let Some(elf) = Elf::read(bytes) else {
        return format(format!("`{name}` is no ELF program"));
    };
    if elf.machine != elf::X86_64 {
        let machine = match elf.machine {
            elf::AARCH64 => "arm64".to_owned(),
            other => format!("machine {other}"),
        };
        return format(format!("`{name}` is a program for {machine}"));
    }
    let kilobytes = bytes.len() / 1024;
    match elf.glibc {
        Some(needed) if needed > OLD_GLIBC => {
            let what = format!("`{name}` needs GLIBC_{needed}; 2.17 starts everywhere");
            let finding = match needed > IMAGE_GLIBC {
                true => Finding::error(CHECK, &faults::EXECUTABLE_GLIBC, what),
                false => Finding::warning(CHECK, &faults::EXECUTABLE_GLIBC, what),
            };
            vec![finding]
        }
        Some(needed) => {
            let what = format!("`{name}` needs GLIBC_{needed}, {kilobytes} KB");
            vec![Finding::ok(CHECK, what)]
        }
        None => vec![Finding::ok(
            CHECK,
            format!("`{name}` needs no C library, {kilobytes} KB"),
        )],
    }
}
