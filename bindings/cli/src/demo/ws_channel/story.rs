//! The demo, step by step.

use std::{
    collections::BTreeSet,
    io::Write as _,
    path::{Path, PathBuf},
    time::SystemTime,
};

use bankchannel::Content;
use bankchannel_iso20022::payee_check::OrderWaitsFor;
use bankchannel_openpgp::{KeyGeneration, OpenPgpPrivateKey};
use bankchannel_private_files::{FileAccess, create_new};
use bankchannel_ws_channel_service::RunningService;
use serde_json::{Value, json};

use super::{
    super::{steps::Steps, telling::DemoSummary},
    account::{EMAIL, User},
    bank::{self, Downloaded},
    counterpart::{RunningDemoBank, WsChannelDemoBank},
    explain::Payment,
    report,
    workspace::Workspace,
};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    settings::NEW_API_KEY,
};

/// The results for the summary.
#[derive(Default)]
pub(super) struct Summary {
    /// The errors of the payment file.
    pub(super) findings: Vec<Value>,
    uploaded: Option<Value>,
    downloads: Vec<Value>,
}

impl DemoSummary for Summary {
    const PROTOCOL: Option<&'static str> = None;

    fn results(self) -> Vec<(&'static str, Value)> {
        let findings = (!self.findings.is_empty()).then(|| ("findings", self.findings.into()));
        let results = [("uploaded", self.uploaded.into()), ("downloads", self.downloads.into())];
        results.into_iter().chain(findings).collect()
    }
}

/// Runs the steps; true if the bank accepted the payment.
pub(super) async fn tell(
    payment: &Payment,
    workspace: &Workspace,
    bank: &'static WsChannelDemoBank,
    steps: &mut Steps,
    summary: &mut Summary,
) -> CommandOutcome<bool> {
    let (bank, running) = steps.step(bank.start, start(workspace, bank)).await?;
    let result = chapters(&running, &bank, (payment, workspace), steps, summary).await;
    running.stop().await;
    bank.stop().await;
    let downloads = result?;
    Ok(report::show(&downloads, payment, steps))
}

/// The files after the upload, without those that were there before.
struct DemoFiles<'a> {
    data: &'a User,
    bank: &'a RunningDemoBank,
    before: BTreeSet<String>,
    folder: Option<PathBuf>,
}

impl DemoFiles<'_> {
    /// Waits for the bank's next files, and downloads them.
    async fn next(
        &mut self,
        wait: &'static str,
        steps: &mut Steps,
        summary: &mut Summary,
    ) -> CommandOutcome<Vec<Downloaded>> {
        let files = steps
            .step(wait, async {
                self.bank.next_day().await?;
                let files = bank::wait(self.data, &self.before, self.bank.bank).await?;
                let names: Vec<String> = files.iter().map(|(file_type, _)| file_type.clone()).collect();
                Ok((files, names.join(", ")))
            })
            .await?;
        self.before.extend(files.iter().map(|(_, reference)| reference.clone()));
        let downloading = download(self.data, files, self.folder.as_deref(), summary);
        steps.step("Download the bank's files", downloading).await
    }
}

async fn chapters(
    running: &RunningService,
    bank: &RunningDemoBank,
    (payment, workspace): (&Payment, &Workspace),
    steps: &mut Steps,
    summary: &mut Summary,
) -> CommandOutcome<Vec<Downloaded>> {
    let service = running.readiness();
    let outbox = workspace.data().join("outbox.jsonl");

    let admin = User::new(&service, &outbox, "admin", NEW_API_KEY, bank.bank.name)?;
    let api_key =
        steps.step("Register the admin user", async { Ok((admin.register().await?, EMAIL.to_owned())) }).await?;
    let verify_and_log_in = async { Ok(((), format!("codes: {}", admin.log_in().await?))) };
    steps.step("Verify phone and e-mail, log in with MFA", verify_and_log_in).await?;

    let data = User::new(&service, &outbox, "data", &api_key, bank.bank.name)?;
    steps.step("Register the data user", async { Ok((data.register().await?, EMAIL.to_owned())) }).await?;
    let verify_and_log_in = async { Ok(((), format!("codes: {}", data.log_in().await?))) };
    steps.step("Verify phone and e-mail, log in for files", verify_and_log_in).await?;

    steps.step(bank.bank.enrol, async { Ok(((), bank::enrol(&admin, bank).await?)) }).await?;
    if payment.own && bank.is_simulator() {
        let fund = async {
            let accounts = running.fund_simulator(EMAIL, &payment.bytes).await?;
            Ok(((), accounts.join(", ")))
        };
        steps.step("Open and fund the debtor's accounts", fund).await?;
    }
    let key = steps.step("Make a PGP key and upload its public half", key(&admin, workspace)).await?;

    let before = bank::references(&data).await?;
    steps.step("Sign the payment and upload it", upload(&data, (payment, bank.bank.payment), workspace, &key)).await?;
    summary.uploaded = Some(json!({ "bytes": payment.bytes.len(), "sha256": payment.sha256() }));
    let folder = workspace.kept().map(|_| workspace.downloads());
    let mut files = DemoFiles { data: &data, bank, before, folder };
    let mut downloads = files.next(bank.bank.wait, steps, summary).await?;
    while let Some(waits_for) = report::waits_for(&downloads) {
        report::checked(&downloads, payment, steps);
        if waits_for == OrderWaitsFor::Release {
            let release = async { Ok(((), bank.release(running).await?)) };
            steps.step("Release the order at the bank", release).await?;
        }
        downloads = files.next(bank.bank.wait, steps, summary).await?;
    }
    Ok(downloads)
}

