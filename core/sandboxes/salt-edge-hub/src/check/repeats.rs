//! Repeated requests.

use futures_util::future::join_all;

use super::checker::{CheckLook, ConnectorChecker, answer_text, failed, not_run};
use crate::{
    PlayedHub,
    records::{MessageDirection, RecordedMessage},
    requests::PlayedRequest,
};

const FORMAT: (&str, u16) = ("WrongRequestFormat", 400);
/// The number of identical requests sent at once.
const AT_ONCE: usize = 8;

pub(super) async fn busy(checker: &ConnectorChecker<'_>) -> CheckLook {
    let busy = checker.records(|record| record.direction == MessageDirection::ToConnector && record.status == 503);
    match busy.iter().find(|record| record.retry_after_s.is_none()) {
        _ if busy.is_empty() => not_run("the connector was never in trouble while the checker looked"),
        None => Ok(()),
        Some(record) => failed(format!("{} was answered 503 without Retry-After", record.operation)),
    }
}

pub(super) async fn create(checker: &ConnectorChecker<'_>) -> CheckLook {
    let settings = checker.settings;
    let Some(way) = settings.quick().or_else(|| settings.with_code()).or_else(|| settings.redirect()) else {
        return not_run("the settings name no way to authenticate");
    };
    let mut order = checker.enrolment(way, way.right.as_ref());
    let session = PlayedHub::new_session();
    order.session_secret = Some(session.clone());
    // All at once, each with its own JWT; then the same again.
    let made: Vec<_> = (0..AT_ONCE).map(|_| checker.made(&order)).collect::<CheckLook<_>>()?;
    for heard in join_all(made.iter().map(|made| checker.send(made))).await {
        let heard = heard?;
        if heard.status != 200 {
            return failed(format!(
                "a tokens/create that comes again must be answered 200, and was {}",
                answer_text(&heard)
            ));
        }
    }
    checker.go_through(way, &session).await?;
    checker.succeeded(&session).await?;
    checker.send(&made[0]).await?;
    checker.taken(&order).await?;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    one_end(checker, &session)
}

/// Checks that exactly one final report was sent.
fn one_end(checker: &ConnectorChecker<'_>, session: &str) -> CheckLook {
    let ends: Vec<RecordedMessage> = checker
        .callbacks(session)
        .into_iter()
        .filter(|record| ["succeed_session", "fail_session"].contains(&record.operation.as_str()))
        .collect();
    match ends.len() {
        1 => Ok(()),
        0 => failed("the session has no end"),
        count => failed(format!(
            "the session was ended {count} times: each has exactly one sessions/success or sessions/fail"
        )),
    }
}

pub(super) async fn confirm(checker: &ConnectorChecker<'_>) -> CheckLook {
    let Some(way) = checker.settings.with_code() else { return not_run("the settings name no way with a code") };
    let session = checker.enrol(way, |_| {}).await?;
    let known = checker.callbacks(&session).len();
    let field = way.code_field.as_deref().unwrap_or_default();
    for code in ["123456", "000000"] {
        checker.taken(&checker.confirmation(&session, field, code)).await?;
    }
    checker.quiet(&session, known, "a confirm after the end changes nothing").await?;
    checker.taken(&checker.about("fetch_accounts", &session)).await.map(drop)
}

pub(super) async fn others(checker: &ConnectorChecker<'_>) -> CheckLook {
    let token = checker.new_token().await?;
    let refresh = PlayedHub::new_session();
    let order = PlayedRequest { session_secret: Some(refresh.clone()), ..checker.about("refresh_accounts", &token) };
    checker.taken(&order).await?;
    checker.taken(&order).await?;
    checker.succeeded(&refresh).await?;
    checker.taken(&order).await?;
    let revoke = checker.about("revoke_token", &token);
    checker.taken(&revoke).await?;
    checker.taken(&revoke).await?;
    let Some(way) = checker.settings.redirect().or_else(|| checker.settings.with_code()) else { return Ok(()) };
    let session = checker.begin(way, |_| {}).await?;
    let cancel = PlayedRequest { session_secret: Some(session), ..PlayedRequest::for_operation("cancel_token") };
    checker.taken(&cancel).await?;
    checker.taken(&cancel).await.map(drop)
}

pub(super) async fn another_client(checker: &ConnectorChecker<'_>) -> CheckLook {
    let settings = checker.settings;
    let Some(way) = settings.quick().or_else(|| settings.with_code()).or_else(|| settings.redirect()) else {
        return not_run("the settings name no way to authenticate");
    };
    let session = checker.begin(way, |_| {}).await?;
    let order = PlayedRequest {
        session_secret: Some(session),
        client_id: Some(2),
        ..checker.enrolment(way, way.right.as_ref())
    };
    let made = checker.made(&order)?;
    checker.refused("the same session_secret for another third party", &made, &[FORMAT]).await
}

/// Runs last: about all sessions of this run.
pub(super) async fn one_end_each(checker: &ConnectorChecker<'_>) -> CheckLook {
    for session in checker.sessions() {
        let ends = checker.callbacks(&session).into_iter().filter(|record| {
            ["succeed_session", "fail_session"].contains(&record.operation.as_str()) && record.status == 200
        });
        let after = checker.callbacks(&session).into_iter().filter(|record| {
            record.error_class.as_deref() == Some("SessionClosed")
                && record.answer["error_message"] != "ordered by the control interface"
        });
        if ends.count() > 1 {
            return failed(format!("session {session} was ended more than once"));
        }
        // A repetition is correct if the first answer was dropped on order.
        let is_lost = |record: &RecordedMessage| record.answer["error_message"] == "ordered by the control interface";
        if after.count() > 0 && !checker.callbacks(&session).iter().any(is_lost) {
            return failed(format!("session {session} was reported on after its end"));
        }
    }
    Ok(())
}
