use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The network between the handlers and a server, which can be cut and mended.
pub(super) struct Wire {
    pub(super) address: SocketAddr,
    target: String,
    carrying: Option<JoinHandle<()>>,
}

impl Wire {
    pub(super) async fn to(target: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut wire = Self {
            address,
            target: target.to_owned(),
            carrying: None,
        };
        wire.carry(listener);
        wire
    }

    /// What is on its way is lost, and whoever dials is refused.
    pub(super) async fn cut(&mut self) {
        let carrying = self.carrying.take().unwrap();
        carrying.abort();
        assert!(carrying.await.unwrap_err().is_cancelled());
    }

    pub(super) async fn mend(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.carry(listener);
    }

    fn carry(&mut self, listener: TcpListener) {
        let target = self.target.clone();
        self.carrying = Some(tokio::spawn(async move {
            // Dropped with this task, and all its connections too.
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
