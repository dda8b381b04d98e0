//! A session with a token, logged in.

use std::sync::MutexGuard;
use std::time::Duration;

use bankchannel_foundation::Secret;
use cryptoki::context::Pkcs11;
use cryptoki::error::{Error as Fault, RvError};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use bankchannel_crypto::signature::Hash;

use crate::key::KeyInToken;
use crate::wait::ProcessLock;
use crate::{Pkcs11Settings, Result, TokenError, key, module, pins};

/// Held while a PIN is tried.
static TRYING: ProcessLock<()> = ProcessLock::new(());
/// The longest wait for this lock: card readers take seconds.
const TURN: Duration = Duration::from_secs(10);

/// The session, the key in it, and the token's abilities.
pub(crate) struct TokenLogin {
    session: Session,
    key: KeyInToken,
    key_name: String,
    mechanisms: Vec<MechanismType>,
    place: TokenPlace,
}

/// The location of a token.
struct TokenPlace {
    module: Pkcs11,
    slot: Slot,
    /// The token's serial number.
    serial: String,
}

impl TokenLogin {
    /// Opens a session, logs in and finds the key.
    pub(crate) fn new(settings: &Pkcs11Settings) -> Result<Self> {
        let module = module::load(&settings.module)?;
        let (slot, info) = module::find_token(&module, &settings.token)?;
        let session = module.open_ro_session(slot)?;
        let place = TokenPlace { module, slot, serial: serial(&info) };
        log_in(&session, &info, &place, settings.pin.as_ref())?;
        let key = key::find(&session, &settings.key)?;
        let mechanisms = place.module.get_mechanism_list(slot)?;
        Ok(Self { session, key, key_name: settings.key.clone(), mechanisms, place })
    }

    /// The key.
    pub(crate) fn key(&self) -> &KeyInToken {
        &self.key
    }

    /// RSASSA-PKCS1-v1_5 over `message`. After an outer error, which is the token's own, a new login may help; an inner
    /// one is final.
    pub(crate) fn sign(
        &self,
        hash: Hash,
        message: &[u8],
        pin: Option<&Secret>,
    ) -> std::result::Result<Result<Vec<u8>>, Fault> {
        let (whole, name) = match hash {
            Hash::Sha256 => (Mechanism::Sha256RsaPkcs, "CKM_SHA256_RSA_PKCS"),
            Hash::Sha512 => (Mechanism::Sha512RsaPkcs, "CKM_SHA512_RSA_PKCS"),
        };
        let hashes = self.mechanisms.contains(&whole.mechanism_type());
        if self.key.asks_each_time {
            // The PIN is entered between the start and the data, so the token has to hash.
            return if hashes {
                self.sign_with_pin(&whole, message, pin)
            } else {
                Ok(Err(TokenError::NoMechanism(name)))
            };
        }
        if hashes {
            return self.session.sign(&whole, self.key.handle, message).map(Ok);
        }
        if self.mechanisms.contains(&MechanismType::RSA_PKCS) {
            return self.session.sign(&Mechanism::RsaPkcs, self.key.handle, &hash.digest_info(message)).map(Ok);
        }
        Ok(Err(TokenError::NoMechanism(name)))
    }

    /// RSAES-PKCS1-v1_5; `None` where the token says that the bytes do not fit. The errors are as for [`sign`](Self::sign).
    pub(crate) fn unwrap(&self, wrapped: &[u8]) -> std::result::Result<Result<Option<Zeroizing<Vec<u8>>>>, Fault> {
        if self.key.asks_each_time {
            return Ok(Err(TokenError::NotUnattended(self.key_name.clone())));
        }
        if !self.mechanisms.contains(&MechanismType::RSA_PKCS) {
            return Ok(Err(TokenError::NoMechanism("CKM_RSA_PKCS")));
        }
        match self.session.decrypt(&Mechanism::RsaPkcs, self.key.handle, wrapped) {
            Ok(unwrapped) => Ok(Ok(Some(Zeroizing::new(unwrapped)))),
            // Tokens say so in several ways, SoftHSM by a general error.
            Err(Fault::Pkcs11(
                RvError::EncryptedDataInvalid
                | RvError::EncryptedDataLenRange
                | RvError::DataInvalid
                | RvError::GeneralError
                | RvError::FunctionFailed,
                _,
            )) => Ok(Ok(None)),
            Err(fault) => Err(fault),
        }
    }

    /// A key that requires the PIN for each signature (`CKA_ALWAYS_AUTHENTICATE`).
    fn sign_with_pin(
        &self,
        mechanism: &Mechanism<'_>,
        message: &[u8],
        pin: Option<&Secret>,
    ) -> std::result::Result<Result<Vec<u8>>, Fault> {
        let turn = match self.place.may_try(pin) {
            Ok(turn) => turn,
            Err(error) => return Ok(Err(error)),
        };
        self.session.sign_init(mechanism, self.key.handle)?;
        let given = pin.map(auth);
        if let Err(fault) = self.session.login(UserType::ContextSpecific, given.as_ref()) {
            return Ok(Err(refused(fault, &self.place.serial, pin)));
        }
        drop(turn);
        self.session.sign_update(message)?;
        self.session.sign_final().map(Ok)
    }
}

/// The identifier under which a token's refused PINs are remembered.
fn serial(info: &TokenInfo) -> String {
    format!("{}/{}/{}", info.manufacturer_id(), info.model(), info.serial_number())
}

impl TokenPlace {
    /// Checks that a PIN may be tried: not one that the token has refused, and none if one more wrong PIN would lock
    /// it. The returned guard keeps other threads from trying one, so that threads with the same wrong PIN try it once.
    fn may_try(&self, pin: Option<&Secret>) -> Result<Option<MutexGuard<'static, ()>>> {
        let turn = pin.map(|_| TRYING.lock(Some(TURN))).transpose()?;
        let info = self.module.get_token_info(self.slot)?;
        if info.user_pin_locked() {
            return Err(TokenError::PinLocked);
        }
        if info.user_pin_final_try() {
            return Err(TokenError::LastTry);
        }
        match pin {
            Some(pin) if pins::was_refused(&self.serial, pin)? => Err(TokenError::PinRefusedBefore),
            _ => Ok(turn),
        }
    }
}

/// Logs in, unless the process is logged in: the login belongs to the process, not to the session. A PIN is tried once.
fn log_in(session: &Session, info: &TokenInfo, place: &TokenPlace, pin: Option<&Secret>) -> Result<()> {
    if !info.login_required() {
        return Ok(());
    }
    let turn = place.may_try(pin)?;
    if !info.user_pin_initialized() || info.user_pin_to_be_changed() {
        return Err(TokenError::PinNotReady);
    }
    if pin.is_none() && !info.protected_authentication_path() {
        return Err(TokenError::NoPin);
    }
    let given = pin.map(auth);
    let done = match session.login(UserType::User, given.as_ref()) {
        Ok(()) | Err(Fault::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(fault) => Err(refused(fault, &place.serial, pin)),
    };
    drop(turn);
    done
}

fn refused(fault: Fault, serial: &str, pin: Option<&Secret>) -> TokenError {
    let error = TokenError::from(fault);
    if let (TokenError::WrongPin, Some(pin)) = (&error, pin) {
        // If it cannot be remembered, `was_refused` fails as well, and no PIN is tried.
        let _ = pins::refused(serial, pin);
    }
    error
}

fn auth(pin: &Secret) -> AuthPin {
    AuthPin::from(pin.expose().to_owned())
}
