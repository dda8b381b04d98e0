//! Certificates at a bank (§2.13).
