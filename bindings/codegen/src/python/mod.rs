//! Python: a module for each protocol, the embedded servers, error classes and codes, the package's public names.

mod client;
mod errors;
mod functions;
mod module;
mod public;
mod questions;
mod served;
mod types;

use crate::{
    Generated,
    model::Model,
    text::{Out, PYTHON_HEADER},
};

const FOLDER: &str = "bindings/python/bankchannel";

/// Every Python file.
pub(crate) fn files(model: &Model) -> Result<Vec<Generated>, String> {
    let mut files = vec![
        Generated { path: format!("{FOLDER}/_public.py"), text: public::module(model) },
        Generated { path: format!("{FOLDER}/_version.py"), text: version() },
        Generated { path: format!("{FOLDER}/errors.py"), text: errors::errors() },
        Generated { path: format!("{FOLDER}/codes.py"), text: errors::codes(model) },
    ];
    for protocol in &model.protocols {
        files.push(Generated { path: format!("{FOLDER}/{}.py", protocol.module), text: module::module(protocol)? });
    }
    files.push(Generated { path: format!("{FOLDER}/service.py"), text: served::services(model)? });
    Ok(files)
}

/// The version that the native library must have.
fn version() -> String {
    let mut out = Out::default();
    out.line(PYTHON_HEADER);
    out.docstring("", "The version of the package; its native library must be of the same.");
    out.blank();
    out.line(format!("VERSION = {:?}", bankchannel::VERSION));
    out.done()
}
