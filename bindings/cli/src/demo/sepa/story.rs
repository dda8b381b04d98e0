//! The demo, step by step.

use std::path::Path;

use bankchannel::{CallOutcome, Clock as _, Content, SystemClock, Timestamp, sepa_web_services::*};
use bankchannel_counterparts::EmbeddedServer;
use serde_json::{Value, json};

use super::{
    super::{steps::Steps, telling::DemoSummary, workspace::Folder},
    renewal,
};
use crate::exit::{CommandFailure, CommandOutcome};

/// The banks: profile, family, type of payments, type of status reports.
pub(super) const BANKS: [SepaDemoBank; 4] = [
    SepaDemoBank { profile: "nordea", family: "nordea", payment: "NDCORPAYS", report: "NDCORPAYL" },
    SepaDemoBank { profile: "op", family: "op", payment: "pain.001.001.09", report: "pain.002.001.10" },
    SepaDemoBank { profile: "danske", family: "danske", payment: "pain.001.001.03", report: "pain.002.001.03" },
    SepaDemoBank { profile: "saastopankki", family: "samlink", payment: "XL", report: "XP" },
];

/// A bank of the demo.
pub(super) struct SepaDemoBank {
    pub(super) profile: &'static str,
    pub(super) family: &'static str,
    payment: &'static str,
    pub(super) report: &'static str,
}

impl SepaDemoBank {
    fn message_id(&self) -> String {
        format!("DEMO-{}-0001", self.profile.to_uppercase())
    }
}

/// The results for the summary.
#[derive(Default)]
pub(super) struct Summary {
    sent: Vec<Value>,
    fetched: Vec<Value>,
    settled: Option<Value>,
    explanation: Option<Value>,
    renewal: Option<Value>,
}

impl DemoSummary for Summary {
    const PROTOCOL: Option<&'static str> = Some(PROTOCOL);

    fn results(self) -> Vec<(&'static str, Value)> {
        vec![
            ("sent", self.sent.into()),
            ("fetched", self.fetched.into()),
            ("settled", self.settled.into()),
            ("explanation", self.explanation.into()),
            ("renewal", self.renewal.into()),
        ]
    }
}

pub(super) async fn tell(folder: &Folder, steps: &mut Steps, summary: &mut Summary) -> CommandOutcome<bool> {
    let bank = steps.step("Make certificates, start the sandbox bank", start(folder)).await?;
    let begun = Timestamp::from_ms(SystemClock::default().now_ms());
    let story = Story { bank: &bank, folder, begun };
    let told = Box::pin(story.tell(steps, summary)).await;
    bank.stop().await;
    told.map(|()| true)
}

async fn start(folder: &Folder) -> CommandOutcome<(EmbeddedServer, String)> {
    let data = folder.path().join("bank").display().to_string();
    let bank = EmbeddedServer::start("sepa-bank", json!({"data": data, "control": true})).await?;
    let url = bank.readiness()["base_url"].as_str().unwrap_or_default().to_owned();
    Ok((bank, url))
}

pub(super) struct Story<'a> {
    bank: &'a EmbeddedServer,
    pub(super) folder: &'a Folder,
    /// When the demo began: no report of the bank is older.
    begun: Timestamp,
}

