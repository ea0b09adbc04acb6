//! The page's files: their headers, and that nothing else is served.

use crate::support::{Dev, Script};

use super::sign_in::{Answer, request};
use super::site::{built, npm_run, sources, start};

async fn get(dev: &Dev, path: &str) -> Answer {
    let host = dev.base.strip_prefix("http://").unwrap();
    request(dev, "GET", path, &[("Host", host)], "").await
}

#[tokio::test]
async fn the_policy_allows_nothing_but_the_page_and_the_services_of_this_run() {
    let dev = start("policy").await;
    let socket = dev.emulator_address().replace("http://", "ws://");

    for path in ["/", "/config.json", "/nothing", "/dev/token"] {
        let answer = get(&dev, path).await;

        let policy = answer.header("Content-Security-Policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; "), "{path}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(policy.contains("script-src 'self';"), "{path}");
        assert!(policy.contains("style-src 'self';"), "{path}");
        assert!(!policy.contains("unsafe"), "{path}");
        let connects = policy.split("connect-src ").nth(1).unwrap();
        let connects: Vec<_> = connects.split(';').next().unwrap().split(' ').collect();
        assert_eq!(connects.len(), 3, "{path}: {connects:?}");
        assert_eq!(connects[..2], ["'self'", &socket], "{path}");
        assert!(connects[2].starts_with("http://127.0.0.1:"), "{path}");
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"));
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    }
}

#[tokio::test]
async fn files_with_a_hash_in_their_name_never_change_and_all_others_are_asked_for_again() {
    let dev = start("cache").await;
    let page = get(&dev, "/").await;
    let script = page
        .body
        .split('"')
        .find(|part| part.ends_with(".js"))
        .unwrap();
    let script = script.strip_prefix('.').unwrap();

    assert_eq!(page.status, 200);
    assert_eq!(page.header("Cache-Control"), Some("no-cache"));
    assert_eq!(
        page.header("Content-Type"),
        Some("text/html; charset=utf-8")
    );
    let script = get(&dev, script).await;
    assert_eq!(script.status, 200);
    assert_eq!(
        script.header("Cache-Control"),
        Some("public, max-age=31536000, immutable")
    );
    assert_eq!(
        script.header("Content-Type"),
        Some("text/javascript; charset=utf-8")
    );
}

#[tokio::test]
async fn nothing_inside_the_page_is_inline() {
    let page = std::fs::read_to_string(built().await.join("index.html")).unwrap();

    assert!(!page.contains("<style"));
    assert!(!page.contains(" style="));
    assert!(!page.contains(" on"), "an event handler?");
    for script in page.split("<script").skip(1) {
        assert!(script.split('>').next().unwrap().contains("src="));
    }
}

#[tokio::test]
async fn no_path_leads_out_of_the_page() {
    let dev = start("traversal").await;

    for path in [
        "/../host.json",
        "/..%2fhost.json",
        "/%2e%2e/host.json",
        "/%2e%2e%2fhost.json",
        "/assets/../../host.json",
        "/assets/%2e%2e/%2e%2e/host.json",
        "/assets/..%5c..%5chost.json",
        "//etc/passwd",
        "/.git/config",
        "/data/dev-secrets.json",
        "/node_modules/preact/package.json",
    ] {
        let answer = get(&dev, path).await;

        assert_eq!(answer.status, 404, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_functions_and_the_host_answer_as_they_do_without_a_page() {
    let dev = start("functions").await;

    assert_eq!(get(&dev, "/api/health?live=1").await.status, 200);
    let nothing = get(&dev, "/api/nothing").await;
    assert_eq!((nothing.status, nothing.body.as_str()), (404, ""));
    assert_eq!(nothing.header("Content-Security-Policy"), None);
    let posted = dev.base.strip_prefix("http://").unwrap();
    let posted = request(&dev, "POST", "/", &[("Host", posted)], "").await;
    assert_eq!(posted.status, 405);
    assert_eq!(posted.header("Allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn without_a_page_the_host_shows_its_own() {
    let dev = Dev::start(
        "no-web",
        &["--port", "0", "--emulator-port", "0", "--no-web"],
    )
    .await;

    let home = get(&dev, "/").await;

    assert!(home.body.contains("Your function app is up and running"));
    assert_eq!(get(&dev, "/dev/token").await.status, 404);
}

/// The same files go to Azure Static Web Apps, which sets the headers.
#[tokio::test]
async fn the_file_for_static_web_apps_has_the_same_policy_but_for_the_services() {
    let dev = start("static-web-apps").await;
    let served = get(&dev, "/").await;
    let file = built().await.join("staticwebapp.config.json");
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let without_services = |policy: &str| -> Vec<String> {
        let parts = policy
            .split("; ")
            .filter(|part| !part.starts_with("connect-src"));
        parts.map(str::to_owned).collect()
    };

    let headers = &file["globalHeaders"];
    for name in [
        "X-Content-Type-Options",
        "Referrer-Policy",
        "Permissions-Policy",
    ] {
        assert_eq!(headers[name].as_str(), served.header(name), "{name}");
    }
    assert_eq!(
        without_services(headers["Content-Security-Policy"].as_str().unwrap()),
        without_services(served.header("Content-Security-Policy").unwrap())
    );
}

/// Counted as a browser receives it: compressed.
#[tokio::test]
async fn the_scripts_have_less_than_100_kilobytes_compressed() {
    let assets = built().await.join("assets");
    let assets = assets.to_str().unwrap().to_owned();

    let sizes = Script::start_with("compressed.mjs", &[&assets])
        .await
        .read()
        .await;

    let bytes = sizes["js"].as_u64().unwrap();
    assert!(bytes > 10_000 && bytes < 100_000, "{bytes}");
}

#[tokio::test]
async fn the_page_has_no_type_errors() {
    let check = || npm_run(&sources(), &["check"]);

    tokio::task::spawn_blocking(check).await.unwrap();
}

#[test]
fn lock_files_name_no_registry() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in [
        "web",
        "web/client",
        "tests/it/page/browser",
        "tests/it/clients",
    ] {
        let lock = std::fs::read_to_string(root.join(folder).join("package-lock.json")).unwrap();

        assert!(!lock.contains("\"resolved\""), "{folder}");
    }
}
