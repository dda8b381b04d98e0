//! Sends a file and waits for the bank's answers (docs/protocols/ws-channel.md §8.2).

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bankchannel_foundation::{
    Boundary, Category, Content, Declaration, Error, Operation, Outcome, Result, Secret,
    error::{Row, row},
    model::Seconds,
    operation::Command,
};
use bankchannel_iso20022::errors as iso20022_errors;
use bankchannel_ws_channel::{
    errors,
    model::{
        Bank, FileDescriptor, FileName, FileReference, FileType, PgpPrivateKeys, Signatures, SigningCertificates,
        StatusFilter,
    },
    operations::pgp::sign_file::SignatureHash,
};

use super::{
    Flow, asking_for_signatures,
    check_first::CheckFirst,
    fetch::{Fetched, beside, broke_off_a_renewal, download, into_folder, list, open_folder, was_not_sent},
    flow,
    inline::InlineContent,
    parsed::{Parsed, Parser},
    run_by,
    sign_and_upload::{self, prepare},
    signing::{Authority, Given},
    steps::Steps,
};
use crate::{CallOptions, Destination, ws_channel::WsChannel};

/// The file, the keys, and the answers to wait for.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadAndWaitRequest {
    /// The bank to send it to.
    #[boundary(profile)]
    pub bank: Bank,
    /// The bank's name of the file type, such as `pain.001.001.09`.
    pub file_type: FileType,
    /// The file's name, as sent to the bank. Default: the file's name on disk.
    pub file_name: Option<FileName>,
    /// The file's bytes.
    pub content: Content,
    /// The armored private key that is registered with purpose `authorize`. Give one of this, `signing_certificate` and
    /// `signature`.
    pub private_key: Option<PgpPrivateKeys>,
    /// The passphrase of the private keys that are locked.
    pub passphrase: Option<Secret>,
    /// The armored public key that is registered with purpose `authorize`, if its private key is elsewhere: in an HSM,
    /// a smart card, an agent. Several keys, one after the other, make one signature each. The call asks a question of
    /// kind `signature` for each key, as `sign_and_upload` does.
    pub signing_certificate: Option<SigningCertificates>,
    /// The hash algorithm of the signature. Default: SHA-256.
    pub hash: Option<SignatureHash>,
    /// Signatures over the same bytes that were made elsewhere.
    pub signature: Option<Signatures>,
    /// The types of the answers to wait for, one file of each, such as `pain.002.001.10`.
    pub wait_for: Vec<FileType>,
    /// The time limit for all answers together, in seconds, fractions allowed. Default: 60.
    pub wait_timeout_s: Option<Seconds>,
    /// The older name of `wait_timeout_s`, in whole seconds. `wait_timeout_s` takes precedence.
    pub timeout_s: Option<u32>,
    /// The interval between two polls, in milliseconds, at least 100. Default: 1000.
    pub poll_interval_ms: Option<u32>,
    /// The folder for the answers, with names as in `download_new_files`. Without a folder the answers are in the
    /// response. If a name is taken, the answer gets another name, with `~2` before `.dat`: names contain neither bank
    /// nor account.
    pub directory: Option<String>,
    /// Whether the response also has the answers in parsed form. Default: true.
    pub parse: Option<bool>,
    /// The check before sending.
    #[boundary(flatten)]
    pub check: CheckFirst,
}

/// The file was accepted, and the bank has answered.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct UploadAndWaitResponse {
    /// The file name sent to the bank.
    pub file_name: FileName,
    /// The number of bytes sent.
    pub bytes: u64,
    /// The answers, in the order of `wait_for`.
    pub answers: Vec<BankAnswer>,
    /// The service's text on the upload.
    pub response_text: String,
}

