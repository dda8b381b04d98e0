//! This protocol's rows of the error table.

bankchannel_foundation::error_rows! {
    CERTIFICATE_UNUSABLE = "sepa_web_services.certificate_unusable", InvalidInput, never,
        "A certificate that was given cannot be used.", "The message says why; give certificates as PEM text, one after the other.";
    UNKNOWN_PROFILE = "sepa_web_services.unknown_profile", InvalidInput, never,
        "There is no profile of this bank.", "list_profiles names those there are; give any other bank as `profile`.";
    MESSAGE_TOO_LARGE = "sepa_web_services.message_too_large", InvalidInput, never,
        "The message is larger than any of this channel.", "Banks take and give files of at most 100 MB; see the limit.";
}
