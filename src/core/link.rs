//! Links of a system, made absolute and checked: only http(s) on the system's own origin is a
//! link that may be opened. Joining a relative link can lead anywhere (`//evil`, `/\evil`), so
//! the origin is compared after joining, never before.

use serde_json::Value;
use url::Url;

/// No foreign link is shown longer: half of one leads nowhere.
const LONGEST_SHOWN: usize = 1_500;

/// What a system gave as a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// On the system's own origin, re-serialised: may be opened.
    Own(String),
    /// Anything else, as it was given: only to be shown, escaped.
    Foreign(String),
}

/// Makes a link absolute against the base URL and says whether it is the system's own.
pub fn resolve(base: &Url, given: &str) -> Link {
    let foreign = || Link::Foreign(given.to_owned());
    // Tabs and newlines are dropped by URL parsers and hide what follows them.
    if given.chars().any(char::is_control) {
        return foreign();
    }
    match base.join(given) {
        Ok(url)
            if url.origin() == base.origin()
                && matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none() =>
        {
            Link::Own(url.into())
        }
        _ => foreign(),
    }
}

/// Leaves out of a document the links that begin like this: null stands in their places.
pub fn leave_out(value: &mut Value, begin: &str) {
    match value {
        Value::String(link) if link.starts_with(begin) => *value = Value::Null,
        Value::Array(parts) => parts.iter_mut().for_each(|part| leave_out(part, begin)),
        Value::Object(parts) => parts.values_mut().for_each(|part| leave_out(part, begin)),
        _ => {}
    }
}

impl Link {
    /// The text, whichever it is.
    pub fn text(&self) -> &str {
        match self {
            Self::Own(text) | Self::Foreign(text) => text,
        }
    }

    /// The text if it is the system's own.
    pub fn own(self) -> Option<String> {
        match self {
            Self::Own(text) => Some(text),
            Self::Foreign(_) => None,
        }
    }
}

/// Whether a foreign link can be shown as a page of the web: whole, encrypted, and nothing in it
/// that hides where it leads.
pub fn is_web(given: &str) -> bool {
    given.len() <= LONGEST_SHOWN
        && given.bytes().all(|byte| byte.is_ascii_graphic())
        && Url::parse(given).is_ok_and(|url| {
            url.scheme() == "https"
                && url.host_str().is_some_and(|host| !host.is_empty())
                && url.username().is_empty()
                && url.password().is_none()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_link_is_shown_only_as_a_page_of_the_web() {
        let long = format!("https://pay.example/{}", "x".repeat(LONGEST_SHOWN));
        assert!(is_web("https://invoice.stripe.com/i/acct_1/test_x?s=ap"));
        for bad in [
            "http://invoice.stripe.com/i",
            "javascript:alert(1)",
            "https://portal.example@evil/",
            "https://pay.example/\u{202e}x",
            "https://pay.example/a b",
            "//evil",
            "",
            &long,
        ] {
            assert!(!is_web(bad), "{bad:?}");
        }
    }

    #[test]
    fn only_the_own_origin_is_own() {
        let base = Url::parse("https://portal.example").expect("a URL");
        for (given, absolute) in [
            ("/billing?topup=open", "https://portal.example/billing?topup=open"),
            ("billing", "https://portal.example/billing"),
            ("https://portal.example/x", "https://portal.example/x"),
        ] {
            assert_eq!(resolve(&base, given), Link::Own(absolute.to_owned()));
        }
        for given in [
            "//evil",
            "\\\\evil",
            "/\\evil",
            "/\t/evil",
            "\n//evil",
            "https://evil",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "data:text/html,x",
            "https://portal@evil/",
            "https://portal.example:8443/",
            "https://portal.example./",
            "http://portal.example/",
            "https://user@portal.example/",
            "vscode:x",
        ] {
            assert_eq!(resolve(&base, given), Link::Foreign(given.to_owned()), "{given:?}");
        }
    }
}
