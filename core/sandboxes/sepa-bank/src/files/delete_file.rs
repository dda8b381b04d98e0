//! Deletes a file.

use bankchannel_sepa_web_services::{codec::AnswerText, operations::files::delete_file::DeleteBankFileResponse};

use super::{described, own_files};
use crate::{
    examination::RequestRefusal,
    pipeline::{HandlerAnswer, HandlerCall},
    state::{SandboxChange, SandboxFile},
};

/// Deletes files that are deletable and not fetched yet.
pub(crate) fn handle(call: &HandlerCall<'_>) -> Result<HandlerAnswer, RequestRefusal> {
    let request = call.request;
    if request.references.is_empty() {
        return Err(RequestRefusal::code(29, "at least one file reference required", "there is no FileReference"));
    }
    let (mut changes, mut deleted) = (Vec::new(), Vec::new());
    for reference in &request.references {
        let mut own = own_files(call.state, call.dialect.name(), request, call.now_ms);
        let file = own.find(|file| file.reference == *reference).ok_or_else(|| {
            RequestRefusal::code(24, "content not found", format!("{reference} is no file of this customer"))
        })?;
        if !file.deletable || file.downloaded_ms.is_some() {
            return Err(RequestRefusal::code(27, "file cannot be deleted", format!("{reference} is not deletable")));
        }
        changes.push(SandboxChange::Deleted { reference: file.reference.clone() });
        deleted.push(described(&SandboxFile { deleted: true, ..file.clone() }));
    }
    let answer = DeleteBankFileResponse::new(call.success(), deleted);
    Ok(HandlerAnswer::new(AnswerText::new(answer, call.dialect.style)).changing(changes))
}
