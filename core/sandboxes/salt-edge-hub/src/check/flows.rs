//! The flows, from the request to the connector's report.

use bankchannel_foundation::model::Timestamp;

use super::checker::{CheckLook, ConnectorChecker, answer_text, failed, judge, last_update, not_run};
use crate::{PlayedHub, requests::PlayedRequest};

/// The maximum number of wrong codes.
const TRIES: u32 = 20;
/// How long to watch that no report arrives.
const QUIET: std::time::Duration = std::time::Duration::from_secs(2);

impl ConnectorChecker<'_> {
    /// Checks that nothing more is reported about a session for a while.
    pub(super) async fn quiet(&self, session: &str, known: usize, what: &str) -> CheckLook {
        tokio::time::sleep(QUIET).await;
        let callbacks = self.callbacks(session);
        match callbacks.get(known) {
            None => Ok(()),
            Some(callback) => {
                failed(format!("{what}, and the connector reported {} of the session", callback.operation))
            }
        }
    }
}

pub(super) async fn redirect(checker: &ConnectorChecker<'_>) -> CheckLook {
    let Some(way) = checker.settings.redirect() else { return not_run("the settings name no redirect way") };
    let session = checker.begin(way, |_| {}).await?;
    let url = checker.page(&session).await?;
    if checker.psu.is_some() {
        checker.browse(url, true).await?;
        checker.succeeded(&session).await?;
        return checker.taken(&checker.about("fetch_accounts", &session)).await.map(drop);
    }
    not_run(format!(
        "the page is {url}, and no customer answers: set psu_url, or give --psu COMMAND, which gets the URL and approve \
         or deny"
    ))
}

pub(super) async fn embedded(checker: &ConnectorChecker<'_>) -> CheckLook {
    let settings = checker.settings;
    if settings.quick().is_none() && settings.with_code().is_none() {
        return not_run("the settings name no embedded way");
    }
    for way in settings.quick().into_iter().chain(settings.with_code()) {
        let session = checker.enrol(way, |_| {}).await?;
        checker.taken(&checker.about("fetch_accounts", &session)).await?;
        if let Some(wrong) = &way.wrong {
            let mut order = checker.enrolment(way, Some(wrong));
            let session = PlayedHub::new_session();
            order.session_secret = Some(session.clone());
            checker.taken(&order).await?;
            checker.failed_with(&session, &["InvalidCredentials"]).await?;
        }
        if let Some(field) = &way.code_field {
            let session = checker.begin(way, |_| {}).await?;
            let right = checker.code(way, &session).await?;
            let updates = |shown: &serde_json::Value| shown["updates"].as_array().map_or(0, Vec::len);
            // A connector may allow further tries. Each needs another wrong code: the same one would not count as a
            // try.
            for number in 0..TRIES {
                let known = checker.hub.state.session_json(&session).as_ref().map_or(0, updates);
                checker.taken(&checker.confirmation(&session, field, &wrong_code(&right, number))).await?;
                let is_judged = |shown: &serde_json::Value| shown["status"] != "open" || updates(shown) > known;
                if checker.wait(&session, is_judged).await.is_none_or(|shown| shown["status"] != "open") {
                    break;
                }
            }
            checker.failed_with(&session, &["InvalidConfirmationCode"]).await?;
        }
    }
    let mut order = PlayedRequest::for_operation("create_token");
    let session = PlayedHub::new_session();
    order.session_secret = Some(session.clone());
    order.credentials =
        Some([("authorization_type".to_owned(), "no-such-way-to-authenticate".into())].into_iter().collect());
    checker.taken(&order).await?;
    checker.failed_with(&session, &["InvalidAuthorizationType"]).await
}

/// A wrong code with the length of the right one, different for each number.
fn wrong_code(right: &str, number: u32) -> String {
    let digit = |letter: char, shift: u32| {
        letter.to_digit(10).map_or(letter, |digit| char::from_digit((digit + shift) % 10, 10).unwrap_or(letter))
    };
    right
        .chars()
        .enumerate()
        .map(|(at, letter)| digit(letter, if at == 0 { 1 + number % 9 } else { number / 9 }))
        .collect()
}

