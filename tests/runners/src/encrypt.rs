//! Passwords, encrypted correctly or deliberately wrongly.

use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, Pkcs1PublicEncryptingKey, PublicEncryptingKey};
use bankchannel_crypto::rsa;
use bankchannel_foundation::Secret;
use bankchannel_ws_channel::{challenge, model::Challenge};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::world::Outcome;

/// `{"password", "challenge", "shift_ms"?, "padding"?}`: for this challenge, or bound to a time stamp that is this much
/// later, or with a padding that the service does not support (`oaep-sha256`, `pkcs1`).
///
/// # Errors
/// The missing or invalid argument.
pub fn password(public_key_pem: &str, argument: &Value) -> Outcome<String> {
    let password = argument["password"].as_str().ok_or("$encrypt needs `password`")?;
    let key = rsa::RsaPublicKey::from_pem(public_key_pem).map_err(|why| why.to_string())?;
    let challenge = argument["challenge"].as_str().ok_or("$encrypt needs `challenge`")?;
    let stamp: Option<i64> = challenge.split('|').nth(1).and_then(|stamp| stamp.parse().ok());
    let shift = argument["shift_ms"].as_i64();
    let plain = || {
        stamp
            .map(|stamp| format!("{password}||{}", stamp + shift.unwrap_or(0)))
            .ok_or("the challenge has no time stamp")
    };
    let cipher = match argument["padding"].as_str() {
        Some(padding) => other_padding(&key, padding, plain()?.as_bytes())?,
        None if shift.is_some() => key.encrypt_oaep_sha1(plain()?.as_bytes()).map_err(|why| why.to_string())?,
        None => {
            let challenge = Challenge::new(challenge).map_err(|why| why.to_string())?;
            let encrypted =
                challenge::encrypt_password(&Secret::new(password), &challenge, &key).map_err(|why| why.to_string())?;
            return Ok(encrypted.expose().to_owned());
        }
    };
    Ok(STANDARD.encode(cipher))
}

fn other_padding(key: &rsa::RsaPublicKey, padding: &str, plain: &[u8]) -> Outcome<Vec<u8>> {
    let failed = |_| format!("{padding} cannot be made");
    let raw = PublicEncryptingKey::from_der(key.spki_der()).map_err(|why| why.to_string())?;
    let mut out = vec![0; key.modulus_len()];
    let length = match padding {
        "oaep-sha256" => {
            let key = OaepPublicEncryptingKey::new(raw).map_err(failed)?;
            key.encrypt(&OAEP_SHA256_MGF1SHA256, plain, &mut out, None).map_err(failed)?.len()
        }
        "pkcs1" => Pkcs1PublicEncryptingKey::new(raw).map_err(failed)?.encrypt(plain, &mut out).map_err(failed)?.len(),
        other => return Err(format!("there is no padding {other}")),
    };
    out.truncate(length);
    Ok(out)
}
