//! The service's exact texts (§1.7): the server answers with them, the client recognises them.

use std::fmt;

use bankchannel_foundation::error::{ErrorRow, row::UNAVAILABLE};

use crate::errors::*;

/// The kind of a refusal (§8.6): the detail `class` of the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // §8.6 has no more to say than the names
pub enum RefusalClass {
    Auth,
    Role,
    Validation,
    Code,
    Limit,
    Bank,
    Entitlement,
    NotImplemented,
    Server,
    Unknown,
}

impl fmt::Display for RefusalClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auth => "auth",
            Self::Role => "role",
            Self::Validation => "validation",
            Self::Code => "code",
            Self::Limit => "limit",
            Self::Bank => "bank",
            Self::Entitlement => "entitlement",
            Self::NotImplemented => "not_implemented",
            Self::Server => "server",
            Self::Unknown => "unknown",
        })
    }
}

/// One failure text of the service.
#[derive(Debug)]
pub struct ServiceText {
    /// The exact text.
    pub text: &'static str,
    /// Its HTTP status.
    pub status: u16,
    /// Its row of the error table.
    pub row: &'static ErrorRow,
    /// Its kind of refusal.
    pub class: RefusalClass,
}

macro_rules! texts {
    ($($name:ident = $text:literal, $status:literal, $row:ident, $class:ident;)+) => {
        $(
            #[doc = concat!("`", $text, "`")]
            pub static $name: ServiceText = ServiceText { text: $text, status: $status, row: &$row, class: RefusalClass::$class };
        )+
        /// Every failure text.
        pub static TEXTS: &[&ServiceText] = &[$(&$name),+];
    };
}

