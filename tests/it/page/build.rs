//! `dev` builds the page in the background. These tests use a page of a few lines, whose build is a
//! script, with the real npm.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::Dev;
use crate::support::dev::{FREE_PORTS, app_folder};

/// An app with a page in `web/`, which this script builds.
fn app_with_page(name: &str, script: &str) -> PathBuf {
    let folder = app_folder(&format!("build-{name}"));
    let web = folder.join("web");
    fs::create_dir(&web).unwrap();
    let package = r#"{"name":"p","version":"1.0.0","scripts":{"build":"node build.mjs"}}"#;
    let lock = r#"{"name":"p","version":"1.0.0","lockfileVersion":3,"requires":true,"packages":{"":{"name":"p","version":"1.0.0"}}}"#;
    fs::write(web.join("package.json"), package).unwrap();
    fs::write(web.join("package-lock.json"), lock).unwrap();
    fs::write(web.join("build.mjs"), script).unwrap();
    folder
}

/// Writes a page that says how often it was built.
const COUNTING: &str = r"
    import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
    const count = existsSync('../built') ? Number(readFileSync('../built', 'utf8')) + 1 : 1;
    writeFileSync('../built', String(count));
    mkdirSync('dist', { recursive: true });
    writeFileSync('dist/index.html', `built ${count}`);
";

async fn home(dev: &Dev) -> String {
    dev.get("/").await.1
}

#[tokio::test]
async fn everything_is_ready_before_the_page_is_and_the_page_appears_by_itself() {
    let waiting = format!(
        "import {{ existsSync }} from 'node:fs';
         while (!existsSync('../go')) await new Promise((done) => setTimeout(done, 20));
         {}",
        COUNTING.replace("import { existsSync,", "import {")
    );
    let folder = app_with_page("waiting", &waiting);
    let mut dev = Dev::start_in(folder.clone(), &FREE_PORTS).await;
    dev.wait_for_line("page: building the page").await;

    let (status, page) = dev.get("/").await;
    assert_eq!(status, 503);
    assert!(page.contains("Building the page"), "{page}");
    assert!(!page.contains("<script"), "it reloads itself by a header");
    dev.negotiate("room_id=test").await;
    fs::write(folder.join("go"), "").unwrap();
    dev.wait_for_line("page: the page is built").await;

    assert_eq!(home(&dev).await, "built 1");
}

#[tokio::test]
async fn it_is_built_again_only_when_its_sources_changed() {
    let folder = app_with_page("changes", COUNTING);
    let mut first = Dev::start_in(folder.clone(), &FREE_PORTS).await;
    first.wait_for_line("page: the page is built").await;
    first.interrupt().await;

    let mut second = Dev::start_in(folder.clone(), &FREE_PORTS).await;
    assert_eq!(home(&second).await, "built 1");
    second.interrupt().await;
    fs::write(folder.join("web/new.ts"), "1").unwrap();
    let mut third = Dev::start_in(folder, &FREE_PORTS).await;
    third.wait_for_line("page: the page is built").await;

    assert_eq!(home(&third).await, "built 2");
}

#[tokio::test]
async fn a_build_that_fails_shows_its_error_on_the_page_and_in_the_terminal() {
    let script = "console.error('\\u001b[31mno <b>such</b> module\\u001b[39m'); process.exit(1);";
    let folder = app_with_page("failing", script);
    let mut dev = Dev::start_in(folder, &FREE_PORTS).await;

    dev.wait_for_line("page: npm run build failed").await;
    dev.wait_for_line("no <b>such</b> module").await;

    let page = home(&dev).await;
    assert!(page.contains("The page could not be built"), "{page}");
    assert!(page.contains("no &lt;b&gt;such&lt;/b&gt; module"), "{page}");
    dev.negotiate("room_id=test").await;
}

#[tokio::test]
async fn without_node_one_sentence_says_what_to_install() {
    for (name, node) in [("no-node", None), ("old-node", Some("echo v18.20.4"))] {
        let folder = app_with_page(name, COUNTING);
        let programs = folder.join("programs");
        fs::create_dir(&programs).unwrap();
        if let Some(script) = node {
            program(&programs.join("node"), script);
        }
        let path = programs.to_str().unwrap();
        let mut dev = Dev::start_with(folder, &FREE_PORTS, &[("PATH", path)]).await;

        // Nothing has to be installed first, so this may come before `ready`.
        let sentence = "page: The page needs Node.js 20 or newer";
        if !dev.printed.iter().any(|line| line.starts_with(sentence)) {
            dev.wait_for_line(sentence).await;
        }

        let page = home(&dev).await;
        assert!(
            page.contains("install it from https://nodejs.org"),
            "{page}"
        );
        dev.negotiate("room_id=test").await;
    }
}

#[tokio::test]
async fn without_the_page_nothing_is_built() {
    let folder = app_with_page("left-out", COUNTING);
    let arguments = [&FREE_PORTS[..], &["--no-web"]].concat();
    let mut dev = Dev::start_in(folder.clone(), &arguments).await;

    assert!(
        home(&dev)
            .await
            .contains("Your function app is up and running")
    );
    dev.interrupt().await;

    assert!(!folder.join("built").exists());
}

fn program(path: &Path, script: &str) {
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}
