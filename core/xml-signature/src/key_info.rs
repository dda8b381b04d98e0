//! The signer's certificate, as KeyInfo gives it. Names and bare keys beside it are not used.

use bankchannel_crypto::x509::{Certificate, MAX_DER_BYTES};
use bankchannel_xml::TreeElement;

use crate::fault::{SignatureFault, SignatureFaultKind};
use crate::ids::IdIndex;
use crate::names::{BASE64_TOKEN, SIGNATURE_NAMESPACE, WS_SECURITY_NAMESPACE, X509_TOKEN};
use crate::values::{nothing_but_elements, only_base64};

/// Maximum number of certificates of one message.
const MAX_CERTIFICATES: usize = 10;

/// The certificate that a signature names, and others that came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCertificates {
    /// The signer's.
    pub signer: Certificate,
    /// Others: they may be intermediates of its path, and prove nothing.
    pub others: Vec<Certificate>,
}

/// Where KeyInfo says the certificate is.
#[derive(Debug, Clone)]
pub(crate) enum KeyPlace<'r> {
    /// In X509Data.
    Inside(Vec<TreeElement<'r>>),
    /// In the token with this id.
    Token(String, TreeElement<'r>),
    /// In a form that is not used; its name.
    Other(String, TreeElement<'r>),
}

/// Reads KeyInfo: X509Data with certificates, or a SecurityTokenReference to a token of the message.
pub(crate) fn key_place(key_info: TreeElement<'_>) -> Result<KeyPlace<'_>, SignatureFault> {
    let mut certificates = Vec::new();
    let mut other = None;
    let mut children = nothing_but_elements(key_info)?;
    while let Some(child) = children.next() {
        let is_token_reference = |one: &TreeElement<'_>| one.is(WS_SECURITY_NAMESPACE, "SecurityTokenReference");
        if is_token_reference(&child) {
            return match children.find(is_token_reference) {
                None => token_reference(child),
                Some(second) => Err(SignatureFault::structure(second, "KeyInfo refers to more than one token")),
            };
        }
        if child.is(SIGNATURE_NAMESPACE, "X509Data") {
            certificates
                .extend(nothing_but_elements(child)?.filter(|one| one.is(SIGNATURE_NAMESPACE, "X509Certificate")));
            other.get_or_insert((child, "X509Data without a certificate"));
        } else if child.is(SIGNATURE_NAMESPACE, "RetrievalMethod") {
            other = Some((child, "RetrievalMethod"));
        }
    }
    if !certificates.is_empty() {
        return Ok(KeyPlace::Inside(certificates));
    }
    Ok(match other {
        Some((at, name)) => KeyPlace::Other(name.to_owned(), at),
        None => KeyPlace::Other("no X.509 certificate".to_owned(), key_info),
    })
}

fn token_reference(reference: TreeElement<'_>) -> Result<KeyPlace<'_>, SignatureFault> {
    let mut children = nothing_but_elements(reference)?;
    let Some(child) = children.next() else {
        return Err(SignatureFault::structure(reference, "SecurityTokenReference is empty"));
    };
    if let Some(more) = children.next() {
        return Err(SignatureFault::structure(more, "SecurityTokenReference holds more than one element"));
    }
    if !child.is(WS_SECURITY_NAMESPACE, "Reference") {
        // Such as KeyIdentifier with a SubjectKeyIdentifier, or X509Data with an X509IssuerSerial.
        let inner = child.children().next().map(|one| format!(" with {}", one.local())).unwrap_or_default();
        let kind =
            child.attribute("", "ValueType").and_then(|kind| kind.rsplit('#').next().map(|name| format!(" ({name})")));
        return Ok(KeyPlace::Other(format!("{}{inner}{}", child.local(), kind.unwrap_or_default()), child));
    }
    let uri = child.attribute("", "URI").unwrap_or_default();
    match uri.strip_prefix('#').filter(|id| !id.is_empty()) {
        Some(id) => Ok(KeyPlace::Token(id.to_owned(), child)),
        None => Err(SignatureFault::new(
            SignatureFaultKind::Reference,
            child,
            "the reference to the certificate does not lead into this message",
        )),
    }
}

impl KeyPlace<'_> {
    /// Reads the certificates. Those that are known are not read again.
    pub(crate) fn certificates(
        &self,
        ids: &IdIndex<'_>,
        known: &[Certificate],
    ) -> Result<KeyCertificates, SignatureFault> {
        match self {
            Self::Inside(elements) => inside(elements, known),
            Self::Token(..) | Self::Other(..) => {
                Ok(KeyCertificates { signer: from_token(self.token(ids)?, known)?, others: Vec::new() })
            }
        }
    }

    /// The token that holds the certificate.
    pub(crate) fn token<'i>(&self, ids: &IdIndex<'i>) -> Result<TreeElement<'i>, SignatureFault> {
        let (name, at) = match self {
            Self::Token(id, at) => {
                let token = ids.find(id, *at)?;
                if token.is(WS_SECURITY_NAMESPACE, "BinarySecurityToken") {
                    return Ok(token);
                }
                let message = "the signature's key is not in a BinarySecurityToken";
                return Err(SignatureFault::new(SignatureFaultKind::Certificate, token, message));
            }
            Self::Other(name, at) => (name.as_str(), *at),
            // There is a certificate, or it would not be this form.
            Self::Inside(elements) => ("X509Data", elements[0]),
        };
        Err(SignatureFault::new(
            SignatureFaultKind::Certificate,
            at,
            format!("no token of the message holds the certificate: KeyInfo has {name}, which is not used here"),
        ))
    }
}

fn inside(elements: &[TreeElement<'_>], known: &[Certificate]) -> Result<KeyCertificates, SignatureFault> {
    if let Some(more) = elements.get(MAX_CERTIFICATES) {
        return Err(SignatureFault::structure(*more, format!("there are more than {MAX_CERTIFICATES} certificates")));
    }
    let mut all = elements.iter().map(|one| certificate(*one, known)).collect::<Result<Vec<_>, _>>()?;
    // The order is free: the signer is the one that issued none of the others.
    let issues_another = |one: &Certificate| all.iter().any(|other| other != one && other.names_issuer(one));
    let at = all.iter().position(|one| !issues_another(one)).unwrap_or_default();
    let signer = all.remove(at);
    all.retain(|other| *other != signer);
    Ok(KeyCertificates { signer, others: all })
}

fn from_token(token: TreeElement<'_>, known: &[Certificate]) -> Result<Certificate, SignatureFault> {
    let fault = |message| SignatureFault::new(SignatureFaultKind::Certificate, token, message);
    if token.attribute("", "ValueType").is_some_and(|kind| kind != X509_TOKEN) {
        return Err(fault("the BinarySecurityToken is not an X.509 certificate (ValueType)"));
    }
    if token.attribute("", "EncodingType").is_some_and(|encoding| encoding != BASE64_TOKEN) {
        return Err(fault("the BinarySecurityToken is not in base64 (EncodingType)"));
    }
    certificate(token, known)
}

fn certificate(element: TreeElement<'_>, known: &[Certificate]) -> Result<Certificate, SignatureFault> {
    if let Some(text) = element.text()
        && let Some(same) = known.iter().find(|one| one.base64() == text.trim_ascii())
    {
        return Ok(same.clone());
    }
    let der = only_base64(element, MAX_DER_BYTES)?;
    Certificate::from_der(&der).map_err(|fault| {
        let message = format!("the certificate cannot be read: {fault}");
        SignatureFault::new(SignatureFaultKind::Certificate, element, message)
    })
}
