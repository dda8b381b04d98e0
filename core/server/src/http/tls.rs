//! The TLS of a listener: its files may change while it serves.
//!
//! A new pair counts for new connections; those that exist go on. Until certificate and key fit together the old pair stays.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use bankchannel_crypto::{digest, x509::Certificate};
use bankchannel_transport::background;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use super::ListenError;
use crate::{
    live::LiveValue,
    private::{self, FileId},
};

/// Size limit of a private key file.
const KEY_MAX: u64 = 256 * 1024;
/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How often a pair is read that is written meanwhile.
const READS: usize = 3;
/// How long a pair may be incomplete, as between the writing of two files, before that is an error.
const PATIENCE: Duration = Duration::from_secs(60);

/// Certificate chain and private key of a TLS listener, both PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by its intermediates.
    pub certificate: PathBuf,
    /// Its private key, unencrypted; not accessible to others, or owned by root and readable by the service's group.
    pub key: PathBuf,
}

/// Which file a path leads to, by links too, and when it was written; `None` for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SeenFile(FileId, u64, Option<SystemTime>);

impl SeenFile {
    fn at(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self(FileId::at(path).ok()?, found.len(), found.modified().ok()))
    }
}

impl TlsFiles {
    fn seen(&self) -> [Option<SeenFile>; 2] {
        [&self.certificate, &self.key].map(|path| SeenFile::at(path))
    }
}

/// A pair that was read from its files.
pub struct LoadedTls {
    config: Arc<rustls::ServerConfig>,
    read_from: Option<ReadPair>,
}

/// Where a pair was read from.
#[derive(Debug)]
struct ReadPair {
    files: TlsFiles,
    /// The files just before that.
    seen: [Option<SeenFile>; 2],
    chain: [u8; 32],
    ends_s: Option<i64>,
}

impl LoadedTls {
    /// Reads it. A pair whose files change meanwhile does not count: it may be half of each.
    ///
    /// # Errors
    /// [`ListenError::Tls`], also for a key that is not the certificate's.
    pub fn read(files: &TlsFiles) -> Result<Self, ListenError> {
        for _ in 0..READS {
            let seen = files.seen();
            let read = Self::read_once(files, seen);
            if files.seen() == seen {
                return read;
            }
        }
        Err(ListenError::Tls(files.certificate.clone(), "was written while it was read, or its key was".to_owned()))
    }

    fn read_once(files: &TlsFiles, seen: [Option<SeenFile>; 2]) -> Result<Self, ListenError> {
        let bad = |path: &Path, why: &str| ListenError::Tls(path.to_owned(), why.to_owned());
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(&files.certificate)
            .and_then(Iterator::collect)
            .map_err(|why| bad(&files.certificate, &why.to_string()))?;
        let Some(leaf) = chain.first() else {
            return Err(bad(&files.certificate, "holds no certificate"));
        };
        let ends_s = Certificate::from_der(leaf).ok().map(|leaf| leaf.not_after_s());
        let key = private::read_secret(&files.key, KEY_MAX).map_err(|why| bad(&files.key, why.message()))?;
        let key = key.ok_or_else(|| bad(&files.key, "there is no such file"))?;
        let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
            .map_err(|why| bad(&files.key, &format!("holds no unencrypted private key ({why})")))?;
        let digest = digest::sha256(&chain.iter().flat_map(|one| one.iter().copied()).collect::<Vec<u8>>());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(bankchannel_transport::TLS_VERSIONS)
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|why| bad(&files.key, &why.to_string()))?;
        config.alpn_protocols = alpn();
        let read_from = ReadPair { files: files.clone(), seen, chain: digest, ends_s };
        Ok(Self { config: Arc::new(config), read_from: Some(read_from) })
    }

    /// Whether both present the same chain.
    fn has_chain_of(&self, other: &Self) -> bool {
        let chain = |of: &Self| of.read_from.as_ref().map(|read| read.chain);
        chain(self) == chain(other)
    }
}

/// The protocols that a counterpart's TLS listener offers.
pub fn alpn() -> Vec<Vec<u8>> {
    vec![b"h2".to_vec(), b"http/1.1".to_vec()]
}

