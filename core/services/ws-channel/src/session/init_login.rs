//! `InitLogin` (docs/protocols/ws-channel.md §2.7): the same response whether or not the user exists.

use bankchannel_ws_channel::operations::session::init_login::{InitLoginRequest, InitLoginResponse};

use crate::{HandlerFault, ServiceCall, WsChannelService, challenges};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: InitLoginRequest,
) -> Result<InitLoginResponse, HandlerFault> {
    let challenge = challenges::mint(service, call, &request.email, request.mode)?;
    Ok(InitLoginResponse::new(challenge, "OK".into()))
}
