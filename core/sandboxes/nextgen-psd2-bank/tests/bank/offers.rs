//! Operation B: bank-offered consents and the customer's decision.

use serde_json::{Value, json};

use super::support::{Answer, PSU, REDIRECT, Tpp, VECTOR_B, World, parsed};

pub(crate) const OFFERS: &str = "/api/v1/bank-offered-consents";
pub(crate) const DEPRECATED: &str = "/api/v1/consents";

/// The link of an offer, exactly as in the answer.
pub(crate) fn link(answer: &Answer) -> &str {
    answer.body["_links"]["scaRedirect"]["href"].as_str().unwrap_or_else(|| panic!("no link in {}", answer.text))
}

pub(crate) async fn offer(world: &World, tpp: &Tpp, headers: &[(&str, &str)]) -> Answer {
    world.call(tpp, "POST", OFFERS, &[&[("TPP-Redirect-URI", REDIRECT)], headers].concat(), Value::Null).await
}

/// The parameters that were added to the third party's URI.
pub(crate) fn added(location: &str, to: &str) -> Vec<(String, String)> {
    let query = location.strip_prefix(to).unwrap_or_else(|| panic!("{location}")).trim_start_matches(['&', '?']);
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// T-008, T-058: vector B, wrapped as RFC 2047.
#[tokio::test]
async fn vector_b() {
    let world = World::start().await;
    let answer = world.send(&parsed(VECTOR_B)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let members: Vec<&String> = answer.body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["_links"]);
    let start = format!("{}/tap?flow=psd2&state=", world.origin());
    let state = link(&answer).strip_prefix(&start).unwrap_or_else(|| panic!("{}", answer.text));
    assert_eq!((state.len(), state.bytes().filter(|byte| *byte == b'-').count()), (36, 4), "a UUID");
    assert_eq!(answer.body["_links"]["scaRedirect"]["verbs"], json!(["GET"]));
    assert_eq!(answer.header("aspsp-sca-approach"), Some("REDIRECT"));
    assert_eq!(answer.header("x-request-id"), Some("0d5c2a3e-6f0b-4c1d-9a77-3f2b8e51c604"));
}

/// T-058: a plain issuer, wrapped all the same.
#[tokio::test]
async fn always_wrapped() {
    let world = World::start().await;
    let mut tpp = world.tpp(1);
    tpp.profile.rfc2047 = bankchannel_nextgen_psd2::signing::Rfc2047Use::Always;
    let request = world.sign(&tpp, "POST", OFFERS, &[("TPP-Redirect-URI", REDIRECT)], "");
    assert!(request.headers.text("signature").unwrap().starts_with("=?utf-8?B?"));
    assert_eq!(world.send(&request).await.status, 201);
}

/// T-122: both routes do the same; the old one is marked as deprecated.
#[tokio::test]
async fn both_routes() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let headers = [
        ("TPP-Redirect-URI", REDIRECT),
        ("PSU-Context", "PRIVATE"),
        ("X-Accept-Fix", "longer-names, amount-as-string"),
    ];
    let mut bodies = Vec::new();
    for (target, deprecation) in [(OFFERS, None), (DEPRECATED, Some("@1735689600"))] {
        let answer = world.call(&tpp, "POST", target, &headers, Value::Null).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert!(link(&answer).ends_with("&context=PRIVATE"), "{}", answer.text);
        assert_eq!(answer.header("deprecation"), deprecation);
        let successor = deprecation.map(|_| "</api/v1/bank-offered-consents>; rel=\"successor-version\"");
        assert_eq!(answer.header("link"), successor);
        let query = added(link(&answer), &format!("{}/tap", world.origin()));
        let (_, state) = query.into_iter().find(|(name, _)| name == "state").unwrap();
        assert_eq!(state.len(), 36, "{}", answer.text);
        bodies.push(answer.text.replace(&state, "STATE"));
    }
    assert_eq!(bodies[0], bodies[1], "but for the link's own state");
}

