//! The trust of a client (§6.6): anchors of the profile, of the settings and of a folder, reread while it runs;
//! the authorities between that banks name; the certificates that banks have signed with so far.
//!
//! ```text
//!   anchors         profile · `trusted` · `trusted_file` · `anchors_dir`   a person has put them there
//!   intermediates   profile · get_bank_certificates · messages             used in paths, never trusted
//!   signers         seen in believed answers                               a new one is reported
//! ```

mod anchor;
mod folder;

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::{Error, Result};
use bankchannel_sepa_web_services::verify::VerificationRules;
use bankchannel_transport::background;

pub use anchor::{BankAnchor, BankAnchorSource};
pub(super) use anchor::{ending, warning};
pub(super) use folder::AnchorFolder;

use super::{encryption::KnownEncryption, revocation::KnownRevocations};
use crate::{
    CallOptions, LogLevel, LogLine,
    client::keys::{SettingSource, one_of},
};

/// The time after which files of anchors are looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// A bank is asked for its authorities at most [`ASKS`] times in this time: answers that are not trusted may come from anybody.
const ASKS_WITHIN: Duration = Duration::from_secs(600);
const ASKS: usize = 5;
/// From so many days before its end on an anchor is reported.
pub(super) const WARN_DAYS: i64 = 90;
/// The authorities between that are remembered at most.
pub(super) const LEARNT_MAX: usize = 40;

/// Where the anchors of a client come from.
#[derive(Clone, Default)]
pub(super) struct AnchorSources {
    /// Of the bank's profile.
    pub(super) profile: Vec<Certificate>,
    /// Given as text.
    pub(super) given: Vec<Certificate>,
    /// `trusted_file`.
    pub(super) file: Option<PathBuf>,
    /// `anchors_dir`.
    pub(super) folder: Option<AnchorFolder>,
}

/// An anchor, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TrustedAnchor {
    pub(super) certificate: Certificate,
    pub(super) source: BankAnchorSource,
    /// Its file.
    pub(super) file: Option<PathBuf>,
}

impl AnchorSources {
    /// All anchors, read now.
    ///
    /// # Errors
    /// `configuration.invalid`, `resource.storage`, each naming the file.
    pub(super) fn read(&self) -> Result<Vec<TrustedAnchor>> {
        let fixed = |all: &[Certificate], source: BankAnchorSource| -> Vec<TrustedAnchor> {
            all.iter().map(|one| TrustedAnchor { certificate: one.clone(), source, file: None }).collect()
        };
        let mut anchors = fixed(&self.given, BankAnchorSource::Setting);
        if let Some(file) = &self.file {
            let path = file.to_string_lossy().into_owned();
            let text = one_of("trusted", None, Some(path.clone()))?.unwrap_or_default();
            let read = Certificate::all_from_pem(&text);
            let read = read.map_err(|fault| SettingSource::file("trusted_file", &path).unusable(&fault.to_string()))?;
            let of_file = |certificate| TrustedAnchor {
                certificate,
                source: BankAnchorSource::Setting,
                file: Some(file.clone()),
            };
            anchors.extend(read.into_iter().map(of_file));
        }
        if let Some(folder) = &self.folder {
            anchors.extend(folder.anchors()?);
        }
        anchors.extend(fixed(&self.profile, BankAnchorSource::Profile));
        Ok(anchors)
    }

    /// What changes when one of the files does: names, times, sizes.
    fn state(&self) -> Vec<(PathBuf, Option<SystemTime>, u64)> {
        let mut paths: Vec<PathBuf> = self.file.iter().cloned().collect();
        if let Some(folder) = &self.folder {
            paths.push(folder.path().to_owned());
            paths.extend(folder.files().unwrap_or_default());
        }
        let state = |path: PathBuf| match std::fs::metadata(&path) {
            Ok(found) => (path, found.modified().ok(), found.len()),
            Err(_) => (path, None, 0),
        };
        paths.into_iter().map(state).collect()
    }

    fn can_change(&self) -> bool {
        self.file.is_some() || self.folder.is_some()
    }

    /// The folder of anchors.
    ///
    /// # Errors
    /// `configuration.invalid` without one.
    pub(super) fn folder(&self) -> Result<&AnchorFolder> {
        self.folder
            .as_ref()
            .ok_or_else(|| Error::invalid_setting("anchors_dir", "is missing: anchors are kept in this folder"))
    }
}

/// The anchors as they were when the settings were read. Nothing in it is locked: a forked process uses it, too.
#[derive(Clone, Default)]
pub(super) struct ReadSources {
    pub(super) sources: AnchorSources,
    state: Vec<(PathBuf, Option<SystemTime>, u64)>,
    anchors: Arc<Vec<TrustedAnchor>>,
}

impl ReadSources {
    /// # Errors
    /// Those of [`AnchorSources::read`].
    pub(super) fn new(sources: AnchorSources) -> Result<Self> {
        let state = sources.state();
        let anchors = Arc::new(sources.read()?);
        Ok(Self { sources, state, anchors })
    }

    /// The anchors that are not the profile's.
    pub(super) fn given(&self) -> impl Iterator<Item = &Certificate> {
        let given = self.anchors.iter().filter(|anchor| anchor.source != BankAnchorSource::Profile);
        given.map(|anchor| &anchor.certificate)
    }
}

/// The anchors as last read.
#[derive(Clone)]
struct ReadAnchors {
    at: Instant,
    state: Vec<(PathBuf, Option<SystemTime>, u64)>,
    anchors: Arc<Vec<TrustedAnchor>>,
}

