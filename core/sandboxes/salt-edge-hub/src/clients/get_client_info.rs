//! Information about a third party (§3.6).

use bankchannel_foundation::{Error, Exchange, message::OutResponse};
use bankchannel_salt_edge::connector::operations::clients::get_client_info::{
    GetClientInfo, GetClientInfoResponse, GetClientInfoResponseFields,
};

use super::super::{
    pipeline::{ConnectorRequest, RequestProblem, read, time},
    service::{CLIENT_ID, CLIENT_NAME, CLIENT_SCOPES, PlayedHub},
};

pub(crate) fn handle(hub: &PlayedHub, asked: ConnectorRequest<'_>) -> Result<OutResponse, RequestProblem> {
    let request = read::<GetClientInfo>(asked)?;
    if request.client_id != CLIENT_ID {
        return Err(RequestProblem::Unreadable(Error::invalid_field("client_id", "is not the id of a third party")));
    }
    Ok(GetClientInfo::encode_response(GetClientInfoResponse::from(GetClientInfoResponseFields {
        name: Some(CLIENT_NAME.to_owned()),
        scopes: Some(CLIENT_SCOPES.map(str::to_owned).to_vec()),
        public_key: hub.keys.third_party.clone(),
        time: time(hub),
    })))
}
