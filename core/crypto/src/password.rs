//! Password hashes: Argon2id, and a count of every one computed.
//!
//! A login for an unknown user calls [`dummy_verify`], so that it costs exactly what a wrong password costs
//! (WS Channel sheet §3.2 check 9, §10 S10). The count lets a test prove it without measuring time.

use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::{Error, Result, random};

/// Memory of one hash, KiB (OWASP's first recommendation for Argon2id: 19 MiB).
pub const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
pub const PASSES: u32 = 2;
/// Lanes.
pub const LANES: u32 = 1;

const SALT_BYTES: usize = 16;

static HASHES_RUN: AtomicU64 = AtomicU64::new(0);

/// Hashes a password for storage, as a PHC string (`$argon2id$v=19$m=19456,t=2,p=1$…`).
///
/// # Errors
/// [`Error::Internal`] if the memory for it cannot be had.
pub fn hash(password: &[u8]) -> Result<String> {
    let salt: [u8; SALT_BYTES] = random::bytes();
    let hasher = hasher();
    count();
    let phc = hasher.hash_password_with_salt(password, &salt).map_err(|_| Error::Internal("password hashing"))?;
    Ok(phc.to_string())
}

/// Whether `password` is the one that was hashed. Runs one hash, whatever the answer.
///
/// # Errors
/// [`Error::InvalidPasswordHash`] if the stored string is damaged; one hash is run then too.
pub fn verify(password: &[u8], phc: &str) -> Result<bool> {
    let Ok(stored) = parse(phc) else {
        dummy_verify(password);
        return Err(Error::InvalidPasswordHash);
    };
    count();
    Ok(hasher().verify_password(password, &stored).is_ok())
}

/// Costs what [`verify`] costs and compares with nothing: for users that do not exist.
pub fn dummy_verify(password: &[u8]) {
    count();
    let mut out = [0; 32];
    let result = hasher().hash_password_into(password, &[0; SALT_BYTES], &mut out);
    std::hint::black_box((result.is_ok(), out));
}

/// How many password hashes this process has computed since it started.
pub fn hashes_run() -> u64 {
    HASHES_RUN.load(Ordering::SeqCst)
}

fn count() {
    HASHES_RUN.fetch_add(1, Ordering::SeqCst);
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A stored hash that can be computed: anything else would make `verify` cheaper.
fn parse(phc: &str) -> Result<PasswordHash, Error> {
    let stored = PasswordHash::new(phc).map_err(|_| Error::InvalidPasswordHash)?;
    let complete = stored.salt.is_some() && stored.hash.is_some() && stored.algorithm.as_str() == "argon2id";
    let computable = Params::try_from(&stored).is_ok();
    if complete && computable { Ok(stored) } else { Err(Error::InvalidPasswordHash) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// One test, because the counter is shared by the process.
    #[test]
    fn one_hash_each_whatever_the_answer() {
        let before = hashes_run();
        let ran = |since: u64| hashes_run() - since;
        let phc = hash("Toddler_..äöå🔐".as_bytes()).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_eq!(ran(before), 1);
        assert!(verify("Toddler_..äöå🔐".as_bytes(), &phc).unwrap());
        assert_eq!(ran(before), 2);
        assert!(!verify(b"wrong", &phc).unwrap());
        assert_eq!(ran(before), 3);
        dummy_verify(b"wrong");
        assert_eq!(ran(before), 4);
        for damaged in ["", "plain", "$argon2id$v=19$m=19456,t=2,p=1", "$argon2id$v=19$m=1,t=2,p=1$c2FsdHNhbHQ$aGFzaA"]
        {
            let before = hashes_run();
            assert_eq!(verify(b"x", damaged), Err(Error::InvalidPasswordHash), "{damaged}");
            assert_eq!(ran(before), 1, "{damaged}");
        }
        assert_ne!(hash(b"x").unwrap(), hash(b"x").unwrap(), "salted");
    }

    /// A vector of the reference implementation's own test suite (phc-winner-argon2, `src/test.c`).
    #[test]
    fn hashes_of_others_are_read() {
        let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(parse(phc).is_ok());
        assert!(hasher().verify_password(b"password", &parse(phc).unwrap()).is_ok());
        assert!(hasher().verify_password(b"passwore", &parse(phc).unwrap()).is_err());
    }
}
