//! Promise: one table is one table everywhere: help, manual, `explain` and schemas say the
//! same, because they are made from the code.

use crate::support::User;
use clap::CommandFactory;
use std::collections::BTreeSet;
use std::path::Path;
use topup::cli::verbs::{Cli, generate};
use topup::core::class::TABLE;

#[test]
fn committed_files_are_what_the_code_makes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = generate::files(Cli::command).expect("made");
    let mut made = BTreeSet::new();
    for (path, text) in files {
        let present = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
        assert!(present == text, "{} differs: run 'cargo run -- generate .'", path.display());
        made.insert(root.join(path));
    }
    for folder in ["completions", "man"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            assert!(made.contains(&path), "{} is made by nothing", path.display());
        }
    }
}

#[test]
fn the_table_of_exit_codes_is_one_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let topic = std::fs::read_to_string(root.join("man/topup-exit-codes.7")).expect("a page");
    let topic = topic.replace('\\', "").replace("*(Aq", "'");
    let page = std::fs::read_to_string(root.join("man/topup-buy.1")).expect("a page");
    let user = User::new();
    let told = user.run(&["explain", "--json"]).code(0).json();
    let classes = told["data"]["classes"].as_array().expect("classes");
    assert_eq!(classes.len(), TABLE.len());
    for (row, class) in TABLE.iter().zip(classes) {
        assert_eq!((&class["class"], &class["exit_code"]), (&row.name.into(), &row.code.into()));
        let told = format!("fB{} {}fR\n{}. {}\n", row.code, row.name, row.meaning, row.todo);
        assert!(topic.contains(&told), "{told}");
        let name = row.name.replace('-', "\\-");
        assert!(page.contains(&format!("\\fB{}\\fR  {name}", row.code)), "{}", row.name);
        let one = user.run(&["explain", &row.code.to_string()]).code(0);
        assert!(one.out.contains(row.name) && one.out.contains(row.meaning), "{}", one.out);
        let named = user.run(&["explain", row.name]).code(0);
        assert_eq!(named.out, one.out, "the code and its class are one");
    }
}

#[test]
fn every_flag_has_help_a_value_name_and_its_voice() {
    fn walk(command: &clap::Command, path: &str) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(!about.is_empty() && !about.ends_with('.'), "{path}: {about}");
        let first = about.split([' ', ',', ':']).next().unwrap_or_default();
        assert!(
            path == "topup" || !first.ends_with('s') || first == "Address",
            "{path} begins with an order: {about}"
        );
        for argument in command.get_arguments() {
            let name = format!("{path} {}", argument.get_id());
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{name} has no help");
            assert!(!help.ends_with('.'), "{name}: {help}");
            assert!(help.starts_with(char::is_uppercase), "{name}: {help}");
            if argument.get_action().takes_values() {
                assert!(argument.get_value_names().is_some(), "{name} has no value name");
            }
        }
        for verb in command.get_subcommands() {
            walk(verb, &format!("{path} {}", verb.get_name()));
        }
    }
    walk(&Cli::command(), "topup");
}

#[test]
fn every_flag_for_all_verbs_has_its_environment_variable() {
    let known: Vec<&str> =
        topup::core::env::VARIABLES.iter().map(|variable| variable.name).collect();
    let command = Cli::command();
    for argument in command.get_arguments().filter(|argument| argument.is_global_set()) {
        let variable = argument.get_env().and_then(|name| name.to_str()).unwrap_or_default();
        let expected = format!("TOPUP_{}", argument.get_id().as_str().to_uppercase());
        assert_eq!(variable, expected);
        assert!(known.contains(&variable), "{variable} is not declared");
    }
}

#[test]
fn no_text_names_a_verb_or_a_flag_that_is_not_there() {
    let command = Cli::command();
    let mut checked = 0;
    let pages = crate::examples::pages();
    let texts = pages.iter().map(|page| std::fs::read_to_string(page).expect("a page"));
    let whole = texts.collect::<Vec<_>>().join("\n");
    for part in whole.split("topup ").skip(1) {
        let Some(verb) = part.split([' ', '`', '\n', ',', ')', '"', '\'']).next() else { continue };
        if let Some(known) = command.find_subcommand(verb) {
            let line =
                part.lines().next().unwrap_or_default().split('`').next().unwrap_or_default();
            // The verb, and the verbs below it: each takes flags.
            let mut path = vec![&command, known];
            let mut words = line.split_whitespace().skip(1);
            while let Some(below) = words
                .next()
                .and_then(|word| path.last().and_then(|known| known.find_subcommand(word)))
            {
                path.push(below);
            }
            let flags = line.split_whitespace().take_while(|word| *word != "--");
            for flag in flags.filter_map(|word| word.strip_prefix("--")) {
                let flag = flag.trim_end_matches(|end: char| !end.is_ascii_alphanumeric());
                let has = |command: &&clap::Command| {
                    command.get_arguments().any(|argument| argument.get_long() == Some(flag))
                };
                assert!(path.iter().any(has), "--{flag} of '{verb}': {line}");
            }
            checked += 1;
        }
    }
    assert!(checked > 10, "the texts show commands");
}
