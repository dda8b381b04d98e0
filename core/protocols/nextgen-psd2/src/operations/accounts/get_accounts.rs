//! List accounts: GET `/v1/accounts` (§4.5).

use bankchannel_foundation::prelude::*;

use crate::{
    NextGenPsd2Codec, NextGenPsd2Terms, declare,
    model::{Account, LinkedAnswer, PsuContext, PsuCorporateId, PsuId, TppSessionId, TppUri, UnreadMember},
};

/// The consent: in dialect `bg` its identifier, in dialect `era` customer and session.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct GetAccountsRequest {
    /// Whether to include the balances.
    #[boundary(wire = "?withBalance")]
    pub with_balance: Option<bool>,
    /// The consent's identifier; dialect `bg`.
    #[boundary(wire = "@Consent-ID")]
    pub consent_id: Option<String>,
    /// The customer, from the bank's redirect; dialect `era`.
    #[boundary(wire = "@PSU-ID")]
    pub psu_id: Option<PsuId>,
    /// The customer's corporate agreement.
    #[boundary(wire = "@PSU-Corporate-ID")]
    pub psu_corporate_id: Option<PsuCorporateId>,
    /// The session, from the bank's redirect; dialect `era`.
    #[boundary(wire = "@TPP-Session-ID")]
    pub tpp_session_id: Option<TppSessionId>,
    /// The address to which the bank returns the customer, if the bank needs the customer's consent first; dialect
    /// `era`.
    #[boundary(wire = "@TPP-Redirect-URI")]
    pub redirect_uri: Option<TppUri>,
    /// The customer's own request, if the customer is present. Without it the bank counts the request as unattended.
    #[boundary(wire = "@")]
    pub psu: Option<PsuContext>,
}

/// The accounts.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct GetAccountsResponse {
    /// The accounts that the consent covers.
    #[boundary(wire = "accounts")]
    pub accounts: Vec<Account>,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
    /// What of the bank's answer is in no other field, such as members of a later version of the standard. Does not
    /// travel: it is the rest of the answer. Absent if there is no rest.
    #[boundary(wire = "unread", off_wire)]
    pub unread: Option<Vec<UnreadMember>>,
}

impl LinkedAnswer for GetAccountsResponse {
    fn resolve_links(&mut self, base_url: &str) {
        self.accounts.iter_mut().flat_map(|account| account.links.values_mut()).for_each(|link| link.resolve(base_url));
    }
}

/// List the accounts that a consent covers.
///
/// Without a consent, a bank of dialect `era` refuses with a link at which the customer gives one: the error is
/// `nextgen_psd2.consent_needed`, and its context has the link. Dialects `era` and `bg`.
#[derive(Debug, Operation)]
#[operation(GetAccountsRequest => GetAccountsResponse)]
#[declaration(..declare::exchange("nextgen_psd2.get_accounts"))]
#[errors(..declare::WITH_CONSENT)]
#[route(..declare::route("getAccountList", Method::Get, "/v1/accounts", 200))]
#[exchange(NextGenPsd2Codec, NextGenPsd2Terms { dialects: declare::BOTH, roles: declare::AISP })]
pub struct GetAccounts;
