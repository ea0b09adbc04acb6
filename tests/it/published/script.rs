//! `scripts/publish.sh`: what it makes, and what it refuses.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::lists::files_below;
use super::package::{dist, publish};
use crate::support::dev::app_folder;

fn source() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Names, modes and contents of an archive's files, as Python reads them.
fn read_archive(archive: &Path) -> Vec<(String, u64, Vec<u8>)> {
    let code = "import json, sys, zipfile\n\
        archive = zipfile.ZipFile(sys.argv[1])\n\
        print(json.dumps([[e.filename, e.external_attr >> 16, archive.read(e).hex()] for e in archive.infolist()]))";
    let output = Command::new("python3")
        .args(["-c", code])
        .arg(archive)
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    let entries: Vec<(String, u64, String)> = serde_json::from_slice(&output.stdout).unwrap();
    let bytes = |hex: &str| {
        let digits = hex
            .as_bytes()
            .chunks(2)
            .map(|two| str::from_utf8(two).unwrap());
        digits
            .map(|two| u8::from_str_radix(two, 16).unwrap())
            .collect()
    };
    let entries = entries.into_iter();
    entries
        .map(|(name, mode, hex)| (name, mode, bytes(&hex)))
        .collect()
}

#[tokio::test]
async fn the_package_contains_the_binary_host_json_and_the_functions_alone() {
    let package = dist().await.join("package");
    let functions = crate::functions::all(source());
    let functions = functions
        .iter()
        .map(|function| format!("{}/function.json", function.name));
    let mut expected: Vec<_> = functions.collect();
    expected.extend(["host.json", "switchboard"].map(str::to_owned));
    expected.sort();

    assert_eq!(files_below(&package, &[]), expected);
    for file in expected.iter().filter(|file| file.ends_with(".json")) {
        let (ours, sent) = (source().join(file), package.join(file));
        assert_eq!(fs::read(ours).unwrap(), fs::read(sent).unwrap(), "{file}");
    }
    let host: Value =
        serde_json::from_slice(&fs::read(package.join("host.json")).unwrap()).unwrap();
    let program = &host["customHandler"]["description"]["defaultExecutablePath"];
    let mode = fs::metadata(package.join(program.as_str().unwrap())).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o755);
}

#[test]
fn the_archive_has_the_files_of_the_package_with_their_modes() {
    let app = App::new("archive");
    let made = app.publish(&[]);
    assert!(made.status.success(), "{made:?}");

    let package = app.folder.join("dist/package");
    let entries = read_archive(&app.folder.join("dist/switchboard.zip"));

    let names: Vec<_> = entries.iter().map(|(name, ..)| name.clone()).collect();
    assert_eq!(names, files_below(&package, &[]));
    for (name, mode, content) in entries {
        assert_eq!(content, fs::read(package.join(&name)).unwrap(), "{name}");
        let expected = if name == "switchboard" {
            0o100_755
        } else {
            0o100_644
        };
        assert_eq!(mode, expected, "{name}");
        let listed = String::from_utf8_lossy(&made.stdout);
        assert!(listed.contains(&format!(" {name}\n")), "{listed}");
    }
}

#[test]
fn the_same_files_make_the_same_archive() {
    let app = App::new("same");
    let archive = app.folder.join("dist/switchboard.zip");

    assert!(app.publish(&[]).status.success());
    let first = fs::read(&archive).unwrap();
    // Files of an earlier run do not stay in the package.
    fs::write(app.folder.join("dist/package/secret.txt"), "hush").unwrap();
    fs::write(app.folder.join("host.json"), app.host_json("switchboard")).unwrap();
    assert!(app.publish(&[]).status.success());

    assert_eq!(fs::read(&archive).unwrap(), first);
    assert!(!app.folder.join("dist/package/secret.txt").exists());
}

/// A copy of the app with the script, and a program that is good enough for `--local`.
struct App {
    folder: PathBuf,
}

impl App {
    fn new(name: &str) -> Self {
        let folder = app_folder(&format!("publish-{name}"));
        fs::create_dir(folder.join("scripts")).unwrap();
        let script = "scripts/publish.sh";
        fs::copy(source().join(script), folder.join(script)).unwrap();
        let app = Self { folder };
        app.program("#!/bin/sh\necho switchboard 0\n".as_bytes());
        app
    }

