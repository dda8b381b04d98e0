//! Text with a format: a struct of one `String` or `Secret` whose values are always valid.
//!
//! ```
//! use std::borrow::Cow;
//! use bankchannel_foundation::model::Boundary;
//!
//! /// A customer number: eight digits.
//! #[derive(Debug, Clone, Boundary)]
//! #[boundary(text, pattern = "^[0-9]{8}$", max_bytes = 8, example = "12345678", check = eight_digits)]
//! pub struct CustomerNumber(String);
//!
//! fn eight_digits(text: &str) -> Result<Cow<'_, str>, &'static str> {
//!     let fits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
//!     if fits { Ok(Cow::Borrowed(text)) } else { Err("must be eight digits") }
//! }
//!
//! assert!(CustomerNumber::new("12345678").is_ok());
//! assert!(CustomerNumber::new("1234").unwrap_err().to_string().contains("eight digits"));
//! ```

/// Checks a text, and may write it in another form; the error describes the required format.
pub type TextCheck = fn(&str) -> Result<std::borrow::Cow<'_, str>, &'static str>;