texts! {
    SIGNATURES_FAILED = "All signature verification(s) failed", 400, UPLOAD_REJECTED, Validation;
    CERTIFICATE_PRESENT = "Bank certificate(s) already exists", 400, CERTIFICATE_EXISTS, Validation;
    BANK_DATA_ERROR = "Bank data error", 502, BANK_UNAVAILABLE, Bank;
    RENEWAL_WITHOUT_KEY = "Can not renew cert without existing private key!", 400, CERTIFICATE_REFUSED, Validation;
    ENROLLMENT_ADMIN_ONLY = "Cert enrollment allowed for admin user only", 403, MODE_REFUSED, Role;
    EXPORT_ADMIN_ONLY = "Cert export allowed for admin user only", 403, MODE_REFUSED, Role;
    EXPORT_UNSUPPORTED = "Cert export not yet supported.", 400, NOT_IMPLEMENTED, NotImplemented;
    IMPORT_ADMIN_ONLY = "Cert import allowed for admin user only", 403, MODE_REFUSED, Role;
    CERTIFICATE_UNPARSABLE = "Certificate PEM format validation failed!", 400, CERTIFICATE_REFUSED, Validation;
    PGP_KEY_UNREADABLE = "Could not read PGP key IDs", 400, PGP_KEY_REFUSED, Validation;
    EMPTY_BANK_RESPONSE = "Empty bank response or error on SOAP level", 502, BANK_UNAVAILABLE, Bank;
    NORDEA_TARGET_ID = "Failed to initialize TargetId for Nordea", 502, BANK_REFUSED, Bank;
    DOWNLOAD_DATA_ONLY = "File downloads not allowed on admin mode, use data account mode", 403, MODE_REFUSED, Role;
    UPLOAD_DATA_ONLY = "File uploads not allowed on admin mode, use data account mode", 403, MODE_REFUSED, Role;
    SERVICE_UNAVAILABLE = "Service unavailable, please try again later.", 503, UNAVAILABLE, Server;
    INSUFFICIENT_STORAGE = "Insufficient storage, nothing was stored.", 507, STORAGE_FULL, Server;
    INTERNAL_ERROR = "Internal server processing side error", 500, SERVICE_FAILED, Server;
    BANK_INVALID = "Invalid parameter bank", 400, BANK_UNKNOWN, Validation;
    SIGNATURE_FORMAT = "Invalid signature format.", 400, SIGNATURE_MALFORMED, Validation;
    BANK_MISSING = "Missing parameter bank", 400, BANK_UNKNOWN, Validation;
    NO_PGP_KEYS = "No PGP keys!", 400, PGP_KEY_MISSING, Validation;
    NO_AUTHORIZE_KEYS = "No PGP keys. PGP keys are required to sign files for upload.", 400, PGP_KEY_MISSING, Validation;
    NO_CERTIFICATE_LINKED = "No available bank certificates, linked account does not contain data for bank either", 400, CERTIFICATE_MISSING, Validation;
    NO_CERTIFICATE_NO_LINKED_DATA = "No available bank certificates, no linked data", 400, CERTIFICATE_MISSING, Validation;
    NO_CERTIFICATE_NO_LINK = "No available valid bank certificates, no linked account", 400, CERTIFICATE_MISSING, Validation;
    NO_CERTIFICATE = "No certificate(s) for this bank,", 400, CERTIFICATE_MISSING, Validation;
    OWN_CERTIFICATE_UNUSABLE = "Bank certificate has expired or is not in use, retire it and enroll a new one", 400, CERTIFICATE_MISSING, Validation;
    NO_ACCOUNT = "No data. User may not be registered.", 400, USER_UNKNOWN, Validation;
    NO_ACCOUNT_DATA = "No db data exists for user", 400, USER_UNKNOWN, Validation;
    NO_CONTENT = "No file contents to upload", 400, CONTENT_EMPTY, Validation;
    SAME_FILE_UNSETTLED = "The same file was uploaded before, and it is not known whether the bank has it.", 400, UPLOAD_UNSETTLED, Validation;
    NO_SIGNATURE_PACKETS = "No signatures found. File upload requires PGP authorize key detached signature(s).", 400, SIGNATURE_MALFORMED, Validation;
    NO_SIGNATURE = "No signatures. File uploads require PGP signatures with registered PGP keys.", 400, SIGNATURE_MISSING, Validation;
    NO_SUITABLE_KEYS = "No suitable PGP keys found.", 400, SIGNATURE_KEY_UNKNOWN, Validation;
    ENCRYPTION_KEY_NOT_PRIVATE = "RSA Enc.Key is not private key!", 400, CERTIFICATE_REFUSED, Validation;
    KEY_NOT_PRIVATE = "RSA Key is not private key!", 400, CERTIFICATE_REFUSED, Validation;
    EXPORT_KEY_NOT_FOUND = "Requested export PGP key not found.", 400, PGP_KEY_MISSING, Validation;
    BANK_RESPONSE_UNPARSABLE = "Technical error. Failed to parse bank response.", 502, BANK_UNAVAILABLE, Bank;
    BANK_RESPONSE_MISSING = "Technical error. No proper response body from bank.", 502, BANK_UNAVAILABLE, Bank;
    BANK_TIMED_OUT = "Technical error. No proper response body from bank.", 504, BANK_UNAVAILABLE, Bank;
    TOKEN_UNDECODABLE = "Unauthorized. Could not decode account mode from token", 401, SESSION_REFUSED, Auth;
    ACCOUNT_OFF = "Account is disabled by the service's operator.", 403, ACCOUNT_DISABLED, Role;
    VERIFICATION_WITHDRAWN = "Unauthorized. Ensure phone and email are verified.", 403, NOT_VERIFIED, Auth;
    USER_ABSENT = "User does not exist!", 400, USER_UNKNOWN, Validation;
    CONFIG_UNIMPLEMENTED = "configcerts not yet implemented", 400, NOT_IMPLEMENTED, NotImplemented;
    UNSHARE_UNIMPLEMENTED = "unlinkaccount not yet implemented", 400, NOT_IMPLEMENTED, NotImplemented;
    DELETE_KEY_UNIMPLEMENTED = "pgpDelete is not yet supported", 400, NOT_IMPLEMENTED, NotImplemented;
    API_KEY_INVALID = "Invalid API key", 400, API_KEY_REFUSED, Role;
    API_KEY_FORBIDDEN = "Invalid API key", 403, API_KEY_REFUSED, Role;
    LOGIN_TOO_OLD = "Re-authenticate to delete accounts", 400, REAUTHENTICATE, Auth;
    NOT_ENTITLED = "Bank Simulator access is not enabled for this tenant", 400, ENTITLEMENT, Entitlement;
    CODE_WRONG = "CodeMismatchException: Invalid verification code provided, please try again.", 400, CODE_REFUSED, Code;
    CODE_TOO_OLD = "ExpiredCodeException: Invalid code provided, please request a code again.", 400, CODE_EXPIRED, Code;
    LIMIT_EXCEEDED = "LimitExceededException: Attempt limit exceeded, please try after some time.", 400, ATTEMPTS_EXCEEDED, Limit;
    AUTHENTICATION_FAILED = "User authentication failed.", 400, LOGIN_REFUSED, Auth;
    USER_PRESENT = "User already exists", 400, USER_EXISTS, Validation;
    ADMIN_MISSING = "Admin account must be registered first", 400, ADMIN_FIRST, Validation;
    ADMIN_REQUIRED = "Admin mode session required", 403, MODE_REFUSED, Role;
    DATA_REQUIRED = "Data mode session required", 403, MODE_REFUSED, Role;
    OWNER_REQUIRED = "Only the API key owner may call this operation", 403, OWNER_ONLY, Role;
    UNAUTHORIZED = "Unauthorized", 401, SESSION_REFUSED, Auth;
    UPLOADS_PAUSED = "Uploads to this bank are paused, nothing was sent.", 400, BANK_PAUSED, Bank;
    NO_CHANNEL = "No channel configured for this bank", 400, NO_BANK_CHANNEL, NotImplemented;
    CODES_SPENT = "Too many enrollment codes were sent for this user id, nothing was sent now.", 403, CODES_STOPPED, Limit;
    USER_ID_OF_ANOTHER = "This user id is of another account, nothing was sent.", 403, USER_ID_HELD, Role;
}

/// The advice of our own service beside `LIMIT_EXCEEDED`, whose text is the deployed service's: a quota of messages is used up,
/// and nothing is locked.
pub const QUOTA_DETAIL: &str = "the quota of messages is used up, nothing is locked";

/// Finds the row of a text from the service; names may follow the two generic texts.
pub(crate) fn find(said: &str) -> Option<TextMeaning> {
    let said = said.trim();
    for (prefix, row) in [("Invalid parameter(s)", &PARAMETER_REFUSED), ("Missing parameter(s)", &PARAMETER_REFUSED)] {
        if said.starts_with(prefix) {
            // Clients of this API treat these two texts as wrong codes (§8.3).
            let code = matches!(said, "Invalid parameter(s): Code" | "Invalid parameter(s): EmailCode");
            return Some(if code {
                TextMeaning { row: &CODE_REFUSED, class: RefusalClass::Code }
            } else {
                TextMeaning { row, class: RefusalClass::Validation }
            });
        }
    }
    TEXTS.iter().find(|text| text.text == said).map(|text| TextMeaning { row: text.row, class: text.class })
}

/// The meaning of a text.
pub(crate) struct TextMeaning {
    pub(crate) row: &'static ErrorRow,
    pub(crate) class: RefusalClass,
}
