//! `:61:`, the line of an entry.

use super::values::WrittenDate;

/// The parts of a line, as they are written.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct StatementLine<'t> {
    /// The value date, `YYMMDD`.
    pub(super) value_date: &'t str,
    /// The day of the booking, `MMDD`.
    pub(super) booking_day: Option<&'t str>,
    pub(super) is_debit: bool,
    /// A booking that takes another one back.
    pub(super) is_reversal: bool,
    /// A booking that is expected.
    pub(super) is_expected: bool,
    pub(super) amount: &'t str,
    /// The kind of booking, such as `NTRF`.
    pub(super) kind: Option<&'t str>,
    pub(super) customer_reference: &'t str,
    pub(super) bank_reference: &'t str,
    /// The further lines.
    pub(super) supplementary: Option<&'t str>,
}

impl<'t> StatementLine<'t> {
    /// Reads `YYMMDD[MMDD]mark[funds code]amount[code][reference][//reference]` and further lines; `None` if date, mark
    /// or amount are not there.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let (line, supplementary) = match text.split_once('\n') {
            Some((line, rest)) => (line, Some(rest)),
            None => (text, None),
        };
        let bytes = line.as_bytes();
        let digits =
            |from: usize, to: usize| bytes.get(from..to).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
        if !digits(0, 6) {
            return None;
        }
        let mut read = Self { value_date: &line[..6], supplementary, ..Self::default() };
        let mut at = 6;
        if digits(6, 10) {
            read.booking_day = Some(&line[6..10]);
            at = 10;
        }
        while bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        if let Some(first @ (b'R' | b'E')) = bytes.get(at) {
            (read.is_reversal, read.is_expected) = (*first == b'R', *first == b'E');
            at += 1;
        }
        // A booking that is taken back has the other sign.
        read.is_debit = match bytes.get(at)? {
            b'C' => read.is_reversal,
            b'D' => !read.is_reversal,
            _ => return None,
        };
        at += 1;
        // The funds code: the third letter of the currency.
        let letters = bytes[at..].iter().take(2).take_while(|byte| byte.is_ascii_uppercase()).count();
        at += letters;
        while bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        let is_amount = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b',' | b'.');
        let end = at + bytes[at..].iter().take_while(|byte| is_amount(byte)).count();
        read.amount = line.get(at..end).filter(|amount| amount.bytes().any(|byte| byte.is_ascii_digit()))?;
        let rest = line.get(end..)?;
        let rest = match kind_of(rest) {
            Some(kind) => {
                read.kind = Some(kind.trim_end());
                &rest[kind.len()..]
            }
            None => rest,
        };
        let (customer, bank) = rest.split_once("//").unwrap_or((rest, ""));
        (read.customer_reference, read.bank_reference) = (customer.trim(), bank.trim());
        Some(read)
    }

    /// The value date, and the day of the booking in the year that is nearest to it.
    pub(super) fn dates(&self) -> (WrittenDate, Option<WrittenDate>) {
        let value = WrittenDate::read(self.value_date);
        let booking = self.booking_day.map(|day| match value.about() {
            Some(about) => WrittenDate::near(day, about),
            None => WrittenDate { date: None, last: None },
        });
        (value, booking)
    }
}

/// The kind of booking with which a text begins: a letter and three more characters, which some banks leave out.
fn kind_of(text: &str) -> Option<&str> {
    let kind = text.get(..4)?;
    let bytes = kind.as_bytes();
    let is_formed = matches!(bytes[0], b'N' | b'F' | b'S')
        && bytes[1..].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b' ');
    let is_reference = text.strip_prefix("NONREF").is_some_and(|rest| rest.trim().is_empty() || rest.starts_with("//"));
    (is_formed && !is_reference).then_some(kind)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn marks_and_signs() {
        for (mark, is_debit, is_reversal, is_expected) in [
            ("C", false, false, false),
            ("D", true, false, false),
            ("CR", false, false, false),
            ("DR", true, false, false),
            ("DK ", true, false, false),
            ("RC", true, true, false),
            ("RD", false, true, false),
            ("RCR", true, true, false),
            ("RDR", false, true, false),
            ("EC", false, false, true),
            ("EDR", true, false, true),
        ] {
            let text = format!("2612011202{mark}12,50NTRFREF//BANK");
            let read = StatementLine::read(&text).unwrap();
            assert_eq!(
                (read.is_debit, read.is_reversal, read.is_expected),
                (is_debit, is_reversal, is_expected),
                "{mark}"
            );
            assert_eq!((read.amount, read.kind), ("12,50", Some("NTRF")), "{mark}");
            assert_eq!((read.customer_reference, read.bank_reference), ("REF", "BANK"));
        }
    }

    #[test]
    fn what_banks_leave_out_or_add() {
        let read = |text| StatementLine::read(text).unwrap();
        assert_eq!(
            (read("2612011201D20,00NONREF").kind, read("2612011201D20,00NONREF").customer_reference),
            (None, "NONREF")
        );
        assert_eq!(read("261201    C5,N658NONREF").kind, Some("N658"));
        assert_eq!(read("261201C5,NOV NONREF").kind, Some("NOV"));
        assert_eq!(read("261201C5,S   REF").kind, Some("S"));
        assert_eq!(read("261201C4000000,S103494931/DEV//3841188").customer_reference, "494931/DEV");
        let long = read("261201C000000000300.00NMSC170059286\nline 2\nline 3");
        assert_eq!((long.booking_day, long.supplementary), (None, Some("line 2\nline 3")));
        for wrong in ["", "26120", "261201", "261201X5,", "261201C", "261201C,NTRF", "26120é1C5,NTRF", "261201CÄ5,"] {
            assert_eq!(StatementLine::read(wrong), None, "{wrong}");
        }
    }
}
