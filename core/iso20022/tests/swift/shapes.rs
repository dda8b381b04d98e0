//! The kinds of `:86:`, and what else banks write otherwise.

use bankchannel_iso20022::cash::{CashKind, ReadOptions, read_all};

use super::{entry, read, with_lines};

const GERMAN: &str = "37040044/0532013000";
const LINE: &str = ":61:2612011201C1,NTRFNONREF";

#[test]
fn each_kind_of_text_has_its_fields() {
    // Account, what stands behind the entry, the other side, its account, the text, the end-to-end id.
    for (account, text, who, number, purpose, id) in [
        (
            GERMAN,
            "166?00X?20EREF+E1?21SVWZ+Miete?31DE89370400440532013000?32JAN?33 B",
            "JAN B",
            "DE89370400440532013000",
            "Miete",
            Some("E1"),
        ),
        (
            "NL91ABNA0417164300",
            "/TRTP/SEPA OVERBOEKING/IBAN/NL20INGB0001234567/NAME/J B/REMI/x/EREF/E1",
            "J B",
            "NL20INGB0001234567",
            "x",
            Some("E1"),
        ),
        (
            "NL20INGB0001234567",
            "/EREF/E1//CNTP/NL32INGB0000012345/INGBNL2A/J B///REMI/USTD//x/",
            "J B",
            "NL32INGB0000012345",
            "x",
            Some("E1"),
        ),
        (
            "NL91ABNA0417164300",
            "SEPA OVERBOEKING    IBAN: NL20INGB0001234567\nNaam: J B\nOmschrijving: x\nKenmerk: E1",
            "J B",
            "NL20INGB0001234567",
            "x",
            Some("E1"),
        ),
        ("NL91ABNA0417164300", "REK: NL20INGB0001234567/NAAM: J B\nx", "J B", "NL20INGB0001234567", "x", None),
        ("NL91ABNA0417164300", "NL20INGB0001234567 J B\nx", "J B", "NL20INGB0001234567", "x", None),
        (
            "TRIODOSBANK/1234",
            "000>10NL20INGB0001234567>20x>31TRIODOSBANK/5>32J B",
            "J B",
            "NL20INGB0001234567",
            "x",
            None,
        ),
        ("12345", "020~00P~20x~31123~32J B~33", "J B", "123", "x", None),
        ("12345", "<20x<31123<32J B", "J B", "123", "x", None),
        ("12345", "944 Przelew; z rach.: 123; od: J B; tyt.: x; TNR: 1", "J B", "123", "x", None),
        ("0800/1", "111?00P?20VS1?24x?31123/0300?32J B", "J B", "123/0300", "x", None),
    ] {
        let (read, _) = entry(account, &format!("{LINE}\n:86:{text}"));
        let party = read.counterparty.as_deref().unwrap_or_else(|| panic!("{text}"));
        assert_eq!(party.name.as_deref(), Some(who), "{text}");
        assert_eq!(party.iban.as_deref().or(party.account.as_deref()), Some(number), "{text}");
        assert_eq!((read.text.as_deref(), read.end_to_end_id.as_deref()), (Some(purpose), id), "{text}");
    }
}

#[test]
fn only_german_banks_have_german_codes() {
    let text = format!("{LINE}\n:86:105?20SVWZ+x");
    let code = |account: &str| {
        let code = entry(account, &text).0.bank_code.unwrap();
        (code.proprietary.unwrap(), code.issuer)
    };
    assert_eq!(code(GERMAN), ("NTRF+105".to_owned(), Some("DK".to_owned())));
    assert_eq!(code("DE89370400440532013000"), ("NTRF+105".to_owned(), Some("DK".to_owned())));
    assert_eq!(code("0800/0000192000145399"), ("NTRF+105".to_owned(), None));
}

#[test]
fn taken_back_bookings_have_the_other_sign() {
    for (mark, amount, is_reversal) in
        [("C", "1.00", false), ("D", "-1.00", false), ("RC", "-1.00", true), ("RD", "1.00", true)]
    {
        let (read, detail) = entry(GERMAN, &format!(":61:2612011201{mark}1,NTRFNONREF\n:86:166?32JAN"));
        assert_eq!((read.money.unwrap().amount.as_str(), read.reversal), (amount, is_reversal), "{mark}");
        // The other side of a debit that comes back is still its creditor.
        assert_eq!(detail.creditor.is_some(), matches!(mark, "D" | "RD"), "{mark}");
    }
}

