//! `ConfigCerts` (docs/protocols/ws-channel.md §2.14).

use bankchannel_ws_channel::{
    errors::texts,
    model::ExportSetting,
    operations::certs::config_certs::{ConfigCertsRequest, ConfigCertsResponse, ConfigCertsResponseFields},
};

use super::OK;
use crate::{
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(
    service: &Service,
    call: &Call,
    request: ConfigCertsRequest,
) -> Result<ConfigCertsResponse, Fault> {
    let session = call.caller()?;
    let ExportSetting::Disabled = request.export;
    let store = call.audited_store(service, &session.email, "export disabled").await?;
    if !store.disable_export(&session.email).await? {
        return Err((&texts::NO_ACCOUNT).into());
    }
    Ok(ConfigCertsResponse::from(ConfigCertsResponseFields { response_text: OK.into() }))
}
