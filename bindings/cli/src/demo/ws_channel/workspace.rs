//! The places of the demo's files, in its folder.

use std::path::{Path, PathBuf};

use super::super::workspace::Folder;
use crate::exit::CommandOutcome;

pub(super) struct Workspace(Folder);

impl Workspace {
    /// Creates the folder and its places.
    pub(super) fn open(keep: Option<&str>) -> CommandOutcome<Self> {
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

    /// The data folder of a sandbox bank.
    pub(super) fn bank(&self) -> PathBuf {
        self.0.path().join("bank")
    }

    /// The folder of the keys.
    pub(super) fn keys(&self) -> PathBuf {
        self.0.path().join("keys")
    }

    /// The folder of the bank's files.
    pub(super) fn downloads(&self) -> PathBuf {
        self.0.path().join("downloads")
    }

    /// The payment file.
    pub(super) fn payment(&self) -> PathBuf {
        self.0.path().join("payment.xml")
    }

    /// The folder, if it is kept.
    pub(super) fn kept(&self) -> Option<&Path> {
        self.0.kept()
    }
}
