//! ConfigCerts.

use bankchannel_ws_channel::operations::certs::config_certs::{ConfigCertsRequest, ConfigCertsResponse};

use crate::ws_channel::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(_service: &Service, _call: &Call, _request: ConfigCertsRequest) -> Result<ConfigCertsResponse, Fault> {
    Err(Fault::internal("not served yet"))
}
