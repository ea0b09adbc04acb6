//! Finds out whether the handler is ready.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;

use crate::handler::{ExchangeError, HandlerAnswer};
use crate::host::Host;
use crate::http::Wire;

const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// Sends requests until the handler answers. As in the host, only the pauses count as time.
pub(super) async fn become_ready(host: &Host) -> bool {
    let budget = host.app.host.initialization_timeout;
    let mut waited = Duration::ZERO;
    loop {
        match ping(host).await {
            Err(ExchangeError::Io(error)) if error.kind() == ErrorKind::ConnectionRefused => {}
            _ => return true,
        }
        if waited >= budget {
            return false;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        waited += POLL_INTERVAL;
    }
}

/// Sends `GET /`. Any answer means that the handler is ready, and so does any error except a
/// refused connection.
pub(crate) async fn ping(host: &Host) -> Result<(), ExchangeError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, host.link.port));
    let mut wire = Wire::new(TcpStream::connect(address).await?)?;
    let exchange = async {
        let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n");
        wire.write_all(request.as_bytes()).await?;
        HandlerAnswer::read(&mut wire, false).await
    };
    // Read the whole answer: some servers report an error if the caller disconnects before.
    let (_, reusable) = match host.app.host.function_timeout {
        Some(limit) => tokio::time::timeout(limit + Duration::from_secs(60), exchange)
            .await
            .map_err(|_| ExchangeError::TimedOut)??,
        None => exchange.await?,
    };
    if reusable {
        host.link.keep(wire);
    }
    Ok(())
}
