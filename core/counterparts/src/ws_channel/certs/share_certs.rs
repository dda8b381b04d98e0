//! ShareCerts.

use bankchannel_ws_channel::operations::certs::share_certs::{ShareCertsRequest, ShareCertsResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: ShareCertsRequest) -> Result<ShareCertsResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
