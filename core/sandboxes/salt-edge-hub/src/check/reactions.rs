//! The connector's reactions to Salt Edge's answers to its reports.

use std::time::{Duration, Instant};

use super::{
    checker::{CheckLook, ConnectorChecker, answer_text, failed, not_run},
    settings::CheckWay,
};
use crate::{records::RecordedMessage, requests::PlayedRequest, state::AnswerOrder};
use bankchannel_salt_edge::class::{FailureClass, of_hub};

/// How long a connector may take to repeat a report after a temporary failure.
const AGAIN: Duration = Duration::from_secs(90);

fn way_without_code<'a>(checker: &'a ConnectorChecker<'_>) -> CheckLook<&'a CheckWay> {
    match checker.settings.quick() {
        Some(way) => Ok(way),
        None => not_run("an embedded way without a code is needed"),
    }
}

/// Starts a session whose success report gets the ordered answer.
async fn begun(checker: &ConnectorChecker<'_>, order: AnswerOrder) -> CheckLook<String> {
    let way = way_without_code(checker)?;
    let session = crate::service::PlayedHub::new_session();
    // The session must exist before the connector reports.
    checker.hub.state.begin(&session, crate::state::SessionPurpose::Token, None, checker.hub.now_ms());
    checker.hub.state.order(&session, order);
    checker.begin(way, |order| order.session_secret = Some(session.clone())).await
}

/// The success reports of a session.
fn reports(checker: &ConnectorChecker<'_>, session: &str) -> Vec<RecordedMessage> {
    checker.callbacks(session).into_iter().filter(|record| record.operation == "succeed_session").collect()
}

