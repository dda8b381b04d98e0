//! The example bank's page: a customer signs in, sees the third party and its request, chooses accounts, and approves
//! or refuses. It works without script.
//!
//! ```text
//!   GET  /bank/sessions/{session_id}     the request, and the form to sign in
//!   POST the same                        action=sign_in: login, password     action=approve: user_id, ticket, account…
//!                                        action=refuse
//! ```

use std::{
    fmt::Write as _,
    sync::{Arc, LazyLock},
};

use bankchannel::salt_edge_connector::{
    ApproveSessionRequest, GetSessionRequest, RefuseSessionRequest, SessionEnd, SessionView,
};
use bankchannel_foundation::Result;
use bankchannel_salt_edge::model::{AccountConsent, ConsentScope};
use bankchannel_transport::background;
use hyper::{Method, Request, Response, StatusCode, body::Incoming, header};

use super::{super::service::ConnectorService, data::ExampleCustomer, example::ExampleBank};
use bankchannel_server::http::{
    answer::AnswerBody,
    browser::{is_foreign, is_own, page, refuse},
    intake,
    page::{HtmlPage, HtmlText, source, style},
    query::FormFields,
};

/// The path of its pages; the session's id follows.
pub(crate) const PATH: &str = "/bank/sessions/";
/// Its name in metrics and log.
pub(crate) const OPERATION: &str = "example_bank.page";
/// The maximum size of a form in bytes, and its maximum number of fields.
const FORM_MAX: usize = 64 * 1024;
const FIELDS_MAX: usize = 500;

static LOOK: LazyLock<(String, String)> = LazyLock::new(|| {
    let style = style(include_str!("page.css"));
    // No form-action: browsers also apply it to the redirect after the form, which goes to the third party.
    let policy = format!("default-src 'none'; style-src {}; base-uri 'none'; frame-ancestors 'none'", source(&style));
    (style, policy)
});

/// Answers a request of a browser.
pub(crate) async fn answer(
    service: Arc<ConnectorService>,
    bank: Arc<ExampleBank>,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    let (head, body) = request.into_parts();
    let host = head.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| head.uri.authority().map(|authority| authority.as_str())).unwrap_or_default();
    if !is_own(host) && bank.origin().split_once("://").is_none_or(|(_, own)| !own.eq_ignore_ascii_case(host)) {
        return refuse(StatusCode::FORBIDDEN, "this host name is not the bank's");
    }
    let session_id = head.uri.path().strip_prefix(PATH).unwrap_or_default().to_owned();
    let shown = match head.method {
        Method::GET => show(&service, &session_id).await,
        Method::POST if is_foreign(&head.headers, host) => {
            return refuse(StatusCode::FORBIDDEN, "a page of another site asks");
        }
        Method::POST => {
            let taken = intake::plain(body, FORM_MAX).await.ok();
            let fields =
                taken.as_ref().and_then(|taken| FormFields::read(std::str::from_utf8(&taken.body).ok()?, FIELDS_MAX));
            let Some(fields) = fields else { return refuse(StatusCode::BAD_REQUEST, "the form could not be read") };
            // A decision is carried out even if the customer closes the browser.
            let at = Arc::clone(&service);
            let acting =
                background::spawn_on(&service.tasks, async move { act(&at, &bank, &session_id, &fields).await });
            acting.await.unwrap_or_else(|_| Ok(notice(500, "The bank has failed.")))
        }
        _ => {
            let mut refused = refuse(StatusCode::METHOD_NOT_ALLOWED, "this page has GET and POST");
            refused.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, POST"));
            return refused;
        }
    };
    match shown {
        Ok(shown) => page(&shown),
        Err(error) if error.code().starts_with("input.") => page(&gone()),
        Err(error) => {
            tracing::error!(code = error.code(), why = error.message(), "the example bank's page has failed");
            page(&notice(503, "The bank cannot do this now. Try again."))
        }
    }
}

async fn session(service: &ConnectorService, session_id: &str) -> Result<Option<SessionView>> {
    let mut asked = GetSessionRequest::new(session_id.to_owned());
    asked.at = service.at();
    Ok(service.client().get_session_with(asked, &service.options()).await?.session.filter(|session| session.is_open))
}

async fn show(service: &ConnectorService, session_id: &str) -> Result<HtmlPage> {
    Ok(session(service, session_id).await?.map_or_else(gone, |session| sign_in(&session, "")))
}

