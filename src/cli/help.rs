//! The help pages. `-h` fits a screen: the options and commands of every day, and where the rest is.
//! `--help` holds everything.

use super::verbs::{self, ledger};
use clap::builder::StyledStr;
use std::ffi::OsString;
use std::fmt::Write as _;

/// What a long page says of the flags that every verb takes.
const GLOBAL_OPTIONS: &str =
    "Global options, such as --json, --yes and --sandbox: 'topup help options'";

/// Commands that the short page describes, under one heading. It only names the others.
pub struct CommandGroup {
    /// What they are for.
    pub heading: &'static str,
    /// Their names.
    pub names: &'static [&'static str],
}

/// The commands whose list is too long for a screen.
const GROUPED: &[(&str, &[CommandGroup])] =
    &[("topup", verbs::EVERY_DAY), ("topup ledger", ledger::EVERY_DAY)];

/// Which of the two pages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HelpPage {
    Short,
    Long,
}

/// The command line, with the help pages of a line that asks for one: there the flags that every
/// verb takes stand with the program alone, and a verb names the place.
pub fn command_for(argv: &[OsString], command: clap::Command) -> clap::Command {
    let is_short = |word: &str| {
        let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
        letters.is_some_and(|letters| {
            letters.contains('h') && letters.chars().all(|letter| "hqvyV".contains(letter))
        })
    };
    let page =
        argv.iter().take_while(|word| *word != "--").find_map(|word| match word.to_str()? {
            "help" | "--help" => Some(HelpPage::Long),
            word if is_short(word) => Some(HelpPage::Short),
            _ => None,
        });
    match page {
        Some(page) => with_pages(command, page),
        None => command,
    }
}

/// The command line with the short pages, which the parser prints where a command is missing.
pub fn with_short_pages(command: clap::Command) -> clap::Command {
    with_pages(command, HelpPage::Short)
}

fn with_pages(command: clap::Command, page: HelpPage) -> clap::Command {
    let globals: Vec<clap::Arg> =
        command.get_arguments().filter(|argument| argument.is_global_set()).cloned().collect();
    in_groups(command, "topup", page).mut_subcommands(|verb| {
        let name = format!("topup {}", verb.get_name());
        with_page(verb, &name, page, &globals)
    })
}

/// A verb and the commands below it.
fn with_page(
    verb: clap::Command,
    name: &str,
    page: HelpPage,
    globals: &[clap::Arg],
) -> clap::Command {
    let last = match page {
        HelpPage::Short => {
            format!("More: '{name} --help'. Options of every command: 'topup help options'.")
        }
        HelpPage::Long => GLOBAL_OPTIONS.to_owned(),
    };
    let after = |text: Option<&StyledStr>| match text {
        Some(text) => format!("{text}\n\n{last}"),
        None => last.clone(),
    };
    let long = after(verb.get_after_long_help().or_else(|| verb.get_after_help()));
    let short = after(verb.get_after_help());
    let verb = verb
        .args(globals.iter().map(|global| global.clone().hide_long_help(true)))
        .after_help(short)
        .after_long_help(long);
    in_groups(verb, name, page).mut_subcommands(|inner| {
        let name = format!("{name} {}", inner.get_name());
        with_page(inner, &name, page, globals)
    })
}

/// The short page of a command that has too many below it for a screen.
fn in_groups(command: clap::Command, name: &str, page: HelpPage) -> clap::Command {
    let groups = GROUPED.iter().find(|(grouped, _)| *grouped == name && page == HelpPage::Short);
    match groups {
        Some((_, groups)) => {
            let mut list = grouped(&command, groups);
            if let Some(after) = command.get_after_help() {
                let _ = write!(list, "\n\n{}", after.ansi());
            }
            // What stands behind the usage is wrapped by the parser; a template is not.
            command.help_template("{about}\n\n{usage-heading} {usage}{after-help}").after_help(list)
        }
        None => command,
    }
}

