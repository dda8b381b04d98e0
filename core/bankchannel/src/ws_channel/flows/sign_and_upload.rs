//! Signs a file and sends it (docs/protocols/ws-channel.md §5.2).

use bankchannel_foundation::{CallOutcome, Result, error::row, prelude::*};
use bankchannel_iso20022::{answers::UploadedMessage, errors as iso20022_errors, rules::BaseProfile};
use bankchannel_transport::background;
use bankchannel_ws_channel::{
    errors,
    model::{Bank, FileName, FileType, Signatures},
    operations::files::upload_file::{UploadFile, UploadFileRequest},
};

use super::{
    Flow, asking_for_signatures,
    fetch::WsChannelPlace,
    flow,
    signing::{FileSigning, FileToSign, UploadAuthority},
    steps::FlowSteps,
};
use crate::{
    CallOptions,
    client::source::UploadSource,
    file_channel::{
        check_first::CheckFirst,
        repeats::{RejectRepeats, UploadedFile, with_message_id},
    },
    ws_channel::WsChannel,
};

/// The file, the keys and the bank.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SignAndUploadRequest {
    /// The file, the bank and the keys.
    #[boundary(flatten)]
    pub file: FileToSign,
    /// The check before sending.
    #[boundary(flatten)]
    pub check_first: CheckFirst,
    /// The detection of repeated uploads.
    #[boundary(flatten)]
    pub repeats: RejectRepeats,
}

/// The file was accepted.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SignAndUploadResponse {
    /// The file name sent to the bank.
    pub file_name: FileName,
    /// The number of bytes sent.
    pub bytes: u64,
    /// The signatures sent with the file.
    pub signature: Signatures,
    /// The service's text.
    pub response_text: String,
}

/// Sign a file and send it to a bank.
///
/// The file is opened once, read for the signature and read again for sending, and never held in memory; if it
/// changed in between, it is refused before its last byte is sent. It is sent once: with outcome `unknown` or
/// `accepted`, look for the bank's answer files before sending it again. Needs a data session and a certificate for
/// the bank. With `signing_certificate` it asks a question of kind `signature` for each certificate, after reading
/// the file and before sending anything. The question's member `signature` has `algorithm` (`rsa_pkcs1_sha256`,
/// `rsa_pkcs1_sha384`, `rsa_pkcs1_sha512` or `ed25519`), `digest` (the value to sign, which is not hashed again) and
/// `key_fingerprint` (of the key or subkey that signs: the newest that may). The answer is the raw signature. Both
/// are bytes in Python, Node and PHP, and base64 in Rust, C and for the shell's `--signer`. For RSA the signature is
/// PKCS#1 v1.5, big-endian, as long as the modulus; for Ed25519 it is R and S, 64 bytes, with the digest as the
/// message. The certificate verifies it. An invalid signature ends the call, and so does a signer that fails: with
/// outcome `not_sent`.
#[derive(Debug, Operation)]
#[operation(SignAndUploadRequest => SignAndUploadResponse)]
#[declaration(commands: COMMANDS, ..asking_for_signatures(flow("ws_channel.sign_and_upload", "files")))]
#[errors(
    row::CONTENT_UNREADABLE,
    errors::{
        PGP_KEY_REFUSED, PGP_KEY_UNFIT, PASSPHRASE_REFUSED, SIGNATURE_WRONG, SIGNATURE_KEY_UNKNOWN, UPLOAD_REJECTED,
        PGP_KEY_MISSING, CONTENT_EMPTY,
    },
    iso20022_errors::PAYMENT_REFUSED,
    errors::{
        MODE_REFUSED, CERTIFICATE_MISSING, NO_BANK_CHANNEL, BANK_REFUSED, BANK_UNAVAILABLE, UPLOAD_REPEATED,
    },
)]
pub struct SignAndUpload;

const COMMANDS: &[Command] = &[
    Command::when_given("upload-file", &["private_key"]),
    Command::when_given("upload-file", &["signing_certificate"]),
];

