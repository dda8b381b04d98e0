//! `DeleteAccount` (docs/protocols/ws-channel.md §2.25).

use bankchannel_storage::ws_channel::DeleteOutcome;
use bankchannel_ws_channel::{
    ServiceRefusal,
    model::Deleted,
    operations::integrator::delete_account::{DeleteAccountRequest, DeleteAccountResponse},
    service_texts,
};

use crate::{HandlerFault, ServiceCall, WsChannelService, certs::OK, files::content};

/// Maximum age of the login.
const LOGIN_AGE_MS: i64 = 600 * 1000;

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: DeleteAccountRequest,
) -> Result<DeleteAccountResponse, HandlerFault> {
    let session = call.caller()?;
    if call.now_ms - session.auth_time > LOGIN_AGE_MS {
        return Err((&service_texts::LOGIN_TOO_OLD).into());
    }
    if request.confirm != request.email.as_str() {
        return Err(ServiceRefusal::invalid("Confirm").into());
    }
    let email = request.email.email();
    let store = call.audited_store(service, email.as_str(), "").await?;
    match store.delete_account(&session.api_key, email.as_str()).await? {
        DeleteOutcome::Deleted { admin, data, account, content: paths } => {
            content::discard(service, &paths).await;
            let deleted = Deleted::new(admin, data, account);
            Ok(DeleteAccountResponse::new(deleted, email, OK.into()))
        }
        DeleteOutcome::Absent => Err((&service_texts::USER_ABSENT).into()),
        DeleteOutcome::Owner => Err(ServiceRefusal::invalid("Email").into()),
        DeleteOutcome::Disabled => Err((&service_texts::ACCOUNT_OFF).into()),
    }
}
