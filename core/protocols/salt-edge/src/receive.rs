//! A connector's checks of a request, in their order, as far as they need no store (§6.1): steps 1 to 9, 14 and 15.

use bankchannel_foundation::{
    Error, Secret,
    message::{Headers, Method},
    model::{Boundary, Field, Object, Value},
    operation::{Exchange, Operation, Route},
};

use crate::{
    SaltEdgeTerms, TokenUse,
    class::{RefusedRequest, of_connector as class},
    codec,
    envelope::{EnvelopeVerifier, after_bearer},
    hub::operations::{
        accounts, customers, errors,
        errors::notify_error::{ErrorNotice, NoticedError, NoticedRequest},
        tokens, transactions,
    },
    model::TokenPayload,
};

/// The prefix of all paths.
const PREFIX: &str = "/api/priora/v1/";
/// The maximum size of a request's head, in bytes: method, target, names and values of the headers.
pub const MAX_HEAD: usize = 32 * 1024;
/// The largest id of a third party.
const MAX_CLIENT_ID: u64 = 1 << 53;

/// Checks requests from the hub.
#[derive(Debug, Clone)]
pub struct RequestReceiver {
    /// The verifier for the hub's signatures.
    pub verifier: EnvelopeVerifier,
    /// The bank's code at Salt Edge; not compared if unknown.
    pub provider_code: Option<String>,
    /// What stands before `/api/priora/v1` in the path of every request, such as `/psd2`; nothing by default.
    pub path_prefix: Option<String>,
    /// The schemes besides `https` and `http` that a third party's `redirect_url` may have.
    pub redirect_schemes: Vec<String>,
}

/// A request that passed all these checks.
#[derive(Clone)]
pub struct ReceivedRequest {
    /// The request.
    pub request: HubRequest,
    /// The third party's id.
    pub client_id: u64,
    /// The id of the consent at Salt Edge.
    pub consent_id: Option<String>,
    /// The access token, which is not validated here.
    pub access_token: Option<Secret>,
    /// Harmless oddities.
    pub warnings: Vec<String>,
    /// The unknown members of `data`.
    pub unknown: Object<'static>,
}

bankchannel_foundation::redacted_debug!(ReceivedRequest, client_id);

/// An endpoint: its route and the function that reads its request.
struct RequestEndpoint {
    route: &'static Route,
    terms: &'static SaltEdgeTerms,
    /// The fields of `data`.
    fields: &'static [Field],
    read: fn(Object<'_>) -> Result<HubRequest, Error>,
}

/// Declares the requests: a variant for each endpoint, from its operation and the type of its `data`.
macro_rules! endpoints {
    ($($variant:ident($data:ty) of $operation:ty, $doc:literal;)+) => {
        /// A request from the hub.
        #[derive(Debug, Clone, Boundary)]
        #[boundary(tag = "operation")]
        pub enum HubRequest {
            $(
                #[doc = $doc]
                $variant($data),
            )+
        }

        static ENDPOINTS: &[RequestEndpoint] = &[$(RequestEndpoint {
            route: match const { &<$operation as Operation>::DECLARATION }.route.as_ref() {
                Some(route) => route,
                None => panic!("an endpoint is declared without a route"),
            },
            terms: const { &<$operation as Exchange>::TERMS },
            fields: <$data as Boundary>::SHAPE.fields(),
            read: |data| codec::read_request::<$data>(data, None).map(HubRequest::$variant),
        }),+];

        // Checks at compile time that the variant's type is the operation's `data`.
        $(const _: fn(<$operation as Operation>::Request) -> $data = |request| request.data;)+
    };
}

endpoints! {
    CreateToken(tokens::create_token::TokenWanted) of tokens::create_token::CreateToken,
        "Begin a customer's enrolment.";
    RevokeToken(tokens::revoke_token::TokenSession) of tokens::revoke_token::RevokeToken,
        "Revoke the access token.";
    ReconnectToken(tokens::revoke_token::TokenSession) of tokens::reconnect_token::ReconnectToken,
        "Renew the access token.";
    ConfirmToken(tokens::confirm_token::StepAnswered) of tokens::confirm_token::ConfirmToken,
        "Go on with an enrolment: the customer has answered.";
    CancelToken(tokens::cancel_token::SessionNamed) of tokens::cancel_token::CancelToken,
        "Give up an enrolment.";
    FetchAccounts(tokens::cancel_token::SessionNamed) of accounts::fetch_accounts::FetchAccounts,
        "List the customer's accounts.";
    RefreshAccounts(accounts::refresh_accounts::RefreshWanted) of accounts::refresh_accounts::RefreshAccounts,
        "Read the customer's accounts again.";
    ConfirmAccounts(tokens::confirm_token::StepAnswered) of accounts::confirm_accounts::ConfirmAccounts,
        "Go on with a refresh: the customer has answered.";
    FetchTransactions(transactions::fetch_transactions::TransactionsWanted) of transactions::fetch_transactions::FetchTransactions,
        "List an account's transactions.";
    FetchCustomer(customers::fetch_customer::CustomerWanted) of customers::fetch_customer::FetchCustomer,
        "Say what the bank knows of its customer.";
    NotifyError(errors::notify_error::ErrorNotice) of errors::notify_error::NotifyError,
        "Take note of an answer that Salt Edge could not use.";
}

/// A request with a verified sender that is not parsed yet: steps 1 to 9 have passed.
pub struct AuthenticatedRequest {
    endpoint: &'static RequestEndpoint,
    /// The third party's id.
    pub client_id: u64,
    /// The access token, which is not validated here.
    pub access_token: Option<Secret>,
    consent_id: Result<Option<String>, String>,
    data: Object<'static>,
    warnings: Vec<String>,
}

bankchannel_foundation::redacted_debug!(AuthenticatedRequest, client_id);

impl AuthenticatedRequest {
    /// Whether the request requires a token.
    #[must_use]
    pub fn needs_token(&self) -> bool {
        self.endpoint.terms.token == TokenUse::Needed
    }

