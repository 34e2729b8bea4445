//! The help pages. `-h` fits a screen: the options and commands of every day, and where the rest is.
//! `--help` holds everything.

use clap::builder::StyledStr;
use std::ffi::OsString;
use std::fmt::Write as _;

/// What a long page says of the flags that every verb takes.
const GLOBAL_OPTIONS: &str =
    "Global options, such as --json, --yes and --sandbox: 'topup help options'";

/// Commands of every day: the short page describes them under a heading, and only names the others.
struct CommandGroup {
    heading: &'static str,
    names: &'static [&'static str],
}

/// The commands whose list is too long for a screen.
const GROUPED: &[(&str, &[CommandGroup])] = &[
    (
        "topup",
        &[
            CommandGroup {
                heading: "Buy",
                names: &["state", "buy", "ensure", "status", "resume", "history"],
            },
            CommandGroup { heading: "Watch and meter", names: &["check", "watch", "ledger"] },
            CommandGroup { heading: "Set up", names: &["login", "config", "doctor", "sandbox"] },
        ],
    ),
    (
        "topup ledger",
        &[CommandGroup {
            heading: "Commands",
            names: &["init", "credit", "balance", "check", "run", "record", "stats", "export"],
        }],
    ),
];

/// Which of the two pages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum HelpPage {
    Short,
    Long,
}

/// The page that a line asks for.
fn page_of(argv: &[OsString]) -> Option<HelpPage> {
    let is_short = |word: &str| {
        let letters = word.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
        letters.is_some_and(|letters| {
            letters.contains('h') && letters.chars().all(|letter| "hqvyV".contains(letter))
        })
    };
    argv.iter().take_while(|word| *word != "--").find_map(|word| match word.to_str()? {
        "help" | "--help" => Some(HelpPage::Long),
        word if is_short(word) => Some(HelpPage::Short),
        _ => None,
    })
}

/// Whether a line asks for a page.
pub fn is_asked_for(argv: &[OsString]) -> bool {
    page_of(argv).is_some()
}

