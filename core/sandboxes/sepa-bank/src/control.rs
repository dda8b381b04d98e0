//! The part of the control interface that is specific to this sandbox bank (§9.6).
//!
//! ```text
//!   POST seed                 {"files": […]}: files that customers can fetch
//!   POST sandbox/faults       one order or a list: {"fault": "sig.outer=bad", "family"?, "operation"?, "count"?}
//!   POST sandbox/customers    one customer or a list; with the files of its pair in the answer
//!   POST sandbox/code         {"family", "customer_id"}: a new code for a first certificate; unlocks
//!   POST sandbox/certificates  the certificates that the certificate services have issued
//!   POST sandbox/rollover     {"family", "what": "signer"|"intermediate"|"root", "overlap"?}: new certificates of the bank; the
//!                             old ones sign beside them for so many seconds
//!   POST sandbox/time         {"advance_s"}: moves the time in messages and of certificates, with that of files
//!   POST sandbox/files        as seed; an empty object lists what there is
//!   POST sandbox/uploads      the number of messages with a file that each customer has sent, refused ones too
//!   POST sandbox/held         {"count"?}: responds once so many answers wait because of the fault `hold`
//!   POST sandbox/release      lets them go
//!   POST sandbox/load         how many requests each service has answered at once at most; {"forget": true} begins anew
//! ```

use std::sync::Arc;

use bankchannel_foundation::{
    Error, Result, clock::SystemClock, error::row, model::Timestamp, operation::CatalogueEntry,
};
use bankchannel_sepa_web_services::CATALOGUE;
use bankchannel_server::http::control::{
    ControlFuture, ControlRequest, ControlState, ControlTarget, MAX_BODY, no_members, one_or_many, parsed, read,
};
use bankchannel_transport::background;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    certificate_service::codes::{CustomerCertificateRecord, SentCode},
    certificates::RolledOver,
    chaos::FaultOrder,
    dialect::{BankDialect, DIALECTS},
    held::ReleaseOrder,
    service::SandboxSepaBank,
    state::{FileKind, SandboxChange, SandboxCustomer, SandboxFile},
};

/// A bank as a target of the control interface.
pub(crate) struct SepaBankControlTarget {
    bank: Arc<SandboxSepaBank>,
    control: Arc<ControlState>,
}

/// The maximum length of a file type, in characters.
const FILE_TYPE_MAX: usize = 40;

/// Files to add.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedFiles {
    files: Vec<NewSandboxFile>,
}

/// A file to add.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSandboxFile {
    family: String,
    customer_id: String,
    file_type: String,
    /// The content as text, or as base64.
    content: Option<String>,
    content_base64: Option<String>,
    target_id: Option<String>,
    service_id: Option<String>,
    user_filename: Option<String>,
    /// Seconds from now until it appears.
    #[serde(default)]
    appears_in_s: i64,
    #[serde(default)]
    deletable: bool,
}

/// Who gets a code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeReceiver {
    family: String,
    customer_id: String,
}

/// Which certificates of the bank are replaced.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RolloverOrder {
    family: String,
    what: RolledOver,
    /// Seconds.
    #[serde(default)]
    overlap: i64,
}

/// How far the time moves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeOrder {
    advance_s: i64,
}

/// The longest overlap, and the farthest move of the time: a hundred years, seconds.
const LONGEST_S: i64 = 100 * 366 * 86_400;

impl SepaBankControlTarget {
    pub(crate) fn new(bank: &Arc<SandboxSepaBank>) -> Self {
        Self { bank: Arc::clone(bank), control: bank.control.clone().unwrap_or_default() }
    }
}

