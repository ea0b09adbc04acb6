//! A network connection that a test can interrupt.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The network between the handlers and a server, which can be cut and restored.
pub(super) struct Network {
    pub(super) address: SocketAddr,
    target: String,
    forwarding: Option<JoinHandle<()>>,
}

impl Network {
    pub(super) async fn to(target: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut network = Self {
            address,
            target: target.to_owned(),
            forwarding: None,
        };
        network.forward(listener);
        network
    }

    /// Drops all data in flight, and refuses new connections.
    pub(super) async fn cut(&mut self) {
        let forwarding = self.forwarding.take().unwrap();
        forwarding.abort();
        assert!(forwarding.await.unwrap_err().is_cancelled());
    }

    pub(super) async fn restore(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.forward(listener);
    }

    fn forward(&mut self, listener: TcpListener) {
        let target = self.target.clone();
        self.forwarding = Some(tokio::spawn(async move {
            // Aborting this task drops the set and thereby closes every connection.
            let mut connections = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                let target = target.clone();
                connections.spawn(async move {
                    let mut server = TcpStream::connect(target).await?;
                    copy_bidirectional(&mut client, &mut server).await
                });
                while connections.try_join_next().is_some() {}
            }
        }));
    }
}