async fn first_report(checker: &ConnectorChecker<'_>, session: &str) -> CheckLook {
    let until = Instant::now() + checker.patience;
    while reports(checker, session).is_empty() {
        if Instant::now() >= until {
            return failed("the session was not reported");
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    Ok(())
}

/// Starts a session whose success report is answered with an error class, and waits for the first report.
async fn reported(checker: &ConnectorChecker<'_>, class: &'static FailureClass) -> CheckLook<String> {
    let order = AnswerOrder {
        operation: Some("succeed_session".to_owned()),
        status: class.http_status(),
        error_class: class.name.to_owned(),
        retry_after_s: None,
        done: false,
        count: u32::MAX,
    };
    let session = begun(checker, order).await?;
    first_report(checker, &session).await?;
    Ok(session)
}

/// After a final class there must be no further report and, if Salt Edge has ended the session, no valid token.
async fn stopped(checker: &ConnectorChecker<'_>, class: &'static FailureClass, session: &str) -> CheckLook {
    let count = reports(checker, session).len();
    if count > 1 {
        return failed(format!("after {} the report must not be repeated, and it was sent {count} times", class.name));
    }
    let is_over = [&of_hub::SESSION_CLOSED, &of_hub::SESSION_EXPIRED, &of_hub::SESSION_NOT_FOUND]
        .iter()
        .any(|over| over.name == class.name);
    if !is_over {
        return Ok(());
    }
    // Salt Edge did not accept the token: it must not be valid.
    let Some(token) = checker.hub.state.offered(session) else { return failed("the report of success had no token") };
    let order = PlayedRequest { access_token: Some(token), ..PlayedRequest::for_operation("fetch_accounts") };
    let heard = checker.ask(&order).await?;
    if heard.status == 200 {
        return failed(format!("Salt Edge answered {}, and the token that it did not accept is valid", class.name));
    }
    match heard.error_class.as_deref() {
        Some("TokenRevoked" | "TokenNotFound") => Ok(()),
        _ => failed(format!("a token that was not delivered must be TokenRevoked, and was {}", answer_text(&heard))),
    }
}

impl ConnectorChecker<'_> {
    /// Runs all classes, one session after the other, with a single wait at the end.
    async fn looked_at(&self) -> &Vec<CheckLook> {
        self.reactions
            .get_or_init(|| async {
                let mut sessions = Vec::new();
                for class in of_hub::ALL {
                    sessions.push((class, reported(self, class).await));
                }
                tokio::time::sleep(self.quiet).await;
                let mut looked = Vec::new();
                for (class, session) in sessions {
                    looked.push(match session {
                        Ok(session) => stopped(self, class, &session).await,
                        Err(verdict) => Err(verdict),
                    });
                }
                looked
            })
            .await
    }

    async fn reaction(&self, name: &str) -> CheckLook {
        let looked = of_hub::ALL.iter().zip(self.looked_at().await).find(|(class, _)| class.name == name);
        looked.map_or_else(|| not_run("there is no such class"), |(_, looked)| looked.clone())
    }
}

macro_rules! reactions {
    ($($check:ident = $class:ident;)+) => {
        $(pub(super) async fn $check(checker: &ConnectorChecker<'_>) -> CheckLook {
            checker.reaction(of_hub::$class.name).await
        })+
    };
}
reactions! {
    session_closed = SESSION_CLOSED;
    configuration_error = CONFIGURATION_ERROR;
    token_missing = TOKEN_MISSING;
    session_expired = SESSION_EXPIRED;
    authorization_missing = AUTHORIZATION_MISSING;
    token_not_found = TOKEN_NOT_FOUND;
    token_revoked = TOKEN_REVOKED;
    token_expired = TOKEN_EXPIRED;
    session_not_found = SESSION_NOT_FOUND;
    customer_not_found = CUSTOMER_NOT_FOUND;
    provider_not_found = PROVIDER_NOT_FOUND;
    action_not_allowed = ACTION_NOT_ALLOWED;
    provider_disabled = PROVIDER_DISABLED;
}

fn trouble(status: u16, retry_after_s: Option<u32>, done: bool, count: u32) -> AnswerOrder {
    AnswerOrder {
        operation: Some("succeed_session".to_owned()),
        status,
        error_class: "InternalServerError".to_owned(),
        retry_after_s,
        done,
        count,
    }
}

/// The reports of a session after a temporary failure, once the report was repeated.
async fn come_again(checker: &ConnectorChecker<'_>, order: AnswerOrder) -> CheckLook<(String, Vec<RecordedMessage>)> {
    let status = order.status;
    let session = begun(checker, order).await?;
    let until = Instant::now() + AGAIN;
    loop {
        let found = reports(checker, &session);
        if found.len() > 1 {
            return Ok((session, found));
        }
        if Instant::now() >= until {
            let seconds = AGAIN.as_secs();
            return failed(format!(
                "a report that was answered {status} must come again, and did not within {seconds} s"
            ));
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
}

pub(super) async fn again_after_trouble(checker: &ConnectorChecker<'_>) -> CheckLook {
    let (session, found) = come_again(checker, trouble(503, None, false, 1)).await?;
    checker.succeeded(&session).await?;
    let mut jwts = found.iter().filter_map(|record| record.form.as_ref()).map(|form| form.jwt_sha256);
    // Within one second, the same data and exp may give the same JWT.
    if jwts.next() == jwts.next() {
        return Err(super::checker::CheckFailure::Warning(
            "the report came again with the same JWT: each attempt should be signed anew".to_owned(),
        ));
    }
    Ok(())
}

pub(super) async fn retry_after(checker: &ConnectorChecker<'_>) -> CheckLook {
    let (session, found) = come_again(checker, trouble(429, Some(3), false, 1)).await?;
    checker.succeeded(&session).await?;
    let mut heard = found.iter().map(|record| record.heard);
    let (Some(first), Some(second)) = (heard.next(), heard.next()) else {
        return failed("the report did not come again");
    };
    let pause = second.duration_since(first);
    if pause < Duration::from_millis(2900) {
        return failed(format!("Retry-After was 3, and the report came again after {} ms", pause.as_millis()));
    }
    Ok(())
}

pub(super) async fn lost_answer(checker: &ConnectorChecker<'_>) -> CheckLook {
    // The repetition is answered SessionClosed, which here means that the first report has arrived.
    let (session, _) = come_again(checker, trouble(500, None, true, 1)).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let heard = checker.ask(&checker.about("fetch_accounts", &session)).await?;
    if heard.status == 200 {
        return Ok(());
    }
    failed(format!(
        "SessionClosed on a repeat means that the report has arrived: the token must be good, and accounts were answered {}",
        answer_text(&heard)
    ))
}
