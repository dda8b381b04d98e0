//! Password hashes: Argon2id, and a count of every one computed.
//!
//! A login for an unknown user calls [`dummy_verify`], so that it costs exactly as much as a wrong password
//! (docs/protocols/ws-channel.md §3.2 check 9, §10 S10). The count lets a test prove it without measuring time.
//!
//! A hash needs 19 MiB. The buffers are reused and wiped after each hash: an allocator would keep one for every thread
//! that has ever hashed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroize;

use crate::{CryptoError, Result, digest, random};

/// Memory of one hash, KiB (OWASP's first recommendation for Argon2id: 19 MiB).
pub const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
pub const PASSES: u32 = 2;
/// Lanes.
pub const LANES: u32 = 1;

const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// The number of buffers kept for the next hash; others are returned to the system.
const IDLE: usize = 2;
/// Blocks reserved for each buffer, though not touched: 33 MiB. The GNU allocator returns a buffer of more than 32 MiB
/// to the system when it is freed, and keeps a smaller one.
const RESERVED_BLOCKS: usize = 33 * 1024;

static HASHES_RUN: AtomicU64 = AtomicU64::new(0);

/// Hashes a password for storage, as a PHC string (`$argon2id$v=19$m=19456,t=2,p=1$…`).
///
/// # Errors
/// [`CryptoError::Internal`] if its memory cannot be allocated.
pub fn hash(password: &[u8]) -> Result<String> {
    let salt: [u8; SALT_BYTES] = random::bytes();
    count();
    let failed = |_| CryptoError::Internal("password hashing");
    let out = compute(password, &salt, &params(), HASH_BYTES).map_err(failed)?;
    let phc = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: (&params()).try_into().map_err(|_| CryptoError::Internal("password hashing"))?,
        salt: Some(Salt::new(&salt).map_err(|_| CryptoError::Internal("password hashing"))?),
        hash: Some(Output::new(&out).map_err(|_| CryptoError::Internal("password hashing"))?),
    };
    Ok(phc.to_string())
}

/// Whether `password` is the one that was hashed. Runs one hash, whatever the answer.
///
/// # Errors
/// [`CryptoError::InvalidPasswordHash`] if the stored string is damaged; one hash is run then too.
pub fn verify(password: &[u8], phc: &str) -> Result<bool> {
    let Ok(StoredHash { params, salt, hash }) = parse(phc) else {
        dummy_verify(password);
        return Err(CryptoError::InvalidPasswordHash);
    };
    count();
    let computed = compute(password, &salt, &params, hash.len());
    Ok(computed.is_ok_and(|computed| digest::constant_time_eq(&computed, &hash)))
}

/// Costs as much as [`verify`] and compares with nothing: for users that do not exist.
pub fn dummy_verify(password: &[u8]) {
    count();
    std::hint::black_box(compute(password, &[0; SALT_BYTES], &params(), HASH_BYTES).is_ok());
}

/// The number of password hashes computed by this process so far.
pub fn hashes_run() -> u64 {
    HASHES_RUN.load(Ordering::SeqCst)
}

fn count() {
    HASHES_RUN.fetch_add(1, Ordering::SeqCst);
}

fn params() -> Params {
    Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within Argon2's bounds")
}

fn compute(password: &[u8], salt: &[u8], params: &Params, length: usize) -> Result<Vec<u8>, argon2::Error> {
    let mut out = vec![0; length];
    let mut memory = HashMemory::take(params.block_count());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon2.hash_password_into_with_memory(password, salt, &mut out, &mut memory.blocks[..])?;
    Ok(out)
}

/// The memory of one hash.
struct HashMemory {
    blocks: Vec<Block>,
}

static WAITING: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

impl HashMemory {
    fn take(blocks: usize) -> Self {
        let waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut memory = waiting.unwrap_or_else(|| Vec::with_capacity(RESERVED_BLOCKS.max(blocks)));
        memory.resize(blocks, Block::new());
        Self { blocks: memory }
    }
}

impl Drop for HashMemory {
    fn drop(&mut self) {
        self.blocks.iter_mut().for_each(Zeroize::zeroize);
        let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        // A buffer for other parameters is not worth keeping.
        if waiting.len() < IDLE && self.blocks.len() <= MEMORY_KIB as usize {
            waiting.push(std::mem::take(&mut self.blocks));
        }
    }
}

/// A stored hash.
struct StoredHash {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

/// Accepts only a stored hash that can be computed: anything else would make `verify` cheaper.
fn parse(phc: &str) -> Result<StoredHash, CryptoError> {
    let damaged = || CryptoError::InvalidPasswordHash;
    let stored = PasswordHash::new(phc).map_err(|_| damaged())?;
    let is_current = stored.version.is_none_or(|version| version == u32::from(Version::V0x13));
    if stored.algorithm != Algorithm::Argon2id.ident() || !is_current {
        return Err(damaged());
    }
    let params = Params::try_from(&stored).map_err(|_| damaged())?;
    let (salt, hash) = stored.salt.zip(stored.hash).ok_or_else(damaged)?;
    Ok(StoredHash { params, salt: salt.as_ref().to_vec(), hash: hash.as_bytes().to_vec() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

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
            assert_eq!(verify(b"x", damaged), Err(CryptoError::InvalidPasswordHash), "{damaged}");
            assert_eq!(ran(before), 1, "{damaged}");
        }
        assert_ne!(hash(b"x").unwrap(), hash(b"x").unwrap(), "salted");
        // The library, which allocates its own memory, gives the same result.
        let library = Argon2::default();
        let ours = hash(b"word").unwrap();
        assert!(library.verify_password(b"word", &PasswordHash::new(&ours).unwrap()).is_ok());
        let theirs = library.hash_password_with_salt(b"word", &[7; SALT_BYTES]).unwrap().to_string();
        assert_eq!((verify(b"word", &theirs), verify(b"wore", &theirs)), (Ok(true), Ok(false)));
    }

    /// A test vector of the reference implementation (phc-winner-argon2, `src/test.c`).
    #[test]
    fn hashes_of_others_are_read() {
        let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(parse(phc).is_ok());
        let StoredHash { params, salt, hash } = parse(phc).unwrap();
        assert_eq!(compute(b"password", &salt, &params, hash.len()).unwrap(), hash);
        assert_ne!(compute(b"passwore", &salt, &params, hash.len()).unwrap(), hash);
    }

    #[test]
    fn memory_is_wiped_and_little_of_it_waits() {
        std::thread::scope(|scope| {
            for _ in 0..2 * IDLE {
                // Not counted: the counter belongs to the other test.
                scope.spawn(|| compute(b"word", &[0; SALT_BYTES], &params(), HASH_BYTES).unwrap());
            }
        });
        let waiting = WAITING.lock().unwrap();
        assert!(waiting.len() <= IDLE);
        for blocks in &*waiting {
            assert!(blocks.iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
        }
    }
}
