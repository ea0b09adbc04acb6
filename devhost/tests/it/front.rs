//! Answers of the host itself, proxying mode, and invalid requests.

use std::sync::Arc;

use devhost::{CorsSettings, Keys, Options, Site, SiteReply, SiteRequest};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Folder, Running};

async fn started(options: Options) -> Running {
    let folder = Folder::with_handler(json!({}));
    folder
        .http("echo", "echo")
        .http("stream", "stream")
        .http("go", "go")
        .http("pipe", "pipe")
        .http("refuse", "refuse")
        .function(
            "timer",
            json!([{ "type": "timerTrigger", "name": "t", "schedule": "0 0 0 1 1 *" }]),
        );
    let mut host = folder.run_with(options).await;
    host.ready().await;
    host
}

#[tokio::test]
async fn admin_refuses_web_pages_and_foreign_host_names() {
    let host = started(Options::default()).await;
    let paths = [
        ("GET", "/admin/host/status"),
        ("POST", "/admin/functions/timer"),
        ("POST", "/admin/feed/hub"),
    ];

    for (method, path) in paths {
        for header in [
            ("Origin", "http://localhost"),
            ("Host", "rebound.example.test"),
            ("Host", "127.0.0.1.example.test:80"),
        ] {
            assert_eq!(
                host.send(method, path, &[header], "").await.status,
                403,
                "{path} with {header:?}"
            );
        }
    }
    assert_eq!(
        host.get("/admin/host/status").await.json()["state"],
        "Running"
    );
}

#[tokio::test]
async fn admin_answers_no_preflight_even_for_a_listed_origin() {
    let cors = CorsSettings {
        origins: vec!["*".to_owned()],
        credentials: false,
    };
    let options = Options {
        cors: Some(cors),
        ..Options::default()
    };
    let host = started(options).await;
    let headers = [
        ("Origin", "http://page.test"),
        ("Access-Control-Request-Method", "POST"),
    ];

    let answer = host
        .send("OPTIONS", "/admin/functions/timer", &headers, "")
        .await;

    assert_eq!(answer.status, 403);
    assert!(!answer.head.contains("Access-Control"), "{}", answer.head);
}

#[tokio::test]
async fn admin_requires_the_master_key_if_keys_are_checked() {
    let keys = Keys {
        function: "f".to_owned(),
        master: "m".to_owned(),
    };
    let host = started(Options {
        keys: Some(keys),
        ..Options::default()
    })
    .await;

    assert_eq!(host.get("/admin/host/status").await.status, 401);
    assert_eq!(host.get("/admin/host/status?code=f").await.status, 401);
    assert_eq!(host.get("/admin/host/status?code=m").await.status, 200);
}

#[tokio::test]
async fn an_invalid_admin_request_is_refused_with_a_reason() {
    let host = started(Options::default()).await;

    assert_eq!(
        host.post("/admin/functions/nobody", &json!({}))
            .await
            .status,
        404
    );
    assert_eq!(
        host.post("/admin/functions/echo", &json!({})).await.status,
        400
    );
    assert_eq!(
        host.send("POST", "/admin/functions/timer", &[], "{")
            .await
            .status,
        400
    );
    assert_eq!(
        host.post("/admin/feed/nobody", &json!([])).await.status,
        404
    );
    let wrong = host
        .post("/admin/feed/nobody", &json!({ "event": [] }))
        .await;
    assert!(
        wrong.body.contains("unknown field `event`"),
        "{}",
        wrong.body
    );
}

#[tokio::test]
async fn static_files_are_served_but_none_from_outside_the_folder() {
    let folder = Folder::empty();
    folder
        .write("site/index.html", "home")
        .write("site/a/app.js", "code")
        .write("secret", "no");
    std::os::unix::fs::symlink(
        folder.path().join("secret"),
        folder.path().join("site/link"),
    )
    .unwrap();
    let options = Options {
        static_dir: Some(folder.path().join("site")),
        ..Options::default()
    };
    let host = started(options).await;

    assert_eq!(host.get("/").await.body, "home");
    assert!(
        host.get("/a/app.js")
            .await
            .head
            .contains("Content-Type: text/javascript")
    );
    assert_eq!(host.get("/api/echo").await.status, 200);
    for path in [
        "/..%2Fsecret",
        "/%2e%2e/secret",
        "/..%5Csecret",
        "/link",
        "/a",
        "/.hidden",
        "/nothing",
    ] {
        assert_eq!(host.get(path).await.status, 404, "{path}");
    }
    assert_eq!(host.send("POST", "/", &[], "").await.status, 404);
}