    /// The name of the endpoint in the protocol's documents.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.endpoint.route.wire_name
    }
}

impl RequestReceiver {
    /// Makes all checks. Nothing is looked up before the signature is verified.
    ///
    /// # Errors
    /// A refusal at one of the steps, with the HTTP status of its answer.
    pub fn receive(
        &self,
        method: &str,
        target: &str,
        headers: &Headers,
        now_s: i64,
    ) -> Result<ReceivedRequest, RefusedRequest> {
        self.read(self.authenticate(method, target, headers, now_s)?)
    }

    /// Makes the checks 1 to 9: the sender, and the presence of a token if one is required.
    ///
    /// # Errors
    /// A refusal at one of these steps.
    pub fn authenticate(
        &self,
        method: &str,
        target: &str,
        headers: &Headers,
        now_s: i64,
    ) -> Result<AuthenticatedRequest, RefusedRequest> {
        let lines = headers.iter().map(|header| header.name.len() + header.value.len() + 4);
        if method.len() + target.len() + lines.sum::<usize>() > MAX_HEAD {
            let text = format!("the request's head has more than {MAX_HEAD} bytes");
            return Err(RefusedRequest::new(&class::WRONG_REQUEST_FORMAT, 1, text).with_status(431));
        }
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let endpoint = find(method, path, self.path_prefix.as_deref().unwrap_or_default())?;
        let client_id = client_id(headers)?;
        let data = self.verifier.open(bearer(headers)?, now_s)?;
        let access_token = access_token(headers, endpoint.terms.token)?;
        let mut warnings = Vec::new();
        if query.is_some_and(|query| !query.is_empty()) {
            warnings.push("the query was not read: parameters stand in the JWT".into());
        }
        for name in ["Accept", "Content-Type"] {
            let value = headers.text(name).unwrap_or_default();
            if !value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
                warnings.push(format!("{name} should be application/json"));
            }
        }
        Ok(AuthenticatedRequest { endpoint, client_id, access_token, consent_id: consent_id(headers), data, warnings })
    }

    /// Makes the checks 14 and 15 of the request's content.
    ///
    /// # Errors
    /// A refusal at one of these steps.
    pub fn read(&self, authenticated: AuthenticatedRequest) -> Result<ReceivedRequest, RefusedRequest> {
        let AuthenticatedRequest { endpoint, client_id, access_token, consent_id, mut data, mut warnings } =
            authenticated;
        let is_notice = endpoint.terms.token == TokenUse::Ignored;
        let consent_id = match consent_id {
            Err(why) if is_notice => {
                warnings.push(why);
                None
            }
            found => found.map_err(|why| malformed(&why))?,
        };
        let provider_code = data.get("provider_code").cloned();
        let is_known = |name: &str| endpoint.fields.iter().any(|field| field.wire == name);
        let unknown = data.iter().filter(|(name, _)| !is_known(name) && *name != "provider_code");
        let unknown = unknown.map(|(name, value)| (name.to_owned().into(), value.clone())).collect();
        let whole = is_notice.then(|| data.clone());
        credentials_as_text(&mut data, &mut warnings);
        let request = match ((endpoint.read)(data), whole) {
            (Ok(request), _) => request,
            // A notice is accepted, whatever its content.
            (Err(fault), Some(whole)) => {
                warnings.push(fault.message().to_owned());
                HubRequest::NotifyError(notice(&whole))
            }
            (Err(fault), None) => return Err(malformed(fault.message())),
        };
        request.check().map_err(malformed)?;
        request.check_redirect(&self.redirect_schemes).map_err(|why| malformed(&why))?;
        match self.check_provider(provider_code.as_ref()) {
            Err(refusal) if is_notice => warnings.push(refusal.text),
            checked => checked?,
        }
        Ok(ReceivedRequest { request, client_id, consent_id, access_token, warnings, unknown })
    }

    fn check_provider(&self, code: Option<&Value<'_>>) -> Result<(), RefusedRequest> {
        match (&self.provider_code, code) {
            (None, _) | (_, None | Some(Value::Null)) => Ok(()),
            (Some(own), Some(Value::String(code))) if code == own => Ok(()),
            (Some(_), Some(_)) => {
                Err(RefusedRequest::new(&class::WRONG_REQUEST_FORMAT, 15, "provider_code is another bank's"))
            }
        }
    }
}