async fn act(
    service: &ConnectorService,
    bank: &ExampleBank,
    session_id: &str,
    fields: &FormFields,
) -> Result<HtmlPage> {
    let Some(open) = session(service, session_id).await? else { return Ok(gone()) };
    let field = |name: &str| fields.first(name).unwrap_or_default();
    let customer = match field("action") {
        "sign_in" => {
            let Some(customer) = bank.signed_in(field("login"), field("password")) else {
                return Ok(sign_in(&open, "Login or password is wrong."));
            };
            let ticket = bank.ticket(session_id, &customer.user_id);
            return Ok(choose(&open, &customer, &ticket, ""));
        }
        "refuse" => {
            let mut asked = RefuseSessionRequest::new(session_id.to_owned());
            asked.at = service.at();
            return Ok(ended(service.client().refuse_session_with(asked, &service.options()).await?, service));
        }
        "approve" => bank.customer(field("user_id")),
        _ => return Ok(notice(400, "The form could not be read.")),
    };
    let ticket = field("ticket");
    let Some(customer) = customer.filter(|customer| bank.is_ticket(ticket, session_id, &customer.user_id)) else {
        return Ok(sign_in(&open, "Sign in again: it took too long."));
    };
    let chosen = fields.all("account");
    let accounts = customer.accounts.iter().filter(|account| chosen.contains(&account.id.0));
    let consent: Vec<AccountConsent> = accounts
        .map(|account| {
            AccountConsent::new(account.id.0.clone(), vec![ConsentScope::Balance, ConsentScope::Transactions])
        })
        .collect();
    if consent.is_empty() {
        return Ok(choose(&open, &customer, ticket, "Choose an account, or refuse."));
    }
    let mut asked = ApproveSessionRequest::new(session_id.to_owned(), customer.user_id.clone());
    asked.consent = Some(consent);
    asked.at = service.at();
    Ok(ended(service.client().approve_session_with(asked, &service.options()).await?, service))
}

/// Redirects the customer to the third party.
fn ended(end: SessionEnd, service: &ConnectorService) -> HtmlPage {
    // The workers report whatever was not reported immediately.
    service.work.notify_one();
    if !end.is_decided {
        return gone();
    }
    match end.redirect_url.filter(|url| ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme))) {
        Some(url) if url.bytes().all(|byte| byte.is_ascii_graphic()) => {
            HtmlPage::plain(303, "text/plain; charset=utf-8", String::new()).with("location", url)
        }
        _ => notice(200, "Done. You may close this page."),
    }
}

fn who(session: &SessionView) -> String {
    let mut rights = String::new();
    for scope in &session.scopes {
        let _ = write!(rights, "<li>{}</li>", HtmlText(scope));
    }
    format!(
        "<h1>{} asks for access to your accounts</h1><p>For {} days, to:</p><ul>{rights}</ul>",
        HtmlText(&session.app_name),
        session.consent_period_days,
    )
}

fn failure_text(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!("<p class=\"notice\" role=\"alert\">{}</p>", HtmlText(why)) }
}

fn sign_in(session: &SessionView, why: &str) -> HtmlPage {
    document(
        200,
        &format!(
            "{}{}<form method=\"post\"><input type=\"hidden\" name=\"action\" value=\"sign_in\">\
             <label>Login <input type=\"text\" name=\"login\" autocomplete=\"username\" required></label>\
             <label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\" required></label>\
             <button class=\"approve\">Sign in</button></form>{REFUSE}",
            who(session),
            failure_text(why),
        ),
    )
}

const REFUSE: &str = "<form method=\"post\"><p><button name=\"action\" value=\"refuse\">Refuse</button></p></form>";

fn choose(session: &SessionView, customer: &ExampleCustomer, ticket: &str, why: &str) -> HtmlPage {
    let mut accounts = String::new();
    for account in &customer.accounts {
        let _ = write!(
            accounts,
            "<label><input type=\"checkbox\" name=\"account\" value=\"{}\" checked> {} ({})</label>",
            HtmlText(&account.id.0),
            HtmlText(&account.name),
            HtmlText(account.currency_code.as_str()),
        );
    }
    document(
        200,
        &format!(
            "{}{}<form method=\"post\"><input type=\"hidden\" name=\"user_id\" value=\"{}\">\
             <input type=\"hidden\" name=\"ticket\" value=\"{}\"><fieldset><legend>Accounts</legend>{accounts}</fieldset>\
             <div class=\"answer\"><button name=\"action\" value=\"refuse\">Refuse</button>\
             <button class=\"approve\" name=\"action\" value=\"approve\">Approve</button></div></form>",
            who(session),
            failure_text(why),
            HtmlText(&customer.user_id),
            HtmlText(ticket),
        ),
    )
}

fn gone() -> HtmlPage {
    notice(410, "This request is no longer valid: it was answered, given up, or took too long.")
}

fn notice(status: u16, text: &str) -> HtmlPage {
    document(status, &format!("<p>{}</p>", HtmlText(text)))
}

fn document(status: u16, body: &str) -> HtmlPage {
    let (style, policy) = &*LOOK;
    let document = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Example bank</title><style>{style}</style></head>\
         <body><main>{body}</main></body></html>"
    );
    // With `no-referrer` a browser would send the form with `Origin: null`, like a form of another site.
    HtmlPage::document(status, policy.clone(), "same-origin", document)
}
