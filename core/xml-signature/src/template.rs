//! A signature put into a text of any form: prefixes, unused namespaces, blanks, any of the methods. For banks that are
//! played, and for tests: a client's messages are written in canonical form (`DocumentDraft`, `EnvelopeDraft`).

use bankchannel_crypto::digest::MessageDigestAlgorithm;
use bankchannel_xml::{TreeElement, XmlTree};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::canonical::canonical_bytes;
use crate::ids::IdIndex;
use crate::methods::{CanonicalForm, CanonicalMethod, digest_uri, signature_uri};
use crate::names::{ENVELOPED, SIGNATURE_NAMESPACE};

/// How a signature is written.
#[derive(Debug, Clone)]
pub struct SignatureTemplate<'t> {
    /// The prefix of its elements; empty for the default namespace.
    pub prefix: &'t str,
    /// The canonicalisation of SignedInfo.
    pub canonical: CanonicalMethod,
    /// The digest, of references and with RSA.
    pub algorithm: MessageDigestAlgorithm,
    /// Its targets.
    pub references: &'t [TemplateReference<'t>],
    /// The content of KeyInfo.
    pub key_info: &'t str,
}

/// The targets of a signature.
#[derive(Debug, Clone, Copy)]
pub struct TemplateReference<'t> {
    /// The id of an element, less the signature if that is the root; empty for the whole document less the signature.
    pub id: &'t str,
    /// Its canonicalisation; `None` for that of a signature that names none.
    pub canonical: Option<CanonicalMethod>,
}

impl SignatureTemplate<'_> {
    /// The text with the signature between its two parts; `sign` signs bytes with RSA (PKCS#1 v1.5) and the digest.
    ///
    /// # Errors
    /// In words: the text is not XML, or has no element of that id.
    pub fn sign<E: From<String>>(
        &self,
        before: &str,
        behind: &str,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<String, E> {
        let info = self.signed_info(&[before, behind].concat()).map_err(E::from)?;
        let (p, declares) = match self.prefix {
            "" => (String::new(), format!(" xmlns=\"{SIGNATURE_NAMESPACE}\"")),
            prefix => (format!("{prefix}:"), format!(" xmlns:{prefix}=\"{SIGNATURE_NAMESPACE}\"")),
        };
        let begin = format!("{before}<{p}Signature{declares}>{info}<{p}SignatureValue>");
        let end = format!("</{p}SignatureValue><{p}KeyInfo>{}</{p}KeyInfo></{p}Signature>{behind}", self.key_info);
        let bytes = self.bytes_to_sign(&[&*begin, &*end].concat(), before.len()).map_err(E::from)?;
        Ok([begin, STANDARD.encode(sign(&bytes)?), end].concat())
    }

    fn signed_info(&self, unsigned: &str) -> Result<String, String> {
        let tree = XmlTree::read(unsigned).map_err(|fault| fault.to_string())?;
        let ids = IdIndex::new(tree.root());
        let p = if self.prefix.is_empty() { String::new() } else { format!("{}:", self.prefix) };
        let empty = |name: &str, uri: &str| format!("<{p}{name} Algorithm=\"{uri}\"/>");
        let mut out = format!("<{p}SignedInfo>{}", empty("CanonicalizationMethod", self.canonical.uri()));
        out.push_str(&empty("SignatureMethod", signature_uri(self.algorithm)));
        for reference in self.references {
            let (target, uri) = if reference.id.is_empty() {
                (tree.root(), String::new())
            } else {
                let target = ids.find(reference.id, tree.root()).map_err(|fault| fault.to_string())?;
                (target, format!("#{}", reference.id))
            };
            let method = reference.canonical.unwrap_or(CanonicalMethod::Inclusive);
            let digest = self.algorithm.digest(&canonical_bytes(target, None, &CanonicalForm::from(method)));
            // A signature stands inside of the document that it covers, if that is all of it.
            let enveloped = if target == tree.root() { empty("Transform", ENVELOPED) } else { String::new() };
            let named = reference.canonical.map(|method| empty("Transform", method.uri())).unwrap_or_default();
            out.push_str(&format!(
                "<{p}Reference URI=\"{uri}\"><{p}Transforms>{enveloped}{named}</{p}Transforms>{}<{p}DigestValue>{}</{p}DigestValue>\
                 </{p}Reference>",
                empty("DigestMethod", digest_uri(self.algorithm)),
                STANDARD.encode(digest),
            ));
        }
        out.push_str(&format!("</{p}SignedInfo>"));
        Ok(out)
    }

    /// The canonical SignedInfo of the signature that begins there.
    fn bytes_to_sign(&self, text: &str, at: usize) -> Result<Vec<u8>, String> {
        let tree = XmlTree::read(text).map_err(|fault| fault.to_string())?;
        let begins = |one: &TreeElement<'_>| one.name().as_ptr() as usize == text.as_ptr() as usize + at + 1;
        let signature = tree.root().and_inside().find(begins).ok_or("the signature is not where it was put")?;
        let info = signature.child(SIGNATURE_NAMESPACE, "SignedInfo").ok_or("the signature has no SignedInfo")?;
        Ok(canonical_bytes(info, None, &CanonicalForm::from(self.canonical)))
    }
}