/// T-123, T-145, A-04, A-20, A-21: refusals.
#[tokio::test]
async fn refusals() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    for target in [OFFERS, DEPRECATED] {
        let call = async |headers: &[(&str, &str)]| world.call(&tpp, "POST", target, headers, Value::Null).await;
        let with = ("TPP-Redirect-URI", REDIRECT);
        call(&[with, ("PSU-Context", "OTHER")]).await.is_refused(400, "FORMAT_ERROR", "V36");
        call(&[]).await.is_refused(400, "FORMAT_ERROR", "V36");
        call(&[with, ("PSU-ID", "nobody")]).await.is_refused(404, "RESOURCE_UNKNOWN", "V38");
        // Only the first third party knows PSU 1 by this PSU-ID.
        let other = world.call(&world.tpp(3), "POST", target, &[with, ("PSU-ID", PSU)], Value::Null).await;
        other.is_refused(404, "RESOURCE_UNKNOWN", "V38");
        call(&[with, ("PSU-ID", PSU), ("PSU-Corporate-ID", "corp-1")]).await.is_refused(
            401,
            "CORPORATE_ID_INVALID",
            "V38",
        );
        assert_eq!(call(&[with, ("PSU-ID", PSU), ("PSU-Corporate-ID", "corp-42")]).await.status, 201);
        let body = world.call(&tpp, "POST", target, &[with], json!({ "a": 1 })).await;
        assert_eq!(body.status, 201, "a body is ignored");
    }
    let strict = World::with(|options| {
        options.plain = Some(true);
        options.mode = Some(bankchannel_nextgen_psd2::operations::verification::verify_request::Strictness::Strict);
    })
    .await;
    let answer =
        strict.call(&strict.tpp(1), "POST", OFFERS, &[("TPP-Redirect-URI", REDIRECT)], json!({ "a": 1 })).await;
    answer.is_refused(400, "FORMAT_ERROR", "V35");
}

/// The documented link that is not a valid URI (§1.4).
#[tokio::test]
async fn a_link_that_is_no_uri() {
    let world = World::with(|options| {
        options.plain = Some(true);
        options.era_bad_href = Some(true);
    })
    .await;
    let answer = offer(&world, &world.tpp(1), &[]).await;
    assert!(link(&answer).ends_with("&locale=no-NB, no; q=1.0"), "{}", answer.text);
    let url = link(&answer).replace(' ', "%20");
    assert_eq!(world.page(&url).await.status, 200);
}

/// T-133, T-139: approval and refusal, and the exact redirect.
#[tokio::test]
async fn the_customer_decides() {
    let world = World::start().await;
    let tpp = world.tpp(1);
    let approved = world.page(&format!("{}&auto=approve", link(&offer(&world, &tpp, &[("PSU-ID", PSU)]).await))).await;
    assert_eq!(approved.status, 303, "{}", approved.text);
    let parameters = added(approved.header("location").unwrap(), REDIRECT);
    let names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names, parameters[0].1.as_str()), (vec!["psu-id", "tpp-session-id"], PSU));

    let refused = world.page(&format!("{}&auto=refuse", link(&offer(&world, &tpp, &[]).await))).await;
    assert_eq!(refused.status, 303);
    let parameters = added(refused.header("location").unwrap(), REDIRECT);
    assert_eq!(parameters.len(), 1);
    assert_eq!(parameters[0].0, "message");
}

/// T-140: a link is valid for one decision.
#[tokio::test]
async fn a_link_is_used_up() {
    let mut world = World::start().await;
    let tpp = world.tpp(1);
    let url = link(&offer(&world, &tpp, &[]).await).to_owned();
    assert_eq!(world.page(&url).await.status, 200, "looking at it changes nothing");
    assert_eq!(world.page(&format!("{url}&auto=refuse")).await.status, 303);
    for again in ["", "&auto=approve", "&auto=refuse"] {
        let answer = world.page(&format!("{url}{again}")).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{again}");
    }
    assert_eq!(world.page("/tap?flow=psd2&state=unknown&auto=approve").await.status, 404);
    // After ten minutes.
    let late = link(&offer(&world, &tpp, &[]).await).to_owned();
    world.advance(600).await;
    assert_eq!(world.page(&late).await.status, 400);
}
