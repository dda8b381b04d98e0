//! The checks of each operation that need the bank's state, and what follows.

use bankchannel_crypto::{
    digest,
    x509::{Certificate, CertificateRequest},
};
use bankchannel_foundation::{Error, model::Timestamp};
use bankchannel_sepa_web_services::request::CertificateCommand;

use super::{
    PkiRefusal,
    examination::{EXCEPTED, PkiDocument, PkiRequestHeader, REVOKE_ALL},
};
use crate::{
    certificate_service::codes::{CustomerCertificateRecord, PIN_ATTEMPTS_MAX, SentCode},
    chaos::BankFault,
    dialect::BankDialect,
    examination::{REPLACED, is_replaced},
    service::SandboxSepaBank,
    state::{CustomerStanding, Revocation, SandboxChange, SandboxCustomer, StateData},
};

/// The customer who is never authorised in the bank's test environment (§1.6).
const NOT_AUTHORISED: &str = "207161";
/// The PIN of the bank's test environment, which can be used again and again (§1.6).
const TEST_PIN: &str = "1234";
const TEST: &str = "customertest";
/// A certificate that ends within so many seconds expires soon.
const SOON_S: i64 = 60 * 86_400;

/// Elements of an answer, in their order: names and texts, or names and elements that are written already.
pub(super) type PkiElements = Vec<(&'static str, PkiValue)>;

/// What an element holds.
pub(super) enum PkiValue {
    Text(String),
    /// Elements, written.
    Inside(String),
}

/// A request, before the state.
pub(super) struct PkiHandling<'a> {
    pub(super) bank: &'a SandboxSepaBank,
    pub(super) dialect: &'static BankDialect,
    pub(super) header: &'a PkiRequestHeader,
    pub(super) document: &'a PkiDocument,
    pub(super) faults: &'a [BankFault],
}

/// A result, and what changes whatever it is: wrong PINs are counted.
type Handled = (Result<PkiElements, PkiRefusal>, Vec<SandboxChange>);

fn text(text: impl Into<String>) -> PkiValue {
    PkiValue::Text(text.into())
}

