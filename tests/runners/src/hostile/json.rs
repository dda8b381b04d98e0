//! Inputs against readers of JSON, alone and inside messages.

use super::{Hostile, LARGE, counted, repeated};

pub(super) fn inputs(target: &str) -> Vec<Hostile> {
    let size = if target == "psd2_response" || target == "psd2_refusal" { LARGE } else { 4 * LARGE };
    let mut found = vec![
        ("brackets", repeated("[", size)),
        ("objects in objects", repeated("{\"a\":", size)),
        ("many members", object(counted(size, |n| format!("\"m{n}\":{n},")))),
        ("the same member", object(counted(size, |_| "\"m\":1,".into()))),
        ("members that share a beginning", object(counted(size, |n| format!("\"{}{n}\":0,", "a".repeat(60))))),
        ("one long string", format!("{{\"Content\":\"{}\"}}", "a".repeat(size)).into_bytes()),
        ("escapes", format!("{{\"Content\":\"{}\"}}", "\\u0041\\n".repeat(size / 8)).into_bytes()),
        ("a long number", format!("{{\"n\":{}}}", "9".repeat(size)).into_bytes()),
        ("a long fraction", format!("{{\"n\":0.{}e-9999}}", "1".repeat(size)).into_bytes()),
        ("many numbers", format!("{{\"n\":[{}1]}}", "1e308,".repeat(size / 6)).into_bytes()),
        ("white space", [b"{", &repeated(" \n", size)[..], b"}"].concat()),
        ("quotes and backslashes", repeated("\\\"", size)),
    ];
    if target == "ws_channel_request" || target == "ws_channel_response" {
        let member =
            |name: &str, value: String| format!("{{\"ResponseCode\":\"00\",\"ResponseText\":\"OK\",{name:?}:{value}}}");
        let file = |n| {
            format!("{{\"FileReference\":\"{n}\",\"FileTimestamp\":\"{n}\",\"FileType\":\"x\",\"Status\":\"NEW\"}},")
        };
        let files = counted(size, file);
        found
            .push(("many files", member("FileDescriptors", format!("[{}]", files.trim_end_matches(','))).into_bytes()));
        found.push(("a long signature", member("Signature", format!("{:?}", "a".repeat(size))).into_bytes()));
        found.push(("a long password", member("Password", format!("{:?}", "aA1.".repeat(size / 4))).into_bytes()));
        found.push(("a long address", member("Email", format!("{:?}", "a@".repeat(size / 2))).into_bytes()));
    }
    if target.starts_with("psd2") {
        let links = counted(size, |n| format!("\"l{n}\":{{\"href\":\"/../../a/%2e%2e/b?{n}\"}},"));
        let links = format!("{{\"_links\":{{{}}}}}", links.trim_end_matches(','));
        found.push(("many links", links.into_bytes()));
        let long = format!("{{\"_links\":{{\"scaRedirect\":{{\"href\":\"/{}\"}}}}}}", "../".repeat(size / 3));
        found.push(("a long link", long.into_bytes()));
        // Each level may be one that holds the link for the customer, and has all that is inside of it.
        let inside = format!("[{}1]", "1,".repeat(size / 2));
        let (begin, end) = ("{\"a\":\"scaRedirect\",\"links\":".repeat(28), "}".repeat(28));
        found.push(("links in links", format!("{{\"_links\":{begin}{inside}{end}}}").into_bytes()));
        let messages = counted(size, |n| format!("{{\"category\":\"ERROR\",\"code\":\"C{n}\",\"text\":\"t\"}},"));
        let messages = format!("{{\"tppMessages\":[{}]}}", messages.trim_end_matches(','));
        found.push(("many messages", messages.into_bytes()));
        let accounts = counted(size, |n| {
            format!("{{\"resourceId\":\"{n}\",\"iban\":\"FI2112345600000785\",\"currency\":\"EUR\"}},")
        });
        let accounts = format!("{{\"accounts\":[{}]}}", accounts.trim_end_matches(','));
        found.push(("many accounts", accounts.into_bytes()));
    }
    if target == "content_splitter" {
        // The first byte is the size of the pieces.
        found.iter_mut().for_each(|(_, input)| input.insert(0, 7));
    }
    found
}

fn object(members: String) -> Vec<u8> {
    format!("{{{}}}", members.trim_end_matches(',')).into_bytes()
}
