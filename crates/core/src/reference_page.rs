//! The reference page of all codes, and what one code means: both are made of the catalogue.

mod server_errors;

use crate::{Condition, FindingCode, ServerError};
use serde::Serialize;

pub use server_errors::server_errors_page;

/// What one code means and what is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The stable code, or the number of a server's error.
    pub code: String,
    /// What it is, in a few words.
    pub title: &'static str,
    /// A finding's weight, the verdict that a condition makes, or what an error does.
    pub effect: String,
    /// Why it matters.
    pub why: &'static str,
    /// What is generally to be done.
    pub what_to_do: &'static str,
    /// Whether `--ignore` lets it through.
    pub ignorable: bool,
    /// Everything else that is known of a server's error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_error: Option<&'static ServerError>,
}

impl Explanation {
    fn of_error(error: &'static ServerError) -> Self {
        Self {
            code: error.code().to_string(),
            title: error.title,
            effect: error.effect.to_owned(),
            why: error.means,
            what_to_do: error.advice,
            ignorable: false,
            server_error: Some(error),
        }
    }
}

/// Explains a finding or a condition by its code, or a server's error by its number.
///
/// `P07` is enough for `DBHA-P07`, and `MY-013121` is found as `13121` is.
pub fn explain(code: &str) -> Option<Explanation> {
    let finding = FindingCode::named(code).map(|code| Explanation {
        code: code.as_str().to_owned(),
        title: code.title(),
        effect: code.severity().to_string(),
        why: code.why(),
        what_to_do: code.what_to_do(),
        ignorable: code.is_ignorable(),
        server_error: None,
    });
    let found = finding.or_else(|| {
        Condition::named(code).map(|code| Explanation {
            code: code.as_str().to_owned(),
            title: code.title(),
            effect: code.verdict().to_owned(),
            why: code.why(),
            what_to_do: code.what_to_do(),
            ignorable: false,
            server_error: None,
        })
    });
    found.or_else(|| ServerError::named(code).map(Explanation::of_error))
}

/// Explains every code: findings, conditions, errors of servers.
pub fn explanations() -> Vec<Explanation> {
    let findings = FindingCode::ALL.iter().map(|code| code.as_str());
    let conditions = Condition::ALL.iter().map(|code| code.as_str());
    let codes = findings.chain(conditions).filter_map(explain);
    codes
        .chain(ServerError::all().map(Explanation::of_error))
        .collect()
}

const ABOUT_FINDINGS: &str = include_str!("reference_page/findings.md");
const ABOUT_DOCUMENTS: &str = include_str!("reference_page/documents.md");
const ABOUT_CONDITIONS: &str = include_str!("reference_page/conditions.md");

/// Writes the page `docs/reference/findings.md`.
pub fn reference_page() -> String {
    let mut page = ABOUT_FINDINGS.to_owned();
    page.push_str("\n| code | weight | what it is | `--ignore` |\n|---|---|---|---|\n");
    for code in FindingCode::ALL {
        let ignore = if code.is_ignorable() { "yes" } else { "no" };
        let (weight, title) = (code.severity(), code.title());
        page.push_str(&format!(
            "| [{code}](#{}) | {weight} | {title} | {ignore} |\n",
            anchor(code.as_str())
        ));
    }
    page.push_str(&format!("\n{ABOUT_DOCUMENTS}\n## Each finding\n"));
    for code in FindingCode::ALL {
        page.push_str(&section(
            code.as_str(),
            code.title(),
            code.why(),
            code.what_to_do(),
        ));
    }
    page.push_str(&format!(
        "\n{ABOUT_CONDITIONS}\n| code | verdict | what it is |\n|---|---|---|\n"
    ));
    for code in Condition::ALL {
        let (verdict, title) = (code.verdict(), code.title());
        page.push_str(&format!(
            "| [{code}](#{}) | {verdict} | {title} |\n",
            anchor(code.as_str())
        ));
    }
    for code in Condition::ALL {
        page.push_str(&section(
            code.as_str(),
            code.title(),
            code.why(),
            code.what_to_do(),
        ));
    }
    page
}

fn section(code: &str, title: &str, why: &str, fix: &str) -> String {
    format!(
        "\n### {code}\n\n**{title}.** {}\n\n→ {}\n",
        literal(why),
        literal(fix)
    )
}

fn anchor(code: &str) -> String {
    code.to_ascii_lowercase()
}

/// Keeps Markdown from taking an underscore or an angle bracket of a name for its own.
fn literal(text: &str) -> String {
    text.replace('_', "\\_").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    #[test]
    fn the_committed_page_is_what_the_code_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/findings.md");
        let page = reference_page();
        if std::env::var_os("UPDATE_GOLDENS").is_some() {
            fs::write(&path, &page).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == page,
            "docs/reference/findings.md is behind the code: UPDATE_GOLDENS=1 cargo test -p dbha-core --lib reference_page"
        );
    }

    #[test]
    fn every_code_is_explained_in_sentences() {
        assert_eq!(
            explanations().len(),
            FindingCode::ALL.len() + Condition::ALL.len() + ServerError::all().count()
        );
        for found in explanations() {
            assert!(
                !found.title.ends_with('.') && !found.title.is_empty(),
                "{found:?}"
            );
            assert!(
                found.why.ends_with('.') && (found.server_error.is_some() || found.what_to_do.ends_with('.')),
                "{found:?}"
            );
        }
        let code = |text| explain(text).map(|found| found.code);
        assert_eq!(code("p07").as_deref(), Some("DBHA-P07"));
        assert_eq!(code(" dbha-m02 ").as_deref(), Some("DBHA-M02"));
        assert_eq!(code("MY-013117").as_deref(), Some("1593"));
        assert_eq!(explain("P00"), None);
    }
}
