//! Takes a file: checked, stored, and answered by the simulated bank behind the channel (§8.3, §9.2).

use bankchannel_bank_simulator::{AnswerIds, BankDecision, check_payees, decide, reject_duplicate};
use bankchannel_crypto::digest;
use bankchannel_foundation::{Error, model::Decimal};
use bankchannel_sepa_web_services::{codec::AnswerText, operations::files::upload_file::UploadBankFileResponse};
use jiff::{Timestamp, tz::TimeZone};

use super::{
    bank_answers::{BankAnswerFiles, LATE_MS, reference},
    described,
};
use crate::{
    dialect::UploadAnswer,
    examination::RequestRefusal,
    pipeline::{HandlerAnswer, HandlerCall},
    state::{FileKind, SandboxChange, SandboxFile, SandboxOrder},
};

/// Stores the file and the bank's answers to it.
pub(crate) fn handle(call: &HandlerCall<'_>) -> Result<HandlerAnswer, RequestRefusal> {
    let (request, dialect) = (call.request, call.dialect);
    let file_type = request
        .text("FileType")
        .ok_or_else(|| RequestRefusal::code(20, "content type not valid", "FileType is missing"))?;
    if !dialect.is_payment(file_type) {
        return Err(RequestRefusal::code(25, "content not allowed", format!("{file_type} is not sent but fetched")));
    }
    if request.is_true("Encryption") {
        return Err(RequestRefusal::code(29, "invalid parameters", "Encryption is not offered"));
    }
    if dialect.compressed_uploads && !request.is_true("Compression") {
        return Err(RequestRefusal::code(
            29,
            "invalid parameters",
            "uploads must be compressed: Compression is not true",
        ));
    }
    let content = unpacked(call)?;
    let customer = request.text("CustomerId").unwrap_or_default();
    let key = format!("{}/{customer}", dialect.name());
    let new = NewFiles { call, customer, next: call.state.references };
    let sha256 = digest::hex(&digest::sha256(&content));
    let mut upload = new.upload(file_type, &content);
    upload.user_filename = request.text("UserFilename").map(str::to_owned);
    upload.sha256 = sha256;
    call.bank.state.store(&upload.reference, &content)?;
    let (answers, mut changes, totals) = new.answers(&content, &key, &upload.reference)?;
    check_totals(call, totals.as_ref())?;
    let mut answer = UploadBankFileResponse::new(call.success(), Vec::new());
    match dialect.upload_answer {
        UploadAnswer::Totals => {
            (answer.amount_total, answer.transaction_count) =
                totals.map_or((None, None), |(sum, count)| (sum, Some(count)));
        }
        UploadAnswer::CodeOnly => {}
        UploadAnswer::Descriptor => answer.file_descriptors.push(described(&upload)),
    }
    changes.push(SandboxChange::File(upload));
    for (file, bytes) in answers {
        call.bank.state.store(&file.reference, &bytes)?;
        changes.push(SandboxChange::File(file));
    }
    Ok(HandlerAnswer::new(AnswerText::new(answer, dialect.style)).changing(changes))
}

/// The content, unpacked whole.
fn unpacked(call: &HandlerCall<'_>) -> Result<Vec<u8>, RequestRefusal> {
    let broken = |why: String| RequestRefusal::code(21, "decompression error", why);
    let is_missing = call.request.content.as_ref().is_none_or(|content| content.is_empty());
    if is_missing {
        return Err(RequestRefusal::code(12, "schema validation failed: Content is missing", "there is no content"));
    }
    let mut content = Vec::new();
    if let Some(mut next) = call.request.unpacked().map_err(broken)? {
        while let Some(piece) = next().map_err(|error| broken(error.message().to_owned()))? {
            content.extend_from_slice(&piece);
        }
    }
    let is_xml = content.trim_ascii_start().starts_with(b"<") || content.starts_with(b"\xef\xbb\xbf");
    if call.request.is_true("Compression") && !is_xml && !call.dialect.compressed_uploads {
        return Err(RequestRefusal::code(29, "invalid parameters", "only XML files may be compressed"));
    }
    Ok(content)
}

/// Whether the control totals of the request, if it has any, are those of the file.
fn check_totals(call: &HandlerCall<'_>, totals: Option<&FileTotals>) -> Result<(), RequestRefusal> {
    let refused = |why: &str| Err(RequestRefusal::code(23, "content could not be processed", why));
    let Some((sum, count)) = totals else { return Ok(()) };
    if let Some(announced) = call.request.text("TransactionCount")
        && announced.trim().parse() != Ok(*count)
    {
        return refused("TransactionCount is not the number of the file's transactions");
    }
    if let (Some(announced), Some(sum)) = (call.request.text("AmountTotal"), sum)
        && announced.trim().parse::<f64>().is_ok_and(|announced| (announced - sum.to_f64()).abs() > 0.005)
    {
        return refused("AmountTotal is not the sum of the file's amounts");
    }
    Ok(())
}

