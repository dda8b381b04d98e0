//! The customer's page at the bank: shows the request and takes one of two answers (§4.5). It works without script.

use std::{fmt::Write as _, sync::LazyLock};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use bankchannel_server::http::page::{HtmlPage, HtmlText, source, style};

/// The pages' style, and the content security policy that allows only this style.
static LOOK: LazyLock<ScaPageLook> = LazyLock::new(|| {
    let style = style(include_str!("sca.css"));
    // No form-action: browsers also apply it to every redirect after the form, and the third party may send the
    // customer to any address after the answer. Escaping prevents manipulation of the form.
    let policy = format!("default-src 'none'; style-src {}; base-uri 'none'; frame-ancestors 'none'", source(&style));
    ScaPageLook { style, policy }
});

struct ScaPageLook {
    style: String,
    policy: String,
}

/// The content of the page: a request for the customer's consent.
pub(crate) struct ScaPage<'a> {
    /// The redirect state; the form returns it.
    pub(crate) state: &'a str,
    /// The third party's name from its certificate, if known.
    pub(crate) third_party: Option<&'a str>,
    /// The third party's authorisation number, such as `PSDNO-FSA-987654321`.
    pub(crate) authorisation_number: &'a str,
    /// The requested kinds of access.
    pub(crate) purposes: &'a [AccessPurpose],
    /// Whether the consent may be used more than once.
    pub(crate) recurring: bool,
    /// Uses per day without the customer.
    pub(crate) frequency: u32,
    /// The last day of the consent.
    pub(crate) valid_until: Date,
    /// The capacity in which the customer acts, if the request specifies it.
    pub(crate) capacity: Option<CustomerCapacity>,
    /// The corporate agreement.
    pub(crate) corporate_id: Option<&'a str>,
    /// Whether the request names the customer; `customers` then holds only that one.
    pub(crate) is_named: bool,
    /// Whether the customer chooses the accounts.
    pub(crate) may_choose: bool,
    /// The customers who can answer.
    pub(crate) customers: &'a [AnsweringCustomer<'a>],
    /// The time until which an answer is possible, seconds since 1970.
    pub(crate) until_s: i64,
    /// The fault of the previous answer.
    pub(crate) notice: Option<ScaPageNotice>,
    /// The key of the customer who answered before; if `None`, the first customer who can approve is preselected.
    pub(crate) answering: Option<&'a str>,
}

/// A requested kind of access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessPurpose {
    /// Names and numbers of the accounts.
    Accounts,
    /// Balances.
    Balances,
    /// Transactions.
    Transactions,
    /// The owners' names.
    OwnerNames,
    /// Trusted beneficiaries.
    TrustedBeneficiaries,
}

/// The capacity in which a customer acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CustomerCapacity {
    /// As a private person.
    Private,
    /// For a company.
    Corporate,
}

/// A customer who can answer.
pub(crate) struct AnsweringCustomer<'a> {
    /// The value in the form.
    pub(crate) key: &'a str,
    /// The name.
    pub(crate) name: &'a str,
    /// The accounts that the request is about.
    pub(crate) accounts: Vec<ListedAccount<'a>>,
    /// Whether nothing can be approved: the request names accounts, none of which belong to this customer.
    pub(crate) nothing: bool,
}

/// An account on the page.
pub(crate) struct ListedAccount<'a> {
    /// The value in the form.
    pub(crate) key: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// Its IBAN.
    pub(crate) iban: &'a str,
    /// Whether it is preselected.
    pub(crate) chosen: bool,
}

/// Why the customer sees the page again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScaPageNotice {
    /// No account was chosen.
    NoAccount,
    /// No customer who can answer was chosen.
    NoCustomer,
}

/// Why no answer is possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeadLink {
    /// Unknown redirect.
    Unknown,
    /// It was already answered.
    Used,
    /// It has expired.
    Expired,
    /// The third party has withdrawn its request.
    Withdrawn,
    /// The form cannot be read.
    Malformed,
}

impl AccessPurpose {
    fn text(self) -> &'static str {
        match self {
            Self::Accounts => "the names and numbers of your accounts",
            Self::Balances => "how much is on them",
            Self::Transactions => "what was paid in and out",
            Self::OwnerNames => "the names of their owners",
            Self::TrustedBeneficiaries => "the payees that you trust",
        }
    }
}

