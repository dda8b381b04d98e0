//! This protocol's rows of the error table.

bankchannel_foundation::error_rows! {
    CERTIFICATE_UNUSABLE = "sepa_web_services.certificate_unusable", InvalidInput, never,
        "A certificate that was given cannot be used.", "The message says why; give certificates as PEM text, one after the other.";
    UNKNOWN_PROFILE = "sepa_web_services.unknown_profile", InvalidInput, never,
        "There is no profile of this bank.", "list_profiles names those there are; give any other bank as `profile`.";
    MESSAGE_TOO_LARGE = "sepa_web_services.message_too_large", InvalidInput, never,
        "The message is larger than any of this channel.", "Banks take and give files of at most 100 MB; see the limit.";
    NOT_OFFERED = "sepa_web_services.not_offered", NotSupported, never,
        "The bank does not offer this operation.", "list_profiles shows what a bank offers; a profile of your own may offer more.";
    KEY_UNUSABLE = "sepa_web_services.key_unusable", InvalidInput, never,
        "The private key cannot be used.", "The message says why; it must be an RSA key as PEM text, of at least 2048 bits, and belong to the certificate.";
    TOKEN_FAILED = "sepa_web_services.token_failed", Configuration, never,
        "The token with the private key did not sign.", "The message says why: check the token, its reader or connection, and its PIN; do not repeat a PIN that was refused.";
    CONTENT_REFUSED = "sepa_web_services.content_refused", InvalidInput, never,
        "The bank takes no such file.", "The message says which limit or rule of the bank the file breaks.";
    FAULT = "sepa_web_services.fault", PeerFailed, never,
        "The bank has answered with a SOAP fault, which nobody signed.", "See the outcome; nothing follows from the fault's text. Explain the request if it goes on.";
    ANSWER_SIGNATURE = "sepa_web_services.answer_signature", Signature, never,
        "The answer's signature does not hold.", "Do not act on the answer. `verify_message` and `explain_message` show which check fails.";
    ANSWER_NOT_TRUSTED = "sepa_web_services.answer_not_trusted", Signature, never,
        "The answer was not signed by the bank.", "Do not act on the answer. If the bank has a new authority, compare the SHA-256 of its certificate with what the bank publishes, then add it with `add_anchor`, or give it in `trusted`.";
    ANSWER_NOT_DECRYPTED = "sepa_web_services.answer_not_decrypted", PeerProtocol, never,
        "The answer cannot be decrypted.", "Do not act on the answer. It was encrypted for another key, or changed on its way: compare `encryption_certificate` with what the bank has (`list_own_certificates`). Or its document is not signed by the bank: `explain_message` with `decryption_key` tells.";
    BANK_CERTIFICATE_MISSING = "sepa_web_services.bank_certificate_missing", PeerFailed, never,
        "The bank does not give its certificate for encryption.", "Nothing of the request was sent: ask the bank, or give its certificate as `bank_encryption_certificate`.";
    REVOCATION_UNKNOWN = "sepa_web_services.revocation_unknown", PeerFailed, again,
        "It is not known whether the bank's certificates were revoked.", "Nothing was sent, as `crl_check` is hard_fail. Compare `crl_url` with what the bank publishes, and see whether this machine reaches it; with soft_fail requests are sent without the list.";
    ANSWER_STALE = "sepa_web_services.answer_stale", Signature, never,
        "The answer is not of now.", "Compare this machine's clock with the time.";
    ANSWER_CONTENT = "sepa_web_services.answer_content", PeerProtocol, never,
        "The file in the answer cannot be unpacked.", "The message says what is wrong with it; the bank's support can help.";
    SIGNATURE_REFUSED = "sepa_web_services.signature_refused", Signature, never,
        "The bank does not accept the signature or the certificate of the request.", "The bank's code says which; `explain_message` shows what was digested. See whether the certificate has ended.";
    AGREEMENT_REFUSED = "sepa_web_services.agreement_refused", Permission, never,
        "The bank's agreement does not allow the request.", "The bank's code says whether sender, customer or contract is unknown, locked or ended: ask the bank.";
    FILE_NOT_FOUND = "sepa_web_services.file_not_found", PeerRefused, never,
        "The bank has no such file.", "It was deleted, or the bank keeps it no longer: list the files.";
    REFERENCE_UNSAFE = "sepa_web_services.reference_unsafe", PeerProtocol, never,
        "The bank's type or reference of the file cannot be part of a file name.", "Nothing was written. Fetch the file with `download_file` into a path of your own, and ask the bank.";
    REFUSED = "sepa_web_services.refused", PeerRefused, never,
        "The bank has refused the request.", "Do what the bank's code and text say; `code_meaning` explains them.";
    UPLOAD_REPEATED = "sepa_web_services.upload_repeated", Conflict, never,
        "The same file was sent before.", "Nothing was sent now. Look for the reports of the earlier upload; if it must be paid twice, give it another message id.";
    ANSWER_NOT_FOUND = "sepa_web_services.answer_not_found", TimedOut, never,
        "The bank's answer did not come in time.", "The bank has received the file: do not send it again; look for the answer files later.";
    PAYMENT_REJECTED = "sepa_web_services.payment_rejected", PeerRefused, never,
        "The bank has rejected the payment file: nothing of it is paid.", "Fix what the reason names, then send it as a new file with a new message id.";
    CERTIFICATE_REFUSED = "sepa_web_services.certificate_refused", PeerRefused, never,
        "The bank does not issue the certificate.", "The bank's code and text say why. Compare code, customer and company with the agreement before you try again: banks lock after a few attempts.";
    CERTIFICATE_NOT_OURS = "sepa_web_services.certificate_not_ours", PeerProtocol, never,
        "The bank's certificate is not for the key of the request.", "Do not use it, keep the key of the request, and ask the bank which certificate it has issued.";
    CERTIFICATE_UNFIT = "sepa_web_services.certificate_unfit", PeerProtocol, never,
        "The bank has issued a certificate that cannot be used.", "Ask the bank for another one: the message says what is wrong with it. The key and its request stay; go on with `renew` and `resume`, or with a new code in `enrol`.";
    IDENTITY_BUSY = "sepa_web_services.identity_busy", Conflict, again,
        "Another call enrols or renews with the same folder.", "Wait until it has ended; nothing was sent now.";
    ALREADY_ENROLLED = "sepa_web_services.already_enrolled", Conflict, never,
        "There is a certificate, or one is asked for.", "`certificate_status` shows it; `renew` asks for the next one.";
    PERSON_NEEDED = "sepa_web_services.person_needed", Conflict, never,
        "A person has to act before the certificate can be renewed.", "The message says what: mostly a new code is to be ordered from the bank.";
    BANK_FAILED = "sepa_web_services.bank_failed", PeerFailed, again,
        "The bank has answered with an error that does not say what became of the request.", "See the outcome. Lists and downloads may be repeated later; a file must not be sent again before it is known what became of it.";
}
