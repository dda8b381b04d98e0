//! Watches whether the folders still exist: data written into a removed or replaced folder is lost. And whether the
//! database answers, with tables that this program can use.

use std::{
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

use super::{data, service::WsChannelService};
use bankchannel_server::{
    http::intake::SpoolFile,
    private::{FileId, free_bytes},
};

/// Interval of the checks.
const EVERY: Duration = Duration::from_secs(1);
/// A file system that takes longer to respond counts as gone.
const PATIENCE: Duration = Duration::from_secs(5);
/// The database is checked every this many checks.
const ASK_DATABASE: u32 = 5;

/// The free space below which nothing can be kept: one change may add this much to the database and its log.
const LEAST_FREE: u64 = 256 * 1024;

/// Whether the folders that the service started with still exist, and have space.
#[derive(Debug, Default)]
pub(crate) struct WatchedFolders {
    lost: AtomicBool,
    full: AtomicBool,
}

impl WatchedFolders {
    /// Whether one is gone: nothing may be acknowledged then.
    pub(crate) fn are_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// A request was refused because there was no space: the service is not ready until there is.
    pub(crate) fn note_full(&self) {
        if !self.full.swap(true, Ordering::AcqRel) {
            tracing::error!("no space is left: what needs some is refused until there is");
        }
    }
}

/// A folder or file as it was at the start.
#[derive(Clone)]
struct WatchedPath {
    path: PathBuf,
    id: FileId,
}

impl WatchedPath {
    fn at(path: &Path) -> std::io::Result<Self> {
        Ok(Self { path: path.to_owned(), id: FileId::at(path)? })
    }

    fn fault(&self) -> Option<String> {
        match Self::at(&self.path) {
            Ok(now) if now.id == self.id => None,
            Ok(_) => Some(format!("{} was replaced", self.path.display())),
            Err(why) => Some(format!("{} is not there ({why})", self.path.display())),
        }
    }
}

/// Starts watching the folders as they are now.
pub(crate) fn begin(service: &Arc<WsChannelService>, stop: &CancellationToken) -> JoinHandle<()> {
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
            tell(&service, find_full_path(&places).await);
            if looks % ASK_DATABASE == 0 {
                let asked = tokio::time::timeout(PATIENCE, service.store.is_outgrown()).await;
                database_fault = !matches!(asked, Ok(Ok(_)));
                if let Ok(Ok(is_outgrown)) = asked {
                    service.readiness.set_outgrown(is_outgrown);
                }
            }
            looks = looks.wrapping_add(1);
            look_for_space(&service).await;
            let is_full = service.folders.full.load(Ordering::Acquire);
            service.readiness.set_fault(match (service.folders.are_lost(), is_full, database_fault) {
                (true, ..) => Some("storage"),
                (false, true, _) => Some("full"),
                (false, false, true) => Some("database"),
                (false, false, false) => None,
            });
        }
    })
}

/// The paths to watch. File systems with unstable inode numbers cannot be watched.
fn places(service: &WsChannelService) -> Vec<WatchedPath> {
    let mut paths = vec![service.data.clone(), service.data.join(data::SPOOL), service.files_folder()];
    if service.store.is_only_writer() {
        paths.push(service.data.join(data::DATABASE));
    }
    let places = paths.iter().filter_map(|path| WatchedPath::at(path).ok());
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
async fn find_full_path(places: &[WatchedPath]) -> Option<String> {
    let places = places.to_vec();
    let looking = background::blocking(move || places.iter().find_map(WatchedPath::fault));
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(Ok(found)) => found,
        Ok(Err(_)) => None,
        Err(_) => Some("the file system of the data folder does not answer".to_owned()),
    }
}

fn tell(service: &WsChannelService, fault: Option<String>) {
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

/// Notes whether the folders have space. After a refusal for want of it, the largest upload must have room again, which
/// is tried, since a quota does not show in the file system's own numbers.
async fn look_for_space(service: &WsChannelService) {
    let folders = [service.data.join(data::SPOOL), service.files_folder()];
    let was_full = service.folders.full.load(Ordering::Acquire);
    let needed = if was_full { service.config().max_file_bytes.max(LEAST_FREE) } else { LEAST_FREE };
    let metrics = Arc::clone(&service.metrics);
    let looking = background::blocking(move || {
        let mut has_space = true;
        for (name, folder) in ["data", "files"].into_iter().zip(&folders) {
            let Some(free) = free_bytes(folder) else { continue };
            metrics.has_free(name, free);
            has_space &= free >= needed;
        }
        has_space && (!was_full || SpoolFile::has_room(&folders[0], needed))
    });
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(Ok(false)) => service.folders.note_full(),
        Ok(Ok(true)) if was_full => {
            service.folders.full.store(false, Ordering::Release);
            tracing::warn!("there is space again");
        }
        // A folder that does not answer is told as lost.
        _ => {}
    }
}