impl ScaPage<'_> {
    /// Renders the page.
    pub(crate) fn page(&self) -> HtmlPage {
        let mut main = String::with_capacity(8 * 1024);
        // Writing into a string cannot fail.
        let _ = self.write(&mut main);
        let status = if self.notice.is_some() { 400 } else { 200 };
        document(status, "Share account information", &main)
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let who = self.third_party.unwrap_or("A third party");
        writeln!(out, "<h1><span class=\"who\">{}</span> asks to see your accounts</h1>", HtmlText(who))?;
        if let Some(notice) = self.notice {
            let text = match notice {
                ScaPageNotice::NoAccount => "Choose at least one account, or refuse.",
                ScaPageNotice::NoCustomer => "Choose a customer who can answer, or refuse.",
            };
            writeln!(out, "<p class=\"notice\" role=\"alert\">{text}</p>")?;
        }
        self.request(out)?;
        self.form(out)
    }

    /// The third party, the requested access, frequency and last day.
    fn request(&self, out: &mut String) -> std::fmt::Result {
        out.push_str("<dl class=\"request\">\n<div><dt>Who asks</dt><dd>");
        if let Some(name) = self.third_party {
            write!(out, "{}<br>", HtmlText(name))?;
        }
        writeln!(out, "<span class=\"code\">{}</span></dd></div>", HtmlText(self.authorisation_number))?;
        out.push_str("<div><dt>To see</dt><dd><ul>");
        for purpose in self.purposes {
            write!(out, "<li>{}</li>", purpose.text())?;
        }
        out.push_str("</ul></dd></div>\n<div><dt>How often</dt><dd>");
        match (self.recurring, self.frequency) {
            (false, _) => out.push_str("once"),
            (true, 1) => out.push_str("whenever you take part, and once a day without you"),
            (true, times) => write!(out, "whenever you take part, and up to {times} times a day without you")?,
        }
        let day = self.valid_until.strftime("%-d %B %Y");
        writeln!(
            out,
            "</dd></div>\n<div><dt>Until</dt><dd><time datetime=\"{}\">{day}</time></dd></div>",
            self.valid_until
        )?;
        let quality = match self.capacity {
            Some(CustomerCapacity::Private) => Some("yourself"),
            Some(CustomerCapacity::Corporate) => Some("a company"),
            None => None,
        };
        if quality.is_some() || self.corporate_id.is_some() {
            write!(out, "<div><dt>You act for</dt><dd>{}", quality.unwrap_or("a company"))?;
            if let Some(id) = self.corporate_id {
                write!(out, ", agreement <span class=\"code\">{}</span>", HtmlText(id))?;
            }
            out.push_str("</dd></div>\n");
        }
        out.push_str("</dl>\n");
        Ok(())
    }

    fn form(&self, out: &mut String) -> std::fmt::Result {
        out.push_str("<form method=\"post\" autocomplete=\"off\">\n");
        writeln!(out, "<input type=\"hidden\" name=\"state\" value=\"{}\">", HtmlText(self.state))?;
        match self.customers {
            [] => out.push_str("<p>No customer of this bank can answer this request.</p>\n"),
            [only] => self.only_customer(only, out)?,
            several => self.several_customers(several, out)?,
        }
        out.push_str("<div class=\"answer\">\n");
        if self.customers.iter().any(|customer| !customer.nothing) {
            out.push_str("<button class=\"approve\" name=\"decision\" value=\"approve\">Approve</button>\n");
        }
        out.push_str("<button name=\"decision\" value=\"refuse\" formnovalidate>Refuse</button>\n</div>\n");
        if let Ok(until) = Timestamp::from_second(self.until_s) {
            let time = until.to_zoned(TimeZone::UTC).strftime("%H:%M");
            writeln!(out, "<p class=\"until\">You can answer until <time datetime=\"{until}\">{time} UTC</time>.</p>")?;
        }
        out.push_str("</form>\n");
        Ok(())
    }

    fn only_customer(&self, customer: &AnsweringCustomer<'_>, out: &mut String) -> std::fmt::Result {
        writeln!(out, "<input type=\"hidden\" name=\"customer\" value=\"{}\">", HtmlText(customer.key))?;
        let said = if self.is_named { "The request is for" } else { "You are" };
        writeln!(out, "<p class=\"you\">{said} <strong>{}</strong>.</p>", HtmlText(customer.name))?;
        if customer.accounts.is_empty() {
            return self.no_accounts(customer, out);
        }
        out.push_str("<fieldset><legend>Accounts</legend>\n");
        self.accounts(customer, "account", out)?;
        out.push_str("</fieldset>\n");
        Ok(())
    }

    /// Each customer with their accounts below. The accounts of unselected customers are hidden by style only, and
    /// ignored if the form sends them.
    fn several_customers(&self, customers: &[AnsweringCustomer<'_>], out: &mut String) -> std::fmt::Result {
        let before = customers.iter().position(|customer| !customer.nothing && Some(customer.key) == self.answering);
        let first =
            before.or_else(|| customers.iter().position(|customer| !customer.nothing && !customer.accounts.is_empty()));
        let first = first.or_else(|| customers.iter().position(|customer| !customer.nothing));
        out.push_str("<fieldset><legend>Who are you?</legend>\n");
        for (place, customer) in customers.iter().enumerate() {
            let key = HtmlText(customer.key);
            let state = match (customer.nothing, Some(place) == first) {
                (true, _) => " disabled",
                (false, true) => " required checked",
                (false, false) => " required",
            };
            write!(out, "<div class=\"customer\"><label class=\"choice\">")?;
            write!(out, "<input type=\"radio\" name=\"customer\" value=\"{key}\"{state}>")?;
            writeln!(out, "<span class=\"name\">{}</span></label>", HtmlText(customer.name))?;
            let label = format!("Accounts of {}", customer.name);
            writeln!(out, "<div class=\"accounts\" role=\"group\" aria-label=\"{}\">", HtmlText(&label))?;
            if customer.accounts.is_empty() {
                self.no_accounts(customer, out)?;
            } else {
                self.accounts(customer, &format!("account.{}", customer.key), out)?;
            }
            out.push_str("</div></div>\n");
        }
        out.push_str("</fieldset>\n");
        Ok(())
    }

    fn accounts(&self, customer: &AnsweringCustomer<'_>, field: &str, out: &mut String) -> std::fmt::Result {
        if !self.may_choose {
            out.push_str("<ul class=\"fixed\">\n");
        }
        for account in &customer.accounts {
            let (name, iban) = (HtmlText(account.name), grouped(account.iban));
            let text = format!("<span class=\"name\">{name}</span> <span class=\"code\">{}</span>", HtmlText(&iban));
            if self.may_choose {
                let checked = if account.chosen { " checked" } else { "" };
                write!(out, "<label class=\"choice\"><input type=\"checkbox\" name=\"{}\"", HtmlText(field))?;
                writeln!(out, " value=\"{}\"{checked}><span>{text}</span></label>", HtmlText(account.key))?;
            } else {
                writeln!(out, "<li>{text}</li>")?;
            }
        }
        if !self.may_choose {
            out.push_str("</ul>\n");
        }
        Ok(())
    }

    fn no_accounts(&self, customer: &AnsweringCustomer<'_>, out: &mut String) -> std::fmt::Result {
        let said = if customer.nothing {
            "None of the accounts asked for."
        } else {
            "No accounts: the consent will hold none."
        };
        writeln!(out, "<p class=\"none\">{said}</p>")
    }
}

