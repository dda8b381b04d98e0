//! The demo, step by step.

use std::path::{Path, PathBuf};

use bankchannel::{
    CallOptions, Clock as _, SystemClock,
    nextgen_psd2::{NextGenPsd2, PROTOCOL},
};
use bankchannel_foundation::model::Timestamp;
use bankchannel_nextgen_psd2_bank::{BankOptions, RunningBank};
use serde_json::{Map, Value, json};

use super::{
    super::{steps::Steps, telling::DemoSummary, workspace::Folder},
    broken::{self, Files},
    customer,
};
use crate::{CommandFailure, CommandOutcome};

/// The customer's PSU-ID for the third party, and the customer's personal identifier: the sandbox bank knows both.
const PSU_ID: &str = "psu-7f3a91";
const IDENTIFIER: &str = "00000000000";
/// The address to which the customer is redirected; no server listens there.
const REDIRECT: &str = "https://tpp.example/callback?state=demo";
/// Validity of the Berlin Group consent, in seconds.
const LASTS_S: i64 = 90 * 86_400;

/// The results for the summary.
#[derive(Default)]
pub(super) struct Summary {
    user: Option<Value>,
    redirect: Option<Value>,
    accounts: Option<Value>,
    consent: Option<Value>,
    refusal: Option<Value>,
    explanation: Option<Value>,
}

impl DemoSummary for Summary {
    const PROTOCOL: Option<&'static str> = Some(PROTOCOL);

    fn results(self) -> Vec<(&'static str, Value)> {
        vec![
            ("user", self.user.into()),
            ("redirect", self.redirect.into()),
            ("accounts", self.accounts.into()),
            ("consent", self.consent.into()),
            ("refusal", self.refusal.into()),
            ("explanation", self.explanation.into()),
        ]
    }
}

pub(super) async fn tell(folder: &Folder, steps: &mut Steps, summary: &mut Summary) -> CommandOutcome<bool> {
    let running = steps.step("Make certificates, start the sandbox bank", start(folder)).await?;
    let result = chapters(&DemoBank::from_running(&running)?, steps, summary).await;
    running.stop().await;
    result.map(|()| true)
}

async fn start(folder: &Folder) -> CommandOutcome<(RunningBank, String)> {
    let data = folder.path().join("bank").display().to_string();
    let running = RunningBank::start(BankOptions { data: Some(data), ..BankOptions::default() }).await?;
    let url = running.readiness()["base_url"].as_str().unwrap_or_default().to_owned();
    Ok((running, url))
}

/// The bank's addresses, and the settings that a third party needs.
struct DemoBank {
    base_url: String,
    bg_base_url: String,
    ca_file: PathBuf,
    certificates: PathBuf,
    /// What the bank says when it is ready: its client's files under the names of their settings.
    told: Value,
}

impl DemoBank {
    fn from_running(running: &RunningBank) -> CommandOutcome<Self> {
        let told = running.readiness();
        let text = |name: &str| {
            let found = told[name].as_str().map(str::to_owned);
            found.ok_or_else(|| CommandFailure::usage(format!("the bank does not say its {name}")))
        };
        Ok(Self {
            base_url: text("base_url")?,
            bg_base_url: text("bg_base_url")?,
            ca_file: text("ca_file")?.into(),
            certificates: text("certificates_dir")?.into(),
            told,
        })
    }

    /// A client of the first third party.
    fn client(&self, dialect: &str) -> CommandOutcome<NextGenPsd2> {
        let base_url = if dialect == "bg" { &self.bg_base_url } else { &self.base_url };
        Ok(NextGenPsd2::from_json(json!({
            "base_url": base_url,
            "ca_file": self.ca_file.display().to_string(),
            "only_ca_file": true,
            "certificate_file": self.told["certificate_file"],
            "private_key_file": self.told["private_key_file"],
            "client_certificate_file": self.told["client_certificate_file"],
            "client_key_file": self.told["client_key_file"],
            "signing": {"dialect": dialect},
        }))?)
    }
}

async fn chapters(bank: &DemoBank, steps: &mut Steps, summary: &mut Summary) -> CommandOutcome {
    let client = bank.client("era")?;
    summary.user = Some(steps.step("Verify a user by the hash of an identifier", verify(&client)).await?);
    let link = steps.step("Offer a consent: the bank sends a link", offer(&client)).await?;
    let returned = steps.step("The customer opens the link and approves", approve(&link, &bank.ca_file)).await?;
    let (psu_id, session) = (returned.parameter("psu-id"), returned.parameter("tpp-session-id"));
    summary.redirect = Some(json!({ "link": link, "returned_to": returned.url }));
    let request = json!({ "psu_id": psu_id, "tpp_session_id": session });
    summary.accounts = Some(steps.step("Read the accounts with the consent", accounts(&client, request)).await?);
    summary.consent = Some(consent(bank, steps).await?);
    explain(bank, steps, summary).await
}

async fn verify(client: &NextGenPsd2) -> CommandOutcome<(Value, String)> {
    let hashed = call(client, "hash_identifier", json!({ "personal_identifier": IDENTIFIER })).await?;
    let hash = hashed.values().find_map(Value::as_str).unwrap_or_default();
    let request = json!({ "psu_id": PSU_ID, "psu_personal_identifier": hash });
    let answer = call(client, "verify_user", request).await?;
    let exists = answer.get("exists").and_then(Value::as_bool).unwrap_or_default();
    Ok((json!({ "psu_id": PSU_ID, "exists": exists }), format!("{PSU_ID}: exists {exists}")))
}

