//! Reports the properties of a PGP key.

use bankchannel_foundation::prelude::*;
use bankchannel_openpgp as openpgp;

use crate::{
    declare,
    model::{PgpKey, PgpKeyId},
    pgp,
};

/// The key to inspect.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct InspectKeyRequest {
    /// One ASCII-armored key, public or private.
    pub key: PgpKey,
}

/// The key's properties. None of them is secret.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct InspectKeyResponse {
    /// The fingerprint: 40 upper-case hex digits.
    pub fingerprint: String,
    /// The short id that the service lists.
    pub pgp_key_id: PgpKeyId,
    /// The user ids in the key: names and e-mail addresses.
    pub user_ids: Vec<String>,
    /// The algorithm as GnuPG spells it, such as `ed25519` or `rsa3072`.
    pub algorithm: String,
    /// The creation time.
    pub created: Timestamp,
    /// The expiry. Absent if the key never expires.
    pub expires: Option<Timestamp>,
    /// Whether the owner has revoked the key.
    pub revoked: bool,
    /// Whether the key can sign now, which an authorize key must.
    pub can_sign: bool,
    /// Whether data can be encrypted to the key now, which an export key must allow.
    pub can_encrypt: bool,
    /// Whether the private key is included.
    pub private: bool,
    /// Whether the private key needs a passphrase.
    pub locked: bool,
}

/// Show the properties and the possible uses of a PGP key.
///
/// Reads a public or private key and shows its owner and whether it can sign and be encrypted to at this moment. A
/// private key need not be unlocked. The maker of the key chose the user ids: they prove nothing.
#[derive(Debug, Operation)]
#[operation(InspectKeyRequest => InspectKeyResponse)]
#[declaration(commands: COMMANDS, ..declare::local("ws_channel.inspect_key", "pgp"))]
#[errors(..pgp::KEY_ERRORS)]
pub struct InspectKey;

const EXAMPLES: &str = "Examples:\n  bankchannel pgp inspect authorize-public.asc";

const COMMANDS: &[Command] = &[Command::named("inspect")
    .with_examples(EXAMPLES)
    .with_form(&CommandForm::new("Show a key file: fingerprint, ids, algorithm, permitted use"))];

impl Local for InspectKey {
    fn run(request: InspectKeyRequest, with: LocalContext<'_>) -> Result<InspectKeyResponse, Error> {
        let info =
            openpgp::inspect(request.key.expose().as_bytes(), with.now()).map_err(|why| pgp::fault("key", why))?;
        Ok(InspectKeyResponse {
            fingerprint: info.fingerprint,
            pgp_key_id: PgpKeyId::new(&info.short_id)?,
            user_ids: info.user_ids,
            algorithm: info.algorithm,
            created: pgp::time_stamp(info.created),
            expires: info.expires.map(pgp::time_stamp),
            revoked: info.revoked,
            can_sign: info.can_sign,
            can_encrypt: info.can_encrypt,
            private: info.secret,
            locked: info.locked,
        })
    }
}
