//! How a bank's certificates are asked for: the form of its codes, and the names that it wants.

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    x509::{CertificateRequest, DistinguishedName, SubjectAttribute},
};
use bankchannel_foundation::{CallOutcome, Error, Secret, model::Boundary};

use super::ChannelProfile;
use crate::request::CertificateCommand;

/// The form of the code with which a bank gives a first certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum BankCodeForm {
    /// Ten digits, which prove themselves in a digest and are not sent.
    #[boundary("activation_code")]
    ActivationCode,
    /// Sixteen digits, the last one a check digit: eight of the agreement, then eight that come apart.
    #[boundary("transfer_key_16")]
    TransferKey16,
    /// Letters and digits, at most 32.
    #[boundary("transfer_key")]
    TransferKey,
    /// A PIN: letters and digits, at most 10.
    #[boundary("pin")]
    Pin,
}

/// A part of the name in requests for certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum CertificateNamePart {
    /// The country (C).
    #[boundary("country")]
    Country,
    /// The organisation (O).
    #[boundary("organization")]
    Organization,
    /// The common name (CN).
    #[boundary("common_name")]
    CommonName,
    /// The surname (SN).
    #[boundary("surname")]
    Surname,
    /// The serial number of the subject.
    #[boundary("serial_number")]
    SerialNumber,
}

impl From<CertificateNamePart> for SubjectAttribute {
    fn from(part: CertificateNamePart) -> Self {
        match part {
            CertificateNamePart::Country => Self::Country,
            CertificateNamePart::Organization => Self::Organization,
            CertificateNamePart::CommonName => Self::CommonName,
            CertificateNamePart::Surname => Self::Surname,
            CertificateNamePart::SerialNumber => Self::SerialNumber,
        }
    }
}

/// One part of a name, and its value.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct CertificateNameRule {
    /// The part.
    pub part: CertificateNamePart,
    /// Its value: `{customer_id}` and `{company}` stand for the customer's id and name.
    pub value: String,
}

impl ChannelProfile {
    /// Whether the bank's certificate service has this operation.
    #[must_use]
    pub fn offers(&self, command: CertificateCommand) -> bool {
        self.certificate_operations.as_ref().is_some_and(|offered| offered.contains(&command))
    }

    /// The same as a check.
    ///
    /// # Errors
    /// `sepa_web_services.not_offered`.
    pub fn check_offered(&self, command: CertificateCommand) -> Result<(), Error> {
        if self.offers(command) {
            return Ok(());
        }
        let bank = self.bank_name().unwrap_or("this bank");
        let text = format!("{bank} does not offer {} to programs", command.name());
        Err(Error::because(&crate::errors::NOT_OFFERED, text))
    }

    /// A request for a certificate of this customer's key, with the name that the bank wants.
    ///
    /// # Errors
    /// Those of [`certificate_name`](Self::certificate_name); `input.invalid_field` for a `company` that no name can have.
    pub fn certificate_request(
        &self,
        customer_id: &str,
        company: Option<&str>,
        key: &RsaPrivateKey,
    ) -> Result<CertificateRequest, Error> {
        let name = self.certificate_name(customer_id, company)?;
        let parts: Vec<_> = name.iter().map(|(part, value)| (*part, value.as_str())).collect();
        CertificateRequest::make(&parts, key)
            .map_err(|fault| Error::invalid_field("company", format!("does not fit into a certificate: {fault}")))
    }

    /// The name in a request for a certificate of this customer.
    ///
    /// # Errors
    /// `input.missing_field` for `company` if the bank wants it; `sepa_web_services.not_offered` if the profile has no
    /// rule.
    pub fn certificate_name(
        &self,
        customer_id: &str,
        company: Option<&str>,
    ) -> Result<Vec<(SubjectAttribute, String)>, Error> {
        let Some(rules) = self.certificate_subject.as_ref().filter(|rules| !rules.is_empty()) else {
            let bank = self.bank_name().unwrap_or("this bank");
            let why =
                format!("the profile of {bank} does not say which name its certificates have: certificate_subject");
            return Err(Error::because(&crate::errors::NOT_OFFERED, why));
        };
        let value = |rule: &CertificateNameRule| {
            let value = rule.value.replace("{customer_id}", customer_id);
            if !value.contains("{company}") {
                return Ok((rule.part.into(), value));
            }
            let company = company.ok_or_else(|| {
                let why =
                    "company is missing: the bank wants the company's name, as in the agreement, in the certificate. \
                     It is a field of enrol, and a setting";
                Error::missing_field("company", why)
            })?;
            Ok((rule.part.into(), value.replace("{company}", company)))
        };
        rules.iter().map(value).collect()
    }

