//! Invalid requests that a connector must refuse, in the order of the checks.

use super::{
    checker::{CheckLook, ConnectorChecker, failed, judge, not_run},
    forge::{RS256, unsigned},
};
use crate::requests::{MadeRequest, PlayedRequest};

const FORMAT: (&str, u16) = ("WrongRequestFormat", 400);
const DECODE: (&str, u16) = ("JWTDecodeError", 400);
const ALGORITHM: (&str, u16) = ("JWTIncorrectAlgorithm", 400);
const VERIFICATION: (&str, u16) = ("JWTVerificationError", 400);
const EXPIRED: (&str, u16) = ("JWTExpiredSignature", 400);
const NO_TOKEN: (&str, u16) = ("AccessTokenMissing", 400);
const UNKNOWN: (&str, u16) = ("TokenNotFound", 404);
const REVOKED: (&str, u16) = ("TokenRevoked", 401);
/// Operations that need an access token.
pub(super) const WITH_TOKEN: [&str; 7] = [
    "revoke_token",
    "reconnect_token",
    "fetch_accounts",
    "refresh_accounts",
    "confirm_accounts",
    "fetch_transactions",
    "fetch_customer",
];
/// The operations among them that read or change a customer's data.
const DATA: [&str; 5] =
    ["fetch_accounts", "refresh_accounts", "confirm_accounts", "fetch_transactions", "fetch_customer"];
/// A token that was never issued.
const NOBODYS: &str = "this-token-was-never-given-out-by-anybody";

impl PlayedRequest {
    /// An order with dummy values in its other fields, for checks that do not depend on them.
    pub(super) fn any(operation: &str) -> Self {
        Self {
            account_id: Some("any".to_owned()),
            from_date: Some("2026-01-01".to_owned()),
            to_date: Some("2026-01-31".to_owned()),
            access_token: Some(NOBODYS.into()),
            ..Self::for_operation(operation)
        }
    }
}

impl ConnectorChecker<'_> {
    /// A valid request except for an unknown token: any other error takes precedence.
    fn accounts(&self) -> CheckLook<MadeRequest> {
        self.made(&PlayedRequest::any("fetch_accounts"))
    }

    async fn forged_is_refused(&self, what: &str, jwt: &str, classes: &[(&str, u16)]) -> CheckLook {
        self.refused(what, &self.accounts()?.with_jwt(jwt), classes).await
    }
}

pub(super) async fn paths(checker: &ConnectorChecker<'_>) -> CheckLook {
    let made = checker.accounts()?;
    let nowhere = MadeRequest { target: "/api/priora/v1/no/such/path".to_owned(), ..made.clone() };
    let heard = checker.send(&nowhere).await?;
    if heard.status != 404 {
        return failed(format!("an unknown path must be answered 404, and was {}", heard.status));
    }
    let heard = checker.send(&MadeRequest { method: "DELETE".to_owned(), ..made }).await?;
    if ![404, 405].contains(&heard.status) {
        return failed(format!("another method of a path must be answered 405, and was {}", heard.status));
    }
    Ok(())
}

pub(super) async fn client_id(checker: &ConnectorChecker<'_>) -> CheckLook {
    let refused = [("InvalidClientId", 401)];
    checker.refused("Client-Id is missing", &checker.accounts()?.without("Client-Id"), &refused).await?;
    for wrong in ["abc", "0", "-1", "1.5"] {
        let made = checker.accounts()?.with("Client-Id", wrong);
        checker.refused(&format!("Client-Id is {wrong}"), &made, &refused).await?;
    }
    Ok(())
}

pub(super) async fn authorization(checker: &ConnectorChecker<'_>) -> CheckLook {
    let refused = [("AuthorizationMissing", 401)];
    checker.refused("Authorization is missing", &checker.accounts()?.without("Authorization"), &refused).await?;
    let basic = checker.accounts()?.with("Authorization", "Basic dXNlcjpwYXNz");
    checker.refused("Authorization is Basic", &basic, &refused).await
}

