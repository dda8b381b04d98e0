//! Says what a PGP key is.

use bankchannel_foundation::{Boundary, Declaration, Error, Local, LocalContext, Operation, model::Timestamp};
use bankchannel_openpgp as openpgp;

use crate::{
    model::{PgpKey, PgpKeyId},
    pgp, route,
};

/// The key to look at.
#[derive(Debug, Clone, Boundary)]
pub struct InspectKeyRequest {
    /// One ASCII-armored key, public or private.
    pub key: PgpKey,
}

/// What it is. Nothing here is secret.
#[derive(Debug, Clone, Boundary)]
pub struct InspectKeyResponse {
    /// The fingerprint: 40 upper-case hex digits.
    pub fingerprint: String,
    /// The short id, by which the service lists the key.
    pub pgp_key_id: PgpKeyId,
    /// The user ids: names and e-mail addresses, as the key itself says.
    pub user_ids: Vec<String>,
    /// The algorithm as GnuPG spells it, such as `ed25519` or `rsa3072`.
    pub algorithm: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it expires; left out when it never does.
    pub expires: Option<Timestamp>,
    /// Whether its owner has revoked it.
    pub revoked: bool,
    /// Whether it may sign now: what an authorize key must.
    pub can_sign: bool,
    /// Whether it may be encrypted to now: what an export key must.
    pub can_encrypt: bool,
    /// Whether the private key is there.
    pub private: bool,
    /// Whether the private key needs a passphrase.
    pub locked: bool,
}

/// Says what a PGP key is.
#[derive(Debug)]
pub struct InspectKey;

impl Operation for InspectKey {
    type Request = InspectKeyRequest;
    type Response = InspectKeyResponse;
    const DECLARATION: Declaration = route::local(
        "ws_channel.inspect_key",
        "pgp",
        "Say what a PGP key is and what it may be used for",
        "Reads a public or private key and says whose it is and whether it can sign and be encrypted to at this moment. A private \
         key need not be unlocked. User ids are what the key's maker wrote: they prove nothing.",
        pgp::KEY_ERRORS,
    );
}

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
