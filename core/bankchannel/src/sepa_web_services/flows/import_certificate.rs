//! Keeps a pair that was made elsewhere, so that it renews itself (§6).

use bankchannel_crypto::{rsa::RsaPrivateKey, x509::Certificate};
use bankchannel_foundation::{Result, prelude::*};
use bankchannel_renewal::KnownPair;
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
    /// The passphrase of that key, if it is encrypted. In `identity_dir` it is kept under the client's own passphrase.
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
        let kept = steps.work(move || {
            let (certificate, key) = read(&request, now_s)?;
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
            let pair = KnownPair::new(held.add_pair(&key, &certificate)?, &certificate);
            life.adopt(pair).map_err(|_| Error::new(&errors::ALREADY_ENROLLED))?;
            held.commit(life)
        });
        kept.await?;
        let status = CertificateStatusResponse::read(client, options).await?;
        Ok(ImportBankCertificateResponse { status })
    }
}

/// The pair of a request, which belong together and can sign.
fn read(request: &ImportBankCertificateRequest, now_s: i64) -> Result<(Certificate, RsaPrivateKey)> {
    let unfit = |why: String| Error::because(&errors::CERTIFICATE_UNUSABLE, why).with("field", "certificate");
    let certificate = Certificate::from_pem(&request.certificate).map_err(|fault| unfit(fault.to_string()))?;
    if let Some(why) = certificate.why_unfit_to_sign(now_s) {
        return Err(unfit(format!("the certificate {} {why}", certificate.serial_hex())));
    }
    let unusable = |why: String| Error::because(&errors::KEY_UNUSABLE, why).with("field", "private_key");
    let passphrase = request.passphrase.as_ref().map(Secret::expose);
    let key = RsaPrivateKey::from_pem_under(request.private_key.expose(), passphrase);
    let key = key.map_err(|fault| unusable(fault.to_string()))?;
    if !certificate.matches_private_key(&key) {
        return Err(unusable("the key does not belong to the certificate".to_owned()));
    }
    Ok((certificate, key))
}
