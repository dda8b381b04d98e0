//! What browsers ask for: the customer's page, the page of requests (§4.5).
//!
//! They answer only to addresses and to `localhost`: a foreign name that leads here is somebody else's page trying to be this
//! one's.

use std::{net::IpAddr, sync::Arc};

use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderName, HeaderValue},
    http::uri::Authority,
};
use serde_json::json;

use super::{
    customer,
    pages::{self, Dead, Form, Page},
    pipeline::{EXPLAIN_PATH, Pipeline},
    records::Record,
    service::Bank,
    state::Decision,
};
use crate::http::{
    answer::{self, AnswerBody},
    intake::{self, IntakeError},
    query::{self, Plus},
};

/// Most fields of a query: a customer's accounts, and few others.
const PAIRS_MAX: usize = 256;
/// The customer's page.
const TAP: &str = "/tap";
/// Where the customer's browser goes after a consent for which no third party has said where.
pub(crate) const RETURN: &str = "/tap/return";
/// The page of requests.
pub(crate) const REQUESTS: &str = "/requests";
/// The same as JSON.
const REQUESTS_JSON: &str = "/requests.json";
/// The largest request to explain: head and body as V01 allows them, and room for what is refused with a reason.
pub(crate) const RAW_MAX: usize = 2 * 1024 * 1024;

/// Answers a request that is not one to the API.
pub(crate) async fn answer(pipeline: &Arc<Pipeline>, request: Request<Incoming>) -> Response<AnswerBody> {
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
        let mut refused = refuse(StatusCode::METHOD_NOT_ALLOWED, "this page has another method");
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
        TAP if head.method == Method::GET => match Query::read(query) {
            Some(query) => tap(bank, &query),
            None => page(&pages::dead(Dead::Unknown)),
        },
        TAP => match intake::plain(body, Form::MAX).await {
            Ok(taken) => page(&customer::answered(bank, &taken.body)),
            Err(_) => refuse(StatusCode::BAD_REQUEST, "the form could not be read"),
        },
        RETURN => page(&pages::answered()),
        REQUESTS => page(bank.requests_page.page()),
        REQUESTS_JSON => {
            let (window, records) = bank.records.after(pages::after(head.uri.query()));
            let requests: Vec<_> = records.iter().map(Record::shown).collect();
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

/// The customer comes; with `auto` a test decides in one step, for `psu` and the accounts `account` if it names them, where the bank
/// was started for that: elsewhere a customer who follows a link would have answered without having seen a page.
fn tap(bank: &Bank, query: &Query) -> Response<AnswerBody> {
    let state = query.first("state").unwrap_or_default();
    let decision = match query.first("auto") {
        Some("approve") => Decision::Approve {
            psu: query.first("psu").map(str::to_owned),
            accounts: query.first("account").map(|_| query.all("account")),
        },
        Some("refuse") => Decision::Refuse,
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

/// The fields of a query, decoded.
struct Query(Vec<(String, String)>);

impl Query {
    /// `None` where one cannot be decoded: left out, it would decide something else.
    fn read(text: &str) -> Option<Self> {
        query::pairs(text, Plus::Space, PAIRS_MAX).ok().map(Self)
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.clone()).collect()
    }
}

/// Whether a request was addressed to this machine by a name that nobody else can give it. The port may be another's that leads
/// here.
fn is_own(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok()
}

/// Whether a browser says that a page of another origin than this host's asks.
fn is_foreign(headers: &HeaderMap, host: &str) -> bool {
    let origin = headers.get(header::ORIGIN).map(|value| value.to_str().unwrap_or_default());
    let from = origin.map(|origin| origin.split_once("://").map_or("", |(_, host)| host));
    let site =
        headers.get("sec-fetch-site").map(|site| site.as_bytes() == b"same-origin" || site.as_bytes() == b"none");
    from.is_some_and(|from| !from.eq_ignore_ascii_case(host)) || site == Some(false)
}

fn page(page: &Page) -> Response<AnswerBody> {
    let status = StatusCode::from_u16(page.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = answer::json(status, page.body.clone());
    for (name, value) in &page.headers {
        let Ok(value) = HeaderValue::from_str(value) else {
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, "the page has a header that cannot be written");
        };
        response.headers_mut().insert(HeaderName::from_static(name), value);
    }
    response
}

fn refuse(status: StatusCode, why: &str) -> Response<AnswerBody> {
    answer::json(status, json!({ "error": { "message": why } }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_here() {
        for own in ["127.0.0.1:8443", "localhost:1", "[::1]:8443", "192.0.2.7:8443", "127.0.0.1", "[::1]"] {
            assert!(is_own(own), "{own}");
        }
        for foreign in
            ["", "127.0.0.1:x", "rebound.example.test:8443", "localhost.example.test", ":8443", "[::1]x:8443"]
        {
            assert!(!is_own(foreign), "{foreign}");
        }
    }

    #[test]
    fn forms_of_other_pages() {
        let headers = |name: &'static str, value: &'static str| {
            HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))])
        };
        let host = "127.0.0.1:1";
        assert!(!is_foreign(&HeaderMap::new(), host) && !is_foreign(&headers("origin", "https://127.0.0.1:1"), host));
        assert!(!is_foreign(&headers("sec-fetch-site", "same-origin"), host));
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "https://127.0.0.1:2"),
            ("origin", "https://127.0.0.1"),
            ("origin", "http://localhost:1"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
        ] {
            assert!(is_foreign(&headers(name, value), host), "{value}");
        }
    }

    #[test]
    fn fields_are_decoded() {
        let query = Query::read("state=a%20b+c&account=1&account=2&empty").unwrap();
        assert_eq!((query.first("state"), query.first("empty"), query.first("bad")), (Some("a b c"), Some(""), None));
        assert!(Query::read("state=a&psu=%zz").is_none());
        assert_eq!(query.all("account"), ["1", "2"]);
    }
}
