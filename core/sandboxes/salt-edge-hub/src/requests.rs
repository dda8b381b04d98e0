//! Requests to a connector, made and signed as Salt Edge makes them.

use std::collections::BTreeMap;

use bankchannel_crypto::{digest::hex, random, signature::SigningKey};
use bankchannel_foundation::{Error, Result, Secret, message::OutRequest, model::Boundary, operation::Exchange};
use bankchannel_salt_edge::{
    codec::{HubCredentials, SaltEdge, data_of},
    envelope::{ISSUER, UnsignedEnvelope},
    hub::operations::{
        accounts::{
            confirm_accounts::{ConfirmAccounts, ConfirmAccountsRequest},
            fetch_accounts::{FetchAccounts, FetchAccountsRequest},
            refresh_accounts::{RefreshAccounts, RefreshAccountsRequest, RefreshWanted},
        },
        customers::fetch_customer::{CustomerWanted, FetchCustomer, FetchCustomerRequest},
        errors::notify_error::{ErrorNotice, NoticedError, NoticedRequest, NotifyError, NotifyErrorRequest},
        tokens::{
            cancel_token::{CancelToken, CancelTokenRequest, SessionNamed},
            confirm_token::{ConfirmToken, ConfirmTokenRequest, StepAnswered},
            create_token::{CreateToken, CreateTokenRequest, TokenWanted},
            reconnect_token::{ReconnectToken, ReconnectTokenRequest},
            revoke_token::{RevokeToken, TokenRevocationRequest, TokenSession},
        },
        transactions::fetch_transactions::{FetchTransactions, FetchTransactionsRequest, TransactionsWanted},
    },
    model::{
        AccountId, ConfirmationParameters, ConfirmationPayload, ConfirmationRequested, DayOrInstant, OnBehalfOf,
        SessionSecret, TokenParameters, TokenPayload, TokenRequested, WithToken,
    },
};
use serde_json::{Value, json};

use super::{
    service::{CLIENT_ID, CLIENT_NAME, CLIENT_SCOPES, PROVIDER_CODE, PlayedHub},
    state::SessionPurpose,
};

/// The default lifetime of a request, in seconds.
const LIFETIME_S: i64 = 60;
/// The default consent period, in days.
const DAYS: u32 = 90;

/// A request to a connector. Fields that are left out get values that a connector accepts.
#[derive(Clone, Default, Boundary)]
#[boundary(flattened)]
#[non_exhaustive]
pub struct PlayedRequest {
    /// The operation, one that a connector serves: `create_token`. What sends a request has a default, its making none.
    pub operation: Option<String>,
    /// The session's name. Default: a new one.
    pub session_secret: Option<String>,
    /// The id of the third party.
    pub client_id: Option<u64>,
    /// The name of the third party's application.
    pub app_name: Option<String>,
    /// The consent's scopes.
    pub scopes: Option<Vec<String>>,
    /// Days of consent. Default: 90.
    pub consent_period_days: Option<u32>,
    /// The customer's input, by field.
    pub credentials: Option<BTreeMap<String, bankchannel_foundation::Secret>>,
    /// Where the customer's browser goes afterwards.
    pub redirect_url: Option<String>,
    /// The account, for transactions.
    pub account_id: Option<String>,
    /// The first day, for transactions and a refresh: `2026-01-01`.
    pub from_date: Option<String>,
    /// The last day.
    pub to_date: Option<String>,
    /// The access token.
    pub access_token: Option<bankchannel_foundation::Secret>,
    /// In its place: the session whose token it is.
    pub access_token_of: Option<String>,
    /// Seconds until the JWT expires. Default: 60.
    pub expires_in_s: Option<i64>,
}

impl PlayedRequest {
    /// An order with default values in all other members.
    pub(super) fn for_operation(operation: &str) -> Self {
        Self { operation: Some(operation.to_owned()), ..Self::default() }
    }
}

/// A signed request, ready to be sent.
#[derive(Clone)]
pub(super) struct MadeRequest {
    pub(super) operation: String,
    pub(super) method: String,
    pub(super) target: String,
    /// Names and values; one of them is the signed JWT.
    pub(super) headers: Vec<(String, String)>,
    pub(super) session_secret: String,
    /// The data in the JWT, exactly as written.
    pub(super) data_text: String,
    /// The same as JSON, for records.
    pub(super) data: Value,
}

impl PlayedHub {
    /// A new random session name.
    pub(super) fn new_session() -> String {
        hex(&random::bytes::<16>())
    }

