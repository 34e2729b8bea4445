//! Words that people's fingers know from other programs: what they mean here, where it is not what
//! the parser would guess, and no guess that is far from what was typed.

mod flags;
mod words;

use super::manual::TOPICS;
use super::shell_words::TypedLine;
use super::verbs::Cli;
use crate::core::command::{Command, NextStep, Part, VALUED_FLAGS};
use crate::core::likeness::is_near;
use crate::core::money::Amount;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use flags::FLAGS;
use std::ffi::OsString;
use words::{Tip, VERBS};

/// The amount in a tip where none was typed.
const SOME_AMOUNT: &str = "25";

/// The same line where what was typed has one meaning here: `help exit-codes` is a topic, `auth login`
/// a login, and `buy --amount 25` has an amount.
pub(super) fn rewritten(argv: &[OsString]) -> Option<Vec<OsString>> {
    let at = verb_position(argv)?;
    let words: Vec<&str> = argv[at..].iter().map_while(|word| word.to_str()).collect();
    if words[0] == "buy" {
        return with_bare_amount(argv, at);
    }
    let (instead, typed): (Vec<&str>, usize) = match words[..] {
        ["help", topic] if is_topic_alone(topic) => (vec!["explain", topic], 2),
        ["help", "options" | "flags" | "global-options"] => (vec!["--help"], 2),
        ["version", ..] => (vec!["--version"], 1),
        ["profiles" | "profile", "list" | "ls" | "show", ..] => (vec!["config", "list"], 2),
        ["profiles"] => (vec!["config", "list"], 1),
        ["profiles", flag, ..] if flag.starts_with('-') => (vec!["config", "list"], 1),
        ["auth", verb @ ("login" | "logout" | "whoami"), ..] => (vec![verb], 2),
        ["auth", "status", ..] => (vec!["whoami"], 2),
        ["resume", "all", ..] => (vec!["resume"], 2),
        ["explain", "checked", ..] => (vec!["explain", "checks"], 2),
        _ => return None,
    };
    let instead = instead.into_iter().map(OsString::from);
    Some(
        argv[..at]
            .iter()
            .cloned()
            .chain(instead)
            .chain(argv[at + typed..].iter().cloned())
            .collect(),
    )
}

/// Whether this is a topic and no verb: `help ledger` is the help of the verb.
fn is_topic_alone(word: &str) -> bool {
    TOPICS.iter().any(|known| known.name == word) && Cli::command().find_subcommand(word).is_none()
}

/// The line of a purchase without the word `--amount`.
fn with_bare_amount(argv: &[OsString], verb: usize) -> Option<Vec<OsString>> {
    let end = argv.iter().position(|word| word == "--").unwrap_or(argv.len());
    let is_flag = |word: &OsString| {
        word.to_str().is_some_and(|word| word == "--amount" || word.starts_with("--amount="))
    };
    let at = verb + argv.get(verb..end)?.iter().position(is_flag)?;
    let mut words = argv.to_vec();
    match words[at].to_str().and_then(|word| word.strip_prefix("--amount=")) {
        Some(amount) => words[at] = amount.into(),
        None => drop(words.remove(at)),
    }
    Some(words)
}

/// Where the verb stands: the first word that is neither a global flag nor the value of one.
pub(super) fn verb_position(argv: &[OsString]) -> Option<usize> {
    let mut at = 1;
    while let Some(word) = argv.get(at) {
        let word = word.to_str()?;
        match word {
            "--" => return None,
            _ if VALUED_FLAGS.contains(&word) => at += 2,
            _ if word.starts_with('-') => at += 1,
            _ => return Some(at),
        }
    }
    None
}

/// The verb that was typed and the words behind it, a verb within a verb as one word: `config set`.
fn typed_verb(argv: &[OsString]) -> (String, Vec<&str>) {
    let parser = Cli::command();
    let (path, rest) = verbs_of(&parser, argv);
    let names: Vec<&str> = path.iter().map(|command| command.get_name()).collect();
    (names.join(" "), rest.iter().filter_map(|word| word.to_str()).collect())
}

/// The verb that was typed, each that it is within before it, and the words behind it.
fn verbs_of<'a, 'b>(
    parser: &'a clap::Command,
    argv: &'b [OsString],
) -> (Vec<&'a clap::Command>, &'b [OsString]) {
    let mut path: Vec<&clap::Command> = Vec::new();
    let mut rest = argv.get(verb_position(argv).unwrap_or(argv.len())..).unwrap_or_default();
    while let Some((word, behind)) = rest.split_first() {
        let within = path.last().copied().unwrap_or(parser);
        let Some(inner) = within.find_subcommand(word) else { break };
        path.push(inner);
        rest = behind;
    }
    (path, rest)
}

