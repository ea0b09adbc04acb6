//! HTTPS with a self-signed certificate, for clients that refuse plain HTTP.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::clock::Clock;
use crate::ids;
use crate::transport::Transport;

/// The first byte of a TLS connection. No HTTP method begins with it.
const HANDSHAKE: u8 = 0x16;
/// Some systems refuse certificates that are valid for more than two years.
const LIFE_DAYS: u32 = 365;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const LINE: usize = 64;

/// A self-signed certificate and its key.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    certificate_pem: Arc<str>,
}

/// Why HTTPS is not available.
#[derive(Debug, Error)]
pub enum TlsError {
    #[error("cannot create a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("cannot use the certificate: {0}")]
    Unusable(#[from] rustls::Error),
}

impl Tls {
    /// Creates a certificate for the loopback names and one more address.
    pub fn self_signed(host: IpAddr) -> Result<Self, TlsError> {
        let key = KeyPair::generate()?;
        let mut names = vec!["localhost".into(), "127.0.0.1".into(), "::1".into()];
        if !host.is_loopback() {
            names.push(host.to_string());
        }
        let mut params = CertificateParams::new(names)?;
        // Two certificates with the same subject but different keys confuse clients that trust both.
        let common_name = format!("Web PubSub emulator {}", ids::random());
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let now = u64::try_from(Clock::system().unix_seconds()).unwrap_or_default();
        let today = date_time_ymd(1970, 1, 1) + Duration::from_secs(now);
        params.not_before = today - DAY;
        params.not_after = today + LIFE_DAYS * DAY;
        let certificate = params.self_signed(&key)?;

        let der = certificate.der().clone();
        let certificate_pem = pem(&der);
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![der], key.into())?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            certificate_pem: certificate_pem.into(),
        })
    }

    /// The certificate for clients to trust.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Accepts TLS or plain HTTP, depending on the first byte.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<Transport> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 1 && first == [HANDSHAKE] {
            let stream = self.acceptor.accept(stream).await?;
            return Ok(Transport::Tls(Box::new(stream)));
        }
        Ok(Transport::Plain(stream))
    }
}

/// Keeps the key out of logs.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(LINE));
        pem.push_str(line);
        pem.push('\n');
        rest = tail;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tls: &Tls) -> Vec<u8> {
        let lines = tls.certificate_pem().lines();
        let text: String = lines.filter(|line| !line.starts_with('-')).collect();
        STANDARD.decode(text).unwrap()
    }

    /// The subject and, since it is self-signed, also the issuer.
    fn common_names(tls: &Tls) -> Vec<String> {
        let text = String::from_utf8_lossy(&der(tls)).into_owned();
        let names = text.match_indices("Web PubSub emulator ");
        names
            .map(|(at, name)| text[at + name.len()..].chars().take(36).collect())
            .collect()
    }

    #[test]
    fn every_certificate_has_its_own_subject() {
        let make = || Tls::self_signed(IpAddr::from([127, 0, 0, 1])).unwrap();
        let (one, other) = (common_names(&make()), common_names(&make()));

        assert_eq!(one.len(), 2);
        assert_eq!(one[0], one[1]);
        assert_ne!(one, other);
    }
}