async fn offer(client: &NextGenPsd2) -> CommandOutcome<(String, String)> {
    let request = json!({ "redirect_uri": REDIRECT, "psu_id": PSU_ID, "psu_context": "private" });
    let answer = call(client, "update_bank_offered_consents", request).await?;
    let link = customer::link(&answer)?;
    Ok((link.clone(), link))
}

async fn approve(link: &str, ca_file: &Path) -> CommandOutcome<(customer::Returned, String)> {
    let returned = customer::approve(link, ca_file).await?;
    let url = returned.url.clone();
    Ok((returned, url))
}

async fn accounts(client: &NextGenPsd2, request: Value) -> CommandOutcome<(Value, String)> {
    let answer = call(client, "get_accounts", request).await?;
    let accounts = answer.get("accounts").cloned().unwrap_or_default();
    let ibans: Vec<&str> =
        accounts.as_array().into_iter().flatten().filter_map(|account| account["iban"].as_str()).collect();
    let shown = ibans.join(", ");
    Ok((accounts.clone(), shown))
}

/// A Berlin Group consent: created, approved, read.
async fn consent(bank: &DemoBank, steps: &mut Steps) -> CommandOutcome<Value> {
    let client = bank.client("bg")?;
    let until = Timestamp::from_ms((SystemClock::default().now_s() + LASTS_S) * 1000);
    let valid_until = until.as_str().get(..10).unwrap_or_default().to_owned();
    let created = async {
        let request = json!({
            "access": {"accounts": [], "balances": [], "transactions": []},
            "recurring_indicator": true,
            "valid_until": valid_until,
            "frequency_per_day": 4,
            "redirect_uri": REDIRECT,
            "psu_id": PSU_ID,
            "psu": {"ip_address": "127.0.0.1"},
        });
        let answer = call(&client, "create_consent", request).await?;
        let id = answer.get("consent_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(((id.clone(), customer::link(&answer)?), id))
    };
    let (id, link) = steps.step("Create a consent in the Berlin Group's way", created).await?;
    steps.step("The customer approves that one too", approve(&link, &bank.ca_file)).await?;
    let read = async {
        let answer = call(&client, "get_consent", json!({ "consent_id": id })).await?;
        let status = answer.get("consent_status").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok((json!({ "consent_id": id, "consent_status": status, "valid_until": answer.get("valid_until") }), status))
    };
    steps.step("Read the consent", read).await
}

/// Sends a request with a wrong signature, and shows the bank's answer.
async fn explain(bank: &DemoBank, steps: &mut Steps, summary: &mut Summary) -> CommandOutcome {
    let sent = async {
        let files = Files { certificates: &bank.certificates, ca_file: &bank.ca_file };
        let answer = broken::send(&bank.base_url, &files).await?;
        let body: Value = serde_json::from_slice(&answer.body)
            .map_err(|why| CommandFailure::usage(format!("the bank's refusal is not JSON: {why}")))?;
        let detail = format!("{} {}", answer.status, body["code"].as_str().unwrap_or_default());
        Ok(((answer.status, body), detail))
    };
    let (status, mut refusal) = steps.step("Send a request with a broken signature", sent).await?;
    let explanation = refusal.as_object_mut().and_then(|fields| fields.remove("explain")).unwrap_or_default();
    if status != 401 || explanation["verdict"] != "V30" {
        return Err(CommandFailure::usage(format!(
            "the bank should have refused the signature, and answered {status} {refusal}"
        )));
    }
    show_explanation(&explanation, steps);
    summary.refusal = Some(refusal);
    summary.explanation = Some(explanation);
    Ok(())
}

/// The explanation in a few lines.
fn show_explanation(explanation: &Value, steps: &Steps) {
    let diff = &explanation["diff"];
    steps.say("\nThe bank refused the signature, and explains which byte of the signing string differs:\n");
    let (line, column) = (&diff["line"], &diff["column"]);
    steps.say(&format!("  offset {}, line {line}, column {column}, header {}", diff["offset"], text(&diff["header"])));
    steps.say(&format!("    should have been signed  …{}…", text(&diff["expected_context"])));
    steps.say(&format!("    was signed               …{}…", text(&diff["actual_context"])));
    let matched = explanation["hypotheses"].as_array().into_iter().flatten().filter(|one| one["matched"] == true);
    for hypothesis in matched {
        steps.say(&format!("\n  {}: {}", text(&hypothesis["id"]), text(&hypothesis["text"])));
    }
    steps.say("\nThe hash inside the signature proves it: no private key was needed.");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

async fn call(client: &NextGenPsd2, operation: &str, request: Value) -> CommandOutcome<Map<String, Value>> {
    let name = format!("nextgen_psd2.{operation}");
    let done = client.call_json(&name, request, CallOptions::default()).await?;
    match done.response {
        Value::Object(fields) => Ok(fields),
        other => Err(CommandFailure::usage(format!("{name} answered {other}"))),
    }
}
