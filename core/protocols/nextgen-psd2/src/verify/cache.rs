//! Certificates that were read before: their keys, statements and issuers are the same each time.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::certificates::{Certificate, Fault, read_certificate_header};

/// Most certificates that are remembered. Whoever sends ever new ones empties it, which costs time only.
const MAX: usize = 1024;

/// A certificate as it was read from a header.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) certificate: Certificate,
    /// What was tolerated when it was read.
    pub(super) warnings: Vec<String>,
    /// The trusted issuers that signed it, by their places. Validity is not part of it: time goes on.
    pub(super) issuers: Vec<usize>,
}

#[derive(Debug, Default)]
pub(super) struct Cache {
    strictly: RwLock<HashMap<Box<[u8]>, Arc<Known>>>,
    leniently: RwLock<HashMap<Box<[u8]>, Arc<Known>>>,
}

impl Cache {
    pub(super) fn read(&self, value: &[u8], lenient: bool, anchors: &[Certificate]) -> Result<Arc<Known>, Fault> {
        let held = if lenient { &self.leniently } else { &self.strictly };
        if let Some(known) = held.read().unwrap_or_else(PoisonError::into_inner).get(value) {
            return Ok(Arc::clone(known));
        }
        let read = read_certificate_header(value, lenient)?;
        let issued = |anchor: &Certificate| read.certificate.is_issued_by(anchor);
        let issuers = anchors.iter().enumerate().filter(|(_, anchor)| issued(anchor)).map(|(at, _)| at).collect();
        let known = Arc::new(Known { certificate: read.certificate, warnings: read.warnings, issuers });
        let mut held = held.write().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MAX {
            held.clear();
        }
        held.insert(value.into(), Arc::clone(&known));
        Ok(known)
    }
}
