//! `ListFiles` (docs/protocols/ws-channel.md §2.20, §5.1).

use std::sync::LazyLock;

use bankchannel_storage::ws_channel::{BankFile, FileFilter};
use bankchannel_ws_channel::{
    model::{FileDescriptor, FileReference, FileStatus, StatusFilter},
    operations::files::list_files::{ListFilesRequest, ListFilesResponse},
    service_texts,
};
use jiff::tz::TimeZone;

use super::{listings::ListingFreshness, may_transfer};
use crate::{HandlerFault, ServiceCall, WsChannelService, certs::OK};

/// Bank time (§5.1).
static HELSINKI: LazyLock<TimeZone> =
    LazyLock::new(|| TimeZone::get("Europe/Helsinki").expect("the time zones are built in"));

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: ListFilesRequest,
) -> Result<ListFilesResponse, HandlerFault> {
    may_transfer(call)?;
    let auth = service.store.auth_generation();
    let reached = service.banks.reach(service, call, request.bank).await?;
    let channel = service.banks.channel(request.bank).ok_or(&service_texts::NO_CHANNEL)?;
    let files = service.store.files_generation(&reached.scope.email);
    let filter = FileFilter {
        file_type: request.file_type.map(|kind| kind.as_str().to_owned()),
        status: match request.status {
            Some(StatusFilter::New) => Some("NEW".to_owned()),
            Some(StatusFilter::Downloaded) => Some("DLD".to_owned()),
            Some(StatusFilter::All) | None => None,
        },
    };
    let connection = reached.connection(service, None, call.for_bank());
    let listed = channel.list(&connection, &filter).await?;
    if channel.keeps_files_here() {
        let _ =
            call.fresh.set(ListingFreshness { auth, files, owner: reached.scope.email.clone(), until: reached.until });
    }
    let file_descriptors = listed.into_iter().map(descriptor).collect::<Result<_, _>>()?;
    Ok(ListFilesResponse::new(file_descriptors, OK.into()))
}

fn descriptor(file: BankFile) -> Result<FileDescriptor, HandlerFault> {
    let mut made = FileDescriptor::new(
        FileReference::new(&file.reference).map_err(|_| &service_texts::BANK_DATA_ERROR)?,
        bank_time(file.created),
        file.file_type,
        match file.status.as_str() {
            "NEW" => FileStatus::New,
            "DLD" => FileStatus::Downloaded,
            _ => FileStatus::Other(file.status),
        },
    );
    made.service_id = file.service_id;
    made.target_id = file.target_id;
    Ok(made)
}

fn bank_time(ms: i64) -> String {
    let instant = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    instant.to_zoned(HELSINKI.clone()).strftime("%Y-%m-%dT%H:%M:%S.%3f%:z").to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn bank_time_has_milliseconds_and_the_offset_of_the_season() {
        assert_eq!(super::bank_time(1_495_240_581_148), "2017-05-20T03:36:21.148+03:00");
        assert_eq!(super::bank_time(1_795_154_400_000), "2026-11-20T08:00:00.000+02:00");
    }
}