impl Story<'_> {
    async fn tell(&self, steps: &mut Steps, summary: &mut Summary) -> CommandOutcome {
        for bank in &BANKS {
            let is_lost = bank.profile == "saastopankki";
            let name = match bank.profile {
                "nordea" => "Send a payment to Nordea",
                "op" => "Send a payment to OP, compressed as it demands",
                "danske" => "Send a payment to Danske Bank, encrypted",
                _ => "Send a payment to Säästöpankki: the answer is lost",
            };
            summary.sent.push(steps.step(name, self.send(bank, is_lost)).await?);
        }
        self.order("clock", json!({"advance_s": 61})).await?;
        summary.settled = Some(
            steps.step("A minute later: settle the lost answer by the bank's report", Box::pin(self.settle())).await?,
        );
        summary.fetched = steps.step("Fetch the banks' new files, each once", Box::pin(self.fetch())).await?;
        summary.explanation =
            Some(steps.step("An answer changed on its way: refused, explained", self.explain()).await?);
        if let Some(text) = summary.explanation.as_ref().and_then(|told| told["text"].as_str()) {
            let failed: Vec<&str> =
                text.lines().filter(|line| line.contains("FAIL") || line.contains("was not signed")).collect();
            steps.say(&format!("\nWhy the changed answer was refused:\n{}", failed.join("\n")));
        }
        steps.say("");
        summary.renewal = Some(Box::pin(renewal::tell(self, steps)).await?);
        steps.say("\nFour payments were sent once each, and what became of them is known; the certificates of four banks renew themselves.");
        Ok(())
    }

    /// The bank's readiness report on one family: addresses, customers, anchors.
    pub(super) fn family(&self, bank: &SepaDemoBank) -> Value {
        self.bank.readiness()["families"][bank.family].clone()
    }

    pub(super) async fn order(&self, order: &str, request: Value) -> CommandOutcome<Value> {
        Ok(self.bank.control(order, request).await?)
    }

    pub(super) fn client(&self, bank: &SepaDemoBank, further: Value) -> CommandOutcome<SepaWebServices> {
        let ready = self.bank.readiness();
        let family = self.family(bank);
        let customer = &family["customers"][0];
        let mut settings = json!({
            "bank": bank.profile,
            "file_url": family["file_url"],
            "certificate_url": family["certificate_url"],
            "trusted_file": family["anchors_file"],
            "ca_file": ready["ca_file"],
            "only_ca_file": true,
            "customer_id": customer["customer_id"],
            "target_id": customer["target_id"],
            "certificate_file": customer["certificate_file"],
            "private_key_file": customer["key_file"],
            "encryption_certificate_file": customer["encryption_certificate_file"],
            "encryption_private_key_file": customer["encryption_key_file"],
        });
        for (name, value) in further.as_object().into_iter().flatten() {
            settings[name] = value.clone();
        }
        if let Some(members) = settings.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        Ok(SepaWebServices::from_json(settings)?)
    }

    /// Sends a payment once. An answer that is lost leaves it unknown.
    async fn send(&self, bank: &SepaDemoBank, is_lost: bool) -> CommandOutcome<(Value, String)> {
        let payment = payment(bank)?;
        let client = self.client(bank, json!({}))?;
        if is_lost {
            self.order("sandbox/faults", json!({"fault": "lost-after-commit"})).await?;
        }
        let sent =
            client.upload_file(UploadBankFileRequest::new(Content::from(payment), bank.payment.to_owned())).await;
        let (outcome, detail) = match sent {
            Ok(answer) => (
                "accepted",
                format!("the bank answers {} {}", answer.answer.response_code, answer.answer.response_text),
            ),
            Err(error) if error.outcome() == Some(CallOutcome::Unknown) => {
                ("unknown", "outcome unknown: it is not sent again".to_owned())
            }
            Err(error) => return Err(error.into()),
        };
        let told = json!({"bank": bank.profile, "message_id": bank.message_id(), "outcome": outcome});
        Ok((told, detail))
    }

    /// Fetches what each bank has that no call has returned yet.
    async fn fetch(&self) -> CommandOutcome<(Vec<Value>, String)> {
        let mut fetched = Vec::new();
        for bank in &BANKS {
            let folder = self.folder.path().join(bank.profile).display().to_string();
            let mut wanted = DownloadNewBankFilesRequest::new(folder);
            wanted.file_type = Some(bank.report.to_owned());
            for file in self.client(bank, json!({}))?.download_new_files(wanted).await?.files {
                fetched.push(json!({
                    "bank": bank.profile,
                    "file_reference": file.file_reference,
                    "file_type": file.file_type,
                    "path": file.path,
                }));
            }
        }
        let detail = format!("{} files, each believed before it appeared", fetched.len());
        Ok((fetched, detail))
    }

    /// Looks for the report that names the message whose answer was lost.
    async fn settle(&self) -> CommandOutcome<(Value, String)> {
        let bank = &BANKS[3];
        let folder = self.folder.path().join(bank.profile).display().to_string();
        let request = SettleBankUploadRequest::new(bank.message_id(), self.begun.clone(), folder);
        let settled = self.client(bank, json!({}))?.settle_upload(request).await?;
        if settled.outcome != BankUploadOutcome::Accepted {
            return Err(CommandFailure::usage("no report names the message"));
        }
        let status = settled.verdict_text.unwrap_or_default();
        let told = json!({"message_id": bank.message_id(), "outcome": "accepted", "status": status});
        Ok((told, format!("a report names {}: {status}", bank.message_id())))
    }

    /// An answer is changed after the bank has signed it: the client refuses it, and the explanation says where.
    async fn explain(&self) -> CommandOutcome<(Value, String)> {
        let record = self.folder.path().join("changed.jsonl");
        let client = self.client(&BANKS[1], json!({"record_to": record.display().to_string(), "retries": 0}))?;
        self.order("sandbox/faults", json!({"fault": "sig.outer=bad"})).await?;
        let refused = match client.list_files(ListBankFilesRequest::new()).await {
            Err(error) => error,
            Ok(_) => return Err(CommandFailure::usage("the changed answer was believed")),
        };
        drop(client);
        let message = recorded(&record)?;
        let anchors = self.bank.readiness()["families"]["op"]["anchors_file"].as_str().unwrap_or_default().to_owned();
        let trusted =
            std::fs::read_to_string(&anchors).map_err(|why| CommandFailure::usage(format!("{anchors}: {why}")))?;
        let mut request = VerifyMessageRequest::new(Content::from(message));
        (request.bank, request.trusted) = (Some("op".to_owned()), Some(trusted));
        let explained = SepaWebServices::new(SepaWebServicesSettings::default())?.explain_message(request)?;
        let told = json!({
            "refused": refused.code(),
            "check": refused.detail("check"),
            "differences": explained.differences.len(),
            "text": explained.text,
        });
        Ok((told, format!("{} at check {}", refused.code(), refused.detail("check").unwrap_or("-"))))
    }
}

/// A payment file for a bank, in its version.
fn payment(bank: &SepaDemoBank) -> CommandOutcome<Vec<u8>> {
    let request = json!({
        "message_id": bank.message_id(),
        "version": if bank.payment == "pain.001.001.03" { "v03" } else { "v09" },
        "debtor": {"name": "Example Oy", "iban": "FI2112345600000785"},
        "execution_date": "2026-12-01",
        "created": "2026-11-20T08:00:00Z",
        "transactions": [{
            "amount": "1450.05",
            "creditor": {"name": "Alpha Supplies Ab", "iban": "SE4550000000058398257466"},
            "text": "Invoice 1001",
        }],
    });
    let made = bankchannel::call_local("iso20022.make_payment", request, None)?;
    Ok(made["xml"].as_str().unwrap_or_default().as_bytes().to_vec())
}

/// The message in a recording of one answer.
fn recorded(path: &Path) -> CommandOutcome<Vec<u8>> {
    let broken = |why: &str| CommandFailure::usage(format!("{}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|why| broken(&why.to_string()))?;
    let line: Value =
        serde_json::from_str(text.lines().next().unwrap_or_default()).map_err(|_| broken("is no recording"))?;
    line["body"].as_str().map(|body| body.as_bytes().to_vec()).ok_or_else(|| broken("has no answer"))
}
