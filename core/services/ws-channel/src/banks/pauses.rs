//! Banks to which the operator lets no upload go. Other calls, and uploads that are journalled, go on.

use bankchannel_foundation::model::Timestamp;
use bankchannel_storage::ws_channel::BankPause;
use bankchannel_ws_channel::{ServiceRefusal, model::Bank, service_texts};

use crate::{HandlerFault, ServiceCall, WsChannelService};

/// The operation that sends something to a bank that cannot be taken back.
const UPLOAD: &str = "ws_channel.upload_file";

/// Refuses an upload to a paused bank before its body is taken. It is judged again in the transaction that journals it.
///
/// # Errors
/// The text of a paused bank; store faults.
pub(crate) async fn refuse_if_paused(
    service: &WsChannelService,
    call: &ServiceCall,
    bank: &str,
) -> Result<(), HandlerFault> {
    let Some(bank) = Bank::from_text(bank).filter(|_| call.operation == UPLOAD) else { return Ok(()) };
    match service.store.bank_pause(bank.as_str()).await? {
        Some(pause) => Err(paused(call, &pause).into()),
        None => Ok(()),
    }
}

/// The refusal of an upload to a paused bank, with the operator's reason.
pub(crate) fn paused(call: &ServiceCall, pause: &BankPause) -> ServiceRefusal {
    call.concerns(&pause.bank, &format!("the bank is paused: {}", pause.reason));
    let since = Timestamp::from_ms(pause.since);
    ServiceRefusal::from(&service_texts::UPLOADS_PAUSED).with_detail(format!("{} (since {since})", pause.reason))
}