/// The result of a look at the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsLook {
    /// They are as they were.
    Same,
    /// They have changed, and count from now on.
    Taken,
    /// They have changed and cannot be used. The old pair stays.
    Unusable,
    /// The same, for so long that it was logged as an error.
    Told,
}

/// The TLS of a listener.
pub struct ListenerTls {
    loaded: LiveValue<LoadedTls>,
    /// Since when the files cannot be used, and whether that was logged.
    unusable: Mutex<Option<(Instant, bool)>>,
}

impl ListenerTls {
    /// One whose pair was read.
    pub(super) fn new(loaded: LoadedTls) -> Self {
        Self { loaded: LiveValue::new(loaded), unusable: Mutex::default() }
    }

    /// One that stays as it is.
    pub(super) fn fixed(config: Arc<rustls::ServerConfig>) -> Self {
        Self::new(LoadedTls { config, read_from: None })
    }

    /// That of a new connection.
    pub(super) fn config(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(&self.loaded.now().config)
    }

    /// When the certificate ends, in seconds.
    pub fn ends_s(&self) -> Option<i64> {
        self.loaded.now().read_from.as_ref()?.ends_s
    }

    /// Whether a pair that was read differs from the present one.
    pub fn differs_from(&self, loaded: &LoadedTls) -> bool {
        !self.loaded.now().has_chain_of(loaded)
    }

    /// Takes a pair that was read.
    pub fn take(&self, loaded: LoadedTls) {
        self.loaded.put(loaded);
        *self.unusable.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Looks at the files, and takes them if they have changed and fit together.
    pub fn look(&self, listener: &str, now: Instant) -> TlsLook {
        let present = self.loaded.now();
        let Some(ReadPair { files, seen, .. }) = &present.read_from else { return TlsLook::Same };
        let is_usable = self.unusable.lock().unwrap_or_else(PoisonError::into_inner).is_none();
        if is_usable && files.seen() == *seen {
            return TlsLook::Same;
        }
        let why = match LoadedTls::read(files) {
            Ok(loaded) => {
                let (differs, ends_s) =
                    (!present.has_chain_of(&loaded), loaded.read_from.as_ref().and_then(|read| read.ends_s));
                // A reload may have read them later than this look: its pair stays, and the next look compares with it.
                if !self.loaded.put_instead_of(&present, loaded) {
                    return TlsLook::Taken;
                }
                *self.unusable.lock().unwrap_or_else(PoisonError::into_inner) = None;
                if differs {
                    let ends = ends_s.and_then(|ends_s| SystemTime::UNIX_EPOCH.checked_add(seconds(ends_s)));
                    let days_left = ends.map(|end| end.duration_since(SystemTime::now()).unwrap_or_default());
                    let days_left = days_left.map(|left| left.as_secs() / (24 * 60 * 60));
                    let text = "the TLS files have changed: new connections get the new certificate";
                    tracing::info!(target: "bankchannel::life", listener, days_left, "{text}");
                }
                return TlsLook::Taken;
            }
            Err(why) => why,
        };
        let mut unusable = self.unusable.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, is_told) = unusable.get_or_insert((now, false));
        if *is_told || now.duration_since(*since) < PATIENCE {
            return TlsLook::Unusable;
        }
        *is_told = true;
        let text = "the TLS files have changed and cannot be used: the former certificate stays";
        tracing::error!(target: "bankchannel::life", listener, %why, "{text}");
        TlsLook::Told
    }
}

fn seconds(count: i64) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or_default())
}

/// Looks at the files of all listeners until `stop` is cancelled.
pub(super) fn watch(listeners: Vec<(&'static str, Arc<ListenerTls>)>, stop: CancellationToken) -> JoinHandle<()> {
    background::spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(LOOK) => {}
            }
            let all = listeners.clone();
            let look = move || {
                for (name, tls) in &all {
                    tls.look(name, Instant::now());
                }
            };
            // A disk that hangs is looked at again, and holds no stop up.
            tokio::select! {
                () = stop.cancelled() => break,
                _ = background::blocking(look) => {}
            }
        }
    })
}

#[cfg(test)]
mod tests;
