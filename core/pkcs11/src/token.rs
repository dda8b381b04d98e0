//! A token that signs or decrypts, from any thread, for the life of the process.

use std::mem::forget;
use std::sync::Arc;

use bankchannel_crypto::pem;
use bankchannel_crypto::signature::Hash;
use cryptoki::error::Error as Fault;
use zeroize::Zeroizing;

use crate::error::is_lost;
use crate::login::TokenLogin;
use crate::wait::ProcessLock;
use crate::{Pkcs11Settings, Result, TokenError};

/// One RSA key in a token. Cheap to clone; it is used by one call after the other.
///
/// It is logged in once. If the session is lost (the token was removed, the module was reset), and in the child of a
/// fork, it logs in again, once, at the next use. A refused PIN is not tried again in this process, which
/// remembers the last 64.
#[derive(Clone)]
pub struct SigningToken(Arc<SharedToken>);

struct SharedToken {
    settings: Pkcs11Settings,
    spki: Vec<u8>,
    certificate: Option<Vec<u8>>,
    /// The login and the process that it belongs to; `None` after a loss that could not be repaired yet.
    login: ProcessLock<Option<(u32, TokenLogin)>>,
}

impl SigningToken {
    /// Loads the module, logs in and finds the key.
    ///
    /// # Errors
    /// Any of [`TokenError`], most of them about the objects that the settings name.
    pub fn open(settings: &Pkcs11Settings) -> Result<Self> {
        let login = TokenLogin::new(settings)?;
        Ok(Self(Arc::new(SharedToken {
            settings: settings.clone(),
            spki: login.key().spki.clone(),
            certificate: login.key().certificate.clone(),
            login: ProcessLock::new(Some((std::process::id(), login))),
        })))
    }

    /// RSASSA-PKCS1-v1_5 over `message`, as long as the modulus: by `CKM_SHA256_RSA_PKCS` or `CKM_SHA512_RSA_PKCS`, or
    /// by `CKM_RSA_PKCS` over the DigestInfo if the token has only that.
    ///
    /// # Errors
    /// [`TokenError::Answered`], [`TokenError::NoMechanism`], [`TokenError::Forked`], [`TokenError::Busy`]; those of [`open`](Self::open)
    /// if it logs in again.
    pub fn sign(&self, hash: Hash, message: &[u8]) -> Result<Vec<u8>> {
        let pin = self.0.settings.pin.as_ref();
        self.used(|login| login.sign(hash, message, pin))
    }

    /// RSAES-PKCS1-v1_5 by `CKM_RSA_PKCS`: the unwrapped bytes, or `None` where the token says that they do not fit its key. Who
    /// calls this must not show the difference, and cannot hide the time that the token takes.
    ///
    /// # Errors
    /// As [`sign`](Self::sign); [`TokenError::NotUnattended`] for a key that asks for the PIN at each use.
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
        self.used(|login| login.unwrap(wrapped))
    }

    /// Uses the key, and once more after a new login where the session was lost.
    fn used<T>(&self, run: impl Fn(&TokenLogin) -> std::result::Result<Result<T>, Fault>) -> Result<T> {
        // Threads of this process take turns. A signature started by a thread of the parent never ends.
        let mut login = self.0.login.lock(None)?;
        let own = std::process::id();
        if let Some(inherited) = login.take_if(|(process, _)| *process != own) {
            // The parent's session: closing it would affect the parent's token.
            forget(inherited);
        }
        if let Some((_, open)) = login.as_ref() {
            let done = run(open);
            let session_ends = ends_session(&done);
            if session_ends {
                *login = None;
            }
            match done {
                Err(_) if session_ends => {}
                done => return done?,
            }
        }
        let (_, open) = login.insert((own, self.again()?));
        let done = run(open);
        if ends_session(&done) {
            *login = None;
        }
        done?
    }

    /// The public half of the key: SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn public_key_spki(&self) -> &[u8] {
        &self.0.spki
    }

    /// The certificate of this key in the token, DER, if it has one.
    #[must_use]
    pub fn certificate_der(&self) -> Option<&[u8]> {
        self.0.certificate.as_deref()
    }

    /// The same as `-----BEGIN CERTIFICATE-----`.
    #[must_use]
    pub fn certificate_pem(&self) -> Option<String> {
        self.certificate_der().map(|der| pem::encode("CERTIFICATE", der))
    }

    fn again(&self) -> Result<TokenLogin> {
        let login = TokenLogin::new(&self.0.settings)?;
        if login.key().spki != self.0.spki {
            return Err(TokenError::Other(format!("the key {:?} is not the same key as before", self.0.settings.key)));
        }
        Ok(login)
    }
}

/// Whether the session is unusable after this: lost, or left with a started operation, which ends with the session.
fn ends_session<T>(done: &std::result::Result<Result<T>, Fault>) -> bool {
    match done {
        // Without a mechanism, or without the lock for trying the PIN, no operation was started.
        Ok(Ok(_) | Err(TokenError::NoMechanism(_) | TokenError::NotUnattended(_) | TokenError::Busy)) => false,
        Ok(Err(_)) => true,
        Err(fault) => is_lost(fault),
    }
}

impl Drop for SharedToken {
    fn drop(&mut self) {
        let login = self.login.get_mut();
        if let Some(inherited) = login.take_if(|(process, _)| *process != std::process::id()) {
            forget(inherited);
        }
    }
}

bankchannel_foundation::redacted_debug!(SigningToken, |it| token: it.0.settings.token, key: it.0.settings.key);

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;
    use cryptoki::error::RvError;

    use super::*;

    #[test]
    fn a_session_ends_where_it_is_lost_or_an_operation_is_left_begun() {
        let fault = |code| Err::<Result<Vec<u8>>, _>(Fault::Pkcs11(code, Function::SignInit));
        let failed = |error| Ok::<Result<Vec<u8>>, _>(Err(error));
        assert!(ends_session(&failed(TokenError::WrongPin)));
        assert!(!ends_session(&failed(TokenError::NoMechanism("CKM_SHA512_RSA_PKCS"))), "nothing was begun");
        assert!(ends_session(&fault(RvError::OperationActive)));
        assert!(ends_session(&fault(RvError::SessionHandleInvalid)));
        assert!(!ends_session(&fault(RvError::DataLenRange)));
        assert!(!ends_session(&Ok(Ok(Vec::<u8>::new()))));
    }

    #[test]
    fn a_child_does_not_wait_for_a_thread_of_its_parent() {
        let settings = Pkcs11Settings {
            module: "/no/such/module.so".to_owned(),
            token: "tpp".to_owned(),
            pin: None,
            key: "qseal".to_owned(),
        };
        // As after a fork: locked by a thread that does not exist here.
        let token = SigningToken(Arc::new(SharedToken {
            settings,
            spki: Vec::new(),
            certificate: None,
            login: ProcessLock::new(None),
        }));
        let held = token.0.login.held_by_a_parent();
        assert_eq!(token.sign(Hash::Sha256, b"text").unwrap_err(), TokenError::Forked);
        drop(held);
        let refused = token.sign(Hash::Sha256, b"text").unwrap_err();
        assert!(matches!(refused, TokenError::Module { .. }), "it logs in anew: {refused}");
    }
}
