//! Ordered faults (§9.5) of a bank, or of the way to it.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bankchannel_foundation::{Error, Result, model::Boundary};
use bankchannel_sepa_web_services::CATALOGUE;
use bankchannel_server::http::control::operation_named;

use super::{
    dialect::{BankDialect, DIALECTS},
    orders::known_family,
};

/// Orders that can wait at most.
const MOST: usize = 1000;
/// The name, in orders and the transcript, of fetching a revocation list.
pub(crate) const REVOCATION_LIST: &str = "revocation_list";
/// Longest ordered delay.
const LONGEST: Duration = Duration::from_secs(600);

/// How DEFLATE is framed: banks mean either by the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeflateFormat {
    Zlib,
    Raw,
}

/// A fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BankFault {
    /// A byte of the Body is changed after it was signed.
    OuterSignature,
    /// A byte of the document is changed after it was signed.
    InnerSignature,
    /// The end of the Timestamp is changed after it was signed.
    TimestampSignature,
    /// The envelope is not signed.
    NoOuterSignature,
    /// The document is not signed.
    NoInnerSignature,
    /// The signers' certificate has ended.
    ExpiredSigner,
    /// The signer belongs to another authority.
    ForeignSigner,
    /// The signer is a customer.
    CustomerSigner,
    /// The message is of yesterday.
    Stale,
    /// Another id, or sender, stands in the header.
    OtherRequestId,
    OtherSender,
    /// A wrapping shape, 1 to 8 (§10.1).
    Wrapped(u8),
    /// A comment, a processing instruction, a CDATA section stands in the Body.
    Comment,
    ProcessingInstruction,
    Cdata,
    /// Tab and line break in an attribute's value.
    AttributeBlanks,
    /// A code in envelope and document, in the envelope only, in the document only.
    Code(u32),
    SoapCode(u32),
    DocumentCode(u32),
    /// A SOAP fault instead of an answer.
    Fault,
    /// An HTTP status instead of an answer.
    Http(u16),
    /// The connection is cut before, or in the middle of, the answer; the request is not carried out.
    Close,
    Half,
    /// The answer comes late.
    Delay(Duration),
    /// The answer waits for an order.
    Hold,
    /// The request is carried out, and the connection cut before the answer.
    LostAfterCommit,
    /// Used ids are not refused.
    NoDuplicateCheck,
    /// Compressed content that is broken.
    GzipBomb,
    GzipCorrupt,
    GzipTrailing,
    /// Content that is compressed by DEFLATE, in the format of zlib or bare, without being asked for.
    Deflate(DeflateFormat),
    /// The layout of base64.
    Wrap60,
    Wrap76Crlf,
    DirtyBase64,
    /// The envelope is written in ISO-8859-15.
    Latin9,
    /// The answer has a DOCTYPE.
    Doctype,
    /// A certificate is issued for another key.
    OtherKey,
    /// The certificate that is issued is none that a customer can use, or not now.
    OddCertificate(OddCertificate),
    /// The answer is a web page.
    Html,
    /// The document of the answer is encrypted in another way than usual.
    Encrypted(OddEncryption),
}

/// How the document of an answer is encrypted, where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OddEncryption {
    /// With triple DES.
    TripleDes,
    /// With AES and a key of 128 bits.
    ShortKey,
    /// Not at all.
    Plain,
    /// Its last block was changed.
    BrokenPadding,
    /// For another key.
    OtherKey,
}

/// An oddity of a certificate that is issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OddCertificate {
    /// It has ended an hour ago.
    Ended,
    /// It begins in ten days.
    Later,
    /// It has begun thirty days ago and ends in twenty: it is due for renewal.
    Due,
    /// It is that of an authority.
    Authority,
    /// It may encrypt keys, and not sign.
    Encipherment,
}

