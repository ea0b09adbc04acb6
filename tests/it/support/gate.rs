//! A TCP relay that can cut the handler off from the service.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Relays connections to the service. Clients always pass; the handler's calls are counted, and
/// are cut off while the gate is shut.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    shut: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    cut_off: watch::Sender<usize>,
}

impl Gate {
    pub(crate) async fn before(service: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let gate = Self {
            address: listener.local_addr().unwrap(),
            shut: Arc::default(),
            calls: Arc::default(),
            cut_off: watch::Sender::default(),
        };
        let relay = gate.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let relay = relay.clone();
                // An error means that one side hung up.
                tokio::spawn(async move { relay.relay(stream, service).await.ok() });
            }
        });
        gate
    }

    pub(crate) fn shut(&self) {
        self.shut.store(true, Ordering::Relaxed);
    }

    pub(crate) fn open(&self) {
        self.shut.store(false, Ordering::Relaxed);
    }

    /// How many calls of the handler have passed so far.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Waits until a call has been cut off.
    pub(crate) async fn wait_for_cut_off(&self) {
        self.wait_for_cut_offs(1).await;
    }

    pub(crate) async fn wait_for_cut_offs(&self, times: usize) {
        let mut cut_off = self.cut_off.subscribe();
        cut_off.wait_for(|calls| *calls >= times).await.unwrap();
    }

    async fn relay(&self, stream: TcpStream, service: SocketAddr) -> std::io::Result<()> {
        let (mut from_client, mut to_client) = stream.into_split();
        let (mut from_service, mut to_service) = TcpStream::connect(service).await?.into_split();
        let back = tokio::spawn(async move { copy(&mut from_service, &mut to_client).await });
        let mut bytes = vec![0; 64 * 1024];
        loop {
            let count = from_client.read(&mut bytes).await?;
            let data = &bytes[..count];
            let is_call = data.windows(11).any(|window| window == b" /api/hubs/");
            let cut_off = is_call && self.shut.load(Ordering::Relaxed);
            if cut_off {
                self.cut_off.send_modify(|calls| *calls += 1);
            }
            if count == 0 || cut_off {
                back.abort();
                return Ok(());
            }
            if is_call {
                self.calls.fetch_add(1, Ordering::Relaxed);
            }
            to_service.write_all(data).await?;
        }
    }
}
