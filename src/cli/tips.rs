//! Words that people's fingers know from other programs: what they mean here, where it is not what
//! the parser would guess.

use super::manual::TOPICS;
use crate::core::command::NextStep;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;

/// Verbs of other programs, and what does that here.
const VERBS: &[(&str, &str)] = &[
    ("usage", "Credits bought and used: 'topup transactions'."),
    ("version", "The version: 'topup --version'."),
    ("profiles", "Profiles: 'topup config list'."),
    ("profile", "Profiles: 'topup config list'."),
    (
        "auth",
        "Log in with 'topup login', log out with 'topup logout'; 'topup whoami' shows the login.",
    ),
    ("signin", "Log in with 'topup login'."),
    ("signout", "Log out with 'topup logout'."),
    ("refund", "The seller refunds a purchase, not topup: 'topup open' opens its page."),
    (
        "cancel",
        "A plan is cancelled with 'topup plan cancel'. A purchase that was sent cannot be cancelled.",
    ),
    ("purchase", "Buy with 'topup buy 25'."),
    ("purchases", "Purchases: 'topup history'."),
    ("list", "Purchases: 'topup history'. Profiles: 'topup config list'."),
    ("get", "One value of an answer: 'topup state --get balance'."),
    ("upgrade", "Another plan: 'topup plan upgrade NAME'."),
    ("subscription", "The plan: 'topup plan show'."),
    ("init", "Nothing has to be set up: 'topup login' is the first step."),
];

/// Flags of other programs, and what does that here.
const FLAGS: &[(&str, &str)] = &[
    ("-o", "One JSON document: '--json'. One value: '--get PATH'."),
    ("--output", "One JSON document: '--json'. One value: '--get PATH'."),
    ("--format", "One JSON document: '--json'. One value: '--get PATH'."),
    ("--jq", "One value of the answer: '--get PATH'."),
    ("--force", "To go ahead without a question: '--yes'."),
    ("-f", "To go ahead without a question: '--yes'."),
    ("--no-prompt", "To ask nothing: '--no-input'."),
    ("--amount", "The amount stands behind the verb, as in 'topup buy 25'."),
    (
        "--api-key",
        "A key is read from TOPUP_TOKEN, or from standard input: 'topup login --token-stdin'.",
    ),
    (
        "--token",
        "A token is read from TOPUP_TOKEN, or from standard input: 'topup login --token-stdin'.",
    ),
    ("--debug", "Each request, with secrets cut out: '--verbose'."),
];

/// The same line where what was typed has one meaning here: `help exit-codes` is a topic, `auth login`
/// a login, and `buy --amount 25` has an amount.
pub(super) fn rewritten(argv: &[OsString]) -> Option<Vec<OsString>> {
    let words: Vec<&str> = argv.iter().skip(1).filter_map(|word| word.to_str()).collect();
    if words.contains(&"buy") && words.iter().any(|word| word.starts_with("--amount")) {
        let kept = argv.iter().filter(|word| *word != "--amount").map(|word| {
            let amount = word.to_str().and_then(|word| word.strip_prefix("--amount="));
            amount.map_or_else(|| word.clone(), OsString::from)
        });
        return Some(kept.collect());
    }
    let (instead, typed): (Vec<&str>, usize) = match words[..] {
        ["help", topic] if TOPICS.iter().any(|known| known.name == topic) => {
            (vec!["explain", topic], 2)
        }
        ["version"] => (vec!["--version"], 1),
        ["profiles", ..] => (vec!["config", "list"], 1),
        ["auth", verb @ ("login" | "logout"), ..] => (vec![verb], 2),
        ["auth", "status", ..] => (vec!["whoami"], 2),
        _ => return None,
    };
    let rest = argv.iter().skip(1 + typed).cloned();
    Some(
        argv.iter()
            .take(1)
            .cloned()
            .chain(instead.into_iter().map(OsString::from))
            .chain(rest)
            .collect(),
    )
}

/// What to type instead, where it is known better than by the likeness of words.
pub(super) fn tip(refused: &clap::Error) -> Option<NextStep> {
    let (kind, table) = match refused.kind() {
        ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, VERBS),
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, FLAGS),
        _ => return None,
    };
    let Some(ContextValue::String(typed)) = refused.get(kind) else { return None };
    let word = typed.split(['=', ' ']).next().unwrap_or_default();
    table.iter().find(|(known, _)| *known == word).map(|(_, tip)| NextStep::from(*tip))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verbs::Cli;
    use clap::{CommandFactory, Parser};

    fn refused(words: &[&str]) -> clap::Error {
        let typed = std::iter::once("topup").chain(words.iter().copied());
        Cli::try_parse_from(typed).expect_err("refused")
    }

    #[test]
    fn each_word_has_its_tip_and_none_is_a_word_of_our_own() {
        let command = Cli::command();
        for (word, tip_text) in VERBS {
            assert!(command.find_subcommand(word).is_none(), "{word} is a verb");
            assert_eq!(tip(&refused(&[word])), Some(NextStep::from(*tip_text)), "{word}");
        }
        for (flag, tip_text) in FLAGS {
            assert_eq!(tip(&refused(&["state", flag])), Some(NextStep::from(*tip_text)), "{flag}");
        }
        assert_eq!(tip(&refused(&["state", "--force=x"])), Some(NextStep::from(FLAGS[4].1)));
        assert_eq!(tip(&refused(&["nonsense"])), None);
    }

    #[test]
    fn each_command_in_a_tip_can_be_typed() {
        for (_, text) in VERBS.iter().chain(FLAGS) {
            let step = NextStep::from(*text);
            for command in step.commands() {
                let understood = match Cli::try_parse_from(command.argv()) {
                    Ok(_) => true,
                    Err(other) => other.kind() == ErrorKind::DisplayVersion,
                };
                assert!(understood, "{command:?}");
            }
        }
    }

    #[test]
    fn what_is_harmless_is_an_alias() {
        for words in [&["balance"][..], &["credits"], &["account"], &["buy", "25", "--assume-yes"]]
        {
            let typed = std::iter::once("topup").chain(words.iter().copied());
            assert!(Cli::try_parse_from(typed).is_ok(), "{words:?}");
        }
        let argv = ["topup", "help", "exit-codes"].map(OsString::from);
        let expected = ["topup", "explain", "exit-codes"].map(OsString::from);
        assert_eq!(rewritten(&argv).as_deref(), Some(&expected[..]));
        for (typed, meant) in [
            ("version", "--version"),
            ("profiles --json", "config list --json"),
            ("auth login --step-up", "login --step-up"),
            ("auth logout", "logout"),
            ("auth status -q", "whoami -q"),
        ] {
            let line = |words: &str| -> Vec<OsString> {
                std::iter::once("topup").chain(words.split(' ')).map(OsString::from).collect()
            };
            assert_eq!(rewritten(&line(typed)), Some(line(meant)), "{typed}");
        }
        assert_eq!(rewritten(&["topup", "auth"].map(OsString::from)), None);
        assert_eq!(rewritten(&["topup", "help", "buy"].map(OsString::from)), None);
        let bought = ["topup", "buy", "25"].map(OsString::from);
        for words in [&["topup", "buy", "--amount", "25"][..], &["topup", "buy", "--amount=25"]] {
            let argv: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(rewritten(&argv).as_deref(), Some(&bought[..]));
        }
    }
}
