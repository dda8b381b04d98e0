//! Whether a file is of Finnish records.

/// Whether these first bytes are of a machine-readable statement: its first record is `T00`, with its length.
pub(crate) fn is_tito(head: &[u8]) -> bool {
    let start = &head[begin(head)..];
    start.starts_with(b"T00") && start.get(3..6).is_some_and(|size| size.iter().all(u8::is_ascii_digit))
}

/// The length of a record of reference payments.
pub(super) const PAYMENT_RECORD: usize = 90;

/// Whether these first bytes are of incoming reference payments: a batch of 90 characters that begins with `0` and a date,
/// and behind it a payment or the sums. Blanks at the end of a line may be missing.
pub(crate) fn is_reference_payments(head: &[u8]) -> bool {
    /// Where the currency of the batch stands, its last field.
    const LEAST: usize = 23;
    let start = &head[begin(head)..];
    let line = start.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    let has_lines = line.len() < start.len();
    let first = &line[..line.len().min(PAYMENT_RECORD)];
    let has_length = has_lines && (PAYMENT_RECORD - 1..=PAYMENT_RECORD + 1).contains(&line.len());
    let is_batch = first.len() >= LEAST
        && first.starts_with(b"0")
        && first[1..11].iter().all(u8::is_ascii_digit)
        && (has_length || first[LEAST..].iter().all(|byte| *byte == b' '))
        && (!has_lines || line.trim_ascii_end().len() <= PAYMENT_RECORD + 1);
    let rest = match has_lines {
        true => start[line.len()..].trim_ascii_start(),
        false => &start[first.len()..],
    };
    is_batch && matches!(rest.first(), Some(b'3' | b'5' | b'9' | b'S' | b'0'))
}

/// Where the file begins, after a byte order mark and blanks.
fn begin(head: &[u8]) -> usize {
    let mark = if head.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    mark + head[mark..].iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(head.len() - mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_known_by_their_first_lines() {
        let batch = format!("{:<90}", "02611051946470123456781");
        for (file, is) in [
            (format!("{batch}\r\n3123"), true),
            (format!("{batch}\n9000000"), true),
            (format!("{}\n9000000", batch.trim_end()), true),
            (format!("{batch}3123"), true),
            (format!("{batch}\r\n"), false),
            (format!("{batch}\r\nabc"), false),
            (format!("{}x\r\n3123", batch.replace("0261105", "0A61105")), false),
            ("0123456789\n3".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(is_reference_payments(file.as_bytes()), is, "{file}");
        }
        assert!(is_tito(b"\r\nT00322100") && !is_tito(b"T00 no record") && !is_tito(b"T10188"));
    }
}
