//! `ExportCert` (docs/protocols/ws-channel.md §2.16, §6.4).

use bankchannel_storage::ws_channel::{CertSet, LostRight, PgpPurpose, RequiredRight, StoredPgpKey};
use bankchannel_ws_channel::{
    ServiceRefusal,
    model::{CertAndKey, CertificatePem, PgpKeyId},
    operations::certs::export_cert::{ExportCertRequest, ExportCertResponse},
    service_texts,
};

use super::{OK, material};
use crate::{HandlerFault, ServiceCall, WsChannelService, files::at, pgp::read_key, work::InPool};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: ExportCertRequest,
) -> Result<ExportCertResponse, HandlerFault> {
    let session = call.caller()?;
    let account = session.account.as_ref().ok_or(&service_texts::NO_ACCOUNT)?;
    let set = own_set(service, &session.email, &request).await?;
    // A borrower gets this error whatever keys it has: shared certificates are not exported.
    if set.is_none() && account.linked_to.is_some() {
        return Err((&service_texts::NO_CERTIFICATE).into());
    }
    let keys = service.store.pgp_keys(&session.email).await?;
    let key = export_key(&keys, &request.pgp_key_id)?;
    if !account.export_allowed {
        return Err(ServiceRefusal::invalid("Export").into());
    }
    let set = set.ok_or(&service_texts::NO_CERTIFICATE)?;
    call.rely_on(RequiredRight::Export);
    call.rely_on(RequiredRight::PgpKeys {
        purpose: PgpPurpose::Export,
        fingerprints: vec![key.fingerprint.clone()],
        least: 1,
    });
    match export(service, call, &set, key).await {
        // A renewal put another in its place meanwhile: that one is exported, as for a new request.
        Err(HandlerFault::RightsEnded(LostRight::Certificate)) => {
            let renewed = own_set(service, &session.email, &request).await?.ok_or(&service_texts::NO_CERTIFICATE)?;
            export(service, call, &renewed, key).await
        }
        done => done,
    }
}

/// The account's own certificates at the bank.
async fn own_set(
    service: &WsChannelService,
    email: &str,
    request: &ExportCertRequest,
) -> Result<Option<CertSet>, HandlerFault> {
    let sets = service.store.cert_sets(email).await?;
    Ok(sets.into_iter().find(|set| set.bank == request.bank.as_str() && set.signing.is_some()))
}

async fn export(
    service: &WsChannelService,
    call: &ServiceCall,
    set: &CertSet,
    key: &StoredPgpKey,
) -> Result<ExportCertResponse, HandlerFault> {
    let serial = set.signing.as_ref().map(|found| found.serial.clone()).unwrap_or_default();
    call.rely_on(RequiredRight::Certificate { bank: set.bank.clone(), serial });
    let mut certs_and_keys = Vec::new();
    for (purpose, found) in material::parts(set) {
        let place = material::SealedFor { email: &set.email, bank: &set.bank, purpose };
        let private = material::open(&service.keys, place, found)?.to_pkcs8_pem();
        certs_and_keys.push(CertAndKey::new(
            CertificatePem::new(&found.pem).map_err(HandlerFault::internal)?,
            encrypt(service, key.armored.clone(), private, call.now_ms).await?,
        ));
    }
    // Recorded before the export: without a record nothing is exported.
    call.record(service, &set.bank, &format!("{}, to PGP key {}", material::named(&set.ws_user_id), key.fingerprint))
        .await?;
    Ok(ExportCertResponse::new(certs_and_keys, OK.into()))
}

fn export_key<'k>(keys: &'k [StoredPgpKey], id: &PgpKeyId) -> Result<&'k StoredPgpKey, HandlerFault> {
    if keys.is_empty() {
        return Err((&service_texts::NO_PGP_KEYS).into());
    }
    let named = keys.iter().find(|key| key.short_id == id.as_str() && key.purpose == PgpPurpose::Export);
    named.ok_or_else(|| (&service_texts::EXPORT_KEY_NOT_FOUND).into())
}

async fn encrypt(
    service: &WsChannelService,
    armored: String,
    private: impl AsRef<str> + Send + 'static,
    now_ms: i64,
) -> Result<String, HandlerFault> {
    let work = move |pool: &InPool| {
        let key = read_key(pool, &armored).map_err(HandlerFault::internal)?;
        // The key was valid when registered; if it is expired or revoked by now, this fails.
        bankchannel_openpgp::encrypt(&key, private.as_ref().as_bytes(), at(now_ms))
            .map_err(|_| (&service_texts::EXPORT_KEY_NOT_FOUND).into())
    };
    service.work_pool.read(work).await?
}
