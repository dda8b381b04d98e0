//! A third party at a sandbox bank. docs/nextgen-psd2.md shows this program; a test runs it.
// An example speaks to a person.
#![allow(clippy::print_stdout)]

use bankchannel::{ConnectionSettings, Result, nextgen_psd2::*};
use bankchannel_nextgen_psd2_bank::{BankOptions, RunningBank};

#[tokio::main]
async fn main() -> Result<()> {
    let bank = RunningBank::start(BankOptions::default()).await?;
    let told = bank.readiness();
    let settings = NextGenPsd2Settings::builder()
        .base_url(told["base_url"].as_str())
        .connection(ConnectionSettings::builder().ca_file(told["ca_file"].as_str()))
        .certificate_file(told["certificate_file"].as_str())
        .private_key_file(told["private_key_file"].as_str())
        .client_certificate_file(told["client_certificate_file"].as_str())
        .client_key_file(told["client_key_file"].as_str());
    let tpp = NextGenPsd2::new(settings.build()?)?;

    let who = tpp.hash_identifier(HashIdentifierRequest::builder().personal_identifier("00000000000"))?;
    let hash = who.psu_personal_identifier.expose();
    let asked = VerifyUserRequest::builder().psu_id("psu-7f3a91").psu_personal_identifier(hash);
    println!("{}", tpp.verify_user(asked).await?.exists);

    let offered = UpdateBankOfferedConsentsRequest::builder().redirect_uri("https://tpp.example/back?state=9d1f");
    let offer = tpp.update_bank_offered_consents(offered.psu_id("psu-7f3a91")).await?;
    println!("open, approve, and press Enter: {}", offer.sca_redirect.unwrap_or_default());
    std::io::stdin().lines().next();

    let psu = PsuContext::builder().ip_address("192.0.2.7");
    let accounts = GetAccountsRequest::builder().psu_id("psu-7f3a91").with_balance(true).psu(psu);
    match tpp.get_accounts(accounts).await {
        Ok(answer) => answer.accounts.iter().for_each(|account| println!("{}", account.iban.as_deref().unwrap_or("-"))),
        Err(error) => println!("{}: {:?}", error.code(), error.detail("sca_redirect")),
    }
    bank.stop().await;
    Ok(())
}
