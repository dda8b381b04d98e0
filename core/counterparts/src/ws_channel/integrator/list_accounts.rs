//! ListAccounts.

use bankchannel_ws_channel::operations::integrator::list_accounts::{ListAccountsRequest, ListAccountsResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: ListAccountsRequest) -> Result<ListAccountsResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