impl Flow<WsChannel> for SignAndUpload {
    async fn run(
        client: &WsChannel,
        request: SignAndUploadRequest,
        options: &CallOptions,
    ) -> Result<SignAndUploadResponse> {
        let steps = FlowSteps::begin(client, options)?;
        steps.plan(2);
        let SignAndUploadRequest { mut file, check_first, repeats } = request;
        let missing = "private_key or signing_certificate is missing";
        let authority = UploadAuthority::from_given(&mut file, None, missing)?;
        let prepared = PreparedUpload::new(&steps, file, authority, check_first).await?;
        let upload = if repeats.is_wanted() { prepared.message(&steps).await? } else { UploadedMessage::default() };
        let source = prepared.source.clone();
        match prepared.upload(&steps, repeats, &upload).await {
            Err(error) if upload.message_id().is_none() => {
                // Read only now: a file that was taken needs no ids.
                let read = background::blocking(move || UploadedMessage::read(|| source.reader())).await;
                let message = read.ok().and_then(Result::ok).unwrap_or_default();
                Err(with_message_id(error, message.message_id()))
            }
            done => done,
        }
    }
}

/// A signed file that is still open.
pub(super) struct PreparedUpload {
    bank: Bank,
    file_type: FileType,
    source: UploadSource,
    name: FileName,
    signature: Signatures,
}

impl PreparedUpload {
    /// Opens and signs a file. Nothing is sent.
    ///
    /// # Errors
    /// Those of the content, the check and the signature, with outcome `not_sent`.
    pub(super) async fn new(
        steps: &FlowSteps<'_>,
        file: FileToSign,
        authority: UploadAuthority,
        check: CheckFirst,
    ) -> Result<Self> {
        let FileToSign { bank, file_type, file_name: name, content, .. } = file;
        steps.step("signing the file");
        let named_type = file_type.clone();
        let read = steps.work(move || {
            let source = UploadSource::open(content)?;
            let name = match (name, source.name()) {
                (Some(name), _) => name,
                (None, Some(own)) => FileName::parse(own).map_err(|why| Error::invalid_field("file_name", why))?,
                (None, None) => {
                    return Err(Error::missing_field(
                        "file_name",
                        "file_name is missing: the content does not come from a named file",
                    ));
                }
            };
            if source.size() == 0 {
                return Err(Error::because(&errors::CONTENT_EMPTY, errors::CONTENT_EMPTY.text));
            }
            let rules = BaseProfile::of_bank(bank.as_str()).map(BaseProfile::options).unwrap_or_default();
            check.refuse_faulty(&source, named_type.as_str(), false, rules)?;
            let signing = authority.read(&source)?;
            source.check_unchanged()?;
            Ok((source, name, signing))
        });
        let prepared = async {
            let (source, name, signing) = read.await?;
            let asks = matches!(signing, FileSigning::Pending(_));
            let signature = signing.finish(steps, &name, source.size()).await?;
            if asks {
                // A person or a device may take minutes, so a change is detected before the first byte is sent.
                let source = source.clone();
                steps.work(move || source.check_unchanged()).await?;
            }
            Ok(Self { bank, file_type, source, name, signature })
        };
        prepared.await.map_err(|error: Error| error.with_outcome(CallOutcome::NotSent))
    }

    /// The ids of the file, by which answers name it.
    ///
    /// # Errors
    /// `input.content_unreadable` with outcome `not_sent`.
    pub(super) async fn message(&self, steps: &FlowSteps<'_>) -> Result<UploadedMessage> {
        let source = self.source.clone();
        let read = steps.work(move || UploadedMessage::read(|| source.reader())).await;
        read.map_err(|error| error.with_outcome(CallOutcome::NotSent))
    }

    /// Sends the same open file that was signed, unless it is a repetition that is to be rejected.
    pub(super) async fn upload(
        self,
        steps: &FlowSteps<'_>,
        repeats: RejectRepeats,
        message: &UploadedMessage,
    ) -> Result<SignAndUploadResponse> {
        let Self { bank, file_type, source, name, signature } = self;
        let (place, message_id) = (WsChannelPlace::new(bank), message.message_id());
        let file = UploadedFile { place: &place, name: name.as_str(), source: &source, message_id };
        let mut request = UploadFileRequest::new(bank, source.content(), name.clone(), file_type, signature.clone());
        // The service refuses the same bytes, too.
        request.send_anyway = repeats.send_anyway;
        let answer = repeats.send_once(steps, file, steps.exchange::<UploadFile>(request)).await?;
        Ok(SignAndUploadResponse {
            bytes: source.size(),
            file_name: name,
            signature,
            response_text: answer.response_text,
        })
    }
}
