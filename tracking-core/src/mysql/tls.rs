//! Whom a connection by TLS trusts.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mysql::SslOpts;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::store::url::{MySqlPlace, MySqlUrl};

use super::fault::Fault;

/// The largest file of certificates.
const MOST: u64 = 1 << 22;
/// Where systems keep the certificates that they trust, in one file.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// What the driver is told; `None` for a connection in the clear.
///
/// It trusts the public authorities (those of Mozilla, which are built in) in any case, and one more file:
/// that of `?ca=`, else what `SSL_CERT_FILE` names, else the system's.
pub(super) fn options(url: &MySqlUrl) -> Result<Option<SslOpts>, Fault> {
    let MySqlPlace::Tls { ca, .. } = url.place() else {
        return Ok(None);
    };
    if CryptoProvider::get_default().is_none() {
        // The driver takes the one of the process, and panics where there is none and two are built in.
        // Where somebody else is faster, theirs will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let path = ca.clone().or_else(system_bundle);
    if let Some(path) = &path {
        check(path).map_err(|cause| Fault::Certificates {
            path: path.clone(),
            cause: Arc::new(cause),
        })?;
    }
    Ok(Some(SslOpts::default().with_root_cert_path(path)))
}

fn system_bundle() -> Option<PathBuf> {
    std::env::var_os("SSL_CERT_FILE")
        .map(PathBuf::from)
        .into_iter()
        .chain(BUNDLES.map(PathBuf::from))
        .find(|path| path.is_file())
}

/// That a file holds certificates: of one that does not, the driver's error names no file.
fn check(path: &Path) -> io::Result<()> {
    let mut pem = Vec::new();
    File::open(path)?.take(MOST).read_to_end(&mut pem)?;
    let mut certificates = CertificateDer::pem_slice_iter(&pem);
    match certificates.next() {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(io::Error::other(error)),
        None => Err(io::Error::other("they hold no certificate in PEM form")),
    }
}
