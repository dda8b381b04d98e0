//! Watches whether the folders still exist: data written into a removed or replaced folder is lost.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bankchannel_transport::background;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{data, service::Service};

/// Interval of the checks.
const EVERY: Duration = Duration::from_secs(1);
/// A file system that takes longer to respond counts as gone.
const PATIENCE: Duration = Duration::from_secs(5);
/// The database is checked every this many checks.
const ASK_DATABASE: u32 = 5;

/// Whether the folders that the service started with still exist.
#[derive(Debug, Default)]
pub(crate) struct Folders {
    lost: AtomicBool,
}

impl Folders {
    /// Whether one is gone: nothing may be acknowledged then.
    pub(crate) fn are_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }
}

/// A folder or file as it was at the start.
#[derive(Clone)]
struct Place {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Place {
    fn at(path: &Path) -> std::io::Result<Self> {
        let found = std::fs::metadata(path)?;
        Ok(Self { path: path.to_owned(), device: found.dev(), inode: found.ino() })
    }

    fn fault(&self) -> Option<String> {
        match Self::at(&self.path) {
            Ok(now) if (now.device, now.inode) == (self.device, self.inode) => None,
            Ok(_) => Some(format!("{} was replaced", self.path.display())),
            Err(why) => Some(format!("{} is not there ({why})", self.path.display())),
        }
    }
}

/// Starts watching the folders as they are now.
pub(crate) fn begin(service: &Arc<Service>, stop: &CancellationToken) -> JoinHandle<()> {
    let places = places(service);
    let (service, stop) = (Arc::clone(service), stop.clone());
    background::spawn(async move {
        let mut looks = 0;
        let mut database_fault = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            tell(&service, look(&places).await);
            if looks % ASK_DATABASE == 0 {
                database_fault = !matches!(tokio::time::timeout(PATIENCE, service.store.ping()).await, Ok(Ok(())));
            }
            looks = looks.wrapping_add(1);
            service.readiness.set_fault(match (service.folders.are_lost(), database_fault) {
                (true, _) => Some("storage"),
                (false, true) => Some("database"),
                (false, false) => None,
            });
        }
    })
}

/// The paths to watch. File systems with unstable inode numbers cannot be watched.
fn places(service: &Service) -> Vec<Place> {
    let mut paths = vec![service.data.clone(), service.data.join(data::SPOOL), service.files_folder()];
    if service.store.is_only_writer() {
        paths.push(service.data.join(data::DATABASE));
    }
    let places = paths.iter().filter_map(|path| Place::at(path).ok());
    let (steady, other): (Vec<_>, Vec<_>) = places.partition(|place| place.fault().is_none());
    for place in other {
        tracing::warn!(
            path = %place.path.display(),
            "the file system does not keep file numbers (inodes): a removal will not be noticed"
        );
    }
    steady
}

/// The fault of the first path that has one.
async fn look(places: &[Place]) -> Option<String> {
    let places = places.to_vec();
    let looking = background::blocking(move || places.iter().find_map(Place::fault));
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(Ok(found)) => found,
        Ok(Err(_)) => None,
        Err(_) => Some("the file system of the data folder does not answer".to_owned()),
    }
}

fn tell(service: &Service, fault: Option<String>) {
    let was = service.folders.lost.swap(fault.is_some(), Ordering::AcqRel);
    match fault {
        Some(why) if !was => {
            tracing::error!(
                why,
                "the data folder is gone: nothing is acknowledged until it is back; restart the service"
            );
        }
        None if was => tracing::warn!("the data folder is back: requests are served again"),
        _ => {}
    }
}
