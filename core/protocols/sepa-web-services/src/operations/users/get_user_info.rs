//! Lists a user's rights: GetUserInfo (§4.5).

use bankchannel_foundation::prelude::*;

use crate::{
    codec::{SepaWebServicesCodec, SepaWebServicesTerms},
    model::{ExchangeEvidence, FileServiceAnswer, UserFileType, answer::believed_answers},
    operations::{self, EXCHANGE_ERRORS},
    request::FileCommand,
};

/// A request has nothing to say.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct GetUserInfoRequest {
    /// Copied into the answer, at most 32 characters.
    pub execution_serial: Option<String>,
}

/// The user's rights.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct GetUserInfoResponse {
    /// The bank's answer.
    #[boundary(flatten)]
    pub answer: FileServiceAnswer,
    /// The types of files that the user may send or fetch, and the part of the agreement of each.
    pub user_file_types: Vec<UserFileType>,
    /// What shows later which messages were exchanged. Does not travel: the client notes it.
    #[boundary(off_wire)]
    pub evidence: Option<ExchangeEvidence>,
}

believed_answers!(GetUserInfoResponse);

/// Ask a bank which files the user may send and fetch.
///
/// The reliable way to learn the file types and target ids of an agreement. Nordea has it; not every bank does.
#[derive(Debug, Operation)]
#[operation(GetUserInfoRequest => GetUserInfoResponse)]
#[declaration(..operations::exchange("sepa_web_services.get_user_info", "users"))]
#[errors(..EXCHANGE_ERRORS)]
#[route(..operations::reading("GetUserInfo"))]
#[exchange(SepaWebServicesCodec, SepaWebServicesTerms::file(FileCommand::GetUserInfo))]
pub struct GetUserInfo;