#[test]
fn lines_of_german_banks_that_swift_does_not_have() {
    let (read, detail) =
        entry(GERMAN, &format!("{LINE}\n:NS:01Rechnung 7\n15JAN \n16B\n17GUTSCHRIFT\n2012\n33COBADEFFXXX\n34123"));
    assert_eq!((read.text.as_deref(), read.information.as_deref()), (Some("Rechnung 7"), Some("GUTSCHRIFT")));
    let party = read.counterparty.unwrap();
    assert_eq!(
        (party.name.as_deref(), party.account.as_deref(), party.bic.as_deref()),
        (Some("JAN B"), Some("123"), Some("COBADEFFXXX"))
    );
    assert_eq!((read.batches[0].count, detail.creditor.is_none()), (Some(12), true));
    // Before the first entry they are about the statement.
    let file = with_lines(GERMAN, &format!(":NS:22KARL\n{LINE}"));
    assert_eq!(file.statements[0].end.as_ref().unwrap().information.as_deref(), Some("22KARL"));
}

#[test]
fn charges_and_original_amounts() {
    let (_, detail) =
        entry(GERMAN, ":61:2612011201D28,50NRTINONREF\n:86:109?20OAMT+25,00?21COAM+EUR3,50?22SVWZ+AM04 X");
    assert_eq!(detail.amounts[0].money.amount.as_str(), "25.00");
    assert_eq!(detail.charges[0].money.amount.as_str(), "-3.50");
    assert_eq!(detail.returned.unwrap().reason.unwrap().code, "AM04");
    let (read, detail) = entry(GERMAN, ":61:2612011201D12,NTRFNONREF\n/OCMT/EUR/12,00//CHGS/EUR1,50/\n:86:x");
    assert_eq!((detail.amounts[0].money.amount.as_str(), detail.charges[0].money.amount.as_str()), ("12.00", "-1.50"));
    assert!(read.problems.is_empty() && detail.information.is_none());
    for (lines, original, charge, information) in [
        ("/OCMT/USD2853,12//OGB/TEST BANK", "2853.12", None, Some("/OGB/TEST BANK")),
        ("/OGB/TEST BANK/OCMT/USD11,00/", "11.00", None, Some("/OGB/TEST BANK")),
        ("/OCMT/USD11,00/EXCH/1,1/CHGS/EUR1,50/", "11.00", Some("-1.50"), Some("/EXCH/1,1")),
        ("/OCMT/USD11,00/OTHER/x/\n/CHGS/EUR1,50/", "11.00", Some("-1.50"), Some("/OTHER/x")),
        ("/OTHER/x/OCMT/USD11,00/", "11.00", None, Some("/OTHER/x")),
        ("/OCMT/USD/11,00/", "11.00", None, None),
    ] {
        let (read, detail) = entry(GERMAN, &format!(":61:2612011201D12,NTRFNONREF\n{lines}\n:86:x"));
        assert_eq!(detail.amounts[0].money.amount.as_str(), original, "{lines}");
        assert_eq!(detail.charges.first().map(|one| one.money.amount.as_str()), charge, "{lines}");
        assert_eq!(detail.information.as_deref(), information, "{lines}");
        assert!(read.problems.is_empty(), "{lines}: {:?}", read.problems);
    }
    // Another amount in `:86:`, and another account.
    let lines = format!(
        "{LINE}\n/OCMT/USD11,00/\n:86:109?20OAMT+USD12,00?21SVWZ+X\n{LINE}\nDE02120300000000202051\n\
                         :86:166?31DE89370400440532013000"
    );
    let statement = with_lines(GERMAN, &lines).statements.remove(0);
    assert_eq!(statement.unread[0].path, "/MT940/:86:/OCMT");
    assert_eq!(statement.entries[1].details[0].information.as_deref(), Some("DE02120300000000202051"));
    let (read, _) = entry(GERMAN, ":61:2612011201D12,NTRFNONREF\n/OCMT/none/");
    assert_eq!(read.problems[0].path.as_deref(), Some("/MT940[1]/:61:[1]"));
}

#[test]
fn encodings() {
    let text = b":20:A\n:25:B\n:60F:C261201EUR0,\n:61:261201C1,NMSC\n:86:P\xE4yment\n:62F:C261201EUR1,\n";
    let read_as = |bytes: &[u8], encoding: Option<&str>| {
        let options = ReadOptions { encoding: encoding.map(str::to_owned), ..ReadOptions::default() };
        read_all(bytes, &options)
    };
    let plain = read_as(text, None).unwrap();
    assert_eq!(plain.statements[0].entries[0].text.as_deref(), Some("Päyment"));
    assert_eq!(plain.messages[0].notes, ["the file is read as windows-1252"]);
    let page = read_as(text, Some("cp852")).unwrap();
    assert_eq!(page.statements[0].entries[0].text.as_deref(), Some("Pńyment"));
    assert!(read_as(text, Some("UTF-8")).is_err() && read_as(text, Some("UTF-16")).is_err());
    // A late byte of another encoding is a problem of its entry.
    let entry = ":61:261201C1,NMSC\n:86:text\n".repeat(4000);
    let late = [b":20:A\n:25:B\n:60F:C261201EUR0,\n", entry.as_bytes(), &text[30..]].concat();
    let read = read_as(&late, None).unwrap();
    let last = read.statements[0].entries.last().unwrap();
    assert_eq!((last.text.as_deref(), last.problems.len()), (Some("Päyment"), 1));
    assert!(read.messages[0].notes.is_empty());
}

