//! The checks of each family, in their order, and the bank's certificates (§9.4).

use bankchannel_crypto::{
    digest,
    x509::{Certificate, CertificateRequest, NameStyle},
};
use bankchannel_foundation::{
    Error,
    model::{Boundary, Timestamp},
};
use bankchannel_sepa_web_services::{
    codec::{AnswerText, ElementStyle},
    model::FileServiceAnswer,
    profile::BankFamily,
    request::CertificateCommand,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    codes::{ATTEMPTS_MAX, CustomerCertificateRecord, SentCode},
    examination::SeenApplication,
};
use crate::{
    certificates::{COMMON_NAME, COUNTRY, FamilyCertificates, SUBJECT_SERIAL},
    chaos::BankFault,
    dialect::BankDialect,
    examination::{REPLACED, RequestRefusal, is_replaced},
    service::SandboxSepaBank,
    state::{CustomerStanding, SandboxChange, SandboxCustomer, StateData},
};

/// A certificate as the answer has it.
#[derive(Debug, Clone, Boundary)]
struct WrittenCertificate {
    /// The name.
    #[boundary(wire = "Name")]
    name: String,
    /// The certificate in the bank's packing.
    #[boundary(wire = "Certificate")]
    certificate: String,
    /// The bank's word for the form.
    #[boundary(wire = "CertificateFormat")]
    certificate_format: String,
}

/// An answer with certificates, in the order of the schema.
#[derive(Debug, Clone, Boundary)]
struct WrittenCertificates {
    /// What every answer has.
    #[boundary(flatten)]
    answer: FileServiceAnswer,
    /// The certificates.
    #[boundary(wire = "Certificates")]
    certificates: Vec<WrittenCertificate>,
}

/// A request for a certificate, before the state.
pub(crate) struct Issuing<'a> {
    pub(crate) bank: &'a SandboxSepaBank,
    pub(crate) dialect: &'static BankDialect,
    pub(crate) certificates: &'a FamilyCertificates,
    pub(crate) application: &'a SeenApplication,
    pub(crate) state: &'a StateData,
    pub(crate) faults: &'a [BankFault],
}

/// The bank's answer and its changes of state. A refusal may change something too: attempts are counted.
pub(crate) struct Issued {
    pub(crate) answer: Result<AnswerText, RequestRefusal>,
    pub(crate) changes: Vec<SandboxChange>,
}

impl Issued {
    fn refused(refusal: RequestRefusal) -> Self {
        Self { answer: Err(refusal), changes: Vec::new() }
    }
}

fn refuse<T>(code: u32, text: &str, why: impl Into<String>) -> Result<T, RequestRefusal> {
    Err(RequestRefusal::code(code, text, why))
}

