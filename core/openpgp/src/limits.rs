//! Bounds on foreign bytes (docs/protocols/ws-channel.md §5.2, §7 and §10 S29).

/// Largest armored foreign key accepted, bytes (docs/protocols/ws-channel.md §7).
pub const MAX_KEY_BYTES: usize = 64 * 1024;
/// Largest private key file of our own user, bytes. Private keys are larger than public ones.
pub const MAX_PRIVATE_KEY_BYTES: usize = 256 * 1024;
/// Maximum number of armored blocks of one key: programs write one.
pub const MAX_KEY_BLOCKS: usize = 4;
/// Maximum number of user ids and user attributes of one key (docs/protocols/ws-channel.md §7).
pub const MAX_USER_IDS: usize = 10;
/// Maximum number of subkeys of one key: a new subkey each year stays far below.
pub const MAX_SUBKEYS: usize = 32;
/// Maximum number of packets of one key: the largest real keys with ten user ids stay far below.
pub const MAX_KEY_PACKETS: usize = 256;
/// Largest public key packet, bytes: an RSA key of 16384 bits.
pub const MAX_PUBLIC_KEY_PACKET_BYTES: usize = 2 * 1024 + 64;
/// Largest private key packet, bytes: an RSA key of 16384 bits.
pub const MAX_PRIVATE_KEY_PACKET_BYTES: usize = 8 * 1024;
/// Largest user id, bytes.
pub const MAX_USER_ID_BYTES: usize = 2 * 1024;
/// Largest signature packet of a key, bytes: with the embedded signature of a subkey, notations and preferences.
pub const MAX_KEY_SIGNATURE_BYTES: usize = 8 * 1024;
/// Maximum number of armored blocks in one signature field (docs/protocols/ws-channel.md §5.2).
pub const MAX_SIGNATURE_BLOCKS: usize = 10;
/// Maximum armored signature text, bytes. Ten signatures by keys of 4096 bits, as gpg armors them, take 8,330 bytes;
/// with
/// a user id, a notation and a policy address in each 10,530.
pub const MAX_SIGNATURE_BYTES: usize = 16 * 1024;
/// Largest signature packet over a document, bytes: one by a key of 4096 bits takes 563.
pub const MAX_SIGNATURE_PACKET_BYTES: usize = 2 * 1024;
/// Maximum number of signature packets in all blocks together: each costs one public-key operation per matching key.
pub const MAX_SIGNATURES: usize = MAX_SIGNATURE_BLOCKS;
/// Maximum number of subpackets of one signature, hashed and unhashed together: gpg writes three, ten on keys.
pub const MAX_SUBPACKETS: usize = 32;
/// Maximum number of issuers that one signature may name: programs write a key id and a fingerprint.
pub const MAX_ISSUERS: usize = 4;
/// Maximum number of keys that sign one document in one call: one block each.
pub const MAX_SIGNERS: usize = MAX_SIGNATURE_BLOCKS;
/// Maximum number of header lines of one armored block, such as `Version:` and `Comment:`.
pub const MAX_ARMOR_HEADERS: usize = 16;
/// Longest header line of armor, bytes.
pub const MAX_ARMOR_HEADER_BYTES: usize = 1024;
/// Largest encrypted message that [`decrypt`](crate::decrypt) reads, bytes of armor.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Maximum number of recipients of an encrypted message: a hidden one costs one private-key operation per key.
pub const MAX_RECIPIENTS: usize = 16;
/// Maximum number of packets of an encrypted message, those inside it included: recipients, and a signed document with
/// its signers.
pub const MAX_MESSAGE_PACKETS: usize = 64;
/// Largest plaintext that [`decrypt`](crate::decrypt) returns, bytes.
pub const MAX_PLAINTEXT_BYTES: usize = 1024 * 1024;
/// Smallest RSA modulus accepted for signing and encryption, bits (docs/protocols/ws-channel.md §5.2).
pub const MIN_RSA_BITS: usize = 2048;
/// Largest RSA modulus accepted for signing and encryption, bits: signatures by larger keys are not verified here.
pub const MAX_RSA_BITS: usize = 4096;
/// Largest numbers of a DSA key, bits: its prime and its subprime. The time of a verification grows with both.
pub const MAX_DSA_BITS: (usize, usize) = (4096, 512);
/// Longest name or email in a generated user id, bytes.
pub const MAX_USER_ID_PART_BYTES: usize = 256;
