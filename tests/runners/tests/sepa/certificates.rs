//! Certificates asked for at the bank: first ones for a code, further ones, the bank's own (§5, §9.4).

use bankchannel::{CallOutcome, sepa_web_services::*};
use serde_json::{Value, json};

use crate::world::{FAMILIES, World, code_and_message};

/// The profile's name of a family.
fn bank(family: &str) -> &'static str {
    FAMILIES.iter().find(|(known, _)| *known == family).unwrap().1
}

/// A client that has no certificate yet.
fn newcomer(world: &World, family: &str, further: Value) -> SepaWebServices {
    let mut all = json!({
        "certificate_file": null, "private_key_file": null, "retries": 0,
        "encryption_certificate_file": null, "encryption_private_key_file": null,
        "certificate_url": world.family(family)["certificate_url"],
    });
    all.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    world.client_with(family, all)
}

/// Keys and requests for a family's first customer: of the key that signs, and of the one that decrypts.
struct Made {
    signing: MakeCertificateRequestResponse,
    encryption: Option<MakeCertificateRequestResponse>,
}

fn made_pair(world: &World, family: &str) -> Made {
    let encryption = (family == "danske").then(|| made(world, family, None));
    Made { signing: made(world, family, None), encryption }
}

/// A key and a request for a family's first customer.
fn made(world: &World, family: &str, company: Option<&str>) -> MakeCertificateRequestResponse {
    let id = world.customer(family, None)["customer_id"].as_str().unwrap().to_owned();
    let mut request = MakeCertificateRequestRequest::new(id);
    request.bank = Some(bank(family).to_owned());
    request.company = Some(company.unwrap_or("ESIMERKKI OY").to_owned());
    SepaWebServices::new(SepaWebServicesSettings::default()).unwrap().make_certificate_request(request).unwrap()
}

async fn new_code(world: &World, family: &str) -> String {
    let customer = world.customer(family, None)["customer_id"].clone();
    let sent = world.order("sandbox/code", json!({"family": family, "customer_id": customer})).await;
    sent["code"].as_str().unwrap().to_owned()
}

async fn ask(
    client: &SepaWebServices,
    made: &MakeCertificateRequestResponse,
    code: &str,
) -> bankchannel::Result<RequestBankCertificateResponse> {
    let code = bankchannel::Secret::new(code.to_owned());
    client.request_certificate(RequestBankCertificateRequest::new(made.certificate_request.clone(), code)).await
}

async fn ask_for(
    client: &SepaWebServices,
    made: &Made,
    code: &str,
) -> bankchannel::Result<RequestBankCertificateResponse> {
    let code = bankchannel::Secret::new(code.to_owned());
    let mut request = RequestBankCertificateRequest::new(made.signing.certificate_request.clone(), code);
    request.encryption_certificate_request = made.encryption.as_ref().map(|one| one.certificate_request.clone());
    client.request_certificate(request).await
}

async fn renew(client: &SepaWebServices, made: &Made) -> bankchannel::Result<RenewBankCertificateResponse> {
    let mut request = RenewBankCertificateRequest::new(made.signing.certificate_request.clone());
    request.encryption_certificate_request = made.encryption.as_ref().map(|one| one.certificate_request.clone());
    client.renew_certificate(request).await
}

/// A client with this pair.
fn pair(world: &World, family: &str, certificate: &str, made: &MakeCertificateRequestResponse) -> SepaWebServices {
    both(world, family, (certificate, None), &Made { signing: made.clone(), encryption: None })
}

/// The same with the key that decrypts, if there is one.
fn both(world: &World, family: &str, (signing, encryption): (&str, Option<&str>), made: &Made) -> SepaWebServices {
    let key = |made: &MakeCertificateRequestResponse| made.private_key.expose().to_owned();
    newcomer(
        world,
        family,
        json!({
            "certificate": signing, "private_key": key(&made.signing),
            "encryption_certificate": encryption, "encryption_private_key": made.encryption.as_ref().map(key),
        }),
    )
}

