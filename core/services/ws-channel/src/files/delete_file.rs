//! `DeleteFile` (docs/protocols/ws-channel.md §2.23).

use bankchannel_ws_channel::{
    operations::files::delete_file::{DeleteFileRequest, DeleteFileResponse},
    service_texts,
};

use super::may_transfer;
use crate::{HandlerFault, ServiceCall, WsChannelService, certs::OK};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: DeleteFileRequest,
) -> Result<DeleteFileResponse, HandlerFault> {
    may_transfer(call)?;
    let reached = service.banks.reach(service, call, request.bank).await?;
    let channel = service.banks.channel(request.bank).ok_or(&service_texts::NO_CHANNEL)?;
    let (kind, reference) = (request.file_type.as_str(), request.file_reference.as_str());
    let detail = format!("{kind} {reference}");
    let here = channel.keeps_files_here();
    let bank = request.bank.as_str();
    let store = if here {
        Some(call.audited_store(service, bank, &detail).await?)
    } else {
        // A deletion at a bank cannot be undone.
        call.store(service).await?.judge().await?;
        None
    };
    let connection = reached.connection(service, store, call.for_bank());
    channel.delete(&connection, kind, reference).await?;
    if !here {
        call.record_done(service, bank, &detail).await?;
    }
    Ok(DeleteFileResponse::new(OK.into()))
}