/// An answer file of the bank.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct BankAnswer {
    /// The bank's description of the file.
    pub file: FileDescriptor,
    /// The file's length in bytes.
    pub bytes: u64,
    /// The file's path, if a folder was given.
    pub path: Option<String>,
    /// The file's bytes as base64 text, if no folder was given.
    pub content: Option<InlineContent>,
    /// The parsed content.
    #[boundary(flatten)]
    pub parsed: Parsed,
}

impl BankAnswer {
    fn of(file: FileDescriptor, bytes: u64) -> Self {
        Self { file, bytes, path: None, content: None, parsed: Parsed::default() }
    }
}

/// The default time to wait for answers, in seconds (§8.2).
const WAIT_S: u32 = 60;
/// The default interval between two polls, in milliseconds (§8.2).
const POLL_MS: u32 = 1000;
/// The minimum interval between two polls, in milliseconds: the service counts calls.
const POLL_MIN_MS: u32 = 100;
/// The maximum number of types to wait for.
const WAIT_FOR_MAX: usize = 20;

const ERRORS: &[&Row] = &[
    &errors::ANSWER_NOT_FOUND,
    &errors::REFERENCE_UNSAFE,
    &errors::PGP_KEY_REFUSED,
    &errors::PGP_KEY_UNFIT,
    &errors::PASSPHRASE_REFUSED,
    &errors::SIGNATURE_WRONG,
    &errors::SIGNATURE_KEY_UNKNOWN,
    &errors::UPLOAD_REJECTED,
    &errors::PGP_KEY_MISSING,
    &errors::CONTENT_EMPTY,
    &iso20022_errors::PAYMENT_REFUSED,
    &errors::MODE_REFUSED,
    &errors::CERTIFICATE_MISSING,
    &errors::NO_BANK_CHANNEL,
    &errors::BANK_REFUSED,
    &errors::BANK_UNAVAILABLE,
];

/// Uploads and waits.
#[derive(Debug)]
pub struct UploadAndWait;

impl Operation for UploadAndWait {
    type Request = UploadAndWaitRequest;
    type Response = UploadAndWaitResponse;
    const DECLARATION: Declaration = run_by(
        &[Command { name: "upload-file", given: &["wait_for"] }],
        asking_for_signatures(flow(
            "ws_channel.upload_and_wait",
            "files",
            "Sign a file, send it, and wait for the bank's answers",
            "Notes the existing files of the wanted types, signs and sends the file as `sign_and_upload` does, then \
             polls until there is a new file of each type, and downloads it. New means new since the upload: if \
             several uploads are under way at once, an answer to another upload may be taken for this one's, so read \
             the reference in it. Every error after the accepted upload has outcome `accepted` and the detail \
             `upload` = `accepted`: do not send the file again, look for its answers later. The detail `taken` lists \
             the answers that were downloaded before the error, by type and reference: the bank lists them as \
             downloaded. The detail `begun` lists the answers that the bank may have sent and that did not arrive: it \
             may list them as downloaded too. `download_new_files` into the same folder has them again; without a \
             folder, or if a name was taken, download them by type and reference. With `signing_certificate` it asks \
             a question of kind `signature` for each certificate, as `sign_and_upload` does.",
            ERRORS,
        )),
    );
}

