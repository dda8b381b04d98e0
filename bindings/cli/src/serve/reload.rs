//! SIGHUP: the service reads its configuration again, and says in one line of the log what has come of it.

use bankchannel_counterparts::EmbeddedServer;
use tracing::Level;

use super::logs::RunningLog;

/// Reloads; a server that has nothing to reload goes on.
pub(super) async fn reload(running: &EmbeddedServer, log: &RunningLog) {
    let Some(reloading) = running.reload() else { return };
    let mut report = match reloading.await {
        Ok(report) => report,
        Err(why) => return refuse(why.message()),
    };
    RunningLog::note_variable(&mut report);
    // The line is written if the former levels let it through, or the new ones.
    let is_heard = tracing::enabled!(target: "bankchannel::life", Level::INFO);
    if is_heard {
        report.log();
    }
    log.change(&report.log);
    if !is_heard {
        report.log();
    }
}

/// Says why nothing is reloaded.
pub(super) fn refuse(why: &str) {
    tracing::error!(target: "bankchannel::life", why, "not reloaded: everything stays as it was");
}
