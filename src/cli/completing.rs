//! What a completion script asks for: what can stand at the cursor. The scripts are made in
//! `verbs::completions`.

use super::shell_words::{TypedLine, quoted_for_bash};
use super::verbs::completions::values;
use super::verbs::{Cli, schema};
use crate::core::class::Class;
use crate::core::{env, process};
use crate::output;
use clap::CommandFactory;
use clap_complete::ArgValueCandidates;
use clap_complete::engine::{CompletionCandidate, complete};
use std::ffi::OsString;

/// The shell whose script asks. Nothing else begins with `--`: a variable that was left behind by
/// somebody turns no other command into this.
pub fn asking_shell(argv: &[OsString]) -> Option<String> {
    let asks = argv.get(1).is_some_and(|word| word == "--");
    std::env::var(env::COMPLETE).ok().filter(|_| asks)
}

/// Answers a script, with whatever can be found out without a word to anybody: nobody has asked for
/// a message in the middle of a line.
pub fn answer(shell: &str, argv: Vec<OsString>) -> u8 {
    process::on_bug(|_| Class::Success.code());
    let _ = output::write_out(&candidates(shell, argv));
    Class::Success.code()
}

/// What can stand at the cursor, as the script reads it.
fn candidates(shell: &str, argv: Vec<OsString>) -> String {
    let mut words: Vec<OsString> = argv.into_iter().skip(2).collect();
    let folder = std::env::current_dir().ok();
    if let (Some(line), Some(breaks)) = (words.first(), bash_breaks()) {
        let line = TypedLine::parse(&line.to_string_lossy(), &breaks);
        let (words, at) = (line.words.iter().map(OsString::from).collect(), line.words.len() - 1);
        let found = complete(&mut command_line(), words, at, folder.as_deref());
        let inserted = Inserted { before: line.before, quote: line.quote, is_whole_line: true };
        let is_flag = line.words[at].starts_with('-');
        return written_for(shell, &found.unwrap_or_default(), is_flag, inserted);
    }
    let last = words.len().saturating_sub(1);
    let at = std::env::var(env::COMPLETE_AT).ok().and_then(|at| at.parse().ok());
    let mut at: usize = at.unwrap_or(last);
    // Some shells leave out the word that has no letter yet.
    if at == words.len() {
        words.push(OsString::new());
    }
    let mut inserted = Inserted::default();
    match shell {
        "bash" => (words, at, inserted.before) = joined(words, at),
        // It gives the word at the cursor with its quotes.
        "fish" => {
            if let Some(word) = words.get_mut(at) {
                let line = TypedLine::parse(&word.to_string_lossy(), "");
                *word = line.words.join(" ").into();
            }
        }
        _ => {}
    }
    let is_flag = words.get(at).is_some_and(|word| word.as_encoded_bytes().starts_with(b"-"));
    let found = complete(&mut command_line(), words, at, folder.as_deref()).unwrap_or_default();
    written_for(shell, &found, is_flag, inserted)
}

/// Where bash breaks words, where its script gives the line whole. Scripts of before give words.
fn bash_breaks() -> Option<String> {
    std::env::var(env::COMPLETE_BREAKS).ok()
}

/// The words before the cursor, as far as values depend on them.
fn typed_words() -> Vec<String> {
    let words: Vec<String> =
        std::env::args_os().skip(2).map(|word| word.to_string_lossy().into_owned()).collect();
    match (words.first(), bash_breaks()) {
        (Some(line), Some(breaks)) => TypedLine::parse(line, &breaks).words,
        _ => words,
    }
}

/// What can be typed, with the values that only the whole of it knows.
fn command_line() -> clap::Command {
    Cli::command()
        .mut_arg("get", |paths| paths.add(ArgValueCandidates::new(answer_paths)))
        .mut_subcommand("config", |config| {
            config.mut_subcommand("set", |set| {
                set.mut_arg("value", |value| value.add(ArgValueCandidates::new(setting_values)))
            })
        })
        .mut_subcommand("man", |man| {
            man.mut_arg("page", |page| page.add(ArgValueCandidates::new(manual_pages)))
        })
}