pub(super) async fn decoupled(_: &ConnectorChecker<'_>) -> CheckLook {
    not_run("version 1 does not define it: it looks like a session that takes its time")
}

pub(super) async fn refresh(checker: &ConnectorChecker<'_>) -> CheckLook {
    let token = checker.token().await?;
    let session = PlayedHub::new_session();
    let order = PlayedRequest {
        session_secret: Some(session.clone()),
        from_date: Some(checker.day(90)),
        to_date: Some(checker.day(0)),
        redirect_url: Some("https://third-party.example/back".to_owned()),
        ..checker.about("refresh_accounts", &token)
    };
    checker.taken(&order).await?;
    checker.succeeded(&session).await?;
    checker.taken(&checker.about("fetch_accounts", &token)).await.map(drop)
}

pub(super) async fn revoke(checker: &ConnectorChecker<'_>) -> CheckLook {
    let token = checker.new_token().await?;
    checker.taken(&checker.about("fetch_accounts", &token)).await?;
    let session = PlayedHub::new_session();
    let order = PlayedRequest { session_secret: Some(session.clone()), ..checker.about("revoke_token", &token) };
    let before = checker.records(|record| record.operation == "revoke_token_at_hub").len();
    checker.taken(&order).await?;
    // Immediately: the answer promised it.
    let made = checker.made(&checker.about("fetch_accounts", &token))?;
    checker.refused("accounts at once after the revocation", &made, &[("TokenRevoked", 401)]).await?;
    checker.quiet(&session, 0, "a revocation by Salt Edge is not reported").await?;
    match checker.records(|record| record.operation == "revoke_token_at_hub").len() > before {
        false => Ok(()),
        true => failed("Salt Edge has revoked the token, and the connector revokes it at Salt Edge once more"),
    }
}

pub(super) async fn revoke_at_bank(_: &ConnectorChecker<'_>) -> CheckLook {
    not_run("nobody revokes at the bank while the checker runs")
}

pub(super) async fn reconnect(checker: &ConnectorChecker<'_>) -> CheckLook {
    let token = checker.new_token().await?;
    let session = PlayedHub::new_session();
    let order = PlayedRequest { session_secret: Some(session.clone()), ..checker.about("reconnect_token", &token) };
    checker.taken(&order).await?;
    let at_page = |shown: &serde_json::Value| shown["status"] != "open" || !last_update(shown).is_null();
    let Some(shown) = checker.wait(&session, at_page).await else {
        return failed("a reconnect must be reported under its own session: success, update or fail");
    };
    if shown["status"] == "open" {
        return not_run("the connector asks the customer again; the checker does not go on from there");
    }
    let old = checker.about("fetch_accounts", &token);
    if shown["status"] == "success" {
        checker.taken(&checker.about("fetch_accounts", &session)).await?;
        let refusals = [("TokenRevoked", 401), ("TokenNotFound", 404)];
        return checker.soon_refused("the token before the reconnect", &old, &refusals).await;
    }
    // The reconnection was refused: the old token stays valid.
    let heard = checker.send(&checker.made(&old)?).await?;
    if heard.status != 200 {
        return failed(format!(
            "a reconnect that is refused leaves the old token: accounts were answered {}",
            answer_text(&heard)
        ));
    }
    Ok(())
}

pub(super) async fn cancel(checker: &ConnectorChecker<'_>) -> CheckLook {
    let settings = checker.settings;
    let Some(way) = settings.redirect().or_else(|| settings.with_code()) else {
        return not_run("a way is needed that waits for the customer: a redirect, or one with a code");
    };
    let session = checker.begin(way, |_| {}).await?;
    checker.wait(&session, |shown| !last_update(shown).is_null()).await;
    let known = checker.callbacks(&session).len();
    let order = PlayedRequest { session_secret: Some(session.clone()), ..PlayedRequest::for_operation("cancel_token") };
    checker.taken(&order).await?;
    if let Some(field) = &way.code_field {
        // Too late: answered with 200, but without effect.
        checker.taken(&checker.confirmation(&session, field, "123456")).await?;
    }
    checker.quiet(&session, known, "a session that Salt Edge gave up is not reported").await
}

