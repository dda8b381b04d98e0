//! The WS Channel: a session's tokens.

use std::any::Any;

use bankchannel_ws_channel::{
    SessionCredentials,
    model::{ApiKey, IdToken},
};

use super::Particular;
use crate::exchange::AnyExchange;

pub(super) struct WsChannel;

impl Particular for WsChannel {
    fn credentials(&self, _: &dyn AnyExchange) -> Vec<Box<dyn Any>> {
        vec![Box::new(SessionCredentials {
            api_key: Some(ApiKey::new("4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2").unwrap()),
            id_token: Some(IdToken::new("token").unwrap()),
        })]
    }
}