/// Every page of the manual: verbs and topics.
fn manual_pages() -> Vec<CompletionCandidate> {
    let root = Cli::command();
    let verbs = root.get_subcommands().filter(|verb| !verb.is_hide_set());
    let verbs = verbs.map(|verb| {
        CompletionCandidate::new(verb.get_name().to_owned()).help(verb.get_about().cloned())
    });
    verbs.chain(values::topics()).collect()
}

/// What `--get` can pick from the answer of the verb that is typed.
fn answer_paths() -> Vec<CompletionCandidate> {
    schema::paths_of(&typed_words()).into_iter().map(CompletionCandidate::new).collect()
}

/// What the key that is typed can be set to, where that is one of a few words.
fn setting_values() -> Vec<CompletionCandidate> {
    let typed = typed_words();
    let key = typed.iter().skip_while(|word| *word != "set").nth(1);
    match key.map(String::as_str) {
        Some("provider") => values::systems(),
        Some("default_profile") => values::profiles(),
        Some("sandbox" | "sole_buyer") => {
            ["true", "false"].into_iter().map(CompletionCandidate::new).collect()
        }
        Some("language") => ["en", "de"].into_iter().map(CompletionCandidate::new).collect(),
        Some("cloudflare_balance_unit") => {
            ["dollars", "cents"].into_iter().map(CompletionCandidate::new).collect()
        }
        _ => Vec::new(),
    }
}

/// Where a shell inserts what is chosen.
#[derive(Clone, Copy, Default)]
struct Inserted {
    /// How many bytes of the word stand before that place.
    before: usize,
    /// The quote that is open there.
    quote: Option<char>,
    /// The shell gave its whole line, and inserts what it gets as it is.
    is_whole_line: bool,
}

/// bash takes `--name=value` for three words: puts them together again. Gives the words, which of
/// them is asked for, and how many bytes of it stand before the one that bash means.
fn joined(words: Vec<OsString>, at: usize) -> (Vec<OsString>, usize, usize) {
    let mut whole: Vec<OsString> = Vec::new();
    let (mut asked, mut before, mut is_open) = (at, 0, false);
    for (number, word) in words.into_iter().enumerate() {
        let is_sign = word == "=";
        let goes_on = match whole.last() {
            Some(last) if is_sign => last.as_encoded_bytes().starts_with(b"--"),
            Some(_) => is_open,
            None => false,
        };
        if goes_on && let Some(last) = whole.last_mut() {
            let length = last.len();
            last.push(&word);
            if number == at {
                asked = whole.len() - 1;
                before = if is_sign { length + 1 } else { length };
            }
        } else {
            whole.push(word);
            if number == at {
                asked = whole.len() - 1;
            }
        }
        is_open = goes_on && is_sign;
    }
    (whole, asked, before)
}

