//! The orders of each kind of server.

use reqwest::Method;
use serde_json::{Value, json};

use super::interface::{
    Answered::{List, Members, Refused, Unknown},
    ControlledServer, OrderLine, is_common, method_of,
};

/// The size above which a body of a common order is refused.
const COMMON_MAX: usize = 64 * 1024 * 1024;

/// The kinds, and the start options that the tables need.
fn kinds() -> [(&'static str, Value); 5] {
    [
        ("ws-channel", json!({})),
        ("nextgen-psd2-bank", json!({})),
        ("sepa-bank", json!({"plain": true})),
        ("salt-edge-hub", json!({})),
        ("salt-edge-connector", json!({})),
    ]
}

/// The orders that all servers have; `operation` is one that this kind answers.
fn common(operation: &'static str) -> Vec<OrderLine> {
    vec![
        ("transcript", json!({}), List),
        ("outbox", json!({}), List),
        ("clock", json!({"now": "2026-03-03T10:15:30Z"}), Members(&["now"])),
        ("clock", json!({"advance_s": 1.5}), Members(&["now"])),
        ("clock", json!({"advance_s": -90}), Members(&["now"])),
        ("clock", json!({"advance_s": 5, "now": null}), Members(&["now"])),
        ("clock", json!({}), Refused("advance_s")),
        ("clock", json!({"now": "2026-03-03T10:15:30Z", "advance_s": 1}), Refused("now")),
        ("clock", json!({"advance_s": 1e12}), Refused("advance_s")),
        ("clock", json!({"advance": 1}), Refused("advance")),
        ("fail_next", json!({"operation": operation, "status": 503}), Members(&[])),
        ("fail_next", json!({"operation": operation, "status": 503, "count": 2, "done": true}), Members(&[])),
        ("fail_next", json!({"operation": operation, "status": 503, "count": 0}), Refused("count")),
        ("fail_next", json!({"operation": operation, "status": 200}), Refused("status")),
        ("fail_next", json!({"operation": operation}), Refused("status")),
        ("fail_next", json!({"operation": operation, "status": 503, "error": "x"}), Refused("`error`")),
        ("fail_next", json!({"operation": "no_such_operation", "status": 503}), Refused("operation")),
        ("reset", json!({}), Members(&[])),
        ("nonsense", json!({}), Unknown),
        ("clock/now", json!({}), Unknown),
        ("", json!({}), Unknown),
    ]
}

/// All members of the limits of the WS Channel service.
const SERVICE_LIMITS: &[&str] = &[
    "enabled",
    "failed_logins_per_min",
    "mfa_codes_per_account",
    "per_address_burst",
    "per_address_per_min",
    "per_key_burst",
    "per_key_per_s",
    "registrations_per_ip",
    "resets_per_ip",
    "sms_per_phone",
];

fn ws_channel() -> Vec<OrderLine> {
    let account = json!({"email": "a@example.test", "password": "Example-Password-2026", "sessions": true});
    vec![
        ("seed", json!({"accounts": [account]}), Members(&["accounts"])),
        ("seed", json!({}), Members(&["accounts"])),
        ("seed", json!({"accounts": [{"email": "b@example.test", "pasword": "x"}]}), Refused("pasword")),
        ("limits", json!({"per_key_per_s": 3}), Members(SERVICE_LIMITS)),
        ("limits", json!({}), Members(SERVICE_LIMITS)),
        ("limits", json!({"no_such_limit": 1}), Refused("no_such_limit")),
        ("seed", json!({"no_such_member": []}), Refused("no_such_member")),
        ("hold", json!({"operation": "list_files"}), Members(&[])),
        ("release", json!({"operation": "ws_channel.list_files"}), Members(&[])),
        ("release", json!({"operation": "list_files"}), Refused("is not held")),
        ("hold", json!({"operation": "list_file"}), Refused("list_files")),
        ("hold", json!({}), Refused("operation")),
        ("hold", json!({"operation": "list_files", "count": 1}), Refused("`count`")),
        ("release", json!({"operations": "list_files"}), Refused("operations")),
        ("held", json!({"operations": "list_files"}), Refused("operations")),
        ("release_order", json!({}), Refused("no such order waits")),
        ("release_order", json!({"message_ids": []}), Refused("message_ids")),
        ("cancel_order", json!({"message_id": "M1"}), Refused("no such order waits")),
        ("cancel_order", json!({"message_ids": []}), Refused("message_ids")),
        ("holds", json!({}), Unknown),
    ]
}

fn nextgen_psd2_bank() -> Vec<OrderLine> {
    let psu = json!({"name": "Kari Nordmann", "personal_identifier": "01017012345"});
    let other = json!({"name": "Ola Nordmann", "personal_identifier": "02027012345"});
    vec![
        ("seed", json!({"psus": [psu]}), Members(&["psus"])),
        ("psu", other, Members(&[])),
        ("psu", json!({}), Refused("name")),
        ("psu", json!({"name": "N", "personal_identifier": "1", "acounts": []}), Refused("acounts")),
        ("limits", json!({}), Members(&["unauthenticated_per_minute", "verify_user_per_minute"])),
        ("limits", json!({"no_such_limit": 1}), Refused("no_such_limit")),
        ("seed", json!({"no_such_member": []}), Refused("no_such_member")),
        ("consents/unknown/revoke", json!({}), Refused("id")),
        ("consents/unknown/revoke", json!({"why": 1}), Refused("`why`")),
        ("certs/0a1b/block", json!({"why": 1}), Refused("`why`")),
        ("certs/0a1b/revoke", json!({"why": 1}), Refused("`why`")),
        // What the path says is no member.
        ("consents/unknown/revoke", json!({"id": "other"}), Refused("id: stands in the path")),
        ("certs/0a1b/block", json!({"serial": "0c"}), Refused("serial: stands in the path")),
        ("consents/revoke", json!({}), Unknown),
        ("certs/0a1b/unblock", json!({}), Unknown),
    ]
}

fn sepa_bank() -> Vec<OrderLine> {
    let customer = json!({"family": "op", "customer_id": "1000099911", "company": "New Oy"});
    let file = json!({"family": "op", "customer_id": "1000099911", "file_type": "TO", "content": "x"});
    let both = json!({"family": "op", "customer_id": "1000099911", "file_type": "TO", "content": "x",
        "content_base64": "eA=="});
    let receiver = json!({"family": "op", "customer_id": "1000099911"});
    vec![
        ("customers", customer.clone(), Members(&["customers"])),
        ("customers", json!([customer]), Members(&["customers"])),
        ("customers", json!([]), Refused("empty")),
        (
            "customers",
            json!({"family": "op", "customer_id": "1", "company": "A", "stnding": "locked"}),
            Refused("stnding"),
        ),
        ("seed", json!({"files": [file]}), Members(&["files"])),
        ("files", json!({"files": [file]}), Members(&["files"])),
        ("files", json!({}), Members(&["files"])),
        ("files", json!({"files": []}), Refused("files")),
        ("files", json!({"files": [both]}), Refused("content")),
        ("files", json!({"file": []}), Refused("file")),
        ("code", receiver, Members(&["code", "until"])),
        ("code", json!({"family": "op"}), Refused("customer_id")),
        ("certificates", json!({}), Members(&["certificates"])),
        ("certificates", json!({"family": "op"}), Refused("family")),
        ("rollover", json!({"family": "op", "what": "signer"}), Members(&["anchors_file", "root_file"])),
        ("rollover", json!({"family": "op", "what": "leaf"}), Refused("signer")),
        ("rollover", json!({"family": "op", "what": "signer", "overlap": -1}), Refused("overlap")),
        ("time", json!({"advance_s": -5}), Members(&["now"])),
        ("time", json!({"advance": 5}), Refused("advance")),
        ("faults", json!({"fault": "hold"}), Members(&[])),
        ("faults", json!([{"fault": "hold"}, {"fault": "http=500", "family": "op"}]), Members(&[])),
        ("faults", json!([]), Refused("empty")),
        ("faults", json!([{"fault": "hold"}, {"fault": "hold", "operations": "list_files"}]), Refused("operations")),
        ("held", json!({"count": 0}), Members(&["held"])),
        ("held", json!({"counts": 0}), Refused("counts")),
        ("release", json!({}), Members(&["released"])),
        ("release", json!({"all": true}), Refused("`all`")),
        ("load", json!({"forget": true}), Members(&["most_at_once"])),
        ("load", json!({"forgets": true}), Refused("forgets")),
        ("uploads", json!({}), Members(&["uploads"])),
        ("uploads", json!({"family": "op"}), Refused("family")),
        ("release_order", json!({}), Refused("no such order waits")),
        ("release_order", json!({"all": true}), Refused("`all`")),
        ("cancel_order", json!({"message_id": "M1"}), Refused("no such order waits")),
        ("cancel_order", json!({"all": true}), Refused("`all`")),
        ("limits", json!({}), Unknown),
        ("upload", json!({}), Unknown),
    ]
}

/// All members of a session of the hub.
const SESSION: &[&str] = &[
    "about",
    "error_class",
    "expires_at",
    "has_token",
    "messages",
    "status",
    "token_expires_at",
    "updates",
    "user_id",
];

fn salt_edge_hub() -> Vec<OrderLine> {
    let begun = json!({"session_secret": "s-1", "about": "token"});
    vec![
        ("sessions", json!({}), Members(&["session_secret"])),
        ("sessions", begun.clone(), Members(&["session_secret"])),
        ("sessions", begun, Refused("session_secret")),
        ("sessions", json!({"about": "nothing"}), Refused("about")),
        ("sessions", json!({"secret": "s-2"}), Refused("secret")),
        ("sessions/s-1", json!({}), Members(SESSION)),
        ("sessions/s-1", json!({"answer": {"status": 503}}), Members(&[])),
        ("sessions/s-1", json!({"answer": {"status": 503, "coutn": 2}}), Refused("coutn")),
        ("sessions/s-1", json!({"answer": {"status": 503}, "cancel": true}), Refused("exclude each other")),
        ("sessions/s-9", json!({}), Refused("no such session")),
        ("sessions/all", json!({}), Members(&["sessions"])),
        ("sessions/all", json!({"after": 1}), Refused("after")),
        ("requests", json!({"operation": "create_token"}), Members(&["headers", "method", "session_secret", "target"])),
        ("requests", json!({"operation": "create_token", "scope": []}), Refused("scope")),
        ("enrolments", json!({"times": 0}), Refused("times")),
        ("enrolments", json!({"tines": 2}), Refused("tines")),
        ("connector", json!({}), Refused("url")),
        ("connector", json!({"url": "http://127.0.0.1:9", "ca": "x"}), Refused("`ca`")),
        ("connector", json!({"url": "http://127.0.0.1:9"}), Members(&[])),
        ("tokens", json!({}), Members(&["tokens"])),
        ("tokens", json!({"after": 1}), Refused("after")),
        ("check", json!({}), Refused("authorization_types")),
        ("check", json!({"authorization_types": [], "no_such_setting": 1}), Refused("no_such_setting")),
        ("limits", json!({}), Unknown),
        ("seed", json!({}), Unknown),
        ("session", json!({}), Unknown),
    ]
}

fn salt_edge_connector() -> Vec<OrderLine> {
    vec![
        ("seed", json!({"customers": []}), Members(&["customers"])),
        ("seed", json!({"customer": []}), Refused("customer")),
        ("limits", json!({}), Unknown),
        ("sessions", json!({}), Unknown),
    ]
}

/// The own orders of a kind, then the common ones: these end with a reset.
fn table(kind: &str) -> Vec<OrderLine> {
    let (mut own, operation) = match kind {
        "ws-channel" => (ws_channel(), "list_files"),
        "nextgen-psd2-bank" => (nextgen_psd2_bank(), "verify_user"),
        "sepa-bank" => (sepa_bank(), "list_files"),
        "salt-edge-hub" => (salt_edge_hub(), "succeed_session"),
        _ => (salt_edge_connector(), "create_token"),
    };
    own.extend(common(operation));
    own
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_answers_alike_over_http_and_from_the_program() {
    let mut differences = Vec::new();
    for (kind, options) in kinds() {
        let lines = table(kind);
        let over_http = ControlledServer::start(kind, options.clone()).await;
        let in_program = ControlledServer::start(kind, options).await;
        let found =
            [over_http.differs_over_http(&lines).await, in_program.differs_in_the_program(&lines).await].concat();
        differences.extend(found.into_iter().map(|found| format!("{kind}: {found}")));
        over_http.server.stop().await;
        in_program.server.stop().await;
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Common orders are at the top and below `sandbox/`, own ones only there; each path has one method.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_path_has_one_method() {
    for (kind, options) in kinds() {
        let server = ControlledServer::start(kind, options).await;
        for (order, _, answered) in table(kind) {
            if matches!(answered, Unknown) {
                continue;
            }
            let (wrong, right) =
                if method_of(order) == Method::GET { (Method::POST, "GET") } else { (Method::GET, "POST") };
            let below = format!("sandbox/{order}");
            let mut paths = vec![below.as_str()];
            paths.extend(is_common(order).then_some(order));
            for path in paths {
                let (status, allow, answer) = server.send(wrong.clone(), path, Vec::new()).await;
                assert_eq!((status, allow.as_str()), (405, right), "{kind}: {path}: {answer}");
            }
            if !is_common(order) {
                let (status, ..) = server.send(Method::POST, order, Vec::new()).await;
                assert_eq!(status, 404, "{kind}: {order} is only below sandbox/");
            }
        }
        server.server.stop().await;
    }
}

/// What is no JSON object is refused, an empty body is the empty object, and a body has a largest size.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_is_an_object_of_limited_size() {
    for (kind, options) in kinds() {
        let server = ControlledServer::start(kind, options).await;
        let deep = format!("{}{}", "[".repeat(17), "]".repeat(17));
        for body in ["{", "nonsense", "{\"now\": 1, \"now\": 2}", &deep] {
            for path in ["clock", "sandbox/clock"] {
                let (status, _, answer) = server.send(Method::POST, path, body.into()).await;
                assert_eq!(status, 400, "{kind}: {path} {body}: {answer}");
                assert!(answer["error"]["message"].is_string(), "{kind}: {path} {body}: {answer}");
            }
        }
        let (status, _, answer) = server.send(Method::POST, "reset", Vec::new()).await;
        assert_eq!((status, answer), (200, json!({})), "{kind}");
        server.server.stop().await;
    }
    for (kind, path, largest) in [
        ("ws-channel", "clock", COMMON_MAX),
        ("ws-channel", "sandbox/hold", 4096),
        ("nextgen-psd2-bank", "sandbox/explain", 2 * 1024 * 1024),
        ("salt-edge-hub", "sandbox/sessions", 64 * 1024),
    ] {
        let server = ControlledServer::start(kind, json!({})).await;
        let (status, ..) = server.send(Method::POST, path, vec![b' '; largest + 1]).await;
        assert_eq!(status, 413, "{kind}: {path}");
        server.server.stop().await;
    }
}

/// The largest request holds for the program too, which sends no body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_of_the_program_has_the_same_largest_size() {
    for (kind, order, member, largest) in
        [("ws-channel", "hold", "operation", 4096), ("salt-edge-hub", "sessions", "session_secret", 64 * 1024)]
    {
        let server = ControlledServer::start(kind, json!({})).await.server;
        let refused = server.control(order, json!({member: "x".repeat(largest)})).await.unwrap_err();
        assert!(refused.message().contains(&format!("more than {largest} bytes")), "{kind}: {refused}");
        server.stop().await;
    }
}

/// The body of `explain` is a raw request, whatever it is; the answer is an object.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raw_request_is_explained_as_it_is() {
    let bank = ControlledServer::start("nextgen-psd2-bank", json!({})).await;
    for raw in ["GET /nothing HTTP/1.1\r\nhost: bank.example\r\n\r\n", "{}", "no request"] {
        let (status, _, answer) = bank.send(Method::POST, "sandbox/explain", raw.into()).await;
        assert_eq!(status, 200, "{raw}: {answer}");
        assert!(answer["verdict"].is_string(), "{raw}: {answer}");
    }
    bank.server.stop().await;
}

/// On a server that is not under control, the setting is named for each order that there is, except `seed`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_control_only_a_seed_is_taken() {
    for (kind, mut options) in kinds() {
        options["control"] = json!(false);
        let server = ControlledServer::start(kind, options).await.server;
        let unknown = server.control("nonsense", json!({})).await.unwrap_err();
        assert_eq!((unknown.code(), unknown.detail("field")), ("input.invalid_field", Some("order")), "{kind}");
        for order in ["clock", "outbox"] {
            let refused = server.control(order, json!({})).await.unwrap_err();
            assert_eq!(
                (refused.code(), refused.detail("field")),
                ("configuration.invalid", Some("control")),
                "{kind}: {order}"
            );
        }
        let refused = server.seed(json!({"no_such_member": 1})).await.unwrap_err();
        assert!(refused.code().starts_with("input."), "{kind}: {refused}");
        server.stop().await;
    }
}
