//! Whom a connection by TLS trusts.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// The largest file of certificates.
const MOST: u64 = 1 << 20;

/// Trust the certificates of a PEM file alone, or else those that the system trusts.
///
/// The cryptography is named here, and not taken from the process: that choice is the embedding
/// program's own, and only its first one counts.
pub(super) fn config(ca: Option<&Path>) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    match ca {
        Some(path) => {
            for certificate in certificates_of(path)? {
                roots.add(certificate).map_err(io::Error::other)?;
            }
        }
        None => {
            let mut found = rustls_native_certs::load_native_certs();
            let (added, _) = roots.add_parsable_certificates(found.certs);
            if let Some(error) = found.errors.pop().filter(|_| added == 0) {
                return Err(io::Error::other(error));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn certificates_of(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let mut pem = Vec::new();
    File::open(path)?.take(MOST).read_to_end(&mut pem)?;
    let certificates = CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(io::Error::other)?;
    match certificates.is_empty() {
        true => Err(io::Error::other("they hold no certificate in PEM form")),
        false => Ok(certificates),
    }
}
