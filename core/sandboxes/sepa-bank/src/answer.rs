//! Answers: a document in an envelope, each signed in the family's dialect, and spoilt as it was ordered.

use bankchannel_crypto::{
    cbc::CbcCipher,
    digest::{self, MessageDigestAlgorithm},
    legacy_cipher::TRIPLE_DES,
    random,
    signature::Hash,
    x509::{Certificate, NameStyle},
};
use bankchannel_foundation::{Error, Result, model::Content};
use bankchannel_sepa_web_services::{
    FILE_MODEL_NAMESPACE as MODEL, FILE_SERVICE_NAMESPACE as SERVICE,
    codec::{AnswerText, ElementStyle},
    profile::BankFamily,
    request::{ENCRYPTION_RECIPIENT, EncryptedDraft, whole_seconds},
};
use bankchannel_xml_signature::{
    BASE64_TOKEN as ENCODING, CanonicalMethod, SOAP_NAMESPACE, SignatureTemplate, TemplateReference,
    WS_SECURITY_NAMESPACE, WS_UTILITY_NAMESPACE, X509_TOKEN as TOKEN, push_canonical_text,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    certificates::{BankSigner, FamilyCertificates},
    chaos::{BankFault, OddEncryption},
    dialect::BankDialect,
};

/// How long an answer holds, seconds.
const LIFETIME_S: i64 = 300;

/// What an answer says in its header.
#[derive(Debug, Clone)]
pub(crate) struct WrittenHeader {
    /// The element of the Body without `out`, such as `downloadFileList`.
    pub(crate) wrapper: String,
    pub(crate) sender_id: String,
    pub(crate) request_id: String,
    pub(crate) code: String,
    pub(crate) text: String,
}

/// What distinguishes the answers of a family's two services.
#[derive(Debug, Clone)]
pub(crate) struct AnswerShape {
    /// The root of documents, its prefix and its declarations.
    root: &'static str,
    pub(crate) style: ElementStyle<'static>,
    declares: String,
    /// The namespaces of the element in the Body, and of the header in it.
    service: &'static str,
    model: &'static str,
    /// Whether the header names a receiver.
    names_receiver: bool,
    /// Whether envelopes have a Header with a signature.
    is_envelope_signed: bool,
}

impl AnswerShape {
    /// The file service.
    pub(crate) fn files(dialect: &BankDialect) -> Self {
        Self {
            root: "ApplicationResponse",
            style: dialect.style,
            declares: format!("{}{}", dialect.style.declares(), dialect.root_declares),
            service: SERVICE,
            model: MODEL,
            names_receiver: true,
            is_envelope_signed: true,
        }
    }

    /// The certificate service. At OP its envelopes are not signed.
    pub(crate) fn certificates(dialect: &BankDialect) -> Self {
        let service = dialect.family.certificate_service();
        Self {
            root: "CertApplicationResponse",
            style: ElementStyle::PLAIN,
            declares: format!(" xmlns=\"{}\"", dialect.family.certificate_documents()),
            service,
            model: service,
            names_receiver: false,
            is_envelope_signed: dialect.family != BankFamily::Op,
        }
    }
}

/// Writes answers of one family.
pub(crate) struct AnswerWriter<'a> {
    pub(crate) dialect: &'static BankDialect,
    pub(crate) service: &'a AnswerShape,
    pub(crate) certificates: &'a FamilyCertificates,
    pub(crate) now_s: i64,
    pub(crate) faults: &'a [BankFault],
    /// For whom documents are encrypted, if they are.
    pub(crate) recipient: Option<Certificate>,
}

