//! The JSON envelope: writes and reads every exchange of this protocol from its declaration (§1.4, §1.5).

use bankchannel_foundation::{
    CallOutcome, Error, Secret,
    error::{Peer, row},
    json,
    message::{Body, Headers, InRequest, InResponse, OutRequest, OutResponse, is_web_page, page_text, percent_encode},
    model::{Boundary, Object, Reader, Representation, Value, Writer},
    operation::{Codec, Declaration, Exchange, Operation, Parameters, Route, path_parameter},
};

use crate::{
    WsChannelTerms, answer_errors, errors,
    model::{ApiKey, IdToken},
    service_texts::RefusalClass,
};

/// The deepest nesting of a body (§1.4).
pub const MAX_DEPTH: usize = 16;

/// The largest body without content, in bytes (§5.3).
pub const MAX_PLAIN_BODY: usize = 256 * 1024;

/// The header of a session's token (§1.2).
pub const TOKEN_HEADER: &str = "authorization";

/// The header of the integrator's key (§1.2).
pub const KEY_HEADER: &str = "x-api-key";

/// The credentials of a request (§1.2).
#[derive(Debug, Clone, Default)]
pub struct SessionCredentials {
    /// The integrator's key.
    pub api_key: Option<ApiKey>,
    /// The session's token.
    pub id_token: Option<IdToken>,
}

/// The codec of this protocol.
#[derive(Debug)]
pub struct WsChannelCodec;

impl Codec for WsChannelCodec {
    type Credentials = SessionCredentials;
    type Terms = WsChannelTerms;

    fn encode_request<O: Exchange<Codec = Self>>(
        request: O::Request,
        with: &SessionCredentials,
    ) -> Result<OutRequest, Error> {
        let route = route::<O>();
        let mut writer = Writer::new(Representation::Wire);
        let Value::Object(mut fields) = request.write(&mut writer) else {
            return Err(Error::internal("a request of this protocol is a struct"));
        };
        let mut target = fill_path(route.path, &mut fields)?;
        let body = match route.parameters {
            Parameters::Query => {
                push_query(&mut target, fields);
                Body::empty()
            }
            Parameters::Body | Parameters::BodyOrQuery => match (route.request_content, writer.content()) {
                (Some(member), Some(content)) => Body::json_with_content(fields, member, content),
                _ if fields.is_empty() => Body::empty(),
                _ => Body::json(fields),
            },
        };
        let headers = headers(&O::TERMS, with)?;
        Ok(OutRequest { method: route.method.as_str().to_owned(), target, headers, body })
    }

    fn decode_request<O: Exchange<Codec = Self>>(message: InRequest<'_>) -> Result<O::Request, Error> {
        let route = route::<O>();
        let mut fields = match route.parameters {
            Parameters::Body | Parameters::BodyOrQuery => body_object(&message.body)?,
            Parameters::Query => Object::new(),
        };
        if route.parameters == Parameters::Query || route.parameters == Parameters::BodyOrQuery {
            for (name, value) in message.query {
                if fields.insert(name.clone(), value).is_some() && known::<O>(&name) {
                    return Err(Error::invalid_field(&name, "is given twice"));
                }
            }
        }
        for (name, value) in message.path {
            fields.insert(name, value);
        }
        let mut reader = Reader::new(Representation::Wire).with_content(message.content);
        if route.request_content.is_some_and(|member| fields.get(member).is_some_and(|v| v.as_str() == Some("")))
            && reader.has_content()
        {
            // The parser left an empty string in place of the streamed content; the field is not absent.
            fields.insert(route.request_content.unwrap_or_default(), CONTENT_MARK);
        }
        O::Request::read(Value::Object(fields), &mut reader)
    }

    fn encode_response<O: Exchange<Codec = Self>>(response: O::Response) -> OutResponse {
        let route = route::<O>();
        let mut writer = Writer::new(Representation::Wire);
        let mut fields = Object::new();
        fields.push("ResponseCode", "00");
        if let Value::Object(own) = response.write(&mut writer) {
            fields.extend(own);
        }
        let body = match (route.response_content, writer.content()) {
            (Some(member), Some(content)) => Body::json_with_content(fields, member, content),
            _ => Body::json(fields),
        };
        OutResponse::new(route.success, body)
    }

    fn decode_response<O: Exchange<Codec = Self>>(mut message: InResponse) -> Result<O::Response, Error> {
        let route = route::<O>();
        let content = message.content.take();
        let mut fields = accepted(route, &message)?;
        if let Some(member) = route.response_content
            && content.is_some()
        {
            fields.insert(member, CONTENT_MARK);
        }
        let status = message.status;
        let mut reader = Reader::new(Representation::Wire).with_content(content);
        O::Response::read(Value::Object(fields), &mut reader).map_err(|fault| {
            unreadable_answer(
                status,
                format!("the answer of {} has an invalid field: {}", route.wire_name, fault.message()),
            )
        })
    }
}

