//! Where the demo's files are: a temporary folder, or the one of `--keep`.

use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::exit::{Failure, Outcome};

/// The permissions of the folders: they hold keys.
const FOLDER_MODE: u32 = 0o700;

/// The folder of one demo.
pub(super) struct Workspace {
    root: PathBuf,
    /// Removed at the end, with everything in it.
    temporary: Option<TempDir>,
}

impl Workspace {
    /// Makes the folder; one that holds something already is left alone.
    pub(super) fn open(keep: Option<&str>) -> Outcome<Self> {
        let failed =
            |path: &Path, why: std::io::Error| Failure::usage(format!("{} cannot be used: {why}", path.display()));
        let (root, temporary) = match keep {
            None => {
                let folder = tempfile::Builder::new()
                    .prefix("bankchannel-demo-")
                    .tempdir()
                    .map_err(|why| failed(Path::new("a temporary folder"), why))?;
                (folder.path().to_owned(), Some(folder))
            }
            Some(path) => {
                let path = PathBuf::from(path);
                let holds_something = std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some());
                if holds_something {
                    return Err(Failure::usage(format!("--keep: {} is not empty; name a new folder", path.display())));
                }
                DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&path).map_err(|why| failed(&path, why))?;
                (path.canonicalize().map_err(|why| failed(&path, why))?, None)
            }
        };
        for name in ["keys", "downloads"] {
            let folder = root.join(name);
            DirBuilder::new().mode(FOLDER_MODE).create(&folder).map_err(|why| failed(&folder, why))?;
        }
        Ok(Self { root, temporary })
    }

    /// The service's data folder.
    pub(super) fn data(&self) -> PathBuf {
        self.root.join("service")
    }

    /// Where the keys are.
    pub(super) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// Where the bank's files go.
    pub(super) fn downloads(&self) -> PathBuf {
        self.root.join("downloads")
    }

    /// Where the payment file is.
    pub(super) fn payment(&self) -> PathBuf {
        self.root.join("payment.xml")
    }

    /// The folder, when it stays.
    pub(super) fn kept(&self) -> Option<&Path> {
        self.temporary.is_none().then_some(&*self.root)
    }
}
