//! The published certificates of the NextGenPSD2 specification's worked example (§2.10), PEM.
#![allow(clippy::unwrap_used)]

use super::Certificate;

macro_rules! vector {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/scenarios/data/psd2-", $name, ".cert.pem"))
    };
}

pub(super) const CA1: &str = vector!("authority-1");
pub(super) const CA2: &str = vector!("authority-2");
pub(super) const LEAF1: &str = vector!("leaf-1");
pub(super) const LEAF2: &str = vector!("leaf-2");

pub(super) fn certificate(pem: &str) -> Certificate {
    Certificate::from_pem(pem).unwrap()
}

pub(super) fn der(pem: &str) -> Vec<u8> {
    certificate(pem).der().to_vec()
}
