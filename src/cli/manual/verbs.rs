//! The pages of the verbs, section 1: what `clap` knows about each, its examples, and the tables
//! that belong to all of them. A new verb has its page without a line here.

use super::{MANUAL, SOURCE, TOPICS, finished, see_also, unmade};
use crate::core::class::TABLE;
use crate::core::env::VARIABLES;
use crate::core::failure::{Failure, Result};
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::path::{Path, PathBuf};

/// One page for the program and one for every verb that is shown.
pub fn pages(root: &Command, pages: &mut Vec<(PathBuf, String)>) -> Result<()> {
    add(root, None, pages)
}

fn add(command: &Command, above: Option<&str>, pages: &mut Vec<(PathBuf, String)>) -> Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    pages.push((Path::new("man").join(format!("{name}.1")), page(command, &name, above)?));
    for verb in shown(command) {
        add(verb, Some(&name), pages)?;
    }
    Ok(())
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|verb| !verb.is_hide_set())
}

fn page(command: &Command, name: &str, above: Option<&str>) -> Result<String> {
    let man = Man::new(command.clone()).title(name).section("1").source(SOURCE).manual(MANUAL);
    let mut page = Vec::new();
    let made = (|| {
        man.render_title(&mut page)?;
        man.render_name_section(&mut page)?;
        synopsis(command).to_writer(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
        if command.has_subcommands() {
            man.render_subcommands_section(&mut page)?;
        }
        examples(command).to_writer(&mut page)?;
        exit_status().to_writer(&mut page)?;
        environment().to_writer(&mut page)?;
        related(command, name, above).to_writer(&mut page)
    })();
    made.map_err(unmade)?;
    let text = String::from_utf8(page).map_err(|cause| {
        Failure::internal("a manual page is not text").because(anyhow::Error::new(cause))
    })?;
    // Between a text and its possible values there is an empty line, which a page may not have.
    Ok(finished(&text.replace(".br\n\n.br\n", ".br\n")))
}

/// The usage line of the help: the flags that every verb takes are one word in it.
fn synopsis(command: &Command) -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["SYNOPSIS"]);
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").split_whitespace().collect::<Vec<_>>().join(" ");
    let arguments = usage.find(" [").into_iter().chain(usage.find(" <")).min();
    let end = arguments.unwrap_or(usage.len());
    roff.text([bold(&usage[..end]), roman(&usage[end..])]);
    roff
}

/// The lines under `Examples:` of the help: a command, at least three blanks, and what it is for.
fn examples_of(command: &Command) -> Vec<(String, String)> {
    let help = command.get_after_long_help().or_else(|| command.get_after_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    help.lines()
        .skip_while(|line| !line.starts_with("Examples:"))
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .map(|line| line.trim().split_once("   ").unwrap_or((line.trim(), "")))
        .map(|(command, what)| (command.to_owned(), what.trim().to_owned()))
        .collect()
}

fn examples(command: &Command) -> Roff {
    let mut roff = Roff::default();
    for (at, (command, what)) in examples_of(command).into_iter().enumerate() {
        if at == 0 {
            roff.control("SH", ["EXAMPLES"]);
        }
        if what.is_empty() {
            // Right under a heading it would be one paragraph too many.
            if at > 0 {
                roff.control("PP", []);
            }
            roff.text([bold(command)]);
        } else {
            roff.control("TP", []);
            roff.text([bold(command)]);
            roff.text([roman(what)]);
        }
    }
    roff
}

fn exit_status() -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["EXIT STATUS"]);
    for row in TABLE {
        roff.control("TP", []);
        roff.text([bold(row.code.to_string()), roman(format!("  {}", row.name))]);
        roff.text([roman(format!("{}. {}", row.meaning, row.todo))]);
    }
    roff
}

fn environment() -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["ENVIRONMENT"]);
    for variable in VARIABLES {
        roff.control("TP", []);
        roff.text([bold(variable.name)]);
        roff.text([roman(format!("{}.", variable.meaning))]);
    }
    roff
}

/// The page above, those below, and those about the ideas behind it.
fn related(command: &Command, name: &str, above: Option<&str>) -> Roff {
    let mut roff = Roff::default();
    let verb = name.strip_prefix("topup-").unwrap_or_default();
    let above = above.map(|name| format!("{name}(1)"));
    let below = shown(command).filter_map(|verb| Some(format!("{}(1)", verb.get_display_name()?)));
    let is_about = |topic: &&super::Topic| {
        let first = verb.split('-').next().unwrap_or_default();
        let every = verb.is_empty() || topic.name == "exit-codes" || topic.name == "configuration";
        every || topic.verbs.iter().any(|about| *about == verb || *about == first)
    };
    let topics = TOPICS.iter().filter(is_about).map(|topic| format!("topup-{}(7)", topic.name));
    see_also(above.into_iter().chain(below).chain(topics), &mut roff);
    roff
}