/// The page when no answer is possible.
pub(crate) fn dead(why: DeadLink) -> HtmlPage {
    let (status, title, text) = match why {
        DeadLink::Unknown => {
            (404, "This link leads nowhere", "The bank does not know this request, or has forgotten it.")
        }
        DeadLink::Used => (400, "This request was answered", "Each link can be answered once."),
        DeadLink::Expired => (400, "This request has expired", "It could be answered for ten minutes."),
        DeadLink::Withdrawn => (400, "This request was withdrawn", "Who asked does not ask any more."),
        DeadLink::Malformed => (400, "This answer cannot be read", "Nothing has changed: go back and answer again."),
    };
    let next = match why {
        DeadLink::Malformed => "",
        _ => " Go back to the app or site that sent you here: it can ask again, and then gets a new link.",
    };
    document(status, title, &format!("<h1>{title}</h1>\n<p>{text}{next}</p>\n"))
}

/// The page after an answer, if the third party gave no redirect URI.
pub(crate) fn answered() -> HtmlPage {
    let text = "You may close this window and go back to where you came from.";
    document(200, "Done", &format!("<h1>Done</h1>\n<p>{text}</p>\n"))
}

/// Redirects the browser after the answer.
pub(crate) fn redirect(location: String) -> HtmlPage {
    HtmlPage::plain(303, "text/plain; charset=utf-8", String::new()).with("location", location)
}

fn document(status: u16, title: &str, main: &str) -> HtmlPage {
    let look = &*LOOK;
    let body = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <title>{} – sandbox bank</title>\n<style>{}</style>\n</head>\n<body>\n\
         <header><p class=\"brand\">Sandbox bank</p>\n\
         <p class=\"sand\"><strong>For tests only.</strong> Customers, accounts and amounts are invented; no money moves.</p>\
         </header>\n<main>\n{main}</main>\n</body>\n</html>\n",
        HtmlText(title),
        look.style
    );
    // Not no-referrer: under it the form would be sent with `Origin: null`, like forms of foreign pages. Other origins
    // get no referrer.
    HtmlPage::document(status, look.policy.clone(), "same-origin", body)
}

/// An IBAN in groups of four characters.
fn grouped(iban: &str) -> String {
    let mut out = String::with_capacity(iban.len() + iban.len() / 4);
    for (at, letter) in iban.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            out.push(' ');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
#[path = "sca_tests.rs"]
mod tests;
