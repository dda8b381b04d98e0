//! Why a bank refuses a signature. docs/nextgen-psd2-signing.md shows this program; a test runs it.
// An example prints for a person.
#![allow(clippy::print_stdout)]

use bankchannel::{Content, Result, nextgen_psd2::*};
use bankchannel_counterparts::EmbeddedServer;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<()> {
    let bank = EmbeddedServer::start("nextgen-psd2-bank", json!({})).await?;
    let mut settings = bank.client_settings();
    settings["trusted_file"] = bank.readiness()["ca_file"].clone();
    let tpp = NextGenPsd2::from_json(settings)?;

    // The program signs `digest: sha-256=…`, and sends `Digest: SHA-256=…`.
    let (method, target) = ("POST", "/api/v1/user/verification");
    let body = Content::from(r#"{"PSU-ID":"psu-7f3a91"}"#.as_bytes().to_vec());
    let headers = vec![HeaderField { name: "Content-Type".into(), value: "application/json".into() }];
    let request = SignRequestRequest::builder().method(method).target(target).headers(headers).content(body.clone());
    let mut signed = tpp.sign_request(request.signing(SigningOptions::builder().digest_lower_case(true)))?;
    for header in &mut signed.headers {
        header.value = header.value.replace("sha-256=", "SHA-256=");
    }

    let sent = ExplainRequestRequest::builder().method(method).target(target).headers(signed.headers).content(body);
    println!("{}", tpp.explain_request(sent)?.text);
    bank.stop().await;
    Ok(())
}
