//! Lists files.

use bankchannel_sepa_web_services::{
    codec::AnswerText, operations::files::list_files::ListBankFilesResponse, request::whole_seconds,
};

use super::{described, own_files};
use crate::{
    examination::RequestRefusal,
    pipeline::{HandlerAnswer, HandlerCall},
    state::{FileKind, SandboxFile},
};

/// Answers the files that fit, oldest first; uploads are not among them.
pub(crate) fn handle(call: &HandlerCall<'_>) -> Result<HandlerAnswer, RequestRefusal> {
    let (request, dialect) = (call.request, call.dialect);
    let day = |file: &SandboxFile| whole_seconds(file.at_ms.div_euclid(1000))[..10].to_owned();
    let fits = |file: &&SandboxFile| {
        let is_downloaded = file.downloaded_ms.is_some();
        file.kind == FileKind::Download
            && match request.text("Status") {
                Some("NEW") => !is_downloaded,
                Some("DLD" | "DOWNLOADED") => is_downloaded,
                _ => true,
            }
            && request.text("FileType").is_none_or(|wanted| wanted == file.file_type)
            && request.text("ServiceId").is_none_or(|wanted| Some(wanted) == file.service_id.as_deref())
            && request.text("StartDate").is_none_or(|first| *first <= *day(file))
            && request.text("EndDate").is_none_or(|last| *day(file) <= *last)
    };
    let mut files: Vec<&SandboxFile> =
        own_files(call.state, dialect.name(), request, call.now_ms).filter(fits).collect();
    files.sort_by(|one, other| (one.at_ms, &one.reference).cmp(&(other.at_ms, &other.reference)));
    if files.is_empty() {
        return Ok(HandlerAnswer::code(24, "content not found"));
    }
    let answer = ListBankFilesResponse::new(call.success(), files.into_iter().map(described).collect());
    Ok(HandlerAnswer::new(AnswerText::new(answer, dialect.style)))
}