impl Flow<WsChannel> for UploadAndWait {
    async fn run(
        client: &WsChannel,
        request: UploadAndWaitRequest,
        options: &CallOptions,
    ) -> Result<UploadAndWaitResponse> {
        let steps = Steps::begin(client, options)?;
        let UploadAndWaitRequest { private_key, passphrase, signing_certificate, hash, signature, .. } = request;
        let given = Given { private_key, passphrase, signing_certificate, hash, signature };
        let authority = Authority::of(given, "private_key, signing_certificate or signature is missing")?;
        let types = unique(request.wait_for)?;
        let folder = match &request.directory {
            Some(directory) => Some(open_folder(&steps, directory).await?),
            None => None,
        };
        let bank = request.bank;
        let prepared = prepare(&steps, request.content, request.file_name, authority, request.check).await?;
        let mut known = BTreeSet::new();
        for file_type in &types {
            let listed = list(&steps, bank, Some(file_type.clone()), StatusFilter::All).await;
            let listed = listed.map_err(|error| error.with_outcome(Outcome::NotSent))?;
            known.extend(listed.into_iter().map(|file| (file.file_type, file.file_reference)));
        }
        let sent = prepared.upload(&steps, bank, request.file_type).await?;
        let whole_s = Duration::from_secs(request.timeout_s.unwrap_or(WAIT_S).into());
        let wait = request.wait_timeout_s.map_or(whole_s, |Seconds(wait)| wait);
        let waiting = Waiting {
            steps: &steps,
            bank,
            known,
            until: Instant::now() + wait,
            interval: Duration::from_millis(request.poll_interval_ms.unwrap_or(POLL_MS).max(POLL_MIN_MS).into()),
            folder,
        };
        let mut answers = waiting.answers(&types).await.map_err(after_upload)?;
        let mut parser = Parser::new(request.parse);
        for answer in &mut answers {
            answer.parsed = match (&answer.content, &answer.path) {
                (Some(content), _) => parser.bytes(&steps, &content.0).await,
                (None, Some(path)) => parser.path(&steps, Path::new(path)).await,
                (None, None) => Parsed::default(),
            };
        }
        let sign_and_upload::SignAndUploadResponse { file_name, bytes, response_text, .. } = sent;
        Ok(UploadAndWaitResponse { file_name, bytes, answers, response_text })
    }
}

fn unique(types: Vec<FileType>) -> Result<Vec<FileType>> {
    if types.is_empty() || types.len() > WAIT_FOR_MAX {
        return Err(Error::invalid_field("wait_for", format!("must name 1 to {WAIT_FOR_MAX} types")));
    }
    let mut seen = BTreeSet::new();
    Ok(types.into_iter().filter(|file_type| seen.insert(file_type.clone())).collect())
}

/// A later error does not change that the upload was accepted.
fn after_upload(error: Error) -> Error {
    error.with("upload", "accepted").with_retryable(false).with_outcome(Outcome::Accepted)
}

struct Waiting<'a> {
    steps: &'a Steps<'a>,
    bank: Bank,
    known: BTreeSet<(String, FileReference)>,
    until: Instant,
    interval: Duration,
    folder: Option<PathBuf>,
}

