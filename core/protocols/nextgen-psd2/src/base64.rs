//! Base64 as requests carry it: the standard alphabet, padded, on one line.

use data_encoding::BASE64;

/// The bytes of `text`, written in the one right way; `None` for anything else. The library takes padding in the midst of a text for the
/// end of one text and the beginning of another: here it stands at the end alone.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let (inner, _) = text.split_at(text.len().saturating_sub(2));
    if inner.contains(&b'=') { None } else { BASE64.decode(text).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_stands_at_the_end() {
        for (text, bytes) in [("", ""), ("YQ==", "a"), ("YWI=", "ab"), ("YWJj", "abc"), ("YWJjZA==", "abcd")] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(bytes.as_bytes()), "{text}");
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
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_decoded_is_written_so(text in "[A-Za-z0-9+/=]{0,24}", bytes: Vec<u8>) {
            if let Some(read) = decode(text.as_bytes()) {
                assert_eq!(BASE64.encode(&read), text);
            }
            assert_eq!(decode(BASE64.encode(&bytes).as_bytes()), Some(bytes));
        }
    }
}
