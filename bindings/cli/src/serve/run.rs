//! `serve ws-channel`.

use bankchannel::Secret;
use bankchannel_counterparts::ws_channel::{Running, ServiceOptions};
use clap::ArgMatches;

use super::{check, logs, open_files, signals::Signals};
use crate::{
    exit::{Failure, Outcome},
    output,
};

/// Serves until a signal, or only checks.
pub(super) fn run(matches: &ArgMatches) -> Outcome {
    logs::begin();
    let options = options(matches);
    let runtime = bankchannel_bridge::serving_runtime()?;
    let ended = if matches.get_flag("check") {
        runtime.block_on(check::check(options, crate::options::format(matches)))
    } else {
        open_files::raise();
        runtime.block_on(serve(options))
    };
    // What still hangs on a disk or a name server is not waited for.
    runtime.shutdown_background();
    ended
}

async fn serve(options: ServiceOptions) -> Outcome {
    if options.verification_code.is_some() {
        output::note("warning: every code is the one of --verification-code: this service is for tests only");
    }
    if options.no_limits == Some(true) {
        output::note("warning: all limits are lifted: this service is for tests only");
    }
    if options.control == Some(true) {
        output::note("warning: the control interface is open: whoever reaches it controls this service");
    }
    let signals = Signals::listen().map_err(|why| Failure::usage(format!("signals cannot be listened for: {why}")))?;
    let running = Running::start(options).await?;
    output::json(&running.readiness());
    until_signalled(running, signals).await;
    Ok(())
}

/// A service that was started.
pub(super) trait Service {
    /// Stops it, after the running answers.
    fn end(self) -> impl Future<Output = ()>;
}

impl Service for Running {
    async fn end(self) {
        self.stop().await;
    }
}

/// Lets it run until a signal.
pub(super) async fn until_signalled(running: impl Service, mut signals: Signals) {
    signals.wait().await;
    // Whoever signals again does not want to wait.
    tokio::select! {
        () = running.end() => {}
        () = signals.wait() => output::note("stopped without waiting for running answers"),
    }
}

fn options(matches: &ArgMatches) -> ServiceOptions {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let flag = |name: &str| matches.get_flag(name).then_some(true);
    ServiceOptions {
        listen: text("listen"),
        data: text("data"),
        config: text("config"),
        tls_cert: text("tls-cert"),
        tls_key: text("tls-key"),
        verification_code: text("verification-code").map(Secret::new),
        no_limits: flag("no-limits"),
        control: flag("control"),
    }
}
