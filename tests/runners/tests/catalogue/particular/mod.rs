//! The properties of a protocol that no list or shape has: its credentials, dependent values, values that its wire
//! cannot distinguish.

mod nextgen_psd2;
mod salt_edge;
mod sepa_web_services;
mod ws_channel;

use std::any::Any;

use bankchannel_foundation::model::{Field, Shape};
use bytes::Bytes;
use serde_json::{Map, Value, json};

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

    /// Whether an optional field is always there.
    fn needs(&self, _: &Field) -> bool {
        false
    }

    /// A body by the names of its fields.
    fn parsed(&self, body: &[u8]) -> Value {
        if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() }
    }

    /// The body of a request with what its reader must pass over: unknown names, absent values of these fields, and
    /// what belongs in a header or parameter.
    fn with_unknown(&self, body: &[u8], fields: &mut dyn Iterator<Item = &'static Field>) -> Bytes {
        let mut body = self.parsed(body);
        let members = body.as_object_mut().unwrap();
        members.insert("startDate".into(), Value::Null);
        members.insert("Unheard".into(), json!("of"));
        members.insert("unheard".into(), json!({"of": [1]}));
        // Neither a header nor a parameter is read from the body.
        members.insert("@PSU-ID".into(), json!("psu-of-another"));
        for field in fields {
            if is_marked(field) {
                members.insert(field.wire.into(), json!("of-another"));
            } else if field.optional {
                members.entry(field.wire).or_insert(Value::Null);
            }
        }
        body.to_string().into()
    }

    /// A body with these members changed or added.
    fn changed(&self, body: &[u8], members: &Map<String, Value>) -> Bytes {
        let mut own: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        own.extend(members.clone());
        Value::Object(own).to_string().into()
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

/// Whether a field travels in a header or as a parameter, where names on this protocol's wire tell so.
pub(crate) fn is_marked(field: &Field) -> bool {
    field.wire.starts_with(['@', '?'])
}

struct Nothing;

impl Particular for Nothing {}

pub(crate) fn of(protocol: &str) -> &'static dyn Particular {
    match protocol {
        bankchannel_ws_channel::PROTOCOL => &ws_channel::WsChannel,
        bankchannel_nextgen_psd2::PROTOCOL => &nextgen_psd2::NextGenPsd2,
        bankchannel_salt_edge::connector::PROTOCOL | bankchannel_salt_edge::hub::PROTOCOL => &salt_edge::SaltEdge,
        bankchannel_sepa_web_services::PROTOCOL => &sepa_web_services::SepaWebServices,
        _ => &Nothing,
    }
}
