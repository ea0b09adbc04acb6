//! The clients on the emulated account that `dev` provides.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

use storage_emulator::{Settings, Storage};
use switchboard::azure::storage_account::StorageAccount;
use tokio::net::TcpListener;

use super::blob::{assert_files_come_and_go, container_of};
use super::queue::{assert_messages_come_and_go, queue_of};

#[tokio::test]
async fn the_clients_work_with_the_account_of_dev() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dev-storage-account");
    fs::remove_dir_all(&folder).ok();
    let listen = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let (blobs, queues) = (listen().await.unwrap(), listen().await.unwrap());
    let storage = Storage::open(blobs, queues, Settings::in_folder(folder)).unwrap();
    let account: StorageAccount = storage.connection_string().parse().unwrap();
    tokio::spawn(storage.run(std::future::pending()));

    assert_messages_come_and_go(&queue_of(&account)).await;
    assert_files_come_and_go(&container_of(&account)).await;

    assert_eq!(account.tables, None);
}
