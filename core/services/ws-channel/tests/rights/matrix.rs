//! Every writing operation × every event that ends a right × while the body arrives, and between body and commit.

use bankchannel_foundation::message::Method;
use bankchannel_ws_channel::{CATALOGUE, terms};
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    cases::{Act, Case, CaseBank, Stock},
    ends::{ENDS, End, World},
    on_both,
    postgres::Shared,
    raw::Held,
    sandbox::Sandbox,
    served::{Answer, identity},
};

/// The result of an operation if a right ends while it runs.
#[derive(Debug, Clone, Copy)]
enum Expect {
    /// Refused like a new request with the same token; nothing is written.
    Refused(u16, &'static str),
    /// The operation does not depend on that right: it succeeds.
    Done(&'static str),
    /// The event is not possible for this operation.
    Never(&'static str),
}
use Expect::{Done, Never, Refused};

const GONE: Expect = Refused(401, "Unauthorized");
const OFF: Expect = Refused(403, "Account is disabled by the service's operator.");
const KEY: Expect = Refused(403, "Invalid API key");
const ENTITLEMENT: Expect = Refused(400, "Bank Simulator access is not enabled for this tenant");
const NOT_OWNER: Expect = Refused(403, "Only the API key owner may call this operation");
const NO_CERTIFICATE: Expect = Refused(400, "No certificate(s) for this bank,");
const NO_CONNECTION: Expect = Refused(400, "No available valid bank certificates, no linked account");
const NO_BANK: Expect = Done("moves no file");
const NO_TRANSFER: Expect = Done("moves no file at a bank");
const NO_KEY: Expect = Done("signs and encrypts nothing");
const NO_OWNER: Expect = Done("is not the owner's alone");
const NO_CERT: Expect = Done("uses no certificate");
const OWNER_STAYS: Expect = Never("an owner is never deleted");

/// In the order of [`ENDS`].
#[rustfmt::skip]
const TABLE: &[(&str, Act, [Expect; 11])] = &[
    // Logout, Reset, KeyOff, TransferOff, EntitlementTaken, AccountDeleted, CertificateRetired, PgpKeyDeleted, OwnerChanged, AccountDisabled, Expiry
    ("logout", Act::Logout, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, GONE, NO_CERT, NO_KEY, NO_OWNER, OFF, GONE]),
    ("config_certs", Act::ConfigCerts, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, GONE, NO_CERT, NO_KEY, NO_OWNER, OFF, GONE]),
    ("share_certs", Act::ShareCerts, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, GONE, Done("shares what comes later too"), NO_KEY, NO_OWNER, OFF, GONE]),
    ("unshare_certs", Act::UnshareCerts, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, GONE, Done("ends the link all the same"), NO_KEY, NO_OWNER, OFF, GONE]),
    ("export_cert", Act::ExportCert, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, GONE, NO_CERTIFICATE, Refused(400, "Requested export PGP key not found."), NO_OWNER, OFF, GONE]),
    ("enroll_cert", Act::EnrollCert, [GONE, GONE, KEY, NO_TRANSFER, ENTITLEMENT, GONE, Never("there is none yet"), NO_KEY, NO_OWNER, OFF, GONE]),
    ("import_cert", Act::ImportCert, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, GONE, Done("another bank's"), NO_KEY, NO_OWNER, OFF, GONE]),
    ("retire_cert", Act::RetireCert, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, GONE, NO_CERTIFICATE, NO_KEY, NO_OWNER, OFF, GONE]),
    ("retire_cert", Act::RetireCertOfAnother, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, OWNER_STAYS, NO_CERTIFICATE, Never("the owner has none here"), NOT_OWNER, OFF, GONE]),
    ("upload_file", Act::UploadFile, [GONE, GONE, KEY, KEY, ENTITLEMENT, GONE, NO_CONNECTION, Refused(400, "No PGP keys. PGP keys are required to sign files for upload."), NO_OWNER, OFF, GONE]),
    ("download_file", Act::DownloadFile, [GONE, GONE, KEY, KEY, ENTITLEMENT, GONE, NO_CONNECTION, NO_KEY, NO_OWNER, OFF, GONE]),
    ("delete_file", Act::DeleteFile, [GONE, GONE, KEY, KEY, ENTITLEMENT, GONE, NO_CONNECTION, NO_KEY, NO_OWNER, OFF, GONE]),
    ("delete_account", Act::DeleteAccount, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, OWNER_STAYS, NO_CERT, Never("the owner has none here"), NOT_OWNER, OFF, GONE]),
    ("upload_key", Act::UploadKey, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, GONE, NO_CERT, Done("another key's"), NO_OWNER, OFF, GONE]),
    ("delete_key", Act::DeleteKey, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, GONE, NO_CERT, Refused(400, "No suitable PGP keys found."), NO_OWNER, OFF, GONE]),
];

const NOT_NEEDED: Expect = Done("the simulator alone needs one");

