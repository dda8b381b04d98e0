//! This protocol's rows of the error table.

bankchannel_foundation::error_rows! {
    REFUSED = "toy.refused", PeerRefused, never,
        "The host has refused the request.", "The host's text says why.";
}
