//! The folder of a demo's files: temporary, or that of `--keep`.

use std::path::{Path, PathBuf};

use bankchannel_private_files::{make_folder, make_folders, plain_canonical};
use tempfile::TempDir;

use crate::exit::{CommandFailure, CommandOutcome};

/// The folder of one demo.
pub(super) struct Folder {
    root: PathBuf,
    /// Removed at the end, with everything in it.
    temporary: Option<TempDir>,
}

impl Folder {
    /// Creates the folder; refuses one that is not empty.
    pub(super) fn open(keep: Option<&str>) -> CommandOutcome<Self> {
        match keep {
            None => {
                let folder = tempfile::Builder::new()
                    .prefix("bankchannel-demo-")
                    .tempdir()
                    .map_err(|why| failed(Path::new("a temporary folder"), &why))?;
                Ok(Self { root: folder.path().to_owned(), temporary: Some(folder) })
            }
            Some(path) => {
                let path = PathBuf::from(path);
                let holds_something = std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some());
                if holds_something {
                    return Err(CommandFailure::usage(format!(
                        "--keep: {} is not empty; name a new folder",
                        path.display()
                    )));
                }
                // Only its owner can enter it: it holds keys.
                make_folders(&path).map_err(|why| failed(&path, &why))?;
                let root = plain_canonical(&path).map_err(|why| failed(&path, &why))?;
                Ok(Self { root, temporary: None })
            }
        }
    }

    /// Creates a folder in it.
    pub(super) fn make(&self, name: &str) -> CommandOutcome<PathBuf> {
        let folder = self.root.join(name);
        make_folder(&folder).map_err(|why| failed(&folder, &why))?;
        Ok(folder)
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.root
    }

    /// Its path, if it is kept.
    pub(super) fn kept(&self) -> Option<&Path> {
        self.temporary.is_none().then_some(&*self.root)
    }
}

fn failed(path: &Path, why: &std::io::Error) -> CommandFailure {
    CommandFailure::usage(format!("{} cannot be used: {why}", path.display()))
}
