//! Defects found in real connectors, and requirements on a connector as a whole.

use super::{
    checker::{CheckLook, ConnectorChecker, answer_text, failed, judge, not_run},
    forge::RS256,
};
use crate::{PlayedHub, records::MessageDirection, requests::PlayedRequest};
use bankchannel_salt_edge::class::of_connector;

/// The allowed members of a report's JWT.
const CLAIMS: [&str; 2] = ["data", "exp"];
/// The maximum lifetime of a report's JWT, in seconds; ten of them allow for clock differences.
const LIFETIME_S: i64 = 70;
/// Statuses that web servers answer themselves.
const WEB_SERVERS: [u16; 6] = [400, 404, 405, 413, 414, 431];

/// Deviations from the documentation that the hub accepts.
pub(super) async fn reports_as_documented(checker: &ConnectorChecker<'_>) -> CheckLook {
    checker.token().await?;
    let odd = checker.records(|record| record.direction == MessageDirection::ToHub && !record.warnings.is_empty());
    match odd.first() {
        None => Ok(()),
        Some(record) => {
            Err(super::checker::CheckFailure::Warning(format!("{}: {}", record.operation, record.warnings.join("; "))))
        }
    }
}

pub(super) async fn class_and_text(checker: &ConnectorChecker<'_>) -> CheckLook {
    let fails = checker.records(|record| record.operation == "fail_session");
    if fails.is_empty() {
        return not_run("no session has failed while the checker looked");
    }
    for record in fails {
        let text = |name: &str| record.data[name].as_str().unwrap_or_default().to_owned();
        let (class, message) = (text("error_class"), text("error_message"));
        if message.trim().is_empty() {
            return failed(format!("sessions/fail with the class {class} has an empty error_message"));
        }
        if class == message || class.contains(' ') {
            return failed(format!(
                "error_class is {class}: it must be a word such as InvalidCredentials; the text belongs in \
                 error_message"
            ));
        }
        if !of_connector::ALL.iter().any(|known| known.name == class) {
            return Err(super::checker::CheckFailure::Warning(format!("{class} is not a known class of version 1")));
        }
    }
    Ok(())
}

pub(super) async fn confirm_of_redirect(checker: &ConnectorChecker<'_>) -> CheckLook {
    let Some(way) = checker.settings.redirect() else { return not_run("the settings name no redirect way") };
    let session = checker.begin(way, |_| {}).await?;
    checker.page(&session).await?;
    for code in ["", "123456", "null"] {
        let heard = checker.ask(&checker.confirmation(&session, "sms", code)).await?;
        if heard.status >= 500 {
            return failed(format!(
                "a code for a session that waits for its page was answered {}",
                answer_text(&heard)
            ));
        }
    }
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let shown = checker.hub.state.session_json(&session).unwrap_or_default();
    if shown["status"] == "success" {
        return failed("a session that waits for its page was approved by a code that nobody sent");
    }
    let cancel = PlayedRequest { session_secret: Some(session), ..PlayedRequest::for_operation("cancel_token") };
    checker.ask(&cancel).await.map(drop)
}

pub(super) async fn confirm_reads_jwt(checker: &ConnectorChecker<'_>) -> CheckLook {
    let made = checker.made(&PlayedRequest::any("confirm_token"))?;
    let jwt = checker.by_a_stranger(&checker.payload("{}"))?;
    checker
        .refused("tokens/confirm with another key's JWT", &made.with_jwt(&jwt), &[("JWTVerificationError", 400)])
        .await
}

pub(super) async fn quick_confirm(checker: &ConnectorChecker<'_>) -> CheckLook {
    let Some(way) = checker.settings.with_code() else { return not_run("the settings name no way with a code") };
    // Immediately after the update: a connector that reports before storing does not find the session.
    checker.enrol(way, |_| {}).await.map(drop)
}