/// The trust of a client: its anchors, and the authorities learnt of the bank.
pub(super) struct ClientTrust {
    sources: AnchorSources,
    read: Mutex<ReadAnchors>,
    learnt: Mutex<Vec<Certificate>>,
    /// When the bank was asked for its authorities.
    asked: Mutex<VecDeque<Instant>>,
    /// Held by the call that asks.
    asking: tokio::sync::Mutex<()>,
    /// The anchors whose end was reported, SHA-256.
    warned: Mutex<Vec<[u8; 32]>>,
    /// The certificate for which documents to the bank are encrypted.
    pub(super) encryption: KnownEncryption,
    /// The bank's certificates that do not hold any more.
    pub(super) revocations: KnownRevocations,
}

impl ClientTrust {
    /// Trusts the anchors read, and knows these authorities between.
    pub(super) fn new(
        read: &ReadSources,
        learnt: Vec<Certificate>,
        encryption: KnownEncryption,
        revocations: KnownRevocations,
    ) -> Self {
        let ReadSources { sources, state, anchors } = read.clone();
        let read = Mutex::new(ReadAnchors { at: Instant::now(), state, anchors });
        Self {
            sources,
            read,
            learnt: Mutex::new(learnt),
            asked: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            warned: Mutex::default(),
            encryption,
            revocations,
        }
    }

    /// Looks at the files again with the next answer.
    pub(super) fn look_again(&self) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.at = read.at.checked_sub(LOOK_AGAIN).unwrap_or(read.at);
    }

    /// Whether there can be any anchor.
    pub(super) fn can_trust(&self) -> bool {
        self.sources.can_change() || !self.last().anchors.is_empty()
    }

    fn last(&self) -> ReadAnchors {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The anchors of now. What cannot be read any more stays as it was, and is reported.
    pub(super) async fn anchors(&self, options: &CallOptions) -> Result<Arc<Vec<TrustedAnchor>>> {
        let last = self.last();
        if !self.sources.can_change() || last.at.elapsed() < LOOK_AGAIN {
            return Ok(last.anchors);
        }
        let (sources, known) = (self.sources.clone(), last.state.clone());
        let looking = background::blocking(move || {
            let state = sources.state();
            (state != known).then(|| (state, sources.read()))
        });
        let changed = options.race(looking).await?.map_err(|why| why.error("reading the anchors was aborted"))?;
        let now = Instant::now();
        let next = match changed {
            None => ReadAnchors { at: now, ..last },
            Some((state, Ok(anchors))) => {
                let text = format!("the certificates that are trusted were read anew: {}", anchors.len());
                options.log_line(LogLevel::Info, LogLine::new(text));
                ReadAnchors { at: now, state, anchors: Arc::new(anchors) }
            }
            Some((state, Err(error))) => {
                let text = "the certificates that are trusted cannot be read anew: those of before stay";
                options.log_line(LogLevel::Warning, LogLine::new(text).with("error", error.to_string()));
                ReadAnchors { at: now, state, anchors: last.anchors }
            }
        };
        let anchors = Arc::clone(&next.anchors);
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(anchors)
    }

    /// The anchors that hold, those first that end last: by its root, a bank is asked for its own certificates.
    pub(super) async fn holding_anchors(&self, now_s: i64, options: &CallOptions) -> Result<Vec<Certificate>> {
        let anchors = self.anchors(options).await?;
        let holds = |one: &&Certificate| (one.not_before_s()..=one.not_after_s()).contains(&now_s);
        let mut holding: Vec<Certificate> =
            anchors.iter().map(|anchor| &anchor.certificate).filter(holds).cloned().collect();
        holding.sort_by_key(|one| (std::cmp::Reverse(one.not_after_s()), one.sha256()));
        holding.dedup();
        Ok(holding)
    }

    /// Completes the rules for an answer that is verified now, at this time; reports an anchor that ends soon, once.
    pub(super) async fn complete(
        &self,
        rules: &mut VerificationRules,
        now_s: i64,
        options: &CallOptions,
    ) -> Result<()> {
        let anchors = self.anchors(options).await?;
        for ending in anchor::ending(&anchors, rules.at_s) {
            let digest = ending.certificate.sha256();
            let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
            if !warned.contains(&digest) {
                warned.push(digest);
                drop(warned);
                options.log_line(LogLevel::Warning, LogLine::new(anchor::warning(ending, rules.at_s)));
            }
        }
        rules.anchors = anchors.iter().map(|anchor| anchor.certificate.clone()).collect();
        self.revocations.settled(options).await?;
        self.revocations.warn(now_s, options);
        rules.revocation_lists = self.revocations.lists(now_s);
        rules.requires_revocation_list = self.revocations.are_required();
        rules.intermediates.extend(self.learnt.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        Ok(())
    }

    /// Whether the bank may be asked for its authorities now; a call that was told so is to do it.
    pub(super) fn may_ask(&self) -> bool {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|at| at.elapsed() < ASKS_WITHIN);
        if asked.len() >= ASKS {
            return false;
        }
        asked.push_back(Instant::now());
        true
    }

    /// Remembers authorities that the bank has named. They may stand in a path, no more. Returns whether one is new.
    pub(super) fn learn(&self, authorities: impl IntoIterator<Item = Certificate>) -> bool {
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_new = false;
        for one in authorities.into_iter().filter(Certificate::is_ca) {
            if learnt.len() < LEARNT_MAX && !learnt.contains(&one) {
                learnt.push(one);
                is_new = true;
            }
        }
        is_new
    }

    /// The turn to ask the bank for its authorities.
    pub(super) async fn turn_to_ask(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.asking.lock().await
    }

    /// How many authorities were learnt.
    pub(super) fn count_learnt(&self) -> usize {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// All that was learnt.
    pub(super) fn learnt(&self) -> Vec<Certificate> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
