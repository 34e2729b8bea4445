//! `topup schema`: the JSON Schemas of the answers, made from the very types that are printed.

mod kept;
#[cfg(debug_assertions)]
pub(super) mod made;
mod references;

use super::shape::Shape;
use crate::cli::invocation::Invocation;
use crate::core::failure::{Failure, Result};
use crate::core::likeness::did_you_mean;
use crate::core::system::System;
use crate::output::{Answer, Plain, document};
use crate::provider;
use clap::Args;
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use serde_json::{Map, Value, json};

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup schema buy >buy.json   the shape of one answer
  topup schema plan upgrade    that of a verb with two words
  topup schema buy --inline    without references, for converters
  topup schema                 all of them";

/// The arguments of `topup schema`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SchemaArgs {
    /// The verb whose document is meant; all of them when left out
    #[arg(value_name = "COMMAND", num_args = 0.., add = ArgValueCandidates::new(candidates))]
    command: Vec<String>,
    /// Write each definition where it is used, without references
    #[arg(long)]
    inline: bool,
}

fn candidates() -> Vec<CompletionCandidate> {
    kept::verbs().into_iter().map(CompletionCandidate::new).collect()
}

impl SchemaArgs {
    /// Writes it; touches neither disk nor network.
    ///
    /// # Errors
    /// Class `usage` for a verb without a document.
    pub fn run(self, _context: &Invocation) -> Result<Answer> {
        let command = self.command.join(" ");
        let value = if command.is_empty() {
            let all = kept::verbs()
                .into_iter()
                .filter_map(|verb| Some((verb.to_owned(), self.made(for_command(verb)?))));
            Value::Object(all.collect())
        } else {
            self.made(for_command(&command).ok_or_else(|| unknown(&command))?)
        };
        let text = serde_json::to_string_pretty(&value)
            .map_err(|cause| Failure::internal("the schema could not be written").because(cause))?;
        Ok(Answer::new(Plain { text }))
    }

    fn made(&self, schema: Value) -> Value {
        if self.inline { references::inline(schema) } else { schema }
    }
}

/// A verb without a document: its verbs below have one, or there are others.
fn unknown(command: &str) -> Failure {
    let mut there = kept::verbs();
    let below = format!("{command} ");
    if there.iter().any(|verb| verb.starts_with(&below)) {
        there.retain(|verb| verb.starts_with(&below));
    }
    Failure::usage(format!("'{}' answers with no document of its own", command.escape_debug()))
        .hint(format!("Available: {}.", there.join(", ")))
}

/// What the schema of `data` of this verb says, in one shape or in any; the definitions are not in it.
fn data_of(verb: &str, shape: Option<Shape>) -> Option<Value> {
    let mut schemas = kept::answers(verb, shape);
    match schemas.len() {
        0 => None,
        1 => schemas.pop(),
        _ => Some(json!({ "anyOf": schemas })),
    }
}

/// The schema of the whole document of this verb.
pub fn for_command(command: &str) -> Option<Value> {
    let data = data_of(command, None)?;
    let mut error = kept::definition(kept::ERROR)?;
    error["title"] = kept::ERROR.into();
    let head = json!({
        "schema": {"const": document::SCHEMA},
        "command": {"const": command},
        "provider": {"type": ["string", "null"]},
    });
    let with = |outcome: &str, more: Value| {
        let mut properties = head.as_object().cloned().unwrap_or_default();
        properties.extend(more.as_object().cloned().unwrap_or_default());
        let required: Vec<String> = properties.keys().cloned().collect();
        let title = format!("topup {command}: {outcome}");
        json!({"title": title, "type": "object", "properties": properties, "required": required})
    };
    let mut definitions = references::definitions(&data);
    definitions.extend(references::definitions(&error));
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("topup {command}"),
        "oneOf": [
            with("success", json!({"ok": {"const": true}, "data": data})),
            with("failure", json!({"ok": {"const": false}, "data": {"type": "object"}, "error": error})),
        ],
        "$defs": definitions,
    }))
}

