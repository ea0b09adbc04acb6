//! A certificate authority for one test.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

pub(crate) struct Authority {
    #[cfg(feature = "dev")]
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            #[cfg(feature = "dev")]
            certificate: pem("CERTIFICATE", params.self_signed(&key).unwrap().der()),
            issuer: Issuer::new(params, key),
        }
    }

    /// The certificate for clients to trust, as PEM.
    #[cfg(feature = "dev")]
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Issues a certificate for a host name. Returns the files of the certificate and of its key.
    pub(crate) fn issue(&self, name: &str, folder: &Path) -> [String; 2] {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let file = |name: &str, pem: String| {
            let path = folder.join(name);
            fs::write(&path, pem).unwrap();
            path.to_str().unwrap().to_owned()
        };
        [
            file("certificate.pem", pem("CERTIFICATE", certificate.der())),
            file("key.pem", pem("PRIVATE KEY", &key.serialize_der())),
        ]
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}
