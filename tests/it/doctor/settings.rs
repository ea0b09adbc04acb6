//! Faults in the settings alone. No service runs; only their lines differ.

use std::fs;

use super::{report, report_in, run};
use crate::support::{KEY, fresh_folder};

const SERVICE: &str = "AZURE_WEB_PUBSUB_CONNECTION_STRING";

fn connection_string() -> String {
    format!("Endpoint=http://localhost:9;AccessKey={KEY};Version=1.0;")
}

/// The fault appears with `broken`, and is gone with `fixed`.
async fn appears_and_goes(
    code: &str,
    what: &str,
    fix: &str,
    broken: &[(&str, &str)],
    fixed: &[(&str, &str)],
) {
    let service = connection_string();
    let sound = [(SERVICE, service.as_str()), ("ALLOW_ANONYMOUS", "true")];

    let printed = report(&[], &[&sound, broken].concat())
        .await
        .shows(code, what);

    assert!(printed.contains(fix), "{printed}");
    report(&[], &[&sound, fixed].concat()).await.lacks(code);
}

#[tokio::test]
async fn no_connection_string() {
    let name = "connection-string";
    for (value, what) in [("", "is missing"), ("AccessKey=x", "cannot be used")] {
        let found = report(&[], &[(SERVICE, value)]).await;
        let fix = found.shows(name, what);
        assert!(fix.contains("az webpubsub key show"), "{fix}");
        assert!(fix.contains(&format!("--settings {SERVICE}=")), "{fix}");
    }

    let string = connection_string();

    report(&[], &[(SERVICE, &string)]).await.lacks(name);
}

#[tokio::test]
async fn an_invalid_value() {
    let (broken, fixed) = (
        [("TOKEN_LIFETIME_MINUTES", "soon")],
        [("TOKEN_LIFETIME_MINUTES", "60")],
    );
    let what = "TOKEN_LIFETIME_MINUTES must be a whole number";
    let fix = "--settings TOKEN_LIFETIME_MINUTES=";
    appears_and_goes("setting-invalid", what, fix, &broken, &fixed).await;
}

#[tokio::test]
async fn a_misspelt_name() {
    let unknown = "a name in docs/settings.md";
    for (typed, meant) in [
        ("ALOW_ANONYMOUS", "ALLOW_ANONYMOUS"),
        ("AZURE_OPENAI_DEPLOYMENT", unknown),
        ("WebPubSubHubName", "WEB_PUBSUB_HUB_NAME"),
        (
            "AzureWebJobsStorage__acountName",
            "AzureWebJobsStorage__accountName",
        ),
        ("JWT_PUBLIC_KEY", unknown),
    ] {
        let fix = format!("rename `{typed}` to `{meant}`");
        appears_and_goes("setting-unknown", typed, &fix, &[(typed, "x")], &[]).await;
    }
}

#[tokio::test]
async fn variables_of_other_programs_are_left_alone() {
    let string = connection_string();
    let others = [
        (SERVICE, string.as_str()),
        ("HOME", "/root"),
        ("PATH", "/bin"),
        ("COSMIC", "x"),
        ("AzureWebJobs.telemetry.Disabled", "true"),
        ("AzureFunctionsJobHost__logging__console__isEnabled", "true"),
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "x"),
        ("WEBSITE_HOSTNAME", "x"),
        ("REPORT", "x"),
        ("SHELL", "x"),
    ];

    report(&[], &others).await.lacks("setting-unknown");
}

#[tokio::test]
async fn nobody_may_call() {
    let broken = [("ALLOW_ANONYMOUS", "false")];
    let fix = "`ALLOW_ANONYMOUS=true`";
    appears_and_goes("nobody-admitted", "no way to sign in", fix, &broken, &[]).await;
}

/// S0's own local.settings.json has this value.
#[tokio::test]
async fn the_runtime_of_a_language() {
    let (broken, fixed) = (
        [("FUNCTIONS_WORKER_RUNTIME", "python")],
        [("FUNCTIONS_WORKER_RUNTIME", "custom")],
    );
    let fix = "`FUNCTIONS_WORKER_RUNTIME=custom`";
    appears_and_goes("worker-runtime", "`python`", fix, &broken, &fixed).await;
}

#[tokio::test]
async fn cors_of_the_platform_and_our_own() {
    let ours = ("ALLOWED_ORIGINS", "https://app.example.com");
    let platform = ("CORS_ALLOWED_ORIGINS", r#"["https://app.example.com"]"#);
    let fix = "remove `ALLOWED_ORIGINS` where the platform does CORS";
    appears_and_goes(
        "cors-twice",
        "CORS_ALLOWED_ORIGINS",
        fix,
        &[ours, platform],
        &[platform],
    )
    .await;
    let none = ("CORS_ALLOWED_ORIGINS", "[]");
    let string = connection_string();
    report(&[], &[(SERVICE, &string), ours, none])
        .await
        .lacks("cors-twice");
}

#[tokio::test]
async fn a_file_as_store_on_azure() {
    let platform = ("WEBSITE_SITE_NAME", "shop");
    let tables = ("AzureWebJobsStorage", "UseDevelopmentStorage=true");
    let fix = "`STORE=tables`";
    let fixed = [platform, tables, ("STORE", "tables")];
    // The store that does not exist is found by another check.
    appears_and_goes("store-not-shared", "SQLite", fix, &[platform], &fixed).await;
}

#[tokio::test]
async fn local_settings_json_is_read_as_the_host_reads_it() {
    let folder = fresh_folder();
    let file = folder.join("local.settings.json");
    for (text, what) in [
        ("{", "is not JSON"),
        (r#"{"IsEncrypted":true,"Values":{}}"#, "is encrypted"),
        ("[]", "no object `Values`"),
        (
            r#"{"Values":{"STORE":["x"]}}"#,
            "no text under `Values.STORE`",
        ),
    ] {
        fs::write(&file, text).unwrap();
        let fix = report_in(&folder, &[], &[])
            .await
            .shows("settings-file", what);
        assert!(fix.contains("cp local.settings.json.example"), "{fix}");
    }

    // The fix is to copy the example.
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/local.settings.json.example");
    fs::copy(example, &file).unwrap();

    let found = report_in(&folder, &[], &[]).await;
    found.lacks("settings-file");
    found.lacks("connection-string");
    let named = report(&["--settings", file.to_str().unwrap()], &[]).await;
    named.lacks("connection-string");
    let gone = report(&["--settings", "/nowhere/x.json"], &[]).await;
    gone.shows("settings-file", "cannot be read");
}

#[tokio::test]
async fn wrong_use_exits_with_2() {
    let folder = fresh_folder();
    for arguments in [
        &["--url", "shop.azurewebsites.net"][..],
        &["--url", "https://name:password@shop.net"],
        &["--app", ".", "--url", "https://shop.net"],
        &["--unheard-of"],
    ] {
        let output = run(&folder, arguments, &[]).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

#[tokio::test]
async fn output_for_people_has_no_colours_in_a_pipe() {
    let output = run(&fresh_folder(), &[], &[]).await;

    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("  error    settings"), "{text}");
    assert!(text.contains("why: ") && text.contains("fix: "), "{text}");
    assert!(text.contains("[connection-string]"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(output.stderr.is_empty());
    assert_eq!(output.status.code(), Some(1));
}