async fn start(
    workspace: &Workspace,
    bank: &'static WsChannelDemoBank,
) -> CommandOutcome<((RunningDemoBank, RunningService), String)> {
    let bank = RunningDemoBank::start(bank, workspace).await?;
    let running = RunningService::start(bank.service(workspace.data().display().to_string())?).await?;
    let url = running.readiness()["base_url"].as_str().unwrap_or_default().to_owned();
    Ok(((bank, running), url))
}

async fn key(admin: &User, workspace: &Workspace) -> CommandOutcome<(String, String)> {
    let failed = |error: bankchannel_openpgp::OpenPgpError| CommandFailure::usage(format!("the PGP key: {error}"));
    let key = OpenPgpPrivateKey::generate(KeyGeneration {
        name: "Eve Example".to_owned(),
        email: EMAIL.to_owned(),
        algorithm: bankchannel_openpgp::GeneratedAlgorithm::default(),
        created: SystemTime::now(),
        expires: None,
        passphrase: None,
    })
    .map_err(failed)?;
    let private = key.to_armored().map_err(failed)?.to_string();
    let public = key.public().to_armored().map_err(failed)?;
    keep(&workspace.keys().join("authorize-private.asc"), private.as_bytes())?;
    keep(&workspace.keys().join("authorize-public.asc"), public.as_bytes())?;
    admin.call("ws_channel.upload_key", json!({ "pgp_key": public, "pgp_key_purpose": "authorize" })).await?;
    Ok((private, format!("{} {}", key.public().algorithm(), key.fingerprint())))
}

async fn upload(
    data: &User,
    (payment, file_type): (&Payment, &str),
    workspace: &Workspace,
    key: &str,
) -> CommandOutcome<((), String)> {
    let path = workspace.payment();
    keep(&path, &payment.bytes)?;
    // The demonstration has checked the schema itself, and shows the bank's verdict on all else.
    let request = json!({ "file_type": file_type, "file_name": "payment.xml", "private_key": key, "check": false });
    let (response, _) = data
        .call_with(
            "ws_channel.sign_and_upload",
            request,
            Some(Content::from(&*path)),
            bankchannel::ContentDestination::Memory,
        )
        .await?;
    let said = response.get("response_text").and_then(Value::as_str).unwrap_or_default();
    Ok(((), format!("{} bytes: {said}", payment.bytes.len())))
}

async fn download(
    data: &User,
    files: Vec<(String, String)>,
    folder: Option<&Path>,
    summary: &mut Summary,
) -> CommandOutcome<(Vec<Downloaded>, String)> {
    let mut downloads = Vec::new();
    for file in files {
        let file = bank::download(data, file, folder.map(Path::to_owned)).await?;
        summary.downloads.push(json!({
            "file_type": file.file_type, "reference": file.reference, "bytes": file.bytes.len(),
            "path": file.path.as_ref().map(|path| path.display().to_string()),
        }));
        downloads.push(file);
    }
    let sizes: Vec<String> =
        downloads.iter().map(|file| format!("{} {} bytes", file.file_type, file.bytes.len())).collect();
    Ok((downloads, sizes.join(", ")))
}

/// Writes a new file for the owner alone.
fn keep(path: &Path, bytes: &[u8]) -> CommandOutcome {
    create_new(path, FileAccess::Owner)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|why| CommandFailure::usage(format!("{} cannot be written: {why}", path.display())))
}