/// The command line, with the help pages of a line that asks for one: there the flags that every
/// verb takes stand with the program alone, and a verb names the place.
pub fn command_for(argv: &[OsString], command: clap::Command) -> clap::Command {
    match page_of(argv) {
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
                let has_examples = after.to_string().starts_with("Examples:");
                let _ =
                    write!(list, "{}{}", if has_examples { "\n\n" } else { "\n" }, after.ansi());
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
    for (at, CommandGroup { heading, names }) in groups.iter().enumerate() {
        // Where the parser wraps, it counts a line from the line end on that stands in the same
        // piece of style.
        let line_end = if at == 0 { "" } else { "\n" };
        let _ = write!(list, "{header}{line_end}{heading}:{header:#}");
        for name in *names {
            let _ = write!(list, "\n  {literal}{name:width$}{literal:#}  {}", about(name));
        }
    }
    let others = command.get_subcommands().filter(|verb| !verb.is_hide_set());
    let others: Vec<&str> =
        others.map(clap::Command::get_name).filter(|name| !shown.contains(name)).collect();
    let _ = write!(list, "\nAlso: {}", others.join(", "));
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verbs::Cli;
    use clap::CommandFactory as _;

    /// The lines of a terminal, but for that of the prompt, and the width that the pages are read
    /// at.
    const SCREEN: (usize, usize) = (23, 80);

    /// A command that is shown, and its two pages as a terminal of 80 columns shows them.
    struct Shown {
        name: String,
        command: clap::Command,
        short: String,
        long: String,
    }

    fn is_shown(command: &clap::Command) -> bool {
        !command.is_hide_set() && command.get_name() != "help"
    }

    /// Every command that is shown.
    fn commands() -> Vec<Shown> {
        fn walk(commands: [&clap::Command; 3], name: &str, all: &mut Vec<Shown>) {
            let [command, short, long] = commands;
            for below in command.get_subcommands().filter(|below| is_shown(below)) {
                let word = below.get_name();
                let inside = |command: &clap::Command| command.find_subcommand(word).cloned();
                let (Some(short), Some(long)) = (inside(short), inside(long)) else {
                    panic!("{name} {word} is not everywhere");
                };
                walk([below, &short, &long], &format!("{name} {word}"), all);
            }
            all.push(Shown {
                name: name.to_owned(),
                command: command.clone(),
                short: short.clone().render_help().to_string(),
                long: long.clone().render_long_help().to_string(),
            });
        }
        let built = |page| {
            let mut command = with_pages(Cli::command(), page).term_width(SCREEN.1);
            command.build();
            command
        };
        let mut all = Vec::new();
        let (short, long) = (built(HelpPage::Short), built(HelpPage::Long));
        walk([&Cli::command(), &short, &long], "topup", &mut all);
        all
    }

    /// Without the line ends of the terminal.
    fn unwrapped(page: &str) -> String {
        page.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_short_page_fits_a_screen() {
        let mut found = Vec::new();
        for Shown { name, short, .. } in commands() {
            let wide = short.lines().any(|line| line.chars().count() > SCREEN.1);
            if short.lines().count() > SCREEN.0 || wide {
                found.push(format!("{name}: {} lines\n{short}", short.lines().count()));
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    #[test]
    fn what_the_short_page_leaves_out_stands_in_the_long_one() {
        let mut left_out = 0;
        for Shown { name, command, short, long } in commands() {
            for argument in command.get_arguments().filter(|argument| !argument.is_hide_set()) {
                let Some(flag) = argument.get_long() else { continue };
                let flag = format!("--{flag}");
                left_out += usize::from(!short.contains(&flag));
                assert!(long.contains(&flag), "{name}: {flag}");
            }
            for below in command.get_subcommands().filter(|below| is_shown(below)) {
                let word = below.get_name();
                assert!(unwrapped(&short).contains(word), "{name} -h: {word}");
                assert!(long.contains(&format!("\n  {word}")), "{name} --help: {word}");
            }
            for example in short.lines().filter(|line| line.starts_with("  topup ")) {
                assert!(long.contains(example), "{name}: {example}");
            }
            let more = if name == "topup" { "'topup help'" } else { &format!("'{name} --help'") };
            let short = unwrapped(&short);
            assert!(short.contains(more) && short.contains("'topup help options'"), "{short}");
        }
        assert!(left_out > 40, "{left_out}");
    }

    #[test]
    fn the_parser_breaks_the_lines() {
        let is_prose = |line: &str| line.starts_with(|first: char| !first.is_whitespace());
        for Shown { name, command, .. } in commands() {
            let texts = [command.get_after_help(), command.get_after_long_help()];
            for text in texts.into_iter().flatten().map(ToString::to_string) {
                let lines: Vec<&str> = text.lines().collect();
                for pair in lines.windows(2) {
                    let by_hand = is_prose(pair[0]) && is_prose(pair[1]);
                    assert!(!by_hand, "{name}: a line is broken by hand: {pair:?}");
                }
                let is_wide =
                    |line: &&&str| line.starts_with("  topup") && line.chars().count() > SCREEN.1;
                assert_eq!(lines.iter().find(is_wide), None, "{name}");
            }
        }
    }

    #[test]
    fn the_page_that_was_asked_for_is_the_one_that_is_printed() {
        for (line, says) in [
            ("-h", "Also: journal,"),
            ("-qh", "Also: journal,"),
            ("--help", "Global options:"),
            ("help", "Global options:"),
            ("buy -h", "More: 'topup buy --help'."),
            ("buy -yh", "More: 'topup buy --help'."),
            ("buy --help", "--return-url"),
            ("help buy", "--return-url"),
            ("ledger -h", "Also: mandates,"),
            ("ledger run -h", "More: 'topup ledger run --help'."),
        ] {
            let words = std::iter::once("topup").chain(line.split(' '));
            let argv: Vec<OsString> = words.map(OsString::from).collect();
            let parser = command_for(&argv, Cli::command());
            let page = parser.try_get_matches_from(&argv).expect_err(line).to_string();
            assert!(page.contains(says), "{line}: {page}");
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
