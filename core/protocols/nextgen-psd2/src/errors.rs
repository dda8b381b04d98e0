//! This protocol's rows of the error table.

bankchannel_foundation::error_rows! {
    CERTIFICATE_UNUSABLE = "nextgen_psd2.certificate_unusable", InvalidInput, never,
        "The certificate cannot be used.", "The message says why; it must be one certificate as PEM text, with an RSA key.";
    KEY_UNUSABLE = "nextgen_psd2.key_unusable", InvalidInput, never,
        "The private key cannot be used.", "The message says why; it must be an RSA key as PEM text, and belong to the certificate.";
    TOKEN_FAILED = "nextgen_psd2.token_failed", Configuration, never,
        "The token with the private key did not sign.", "The message says why: check the token, its reader or connection, and its PIN; do not repeat a PIN that was refused.";
    SIGNATURE_REFUSED = "nextgen_psd2.signature_refused", Signature, never,
        "The bank does not accept the request's signature.", "Explain the request: it shows which byte of the signing string differs, and why.";
    CERTIFICATE_REFUSED = "nextgen_psd2.certificate_refused", Authentication, never,
        "The bank does not accept the certificate.", "The bank's code says whether it is missing, invalid, expired, revoked or blocked.";
    ROLE_REFUSED = "nextgen_psd2.role_refused", Permission, never,
        "The certificate lacks the role that this operation needs.", "Inspect the certificate: its roles are AISP, PISP, PIISP or ASPSP.";
    TIMESTAMP_REFUSED = "nextgen_psd2.timestamp_refused", Authentication, never,
        "The bank does not accept the request's date.", "Set the clock; sign each request when it is sent, also when it is repeated.";
    FORMAT_REFUSED = "nextgen_psd2.format_refused", InvalidInput, never,
        "The bank does not accept a field or header.", "The bank's text or path names it.";
    PSU_REFUSED = "nextgen_psd2.psu_refused", Authentication, never,
        "The bank does not know its customer by these identifiers.", "Check PSU-ID and PSU-Corporate-ID: they belong to one third party at one bank.";
    CONSENT_NEEDED = "nextgen_psd2.consent_needed", Permission, never,
        "The bank needs its customer's consent first.", "Send the customer to the link `sca_redirect`, and repeat the request afterwards.";
    CONSENT_UNKNOWN = "nextgen_psd2.consent_unknown", Permission, never,
        "The bank does not know the consent, or its customer has revoked it.", "Offer a new consent.";
    CONSENT_INVALID = "nextgen_psd2.consent_invalid", Permission, never,
        "The consent cannot be used.", "It was not authorised, has expired or was ended: offer a new one.";
    ACCESS_EXCEEDED = "nextgen_psd2.access_exceeded", RateLimited, never,
        "The consent's calls without the customer are used up for today.", "Wait a day, or let the customer be present and send PSU-IP-Address.";
    SERVICE_REFUSED = "nextgen_psd2.service_refused", Permission, never,
        "The bank does not offer this service for this customer or resource.", "The bank's code and text say more.";
    RESOURCE_UNKNOWN = "nextgen_psd2.resource_unknown", PeerRefused, never,
        "The bank does not know the requested resource.", "Check the identifier and the path.";
    REFUSED = "nextgen_psd2.refused", PeerRefused, never,
        "The bank has refused the request.", "Do what the bank's code and text say.";
    BANK_FAILED = "nextgen_psd2.bank_failed", PeerFailed, again,
        "The bank could not answer because of an internal error.", "See the outcome; quote the peer's request id to the bank's support.";
    LINK_REFUSED = "nextgen_psd2.link_refused", PeerProtocol, never,
        "The bank's link for its customer cannot be used.", "The message says why: it must be readable and https, without user and password, at a host that you allow.";
}
