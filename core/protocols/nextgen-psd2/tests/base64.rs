//! Base64 in requests, standard alphabet, padded, on one line, is accepted in its canonical form only.

use base64::{Engine as _, engine::general_purpose::STANDARD};

#[test]
fn padding_stands_at_the_end() {
    for (text, bytes) in [("", ""), ("YQ==", "a"), ("YWI=", "ab"), ("YWJj", "abc"), ("YWJjZA==", "abcd")] {
        assert_eq!(STANDARD.decode(text).ok().as_deref(), Some(bytes.as_bytes()), "{text}");
    }
    for text in [
        "SGVsbA==byB3b3JsZA==",
        "YWI=YWI=",
        "YQ==YWJj",
        "YQ=",
        "YQ",
        "YQ===",
        "=",
        "==",
        "====",
        "YR==",
        "YQ==\n",
        "Y-==",
    ] {
        assert_eq!(STANDARD.decode(text).ok(), None, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn what_is_decoded_is_written_so(text in "[A-Za-z0-9+/=]{0,24}", bytes: Vec<u8>) {
        if let Ok(read) = STANDARD.decode(text.as_bytes()) {
            assert_eq!(STANDARD.encode(&read), text);
        }
        assert_eq!(STANDARD.decode(STANDARD.encode(&bytes).as_bytes()).ok(), Some(bytes));
    }
}
