use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::host::Host;

const POLL: Duration = Duration::from_millis(25);

/// Asks until anything answers. Only the pauses count against the budget, as in the host.
pub(super) async fn become_ready(host: &Host) -> bool {
    let budget = host.app.host.initialization_timeout;
    let mut waited = Duration::ZERO;
    loop {
        match ping(host).await {
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {}
            _ => return true,
        }
        if waited >= budget {
            return false;
        }
        tokio::time::sleep(POLL).await;
        waited += POLL;
    }
}

/// Whatever comes back makes the handler ready, and every failure but a refused connection too.
async fn ping(host: &Host) -> std::io::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, host.link.port));
    let mut stream = TcpStream::connect(address).await?;
    let asking = async {
        stream
            .write_all(format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())
            .await?;
        stream.read(&mut [0; 512]).await
    };
    match host.app.host.function_timeout {
        Some(limit) => tokio::time::timeout(limit + Duration::from_secs(60), asking)
            .await
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??,
        None => asking.await?,
    };
    Ok(())
}
