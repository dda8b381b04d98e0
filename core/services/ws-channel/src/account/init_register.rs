//! `InitRegister` (docs/protocols/ws-channel.md §2.1).

use bankchannel_ws_channel::operations::account::init_register::{InitRegisterRequest, InitRegisterResponse};

use crate::{HandlerFault, ServiceCall, WsChannelService, challenges};

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: InitRegisterRequest,
) -> Result<InitRegisterResponse, HandlerFault> {
    let challenge = challenges::mint(service, call, &request.email, request.mode)?;
    Ok(InitRegisterResponse::new(challenge, "OK".into()))
}
