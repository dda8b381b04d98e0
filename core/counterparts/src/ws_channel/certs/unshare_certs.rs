//! UnshareCerts.

use bankchannel_ws_channel::operations::certs::unshare_certs::{UnshareCertsRequest, UnshareCertsResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: UnshareCertsRequest) -> Result<UnshareCertsResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
