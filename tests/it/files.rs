//! `/api/rooms/{room}/files`, with Azurite as blob storage.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;

use crate::support::dev::app_folder;
use crate::support::{Answer, Azurite, Dev, Socket, World};

const SESSION: &str = "550e8400-e29b-41d4-a716-446655440000";

async fn world() -> World {
    let account = Azurite::shared().await.account().connection_string();
    World::with(&[("AzureWebJobsStorage", account.as_str())]).await
}

fn picture() -> Value {
    json!({ "name": "Ferien \"1\" 👩.png", "contentType": "image/png", "size": 5 })
}

/// Requests an upload anonymously, with this query.
async fn request_upload(world: &World, conversation: &str, query: &str, file: &Value) -> Answer {
    let path = format!("/api/rooms/{conversation}/files?{query}");
    Answer::of(world.app.call(Method::POST, &path).json(file)).await
}

async fn request_upload_as(world: &World, user: &str, conversation: &str) -> Answer {
    let path = format!("/api/rooms/{conversation}/files");
    let call = world.app.call(Method::POST, &path);
    let call = call.bearer_auth(world.app.token(user, json!({})));
    Answer::of(call.json(&picture())).await
}

/// Uploads as a browser does; the content type is not the file's own.
async fn put_content(answer: &Value, content: &str) -> u16 {
    let url = answer["uploadUrl"].as_str().unwrap();
    let put = SharedHttpClient::new().client().unwrap().put(url);
    let put = put.header("x-ms-blob-type", "BlockBlob");
    let put = put.header("content-type", "text/html");
    let answer = put.body(content.to_owned()).send().await.unwrap();
    answer.status().as_u16()
}

async fn get_content(answer: &Value) -> Answer {
    let url = answer["downloadUrl"].as_str().unwrap();
    Answer::of(SharedHttpClient::new().client().unwrap().get(url)).await
}

async fn request_download(world: &World, conversation: &str, id: &Value, query: &str) -> Answer {
    let id = id.as_str().unwrap();
    let path = format!("/api/rooms/{conversation}/files?file={id}&{query}");
    world.app.get(&path).await
}

/// Uploads a whole file and returns its id.
async fn upload(world: &World, conversation: &str, query: &str) -> Value {
    let answer = request_upload(world, conversation, query, &picture()).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(put_content(&answer.json(), "12345").await, 201);
    answer.json()["fileId"].clone()
}

#[tokio::test]
async fn a_file_is_uploaded_sent_and_downloaded() {
    let world = world().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;

    let id = upload(&world, "lobby", "username=alice").await;
    let frame = json!({ "type": "message", "file": { "fileId": id } });
    let reply = alice.request(frame).await;
    let received = alice.receive().await;
    let page = world.app.get("/api/rooms/lobby/messages").await.ok();
    let address = request_download(&world, "lobby", &id, "username=bob")
        .await
        .ok();
    let file = get_content(&address).await;

    assert_eq!(reply["type"], "message_sent", "{reply}");
    let (name, kind) = ("Ferien \"1\" 👩.png", "image/png");
    assert_eq!(
        received["file"],
        json!({ "file_id": id, "name": name, "content_type": kind, "size": 5 })
    );
    assert_eq!(received["content"], "");
    assert_eq!(
        page["messages"][0]["file"],
        json!({ "fileId": id, "name": name, "contentType": kind, "size": 5 })
    );
    assert_eq!(address["expiresAt"], "2027-01-15T08:15:00.000000Z");
    assert_eq!(file.status, 200, "{}", file.body);
    assert_eq!(file.body, "12345");
    assert_eq!(file.header("content-type"), Some(kind));
    let disposition = file.header("content-disposition").unwrap();
    assert!(
        disposition.starts_with("attachment; filename="),
        "{disposition}"
    );
    assert!(disposition.contains("%F0%9F%91%A9.png"), "{disposition}");
}

#[tokio::test]
async fn only_the_uploader_can_send_a_file_and_only_once_it_is_complete() {
    let world = world().await;
    let join = |name: &str| format!("room_id=lobby&username={name}&role=writer");
    let mut alice = world.join(&join("alice")).await;
    let mut bob = world.join(&join("bob")).await;
    let send = |id: &Value| json!({ "type": "message", "content": "x", "file": { "fileId": id } });

    let requested = request_upload(&world, "lobby", "username=alice", &picture()).await;
    let address = requested.json();
    let early = alice.request(send(&address["fileId"])).await;
    assert_eq!(put_content(&address, "1234").await, 201);
    let short = alice.request(send(&address["fileId"])).await;
    let whole = upload(&world, "lobby", "username=alice").await;
    let bobs = bob.request(send(&whole)).await;
    let unknown = alice.request(send(&json!(SESSION))).await;
    let elsewhere = upload(&world, "other", "username=alice").await;
    let from_elsewhere = alice.request(send(&elsewhere)).await;

    assert_eq!(early["error"], "invalid_field");
    assert_eq!(short["error"], "invalid_field");
    assert_eq!(bobs["error"], "not_found");
    assert_eq!(unknown["error"], "not_found");
    assert_eq!(from_elsewhere["error"], "not_found");
    let page = world.app.get("/api/rooms/lobby/messages").await.ok();
    assert_eq!(page["lastSeq"], 0);
    let wrong_room = request_download(&world, "lobby", &elsewhere, "").await;
    wrong_room.assert_problem(404, "not_found");
}