/// The groups, and the names of the commands that are in none.
fn grouped(command: &clap::Command, groups: &[CommandGroup]) -> StyledStr {
    let styles = command.get_styles();
    let (header, literal) = (styles.get_header(), styles.get_literal());
    let about = |name: &str| {
        let verb = command.find_subcommand(name).and_then(clap::Command::get_about);
        verb.map(ToString::to_string).unwrap_or_default()
    };
    let shown: Vec<&str> = groups.iter().flat_map(|group| group.names).copied().collect();
    let width = shown.iter().map(|name| name.len()).max().unwrap_or_default();
    let mut list = StyledStr::new();
    for CommandGroup { heading, names } in groups {
        let _ = writeln!(list, "{header}{heading}:{header:#}");
        for name in *names {
            let _ = writeln!(list, "  {literal}{name:width$}{literal:#}  {}", about(name));
        }
    }
    let others = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let others: Vec<&str> =
        others.map(clap::Command::get_name).filter(|name| !shown.contains(name)).collect();
    let _ = write!(list, "{header}More:{header:#} {}", others.join(", "));
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verbs::Cli;
    use clap::CommandFactory as _;

    /// The lines of a terminal, and the width that the pages are read at.
    const SCREEN: (usize, usize) = (24, 80);

    /// The path of every command that is shown, each with what the parser knows of it.
    fn commands() -> Vec<(Vec<String>, clap::Command)> {
        fn walk(
            command: &clap::Command,
            path: &[String],
            all: &mut Vec<(Vec<String>, clap::Command)>,
        ) {
            all.push((path.to_vec(), command.clone()));
            for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
                walk(below, &[path, &[below.get_name().to_owned()]].concat(), all);
            }
        }
        let mut all = Vec::new();
        walk(&Cli::command(), &[], &mut all);
        all
    }

    /// The page that is printed for this line, as a terminal of 80 columns shows it.
    fn page(path: &[String], flag: &str) -> String {
        let words = ["topup".to_owned()].into_iter().chain(path.iter().cloned());
        let argv: Vec<OsString> = words.chain([flag.to_owned()]).map(OsString::from).collect();
        let parser = command_for(&argv, Cli::command()).term_width(SCREEN.1);
        parser.try_get_matches_from(argv).expect_err("a page").render().to_string()
    }

    #[test]
    fn every_short_page_fits_a_screen() {
        let mut found = Vec::new();
        for (path, _) in commands() {
            let page = page(&path, "-h");
            let rows: usize =
                page.lines().map(|line| line.chars().count().div_ceil(SCREEN.1).max(1)).sum();
            if rows > SCREEN.0 || page.lines().any(|line| line.chars().count() > SCREEN.1) {
                found.push(format!("topup {}: {rows} lines\n{page}", path.join(" ")));
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn what_the_short_page_leaves_out_stands_in_the_long_one() {
        let mut hidden = 0;
        for (path, command) in commands() {
            let (short, long) = (page(&path, "-h"), page(&path, "--help"));
            let at = path.join(" ");
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                let Some(flag) = argument.get_long() else { continue };
                let flag = format!("--{flag}");
                hidden += usize::from(!short.contains(&flag));
                assert!(long.contains(&flag), "{at}: {flag}");
            }
            for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
                let name = below.get_name();
                assert!(short.contains(name), "{at} -h: {name}");
                assert!(long.contains(&format!("\n  {name}")), "{at} --help: {name}");
            }
            let is_example = |line: &&str| line.starts_with("  topup ");
            for example in short.lines().filter(is_example) {
                assert!(long.contains(example), "{at}: {example}");
            }
            let place = path.iter().fold("topup".to_owned(), |name, word| format!("{name} {word}"));
            let leads_on =
                path.is_empty() || unwrapped(&short).contains(&format!("'{place} --help'"));
            assert!(leads_on, "{at}: {short}");
        }
        assert!(hidden > 40, "{hidden}");
    }

    /// Without the line ends of the terminal.
    fn unwrapped(page: &str) -> String {
        page.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_parser_breaks_the_lines() {
        for (path, command) in commands() {
            let texts = [command.get_after_help(), command.get_after_long_help()];
            for text in texts.into_iter().flatten().map(ToString::to_string) {
                let lines: Vec<&str> = text.lines().collect();
                for pair in lines.windows(2) {
                    let is_prose = |line: &str| {
                        line.starts_with(|letter: char| letter.is_alphanumeric() || letter == '\'')
                    };
                    let by_hand = is_prose(pair[0]) && is_prose(pair[1]);
                    assert!(!by_hand, "{path:?}: a line is broken by hand: {pair:?}");
                }
                let wide = lines
                    .iter()
                    .find(|line| line.starts_with("  topup") && line.chars().count() > SCREEN.1);
                assert_eq!(wide, None, "{path:?}");
            }
        }
    }

    #[test]
    fn every_command_of_every_day_is_there() {
        for (path, groups) in GROUPED {
            let mut command = Cli::command();
            for word in path.split(' ').skip(1) {
                command = command.find_subcommand(word).expect(word).clone();
            }
            for name in groups.iter().flat_map(|group| group.names) {
                assert!(command.find_subcommand(name).is_some(), "{path} {name}");
            }
        }
    }
}
