//! Receive: reads and checks a request of the hub (§6.1).

use bankchannel_foundation::{
    message::{HeaderField, Headers, is_token},
    prelude::*,
};

use crate::{
    class::RefusedRequest,
    connector::errors,
    declare,
    model::{HttpAnswer, keys},
    receive::{HubRequest, RequestReceiver},
};

/// A request that arrived, and the expected sender.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ReceiveRequestRequest {
    /// The HTTP method.
    pub method: String,
    /// The request target: the path with its query, as in the request line.
    pub target: String,
    /// The header fields. Their names may be in any case.
    pub headers: Vec<HeaderField>,
    /// Salt Edge's public key as PEM text. During a key change: the old key and the new key, one after the other.
    #[boundary(profile)]
    pub hub_public_key: String,
    /// The bank's code at Salt Edge. If absent, the code is not compared.
    #[boundary(profile)]
    pub provider_code: Option<String>,
    /// The required value of `iss` in a request that has one. Default: `priora.saltedge.com`.
    #[boundary(profile)]
    pub issuer: Option<String>,
    /// Seconds after `exp` during which a request is still accepted. Default: 30.
    #[boundary(profile)]
    pub leeway_s: Option<u32>,
    /// What stands before `/api/priora/v1` in the path of every request, such as `/psd2`. Default: nothing.
    #[boundary(profile)]
    pub path_prefix: Option<String>,
    /// The schemes besides `https` and `http` that a third party's `redirect_url` may have. Default: none.
    #[boundary(profile)]
    pub redirect_schemes: Option<Vec<String>>,
    /// The time of the check. Default: now.
    pub at: Option<Timestamp>,
}

/// A request to answer, or a refusal to send.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ReceiveRequestResponse {
    /// The request. Absent if it is refused.
    pub request: Option<HubRequest>,
    /// The third party's id at Salt Edge.
    pub client_id: Option<u64>,
    /// The id of the consent at Salt Edge.
    pub consent_id: Option<String>,
    /// The access token. This function cannot know whether it is valid.
    pub access_token: Option<Secret>,
    /// Oddities of the request that do no harm.
    pub warnings: Vec<String>,
    /// Unknown members of `data`. Unknown members deeper in it are ignored.
    pub unknown: Option<JsonObject>,
    /// The refusal with the answer to send.
    pub refused: Option<RequestRefused>,
}

/// A refusal.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RequestRefused {
    /// The error class, such as `JWTExpiredSignature`.
    pub class: String,
    /// The check that failed, 1 to 18.
    pub step: u32,
    /// The reason in words, without secrets.
    pub text: String,
    /// The answer to send.
    pub answer: HttpAnswer,
}

impl RequestRefused {
    fn from_refusal(refusal: RefusedRequest) -> Self {
        let answer = HttpAnswer::from_message(&refusal.answer());
        Self { class: refusal.class.name.to_owned(), step: refusal.step.into(), text: refusal.text, answer }
    }
}

/// Read and check a request of Salt Edge.
///
/// Takes a request from a route of any web framework. The checks run in this order: path, `Client-Id`,
/// `Authorization`, the JWT and its signature, `exp`, `iss`, `Access-Token` if it is needed, `Consent-Id`,
/// parameters, the bank's code. A refused request is no error: the response has the answer to send. The validity of
/// the token and of the session is not checked: that needs a store.
#[derive(Debug, Operation)]
#[operation(ReceiveRequestRequest => ReceiveRequestResponse)]
#[declaration(..declare::local("requests", "salt_edge_connector.receive_request"))]
#[errors(..errors::OF_KEYS)]
pub struct ReceiveRequest;

impl Local for ReceiveRequest {
    fn run(asked: ReceiveRequestRequest, with: LocalContext<'_>) -> Result<ReceiveRequestResponse, Error> {
        let now_s = keys::instant_s(asked.at.as_ref(), &with);
        let verifier = keys::hub_verifier(&asked.hub_public_key, asked.issuer, asked.leeway_s, &with)?;
        let receiver = RequestReceiver {
            verifier,
            provider_code: asked.provider_code,
            path_prefix: asked.path_prefix,
            redirect_schemes: asked.redirect_schemes.unwrap_or_default(),
        };
        // A faulty request from outside is never an error of the caller: a header with an invalid name is ignored, and
        // the checks examine the values of the others.
        let fields = asked.headers.into_iter().filter(|field| is_token(&field.name));
        let headers: Headers = fields.map(|field| (field.name, field.value.into_bytes())).collect();
        let mut response = ReceiveRequestResponse {
            request: None,
            client_id: None,
            consent_id: None,
            access_token: None,
            warnings: Vec::new(),
            unknown: None,
            refused: None,
        };
        match receiver.receive(&asked.method, &asked.target, &headers, now_s) {
            Ok(received) => {
                response.request = Some(received.request);
                response.client_id = Some(received.client_id);
                response.consent_id = received.consent_id;
                response.access_token = received.access_token;
                response.warnings = received.warnings;
                response.unknown = (!received.unknown.is_empty()).then_some(JsonObject(received.unknown));
            }
            Err(refusal) => response.refused = Some(RequestRefused::from_refusal(refusal)),
        }
        Ok(response)
    }
}
