//! `DownloadFile` (docs/protocols/ws-channel.md §2.22, §5.4).

use std::{io::Read, path::PathBuf};

use bankchannel_foundation::{
    Error,
    error::row,
    model::{Content, ContentPieces},
};
use bankchannel_storage::ws_channel::FileScope;
use bankchannel_transport::background;
use bankchannel_ws_channel::{
    ServiceRefusal,
    operations::files::download_file::{DownloadFileRequest, DownloadFileResponse},
    service_texts,
};
use bytes::Bytes;

use super::{may_transfer, settling};
use crate::{HandlerFault, ServiceCall, WsChannelService, certs::OK, service::SettlingStore};
use bankchannel_server::private;

/// Bytes read at a time, and sent at a time.
const STEP: usize = 12 * 1024;

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: DownloadFileRequest,
) -> Result<DownloadFileResponse, HandlerFault> {
    may_transfer(call)?;
    let reached = service.banks.reach(service, call, request.bank).await?;
    let channel = service.banks.channel(request.bank).ok_or(&service_texts::NO_CHANNEL)?;
    let (kind, reference) = (request.file_type.as_str(), request.file_reference.as_str());
    let connection = reached.connection(service, None, call.for_bank());
    let found = channel.download(&connection, kind, reference).await?;
    if found.content.known_size().is_some_and(|size| size > service.config().max_file_bytes) {
        return Err((&service_texts::BANK_DATA_ERROR).into());
    }
    if let Content::Bytes(bytes) = &found.content
        && !channel.keeps_files_here()
    {
        settling::settle_by(service, call, &reached.scope, bytes).await?;
    }
    let (bank, detail) = (request.bank.as_str(), format!("{kind} {reference}"));
    let content = match found.content {
        // All of it is in memory: marked and recorded in one transaction, then sent.
        Content::Bytes(bytes) if found.mark => {
            let store = call.audited_as(service, bank, &detail, "done").await?;
            store.mark_downloaded(&reached.scope, reference).await?;
            Content::Bytes(bytes)
        }
        Content::File { path, size } => {
            let opened = path.clone();
            let opened = background::blocking(move || private::open_for_reading(&opened).map(drop)).await;
            if let Err(why) = opened.map_err(HandlerFault::internal)? {
                return Err(match why.kind() {
                    // Deleted since it was looked up.
                    std::io::ErrorKind::NotFound => ServiceRefusal::invalid("FileReference").into(),
                    _ => HandlerFault::internal(format!("a content file cannot be read: {why}")),
                });
            }
            let size = size.ok_or_else(|| HandlerFault::internal("a content file is stored without its size"))?;
            call.record(service, bank, &detail).await?;
            let mark = found.mark.then(|| (call.settling(service), reached.scope.clone(), reference.to_owned()));
            streamed(path, size, mark)
        }
        content => {
            call.record(service, bank, &detail).await?;
            content
        }
    };
    Ok(DownloadFileResponse::new(content, OK.into()))
}

/// A file in pieces. It is marked as downloaded after the last piece was produced and before the response ends: a
/// broken transfer leaves it new, a complete one never does.
fn streamed(path: PathBuf, size: u64, mark: Option<(SettlingStore, FileScope, String)>) -> Content {
    let runtime = tokio::runtime::Handle::current();
    let lost = |why: &dyn std::fmt::Display| Error::because(&row::STORAGE, why.to_string());
    Content::Pieces(ContentPieces::again(size, move || {
        let (path, runtime, mut mark) = (path.clone(), runtime.clone(), mark.clone());
        let (mut file, mut left) = (None, size);
        Box::new(move || {
            let file = match &mut file {
                Some(open) => open,
                none => none.insert(private::open_for_reading(&path).map_err(|why| lost(&why))?),
            };
            if left == 0 {
                if let Some((store, scope, reference)) = mark.take() {
                    runtime.block_on(store.mark_downloaded(&scope, &reference)).map_err(|why| lost(&why))?;
                }
                return Ok(None);
            }
            let want = STEP.min(usize::try_from(left).unwrap_or(usize::MAX));
            let mut piece = vec![0; want];
            file.read_exact(&mut piece).map_err(|why| lost(&why))?;
            left -= want as u64;
            Ok(Some(Bytes::from(piece)))
        })
    }))
}
