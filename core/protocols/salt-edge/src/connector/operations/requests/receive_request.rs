//! Receive: reads and checks a request of the hub (§6.1).

use bankchannel_foundation::{
    Boundary, Declaration, Error, Local, LocalContext, Operation, Secret,
    message::{HeaderField, Headers, is_token},
    model::{JsonObject, Timestamp},
};

use crate::{
    class::Refusal,
    connector::errors,
    declare,
    model::{HttpAnswer, keys},
    receive::{HubRequest, Receiver},
};

/// A request that has arrived, and who may have sent it.
#[derive(Debug, Clone, Boundary)]
pub struct ReceiveRequestRequest {
    /// The HTTP method.
    pub method: String,
    /// The path with its query, as it stands on the request line.
    pub target: String,
    /// The header fields. Their names may have any case.
    pub headers: Vec<HeaderField>,
    /// Salt Edge's public key as PEM text; while it changes, the old one and the new one, one after the other.
    #[boundary(profile)]
    pub hub_public_key: String,
    /// The bank's code at Salt Edge; left out, no code is compared.
    #[boundary(profile)]
    pub provider_code: Option<String>,
    /// What `iss` must be, where a request has one; `priora.saltedge.com` when left out.
    #[boundary(profile)]
    pub issuer: Option<String>,
    /// How many seconds later than `exp` a request may arrive; 30 when left out.
    #[boundary(profile)]
    pub leeway_s: Option<u32>,
    /// The instant to check for; now when left out.
    pub at: Option<Timestamp>,
}

/// A request to be answered, or a refusal to be sent.
#[derive(Debug, Clone, Boundary)]
pub struct ReceiveRequestResponse {
    /// What is asked. Left out where the request is refused.
    pub request: Option<HubRequest>,
    /// The third party's id at Salt Edge.
    pub client_id: Option<u64>,
    /// The id of the consent at Salt Edge.
    pub consent_id: Option<String>,
    /// The access token. Whether it is good, this function cannot know.
    pub access_token: Option<Secret>,
    /// What is odd about the request, and does no harm.
    pub warnings: Vec<String>,
    /// Members of `data` that this library does not know; those deeper in it are passed over.
    pub unknown: Option<JsonObject>,
    /// Why the request is refused, with the answer to send.
    pub refused: Option<RequestRefused>,
}

/// A refusal.
#[derive(Debug, Clone, Boundary)]
pub struct RequestRefused {
    /// The error's class, such as `JWTExpiredSignature`.
    pub class: String,
    /// The check that failed, 1 to 18.
    pub step: u32,
    /// Why, in words. It repeats nothing secret.
    pub text: String,
    /// The answer to send.
    pub answer: HttpAnswer,
}

impl RequestRefused {
    fn of(refusal: Refusal) -> Self {
        let answer = HttpAnswer::of(&refusal.answer());
        Self { class: refusal.class.name.to_owned(), step: refusal.step.into(), text: refusal.text, answer }
    }
}

/// Reads and checks a request of the hub.
#[derive(Debug)]
pub struct ReceiveRequest;

impl Operation for ReceiveRequest {
    type Request = ReceiveRequestRequest;
    type Response = ReceiveRequestResponse;
    const DECLARATION: Declaration = declare::local(
        "requests",
        "salt_edge_connector.receive_request",
        "Read and check a request of Salt Edge",
        "Takes a request out of any web framework's route. The checks are made in their order: path, `Client-Id`, `Authorization`, the JWT and its signature, `exp`, `iss`, \
         `Access-Token` where it is needed, `Consent-Id`, parameters, the bank's code. A request that is refused is no error: the response has the answer to send. Not checked, as it takes a store: whether the token or the \
         session is good.",
        errors::OF_KEYS,
    );
}

impl Local for ReceiveRequest {
    fn run(asked: ReceiveRequestRequest, with: LocalContext<'_>) -> Result<ReceiveRequestResponse, Error> {
        let now_s = keys::instant_s(asked.at.as_ref(), &with);
        let verifier = keys::hub_verifier(&asked.hub_public_key, asked.issuer, asked.leeway_s, &with)?;
        let receiver = Receiver { verifier, provider_code: asked.provider_code };
        // A request that came is never an error of whoever hands it on: a header that cannot be one counts for nothing, and the
        // checks look at the values of those that count.
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
            Err(refusal) => response.refused = Some(RequestRefused::of(refusal)),
        }
        Ok(response)
    }
}
