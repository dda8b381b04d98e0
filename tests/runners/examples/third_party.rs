//! A third party at a sandbox bank. docs/nextgen-psd2.md shows this program; a test runs it.
// An example speaks to a person.
#![allow(clippy::print_stdout)]

use bankchannel::{Result, nextgen_psd2::NextGenPsd2};
use bankchannel_counterparts::nextgen_psd2::{BankOptions, Running};
use serde_json::json;

#[tokio::main]
async fn main() -> Result<()> {
    let bank = Running::start(BankOptions::default()).await?;
    let told = bank.readiness();
    let at = |name: &str| format!("{}/{name}", told["certificates_dir"].as_str().unwrap_or_default());
    let tpp = NextGenPsd2::from_json(json!({
        "base_url": told["base_url"],
        "ca_file": told["ca_file"],
        "certificate_file": at("tpp1-qseal.pem"),
        "private_key": {"file": at("tpp1-qseal.key")},
        "client_certificate_file": at("tpp1-qwac.pem"),
        "client_key": {"file": at("tpp1-qwac.key")},
    }))?;

    let who = tpp.hash_identifier(tpp.request(json!({"personal_identifier": "00000000000"}))?)?;
    let hash = who.psu_personal_identifier.expose();
    let asked = json!({"psu_id": "psu-7f3a91", "psu_personal_identifier": hash});
    println!("{}", tpp.verify_user(tpp.request(asked)?).await?.exists);

    let offered = json!({"redirect_uri": "https://tpp.example/back?state=9d1f", "psu_id": "psu-7f3a91"});
    let offer = tpp.update_bank_offered_consents(tpp.request(offered)?).await?;
    println!("open, approve, and press Enter: {}", offer.sca_redirect.unwrap_or_default());
    std::io::stdin().lines().next();

    let accounts = json!({"psu_id": "psu-7f3a91", "with_balance": true, "psu": {"ip_address": "192.0.2.7"}});
    match tpp.get_accounts(tpp.request(accounts)?).await {
        Ok(answer) => answer.accounts.iter().for_each(|account| println!("{}", account.iban.as_deref().unwrap_or("-"))),
        Err(error) => println!("{}: {:?}", error.code(), error.detail("sca_redirect")),
    }
    bank.stop().await;
    Ok(())
}
