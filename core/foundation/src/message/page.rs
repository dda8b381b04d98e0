//! Web pages in place of an answer: of a gateway, a login or a filter before the server that was asked.

use super::Response;
use crate::redact::shortened;

/// The maximum length of a page's text in an error, in characters.
const TEXT: usize = 500;
/// The number of bytes from which the text is taken: redacted parts may be long.
const EXAMINED: usize = 8192;
/// The byte order mark of UTF-8, which some programs write.
const BOM: &[u8] = b"\xef\xbb\xbf";
/// The beginnings of web pages, in any case.
const BEGINNINGS: [&str; 8] = ["<!doctype", "<html", "<?xml", "<!--", "<head", "<body", "<script", "<meta http-equiv"];

/// Whether a response that cannot be read as JSON is a web page: by its media type, if the protocol reads that, or by
/// its beginning. What begins as JSON is none, whatever its media type is, and neither is an empty body.
#[must_use]
pub fn is_web_page(response: &Response) -> bool {
    let body = response.body.trim_ascii_start();
    let body = body.strip_prefix(BOM).unwrap_or(body).trim_ascii_start();
    if body.is_empty() || body.starts_with(b"{") || body.starts_with(b"[") {
        return false;
    }
    let media_type = response.headers.text("content-type").unwrap_or_default().to_ascii_lowercase();
    let begins = |word: &&str| body.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word.as_bytes()));
    ["text/html", "application/xhtml"].iter().any(|page| media_type.trim_start().starts_with(page))
        || BEGINNINGS.iter().any(begins)
}

/// The beginning of a body that is not the peer's, for an error: without what looks like a secret, and cut. `None` if
/// it is empty.
#[must_use]
pub fn page_text(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(EXAMINED)]);
    let text = shortened(text.trim_start_matches('\u{feff}').trim(), TEXT);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_by_its_media_type_or_its_beginning() {
        for (media_type, body, is_page) in [
            ("text/html; charset=utf-8", "Please log in", true),
            ("TEXT/HTML", "<p>gone</p>", true),
            ("application/xhtml+xml", "x", true),
            ("application/json", "<!DOCTYPE html><html>", true),
            ("", "\u{feff}<HTML>", true),
            ("", "\r\n <?xml version=\"1.0\"?><error/>", true),
            ("", "<!-- gateway -->", true),
            ("", "<head><title>x", true),
            ("", "<body>", true),
            ("", "<script>location=1</script>", true),
            ("", "<p>gone</p>", false),
            ("", "gone", false),
            ("text/plain", "OK", false),
            ("text/html", "", false),
            ("text/html", " \n", false),
            ("text/html", "{\"a\": ", false),
            ("text/html", "\u{feff} [1", false),
        ] {
            let headers = [("Content-Type", media_type)].into_iter().collect();
            let response = Response { headers, ..Response::new(200, body.to_owned()) };
            assert_eq!(is_web_page(&response), is_page, "{media_type} {body}");
        }
    }

    #[test]
    fn a_pages_text_is_cut_and_holds_no_secret() {
        assert_eq!(page_text(b" \n"), None);
        assert_eq!(page_text(b"\xef\xbb\xbf<html>\x07Bad Gateway</html>").as_deref(), Some("<html>Bad Gateway</html>"));
        let token = "a1".repeat(40);
        let long = format!("{token} {}", "page ".repeat(10_000));
        let text = page_text(long.as_bytes()).unwrap_or_default();
        assert!(text.chars().count() == TEXT && !text.contains(&token[..12]), "{text}");
    }
}