impl AnswerWriter<'_> {
    fn has(&self, fault: BankFault) -> bool {
        self.faults.contains(&fault)
    }

    /// The signer: the bank's own, or the one that was ordered in its place.
    fn signer<'s>(&self, usual: &'s BankSigner, other: &'s mut Option<BankSigner>) -> Result<&'s BankSigner> {
        let name = self.dialect.signers.0;
        *other = if self.has(BankFault::ExpiredSigner) {
            Some(self.certificates.expired_signer(name)?)
        } else if self.has(BankFault::ForeignSigner) {
            Some(self.certificates.other_signer(name, false)?)
        } else if self.has(BankFault::CustomerSigner) {
            Some(self.certificates.other_signer(name, true)?)
        } else {
            None
        };
        Ok(other.as_ref().unwrap_or(usual))
    }

    /// Writes an answer.
    ///
    /// # Errors
    /// `internal`.
    pub(crate) fn write(&self, header: &WrittenHeader, document: AnswerText) -> Result<Vec<u8>> {
        let mut other = None;
        let (of_envelope, of_document) = self.certificates.signing(self.now_s)?;
        let document = self.document(document, self.signer(&of_document.document, &mut other)?)?;
        let document = self.encrypted(document)?;
        let text = self.envelope(header, &document, self.signer(&of_envelope.envelope, &mut other)?)?;
        Ok(self.encoded(text))
    }

    fn document(&self, text: AnswerText, signer: &BankSigner) -> Result<String> {
        let AnswerShape { root, style, declares, .. } = self.service;
        let p = style.prefix;
        let AnswerText { before_content, behind_content, content } = text;
        let content = match content {
            Some(Content::Bytes(bytes)) => self.base64(&bytes),
            _ => String::new(),
        };
        let before = format!("<{p}{root}{declares}>{before_content}{content}{behind_content}");
        let behind = format!("</{p}{root}>");
        if self.has(BankFault::NoInnerSignature) {
            return Ok(before + &behind);
        }
        let issuer = if self.dialect.names_issuer { issuer_serial(&signer.certificate) } else { String::new() };
        let key_info = format!(
            "<X509Data><X509Certificate>{}</X509Certificate>{issuer}</X509Data>",
            lines(signer.certificate.base64(), self.dialect.base64_line, "\n")
        );
        let template = SignatureTemplate {
            prefix: "",
            canonical: self.dialect.canonical,
            algorithm: MessageDigestAlgorithm::Sha256,
            references: &[TemplateReference { id: "", canonical: self.dialect.transform }],
            key_info: &key_info,
        };
        let signed = signed(&template, &before, &behind, signer)?;
        Ok(match () {
            () if self.has(BankFault::InnerSignature) => spoilt(&signed, &format!("</{p}ResponseText>")),
            () if self.has(BankFault::Wrapped(4)) => format!("<{p}{root}{declares}>{signed}{behind}"),
            () => signed,
        })
    }

    /// The document as it goes to the customer: encrypted, where the family does.
    fn encrypted(&self, document: String) -> Result<String> {
        let Some(recipient) = &self.recipient else { return Ok(document) };
        let odd = self.faults.iter().find_map(|fault| match fault {
            BankFault::Encrypted(odd) => Some(*odd),
            _ => None,
        });
        let own = self.certificates.recipients(self.now_s).pop().and_then(|recipient| recipient.certificate);
        let (cipher, recipient) = match (odd, &own) {
            (Some(OddEncryption::Plain), _) => return Ok(document),
            (Some(OddEncryption::TripleDes), _) => (TRIPLE_DES, recipient),
            (Some(OddEncryption::ShortKey), _) => (CbcCipher::AES_128, recipient),
            (Some(OddEncryption::OtherKey), Some(own)) => (CbcCipher::AES_256, own),
            _ => (CbcCipher::AES_256, recipient),
        };
        let draft = EncryptedDraft::new(cipher, recipient, ENCRYPTION_RECIPIENT).map_err(Error::internal)?;
        let text = draft.encrypted(document.as_bytes())?;
        if odd != Some(OddEncryption::BrokenPadding) {
            return Ok(text);
        }
        // The last byte of the block before the last one: the padding counts other bytes than there are.
        let end = text.rfind("</xenc:CipherValue>").unwrap_or_default();
        let begin = text[..end].rfind('>').map_or(0, |at| at + 1);
        let mut bytes = STANDARD.decode(&text[begin..end]).map_err(Error::internal)?;
        let at = bytes.len().saturating_sub(17);
        if let Some(last) = bytes.get_mut(at) {
            *last ^= 0x40;
        }
        Ok([&text[..begin], &STANDARD.encode(bytes), &text[end..]].concat())
    }

    fn envelope(&self, header: &WrittenHeader, document: &str, signer: &BankSigner) -> Result<String> {
        let (s, dialect) = (self.dialect.soap, self.dialect);
        let suffix = digest::hex(&random::bytes::<6>());
        let (body_id, time_id, token_id) = match dialect.soap {
            "S" => ("_5002".to_owned(), "_3".to_owned(), "X509-1".to_owned()),
            _ => (format!("id-{suffix}"), format!("Timestamp-{suffix}"), format!("X509-{suffix}")),
        };
        let back = if self.has(BankFault::Stale) { 86_400 } else { 0 };
        let (created, expires) = (whole_seconds(self.now_s - back), whole_seconds(self.now_s - back + LIFETIME_S));
        let unused: String = dialect.unused.iter().map(|(prefix, uri)| format!(" xmlns:{prefix}=\"{uri}\"")).collect();
        let body = self.body(header, document, &body_id);
        let doctype = if self.has(BankFault::Doctype) { "<!DOCTYPE a>" } else { "" };
        let encoding = if self.has(BankFault::Latin9) { "ISO-8859-15" } else { "UTF-8" };
        let begin = format!(
            "<?xml version=\"1.0\" encoding=\"{encoding}\"?><{s}:Envelope xmlns:{s}=\"{SOAP_NAMESPACE}\"{unused}><{s}:Header>"
        );
        let end = format!("</{s}:Header>{body}</{s}:Envelope>");
        if !self.service.is_envelope_signed {
            return Ok(begin.replacen(&format!("<{s}:Header>"), "", 1) + &format!("{body}</{s}:Envelope>"));
        }
        if self.has(BankFault::NoOuterSignature) {
            return Ok(begin + &end);
        }
        let (line, blank) = (dialect.base64_line, if self.has(BankFault::AttributeBlanks) { "\t\n" } else { "" });
        let before = format!(
            "{begin}<wsse:Security xmlns:wsse=\"{WS_SECURITY_NAMESPACE}\" xmlns:wsu=\"{WS_UTILITY_NAMESPACE}\" \
             {s}:mustUnderstand=\"1\"><wsse:BinarySecurityToken EncodingType=\"{ENCODING}\" ValueType=\"{TOKEN}\" \
             wsu:Id=\"{token_id}\">{}</wsse:BinarySecurityToken><wsu:Timestamp wsu:Id=\"{time_id}\"><wsu:Created>{created}</wsu:Created>\
             <wsu:Expires>{expires}</wsu:Expires></wsu:Timestamp>",
            lines(signer.certificate.base64(), line, "\n")
        );
        let behind = format!("</wsse:Security>{end}");
        // Real banks undeclare a default namespace that was never declared.
        let undeclared = if dialect.soap == "S" { "" } else { " xmlns=\"\"" };
        let key_info = format!(
            "<wsse:SecurityTokenReference{undeclared}><wsse:Reference URI=\"#{token_id}\" ValueType=\"{TOKEN}{blank}\"/>\
             </wsse:SecurityTokenReference>"
        );
        let exclusive = Some(CanonicalMethod::Exclusive);
        let template = SignatureTemplate {
            prefix: "ds",
            canonical: CanonicalMethod::Exclusive,
            algorithm: MessageDigestAlgorithm::Sha256,
            references: &[
                TemplateReference { id: &time_id, canonical: exclusive },
                TemplateReference { id: &body_id, canonical: exclusive },
            ],
            key_info: &key_info,
        };
        let mut text = signed(&template, &before, &behind, signer)?;
        if self.has(BankFault::OuterSignature) {
            text = spoilt(&text, "</mod:ResponseText>");
        }
        if self.has(BankFault::TimestampSignature) {
            text = text.replacen(
                &format!("{expires}</wsu:Expires>"),
                &format!("{}</wsu:Expires>", whole_seconds(self.now_s + 3600)),
                1,
            );
        }
        let node = match () {
            () if self.has(BankFault::Comment) => "<!-- a comment -->",
            () if self.has(BankFault::ProcessingInstruction) => "<?a processing instruction?>",
            () if self.has(BankFault::Cdata) => "<![CDATA[ ]]>",
            () => "",
        };
        if !node.is_empty() {
            // No canonical form without comments has a comment: the signature holds all the same.
            text = text.replacen("<mod:ResponseHeader", &format!("{node}<mod:ResponseHeader"), 1);
        }
        if !doctype.is_empty() {
            text = text.replacen("?><", &format!("?>{doctype}<"), 1);
        }
        Ok(self.wrapped(text, &body, (&body_id, &time_id)))
    }

    fn body(&self, header: &WrittenHeader, document: &str, id: &str) -> String {
        let (s, dialect) = (self.dialect.soap, self.dialect);
        let AnswerShape { service, model, names_receiver, .. } = self.service;
        let again = if dialect.style.redeclares { format!(" xmlns:mod=\"{model}\"") } else { String::new() };
        let request_id = if self.has(BankFault::OtherRequestId) { "another-request" } else { &header.request_id };
        let sender_id = if self.has(BankFault::OtherSender) { "another-sender" } else { &header.sender_id };
        let mut fields = String::new();
        let text =
            if self.has(BankFault::Latin9) { format!("{} \u{e4}\u{f6}", header.text) } else { header.text.clone() };
        for (name, value) in [
            ("SenderId", sender_id),
            ("RequestId", request_id),
            ("Timestamp", &*whole_seconds(self.now_s)),
            ("ResponseCode", &header.code),
            ("ResponseText", &text),
            ("ReceiverId", dialect.receiver_id),
        ] {
            if name == "ReceiverId" && !names_receiver {
                continue;
            }
            fields.push_str(&format!("<mod:{name}{again}>"));
            push_canonical_text(&mut fields, value);
            fields.push_str(&format!("</mod:{name}>"));
        }
        let wrapper = &header.wrapper;
        let encoded = self.base64(document.as_bytes());
        let carried = format!("<mod:ApplicationResponse xmlns:mod=\"{model}\">{encoded}</mod:ApplicationResponse>");
        let doubled = if self.has(BankFault::Wrapped(8)) { &*carried } else { "" };
        format!(
            "<{s}:Body xmlns:wsu=\"{WS_UTILITY_NAMESPACE}\" wsu:Id=\"{id}\"><cor:{wrapper}out xmlns:cor=\"{service}\">\
             <mod:ResponseHeader xmlns:mod=\"{model}\">{fields}</mod:ResponseHeader>{}{carried}{doubled}</cor:{wrapper}out></{s}:Body>",
            dialect.blank
        )
    }

    /// The wrapping shapes of §10.1 that concern the envelope.
    fn wrapped(&self, text: String, body: &str, (body_id, time_id): (&str, &str)) -> String {
        let s = self.dialect.soap;
        let forged = body.replacen("<mod:ResponseText", "<mod:ResponseText xmlns:forged=\"urn:forged\"", 1);
        let without_id = forged.replacen(&format!(" wsu:Id=\"{body_id}\""), "", 1);
        let header_end = format!("</{s}:Header>");
        let part = |begin: &str, end: &str| {
            let from = text.find(begin)?;
            let to = from + text[from..].find(end)? + end.len();
            Some(text[from..to].to_owned())
        };
        let number = self.faults.iter().find_map(|fault| match fault {
            BankFault::Wrapped(number) => Some(*number),
            _ => None,
        });
        match number {
            Some(1) => text.replacen(body, &without_id, 1).replacen(
                &header_end,
                &format!("<x:Wrapper xmlns:x=\"urn:x\">{body}</x:Wrapper>{header_end}"),
                1,
            ),
            Some(2) => text.replacen(body, &format!("{forged}{body}"), 1),
            Some(3) => text.replacen(body, &without_id, 1).replacen(
                "</ds:Signature>",
                &format!("<ds:Object>{body}</ds:Object></ds:Signature>"),
                1,
            ),
            Some(5) => match part("<ds:Signature ", "</ds:Signature>") {
                Some(signature) => text.replacen("<wsu:Timestamp", &format!("{signature}<wsu:Timestamp"), 1),
                None => text,
            },
            Some(6) => match part("<wsse:BinarySecurityToken", "</wsse:BinarySecurityToken>") {
                Some(token) => text.replacen(&token, &format!("{token}{token}"), 1),
                None => text,
            },
            Some(7) => match part("<wsu:Timestamp", "</wsu:Timestamp>") {
                Some(time) => {
                    let later = time.replacen(time_id, "another-time", 1);
                    text.replacen(&time, &format!("{later}{time}"), 1)
                }
                None => text,
            },
            _ => text,
        }
    }

    fn base64(&self, bytes: &[u8]) -> String {
        let text = STANDARD.encode(bytes);
        match () {
            () if self.has(BankFault::Wrap60) => lines(&text, 60, "\n"),
            () if self.has(BankFault::Wrap76Crlf) => lines(&text, 76, "\r\n"),
            () if self.has(BankFault::DirtyBase64) => format!("*{text}"),
            () => lines(&text, self.dialect.base64_line, "\n"),
        }
    }

    fn encoded(&self, text: String) -> Vec<u8> {
        if !self.has(BankFault::Latin9) {
            return text.into_bytes();
        }
        text.chars().map(|one| u8::try_from(u32::from(one)).unwrap_or(b'?')).collect()
    }
}

