//! `--url`: faults that show from outside.

use std::fs;
use std::net::Ipv4Addr;

use serde_json::json;

use super::handler::CarelessApp;
use super::{edit, report, report_in};
use crate::serve::free_port;
use crate::support::dev::app_folder;
use crate::support::{Dev, Fault, Proxy, TestApp, fresh_folder};

const SAFE: &str = "events/{org_id:regex(^[a-z]+$)}";

async fn dev(name: &str) -> Dev {
    Dev::start(name, &["--port", "0", "--emulator-port", "0", "--no-web"]).await
}

async fn dev_with(name: &str, environment: &[(&str, &str)]) -> Dev {
    let arguments = ["--port", "0", "--emulator-port", "0", "--no-web"];
    Dev::start_with(app_folder(name), &arguments, environment).await
}

/// A server that gives one answer to everything.
async fn canned(answer: &'static str) -> Proxy {
    let server = Proxy::to("127.0.0.1:9").await;
    server.always(Some(Fault::Answer(answer)));
    server
}

#[tokio::test]
async fn a_sound_app_is_healthy_from_outside_and_from_inside() {
    let dev = dev("doctor-sound").await;
    let store = format!("sqlite:{}/data/switchboard.db", dev.folder.display());

    let outside = report(
        &["--url", &dev.base, "--token", &dev.api_token, "--strict"],
        &[],
    )
    .await;
    let inside = report(
        &["--strict"],
        &[
            ("AZURE_WEB_PUBSUB_CONNECTION_STRING", &dev.emulator),
            ("AzureWebJobsStorage", dev.storage()),
            ("STORE", &store),
            ("ALLOW_ANONYMOUS", "true"),
            ("API_TOKEN", &dev.api_token),
            ("PUBLIC_URL", &format!("{}/api/negotiate", dev.base)),
        ],
    )
    .await;

    outside.is_healthy();
    for check in [
        "address",
        "clock",
        "health",
        "token",
        "negotiate",
        "client",
        "webhooks",
        "triggers",
        "cors",
        "answers",
    ] {
        outside.is_ok(check);
        inside.is_ok(check);
    }
    inside.is_healthy();
    for check in ["settings", "web pubsub", "store", "storage", "queues"] {
        inside.is_ok(check);
    }
    for secret in [
        dev.api_token.as_str(),
        "AccessKey=",
        "AccountKey=",
        "access_token",
    ] {
        assert!(!outside.printed.contains(secret) && !inside.printed.contains(secret));
    }
}

