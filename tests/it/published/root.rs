//! A root directory as the `Dockerfile` describes it, and processes in it. A container engine does
//! the same, and adds `/proc`, `/sys` and `/dev`, which the handler does not need.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::package::binary;
use crate::serve::free_port;
use crate::support::fresh_folder;

/// The last stage of the `Dockerfile`.
pub(super) struct Image {
    /// Sources in the stage before, and where their copies are.
    pub(super) copies: Vec<(String, String)>,
    pub(super) user: u32,
    pub(super) entrypoint: Vec<String>,
    pub(super) command: Vec<String>,
    pub(super) health_check: Vec<String>,
    pub(super) port: u16,
}

impl Image {
    pub(super) fn read() -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Dockerfile");
        let text = fs::read_to_string(file).unwrap();
        let (_, last) = text.split_once("\nFROM scratch\n").unwrap();
        let all = |instruction: &str| -> Vec<&str> {
            let lines = last
                .lines()
                .filter_map(|line| line.strip_prefix(instruction));
            lines.map(str::trim).collect()
        };
        let one = |instruction: &str| {
            let found = all(instruction);
            assert_eq!(found.len(), 1, "{instruction}");
            found[0]
        };
        let list = |text: &str| serde_json::from_str(text).unwrap();
        let copies = all("COPY ").into_iter().map(|line| {
            let paths: Vec<_> = line.split(' ').filter(|w| !w.starts_with("--")).collect();
            (paths[0].to_owned(), paths[1].to_owned())
        });
        let user = one("USER ");
        Self {
            copies: copies.collect(),
            user: user.split(':').next().unwrap().parse().unwrap(),
            entrypoint: list(one("ENTRYPOINT ")),
            command: list(one("\nCMD ".trim_start())),
            health_check: list(one("HEALTHCHECK ").split_once("CMD ").unwrap().1),
            port: one("ENV PORT=").parse().unwrap(),
        }
    }
}

/// A root directory with the image's files, and nothing else.
pub(super) struct Root {
    folder: PathBuf,
    image: Image,
    port: String,
}

impl Root {
    /// With these certificate authorities instead of the public ones.
    pub(super) async fn with_authorities(authorities: &str) -> Self {
        let (folder, image) = (fresh_folder(), Image::read());
        let binary = binary().await;
        for (from, to) in &image.copies {
            let to = folder.join(to.trim_start_matches('/'));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            match from.as_str() {
                "/image/switchboard" => drop(fs::copy(&binary, to).unwrap()),
                "/image/etc/ssl/certs/ca-certificates.crt" => fs::write(to, authorities).unwrap(),
                "/image/data" => {
                    fs::create_dir(&to).unwrap();
                    if is_root() {
                        chown(to, Some(image.user), Some(image.user)).unwrap();
                    }
                }
                other => panic!("this test does not know {other}"),
            }
        }
        fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
        for library in libraries(&binary) {
            let to = folder.join(library.trim_start_matches('/'));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(library, to).unwrap();
        }
        // The engine writes it into every container.
        fs::write(folder.join("etc/hosts"), "127.0.0.1 localhost\n").unwrap();
        Self {
            folder,
            image,
            port: free_port(),
        }
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path.trim_start_matches('/'))
    }

    /// Starts the image, and waits until it listens.
    pub(super) async fn start(&self, settings: &[(&str, &str)]) -> Container {
        let arguments = [&self.image.entrypoint[..], &self.image.command].concat();
        let mut command = self.command(&arguments, settings);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        loop {
            let line = lines.next_line().await.unwrap();
            let line = line.expect("it ended before it listened");
            if let Some((_, address)) = line.split_once(" listens on ") {
                let address: SocketAddr = address.parse().unwrap();
                assert!(address.ip().is_unspecified(), "{line}");
                break;
            }
        }
        Container {
            base: format!("http://127.0.0.1:{}", self.port),
            child,
            _lines: lines,
        }
    }

    /// Runs the image's health check, with these arguments in addition.
    pub(super) async fn check_health(&self, more: &[&str], settings: &[(&str, &str)]) -> Output {
        let mut arguments = self.image.health_check.clone();
        arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
        self.command(&arguments, settings).output().await.unwrap()
    }

    /// Runs a program of this root, as the image's user if this process may choose it.
    fn command(&self, arguments: &[String], settings: &[(&str, &str)]) -> Command {
        let user = format!("--userspec={0}:{0}", self.image.user);
        let mut command = if is_root() {
            let mut command = Command::new("/usr/sbin/chroot");
            command.arg(user);
            command
        } else {
            let mut command = Command::new("/usr/bin/unshare");
            command.args(["--map-root-user", "/usr/sbin/chroot"]);
            command
        };
        command
            .arg(&self.folder)
            .args(arguments)
            .env_clear()
            .env("PORT", &self.port)
            .envs(settings.iter().copied())
            .kill_on_drop(true);
        command
    }
}

/// The handler, running in the root.
pub(super) struct Container {
    pub(super) base: String,
    child: Child,
    /// Open, so that the handler can print.
    _lines: Lines<BufReader<ChildStdout>>,
}

impl Container {
    /// The user that the process runs as.
    pub(super) fn user(&self) -> u32 {
        let id = self.child.id().unwrap();
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("Uid:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Stops it as an engine does, and returns its exit code.
    pub(super) async fn stop(mut self) -> Option<i32> {
        let id = self.child.id().unwrap().to_string();
        let mut kill = Command::new("kill");
        assert!(kill.args(["-TERM", &id]).status().await.unwrap().success());
        self.child.wait().await.unwrap().code()
    }
}

pub(super) fn is_root() -> bool {
    let id = std::process::Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

/// The C library's files, if the program is not static. Only the binary that cargo built for the
/// tests, or one for glibc 2.17, needs them.
fn libraries(binary: &Path) -> Vec<String> {
    let ldd = std::process::Command::new("ldd").arg(binary).output();
    let listed = String::from_utf8(ldd.unwrap().stdout).unwrap();
    let paths = listed
        .split_whitespace()
        .filter(|word| word.starts_with('/'));
    paths.map(str::to_owned).collect()
}