#[tokio::test]
async fn an_upload_url_works_once() {
    let world = world().await;
    let address = request_upload(&world, "lobby", "username=alice", &picture()).await;
    let address = address.json();

    let first = put_content(&address, "12345").await;
    let second = put_content(&address, "54321").await;

    assert_eq!(first, 201);
    assert!(second >= 400, "{second}");
    let download = request_download(&world, "lobby", &address["fileId"], "").await;
    assert_eq!(get_content(&download.ok()).await.body, "12345");
}

#[tokio::test]
async fn a_publisher_can_post_files() {
    let world = world().await;
    let path = "/api/rooms/lobby/files";
    let address = world
        .app
        .back_end(Method::POST, path, &picture())
        .await
        .json();
    let body = json!({ "file": { "fileId": address["fileId"] } });
    let path = "/api/rooms/lobby/messages";

    let early = world.app.back_end(Method::POST, path, &body).await;
    assert_eq!(put_content(&address, "12345").await, 201);
    let posted = world.app.back_end(Method::POST, path, &body).await;

    early.assert_problem(400, "invalid_parameter");
    assert_eq!(posted.status, 201, "{}", posted.body);
    assert_eq!(posted.json()["file"]["size"], 5);
}

#[tokio::test]
async fn an_idempotency_key_creates_one_file() {
    let world = world().await;
    let upload = || {
        let call = world
            .app
            .call(Method::POST, "/api/rooms/lobby/files?username=alice");
        Answer::of(call.header("idempotency-key", "k1").json(&picture()))
    };

    let first = upload().await;
    let again = upload().await;

    assert_eq!(first.status, 201);
    assert_eq!(again.status, 201);
    assert_eq!(again.body, first.body);
}

#[tokio::test]
async fn uploading_requires_the_right_to_post_and_downloading_the_right_to_read() {
    let world = world().await;
    let set_up = json!({
        "access": "password", "password": "sesame",
        "members": [{ "userId": "rita", "role": "reader" }, { "userId": "walt", "role": "writer" }],
    });
    let room = "/api/rooms/club";
    world.app.back_end(Method::PUT, room, &set_up).await;

    let stranger = request_upload(&world, "club", "username=eve", &picture()).await;
    let with_password = "username=eve&password=sesame";
    let guest = request_upload(&world, "club", with_password, &picture()).await;
    let reader = request_upload_as(&world, "rita", "club").await;
    let writer = request_upload_as(&world, "walt", "club").await;
    let id = upload(&world, "club", with_password).await;
    let refused = request_download(&world, "club", &id, "").await;
    let allowed = request_download(&world, "club", &id, "password=sesame").await;
    let mute = json!({ "userId": "walt" });
    world
        .app
        .back_end(Method::POST, "/api/rooms/club/mute", &mute)
        .await;
    let muted = request_upload_as(&world, "walt", "club").await;

    stranger.assert_problem(403, "password_required");
    assert_eq!(guest.status, 201);
    reader.assert_problem(403, "forbidden");
    assert_eq!(writer.status, 201);
    refused.assert_problem(403, "password_required");
    assert_eq!(allowed.status, 200);
    muted.assert_problem(403, "forbidden");
}

#[tokio::test]
async fn deleting_a_room_deletes_its_files() {
    let world = world().await;
    let room = "/api/rooms/club";
    world
        .app
        .back_end(Method::PUT, room, &json!({ "access": "open" }))
        .await;
    let id = upload(&world, "club", "username=alice").await;
    assert_eq!(request_download(&world, "club", &id, "").await.status, 200);

    world.app.back_end(Method::DELETE, room, &json!(null)).await;

    let gone = request_download(&world, "club", &id, "").await;
    gone.assert_problem(404, "not_found");
    let mut alice = world.join("room_id=club&username=alice&role=writer").await;
    let frame = json!({ "type": "message", "file": { "fileId": id } });
    assert_eq!(alice.request(frame).await["error"], "not_found");
}