#[test]
fn what_cannot_be_read_is_a_problem_and_what_has_no_field_is_unread() {
    let file = with_lines(GERMAN, ":61:2612011201X1,NMSC\n:86:166?11x?20SVWZ+a\n:21:REF");
    let statement = &file.statements[0];
    assert_eq!(statement.entries[0].money, None);
    assert!(statement.entries[0].problems[0].message.contains("is no entry"));
    let unread: Vec<&str> = statement.unread.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(unread, ["/MT940/:86:/?11", "/MT940/:21:"]);
    let file = read(":20:A\n:25:B\n:60F:C261201E1,\n:61:261201C1,NMSC\n:62F:x\n");
    assert_eq!(file.statements[0].problems.len(), 2);
    assert!(file.statements[0].closing.is_none() && file.statements[0].opening.is_none());
    // Sums of the bank that do not fit are a problem.
    let report =
        read(":20:A\n:25:B\n:28C:1/1\n:34F:EUR0,\n:61:261201C1,NMSC\n:90D:0EUR0,\n:90C:1EUR999999999999,99\n-\n");
    assert_eq!(report.statements[0].kind, CashKind::Report);
    assert_eq!(report.statements[0].problems[0].path.as_deref(), Some("/MT942[1]/:90C:"));
}

#[test]
fn tags_of_no_field_and_what_stands_behind_the_end() {
    let file = read(
        ":20:A\n:25:B\n:28C:1/1\n:72:one\n:72:two\n:60F:C261201EUR1,\n:61:261201C1,NMSC\n:62F:C261201EUR2,\n:7A:end\n-\n\
         :86:behind\nthe dash\n:64:C261201EUR2,\n:65:C261202EUR3,\n-\n:12:x\n:20:C\n:25:D\n:60F:C261201EUR1,\n\
         :62F:C261201EUR1,\n-}\n:86:other\n",
    );
    let [one, other] = file.statements.as_slice() else { panic!("{:?}", file.statements) };
    let unread: Vec<(&str, u64, u64)> =
        one.unread.iter().map(|one| (one.path.as_str(), one.count, one.first_line)).collect();
    assert_eq!(unread, [("/MT940/:72:", 2, 4), ("/MT940/:7A:", 1, 9), ("/MT940/:12:", 1, 16)]);
    assert_eq!(one.end.as_ref().unwrap().information.as_deref(), Some("behind\nthe dash"));
    let kinds: Vec<&str> = one.balances.iter().map(|one| one.kind.as_ref().unwrap().code.as_str()).collect();
    assert_eq!(kinds, ["OPBD", "CLBD", "CLAV", "FWAV"]);
    assert_eq!(other.end.as_ref().unwrap().information.as_deref(), Some("other"));
    assert!(one.problems.is_empty() && other.problems.is_empty());
    // Behind a report too.
    let report = read(":20:A\n:25:B\n:34F:EUR0,\n:61:261201C1,NMSC\n:90C:1EUR1,\n-\n:86:behind\n");
    assert_eq!(report.statements[0].end.as_ref().unwrap().information.as_deref(), Some(":34F:EUR0,\nbehind"));
}

#[test]
fn an_amount_without_a_currency_is_a_problem() {
    let file = read(":20:A\n:25:B\n:13D:2612011200+0100\n:61:261201C1,NMSC\n/OCMT/2,00/\n:86:x\n-\n");
    let entry = &file.statements[0].entries[0];
    assert_eq!((&entry.money, entry.details[0].amounts.len(), entry.problems.len()), (&None, 0, 2));
    assert_eq!(entry.problems[0].message, "the amount is left out: nothing before it says its currency");
    assert_eq!((entry.problems[0].value.as_deref(), entry.problems[0].rule.as_str()), (Some("1,"), "currency"));
    // A balance that is wrong in something else says it.
    let file = read(":20:A\n:25:B\n:60F:C2612EUR1,00\n:61:261201C1,NMSC\n:62F:C261201EUR2,\n-\n");
    let statement = &file.statements[0];
    assert_eq!(statement.entries[0].money.as_ref().unwrap().currency, "EUR");
    assert_eq!(statement.problems[0].message, "is no balance: behind C or D stands no date of six digits");
}
