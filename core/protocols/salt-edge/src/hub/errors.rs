//! The rows of the error table for refusals by a connector (§6.1, §6.3), and for errors on the hub's own side.

use bankchannel_foundation::error::ErrorRow;

use crate::class::{FailureClass, of_connector as class};

bankchannel_foundation::error_rows! {
    KEY_UNUSABLE = "salt_edge_hub.key_unusable", InvalidInput, never,
        "The key cannot be used.", "The message says why; it must be an RSA key of 2048 to 8192 bits as PEM text.";
    TOKEN_FAILED = "salt_edge_hub.token_failed", Configuration, never,
        "The token with the private key did not sign.", "The message says why: check the token, its reader or connection, and its PIN; do not repeat a PIN that was refused.";
    FORMAT_REFUSED = "salt_edge_hub.format_refused", InvalidInput, never,
        "The connector does not accept the request's form or one of its values.", "The connector's class and text say which.";
    CLIENT_REFUSED = "salt_edge_hub.client_refused", Authentication, never,
        "The connector does not accept the third party's id.", "`client_id` is a whole number, 1 or more.";
    SIGNATURE_REFUSED = "salt_edge_hub.signature_refused", Signature, never,
        "The connector does not accept the request's JWT.", "The class says why: it cannot be read, has another algorithm, another key's signature, or has expired.";
    TOKEN_REFUSED = "salt_edge_hub.token_refused", Permission, never,
        "The connector does not accept the access token.", "The class says why: it is missing, unknown, another third party's, revoked, or has expired.";
    ACCESS_REFUSED = "salt_edge_hub.access_refused", Permission, never,
        "The customer's consent does not cover this.", "Ask for what the token's scopes and accounts cover.";
    NOT_FOUND = "salt_edge_hub.not_found", PeerRefused, never,
        "The connector does not know the path, account or customer of the request.", "The connector's class and text say which.";
    REFUSED = "salt_edge_hub.refused", PeerRefused, never,
        "The connector has refused the request.", "Do what its class and text say.";
    BUSY = "salt_edge_hub.busy", RateLimited, again,
        "The connector takes no more requests now.", "Wait as long as it says.";
    CONNECTOR_FAILED = "salt_edge_hub.connector_failed", PeerFailed, again,
        "The connector could not answer because of an internal error.", "See the outcome, and repeat later.";
}

/// Each class with its row.
pub(crate) const CLASSES: &[(&FailureClass, &ErrorRow)] = &[
    (&class::WRONG_REQUEST_FORMAT, &FORMAT_REFUSED),
    (&class::AUTHORIZATION_MISSING, &SIGNATURE_REFUSED),
    (&class::JWT_DECODE_ERROR, &SIGNATURE_REFUSED),
    (&class::JWT_INCORRECT_ALGORITHM, &SIGNATURE_REFUSED),
    (&class::JWT_VERIFICATION_ERROR, &SIGNATURE_REFUSED),
    (&class::JWT_EXPIRED_SIGNATURE, &SIGNATURE_REFUSED),
    (&class::ACCESS_TOKEN_MISSING, &TOKEN_REFUSED),
    (&class::INVALID_CLIENT_ID, &CLIENT_REFUSED),
    (&class::TOKEN_NOT_FOUND, &TOKEN_REFUSED),
    (&class::TOKEN_REVOKED, &TOKEN_REFUSED),
    (&class::TOKEN_EXPIRED, &TOKEN_REFUSED),
    (&class::ACCESS_DENIED, &ACCESS_REFUSED),
    (&class::ACCOUNT_NOT_FOUND, &NOT_FOUND),
    (&class::USER_NOT_FOUND, &NOT_FOUND),
    (&class::INVALID_AUTHORIZATION_TYPE, &FORMAT_REFUSED),
    (&class::INVALID_CREDENTIALS, &REFUSED),
    (&class::INVALID_CONFIRMATION_CODE, &REFUSED),
    (&class::INVALID_ATTRIBUTE_VALUE, &FORMAT_REFUSED),
    (&class::VALUE_OUT_OF_RANGE, &FORMAT_REFUSED),
    (&class::INVALID_ENCODING, &FORMAT_REFUSED),
    (&class::INTERNAL_SERVER_ERROR, &CONNECTOR_FAILED),
];

/// A connector's errors for any request.
pub(crate) const ANSWERED: &[&ErrorRow] = &[
    &FORMAT_REFUSED,
    &CLIENT_REFUSED,
    &SIGNATURE_REFUSED,
    &TOKEN_REFUSED,
    &ACCESS_REFUSED,
    &NOT_FOUND,
    &REFUSED,
    &BUSY,
    &CONNECTOR_FAILED,
    &KEY_UNUSABLE,
    &TOKEN_FAILED,
];
