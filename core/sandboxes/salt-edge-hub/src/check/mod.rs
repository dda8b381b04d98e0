//! The conformance checker for connectors: sends valid and invalid requests as Salt Edge does, over the network only.
//!
//! ```text
//!   requests    invalid requests, in the order of the checks            flows       from the request to the report
//!   repeats     repeated requests                                       reactions   reactions to Salt Edge's answers
//!   defects     defects found in real connectors, overall requirements
//!   checker     sending, waiting, judging          forge   requests with a single error
//!   settings    keys and authentication methods    psu     a customer behind a URL
//!   customers   whose accounts and data are shown  data    the form of the data
//!   report      results for people and programs
//! ```

mod checker;
mod customers;
mod data;
mod defects;
mod flows;
mod forge;
mod psu;
mod reactions;
mod repeats;
mod report;
mod requests;
mod run;
mod settings;

use std::{future::Future, pin::Pin};

use bankchannel_foundation::{Error, Result};

pub use checker::ActingCustomer;
use checker::{CheckFailure, CheckLook, ConnectorChecker};
pub use report::{CheckDone, CheckReport, ConnectorCheckResult};
pub use run::{CheckRun, check_ids, write_settings};
pub use settings::{CheckMode, CheckSettings, CheckWay};

use super::{
    records::{MessageDirection, RecordedMessage},
    service::PlayedHub,
};

/// The maximum number of messages reported for a check.
const SHOWN: usize = 6;

/// One check.
struct ConnectorCheck {
    id: &'static str,
    rule: &'static str,
    title: &'static str,
    run: for<'a> fn(&'a ConnectorChecker<'a>) -> Pin<Box<dyn Future<Output = CheckLook> + Send + 'a>>,
}

macro_rules! checks {
    ($($id:literal $rule:literal $title:literal $module:ident::$name:ident;)+) => {
        static CHECKS: &[ConnectorCheck] = &[$(ConnectorCheck {
            id: $id,
            rule: $rule,
            title: $title,
            run: |checker| Box::pin($module::$name(checker)),
        }),+];
    };
}

