//! `ShareCerts` (WS Channel sheet §2.15, §6.5).

use bankchannel_storage::{Links, ShareOutcome};
use bankchannel_ws_channel::{
    Refusal,
    errors::texts,
    model::Email,
    operations::certs::share_certs::{ShareCertsRequest, ShareCertsResponse},
};

use super::OK;
use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(
    service: &Service,
    call: &Call,
    request: ShareCertsRequest,
) -> Result<ShareCertsResponse, Fault> {
    let session = call.caller()?;
    let target = request.ext_email.as_str();
    let store = call.audited_store(service, target, "").await?;
    match store.share_certs(&session.api_key, &session.email, target).await? {
        ShareOutcome::Shared(links) => {
            let (shared_from, shared_to) = addresses(links)?;
            Ok(ShareCertsResponse { shared_from, shared_to, response_text: OK.into() })
        }
        ShareOutcome::NoUser => Err((&texts::USER_ABSENT).into()),
        ShareOutcome::SameAccount | ShareOutcome::OtherOwner => Err(Refusal::invalid("ExtEmail").into()),
    }
}

/// Both directions of an account's links, as addresses.
pub(super) fn addresses(links: Links) -> Result<(Vec<Email>, Vec<Email>), Fault> {
    let emails = |list: Vec<String>| -> Result<Vec<Email>, Fault> {
        list.iter().map(|email| Email::new(email).map_err(Fault::internal)).collect()
    };
    Ok((emails(links.from)?, emails(links.to)?))
}
