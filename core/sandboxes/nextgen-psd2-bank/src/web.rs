//! Requests of browsers: the customer's page, the page of requests (§4.5).

use std::sync::Arc;

use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderValue},
    http::uri::Authority,
};

use super::{
    customer,
    pages::{self, CustomerForm, DeadLink},
    pipeline::{BankPipeline, EXPLAIN_PATH},
    records::RequestRecord,
    service::SandboxBank,
    state::CustomerDecision,
};
use bankchannel_server::http::{
    answer::{self, AnswerBody},
    browser::{is_foreign, is_own, page, refuse},
    intake::{self, IntakeError},
    query::FormFields,
};

/// The maximum number of query parameters: a customer's accounts and a few others.
const PAIRS_MAX: usize = 256;
/// The customer's page.
const TAP: &str = "/tap";
/// The page after a consent if the third party gave no redirect URI.
pub(crate) const RETURN: &str = "/tap/return";
/// The page of requests.
pub(crate) const REQUESTS: &str = "/requests";
/// The requests as JSON.
const REQUESTS_JSON: &str = "/requests.json";
/// The largest request to explain: head and body within V01, with room for requests that are refused with a reason.
pub(crate) const RAW_MAX: usize = 2 * 1024 * 1024;

/// Answers a request outside the API.
pub(crate) async fn answer(pipeline: &Arc<BankPipeline>, request: Request<Incoming>) -> Response<AnswerBody> {
    let (head, body) = request.into_parts();
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| head.uri.authority().map(Authority::as_str)).unwrap_or_default();
    if !is_own(host) {
        return refuse(StatusCode::FORBIDDEN, "this host name is not the bank's: use its address or localhost");
    }
    let bank = &pipeline.bank;
    let path = head.uri.path();
    let allowed: &[Method] = match path {
        TAP => &[Method::GET, Method::POST],
        RETURN | "/" => &[Method::GET],
        REQUESTS | REQUESTS_JSON if bank.config.explain => &[Method::GET],
        EXPLAIN_PATH if bank.config.explain => &[Method::POST],
        _ => return refuse(StatusCode::NOT_FOUND, "there is no such page"),
    };
    if !allowed.contains(&head.method) {
        let mut refused = refuse(StatusCode::METHOD_NOT_ALLOWED, "this method is not allowed for this page");
        let allow = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        if let Ok(allow) = HeaderValue::from_str(&allow) {
            refused.headers_mut().insert(header::ALLOW, allow);
        }
        return refused;
    }
    if head.method == Method::POST && is_foreign(&head.headers, host) {
        return refuse(StatusCode::FORBIDDEN, "a page of another site asks");
    }
    let query = head.uri.query().unwrap_or_default();
    match path {
        TAP if head.method == Method::GET => match FormFields::read(query, PAIRS_MAX) {
            Some(query) => tap(bank, &query),
            None => page(&pages::dead(DeadLink::Unknown)),
        },
        TAP => match intake::plain(body, CustomerForm::MAX).await {
            Ok(taken) => page(&customer::answered(bank, &taken.body)),
            Err(_) => refuse(StatusCode::BAD_REQUEST, "the form could not be read"),
        },
        RETURN => page(&pages::answered()),
        REQUESTS => page(bank.requests_page.page()),
        REQUESTS_JSON => {
            let (window, records) = bank.records.after(pages::after(head.uri.query()));
            let requests: Vec<_> = records.iter().map(RequestRecord::to_shown).collect();
            page(&bank.requests_page.json(window, &requests, &bank.state.overview(bank.now_s())))
        }
        EXPLAIN_PATH => match intake::plain(body, RAW_MAX).await {
            Ok(taken) => match pipeline.explain(taken.body, &head.headers).await {
                Some(explained) => answer::json(StatusCode::OK, explained.to_string()),
                None => refuse(StatusCode::SERVICE_UNAVAILABLE, "the bank explains other requests: try again"),
            },
            Err(IntakeError::TooLarge) => {
                refuse(StatusCode::PAYLOAD_TOO_LARGE, "the request to explain has more than 2 MiB")
            }
            Err(_) => refuse(StatusCode::BAD_REQUEST, "the request to explain could not be read to its end"),
        },
        _ => page(&pages::redirect((if bank.config.explain { REQUESTS } else { RETURN }).to_owned())),
    }
}

/// Opens the customer's page. With `auto` a test decides in one step, for the customer `psu` and the accounts `account`
/// if given. This needs the start option: otherwise a customer who follows a link would answer without seeing a page.
fn tap(bank: &SandboxBank, query: &FormFields) -> Response<AnswerBody> {
    let state = query.first("state").unwrap_or_default();
    let decision = match query.first("auto") {
        Some("approve") => CustomerDecision::Approve {
            psu: query.first("psu").map(str::to_owned),
            accounts: query.first("account").map(|_| query.all("account")),
        },
        Some("refuse") => CustomerDecision::Refuse,
        _ => return page(&customer::opened(bank, state)),
    };
    if !bank.config.auto_answer {
        return refuse(
            StatusCode::FORBIDDEN,
            "no link answers for the customer here: leave `auto` out, or start the bank with auto_answer",
        );
    }
    page(&customer::decided(bank, state, decision))
}