impl SandboxSepaBank {
    fn add_files(&self, files: Vec<NewSandboxFile>) -> Result<Value> {
        if files.is_empty() {
            return Err(Error::invalid_field("files", "is an empty list: it orders nothing"));
        }
        let mut added = Vec::new();
        for new in files {
            known_family(&new.family)?;
            if !(1..=FILE_TYPE_MAX).contains(&new.file_type.chars().count()) {
                let why =
                    format!("must have 1 to {FILE_TYPE_MAX} characters, as the schema of the bank's messages has it");
                return Err(Error::invalid_field("file_type", why));
            }
            let bytes = match (&new.content, &new.content_base64) {
                (Some(text), None) => text.clone().into_bytes(),
                (None, Some(text)) => STANDARD
                    .decode(text)
                    .map_err(|_| Error::invalid_field("content_base64", "is not standard base64"))?,
                _ => return Err(Error::invalid_field("content", "must be given, or content_base64")),
            };
            let reference = self.state.change(|state| {
                let customer = state.customer(&new.family, &new.customer_id);
                let customer =
                    customer.ok_or_else(|| Error::invalid_field("customer_id", "is no customer of this family"))?;
                let reference = format!("{:011}", 31_000_000_000 + state.references);
                self.state.store(&reference, &bytes)?;
                let file = SandboxFile {
                    reference: reference.clone(),
                    family: new.family.clone(),
                    customer_id: new.customer_id.clone(),
                    target_id: new.target_id.clone().or_else(|| customer.target_id.clone()),
                    kind: FileKind::Download,
                    file_type: new.file_type.clone(),
                    user_filename: new.user_filename.clone(),
                    service_id: new.service_id.clone(),
                    parent: None,
                    at_ms: self.scenario_ms() + new.appears_in_s * 1000,
                    downloaded_ms: None,
                    deleted: false,
                    deletable: new.deletable,
                    sha256: String::new(),
                    bytes: bytes.len() as u64,
                };
                Ok::<_, Error>((reference, vec![SandboxChange::File(file)]))
            })?;
            added.push(reference);
        }
        Ok(json!({ "files": added }))
    }

    fn list_files(&self) -> Value {
        let listed = |file: &SandboxFile| {
            json!({
                "reference": file.reference,
                "family": file.family,
                "customer_id": file.customer_id,
                "kind": file.kind,
                "file_type": file.file_type,
                "user_filename": file.user_filename,
                "parent": file.parent,
                "at": Timestamp::from_ms(file.at_ms).as_str(),
                "downloaded": file.downloaded_ms.is_some(),
                "deleted": file.deleted,
                "bytes": file.bytes,
                "sha256": file.sha256,
            })
        };
        self.state.read(|state| json!({ "files": state.files.iter().map(listed).collect::<Vec<_>>() }))
    }

    fn add_customers(&self, customers: Vec<SandboxCustomer>) -> Result<Value> {
        let mut added = Vec::new();
        for customer in customers {
            let dialect = known_family(&customer.family)?;
            let fits =
                |text: &str| (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if !fits(&customer.customer_id) {
                return Err(Error::invalid_field("customer_id", "must have 1 to 16 letters and digits"));
            }
            let pair = self.certificates_of(dialect).customer(&customer.customer_id, &customer.company)?;
            added.push(json!({
                "family": customer.family,
                "customer_id": customer.customer_id,
                "certificate_file": pair.certificate_file.display().to_string(),
                "key_file": pair.key_file.display().to_string(),
            }));
            self.state.change::<(), Error>(|_| Ok(((), vec![SandboxChange::Customer(customer)])))?;
        }
        Ok(json!({ "customers": added }))
    }

    /// Sends a customer a new code. What was locked is open again.
    fn send_code(&self, to: &CodeReceiver) -> Result<Value> {
        let dialect = known_family(&to.family)?;
        let now_ms = self.scenario_ms();
        let sent = self.state.change(|state| {
            let Some(customer) = state.customer(&to.family, &to.customer_id) else {
                return Err(Error::invalid_field("customer_id", "is no customer of this family"));
            };
            let key = customer.key();
            let number = state.code(&key).map_or(0, |earlier| earlier.number + 1);
            let sent = SentCode::new(dialect.family, &key, number, now_ms);
            Ok((sent.clone(), vec![SandboxChange::Code(sent)]))
        })?;
        Ok(json!({ "code": sent.code, "until": Timestamp::from_ms(sent.until_ms).as_str() }))
    }

    /// What the certificate services have issued.
    fn issued(&self) -> Value {
        let listed = |one: &CustomerCertificateRecord| {
            let (family, customer_id) = one.key.split_once('/').unwrap_or_default();
            json!({
                "family": family,
                "customer_id": customer_id,
                "key_sha256": one.key_sha256,
                "certificate": one.pem,
                "signed_with": one.signed_with,
            })
        };
        self.state.read(|state| json!({ "certificates": state.all_issued().iter().map(listed).collect::<Vec<_>>() }))
    }

    /// Replaces certificates of the bank.
    fn roll_over(&self, order: &RolloverOrder) -> Result<Value> {
        let certificates = self.certificates_of(known_family(&order.family)?);
        if !(0..=LONGEST_S).contains(&order.overlap) {
            return Err(Error::invalid_field("overlap", "must be a number of seconds"));
        }
        let root_file = certificates.roll_over(order.what, self.message_s(), order.overlap)?;
        Ok(json!({
            "root_file": root_file.display().to_string(),
            "anchors_file": certificates.anchors_file.display().to_string(),
        }))
    }

    /// Moves the time in messages and of certificates, with that of files.
    fn move_time(&self, order: &TimeOrder) -> Result<Value> {
        if order.advance_s.abs() > LONGEST_S {
            return Err(Error::invalid_field("advance_s", "must be a number of seconds"));
        }
        let by = order.advance_s * 1000;
        self.message_clock.advance_ms(by);
        self.scenario_clock.advance_ms(by);
        Ok(json!({ "now": Timestamp::from_ms(self.message_s() * 1000).as_str() }))
    }

    fn uploads(&self) -> Value {
        self.state.read(|state| json!({ "uploads": state.uploads }))
    }
}

/// The dialect of a family.
pub(crate) fn known_family(name: &str) -> Result<&'static BankDialect> {
    BankDialect::named(name).ok_or_else(|| {
        let known: Vec<&str> = DIALECTS.iter().map(BankDialect::name).collect();
        Error::invalid_field("family", format!("must be one of {}", known.join(", ")))
    })
}

