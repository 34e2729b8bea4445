//! The parser of one verb alone. To make what all the verbs understand is most of the work of a short
//! command, and a line that its own verb understands needs no other. What is refused or asks for help
//! is looked at with all of them.

use super::globals::Globals;
use super::verbs::{
    NamedArguments, buy, check, ensure, history, ledger, limit, metrics, resume, state, status,
    whoami,
};
use clap::{Args, Command};
use std::ffi::OsString;

/// The verbs that scripts and prompts run again and again.
const VERBS: &[NamedArguments] = &[
    ("state", state::StateArgs::augment_args),
    ("buy", buy::BuyArgs::augment_args),
    ("status", status::StatusArgs::augment_args),
    ("resume", resume::ResumeArgs::augment_args),
    ("history", history::History::augment_args),
    ("limit", limit::LimitArgs::augment_args),
    ("check", check::CheckArgs::augment_args),
    ("ensure", ensure::EnsureArgs::augment_args),
    ("metrics", metrics::Metrics::augment_args),
    ("whoami", whoami::Whoami::augment_args),
];

/// The parser of the program with the verb of these words alone; none where that is another one.
pub fn parser(words: &[OsString]) -> Option<Command> {
    let [verb, rest @ ..] = words else { return None };
    let verb = if verb == "ledger" {
        let inner = rest.first().and_then(|word| word.to_str()).unwrap_or_default();
        ledger::LedgerArgs::augment_with(inner, Command::new("ledger"))
    } else {
        let (name, augment) = VERBS.iter().find(|(name, _)| verb == name)?;
        augment(Command::new(*name))
    };
    Some(Globals::augment_args(Command::new("topup")).subcommand_required(true).subcommand(verb))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verbs::Cli;
    use clap::CommandFactory as _;

    /// What there is to understand behind a command: each argument with all that is said of it but its
    /// place on the help page, and how they go with commands below.
    fn understood(command: &Command) -> (Vec<String>, Vec<bool>) {
        let given = ["help", "version"];
        let mut arguments: Vec<String> = command
            .get_arguments()
            .filter(|argument| !given.contains(&argument.get_id().as_str()))
            .map(|argument| format!("{argument:?}"))
            .map(|said| {
                let (said, place) = said.split_once(", disp_ord").expect("a place");
                format!("{said}{}", place.split_once(", val_names").expect("more").1)
            })
            .collect();
        arguments.sort();
        let settings = vec![
            command.is_subcommand_required_set(),
            command.is_args_conflicts_with_subcommands_set(),
            command.is_subcommand_negates_reqs_set(),
            command.is_allow_external_subcommands_set(),
            command.is_dont_delimit_trailing_values_set(),
            command.is_allow_missing_positional_set(),
            command.is_trailing_var_arg_set(),
        ];
        (arguments, settings)
    }

    #[test]
    fn a_verb_alone_understands_what_it_understands_among_all() {
        let mut all = Cli::command();
        all.build();
        let inner = ledger::AGAIN_AND_AGAIN.iter().map(|(name, _)| vec!["ledger", name]);
        let lines = VERBS.iter().map(|(name, _)| vec![*name]).chain(inner).chain([vec!["ledger"]]);
        for line in lines {
            let words: Vec<OsString> = line.iter().map(OsString::from).collect();
            let mut alone = parser(&words).expect("a parser");
            alone.build();
            let (mut one, mut other) = (&alone, &all);
            assert_eq!(understood(one), understood(other), "topup");
            for name in &line {
                one = one.find_subcommand(name).expect("there");
                other = other.find_subcommand(name).expect("there");
                assert_eq!(understood(one), understood(other), "{line:?}");
            }
            let below = |command: &Command| {
                command.get_subcommands().map(|one| one.get_name().to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(below(one), below(other), "{line:?}");
        }
        assert!(parser(&["help".into()]).is_none() && parser(&[]).is_none());
    }
}
