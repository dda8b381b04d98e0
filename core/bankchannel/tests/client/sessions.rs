//! Effects of calls on the session (docs/protocols/ws-channel.md §8.1, §8.6).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bankchannel::{
    CallOptions, CallOutcome,
    ws_channel::{Email, LoginSessionState, Mode, Session, WsChannel, WsChannelSettings},
};
use serde_json::json;
use tokio::sync::Notify;

use crate::{
    repeats::{list, upload},
    support::{Act, Answer, PASSWORD, Seen, Server, client, ok, people::API_KEY, refused, session, settings},
};

pub(crate) const CHALLENGE: &str =
    "9Ty4zrnJGqNH0i1+I0OTKHjTs03Ymd4tBH70FTiYNhA=|1494962070679|2646b71b-9b51-4d11-bf5e-cca5617bcfde";

pub(crate) fn logged_in(token: &str) -> Act {
    Act::Answer(ok(200, json!({"IdToken": token, "ApiKey": API_KEY, "ExpiresIn": "3600", "ResponseText": "Login OK"})))
}

/// Accepts one token, and returns it for every login.
fn only(token: &'static str) -> impl Fn(&Seen, usize) -> Act + Send + Sync {
    move |seen, _| match (seen.method.as_str(), seen.path.starts_with("/v2/session/")) {
        ("GET", true) => Act::Answer(ok(200, json!({"Challenge": CHALLENGE}))),
        ("POST", true) => logged_in(token),
        _ if seen.header("authorization") != Some(token) => Act::Answer(refused(401, "Unauthorized")),
        ("PUT", _) => Act::Answer(ok(201, json!({}))),
        _ => Act::Answer(ok(200, json!({"FileDescriptors": []}))),
    }
}

fn renewing(server: &Server) -> WsChannel {
    let settings = WsChannelSettings { renew_session: Some(true), password: Some(PASSWORD.into()), ..settings(server) };
    let client = WsChannel::new(settings).unwrap();
    client.set_session(session("old", Mode::Data));
    client
}

#[tokio::test]
async fn k08_an_expired_session_is_noticed_here() {
    let server = Server::in_turn([Act::Stall]).await;
    let client = client(&server);
    // It counts as expired five seconds before its end.
    client.set_session(Session { ends: Some(Instant::now() + Duration::from_secs(4)), ..session("t", Mode::Data) });
    let error = client.list_files(list()).await.unwrap_err();
    assert_eq!(
        (error.code(), error.outcome(), error.detail("class")),
        ("ws_channel.session_expired", Some(CallOutcome::NotSent), Some("auth"))
    );
    client.set_session(Session::default());
    let error = client.list_files(list()).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("ws_channel.not_logged_in", Some(CallOutcome::NotSent)));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_refused_session_is_forgotten() {
    let server = Server::start(only("new")).await;
    let client = client(&server);
    let error = client.list_files(list()).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("ws_channel.session_refused", Some(CallOutcome::Refused)));
    assert!(!client.session().is_logged_in() && client.session().api_key.is_some());
    assert_eq!(server.seen().len(), 1, "nobody asked for a renewal");
}

#[tokio::test]
async fn a_data_session_is_renewed_once_and_the_call_goes_on() {
    let server = Server::start(only("new")).await;
    let client = renewing(&server);
    client.upload_file(upload(b"payment")).await.unwrap();
    let paths: Vec<(String, bool)> =
        server.seen().iter().map(|seen| (seen.method.clone(), seen.header("authorization") == Some("new"))).collect();
    let expected = [("PUT", false), ("GET", false), ("POST", false), ("PUT", true)];
    assert_eq!(paths, expected.map(|(method, new)| (method.to_owned(), new)));
    assert_eq!(client.session().id_token.unwrap().expose(), "new");
    // The password went out encrypted, for this challenge.
    let sent = server.seen()[2].json();
    let cipher = STANDARD.decode(sent["Encrypted"].as_str().unwrap().as_bytes()).unwrap();
    let plain = crate::support::key().decrypt_oaep_sha1(&cipher).unwrap();
    assert_eq!(*plain, *format!("{PASSWORD}||1494962070679").as_bytes());
    assert_eq!(sent["ChResp"], CHALLENGE);
}

