//! The language of messages to people.

/// The languages of messages to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Everywhere else.
    English,
    /// Where the locale says so.
    German,
}

impl Language {
    /// The language of a word in the configuration: `en` or `de`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "en" => Some(Self::English),
            "de" => Some(Self::German),
            _ => None,
        }
    }

    /// The language of a locale such as `de_CH.UTF-8`.
    pub fn from_locale(locale: &str) -> Self {
        let language = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("de") { Self::German } else { Self::English }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_chooses_the_language() {
        for (locale, language) in [
            ("de_CH.UTF-8", Language::German),
            ("de", Language::German),
            ("DE-at", Language::German),
            ("den_US", Language::English),
            ("C.UTF-8", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::from_locale(locale), language, "{locale}");
        }
        assert_eq!(Language::parse("de"), Some(Language::German));
        assert_eq!(Language::parse("en"), Some(Language::English));
        assert_eq!(Language::parse("fr"), None);
    }
}
