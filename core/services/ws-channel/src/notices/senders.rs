//! The ways by which the worker sends a notice: mail server, webhook, command.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use bankchannel_crypto::digest;
use bankchannel_foundation::{
    CallOutcome, Error, Result, Secret,
    clock::{Clock as _, SystemClock},
    message::{Body, Headers, OutRequest},
};
use bankchannel_transport::{
    TlsSettings, Transport, TransportSettings,
    mail::{MailFault, MailSender, OutgoingMail},
};
use tokio::{io::AsyncWriteExt as _, process::Command};

use super::{
    NoticeChannel, OutgoingNotice, mail,
    platform::{end_group, lead_a_group},
    settings::{checked_secret, delivery_of, required},
};
use crate::config::{DeliveryKind, ServiceConfig};

/// The largest answer of a webhook. It is not looked at.
const ANSWER_MAX: usize = 64 * 1024;
/// The headers of a webhook's request.
const TIME: &str = "Notice-Time";
const SIGNATURE: &str = "Notice-Signature";

/// Statuses of a webhook that are about us, or our settings, and not about a notice.
const ABOUT_US: [u16; 8] = [401, 403, 404, 405, 407, 408, 421, 429];
/// Exit codes by which a command says that it cannot use this notice: `EX_DATAERR`, `EX_NOUSER`.
const ABOUT_THE_NOTICE: [i32; 2] = [65, 67];

/// Why a notice was not taken. The text names no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SendFault {
    /// The gateway takes none now: it is tried again.
    Away(String),
    /// It does not take this notice now: it is tried again.
    Later(String),
    /// It is given up.
    Refused(String),
}

/// The senders that the settings name.
pub(super) struct NoticeSenders {
    smtp: Option<MailSender>,
    webhook: Option<WebhookSender>,
    command: Option<CommandSender>,
    kinds: [DeliveryKind; 3],
    operator_email: Option<String>,
    longest: Duration,
}

impl NoticeSenders {
    /// Opens nothing yet.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub(super) fn open(config: &ServiceConfig) -> Result<Self> {
        let kinds = NoticeChannel::ALL.map(|channel| delivery_of(config, channel));
        let uses = |kind| kinds.contains(&kind);
        let smtp = || MailSender::new(&config.smtp.for_mail()?);
        let limits = kinds.map(|kind| match kind {
            DeliveryKind::Smtp => config.smtp.timeout_s,
            DeliveryKind::Webhook => config.webhook.timeout_s,
            DeliveryKind::Command => config.notice_command.timeout_s,
            DeliveryKind::File | DeliveryKind::Memory => 0,
        });
        Ok(Self {
            smtp: uses(DeliveryKind::Smtp).then(smtp).transpose()?,
            webhook: uses(DeliveryKind::Webhook).then(|| WebhookSender::new(&config.webhook)).transpose()?,
            command: uses(DeliveryKind::Command).then(|| CommandSender::new(&config.notice_command)).transpose()?,
            kinds,
            operator_email: config.operator_email.clone(),
            longest: Duration::from_secs(limits.into_iter().max().unwrap_or_default().into()),
        })
    }

    /// How notices of this channel go, as metrics name it.
    pub(super) fn kind(&self, channel: NoticeChannel) -> &'static str {
        match self.kinds[channel as usize] {
            DeliveryKind::File => "file",
            DeliveryKind::Memory => "memory",
            DeliveryKind::Smtp => "smtp",
            DeliveryKind::Webhook => "webhook",
            DeliveryKind::Command => "command",
        }
    }

    /// The longest time limit of those in use.
    pub(super) fn longest(&self) -> Duration {
        self.longest
    }

    /// Sends a notice once.
    pub(super) async fn send(&self, notice: &OutgoingNotice) -> std::result::Result<(), SendFault> {
        let absent = || SendFault::Away("its delivery is not in the settings any more".to_owned());
        match self.kinds[notice.channel as usize] {
            DeliveryKind::Smtp => self.mail(notice, self.smtp.as_ref().ok_or_else(absent)?).await,
            DeliveryKind::Webhook => self.webhook.as_ref().ok_or_else(absent)?.send(notice).await,
            DeliveryKind::Command => self.command.as_ref().ok_or_else(absent)?.send(notice).await,
            // From before the settings were changed: the next start may name another way.
            DeliveryKind::File | DeliveryKind::Memory => Err(absent()),
        }
    }

    async fn mail(&self, notice: &OutgoingNotice, sender: &MailSender) -> std::result::Result<(), SendFault> {
        let to = match notice.channel {
            NoticeChannel::Operator => self.operator_email.as_deref(),
            NoticeChannel::Sms | NoticeChannel::Email => notice.message["to"].as_str(),
        };
        let (subject, text) = mail::text_of(&notice.message);
        let mail = OutgoingMail { id: &notice.id, to: to.unwrap_or_default(), subject, text: &text };
        sender.send(mail).await.map_err(|fault| match fault {
            MailFault::Away(why) => SendFault::Away(why),
            MailFault::Later(why) => SendFault::Later(why),
            MailFault::Refused(why) => SendFault::Refused(why),
        })
    }
}

/// Posts notices to a URL, each signed:
///
/// ```text
///   POST /notices
///   Notice-Time: 1732436063             Unix seconds
///   Notice-Signature: 5f2b…             HMAC-SHA-256 in hex over "1732436063\n/notices\n" and the body
/// ```
struct WebhookSender {
    transport: Transport,
    path: String,
    secret: Secret,
    timeout: Duration,
}