/// Replaces streamed content, so that the field is not mistaken for an empty one.
const CONTENT_MARK: &str = "(streamed)";

fn route<O: Operation>() -> &'static Route {
    let declaration: &'static Declaration = const { &O::DECLARATION };
    declaration.route.as_ref().expect("every exchange of this protocol is declared with a route")
}

fn known<O: Operation>(name: &str) -> bool {
    O::Request::SHAPE.fields().iter().any(|field| field.wire == name)
}

/// Fills the path template with its parameters and removes them from the fields.
fn fill_path(template: &str, fields: &mut Object<'_>) -> Result<String, Error> {
    let mut target = String::new();
    for part in template.split('/').skip(1) {
        target.push('/');
        match path_parameter(part) {
            None => target.push_str(part),
            Some(name) => {
                let Some(Value::String(value)) = fields.remove(name) else {
                    return Err(Error::missing_field(name, format!("{name} is missing")));
                };
                if value == "." || value == ".." || value.is_empty() {
                    return Err(Error::invalid_field(name, "is not allowed in a path"));
                }
                target.push_str(&percent_encode(&value));
            }
        }
    }
    Ok(target)
}

fn push_query(target: &mut String, fields: Object<'_>) {
    let mut separator = '?';
    for (name, value) in fields {
        let Value::String(value) = value else {
            continue;
        };
        target.push(separator);
        target.push_str(&format!("{name}={}", percent_encode(&value)));
        separator = '&';
    }
}

fn headers(terms: &WsChannelTerms, with: &SessionCredentials) -> Result<Headers, Error> {
    let mut headers = Headers::default();
    if !terms.needs_session() {
        return Ok(headers);
    }
    let not_logged_in =
        || Error::new(&errors::NOT_LOGGED_IN).with_outcome(CallOutcome::NotSent).with("class", RefusalClass::Auth);
    let token = with.id_token.as_ref().ok_or_else(not_logged_in)?;
    let key = with.api_key.as_ref().ok_or_else(not_logged_in)?;
    headers.push_secret(TOKEN_HEADER, &Secret::new(token.expose()));
    headers.push_secret(KEY_HEADER, &Secret::new(key.expose()));
    Ok(headers)
}

fn body_object(body: &[u8]) -> Result<Object<'_>, Error> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Object::new());
    }
    match json::parse(body, MAX_DEPTH) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Error::because(&row::INVALID_JSON, "the body must be a JSON object")),
        Err(fault) => Err(Error::because(&row::INVALID_JSON, format!("the body is {fault}"))),
    }
}

/// The fields of a successful answer; any other answer becomes an error (§1.5, §8.6).
fn accepted<'m>(route: &Route, message: &'m InResponse) -> Result<Object<'m>, Error> {
    let success = (200..300).contains(&message.status);
    let fields = match json::parse(&message.body, MAX_DEPTH) {
        Ok(Value::Object(fields)) => fields,
        Err(_) if success && is_web_page(message) => {
            let why = "the success answer is a web page, not JSON. Another server has answered in place of the service: \
                       check `base_url`, proxy and network";
            let error = unreadable_answer(message.status, why.into()).with_outcome(CallOutcome::Unknown);
            return Err(page_text(&message.body).into_iter().fold(error, |error, text| error.with("answer", text)));
        }
        _ if success => {
            return Err(unreadable_answer(message.status, "a success status without a JSON object".into()));
        }
        _ => return Err(answer_errors::not_the_service(route, message)),
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let (code, said) = (text("ResponseCode"), text("ResponseText"));
    match (success, code, said) {
        (true, Some(code), Some(_)) if code == "00" => Ok(fields),
        (_, Some(code), Some(said)) => {
            let peer = Peer { code: Some(code), text: Some(said), request_id: text("RequestId") };
            let detail = text("ResponseDetail");
            Err(answer_errors::refused(route, message.status, peer, detail.as_deref(), message.retry_after_s))
        }
        (true, ..) => {
            Err(unreadable_answer(message.status, "the answer has no ResponseCode or no ResponseText".into()))
        }
        (false, ..) => Err(answer_errors::not_the_service(route, message)),
    }
}

fn unreadable_answer(status: u16, why: String) -> Error {
    Error::because(&row::PEER_PROTOCOL, why).with_status(status).with_outcome(CallOutcome::Accepted)
}