checks! {
    "SE-C01" "6.1" "Unknown paths and methods are refused" requests::paths;
    "SE-C02" "6.1" "Client-Id is a whole number, 1 or more" requests::client_id;
    "SE-C03" "6.1" "Authorization is Bearer and a JWT" requests::authorization;
    "SE-C04" "6.1" "The JWT's form and algorithm" requests::form_and_algorithm;
    "SE-C05" "6.1" "The signature is Salt Edge's" requests::signature;
    "SE-C06" "6.1" "exp is in the future" requests::expiry;
    "SE-C07" "6.1" "iss is Salt Edge's, where there is one" requests::issuer;
    "SE-C08" "6.1" "data is an object" requests::data;
    "SE-C09" "6.1" "Access-Token is there where it is needed" requests::token_missing;
    "SE-C10" "6.1" "An unknown access token" requests::token_unknown;
    "SE-C11" "6.1" "Another third party's access token" requests::token_of_another;
    "SE-C12" "6.1" "A revoked access token" requests::token_revoked;
    "SE-C13" "6.1" "An expired access token" requests::token_expired;
    "SE-C14" "6.1" "Required fields and their types" requests::fields;
    "SE-C15" "6.1" "Another bank's provider_code" requests::provider_code;
    "SE-C16" "6.1" "The token's scopes cover the call" requests::scopes;
    "SE-C17" "6.1" "An account that the customer does not have" requests::account_unknown;
    "SE-C18" "6.1" "A session that is not known" requests::session_unknown;
    "SE-C19" "1.5" "16 KiB of headers pass" defects::large_head;
    "SE-C20" "1.6" "Headers that are given twice" defects::duplicate_headers;
    "SE-F01" "5.1" "Enrolment on the bank's page" flows::redirect;
    "SE-F02" "5.2" "Embedded enrolment: right and wrong credentials and codes" flows::embedded;
    "SE-F03" "5.3" "Approval in the bank's app" flows::decoupled;
    "SE-F04" "5.4" "Accounts are read again" flows::refresh;
    "SE-F05" "5.5" "Revocation by Salt Edge" flows::revoke;
    "SE-F06" "5.6" "Revocation at the bank" flows::revoke_at_bank;
    "SE-F07" "5.7" "Reconnect" flows::reconnect;
    "SE-F08" "5.8" "Cancel" flows::cancel;
    "SE-F09" "5.9" "A session reports how long it waits" flows::lifetimes;
    "SE-F10" "4.3" "Accounts are answered in their form" data::accounts;
    "SE-F11" "4.4" "Transactions are answered in their form, of the days asked for" data::transactions;
    "SE-F12" "4.6" "The customer's data is answered in its form" data::customer;
    "SE-F13" "4.6" "Each customer is shown their own accounts and data" customers::own_data;
    "SE-F14" "3.1" "Reports are in the documented form" defects::reports_as_documented;
    "SE-R01" "6.4" "Temporary failures are answered 503 with Retry-After" repeats::busy;
    "SE-R02" "6.4" "tokens/create again, at once and afterwards" repeats::create;
    "SE-R03" "6.4" "tokens/confirm after the end" repeats::confirm;
    "SE-R04" "6.4" "Revoke, cancel and refresh again" repeats::others;
    "SE-R05" "6.4" "The same session for another third party" repeats::another_client;
    "SE-E01" "3.7" "Reports answered SessionClosed" reactions::session_closed;
    "SE-E02" "3.7" "Reports answered ConfigurationError" reactions::configuration_error;
    "SE-E03" "3.7" "Reports answered TokenMissing" reactions::token_missing;
    "SE-E04" "3.7" "Reports answered SessionExpired" reactions::session_expired;
    "SE-E05" "3.7" "Reports answered AuthorizationMissing" reactions::authorization_missing;
    "SE-E06" "3.7" "Reports answered TokenNotFound" reactions::token_not_found;
    "SE-E07" "3.7" "Reports answered TokenRevoked" reactions::token_revoked;
    "SE-E08" "3.7" "Reports answered TokenExpired" reactions::token_expired;
    "SE-E09" "3.7" "Reports answered SessionNotFound" reactions::session_not_found;
    "SE-E10" "3.7" "Reports answered CustomerNotFound" reactions::customer_not_found;
    "SE-E11" "3.7" "Reports answered ProviderNotFound" reactions::provider_not_found;
    "SE-E12" "3.7" "Reports answered ActionNotAllowed" reactions::action_not_allowed;
    "SE-E13" "3.7" "Reports answered ProviderDisabled" reactions::provider_disabled;
    "SE-E14" "3.7" "Reports answered 503 are repeated with a new signature" reactions::again_after_trouble;
    "SE-E15" "3.7" "Reports respect Retry-After" reactions::retry_after;
    "SE-E16" "3.7" "A report whose answer was lost has arrived" reactions::lost_answer;
    "SE-D01" "10.A" "A failure has a class and a text" defects::class_and_text;
    "SE-D02" "10.A" "A code does not approve a session that waits for its page" defects::confirm_of_redirect;
    "SE-D03" "10.A" "tokens/confirm verifies its JWT" defects::confirm_reads_jwt;
    "SE-D04" "10.A" "A code that comes at once is found" defects::quick_confirm;
    "SE-D05" "10.A" "A revoked token is refused before it expires" requests::token_revoked;
    "SE-D06" "10.A" "A customer who refuses on the page is reported" flows::denial;
    "SE-D07" "10.A" "A reconnect is reported under its own session" defects::reconnect_session;
    "SE-D08" "10.A" "A token does not outlive its consent" flows::token_lifetime;
    "SE-D09" "10.A" "Anything that is not found is answered 404" defects::not_found_everywhere;
    "SE-D10" "10.A" "A notice of an error is accepted with any token" flows::error_notice;
    "SE-D11" "10.A" "Logs hold no secrets" defects::log;
    "SE-D12" "10.A" "Reading verifies JWT and token" defects::reading_verifies;
    "SE-D13" "10.A" "Parameters come from the JWT alone" defects::query_does_not_count;
    "SE-D14" "10.A" "All eleven endpoints are served" defects::all_endpoints;
    "SE-D15" "10.A" "A token is not valid only because it has not expired" requests::token_of_another;
    "SE-D16" "10.A" "Refusals have a class, a text and a status" defects::errors_have_their_form;
    "SE-A01" "10.B" "The published messages" defects::vectors;
    "SE-A02" "10.B" "The third party's published requests" defects::third_party_vectors;
    "SE-A03" "10.B" "Wrong JWTs, each with its class and status" requests::form_and_algorithm;
    "SE-A04" "10.B" "One end for each session, also under repeats" repeats::create;
    "SE-A05" "10.B" "A revoked token is refused everywhere" requests::token_revoked;
    "SE-A06" "10.B" "Reports: no body, data and exp only, one minute, signed" defects::reports_have_their_form;
    "SE-A07" "10.B" "Reading the list of tokens ends" defects::token_list;
    "SE-A08" "10.B" "Each error class of Salt Edge leads to the right reaction" reactions::session_expired;
    "SE-A09" "10.B" "Logs hold no JWT, token, secret, credential or code" defects::log;
    "SE-R06" "6.4" "At most one end of each session of this run" repeats::one_end_each;
}

