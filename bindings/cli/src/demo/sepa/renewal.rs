//! The demo's second part: certificates that are enrolled, renewed in time, and outlive the bank's own.

use std::sync::Arc;

use bankchannel::{CallOutcome, Secret, SystemClock, sepa_web_services::*};
use serde_json::{Value, json};

use super::story::{BANKS, SepaDemoBank, Story};
use crate::{
    demo::steps::Steps,
    exit::{CommandFailure, CommandOutcome},
};

const DAY_S: i64 = 86_400;
/// From the first certificates to a day when the next one is due everywhere, in days: the banks' windows are 60, 55, 60 and 30.
const UNTIL_DUE: i64 = 705;
/// How long old and new authorities sign beside each other, in days.
const OVERLAP: i64 = 30;

/// A company's client of a bank, with its certificate.
struct Enrolled {
    bank: &'static SepaDemoBank,
    client: SepaWebServices,
    clock: Arc<SystemClock>,
}

/// Certificates over two years at four banks, told step by step. Returns their part of the summary.
pub(super) async fn tell(story: &Story<'_>, steps: &mut Steps) -> CommandOutcome<Value> {
    let enrolled = steps.step("Enrol at each: key on disk, then the code is spent", enrol(story)).await?;
    pass(story, &enrolled, UNTIL_DUE).await?;
    let waiting = steps.step("705 days later, renew: one answer is lost", renew(story, &enrolled)).await?;
    let renewed = steps.step("Renew again: the same request, no second key", Box::pin(resume(&enrolled))).await?;
    let signers =
        steps.step("OP replaces its authorities: nothing to do", Box::pin(roll_over(story, &enrolled))).await?;
    Ok(json!({ "unknown": waiting, "certificates": renewed, "signers": signers }))
}

async fn enrol(story: &Story<'_>) -> CommandOutcome<(Vec<Enrolled>, String)> {
    let mut all = Vec::new();
    for bank in &BANKS {
        let family = story.family(bank);
        let customer = &family["customers"][0];
        let folder = story.folder.path().join(format!("{}-identity", bank.profile));
        let settings = json!({
            "certificate_file": null,
            "private_key_file": null,
            "encryption_certificate_file": null,
            "encryption_private_key_file": null,
            "identity_dir": folder.display().to_string(),
            "passphrase": "of the keys in it",
            "retries": 0,
        });
        let clock = Arc::new(SystemClock::default());
        let client = story.client(bank, settings)?.with_clock(Arc::clone(&clock) as _)?;
        let code = customer["code"].as_str().unwrap_or_default();
        let mut request = EnrolRequest::new(Secret::new(code));
        request.company = customer["company"].as_str().map(str::to_owned);
        client.enrol(request).await?;
        client.list_files(list(bank)).await?;
        all.push(Enrolled { bank, client, clock });
    }
    let detail = "certificates for two years, two of them at Danske Bank, each tried with a list".to_owned();
    Ok((all, detail))
}

/// A list, which every bank answers.
fn list(bank: &SepaDemoBank) -> ListBankFilesRequest {
    let mut request = ListBankFilesRequest::new();
    request.file_type = Some(bank.report.to_owned());
    request
}

/// Time passes, at the banks and here.
async fn pass(story: &Story<'_>, enrolled: &[Enrolled], days: i64) -> CommandOutcome {
    story.order("sandbox/time", json!({ "advance_s": days * DAY_S })).await?;
    for one in enrolled {
        one.clock.advance_ms(days * DAY_S * 1000);
    }
    Ok(())
}

/// The job of every day.
async fn renewed(one: &Enrolled, resume: bool) -> bankchannel::Result<RenewResponse> {
    let mut request = RenewRequest::new();
    request.company = Some("ESIMERKKI OY".to_owned());
    request.resume = Some(resume);
    one.client.renew(request).await
}

/// Renews at each bank; the last one's answer is lost.
async fn renew(story: &Story<'_>, enrolled: &[Enrolled]) -> CommandOutcome<(String, String)> {
    let mut unknown = String::new();
    for one in enrolled {
        let is_lost = one.bank.profile == "saastopankki";
        if is_lost {
            story.order("sandbox/faults", json!({"fault": "lost-after-commit"})).await?;
        }
        match renewed(one, false).await {
            Ok(_) if !is_lost => {}
            Err(error) if is_lost && error.outcome() == Some(CallOutcome::Unknown) => {
                unknown = one.bank.profile.to_owned();
            }
            Ok(_) => return Err(CommandFailure::usage("the lost answer came")),
            Err(error) => return Err(error.into()),
        }
    }
    let detail = format!("three renewed; {unknown}: unknown, its key and request are kept");
    Ok((unknown, detail))
}

/// Goes on where the answer was lost, and sees that all work.
async fn resume(enrolled: &[Enrolled]) -> CommandOutcome<(Vec<Value>, String)> {
    let mut certificates = Vec::new();
    for one in enrolled {
        let status = renewed(one, true).await?.status;
        if status.state != BankCertificateState::Active {
            return Err(CommandFailure::usage(format!("{} has no certificate that works", one.bank.profile)));
        }
        one.client.list_files(list(one.bank)).await?;
        certificates.push(json!({
            "bank": one.bank.profile,
            "serial": status.serial,
            "not_after": status.not_after.as_ref().map(bankchannel::Timestamp::as_str),
        }));
    }
    Ok((certificates, "all new certificates work, the old ones are replaced".to_owned()))
}

/// New authorities at OP, beside the old ones and then alone.
async fn roll_over(story: &Story<'_>, enrolled: &[Enrolled]) -> CommandOutcome<(usize, String)> {
    let Some(op) = enrolled.iter().find(|one| one.bank.family == "op") else {
        return Err(CommandFailure::usage("OP is not there"));
    };
    let order = json!({"family": "op", "what": "intermediate", "overlap": OVERLAP * DAY_S});
    story.order("sandbox/rollover", order).await?;
    for days in [0, OVERLAP + 1] {
        pass(story, enrolled, days).await?;
        for _ in 0..4 {
            op.client.list_files(list(op.bank)).await?;
        }
    }
    let status = op.client.certificate_status(CertificateStatusRequest::new()).await?;
    let signers = status.bank_signers.len();
    let detail = format!("{signers} of OP's signers seen, each under the root that was trusted before");
    Ok((signers, detail))
}
