//! `topup explain`: what an exit code means and what to do; with nothing, the whole table; and the
//! pages of the manual about ideas, for where no manual is installed.

use super::completions::values;
use crate::cli::invocation::Invocation;
use crate::cli::manual::prose::{self, Block};
use crate::cli::manual::{self, Topic};
use crate::core::class::{Class, ClassRow, TABLE};
use crate::core::failure::{Failure, Result};
use crate::core::likeness::did_you_mean;
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;
use clap_complete::ArgValueCandidates;
use schemars::JsonSchema;
use serde::Serialize;

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup explain 20             what it means that a command ended with 20
  topup explain exactly-once   read about never paying twice
  topup explain --json         the whole table, for a program";

/// The arguments of `topup explain`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Explain {
    /// An exit code, the name of a class, or a topic such as exactly-once
    #[arg(value_name = "CODE, CLASS or TOPIC", add = ArgValueCandidates::new(values::classes))]
    what: Option<String>,
}

/// The answer of `topup explain`.
#[derive(Serialize, JsonSchema)]
pub struct Explained {
    /// The classes that were asked for.
    classes: Vec<ExplainedClass>,
    /// The topic that was asked for instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<Explanation>,
}

/// A page of the manual.
#[derive(Serialize, JsonSchema)]
struct Explanation {
    name: &'static str,
    summary: &'static str,
    /// The page, in lines of at most 80 characters.
    text: String,
    #[serde(skip)]
    blocks: Vec<Block>,
}

impl Explanation {
    fn from_topic(topic: &Topic) -> Self {
        let blocks = topic.blocks();
        let mut page = Page::new(false, 80);
        prose::to_page(&blocks, &mut page);
        Self { name: topic.name, summary: topic.summary, text: page.finish(), blocks }
    }
}

#[derive(Serialize, JsonSchema)]
struct ExplainedClass {
    class: Class,
    exit_code: u8,
    meaning: &'static str,
    todo: &'static str,
}

impl Explain {
    /// Finds it.
    ///
    /// # Errors
    /// Class `usage` when there is no such class and no such topic.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        let what = self.what.as_deref().map(str::trim);
        let rows: Vec<&ClassRow> = match (what, what.and_then(Class::find)) {
            (None, _) => TABLE.iter().collect(),
            (Some(_), Some(class)) => vec![class.row()],
            (Some(what), None) => {
                let topic = Topic::find(what).ok_or_else(|| unknown(what, invocation))?;
                let topic = Some(Explanation::from_topic(topic));
                return Ok(Answer::new(Explained { classes: Vec::new(), topic }));
            }
        };
        let classes = rows
            .into_iter()
            .map(|row| ExplainedClass {
                class: row.class,
                exit_code: row.code,
                meaning: row.meaning,
                todo: row.todo,
            })
            .collect();
        Ok(Answer::new(Explained { classes, topic: None }))
    }
}

fn unknown(what: &str, invocation: &Invocation) -> Failure {
    let refused =
        Failure::usage(format!("'{}' is no exit code, no class and no topic", what.escape_debug()));
    let verb =
        (invocation.command_line)().find_subcommand(what).map(|verb| verb.get_name().to_owned());
    let refused = match verb {
        Some(verb) => refused.hint_with("'topup help {}' shows that command.", &[&verb]),
        None => refused,
    };
    let topics = manual::TOPICS.iter().map(|topic| topic.name);
    let refused = match did_you_mean(what, topics.chain(TABLE.iter().map(|row| row.name))) {
        Some(meant) => refused.hint(meant),
        None => refused,
    };
    refused
        .hint("'topup explain' shows all exit codes and classes.")
        .hint(format!("Topics are: {}.", manual::topic_names()))
}

impl Show for Explained {
    fn show(&self, page: &mut Page) {
        if let Some(topic) = &self.topic {
            page.line(Tone::Strong, topic.summary);
            page.line(Tone::Plain, "");
            prose::to_page(&topic.blocks, page);
        }
        for line in &self.classes {
            page.line(Tone::Strong, &format!("{:>3}  {}", line.exit_code, line.class.name()));
            page.hanging(Tone::Plain, "     ", &format!("{}.", line.meaning));
            page.hanging(Tone::Dim, "     ", line.todo);
        }
    }
}