/// The first example of the verb on a help page, its own or that of a verb which it is within, where an
/// argument is missing.
fn example(argv: &[OsString]) -> Option<NextStep> {
    let parser = Cli::command();
    let (path, _) = verbs_of(&parser, argv);
    let names: Vec<&str> = path.iter().map(|verb| verb.get_name()).collect();
    let help = |verb: &&clap::Command| {
        verb.get_after_long_help().or_else(|| verb.get_after_help()).map(ToString::to_string)
    };
    let example = |line: &str| {
        let typed = line.strip_prefix("  topup ")?.split("  ").next()?.split(" ||").next()?;
        let words = TypedLine::parse(typed, "").words;
        let argv: Vec<OsString> = std::iter::once("topup")
            .chain(words.iter().map(String::as_str))
            .map(OsString::from)
            .collect();
        let behind = argv.get(verb_position(&argv)?..)?;
        let is_it = behind.len() >= names.len()
            && behind.iter().zip(&names).all(|(word, name)| word == *name);
        (is_it && Cli::try_parse_from(&argv).is_ok()).then_some(words)
    };
    let words =
        path.iter().rev().filter_map(help).find_map(|help| help.lines().find_map(example))?;
    Some(NextStep::from("For example: ").then(Part::Run(Command::new(words))))
}

/// What to type instead, where it is known better than by the likeness of words.
pub(super) fn tip(refused: &clap::Error, argv: &[OsString]) -> Option<NextStep> {
    let (verb, rest) = typed_verb(argv);
    let amount = |word: &str| Amount::parse(word).is_ok().then(|| word.to_owned());
    let kind = match refused.kind() {
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidValue => {
            return swallowed(refused, &rest).or_else(|| value_of_another(refused, &verb));
        }
        ErrorKind::MissingRequiredArgument => return example(argv),
        _ => return None,
    };
    let Some(ContextValue::String(typed)) = refused.get(kind) else { return None };
    let word = typed.split(['=', ' ']).next().unwrap_or_default();
    let amount_typed = amount(typed).or_else(|| rest.iter().find_map(|word| amount(word)));
    let filled = |tip: &'static str| {
        NextStep::filled(tip, &[&amount_typed.as_deref().unwrap_or(SOME_AMOUNT)])
    };
    if kind == ContextKind::InvalidSubcommand {
        if verb.is_empty() && amount(typed).is_some() {
            return Some(filled("Buy with 'topup buy {}'."));
        }
        return find(VERBS, &verb, word).map(filled);
    }
    let word = match amount(typed) {
        _ if word.starts_with('-') => word,
        Some(_) => "<AMOUNT>",
        None => "<WORD>",
    };
    find(FLAGS, &verb, word).map(filled)
}

/// The tip for this word behind this verb.
fn find(table: &[Tip], verb: &str, word: &str) -> Option<&'static str> {
    let here = format!("{verb} {word}");
    let named = |name: &str| table.iter().find(|(words, _)| words.contains(&name));
    // Verbs within another verb have tips of their own; a flag means the same behind most.
    let anywhere = || if word.starts_with('-') || verb.is_empty() { named(word) } else { None };
    named(&here).or_else(anywhere).map(|(_, tip)| *tip)
}

/// A flag that stands where the value of another one is missing.
fn swallowed(refused: &clap::Error, rest: &[&str]) -> Option<NextStep> {
    let (Some(ContextValue::String(argument)), Some(ContextValue::String(value))) =
        (refused.get(ContextKind::InvalidArg), refused.get(ContextKind::InvalidValue))
    else {
        return None;
    };
    let flag =
        argument.split(' ').next().filter(|flag| value.is_empty() && flag.starts_with('-'))?;
    let at = rest.iter().position(|word| *word == flag)?;
    let next = rest.get(at + 1).filter(|word| word.starts_with('-'))?;
    Some(NextStep::text(format!("{next} is a flag, and no value for {flag}.")))
}

/// The tip for a value that this flag of another program takes.
fn value_of_another(refused: &clap::Error, verb: &str) -> Option<NextStep> {
    let (Some(ContextValue::String(argument)), Some(ContextValue::String(value))) =
        (refused.get(ContextKind::InvalidArg), refused.get(ContextKind::InvalidValue))
    else {
        return None;
    };
    let flag = argument.split(' ').next().unwrap_or_default();
    find(FLAGS, verb, &format!("{flag}={value}")).map(|tip| NextStep::filled(tip, &[&SOME_AMOUNT]))
}