impl Waiting<'_> {
    async fn answers(&self, types: &[FileType]) -> Result<Vec<BankAnswer>> {
        let mut looks: Vec<Look> = types.iter().map(|_| Look::default()).collect();
        loop {
            // The last poll also finds files that another client has downloaded meanwhile.
            let last = Instant::now() >= self.until;
            let status = if last { StatusFilter::All } else { StatusFilter::New };
            for (number, file_type) in types.iter().enumerate() {
                if looks[number].found.is_none()
                    && let Err(error) = self.look(file_type, status, &mut looks[number]).await
                {
                    return Err(told(error, types, &looks));
                }
            }
            if looks.iter().all(|look| look.found.is_some()) {
                return Ok(looks.into_iter().filter_map(|look| look.found).collect());
            }
            if last {
                let missing = types.iter().zip(&looks).filter(|(_, look)| look.found.is_none());
                let missing = missing.map(|(file_type, _)| file_type.as_str()).collect::<Vec<_>>().join(", ");
                let text =
                    format!("{} The upload was accepted; still missing: {missing}.", errors::ANSWER_NOT_FOUND.text);
                let error = Error::because(&errors::ANSWER_NOT_FOUND, text).with("missing", missing);
                return Err(told(error, types, &looks));
            }
            let left = self.until.saturating_duration_since(Instant::now());
            self.steps.wait(self.interval.min(left)).await.map_err(|error| told(error, types, &looks))?;
        }
    }

    async fn look(&self, file_type: &FileType, status: StatusFilter, look: &mut Look) -> Result<()> {
        // A file that the bank has begun to send is no longer new, even if it did not arrive.
        let status = if look.begun.is_some() { StatusFilter::All } else { status };
        let listed = match list(self.steps, self.bank, Some(file_type.clone()), status).await {
            Ok(listed) => listed,
            Err(error) if self.passes(&error) => return Ok(()),
            Err(error) => return Err(error),
        };
        let is_new = |file: &&FileDescriptor| {
            file.file_type == file_type.as_str()
                && !self.known.contains(&(file.file_type.clone(), file.file_reference.clone()))
        };
        let was_begun = |file: &&FileDescriptor| look.begun.as_ref() == Some(&file.file_reference);
        let mut new = listed.iter().filter(is_new);
        let Some(file) = new.clone().find(was_begun).or_else(|| new.next()) else { return Ok(()) };
        match self.take(file.clone()).await {
            Ok(answer) => {
                *look = Look { found: Some(answer), begun: None };
                Ok(())
            }
            Err(error) => {
                if !was_not_sent(&error) {
                    look.begun = Some(file.file_reference.clone());
                }
                if self.passes(&error) { Ok(()) } else { Err(error) }
            }
        }
    }

    /// Whether waiting continues after a failed poll: the next one may succeed.
    fn passes(&self, error: &Error) -> bool {
        let passing = [
            &row::CONNECT_FAILED,
            &row::CONNECTION_LOST,
            &row::UNAVAILABLE,
            &row::RATE_LIMITED,
            &errors::BANK_UNAVAILABLE,
            &errors::SERVICE_FAILED,
        ];
        // The time limit of one poll does not end the flow.
        passing.contains(&error.row())
            || broke_off_a_renewal(error)
            || (error.category() == Category::TimedOut && !self.steps.is_over())
    }

    async fn take(&self, file: FileDescriptor) -> Result<BankAnswer> {
        if let Some(folder) = &self.folder {
            let (path, bytes) = match into_folder(self.steps, self.bank, &file, folder).await? {
                Fetched::Downloaded { path, bytes } => (path, bytes),
                // The existing file may belong to another bank or account; the answer to this payment is the file with
                // this reference.
                Fetched::Exists { path } => beside(self.steps, self.bank, &file, path).await?,
            };
            return Ok(BankAnswer { path: Some(path.display().to_string()), ..BankAnswer::of(file, bytes) });
        }
        self.steps.say(&format!("downloading the {}", file.file_type));
        match download(self.steps, self.bank, &file, Destination::Memory).await? {
            Content::Bytes(bytes) => {
                let size = bytes.len() as u64;
                Ok(BankAnswer { content: Some(InlineContent(bytes)), ..BankAnswer::of(file, size) })
            }
            other => Err(Error::because(&row::INTERNAL, format!("content for memory is {other:?}"))),
        }
    }
}

/// The state of the wait for one type.
#[derive(Default)]
struct Look {
    found: Option<BankAnswer>,
    /// An answer that the bank may have sent and that did not arrive.
    begun: Option<FileReference>,
}

/// Adds the answers that the bank counts as downloaded to the error of a failed wait: those that were taken, and those
/// that did not arrive.
fn told(error: Error, types: &[FileType], looks: &[Look]) -> Error {
    let named = |reference: fn(&Look) -> Option<&FileReference>| {
        let all = types.iter().zip(looks);
        let all = all.filter_map(|(file_type, look)| Some(format!("{} {}", file_type.as_str(), reference(look)?)));
        all.collect::<Vec<_>>().join(", ")
    };
    let taken = named(|look| look.found.as_ref().map(|answer| &answer.file.file_reference));
    let begun = named(|look| look.begun.as_ref());
    let error = if taken.is_empty() { error } else { error.with("taken", taken) };
    if begun.is_empty() { error } else { error.with("begun", begun) }
}