impl PkiHandling<'_> {
    /// Carries out a request.
    ///
    /// # Errors
    /// The refusal.
    pub(super) fn carry_out(&self) -> Result<PkiElements, PkiRefusal> {
        if self.document.command == CertificateCommand::GetBankCertificates {
            return self.of_the_bank();
        }
        self.bank.state.change::<_, Error>(|state| Ok(self.handled(state)))?
    }

    fn handled(&self, state: &StateData) -> Handled {
        let customer = match self.customer(state) {
            Ok(customer) => customer,
            Err(refusal) => return (Err(refusal), Vec::new()),
        };
        match self.document.command {
            CertificateCommand::RequestCertificate => self.first(state, customer),
            CertificateCommand::RenewCertificate => self.next(state, customer),
            CertificateCommand::RevokeCertificate => self.revoke(state, customer),
            _ => (self.listed(state, customer), Vec::new()),
        }
    }

    /// The bank's own certificates.
    fn of_the_bank(&self) -> Result<PkiElements, PkiRefusal> {
        let serial = self.document.text("BankRootCertificateSerialNo").unwrap_or_default().trim();
        let certificates = self.bank.certificates_of(self.dialect);
        let refused = || PkiRefusal::UnknownRoot(format!("no root of this bank has the serial number {serial}"));
        let found = certificates.under_root(serial).ok_or_else(refused)?;
        let encryption = found.encryption.as_ref().and_then(|recipient| recipient.certificate.as_ref());
        let encryption = encryption.ok_or_else(refused)?;
        Ok(vec![
            ("BankEncryptionCert", text(encryption.base64())),
            ("BankSigningCert", text(found.document.certificate.base64())),
            ("BankRootCert", text(found.root().base64())),
        ])
    }

    /// The customer of the request, who has signed it, if it is to be signed.
    fn customer<'s>(&self, state: &'s StateData) -> Result<&'s SandboxCustomer, PkiRefusal> {
        let id = self.document.text("CustomerId").unwrap_or_default();
        if id != self.header.customer_id {
            return Err(PkiRefusal::customer("CustomerId of the document is not that of the header"));
        }
        if id == NOT_AUTHORISED {
            return Err(PkiRefusal::customer("this customer is not authorised"));
        }
        let found = state.customer(self.dialect.name(), id);
        let found = found.ok_or_else(|| PkiRefusal::customer("no customer has this id"))?;
        if found.standing != CustomerStanding::Active || found.contract != CustomerStanding::Active {
            return Err(PkiRefusal::customer("the customer is locked or has ended"));
        }
        if let Some(signer) = &self.document.signer {
            if !self.bank.certificates_of(self.dialect).is_of_customer(id, signer) {
                return Err(PkiRefusal::customer("the certificate was issued to another customer"));
            }
            if is_replaced(self.dialect, state, found, signer) {
                return Err(PkiRefusal::customer(REPLACED));
            }
        }
        Ok(found)
    }

    /// The two requests for certificates.
    fn requests(&self) -> Result<(CertificateRequest, CertificateRequest), PkiRefusal> {
        let encryption = self.document.request("EncryptionCertPKCS10")?;
        let signing = self.document.request("SigningCertPKCS10")?;
        if signing.key().spki_der() == encryption.key().spki_der() {
            return Err(PkiRefusal::request("both requests are for the same key"));
        }
        if [&signing, &encryption].into_iter().any(|request| request.key().bits() < 2048) {
            return Err(PkiRefusal::request("a key has fewer than 2048 bits"));
        }
        Ok((signing, encryption))
    }

    /// First certificates, for a PIN. A wrong one is counted.
    fn first(&self, state: &StateData, customer: &SandboxCustomer) -> Handled {
        let refused = |why: &str| (Err(PkiRefusal::customer(why)), Vec::new());
        let pin = self.document.text("PIN").unwrap_or_default();
        let key = customer.key();
        if self.header.environment == TEST {
            if pin != TEST_PIN {
                return refused("the PIN of the test environment is another one");
            }
            return match self.requests() {
                Ok((signing, encryption)) => self.issued(state, customer, (&signing, &encryption), None, Vec::new()),
                Err(refusal) => (Err(refusal), Vec::new()),
            };
        }
        let Some(sent) = state.code(&key) else { return refused("no PIN was sent to this customer") };
        if sent.locked {
            return refused("too many wrong PINs were tried");
        }
        if pin != sent.code {
            let failures = sent.failures + 1;
            let changed = SentCode { failures, locked: failures >= PIN_ATTEMPTS_MAX, ..sent.clone() };
            let why = format!("attempt {failures} of {PIN_ATTEMPTS_MAX}: the PIN is another one");
            return (Err(PkiRefusal::customer(why)), vec![SandboxChange::Code(changed)]);
        }
        if sent.used_for.is_some() || self.bank.scenario_ms() > sent.until_ms {
            return refused("the PIN was used, or has ended");
        }
        // The PIN first: a request that is not right does not use up one that is.
        let (signing, encryption) = match self.requests() {
            Ok(requests) => requests,
            Err(refusal) => return (Err(refusal), Vec::new()),
        };
        let used_for = Some(key_sha256(&signing));
        let is_used = SandboxChange::Code(SentCode { used_for, ..sent.clone() });
        self.issued(state, customer, (&signing, &encryption), None, vec![is_used])
    }

    /// Further certificates, for the present one.
    fn next(&self, state: &StateData, customer: &SandboxCustomer) -> Handled {
        let (signing, encryption) = match self.requests() {
            Ok(requests) => requests,
            Err(refusal) => return (Err(refusal), Vec::new()),
        };
        let signer = self.document.signer.as_ref();
        if signer.is_some_and(|signer| signing.is_answered_by(signer)) {
            let why = "the request is for the key of the present certificate";
            return (Err(PkiRefusal::request(why)), Vec::new());
        }
        self.issued(state, customer, (&signing, &encryption), signer.map(Certificate::serial_hex), Vec::new())
    }

    /// Issues certificates, or gives those that were issued for the same keys.
    fn issued(
        &self,
        state: &StateData,
        customer: &SandboxCustomer,
        (signing, encryption): (&CertificateRequest, &CertificateRequest),
        signed_with: Option<String>,
        mut changes: Vec<SandboxChange>,
    ) -> Handled {
        let (key, key_sha256) = (customer.key(), key_sha256(signing));
        if let Some(same) = state.issued(&key, &key_sha256) {
            return (self.written(same), changes);
        }
        let certificates = self.bank.certificates_of(self.dialect);
        let issue = |request, decrypts| {
            let now_s = self.bank.message_s();
            certificates.issue(self.dialect, customer, (request, decrypts), now_s, self.faults)
        };
        let pair = issue(signing, false).and_then(|signing| Ok((signing, issue(encryption, true)?)));
        let (signing, encryption) = match pair {
            Ok(pair) => pair,
            Err(error) => return (Err(error.into()), Vec::new()),
        };
        let record = CustomerCertificateRecord {
            key,
            key_sha256,
            pem: signing.to_pem(),
            encryption_pem: Some(encryption.to_pem()),
            signed_with,
        };
        let written = self.written(&record);
        changes.push(SandboxChange::Issued(record));
        (written, changes)
    }

    /// The elements with certificates that were issued.
    fn written(&self, issued: &CustomerCertificateRecord) -> Result<PkiElements, PkiRefusal> {
        let read = |pem: &str| Certificate::from_pem(pem).map_err(Error::internal);
        let encryption = read(issued.encryption_pem.as_deref().unwrap_or_default())?;
        let signing = read(&issued.pem)?;
        let all = self.bank.certificates_of(self.dialect).intermediates();
        let issuer = all.iter().find(|one| signing.is_issued_by(one));
        let issuer = issuer.ok_or_else(|| Error::internal("the issuer of a certificate is not known"))?;
        Ok(vec![
            ("EncryptionCert", text(encryption.base64())),
            ("SigningCert", text(signing.base64())),
            ("CACert", text(issuer.base64())),
        ])
    }

    /// All certificates of a customer, each with the one that was issued with it: is it one that signs, itself, the other one.
    fn all_of(
        &self,
        state: &StateData,
        customer: &SandboxCustomer,
    ) -> Result<Vec<(bool, Certificate, Certificate)>, PkiRefusal> {
        let read = |pem: &str| Certificate::from_pem(pem).map_err(Error::internal);
        let (signing, encryption) = self.bank.certificates_of(self.dialect).of_the_beginning(customer)?;
        let mut pairs: Vec<(Certificate, Certificate)> =
            encryption.map(|encryption| (signing, encryption)).into_iter().collect();
        let key = customer.key();
        for one in state.all_issued().iter().filter(|one| one.key == key) {
            if let Some(encryption) = &one.encryption_pem {
                pairs.push((read(&one.pem)?, read(encryption)?));
            }
        }
        let both = |(signing, encryption): (Certificate, Certificate)| {
            [(true, signing.clone(), encryption.clone()), (false, encryption, signing)]
        };
        Ok(pairs.into_iter().flat_map(both).collect())
    }

    /// How the customer's certificates stand: all of them, or those that are named.
    fn listed(&self, state: &StateData, customer: &SandboxCustomer) -> Result<PkiElements, PkiRefusal> {
        let all = self.all_of(state, customer)?;
        let wanted: Vec<&str> = self.document.texts("CertificateSerialNo").collect();
        let serials: Vec<String> = all.iter().map(|(_, one, _)| one.serial_decimal()).collect();
        if let Some(unknown) = wanted.iter().find(|serial| !serials.iter().any(|known| known == *serial)) {
            return Err(PkiRefusal::customer(format!(
                "no certificate of this customer has the serial number {unknown}"
            )));
        }
        let now_s = self.bank.message_s();
        let mut elements = PkiElements::new();
        for (signs, certificate, other) in all {
            let serial = certificate.serial_decimal();
            if !wanted.is_empty() && !wanted.contains(&&*serial) {
                continue;
            }
            let ends = certificate.not_after_s();
            let expiry = format!(" expiryDate=\"{}\"", instant(ends));
            let status = match state.revocation(&customer.key(), &certificate.serial_hex()) {
                Some(Revocation { at_s, reason }) => {
                    let reason = reason.map(|reason| format!(" CRLReason=\"{reason}\"")).unwrap_or_default();
                    format!("<tns:revoked revocationDate=\"{}\"{reason}/>", instant(at_s))
                }
                None if ends < now_s => format!("<tns:expired{expiry}/>"),
                None if ends - now_s < SOON_S => format!("<tns:expires_soon{expiry}/>"),
                None => format!("<tns:good{expiry}/>"),
            };
            let kind = if signs { "signing" } else { "encryption" };
            let inside = format!(
                "<tns:CertificateSerialNo>{serial}</tns:CertificateSerialNo><tns:CertificateType>{kind}</tns:CertificateType>\
                 <tns:MatchingCertificateSerialNo>{}</tns:MatchingCertificateSerialNo><tns:Status>{status}</tns:Status>",
                other.serial_decimal()
            );
            elements.push(("CertificateStatus", PkiValue::Inside(inside)));
        }
        if !wanted.is_empty() {
            elements.push(("Timestamp", text(instant(now_s))));
        }
        Ok(elements)
    }

    /// Revokes the certificates that are named, or all others, each with the one that was issued with it.
    fn revoke(&self, state: &StateData, customer: &SandboxCustomer) -> Handled {
        let all = match self.all_of(state, customer) {
            Ok(all) => all,
            Err(refusal) => return (Err(refusal), Vec::new()),
        };
        let (at_s, mut changes, mut elements) = (self.bank.message_s(), Vec::new(), PkiElements::new());
        let reason = self.document.text("CRLReason").and_then(|text| text.trim().parse().ok());
        let named: Vec<&str> =
            self.document.texts("CertificateSerialNo").chain(self.document.texts(EXCEPTED)).collect();
        if let Some(unknown) =
            named.iter().find(|serial| !all.iter().any(|(_, one, _)| one.serial_decimal() == **serial))
        {
            let why = format!("no certificate of this customer has the serial number {unknown}");
            return (Err(PkiRefusal::customer(why)), Vec::new());
        }
        let is_named = |one: &Certificate| named.contains(&&*one.serial_decimal());
        // Each pair stands there twice, by either of its certificates.
        let wanted = all.iter().filter(|(signs, one, other)| match self.document.text(REVOKE_ALL) {
            Some(_) => *signs && !is_named(one) && !is_named(other),
            None => is_named(one),
        });
        for (_, one, other) in wanted {
            for certificate in [one, other] {
                let (key, serial) = (customer.key(), certificate.serial_hex());
                if state.revocation(&key, &serial).is_none() {
                    changes.push(SandboxChange::Revoked { key, serial, revocation: Revocation { at_s, reason } });
                }
                elements.push(("CertificateSerialNo", text(certificate.serial_decimal())));
            }
        }
        if elements.is_empty() {
            // The schema's answer names at least one.
            return (Err(PkiRefusal::customer("all certificates are excepted")), Vec::new());
        }
        elements.push(("RevocationTime", text(instant(at_s))));
        (Ok(elements), changes)
    }
}

/// SHA-256 of the key of a request, hex.
fn key_sha256(request: &CertificateRequest) -> String {
    digest::hex(&request.key().spki_sha256())
}

fn instant(at_s: i64) -> String {
    Timestamp::from_ms(at_s * 1000).as_str().to_owned()
}