/// Checks the connector that the hub is set to. `psu` acts for customers, instead of the settings' `psu_url`. `only`
/// holds ids of checks or prefixes of them; if empty, all checks run. `told` is called after each check.
///
/// # Errors
/// `input.invalid_field` for an unknown id.
pub(super) async fn run(
    hub: &PlayedHub,
    settings: &CheckSettings,
    psu: Option<&ActingCustomer>,
    only: &[String],
    told: &(dyn Fn(&CheckDone) + Send + Sync),
) -> Result<CheckReport> {
    if let Some(unknown) = only.iter().find(|only| !CHECKS.iter().any(|check| check.id.starts_with(only.as_str()))) {
        return Err(Error::invalid_field(
            "only",
            format!("{unknown} is not a check; checks are SE-C01, SE-F01, and so on"),
        ));
    }
    let ca_file = hub.link.authorities(settings.ca_file.as_deref());
    let by_url = settings.psu_url.as_deref().map(|url| psu::at_url(url, ca_file)).transpose()?;
    let checker = ConnectorChecker::new(hub, settings, psu.or(by_url.as_deref()));
    let mut checks = Vec::with_capacity(CHECKS.len());
    for check in CHECKS {
        if !only.is_empty() && !only.iter().any(|only| check.id.starts_with(only.as_str())) {
            continue;
        }
        let before = hub.records.all(|_| true).last().map_or(0, |record| record.number);
        let (result, why) = match (check.run)(&checker).await {
            Ok(()) => (ConnectorCheckResult::Passed, String::new()),
            Err(CheckFailure::Warning(why)) => (ConnectorCheckResult::Warning, why),
            Err(CheckFailure::Failed(why)) => (ConnectorCheckResult::Failed, why),
            Err(CheckFailure::NotRun(why)) => (ConnectorCheckResult::NotRun, why),
        };
        let records = hub.records.all(|record| record.number > before);
        let (sent, received) = exchanged(&records);
        let done = CheckDone { id: check.id, rule: check.rule, title: check.title, result, why, sent, received };
        told(&done);
        checks.push(done);
    }
    Ok(CheckReport { connector: hub.link.url().unwrap_or_default(), checks })
}

/// The last messages of a check: those sent, and the answers and reports received.
fn exchanged(records: &[RecordedMessage]) -> (Vec<serde_json::Value>, Vec<serde_json::Value>) {
    let last = records.iter().skip(records.len().saturating_sub(SHOWN));
    let (mut sent, mut received) = (Vec::new(), Vec::new());
    for record in last {
        let data = serde_json::json!({"operation": record.operation, "data": record.data});
        match record.direction {
            MessageDirection::ToConnector => {
                sent.push(data);
                received.push(serde_json::json!({"status": record.status, "body": record.answer}));
            }
            MessageDirection::ToHub => received.push(data),
        }
    }
    (sent, received)
}
