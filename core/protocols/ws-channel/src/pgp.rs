//! Converts the OpenPGP library's types to this protocol's: keys from texts, errors to rows of the error table.

use std::time::SystemTime;

use bankchannel_foundation::{
    Error, Secret,
    error::{ErrorRow, row},
    model::Timestamp,
    shown,
};
use bankchannel_openpgp::{self as openpgp, OpenPgpPrivateKey, OpenPgpPublicKey, PublicKeyLimits};

use crate::errors;

const BEGIN: &str = "-----BEGIN PGP ";

/// Errors of the local operations that use keys.
pub(crate) const KEY_ERRORS: &[&ErrorRow] =
    &[&errors::PGP_KEY_REFUSED, &errors::PGP_KEY_UNFIT, &errors::PASSPHRASE_REFUSED];

/// Splits a text into its armored keys. A text without armor is returned as it is; its reader refuses it.
fn blocks(text: &str) -> Vec<&str> {
    let starts: Vec<usize> = text.match_indices(BEGIN).map(|(at, _)| at).collect();
    if starts.is_empty() {
        return vec![text];
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts.iter().zip(ends).map(|(&start, end)| &text[start..end]).collect()
}

/// Parses the private keys of a text and unlocks them with the passphrase if they are locked.
///
/// # Errors
/// Of [`KEY_ERRORS`], naming `field`.
pub(crate) fn private_keys(
    field: &'static str,
    text: &str,
    passphrase: Option<&Secret>,
) -> Result<Vec<OpenPgpPrivateKey>, Error> {
    blocks(text)
        .into_iter()
        .map(|block| {
            let mut key =
                OpenPgpPrivateKey::from_armored(block.as_bytes()).map_err(|why| unread_key(field, text, why))?;
            if key.is_locked() {
                let given = passphrase.ok_or_else(|| fault(field, openpgp::OpenPgpError::Locked))?;
                key.unlock(given.expose()).map_err(|why| fault(field, why))?;
            }
            Ok(key)
        })
        .collect()
}

/// The error of a text that is no private key; a text that may be a path gets the remedy.
fn unread_key(field: &'static str, text: &str, why: openpgp::OpenPgpError) -> Error {
    let error = fault(field, why);
    let remedy = shown::key_file_remedy(text);
    if remedy.is_empty() {
        return error;
    }
    let message = format!("{}{remedy}", error.message());
    Error::because(error.row(), message).with("field", field)
}

/// Parses the public keys of a text; of a private key, its public half is used.
///
/// # Errors
/// Of [`KEY_ERRORS`], naming `field`.
pub(crate) fn public_keys(field: &'static str, text: &str) -> Result<Vec<OpenPgpPublicKey>, Error> {
    let read = |block: &str| match OpenPgpPublicKey::from_armored(block.as_bytes(), PublicKeyLimits::default()) {
        Err(openpgp::OpenPgpError::PrivateKeyMaterial) => {
            OpenPgpPrivateKey::from_armored(block.as_bytes()).map(|key| key.public())
        }
        other => other,
    };
    blocks(text).into_iter().map(|block| read(block).map_err(|why| fault(field, why))).collect()
}

/// Parses public keys whose private keys are kept elsewhere. A private key among them is refused: it was meant for
/// another field and must not travel further.
///
/// # Errors
/// `ws_channel.pgp_key_refused`, naming `field`.
pub fn signing_certificates(field: &'static str, text: &str) -> Result<Vec<OpenPgpPublicKey>, Error> {
    let read = |block: &str| OpenPgpPublicKey::from_armored(block.as_bytes(), PublicKeyLimits::default());
    blocks(text).into_iter().map(|block| read(block).map_err(|why| fault(field, why))).collect()
}

/// Converts an error of the OpenPGP library to an error of the field `field`.
pub fn fault(field: &'static str, why: openpgp::OpenPgpError) -> Error {
    use openpgp::OpenPgpError as E;
    let row: &'static ErrorRow = match &why {
        E::InvalidParameter { field, reason } => return Error::invalid_field(field, reason),
        // Only the content comes from outside the request: keys and signatures are part of it.
        E::Read(why) => {
            return Error::because(&row::CONTENT_UNREADABLE, format!("content: {why}")).with("field", "content");
        }
        E::Internal(_) => &row::INTERNAL,
        E::Locked | E::WrongPassphrase => &errors::PASSPHRASE_REFUSED,
        E::DecryptionFailed | E::Compressed => &errors::DECRYPTION_FAILED,
        E::NoSigningKey
        | E::NoEncryptionKey
        | E::KeyExpired
        | E::KeyRevoked
        | E::SignatureBeforeKey
        | E::UnsupportedAlgorithm { .. }
        | E::UnsupportedProtection => &errors::PGP_KEY_UNFIT,
        E::SignedElsewhere(_) => &errors::SIGNATURE_WRONG,
        E::NoSignaturePackets | E::NotBinaryDocument => &errors::SIGNATURE_MALFORMED,
        _ if field == "signature" => &errors::SIGNATURE_MALFORMED,
        _ if field == "encrypted_private_key" => &row::INVALID_FIELD,
        _ => &errors::PGP_KEY_REFUSED,
    };
    Error::because(row, format!("{field}: {why}")).with("field", field)
}

/// Converts a time of the OpenPGP library to a time stamp, with OpenPGP's precision of one second.
pub(crate) fn time_stamp(at: SystemTime) -> Timestamp {
    let seconds = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp::from_ms(i64::try_from(seconds).unwrap_or_default().saturating_mul(1000))
}
