//! The rows of the error table for refusals by the hub (§3.7), and for errors on the connector's own side.

use bankchannel_foundation::error::ErrorRow;

use crate::class::{FailureClass, of_hub as class};

bankchannel_foundation::error_rows! {
    KEY_UNUSABLE = "salt_edge_connector.key_unusable", InvalidInput, never,
        "The key cannot be used.", "The message says why; it must be an RSA key of 2048 to 8192 bits as PEM text.";
    TOKEN_FAILED = "salt_edge_connector.token_failed", Configuration, never,
        "The token with the private key did not sign.", "The message says why: check the token, its reader or connection, and its PIN; do not repeat a PIN that was refused.";
    SESSION_CLOSED = "salt_edge_connector.session_closed", Conflict, never,
        "The session has ended at Salt Edge.", "Send no further reports for it. If this was a repeated report, the earlier one has arrived.";
    CONFIGURATION_REFUSED = "salt_edge_connector.configuration_refused", Configuration, never,
        "Something is not set up in the provider's dashboard at Salt Edge.", "Compare public key, app id and host with the dashboard; Salt Edge's text says more.";
    TOKEN_MISSING = "salt_edge_connector.token_missing", InvalidInput, never,
        "Salt Edge has found no token in the request.", "Give the access token.";
    SESSION_EXPIRED = "salt_edge_connector.session_expired", Conflict, never,
        "The session's time is over at Salt Edge.", "Send no further reports for it. A token that was made for it was not delivered: revoke it.";
    AUTHORIZATION_REFUSED = "salt_edge_connector.authorization_refused", Authentication, never,
        "Salt Edge has found no signed request.", "Check that no proxy removes the header Authorization.";
    TOKEN_NOT_FOUND = "salt_edge_connector.token_not_found", PeerRefused, never,
        "Salt Edge does not know the token.", "If you wanted to revoke it, nothing is left to do.";
    TOKEN_REVOKED = "salt_edge_connector.token_revoked", Conflict, never,
        "The token was revoked before.", "Nothing is left to do.";
    TOKEN_EXPIRED = "salt_edge_connector.token_expired", Conflict, never,
        "The token has expired.", "If you wanted to revoke it, nothing is left to do.";
    SESSION_NOT_FOUND = "salt_edge_connector.session_not_found", PeerRefused, never,
        "Salt Edge does not know the session.", "Send no further reports for it. A token that was made for it was not delivered: revoke it.";
    CUSTOMER_NOT_FOUND = "salt_edge_connector.customer_not_found", PeerRefused, never,
        "Salt Edge does not know the customer.", "`customer_id` is Salt Edge's own id: leave it out.";
    PROVIDER_NOT_FOUND = "salt_edge_connector.provider_not_found", Configuration, never,
        "Salt Edge does not know the app id.", "Compare app_id with the dashboard.";
    ACTION_NOT_ALLOWED = "salt_edge_connector.action_not_allowed", Permission, never,
        "Salt Edge does not permit this.", "The configuration does not allow it, or parameters contradict each other; Salt Edge's text says more.";
    PROVIDER_DISABLED = "salt_edge_connector.provider_disabled", Configuration, never,
        "Salt Edge does not work with this provider.", "Ask Salt Edge.";
    REFUSED = "salt_edge_connector.refused", PeerRefused, never,
        "Salt Edge has refused the request.", "Do what Salt Edge's class and text say.";
    BUSY = "salt_edge_connector.busy", RateLimited, again,
        "Salt Edge takes no more requests now.", "Wait as long as it says.";
    HUB_FAILED = "salt_edge_connector.hub_failed", PeerFailed, again,
        "Salt Edge could not answer because of an internal error.", "See the outcome, and repeat later.";
}

/// Each class with its row.
pub(crate) const CLASSES: &[(&FailureClass, &ErrorRow)] = &[
    (&class::SESSION_CLOSED, &SESSION_CLOSED),
    (&class::CONFIGURATION_ERROR, &CONFIGURATION_REFUSED),
    (&class::TOKEN_MISSING, &TOKEN_MISSING),
    (&class::SESSION_EXPIRED, &SESSION_EXPIRED),
    (&class::AUTHORIZATION_MISSING, &AUTHORIZATION_REFUSED),
    (&class::TOKEN_NOT_FOUND, &TOKEN_NOT_FOUND),
    (&class::TOKEN_REVOKED, &TOKEN_REVOKED),
    (&class::TOKEN_EXPIRED, &TOKEN_EXPIRED),
    (&class::SESSION_NOT_FOUND, &SESSION_NOT_FOUND),
    (&class::CUSTOMER_NOT_FOUND, &CUSTOMER_NOT_FOUND),
    (&class::PROVIDER_NOT_FOUND, &PROVIDER_NOT_FOUND),
    (&class::ACTION_NOT_ALLOWED, &ACTION_NOT_ALLOWED),
    (&class::PROVIDER_DISABLED, &PROVIDER_DISABLED),
];

/// The hub's errors for a report of a session.
pub const OF_SESSIONS: &[&ErrorRow] = &[
    &SESSION_CLOSED,
    &CONFIGURATION_REFUSED,
    &SESSION_EXPIRED,
    &AUTHORIZATION_REFUSED,
    &SESSION_NOT_FOUND,
    &PROVIDER_NOT_FOUND,
    &ACTION_NOT_ALLOWED,
    &PROVIDER_DISABLED,
    &REFUSED,
    &BUSY,
    &HUB_FAILED,
    &KEY_UNUSABLE,
    &TOKEN_FAILED,
];

/// The hub's errors for the list of tokens.
pub const OF_LISTS: &[&ErrorRow] = &[
    &CONFIGURATION_REFUSED,
    &AUTHORIZATION_REFUSED,
    &CUSTOMER_NOT_FOUND,
    &PROVIDER_NOT_FOUND,
    &PROVIDER_DISABLED,
    &REFUSED,
    &BUSY,
    &HUB_FAILED,
    &KEY_UNUSABLE,
    &TOKEN_FAILED,
];

/// The hub's errors for the revocation of a token.
pub const OF_TOKENS: &[&ErrorRow] = &[
    &CONFIGURATION_REFUSED,
    &TOKEN_MISSING,
    &AUTHORIZATION_REFUSED,
    &TOKEN_NOT_FOUND,
    &TOKEN_REVOKED,
    &TOKEN_EXPIRED,
    &PROVIDER_NOT_FOUND,
    &PROVIDER_DISABLED,
    &REFUSED,
    &BUSY,
    &HUB_FAILED,
    &KEY_UNUSABLE,
    &TOKEN_FAILED,
];

/// The hub's errors for the lookup of a third party.
pub const OF_CLIENTS: &[&ErrorRow] = &[
    &CONFIGURATION_REFUSED,
    &AUTHORIZATION_REFUSED,
    &PROVIDER_NOT_FOUND,
    &PROVIDER_DISABLED,
    &REFUSED,
    &BUSY,
    &HUB_FAILED,
    &KEY_UNUSABLE,
    &TOKEN_FAILED,
];

/// The errors of a key that only verifies.
pub const OF_KEYS: &[&ErrorRow] = &[&KEY_UNUSABLE];
/// The errors of a key that signs.
pub const OF_SIGNING: &[&ErrorRow] = &[&KEY_UNUSABLE, &TOKEN_FAILED];
