//! The checker's results, for people and programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectorCheckResult {
    /// The connector meets the requirement.
    Passed,
    /// The connector violates the requirement.
    Failed,
    /// The connector meets the requirement, but something is unusual.
    Warning,
    /// The check could not be run; `why` has the reason.
    NotRun,
}

impl ConnectorCheckResult {
    /// The value for programs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Warning => "warning",
            Self::NotRun => "not_run",
        }
    }
}

/// A completed check.
#[derive(Debug, Clone)]
pub struct CheckDone {
    /// Its id, `SE-C05`.
    pub id: &'static str,
    /// The section of Salt Edge's documentation, as this project numbers it.
    pub rule: &'static str,
    /// The subject of the check.
    pub title: &'static str,
    /// The result.
    pub result: ConnectorCheckResult,
    /// The reason, and what to change; empty for a passed check.
    pub why: String,
    /// The messages sent, with secrets masked.
    pub sent: Vec<Value>,
    /// The messages received.
    pub received: Vec<Value>,
}

/// The complete results.
#[derive(Debug, Clone)]
pub struct CheckReport {
    /// The connector's URL.
    pub connector: String,
    /// The checks in order.
    pub checks: Vec<CheckDone>,
}

impl CheckReport {
    /// Whether no check has failed.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.count(ConnectorCheckResult::Failed) == 0
    }

    /// The number of checks with this result.
    #[must_use]
    pub fn count(&self, result: ConnectorCheckResult) -> usize {
        self.checks.iter().filter(|check| check.result == result).count()
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let checks: Vec<Value> = self.checks.iter().map(CheckDone::to_json).collect();
        let counts: serde_json::Map<String, Value> =
            RESULTS.iter().map(|result| (result.as_str().to_owned(), self.count(*result).into())).collect();
        json!({"ok": self.is_ok(), "connector": self.connector, "checks": checks, "counts": counts})
    }

    /// The report for people: problems in full, other checks in one line each.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.text_of(|_| true)
    }

    /// The same without the checks that passed.
    #[must_use]
    pub fn to_short_text(&self) -> String {
        self.text_of(|check| check.result != ConnectorCheckResult::Passed)
    }

    fn text_of(&self, is_shown: impl Fn(&CheckDone) -> bool) -> String {
        let mut text = String::new();
        for check in self.checks.iter().filter(|check| is_shown(check)) {
            let _ = writeln!(text, "{:<8} {}  {}", check.result.as_str(), check.id, check.title);
            if check.result == ConnectorCheckResult::Passed {
                continue;
            }
            let _ = writeln!(text, "         {} (rule {})", check.why, check.rule);
            if check.result == ConnectorCheckResult::Failed {
                for sent in check.sent.iter().rev().take(1) {
                    let _ = writeln!(text, "         sent      {sent}");
                }
                for received in check.received.iter().rev().take(1) {
                    let _ = writeln!(text, "         received  {received}");
                }
            }
        }
        let counts = RESULTS.map(|result| format!("{} {}", self.count(result), result.as_str()));
        let _ = writeln!(text, "{}", counts.join(", "));
        text
    }

    /// The report as JUnit XML.
    #[must_use]
    pub fn to_junit(&self) -> String {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let (all, failed, skipped) =
            (self.checks.len(), self.count(ConnectorCheckResult::Failed), self.count(ConnectorCheckResult::NotRun));
        let _ = writeln!(
            text,
            "<testsuite name=\"salt-edge-connector\" tests=\"{all}\" failures=\"{failed}\" skipped=\"{skipped}\">"
        );
        for check in &self.checks {
            let (id, title, why) = (check.id, EscapedXml(check.title), EscapedXml(&check.why));
            let _ = write!(text, "  <testcase classname=\"{id}\" name=\"{title}\">");
            let _ = match check.result {
                ConnectorCheckResult::Failed => {
                    write!(text, "<failure message=\"{why}\">{}</failure>", EscapedXml(&check.to_json().to_string()))
                }
                ConnectorCheckResult::NotRun => write!(text, "<skipped message=\"{why}\"/>"),
                ConnectorCheckResult::Warning => write!(text, "<system-out>warning: {why}</system-out>"),
                ConnectorCheckResult::Passed => Ok(()),
            };
            text.push_str("</testcase>\n");
        }
        text.push_str("</testsuite>\n");
        text
    }
}

const RESULTS: [ConnectorCheckResult; 4] = [
    ConnectorCheckResult::Passed,
    ConnectorCheckResult::Failed,
    ConnectorCheckResult::Warning,
    ConnectorCheckResult::NotRun,
];

impl CheckDone {
    fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "rule": self.rule,
            "title": self.title,
            "result": self.result.as_str(),
            "why": self.why,
            "sent": self.sent,
            "received": self.received,
        })
    }
}

/// Escapes text for XML, between tags or in a quoted attribute; omits characters that XML does not allow.
struct EscapedXml<'a>(&'a str);

impl std::fmt::Display for EscapedXml<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\n' | '\r' | '\t' => f.write_str(" ")?,
                letter if letter.is_control() => {}
                letter => write!(f, "{letter}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_the_same_in_each_form() {
        let check = |id, result, why: &str| CheckDone {
            id,
            rule: "6.1",
            title: "a <title>",
            result,
            why: why.into(),
            sent: vec![json!({"path": "/accounts"})],
            received: vec![json!({"status": 200})],
        };
        let report = CheckReport {
            connector: "http://127.0.0.1:1".into(),
            checks: vec![
                check("SE-C01", ConnectorCheckResult::Passed, ""),
                check("SE-C05", ConnectorCheckResult::Failed, "a \"forged\" JWT passes"),
            ],
        };
        assert!(!report.is_ok());
        let json = report.to_json();
        assert_eq!((json["ok"].as_bool(), json["counts"]["failed"].as_u64()), (Some(false), Some(1)));
        assert!(report.to_text().contains("failed   SE-C05  a <title>\n         a \"forged\" JWT passes (rule 6.1)"));
        let junit = report.to_junit();
        assert!(junit.contains("<testcase classname=\"SE-C01\" name=\"a &lt;title&gt;\"></testcase>"), "{junit}");
        assert!(
            junit.contains("failures=\"1\" skipped=\"0\"")
                && junit.contains("message=\"a &quot;forged&quot; JWT passes\"")
        );
    }
}
