//! The npm package of `web/client`, compiled and available to the scripts of `tests/it/clients`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use testkit::Scripts;

/// The package with the tools that build it.
#[derive(Debug)]
pub(crate) struct ClientPackage {
    scripts: Scripts,
}

impl ClientPackage {
    /// Compiles the package, once for all tests of a process.
    pub(crate) async fn get() -> &'static Self {
        static PACKAGE: OnceLock<ClientPackage> = OnceLock::new();
        tokio::task::spawn_blocking(|| PACKAGE.get_or_init(Self::build))
            .await
            .unwrap()
    }

    fn build() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let below = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let set_up = |source: &str| Scripts::set_up(&root.join(source), below).unwrap();
        let package = Self {
            scripts: set_up("web/client"),
        };
        package.compile("tsconfig.json");
        let users = set_up("tests/it/clients");
        let installed = "@switchboard/client";
        let home = package.scripts.home();
        users
            .add_package(&format!("{installed}/dist"), &home.join("dist"))
            .unwrap();
        let manifest = users
            .home()
            .join("node_modules")
            .join(installed)
            .join("package.json");
        fs::copy(home.join("package.json"), manifest).unwrap();
        package
    }

    /// Where the package and its development tools are.
    pub(crate) fn home(&self) -> &Path {
        self.scripts.home()
    }

    /// Runs the TypeScript compiler; its messages are the panic's.
    pub(crate) fn compile(&self, project: &str) {
        let compiled = self.scripts.run_tool("tsc", &["--project", project]);
        compiled.unwrap_or_else(|error| panic!("{error}"));
    }

    /// The types that the package should have for this description of the API.
    pub(crate) fn generate_types(&self, openapi: &str) -> String {
        let document = self.write("openapi.json", openapi);
        let mut command = self.scripts.command("scripts/generate.mjs");
        let output = command.arg(document).output().unwrap();
        let printed = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{printed}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Writes a file beside the package's sources.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}