pub(super) async fn reconnect_session(checker: &ConnectorChecker<'_>) -> CheckLook {
    let asked = checker.records(|record| record.operation == "reconnect_token" && record.status == 200);
    let Some(asked) = asked.last().and_then(|record| record.session_secret.clone()) else {
        return not_run("no reconnect was taken while the checker looked");
    };
    match checker.wait_for_callbacks(&asked, 1).await {
        Some(_) => Ok(()),
        None => failed("a reconnect must be reported under the session_secret of its own request"),
    }
}

pub(super) async fn not_found_everywhere(checker: &ConnectorChecker<'_>) -> CheckLook {
    super::requests::token_unknown(checker).await?;
    super::requests::session_unknown(checker).await?;
    super::requests::account_unknown(checker).await
}

pub(super) async fn log(_: &ConnectorChecker<'_>) -> CheckLook {
    not_run("a connector's logs are not seen from outside: search them for JWTs, tokens, secrets and codes")
}

pub(super) async fn reading_verifies(checker: &ConnectorChecker<'_>) -> CheckLook {
    let session = checker.token().await?;
    for operation in ["fetch_accounts", "fetch_transactions", "fetch_customer"] {
        let order = PlayedRequest {
            access_token: None,
            access_token_of: Some(session.clone()),
            ..PlayedRequest::any(operation)
        };
        let made = checker.made(&order)?;
        let jwt = checker.by_a_stranger(&checker.payload(&made.data_text))?;
        let what = format!("{operation} with another key's JWT and a good token");
        checker.refused(&what, &made.clone().with_jwt(&jwt), &[("JWTVerificationError", 400)]).await?;
        let made = made.without("Access-Token");
        checker.refused(&format!("{operation} without Access-Token"), &made, &[("AccessTokenMissing", 400)]).await?;
    }
    Ok(())
}

pub(super) async fn query_does_not_count(checker: &ConnectorChecker<'_>) -> CheckLook {
    let session = checker.token().await?;
    let account = checker.account(&session).await?;
    let order = PlayedRequest {
        access_token: None,
        access_token_of: Some(session),
        account_id: Some("no-such-account".to_owned()),
        ..PlayedRequest::any("fetch_transactions")
    };
    let mut made = checker.made(&order)?;
    // The JWT takes precedence over the query.
    made.target = format!("{}?account_id={account}", made.target);
    let heard = checker.send(&made).await?;
    judge("an unknown account in the JWT and a known one in the query", &heard, &[("AccountNotFound", 404)])
}

pub(super) async fn all_endpoints(checker: &ConnectorChecker<'_>) -> CheckLook {
    for entry in bankchannel_salt_edge::hub::CATALOGUE {
        let operation = entry.short_name();
        let made = checker.made(&PlayedRequest::any(operation))?.with("Authorization", "Bearer nonsense");
        let heard = checker.send(&made).await?;
        if [404, 405, 501].contains(&heard.status) {
            let path = entry.declaration.route.as_ref().map_or("", |route| route.path);
            return failed(format!("{path} is not served: it was answered {}", answer_text(&heard)));
        }
    }
    Ok(())
}

pub(super) async fn errors_have_their_form(checker: &ConnectorChecker<'_>) -> CheckLook {
    let refused = checker.records(|record| record.direction == MessageDirection::ToConnector && record.status >= 400);
    // A web server may answer some requests before the connector sees them: for a path, a method, or a head that is too
    // large or has duplicate headers.
    let by_connector =
        refused.iter().filter(|record| !(record.answer.is_null() && WEB_SERVERS.contains(&record.status)));
    let mut looked_at = 0;
    for record in by_connector {
        looked_at += 1;
        let text = |name: &str| record.answer[name].as_str().unwrap_or_default().to_owned();
        if text("error_class").is_empty() || text("error_message").is_empty() {
            return failed(format!(
                "a refusal must be {{\"error_class\", \"error_message\"}}: {} was answered {} with {}",
                record.operation, record.status, record.answer
            ));
        }
    }
    match looked_at {
        0 => not_run("the connector has refused nothing while the checker looked"),
        _ => Ok(()),
    }
}

