//! PGP keys (§7).
