//! A session with a token, logged in.

use bankchannel_foundation::Secret;
use cryptoki::error::{Error as Fault, RvError};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::TokenInfo;
use cryptoki::types::AuthPin;

use bankchannel_crypto::signature::Hash;

use crate::key::KeyInToken;
use crate::{Error, Pkcs11Settings, Result, key, module, pins};

/// The session, the key in it, and what the token can.
pub(crate) struct Login {
    session: Session,
    key: KeyInToken,
    mechanisms: Vec<MechanismType>,
    /// The token's serial number.
    serial: String,
}

impl Login {
    /// Opens a session, logs in and finds the key.
    pub(crate) fn new(settings: &Pkcs11Settings) -> Result<Self> {
        let module = module::load(&settings.module)?;
        let (slot, info) = module::find_token(&module, &settings.token)?;
        let session = module.open_ro_session(slot)?;
        log_in(&session, &info, settings.pin.as_ref())?;
        let key = key::find(&session, &settings.key)?;
        let mechanisms = module.get_mechanism_list(slot)?;
        Ok(Self { session, key, mechanisms, serial: serial(&info) })
    }

    /// The key.
    pub(crate) fn key(&self) -> &KeyInToken {
        &self.key
    }

    /// RSASSA-PKCS1-v1_5 over `message`. The outer error is the token's own word, the inner one final.
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
            // The PIN stands between the beginning and the data, so the token has to hash.
            return if hashes { self.sign_with_pin(&whole, message, pin) } else { Ok(Err(Error::NoMechanism(name))) };
        }
        if hashes {
            return self.session.sign(&whole, self.key.handle, message).map(Ok);
        }
        if self.mechanisms.contains(&MechanismType::RSA_PKCS) {
            return self.session.sign(&Mechanism::RsaPkcs, self.key.handle, &hash.digest_info(message)).map(Ok);
        }
        Ok(Err(Error::NoMechanism(name)))
    }

    /// A key that wants the PIN for each signature (`CKA_ALWAYS_AUTHENTICATE`).
    fn sign_with_pin(
        &self,
        mechanism: &Mechanism<'_>,
        message: &[u8],
        pin: Option<&Secret>,
    ) -> std::result::Result<Result<Vec<u8>>, Fault> {
        match pin.map(|pin| pins::was_refused(&self.serial, pin)) {
            Some(Ok(true)) => return Ok(Err(Error::PinRefusedBefore)),
            Some(Err(error)) => return Ok(Err(error)),
            _ => {}
        }
        self.session.sign_init(mechanism, self.key.handle)?;
        let given = pin.map(auth);
        if let Err(fault) = self.session.login(UserType::ContextSpecific, given.as_ref()) {
            return Ok(Err(refused(fault, &self.serial, pin)));
        }
        self.session.sign_update(message)?;
        self.session.sign_final().map(Ok)
    }
}

/// What names a token in what is remembered of it.
fn serial(info: &TokenInfo) -> String {
    format!("{}/{}/{}", info.manufacturer_id(), info.model(), info.serial_number())
}

/// Logs in, unless the process is: the login is the process's, not the session's. A PIN is tried once.
fn log_in(session: &Session, info: &TokenInfo, pin: Option<&Secret>) -> Result<()> {
    if !info.login_required() {
        return Ok(());
    }
    if info.user_pin_locked() {
        return Err(Error::PinLocked);
    }
    if info.user_pin_final_try() {
        return Err(Error::LastTry);
    }
    if !info.user_pin_initialized() || info.user_pin_to_be_changed() {
        return Err(Error::PinNotReady);
    }
    let serial = serial(info);
    match pin {
        None if !info.protected_authentication_path() => return Err(Error::NoPin),
        Some(pin) if pins::was_refused(&serial, pin)? => return Err(Error::PinRefusedBefore),
        _ => {}
    }
    let given = pin.map(auth);
    match session.login(UserType::User, given.as_ref()) {
        Ok(()) | Err(Fault::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(fault) => Err(refused(fault, &serial, pin)),
    }
}

fn refused(fault: Fault, serial: &str, pin: Option<&Secret>) -> Error {
    let error = Error::from(fault);
    if let (Error::WrongPin, Some(pin)) = (&error, pin) {
        // Where it cannot be remembered, `was_refused` fails as well, and no PIN is tried.
        let _ = pins::refused(serial, pin);
    }
    error
}

fn auth(pin: &Secret) -> AuthPin {
    AuthPin::from(pin.expose().to_owned())
}