#[tokio::test]
async fn nothing_answers() {
    let dev = dev("doctor-nothing").await;
    let gone = format!("http://127.0.0.1:{}", free_port());

    let fix = report(&["--url", &gone], &[])
        .await
        .shows("url-unreachable", &gone);

    assert!(fix.contains("az functionapp show"), "{fix}");
    report(&["--url", &dev.base], &[]).await.is_healthy();
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts() {
    let tls = emulator::Tls::self_signed(Ipv4Addr::LOCALHOST.into()).unwrap();
    let certificate = fresh_folder().join("ca.pem");
    fs::write(&certificate, tls.certificate_pem()).unwrap();
    let config = emulator::Config::from_json(r#"{"WebPubSub":{}}"#)
        .unwrap()
        .with_tls(tls);
    let listener = emulator::listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let url = config.endpoint(listener.local_addr().unwrap());
    tokio::spawn(emulator::run(listener, config, std::future::pending()));

    let fix = report(&["--url", &url], &[])
        .await
        .shows("tls-invalid", "certificate");

    assert!(fix.contains("az functionapp config ssl list"), "{fix}");
    let trusted = [("SSL_CERT_FILE", certificate.to_str().unwrap())];
    let found = report(&["--url", &url], &trusted).await;
    found.lacks("tls-invalid");
    found.lacks("url-unreachable");
}

#[tokio::test]
async fn an_address_without_encryption() {
    let dev = dev("doctor-plain").await;
    // This machine too, but not by the name of its own.
    let plain = dev.base.replace("localhost", "0.0.0.0");

    let fix = report(&["--url", &plain], &[])
        .await
        .shows("plain-http", "not encrypted");

    assert!(fix.contains("httpsOnly=true"), "{fix}");
    report(&["--url", &dev.base], &[]).await.lacks("plain-http");
}

#[tokio::test]
async fn something_else_answers() {
    let dev = dev("doctor-else").await;
    for (answer, code, what, fix) in [
        (
            "HTTP/1.1 302 Found\r\nLocation: https://login.example.com/a?secret=1\r\nContent-Length: 0\r\n\r\n",
            "redirected",
            "redirects to https://login.example.com/a",
            "AllowAnonymous",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>Hi</html>",
            "not-switchboard",
            "answers 200",
            "func azure functionapp publish",
        ),
        (
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 25\r\n\r\nFunction host is not runn",
            "host-down",
            "answers 503",
            "doctor --app DIR",
        ),
        (
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            "function-missing",
            "knows no /api/health",
            "all function folders",
        ),
    ] {
        let server = canned(answer).await;
        let found = report(&["--url", &format!("http://{}", server.address)], &[]).await;
        let printed = found.shows(code, what);
        assert!(printed.contains(fix), "{printed}");
        assert!(!found.printed.contains("secret=1"));
        // One cause, one line.
        assert_eq!(found.printed.matches("\"code\"").count(), 1);
    }
    report(&["--url", &dev.base], &[]).await.is_healthy();
}

/// A handler whose settings are wrong runs, and says so.
#[tokio::test]
async fn an_app_with_bad_settings() {
    let broken = dev_with("doctor-bad", &[("TOKEN_LIFETIME_MINUTES", "soon")]).await;

    let found = report(&["--url", &broken.base], &[]).await;

    let fix = found.shows("app-degraded", "TOKEN_LIFETIME_MINUTES");
    assert!(fix.contains("fetch-app-settings"), "{fix}");
    found.shows("negotiate-failed", "`server_misconfigured`");
    let dev = dev("doctor-settings").await;
    report(&["--url", &dev.base], &[]).await.is_healthy();
}

#[tokio::test]
async fn a_token_that_is_not_the_apps() {
    let dev = dev("doctor-token").await;
    let run = async |token: &str| report(&["--url", &dev.base], &[("API_TOKEN", token)]).await;

    let wrong = run("another-token-0123456789").await;

    let fix = wrong.shows("token-refused", "/api/users answers 401");
    assert!(fix.contains("API_TOKEN"), "{fix}");
    assert!(!wrong.printed.contains("another-token"));
    run(&dev.api_token).await.is_healthy();
}

#[tokio::test]
async fn a_webhook_that_the_host_does_not_let_through() {
    let folder = app_folder("doctor-webhook");
    let path = folder.join("message_event/function.json");
    edit(&path, |function| {
        function["bindings"][0]["methods"] = json!(["post"])
    });
    let arguments = ["--port", "0", "--emulator-port", "0", "--no-web"];
    let mut broken = Dev::start_in(folder.clone(), &arguments).await;

    let found = report(&["--url", &broken.base], &[]).await;

    let fix = found.shows(
        "webhook-unreachable",
        "OPTIONS /api/message_event: status 404",
    );
    assert!(
        fix.contains("let `methods` out of its function.json"),
        "{fix}"
    );
    broken.interrupt().await;
    edit(&path, |function| {
        function["bindings"][0]
            .as_object_mut()
            .unwrap()
            .remove("methods");
    });
    let fixed = Dev::start_in(folder, &arguments).await;
    report(&["--url", &fixed.base], &[]).await.is_healthy();
}

#[tokio::test]
async fn a_webhook_for_another_service() {
    let dev = dev("doctor-other").await;
    let other = "Endpoint=http://localhost:9;AccessKey=0123456789;Version=1.0;";
    let run = async |service: &str| {
        let settings = [
            ("AZURE_WEB_PUBSUB_CONNECTION_STRING", service),
            ("PUBLIC_URL", dev.base.as_str()),
        ];
        report(&[], &settings).await
    };

    let fix = run(other)
        .await
        .shows("webhook-refuses-service", "does not let localhost:9 in");

    assert!(fix.contains("connection string of that service"), "{fix}");
    run(&dev.emulator).await.lacks("webhook-refuses-service");
}

#[tokio::test]
async fn a_careless_handler() {
    let url = async |app: &CarelessApp| report(&["--url", &app.base], &[]).await;
    for (fault, code, what, fix) in [
        ("open", "webhook-open", "lets * deliver events", "never `*`"),
        (
            "unsigned",
            "webhook-unsigned",
            "answers 200 to a forged event",
            "verify `ce-signature`",
        ),
        (
            "empty",
            "no-body-status",
            "204 to OPTIONS /api/negotiate",
            "answer 200",
        ),
    ] {
        let app = CarelessApp::start(fault, SAFE).await;
        let printed = url(&app).await.shows(code, what);
        assert!(printed.contains(fix), "{printed}");
    }

    url(&CarelessApp::start("", SAFE).await).await.is_healthy();
}

/// The same fault from both sides: the address shows it, and the folder names the route.
#[tokio::test]
async fn a_route_through_which_a_caller_reaches_a_trigger() {
    let careless = CarelessApp::start("", "events/{org_id}").await;

    let outside = report(&["--url", &careless.base], &[]).await;
    let inside = report(&["--app", careless.folder.to_str().unwrap()], &[]).await;

    let what = "POST /api/events/..%5C..%5Cbroadcast answers 200";
    let fix = outside.shows("trigger-reachable", what);
    assert!(fix.contains("doctor --app DIR"), "{fix}");
    let fix = inside.shows("route-to-trigger", "`events/{org_id}` of `events`");
    let (_, rest) = fix.split_once("`{id:regex(").unwrap();
    let (pattern, _) = rest.split_once(")}`").unwrap();
    let fixed = CarelessApp::start("", &format!("events/{{id:regex({pattern})}}")).await;
    report(&["--url", &fixed.base], &[])
        .await
        .lacks("trigger-reachable");
    report(&["--app", fixed.folder.to_str().unwrap()], &[])
        .await
        .lacks("route-to-trigger");
}

#[tokio::test]
async fn cors_for_a_page() {
    const PAGE: &str = "https://app.example.com";
    let dev = dev("doctor-cors").await;
    let examine = async |base: &str| report(&["--url", base, "--origin", PAGE], &[]).await;

    let fix = examine(&dev.base)
        .await
        .shows("cors-missing", "the preflight does not name it");

    assert!(fix.contains(&format!("`ALLOWED_ORIGINS={PAGE}`")), "{fix}");
    let allowing = dev_with("doctor-cors-fixed", &[("ALLOWED_ORIGINS", PAGE)]).await;
    examine(&allowing.base).await.is_healthy();

    // A front end that adds the header once more.
    let front = Proxy::to(allowing.base.trim_start_matches("http://")).await;
    front.always(Some(Fault::Changed(|answer| {
        answer.replacen(
            "\r\n\r\n",
            "\r\nAccess-Control-Allow-Origin: https://app.example.com\r\n\r\n",
            1,
        )
    })));
    let base = format!("http://{}", front.address);
    let fix = examine(&base)
        .await
        .shows("cors-twice", "names 2 allowed origins");
    assert!(fix.contains("keep one"), "{fix}");
    front.always(None);
    examine(&base).await.lacks("cors-twice");
}

#[tokio::test]
async fn cors_for_every_page() {
    let folder = app_folder("doctor-any");
    let settings = json!({ "IsEncrypted": false, "Values": {}, "Host": { "CORS": "*" } });
    let file = folder.join("local.settings.json");
    fs::write(&file, settings.to_string()).unwrap();
    let arguments = ["--port", "0", "--emulator-port", "0", "--no-web"];
    let mut open = Dev::start_in(folder.clone(), &arguments).await;

    let found = report_in(&fresh_folder(), &["--url", &open.base], &[]).await;

    let fix = found.shows("cors-any", "switchboard-doctor.invalid may read answers");
    assert!(fix.contains("az functionapp cors remove"), "{fix}");
    open.interrupt().await;
    edit(&file, |settings| {
        settings["Host"]["CORS"] = "https://app.example.com".into()
    });
    let closed = Dev::start_in(folder, &arguments).await;
    report(&["--url", &closed.base], &[]).await.is_healthy();
}

#[tokio::test]
async fn a_clock_that_is_wrong() {
    let dev = dev("doctor-clock").await;
    let front = Proxy::to(dev.base.trim_start_matches("http://")).await;
    front.always(Some(Fault::Changed(|answer| {
        let is_date = |line: &&str| line.to_ascii_lowercase().starts_with("date:");
        let date = answer.lines().find(is_date).unwrap().to_owned();
        answer.replace(&date, "date: Thu, 01 Jan 2026 00:00:00 GMT")
    })));
    let url = format!("http://{}", front.address);

    let fix = report(&["--url", &url], &[])
        .await
        .shows("clock-skew", "ahead of 127.0.0.1");

    assert!(fix.contains("timedatectl set-ntp true"), "{fix}");
    front.always(None);
    report(&["--url", &url], &[]).await.is_healthy();
}

#[tokio::test]
async fn callers_that_must_sign_in_are_no_fault() {
    let closed = [
        ("ALLOW_ANONYMOUS", "false"),
        ("API_TOKEN", TestApp::API_TOKEN),
    ];
    let dev = dev_with("doctor-closed", &closed).await;

    report(&["--url", &dev.base], &[]).await.is_healthy();
    let with_token = report(&["--url", &dev.base, "--token", TestApp::API_TOKEN], &[]).await;
    with_token.is_healthy();
    with_token.is_ok("client");
}
