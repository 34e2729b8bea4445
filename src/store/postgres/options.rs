//! The options of a URL: read as the server reads them, and how one is put right.

use super::purpose::Purpose;
use crate::core::command::NextStep;

/// A setting that only the client of this very connection has made: a pooler does not pass it on, or
/// refuses it, and may then give the session to others between two transactions.
pub const MARK: &str = "topup.connection";

/// How to do without an option in a URL.
pub fn mend_of_option(purpose: &Purpose, name: &str, value: &str) -> NextStep {
    NextStep::text(format!(
        "A pooler does not pass on the options of a URL. Let the server set them for the role \
         (ALTER ROLE name SET {name} = {value}) and leave them out of {}.",
        purpose.variable
    ))
}

/// The settings that the options of a connection ask for, as `-c name=value` and `--name=value`.
pub fn options(text: &str) -> Vec<(String, String)> {
    let mut words = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => words.last_mut().map(|word| word.extend(characters.next())),
            blank if blank.is_whitespace() => {
                words.push(String::new());
                None
            }
            other => words.last_mut().map(|word| word.push(other)),
        };
    }
    let mut options = Vec::new();
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let setting = match word.strip_prefix("-c") {
            Some("") => words.next(),
            Some(setting) => Some(setting.to_owned()),
            None => word.strip_prefix("--").map(ToOwned::to_owned),
        };
        let parts = setting.as_deref().and_then(|setting| setting.split_once('='));
        options.extend(parts.map(|(name, value)| (name.replace('-', "_"), value.to_owned())));
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_the_server_reads_them() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        for (typed, read) in [
            ("", vec![]),
            ("-csearch_path=team", vec![pair("search_path", "team")]),
            ("-c search_path=team", vec![pair("search_path", "team")]),
            ("--search-path=team", vec![pair("search_path", "team")]),
            (
                r"-c search_path=a,\ b --work_mem=4MB  -c x=a\\b",
                vec![pair("search_path", "a, b"), pair("work_mem", "4MB"), pair("x", r"a\b")],
            ),
            ("-c nothing -e", vec![]),
        ] {
            assert_eq!(options(typed), read, "{typed}");
        }
    }
}
