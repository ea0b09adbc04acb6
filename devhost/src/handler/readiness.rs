use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;

use super::{ExchangeError, HandlerAnswer};
use crate::host::Host;
use crate::http::Wire;

const POLL: Duration = Duration::from_millis(25);

/// Asks until anything answers. Only the pauses count against the budget, as in the host.
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
        tokio::time::sleep(POLL).await;
        waited += POLL;
    }
}

/// Whatever comes back makes the handler ready, and every failure but a refused connection too.
pub(crate) async fn ping(host: &Host) -> Result<(), ExchangeError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, host.link.port));
    let mut wire = Wire::new(TcpStream::connect(address).await?)?;
    let asking = async {
        let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\n\r\n");
        wire.write_all(request.as_bytes()).await?;
        HandlerAnswer::read(&mut wire, false).await
    };
    // To the end of the answer: some servers complain of a caller that leaves before.
    let (_, reusable) = match host.app.host.function_timeout {
        Some(limit) => tokio::time::timeout(limit + Duration::from_secs(60), asking)
            .await
            .map_err(|_| ExchangeError::TimedOut)??,
        None => asking.await?,
    };
    if reusable {
        host.link.keep(wire);
    }
    Ok(())
}
