//! Operations as test cases: the actor, the request, and its preconditions.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    ends::World,
    raw::Request,
    sandbox::Sandbox,
    served::{COMPANY, Identity, PASSWORD, Person, Signer, enrolment, import_of, payment},
};

/// An operation with a session, in the variant under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Logout,
    ConfigCerts,
    ShareCerts,
    UnshareCerts,
    ExportCert,
    EnrollCert,
    /// Goes on with a request whose answer was lost.
    EnrollCertAgain,
    ImportCert,
    RetireCert,
    /// The owner of the key retires another account's certificate.
    RetireCertOfAnother,
    UploadFile,
    DownloadFile,
    DeleteFile,
    DeleteAccount,
    UploadKey,
    DeleteKey,
}

/// A bank of the service under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CaseBank {
    /// The simulator, whose files are in the service's store.
    Simulator,
    /// A bank over SEPA Web Services.
    Osuuspankki,
}

impl CaseBank {
    /// Its name in the service.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Simulator => "simulator",
            Self::Osuuspankki => "osuuspankki",
        }
    }
}

/// The people and things of one case. All their names contain its tag.
pub(crate) struct Case {
    pub(crate) act: Act,
    pub(crate) bank: CaseBank,
    pub(crate) tag: String,
    pub(crate) owner: Person,
    pub(crate) customer: Person,
    authorize: Signer,
    export: Signer,
    /// The file at the bank: its type and reference.
    file: (&'static str, String),
    /// The body of an enrolment.
    enrolment: Value,
}

/// Objects shared by all cases because they are slow to create.
pub(crate) struct Stock {
    pub(crate) identity: Identity,
    /// The bank over SEPA Web Services, for the cases that have it.
    pub(crate) sandbox: Option<Sandbox>,
}

/// The file at the simulator.
const REFERENCE: &str = "lies-there";
/// The type of the files at the other bank.
const REPORT: &str = "pain.002.001.10";

impl Case {
    /// Creates the people of several cases, with sessions and the preconditions of their operations.
    pub(crate) async fn prepare(world: &World, stock: &Stock, bank: CaseBank, wanted: Vec<(Act, String)>) -> Vec<Self> {
        let mut accounts = Vec::new();
        for (_, tag) in &wanted {
            let account = |email: String| json!({"email": email, "password": PASSWORD, "company": COMPANY, "sessions": true, "api_key": key(tag)});
            accounts.push(account(format!("owner-{tag}@example.test")));
            let mut customer = account(format!("customer-{tag}@example.test"));
            customer["files"] = json!([{"file_type": "VA", "content": "aGVsbG8=", "reference": REFERENCE}]);
            accounts.push(customer);
        }
        let seeded = world.served.control("seed", json!({ "accounts": accounts })).await;
        let person = |index: usize| {
            let seeded = &seeded["accounts"][index];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            Person {
                email: text(&seeded["email"]),
                key: text(&seeded["api_key"]),
                admin: text(&seeded["id_tokens"]["admin"]),
                data: text(&seeded["id_tokens"]["data"]),
            }
        };
        let mut cases = Vec::new();
        for (index, (act, tag)) in wanted.into_iter().enumerate() {
            let (owner, customer) = (person(2 * index), person(2 * index + 1));
            let (authorize, export) = (Signer::new(&customer.email), Signer::new(&customer.email));
            let file = ("VA", REFERENCE.to_owned());
            let enrolment = enrolment();
            let mut case = Self { act, bank, tag, owner, customer, authorize, export, file, enrolment };
            case.furnish(world, stock).await;
            cases.push(case);
        }
        cases
    }

    async fn furnish(&mut self, world: &World, stock: &Stock) {
        let served = &world.served;
        world.entitle(&self.owner.key).await;
        served.register_key(&self.customer, &self.authorize, "authorize").await.ok(201);
        served.register_key(&self.customer, &self.export, "export").await.ok(201);
        match self.bank {
            CaseBank::Simulator if self.act == Act::EnrollCert => {}
            CaseBank::Simulator => {
                served.import(&self.customer, "simulator", import_of(&stock.identity)).await.ok(201);
            }
            CaseBank::Osuuspankki => self.furnish_at_bank(world, stock.sandbox.as_ref().unwrap()).await,
        }
        if self.act == Act::UnshareCerts {
            let path = format!("/certs/shared/{}", self.owner.email);
            served.admin(&self.customer, Method::PUT, &path, None).await.ok(201);
        }
    }

