//! `UploadKey` (docs/protocols/ws-channel.md §2.26, §7).

use bankchannel_openpgp::OpenPgpError as PgpError;
use bankchannel_storage::ws_channel::{AddKeyOutcome, NewPgpKey, PgpPurpose, StoredPgpKey as StoredKey};
use bankchannel_ws_channel::{
    ServiceRefusal,
    model::{PgpKey, PgpKeyPurpose},
    operations::pgp::upload_key::{UploadKeyRequest, UploadKeyResponse},
    service_texts,
};

use super::read_key;
use crate::{HandlerFault, ServiceCall, WsChannelService, certs::OK, files::at, work::InPool};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: UploadKeyRequest,
) -> Result<UploadKeyResponse, HandlerFault> {
    let session = call.caller()?;
    let (purpose, now_ms) = (request.pgp_key_purpose, call.now_ms);
    let examined = service.work_pool.read(move |pool| examine(pool, &request.pgp_key, purpose, now_ms)).await?;
    if examined.is_err() {
        service.limits.refused_signature(&session.api_key, now_ms);
    }
    let (key, fits) = examined?;
    if let Err(why) = fits {
        // A key registered for the other purpose is refused for that reason, whatever else is wrong with it.
        let known = service.store.pgp_keys(&session.email).await?;
        let elsewhere = known.iter().any(|k| k.fingerprint == key.fingerprint && k.purpose != key.purpose);
        let refusal = ServiceRefusal::invalid(if elsewhere { "PgpKeyPurpose" } else { "PgpKey" });
        return Err(if elsewhere { refusal } else { refusal.with_detail(why) }.into());
    }
    let detail = format!("{} {}", key.purpose.as_str(), key.fingerprint);
    let store = call.audited_store(service, &key.short_id, &detail).await?;
    match store.add_pgp_key(NewPgpKey { email: session.email.clone(), key }).await? {
        AddKeyOutcome::Added | AddKeyOutcome::Unchanged => Ok(UploadKeyResponse::new(OK.into())),
        AddKeyOutcome::OtherPurpose => Err(ServiceRefusal::invalid("PgpKeyPurpose").into()),
        AddKeyOutcome::ShortIdTaken | AddKeyOutcome::TooMany => Err(ServiceRefusal::invalid("PgpKey").into()),
        AddKeyOutcome::NoAccount => Err((&service_texts::NO_ACCOUNT).into()),
    }
}

/// Reads a key from foreign bytes and checks that it is suitable for its purpose.
fn examine(
    pool: &InPool,
    armored: &PgpKey,
    purpose: PgpKeyPurpose,
    now_ms: i64,
) -> Result<(StoredKey, Result<(), PgpError>), HandlerFault> {
    let key = read_key(pool, armored.expose()).map_err(|why| {
        let refusal = match &why {
            PgpError::NoKey | PgpError::InvalidKey(_) => ServiceRefusal::from(&service_texts::PGP_KEY_UNREADABLE),
            _ => ServiceRefusal::invalid("PgpKey"),
        };
        refusal.with_detail(why)
    })?;
    let now = at(now_ms);
    let (purpose, fits) = match purpose {
        PgpKeyPurpose::Authorize => (PgpPurpose::Authorize, key.check_signing(now)),
        PgpKeyPurpose::Export => (PgpPurpose::Export, key.check_encryption(now)),
    };
    let fits = if key.revoked(now) { Err(PgpError::KeyRevoked) } else { fits };
    let stored = StoredKey {
        fingerprint: key.fingerprint(),
        short_id: key.short_id(),
        purpose,
        armored: key.to_armored().map_err(HandlerFault::internal)?,
        added: now_ms,
    };
    Ok((stored, fits))
}
