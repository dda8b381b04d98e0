//! Bounds on foreign bytes (WS Channel sheet §5.2, §7 and §10 S29).

/// Largest armored key accepted from somebody else, bytes (sheet §7).
pub const MAX_KEY_BYTES: usize = 64 * 1024;
/// Largest private key file of our own user, bytes. Private keys hold more than public ones.
pub const MAX_PRIVATE_KEY_BYTES: usize = 256 * 1024;
/// Most user ids and user attributes of one key (sheet §7).
pub const MAX_USER_IDS: usize = 10;
/// Most packets of one key: the largest real keys with ten user ids stay far below.
pub const MAX_KEY_PACKETS: usize = 256;
/// Most armored blocks in one signature field (sheet §5.2).
pub const MAX_SIGNATURE_BLOCKS: usize = 10;
/// Most armored signature text, bytes (sheet §5.2).
pub const MAX_SIGNATURE_BYTES: usize = 64 * 1024;
/// Most signature packets in all blocks together: each costs one public-key operation per matching key.
pub const MAX_SIGNATURES: usize = 32;
/// Most keys that sign one document in one call: one block each.
pub const MAX_SIGNERS: usize = MAX_SIGNATURE_BLOCKS;
/// Largest encrypted message that [`decrypt`](crate::decrypt) reads, bytes of armor.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Largest plaintext that [`decrypt`](crate::decrypt) returns, bytes.
pub const MAX_PLAINTEXT_BYTES: usize = 1024 * 1024;
/// Smallest RSA modulus that may sign or be encrypted to, bits (sheet §5.2).
pub const MIN_RSA_BITS: usize = 2048;
/// Longest name or email in a generated user id, bytes.
pub const MAX_USER_ID_PART_BYTES: usize = 256;
