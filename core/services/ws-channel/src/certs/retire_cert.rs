//! `RetireCert` (docs/protocols/ws-channel.md §2.19, §6.6).

use bankchannel_crypto::{digest, random};
use bankchannel_storage::ws_channel::{FileScope, RequiredRight, RetireOutcome};
use bankchannel_ws_channel::{
    operations::certs::retire_cert::{RetireCertRequest, RetireCertResponse},
    service_texts,
};

use super::{OK, material};
use crate::{HandlerFault, ServiceCall, WsChannelService};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: RetireCertRequest,
) -> Result<RetireCertResponse, HandlerFault> {
    let session = call.caller()?;
    let is_owner = session.account.as_ref().is_some_and(|account| account.is_owner);
    let email = match &request.account {
        Some(_) if !is_owner => return Err((&service_texts::OWNER_REQUIRED).into()),
        Some(account) => {
            call.rely_on(RequiredRight::Owner);
            account.as_str()
        }
        None => &session.email,
    };
    let scope =
        FileScope { api_key: session.api_key.clone(), email: email.to_owned(), bank: request.bank.as_str().to_owned() };
    let sets = service.store.cert_sets(email).await?;
    let user = sets.into_iter().find(|set| set.bank == scope.bank).map(|set| material::named(&set.ws_user_id));
    let detail = user.map_or_else(|| email.to_owned(), |user| format!("{email}, {user}"));
    call.concerns(&scope.bank, &detail);
    let suffix = digest::hex(&random::bytes::<4>());
    let store = call.audited_store(service, &scope.bank, &detail).await?;
    match store.retire_certs(&scope, &suffix, call.now_ms).await? {
        RetireOutcome::Retired { name } => Ok(RetireCertResponse::new(request.bank.to_string(), vec![name], OK.into())),
        RetireOutcome::NothingActive => Err((&service_texts::NO_CERTIFICATE).into()),
        RetireOutcome::NoAccount => Err((&service_texts::USER_ABSENT).into()),
    }
}
