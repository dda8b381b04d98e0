//! What no list and no shape says of a protocol: its credentials, values that go together, what its wire cannot tell apart.

mod nextgen_psd2;
mod salt_edge;
mod ws_channel;

use std::any::Any;

use bankchannel_foundation::model::{Field, Shape};
use serde_json::Value;

use crate::{exchange::AnyExchange, sample::Random};

/// The peculiarities of a protocol. One without any needs none of these.
pub(crate) trait Particular: Sync {
    /// Credentials with which the exchange can be sent: one of each dialect that has it.
    fn credentials(&self, _exchange: &dyn AnyExchange) -> Vec<Box<dyn Any>> {
        vec![Box::new(())]
    }

    /// A value of a field or its elements, where the shape alone says too little.
    fn sample(&self, _field: &Field, _shape: &Shape, _random: &mut Random, _whole: bool) -> Option<Value> {
        None
    }

    /// Makes of a request that was sent what arrives of it.
    fn settle_request(&self, _name: &str, _request: &mut Value) {}

    /// Makes of a response that was sent what arrives of it.
    fn settle_response(&self, _response: &mut Value) {}

    /// Whether a field is left out of a response where it is empty.
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