impl Issuing<'_> {
    /// Carries out a request.
    pub(crate) fn carry_out(&self) -> Issued {
        let done = match self.application.command {
            CertificateCommand::RequestCertificate => return self.first(),
            CertificateCommand::RenewCertificate => self.next(),
            CertificateCommand::GetBankCertificates if self.dialect.family == BankFamily::Op => self.of_the_bank(),
            CertificateCommand::GetBankCertificates => {
                refuse(5, "operation unknown", "this family gives no certificates of its own")
            }
            CertificateCommand::ListOwnCertificates | CertificateCommand::RevokeCertificate => {
                refuse(5, "operation unknown", "this family does not offer it")
            }
        };
        match done {
            Ok((text, changes)) => Issued { answer: Ok(text), changes },
            Err(refusal) => Issued::refused(refusal),
        }
    }

    fn customer(&self) -> Result<&SandboxCustomer, RequestRefusal> {
        let id = self.application.text("CustomerId").unwrap_or_default();
        let found = self.state.customer(self.dialect.name(), id);
        match found {
            Some(customer) if customer.standing == CustomerStanding::Active => Ok(customer),
            Some(_) => refuse(14, "customer locked", "the customer is locked or has ended"),
            None => refuse(13, "customer id not found", "no customer has this id"),
        }
    }

    /// A first certificate, for a code. A wrong code is counted.
    fn first(&self) -> Issued {
        let op_26 = |why: String| Issued::refused(RequestRefusal::code(26, "technical error", why));
        let is_op = self.dialect.family == BankFamily::Op;
        let customer = match self.customer() {
            Ok(customer) => customer,
            Err(refusal) if is_op => return op_26(refusal.why()),
            Err(refusal) => return Issued::refused(refusal),
        };
        let request = match self.application.request() {
            Ok(request) => request,
            Err(why) if is_op => return op_26(why),
            Err(why) => return Issued::refused(RequestRefusal::code(20, "content type not valid", why)),
        };
        let Some(sent) = self.state.code(&customer.key()) else {
            return Issued::refused(RequestRefusal::code(
                34,
                "contract not found",
                "no code was sent to this customer",
            ));
        };
        let used = key_sha256(&request);
        let checked = match self.dialect.family {
            BankFamily::Nordea => self.nordea_code(sent, customer, &request),
            BankFamily::Op => self.op_code(sent, customer, &request, &used),
            _ => self.samlink_code(sent),
        };
        match checked {
            Ok(None) => {
                let is_used = SandboxChange::Code(SentCode { used_for: Some(used.clone()), ..sent.clone() });
                match self.state.issued(&customer.key(), &used).map(|issued| self.again(issued)) {
                    // A new code for a request whose answer was lost.
                    Some(Ok(text)) => Issued { answer: Ok(text), changes: vec![is_used] },
                    Some(Err(error)) => Issued::refused(error.into()),
                    None => self.issue(customer, &request, None, vec![is_used]),
                }
            }
            // The same key again, at OP.
            Ok(Some(issued)) => match self.again(issued) {
                Ok(text) => Issued { answer: Ok(text), changes: Vec::new() },
                Err(error) => Issued::refused(error.into()),
            },
            Err((refusal, changed)) => Issued {
                answer: Err(refusal),
                changes: changed.map(|code| SandboxChange::Code(*code)).into_iter().collect(),
            },
        }
    }

    /// Nordea: the code is the key of a digest over the request.
    fn nordea_code(
        &self,
        sent: &SentCode,
        customer: &SandboxCustomer,
        request: &CertificateRequest,
    ) -> CodeExamination<'_> {
        let refusal = |code, text: &str, why: &str| (RequestRefusal::code(code, text, why), None);
        if sent.locked {
            return Err(refusal(14, "customer locked", "too many wrong codes were tried"));
        }
        let given = self.application.text("HMAC").map(|text| STANDARD.decode(text.trim()).unwrap_or_default());
        let Some(given) = given else {
            return Err(refusal(34, "mac error", "HMAC is missing: a first certificate is asked for with a code"));
        };
        if sent.used_for.is_some() || self.bank.scenario_ms() > sent.until_ms {
            return Err(refusal(34, "contract not found", "the activation code was used, or has ended"));
        }
        let expected = digest::hmac_sha1(sent.code.as_bytes(), request.der());
        if !digest::constant_time_eq(&expected, &given) {
            let failures = sent.failures + 1;
            let changed = SentCode { failures, locked: failures >= ATTEMPTS_MAX, ..sent.clone() };
            let why =
                format!("attempt {failures} of {ATTEMPTS_MAX}: the HMAC is not that of the code and this request");
            return Err((RequestRefusal::code(34, "mac error", why), Some(Box::new(changed))));
        }
        let value = |oid: &str| request.subject().get(oid).map(|attribute| attribute.value.as_str());
        if value(COMMON_NAME) != Some(&*customer.company) {
            // The registered name, so that a person can compare.
            return Err(refusal(33, &customer.company, "the common name is not the customer's registered name"));
        }
        if value(SUBJECT_SERIAL) != Some(&*customer.customer_id) {
            return Err(refusal(33, "serial number of the subject", "it is not the user's id"));
        }
        Ok(None)
    }

    /// OP: sixteen digits in the right order, for one key.
    fn op_code(
        &self,
        sent: &SentCode,
        customer: &SandboxCustomer,
        request: &CertificateRequest,
        used: &str,
    ) -> CodeExamination<'_> {
        let refusal = |code, text: &str, why: &str| (RequestRefusal::code(code, text, why), None);
        let given = self.application.text("TransferKey").unwrap_or_default();
        let name = request.subject();
        let value = |oid: &str| name.get(oid).map(|attribute| attribute.value.as_str());
        let is_subject =
            name.rdns.len() == 2 && value(COUNTRY) == Some("FI") && value(COMMON_NAME) == Some(&*customer.customer_id);
        if !is_subject {
            return Err(refusal(26, "technical error", "the name is not C=FI and the customer's id as CN"));
        }
        if sent.locked {
            return Err(refusal(30, "authentication failed", "the registration is locked: the operator unlocks it"));
        }
        if sent.is_swapped(given) {
            let changed = SentCode { locked: true, ..sent.clone() };
            let refused =
                RequestRefusal::code(30, "authentication failed", "the two blocks are in the wrong order: locked");
            return Err((refused, Some(Box::new(changed))));
        }
        if given != sent.code {
            let is_form = given.len() == 16 && given.bytes().all(|byte| byte.is_ascii_digit());
            return Err(match is_form {
                true => refusal(30, "authentication failed", "the transfer key is another one"),
                false => refusal(26, "technical error", "the transfer key does not have sixteen digits"),
            });
        }
        if self.bank.scenario_ms() > sent.until_ms {
            return Err(refusal(26, "technical error", "the transfer key has ended"));
        }
        match &sent.used_for {
            None => Ok(None),
            Some(earlier) if earlier == used => Ok(self.state.issued(&sent.key, used)),
            Some(_) => Err(refusal(30, "authentication failed", "the transfer key was used for another key")),
        }
    }

    /// The others: a transfer key that works once.
    fn samlink_code(&self, sent: &SentCode) -> CodeExamination<'_> {
        let given = self.application.text("TransferKey").unwrap_or_default();
        let is_good = given == sent.code && sent.used_for.is_none() && self.bank.scenario_ms() <= sent.until_ms;
        if is_good {
            return Ok(None);
        }
        let text = "Sopimuksen tarkistus epäonnistui, virhekoodi A00";
        Err((RequestRefusal::code(30, text, "the transfer key is not right, was used, or has ended"), None))
    }

    /// A further certificate, for the present one.
    fn next(&self) -> Result<(AnswerText, Vec<SandboxChange>), RequestRefusal> {
        let customer = self.customer()?;
        let request = self.application.request();
        let request = request.or_else(|why| refuse(20, "content type not valid", why))?;
        let Some(signer) = &self.application.signer else {
            return refuse(18, "content signature verification failed", "the document is not signed");
        };
        if !self.certificates.is_of_customer(&customer.customer_id, signer) {
            return refuse(30, "authentication failed", "the document's certificate was issued to another customer");
        }
        let (key, serial) = (customer.key(), signer.serial_hex());
        if let Some(same) = self.state.issued(&key, &key_sha256(&request)) {
            // The same request again: its answer was lost.
            return Ok((self.again(same)?, Vec::new()));
        }
        if is_replaced(self.dialect, self.state, customer, signer) {
            return refuse(19, "content certificate not valid", REPLACED);
        }
        if request.is_answered_by(signer) {
            return refuse(29, "invalid parameters", "the request is for the key of the present certificate");
        }
        let Issued { answer, changes } = self.issue(customer, &request, Some(serial), Vec::new());
        answer.map(|text| (text, changes))
    }

    fn issue(
        &self,
        customer: &SandboxCustomer,
        request: &CertificateRequest,
        signed_with: Option<String>,
        mut changes: Vec<SandboxChange>,
    ) -> Issued {
        let issued =
            self.certificates.issue(self.dialect, customer, (request, false), self.bank.message_s(), self.faults);
        match issued {
            Ok(certificate) => {
                changes.push(SandboxChange::Issued(CustomerCertificateRecord {
                    key: customer.key(),
                    key_sha256: key_sha256(request),
                    pem: certificate.to_pem(),
                    encryption_pem: None,
                    signed_with,
                }));
                Issued { answer: Ok(self.written([&certificate])), changes }
            }
            Err(error) => Issued::refused(error.into()),
        }
    }

    /// OP: the authorities of signers and customers.
    fn of_the_bank(&self) -> Result<(AnswerText, Vec<SandboxChange>), RequestRefusal> {
        self.customer()?;
        let all = [self.certificates.anchors(), self.certificates.intermediates()].concat();
        Ok((self.written(&all), Vec::new()))
    }

    /// The answer with a certificate that was issued before.
    fn again(&self, issued: &CustomerCertificateRecord) -> Result<AnswerText, Error> {
        let certificate = Certificate::from_pem(&issued.pem);
        let certificate = certificate.map_err(Error::internal)?;
        Ok(self.written([&certificate]))
    }

    /// The document of an answer with these certificates.
    fn written<'c>(&self, certificates: impl IntoIterator<Item = &'c Certificate>) -> AnswerText {
        let family = self.dialect.family;
        let one = |certificate: &Certificate| WrittenCertificate {
            name: match family {
                BankFamily::Nordea => String::new(),
                _ => certificate.subject().to_text(NameStyle::Rfc2253),
            },
            certificate: match family {
                // PEM in base64: base64 twice.
                BankFamily::Samlink => STANDARD.encode(certificate.to_pem()),
                _ => STANDARD.encode(certificate.der()),
            },
            certificate_format: if family == BankFamily::Samlink { "X509" } else { "X509v3" }.to_owned(),
        };
        let code = if family == BankFamily::Samlink { "0" } else { "00" };
        let answer = FileServiceAnswer::new(
            self.application.text("CustomerId").unwrap_or_default().to_owned(),
            Timestamp::from_ms(self.bank.message_s() * 1000),
            code.to_owned(),
            self.dialect.ok.to_owned(),
        );
        let certificates = certificates.into_iter().map(one).collect();
        AnswerText::new(WrittenCertificates { answer, certificates }, ElementStyle::PLAIN)
    }
}

/// SHA-256 of the key of a request, hex.
fn key_sha256(request: &CertificateRequest) -> String {
    digest::hex(&request.key().spki_sha256())
}

/// The result of checking a code: fine, fine and issued before, or a refusal with the code as it has changed.
type CodeExamination<'s> = Result<Option<&'s CustomerCertificateRecord>, (RequestRefusal, Option<Box<SentCode>>)>;