    async fn furnish_at_bank(&mut self, world: &World, sandbox: &Sandbox) {
        // A code of the bank replaces the one before, and a user id belongs to one account: each has a customer of its own.
        let customer = match self.act {
            Act::EnrollCert | Act::EnrollCertAgain => &sandbox.new_customer("op").await,
            _ => &sandbox.customers("op")[0],
        };
        match self.act {
            Act::EnrollCert => self.enrolment = sandbox.enrolment("op", customer).await,
            Act::EnrollCertAgain => {
                self.enrolment = sandbox.enrolment("op", customer).await;
                let order = json!({"fault": "lost-after-commit", "family": "op", "operation": "request_certificate"});
                sandbox.order("sandbox/faults", order).await;
                let body = Some(self.enrolment.clone());
                let lost = world.served.admin(&self.customer, Method::POST, "/certs/osuuspankki", body).await;
                lost.refused(502, "Technical error. No proper response body from bank.");
            }
            _ => {
                let file = |name: &str| std::fs::read_to_string(customer[name].as_str().unwrap()).unwrap();
                let pair = Identity { certificate: file("certificate_file"), private_key: file("key_file") };
                let mut body = import_of(&pair);
                body["WsUserId"] = customer["customer_id"].clone();
                world.served.import(&self.customer, "osuuspankki", body).await.ok(201);
            }
        }
        if matches!(self.act, Act::DownloadFile | Act::DeleteFile) {
            let file = json!({
                "family": "op", "customer_id": customer["customer_id"], "file_type": REPORT, "content": "hello",
                "deletable": true,
            });
            let added = sandbox.order("sandbox/files", json!({ "files": [file] })).await;
            self.file = (REPORT, added["files"][0].as_str().unwrap().to_owned());
        }
    }

    /// The sender of the request.
    pub(crate) fn actor(&self) -> &Person {
        match self.act {
            Act::DeleteAccount | Act::RetireCertOfAnother => &self.owner,
            _ => &self.customer,
        }
    }

    /// The holder of the certificate at the bank.
    pub(crate) fn with_certificate(&self) -> &Person {
        &self.customer
    }

    /// The PGP key that the operation uses, or any.
    pub(crate) fn pgp_key(&self) -> &Signer {
        if self.act == Act::ExportCert { &self.export } else { &self.authorize }
    }

    /// The session of the request: its mode and token.
    pub(crate) fn session(&self) -> (&'static str, String) {
        match self.act {
            Act::Logout | Act::UploadFile | Act::DownloadFile | Act::DeleteFile => ("data", self.actor().data.clone()),
            _ => ("admin", self.actor().admin.clone()),
        }
    }

    pub(crate) fn request(&self, stock: &Stock) -> Request {
        let (mode, token) = self.session();
        let bank = self.bank.name();
        let file = format!("/files/{bank}/{}/{}", self.file.0, self.file.1);
        let (method, path, body) = match self.act {
            Act::Logout => ("DELETE", format!("/session/{}/{mode}", self.customer.email), json!({})),
            Act::ConfigCerts => ("POST", "/certs".to_owned(), json!({"Export": "disabled"})),
            Act::ShareCerts => ("PUT", format!("/certs/shared/{}", self.owner.email), json!({})),
            Act::UnshareCerts => ("DELETE", format!("/certs/shared/{}", self.owner.email), json!({})),
            Act::ExportCert => ("GET", format!("/certs/{bank}?PgpKeyId={}", self.export.short_id), json!({})),
            Act::EnrollCert | Act::EnrollCertAgain => ("POST", format!("/certs/{bank}"), self.enrolment.clone()),
            Act::ImportCert => ("PUT", "/certs/nordea".to_owned(), import_of(&stock.identity)),
            Act::RetireCert => ("DELETE", format!("/certs/{bank}"), json!({})),
            Act::RetireCertOfAnother => ("DELETE", format!("/certs/{bank}?Account={}", self.customer.email), json!({})),
            Act::UploadFile => ("PUT", format!("/files/{bank}"), self.authorize.signed(payment())),
            Act::DownloadFile => ("GET", file, json!({})),
            Act::DeleteFile => ("DELETE", file, json!({})),
            Act::DeleteAccount => {
                ("DELETE", format!("/account/{}", self.customer.email), json!({"Confirm": self.customer.email}))
            }
            Act::UploadKey => {
                let key = Signer::new(&self.customer.email);
                ("PUT", "/pgp".to_owned(), json!({"PgpKey": key.public, "PgpKeyPurpose": "authorize"}))
            }
            Act::DeleteKey => ("DELETE", "/pgp".to_owned(), json!({"PgpKeyId": self.authorize.short_id})),
        };
        Request { method, path, token, key: self.owner.key.clone(), body: body.to_string() }
    }

    /// The text in every row of the case.
    pub(crate) fn tag_text(&self) -> String {
        format!("-{}@", self.tag)
    }

    /// The status of a successful answer.
    pub(crate) fn success(&self) -> u16 {
        match self.act {
            Act::ShareCerts
            | Act::EnrollCert
            | Act::EnrollCertAgain
            | Act::ImportCert
            | Act::UploadFile
            | Act::UploadKey => 201,
            _ => 200,
        }
    }
}

/// A key of at least twenty characters.
fn key(tag: &str) -> String {
    format!("key-of-{tag}-0123456789012345")
}
