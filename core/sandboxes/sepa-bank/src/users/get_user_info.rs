//! Lists a user's rights.

use bankchannel_sepa_web_services::{
    codec::AnswerText,
    model::{FileDirection, UserFileType},
    operations::users::get_user_info::GetUserInfoResponse,
};

use crate::{
    examination::RequestRefusal,
    pipeline::{HandlerAnswer, HandlerCall},
};

/// Answers the types of files that the customer may send and fetch.
pub(crate) fn handle(call: &HandlerCall<'_>) -> Result<HandlerAnswer, RequestRefusal> {
    let (dialect, request) = (call.dialect, call.request);
    let customer = call.state.customer(dialect.name(), request.text("CustomerId").unwrap_or_default());
    let target = customer.and_then(|customer| customer.target_id.clone());
    let one = |file_type: &str, direction: FileDirection| {
        let mut one = UserFileType::new(Vec::new());
        one.target_id.clone_from(&target);
        one.file_type = Some(file_type.to_owned());
        one.country = Some("FI".to_owned());
        one.direction = Some(direction);
        one
    };
    let sent = dialect.payments.iter().map(|file_type| one(file_type, FileDirection::Upload));
    let fetched = dialect.downloads().map(|file_type| one(file_type, FileDirection::Download));
    let answer = GetUserInfoResponse::new(call.success(), sent.chain(fetched).collect());
    Ok(HandlerAnswer::new(AnswerText::new(answer, dialect.style)))
}
