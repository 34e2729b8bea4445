//! What the processes are asked to do.

use crate::simulation::dice::Dice;
use std::path::Path;

/// How many names are in use at once, and how often each is used while it is.
const NAMES: u64 = 6;
const USES: u64 = 20;

/// What a process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Buy,
    BuyNamed,
    Ensure,
    Resume,
    Status,
    State,
    History,
    Watch,
    Run,
    Record,
    Credit,
}

/// What is spent by one run and by one record, and what comes in by one credit.
pub const RUN_COSTS: &str = "0.25";
pub const RUN_ESTIMATE: &str = "0.75";
pub const RECORD_COSTS: &str = "0.50";
pub const CREDIT: &str = "2.00";

impl Verb {
    pub fn thrown(dice: &mut Dice) -> Self {
        match dice.below(100) {
            0..16 => Self::Buy,
            16..40 => Self::BuyNamed,
            40..50 => Self::Ensure,
            50..58 => Self::Resume,
            58..61 => Self::Status,
            61..68 => Self::State,
            68..71 => Self::History,
            71..77 => Self::Watch,
            77..89 => Self::Run,
            89..95 => Self::Record,
            _ => Self::Credit,
        }
    }

    /// The words of the command, the `number`th of all.
    pub fn arguments(self, dice: &mut Dice, number: u64, notes: &Path) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let job = number / USES + dice.below(NAMES);
        let note = |file: &str| notes.join(file).display().to_string();
        match self {
            Self::Buy => {
                let amount = dice.pick(&["11", "12", "13"]);
                words(&["buy", amount, "--yes", "--wait", "10s", "--json"])
            }
            Self::BuyNamed => {
                // One name is always for the same.
                let amount = (20 + job % 7).to_string();
                let name = format!("job-{job}");
                words(&["buy", &amount, "--yes", "--wait", "10s", "--once", &name, "--json"])
            }
            Self::Ensure => words(&[
                "ensure",
                "--at-least",
                "100",
                "--buy",
                "17",
                "--yes",
                "--wait",
                "10s",
                "--json",
            ]),
            Self::Resume => words(&["resume", "--wait", "5s", "--json"]),
            Self::Status => words(&["status", "--json"]),
            Self::State => words(&["state", "--json"]),
            Self::History => words(&["history", "--json"]),
            Self::Watch => {
                let report = format!("echo fell >>{}", note("reports"));
                words(&[
                    "watch",
                    "--below",
                    "100",
                    "--one-look",
                    "--json",
                    "--",
                    "sh",
                    "-c",
                    &report,
                ])
            }
            Self::Run => {
                let (began, cost) = (note("began"), RUN_COSTS);
                let run = format!("echo {number} >>{began}; echo {cost} >$TOPUP_COST_FILE");
                let run = ["--for-provider", "p", "--json", "--", "sh", "-c", &run];
                words(
                    &[&["ledger", "run", "--strict", "--estimate", RUN_ESTIMATE][..], &run]
                        .concat(),
                )
            }
            // The same key comes again from whoever asks next.
            Self::Record => {
                let key = format!("record-{job}");
                words(&[
                    "ledger",
                    "record",
                    RECORD_COSTS,
                    "--for-provider",
                    "p",
                    "--key",
                    &key,
                    "--json",
                ])
            }
            Self::Credit => {
                let key = format!("credit-{job}");
                words(&["ledger", "credit", CREDIT, "--key", &key, "--json"])
            }
        }
    }
}

/// The name or key that these words have.
pub fn name_in(arguments: &[String]) -> Option<String> {
    let at = arguments.iter().position(|word| word == "--once" || word == "--key")?;
    arguments.get(at + 1).cloned()
}