fn list(family: &str) -> ListBankFilesRequest {
    let mut request = ListBankFilesRequest::new();
    if family == "nordea" {
        request.file_type = Some("NDCORPAYL".to_owned());
    }
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn t46_t47_t51_a_first_certificate_is_used_and_renewed_in_every_family() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        let first = made_pair(&world, family);
        let code = world.customer(family, None)["code"].as_str().unwrap().to_owned();
        let client = newcomer(&world, family, json!({}));
        // Without a certificate nothing can be sent to the file service, and nothing is.
        let early = client.list_files(list(family)).await.unwrap_err();
        assert_eq!(
            (code_and_message(&early), early.detail("field")),
            (("configuration.invalid", "not_sent"), Some("certificate"))
        );
        let issued = ask_for(&client, &first, &code).await.unwrap_or_else(|error| panic!("{family}: {error:?}"));
        let certificate = issued.certificate.unwrap();
        assert!(certificate.starts_with("-----BEGIN CERTIFICATE"), "{family}: {certificate}");
        assert_eq!(issued.certificates.len(), if family == "danske" { 3 } else { 1 }, "{family}");
        let signed = if matches!(family, "op" | "danske") { 1 } else { 2 };
        assert_eq!(issued.evidence.unwrap().signer_serials.len(), signed, "{family}");
        let with_first = both(&world, family, (&certificate, issued.encryption_certificate.as_deref()), &first);
        with_first.list_files(list(family)).await.unwrap();

        let second = made_pair(&world, family);
        let renewed = renew(&with_first, &second).await.unwrap_or_else(|error| panic!("{family}: {error:?}"));
        let next = renewed.certificate.unwrap();
        assert_ne!(next, certificate);
        assert_eq!(renewed.encryption_certificate.is_some(), family == "danske");
        let with_second = both(&world, family, (&next, renewed.encryption_certificate.as_deref()), &second);
        with_second.list_files(list(family)).await.unwrap();
        // The same request once more gives the same certificate: its answer may have been lost.
        let again = renew(&with_first, &second).await.unwrap();
        assert_eq!(again.certificate.as_deref(), Some(&*next), "{family}");
        // T47: at Nordea the first one is of no use for another key.
        let third = made_pair(&world, family);
        match (family, renew(&with_first, &third).await) {
            ("nordea", Err(error)) => {
                assert_eq!(code_and_message(&error), ("sepa_web_services.signature_refused", "refused"), "{error:?}");
                assert_eq!(error.peer().unwrap().code.as_deref(), Some("19"));
            }
            ("op" | "samlink" | "danske", Ok(_)) => {}
            (_, other) => panic!("{family}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t46_nordea_counts_wrong_codes_and_says_the_registered_name() {
    let world = World::new().await;
    let client = newcomer(&world, "nordea", json!({}));
    let code = world.customer("nordea", None)["code"].as_str().unwrap().to_owned();
    let misnamed = made(&world, "nordea", Some("Esimerkki Ab"));
    let error = ask(&client, &misnamed, &code).await.unwrap_err();
    assert_eq!(code_and_message(&error), ("sepa_web_services.certificate_refused", "refused"), "{error:?}");
    let peer = error.peer().unwrap();
    assert_eq!((peer.code.as_deref(), peer.text.as_deref()), (Some("33"), Some("ESIMERKKI OY")), "{error:?}");
    // The same key with the right name, and the same code.
    let id = world.customer("nordea", None)["customer_id"].as_str().unwrap().to_owned();
    let mut request = MakeCertificateRequestRequest::new(id);
    (request.bank, request.company) = (Some("nordea".to_owned()), Some("ESIMERKKI OY".to_owned()));
    request.private_key = Some(misnamed.private_key.clone());
    let named = client.make_certificate_request(request).unwrap();
    assert_eq!(named.private_key.expose(), misnamed.private_key.expose());
    ask(&client, &named, &code).await.unwrap();
    // It is spent.
    let spent = ask(&client, &named, &code).await.unwrap_err();
    assert_eq!(
        (code_and_message(&spent).1, spent.peer().unwrap().code.as_deref()),
        ("refused", Some("34")),
        "{spent:?}"
    );
    let code = new_code(&world, "nordea").await;
    let other = if code.starts_with('0') { "1234567890" } else { "0123456789" };
    for _ in 0..5 {
        let error = ask(&client, &named, other).await.unwrap_err();
        assert_eq!(error.peer().unwrap().code.as_deref(), Some("34"), "{error:?}");
        assert!(!format!("{error:?}").contains(other), "the code is not repeated: {error:?}");
    }
    let locked = ask(&client, &named, &code).await.unwrap_err();
    assert_eq!(
        (code_and_message(&locked).1, locked.peer().unwrap().code.as_deref()),
        ("refused", Some("14")),
        "{locked:?}"
    );
    // A new code opens it, and ends after a week.
    let code = new_code(&world, "nordea").await;
    world.advance_s(8 * 86_400).await;
    let ended = ask(&client, &named, &code).await.unwrap_err();
    assert_eq!(ended.peer().unwrap().code.as_deref(), Some("34"), "{ended:?}");
    let code = new_code(&world, "nordea").await;
    ask(&client, &named, &code).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn t48_op_wants_its_blocks_in_order_and_gives_the_same_certificate_for_the_same_key() {
    let world = World::new().await;
    let client = newcomer(&world, "op", json!({}));
    let code = world.customer("op", None)["code"].as_str().unwrap().to_owned();
    let first = made(&world, "op", None);
    // What cannot be right is not sent.
    let mut wrong = code.clone();
    wrong.replace_range(15.., if code.ends_with('0') { "1" } else { "0" });
    let error = ask(&client, &first, &wrong).await.unwrap_err();
    assert_eq!((code_and_message(&error), error.detail("field")), (("input.invalid_field", "not_sent"), Some("code")));
    assert!(error.message().contains("the agreement first"), "{error}");
    // An answer is lost: the same request gives the same certificate, another key none.
    world.fault("lost-after-commit").await;
    let lost = ask(&client, &first, &code).await.unwrap_err();
    assert_eq!((lost.outcome(), lost.retryable()), (Some(CallOutcome::Unknown), false), "{lost:?}");
    let other = ask(&client, &made(&world, "op", None), &code).await.unwrap_err();
    assert_eq!(
        (code_and_message(&other).1, other.peer().unwrap().code.as_deref()),
        ("refused", Some("30")),
        "{other:?}"
    );
    let found = ask(&client, &first, &code).await.unwrap().certificate.unwrap();
    assert_eq!(ask(&client, &first, &code).await.unwrap().certificate.unwrap(), found);
    pair(&world, "op", &found, &first).list_files(list("op")).await.unwrap();
    // Two blocks in the wrong order lock the registration until the operator opens it.
    let code = new_code(&world, "op").await;
    let swapped = format!("{}{}", &code[8..], &code[..8]);
    let error = ask(&client, &first, &swapped).await.unwrap_err();
    assert_eq!(
        (code_and_message(&error).1, error.peer().unwrap().code.as_deref()),
        ("refused", Some("30")),
        "{error:?}"
    );
    assert_eq!(ask(&client, &first, &code).await.unwrap_err().peer().unwrap().code.as_deref(), Some("30"));
    let code = new_code(&world, "op").await;
    ask(&client, &first, &code).await.unwrap();
    // R17: 26 says nothing; the error says what to compare.
    let code = new_code(&world, "op").await;
    world.fault("code=26").await;
    let vague = ask(&client, &first, &code).await.unwrap_err();
    assert_eq!(code_and_message(&vague), ("sepa_web_services.bank_failed", "unknown"), "{vague:?}");
    assert!(vague.detail("advice").unwrap().contains("first the eight digits of the agreement"), "{vague:?}");
    assert!(!vague.retryable());
}

#[tokio::test(flavor = "multi_thread")]
async fn t49_t50_t53_what_is_wrong_with_an_answer_is_not_believed() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        let client = newcomer(&world, family, json!({}));
        for (fault, code) in [
            ("cert.nomatch", "sepa_web_services.certificate_not_ours"),
            ("sig.inner=bad", "sepa_web_services.answer_signature"),
            ("sig.missing.inner", "sepa_web_services.answer_signature"),
            ("cert.signer=wrongca", "sepa_web_services.answer_not_trusted"),
            ("cert.signer=customer", "sepa_web_services.answer_not_trusted"),
            ("fault", "sepa_web_services.fault"),
            ("html", "sepa_web_services.bank_failed"),
        ] {
            let sent = new_code(&world, family).await;
            world.fault(fault).await;
            let error = ask_for(&client, &made_pair(&world, family), &sent).await.unwrap_err();
            assert_eq!((error.code(), code_and_message(&error).1), (code, "unknown"), "{family}, {fault}: {error:?}");
            assert!(!error.retryable(), "{family}, {fault}");
        }
        let faults = ["hdr.requestid=other", "sig.outer=bad", "sig.missing.outer"];
        let faults = match family {
            "op" => &faults[..0],
            "danske" => &faults[..1],
            _ => &faults[..],
        };
        for fault in faults {
            let sent = new_code(&world, family).await;
            world.fault(fault).await;
            let error = ask_for(&client, &made_pair(&world, family), &sent).await.unwrap_err();
            assert_eq!(code_and_message(&error).1, "unknown", "{family}, {fault}: {error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t49_the_bank_s_certificates_lead_to_an_anchor_that_was_there() {
    let world = World::new().await;
    let client = newcomer(&world, "op", json!({}));
    let given = client.get_bank_certificates(GetBankCertificatesRequest::new()).await.unwrap();
    assert_eq!(given.certificates.len(), 3, "{given:?}");
    assert!(given.certificates.iter().all(|one| one.certificate.contains("BEGIN")));
    // Only the root is trusted: the authority of the signer comes with the answer.
    let anchors = std::fs::read_to_string(world.family("op")["anchors_file"].as_str().unwrap()).unwrap();
    let end = "-----END CERTIFICATE-----\n";
    let root = format!("{}{end}", anchors.split(end).next().unwrap());
    let client = newcomer(&world, "op", json!({"trusted_file": null, "trusted": root}));
    client.get_bank_certificates(GetBankCertificatesRequest::new()).await.unwrap();
    for family in ["nordea", "samlink"] {
        let client = newcomer(&world, family, json!({}));
        let error = client.get_bank_certificates(GetBankCertificatesRequest::new()).await.unwrap_err();
        assert_eq!(code_and_message(&error), ("sepa_web_services.not_offered", "not_sent"), "{family}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t52_a_spent_transfer_key_is_refused_with_the_bank_s_words() {
    let world = World::new().await;
    let client = newcomer(&world, "samlink", json!({}));
    let code = world.customer("samlink", None)["code"].as_str().unwrap().to_owned();
    let made = made(&world, "samlink", None);
    ask(&client, &made, &code).await.unwrap();
    let error = ask(&client, &made, &code).await.unwrap_err();
    assert_eq!(code_and_message(&error), ("sepa_web_services.certificate_refused", "refused"), "{error:?}");
    let peer = error.peer().unwrap();
    assert_eq!(peer.code.as_deref(), Some("30"));
    assert!(peer.text.as_deref().unwrap().contains("epäonnistui"), "{error:?}");
    assert!(error.detail("advice").unwrap().contains("order a new one"));
}
