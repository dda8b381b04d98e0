//! `ShareCerts` (docs/protocols/ws-channel.md §2.15, §6.5).

use bankchannel_storage::ws_channel::{Consent, Ground, Links, ShareOutcome};
use bankchannel_ws_channel::{
    Refusal,
    errors::texts,
    model::Email,
    operations::certs::share_certs::{ShareCertsRequest, ShareCertsResponse, ShareCertsResponseFields},
};

use super::OK;
use crate::{
    config::Sharing,
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
    let is_accepted = request.accept == Some(true);
    let consent = match service.config.sharing {
        Sharing::Accepted => Consent::Asked,
        _ if is_accepted => return Err(Refusal::invalid("Accept").into()),
        Sharing::Any => Consent::NotAsked,
        Sharing::Owner => {
            // Anyone may register under a key: its users know only its owner.
            call.rely_on(Ground::Owner);
            if !session.account.as_ref().is_some_and(|account| account.is_owner) {
                return Err((&texts::OWNER_REQUIRED).into());
            }
            Consent::NotAsked
        }
    };
    let store = call.audited_store(service, target, if is_accepted { "accepts" } else { "" }).await?;
    let outcome = if is_accepted {
        store.accept_certs(&session.api_key, &session.email, target).await?
    } else {
        store.share_certs(&session.api_key, &session.email, target, consent).await?
    };
    match outcome {
        ShareOutcome::Shared(links) | ShareOutcome::Offered(links) => addresses(service, links),
        ShareOutcome::NoUser => Err((&texts::USER_ABSENT).into()),
        ShareOutcome::SameAccount | ShareOutcome::OtherOwner => Err(Refusal::invalid("ExtEmail").into()),
    }
}

/// An account's links and offers in both directions; offers only if the sharing mode uses them and there are any.
pub(super) fn addresses(service: &Service, links: Links) -> Result<ShareCertsResponse, Fault> {
    let are_offers_used = service.config.sharing == Sharing::Accepted;
    let emails = |list: Vec<String>| -> Result<Vec<Email>, Fault> {
        list.iter().map(|email| Email::new(email).map_err(Fault::internal)).collect()
    };
    Ok(ShareCertsResponse::from(ShareCertsResponseFields {
        shared_from: emails(links.from)?,
        shared_to: emails(links.to)?,
        offered_from: Some(emails(links.offered_from)?).filter(|list| are_offers_used && !list.is_empty()),
        offered_to: Some(emails(links.offered_to)?).filter(|list| are_offers_used && !list.is_empty()),
        response_text: OK.into(),
    }))
}
