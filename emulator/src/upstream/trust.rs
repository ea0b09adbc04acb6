//! Verifies the certificates of `https://` handlers with the system's root certificates. Handlers
//! on this machine are exempt if the settings say so.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

#[derive(Debug)]
pub(super) struct HandlerVerifier {
    provider: Arc<CryptoProvider>,
    /// An error leaves loopback handlers usable.
    platform: Result<Verifier, Error>,
    trust_loopback: bool,
}

impl HandlerVerifier {
    pub(super) fn new(provider: Arc<CryptoProvider>, trust_loopback: bool) -> Self {
        Self {
            platform: Verifier::new(provider.clone()),
            provider,
            trust_loopback,
        }
    }
}

impl ServerCertVerifier for HandlerVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.trust_loopback && is_loopback(name) {
            return Ok(ServerCertVerified::assertion());
        }
        match &self.platform {
            Ok(platform) => {
                platform.verify_server_cert(certificate, intermediates, name, ocsp, now)
            }
            Err(error) => Err(error.clone()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// A loopback address, or `localhost`.
fn is_loopback(name: &ServerName<'_>) -> bool {
    match name {
        ServerName::DnsName(name) => name.as_ref().eq_ignore_ascii_case("localhost"),
        ServerName::IpAddress(address) => IpAddr::from(*address).is_loopback(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback(name: &'static str) -> bool {
        is_loopback(&ServerName::try_from(name).unwrap())
    }

    #[test]
    fn only_this_machine_is_loopback() {
        assert!(loopback("localhost"));
        assert!(loopback("127.0.0.9"));
        assert!(loopback("::1"));
        assert!(!loopback("localhost.example"));
        assert!(!loopback("10.0.0.1"));
    }
}
