//! Tests of the state through the methods that handlers use.

mod accounts;
mod any_order;
mod consents;
mod customers;
mod kept;
mod redirects;

use bankchannel_foundation::model::{Date, read_boundary};
use bankchannel_nextgen_psd2::model::ConsentAccess;
use serde_json::{Value, json};

use super::{
    AccountView, BankState, ConsentOffer, ConsentProblem, CustomerDecision, NewConsent, ReadingAccess, UseProblem,
    consents::CreatedConsent,
    fixtures::{PSU_1, TPP_1},
};

/// 2026-03-03T10:15:30Z, the specification's test clock; March 3rd in Oslo too.
const NOW: i64 = 1_772_532_930;
const DAY: i64 = 86_400;
const TPP_3: &str = "PSDNO-FSA-555555555";
const BACK: &str = "https://tpp.example/cb?state=9d1f";
const NOK: &str = "https://tpp.example/nok?state=9d1f";
const IBANS: [&str; 2] = ["NO8299990100000", "NO5499990100019"];

fn state() -> BankState {
    BankState::open(None).unwrap()
}

fn date(text: &str) -> Date {
    Date(text.parse().unwrap())
}

fn access(of: Value) -> ConsentAccess {
    read_boundary(of).unwrap()
}

fn bank_offered() -> ConsentAccess {
    access(json!({"accounts": [], "balances": []}))
}

/// A request for a recurring consent of PSU 1, valid for half a month, with the redirect URI [`BACK`].
fn asked() -> NewConsent<'static> {
    NewConsent {
        access: bank_offered(),
        recurring: true,
        valid_until: date("2026-03-18"),
        frequency: 4,
        redirect_uri: BACK,
        nok_redirect_uri: Some(NOK),
        psu_id: Some(PSU_1.1),
        psu_corporate_id: None,
    }
}

fn offer() -> ConsentOffer<'static> {
    ConsentOffer { redirect_uri: BACK, psu_id: None, psu_corporate_id: None, psu_context: None }
}

fn approval() -> CustomerDecision {
    CustomerDecision::Approve { psu: None, accounts: None }
}

/// Creates and approves a consent of PSU 1.
fn approved(state: &BankState, new: NewConsent<'_>) -> CreatedConsent {
    let created = state.create_consent(TPP_1, new, NOW).unwrap();
    state.decide(&created.redirect_state, approval(), NOW).unwrap();
    created
}

fn status(state: &BankState, id: &str, now: i64) -> &'static str {
    state.consent(TPP_1, id, now).unwrap().status.as_str()
}

fn sca(state: &BankState, created: &CreatedConsent, now: i64) -> &'static str {
    let view = state.authorisation(TPP_1, &created.consent_id, &created.authorisation_id, now).unwrap();
    match view.sca_status {
        super::AuthorisationState::Received => "received",
        super::AuthorisationState::Started => "started",
        super::AuthorisationState::Finalised => "finalised",
        super::AuthorisationState::Failed => "failed",
    }
}

fn read(state: &BankState, id: &str, present: bool, now: i64) -> Result<Vec<AccountView>, UseProblem> {
    state.read_accounts(TPP_1, ReadingAccess::Bg { consent_id: id }, present, now)
}

fn ibans(read: &[AccountView]) -> Vec<&str> {
    read.iter().map(|account| account.iban.as_str()).collect()
}

fn refused(state: &BankState, new: NewConsent<'_>) -> ConsentProblem {
    state.create_consent(TPP_1, new, NOW).unwrap_err()
}
