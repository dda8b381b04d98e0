//! Makes a key and the request for its certificate (§5.7).

use bankchannel_crypto::rsa::RsaPrivateKey;
use bankchannel_foundation::prelude::*;

use crate::{
    errors, operations,
    profile::{self, ChannelProfile},
};

/// Whose certificate it will be.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct MakeCertificateRequestRequest {
    /// The bank's profile, such as `op`. Give this or `profile`.
    pub bank: Option<String>,
    /// A profile of your own.
    pub profile: Option<ChannelProfile>,
    /// The customer's id at the bank, at most 16 characters; at Nordea the user's.
    pub customer_id: String,
    /// The company's name, as it stands in the agreement, letter by letter. Nordea wants it.
    pub company: Option<String>,
    /// The private key, RSA of 2048 bits or more as PEM text, if there is one already. Default: a new one of 2048 bits.
    pub private_key: Option<Secret>,
}

/// The request and its key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct MakeCertificateRequestResponse {
    /// The request, PKCS#10 as PEM text, signed with SHA-256.
    pub certificate_request: String,
    /// The private key, PKCS#8 as PEM text, not encrypted. Store it before the request is sent.
    pub private_key: Secret,
    /// The name in the request, as RFC 2253 writes it.
    pub subject: String,
}

/// Make a key and the request for its certificate, with the name that the bank wants.
///
/// Nothing is sent or stored. Store the private key, then give the request to `request_certificate` or
/// `renew_certificate`.
#[derive(Debug, Operation)]
#[operation(MakeCertificateRequestRequest => MakeCertificateRequestResponse)]
#[declaration(..operations::local("sepa_web_services.make_certificate_request", "certificates"))]
#[errors(errors::{UNKNOWN_PROFILE, KEY_UNUSABLE, NOT_OFFERED})]
pub struct MakeCertificateRequest;

impl Local for MakeCertificateRequest {
    fn run(
        asked: MakeCertificateRequestRequest,
        _with: LocalContext<'_>,
    ) -> Result<MakeCertificateRequestResponse, Error> {
        let profile = match (asked.bank, asked.profile) {
            (Some(_), Some(_)) => return Err(Error::invalid_field("profile", "cannot be given together with bank")),
            (Some(name), None) => profile::named(&name)?.clone(),
            (None, Some(own)) => own.resolved()?,
            (None, None) => {
                let why = "bank is missing: it says which name the certificate will have";
                return Err(Error::missing_field("bank", why));
            }
        };
        let length = asked.customer_id.chars().count();
        if !(1..=16).contains(&length) || asked.customer_id.chars().any(char::is_control) {
            return Err(Error::invalid_field("customer_id", "must have 1 to 16 characters"));
        }
        // Before a key is made.
        profile.certificate_name(&asked.customer_id, asked.company.as_deref())?;
        let key = match &asked.private_key {
            Some(pem) => RsaPrivateKey::from_pem(pem.expose()).map_err(|fault| {
                Error::because(&errors::KEY_UNUSABLE, fault.to_string()).with("field", "private_key")
            })?,
            None => RsaPrivateKey::generate(2048).map_err(Error::internal)?,
        };
        let made = profile.certificate_request(&asked.customer_id, asked.company.as_deref(), &key)?;
        Ok(MakeCertificateRequestResponse {
            certificate_request: made.to_pem(),
            private_key: Secret::new(key.to_pkcs8_pem().to_string()),
            subject: made.subject().to_text(bankchannel_crypto::x509::NameStyle::Rfc2253),
        })
    }
}