/// The commands of this bank.
const COMMANDS: [&str; 11] =
    ["faults", "customers", "code", "certificates", "rollover", "time", "files", "uploads", "held", "release", "load"];

impl ControlTarget for SepaBankControlTarget {
    fn clock(&self) -> &SystemClock {
        &self.bank.scenario_clock
    }

    fn reset_clock(&self) {
        self.clock().reset();
        self.bank.message_clock.reset();
    }

    fn control(&self) -> &ControlState {
        &self.control
    }

    fn catalogue(&self) -> &'static [CatalogueEntry] {
        CATALOGUE
    }

    fn reset(&self) -> ControlFuture<'_> {
        Box::pin(async move {
            self.bank.faults.forget();
            self.bank.held.release();
            self.bank.state.reset().map(|()| json!({}))
        })
    }

    fn seed(&self, request: Value) -> ControlFuture<'_> {
        let bank = Arc::clone(&self.bank);
        Box::pin(async move {
            let SeedFiles { files } = read(request)?;
            background::blocking(move || bank.add_files(files)).await.map_err(aborted)?
        })
    }

    fn limits(&self, _request: Value) -> Result<Value> {
        Err(Error::invalid_field("limits", "this sandbox bank has no limits of rate"))
    }

    fn own_orders(&self) -> &'static [&'static str] {
        &COMMANDS
    }

    fn takes(&self, path: &str) -> Option<usize> {
        COMMANDS.contains(&path).then_some(MAX_BODY)
    }

    fn handle_order(&self, asked: ControlRequest) -> Option<ControlFuture<'_>> {
        let command = COMMANDS.into_iter().find(|known| *known == asked.path)?;
        let bank = Arc::clone(&self.bank);
        Some(Box::pin(async move {
            let body = parsed(&asked.body).map_err(|why| Error::because(&row::INVALID_JSON, why))?;
            if command == "held" {
                return bank.held.arrived(&read(body)?).await;
            }
            let work = move || match command {
                "faults" => {
                    let mut orders: Vec<FaultOrder> = one_or_many(body)?;
                    for order in &mut orders {
                        order.checked()?;
                    }
                    bank.faults.order(orders).map(|()| json!({}))
                }
                "customers" => bank.add_customers(one_or_many::<SandboxCustomer>(body)?),
                "code" => bank.send_code(&read::<CodeReceiver>(body)?),
                "certificates" => no_members(body).map(|()| bank.issued()),
                "rollover" => bank.roll_over(&read::<RolloverOrder>(body)?),
                "time" => bank.move_time(&read::<TimeOrder>(body)?),
                "files" if body.as_object().is_some_and(serde_json::Map::is_empty) => Ok(bank.list_files()),
                "files" => {
                    let SeedFiles { files } = read(body)?;
                    bank.add_files(files)
                }
                "release" => read::<ReleaseOrder>(body).map(|ReleaseOrder {}| bank.held.release()),
                "load" => Ok(bank.load.most(&read(body)?)),
                _ => no_members(body).map(|()| bank.uploads()),
            };
            background::blocking(work).await.map_err(aborted)?
        }))
    }
}

fn aborted(why: background::UndoneWork) -> Error {
    why.error("the order was aborted")
}