#[tokio::test]
async fn participants_of_a_session_share_files() {
    let world = world().await;
    let participants = json!([
        { "userId": "john", "name": "John" }, { "userId": "jane", "name": "Jane" },
    ]);
    let session = json!({ "participants": participants });
    let path = format!("/api/sessions/{SESSION}");
    world.app.back_end(Method::PUT, &path, &session).await;
    let group = format!("session:{SESSION}");

    let johns = request_upload_as(&world, "john", &group).await;
    let strangers = request_upload_as(&world, "jack", &group).await;
    let anonymous = request_upload(&world, &group, "username=john", &picture()).await;

    assert_eq!(johns.status, 201);
    assert_eq!(put_content(&johns.json(), "12345").await, 201);
    let mut john = world
        .join_as("john", &format!("session_id={SESSION}"))
        .await;
    let frame = json!({ "type": "message", "file": { "file_id": johns.json()["fileId"] } });
    assert_eq!(john.request(frame).await["type"], "message_sent");
    strangers.assert_problem(403, "not_a_participant");
    anonymous.assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn invalid_file_descriptions_are_refused() {
    let world = world().await;
    let with = |name: &str, value: Value| {
        let mut file = picture();
        file[name] = value;
        file
    };
    let invalid = [
        json!(null),
        json!([]),
        json!({}),
        with("name", json!("")),
        with("name", json!("../../etc/passwd")),
        with("name", json!("a\r\nSet-Cookie: x")),
        with("name", json!("x".repeat(256))),
        with("name", json!(7)),
        with("contentType", json!("picture")),
        with("contentType", json!("text/html\nx")),
        with("size", json!(0)),
        with("size", json!(-1)),
        with("size", json!(1.5)),
        with("size", json!("5")),
        with("size", json!(100 * 1024 * 1024 + 1)),
    ];

    for file in invalid {
        let answer = request_upload(&world, "lobby", "username=alice", &file).await;
        answer.assert_problem(400, "invalid_parameter");
    }
    let largest = with("size", json!(100 * 1024 * 1024));
    let largest = request_upload(&world, "lobby", "username=alice", &largest).await;
    assert_eq!(largest.status, 201);
    for id in ["x", "..%2fother", "%00", ""] {
        let answer = world
            .app
            .get(&format!("/api/rooms/lobby/files?file={id}"))
            .await;
        answer.assert_problem(404, "not_found");
    }
    let unnamed = world.app.get("/api/rooms/lobby/files").await;
    unnamed.assert_problem(400, "invalid_parameter");
    let nowhere = request_upload(&world, "..%2fother", "", &picture()).await;
    assert_eq!(nowhere.status, 404);
    let wrong = Answer::of(world.app.call(Method::PUT, "/api/rooms/lobby/files")).await;
    wrong.assert_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn files_are_unavailable_without_blob_storage() {
    let world = World::start().await;
    let mut alice = world.join("room_id=lobby&username=alice&role=writer").await;

    let upload = request_upload(&world, "lobby", "username=alice", &picture()).await;
    let download = request_download(&world, "lobby", &json!(SESSION), "").await;
    let frame = json!({ "type": "message", "content": "x", "file": { "fileId": SESSION } });
    let reply = alice.request(frame).await;

    upload.assert_problem(503, "unavailable");
    download.assert_problem(503, "unavailable");
    assert_eq!(reply["error"], "unavailable");
}

/// Uploads, restarts `switchboard dev` and downloads.
#[tokio::test]
async fn dev_keeps_files_in_its_own_storage() {
    let free = ["--port", "0", "--emulator-port", "0"];
    let folder = app_folder("files");
    let mut dev = Dev::start_in(folder.clone(), &free).await;
    let http = SharedHttpClient::new().client().unwrap();
    let files = |dev: &Dev, query: &str| format!("{}/api/rooms/lobby/files?{query}", dev.base);

    let request = http.post(files(&dev, "username=alice")).json(&picture());
    let address = Answer::of(request).await;
    assert_eq!(address.status, 201, "{}", address.body);
    let address = address.json();
    let url = address["uploadUrl"].as_str().unwrap();
    let preflight = http.request(Method::OPTIONS, url);
    let preflight = preflight
        .header("origin", "http://localhost:5173")
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "x-ms-blob-type");
    let preflight = Answer::of(preflight).await;
    assert_eq!(put_content(&address, "12345").await, 201);
    assert!(put_content(&address, "54321").await >= 400);
    let negotiated = dev
        .negotiate("room_id=lobby&username=alice&role=writer")
        .await;
    let mut alice = Socket::dial(negotiated["url"].as_str().unwrap())
        .await
        .unwrap();
    let id = address["fileId"].clone();
    let frame = json!({ "type": "message", "file": { "fileId": id } });
    assert_eq!(alice.request(frame).await["type"], "message_sent");
    dev.kill().await;
    let dev = Dev::start_in(folder, &free).await;
    let again = files(&dev, &format!("file={}", id.as_str().unwrap()));
    let download = Answer::of(http.get(again)).await.ok();
    let file = get_content(&download).await;

    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(file.body, "12345");
    assert!(
        file.header("content-disposition")
            .unwrap()
            .starts_with("attachment")
    );
    assert!(dev.folder.join("data/files").is_dir());
}