impl WebhookSender {
    fn new(settings: &super::WebhookSettings) -> Result<Self> {
        let wrong = |why: &str| Error::invalid_setting("webhook.url", why);
        let url = required("webhook.url", settings.url.as_ref())?;
        let parsed: http::Uri = url.parse().map_err(|_| wrong("must be a URL"))?;
        if parsed.query().is_some() || parsed.authority().is_none_or(|of| of.as_str().contains('@')) {
            return Err(wrong("must be a URL without a query, a user or a password"));
        }
        if parsed.path() != "/" && parsed.path().ends_with('/') {
            return Err(wrong("must not end with a slash: the path is signed as it is sent"));
        }
        let timeout = Duration::from_secs(settings.timeout_s.into());
        let transport = Transport::new(&TransportSettings {
            base_url: url.clone(),
            user_agent: concat!("bankchannel/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: timeout,
            read_timeout: None,
            max_answer_bytes: ANSWER_MAX,
            tls: TlsSettings { ca_file: settings.ca_file.as_ref().map(Into::into), ..TlsSettings::default() },
            proxy: None,
            retries: 0,
            retry_backoff: Duration::ZERO,
            send_traceparent: false,
            allows_plain: false,
            record_to: None,
            replay_from: None,
        });
        let transport = transport.map_err(|error| match error.detail("field") {
            Some("base_url") => wrong(error.message()),
            Some("ca_file") => Error::invalid_setting("webhook.ca_file", error.message()),
            _ => error,
        });
        Ok(Self {
            transport: transport?,
            path: parsed.path().to_owned(),
            secret: checked_secret(settings.secret.as_ref())?,
            timeout,
        })
    }

    async fn send(&self, notice: &OutgoingNotice) -> std::result::Result<(), SendFault> {
        let (body, time) = (notice.message.to_string(), SystemClock::default().now_s().to_string());
        let signed: [&[u8]; 5] = [time.as_bytes(), b"\n", self.path.as_bytes(), b"\n", body.as_bytes()];
        let mac = digest::hex(&digest::hmac_sha256(self.secret.expose().as_bytes(), &signed));
        let mut headers = Headers::default();
        headers.push(TIME, time);
        headers.push(SIGNATURE, mac);
        let request =
            OutRequest { method: "POST".to_owned(), target: String::new(), headers, body: Body::json_text(body) };
        let until = Instant::now() + self.timeout;
        let away = |why: String| Err(SendFault::Away(why));
        match self.transport.once(&request, &[], Some(until)).await {
            // Or taken before: the answer was lost.
            Ok(answer) if (200..300).contains(&answer.status) || answer.status == 409 => Ok(()),
            // Of no use to it.
            Ok(answer) if matches!(answer.status, 410 | 422) => {
                Err(SendFault::Refused(format!("the webhook answered with status {}", answer.status)))
            }
            Ok(answer) if (400..500).contains(&answer.status) && !ABOUT_US.contains(&answer.status) => {
                Err(SendFault::Later(format!("the webhook answered with status {}", answer.status)))
            }
            Ok(answer) => away(format!("the webhook answered with status {}", answer.status)),
            Err(error) => match error.outcome() {
                // Its answer is not looked at, only its status.
                Some(CallOutcome::Accepted) => Ok(()),
                Some(CallOutcome::NotSent) => away(format!("the webhook was not reached ({})", error.row().code)),
                _ => away(format!("the webhook gave no answer ({})", error.row().code)),
            },
        }
    }
}

/// Starts a program for each notice.
struct CommandSender {
    program: String,
    arguments: Vec<String>,
    timeout: Duration,
}

impl CommandSender {
    fn new(settings: &super::NoticeCommandSettings) -> Result<Self> {
        let program = required("notice_command.program", settings.program.as_ref())?;
        if !std::path::Path::new(program).is_absolute() {
            return Err(Error::invalid_setting("notice_command.program", "must be an absolute path"));
        }
        Ok(Self {
            program: program.clone(),
            arguments: settings.arguments.clone(),
            timeout: Duration::from_secs(settings.timeout_s.into()),
        })
    }

    async fn send(&self, notice: &OutgoingNotice) -> std::result::Result<(), SendFault> {
        let away = |why: String| SendFault::Away(why);
        let mut command = Command::new(&self.program);
        // No variable of the service's: they may have its secrets.
        command.args(&self.arguments).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        lead_a_group(&mut command);
        let mut running =
            command.spawn().map_err(|why| away(format!("the command cannot be started: {}", why.kind())))?;
        let mut group = StartedCommand(running.id());
        let input = running.stdin.take();
        let body = notice.message.to_string();
        let work = async {
            if let Some(mut input) = input {
                // One that reads nothing may still have taken it: its exit says so.
                let _ = input.write_all(body.as_bytes()).await;
                let _ = input.shutdown().await;
            }
            running.wait().await
        };
        let Ok(ended) = tokio::time::timeout(self.timeout, work).await else {
            return Err(away("the command did not end in time".to_owned()));
        };
        // Programs that it has left running are its own; its number may soon be that of others.
        group.0 = None;
        match ended {
            Ok(status) if status.success() => Ok(()),
            Ok(status) if status.code().is_some_and(|code| ABOUT_THE_NOTICE.contains(&code)) => {
                Err(SendFault::Later(format!("the command ended with {status}")))
            }
            Ok(status) => Err(away(format!("the command ended with {status}"))),
            Err(why) => Err(away(format!("the command cannot be waited for: {}", why.kind()))),
        }
    }
}

/// A command that runs, with everything that it has started: ended when it is waited for no longer.
struct StartedCommand(Option<u32>);

impl Drop for StartedCommand {
    fn drop(&mut self) {
        end_group(self.0.take());
    }
}