pub(super) async fn lifetimes(checker: &ConnectorChecker<'_>) -> CheckLook {
    let settings = checker.settings;
    let Some(way) = settings.redirect().or_else(|| settings.with_code()) else {
        return not_run("a way is needed that waits for the customer: a redirect, or one with a code");
    };
    let session = checker.begin(way, |_| {}).await?;
    let Some(shown) = checker.wait(&session, |shown| !last_update(shown).is_null()).await else {
        return failed("the session reported nothing");
    };
    let update = checker.callbacks(&session).into_iter().find(|record| record.operation == "update_session");
    let said = update.as_ref().and_then(|record| record.data["session_expires_at"].as_str().map(str::to_owned));
    checker
        .taken(&PlayedRequest { session_secret: Some(session.clone()), ..PlayedRequest::for_operation("cancel_token") })
        .await?;
    let Some(said) = said else {
        return Err(super::checker::CheckFailure::Warning(
            "sessions/update should say session_expires_at: Salt Edge's own default is not known".to_owned(),
        ));
    };
    let ahead = Timestamp::new(&said).map(|at| at.as_ms() - checker.hub.now_ms());
    match ahead {
        Ok(ms) if (10_000..=86_400_000).contains(&ms) => Ok(()),
        Ok(_) => failed(format!("session_expires_at is {said}: it must be some minutes ahead")),
        Err(_) => failed(format!("session_expires_at is not an instant: {}", shown["expires_at"])),
    }
}

pub(super) async fn token_lifetime(checker: &ConnectorChecker<'_>) -> CheckLook {
    let settings = checker.settings;
    let Some(way) = settings.quick().or_else(|| settings.with_code()) else {
        return not_run("an embedded way is needed");
    };
    let session = checker.enrol(way, |order| order.consent_period_days = Some(1)).await?;
    let shown = checker.hub.state.session_json(&session).unwrap_or_default();
    let expires = shown["token_expires_at"].as_str().and_then(|text| Timestamp::new(text).ok());
    let Some(expires) = expires else { return failed("sessions/success must say token_expires_at") };
    if expires.as_ms() > checker.hub.now_ms() + 86_400_000 + 60_000 {
        return failed(format!(
            "a consent for one day gives a token until {}: it must not outlive the consent",
            expires.as_str()
        ));
    }
    Ok(())
}

pub(super) async fn denial(checker: &ConnectorChecker<'_>) -> CheckLook {
    let Some(way) = checker.settings.redirect() else { return not_run("the settings name no redirect way") };
    let session = checker.begin(way, |_| {}).await?;
    let url = checker.page(&session).await?;
    checker.browse(url, false).await?;
    let ended = checker.ended(&session).await?;
    match ended.status.as_str() {
        "fail" => Ok(()),
        _ => failed(format!("the customer has refused, and session {} succeeded", ended.session)),
    }
}

pub(super) async fn error_notice(checker: &ConnectorChecker<'_>) -> CheckLook {
    for order in [
        PlayedRequest::any("notify_error"),
        PlayedRequest { access_token: Some("unknown".into()), ..PlayedRequest::any("notify_error") },
    ] {
        let made = checker.made(&order)?;
        let heard = checker.send(&made).await?;
        if heard.status != 200 {
            return failed(format!(
                "a notice of an error is taken whatever token comes with it, and was answered {}",
                answer_text(&heard)
            ));
        }
        let heard = checker.send(&made.with("Authorization", "Bearer nonsense")).await?;
        judge("a notice with a text that is not a JWT", &heard, &[("JWTDecodeError", 400)])?;
    }
    Ok(())
}