    fn program(&self, content: &[u8]) {
        let file = self.folder.join("program");
        fs::write(&file, content).unwrap();
        fs::set_permissions(file, PermissionsExt::from_mode(0o755)).unwrap();
    }

    fn host_json(&self, program: &str) -> String {
        let text = fs::read_to_string(source().join("host.json")).unwrap();
        text.replace("\"switchboard\"", &format!("\"{program}\""))
    }

    /// Packages the program for this machine.
    fn publish(&self, arguments: &[&str]) -> Output {
        let program = self.folder.join("program");
        let own = ["--local", "--binary", program.to_str().unwrap()];
        publish(&self.folder, &[&own, arguments].concat())
    }

    /// What the script says about a program that should not be sent to Azure.
    fn refusal(&self, program: &[u8]) -> String {
        self.program(program);
        let program = self.folder.join("program");
        refusal(&publish(
            &self.folder,
            &["--binary", program.to_str().unwrap()],
        ))
    }
}

/// The error, after which nothing was made.
#[track_caller]
fn refusal(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<_> = errors
        .lines()
        .filter(|line| line.starts_with("publish: "))
        .collect();
    assert_eq!(lines.len(), 1, "{errors}");
    lines[0].to_owned()
}

/// The head of a program for this machine number, and zeros.
fn program_for(machine: u8, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    bytes[..8].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0]);
    (bytes[16], bytes[18], bytes[20]) = (2, machine, 1);
    (bytes[52], bytes[54], bytes[58]) = (64, 56, 64);
    bytes
}

#[test]
fn programs_that_cannot_start_on_azure_are_refused() {
    const X86_64: u8 = 62;
    const ARM64: u8 = 183;
    let app = App::new("refused");

    let text = app.refusal(b"#!/bin/sh\n");
    let arm = app.refusal(&program_for(ARM64, 64));
    let large = app.refusal(&program_for(X86_64, 10_000_000));

    assert!(text.contains("not a Linux program"), "{text}");
    assert!(arm.contains("not for x86-64"), "{arm}");
    assert!(large.contains("10000000"), "{large}");
    assert!(!app.folder.join("dist").exists());
}

/// Cargo links it to the C library of this machine, which is newer than those of old images.
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
#[test]
fn a_program_that_needs_a_newer_c_library_is_refused() {
    let output = publish(source(), &["--binary", env!("CARGO_BIN_EXE_switchboard")]);

    let refused = refusal(&output);
    assert!(refused.contains("needs GLIBC_"), "{refused}");
}

#[test]
fn host_json_must_name_the_program_to_the_letter() {
    for name in ["./switchboard", "Switchboard", "bin/switchboard"] {
        let app = App::new("name");
        fs::write(app.folder.join("host.json"), app.host_json(name)).unwrap();

        let refused = refusal(&app.publish(&[]));

        assert!(
            refused.contains(name) && refused.contains("defaultExecutablePath"),
            "{refused}"
        );
        assert!(!app.folder.join("dist").exists());
    }
}

#[test]
fn a_broken_function_is_named_and_leaves_the_old_package() {
    let app = App::new("broken");
    assert!(app.publish(&[]).status.success());
    fs::write(app.folder.join("chat/function.json"), "{").unwrap();

    let output = app.publish(&[]);

    assert!(refusal(&output).contains("chat/function.json"));
    assert!(app.folder.join("dist/package/chat/function.json").is_file());
}

#[test]
fn options_are_explained_and_mistakes_in_them_named() {
    let app = App::new("options");
    let run = |arguments: &[&str]| publish(&app.folder, arguments);

    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    for option in ["--target", "--binary", "--local", "--output"] {
        assert!(help.contains(option), "{help}");
    }
    for (arguments, named) in [
        (&["--fast"][..], "--fast"),
        (&["--output"], "--output"),
        (&["--binary", "nowhere"], "nowhere"),
        (&["--target", "aarch64-unknown-linux-musl"], "aarch64"),
        (
            &["--local", "--target", "x86_64-unknown-linux-musl"],
            "--target",
        ),
        (&["--binary", "program", "--target", "x"], "--target"),
    ] {
        let refused = refusal(&run(arguments));
        assert!(refused.contains(named), "{refused}");
    }
}
