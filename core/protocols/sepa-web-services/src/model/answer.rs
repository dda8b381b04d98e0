//! What every answer of a bank has (§4.1, §5.2).

use bankchannel_foundation::model::Boundary;

/// The bank's answer. Part of every answer: these fields are also fields of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(flattened)]
#[non_exhaustive]
pub struct FileServiceAnswer {
    /// The customer, as in the request.
    pub customer_id: String,
    /// When the bank made the answer.
    pub timestamp: bankchannel_foundation::model::Timestamp,
    /// The bank's code: `00`, or `24` for a list without files.
    pub response_code: String,
    /// The bank's text, for people; it may be Finnish.
    pub response_text: String,
    /// The `execution_serial` of the request, if it had one.
    pub execution_serial: Option<String>,
}

/// What shows later which messages an exchange had. Keep it with the file: banks ask for these ids.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ExchangeEvidence {
    /// The id of the message, in the header of request and answer.
    pub request_id: String,
    /// The time in the document of the request, as it was sent. With the customer's id it names the request.
    pub request_timestamp: String,
    /// SHA-256 of the request's document, hex.
    pub request_sha256: String,
    /// SHA-256 of the answer's document, hex.
    pub answer_sha256: String,
    /// The bank's code in the envelope; left out if it has none.
    pub soap_response_code: Option<String>,
    /// Serial numbers of the certificates with which the bank signed, hex: of the envelope, then of the document.
    pub signer_serials: Vec<String>,
}

/// An answer that is to be completed by the client's evidence of the exchange.
pub trait BelievedAnswer {
    /// Takes the evidence of the exchange.
    fn set_evidence(&mut self, evidence: ExchangeEvidence);

    /// Takes the certificates for the keys of the requests, PEM: of the one that signs, of the one that decrypts.
    fn set_certificates(&mut self, _certificate: Option<String>, _encryption_certificate: Option<String>) {}
}

/// Implements [`BelievedAnswer`] for answers with a field `evidence`.
macro_rules! believed_answers {
    ($($answer:ty),+) => {
        $(impl $crate::model::BelievedAnswer for $answer {
            fn set_evidence(&mut self, evidence: $crate::model::ExchangeEvidence) {
                self.evidence = Some(evidence);
            }
        })+
    };
}
pub(crate) use believed_answers;

/// The same for answers with fields `certificate` and `encryption_certificate` too.
macro_rules! certificate_answers {
    ($($answer:ty),+) => {
        $(impl $crate::model::BelievedAnswer for $answer {
            fn set_evidence(&mut self, evidence: $crate::model::ExchangeEvidence) {
                self.evidence = Some(evidence);
            }

            fn set_certificates(&mut self, certificate: Option<String>, encryption_certificate: Option<String>) {
                self.certificate = certificate;
                self.encryption_certificate = encryption_certificate;
            }
        })+
    };
}
pub(crate) use certificate_answers;