#[tokio::test]
async fn an_expired_data_session_is_renewed_before_it_is_used() {
    let server = Server::start(only("new")).await;
    let client = renewing(&server);
    client.set_session(Session { ends: Some(Instant::now()), ..session("old", Mode::Data) });
    client.list_files(list()).await.unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn a_renewal_that_does_not_help_is_not_repeated() {
    let server = Server::start(|seen, _| match (seen.method.as_str(), seen.path.starts_with("/v2/session/")) {
        ("GET", true) => Act::Answer(ok(200, json!({"Challenge": CHALLENGE}))),
        ("POST", true) => logged_in("useless"),
        _ => Act::Answer(refused(401, "Unauthorized")),
    })
    .await;
    let error = renewing(&server).list_files(list()).await.unwrap_err();
    assert_eq!((error.http_status(), server.seen().len()), (Some(401), 4));
}

#[tokio::test]
async fn an_admin_session_is_never_renewed_by_itself() {
    let server = Server::start(only("new")).await;
    let client = renewing(&server);
    client.set_session(session("old", Mode::Admin));
    assert_eq!(client.list_files(list()).await.unwrap_err().http_status(), Some(401));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn another_users_session_is_never_renewed_as_the_settings_user() {
    let server = Server::start(only("new")).await;
    let client = renewing(&server);
    let other = Some(Email::new("other@example.test").unwrap());
    client.set_session(Session { email: other.clone(), ..session("old", Mode::Data) });
    let error = client.upload_file(upload(b"payment")).await.unwrap_err();
    assert_eq!((error.http_status(), server.seen().len()), (Some(401), 1), "the payment is not sent as somebody else");
    client.set_session(Session { email: other, ends: Some(Instant::now()), ..session("old", Mode::Data) });
    assert_eq!(client.upload_file(upload(b"payment")).await.unwrap_err().code(), "ws_channel.session_expired");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn whoever_logs_in_during_a_call_does_not_take_it_over() {
    let (go_on, server) = held_upload(refused(401, "Unauthorized")).await;
    let client = renewing(&server);
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.upload_file(upload(b"payment")).await }
    });
    server.wait_for(1).await;
    let email = Some(Email::new("other@example.test").unwrap());
    client.set_session(Session { email, ..session("others", Mode::Data) });
    go_on.notify_one();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!((error.http_status(), error.detail("renewal")), (Some(401), Some("ws_channel.session_expired")));
    assert_eq!(server.seen().len(), 1);
    assert_eq!(client.session().id_token.unwrap().expose(), "others");
}

#[tokio::test]
async fn a_renewal_does_not_undo_a_logout() {
    let (go_on, server) = held_upload(refused(401, "Unauthorized")).await;
    let client = renewing(&server);
    let call = tokio::spawn({
        let client = client.clone();
        async move { client.upload_file(upload(b"payment")).await }
    });
    server.wait_for(1).await;
    client.call_json("ws_channel.logout", json!({}), Default::default()).await.unwrap();
    go_on.notify_one();
    assert_eq!(call.await.unwrap().unwrap_err().http_status(), Some(401));
    assert!(!client.session().is_logged_in());
    assert_eq!(server.seen().len(), 2, "the upload and the logout");
}

/// Holds the first upload until the test continues it, then sends this answer.
async fn held_upload(answer: Answer) -> (Arc<Notify>, Server) {
    let go_on = Arc::new(Notify::new());
    let held = Arc::clone(&go_on);
    let server = Server::start(move |seen, _| match (seen.method.as_str(), seen.path.starts_with("/v2/session/")) {
        ("DELETE", _) => Act::Answer(ok(200, json!({}))),
        (_, true) => panic!("nobody is to log in"),
        _ => Act::Hold(Arc::clone(&held), answer.clone()),
    })
    .await;
    (go_on, server)
}

