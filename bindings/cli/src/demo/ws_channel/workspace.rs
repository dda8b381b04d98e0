//! Where the demo's files are, in its folder.

use std::path::{Path, PathBuf};

use super::super::workspace::Folder;
use crate::exit::Outcome;

/// The places in the folder of one demo.
pub(super) struct Workspace(Folder);

impl Workspace {
    /// Makes the folder and its places.
    pub(super) fn open(keep: Option<&str>) -> Outcome<Self> {
        let folder = Folder::open(keep)?;
        for name in ["keys", "downloads"] {
            folder.make(name)?;
        }
        Ok(Self(folder))
    }

    /// The service's data folder.
    pub(super) fn data(&self) -> PathBuf {
        self.0.path().join("service")
    }

    /// Where the keys are.
    pub(super) fn keys(&self) -> PathBuf {
        self.0.path().join("keys")
    }

    /// Where the bank's files go.
    pub(super) fn downloads(&self) -> PathBuf {
        self.0.path().join("downloads")
    }

    /// Where the payment file is.
    pub(super) fn payment(&self) -> PathBuf {
        self.0.path().join("payment.xml")
    }

    /// The folder, when it stays.
    pub(super) fn kept(&self) -> Option<&Path> {
        self.0.kept()
    }
}
