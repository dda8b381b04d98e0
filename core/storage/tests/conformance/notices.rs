//! Notices that wait, and alerts that are told once.

use crate::cases;
use crate::samples::*;
use bankchannel_storage::ws_channel::*;

cases!(
    a_notice_takes_the_place_of_the_one_in_its_slot,
    an_alert_is_told_once_until_it_is_cleared_and_a_newer_one_stays,
    an_alert_is_noted_with_its_notice,
);

fn notice(id: &str, slot: Option<&str>) -> NewNotice {
    let (channel, sealed) = ("sms".to_owned(), vec![1, 2, 3]);
    NewNotice { id: id.to_owned(), channel, sealed, expires: NOW + DAY, slot: slot.map(str::to_owned) }
}

async fn taken(store: &WsChannelStore, now: i64) -> Vec<String> {
    let all = store.take_notices(now, now + MINUTE, vec![("sms", 9), ("operator", 9)]).await.unwrap();
    let mut ids: Vec<String> = all.into_iter().map(|one| one.id).collect();
    ids.sort();
    ids
}

async fn a_notice_takes_the_place_of_the_one_in_its_slot(store: WsChannelStore) {
    for (id, slot) in [("a", Some("one")), ("b", Some("two")), ("c", None), ("d", None), ("e", Some("one"))] {
        store.put_notice(notice(id, slot), NOW).await.unwrap();
    }
    assert_eq!(taken(&store, NOW).await, ["b", "c", "d", "e"]);
    // Also of one that is being sent; what became of that is of no use any more.
    store.put_notice(notice("f", Some("two")), NOW).await.unwrap();
    assert!(!store.end_notice("b", 1, NoticeEnd::Later(NOW)).await.unwrap());
    assert_eq!(taken(&store, NOW).await, ["f"]);
}

async fn an_alert_is_told_once_until_it_is_cleared_and_a_newer_one_stays(store: WsChannelStore) {
    let of = ("bank_away", "nordea");
    assert!(store.raise_alert(of, None, NOW).await.unwrap().0);
    assert!(!store.raise_alert(of, None, NOW + 1).await.unwrap().0);
    let noted = |since, seen| NotedAlert { kind: of.0.into(), subject: of.1.into(), since, seen };
    assert_eq!(store.alerts().await.unwrap(), [noted(NOW, NOW)]);
    store.see_alert(of.0, of.1, NOW + 5).await.unwrap();
    assert_eq!(store.alerts().await.unwrap(), [noted(NOW, NOW + 5)]);
    assert!(!store.clear_alert(of.0, of.1, NOW - 1).await.unwrap(), "that of another time");
    assert!(store.clear_alert(of.0, of.1, NOW).await.unwrap());
    store.see_alert(of.0, of.1, NOW + 6).await.unwrap();
    assert!(store.alerts().await.unwrap().is_empty());
    assert!(store.raise_alert(of, None, NOW + 7).await.unwrap().0);
}

async fn an_alert_is_noted_with_its_notice(store: WsChannelStore) {
    let of = ("bank_away", "nordea");
    assert!(store.raise_alert(of, Some(notice("a", None)), NOW).await.unwrap().0);
    assert!(!store.raise_alert(of, Some(notice("b", None)), NOW).await.unwrap().0);
    assert_eq!(taken(&store, NOW).await, ["a"]);
    let code = ("nordea", "7700112233");
    assert!(store.tell_of_codes(code, 0, Some(notice("c", None)), NOW).await.unwrap());
    assert!(!store.tell_of_codes(code, 0, Some(notice("d", None)), NOW).await.unwrap());
    assert_eq!(taken(&store, NOW).await, ["c"]);
    store.untell_codes(code.0, code.1).await.unwrap();
    assert!(store.tell_of_codes(code, 0, None, NOW).await.unwrap(), "it was not told");
}
