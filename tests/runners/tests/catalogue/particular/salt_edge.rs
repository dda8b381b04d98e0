//! Salt Edge: a connector's own data, texts with only one form on its wire.

use std::any::Any;

use bankchannel_foundation::{
    Secret,
    model::{Field, Shape},
};
use bankchannel_salt_edge::codec::HubCredentials;
use serde_json::{Value, json};

use super::Particular;
use crate::{exchange::AnyExchange, sample::Random};

pub(super) struct SaltEdge;

impl Particular for SaltEdge {
    fn credentials(&self, _: &dyn AnyExchange) -> Vec<Box<dyn Any>> {
        vec![Box::new(HubCredentials { app_id: Some("id".into()), app_secret: Some(Secret::new("secret")) })]
    }

    fn sample(&self, _: &Field, shape: &Shape, random: &mut Random, _: bool) -> Option<Value> {
        // Instants travel in UTC with milliseconds, whatever their original form.
        matches!(shape, Shape::Timestamp)
            .then(|| json!(["2026-11-20T06:00:00.000Z", "2017-10-28T06:30:08.123Z"][random.below(2)]))
    }

    /// A creation day travels as its first instant; a fee's amount as a number, without trailing zeros.
    fn settle_response(&self, response: &mut Value) {
        for transaction in response.get_mut("transactions").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(day) = transaction["made_on"].as_str().filter(|text| text.len() == 10) {
                transaction["made_on"] = format!("{day}T00:00:00.000Z").into();
            }
            for fee in transaction.get_mut("fees").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(amount) = fee.get("amount").and_then(Value::as_str).filter(|amount| amount.contains('.')) {
                    fee["amount"] = amount.trim_end_matches('0').trim_end_matches('.').to_owned().into();
                }
            }
        }
    }
}
