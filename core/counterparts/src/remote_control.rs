//! Orders to a server of another process, over its control interface.

use bankchannel::{Error, Result};
use bankchannel_foundation::{
    message::{Body, Headers, Method, OutRequest},
    model::{Content, Shape},
    operation::{CatalogueEntry, HostedForm, path_parameter},
};
use bankchannel_transport::{Transport, TransportSettings};
use serde_json::{Map, Value};

use crate::{COUNTERPARTS, Counterpart};

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
        // Its message names the setting of a client.
        let reason = |why: &Error| why.message().trim_start_matches("base_url: ").to_owned();
        transport.map(Self).map_err(|why| Error::invalid_setting("control_url", reason(&why)))
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
    let mut last_member = None;
    for part in form.whole_path().split('/') {
        let value = match path_parameter(part) {
            Some(name) => {
                last_member = Some(name.to_owned());
                path_member(name, request.remove(name))?
            }
            None => part.to_owned(),
        };
        target.push('/');
        target.push_str(&value);
    }
    if let Some(name) = last_member.filter(|_| is_path_of_other(order, form, &target)) {
        return Err(Error::invalid_field(&name, "is the name of another order at this path"));
    }
    // A switch that says which of the orders at the path is meant.
    for field in order.request.fields().iter().filter(|field| form.given.contains(&field.name)) {
        if !matches!(field.shape, Shape::Bool) {
            continue;
        }
        match request.get(field.name) {
            None | Some(Value::Null) => drop(request.insert(field.name.to_owned(), true.into())),
            Some(Value::Bool(true)) => {}
            Some(_) => return Err(Error::invalid_field(field.name, "must be true: it names the order")),
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
                Some(_) => return Err(Error::invalid_field(raw.content, "must be in memory: give the bytes")),
                None => return Err(Error::invalid_field(raw.content, "is absent: give the bytes")),
            }
        }
        (None, Method::Get) => Body::literal(Vec::new()),
        (None, _) => Body::json_text(Value::Object(request).to_string()),
    };
    Ok(OutRequest { method: form.method.as_str().to_owned(), target, headers, body })
}

/// Whether a server of this order's kind has another one at this path, which has a name where this one has a member.
fn is_path_of_other(order: &CatalogueEntry, form: &HostedForm, target: &str) -> bool {
    let name = order.declaration.name;
    let has = |of: &&&Counterpart| of.orders().any(|one| one.declaration.name == name);
    let others = COUNTERPARTS.iter().filter(has).flat_map(|of| of.orders());
    let mut forms =
        others.filter_map(|other| other.declaration.hosted.as_ref()).filter(|other| other.path != form.path);
    forms.any(|other| target.strip_prefix('/') == Some(&*other.whole_path()))
}

/// A member that stands in the path, whose text has no meaning there: no character, and no step to a folder.
fn path_member(name: &str, value: Option<Value>) -> Result<String> {
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    match value {
        Some(Value::String(text)) if text == "." || text == ".." => {
            Err(Error::invalid_field(name, format!("must not be `{text}`, which has a meaning in a path")))
        }
        Some(Value::String(text)) if is_plain(&text) => Ok(text),
        Some(_) => Err(Error::invalid_field(name, "must have letters, digits and `-._~` only")),
        None => Err(Error::invalid_field(name, "is absent")),
    }
}