/// Takes guesses out of what the parser says that are not near what was typed: another word is worse
/// than none, as somebody may follow it.
pub(super) fn without_wild_guesses(refused: &mut clap::Error, argv: &[OsString]) {
    for (typed, guess) in [
        (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand),
        (ContextKind::InvalidArg, ContextKind::SuggestedArg),
    ] {
        let Some(ContextValue::String(word)) = refused.get(typed) else { continue };
        let word = word.split('=').next().unwrap_or_default().to_owned();
        let guesses = match refused.get(guess) {
            Some(ContextValue::String(guess)) => vec![guess.clone()],
            Some(ContextValue::Strings(guesses)) => guesses.clone(),
            _ => Vec::new(),
        };
        let near: Vec<String> =
            guesses.iter().filter(|guess| is_near(&word, guess)).cloned().collect();
        if near.len() == guesses.len() {
            continue;
        }
        if near.is_empty() {
            refused.remove(guess);
        } else {
            refused.insert(guess, ContextValue::Strings(near));
        }
    }
    // The parser adds each flag that it was given, those of variables and of guesses as well.
    if refused.get(ContextKind::Usage).is_some()
        && let Some(usage) = usage_of(argv)
    {
        refused.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    }
    // "To pass '--card' as a value": no verb takes such a value. Behind a word it is an empty line.
    if matches!(refused.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand) {
        refused.remove(ContextKind::Suggested);
    }
}

