//! The texts of mails. No subject names an account: it is shown where others look.

use serde_json::Value;

/// The subject and the text of a mail.
pub(super) fn text_of(message: &Value) -> (&'static str, String) {
    let member = |name: &str| message[name].as_str().unwrap_or_default();
    let purpose = member("purpose");
    if !member("code").is_empty() {
        let (subject, what) = match purpose {
            "verify_email" => ("Confirm your address", "The code that confirms this address"),
            "password_reset" => ("Your new password", "The code for a new password"),
            _ => ("Your code", "Your code"),
        };
        let text = format!(
            "{what}: {}\r\n\r\nIt holds until {}. Nobody who is entitled to it asks you for it.\r\n",
            member("code"),
            member("expires_at")
        );
        return (subject, text);
    }
    let subject = match purpose {
        "upload_unknown" => "It is unknown whether the bank has a file",
        "upload_settled" => "What became of a file",
        "certificate_alert" => "A certificate at a bank needs you",
        "authority_alert" => "An authority of a bank ends",
        "code_alert" => "Codes at a bank are refused",
        _ => "The payment service needs you",
    };
    (subject, format!("{}\r\n", member("text")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::text_of;

    #[test]
    fn a_subject_has_neither_code_nor_account() {
        let code = json!({"purpose": "verify_email", "code": "004711", "email": "me@example.test", "expires_at": "2026-01-01"});
        let (subject, text) = text_of(&code);
        assert!(!subject.contains("004711") && !subject.contains('@'));
        assert!(text.contains("004711") && text.contains("2026-01-01"));
        let (subject, text) =
            text_of(&json!({"purpose": "upload_unknown", "email": "me@example.test", "text": "the file"}));
        assert!(!subject.contains('@') && text.contains("the file"));
    }
}
