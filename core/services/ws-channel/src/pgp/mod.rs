//! PGP keys of an account: docs/protocols/ws-channel.md §2.26, §7.

pub(crate) mod delete_key;
pub(crate) mod list_keys;
pub(crate) mod upload_key;

use bankchannel_openpgp::{OpenPgpError as PgpError, OpenPgpPublicKey, PublicKeyLimits};
use bankchannel_storage::ws_channel::{PgpPurpose, StoredPgpKey};
use bankchannel_ws_channel::model::{ListedPurpose, PgpKeyDescriptor};

use super::{fault::HandlerFault, work::InPool};

/// Reads a public key, new or registered.
pub(super) fn read_key(_: &InPool, armored: &str) -> Result<OpenPgpPublicKey, PgpError> {
    OpenPgpPublicKey::from_armored(armored.as_bytes(), PublicKeyLimits::default())
}

/// Keys as listed.
pub(super) fn descriptors(keys: &[StoredPgpKey]) -> Result<Vec<PgpKeyDescriptor>, HandlerFault> {
    keys.iter()
        .map(|key| {
            let mut made = PgpKeyDescriptor::new(key.short_id.clone());
            made.pgp_key_purpose = Some(match key.purpose {
                PgpPurpose::Authorize => ListedPurpose::Authorize,
                PgpPurpose::Export => ListedPurpose::Export,
            });
            Ok(made)
        })
        .collect()
}
