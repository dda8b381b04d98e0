//! Operations as test cases: the actor, the request, and its preconditions.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    ends::World,
    raw::Request,
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

/// The people and things of one case. All their names contain its tag.
pub(crate) struct Case {
    pub(crate) act: Act,
    pub(crate) tag: String,
    pub(crate) owner: Person,
    pub(crate) customer: Person,
    authorize: Signer,
    export: Signer,
}

/// Objects shared by all cases because they are slow to create.
pub(crate) struct Stock {
    pub(crate) identity: Identity,
}

/// The file at the bank.
const REFERENCE: &str = "lies-there";

impl Case {
    /// Creates the people of several cases, with sessions and the preconditions of their operations.
    pub(crate) async fn prepare(world: &World, stock: &Stock, wanted: Vec<(Act, String)>) -> Vec<Self> {
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
            let case = Self { act, tag, owner, customer, authorize, export };
            case.furnish(world, stock).await;
            cases.push(case);
        }
        cases
    }

    async fn furnish(&self, world: &World, stock: &Stock) {
        let served = &world.served;
        world.entitle(&self.owner.key).await;
        served.register_key(&self.customer, &self.authorize, "authorize").await.ok(201);
        served.register_key(&self.customer, &self.export, "export").await.ok(201);
        if self.act != Act::EnrollCert {
            served.import(&self.customer, "simulator", import_of(&stock.identity)).await.ok(201);
        }
        if self.act == Act::UnshareCerts {
            let path = format!("/certs/shared/{}", self.owner.email);
            served.admin(&self.customer, Method::PUT, &path, None).await.ok(201);
        }
    }

    /// The sender of the request.
    pub(crate) fn actor(&self) -> &Person {
        match self.act {
            Act::DeleteAccount | Act::RetireCertOfAnother => &self.owner,
            _ => &self.customer,
        }
    }

    /// The holder of the certificate at the simulator.
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
        let file = format!("/files/simulator/VA/{REFERENCE}");
        let (method, path, body) = match self.act {
            Act::Logout => ("DELETE", format!("/session/{}/{mode}", self.customer.email), json!({})),
            Act::ConfigCerts => ("POST", "/certs".to_owned(), json!({"Export": "disabled"})),
            Act::ShareCerts => ("PUT", format!("/certs/shared/{}", self.owner.email), json!({})),
            Act::UnshareCerts => ("DELETE", format!("/certs/shared/{}", self.owner.email), json!({})),
            Act::ExportCert => ("GET", format!("/certs/simulator?PgpKeyId={}", self.export.short_id), json!({})),
            Act::EnrollCert => ("POST", "/certs/simulator".to_owned(), enrolment()),
            Act::ImportCert => ("PUT", "/certs/nordea".to_owned(), import_of(&stock.identity)),
            Act::RetireCert => ("DELETE", "/certs/simulator".to_owned(), json!({})),
            Act::RetireCertOfAnother => {
                ("DELETE", format!("/certs/simulator?Account={}", self.customer.email), json!({}))
            }
            Act::UploadFile => ("PUT", "/files/simulator".to_owned(), self.authorize.signed(payment())),
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
            Act::ShareCerts | Act::EnrollCert | Act::ImportCert | Act::UploadFile | Act::UploadKey => 201,
            _ => 200,
        }
    }
}

/// A key of at least twenty characters.
fn key(tag: &str) -> String {
    format!("key-of-{tag}-0123456789012345")
}