    /// The company's name in the name of a certificate or a request, if the bank wants it there.
    #[must_use]
    pub fn company_in(&self, name: &DistinguishedName) -> Option<String> {
        let mut rules = self.certificate_subject.iter().flatten();
        let rule = rules.find(|rule| rule.value == "{company}")?;
        let found = name.get(SubjectAttribute::from(rule.part).oid())?;
        Some(found.value.clone()).filter(|value| !value.is_empty())
    }

    /// Whether a code has the form of this bank's, before it is spent. Blanks do not count.
    ///
    /// # Errors
    /// `input.invalid_field` for `code`; the code is not repeated.
    pub fn checked_code(&self, code: &Secret) -> Result<Secret, Error> {
        let bare: String = code.expose().chars().filter(|one| !one.is_whitespace() && *one != '-').collect();
        let is_number = bare.bytes().all(|byte| byte.is_ascii_digit());
        let refused = |why: &str| Err(Error::invalid_field("code", why).with_outcome(CallOutcome::NotSent));
        match self.certificate_code {
            Some(BankCodeForm::ActivationCode) if !is_number || bare.len() != 10 => {
                refused("must be the ten digits that the bank has sent to the administrator's phone")
            }
            Some(BankCodeForm::TransferKey16) if !is_number || bare.len() != 16 => refused(
                "must be sixteen digits: the eight of the agreement first, then the eight that the bank has sent apart",
            ),
            Some(BankCodeForm::TransferKey16) if !has_check_digit(&bare) => refused(
                "has a digit that is not right: the last one does not fit the others. It must be the eight digits of the \
                 agreement first, then the eight that the bank has sent apart",
            ),
            Some(BankCodeForm::Pin) if bare.len() > 10 => {
                refused("must be the PIN of the bank's letter: at most ten characters")
            }
            _ if bare.is_empty() || bare.len() > 32 || !bare.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                refused("must be 1 to 32 letters and digits")
            }
            _ => Ok(Secret::new(bare)),
        }
    }
}

/// Whether the last digit is the check digit of the others (Luhn). It does not see two blocks in the wrong order.
fn has_check_digit(digits: &str) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let values = digits.bytes().rev().map(|byte| u32::from(byte - b'0')).enumerate();
    values.map(|(at, digit)| if at % 2 == 1 { doubled(digit) } else { digit }).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::named;
    use super::*;

    #[test]
    fn t48_codes_are_checked_before_they_are_spent() {
        let check = |bank: &str, code: &str| named(bank).unwrap().checked_code(&Secret::new(code.to_owned()));
        for (bank, code) in [
            ("nordea", "1234567890"),
            ("nordea", "12345 67890"),
            ("op", "9026173400582314"),
            ("op", "9026 1734 0058 2314"),
            // The two blocks the wrong way round: the check digit cannot tell.
            ("op", "0058231490261734"),
            ("pop", "123456789012345678901"),
        ] {
            assert!(check(bank, code).is_ok(), "{bank} {code}");
        }
        for (bank, code, why) in [
            ("nordea", "123456789", "ten digits"),
            ("nordea", "12345678901", "ten digits"),
            ("op", "9026173400582315", "eight digits of the agreement first"),
            ("op", "902617340058231", "sixteen digits: the eight of the agreement first"),
            ("pop", "", "1 to 32"),
            ("pop", "a<b", "1 to 32"),
        ] {
            let error = check(bank, code).unwrap_err();
            assert_eq!((error.code(), error.detail("field")), ("input.invalid_field", Some("code")), "{bank}");
            assert!(error.message().contains(why), "{error}");
            assert!(code.is_empty() || !format!("{error:?}").contains(code), "the code is not repeated: {error:?}");
        }
    }

    #[test]
    fn t54_each_bank_has_its_names() {
        use SubjectAttribute::{CommonName, Country, SerialNumber};
        let name = |bank: &str, company| named(bank).unwrap().certificate_name("7700112233", company);
        let text = |text: &str| text.to_owned();
        assert_eq!(
            name("nordea", Some("ESIMERKKI OY")).unwrap(),
            [(Country, text("FI")), (CommonName, text("ESIMERKKI OY")), (SerialNumber, text("7700112233"))]
        );
        assert_eq!(name("op", None).unwrap(), [(Country, text("FI")), (CommonName, text("7700112233"))]);
        assert_eq!(name("saastopankki", None).unwrap(), [(CommonName, text("7700112233"))]);
        assert_eq!(name("nordea", None).unwrap_err().detail("field"), Some("company"));
    }
}
