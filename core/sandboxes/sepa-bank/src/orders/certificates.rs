//! Orders about certificates and the time that they go by.

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, Timestamp},
    operation::HostedForm,
};
use bankchannel_server::{orders::PlainOrder, server_orders};

use super::{LONGEST_S, known_family};
use crate::{
    certificate_service::codes::CustomerCertificateRecord,
    certificates::{RevokedOfBank, RolledOver},
    dialect::REVOCATION_LIST,
    service::SandboxSepaBank,
};

server_orders! {
    /// Orders about certificates.
    pub static CERTIFICATE_ORDERS: SandboxSepaBank, "sepa-bank";

    /// List the certificates that the certificate services have issued.
    ///
    /// Those of all families, oldest first.
    ListIssued("sepa_bank.certificates", HostedForm { writes_nulls: true, ..HostedForm::at("certificates") }):
        PlainOrder => IssuedCertificates, blocking SandboxSepaBank::list_issued;

    /// Replace certificates of the bank.
    ///
    /// The old ones sign beside the new ones for the time of the overlap.
    RollOver("sepa_bank.rollover", HostedForm::at("rollover")):
        RolloverOrder => NewBankCertificates, blocking SandboxSepaBank::roll_over;

    /// Revoke certificates of the bank.
    ///
    /// The revocation list names them from then on; the bank uses them all the same, as somebody does who has its key.
    RevokeOfBank("sepa_bank.revoke", HostedForm::at("revoke")):
        RevocationOrder => RevokedBankCertificates, blocking SandboxSepaBank::revoke_of_bank;

    /// Move the time in messages and of certificates.
    ///
    /// The time of files moves with it.
    MoveTime("sepa_bank.time", HostedForm::at("time")): TimeOrder => MovedTime, blocking SandboxSepaBank::move_time;
}

/// The certificates that were issued.
#[derive(Boundary)]
#[non_exhaustive]
pub struct IssuedCertificates {
    /// The certificates, oldest first.
    pub certificates: Vec<ListedIssuedCertificate>,
}

/// A certificate that was issued.
#[derive(Boundary)]
#[non_exhaustive]
pub struct ListedIssuedCertificate {
    /// The bank's family.
    pub family: String,
    /// The customer.
    pub customer_id: String,
    /// The SHA-256 of the certified key, in hex.
    pub key_sha256: String,
    /// The certificate, PEM.
    pub certificate: String,
    /// The certificate of the key that decrypts, issued with it, PEM; absent at banks that do not encrypt.
    pub encryption_certificate: Option<String>,
    /// The serial number, in hex, of the certificate that has signed the request; absent for a first one.
    pub signed_with: Option<String>,
}

/// Which certificates of the bank are replaced.
#[derive(Boundary)]
#[non_exhaustive]
pub struct RolloverOrder {
    /// The bank's family.
    pub family: String,
    /// The kind of certificate to replace, with all that is below it.
    pub what: RolledOver,
    /// Seconds for which the old ones sign, too. Default: 0.
    pub overlap: Option<i64>,
}

/// The bank's new certificates.
#[derive(Boundary)]
#[non_exhaustive]
pub struct NewBankCertificates {
    /// The present root, a PEM file.
    pub root_file: String,
    /// All roots that the bank has had, a PEM file: the `anchors_file` for clients.
    pub anchors_file: String,
}

/// Which certificates of the bank are revoked.
#[derive(Boundary)]
#[non_exhaustive]
pub struct RevocationOrder {
    /// The bank's family.
    pub family: String,
    /// The kind of certificate.
    pub what: RevokedOfBank,
}

/// Where the revocation list is.
#[derive(Boundary)]
#[non_exhaustive]
pub struct RevokedBankCertificates {
    /// The `crl_url` for clients, without the bank's origin.
    pub crl_path: String,
}

/// How far the time moves.
#[derive(Boundary)]
#[non_exhaustive]
pub struct TimeOrder {
    /// Seconds; less than 0 moves it back.
    pub advance_s: i64,
}

/// The time after it was moved.
#[derive(Boundary)]
#[non_exhaustive]
pub struct MovedTime {
    /// The time in messages.
    pub now: Timestamp,
}

impl SandboxSepaBank {
    fn list_issued(&self, _: PlainOrder) -> Result<IssuedCertificates> {
        let listed = |one: &CustomerCertificateRecord| {
            let (family, customer_id) = one.key.split_once('/').unwrap_or_default();
            ListedIssuedCertificate {
                family: family.to_owned(),
                customer_id: customer_id.to_owned(),
                key_sha256: one.key_sha256.clone(),
                certificate: one.pem.clone(),
                encryption_certificate: one.encryption_pem.clone(),
                signed_with: one.signed_with.clone(),
            }
        };
        Ok(self
            .state
            .read(|state| IssuedCertificates { certificates: state.all_issued().iter().map(listed).collect() }))
    }

    fn roll_over(&self, order: RolloverOrder) -> Result<NewBankCertificates> {
        let certificates = self.certificates_of(known_family(&order.family)?);
        let overlap_s = order.overlap.unwrap_or_default();
        if !(0..=LONGEST_S).contains(&overlap_s) {
            return Err(Error::invalid_field("overlap", "must be a number of seconds"));
        }
        let root_file = certificates.roll_over(order.what, self.message_s(), overlap_s)?;
        Ok(NewBankCertificates {
            root_file: root_file.display().to_string(),
            anchors_file: certificates.anchors_file.display().to_string(),
        })
    }

    fn revoke_of_bank(&self, order: RevocationOrder) -> Result<RevokedBankCertificates> {
        let dialect = known_family(&order.family)?;
        self.certificates_of(dialect).revoke(order.what, self.message_s())?;
        Ok(RevokedBankCertificates { crl_path: format!("{}{REVOCATION_LIST}", dialect.path) })
    }

    fn move_time(&self, order: TimeOrder) -> Result<MovedTime> {
        if order.advance_s.abs() > LONGEST_S {
            return Err(Error::invalid_field("advance_s", "must be a number of seconds"));
        }
        let by_ms = order.advance_s * 1000;
        self.message_clock.advance_ms(by_ms);
        self.scenario_clock.advance_ms(by_ms);
        Ok(MovedTime { now: Timestamp::from_ms(self.message_s() * 1000) })
    }
}
