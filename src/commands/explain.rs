//! `topup explain`: what an exit code means and what to do; with nothing, the whole table.

use crate::answer::page::{Page, Tone};
use crate::answer::{Answer, Show};
use crate::class::{Class, Row, TABLE};
use crate::context::Context;
use crate::error::{Error, Result};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

/// The arguments of `topup explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// An exit code or the name of a class
    #[arg(value_name = "CODE or CLASS")]
    what: Option<String>,
}

/// The answer of `topup explain`.
#[derive(Serialize, JsonSchema)]
pub struct Explained {
    /// The classes that were asked for.
    classes: Vec<Line>,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    class: Class,
    exit_code: u8,
    meaning: &'static str,
    todo: &'static str,
}

impl Explain {
    /// Looks it up.
    ///
    /// # Errors
    /// Class `usage` when there is no such class.
    pub fn run(self, _context: &Context) -> Result<Answer> {
        let rows: Vec<&Row> = match &self.what {
            None => TABLE.iter().collect(),
            Some(what) => {
                let class = Class::find(what.trim()).ok_or_else(|| {
                    Error::usage(format!(
                        "'{}' is neither an exit code nor a class",
                        what.escape_debug()
                    ))
                    .hint("'topup explain' shows the whole table.")
                })?;
                vec![class.row()]
            }
        };
        let classes = rows
            .into_iter()
            .map(|row| Line {
                class: row.class,
                exit_code: row.code,
                meaning: row.meaning,
                todo: row.todo,
            })
            .collect();
        Ok(Answer::new(Explained { classes }))
    }
}

impl Show for Explained {
    fn show(&self, page: &mut Page) {
        for line in &self.classes {
            page.line(Tone::Strong, &format!("{:>3}  {}", line.exit_code, line.class.name()));
            page.line(Tone::Plain, &format!("     {}.", line.meaning));
            page.line(Tone::Dim, &format!("     {}", line.todo));
        }
    }
}