#[tokio::test]
async fn calls_that_notice_together_log_in_once() {
    let server = Server::start(only("new")).await;
    let client = renewing(&server);
    let calls: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn({
                let client = client.clone();
                async move { client.list_files(list()).await }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.seen().iter().filter(|seen| seen.method == "POST").count(), 1);
}

/// Accepts `new`; these acts answer the steps of a login in turn, the last one repeatedly.
async fn logging_in(acts: impl IntoIterator<Item = Act>) -> Server {
    let (acts, steps) = (acts.into_iter().collect::<Vec<_>>(), AtomicUsize::new(0));
    let accepts = only("new");
    Server::start(move |seen, number| {
        if seen.path.starts_with("/v2/session/") {
            return acts[steps.fetch_add(1, Ordering::SeqCst).min(acts.len() - 1)].clone();
        }
        accepts(seen, number)
    })
    .await
}

fn challenge() -> Act {
    Act::Answer(ok(200, json!({"Challenge": CHALLENGE})))
}

fn posts(server: &Server) -> usize {
    server.seen().iter().filter(|seen| seen.method == "POST").count()
}

#[tokio::test]
async fn after_a_renewal_that_broke_off_the_next_call_renews() {
    let lost = || Act::ResetAfterRequest;
    let server = logging_in([lost(), lost(), lost(), challenge(), lost(), challenge(), logged_in("new")]).await;
    let client = renewing(&server);
    // A 401, and the challenge is not available.
    let error = client.list_files(list()).await.unwrap_err();
    assert_eq!((error.http_status(), error.detail("renewal")), (Some(401), Some("transport.connection_lost")));
    assert!(!client.session().is_logged_in());
    // The login was sent and its answer lost; the upload itself was not sent.
    let error = client.upload_file(upload(b"payment")).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("transport.connection_lost", Some(CallOutcome::NotSent)));
    client.list_files(list()).await.unwrap();
    assert_eq!(posts(&server), 2);

    let server = logging_in([challenge(), lost(), challenge(), logged_in("new")]).await;
    let client = renewing(&server);
    client.set_session(Session { ends: Some(Instant::now()), ..session("old", Mode::Data) });
    assert_eq!(client.list_files(list()).await.unwrap_err().outcome(), Some(CallOutcome::NotSent));
    client.list_files(list()).await.unwrap();
}

#[tokio::test]
async fn who_begins_during_a_renewal_waits_for_it() {
    let go_on = Arc::new(Notify::new());
    let Act::Answer(token) = logged_in("new") else { unreachable!() };
    let server = logging_in([challenge(), Act::Hold(Arc::clone(&go_on), token)]).await;
    let client = renewing(&server);
    let begin = || {
        let client = client.clone();
        tokio::spawn(async move { client.list_files(list()).await })
    };
    let first = begin();
    server.wait_for(3).await;
    let second = begin();
    let limited = CallOptions { timeout: Some(Duration::from_millis(200)), ..CallOptions::default() };
    let request = json!({"bank": "nordea"});
    let error = client.call_json("ws_channel.list_files", request, limited).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("timeout.deadline", Some(CallOutcome::NotSent)));
    go_on.notify_one();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(posts(&server), 1);
}

#[tokio::test]
async fn a_refused_password_is_not_tried_again() {
    let server = logging_in([challenge(), Act::Answer(refused(400, "User authentication failed.")), challenge()]).await;
    let client = renewing(&server);
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.list_files(list()).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap_err();
    }
    assert_eq!(posts(&server), 1, "ten wrong passwords lock the account");
    let before = server.seen().len();
    let error = client.list_files(list()).await.unwrap_err();
    assert_eq!((error.code(), server.seen().len()), ("ws_channel.not_logged_in", before));
}

#[tokio::test]
async fn a_login_that_wants_a_code_is_not_begun_again_by_every_call() {
    let wants = json!({"ResponseText": "Give SMS code", "ChallengeName": "SMS_MFA", "Session": "sms"});
    let server = logging_in([challenge(), Act::Answer(ok(200, wants)), challenge()]).await;
    let client = renewing(&server);
    assert_eq!(client.list_files(list()).await.unwrap_err().detail("renewal"), Some("ws_channel.login_failed"));
    assert_eq!(client.list_files(list()).await.unwrap_err().code(), "ws_channel.not_logged_in");
    assert_eq!(posts(&server), 1);
}