/// Sum and number of a payment file.
type FileTotals = (Option<Decimal>, u64);
/// The files with which the bank answers, what else changes, and the totals of the file.
type BankAnswers = (Vec<(SandboxFile, Vec<u8>)>, Vec<SandboxChange>, Option<FileTotals>);

/// Makes files of one request.
struct NewFiles<'c> {
    call: &'c HandlerCall<'c>,
    customer: &'c str,
    /// The number of references before this request.
    next: u64,
}

impl NewFiles<'_> {
    fn target_id(&self) -> Option<String> {
        self.call.request.text("TargetId").map(str::to_owned).or_else(|| {
            let customer = self.call.state.customer(self.call.dialect.name(), self.customer);
            customer.and_then(|customer| customer.target_id.clone())
        })
    }

    fn upload(&self, file_type: &str, bytes: &[u8]) -> SandboxFile {
        SandboxFile {
            reference: reference(self.next),
            family: self.call.dialect.name().to_owned(),
            customer_id: self.customer.to_owned(),
            target_id: self.target_id(),
            kind: FileKind::Upload,
            file_type: file_type.to_owned(),
            user_filename: None,
            service_id: None,
            parent: None,
            at_ms: self.call.now_ms,
            downloaded_ms: None,
            deleted: false,
            deletable: true,
            sha256: String::new(),
            bytes: bytes.len() as u64,
        }
    }

    /// The answers of the bank behind the channel: a status report soon, a notification with it, a statement the next
    /// day. In the test environment nothing is booked. After a payee check the order waits: only its reports are there.
    fn answers(&self, content: &[u8], key: &str, parent: &str) -> Result<BankAnswers, RequestRefusal> {
        let (call, dialect) = (self.call, self.call.dialect);
        let internal = |why: String| RequestRefusal::from(Error::internal(why));
        let soon = call.now_ms + call.bank.report_after_ms;
        let at = Timestamp::from_millisecond(soon).map_err(|why| internal(why.to_string()))?;
        let today = at.to_zoned(TimeZone::UTC).date();
        let ids = AnswerIds::new(format!("{}-{}", &dialect.name()[..2].to_uppercase(), self.next))
            .map_err(|why| internal(why.to_string()))?;
        let books = call.state.books(key);
        let payment = bankchannel_iso20022::payment::read_payment(content).ok();
        let message_key = payment.as_ref().and_then(|file| file.id.as_ref()).map(|id| format!("{key}/{id}"));
        let is_repeated = message_key.as_ref().is_some_and(|key| call.state.is_used_message_id(key, call.now_ms));
        let decision = if is_repeated {
            reject_duplicate(content, None, at, today, &ids)
        } else {
            decide(content, &books.ledger(), None, at, today, &ids)
        };
        let totals = payment.as_ref().map(|file| {
            let count = file.batches.iter().map(|batch| batch.transactions.len() as u64).sum();
            let amounts = file.batches.iter().flat_map(|batch| &batch.transactions).map(|one| one.money.as_ref());
            let sum = amounts
                .map(|money| money.map(|money| money.amount.clone()))
                .try_fold(Decimal::from_cents(0), |sum, amount| sum.checked_add(&amount?));
            (sum, count)
        });
        let decision = decision.map_err(|why| internal(why.to_string()))?;
        let later = Timestamp::from_millisecond(soon + LATE_MS).map_err(|why| internal(why.to_string()))?;
        let checked = match decision {
            BankDecision::Accepted { .. } => {
                check_payees(content, (at, later), today, &ids).map_err(|why| internal(why.to_string()))?
            }
            BankDecision::Rejected { .. } => None,
        };
        let mut answers = BankAnswerFiles {
            dialect,
            customer_id: self.customer,
            target_id: self.target_id(),
            parent,
            first: self.next + 1,
            files: Vec::new(),
        };
        let mut changes = Vec::new();
        let is_production = call.request.text("Environment") == Some("PRODUCTION");
        if let Some(reports) = checked {
            changes.push(SandboxChange::Order(SandboxOrder {
                family: dialect.name().to_owned(),
                customer_id: self.customer.to_owned(),
                target_id: self.target_id(),
                message_id: payment.as_ref().and_then(|file| file.id.clone()).unwrap_or_default(),
                upload: parent.to_owned(),
                is_production,
                checked_ms: answers.checked(reports, soon),
            }));
        } else if let Some(books) = answers.decided(decision, soon, is_production) {
            changes.push(SandboxChange::Books { key: key.to_owned(), books });
        }
        if let Some(key) = message_key {
            changes.push(SandboxChange::MessageId { key, at_ms: call.now_ms });
        }
        Ok((answers.files, changes, totals))
    }
}
