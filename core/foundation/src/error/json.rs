//! Errors as JSON: their form across a language boundary, and between two processes.

use serde_json::{Map, Value, json};

use super::{CallOutcome, Error, ErrorRow, Peer, row};
use crate::model;

impl Error {
    /// The whole error as JSON: its form across a language boundary. `partial_response` is there only if the call had
    /// finished something.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut out = self.to_json_without_response();
        if let (Value::Object(members), Some(partial)) = (&mut out, &self.0.partial_response) {
            members.insert("partial_response".into(), model::Value::clone(partial).into());
        }
        out
    }

    /// The same without `partial_response`, which may be large and hold the content of files: for logs.
    #[must_use]
    pub fn to_json_without_response(&self) -> Value {
        let details = &self.0;
        let mut out = Map::new();
        out.insert("code".into(), json!(details.row.code));
        out.insert("category".into(), json!(self.category().as_str()));
        out.insert("message".into(), json!(details.message));
        out.insert("remedy".into(), json!(self.remedy()));
        out.insert("retryable".into(), json!(self.retryable()));
        out.insert("operation".into(), json!(details.operation));
        out.insert("http_status".into(), json!(details.http_status));
        out.insert("outcome".into(), json!(details.outcome.map(CallOutcome::as_str)));
        out.insert("retry_after_s".into(), json!(details.retry_after_s));
        let peer = details.peer.as_ref().map(|p| json!({"code": p.code, "text": p.text, "request_id": p.request_id}));
        out.insert("peer".into(), peer.unwrap_or(Value::Null));
        out.insert("context".into(), json!(details.context));
        Value::Object(out)
    }

    /// Reads the JSON of [`to_json`](Self::to_json), as another process of this library wrote it; `rows` finds the row of
    /// a code, in the tables of the protocols that errors may come from. A code that no table here has, as of a later
    /// version, is kept in the context of an internal error. `None` if it is no error's JSON.
    #[must_use]
    pub fn from_json(mut value: Value, rows: impl FnOnce(&str) -> Option<&'static ErrorRow>) -> Option<Self> {
        let partial_response = value.get_mut("partial_response").map(Value::take);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let code = value["code"].as_str()?;
        let found = rows(code);
        let mut error = Self::because(found.unwrap_or(&row::INTERNAL), value["message"].as_str()?);
        let details = &mut error.0;
        details.remedy = text(&value["remedy"]).filter(|remedy| remedy != details.row.doc).map(Into::into);
        details.operation = text(&value["operation"]).map(Into::into);
        details.http_status = value["http_status"].as_u64().and_then(|status| u16::try_from(status).ok());
        details.outcome = value["outcome"].as_str().and_then(CallOutcome::parse);
        details.retry_after_s = value["retry_after_s"].as_u64();
        details.retryable = value["retryable"] == true;
        details.peer = value["peer"].as_object().map(|peer| {
            let member = |name| peer.get(name).and_then(text);
            Peer { code: member("code"), text: member("text"), request_id: member("request_id") }
        });
        for (key, detail) in value["context"].as_object().into_iter().flatten() {
            details.context.insert(key.clone().into(), text(detail).unwrap_or_default());
        }
        if found.is_none() {
            details.context.insert("code".into(), code.to_owned());
        }
        Some(match partial_response {
            Some(response) => error.with_partial_response_value(response.into()),
            None => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [&ErrorRow; 3] = [&row::INVALID_FIELD, &row::STORAGE, &row::INTERNAL];

    fn read_again(error: &Error) -> Error {
        let read = Error::from_json(error.to_json(), |code| ROWS.into_iter().find(|row| row.code == code));
        read.expect("it is an error's JSON")
    }

    #[test]
    fn an_error_that_is_read_again_is_the_same() {
        let peer = Peer { code: Some("12".into()), text: None, request_id: Some("r-1".into()) };
        let whole = Error::invalid_field("bank", "not known")
            .with("known", "nordea")
            .in_operation("ws_channel.upload_file")
            .with_status(503)
            .with_peer(peer)
            .with_retry_after(Some(7))
            .with_partial_response_value([("file".to_owned(), "a.xml".into())].into_iter().collect());
        let outcomes = [CallOutcome::NotSent, CallOutcome::Unknown, CallOutcome::Refused, CallOutcome::Accepted];
        let all = outcomes.map(|outcome| whole.clone().with_outcome(outcome));
        let retryable = Error::new(&row::STORAGE);
        let narrowed = retryable.clone().with_retryable(!retryable.retryable());
        let advised = retryable.clone().with_remedy("Give the folder more space.");
        assert_eq!(advised.to_json()["remedy"], "Give the folder more space.");
        for error in all.into_iter().chain([whole, retryable, narrowed, advised]) {
            let read = read_again(&error);
            assert_eq!(read.to_json(), error.to_json());
            assert_eq!((read.to_string(), read.row().code), (error.to_string(), error.row().code));
        }
    }

    #[test]
    fn a_code_of_another_version_is_kept_and_what_is_no_error_is_not_read() {
        let mut later = Error::new(&row::STORAGE).to_json();
        later["code"] = json!("resource.later");
        let read = Error::from_json(later, |_| None).expect("it is an error's JSON");
        assert_eq!((read.code(), read.detail("code")), (row::INTERNAL.code, Some("resource.later")));
        for other in [json!({}), json!(7), json!({"code": "resource.storage"}), json!({"message": "what?"})] {
            assert!(Error::from_json(other, |_| Some(&row::STORAGE)).is_none());
        }
    }
}
