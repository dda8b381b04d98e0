//! Operations composed of others: new files fetched with a ledger, a file sent and its answers awaited, an upload without
//! an answer settled.
//!
//! To add a flow, add its file, its `pub mod` line and its name in the list below. The catalogue, the client's methods
//! and the generic call are built from this list.

pub(super) mod add_anchor;
pub(super) mod certificate_attention;
pub(super) mod certificate_status;
pub(super) mod change_passphrase;
pub(super) mod download_new_files;
pub(super) mod enrol;
pub(super) mod import_certificate;
pub(super) mod list_anchors;
pub(super) mod remove_anchor;
pub(super) mod renew;
pub(super) mod settle_upload;
pub(super) mod upload_and_wait;

mod channel;

use std::future::Future;

use bankchannel_foundation::{CallOutcome, Result, operation::OperationKind, prelude::*};
use bankchannel_sepa_web_services::PROTOCOL;
use bankchannel_transport::background;
use tokio::sync::oneshot;

use crate::CallOptions;

pub(super) use crate::client::Flow;

/// Passes the list of flows to a macro.
macro_rules! for_each_flow {
    ($callback:ident) => {
        $callback! {
            download_new_files::DownloadNewBankFiles;
            upload_and_wait::UploadBankFileAndWait;
            settle_upload::SettleBankUpload;
            enrol::Enrol;
            renew::Renew;
            certificate_status::CertificateStatus;
            import_certificate::ImportBankCertificate;
            change_passphrase::ChangeIdentityPassphrase;
            list_anchors::ListBankAnchors;
            add_anchor::AddBankAnchor;
            remove_anchor::RemoveBankAnchor;
        }
    };
}
pub(super) use for_each_flow;

/// The declaration of a flow about files.
const fn flow(name: &'static str) -> Declaration {
    Declaration { group: Some("sepa"), ..Declaration::new(OperationKind::Flow, PROTOCOL, "files", name) }
}

/// The declaration of a flow about certificates.
const fn certificates_flow(name: &'static str) -> Declaration {
    Declaration { subject: "certificates", ..flow(name) }
}

/// An error before anything was sent.
fn not_sent(error: Error) -> Error {
    error.with_outcome(CallOutcome::NotSent)
}

/// Waits for work that is finished even if the caller gives up: work begun at the bank must not get lost.
async fn finished<T: Send + 'static, W>(
    steps: &channel::FileFlowSteps<'_>,
    options: &CallOptions,
    work: impl FnOnce(CallOptions) -> W,
) -> Result<T>
where
    W: Future<Output = Result<T>> + Send + 'static,
{
    let options = CallOptions { log: options.log.clone(), ..CallOptions::default() };
    let (sender, receiver) = oneshot::channel();
    let work = work(options);
    background::spawn(async move { drop(sender.send(work.await)) });
    let lost = || Error::internal("the work was aborted").with_outcome(CallOutcome::Unknown);
    // The work goes on when the caller gives up.
    let waited = steps.race(receiver).await.map_err(|error| error.with_outcome(CallOutcome::Unknown))?;
    waited.map_err(|_| lost())?
}