/// The operations that differ at a bank over SEPA Web Services.
#[rustfmt::skip]
const AT_BANK: &[(&str, Act, [Expect; 11])] = &[
    ("export_cert", Act::ExportCert, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, GONE, NO_CERTIFICATE, Refused(400, "Requested export PGP key not found."), NO_OWNER, OFF, GONE]),
    ("enroll_cert", Act::EnrollCert, [GONE, GONE, KEY, NO_TRANSFER, NOT_NEEDED, GONE, Never("there is none yet"), NO_KEY, NO_OWNER, OFF, GONE]),
    ("enroll_cert", Act::EnrollCertAgain, [GONE, GONE, KEY, NO_TRANSFER, NOT_NEEDED, GONE, Never("there is none yet"), NO_KEY, NO_OWNER, OFF, GONE]),
    ("retire_cert", Act::RetireCert, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, GONE, NO_CERTIFICATE, NO_KEY, NO_OWNER, OFF, GONE]),
    ("retire_cert", Act::RetireCertOfAnother, [GONE, GONE, KEY, NO_TRANSFER, NO_BANK, OWNER_STAYS, NO_CERTIFICATE, Never("the owner has none here"), NOT_OWNER, OFF, GONE]),
    ("upload_file", Act::UploadFile, [GONE, GONE, KEY, KEY, NOT_NEEDED, GONE, NO_CONNECTION, Refused(400, "No PGP keys. PGP keys are required to sign files for upload."), NO_OWNER, OFF, GONE]),
    ("download_file", Act::DownloadFile, [GONE, GONE, KEY, KEY, NOT_NEEDED, GONE, NO_CONNECTION, NO_KEY, NO_OWNER, OFF, GONE]),
    ("delete_file", Act::DeleteFile, [GONE, GONE, KEY, KEY, NOT_NEEDED, GONE, NO_CONNECTION, NO_KEY, NO_OWNER, OFF, GONE]),
];

/// Writing operations without a session: their proof (a challenge, a code, a step's token) is consumed in the same
/// transaction as their writes.
const PUBLIC: &[&str] = &[
    "register",
    "verify_phone",
    "verify_email",
    "init_password_reset",
    "password_reset",
    "login",
    "login_mfa",
    "select_mfa",
    "verify_totp",
];

#[test]
fn every_writing_operation_of_the_catalogue_has_its_row() {
    let (mut sessions, mut public) = (Vec::new(), Vec::new());
    for entry in CATALOGUE {
        let Some(route) = &entry.declaration.route else { continue };
        if route.method == Method::Get && !route.audited {
            continue;
        }
        let terms = terms(entry.declaration.name).unwrap();
        let list = if terms.needs_session() { &mut sessions } else { &mut public };
        list.push(entry.declaration.name.rsplit('.').next().unwrap());
    }
    let mut rows: Vec<&str> = TABLE.iter().map(|(name, ..)| *name).collect();
    rows.dedup();
    for list in [&mut sessions, &mut public, &mut rows] {
        list.sort_unstable();
    }
    assert_eq!(sessions, rows, "a writing operation of a session without a row, or a row without one");
    let mut known = PUBLIC.to_vec();
    known.sort_unstable();
    assert_eq!(public, known);
}

on_both!(no_right_outlives_its_end);

/// The moment when the right ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// The head was admitted, the body is still arriving.
    BeforeBody,
    /// The body was received and checked; nothing is written yet.
    BeforeCommit,
}

async fn no_right_outlives_its_end(shared: Option<Shared>) {
    let config = "sharing = \"any\"\nsimulator_entitlement_required = true\n[banks.simulator]\npayments = \"store\"\n";
    let sandbox = Sandbox::new().await;
    let world = World::start(shared, &(config.to_owned() + &sandbox.config_of(&["osuuspankki"]))).await;
    let stock = Stock { identity: identity(100), sandbox: Some(sandbox) };
    let columns = ENDS.into_iter().enumerate();
    let all =
        columns.flat_map(|column| [(column, TABLE, CaseBank::Simulator), (column, AT_BANK, CaseBank::Osuuspankki)]);
    for ((column, end), table, bank) in all {
        let mut wanted = Vec::new();
        for (row, (_, act, expected)) in table.iter().enumerate() {
            let moments: &[Moment] = match expected[column] {
                Refused(..) => &[Moment::BeforeBody, Moment::BeforeCommit],
                Done(_) => &[Moment::BeforeCommit],
                Never(_) => &[],
            };
            for moment in moments {
                let tag = format!("{}-{column}-{row}-{}", bank as u8, *moment as u8);
                wanted.push((*act, tag, *moment, expected[column]));
            }
        }
        // Variants of an operation have the same name for holding: one after the other.
        let (others, first): (Vec<_>, Vec<_>) =
            wanted.into_iter().partition(|(act, ..)| [Act::RetireCertOfAnother, Act::EnrollCertAgain].contains(act));
        for wanted in [first, others] {
            let people = wanted.iter().map(|(act, tag, ..)| (*act, tag.clone())).collect();
            let cases = Case::prepare(&world, &stock, bank, people).await;
            let group = cases.into_iter().zip(wanted).map(|(case, (_, _, moment, expect))| (case, moment, expect));
            let group: Vec<_> = group.collect();
            let before = stock.at_bank().await;
            let done = judge_group(&world, &stock, end, group).await;
            assert_eq!(stock.at_bank().await, before + done, "{end:?}: the bank was asked for what was refused");
        }
    }
}

