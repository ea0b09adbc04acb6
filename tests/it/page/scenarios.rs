//! The page in Chromium. Each scenario is a script in `browser/`, which opens the page as people do.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use testkit::Scripts;
use tokio::process::Command;
use tokio::sync::Semaphore;

use super::site::start_with;
use crate::support::OpenAi;
use crate::support::dev::app_folder;

/// Of more browsers at once, each is too slow for its scenario on a machine with two cores.
static BROWSERS: Semaphore = Semaphore::const_new(2);

/// Screenshots of every view, for people to look at.
fn pictures() -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page-pictures");
    fs::create_dir_all(&folder).unwrap();
    folder.to_str().unwrap().to_owned()
}

async fn play(scenario: &'static str) {
    play_with(scenario, &[], &[]).await;
}

/// `arguments` and `environment` are added to those of `dev`.
async fn play_with(scenario: &'static str, arguments: &[&str], environment: &[(&str, &str)]) {
    let _permit = BROWSERS.acquire().await.unwrap();
    let folder = app_folder(&format!("page-{scenario}"));
    let dev = start_with(folder, arguments, environment).await;
    let command = tokio::task::spawn_blocking(move || {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/page/browser");
        let scripts = Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR")));
        scripts
            .unwrap_or_else(|error| panic!("{error}"))
            .command(&format!("{scenario}.mjs"))
    });
    let secrets = fs::read_to_string(dev.folder.join("data/dev-secrets.json")).unwrap();
    let output = Command::from(command.await.unwrap())
        .args([&dev.base, &dev.emulator_address(), &pictures()])
        .env("API_TOKEN", &dev.api_token)
        .env("DEV_SECRETS", secrets)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn two_people_lose_the_network_and_no_message() {
    play("two-people").await;
}

#[tokio::test]
async fn rooms_keep_out_who_may_not_enter() {
    play("gates").await;
}

#[tokio::test]
async fn a_sign_in_that_ends_is_renewed_on_the_live_connection() {
    play("renewal").await;
}

#[tokio::test]
async fn a_file_is_sent_and_previewed() {
    play("files").await;
}

#[tokio::test]
async fn two_people_see_each_other_type_and_read() {
    play("session").await;
}

#[tokio::test]
async fn the_microphone_is_streamed_and_acknowledged() {
    play("audio").await;
}

#[tokio::test]
async fn a_notification_that_is_read_in_one_tab_is_read_in_the_other() {
    play("feeds").await;
}

#[tokio::test]
async fn an_answer_is_streamed_joined_late_and_stopped() {
    play("assistant").await;
}

#[tokio::test]
async fn a_budget_that_is_spent_ends_answers_and_nothing_else() {
    play_with("budget", &[], &[("ASSISTANT_DAILY_TOKENS", "1")]).await;
}

#[tokio::test]
async fn speech_is_recorded_and_transcribed() {
    let openai = OpenAi::start().await;
    let response = json!({ "transcription": { "text": "Three beeps and a pause." } });
    openai.responds_to_audio(response).await;
    let mut settings = openai.settings();
    settings.push(("AZURE_OPENAI_TRANSCRIBE_DEPLOYMENT", &openai.deployment));
    play_with("transcript", &[], &settings).await;
}

#[tokio::test]
async fn a_device_has_a_live_chart_and_answers_commands() {
    play_with("devices", &["--devices", "2"], &[]).await;
}

#[tokio::test]
async fn text_of_others_is_never_html() {
    play("hostile").await;
}

#[tokio::test]
async fn the_inspector_shows_frames_and_drops_the_socket() {
    play("inspector").await;
}

#[tokio::test]
async fn every_view_is_accessible() {
    play_with("views", &["--devices", "3"], &[]).await;
}
