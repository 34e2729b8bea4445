//! The manual: a page for every verb, section 1, made from the tree of the command line, and pages
//! about ideas, section 7, whose prose stands in the files beside this one and whose tables come
//! from the code. `topup generate` writes them, and `topup explain` shows those of section 7 where
//! no manual is installed.

pub(crate) mod prose;
mod verbs;

use crate::config::{keys, paths};
use crate::core::class::TABLE;
use crate::core::env::VARIABLES;
use crate::core::failure::{Failure, Result};
use crate::provider::{self, balances};
use crate::sandbox::settings;
use clap_mangen::roff::{Inline, Roff, bold, roman};
use prose::Block;
use std::path::{Path, PathBuf};

/// Who made a page, and which manual it is of.
const SOURCE: &str = concat!("topup ", env!("CARGO_PKG_VERSION"));
const MANUAL: &str = "topup manual";

/// A page about an idea.
pub struct Topic {
    /// Its name behind `topup-`, and for `topup explain`.
    pub name: &'static str,
    /// What it is about, as a phrase without a full stop.
    pub summary: &'static str,
    prose: &'static str,
    /// The verbs that it is for: they name each other under SEE ALSO.
    verbs: &'static [&'static str],
}

macro_rules! topics {
    ($($name:literal $summary:literal for $($verb:literal)*;)*) => {
        /// All of them.
        pub const TOPICS: &[Topic] = &[
            $(Topic {
                name: $name,
                summary: $summary,
                prose: include_str!(concat!($name, ".md")),
                verbs: &[$($verb),*],
            },)*
        ];
    };
}

topics! {
    "exactly-once" "How a purchase is made once, whatever goes wrong"
        for "buy" "ensure" "status" "resume" "history" "plan-upgrade";
    "exit-codes" "What the exit codes mean and what to do about each"
        for "explain";
    "fleet" "What machines that buy from one account share, and what not"
        for "buy" "ensure" "login" "logout";
    "checks" "How the promises of topup are tested"
        for "explain" "sandbox";
    "security" "What is protected against whom, and what is not"
        for "login" "logout" "config" "doctor";
    "sandbox" "The built-in billing portal, to try everything without real money"
        for "sandbox";
    "configuration" "Files, profiles and environment variables"
        for "login" "logout" "whoami" "state" "limit" "auto-reload" "team" "config" "doctor";
    "systems" "The systems whose credits can be read, and rows of your own"
        for "state" "check" "watch" "limit" "open" "login" "config";
    "sellers" "Where credits can be bought from a terminal, and why elsewhere not"
        for "buy" "ensure";
    "ledger" "A prepaid budget in front of paid commands"
        for "ledger" "transactions";
    "scripting" "Scripts, CI jobs, cron and systemd"
        for "buy" "check" "ensure" "watch" "schema" "completions" "open";
}

impl Topic {
    /// The topic of this name, with or without `topup-`.
    pub fn find(name: &str) -> Option<&'static Self> {
        let name = name.strip_prefix("topup-").unwrap_or(name);
        TOPICS.iter().find(|topic| topic.name == name)
    }

    /// What the page says, its tables filled in.
    pub fn blocks(&self) -> Vec<Block> {
        let mut whole = Vec::new();
        for block in prose::parse(self.prose) {
            match block {
                Block::Table(name) => whole.extend(table(&name)),
                other => whole.push(other),
            }
        }
        whole
    }

    /// The page for `man`.
    fn page(&self) -> Roff {
        let mut roff = head(&format!("topup-{}", self.name), "7", self.summary);
        roff.control("SH", ["DESCRIPTION"]);
        prose::to_roff(&self.blocks(), &mut roff);
        let verbs = self.verbs.iter().map(|verb| format!("topup-{verb}(1)"));
        let others = TOPICS.iter().filter(|other| other.name != self.name);
        let others = others.map(|other| format!("topup-{}(7)", other.name));
        see_also(std::iter::once("topup(1)".to_owned()).chain(verbs).chain(others), &mut roff);
        roff
    }
}

/// The names of the topics, for a message.
pub fn topic_names() -> String {
    TOPICS.iter().map(|topic| topic.name).collect::<Vec<_>>().join(", ")
}

/// The rows of a table of the code, by the name that the prose gives it; none for another name.
fn table(name: &str) -> Vec<Block> {
    let item = |term: String, text: String| Block::Item { term: Some(term), text };
    match name {
        "classes" => TABLE
            .iter()
            .map(|row| {
                item(format!("{} {}", row.code, row.name), format!("{}. {}", row.meaning, row.todo))
            })
            .collect(),
        "systems" => provider::catalogue()
            .all()
            .filter(|system| balances::row_of(*system).is_none())
            .map(|system| item(system.name().to_owned(), format!("{}.", system.facts().summary)))
            .collect(),
        "rows" => balances::table::ROWS.iter().map(row).collect(),
        "fields" => balances::own::FIELDS
            .iter()
            .map(|field| item(field.name.to_owned(), format!("{}.", capitalised(field.takes))))
            .collect(),
        "environment" => VARIABLES
            .iter()
            .map(|variable| item(variable.name.to_owned(), format!("{}.", variable.meaning)))
            .collect(),
        "settings" => keys::OF_A_PROFILE
            .iter()
            .map(|key| item(key.name.to_owned(), format!("{}.", key.meaning)))
            .collect(),
        "files" => paths::FILES
            .iter()
            .map(|(name, meaning)| item((*name).to_owned(), format!("{meaning}.")))
            .collect(),
        "sandbox" => settings::SETTINGS
            .iter()
            .map(|setting| item(setting.name.to_owned(), format!("{}.", setting.values)))
            .collect(),
        _ => Vec::new(),
    }
}

