use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};

use super::ServeError;
use crate::der;

/// The certificate that new connections are served with. It can be replaced while the house is open.
pub struct Certificates {
    current: RwLock<(Arc<CertifiedKey>, i64)>,
}

impl Certificates {
    /// From a chain and its key in PEM.
    pub fn new(certificate_pem: &[u8], key_pem: &[u8]) -> Result<Self, ServeError> {
        Ok(Self { current: RwLock::new(read(certificate_pem, key_pem)?) })
    }

    /// Serves new connections with another certificate; open ones keep theirs. A broken one changes nothing.
    pub fn renew(&self, certificate_pem: &[u8], key_pem: &[u8]) -> Result<(), ServeError> {
        let read = read(certificate_pem, key_pem)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// When the current one ends, in seconds since 1970.
    pub fn ends(&self) -> i64 {
        self.current.read().unwrap_or_else(PoisonError::into_inner).1
    }

    /// TLS 1.2 and 1.3 by aws-lc-rs, HTTP/2 before HTTP/1.1. Older versions do not exist in this library, nor does any
    /// suite without forward secrecy and authenticated encryption.
    pub(super) fn config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, ServeError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(&[&TLS13, &TLS12]);
        let builder = builder.map_err(|error| ServeError::Certificate(error.to_string()))?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::clone(self) as Arc<_>);
        config.ignore_client_order = true;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).0))
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificates")
    }
}

fn read(certificate_pem: &[u8], key_pem: &[u8]) -> Result<(Arc<CertifiedKey>, i64), ServeError> {
    let unusable = |error: &dyn fmt::Display| ServeError::Certificate(error.to_string());
    let chain: Vec<_> =
        CertificateDer::pem_slice_iter(certificate_pem).collect::<Result<_, _>>().map_err(|error| unusable(&error))?;
    let key = PrivateKeyDer::from_pem_slice(key_pem).map_err(|error| unusable(&error))?;
    let ends = chain.first().and_then(|first| der::ends(first));
    let ends = ends.ok_or_else(|| unusable(&"there is none, or it does not say when it ends"))?;
    // This also checks that the key belongs to the certificate.
    let provider = aws_lc_rs::default_provider();
    let certified = CertifiedKey::from_der(chain, key, &provider).map_err(|error| unusable(&error))?;
    Ok((Arc::new(certified), ends))
}