#[tokio::test]
async fn who_logs_out_of_a_session_that_ended_is_logged_out() {
    let server = logging_in([Act::ResetAfterRequest]).await;
    let client = renewing(&server);
    client.list_files(list()).await.unwrap_err();
    let before = server.seen().len();
    let error = client.call_json("ws_channel.logout", json!({}), Default::default()).await.unwrap_err();
    assert_eq!(error.code(), "ws_channel.not_logged_in");
    let error = client.list_files(list()).await.unwrap_err();
    assert_eq!((error.code(), server.seen().len()), ("ws_channel.not_logged_in", before));
}

#[tokio::test]
async fn a_renewal_has_the_time_that_is_left_of_its_call() {
    const HELD: Duration = Duration::from_secs(6);
    const LIMIT: Duration = Duration::from_secs(8);
    let go_on = Arc::new(Notify::new());
    let held = Arc::clone(&go_on);
    let server = Server::start(move |seen, _| match seen.path.starts_with("/v2/session/") {
        true => Act::Stall,
        false => Act::Hold(Arc::clone(&held), refused(401, "Unauthorized")),
    })
    .await;
    tokio::spawn(async move {
        tokio::time::sleep(HELD).await;
        go_on.notify_one();
    });
    let limited = CallOptions { timeout: Some(LIMIT), ..CallOptions::default() };
    let started = Instant::now();
    let request = json!({"bank": "nordea"});
    let error = renewing(&server).call_json("ws_channel.list_files", request, limited).await.unwrap_err();
    assert_eq!((error.code(), error.detail("renewal")), ("timeout.deadline", Some("timeout.deadline")));
    // With a limit of its own it would have ended later.
    assert!(started.elapsed() < HELD + LIMIT, "{:?}", started.elapsed());
}

#[tokio::test]
async fn who_cancels_during_a_renewal_is_not_told_to_log_in() {
    let server = logging_in([challenge(), Act::Stall]).await;
    let (client, options) = (renewing(&server), CallOptions::default());
    let cancel = options.cancel.clone();
    let request = json!({"bank": "nordea"});
    let call = tokio::spawn(async move { client.call_json("ws_channel.list_files", request, options).await });
    server.wait_for(3).await;
    cancel.cancel();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(
        (error.code(), error.outcome(), error.detail("renewal")),
        ("cancelled", Some(CallOutcome::Refused), Some("cancelled"))
    );
}

#[tokio::test]
async fn logout_clears_here_first_and_is_never_repeated() {
    let server = Server::in_turn([Act::Answer(refused(429, "Too many requests"))]).await;
    let client = client(&server);
    // The session has expired on the client; it is still logged out, for the user it belongs to.
    client.set_session(Session { ends: Some(Instant::now()), ..session("mine", Mode::Admin) });
    let error = client.call_json("ws_channel.logout", json!({}), Default::default()).await.unwrap_err();
    assert_eq!((error.code(), server.seen().len()), ("peer.rate_limited", 1));
    assert_eq!(
        (server.seen()[0].path.as_str(), server.seen()[0].header("authorization")),
        ("/v2/session/user%40example.test/admin", Some("mine"))
    );
    assert!(!client.session().is_logged_in());
}

#[tokio::test]
async fn registration_keeps_the_key_it_was_given() {
    let server = Server::in_turn([Act::Answer(ok(201, json!({"ApiKey": API_KEY})))]).await;
    let client = WsChannel::new(settings(&server)).unwrap();
    let request = json!({"api_key": "0", "ch_resp": CHALLENGE, "encrypted": "ZW5j", "name": "N", "company": "C", "phone": "+358401234567", "mode": "admin"});
    client.call_json("ws_channel.register", request, Default::default()).await.unwrap();
    assert_eq!(client.session().api_key.unwrap().expose(), API_KEY);
}

