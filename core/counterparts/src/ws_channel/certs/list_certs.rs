//! ListCerts.

use bankchannel_ws_channel::operations::certs::list_certs::{ListCertsRequest, ListCertsResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: ListCertsRequest) -> Result<ListCertsResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
