//! The report of a face: `target/scenario-reports/FACE.json`.

use std::path::PathBuf;

use serde_json::json;

/// The folder of the reports.
#[must_use]
pub fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    target.join("scenario-reports")
}

/// Writes the report of a face.
///
/// # Panics
/// If the folder cannot be written.
pub fn write(face: &str, ids: &[String], not_applicable: &[String]) {
    let folder = folder();
    std::fs::create_dir_all(&folder).expect("the report folder can be made");
    let report = json!({"runner": face, "ids": ids, "not_applicable": not_applicable});
    std::fs::write(folder.join(format!("{face}.json")), format!("{report:#}\n")).expect("the report can be written");
}