/// The usage of the verb that was typed, without any flag.
fn usage_of(argv: &[OsString]) -> Option<clap::builder::StyledStr> {
    let (verb, _) = typed_verb(argv);
    let mut command = Cli::command();
    command.build();
    let inner = verb
        .split(' ')
        .filter(|name| !name.is_empty())
        .try_fold(&mut command, |command, name| command.find_subcommand_mut(name))?;
    Some(inner.render_usage())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &str) -> Vec<OsString> {
        std::iter::once("topup").chain(words.split_whitespace()).map(OsString::from).collect()
    }

    fn refused(words: &str) -> clap::Error {
        Cli::try_parse_from(line(words)).expect_err(words)
    }

    /// The tip for this line, as a person reads it.
    fn tip_for(words: &str) -> String {
        let tip = tip(&refused(words), &line(words));
        tip.map(|tip| tip.to_string()).unwrap_or_default()
    }

    /// What the parser says to this line in the end.
    fn said(words: &str) -> String {
        let mut error = refused(words);
        without_wild_guesses(&mut error, &line(words));
        error.render().to_string()
    }

    #[test]
    fn each_word_has_its_tip_and_none_is_a_word_of_our_own() {
        for (words, text) in VERBS {
            for word in *words {
                let expected = NextStep::filled(text, &[&SOME_AMOUNT]).to_string();
                assert_eq!(tip_for(word), expected, "{word}");
            }
        }
        for (words, text) in FLAGS {
            for word in *words {
                let (verb, flag) = word.split_once(' ').unwrap_or(("whoami", word));
                let typed = flag.replace("<AMOUNT>", "30").replace("<WORD>", "set");
                // One amount may stand behind buy.
                let typed = if verb == "buy" { format!("30 {typed}") } else { typed };
                let amount = if typed.contains("30") { "30" } else { SOME_AMOUNT };
                let expected = NextStep::filled(text, &[&amount]).to_string();
                assert_eq!(tip_for(&format!("{verb} {typed}")), expected, "{word}");
            }
        }
        assert_eq!(tip_for("nonsense"), "");
        assert_eq!(tip_for("state --force=x"), tip_for("state --force"));
    }

    #[test]
    fn each_command_in_a_tip_can_be_typed() {
        for (_, text) in VERBS.iter().chain(FLAGS) {
            let step = NextStep::filled(text, &[&SOME_AMOUNT]);
            for command in step.commands() {
                let understood = match Cli::try_parse_from(command.argv()) {
                    Ok(_) => true,
                    Err(other) => {
                        matches!(other.kind(), ErrorKind::DisplayVersion | ErrorKind::DisplayHelp)
                    }
                };
                assert!(understood, "{command:?}");
            }
        }
    }

    #[test]
    fn a_missing_argument_is_answered_by_an_example() {
        fn bare(command: &clap::Command, path: &str, all: &mut Vec<String>) {
            for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
                let path = format!("{path} {}", verb.get_name());
                bare(verb, &path, all);
                all.push(path);
            }
        }
        let mut verbs = Vec::new();
        bare(&Cli::command(), "", &mut verbs);
        let is_incomplete = |words: &&String| {
            Cli::try_parse_from(line(words))
                .is_err_and(|refused| refused.kind() == ErrorKind::MissingRequiredArgument)
        };
        let incomplete: Vec<&String> = verbs.iter().filter(is_incomplete).collect();
        assert!(incomplete.len() > 10, "{incomplete:?}");
        let without: Vec<&&String> = incomplete
            .iter()
            .filter(|words| {
                let tip = tip_for(words);
                !tip.starts_with("For example: ") || !tip.contains(&format!("{words} "))
            })
            .collect();
        assert!(without.is_empty(), "{without:?}");
        assert_eq!(tip_for("check"), "For example: 'topup check --at-least 10'");
    }

    #[test]
    fn the_amount_that_was_typed_stands_in_the_tip() {
        for words in ["40", "$40", "purchase 40", "recharge 40 --yes", "--sandbox pay 40"] {
            assert!(tip_for(words).contains("topup buy"), "{words}: {}", tip_for(words));
            assert!(tip_for(words).contains("40"), "{words}: {}", tip_for(words));
        }
        assert!(tip_for("check 10").contains("topup check --at-least 10"));
        assert!(tip_for("ensure 20 50").contains("topup ensure --at-least 20 --buy 25"));
        assert!(tip_for("check --threshold 30").contains("--at-least 30"));
    }

    #[test]
    fn a_guess_is_near_what_was_typed_or_there_is_none() {
        for (words, right) in [
            ("statsu", "'status'"),
            ("hsitory", "'history'"),
            ("blance", "'balance'"),
            ("teams", "'team'"),
            ("state --jsno", "'--json'"),
            ("buy 25 --yes25", "'--yes'"),
            ("login --scopes x", "'--scope'"),
            ("buy 25 --no-waiting", "'--no-wait'"),
        ] {
            assert!(said(words).contains(right), "{words}: {}", said(words));
        }
        for words in [
            "state --endpoint x",
            "state --template x",
            "buy 25 --test",
            "buy 25 --card x",
            "buy 25 --budget 9",
            "buy 25 --preview",
            "login --sso",
            "wait",
            "register",
            "coupons",
            "config edit",
            "listen",
            "create",
        ] {
            assert!(!said(words).contains("tip:"), "{words}: {}", said(words));
            assert!(!said(words).contains("\n\n\n"), "{words}: {}", said(words));
            assert!(!said(words).contains("Usage: topup check --at-least <AMOUNT> --"), "{words}");
        }
    }

    #[test]
    fn a_flag_in_the_place_of_a_value_is_named() {
        assert_eq!(tip_for("buy 25 --once --max 10"), "--max is a flag, and no value for --once.");
        assert_eq!(tip_for("buy 25 --max --yes"), "--yes is a flag, and no value for --max.");
        assert_eq!(tip_for("buy 25 --once"), "");
        // Not an amount: the flag that does not exist.
        assert_eq!(refused("buy --quantity 25").kind(), ErrorKind::UnknownArgument);
        assert!(tip_for("buy --quantity 25").contains("'topup buy 25'"));
        assert!(tip_for("auto-reload --below 20 --to 100").contains("'topup auto-reload 20 100'"));
        assert!(Cli::try_parse_from(line("buy -25")).is_ok(), "an amount, and refused as one");
    }

    #[test]
    fn what_is_harmless_is_an_alias() {
        for words in [
            "balance",
            "credits",
            "account",
            "buy 25 --assume-yes",
            "config show",
            "config ls",
            "config view",
            "team ls",
            "completion bash",
            "autoreload",
            "check --min 10",
            "auto-reload show",
            "auto-reload status",
        ] {
            assert!(Cli::try_parse_from(line(words)).is_ok(), "{words}");
        }
        for (typed, meant) in [
            ("help exit-codes", "explain exit-codes"),
            ("help options", "--help"),
            ("version", "--version"),
            ("version --json", "--version --json"),
            ("profiles --json", "config list --json"),
            ("profiles list", "config list"),
            ("auth login --step-up", "login --step-up"),
            ("--sandbox auth login", "--sandbox login"),
            ("--profile auth auth logout", "--profile auth logout"),
            ("auth status -q", "whoami -q"),
            ("buy --amount 25", "buy 25"),
            ("resume all --wait 0s", "resume --wait 0s"),
            ("explain checked", "explain checks"),
            ("--sandbox buy --amount=25 --yes", "--sandbox buy 25 --yes"),
        ] {
            assert_eq!(rewritten(&line(typed)), Some(line(meant)), "{typed}");
        }
        for typed in [
            "auth",
            "help buy",
            "help ledger",
            "help sandbox",
            "buy 25",
            "buy 25 -- --amount",
            "profiles nonsense",
            "ledger run --estimate 1 -- shop buy --amount 5",
        ] {
            assert_eq!(rewritten(&line(typed)), None, "{typed}");
        }
    }
}
