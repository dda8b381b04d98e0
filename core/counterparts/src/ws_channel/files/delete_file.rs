//! `DeleteFile` (WS Channel sheet §2.23).

use bankchannel_ws_channel::{
    errors::texts,
    operations::files::delete_file::{DeleteFileRequest, DeleteFileResponse},
};

use super::may_transfer;
use crate::ws_channel::{
    banks::{BANK_TIMEOUT, within},
    certs::OK,
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(
    service: &Service,
    call: &Call,
    request: DeleteFileRequest,
) -> Result<DeleteFileResponse, Fault> {
    let session = may_transfer(call)?;
    let reached = service.banks.reach(service, session, request.bank, call.now_ms).await?;
    let channel = service.banks.channel(request.bank).ok_or(&texts::NO_CHANNEL)?;
    let (kind, reference) = (request.file_type.as_str(), request.file_reference.as_str());
    let detail = format!("{kind} {reference}");
    let here = channel.keeps_files_here();
    let store =
        if here { call.audited_store(&service.store, request.bank.as_str(), &detail) } else { service.store.clone() };
    let connection = reached.connection(service, store, call.now_ms);
    within(BANK_TIMEOUT, channel.delete(&connection, kind, reference)).await?;
    if !here {
        call.record(&service.store, request.bank.as_str(), &detail).await?;
    }
    Ok(DeleteFileResponse { response_text: OK.into() })
}
