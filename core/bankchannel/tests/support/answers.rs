//! Answers of the service.

use bytes::Bytes;
use serde_json::{Map, Value, json};

/// An HTTP answer.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// A success with these members.
pub fn ok(status: u16, members: Value) -> Answer {
    let mut all = Map::new();
    all.insert("ResponseCode".into(), json!("00"));
    all.insert("ResponseText".into(), json!("OK"));
    if let Value::Object(members) = members {
        all.extend(members);
    }
    Answer::json(status, &Value::Object(all))
}

/// A refusal with this text.
pub fn refused(status: u16, text: &str) -> Answer {
    let body = json!({"RequestId": "4017bda8-0a15-4154-a8b7-88069b05cb4e", "ResponseCode": "01", "ResponseText": text});
    Answer::json(status, &body)
}

impl Answer {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::of(status, "application/json", body.to_string())
    }

    pub fn of(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The head in wire format.
    pub fn head(&self) -> Vec<u8> {
        let mut out = format!("HTTP/1.1 {} Reason\r\ncontent-length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.headers {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
        out.push_str("\r\n");
        out.into_bytes()
    }

    /// The whole answer in wire format.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head().as_slice(), &self.body].concat()
    }
}