#[tokio::test]
async fn registering_another_account_changes_nothing_for_who_is_logged_in() {
    let others = "another-accounts-key";
    let server = Server::in_turn([
        Act::Answer(ok(201, json!({"ApiKey": others}))),
        Act::Answer(ok(200, json!({"FileDescriptors": []}))),
    ])
    .await;
    let client = client(&server);
    let request = json!({"email": "other@example.test", "api_key": "0", "ch_resp": CHALLENGE, "encrypted": "ZW5j", "name": "N", "company": "C", "phone": "+358401234567", "mode": "admin"});
    let given = client.call_json("ws_channel.register", request, Default::default()).await.unwrap().response;
    assert_eq!(given["api_key"], others);
    client.list_files(list()).await.unwrap();
    assert_eq!(server.seen()[1].header("x-api-key"), Some(API_KEY));
}

#[tokio::test]
async fn a_failed_login_discards_the_former_session_and_an_unsent_one_does_not() {
    let server = Server::in_turn([Act::Answer(refused(400, "User authentication failed."))]).await;
    let client = client(&server);
    let request = json!({"ch_resp": CHALLENGE, "encrypted": "ZW5j"});
    let unsent = bankchannel::CallOptions { timeout: Some(Duration::ZERO), ..Default::default() };
    client.call_json("ws_channel.login", request.clone(), unsent).await.unwrap_err();
    assert!(client.session().is_logged_in());
    let error = client.call_json("ws_channel.login", request, Default::default()).await.unwrap_err();
    assert_eq!(error.code(), "ws_channel.login_refused");
    assert!(!client.session().is_logged_in());
}

/// A client without any login so far.
fn fresh(server: &Server) -> WsChannel {
    let settings = WsChannelSettings {
        renew_session: Some(true),
        password: Some(PASSWORD.into()),
        mode: Some(Mode::Data),
        ..settings(server)
    };
    WsChannel::new(settings).unwrap()
}

fn logins(server: &Server) -> usize {
    server.seen().iter().filter(|seen| seen.method == "POST" && seen.path.starts_with("/v2/session/")).count()
}

#[tokio::test]
async fn the_first_calls_log_in_once_by_themselves() {
    let server = Server::start(only("new")).await;
    let client = fresh(&server);
    let state = client.session_state(json!({})).await.unwrap();
    assert_eq!((state.state, state.renews), (LoginSessionState::None, true));
    let (first, second) = tokio::join!(client.list_files(list()), client.list_files(list()));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(logins(&server), 1);
    let state = client.session_state(json!({})).await.unwrap();
    assert_eq!((state.state, state.mode), (LoginSessionState::Active, Some(Mode::Data)));
    assert!(state.seconds_left.is_some_and(|left| left > 3500), "{state:?}");
}

#[tokio::test]
async fn a_first_login_that_is_refused_is_not_tried_again() {
    let server = Server::start(|seen, _| match (seen.method.as_str(), seen.path.starts_with("/v2/session/")) {
        ("GET", true) => Act::Answer(ok(200, json!({"Challenge": CHALLENGE}))),
        _ => Act::Answer(refused(401, "Unauthorized")),
    })
    .await;
    let client = fresh(&server);
    assert!(client.list_files(list()).await.is_err());
    let error = client.list_files(list()).await.unwrap_err();
    assert_eq!((error.code(), error.outcome()), ("ws_channel.not_logged_in", Some(CallOutcome::NotSent)));
    assert_eq!(logins(&server), 1, "a wrong password would lock the account");
    assert!(!client.session_state(json!({})).await.unwrap().renews);
}

#[tokio::test]
async fn a_client_that_was_logged_out_does_not_log_in_by_itself() {
    let server = Server::start(only("new")).await;
    let client = fresh(&server);
    client.set_session(Session::default());
    let error = client.list_files(list()).await.unwrap_err();
    assert_eq!((error.code(), logins(&server)), ("ws_channel.not_logged_in", 0));
}