impl HubRequest {
    /// Checks beyond the types (§2).
    fn check(&self) -> Result<(), &'static str> {
        let ordered = |from: i64, to: i64| if from <= to { Ok(()) } else { Err("from_date is after to_date") };
        match self {
            Self::CreateToken(wanted) => check_payload(&wanted.original_request.client_payload),
            Self::RefreshAccounts(wanted) => match (&wanted.from_date, &wanted.to_date) {
                (Some(from), Some(to)) => ordered(from.first_ms(), to.last_ms()),
                _ => Ok(()),
            },
            Self::FetchTransactions(wanted) => ordered(wanted.from_date.first_ms(), wanted.to_date.last_ms()),
            Self::RevokeToken(_)
            | Self::ReconnectToken(_)
            | Self::ConfirmToken(_)
            | Self::CancelToken(_)
            | Self::FetchAccounts(_)
            | Self::ConfirmAccounts(_)
            | Self::FetchCustomer(_)
            | Self::NotifyError(_) => Ok(()),
        }
    }
}

impl HubRequest {
    /// Checks the address to which the customer's browser is sent at the end: the bank's page must be able to use it.
    fn check_redirect(&self, schemes: &[String]) -> Result<(), String> {
        let (field, url) = match self {
            Self::CreateToken(wanted) => (
                "original_request.client_payload.data.redirect_url",
                &wanted.original_request.client_payload.data.redirect_url,
            ),
            Self::RefreshAccounts(wanted) => ("redirect_url", &wanted.redirect_url),
            _ => return Ok(()),
        };
        match url {
            Some(url) if !is_page(url, schemes) => {
                Err(format!("{field} must be an absolute URL with https, http or a scheme of the bank's settings"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a browser may be sent to this address: an absolute URL with a host and without control characters, white space
/// or backslashes, with `https` or `http`; or any absolute URL with one of the other schemes.
#[must_use]
pub fn is_page(text: &str, schemes: &[String]) -> bool {
    let is_plain = !text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\');
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    // A program that is less strict than a browser must find the same host.
    let is_web = ["https", "http"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let has_host = || rest.starts_with("//") && !rest[2..].starts_with('/');
    let is_known = is_web && has_host() || schemes.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    is_plain && is_known && url::Url::parse(text).is_ok_and(|url| !is_web || url.has_host())
}

/// Replaces numbers and booleans among a customer's answers by their texts, and leaves out nulls: the bank's code decides
/// about them, so that the customer hears of it. Other values are malformed.
fn credentials_as_text(data: &mut Object<'_>, warnings: &mut Vec<String>) {
    let mut place = data.get_mut("original_request");
    for name in ["client_payload", "data", "credentials"] {
        place = place.and_then(Value::as_object_mut).and_then(|object| object.get_mut(name));
    }
    let Some(credentials) = place.and_then(Value::as_object_mut) else { return };
    let mut odd = false;
    let plain = std::mem::take(credentials).into_iter().filter_map(|(name, value)| {
        let text = match value {
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Null => {
                odd = true;
                return None;
            }
            other => return Some((name, other)),
        };
        odd = true;
        Some((name, Value::String(text.into())))
    });
    *credentials = plain.collect();
    if odd {
        warnings
            .push("values of credentials should be texts: numbers and booleans were read as such, null as none".into());
    }
}

/// Reads the readable parts of a malformed notice: each text in its expected place. Headers are left out, as they may
/// hold tokens.
fn notice(data: &Object<'_>) -> ErrorNotice {
    let text = |of: &str, name: &str| data.get(of)?.get(name)?.as_str().map(str::to_owned);
    ErrorNotice {
        request: data.get("request").map(|_| NoticedRequest {
            method: text("request", "method"),
            url: text("request", "url"),
            headers: None,
        }),
        error: data.get("error").map(|_| NoticedError {
            error_class: text("error", "error_class"),
            error_message: text("error", "error_message"),
        }),
    }
}

fn check_payload(payload: &TokenPayload) -> Result<(), &'static str> {
    if payload.data.scopes.is_empty() {
        return Err("original_request.client_payload.data.scopes is empty");
    }
    if payload.data.consent_period_days == 0 {
        return Err("original_request.client_payload.data.consent_period_days must be 1 or more");
    }
    Ok(())
}

fn malformed(why: &str) -> RefusedRequest {
    RefusedRequest::new(&class::WRONG_REQUEST_FORMAT, 14, why)
}

/// Finds the endpoint of a method and a path below the prefix.
fn find(method: &str, path: &str, prefix: &str) -> Result<&'static RequestEndpoint, RefusedRequest> {
    // The absolute form of a target is the same request.
    let path = match path.split_once("://").map(|(_, rest)| rest) {
        Some(rest) if !path.starts_with('/') => rest.find('/').map_or("/", |at| &rest[at..]),
        _ => path,
    };
    let own = path.strip_prefix(prefix.trim_end_matches('/')).filter(|own| own.starts_with(PREFIX)).unwrap_or("");
    let at_path = || ENDPOINTS.iter().filter(|endpoint| endpoint.route.path == own);
    if let Some(found) = at_path().find(|endpoint| Method::from_text(method) == Some(endpoint.route.method)) {
        return Ok(found);
    }
    let allow: Vec<&str> = at_path().map(|endpoint| endpoint.route.method.as_str()).collect();
    let refused = |text: &str| RefusedRequest::new(&class::WRONG_REQUEST_FORMAT, 1, text);
    if allow.is_empty() {
        return Err(refused("there is no such path").with_status(404));
    }
    let refusal = refused("this method is not allowed for this path").with_status(405);
    Err(RefusedRequest { allow, ..refusal })
}

fn client_id(headers: &Headers) -> Result<u64, RefusedRequest> {
    let refused = |text: &str| RefusedRequest::new(&class::INVALID_CLIENT_ID, 2, text);
    let text = codec::one(headers, "Client-Id").map_err(|fault| refused(fault.message()))?;
    let text = text.ok_or_else(|| refused("Client-Id is missing"))?;
    let number = if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse::<u64>().ok() } else { None };
    let number = number.filter(|id| (1..=MAX_CLIENT_ID).contains(id));
    number.ok_or_else(|| refused("Client-Id must be a whole number, 1 or more"))
}

/// The consent's id at Salt Edge, a whole number.
fn consent_id(headers: &Headers) -> Result<Option<String>, String> {
    let text = codec::one(headers, "Consent-Id").map_err(|fault| fault.message().to_owned())?;
    match text {
        Some(text) if !text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err("Consent-Id must be a whole number".to_owned())
        }
        text => Ok(text.map(str::to_owned)),
    }
}

/// The JWT in `Authorization`.
fn bearer(headers: &Headers) -> Result<&str, RefusedRequest> {
    let refused = |text: &str| RefusedRequest::new(&class::AUTHORIZATION_MISSING, 3, text);
    let text = codec::one(headers, "Authorization").map_err(|fault| refused(fault.message()))?;
    let text = text.ok_or_else(|| refused("Authorization is missing"))?;
    let jwt = after_bearer(text).map(str::trim).filter(|jwt| !jwt.is_empty());
    jwt.ok_or_else(|| refused("Authorization must be `Bearer` and a JWT"))
}

fn access_token(headers: &Headers, used: TokenUse) -> Result<Option<Secret>, RefusedRequest> {
    let refused = |text: &str| RefusedRequest::new(&class::ACCESS_TOKEN_MISSING, 9, text);
    match (used, codec::one(headers, "Access-Token")) {
        (TokenUse::None, _) | (TokenUse::Ignored, Err(_)) => Ok(None),
        (TokenUse::Needed, Ok(None)) => Err(refused("Access-Token is missing")),
        (TokenUse::Needed, Err(fault)) => Err(refused(fault.message())),
        (TokenUse::Needed | TokenUse::Ignored, Ok(found)) => Ok(found.map(Secret::new)),
    }
}