impl BankFault {
    fn named(text: &str) -> Option<Self> {
        let (name, value) = text.split_once('=').map_or((text, ""), |(name, value)| (name, value));
        let code = || value.parse().ok().filter(|code| *code < 100);
        Some(match (name, value) {
            ("sig.outer", "bad") => Self::OuterSignature,
            ("sig.inner", "bad") => Self::InnerSignature,
            ("sig.timestamp", "bad") => Self::TimestampSignature,
            ("sig.missing.outer", "") => Self::NoOuterSignature,
            ("sig.missing.inner", "") => Self::NoInnerSignature,
            ("cert.signer", "expired") => Self::ExpiredSigner,
            ("cert.signer", "wrongca") => Self::ForeignSigner,
            ("cert.signer", "customer") => Self::CustomerSigner,
            ("ts.stale", "") => Self::Stale,
            ("hdr.requestid", "other") => Self::OtherRequestId,
            ("hdr.sender", "other") => Self::OtherSender,
            ("node", "comment") => Self::Comment,
            ("node", "pi") => Self::ProcessingInstruction,
            ("node", "cdata") => Self::Cdata,
            ("attr.ws", "") => Self::AttributeBlanks,
            ("code", _) => Self::Code(code()?),
            ("code.soap", _) => Self::SoapCode(code()?),
            ("code.document", _) => Self::DocumentCode(code()?),
            ("fault", "") => Self::Fault,
            ("http", _) => Self::Http(value.parse().ok().filter(|status| (400..600).contains(status))?),
            ("close", "") => Self::Close,
            ("half", "") => Self::Half,
            ("delay", _) => Self::Delay(Duration::from_millis(value.parse().ok()?).min(LONGEST)),
            ("hold", "") => Self::Hold,
            ("lost-after-commit", "") => Self::LostAfterCommit,
            ("no-duplicate-check", "") => Self::NoDuplicateCheck,
            ("content.gzip", "bomb") => Self::GzipBomb,
            ("content.gzip", "corrupt") => Self::GzipCorrupt,
            ("content.gzip", "trailing") => Self::GzipTrailing,
            ("content.deflate", "zlib") => Self::Deflate(DeflateFormat::Zlib),
            ("content.deflate", "raw") => Self::Deflate(DeflateFormat::Raw),
            ("b64", "wrap60") => Self::Wrap60,
            ("b64", "wrap76crlf") => Self::Wrap76Crlf,
            ("b64", "dirty") => Self::DirtyBase64,
            ("encoding", "iso-8859-15") => Self::Latin9,
            ("dtd", "") => Self::Doctype,
            ("cert.nomatch", "") => Self::OtherKey,
            ("cert.issued", "ended") => Self::OddCertificate(OddCertificate::Ended),
            ("cert.issued", "later") => Self::OddCertificate(OddCertificate::Later),
            ("cert.issued", "due") => Self::OddCertificate(OddCertificate::Due),
            ("cert.issued", "authority") => Self::OddCertificate(OddCertificate::Authority),
            ("cert.issued", "encipherment") => Self::OddCertificate(OddCertificate::Encipherment),
            ("html", "") => Self::Html,
            ("enc", "3des") => Self::Encrypted(OddEncryption::TripleDes),
            ("enc", "aes128") => Self::Encrypted(OddEncryption::ShortKey),
            ("enc", "none") => Self::Encrypted(OddEncryption::Plain),
            ("enc", "badpad") => Self::Encrypted(OddEncryption::BrokenPadding),
            ("enc", "wrongkey") => Self::Encrypted(OddEncryption::OtherKey),
            (name, "") => {
                let number = name.strip_prefix("xsw.")?.parse().ok()?;
                (1..=8).contains(&number).then_some(Self::Wrapped(number))?
            }
            _ => return None,
        })
    }
}

/// A fault to order.
#[derive(Debug, Boundary)]
#[non_exhaustive]
pub struct FaultOrder {
    /// The fault, such as `sig.outer=bad`; the bank's page lists them.
    pub fault: String,
    /// The family. Default: all.
    pub family: Option<String>,
    /// The operation, such as `list_files`, or `revocation_list` for when that is fetched. Default: all operations.
    pub operation: Option<String>,
    /// How many requests it concerns. Default: 1.
    pub count: Option<u32>,
}

impl FaultOrder {
    /// Checks the names, so that no order waits for a request that never comes. The operation's protocol is taken off.
    ///
    /// # Errors
    /// `input.invalid_field`, which lists the names there are.
    pub(crate) fn checked(&mut self) -> Result<()> {
        let families = match &self.family {
            Some(family) => std::slice::from_ref(known_family(family)?),
            None => &DIALECTS,
        };
        if let Some(operation) = self.operation.as_mut().filter(|operation| *operation != REVOCATION_LIST) {
            let known = operation_named(CATALOGUE, operation)?;
            known.rsplit('.').next().unwrap_or(known).clone_into(operation);
            if !families.iter().any(|dialect| dialect.offered().any(|one| one == operation)) {
                let offered: Vec<&str> = families.iter().flat_map(BankDialect::offered).collect();
                let why = format!("is none that this family answers: there are {}", offered.join(", "));
                return Err(Error::invalid_field("operation", why));
            }
        }
        Ok(())
    }
}

/// A fault that waits.
struct WaitingFault {
    fault: BankFault,
    family: Option<String>,
    operation: Option<String>,
    count: u32,
}

/// The faults that wait.
#[derive(Default)]
pub(crate) struct OrderedFaults(Mutex<Vec<WaitingFault>>);

impl OrderedFaults {
    /// Takes orders.
    ///
    /// # Errors
    /// `input.invalid_field`, naming what cannot be ordered; then none of them is taken.
    pub(crate) fn order(&self, orders: Vec<FaultOrder>) -> Result<()> {
        let read = |order: FaultOrder| {
            let fault = BankFault::named(&order.fault).ok_or_else(|| {
                Error::invalid_field("fault", format!("{} is no fault; docs/sepa-bank.md lists them", order.fault))
            })?;
            let count = order.count.unwrap_or(1);
            if count == 0 {
                return Err(Error::invalid_field("count", "must be at least 1"));
            }
            Ok(WaitingFault { fault, family: order.family, operation: order.operation, count })
        };
        let new = orders.into_iter().map(read).collect::<Result<Vec<_>>>()?;
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() + new.len() > MOST {
            return Err(Error::invalid_field("fault", format!("is one order too many: at most {MOST} can wait")));
        }
        waiting.extend(new);
        Ok(())
    }

    /// Forgets all orders.
    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The faults of the next request.
    pub(crate) fn take(&self, family: &str, operation: &str) -> Vec<BankFault> {
        self.taken(family, operation, true)
    }

    /// Those of the next time that a revocation list is fetched: of orders that name it.
    pub(crate) fn take_of_list(&self, family: &str) -> Vec<BankFault> {
        self.taken(family, REVOCATION_LIST, false)
    }

    fn taken(&self, family: &str, operation: &str, of_any: bool) -> Vec<BankFault> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        for one in waiting.iter_mut() {
            let fits = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
            let is_meant = of_any || one.operation.is_some();
            if is_meant && fits(&one.family, family) && fits(&one.operation, operation) {
                one.count -= 1;
                taken.push(one.fault);
            }
        }
        waiting.retain(|one| one.count > 0);
        taken
    }
}
