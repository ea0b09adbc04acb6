//! `--app`: faults in an app's folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::{Report, copy_of_our_app, edit, report};

const X86_64: u16 = 62;
const ARM64: u16 = 183;

/// The head of a program that needs no library.
fn program(machine: u16) -> Vec<u8> {
    let mut elf = vec![0; 64];
    elf[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
    elf[16..18].copy_from_slice(&2_u16.to_le_bytes());
    elf[18..20].copy_from_slice(&machine.to_le_bytes());
    elf
}

fn put_program(path: impl AsRef<Path>, bytes: &[u8]) {
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A folder as it is published.
fn package() -> PathBuf {
    let folder = copy_of_our_app();
    put_program(folder.join("switchboard"), &program(X86_64));
    folder
}

async fn examine(folder: &Path) -> Report {
    report(&["--app", folder.to_str().unwrap()], &[]).await
}

#[tokio::test]
async fn our_package_is_sound() {
    examine(&package()).await.is_healthy();
}

#[tokio::test]
async fn a_folder_without_an_app() {
    let folder = package();
    let above = folder.join("connect_event");

    let fix = examine(&above)
        .await
        .shows("app-missing", "host.json does not exist");

    assert!(fix.contains("--app"), "{fix}");
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_host_json_that_the_host_refuses() {
    let folder = package();
    let path = folder.join("host.json");
    let whole = fs::read_to_string(&path).unwrap();
    for (broken, what) in [
        ("{ \"version\": \"2.0\",, }", "is not JSON"),
        (
            r#"{"version":"2","customHandler":{"description":{"defaultExecutablePath":"switchboard"}}}"#,
            "2.0",
        ),
        (r#"{"version":"2.0"}"#, "no `customHandler`"),
        (
            r#"{"version":"2.0","customHandler":{}}"#,
            "defaultExecutablePath",
        ),
    ] {
        fs::write(&path, broken).unwrap();
        examine(&folder).await.shows("host-json", what);
    }

    fs::write(&path, format!("// comments are allowed\n{whole}")).unwrap();

    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_function_json_that_the_host_refuses() {
    let folder = package();
    let path = folder.join("status/function.json");
    let whole = fs::read_to_string(&path).unwrap();
    for (broken, what) in [
        ("{", "status/function.json is not JSON"),
        ("{}", "no list `bindings`"),
        (
            r#"{"bindings":[{"type":"http","direction":"out"}]}"#,
            "no trigger",
        ),
    ] {
        fs::write(&path, broken).unwrap();
        let fix = examine(&folder).await.shows("function-json", what);
        assert!(fix.contains("one trigger"), "{fix}");
    }

    fs::write(&path, whole).unwrap();

    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_misspelt_flag_means_json_mode() {
    let folder = package();
    edit(folder.join("host.json"), |host| {
        let handler = host["customHandler"].as_object_mut().unwrap();
        handler.remove("enableForwardingHttpRequest");
        handler.insert("enableHttpProxyingRequest".to_owned(), json!(true));
    });

    let found = examine(&folder).await;

    let fix = found.shows("flag-unknown", "customHandler.enableHttpProxyingRequest");
    assert_eq!(
        fix,
        "rename `enableHttpProxyingRequest` to `enableProxyingHttpRequest`"
    );
    found.shows("not-forwarded", "neither forwarding nor proxying");
    assert_eq!(found.printed.matches("not-forwarded").count(), 1);
    edit(folder.join("host.json"), |host| {
        let handler = host["customHandler"].as_object_mut().unwrap();
        let value = handler.remove("enableHttpProxyingRequest").unwrap();
        handler.insert("enableProxyingHttpRequest".to_owned(), value);
    });
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_function_with_one_more_binding_is_not_forwarded() {
    let folder = package();
    let path = folder.join("chat/function.json");
    let queue = json!({ "type": "queue", "direction": "out", "name": "q", "queueName": "q" });
    edit(&path, |function| {
        function["bindings"].as_array_mut().unwrap().push(queue)
    });

    let fix = examine(&folder).await.shows("not-forwarded", "`chat`");

    assert!(
        fix.contains("exactly one `httpTrigger` and one `http` binding"),
        "{fix}"
    );
    edit(&path, |function| {
        drop(function["bindings"].as_array_mut().unwrap().pop())
    });
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_binary_that_is_not_there() {
    let folder = package();
    fs::remove_file(folder.join("switchboard")).unwrap();

    let fix = examine(&folder)
        .await
        .shows("executable-missing", "`switchboard` is not in");

    assert!(fix.contains("scripts/publish.sh"), "{fix}");
    put_program(folder.join("switchboard"), &program(X86_64));
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_binary_without_its_execute_bit() {
    let folder = package();
    let file = folder.join("switchboard");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();

    let fix = examine(&folder)
        .await
        .shows("executable-bit", "no execute bit");

    // The fix is a command.
    let command = fix.trim_matches('`');
    assert!(command.starts_with("chmod +x "), "{fix}");
    let status = Command::new("sh").args(["-c", command]).status().unwrap();
    assert!(status.success());
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_path_that_differs_in_a_letter() {
    let folder = package();
    let set = |path: &str| {
        edit(folder.join("host.json"), |host| {
            host["customHandler"]["description"]["defaultExecutablePath"] = path.into();
        });
    };
    let absolute = folder.join("switchboard");
    for spelled in [
        "./switchboard",
        "Switchboard",
        "\\switchboard",
        absolute.to_str().unwrap(),
    ] {
        set(spelled);

        let fix = examine(&folder)
            .await
            .shows("executable-spelling", "the file is `switchboard`");

        assert!(
            fix.contains("\"defaultExecutablePath\": \"switchboard\""),
            "{fix}"
        );
    }
    set("switchboard");
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_program_for_another_machine() {
    let folder = package();
    let file = folder.join("switchboard");
    let own_script = b"#!/usr/bin/env python3\n";
    for (bytes, what) in [
        (program(ARM64), "arm64"),
        (b"MZ\x90\x00".to_vec(), "no ELF"),
        (Vec::new(), "no ELF"),
        (own_script.to_vec(), "script"),
    ] {
        put_program(&file, &bytes);
        let fix = examine(&folder).await.shows("executable-format", what);
        assert!(fix.contains("x86_64-unknown-linux-musl"), "{fix}");
    }

    put_program(&file, &program(X86_64));

    examine(&folder).await.is_healthy();
}

/// The binary that the tests run is such a program: it is linked against this machine's library.
#[tokio::test]
async fn a_binary_that_needs_a_new_glibc() {
    let folder = package();
    let file = folder.join("switchboard");
    fs::remove_file(&file).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_switchboard"), &file).unwrap();

    let fix = examine(&folder)
        .await
        .shows("executable-glibc", "needs GLIBC_2.");

    assert!(fix.contains("musl") && fix.contains("gnu.2.17"), "{fix}");
    put_program(&file, &program(X86_64));
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_careless_parameter_leads_to_the_triggers() {
    let folder = package();
    let path = folder.join("events/function.json");
    let route = |route: &str| {
        edit(&path, |function| {
            function["bindings"][0]["route"] = route.into()
        });
    };
    for careless in [
        "events/{org_id}",
        "events/{*rest}",
        "events/{org_id:maxlength(36)}",
    ] {
        route(careless);

        let found = examine(&folder).await;

        let fix = found.shows(
            "route-to-trigger",
            "leads to `/assistant`, `/broadcast`, `/telemetry`",
        );
        assert!(
            fix.contains("{id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)}"),
            "{fix}"
        );
    }
    // As the fix says.
    route("events/{id:regex(^[A-Za-z0-9][A-Za-z0-9._:-]*$)}");
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn without_a_prefix_a_route_is_the_triggers_path() {
    let folder = package();
    edit(folder.join("host.json"), |host| {
        host["extensions"]["http"]["routePrefix"] = "".into();
    });
    edit(folder.join("sessions/function.json"), |function| {
        function["bindings"][0]["route"] = "{part:regex(^[a-z-]+$)}".into();
    });

    let fix = examine(&folder)
        .await
        .shows("route-to-trigger", "without a `routePrefix`");

    assert!(fix.contains("keep a `routePrefix`"), "{fix}");
    edit(folder.join("host.json"), |host| {
        host["extensions"]["http"]["routePrefix"] = "api".into();
    });
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn an_open_parameter_of_an_app_without_triggers_is_a_warning() {
    let folder = package();
    for trigger in ["broadcast", "assistant", "telemetry"] {
        fs::remove_dir_all(folder.join(trigger)).unwrap();
    }
    let path = folder.join("sessions/function.json");
    edit(&path, |function| {
        function["bindings"][0]["route"] = "sessions/{id?}".into()
    });

    let found = examine(&folder).await;

    let fix = found.shows("route-open", "`{id?}` in the route `sessions/{id?}`");
    assert!(fix.contains("{id:guid}"), "{fix}");
    assert_eq!(found.exit_code, 0);
    let strict = report(&["--app", folder.to_str().unwrap(), "--strict"], &[]).await;
    assert_eq!(strict.exit_code, 1);
    edit(&path, |function| {
        function["bindings"][0]["route"] = "sessions/{id:guid?}".into()
    });
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn routes_that_the_host_does_not_load() {
    let folder = package();
    let path = folder.join("users/function.json");
    let route = |route: &str| {
        edit(&path, |function| {
            function["bindings"][0]["route"] = route.into()
        });
    };
    route("Status");
    let fix = examine(&folder)
        .await
        .shows("route-clash", "`status` and `users`");
    assert_eq!(fix, "give `users` another `route`");

    route("runtime/users");
    let fix = examine(&folder)
        .await
        .shows("route-reserved", "`runtime/users`");
    assert_eq!(fix, "give `users` another `route`");

    route("users");
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn routes_in_host_json_beside_function_folders() {
    let folder = package();
    edit(folder.join("host.json"), |host| {
        host["customHandler"]["http"] = json!({ "routes": [{ "route": "x" }] });
    });

    let fix = examine(&folder)
        .await
        .shows("routes-mixed", "have a function.json");

    assert_eq!(fix, "remove `customHandler.http`");
    edit(folder.join("host.json"), |host| {
        host["customHandler"]
            .as_object_mut()
            .unwrap()
            .remove("http");
    });
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_webhook_that_the_service_cannot_call() {
    let folder = package();
    let path = folder.join("connect_event/function.json");
    edit(&path, |function| {
        function["bindings"][0]["methods"] = json!(["post"]);
        function["bindings"][0]["authLevel"] = json!("function");
    });

    let found = examine(&folder).await;

    let fix = found.shows("webhook-methods", "`connect_event`");
    assert!(
        fix.contains("remove `methods` from `connect_event/function.json`"),
        "{fix}"
    );
    let fix = found.shows("auth-level", "`connect_event` has `authLevel` `function`");
    assert!(fix.contains("\"authLevel\": \"anonymous\""), "{fix}");
    edit(&path, |function| {
        function["bindings"][0]["authLevel"] = json!("anonymous");
        function["bindings"][0]["methods"] = json!(["OPTIONS", "POST"]);
    });
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_queue_trigger_without_the_bundle() {
    let folder = package();
    let path = folder.join("host.json");
    edit(&path, |host| {
        drop(host.as_object_mut().unwrap().remove("extensionBundle"))
    });

    let fix = examine(&folder)
        .await
        .shows("bundle-missing", "`assistant` has a queueTrigger");

    let bundle = fix.trim_start_matches("add `").trim_end_matches('`');
    let bundle: serde_json::Value = serde_json::from_str(&format!("{{{bundle}}}")).unwrap();
    edit(&path, |host| {
        host["extensionBundle"] = bundle["extensionBundle"].clone()
    });
    examine(&folder).await.is_healthy();
}

#[tokio::test]
async fn a_second_cors() {
    let folder = package();
    let header = json!({ "Access-Control-Allow-Origin": "https://app.example.com" });
    edit(folder.join("host.json"), |host| {
        host["extensions"]["http"]["customHeaders"] = header;
    });
    let fix = examine(&folder).await.shows("cors-twice", "host.json adds");
    assert!(fix.contains("`customHeaders` in host.json"), "{fix}");
    edit(folder.join("host.json"), |host| {
        host["extensions"]["http"]
            .as_object_mut()
            .unwrap()
            .remove("customHeaders");
    });
    examine(&folder).await.is_healthy();

    let origins = json!({ "ALLOWED_ORIGINS": "https://app.example.com" });
    let settings = json!({ "Values": origins, "Host": { "CORS": "https://app.example.com" } });
    let local = folder.join("local.settings.json");
    fs::write(&local, settings.to_string()).unwrap();
    let fix = examine(&folder)
        .await
        .shows("cors-twice", "local.settings.json");
    assert!(fix.contains("remove `ALLOWED_ORIGINS`"), "{fix}");
    edit(&local, |settings| settings["Values"] = json!({}));
    examine(&folder).await.is_healthy();
}
