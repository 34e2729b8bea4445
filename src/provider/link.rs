//! Links of a system, made absolute and checked: only http(s) on the system's own origin is a
//! link that may be opened. Joining a relative link can lead anywhere (`//evil`, `/\evil`), so
//! the origin is compared after joining, never before.

use url::Url;

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

#[cfg(test)]
mod tests {
    use super::*;

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
