//! `serve … --check`.

use bankchannel_counterparts::ws_channel::{ServiceOptions, operator};
use serde_json::json;

use crate::{
    exit::{Failure, Outcome},
    output::{self, Format, table},
};

/// Looks at everything that a start would need; exit 1 when something is in its way.
pub(super) async fn check(options: ServiceOptions, format: Format) -> Outcome {
    let findings = operator::check(&options).await;
    let ok = findings.iter().all(|finding| finding.ok);
    match format {
        Format::Json => output::json(&json!({ "ok": ok, "findings": findings })),
        Format::Table => {
            let rows = findings.iter().map(|finding| {
                [finding.subject.to_owned(), if finding.ok { "ok" } else { "WRONG" }.to_owned(), finding.text.clone()]
            });
            output::line(table::table(&["What", "", "Found"], rows).trim_end());
        }
    }
    if ok { Ok(()) } else { Err(Failure::Told) }
}
