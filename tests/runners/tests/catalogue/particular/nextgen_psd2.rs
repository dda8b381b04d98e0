//! NextGenPSD2: two dialects, consents whose members must go together, links.

use std::any::Any;

use bankchannel_foundation::model::{EnumShape, Field, Shape, StructShape};
use bankchannel_nextgen_psd2::{BankConventions, PROTOCOL, signing::SigningDialect, terms};
use serde_json::{Map, Value, json};

use super::Particular;
use crate::{
    exchange::{AnyExchange, exchanges},
    sample::{Random, sample, text},
};

pub(super) struct NextGenPsd2;

/// Fields of responses that do not travel.
const MADE_BY_CLIENTS: [&str; 4] = ["url", "sca_redirect", "unread", "last_change_as_written"];

impl Particular for NextGenPsd2 {
    fn credentials(&self, exchange: &dyn AnyExchange) -> Vec<Box<dyn Any>> {
        dialects(exchange.name(), true).map(|dialect| Box::new(with(dialect)) as Box<dyn Any>).collect()
    }

    fn sample(&self, field: &Field, shape: &Shape, random: &mut Random, whole: bool) -> Option<Value> {
        match (field.name, shape) {
            ("frequency_per_day", Shape::Integer { max, .. }) => {
                Some(json!(1 + random.below(usize::try_from(*max).unwrap())))
            }
            (_, Shape::Struct(shape)) if shape.name == "AccountReference" => Some(reference(random.below(6), random)),
            (_, Shape::Struct(shape)) if shape.name == "ConsentAccess" => Some(access(shape, random, whole)),
            _ => None,
        }
    }

    /// Values that a header cannot distinguish from absence, and the only default.
    fn settle_request(&self, name: &str, request: &mut Value) {
        let members = request.as_object_mut().unwrap();
        members.retain(|name, value| {
            !(name == "psu" && *value == json!({}) || name == "accept_fix" && *value == json!([]))
        });
        if name == "nextgen_psd2.create_consent" {
            members.entry("combined_service_indicator").or_insert(json!(false));
        }
    }

    /// A client's reading: without values made of the whole answer, and with a default method of links.
    fn settle_response(&self, response: &mut Value) {
        match response {
            Value::Object(members) => {
                members.retain(|name, _| !MADE_BY_CLIENTS.contains(&name.as_str()));
                members.values_mut().for_each(|value| self.settle_response(value));
                if members.contains_key("href") && members["verbs"] == json!([]) {
                    members.insert("verbs".into(), json!(["GET"]));
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.settle_response(value)),
            _ => {}
        }
    }

    fn is_left_out_empty(&self, field: &Field) -> bool {
        field.name == "links"
    }
}

fn with(dialect: SigningDialect) -> BankConventions {
    BankConventions { dialect, ..BankConventions::default() }
}

/// The dialects that have the operation, or those that do not.
fn dialects(name: &str, have: bool) -> impl Iterator<Item = SigningDialect> {
    let own = terms(name).unwrap().dialects;
    let all = [("era", SigningDialect::Era), ("bg", SigningDialect::Bg)];
    all.into_iter().filter(move |(name, _)| own.contains(name) == have).map(|(_, dialect)| dialect)
}

/// An account with exactly one identifier.
fn reference(which: usize, random: &mut Random) -> Value {
    let name = ["iban", "bban", "pan", "masked_pan", "msisdn", "other"][which];
    json!({name: text(random, false), "currency": "NOK", "cash_account_type": "CACC"})
}

/// A valid combination of accesses (§4.1): named accounts, or all of them, or those that the customer chooses.
fn access(shape: &StructShape, random: &mut Random, whole: bool) -> Value {
    let references = |random: &mut Random| (0..6).map(|which| reference(which, random)).collect::<Value>();
    let selection = |name: &str, random: &mut Random| {
        let field = shape.fields.iter().find(|field| field.name == name).unwrap();
        let Shape::Enum(EnumShape { values, .. }) = field.shape else { panic!("{name}") };
        json!(values[random.below(values.len())].value)
    };
    let mut members = Map::new();
    let (lists, selections) = (whole || random.below(2) == 1, whole || random.below(2) == 1);
    if lists || !selections {
        let is_full = !selections && random.below(2) == 1;
        for name in ["accounts", "balances", "transactions"] {
            members.insert(name.into(), if is_full { references(random) } else { json!([]) });
        }
        let more = json!({"owner_name": references(random), "trusted_beneficiaries": references(random)});
        members.insert("additional_information".into(), more);
    }
    if selections {
        for name in ["available_accounts", "available_accounts_with_balance", "all_psd2"] {
            members.insert(name.into(), selection(name, random));
        }
    }
    if whole || random.below(2) == 1 {
        members.insert("restricted_to".into(), json!(["CACC", "SVGS"]));
    }
    Value::Object(members)
}

#[test]
fn an_operation_of_another_dialect_is_not_sent() {
    for exchange in exchanges().filter(|exchange| exchange.entry().declaration.protocol == PROTOCOL) {
        let name = exchange.name();
        let request = || sample(exchange.entry().request, &mut Random::seeded(5), false, &NextGenPsd2);
        for own in dialects(name, true) {
            assert!(exchange.encode_request(request(), &with(own)).is_ok(), "{name}");
        }
        assert_eq!(dialects(name, false).count(), usize::from(name != "nextgen_psd2.get_accounts"), "{name}");
        for other in dialects(name, false) {
            let error = exchange.encode_request(request(), &with(other)).unwrap_err();
            assert_eq!(error.code(), "configuration.invalid", "{name}");
            assert!(error.message().contains("`signing.dialect`"), "{error}");
        }
    }
}
