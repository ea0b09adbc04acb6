//! The storage account of an app that brings none.

use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;

use devhost::CorsSettings;
use devhost::storage::{Settings, Storage};
use tokio::net::TcpListener;

/// Where an account is kept.
#[derive(Debug)]
pub(crate) enum Keeping {
    In(PathBuf),
    /// In a folder that is removed when the program ends in good order.
    UntilTheEnd,
}

#[derive(Debug)]
pub(crate) struct OwnStorage {
    storage: Storage,
    _passing: Option<PassingFolder>,
}

impl OwnStorage {
    pub(crate) async fn open(
        keeping: Keeping,
        cors: Option<CorsSettings>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let (folder, passing) = match keeping {
            Keeping::In(folder) => (folder, None),
            Keeping::UntilTheEnd => {
                let passing = PassingFolder::new()?;
                (passing.0.clone(), Some(passing))
            }
        };
        let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let settings = Settings {
            cors,
            ..Settings::in_folder(folder)
        };
        Ok(Self {
            storage: Storage::open(listen().await?, listen().await?, settings)?,
            _passing: passing,
        })
    }

    pub(crate) fn connection_string(&self) -> &str {
        self.storage.connection_string()
    }

    /// Answers for ever, if there is an account.
    pub(crate) async fn run(account: Option<Self>) {
        match account {
            Some(account) => account.storage.run(std::future::pending()).await,
            None => std::future::pending().await,
        }
    }
}

#[derive(Debug)]
struct PassingFolder(PathBuf);

impl PassingFolder {
    /// Its name belongs to this process, and only its user can look into it; what is there
    /// already is never used, whoever made it.
    fn new() -> io::Result<Self> {
        let (temporary, process) = (std::env::temp_dir(), std::process::id());
        let mut taken = 0;
        loop {
            let folder = temporary.join(format!("functions-devhost-{process}-{taken}"));
            let mut builder = std::fs::DirBuilder::new();
            #[cfg(unix)]
            std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
            match builder.create(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && taken < 100 => {
                    taken += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for PassingFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