/// Refuses a `--get` path that the answer of this verb in this shape cannot have, before anything
/// is sent; `account` is the system whose account is the answer, where it is one and that is known.
///
/// # Errors
/// Class `usage`, naming the paths there are.
pub fn check_path(verb: &str, shape: Shape, account: Option<System>, path: &str) -> Result<()> {
    let command = format!("{verb}{}", shape.words());
    let Some(root) = data_of(verb, Some(shape)) else {
        return Err(Failure::usage(format!("'{command}' has no values to pick with --get")));
    };
    let root = account.and_then(account_of).unwrap_or(root);
    // An index of a list stands as `0` in a schema's paths.
    let steps: Vec<&str> = document::plain_path(path)
        .split('.')
        .map(|step| if step.bytes().all(|byte| byte.is_ascii_digit()) { "0" } else { step })
        .collect();
    if has_value(&root, &steps) {
        return Ok(());
    }
    let paths = paths_in(&root);
    let message = format!("there is no '{}' in the answer of '{command}'", path.escape_debug());
    let refused = Failure::usage(message);
    let refused = match did_you_mean(&steps.join("."), paths.iter().map(String::as_str)) {
        Some(meant) => refused.hint(meant),
        None => refused,
    };
    Err(refused.hint(format!("Available: {}.", paths.join(", "))))
}

/// The schema of the account of this system: that of its kind, and what all kinds have in common.
fn account_of(system: System) -> Option<Value> {
    let its_kind = match system {
        system if system == provider::NOUS => "DollarState",
        system if system == provider::BYTEROVER => "TeamState",
        system if system == provider::CIRIS => "UsesState",
        system if system == provider::LEDGER => "BudgetState",
        _ => "RowState",
    };
    let all = kept::definition("State")?;
    let is_its =
        |kind: &&Value| choices(kind).filter_map(references::name_in).any(|name| name == its_kind);
    choices(&all).find(is_its).cloned()
}

/// Whether a value can stand at the end of these steps. No answer contains itself.
fn has_value(at: &Value, steps: &[&str]) -> bool {
    let Some((step, rest)) = steps.split_first() else { return true };
    let below = match at.get("properties").and_then(|properties| properties.get(step)) {
        None if *step == "0" => at.get("items"),
        property => property,
    };
    below.is_some_and(|below| has_value(below, rest))
        || choices(at).any(|choice| has_value(choice, steps))
        || references::name_in(at)
            .and_then(kept::definition)
            .is_some_and(|found| has_value(&found, steps))
}

/// The schemas of which a value fits one or all.
fn choices(at: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf", "allOf"].iter().filter_map(|several| at.get(several)?.as_array()).flatten()
}

/// The values of the answers of the verb that is among these words, whichever flags choose between
/// them; none where there is no such verb.
pub fn paths_of(words: &[String]) -> Vec<String> {
    let verb = (0..words.len()).find_map(|at| {
        let two = words.get(at..at + 2).map(|two| two.join(" "));
        let found = |name: &str| kept::verbs().contains(&name);
        two.filter(|two| found(two)).or_else(|| words.get(at).cloned().filter(|one| found(one)))
    });
    let Some(root) = verb.and_then(|verb| data_of(&verb, None)) else { return Vec::new() };
    let mut paths = paths_in(&root);
    paths.sort();
    paths
}

/// No answer is nested deeper, references and choices counted.
const DEEPEST: usize = 12;

/// Every path below this schema, as `--get` writes it, each once.
fn paths_in(schema: &Value) -> Vec<String> {
    let definitions = references::definitions(schema);
    let mut paths = Vec::new();
    collect(&definitions, schema, "", 0, &mut paths);
    paths
}