fn signed(template: &SignatureTemplate<'_>, before: &str, behind: &str, signer: &BankSigner) -> Result<String> {
    let internal = |why: String| Error::internal(why);
    let sign = |bytes: &[u8]| signer.key.sign_pkcs1(Hash::Sha256, bytes).map_err(|why| why.to_string());
    template.sign::<String>(before, behind, sign).map_err(internal)
}

/// The text with a character more before this tag.
fn spoilt(text: &str, tag: &str) -> String {
    text.replacen(tag, &format!("!{tag}"), 1)
}

/// The issuer and the serial number of a certificate, as KeyInfo has them.
pub(crate) fn issuer_serial(certificate: &Certificate) -> String {
    let mut name = String::new();
    push_canonical_text(&mut name, &certificate.issuer().to_text(NameStyle::Rfc2253));
    format!(
        "<X509IssuerSerial><X509IssuerName>{name}</X509IssuerName><X509SerialNumber>{}</X509SerialNumber></X509IssuerSerial>",
        certificate.serial_decimal()
    )
}

/// A text in lines of this length; in one line for 0.
fn lines(text: &str, length: usize, end: &str) -> String {
    if length == 0 {
        return text.to_owned();
    }
    let parts: Vec<&str> = (0..text.len()).step_by(length).map(|at| &text[at..(at + length).min(text.len())]).collect();
    parts.join(end)
}

/// A SOAP fault, which is never signed (§3.7).
pub(crate) fn soap_fault(code: &str, text: &str, category: &str, number: u32) -> Vec<u8> {
    let mut shown = String::new();
    push_canonical_text(&mut shown, text);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:soapenv=\"{SOAP_NAMESPACE}\"><soapenv:Body><soapenv:Fault>\
         <faultcode>soapenv:{code}</faultcode><faultstring>{shown}</faultstring><detail>\
         <cor:FileServiceFaultElement xmlns:cor=\"{SERVICE}\" xmlns:mod=\"{MODEL}\"><mod:category>{category}</mod:category>\
         <mod:code>{number:02}</mod:code></cor:FileServiceFaultElement></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    .into_bytes()
}
