//! TLS with client certificates: requested from every client, required from third parties later (§3.1).
//!
//! A customer's browser has no certificate and may still open `/tap`. A certificate that is presented must be valid at
//! the bank's clock and come from a trusted issuer; otherwise the connection fails.

use std::{sync::Arc, time::Duration};

use bankchannel_foundation::{
    Error, Result,
    clock::{Clock, SystemClock},
};
use bankchannel_nextgen_psd2::certificates::Certificate;
use rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier, time_provider::TimeProvider};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject};

use super::certificates::BankCertificates;
use bankchannel_server::http::tls;

/// The bank's TLS configuration.
///
/// # Errors
/// `configuration.invalid` for an issuer that TLS cannot use, or a key that does not match.
pub(crate) fn config(
    own: &BankCertificates,
    anchors: &[Certificate],
    clock: Arc<SystemClock>,
) -> Result<Arc<ServerConfig>> {
    let bad = |why: &dyn std::fmt::Display| Error::invalid_setting("data", format!("TLS cannot be set up: {why}"));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    for anchor in anchors {
        let der = CertificateDer::from(anchor.der().to_vec());
        roots.add(der).map_err(|why| Error::invalid_setting("trusted_file", why))?;
    }
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .allow_unauthenticated()
        .build()
        .map_err(|why| bad(&why))?;
    let chain =
        vec![CertificateDer::from(own.server.der().to_vec()), CertificateDer::from(own.authority.der().to_vec())];
    let key = PrivateKeyDer::from_pem_slice(own.server_key.as_bytes()).map_err(|why| bad(&why))?;
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(BankTime(clock)))
        .with_protocol_versions(bankchannel_transport::TLS_VERSIONS)
        .and_then(|builder| builder.with_client_cert_verifier(clients).with_single_cert(chain, key))
        .map_err(|why| bad(&why))?;
    config.alpn_protocols = tls::alpn();
    Ok(Arc::new(config))
}

/// The bank's clock, for TLS.
#[derive(Debug)]
struct BankTime(Arc<SystemClock>);

impl TimeProvider for BankTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now_s()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
