//! Explains why a message is refused.

use std::fmt::Write as _;

use bankchannel_foundation::prelude::*;
use bankchannel_xml::text::on_one_line;

use super::verify_message::{VerifyMessage, VerifyMessageRequest};
use crate::{
    codes::meaning_at_certificate_service,
    operations,
    profile::SignatureLevel,
    verify::{DigestDifference, ExaminedMessage, MAX_TRIED, MessageVerdict},
};

/// The explanation.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ExplainMessageResponse {
    /// The verdict, as `verify_message` gives it.
    pub verdict: MessageVerdict,
    /// The digests that differ: the canonical text in the message, and the text that would give the digest in the
    /// message.
    pub differences: Vec<DigestDifference>,
    /// The meaning of the bank's code and the next step; left out if there is no code, or its meaning is not known.
    pub code_meaning: Option<String>,
    /// The whole for a person, several lines.
    pub text: String,
}

/// Explain why a message of SEPA Web Services is refused.
///
/// Makes the checks of `verify_message` and, where a digest differs, shows the canonical text that was digested, and
/// tries other canonicalisations, transforms, line ends and the XML declaration: banks answer "02" or "backend error"
/// and no more. The result shows content of the message.
#[derive(Debug, Operation)]
#[operation(VerifyMessageRequest => ExplainMessageResponse)]
#[declaration(
    takes_time: true,
    commands: COMMANDS,
    ..operations::local("sepa_web_services.explain_message", "verification")
)]
#[errors(..VerifyMessage::DECLARATION.errors)]
pub struct ExplainMessage;

const EXAMPLES: &str = "Examples:
  bankchannel sepa explain --bank op answer.xml
  bankchannel sepa explain --ca customers.pem --json request.xml | jq '.differences[].alternatives'

The exit code is 0 for every verdict; use `verify` in scripts. The output shows content of the message.";

const COMMANDS: &[Command] = &[Command::named("explain").with_examples(EXAMPLES).with_form(&CommandForm {
    fields: super::verify_message::GIVEN,
    output: CommandOutput::Text("text"),
    meanwhile: "examining the message",
    ..CommandForm::new("Explain why a message is refused: each check, and the text whose digest differs")
})];

impl Local for ExplainMessage {
    fn run(asked: VerifyMessageRequest, with: LocalContext<'_>) -> Result<ExplainMessageResponse, Error> {
        let only_signatures = asked.signatures_only.unwrap_or_default();
        let ExaminedMessage { verdict, differences, code_family } = asked.examine(&with, true)?;
        let code = verdict.response_code.as_deref();
        let code_meaning = code.and_then(|code| meaning_at_certificate_service(code_family, code)).map(|known| {
            let advice = if known.advice.is_empty() { String::new() } else { format!(". {}", known.advice) };
            format!("{}{advice}", known.meaning)
        });
        let first = match (only_signatures, verdict.valid) {
            (false, true) => "The message is valid.",
            (false, false) => "The message is refused.",
            (true, true) => "The signatures hold; whose they are, and whether the message is believed, was not asked.",
            (true, false) => "The signatures do not hold.",
        };
        let text = explanation_text(first, &verdict, &differences, code_meaning.as_deref());
        Ok(ExplainMessageResponse { verdict, differences, code_meaning, text })
    }
}

/// Characters of a canonical text in the text for a person.
const SHOWN: usize = 600;

fn explanation_text(
    first: &str,
    verdict: &MessageVerdict,
    differences: &[DigestDifference],
    code_meaning: Option<&str>,
) -> String {
    let mut text = format!("{first}\n");
    for check in &verdict.checks {
        let mark = if check.ok { "ok  " } else { "FAIL" };
        let _ = writeln!(text, "  {mark} {:<4} {}", check.id, check.why);
    }
    for signature in &verdict.signatures {
        let signer = signature.signer.as_ref().map_or("no certificate", |signer| signer.subject.as_str());
        let holds = if signature.valid { "holds" } else { "does not hold" };
        let trusted = if signature.trusted { "trusted" } else { "not trusted" };
        let _ = writeln!(text, "The signature of the {} {holds}; signer: {signer}, {trusted}.", level(signature.level));
    }
    if let Some(code) = &verdict.response_code {
        let meaning = code_meaning.unwrap_or("no known meaning");
        // They may be unsigned: they cannot look like lines of this text.
        let said = verdict.response_text.as_deref().map(|text| format!(" (the bank: “{}”)", on_one_line(text)));
        let _ = writeln!(text, "Code {}: {meaning}{}", on_one_line(code), said.unwrap_or_default());
    }
    for one in differences {
        let _ = writeln!(
            text,
            "{} was not signed as it is: the message has the digest {}, its canonical text of {} bytes gives {}.",
            one.place, one.expected, one.canonical_bytes, one.computed
        );
        for alternative in &one.alternatives {
            let _ = writeln!(text, "  The digest in the message is that of: {alternative}.");
        }
        if one.canonical_bytes > MAX_TRIED as u64 {
            text.push_str("  Other ways to digest it were not tried: it is too large.\n");
        } else if one.alternatives.is_empty() {
            text.push_str(
                "  No other canonicalisation, transform, line end or declaration gives it: the content was changed.\n",
            );
        }
        let begin: String = one.canonical.chars().take(SHOWN).collect();
        let more = if begin.len() < one.canonical.len() { " …" } else { "" };
        let _ = writeln!(text, "  Canonical text: {begin}{more}");
    }
    text
}

fn level(level: SignatureLevel) -> &'static str {
    match level {
        SignatureLevel::Document => "document",
        SignatureLevel::Soap | SignatureLevel::Any => "envelope",
    }
}
