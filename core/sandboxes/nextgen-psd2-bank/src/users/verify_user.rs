//! Checks whether a customer has a personal identifier (§1.2).

use bankchannel_nextgen_psd2::operations::users::verify_user::{VerifyUserRequest, VerifyUserResponse};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{BankCall, SandboxBank, SandboxRefusal};

/// True only for a customer whom this third party knows; every negative answer looks alike and takes the same time
/// (S-14).
pub(crate) fn handle(
    bank: &SandboxBank,
    call: &BankCall<'_>,
    request: VerifyUserRequest,
) -> Result<VerifyUserResponse, SandboxRefusal> {
    bank.limits.asked(call.tpp)?;
    // The format was checked when the request was decoded.
    let hash = STANDARD.decode(request.psu_personal_identifier.expose()).map_err(|_| SandboxRefusal::internal())?;
    let exists = bank.state.psu_exists(call.tpp, request.psu_id.as_str(), &Zeroizing::new(hash));
    Ok(VerifyUserResponse::new(exists))
}
