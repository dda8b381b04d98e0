//! `ConfigCerts` (docs/protocols/ws-channel.md §2.14).

use bankchannel_ws_channel::{
    model::ExportSetting,
    operations::certs::config_certs::{ConfigCertsRequest, ConfigCertsResponse},
    service_texts,
};

use super::OK;
use crate::{HandlerFault, ServiceCall, WsChannelService};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: ConfigCertsRequest,
) -> Result<ConfigCertsResponse, HandlerFault> {
    let session = call.caller()?;
    let ExportSetting::Disabled = request.export;
    let store = call.audited_store(service, &session.email, "export disabled").await?;
    if !store.disable_export(&session.email).await? {
        return Err((&service_texts::NO_ACCOUNT).into());
    }
    Ok(ConfigCertsResponse::new(OK.into()))
}
