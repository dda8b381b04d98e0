//! Reports the content of a third party's certificate (§7).

use bankchannel_foundation::prelude::*;

use crate::{
    certificates::{Certificate, NameStyle, Psd2Certificate, QcType, psd2_oddities, read_certificate_header},
    declare, errors,
    model::{NameForm, SerialForm},
    signing::{KeyId, SerialStyle, serial_text},
    verify::RESERVED,
};

/// The certificate to inspect.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct InspectCertificateRequest {
    /// The certificate: PEM text, or the value of a `TPP-Signature-Certificate` header.
    #[boundary(profile)]
    pub certificate: String,
}

/// A key id in one of the forms that banks require.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct KeyIdForm {
    /// The serial number's form.
    pub serial: SerialForm,
    /// The issuer's form.
    pub issuer: NameForm,
    /// The key id.
    pub key_id: String,
}

/// The authorisation number that an authority gave to a third party (§7.1).
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct AuthorisationNumber {
    /// The authority's country, two letters.
    pub country: String,
    /// The authority, such as `FSA`.
    pub authority: String,
    /// The number, as the authority writes it.
    pub number: String,
}

/// The certificate's content. None of it is verified: neither the issuer's signature nor the validity.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct InspectCertificateResponse {
    /// The subject, as an RFC 4514 name.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// The serial number, upper-case hex without leading zeros.
    pub serial: String,
    /// The start of the validity.
    pub not_before: Timestamp,
    /// The end of the validity.
    pub not_after: Timestamp,
    /// The certificate's types: `eseal` for signing requests (QSEAL), `web` for TLS (QWAC), `esign`, or the number of
    /// another type.
    pub types: Vec<String>,
    /// The roles: `PSP_AS`, `PSP_PI`, `PSP_AI`, `PSP_IC`.
    pub roles: Vec<String>,
    /// The same roles by the names of third parties: `ASPSP`, `PISP`, `AISP`, `PIISP`.
    pub kinds: Vec<String>,
    /// The subject's organizationIdentifier, such as `PSDNO-FSA-987654321`.
    pub organization_identifier: Option<String>,
    /// The parts of the organizationIdentifier, if it is an authorisation number.
    pub authorisation: Option<AuthorisationNumber>,
    /// The authority's name.
    pub authority_name: Option<String>,
    /// The authority's identifier, such as `NO-FSA`.
    pub authority_id: Option<String>,
    /// The bits of its RSA key. Absent for another kind of key and for a damaged one.
    pub key_bits: Option<u32>,
    /// SHA-256 of its DER form, lower-case hex.
    pub sha256: String,
    /// The key id in each of the forms that banks require, the usual one first.
    pub key_ids: Vec<KeyIdForm>,
    /// Oddities of the certificate that a bank may warn of or refuse, such as two authorities that differ, an authority
    /// without its country, or a statement that cannot be read.
    pub warnings: Vec<String>,
}

/// Show the content and the rights of a third party's certificate.
///
/// Reads a QSEAL or QWAC: roles, authorisation number, authority, validity, issuer, and the key id in every form that
/// a bank may require. The content counts only if its issuer is trusted, which is not checked here.
#[derive(Debug, Operation)]
#[operation(InspectCertificateRequest => InspectCertificateResponse)]
#[declaration(commands: COMMANDS, ..declare::local("nextgen_psd2.inspect_certificate"))]
#[errors(errors::CERTIFICATE_UNUSABLE)]
pub struct InspectCertificate;

const INSPECT_EXAMPLES: &str = "Examples:
  bankchannel psd2 inspect certs/tpp1-qseal.pem
  bankchannel psd2 inspect --json - < qwac.pem | jq .roles

The command checks neither the issuer's signature nor the validity time: `verify` does. For key ids see
`bankchannel psd2 key-id`.";

/// Examples of its command for key ids.
const KEY_ID_EXAMPLES: &str = "Examples:
  bankchannel psd2 key-id certs/tpp1-qseal.pem
  bankchannel psd2 key-id --json qseal.pem | jq -r '.key_ids[0].key_id'

The first style is the usual one. The two names of a style are values for `sign --serial` and `sign --issuer`.";

/// The certificate as an argument.
const CERTIFICATE: CommandField = CommandField::argument(
    "certificate",
    "FILE",
    CommandInput::File(FileForm::Pem),
    "A certificate as PEM or DER, or the value of a TPP-Signature-Certificate header; - for stdin",
);

