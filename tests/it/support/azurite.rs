//! Azurite, Microsoft's storage emulator, as a child process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use switchboard::azure::storage_account::StorageAccount;
use testkit::Scripts;

/// The well-known key that every storage emulator uses.
pub(crate) const STORAGE_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// The accounts of one Azurite, so that each test has its own.
const ACCOUNTS: usize = 200;

/// Azurite's blob, queue and table services. They end with the process that started them.
pub(crate) struct Azurite {
    scripts: Scripts,
    /// The addresses of blobs, queues and tables.
    addresses: [String; 3],
    child: Child,
    #[cfg_attr(
        not(feature = "dev"),
        expect(dead_code, reason = "open as long as this process runs")
    )]
    stdin: ChildStdin,
}

impl Azurite {
    /// The instance that all tests share.
    pub(crate) async fn shared() -> &'static Self {
        static SHARED: OnceLock<Azurite> = OnceLock::new();
        let started = tokio::task::spawn_blocking(|| SHARED.get_or_init(|| Self::start(&[])));
        started.await.unwrap()
    }

    /// An instance that the test may stop.
    pub(crate) async fn own(arguments: &[&str]) -> Self {
        let arguments: Vec<_> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let started = tokio::task::spawn_blocking(move || {
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            Self::start(&arguments)
        });
        started.await.unwrap()
    }

    #[cfg(feature = "dev")]
    /// An instance that keeps its data in this folder when it is stopped.
    pub(crate) async fn in_folder(folder: std::path::PathBuf) -> Self {
        let started = tokio::task::spawn_blocking(move || {
            Self::start(&["--location", folder.to_str().unwrap()])
        });
        started.await.unwrap()
    }

    /// Moves its clock forward. Only for an instance that is not shared.
    #[cfg(feature = "dev")]
    pub(crate) fn advance(&self, seconds: u32) {
        use std::io::Write as _;
        writeln!(&self.stdin, "{seconds}").unwrap();
    }

    #[cfg(feature = "dev")]
    /// Stops answering until [`resume`](Self::resume).
    pub(crate) fn suspend(&self) {
        signal("-STOP", self.child.id());
    }

    #[cfg(feature = "dev")]
    pub(crate) fn resume(&self) {
        signal("-CONT", self.child.id());
    }

    #[cfg(feature = "dev")]
    /// Ends it with SIGTERM, so that it saves its data.
    pub(crate) async fn stop(mut self) -> Stopped {
        let stopped = tokio::task::spawn_blocking(move || {
            signal("-TERM", self.child.id());
            self.child.wait().unwrap();
            self.to_stopped()
        });
        stopped.await.unwrap()
    }

    fn to_stopped(&self) -> Stopped {
        Stopped {
            scripts: self.scripts.clone(),
            ports: self.addresses.clone().map(|address| {
                let (_, port) = address.rsplit_once(':').unwrap();
                port.to_owned()
            }),
        }
    }

    fn start(arguments: &[&str]) -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/azurite");
        let scripts = Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR")));
        let scripts = scripts.unwrap_or_else(|error| panic!("{error}"));
        Self::start_with(scripts, arguments)
    }

    fn start_with(scripts: Scripts, arguments: &[&str]) -> Self {
        let accounts: Vec<_> = (0..ACCOUNTS)
            .map(|n| format!("test{n}:{STORAGE_KEY}"))
            .collect();
        let mut child = scripts
            .command("start.mjs")
            .args(arguments)
            .env("AZURITE_ACCOUNTS", accounts.join(";"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut addresses = ["Blob", "Queue", "Table"].map(|service| (service, None));
        while addresses.iter().any(|(_, address)| address.is_none()) {
            let line = lines
                .next()
                .expect("Azurite ended; its output above says why");
            let line = line.unwrap();
            let Some((name, url)) = line.split_once(" service is successfully listening at ")
            else {
                continue;
            };
            let mut all = addresses.iter_mut();
            if let Some((_, address)) = all.find(|(service, _)| name.ends_with(service)) {
                *address = Some(url.to_owned());
            }
        }
        Self {
            addresses: addresses.map(|(_, address)| address.unwrap()),
            scripts,
            child,
            stdin,
        }
    }

    /// An account that no other test uses.
    pub(crate) fn account(&self) -> Account {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test{}", NEXT.fetch_add(1, Ordering::Relaxed) % ACCOUNTS);
        Account {
            scripts: self.scripts.clone(),
            addresses: self.addresses.clone(),
            name,
        }
    }

    /// Ends it with SIGKILL, as a power failure would.
    pub(crate) async fn kill(mut self) -> Stopped {
        let killed = tokio::task::spawn_blocking(move || {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
            self.to_stopped()
        });
        killed.await.unwrap()
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[cfg(feature = "dev")]
fn signal(signal: &str, process: u32) {
    let mut kill = Command::new("kill");
    let status = kill.args([signal, &process.to_string()]).status();
    assert!(status.unwrap().success());
}

/// An Azurite that has ended.
pub(crate) struct Stopped {
    scripts: Scripts,
    ports: [String; 3],
}

impl Stopped {
    /// Starts it on the same ports, empty.
    pub(crate) async fn restart(self) -> Azurite {
        self.restart_with(&[]).await
    }

    #[cfg(feature = "dev")]
    /// Starts it on the same ports, with the data it left in this folder.
    pub(crate) async fn restart_in(self, folder: std::path::PathBuf) -> Azurite {
        self.restart_with(&["--location", folder.to_str().unwrap()])
            .await
    }

    async fn restart_with(self, arguments: &[&str]) -> Azurite {
        let arguments: Vec<_> = arguments.iter().map(|a| (*a).to_owned()).collect();
        let started = tokio::task::spawn_blocking(move || {
            let [blobs, queues, tables] = self.ports.each_ref().map(String::as_str);
            let ports = [
                ["--blobPort", blobs],
                ["--queuePort", queues],
                ["--tablePort", tables],
            ];
            let arguments = arguments.iter().map(String::as_str);
            let arguments: Vec<_> = ports.concat().into_iter().chain(arguments).collect();
            Azurite::start_with(self.scripts, &arguments)
        });
        started.await.unwrap()
    }
}

/// A storage account.
#[derive(Clone)]
pub(crate) struct Account {
    scripts: Scripts,
    addresses: [String; 3],
    pub(crate) name: String,
}

impl Account {
    pub(crate) fn connection_string(&self) -> String {
        self.connection_string_with(STORAGE_KEY)
    }

    pub(crate) fn connection_string_with(&self, key: &str) -> String {
        let name = &self.name;
        let [blobs, queues, tables] = &self.addresses;
        format!(
            "DefaultEndpointsProtocol=http;AccountName={name};AccountKey={key};\
             BlobEndpoint={blobs}/{name};QueueEndpoint={queues}/{name};TableEndpoint={tables}/{name};"
        )
    }

    pub(crate) fn settings(&self) -> StorageAccount {
        self.connection_string().parse().unwrap()
    }

    /// Host and port of the table service.
    pub(crate) fn tables(&self) -> &str {
        self.addresses[2].trim_start_matches("http://")
    }

    /// Host and port of the blob service.
    #[cfg(feature = "dev")]
    pub(crate) fn blobs(&self) -> &str {
        self.addresses[0].trim_start_matches("http://")
    }

    /// Host and port of the queue service.
    #[cfg(feature = "dev")]
    pub(crate) fn queues(&self) -> &str {
        self.addresses[1].trim_start_matches("http://")
    }

    /// The same account with its blob service at another address.
    #[cfg(feature = "dev")]
    pub(crate) fn with_blobs_at(mut self, address: &str) -> Self {
        self.addresses[0] = format!("http://{address}");
        self
    }

    /// The same account with its queue service at another address.
    #[cfg(feature = "dev")]
    pub(crate) fn with_queues_at(mut self, address: &str) -> Self {
        self.addresses[1] = format!("http://{address}");
        self
    }

    /// The same account with its table service at another address.
    pub(crate) fn with_tables_at(mut self, address: &str) -> Self {
        self.addresses[2] = format!("http://{address}");
        self
    }

    /// Runs a script of `tests/it/azurite` on the account and returns its output.
    pub(crate) async fn run_script(&self, script: &str, arguments: &[&str]) -> String {
        let mut command = self.scripts.command(script);
        command
            .args(arguments)
            .env("STORAGE", self.connection_string());
        let output = tokio::task::spawn_blocking(move || Command::output(&mut command).unwrap());
        let output = output.await.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).unwrap()
    }
}
