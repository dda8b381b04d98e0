//! `ShareCerts` (docs/protocols/ws-channel.md §2.15, §6.5).

use bankchannel_storage::ws_channel::{AccountLinks, LendingConsent, RequiredRight, ShareOutcome};
use bankchannel_ws_channel::{
    ServiceRefusal,
    model::Email,
    operations::certs::share_certs::{ShareCertsRequest, ShareCertsResponse},
    service_texts,
};

use super::OK;
use crate::{HandlerFault, ServiceCall, WsChannelService, config::Sharing};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: ShareCertsRequest,
) -> Result<ShareCertsResponse, HandlerFault> {
    let session = call.caller()?;
    let target = request.ext_email.as_str();
    let is_accepted = request.accept == Some(true);
    let consent = match service.config().sharing {
        Sharing::Accepted => LendingConsent::Asked,
        _ if is_accepted => return Err(ServiceRefusal::invalid("Accept").into()),
        Sharing::Any => LendingConsent::NotAsked,
        Sharing::Owner => {
            // Anyone may register under a key: its users know only its owner.
            call.rely_on(RequiredRight::Owner);
            if !session.account.as_ref().is_some_and(|account| account.is_owner) {
                return Err((&service_texts::OWNER_REQUIRED).into());
            }
            LendingConsent::NotAsked
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
        ShareOutcome::NoUser => Err((&service_texts::USER_ABSENT).into()),
        ShareOutcome::SameAccount | ShareOutcome::OtherOwner => Err(ServiceRefusal::invalid("ExtEmail").into()),
    }
}

/// An account's links and offers in both directions; offers only if the sharing mode uses them and there are any.
pub(super) fn addresses(service: &WsChannelService, links: AccountLinks) -> Result<ShareCertsResponse, HandlerFault> {
    let are_offers_used = service.config().sharing == Sharing::Accepted;
    let emails = |list: Vec<String>| -> Result<Vec<Email>, HandlerFault> {
        list.iter().map(|email| Email::new(email).map_err(HandlerFault::internal)).collect()
    };
    let mut made = ShareCertsResponse::new(emails(links.from)?, emails(links.to)?, OK.into());
    made.offered_from = Some(emails(links.offered_from)?).filter(|list| are_offers_used && !list.is_empty());
    made.offered_to = Some(emails(links.offered_to)?).filter(|list| are_offers_used && !list.is_empty());
    Ok(made)
}
