//! Finds a port for the handler.

use std::net::{Ipv4Addr, TcpListener};

use crate::clock;

/// Below the ports that systems use for outgoing connections. Otherwise an outgoing connection
/// could take the handler's port during a restart, or a readiness probe could get the very port
/// that it connects to, and would talk to itself.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A free port. As in Azure, another process may take it before the handler does.
pub(crate) fn free_port() -> std::io::Result<u16> {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    for _ in 0..100 {
        let (random, _) = clock::new_id().as_u64_pair();
        let offset = random % u64::from(PORTS.end - PORTS.start);
        if let Ok(offset) = u16::try_from(offset)
            && is_free(PORTS.start + offset)
        {
            return Ok(PORTS.start + offset);
        }
    }
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}
