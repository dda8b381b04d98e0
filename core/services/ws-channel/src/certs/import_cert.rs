//! `ImportCert` (docs/protocols/ws-channel.md §2.18, §6.3).

use bankchannel_crypto::{CryptoError, rsa::RsaPrivateKey, x509::Certificate};
use bankchannel_renewal::{CertificateLife, CertificateSet, KnownPair};
use bankchannel_storage::ws_channel::{CertMaterial, ImportOutcome, NewCertSet};
use bankchannel_ws_channel::{
    ServiceRefusal,
    model::{CertificatePem, PrivateKeyPem},
    operations::certs::import_cert::{ImportCertRequest, ImportCertResponse},
    service_texts::{self, ServiceText},
};

use super::{
    OK,
    material::{self, ENCRYPTION, SIGNING, SealedFor},
    own_scope,
};
use crate::{HandlerFault, ServiceCall, WsChannelService, banks::life};

/// A certificate with its matching private key.
struct ImportedPair {
    certificate: Certificate,
    key: RsaPrivateKey,
}

pub(crate) async fn handle(
    service: &WsChannelService,
    call: &ServiceCall,
    request: ImportCertRequest,
) -> Result<ImportCertResponse, HandlerFault> {
    let session = call.caller()?;
    let scope = own_scope(session, request.bank);
    call.concerns(&scope.bank, &material::named(request.ws_user_id.as_str()));
    let names = ImportNames { key: "PrivateKey", not_private: &service_texts::KEY_NOT_PRIVATE };
    let signing = pair(&request.certificate, &request.private_key, &names)?;
    let channel = service.banks.channel(request.bank);
    let decrypts = request.bank.needs_encryption_pair() || channel.as_ref().is_some_and(|channel| channel.decrypts());
    let encryption = if decrypts { Some(encryption_pair(&request)?) } else { None };
    let now_s = call.now_ms.div_euclid(1000);
    let unfit = |name, pair: &ImportedPair, why: &str| {
        let why = format!("the certificate {} {why}", pair.certificate.serial_hex());
        ServiceRefusal::invalid(name).with_detail(why)
    };
    if let Some(why) = signing.certificate.why_unfit_to_sign(now_s) {
        return Err(unfit("Certificate", &signing, why).into());
    }
    if let Some(pair) = &encryption
        && let Some(why) = pair.certificate.why_unfit_to_encrypt(now_s)
    {
        return Err(unfit("EncCertificate", pair, why).into());
    }
    let name = material::pair_name();
    let seal = |purpose, pair: &ImportedPair| -> Result<CertMaterial, HandlerFault> {
        let place = SealedFor { email: &scope.email, bank: &scope.bank, purpose };
        material::seal(&service.keys, place, &name, &pair.certificate, &pair.key)
    };
    let mut life = CertificateLife::default();
    let certificates = CertificateSet {
        signing: signing.certificate.clone(),
        encryption: encryption.as_ref().map(|pair| pair.certificate.clone()),
    };
    life.adopt(KnownPair::new(name.clone(), &certificates)).map_err(HandlerFault::internal)?;
    let set = NewCertSet {
        // One that begins later is not used before.
        state: life::state_of(&life, now_s),
        pair: name.clone(),
        life: life::written(&life)?,
        due: channel.and_then(|channel| life::due_ms(&life, channel.renewal_rules(), call.now_ms)),
        ws_user_id: request.ws_user_id.as_str().to_owned(),
        company: request.company.as_str().to_owned(),
        target_id: None,
        signing: seal(SIGNING, &signing)?,
        encryption: encryption.as_ref().map(|pair| seal(ENCRYPTION, pair)).transpose()?,
    };
    let detail = format!("{}, serial {}", material::named(&set.ws_user_id), set.signing.serial);
    let store = call.audited_store(service, &scope.bank, &detail).await?;
    match store.import_certs(&scope, set, call.now_ms).await? {
        ImportOutcome::Done => {}
        ImportOutcome::Exists => return Err((&service_texts::CERTIFICATE_PRESENT).into()),
        ImportOutcome::NoAccount => return Err((&service_texts::NO_ACCOUNT).into()),
    }
    service.banks.imported(&call.settling(service), &scope).await?;
    Ok(ImportCertResponse::new(OK.into()))
}

struct ImportNames {
    key: &'static str,
    not_private: &'static ServiceText,
}

fn pair(certificate: &CertificatePem, key: &PrivateKeyPem, names: &ImportNames) -> Result<ImportedPair, HandlerFault> {
    let certificate =
        Certificate::from_pem(certificate.as_str()).map_err(|_| &service_texts::CERTIFICATE_UNPARSABLE)?;
    let key = RsaPrivateKey::from_pem(key.expose()).map_err(|why| -> HandlerFault {
        match why {
            CryptoError::NoPem { .. }
            | CryptoError::MalformedPem
            | CryptoError::PemTooLarge { .. }
            | CryptoError::InvalidKey => (&service_texts::CERTIFICATE_UNPARSABLE).into(),
            CryptoError::KeyTooSmall | CryptoError::KeyTooLarge => ServiceRefusal::invalid(names.key).into(),
            _ => names.not_private.into(),
        }
    })?;
    if certificate.matches_private_key(&key) {
        Ok(ImportedPair { certificate, key })
    } else {
        Err(ServiceRefusal::invalid(names.key).into())
    }
}

/// The second pair, for a bank that encrypts (Danske Bank); it is not read for others.
fn encryption_pair(request: &ImportCertRequest) -> Result<ImportedPair, HandlerFault> {
    let names = ImportNames { key: "EncPrivatekey", not_private: &service_texts::ENCRYPTION_KEY_NOT_PRIVATE };
    match (&request.enc_certificate, &request.enc_private_key) {
        (Some(certificate), Some(key)) => pair(certificate, key, &names),
        (Some(_), None) => Err(ServiceRefusal::missing("EncPrivatekey").into()),
        (None, Some(_)) => Err(ServiceRefusal::missing("EncCertificate").into()),
        (None, None) => Err(ServiceRefusal::missing("EncCertificate, EncPrivatekey").into()),
    }
}
