//! Numbers of banks in the clearing of their country.

use super::{Finding, Rule};

/// A clearing: its code in ISO 20022's list, the lengths of its numbers, and whether they may have letters.
struct ClearingForm(&'static str, std::ops::RangeInclusive<usize>, bool);

/// The clearings whose numbers have a form that is commonly published; it stands in ISO 20022's external code set
/// `ExternalClearingSystemIdentification1Code`, whose text was not read here. So another form is a warning; a check digit
/// does not depend on that text.
const KNOWN: [ClearingForm; 22] = [
    ClearingForm("ATBLZ", 5..=5, false),
    ClearingForm("AUBSB", 6..=6, false),
    ClearingForm("CACPA", 9..=9, false),
    ClearingForm("CHBCC", 3..=5, false),
    ClearingForm("CHSIC", 6..=6, false),
    ClearingForm("CNAPS", 12..=12, false),
    ClearingForm("DEBLZ", 8..=8, false),
    ClearingForm("ESNCC", 8..=9, false),
    ClearingForm("GBDSC", 6..=6, false),
    ClearingForm("GRBIC", 7..=7, false),
    ClearingForm("HKNCC", 3..=3, false),
    ClearingForm("IENCC", 6..=6, false),
    ClearingForm("INFSC", 11..=11, true),
    ClearingForm("ITNCC", 10..=10, false),
    ClearingForm("NZNCC", 6..=6, false),
    ClearingForm("PLKNR", 8..=8, false),
    ClearingForm("PTNCC", 8..=8, false),
    ClearingForm("RUCBC", 9..=9, false),
    ClearingForm("SESBA", 4..=4, false),
    ClearingForm("USABA", 9..=9, false),
    ClearingForm("USPID", 4..=4, false),
    ClearingForm("ZANCC", 6..=6, false),
];

/// Whether a clearing is named by a code of ISO 20022, not by a name of the banks.
pub fn is_code(system: &str) -> bool {
    system.len() == 5 && system.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The country of a clearing: codes of ISO 20022 begin with it.
pub fn country_of(system: &str) -> Option<&str> {
    if is_code(system) { system.get(..2).filter(|code| super::country::is_assigned(code)) } else { None }
}

/// The finding on the number of a bank in a clearing, if the form of its numbers is known.
pub fn check(system: Option<&str>, number: &str) -> Option<Finding> {
    let ClearingForm(system, lengths, letters) = KNOWN.iter().find(|known| Some(known.0) == system)?;
    let formed = lengths.contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit() || (*letters && byte.is_ascii_alphanumeric()));
    let change = "compare it with the payee's bank";
    let found = if !formed {
        let (least, max) = (lengths.start(), lengths.end());
        let count = if least == max { least.to_string() } else { format!("{least} to {max}") };
        let signs = if *letters { "letters and digits" } else { "digits" };
        Finding::warning(Rule::ClearingNumber, format!("a clearing number of {system} has {count} {signs}"), change)
    } else if *system == "USABA" && !routing_number_fits(number) {
        Finding::error(Rule::ClearingNumber, "the clearing number has a wrong check digit", change)
    } else {
        return None;
    };
    Some(found.reason("RC08").value(number))
}

/// The American routing number: weights 3, 7, 1, the sum a multiple of ten.
fn routing_number_fits(number: &str) -> bool {
    let weighted = number.bytes().zip([3, 7, 1].into_iter().cycle());
    weighted.map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight).sum::<u32>().is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 021000021 and 011401533 are published routing numbers.
    #[test]
    fn numbers() {
        for (system, number, fits) in [
            ("USABA", "021000021", true),
            ("USABA", "011401533", true),
            ("USABA", "021000022", false),
            ("USABA", "02100002", false),
            ("GBDSC", "401276", true),
            ("GBDSC", "40-12-76", false),
            ("INFSC", "HDFC0000001", true),
            ("INFSC", "HDFC000001", false),
            ("CHBCC", "100", true),
            ("XXXXX", "any", true),
            ("own", "any", true),
        ] {
            assert_eq!(check(Some(system), number).is_none(), fits, "{system} {number}");
        }
        assert!(check(None, "021000022").is_none());
        assert_eq!((country_of("USABA"), country_of("own"), country_of("ZZABC")), (Some("US"), None, None));
        assert!(is_code("USABA") && !is_code("Usaba") && !is_code("USAB"));
    }
}