/// Brings all cases to the waiting point, ends the right for each, resumes them and checks the results; returns the
/// work that the bank is to have done for them.
async fn judge_group(world: &World, stock: &Stock, end: End, group: Vec<(Case, Moment, Expect)>) -> BankWork {
    let waiting = join_all(group.iter().map(|(case, moment, _)| wait_at(world, stock, case, *moment))).await;
    join_all(group.iter().map(|(case, ..)| world.end(end, case))).await;
    if end == End::Expiry {
        world.expire_all().await;
        if let Some(sandbox) = &stock.sandbox {
            sandbox.order("sandbox/time", json!({ "advance_s": 3601 })).await;
        }
    }
    let mut before = Vec::new();
    for (case, ..) in &group {
        before.push(world.database.lock().await.rows_with(&case.tag_text()).await);
    }
    let answers = join_all(waiting.into_iter().map(|waiting| waiting.go_on(world))).await;
    for (((case, moment, expect), answer), before) in group.iter().zip(answers).zip(before) {
        let at = format!("{:?} × {end:?} × {moment:?}: {answer:?}", case.act);
        match expect {
            Refused(status, text) => {
                assert_eq!((answer.status, answer.text()), (*status, *text), "{at}");
                let after = world.database.lock().await.rows_with(&case.tag_text()).await;
                assert_eq!(after, before, "a refused call has written: {at}");
            }
            Done(why) => assert_eq!(answer.status, case.success(), "{why}: {at}"),
            Never(why) => unreachable!("{why}"),
        }
    }
    let is_done = |act| {
        let of = |(case, _, expect): &&(Case, Moment, Expect)| {
            case.bank == CaseBank::Osuuspankki && case.act == act && matches!(expect, Done(_))
        };
        group.iter().filter(of).count()
    };
    // The bank has given the certificate of a request that is open.
    BankWork {
        uploads: is_done(Act::UploadFile),
        certificates: is_done(Act::EnrollCert),
        deletions: is_done(Act::DeleteFile),
    }
}

/// What cannot be undone at the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct BankWork {
    uploads: usize,
    certificates: usize,
    deletions: usize,
}

impl std::ops::Add for BankWork {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            uploads: self.uploads + more.uploads,
            certificates: self.certificates + more.certificates,
            deletions: self.deletions + more.deletions,
        }
    }
}

impl Stock {
    /// The bank's work so far.
    async fn at_bank(&self) -> BankWork {
        let sandbox = self.sandbox.as_ref().unwrap();
        let certificates = sandbox.order("sandbox/certificates", json!({})).await;
        let files = sandbox.order("sandbox/files", json!({})).await;
        let is_deleted = |file: &&serde_json::Value| file["deleted"] == true;
        BankWork {
            uploads: usize::try_from(sandbox.uploads("op").await).unwrap(),
            certificates: certificates["certificates"].as_array().unwrap().len(),
            deletions: files["files"].as_array().unwrap().iter().filter(is_deleted).count(),
        }
    }
}

/// A call that waits while its right is ended.
enum Waiting {
    ForBody(Held),
    ForCommit(&'static str, tokio::task::JoinHandle<Answer>),
}

async fn wait_at(world: &World, stock: &Stock, case: &Case, moment: Moment) -> Waiting {
    let request = case.request(stock);
    match moment {
        Moment::BeforeBody => {
            let mut held = request.head(&world.base()).await;
            held.begin(1).await;
            Waiting::ForBody(held)
        }
        Moment::BeforeCommit => {
            let name = TABLE.iter().chain(AT_BANK).find(|(_, act, _)| *act == case.act).unwrap().0;
            let order = json!({ "operation": name });
            world.served.control("sandbox/hold", order.clone()).await;
            let base = world.base();
            let call = tokio::spawn(async move { request.head(&base).await.finish().await });
            if !world.has_arrived(order).await {
                panic!("{:?} was answered before it wrote: {:?}", case.act, call.await.unwrap());
            }
            Waiting::ForCommit(name, call)
        }
    }
}

impl Waiting {
    async fn go_on(self, world: &World) -> Answer {
        match self {
            Self::ForBody(held) => held.finish().await,
            Self::ForCommit(name, call) => {
                world.served.control("sandbox/release", json!({ "operation": name })).await;
                call.await.unwrap()
            }
        }
    }
}
