//! Signs a file and sends it (WS Channel sheet §5.2).

use bankchannel_foundation::{
    Boundary, Content, Declaration, Error, Local, LocalContext, Operation, Outcome, Result, Secret,
    clock::SystemClock,
    error::{Row, row},
};
use bankchannel_ws_channel::{
    errors,
    model::{Bank, FileName, FileType, PgpPrivateKeys, Signatures},
    operations::{
        files::upload_file::{UploadFile, UploadFileRequest},
        pgp::sign_file::{SignFile, SignFileRequest, SignatureHash},
    },
};

use super::{Flow, flow, source::Source, steps::Steps};
use crate::{CallOptions, ws_channel::WsChannel};

/// What to sign with what, and where to send it.
#[derive(Debug, Clone, Boundary)]
pub struct SignAndUploadRequest {
    /// The bank to send it to.
    #[boundary(profile)]
    pub bank: Bank,
    /// The bank's name for its kind, such as `pain.001.001.09`.
    pub file_type: FileType,
    /// The file's name as the bank will see it; left out, the name that the file has on disk.
    pub file_name: Option<FileName>,
    /// The file's bytes.
    pub content: Content,
    /// The armored private key that is registered with purpose `authorize`; several, one after the other, make one signature
    /// each.
    pub private_key: PgpPrivateKeys,
    /// Opens the private keys that are locked.
    pub passphrase: Option<Secret>,
    /// The hash of the signature; SHA-256 when left out.
    pub hash: Option<SignatureHash>,
}

/// The file was accepted.
#[derive(Debug, Clone, Boundary)]
pub struct SignAndUploadResponse {
    /// The name it was sent under.
    pub file_name: FileName,
    /// How many bytes were sent.
    pub bytes: u64,
    /// The signatures it was sent with.
    pub signature: Signatures,
    /// The service's text.
    pub response_text: String,
}

pub(super) const ERRORS: &[&Row] = &[
    &row::CONTENT_UNREADABLE,
    &errors::PGP_KEY_REFUSED,
    &errors::PGP_KEY_UNFIT,
    &errors::PASSPHRASE_REFUSED,
    &errors::SIGNATURE_KEY_UNKNOWN,
    &errors::UPLOAD_REJECTED,
    &errors::PGP_KEY_MISSING,
    &errors::CONTENT_EMPTY,
    &errors::MODE_REFUSED,
    &errors::CERTIFICATE_MISSING,
    &errors::NO_BANK_CHANNEL,
    &errors::BANK_REFUSED,
    &errors::BANK_UNAVAILABLE,
];

/// Signs and uploads a file.
#[derive(Debug)]
pub struct SignAndUpload;

impl Operation for SignAndUpload {
    type Request = SignAndUploadRequest;
    type Response = SignAndUploadResponse;
    const DECLARATION: Declaration = flow(
        "ws_channel.sign_and_upload",
        "files",
        "Sign a file and send it to a bank",
        "The file is opened once, read for the signature and read again for sending, and never held in memory; one that changed between \
         is refused before its last byte leaves. It is sent once: with outcome `unknown` or `accepted`, look for the bank's answer \
         files before sending it again. Needs a data session and a certificate for the bank.",
        ERRORS,
    );
}

impl Flow for SignAndUpload {
    async fn run(
        client: &WsChannel,
        request: SignAndUploadRequest,
        options: &CallOptions,
    ) -> Result<SignAndUploadResponse> {
        let steps = Steps::begin(client, options)?;
        let SignAndUploadRequest { bank, file_type, file_name, content, private_key, passphrase, hash } = request;
        let keys = Keys { private_key, passphrase, hash };
        let prepared = prepare(&steps, content, file_name, Authority::Keys(keys)).await?;
        prepared.upload(&steps, bank, file_type).await
    }
}

/// What authorises an upload.
pub(super) enum Authority {
    Keys(Keys),
    Signed(Signatures),
}

/// What to sign with.
pub(super) struct Keys {
    pub(super) private_key: PgpPrivateKeys,
    pub(super) passphrase: Option<Secret>,
    pub(super) hash: Option<SignatureHash>,
}

/// A signed file, still open.
pub(super) struct Prepared {
    source: Source,
    name: FileName,
    signature: Signatures,
}

/// Opens and signs. Nothing is sent.
pub(super) async fn prepare(
    steps: &Steps<'_>,
    content: Content,
    name: Option<FileName>,
    authority: Authority,
) -> Result<Prepared> {
    steps.say("signing the file");
    let prepared = steps.work(move || {
        let source = Source::open(content)?;
        let name = match (name, source.name()) {
            (Some(name), _) => name,
            (None, Some(own)) => FileName::parse(own).map_err(|why| Error::invalid_field("file_name", why))?,
            (None, None) => {
                return Err(Error::because(
                    &row::MISSING_FIELD,
                    "file_name is missing: the content is no file that has a name",
                )
                .with("field", "file_name"));
            }
        };
        if source.size() == 0 {
            return Err(Error::because(&errors::CONTENT_EMPTY, errors::CONTENT_EMPTY.text));
        }
        let signature = match authority {
            Authority::Signed(signature) => signature,
            Authority::Keys(keys) => sign(&source, keys)?,
        };
        source.check_unchanged()?;
        Ok(Prepared { source, name, signature })
    });
    prepared.await.map_err(|error| error.with_outcome(Outcome::NotSent))
}

fn sign(source: &Source, keys: Keys) -> Result<Signatures> {
    let Keys { private_key, passphrase, hash } = keys;
    // The bytes come from the open file; the request only says with what to sign them.
    let content = Content::Delivered { size: source.size() };
    let with = LocalContext { clock: &SystemClock::default(), content: Some(source.reader()?) };
    SignFile::run(SignFileRequest { content, private_key, passphrase, hash }, with).map(|signed| signed.signature)
}

impl Prepared {
    /// Sends the file from where it was signed.
    pub(super) async fn upload(
        self,
        steps: &Steps<'_>,
        bank: Bank,
        file_type: FileType,
    ) -> Result<SignAndUploadResponse> {
        steps.say("sending the file");
        let Self { source, name, signature } = self;
        let request = UploadFileRequest {
            bank,
            file_contents: source.content(),
            file_name: name.clone(),
            file_type,
            signature: signature.clone(),
        };
        let answer = steps.exchange::<UploadFile>(request).await?;
        Ok(SignAndUploadResponse {
            file_name: name,
            bytes: source.size(),
            signature,
            response_text: answer.response_text,
        })
    }
}
