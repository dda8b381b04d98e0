//! Orders to a server of another process, over its control interface.

use bankchannel::{Error, Result};
use bankchannel_foundation::{
    message::{Body, Headers, Method, OutRequest},
    model::{Content, Shape},
    operation::{CatalogueEntry, HostedForm},
};
use bankchannel_transport::{Transport, TransportSettings};
use serde_json::{Map, Value};

/// The control interface of a server that runs elsewhere on this machine, as its `control_url` says.
pub struct RemoteControl(Transport);

impl RemoteControl {
    /// The interface at this address.
    ///
    /// # Errors
    /// `configuration.invalid` for an address that cannot be used.
    pub fn new(control_url: &str) -> Result<Self> {
        let settings = TransportSettings {
            base_url: control_url.to_owned(),
            // An order may wait, and a seed's answer is large.
            read_timeout: None,
            max_answer_bytes: HostedForm::LARGEST,
            ..TransportSettings::default()
        };
        let transport = Transport::new(&settings);
        transport.map(Self).map_err(|why| Error::invalid_setting("control_url", why.message()))
    }

    /// Carries out an order, one of [`Counterpart::orders`](crate::Counterpart::orders). Request and answer are in their
    /// boundary form; content is beside the request, and in memory.
    ///
    /// # Errors
    /// `input.*`, the errors of the order, those of the connection, and `configuration.invalid` for an address that is no
    /// control interface.
    pub async fn order(
        &self,
        order: &CatalogueEntry,
        request: Map<String, Value>,
        content: Option<Content>,
    ) -> Result<Value> {
        let declaration = order.declaration;
        let Some(form) = &declaration.hosted else {
            return Err(Error::invalid_field("order", "is an operation of clients"));
        };
        let message = message(order, form, request, content)?;
        let answer = self.0.once(&message, &[], None).await?;
        let answered: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let read = match (answer.status, answered) {
            (200, Some(answered)) => Ok(answered),
            (_, Some(mut answered)) => {
                let row = |code: &str| bankchannel::error_table().find(|row| row.code == code);
                Err(answered.get_mut("error").and_then(|error| Error::from_json(error.take(), row)))
            }
            (_, None) => Err(None),
        };
        let no_interface = || {
            let why = format!("is no control interface: it answered with status {}", answer.status);
            Error::invalid_setting("control_url", why)
        };
        let answered = read.map_err(|error| error.unwrap_or_else(no_interface).in_operation(declaration.name))?;
        Ok(match form.whole_answer {
            Some(name) => Value::Object([(name.to_owned(), answered)].into_iter().collect()),
            None => answered,
        })
    }
}

/// The message of an order: members of its path there, its raw body and headers if it has them, the others as JSON.
fn message(
    order: &CatalogueEntry,
    form: &HostedForm,
    mut request: Map<String, Value>,
    content: Option<Content>,
) -> Result<OutRequest> {
    let mut target = String::new();
    for part in form.whole_path().split('/') {
        let value = match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => path_member(name, request.remove(name))?,
            None => part.to_owned(),
        };
        target.push('/');
        target.push_str(&value);
    }
    // A switch that says which of the orders at the path is meant.
    for field in order.request.fields().iter().filter(|field| form.given.contains(&field.name)) {
        if matches!(field.shape, Shape::Bool) && !request.contains_key(field.name) {
            request.insert(field.name.to_owned(), true.into());
        }
    }
    let mut headers = Headers::default();
    let body = match (&form.raw_request, form.method) {
        (Some(raw), _) => {
            for (header, member) in raw.headers {
                if let Some(Value::String(text)) = request.get(*member) {
                    headers.push(*header, text.clone());
                }
            }
            match content {
                Some(Content::Bytes(bytes)) => Body::literal(bytes),
                _ => return Err(Error::invalid_field(raw.content, "is absent: give the bytes")),
            }
        }
        (None, Method::Get) => Body::literal(Vec::new()),
        (None, _) => Body::json_text(Value::Object(request).to_string()),
    };
    Ok(OutRequest { method: form.method.as_str().to_owned(), target, headers, body })
}

/// A member that stands in the path, whose text has no character with a meaning there.
fn path_member(name: &str, value: Option<Value>) -> Result<String> {
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    match value {
        Some(Value::String(text)) if is_plain(&text) => Ok(text),
        Some(_) => Err(Error::invalid_field(name, "must have letters, digits and `-._~` only")),
        None => Err(Error::invalid_field(name, "is absent")),
    }
}