    /// Builds the request for an order. If the request starts a session, the hub knows the session from now on.
    ///
    /// # Errors
    /// `input.*`.
    pub(super) fn made(&self, order: &PlayedRequest) -> Result<MadeRequest> {
        let secret = order.session_secret.clone().unwrap_or_else(Self::new_session);
        let session_secret = SessionSecret::new(&secret)?;
        let operation = order.operation.as_deref();
        let operation = operation.ok_or_else(|| Error::missing_field("operation", "operation is missing"))?;
        let begun = match operation {
            "create_token" | "reconnect_token" => Some(SessionPurpose::Token),
            "refresh_accounts" => Some(SessionPurpose::Refresh),
            _ => None,
        };
        if let Some(about) = begun {
            // If a session of this name exists, it continues: the request is a repetition.
            self.state.begin(&secret, about, None, self.now_ms());
            if let Some(before) = &order.access_token_of {
                self.state.begun_with(&secret, before);
            }
        }
        let message = self.message(operation, order, session_secret)?;
        let headers = self.signed(&message, order.expires_in_s.unwrap_or(LIFETIME_S))?;
        let data_text = data_of(&message)?.to_owned();
        let data = serde_json::from_str(&data_text).unwrap_or_default();
        let (operation, method, target) = (operation.to_owned(), message.method, message.target);
        Ok(MadeRequest { operation, method, target, headers, session_secret: secret, data_text, data })
    }

