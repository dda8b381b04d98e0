//! Keeps a pair that was made elsewhere, so that it renews itself (§6).

use bankchannel_crypto::{rsa::RsaPrivateKey, x509::Certificate};
use bankchannel_foundation::{Result, prelude::*};
use bankchannel_renewal::{CertificateSet, KnownPair};
use bankchannel_sepa_web_services::errors;

use super::{Flow, certificate_status::CertificateStatusResponse, certificates_flow, channel::FileFlowSteps};
use crate::{CallOptions, sepa_web_services::SepaWebServices};

/// The pair.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ImportBankCertificateRequest {
    /// The certificate as PEM text.
    pub certificate: String,
    /// Its private key as PEM text: PKCS#8 or PKCS#1.
    pub private_key: Secret,
    /// The certificate of the key that decrypts, as PEM text, at banks that encrypt (Danske).
    pub encryption_certificate: Option<String>,
    /// The private key that decrypts as PEM text.
    pub encryption_private_key: Option<Secret>,
    /// The passphrase of these keys, if they are encrypted. In `identity_dir` they are kept under the client's own passphrase.
    pub passphrase: Option<Secret>,
}

/// The pair is kept.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ImportBankCertificateResponse {
    /// How it stands now.
    pub status: CertificateStatusResponse,
}

/// Keep a certificate and its key, which another program has used so far, in `identity_dir`: from then on `renew` renews it.
///
/// Nothing is sent. Stop the other program, or it renews too, and at Nordea ends this certificate.
#[derive(Debug, Operation)]
#[operation(ImportBankCertificateRequest => ImportBankCertificateResponse)]
#[declaration(..certificates_flow("sepa_web_services.import_certificate"))]
#[errors(errors::{IDENTITY_BUSY, ALREADY_ENROLLED, CERTIFICATE_UNUSABLE, KEY_UNUSABLE})]
pub struct ImportBankCertificate;

impl Flow<SepaWebServices> for ImportBankCertificate {
    async fn run(
        client: &SepaWebServices,
        request: ImportBankCertificateRequest,
        options: &CallOptions,
    ) -> Result<ImportBankCertificateResponse> {
        let steps = FileFlowSteps::begin(client, options)?;
        let (identity, now_s) = (client.sender()?.identity()?.clone(), client.now_s());
        let decrypts = client.sender()?.rules_of_renewal().decrypts;
        let kept = steps.work(move || {
            let imported = read(&request, decrypts, now_s)?;
            let mut held = identity.hold()?;
            held.check_passphrase()?;
            let mut life = held.life().clone();
            let is_there = life.usable(now_s).is_some() || life.awaited(now_s).is_some();
            if life.attempt.is_some() || life.switching.is_some() || is_there {
                return Err(Error::new(&errors::ALREADY_ENROLLED));
            }
            // One that has ended makes room. The state is there before the pair: a kill in between leaves no certificate
            // without a state.
            life.retire_ended(now_s);
            held.commit(life.clone())?;
            let (keys, certificates) = ((&imported.key, imported.encryption_key.as_ref()), &imported.certificates);
            let pair = KnownPair::new(held.add_pair(keys, certificates)?, certificates);
            life.adopt(pair).map_err(|_| Error::new(&errors::ALREADY_ENROLLED))?;
            held.commit(life)
        });
        kept.await?;
        let status = CertificateStatusResponse::read(client, options).await?;
        Ok(ImportBankCertificateResponse { status })
    }
}

/// Keys and certificates that belong together.
struct CustomerImportPair {
    key: RsaPrivateKey,
    encryption_key: Option<RsaPrivateKey>,
    certificates: CertificateSet,
}

/// The pair of a request, or both, each fit for its use.
fn read(request: &ImportBankCertificateRequest, decrypts: bool, now_s: i64) -> Result<CustomerImportPair> {
    let passphrase = request.passphrase.as_ref().map(Secret::expose);
    let pair = |(field, certificate): (&str, &str), (key_field, key): (&str, &Secret), why: WhyUnfit| {
        let unfit = |why: String| Error::because(&errors::CERTIFICATE_UNUSABLE, why).with("field", field);
        let certificate = Certificate::from_pem(certificate).map_err(|fault| unfit(fault.to_string()))?;
        if let Some(why) = why(&certificate, now_s) {
            return Err(unfit(format!("the certificate {} {why}", certificate.serial_hex())));
        }
        let unusable = |why: String| Error::because(&errors::KEY_UNUSABLE, why).with("field", key_field);
        let key = RsaPrivateKey::from_pem_under(key.expose(), passphrase);
        let key = key.map_err(|fault| unusable(fault.to_string()))?;
        if !certificate.matches_private_key(&key) {
            return Err(unusable("the key does not belong to the certificate".to_owned()));
        }
        Ok((certificate, key))
    };
    let (certificate, private_key) = (("certificate", &*request.certificate), ("private_key", &request.private_key));
    let (signing, key) = pair(certificate, private_key, Certificate::why_unfit_to_sign)?;
    let encryption = match (&request.encryption_certificate, &request.encryption_private_key) {
        (None, None) if decrypts => {
            let text = "encryption_certificate is missing: this bank encrypts its answers for it";
            return Err(Error::missing_field("encryption_certificate", text));
        }
        (None, None) => None,
        (Some(_), None) => {
            let text = "encryption_private_key is missing: it goes with encryption_certificate";
            return Err(Error::missing_field("encryption_private_key", text));
        }
        (None, Some(_)) => {
            let text = "encryption_certificate is missing: it goes with encryption_private_key";
            return Err(Error::missing_field("encryption_certificate", text));
        }
        (Some(certificate), Some(key)) => Some(pair(
            ("encryption_certificate", certificate),
            ("encryption_private_key", key),
            Certificate::why_unfit_to_encrypt,
        )?),
    };
    let (encryption, encryption_key) = encryption.unzip();
    Ok(CustomerImportPair { key, encryption_key, certificates: CertificateSet { signing, encryption } })
}

/// Why a certificate is not fit for its use.
type WhyUnfit = fn(&Certificate, i64) -> Option<&'static str>;
