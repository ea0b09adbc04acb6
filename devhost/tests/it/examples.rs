//! The apps in `examples`, written in other languages.

use devhost::HostEvent;

use crate::azurite::Azurite;
use crate::support::Folder;

#[tokio::test]
async fn a_python_handler_answers_and_gets_messages() {
    answers_and_gets_messages("python", "Python").await;
}

#[tokio::test]
async fn a_node_handler_answers_and_gets_messages() {
    answers_and_gets_messages("node", "Node").await;
}

async fn answers_and_gets_messages(example: &str, language: &str) {
    let azurite = Azurite::start().await;
    azurite.put("messages", "hello").await;

    let mut host = Folder::example(example)
        .run_with_settings(&[("AzureWebJobsStorage", &azurite.connection)])
        .await;
    let answer = host.get("/api/hello/you?loud=1").await;
    let line = host
        .next(|event| match event {
            HostEvent::Log { line, .. } => Some(line),
            _ => None,
        })
        .await;

    assert_eq!(
        answer.body,
        format!("{language} was asked for /api/hello/you?loud=1")
    );
    assert_eq!(line, format!("{language} got hello"));
}