pub(super) async fn vectors(_: &ConnectorChecker<'_>) -> CheckLook {
    not_run(
        "the published messages are signed with Salt Edge's own key and expired in 2024; the connector has the checker's key",
    )
}

pub(super) async fn third_party_vectors(_: &ConnectorChecker<'_>) -> CheckLook {
    not_run("whether a connector verifies the third party's own request is not seen from outside")
}

pub(super) async fn reports_have_their_form(checker: &ConnectorChecker<'_>) -> CheckLook {
    let reports = checker.records(|record| record.direction == MessageDirection::ToHub);
    if reports.is_empty() {
        return not_run("the connector has reported nothing while the checker looked");
    }
    let mut issuer = false;
    for record in reports {
        let Some(form) = &record.form else { continue };
        let (operation, status) = (&record.operation, record.status);
        if status == 401
            && ["JWTVerificationError", "JWTDecodeError"].contains(&record.error_class.as_deref().unwrap_or_default())
        {
            return failed(format!("{operation}: the JWT is not signed with the connector's key"));
        }
        if form.body_bytes > 0 {
            return failed(format!(
                "{operation} has a body of {} bytes: parameters travel in the JWT alone",
                form.body_bytes
            ));
        }
        if let Some(other) = form.claims.iter().find(|claim| !CLAIMS.contains(&claim.as_str())) {
            if other != "iss" {
                return failed(format!("{operation}: the JWT has the member {other}: data and exp are all"));
            }
            issuer = true;
        }
        match form.expires_in_s {
            Some(seconds) if (1..=LIFETIME_S).contains(&seconds) => {}
            Some(seconds) => {
                return failed(format!("{operation}: the JWT expires in {seconds} s: one minute is right"));
            }
            None => return failed(format!("{operation}: the JWT has no exp")),
        }
    }
    match issuer {
        false => Ok(()),
        true => Err(super::checker::CheckFailure::Warning("reports have an iss: a connector sends none".to_owned())),
    }
}

pub(super) async fn token_list(checker: &ConnectorChecker<'_>) -> CheckLook {
    let asked = checker.records(|record| record.operation == "list_tokens_at_hub");
    match asked.len() {
        0 => not_run("the connector has not asked for the list of tokens"),
        // An endless loop would never stop asking. How often a connector polls is up to the connector.
        1..=50 => Ok(()),
        count => Err(super::checker::CheckFailure::Warning(format!(
            "the connector asked for the list of tokens {count} times: does it end where next_id is null?"
        ))),
    }
}

pub(super) async fn large_head(checker: &ConnectorChecker<'_>) -> CheckLook {
    // 16 KiB of headers must be accepted: a tokens/create alone has 2 KiB.
    let padding = "x".repeat(12 * 1024);
    let jwt = checker.forged(
        RS256,
        &checker.payload(&format!("{{\"session_secret\":\"{}\",\"padding\":\"{padding}\"}}", PlayedHub::new_session())),
    )?;
    let made = checker.made(&PlayedRequest::any("fetch_accounts"))?.with_jwt(&jwt);
    let heard = checker.send(&made).await?;
    judge("a request with 16 KiB of headers and an unknown token", &heard, &[("TokenNotFound", 404)])
}

pub(super) async fn duplicate_headers(checker: &ConnectorChecker<'_>) -> CheckLook {
    // With a valid token: a connector that picks one of two headers must not answer 200.
    let session = checker.token().await?;
    let made = checker.made(&checker.about("fetch_accounts", &session))?;
    for (name, value) in [("Client-Id", "2"), ("Access-Token", "another"), ("Authorization", "Bearer e30.e30.e30")] {
        let heard = checker.send(&made.clone().and(name, value)).await?;
        if !(400..500).contains(&heard.status) {
            return failed(format!(
                "a request with two {name} must be refused, and was answered {}",
                answer_text(&heard)
            ));
        }
    }
    Ok(())
}
