//! Answers to a login's questions from the `ISECURE_*_CODE` environment variables (docs/protocols/ws-channel.md §8.1).

use bankchannel_foundation::Secret;
use bankchannel_ws_channel::model::Mode;

/// The answer to a login's question from the environment: `ISECURE_ADMIN_MFA_CODE`, `ISECURE_DATA_PHONE_CODE`, …, else
/// `ISECURE_MFA_CODE`, `ISECURE_EMAIL_CODE`, `ISECURE_PHONE_CODE` (§8.1). `kind` is the kind of the question.
#[must_use]
pub fn code_from_env(kind: &str, mode: Mode) -> Option<Secret> {
    code_from_variables(kind, mode, |name| std::env::var(name).ok())
}

fn code_from_variables(kind: &str, mode: Mode, variable: impl Fn(&str) -> Option<String>) -> Option<Secret> {
    let what = match kind {
        "sms_code" | "totp_code" => "MFA",
        "email_code" => "EMAIL",
        "phone_code" => "PHONE",
        _ => return None,
    };
    let names = [format!("ISECURE_{}_{what}_CODE", mode.as_str().to_ascii_uppercase()), format!("ISECURE_{what}_CODE")];
    names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty())).map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(name: &str) -> Option<String> {
        match name {
            "ISECURE_ADMIN_MFA_CODE" => Some("111111".into()),
            "ISECURE_MFA_CODE" => Some("222222".into()),
            _ => None,
        }
    }

    #[test]
    fn codes_are_looked_up_by_mode_first() {
        let code = |kind, mode| code_from_variables(kind, mode, variables).map(|code| code.expose().to_owned());
        assert_eq!(code("sms_code", Mode::Admin).as_deref(), Some("111111"));
        assert_eq!(code("totp_code", Mode::Data).as_deref(), Some("222222"));
        assert_eq!(code("email_code", Mode::Data), None);
        assert_eq!(code("mfa_method", Mode::Admin), None);
    }
}