/// A row of the table of systems: where it is, and what holds its key.
fn row(row: &balances::row::BalanceRow) -> Block {
    let facts = row.facts;
    let place = match (facts.gateway_url.or(facts.usual_url), facts.variables.first()) {
        (Some(url), _) => url.to_owned(),
        (None, Some(variable)) => format!("where {variable} or portal_url says"),
        (None, None) => "where portal_url says".to_owned(),
    };
    let mut text = format!("{}, {place}.", facts.title);
    if !facts.key_variables.is_empty() {
        text.push_str(&format!(" Key: {}.", facts.key_variables.join(", ")));
    }
    let account: Vec<&str> = facts
        .account_keys
        .iter()
        .flat_map(|known| std::iter::once(known.key).chain(known.variables.iter().copied()))
        .collect();
    if !account.is_empty() {
        text.push_str(&format!(" Account: {}.", account.join(", ")));
    }
    Block::Item { term: Some(facts.name.to_owned()), text }
}

/// The phrase with a capital letter in front.
fn capitalised(phrase: &str) -> String {
    let mut letters = phrase.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Every page of this command line and its topics: its path below the folder of the project, and
/// its text.
///
/// # Errors
/// Class `internal` when one cannot be made.
pub fn pages(command_line: clap::Command) -> Result<Vec<(PathBuf, String)>> {
    let mut root = in_full(command_line.disable_help_subcommand(true));
    root.build();
    let mut pages = Vec::new();
    verbs::pages(&root, &mut pages)?;
    for topic in TOPICS {
        let path = Path::new("man").join(format!("topup-{}.7", topic.name));
        pages.push((path, finished(&topic.page().render())));
    }
    Ok(pages)
}

/// The same with all that is said of each argument, as one paragraph: a page of the manual leaves out
/// nothing of what `-h` does.
fn in_full(command: clap::Command) -> clap::Command {
    let whole = |argument: clap::Arg| {
        let long = argument.get_long_help().map(|text| {
            let text = text.to_string();
            let sentences = text.split("\n\n").map(|part| part.trim_end_matches('.'));
            format!("{}.", sentences.collect::<Vec<_>>().join(". "))
        });
        let argument = argument.hide_short_help(false);
        match long {
            Some(long) => argument.long_help(long),
            None => argument,
        }
    };
    command.mut_args(whole).mut_subcommands(in_full)
}

/// The title and the NAME of a page. No date: a page differs only where its words do.
fn head(name: &str, section: &str, summary: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("TH", [name, section, "", SOURCE, MANUAL]);
    roff.control("SH", ["NAME"]);
    let mut summary = summary.to_owned();
    if let Some(first) = summary.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    roff.text([roman(format!("{name} - {summary}"))]);
    roff
}

/// The pages to read next, `name(section)`.
fn see_also(pages: impl IntoIterator<Item = String>, roff: &mut Roff) {
    roff.control("SH", ["SEE ALSO"]);
    let mut line: Vec<Inline> = Vec::new();
    for page in pages {
        if !line.is_empty() {
            line.push(roman(", "));
        }
        match page.split_once('(') {
            Some((name, section)) => {
                line.push(bold(name));
                line.push(roman(format!("({section}")));
            }
            None => line.push(bold(page)),
        }
    }
    roff.text(line);
}

/// The text of a page. Trailing blanks mean nothing in it and offend every check of a text file;
/// the date that is left out of the title keeps its place. No word is broken and no line stretched:
/// a flag has to be found and copied as it is typed.
fn finished(text: &str) -> String {
    let line = |line: &str| match line.strip_prefix(".TH ") {
        Some(title) => format!(".TH {}\n.nh\n.ad l", title.replacen("  ", " \"\" ", 1)),
        None => line.trim_end().to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn unmade(cause: std::io::Error) -> Failure {
    Failure::internal("a manual page could not be made").because(anyhow::Error::new(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_a_verb_says_all_of_each_argument() {
        use clap::CommandFactory as _;
        let pages = pages(crate::cli::verbs::Cli::command()).expect("made");
        let page = |name: &str| {
            let path = Path::new("man").join(name);
            let (_, text) = pages.iter().find(|(known, _)| *known == path).expect("a page");
            text.replace('\\', "")
        };
        let run = page("topup-ledger-run.1");
        // What `-h` leaves out, what it shortens, and what holds for every verb.
        for text in [
            "Workflow that it belongs to",
            "Estimated price, before the markup. It is recorded when the command reports no cost.",
            "Choose the billing system;",
            "topup ledger run [OPTIONS] --estimate <BASE-PRICE> --for-provider <NAME> -- <COMMAND>",
        ] {
            let run = run.replace("fR", "").replace("fB", "");
            assert!(run.contains(text), "{text}: {run}");
        }
        for (path, text) in pages.iter().filter(|(path, _)| path.extension() == Some("1".as_ref()))
        {
            assert!(!text.contains("\n\n"), "{}: an empty line", path.display());
        }
    }

    #[test]
    fn every_table_that_a_page_names_is_there_and_every_reference_leads_somewhere() {
        for topic in TOPICS {
            for block in prose::parse(topic.prose) {
                if let Block::Table(name) = block {
                    assert!(!table(&name).is_empty(), "{}: no table '{name}'", topic.name);
                }
            }
            assert!(!topic.summary.ends_with('.') && !topic.verbs.is_empty());
            for reference in topic.prose.split("topup-").skip(1) {
                let Some((name, "7")) = reference
                    .split_once('(')
                    .map(|(name, rest)| (name, rest.split(')').next().unwrap_or_default()))
                else {
                    continue;
                };
                assert!(Topic::find(name).is_some(), "{}: topup-{name}(7)", topic.name);
            }
        }
    }
}
