//! The properties of a protocol that no list or shape has: its credentials, dependent values, values that its wire
//! cannot distinguish.

mod nextgen_psd2;
mod salt_edge;
mod ws_channel;

use std::any::Any;

use bankchannel_foundation::model::{Field, Shape};
use serde_json::Value;

use crate::{exchange::AnyExchange, sample::Random};

/// The peculiarities of a protocol. A protocol without any needs none of these methods.
pub(crate) trait Particular: Sync {
    /// Credentials with which the exchange can be sent: one of each dialect that has it.
    fn credentials(&self, _exchange: &dyn AnyExchange) -> Vec<Box<dyn Any>> {
        vec![Box::new(())]
    }

    /// A value of a field or its elements, if the shape alone is not specific enough.
    fn sample(&self, _field: &Field, _shape: &Shape, _random: &mut Random, _whole: bool) -> Option<Value> {
        None
    }

    /// Turns a sent request into the one that arrives.
    fn settle_request(&self, _name: &str, _request: &mut Value) {}

    /// Turns a sent response into the one that arrives.
    fn settle_response(&self, _response: &mut Value) {}

    /// Whether a field is left out of a response if it is empty.
    fn is_left_out_empty(&self, _field: &Field) -> bool {
        false
    }
}

struct Nothing;

impl Particular for Nothing {}

pub(crate) fn of(protocol: &str) -> &'static dyn Particular {
    match protocol {
        bankchannel_ws_channel::PROTOCOL => &ws_channel::WsChannel,
        bankchannel_nextgen_psd2::PROTOCOL => &nextgen_psd2::NextGenPsd2,
        bankchannel_salt_edge::connector::PROTOCOL | bankchannel_salt_edge::hub::PROTOCOL => &salt_edge::SaltEdge,
        _ => &Nothing,
    }
}
