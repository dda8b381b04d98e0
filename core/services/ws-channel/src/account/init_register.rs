//! `InitRegister` (docs/protocols/ws-channel.md §2.1).

use bankchannel_ws_channel::operations::account::init_register::{
    InitRegisterRequest, InitRegisterResponse, InitRegisterResponseFields,
};

use crate::{
    challenges,
    fault::Fault,
    service::{Call, Service},
};

pub(crate) async fn handle(
    service: &Service,
    call: &Call,
    request: InitRegisterRequest,
) -> Result<InitRegisterResponse, Fault> {
    let challenge = challenges::mint(service, call, &request.email, request.mode)?;
    Ok(InitRegisterResponse::from(InitRegisterResponseFields { challenge, response_text: "OK".into() }))
}
