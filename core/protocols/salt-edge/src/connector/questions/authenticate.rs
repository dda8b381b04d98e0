//! Authenticate: who the customer is, when a third party wants access.

use std::{collections::BTreeMap, fmt};

use bankchannel_foundation::{
    Boundary, Secret,
    model::Timestamp,
    question::{QuestionDeclaration, TypedQuestion},
};

use super::Step;

/// A customer who is to be authenticated.
#[derive(Clone, Boundary)]
pub struct AuthenticateQuestion {
    /// The session: it names it in `approve_session` and on the bank's page. Whoever knows it can see the session's page.
    pub session_id: String,
    /// The third party's id at Salt Edge.
    pub client_id: u64,
    /// The third party's name, as the customer is to see it.
    pub app_name: String,
    /// The rights asked for: `accounts`, `transactions`, `kyc`, and others.
    pub scopes: Vec<String>,
    /// For how many days.
    pub consent_period_days: u32,
    /// The code of the way to authenticate, as agreed with Salt Edge; left out where the third party named none.
    pub authorization_type: Option<String>,
    /// What the customer has given at first, by the codes of the fields: login, password.
    pub credentials: BTreeMap<String, Secret>,
    /// Where the customer's browser goes after the bank's page.
    pub redirect_url: Option<String>,
    /// Whether the third party insists on strong authentication.
    pub force_sca: Option<bool>,
    /// The id of the consent at Salt Edge.
    pub consent_id: Option<String>,
    /// When the session's time is over, unless it goes on before.
    pub expires_at: Timestamp,
}

impl fmt::Debug for AuthenticateQuestion {
    /// Only which session it is about.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticateQuestion").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

/// Who the customer is.
#[derive(Debug)]
pub struct Authenticate;

impl TypedQuestion for Authenticate {
    type Request = AuthenticateQuestion;
    type Answer = Step;
    const DECLARATION: QuestionDeclaration = QuestionDeclaration {
        name: "bank.authenticate",
        summary: "A third party wants access: authenticate the customer",
        doc: "Answers how the session goes on: approved at once, a page of the bank's, a code that the customer has to give, or refused. The bank makes and sends codes itself. \
              It is asked once: where the answer is lost, the session fails.",
    };
}
