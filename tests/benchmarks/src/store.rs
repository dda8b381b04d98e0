//! Finding few files among many, in the store.

use std::time::Instant;

use tokio::runtime::Runtime;

use crate::{
    served::EMAIL,
    table::{Bound, Table},
};

/// Ten matching files among 100,000 compared with ten among ten: in the store, where there is no cache.
pub(crate) fn ten_among_many(table: &mut Table, runtime: &Runtime) {
    use bankchannel_storage::ws_channel::{FileContent, FileFilter, FileScope, NewBankFile, WsChannelStore};
    let scope = || FileScope { api_key: "k".into(), email: EMAIL.into(), bank: "simulator".into() };
    let file = |n: usize, file_type: &str, status: &str| NewBankFile {
        reference: format!("r{n}"),
        file_type: file_type.into(),
        status: status.into(),
        created: n as i64,
        service_id: None,
        target_id: None,
        content: FileContent::Inline(vec![1]),
    };
    let filter = || FileFilter { file_type: Some("camt.053.001.02".into()), status: Some("NEW".into()) };
    let mut medians = Vec::new();
    let mut stores = Vec::new();
    for others in [0, 99_990] {
        let folder = tempfile::tempdir().expect("a folder");
        let store = runtime.block_on(async {
            let store = WsChannelStore::open_sqlite(folder.path()).await.expect("a store");
            store
                .put_files(&scope(), (0..10).map(|n| file(n, "camt.053.001.02", "NEW")).collect())
                .await
                .expect("puts");
            for batch in 0..others / 10_000 + 1 {
                let files: Vec<_> = (batch * 10_000..others.min((batch + 1) * 10_000))
                    .map(|n| file(n + 10, if n % 2 == 0 { "camt.054.001.02" } else { "camt.053.001.02" }, "DLD"))
                    .collect();
                store.put_files(&scope(), files).await.expect("puts");
            }
            store
        });
        stores.push((store, folder));
    }
    for round in 0..9 {
        let times: Vec<f64> = stores
            .iter()
            .map(|(store, _)| {
                runtime.block_on(async {
                    let begun = Instant::now();
                    for _ in 0..200 {
                        let found = store.list_files(&scope(), &filter()).await.expect("lists");
                        assert_eq!(found.len(), 10);
                    }
                    begun.elapsed().as_secs_f64() / 200.0
                })
            })
            .collect();
        if round > 0 {
            medians.push((times[1] / times[0], times[1], times[0]));
        }
    }
    medians.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, many, few) = medians[medians.len() / 2];
    table.ratio(
        "ten matching files among 100,000",
        &format!("{:.0} µs", many * 1e6),
        &format!("ten among ten {:.0} µs", few * 1e6),
        ratio,
        Bound::AtMost(1.2),
    );
}
