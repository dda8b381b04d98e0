#![allow(clippy::unwrap_used)]
use std::time::Duration;

use bankchannel_foundation::{
    message::SOAP,
    model::{ContentPieces, Object},
};
use http_body_util::BodyExt;

use super::*;

fn body(content: Content) -> SegmentBody {
    let body = Body::json_with_content(Object::new(), "C", content);
    SegmentBody::open(&body, Arc::default()).unwrap()
}

#[test]
fn base64_of_segments_is_that_of_their_bytes() {
    for size in [0, 1, 2, 3, 100, MEMORY_STEP + 1, STEP * 2 + 2] {
        let content = vec![5; size];
        let pieces = ContentPieces::again(size as u64, {
            let content = content.clone();
            move || {
                let mut left = Bytes::from(content.clone());
                Box::new(move || {
                    let next = left.split_to(left.len().min(1000));
                    Ok((!next.is_empty()).then_some(next))
                })
            }
        });
        let plain = format!("<a>{}</a>{}", STANDARD.encode(&content), "x".repeat(size % 7));
        for content in [Content::from(content.clone()), Content::Pieces(pieces)] {
            let inside = vec![
                Segment::Literal("<a>".into()),
                Segment::Base64(content),
                Segment::Literal("</a>".into()),
                Segment::Literal("x".repeat(size % 7).into()),
            ];
            let outside = vec![Segment::Literal("[".into()), Segment::base64_of(inside), Segment::Literal("]".into())];
            let body = Body::of_segments(SOAP, outside);
            let sent = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
                let opened = SegmentBody::open(&body, Arc::default()).unwrap();
                assert_eq!(opened.length(), body.known_length());
                opened.collect().await.unwrap().to_bytes()
            });
            assert_eq!(sent[..], *format!("[{}]", STANDARD.encode(&plain)).as_bytes(), "{size} bytes");
            assert_eq!(body.known_length(), Some(sent.len() as u64));
        }
    }
}

fn expected_text(bytes: &[u8]) -> String {
    format!("{{\"C\":\"{}\"}}", STANDARD.encode(bytes))
}

#[test]
fn a_body_that_nobody_takes_holds_no_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_time().build().unwrap();
    let bytes = vec![7; STEP * (FAST.ahead + 3) + 1];
    let path = std::env::temp_dir().join(format!("bankchannel-segments-{}", std::process::id()));
    std::fs::write(&path, &bytes).unwrap();
    let both = async {
        let mut stalled = body(Content::from(path.as_path()));
        stalled.frame().await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        let taken = body(Content::from(path.as_path())).collect().await.unwrap().to_bytes();
        drop(stalled);
        taken
    };
    let taken = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(30), both).await });
    std::fs::remove_file(&path).unwrap();
    assert_eq!(taken.unwrap()[..], *expected_text(&bytes).as_bytes());
}

#[test]
fn what_is_in_memory_needs_no_runtime() {
    for size in [0, 1, MEMORY_STEP, MEMORY_STEP * 3 + 1] {
        let bytes = vec![9; size];
        let mut body = body(Content::from(bytes.clone()));
        let mut taken = Vec::new();
        let mut context = Context::from_waker(std::task::Waker::noop());
        while let Poll::Ready(Some(frame)) = http_body::Body::poll_frame(Pin::new(&mut body), &mut context) {
            taken.extend_from_slice(&frame.unwrap().into_data().unwrap());
        }
        assert_eq!(taken, expected_text(&bytes).as_bytes(), "{size} bytes");
    }
}