const COMMANDS: &[Command] = &[
    Command::named("inspect").with_examples(INSPECT_EXAMPLES).with_form(&CommandForm {
        fields: &[CERTIFICATE],
        ..CommandForm::new("Show a third party's certificate: roles, authorisation, issuer, validity")
    }),
    Command::named("key-id").with_examples(KEY_ID_EXAMPLES).with_form(&CommandForm {
        fields: &[CERTIFICATE],
        ..CommandForm::new("Print a certificate's key id in every style that banks use")
    }),
];

impl Local for InspectCertificate {
    fn run(asked: InspectCertificateRequest, _: LocalContext<'_>) -> Result<InspectCertificateResponse, Error> {
        let unusable = |why: String| Error::because(&errors::CERTIFICATE_UNUSABLE, why).with("field", "certificate");
        let text = asked.certificate.trim();
        // PEM on one line is a header's value, and so is base64 with line breaks.
        let read = if text.contains("-----BEGIN") && text.contains('\n') {
            Certificate::from_pem(text).map(|certificate| (certificate, Vec::new()))
        } else {
            read_certificate_header(text.as_bytes(), true).map(|read| (read.certificate, read.warnings))
        };
        let (certificate, mut warnings) = read.map_err(|fault| unusable(fault.to_string()))?;
        if let Err(fault) = certificate.key()
            && !certificate.has_other_key()
        {
            warnings.push(fault.to_string());
        }
        if let Some(oid) = certificate.unknown_critical_extension() {
            warnings.push(format!(
                "its critical extension {oid} is not understood here: whoever does not understand it must not rely on \
                 the certificate"
            ));
        }
        let statements = certificate.qc();
        // An authority's own certificate has none of this; one with statements is meant for a third party, whatever it
        // says.
        if !certificate.is_ca() || !matches!(statements, Ok(None)) {
            warnings.extend(psd2_oddities(&certificate, &statements).into_iter().map(|oddity| oddity.text));
        }
        let statements = statements.ok().flatten();
        let is_for_sealing = statements.iter().any(|statements| statements.types.contains(&QcType::Eseal));
        if is_for_sealing && certificate.is_reserved_for_others() {
            warnings.push(RESERVED.to_owned());
        }
        let psd2 = statements.as_ref().and_then(|statements| statements.psd2.as_ref());
        Ok(InspectCertificateResponse {
            subject: certificate.subject().to_text(NameStyle::Rfc2253Named),
            issuer: certificate.issuer().to_text(NameStyle::Rfc2253Named),
            serial: serial_text(certificate.serial(), SerialStyle::HexUpper),
            not_before: Timestamp::from_ms(certificate.not_before_s().saturating_mul(1000)),
            not_after: Timestamp::from_ms(certificate.not_after_s().saturating_mul(1000)),
            types: statements.iter().flat_map(|statements| &statements.types).map(type_name).collect(),
            roles: psd2.iter().flat_map(|psd2| &psd2.roles).map(|role| role.name().to_owned()).collect(),
            kinds: psd2.iter().flat_map(|psd2| &psd2.roles).map(|role| role.normalised().to_owned()).collect(),
            organization_identifier: certificate.organization_identifier().map(str::to_owned),
            authorisation: certificate.authorisation().map(|parts| AuthorisationNumber {
                country: parts.country,
                authority: parts.authority,
                number: parts.number,
            }),
            authority_name: psd2.map(|psd2| psd2.nca_name.clone()),
            authority_id: psd2.map(|psd2| psd2.nca_id.clone()),
            key_bits: certificate.key().ok().and_then(|key| u32::try_from(key.bits()).ok()),
            sha256: bankchannel_crypto::digest::hex(&certificate.sha256()),
            key_ids: key_ids(&certificate),
            warnings,
        })
    }
}

fn type_name(kind: &QcType) -> String {
    match kind {
        QcType::Esign => "esign".into(),
        QcType::Eseal => "eseal".into(),
        QcType::Web => "web".into(),
        QcType::Other(oid) => oid.clone(),
    }
}

fn key_ids(certificate: &Certificate) -> Vec<KeyIdForm> {
    let serials = [SerialForm::HexUpper, SerialForm::HexLower, SerialForm::HexEven, SerialForm::Decimal];
    let issuers = [NameForm::Rfc2253, NameForm::Rfc2253Named, NameForm::Forward, NameForm::Pct20];
    let form = |serial: SerialForm, issuer: NameForm| KeyIdForm {
        serial,
        issuer,
        key_id: KeyId::from_certificate(certificate, serial.into(), issuer.into()).to_text(),
    };
    issuers.into_iter().flat_map(|issuer| serials.into_iter().map(move |serial| form(serial, issuer))).collect()
}

#[cfg(test)]
#[path = "inspect_certificate_tests.rs"]
mod tests;
