//! Parses the name-value pairs of queries and forms, the same everywhere.

use bankchannel_foundation::message::percent_decode;

/// How a plus sign is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlusSign {
    /// As a plus sign: in the queries of the protocols.
    Plus,
    /// As a space: in forms of browsers (`application/x-www-form-urlencoded`).
    Space,
}

/// Why the pairs cannot be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryFault {
    /// There are more pairs than allowed.
    TooMany,
    /// A name or a value is not percent-encoded UTF-8. Skipping it would change the meaning of the request.
    Malformed,
}

/// The pairs in their order, decoded once. Empty ones are skipped; `most` limits their number.
pub fn pairs(text: &str, plus: PlusSign, max: usize) -> Result<Vec<(String, String)>, QueryFault> {
    if text.split('&').take(max + 1).count() > max {
        return Err(QueryFault::TooMany);
    }
    let decode = |part: &str| match plus {
        PlusSign::Plus => percent_decode(part),
        PlusSign::Space => percent_decode(&part.replace('+', " ")),
    };
    let found = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        decode(name).zip(decode(value))
    });
    found.collect::<Option<_>>().ok_or(QueryFault::Malformed)
}

/// The fields of a query or form, decoded.
pub struct FormFields(Vec<(String, String)>);

impl FormFields {
    /// `None` if one cannot be decoded, or there are too many: skipping a field would change the meaning of the
    /// request.
    pub fn read(text: &str, max: usize) -> Option<Self> {
        pairs(text, PlusSign::Space, max).ok().map(Self)
    }

    /// The first value of this name.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// All values of this name.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, plus: PlusSign) -> Result<Vec<(String, String)>, QueryFault> {
        pairs(text, plus, 4)
    }

    #[test]
    fn pairs_are_decoded_once_and_in_order() {
        let of = |pairs: &[(&str, &str)]| Ok(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
        assert_eq!(read("b=1&&a=x%3Dy=z&c", PlusSign::Plus), of(&[("b", "1"), ("a", "x=y=z"), ("c", "")]));
        assert_eq!(read("a=1+2%2B", PlusSign::Plus), of(&[("a", "1+2+")]));
        assert_eq!(read("a=1+2%2B", PlusSign::Space), of(&[("a", "1 2+")]));
        assert_eq!(read("", PlusSign::Plus), of(&[]));
        for bad in ["a=%", "%zz", "a=%ff"] {
            assert_eq!(read(bad, PlusSign::Plus), Err(QueryFault::Malformed), "{bad}");
        }
        assert_eq!(read("&&&&", PlusSign::Plus), Err(QueryFault::TooMany));
    }

    #[test]
    fn fields_are_decoded() {
        let fields = FormFields::read("state=a%20b+c&account=1&account=2&empty", 4).unwrap();
        assert_eq!(
            (fields.first("state"), fields.first("empty"), fields.first("bad")),
            (Some("a b c"), Some(""), None)
        );
        assert!(FormFields::read("state=a&psu=%zz", 4).is_none() && FormFields::read("a&b&c&d&e", 4).is_none());
        assert_eq!(fields.all("account"), ["1", "2"]);
    }
}
