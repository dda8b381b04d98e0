//! DeleteAccount.

use bankchannel_ws_channel::operations::integrator::delete_account::{DeleteAccountRequest, DeleteAccountResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: DeleteAccountRequest) -> Result<DeleteAccountResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
