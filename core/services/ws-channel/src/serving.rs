//! What a service leaves in its data folder for its operator's commands: which configuration it has, and whether its data is
//! in this folder. No secret, no address of a database.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use bankchannel_foundation::{
    Error, Result,
    error::row,
    model::{Boundary, write_boundary},
    shown,
};
use bankchannel_server::{operator::read_answer, private};

use crate::{
    config::ServiceConfig,
    data::{DATABASE, unusable},
    keys::ServiceKeys,
    options::ServiceOptions,
};

/// The file in the data folder.
const FILE: &str = "serving.json";
/// Size limit of the file, in bytes.
const MAX: u64 = 16 * 1024;

/// How a folder is served.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub(crate) struct ServingFile {
    /// The absolute path of the configuration file, if there is one.
    config: Option<String>,
    /// Where the data is.
    database: ServedDatabase,
}

/// Where the data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
enum ServedDatabase {
    /// In the folder.
    Sqlite,
    /// At a server, whose address the configuration has.
    Postgres,
}

/// Writes down how a folder is served that the options name.
///
/// # Errors
/// `resource.storage`, `configuration.invalid`.
pub(crate) fn write(options: &ServiceOptions, data: &Path, config: &ServiceConfig) -> Result<()> {
    if options.data.is_none() {
        return Ok(());
    }
    let whole = |given: &String| {
        let path = std::path::absolute(given).map_err(|why| unusable(Path::new(given), &why))?;
        let not_text = |_| Error::invalid_setting("config", "is in a folder whose name is not UTF-8");
        path.into_os_string().into_string().map_err(not_text)
    };
    let database = if config.postgres_url.is_some() { ServedDatabase::Postgres } else { ServedDatabase::Sqlite };
    let serving = ServingFile { config: options.config.as_ref().map(whole).transpose()?, database };
    // Most starts change nothing, and need no space for it.
    if ServingFile::read(data).is_ok_and(|former| former.as_ref() == Some(&serving)) {
        return Ok(());
    }
    private::write_whole(&data.join(FILE), format!("{}\n", write_boundary(serving)).as_bytes())
}

impl ServingFile {
    /// How a folder is served; `None` if no service of this version has served it.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(crate) fn read(data: &Path) -> Result<Option<Self>> {
        let path = data.join(FILE);
        let bytes = match private::read_whole(&path, MAX) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(unusable(&path, &why)),
        };
        // What a later version adds is passed over.
        let read = serde_json::from_slice(&bytes).ok().and_then(|value| read_answer(value).ok());
        read.map(Some).ok_or_else(|| {
            let why = format!("{} is not what a service writes: remove it, a start writes it anew", path.display());
            Error::because(&row::STORAGE, why).with("file", path.display())
        })
    }
}

/// The options of a command with the configuration of the service, unless they name one.
///
/// # Errors
/// `configuration.invalid` for one that is gone.
pub(crate) fn completed(
    serving: Option<&ServingFile>,
    options: &ServiceOptions,
    data: &Path,
) -> Result<ServiceOptions> {
    let served = serving.and_then(|serving| serving.config.as_ref());
    let (None, Some(config)) = (&options.config, served) else { return Ok(options.clone()) };
    if !Path::new(config).exists() {
        let why = format!(
            "the service of {} has the configuration {}, which is not there: give --config",
            data.display(),
            shown::path(config)
        );
        return Err(Error::because(&row::CONFIGURATION, why).with("field", "config").with("file", config));
    }
    Ok(ServiceOptions { config: Some(config.clone()), ..options.clone() })
}

/// Refuses to look into a folder for data that is at a server.
///
/// # Errors
/// `configuration.invalid`.
pub(crate) fn expect(serving: Option<&ServingFile>, config: &ServiceConfig, data: &Path) -> Result<()> {
    let is_at_server = serving.is_some_and(|serving| serving.database == ServedDatabase::Postgres);
    if !is_at_server || config.postgres_url.is_some() {
        return Ok(());
    }
    let why = format!(
        "the service of {} keeps its data in PostgreSQL, and no postgres_url is given: give the service's configuration with \
         --config, or BANKCHANNEL_WS_CHANNEL_POSTGRES_URL as the service has it",
        data.display()
    );
    Err(Error::because(&row::CONFIGURATION, why).with("field", "postgres_url"))
}

/// Refuses to make a database beside keys that belong to another one.
///
/// # Errors
/// `configuration.invalid`.
pub(crate) async fn expect_no_other(config: &ServiceConfig, data: Option<&PathBuf>) -> Result<()> {
    match data {
        Some(data) if config.postgres_url.is_none() && !data.join(DATABASE).exists() => {
            ServiceKeys::check_keys(None, data, config).await.map(drop)
        }
        _ => Ok(()),
    }
}
