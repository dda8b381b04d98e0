//! Information about a third party (§3.6).

use bankchannel_foundation::{Error, message::OutResponse, operation::Exchange};
use bankchannel_salt_edge::connector::operations::clients::get_client_info::{GetClientInfo, GetClientInfoResponse};

use crate::{
    ConnectorRequest, PlayedHub,
    pipeline::{RequestProblem, read, time},
    service::{CLIENT_ID, CLIENT_NAME, CLIENT_SCOPES},
};

pub(crate) fn handle(hub: &PlayedHub, asked: ConnectorRequest<'_>) -> Result<OutResponse, RequestProblem> {
    let request = read::<GetClientInfo>(asked)?;
    if request.client_id != CLIENT_ID {
        return Err(RequestProblem::Unreadable(Error::invalid_field("client_id", "is not the id of a third party")));
    }
    let mut made = GetClientInfoResponse::new(hub.keys.third_party.clone());
    made.name = Some(CLIENT_NAME.to_owned());
    made.scopes = Some(CLIENT_SCOPES.map(str::to_owned).to_vec());
    made.time = time(hub);
    Ok(GetClientInfo::encode_response(made))
}