/// The candidates as the script of this shell reads them, without the bytes that it has before the
/// place where they are inserted. Flags are for whoever has begun one, unless there is nothing else.
fn written_for(
    shell: &str,
    found: &[CompletionCandidate],
    is_flag: bool,
    inserted: Inserted,
) -> String {
    let can_stand: fn(&str) -> bool = match shell {
        "zsh" | "fish" => is_quotable,
        "bash" if inserted.is_whole_line => is_quotable,
        // It would take these for several words.
        "bash" => |value| is_harmless(value) && !value.contains([':', '@']),
        _ => is_harmless,
    };
    let found = found.iter().filter_map(|one| {
        let value = one.get_value().to_str().filter(|value| can_stand(value))?;
        let help = one.get_help().map(ToString::to_string).unwrap_or_default();
        let help: String = help.lines().next().unwrap_or_default().replace('\\', "");
        Some((value.get(inserted.before..)?, help.replace(char::is_control, " ")))
    });
    let found: Vec<(&str, String)> = found.filter(|(value, _)| !value.is_empty()).collect();
    let has_values = found.iter().any(|(value, _)| !value.starts_with('-'));
    let lines = found.iter().filter(|(value, _)| is_flag || !has_values || !value.starts_with('-'));
    let lines = lines.map(|(value, help)| match shell {
        "zsh" if !help.is_empty() => format!("{}:{help}", value.replace(':', "\\:")),
        "zsh" => value.replace(':', "\\:"),
        "fish" | "nushell" if !help.is_empty() => format!("{value}\t{help}"),
        "bash" if inserted.is_whole_line => quoted_for_bash(value, inserted.quote),
        _ => (*value).to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether every shell takes it for text and for one word, wherever it comes from: an id of a
/// system, a name in a journal, a file in somebody's folder.
fn is_harmless(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=+,@%".contains(&byte);
    !value.is_empty() && value.bytes().all(plain)
}

/// Whether it is text that a shell takes for one word once it is quoted: letters of any language,
/// blanks and quotes as well, and nothing that a shell could run if a quote were lost.
fn is_quotable(value: &str) -> bool {
    let plain = |letter: char| letter.is_alphanumeric() || "-_./:=+,@% '\"".contains(letter);
    !value.is_empty() && value.trim() == value && value.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_shell_gets_anything_that_it_could_run() {
        let hostile = [
            "$(touch x)",
            "`x`",
            "a;b",
            "a\nb",
            "a\u{1b}[2J",
            "a\tb",
            " a",
            "*",
            "~x",
            "a|b",
            "a>b",
            "a&b",
            "{a,b}",
            "a\\b",
            "#a",
            "!a",
            "a\u{202e}b",
            "",
        ];
        let mut all: Vec<CompletionCandidate> =
            hostile.iter().map(|text| CompletionCandidate::new(*text)).collect();
        let help = "one\\ line\u{7}\nand another";
        all.push(CompletionCandidate::new("ch_1-2").help(Some(help.into())));
        for (shell, written) in [
            ("bash", "ch_1-2"),
            ("elvish", "ch_1-2"),
            ("zsh", "ch_1-2:one line"),
            ("fish", "ch_1-2\tone line"),
            ("unknown", "ch_1-2"),
        ] {
            assert_eq!(written_for(shell, &all, false, Inserted::default()), written, "{shell}");
        }
    }

    #[test]
    fn names_with_blanks_quotes_and_colons_are_for_shells_that_take_them() {
        let names = ["a b", "it's", "say \"hi\"", "team:night", "für"];
        let all = names.map(CompletionCandidate::new);
        let whole = |quote| Inserted { before: 0, quote, is_whole_line: true };
        let bash = |quote| written_for("bash", &all, false, whole(quote));
        assert_eq!(bash(None), "a\\ b\nit\\'s\nsay\\ \\\"hi\\\"\nteam:night\nfür");
        assert_eq!(bash(Some('"')), "a b\nit's\nsay \\\"hi\\\"\nteam:night\nfür");
        assert_eq!(bash(Some('\'')), "a b\nit'\\''s\nsay \"hi\"\nteam:night\nfür");
        let colon = Inserted { before: 5, quote: None, is_whole_line: true };
        assert_eq!(written_for("bash", &all[3..4], false, colon), "night");
        let plain = |shell| written_for(shell, &all, false, Inserted::default());
        assert_eq!(plain("zsh"), "a b\nit's\nsay \"hi\"\nteam\\:night\nfür");
        assert_eq!(plain("fish"), names.join("\n"));
        // A script of before gives words, and has them split at a colon.
        assert_eq!(plain("bash"), "");
        assert_eq!(plain("elvish"), "team:night");
    }

    #[test]
    fn what_bash_takes_apart_is_put_together_again() {
        let words = |typed: &str| typed.split(' ').map(OsString::from).collect::<Vec<_>>();
        for (typed, at, whole, asked, before) in [
            ("topup state", 1, "topup state", 1, 0),
            ("topup --profile = wo", 3, "topup --profile=wo", 1, 10),
            ("topup --profile =", 2, "topup --profile=", 1, 10),
            ("topup --profile = wo sta", 4, "topup --profile=wo sta", 2, 0),
            ("topup a = b", 3, "topup a = b", 3, 0),
        ] {
            assert_eq!(joined(words(typed), at), (words(whole), asked, before), "{typed}");
        }
    }

    #[test]
    fn flags_are_for_whoever_has_begun_one() {
        let all = ["--wait", "ch_1"].map(CompletionCandidate::new);
        assert_eq!(written_for("bash", &all, false, Inserted::default()), "ch_1");
        assert_eq!(written_for("bash", &all[..1], false, Inserted::default()), "--wait");
        assert_eq!(written_for("bash", &all[..1], true, Inserted::default()), "--wait");
    }
}