#[tokio::test]
async fn with_several_origins_the_answer_has_a_vary_header() {
    let origins = CorsSettings::split("http://a.test, http://b.test/");
    let cors = CorsSettings {
        origins,
        credentials: false,
    };
    let host = started(Options {
        cors: Some(cors),
        ..Options::default()
    })
    .await;

    let listed = host
        .send("GET", "/api/echo", &[("Origin", "http://b.test")], "")
        .await;
    let other = host
        .send("GET", "/api/echo", &[("Origin", "http://c.test")], "")
        .await;

    assert!(
        listed
            .head
            .contains("Access-Control-Allow-Origin: http://b.test\r\nVary: Origin"),
        "{}",
        listed.head
    );
    assert!(!other.head.contains("Access-Control"), "{}", other.head);
}

#[tokio::test]
async fn proxying_streams_in_both_directions_and_passes_chunks_on() {
    let host = started(Options {
        proxy: true,
        ..Options::default()
    })
    .await;
    let request = "POST /api/echo?a=1&a=2 HTTP/1.1\r\nHost: public.test\r\nConnection: close\r\n\
        Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

    let answer = host.raw(request.as_bytes()).await;
    let mut stream = TcpStream::connect(("127.0.0.1", host.port)).await.unwrap();
    stream
        .write_all(b"GET /api/stream HTTP/1.1\r\nHost: public.test\r\n\r\n")
        .await
        .unwrap();
    let mut early = Vec::new();
    while !early.ends_with(b"one\n\r\n") {
        assert!(stream.read_buf(&mut early).await.unwrap() > 0);
    }
    host.get("/api/go").await;
    let mut late = Vec::new();
    while !late.ends_with(b"0\r\n\r\n") {
        assert!(stream.read_buf(&mut late).await.unwrap() > 0);
    }

    assert!(answer.contains(r#""url":"/api/echo?a=1&a=2""#), "{answer}");
    assert!(answer.contains(r#""body":"abc""#), "{answer}");
    assert!(
        answer.contains(r#""x-forwarded-host":"public.test""#),
        "{answer}"
    );
    assert!(String::from_utf8(late).unwrap().contains("two\n"));
}

#[tokio::test]
async fn a_handler_may_answer_before_it_has_read_everything() {
    let large = "0123456789abcdef".repeat(1 << 19);

    for proxy in [false, true] {
        let host = started(Options {
            proxy,
            ..Options::default()
        })
        .await;

        let echoed = host.send("POST", "/api/pipe", &[], &large).await;
        let refused = host.send("POST", "/api/refuse", &[], &large).await;

        assert_eq!(echoed.status, 200);
        assert!(echoed.body.contains(&large[large.len() - 1000..]));
        assert_eq!((refused.status, refused.body.as_str()), (413, "no"));
    }
}

#[tokio::test]
async fn invalid_http_is_refused() {
    let host = started(Options::default()).await;
    let long = |count: usize| "a".repeat(count);

    for (bytes, status) in [
        ("\r\n\r\n".to_owned(), "400"),
        ("GET /\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/2.0\r\n\r\n".to_owned(), "505"),
        ("GET / HTTP/1.1\nHost: x\n\n".to_owned(), "400"),
        ("GET nowhere HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "400"),
        ("G\u{e9}T / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "400"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(),
            "400",
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
                .to_owned(),
            "400",
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(),
            "400",
        ),
        (format!("GET /{} HTTP/1.1\r\n", long(9000)), "414"),
        (
            format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", long(40_000)),
            "431",
        ),
        (long(9000), "414"),
    ] {
        let answer = host.raw(bytes.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{bytes:.60?} got {answer:?}"
        );
    }
    assert_eq!(host.get("/api/echo").await.status, 200);
}

#[tokio::test]
async fn a_malformed_chunk_in_a_proxied_body_harms_no_other_call() {
    let host = started(Options {
        proxy: true,
        ..Options::default()
    })
    .await;
    let request =
        "POST /api/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n";

    let answer = host.raw(request.as_bytes()).await;

    assert!(
        answer.starts_with("HTTP/1.1 502 ") || answer.is_empty(),
        "{answer}"
    );
    assert_eq!(host.get("/api/echo").await.status, 200);
}

#[tokio::test]
async fn a_proxied_request_cannot_smuggle_another() {
    let host = started(Options {
        proxy: true,
        ..Options::default()
    })
    .await;
    let hidden = "GET /api/echo?a\rb HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let framed_twice = "POST /api/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
        Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";

    let encoded = host.raw(hidden.as_bytes()).await;
    let chunked = host.raw(framed_twice.as_bytes()).await;

    assert!(encoded.contains(r#""url":"/api/echo?a%0Db""#), "{encoded}");
    assert!(chunked.contains("transfer-encoding"), "{chunked}");
    assert!(!chunked.contains("content-length"), "{chunked}");
}

#[tokio::test]
async fn an_incomplete_body_harms_no_other_call() {
    let host = started(Options::default()).await;
    let mut stream = TcpStream::connect(("127.0.0.1", host.port)).await.unwrap();

    stream
        .write_all(b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        .await
        .unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();

    assert!(answer.starts_with(b"HTTP/1.1 500 "));
    assert_eq!(host.get("/api/echo").await.status, 200);
}

#[tokio::test]
async fn a_call_is_reported_without_its_query() {
    let mut host = started(Options::default()).await;

    host.get("/api/echo?code=secret").await;

    let call = host.next_call().await;
    assert_eq!(
        (call.function.as_deref(), call.path.as_str(), call.status),
        (Some("echo"), "/api/echo", 200)
    );
    assert!(call.invocation.is_some());
}

/// Answers with what it was asked, and adds no header of its own choice.
#[derive(Debug)]
struct Mirror;

impl Site for Mirror {
    fn takes(&self, path: &str) -> bool {
        path.starts_with("/site") || path == "/api/echo"
    }

    fn answer(&self, request: &SiteRequest) -> SiteReply {
        let SiteRequest { method, path, .. } = request;
        let host = request.only("Host").unwrap_or("none or several");
        let body = format!("{method} {path} {host} {}", request.body.len());
        SiteReply::new(203, body).with("X-Site", "1")
    }
}

#[tokio::test]
async fn a_site_answers_its_own_paths_and_nothing_that_a_function_takes() {
    let options = Options {
        site: Some(Arc::new(Mirror)),
        cors: Some(CorsSettings {
            origins: vec!["*".to_owned()],
            credentials: false,
        }),
        ..Options::default()
    };
    let host = started(options).await;

    let origin = [("Origin", "http://page.test")];
    let own = host.send("POST", "/site/a%20b", &origin, "body").await;
    assert_eq!(own.status, 203);
    assert!(own.body.starts_with("POST /site/a b "), "{}", own.body);
    assert!(own.body.ends_with(" 4"), "{}", own.body);
    assert!(own.head.contains("X-Site: 1"));
    assert!(!own.head.contains("Access-Control-"), "{}", own.head);
    let preflight = [origin[0], ("Access-Control-Request-Method", "POST")];
    assert_eq!(
        host.send("OPTIONS", "/site", &preflight, "").await.status,
        203
    );

    assert_eq!(host.get("/api/echo").await.status, 200);
    assert_eq!(host.get("/nothing").await.status, 404);
    assert!(host.get("/").await.body.contains("up and running"));
    let large = "x".repeat(64 * 1024 + 1);
    assert_eq!(host.send("POST", "/site", &[], &large).await.status, 413);
    assert_eq!(host.get("/site").await.status, 203, "the host goes on");
}