fn collect(
    definitions: &Map<String, Value>,
    at: &Value,
    prefix: &str,
    depth: usize,
    paths: &mut Vec<String>,
) {
    if depth > DEEPEST {
        return;
    }
    if let Some(found) = references::name_in(at).and_then(|name| definitions.get(name)) {
        collect(definitions, found, prefix, depth + 1, paths);
    }
    for choice in choices(at) {
        collect(definitions, choice, prefix, depth + 1, paths);
    }
    let mut child = |name: &str, schema: &Value| {
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        if !paths.contains(&path) {
            paths.push(path.clone());
        }
        collect(definitions, schema, &path, depth + 1, paths);
    };
    for (name, schema) in at.get("properties").and_then(Value::as_object).into_iter().flatten() {
        child(name, schema);
    }
    if let Some(items) = at.get("items") {
        child("0", items);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::verbs::Cli;
    use clap::CommandFactory;

    #[test]
    fn every_documented_path_can_be_picked_and_no_other() {
        for (verb, shape, path) in [
            ("state", Shape::Usual, "balance_usd"),
            ("state", Shape::Usual, "org.role"),
            ("state", Shape::Usual, "presets_usd.2"),
            ("state", Shape::Usual, "monthly_limit.remaining_usd"),
            ("state", Shape::Usual, "auto_reload.below_usd"),
            ("state", Shape::Brief, "line"),
            ("buy", Shape::Usual, "charge_id"),
            ("buy", Shape::DryRun, "dry_run"),
            ("buy", Shape::Pack, "payment_id"),
            ("buy", Shape::Pack, "amount.minor"),
            ("buy", Shape::PackDryRun, "would"),
            ("status", Shape::Usual, "charge_id"),
            ("status", Shape::Usual, "payment_id"),
            ("resume", Shape::Usual, "purchases.0.status"),
            ("history", Shape::Usual, "purchases.3.charge_id"),
            ("history", Shape::Chart, "buckets.0.paid_usd"),
            ("limit", Shape::Usual, "monthly_limit.percent"),
        ] {
            assert!(check_path(verb, shape, None, path).is_ok(), "{verb} {shape:?} {path}");
        }
        let refused = |verb, shape, path| check_path(verb, shape, None, path).expect_err(path);
        refused("buy", Shape::Usual, "portal"); // A rehearsal has it, a purchase has not.
        refused("buy", Shape::Usual, "payment_id"); // A charge of a card has none.
        refused("completions", Shape::Usual, "x");
        let unknown = refused("buy", Shape::Usual, "nonsense");
        assert!(unknown.parts().hints[0].to_string().contains("charge_id"), "{unknown:?}");
    }

    #[test]
    fn where_the_system_is_known_an_account_has_its_keys_and_no_others() {
        let own = [
            (provider::NOUS, "org.role"),
            (provider::BYTEROVER, "billed.remaining"),
            (provider::CIRIS, "free_uses_remaining"),
            (provider::LEDGER, "markup_percent"),
            (provider::find("openrouter").expect("a row"), "balances.0.name"),
        ];
        for (system, _) in own {
            for (owner, path) in own {
                let checked = check_path("state", Shape::Usual, Some(system), path);
                assert_eq!(checked.is_ok(), owner == system, "{system:?} {path}");
            }
            for common in ["balance", "unit", "scope", "lags"] {
                let checked = check_path("state", Shape::Usual, Some(system), common);
                assert!(checked.is_ok(), "{system:?} {common}");
            }
        }
    }

    #[test]
    fn every_command_answers_with_a_document_but_those_that_print_a_file() {
        let mut without = Vec::new();
        for verb in Cli::command().get_subcommands() {
            let name = verb.get_name();
            if kept::verbs().contains(&name) {
                continue;
            }
            let mut names: Vec<String> = verb
                .get_subcommands()
                .map(|below| format!("{name} {}", below.get_name()))
                .collect();
            if names.is_empty() {
                names.push(name.to_owned());
            }
            names.retain(|name| !kept::verbs().contains(&name.as_str()));
            without.append(&mut names);
        }
        assert_eq!(without, ["ledger export", "completions", "man", "schema", "generate"]);
    }
}
