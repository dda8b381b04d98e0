//! The environment's variables for certificate authorities. Linux has no other setting for them, and what cannot be
//! read would show up as a server with an unknown issuer.

use std::{ffi::OsString, fs::File, io::ErrorKind, path::Path};

use bankchannel_foundation::{Error, Result, shown};

use crate::platform::READS_CERTIFICATE_VARIABLES;

/// Checks the file and the folders that the variables name, if the system's authorities are read from them.
///
/// # Errors
/// `configuration.invalid`: `SSL_CERT_FILE` cannot be read, or none of the folders of `SSL_CERT_DIR` and there is no file.
pub(crate) fn check() -> Result<()> {
    if READS_CERTIFICATE_VARIABLES { check_in(std::env::var_os) } else { Ok(()) }
}

fn check_in(variable: impl Fn(&'static str) -> Option<OsString>) -> Result<()> {
    if let Some(file) = variable("SSL_CERT_FILE") {
        let file = Path::new(&file);
        let is_file = |opened: File| match opened.metadata()?.is_dir() {
            true => Err(ErrorKind::IsADirectory.into()),
            false => Ok(()),
        };
        return File::open(file).and_then(is_file).map_err(|why| unreadable("SSL_CERT_FILE", &shown::path(file), &why));
    }
    let Some(folders) = variable("SSL_CERT_DIR") else { return Ok(()) };
    let mut failed = None;
    for folder in std::env::split_paths(&folders) {
        match std::fs::read_dir(&folder) {
            Ok(_) => return Ok(()),
            Err(why) => failed = failed.or(Some((folder, why))),
        }
    }
    failed.map_or(Ok(()), |(folder, why)| Err(unreadable("SSL_CERT_DIR", &shown::path(&folder), &why)))
}

fn unreadable(variable: &'static str, path: &dyn std::fmt::Display, why: &std::io::Error) -> Error {
    let why = format!("the environment variable {variable} names {path}, which cannot be read: {why}");
    Error::invalid_setting("tls", format!("no authority can be known: {why}; correct it, unset it, or give ca_file"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn origin_text(file: Option<&str>, folders: Option<&str>) -> String {
        let value = |name| if name == "SSL_CERT_FILE" { file } else { folders };
        check_in(|name| value(name).map(OsString::from))
            .map_or_else(|error| error.message().to_owned(), |()| "ok".into())
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let (file, folder) = (file!(), env!("CARGO_MANIFEST_DIR"));
        let here = format!("{folder}/src/authorities.rs");
        assert!(here.ends_with(file.rsplit('/').next().unwrap()));
        assert_eq!(origin_text(None, None), "ok");
        assert_eq!(origin_text(Some(&here), Some("/no/such/folder")), "ok");
        assert_eq!(origin_text(None, Some(&format!("/no/such/folder:{folder}"))), "ok");
        for (error, variable, path) in [
            (origin_text(Some("/no/such.pem"), Some(folder)), "SSL_CERT_FILE", "/no/such.pem"),
            (origin_text(Some(folder), None), "SSL_CERT_FILE", folder),
            (origin_text(None, Some("/no/such/folder")), "SSL_CERT_DIR", "/no/such/folder"),
        ] {
            assert!(error.contains(variable) && error.contains(path), "{error}");
        }
    }
}