    fn message(&self, operation: &str, order: &PlayedRequest, session_secret: SessionSecret) -> Result<OutRequest> {
        let on_behalf_of = OnBehalfOf::new(order.client_id.unwrap_or(CLIENT_ID));
        let provider_code = Some(PROVIDER_CODE.to_owned());
        let day = |given: &Option<String>, field: &'static str| match given {
            Some(text) => DayOrInstant::new(text).map_err(|fault| Error::invalid_field(field, fault.message())),
            None => Err(Error::missing_field(field, format!("{field} is missing"))),
        };
        match operation {
            "create_token" => {
                let original_request = self.token_requested(order)?;
                let app_name = order.app_name.clone().unwrap_or_else(|| CLIENT_NAME.to_owned());
                let mut data = TokenWanted::new(session_secret, app_name, original_request);
                data.provider_code = provider_code;
                written::<CreateToken>(CreateTokenRequest::new(on_behalf_of, data))
            }
            "confirm_token" => {
                let original_request = self.confirmation_requested(order)?;
                let mut data = StepAnswered::new(session_secret, original_request);
                data.provider_code = provider_code;
                written::<ConfirmToken>(ConfirmTokenRequest::new(on_behalf_of, data))
            }
            "cancel_token" => {
                let data = SessionNamed::new(session_secret);
                written::<CancelToken>(CancelTokenRequest::new(on_behalf_of, data))
            }
            "revoke_token" => {
                let mut made = TokenSession::new(session_secret);
                made.provider_code = provider_code;
                let (with_token, data) = (self.token(order, on_behalf_of)?, made);
                written::<RevokeToken>(TokenRevocationRequest::new(with_token, data))
            }
            "reconnect_token" => {
                let mut made = TokenSession::new(session_secret);
                made.provider_code = provider_code;
                let (with_token, data) = (self.token(order, on_behalf_of)?, made);
                written::<ReconnectToken>(ReconnectTokenRequest::new(with_token, data))
            }
            "fetch_accounts" => {
                let (with_token, data) = (self.token(order, on_behalf_of)?, SessionNamed::new(session_secret));
                written::<FetchAccounts>(FetchAccountsRequest::new(with_token, data))
            }
            "refresh_accounts" => {
                let mut data = RefreshWanted::new(session_secret);
                data.from_date = order.from_date.as_ref().map(|_| day(&order.from_date, "from_date")).transpose()?;
                data.to_date = order.to_date.as_ref().map(|_| day(&order.to_date, "to_date")).transpose()?;
                data.redirect_url = order.redirect_url.clone();
                let with_token = self.token(order, on_behalf_of)?;
                written::<RefreshAccounts>(RefreshAccountsRequest::new(with_token, data))
            }
            "confirm_accounts" => {
                let original_request = self.confirmation_requested(order)?;
                let mut data = StepAnswered::new(session_secret, original_request);
                data.provider_code = provider_code;
                let with_token = self.token(order, on_behalf_of)?;
                written::<ConfirmAccounts>(ConfirmAccountsRequest::new(with_token, data))
            }
            "fetch_transactions" => {
                let account_id = order
                    .account_id
                    .clone()
                    .ok_or_else(|| Error::missing_field("account_id", "account_id is missing"))?;
                let data = TransactionsWanted::new(
                    session_secret,
                    AccountId(account_id),
                    day(&order.from_date, "from_date")?,
                    day(&order.to_date, "to_date")?,
                );
                let with_token = self.token(order, on_behalf_of)?;
                written::<FetchTransactions>(FetchTransactionsRequest::new(with_token, data))
            }
            "fetch_customer" => {
                let mut data = CustomerWanted::new();
                data.session_secret = Some(session_secret);
                let with_token = self.token(order, on_behalf_of)?;
                written::<FetchCustomer>(FetchCustomerRequest::new(with_token, data))
            }
            "notify_error" => {
                let mut request = NoticedRequest::new();
                request.method = Some("get".into());
                let mut error = NoticedError::new();
                error.error_class = Some("InternalProviderError".into());
                error.error_message = Some("The answer could not be used.".into());
                let mut data = ErrorNotice::new();
                (data.request, data.error) = (Some(request), Some(error));
                let with_token = self.token(order, on_behalf_of)?;
                written::<NotifyError>(NotifyErrorRequest::new(with_token, data))
            }
            _ => Err(Error::invalid_field(
                "operation",
                "must be one of the 11 that a connector serves, such as create_token",
            )),
        }
    }

    /// The token for the request: the one in the order, or the one received in a session.
    fn token(&self, order: &PlayedRequest, on_behalf_of: OnBehalfOf) -> Result<WithToken> {
        let access_token = match (&order.access_token, &order.access_token_of) {
            (Some(token), _) => token.clone(),
            (None, Some(session)) => self.state.token_of(session).ok_or_else(|| {
                Error::invalid_field("access_token_of", "no token was received for a session with this name")
            })?,
            (None, None) => {
                let why = "access_token or access_token_of is missing";
                return Err(Error::missing_field("access_token_of", why));
            }
        };
        Ok(WithToken::new(on_behalf_of, access_token))
    }

    fn token_requested(&self, order: &PlayedRequest) -> Result<TokenRequested> {
        let scopes = order.scopes.clone().unwrap_or_else(|| CLIENT_SCOPES.map(str::to_owned).to_vec());
        let mut data = TokenParameters::new(scopes, order.consent_period_days.unwrap_or(DAYS), credentials(order));
        data.provider_code = Some(PROVIDER_CODE.to_owned());
        data.redirect_url = order.redirect_url.clone();
        let asked = json!({
            "provider_code": PROVIDER_CODE,
            "scopes": data.scopes,
            "consent_period_days": data.consent_period_days,
            "credentials": given_texts(order),
            "redirect_url": data.redirect_url,
        });
        let (client_jwt, exp) = self.third_party_jwt(&asked)?;
        Ok(TokenRequested::new(client_jwt, TokenPayload::new(data, exp)))
    }

    fn confirmation_requested(&self, order: &PlayedRequest) -> Result<ConfirmationRequested> {
        let (client_jwt, exp) = self.third_party_jwt(&json!({"credentials": given_texts(order)}))?;
        let data = ConfirmationParameters::new(credentials(order));
        Ok(ConfirmationRequested::new(client_jwt, ConfirmationPayload::new(data, exp)))
    }

    /// The third party's own request as a JWT, with its expiry.
    fn third_party_jwt(&self, data: &Value) -> Result<(Secret, u64)> {
        let exp = self.now_ms().div_euclid(1000) + LIFETIME_S;
        let jwt = jwt(&data.to_string(), exp, None, &self.keys.third_party_key)?;
        Ok((Secret::new(format!("Bearer {jwt}")), u64::try_from(exp).unwrap_or_default()))
    }

    fn signed(&self, message: &OutRequest, lifetime_s: i64) -> Result<Vec<(String, String)>> {
        let jwt =
            jwt(data_of(message)?, self.now_ms().div_euclid(1000) + lifetime_s, Some(ISSUER), &self.keys.hub_key)?;
        let own = ("Authorization".to_owned(), format!("Bearer {jwt}"));
        let headers = message
            .headers
            .iter()
            .map(|header| (header.name.clone(), String::from_utf8_lossy(&header.value).into_owned()));
        Ok(headers.chain([own]).collect())
    }
}

fn credentials(order: &PlayedRequest) -> BTreeMap<String, Secret> {
    order.credentials.clone().unwrap_or_default()
}

/// The customer's input in the third party's own request.
fn given_texts(order: &PlayedRequest) -> Option<BTreeMap<&str, &str>> {
    let given = order.credentials.as_ref()?;
    Some(given.iter().map(|(field, value)| (field.as_str(), value.expose())).collect())
}

fn jwt(data: &str, exp: i64, issuer: Option<&str>, key: &SigningKey) -> Result<String> {
    UnsignedEnvelope::issued(data, exp, issuer).signed(key).map_err(Error::internal)
}

fn written<O: Exchange<Codec = SaltEdge>>(request: O::Request) -> Result<OutRequest> {
    O::encode_request(request, &HubCredentials::default())
}
