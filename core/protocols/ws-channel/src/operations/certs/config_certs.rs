//! `ConfigCerts`: POST `/certs` (§2.14).

use bankchannel_foundation::prelude::*;

use crate::{WsChannelCodec, WsChannelTerms, declare, errors, model::ExportSetting};

/// The setting.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ConfigCertsRequest {
    /// Only `disabled`.
    pub export: ExportSetting,
}

/// Export is switched off.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ConfigCertsResponse {
    /// The service's text.
    pub response_text: String,
}

/// Switch off the export of private keys for good.
///
/// One-way: once disabled, export cannot be enabled again through the API. Repeating it changes nothing. The deployed
/// service does not implement this yet and answers `ws_channel.not_implemented`.
#[derive(Debug, Operation)]
#[operation(ConfigCertsRequest => ConfigCertsResponse)]
#[declaration(..declare::exchange("ws_channel.config_certs", "certs"))]
#[errors(..declare::MODE_ERRORS, errors::{PARAMETER_REFUSED, NOT_IMPLEMENTED})]
#[route(..declare::session("ConfigCerts", Method::Post, "/certs"))]
#[exchange(WsChannelCodec, WsChannelTerms::ADMIN)]
pub struct ConfigCerts;
