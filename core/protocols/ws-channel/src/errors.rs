//! This protocol's rows of the error table.

bankchannel_foundation::error_rows! {
    NOT_LOGGED_IN = "ws_channel.not_logged_in", Authentication, never,
        "There is no session for this call.", "Log in first; nothing was sent.";
    SESSION_EXPIRED = "ws_channel.session_expired", Authentication, never,
        "The session has expired.", "Log in again; nothing was sent.";
    SESSION_REFUSED = "ws_channel.session_refused", Authentication, never,
        "The service does not accept the session.", "It expired, was logged out, or the token is damaged: log in again.";
    LOGIN_REFUSED = "ws_channel.login_refused", Authentication, never,
        "The service does not accept this account, mode and password.", "Check all three; after ten wrong passwords the account is locked for a while.";
    LOGIN_FAILED = "ws_channel.login_failed", Authentication, never,
        "The login did not succeed.", "`reason` says why, where the service says it.";
    LOGIN_STALLED = "ws_channel.login_stalled", Authentication, never,
        "The service asked twice for the same step of the login.", "Start again; if it happens again, tell the service's support the step that the message names.";
    CODE_REFUSED = "ws_channel.code_refused", Authentication, never,
        "The one-time code is wrong.", "Ask for the code again; check that you use the code from the right message.";
    CODE_EXPIRED = "ws_channel.code_expired", Authentication, never,
        "The one-time code, or the login step it belongs to, has expired.", "Start the step again to get a new code.";
    ATTEMPTS_EXCEEDED = "ws_channel.attempts_exceeded", RateLimited, never,
        "Too many tries: the service refuses further ones for a while.", "After wrong passwords the account is locked for 15 minutes, after wrong codes for an hour: wait, or reset the password. A deployed service says the same when it has sent too many codes.";
    QUOTA_EXCEEDED = "ws_channel.quota_exceeded", RateLimited, never,
        "The service sends no more codes for now: the quota of messages is used up.", "Nothing is locked. Give the code of the last message, or ask for another one later; the service's operator sets the quota.";
    NOT_VERIFIED = "ws_channel.not_verified", Permission, never,
        "The account's phone and e-mail are not verified.", "Log in and give both codes.";
    ACCOUNT_DISABLED = "ws_channel.account_disabled", Permission, never,
        "The service's operator has disabled the account.", "Nothing was done. Ask the service's operator; logging in again does not help.";
    API_KEY_REFUSED = "ws_channel.api_key_refused", Permission, never,
        "The service does not accept the API key.", "It is unknown, disabled or not this account's: check the setting `api_key`.";
    API_KEY_DIFFERS = "ws_channel.api_key_differs", Configuration, never,
        "The API key of the settings is not this account's.", "Correct `api_key`, or leave it out: the login gives the account's own. The login itself was right.";
    MODE_REFUSED = "ws_channel.mode_refused", Permission, never,
        "A session of this mode may not do this.", "Keys and certificates need an admin session, files a data session.";
    OWNER_ONLY = "ws_channel.owner_only", Permission, never,
        "Only the owner of the API key may do this.", "Log in as the account that the key was made for.";
    REAUTHENTICATE = "ws_channel.reauthenticate", Permission, never,
        "This needs a login that is at most ten minutes old.", "Log in again and repeat it.";
    ENTITLEMENT = "ws_channel.not_entitled", Permission, never,
        "The tenant is not entitled to this product.", "Ask the service's operator.";
    PARAMETER_REFUSED = "ws_channel.parameter_refused", InvalidInput, never,
        "The service does not accept a parameter.", "The service's text names it.";
    USER_EXISTS = "ws_channel.user_exists", Conflict, never,
        "This account is registered already in this mode.", "Log in, or reset its password.";
    ADMIN_FIRST = "ws_channel.admin_first", Conflict, never,
        "The admin mode of this account must be registered first.", "Register with mode `admin`, then with mode `data`.";
    USER_UNKNOWN = "ws_channel.user_unknown", PeerRefused, never,
        "There is no such account under this API key.", "Check the e-mail address.";
    CERTIFICATE_EXISTS = "ws_channel.certificate_exists", Conflict, never,
        "The account has a certificate for this bank already.", "Retire it first.";
    CODES_STOPPED = "ws_channel.codes_stopped", Permission, never,
        "The service sends no more codes for this user id: after a few wrong ones the bank would lock it.",
        "Nothing was sent now. Compare code, user id and company with the bank's letter, then ask the service's operator, who releases the user id.";
    USER_ID_HELD = "ws_channel.user_id_held", Permission, never,
        "Another account of the service uses this user id at the bank.",
        "Nothing was sent. If the user id is yours too, ask the service's operator to allow it for your account, or have the other account share its certificates with yours.";
    CERTIFICATE_MISSING = "ws_channel.certificate_missing", PeerRefused, never,
        "There is no certificate for this bank.", "Enrol or import one, or have one shared.";
    CERTIFICATE_REFUSED = "ws_channel.certificate_refused", InvalidInput, never,
        "The certificate or its private key cannot be used.", "Give both as PEM; the key must match the certificate.";
    PGP_KEY_REFUSED = "ws_channel.pgp_key_refused", InvalidInput, never,
        "The PGP key cannot be used.", "Give one armored OpenPGP public key.";
    PGP_KEY_MISSING = "ws_channel.pgp_key_missing", PeerRefused, never,
        "The account has no such PGP key.", "Upload one with the purpose that this needs.";
    SIGNATURE_MISSING = "ws_channel.signature_missing", Signature, never,
        "The upload carries no signature.", "Sign the file's raw bytes with a registered authorize key.";
    SIGNATURE_MALFORMED = "ws_channel.signature_malformed", Signature, never,
        "The signature is not an armored detached OpenPGP signature of a binary document.", "Sign with `gpg --armor --detach-sign` or with bankchannel.";
    SIGNATURE_KEY_UNKNOWN = "ws_channel.signature_key_unknown", Signature, never,
        "No registered authorize key made the signature.", "Upload the public key with purpose `authorize`, or sign with the registered one.";
    UPLOAD_REJECTED = "ws_channel.upload_rejected", Signature, never,
        "No signature of the upload is good.", "Sign exactly the bytes that are sent, with a key that is neither expired nor revoked.";
    CONTENT_EMPTY = "ws_channel.content_empty", InvalidInput, never,
        "The file is empty.", "Send the payment file's bytes.";
    BANK_REFUSED = "ws_channel.bank_refused", PeerRefused, never,
        "The bank refused the request.", "Do what the bank's code and text say.";
    BANK_UNAVAILABLE = "ws_channel.bank_unavailable", PeerFailed, again,
        "The bank cannot be reached, or its answer cannot be used.", "Try again later; before an upload is repeated, look for its answer files.";
    NO_BANK_CHANNEL = "ws_channel.no_bank_channel", NotSupported, never,
        "The service has no channel to this bank configured.", "Use the simulator, or a service that has one.";
    BANK_PAUSED = "ws_channel.bank_paused", PeerRefused, never,
        "The service's operator has paused uploads to this bank.", "Nothing was sent. The message has the operator's reason; send the file again when the bank is resumed.";
    BANK_UNKNOWN = "ws_channel.bank_unknown", InvalidInput, never,
        "There is no such bank.", "The banks are listed in the reference of `bank`.";
    NOT_IMPLEMENTED = "ws_channel.not_implemented", NotSupported, never,
        "The service does not implement this operation.", "bankchannel's own service implements it; the deployed service lacks a few operations.";
    SERVICE_FAILED = "ws_channel.service_failed", PeerFailed, never,
        "The service failed.", "Quote the request id to its support; see the outcome first.";
    STORAGE_FULL = "ws_channel.storage_full", PeerFailed, again,
        "The service has no space left, and has stored nothing of the call.", "Tell its operator, and send it again later.";
    REFUSED = "ws_channel.refused", PeerRefused, never,
        "The service refused.", "Do what its own text says.";
    LOGIN_STEP = "ws_channel.login_step", InvalidInput, never,
        "The login waits for another step.", "Get the login's next step and answer that one.";
    PGP_KEY_UNFIT = "ws_channel.pgp_key_unfit", Signature, never,
        "The PGP key cannot be used for this.", "It has expired, was revoked, or does not allow this use: the message says which.";
    PASSPHRASE_REFUSED = "ws_channel.passphrase_refused", Signature, never,
        "The passphrase does not open the private key.", "Give the passphrase of this key.";
    DECRYPTION_FAILED = "ws_channel.decryption_failed", Signature, never,
        "The message cannot be decrypted.", "Use the private half of the key it was exported for; a damaged message must be exported again.";
    PAYMENT_FILE_INVALID = "ws_channel.payment_file_invalid", InvalidInput, never,
        "The payment file is not valid.", "The message says where and what to change.";
    CHALLENGE_MALFORMED = "ws_channel.challenge_malformed", PeerProtocol, never,
        "The challenge does not have the form that the protocol defines.", "Fetch a new one; nothing was sent.";
    ANSWER_NOT_FOUND = "ws_channel.answer_not_found", TimedOut, never,
        "The bank's answer did not come in time.", "The upload was accepted: do not send it again; look for the answer files later.";
    PAYMENT_REJECTED = "ws_channel.payment_rejected", PeerRefused, never,
        "The bank has rejected the payment file: nothing of it is paid.", "Fix what the reason names, then send it as a new file with a new message id.";
    UPLOAD_REPEATED = "ws_channel.upload_repeated", Conflict, never,
        "The same file was sent before.", "Nothing was sent now. Look for the answers to the earlier upload; if it must be paid twice, give it another message id.";
    UPLOAD_UNSETTLED = "ws_channel.upload_unsettled", Conflict, never,
        "The same file was sent before, and it is not known yet whether the bank has it.", "Nothing was sent now. Fetch the bank's status reports, look at `list_uploads`, or ask the service's operator, who settles the upload that the message names; `send_anyway` sends the file a second time.";
    FILE_GONE = "ws_channel.file_gone", Conflict, never,
        "The bank no longer lists a file whose download an earlier call had begun.", "Ask the bank for it, by its type and reference.";
    SIGNATURE_WRONG = "ws_channel.signature_wrong", Signature, never,
        "The external signature is not valid.", "Sign the digest of the question, as its algorithm says, with the key of its fingerprint; nothing was sent.";
    REFERENCE_UNSAFE = "ws_channel.reference_unsafe", PeerProtocol, never,
        "The service's name of a file cannot be used as a file name.", "Nothing was written; report it to the service.";
}