pub(super) async fn form_and_algorithm(checker: &ConnectorChecker<'_>) -> CheckLook {
    let payload = checker.payload("{}");
    let good = checker.forged(RS256, &payload)?;
    let parts: Vec<&str> = good.split('.').collect();
    let two_parts = parts.iter().take(2).copied().collect::<Vec<_>>().join(".");
    let padded = format!("{good}=");
    for (what, jwt) in [
        ("a JWT of two parts", two_parts.as_str()),
        ("a text that is not a JWT", "nonsense"),
        ("a JWT with padding", padded.as_str()),
        ("a JWT of four parts", &format!("{good}.x")),
    ] {
        checker.forged_is_refused(what, jwt, &[DECODE]).await?;
    }
    let twice = format!("{{\"data\":{{}},\"exp\":1,{}", payload.trim_start_matches('{'));
    let duplicate = checker.forged(RS256, &twice)?;
    checker.forged_is_refused("a payload with a member twice", &duplicate, &[DECODE]).await?;
    let crit = checker.forged(r#"{"alg":"RS256","crit":["exp"]}"#, &payload)?;
    checker.forged_is_refused("a header with crit", &crit, &[DECODE, ALGORITHM]).await?;
    checker.forged_is_refused("alg none", &unsigned(&payload), &[ALGORITHM]).await?;
    let hmac = checker.with_hmac(&payload)?;
    checker.forged_is_refused("HS256 with the public key", &hmac, &[ALGORITHM]).await?;
    let sha512 = checker.with_sha512(&payload)?;
    checker.forged_is_refused("RS512", &sha512, &[ALGORITHM]).await?;
    let none = checker.forged("{}", &payload)?;
    checker.forged_is_refused("a header without alg", &none, &[ALGORITHM, DECODE]).await
}

pub(super) async fn signature(checker: &ConnectorChecker<'_>) -> CheckLook {
    let payload = checker.payload("{}");
    let stranger = checker.by_a_stranger(&payload)?;
    checker.forged_is_refused("another key's signature", &stranger, &[VERIFICATION]).await?;
    let good = checker.forged(RS256, &payload)?;
    let other = checker.forged(RS256, &checker.payload("{\"x\":1}"))?;
    let (signed, _) = good.rsplit_once('.').unwrap_or_default();
    let (_, signature) = other.rsplit_once('.').unwrap_or_default();
    let swapped = format!("{signed}.{signature}");
    checker.forged_is_refused("the signature of another payload", &swapped, &[VERIFICATION]).await
}

pub(super) async fn expiry(checker: &ConnectorChecker<'_>) -> CheckLook {
    for (what, exp) in [
        ("an exp of an hour ago", format!(",\"exp\":{}", checker.now_s() - 3600)),
        ("no exp", String::new()),
        ("an exp that is a text", format!(",\"exp\":\"{}\"", checker.now_s() + 60)),
        ("a negative exp", ",\"exp\":-1".to_owned()),
        ("an exp that is null", ",\"exp\":null".to_owned()),
    ] {
        let jwt = checker.forged(RS256, &format!("{{\"data\":{{}}{exp}}}"))?;
        checker.forged_is_refused(what, &jwt, &[EXPIRED]).await?;
    }
    Ok(())
}

pub(super) async fn issuer(checker: &ConnectorChecker<'_>) -> CheckLook {
    let exp = checker.now_s() + 60;
    let jwt = checker.forged(RS256, &format!("{{\"data\":{{}},\"exp\":{exp},\"iss\":\"elsewhere.example\"}}"))?;
    checker.forged_is_refused("another iss", &jwt, &[DECODE]).await
}

pub(super) async fn data(checker: &ConnectorChecker<'_>) -> CheckLook {
    for data in ["\"text\"", "[]", "null", "7"] {
        let jwt = checker.forged(RS256, &checker.payload(data))?;
        checker.forged_is_refused(&format!("data is {data}"), &jwt, &[FORMAT]).await?;
    }
    Ok(())
}

pub(super) async fn token_missing(checker: &ConnectorChecker<'_>) -> CheckLook {
    for operation in WITH_TOKEN {
        let made = checker.made(&PlayedRequest::any(operation))?.without("Access-Token");
        checker.refused(&format!("{operation} without Access-Token"), &made, &[NO_TOKEN]).await?;
    }
    Ok(())
}

pub(super) async fn token_unknown(checker: &ConnectorChecker<'_>) -> CheckLook {
    for operation in WITH_TOKEN {
        let made = checker.made(&PlayedRequest::any(operation))?;
        checker.refused(&format!("{operation} with an unknown token"), &made, &[UNKNOWN]).await?;
    }
    Ok(())
}

pub(super) async fn token_of_another(checker: &ConnectorChecker<'_>) -> CheckLook {
    let session = checker.token().await?;
    for operation in DATA {
        let order = PlayedRequest {
            client_id: Some(2),
            access_token: None,
            access_token_of: Some(session.clone()),
            ..PlayedRequest::any(operation)
        };
        let made = checker.made(&order)?;
        checker.refused(&format!("{operation} with another third party's token"), &made, &[UNKNOWN]).await?;
    }
    Ok(())
}

pub(super) async fn token_revoked(checker: &ConnectorChecker<'_>) -> CheckLook {
    let session = checker.new_token().await?;
    checker.taken(&checker.about("revoke_token", &session)).await?;
    for operation in DATA {
        let order = PlayedRequest {
            access_token: None,
            access_token_of: Some(session.clone()),
            ..PlayedRequest::any(operation)
        };
        let made = checker.made(&order)?;
        checker.refused(&format!("{operation} with a revoked token"), &made, &[REVOKED]).await?;
    }
    Ok(())
}

pub(super) async fn token_expired(_: &ConnectorChecker<'_>) -> CheckLook {
    not_run("a token expires after days, and the connector's clock is not the checker's")
}

pub(super) async fn fields(checker: &ConnectorChecker<'_>) -> CheckLook {
    // Each is signed, and has one missing or invalid field.
    let create = |data: &str| {
        let made = checker.made(&PlayedRequest::any("create_token"))?;
        Ok(made.with_jwt(&checker.forged(RS256, &checker.payload(data))?))
    };
    for (what, data) in [
        (
            "tokens/create without session_secret",
            r#"{"app_name":"A","original_request":{"client_jwt":"Bearer e30.e30.e30","client_payload":{"data":{"scopes":["accounts"],"consent_period_days":90,"credentials":{}},"exp":1}}}"#,
        ),
        ("tokens/create without original_request", r#"{"session_secret":"check-fields-1","app_name":"A"}"#),
        (
            "tokens/create with scopes that are a text",
            r#"{"session_secret":"check-fields-2","app_name":"A","original_request":{"client_jwt":"Bearer e30.e30.e30","client_payload":{"data":{"scopes":"accounts","consent_period_days":90,"credentials":{}},"exp":1}}}"#,
        ),
        (
            "tokens/create without scopes",
            r#"{"session_secret":"check-fields-3","app_name":"A","original_request":{"client_jwt":"Bearer e30.e30.e30","client_payload":{"data":{"scopes":[],"consent_period_days":90,"credentials":{}},"exp":1}}}"#,
        ),
        (
            "tokens/create for no day",
            r#"{"session_secret":"check-fields-4","app_name":"A","original_request":{"client_jwt":"Bearer e30.e30.e30","client_payload":{"data":{"scopes":["accounts"],"consent_period_days":0,"credentials":{}},"exp":1}}}"#,
        ),
    ] {
        checker.refused(what, &create(data)?, &[FORMAT]).await?;
    }
    let session = checker.token().await?;
    for (what, operation, data) in [
        ("accounts without session_secret", "fetch_accounts", "{}"),
        (
            "transactions without account_id",
            "fetch_transactions",
            r#"{"session_secret":"s","from_date":"2026-01-01","to_date":"2026-01-31"}"#,
        ),
        (
            "transactions with invalid days",
            "fetch_transactions",
            r#"{"session_secret":"s","account_id":"1","from_date":"31-12-2025","to_date":"2026-01-31"}"#,
        ),
        (
            "transactions that end before they begin",
            "fetch_transactions",
            r#"{"session_secret":"s","account_id":"1","from_date":"2026-02-01","to_date":"2026-01-01"}"#,
        ),
    ] {
        let order = PlayedRequest {
            access_token: None,
            access_token_of: Some(session.clone()),
            ..PlayedRequest::any(operation)
        };
        let made = checker.made(&order)?.with_jwt(&checker.forged(RS256, &checker.payload(data))?);
        checker.refused(what, &made, &[FORMAT]).await?;
    }
    Ok(())
}

pub(super) async fn provider_code(checker: &ConnectorChecker<'_>) -> CheckLook {
    let made = checker.made(&PlayedRequest::any("create_token"))?;
    let Some(data) = made.data_text.strip_prefix('{') else { return not_run("the hub made no request") };
    let own = format!("\"provider_code\":\"{}\"", crate::service::PROVIDER_CODE);
    let data = format!("{{{}", data.replacen(&own, "\"provider_code\":\"another-bank-of-the-checker\"", 1));
    let jwt = checker.forged(RS256, &checker.payload(&data))?;
    checker.refused("another bank's provider_code", &made.with_jwt(&jwt), &[FORMAT]).await
}

pub(super) async fn scopes(checker: &ConnectorChecker<'_>) -> CheckLook {
    let settings = checker.settings;
    let Some(way) = settings.quick().or_else(|| settings.with_code()) else {
        return not_run("an embedded way to authenticate is needed");
    };
    let session = checker.enrol(way, |order| order.scopes = Some(vec!["accounts".to_owned()])).await?;
    let account = checker.account(&session).await?;
    for operation in ["fetch_customer", "fetch_transactions"] {
        let order = PlayedRequest {
            access_token: None,
            access_token_of: Some(session.clone()),
            account_id: Some(account.clone()),
            ..PlayedRequest::any(operation)
        };
        let heard = checker.ask(&order).await?;
        let what = format!("{operation} with a token for the scope accounts alone");
        judge(&what, &heard, &[("AccessDenied", 401)])?;
    }
    Ok(())
}

pub(super) async fn account_unknown(checker: &ConnectorChecker<'_>) -> CheckLook {
    let session = checker.token().await?;
    for account in ["no-such-account", "1' OR '1'='1", "<script>", "../../etc/passwd"] {
        let order = PlayedRequest {
            access_token: None,
            access_token_of: Some(session.clone()),
            account_id: Some(account.to_owned()),
            ..PlayedRequest::any("fetch_transactions")
        };
        let made = checker.made(&order)?;
        checker.refused(&format!("transactions of the account {account}"), &made, &[("AccountNotFound", 404)]).await?;
    }
    Ok(())
}

pub(super) async fn session_unknown(checker: &ConnectorChecker<'_>) -> CheckLook {
    for operation in ["confirm_token", "cancel_token"] {
        let order = PlayedRequest {
            session_secret: Some(crate::service::PlayedHub::new_session()),
            ..PlayedRequest::any(operation)
        };
        let made = checker.made(&order)?;
        checker.refused(&format!("{operation} of an unknown session"), &made, &[UNKNOWN]).await?;
    }
    Ok(())
}
