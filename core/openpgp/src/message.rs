//! Encrypted messages: exporting secrets to a customer's key (docs/protocols/ws-channel.md §6.4), and reading them.

use std::cell::Cell;
use std::io::{Read, Write};
use std::rc::Rc;
use std::time::SystemTime;

use sequoia_openpgp::armor::Kind;
use sequoia_openpgp::crypto::{Decryptor, SessionKey};
use sequoia_openpgp::packet::key::{SecretParts, UnspecifiedRole};
use sequoia_openpgp::packet::{Key, PKESK, Packet, SKESK};
use sequoia_openpgp::parse::stream::{DecryptionHelper, DecryptorBuilder, MessageStructure, VerificationHelper};
use sequoia_openpgp::parse::{PacketParser, Parse};
use sequoia_openpgp::serialize::stream::{Encryptor, LiteralWriter, Message, Recipient};
use sequoia_openpgp::types::{CompressionAlgorithm, Features, SymmetricAlgorithm};
use sequoia_openpgp::{Cert, KeyHandle};
use zeroize::Zeroizing;

use crate::key::{encryption_keys, open_keys, policy, why_no_encryption_key};
use crate::limits::{MAX_MESSAGE_BYTES, MAX_MESSAGE_PACKETS, MAX_PLAINTEXT_BYTES};
use crate::{OpenPgpError, OpenPgpPrivateKey, OpenPgpPublicKey, Result, armor, framing};

/// Encrypts `plaintext` to every key and subkey of `to` that is valid for encryption at `now`: AES-256, integrity
/// protected (version 1, which every OpenPGP program reads), unsigned, armored as `PGP MESSAGE`.
///
/// # Errors
/// [`OpenPgpError::NoEncryptionKey`], [`OpenPgpError::KeyRevoked`], [`OpenPgpError::KeyExpired`], [`OpenPgpError::UnsupportedAlgorithm`].
pub fn encrypt(to: &OpenPgpPublicKey, plaintext: &[u8], now: SystemTime) -> Result<String> {
    let keys = encryption_keys(&to.cert, now);
    if keys.is_empty() {
        return Err(why_no_encryption_key(&to.cert, now));
    }
    let recipients = keys.iter().map(|key| {
        let handle = KeyHandle::from(key.keyid());
        Recipient::new(Features::empty().set_seipdv1(), handle, key)
    });
    let mut packets = Vec::new();
    (|| -> sequoia_openpgp::Result<()> {
        let message = Encryptor::for_recipients(Message::new(&mut packets), recipients)
            .symmetric_algo(SymmetricAlgorithm::AES256)
            .build()?;
        let mut literal = LiteralWriter::new(message).build()?;
        literal.write_all(plaintext)?;
        literal.finalize()
    })()
    .map_err(|_| OpenPgpError::Internal("encryption"))?;
    armor::encode(Kind::Message, &packets)
}

/// Decrypts an armored message with an unlocked private key. Signatures inside are ignored.
///
/// An expired key still decrypts: messages encrypted to it should stay readable.
///
/// # Errors
/// [`OpenPgpError::Locked`], [`OpenPgpError::TooLarge`], [`OpenPgpError::TooMany`], [`OpenPgpError::NotArmored`], [`OpenPgpError::InvalidFormat`],
/// [`OpenPgpError::DecryptionFailed`], [`OpenPgpError::Compressed`].
pub fn decrypt(key: &OpenPgpPrivateKey, armored: &[u8], now: SystemTime) -> Result<Zeroizing<Vec<u8>>> {
    if armored.len() > MAX_MESSAGE_BYTES {
        return Err(OpenPgpError::TooLarge { what: "the message", limit: MAX_MESSAGE_BYTES, actual: armored.len() });
    }
    if key.is_locked() {
        return Err(OpenPgpError::Locked);
    }
    let blocks = armor::decode_blocks(armored, armor::MESSAGE, 1)?;
    framing::message(&blocks[0])?;
    let policy = policy(now);
    let (compressed, packets) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(0)));
    let failed = || match (compressed.get(), packets.get() > MAX_MESSAGE_PACKETS) {
        (true, _) => OpenPgpError::Compressed,
        (_, true) => OpenPgpError::TooMany { what: "packets in a message", limit: MAX_MESSAGE_PACKETS },
        _ => OpenPgpError::DecryptionFailed,
    };
    let keys =
        RecipientKeys { open: open_keys(&key.cert), compressed: Rc::clone(&compressed), packets: Rc::clone(&packets) };
    let mut reader = DecryptorBuilder::from_bytes(&blocks[0])
        .and_then(|builder| builder.with_policy(&policy, now, keys))
        .map_err(|_| failed())?;
    let mut plaintext = Zeroizing::new(Vec::with_capacity(armored.len()));
    // Only the end of the message proves its integrity: nothing is returned before it is reached.
    let limit = MAX_PLAINTEXT_BYTES as u64 + 1;
    reader.by_ref().take(limit).read_to_end(&mut plaintext).map_err(|_| failed())?;
    if plaintext.len() > MAX_PLAINTEXT_BYTES {
        return Err(OpenPgpError::TooLarge {
            what: "the plaintext",
            limit: MAX_PLAINTEXT_BYTES,
            actual: plaintext.len(),
        });
    }
    Ok(plaintext)
}

struct RecipientKeys {
    open: Vec<Key<SecretParts, UnspecifiedRole>>,
    /// Set if the decrypted packets are compressed, which then makes reading them fail.
    compressed: Rc<Cell<bool>>,
    /// The number of packets seen, including encrypted ones. The library's time grows with its square.
    packets: Rc<Cell<usize>>,
}

impl VerificationHelper for RecipientKeys {
    fn inspect(&mut self, parser: &PacketParser<'_>) -> sequoia_openpgp::Result<()> {
        if let Packet::CompressedData(packet) = &parser.packet
            && packet.algo() != CompressionAlgorithm::Uncompressed
        {
            self.compressed.set(true);
        }
        self.packets.set(self.packets.get() + 1);
        if self.packets.get() > MAX_MESSAGE_PACKETS { Err(OpenPgpError::DecryptionFailed.into()) } else { Ok(()) }
    }

    fn get_certs(&mut self, _ids: &[KeyHandle]) -> sequoia_openpgp::Result<Vec<Cert>> {
        Ok(Vec::new())
    }

    fn check(&mut self, _structure: MessageStructure<'_>) -> sequoia_openpgp::Result<()> {
        Ok(())
    }
}

impl DecryptionHelper for RecipientKeys {
    fn decrypt(
        &mut self,
        pkesks: &[PKESK],
        _skesks: &[SKESK],
        algorithm: Option<SymmetricAlgorithm>,
        decrypt: &mut dyn FnMut(Option<SymmetricAlgorithm>, &SessionKey) -> bool,
    ) -> sequoia_openpgp::Result<Option<Cert>> {
        for key in &self.open {
            let handle = key.key_handle();
            let mut pair = key.clone().into_keypair()?;
            for pkesk in pkesks {
                // A message may hide its recipient; then every key is tried.
                if pkesk.recipient().is_some_and(|recipient| !recipient.aliases(&handle)) {
                    continue;
                }
                let opened = pkesk.decrypt(&mut pair as &mut dyn Decryptor, algorithm);
                if opened.is_some_and(|(algorithm, session)| decrypt(algorithm, &session)) {
                    return Ok(None);
                }
            }
        }
        Err(OpenPgpError::DecryptionFailed.into())
    }
}
