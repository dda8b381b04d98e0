//! What of a customer's certificate somebody should look at, for monitoring.

use bankchannel_foundation::prelude::*;
use bankchannel_renewal::{CertificateLife, RenewalDue, RenewalRules};

use crate::sepa_web_services::identity::IdentityFolder;

const DAY_S: i64 = 86_400;
/// After so long without `renew` its job does not run: one day that is missed happens.
const JOB_DAYS: i64 = 3;

/// Something about a certificate that somebody should look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Boundary)]
#[non_exhaustive]
pub enum CertificateAttention {
    /// A trusted authority ends within ninety days.
    AnchorEnds,
    /// A step is due that `renew` takes: a renewal, another attempt, the trial of a new certificate.
    Due,
    /// `renew` has not run for three days, or never.
    JobHasNotRun,
    /// The last attempt has failed, or its end is not known; the bank does not take the new certificate; the bank's new
    /// certificate was due again at once.
    Failed,
    /// The certificate ends within thirty days, or is in its last quarter.
    EndsSoon,
    /// A person has to act: there is no certificate that holds, nothing more is tried, the passphrase does not open a key.
    Person,
}

/// The known state of an identity.
pub(super) struct WatchedIdentity<'i> {
    pub(super) folder: &'i IdentityFolder,
    pub(super) life: &'i CertificateLife,
    /// When `renew` ran last, Unix seconds.
    pub(super) job_ran_s: Option<i64>,
    pub(super) rules: RenewalRules,
    pub(super) now_s: i64,
}

impl WatchedIdentity<'_> {
    /// What somebody should look at, with the warnings that say more of it, apart from the anchors.
    pub(super) fn look(&self) -> (Vec<CertificateAttention>, Vec<String>) {
        let (life, now_s) = (self.life, self.now_s);
        let (mut found, mut warnings) = (Vec::new(), Vec::new());
        let due = life.due(self.rules, now_s);
        match &due {
            RenewalDue::Person(_) => found.push(CertificateAttention::Person),
            RenewalDue::Begin(_) | RenewalDue::Send(_) | RenewalDue::Try(_) => found.push(CertificateAttention::Due),
            RenewalDue::Nothing(_) => {}
        }
        if life.usable(now_s).is_none() {
            // Nothing can be signed now.
            found.push(CertificateAttention::Person);
        }
        if let Some(pair) = life.usable(now_s) {
            if RenewalRules::ends_soon(pair.not_before_s, pair.not_after_s, now_s) {
                found.push(CertificateAttention::EndsSoon);
            }
            // A look at the key, so that a wrong passphrase is seen before a renewal needs it.
            match self.folder.opens(&pair.name) {
                Ok(true) => {
                    let fault = self.rules.decrypts.then(|| self.folder.why_not_decrypting(&pair.name)).flatten();
                    if let Some(why) = fault {
                        found.push(CertificateAttention::Person);
                        warnings.push(why);
                    }
                }
                Ok(false) => {
                    found.push(CertificateAttention::Person);
                    warnings.push("passphrase does not open the key of the certificate in use".to_owned());
                }
                Err(error) => {
                    found.push(CertificateAttention::Person);
                    warnings.push(error.message().to_owned());
                }
            }
        }
        if let Some(pair) = life.awaited(now_s) {
            let from = Timestamp::from_ms(pair.not_before_s * 1000);
            warnings.push(format!("the certificate begins at {}: nothing can be signed before", from.as_str()));
        } else if let Some(begins_s) = life.switching.as_ref().and_then(|new| new.pair.begins_after(now_s)) {
            let from = Timestamp::from_ms(begins_s * 1000);
            warnings.push(format!("the new certificate begins at {}: it is not used before", from.as_str()));
        }
        if let Some(attempt) = &life.attempt {
            if attempt.sent > 0 || life.failures > 0 {
                found.push(CertificateAttention::Failed);
            }
            if self.folder.has_unbelieved(&attempt.pair) {
                warnings.push(
                    "an answer of the bank with the certificate is kept, and not believed: correct the profile or the trusted \
                     authorities, then the next call takes it"
                        .to_owned(),
                );
            }
        } else if life.failures > 0 || life.switching.as_ref().is_some_and(|new| new.rests_until_s > 0) {
            found.push(CertificateAttention::Failed);
        }
        if let Some(active) = self.due_at_birth() {
            found.push(CertificateAttention::Failed);
            warnings.push(format!(
                "the certificate that the bank has issued ends at {} and is due for renewal already: it is renewed once a day \
                 at most; ask the bank",
                Timestamp::from_ms(active * 1000).as_str()
            ));
        }
        let since_s = self.job_ran_s.or(life.active.as_ref().map(|active| active.not_before_s));
        if since_s.is_some_and(|since_s| now_s - since_s > JOB_DAYS * DAY_S) {
            found.push(CertificateAttention::JobHasNotRun);
            warnings.push(match self.job_ran_s {
                Some(at_s) => format!("renew has run last at {}", Timestamp::from_ms(at_s * 1000).as_str()),
                None => "renew has never run: without it nothing is renewed".to_owned(),
            });
        }
        (found, warnings)
    }

    /// The end of the active certificate, if it replaced another one and was due at once.
    fn due_at_birth(&self) -> Option<i64> {
        let active = self.life.active.as_ref()?;
        let replaced_at_s = self.life.retired.last()?.at_s;
        let due_s = self.rules.due_at(active.not_before_s, active.not_after_s);
        (due_s <= replaced_at_s && self.life.attempt.is_none()).then_some(active.not_after_s)
    }
}
