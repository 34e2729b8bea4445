//! `topup schema`: the JSON Schemas of the answers, made from the very types that are printed.

mod readers;

use super::shape::Shape;
use super::{
    auto_reload, check, config, explain, ledger, limit, logout, metrics, open, plan, sandbox,
    state, team, transactions, watch, whoami,
};
use crate::app::buy::DryRun;
use crate::app::doctor;
use crate::app::ensure::answer::Ensured;
use crate::app::ensure::rehearsal::EnsureDryRun;
use crate::app::history::HistoryList;
use crate::app::history::chart::Charted;
use crate::app::ledger::books::Booked;
use crate::app::ledger::dry_run::{BookedDryRun, LedgerRunDryRun};
use crate::app::ledger::run::Ran;
use crate::app::packs::PackDryRun;
use crate::app::plan::change::PlanDryRun;
use crate::app::resume::Resumed;
use crate::app::summary::Summary;
use crate::app::summary::payment::PaymentSummary;
use crate::app::upgrade::UpgradeDryRun;
use crate::cli::invocation::Invocation;
use crate::core::failure::{Failure, Result};
use crate::ledger::refusal::BudgetCheck;
use crate::output::{Answer, Plain, document};
use crate::provider::State;
use crate::provider::plans::{Preview, Subscription};
use clap::Args;
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use schemars::generate::SchemaSettings;
use schemars::{Schema as JsonSchemaValue, SchemaGenerator};
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

type MakeSchema = fn(&mut SchemaGenerator) -> JsonSchemaValue;

/// Every verb that answers with a document, the shapes that its `data` can have, and the schema of each.
const ANSWERS: &[(&str, Shape, MakeSchema)] = &[
    ("state", Shape::Usual, SchemaGenerator::subschema_for::<State>),
    ("state", Shape::Brief, SchemaGenerator::subschema_for::<state::Brief>),
    ("state", Shape::All, SchemaGenerator::subschema_for::<state::Profiles>),
    ("buy", Shape::Usual, SchemaGenerator::subschema_for::<Summary>),
    ("buy", Shape::DryRun, SchemaGenerator::subschema_for::<DryRun>),
    ("buy", Shape::Pack, SchemaGenerator::subschema_for::<PaymentSummary>),
    ("buy", Shape::PackDryRun, SchemaGenerator::subschema_for::<PackDryRun>),
    ("status", Shape::Usual, SchemaGenerator::subschema_for::<Summary>),
    ("status", Shape::Usual, SchemaGenerator::subschema_for::<PaymentSummary>),
    ("resume", Shape::Usual, SchemaGenerator::subschema_for::<Resumed>),
    ("history", Shape::Usual, SchemaGenerator::subschema_for::<HistoryList>),
    ("history", Shape::Chart, SchemaGenerator::subschema_for::<Charted>),
    (
        "journal backup",
        Shape::Usual,
        SchemaGenerator::subschema_for::<crate::app::journal::JournalBackup>,
    ),
    (
        "journal accept",
        Shape::Usual,
        SchemaGenerator::subschema_for::<crate::app::journal::JournalAccepted>,
    ),
    (
        "journal import",
        Shape::Usual,
        SchemaGenerator::subschema_for::<crate::app::journal::JournalMoved>,
    ),
    (
        "journal export",
        Shape::Usual,
        SchemaGenerator::subschema_for::<crate::app::journal::JournalMoved>,
    ),
    ("auto-reload", Shape::Usual, SchemaGenerator::subschema_for::<auto_reload::Reloads>),
    (
        "auto-reload",
        Shape::DryRun,
        SchemaGenerator::subschema_for::<crate::app::auto_reload::ReloadDryRun>,
    ),
    ("limit", Shape::Usual, SchemaGenerator::subschema_for::<limit::Limited>),
    ("metrics", Shape::Usual, SchemaGenerator::subschema_for::<metrics::MetricsAnswer>),
    ("check", Shape::Usual, SchemaGenerator::subschema_for::<check::GateResult>),
    ("ensure", Shape::Usual, SchemaGenerator::subschema_for::<Ensured>),
    ("ensure", Shape::DryRun, SchemaGenerator::subschema_for::<EnsureDryRun>),
    ("watch", Shape::Usual, SchemaGenerator::subschema_for::<watch::WatchedBalance>),
    ("transactions", Shape::Usual, SchemaGenerator::subschema_for::<transactions::Moved>),
    ("team", Shape::Usual, SchemaGenerator::subschema_for::<team::TeamAnswer>),
    ("plan show", Shape::Usual, SchemaGenerator::subschema_for::<Subscription>),
    ("plan preview", Shape::Usual, SchemaGenerator::subschema_for::<Preview>),
    ("plan change", Shape::Usual, SchemaGenerator::subschema_for::<plan::change::ChangedPlan>),
    ("plan change", Shape::DryRun, SchemaGenerator::subschema_for::<PlanDryRun>),
    ("plan cancel", Shape::Usual, SchemaGenerator::subschema_for::<plan::change::ChangedPlan>),
    ("plan cancel", Shape::DryRun, SchemaGenerator::subschema_for::<PlanDryRun>),
    ("plan resume", Shape::Usual, SchemaGenerator::subschema_for::<plan::change::ChangedPlan>),
    ("plan resume", Shape::DryRun, SchemaGenerator::subschema_for::<PlanDryRun>),
    ("plan upgrade", Shape::Usual, SchemaGenerator::subschema_for::<Summary>),
    ("plan upgrade", Shape::DryRun, SchemaGenerator::subschema_for::<UpgradeDryRun>),
    ("ledger init", Shape::Usual, SchemaGenerator::subschema_for::<ledger::mandates::Made>),
    (
        "ledger mandates",
        Shape::Usual,
        SchemaGenerator::subschema_for::<ledger::mandates::MandateList>,
    ),
    ("ledger credit", Shape::Usual, SchemaGenerator::subschema_for::<Booked>),
    ("ledger credit", Shape::DryRun, SchemaGenerator::subschema_for::<BookedDryRun>),
    ("ledger reverse", Shape::Usual, SchemaGenerator::subschema_for::<Booked>),
    ("ledger reverse", Shape::DryRun, SchemaGenerator::subschema_for::<BookedDryRun>),
    ("ledger check", Shape::Usual, SchemaGenerator::subschema_for::<BudgetCheck>),
    ("ledger run", Shape::Usual, SchemaGenerator::subschema_for::<Ran>),
    ("ledger run", Shape::DryRun, SchemaGenerator::subschema_for::<LedgerRunDryRun>),
    ("ledger record", Shape::Usual, SchemaGenerator::subschema_for::<Booked>),
    ("ledger record", Shape::DryRun, SchemaGenerator::subschema_for::<BookedDryRun>),
    ("ledger price", Shape::Usual, SchemaGenerator::subschema_for::<ledger::book::Priced>),
    (
        "ledger balance",
        Shape::Usual,
        SchemaGenerator::subschema_for::<ledger::balance::LedgerBalances>,
    ),
    (
        "ledger transactions",
        Shape::Usual,
        SchemaGenerator::subschema_for::<ledger::transactions::TransactionList>,
    ),
    ("ledger stats", Shape::Usual, SchemaGenerator::subschema_for::<ledger::stats::Sums>),
    ("ledger allow", Shape::Usual, SchemaGenerator::subschema_for::<ledger::providers::Rules>),
    ("ledger deny", Shape::Usual, SchemaGenerator::subschema_for::<ledger::providers::Rules>),
    ("ledger providers", Shape::Usual, SchemaGenerator::subschema_for::<ledger::providers::Rules>),
    (
        "login",
        Shape::Usual,
        SchemaGenerator::subschema_for::<crate::app::login::answer::LoginAnswer>,
    ),
    ("logout", Shape::Usual, SchemaGenerator::subschema_for::<logout::LoggedOut>),
    ("whoami", Shape::Usual, SchemaGenerator::subschema_for::<whoami::Who>),
    ("open", Shape::Usual, SchemaGenerator::subschema_for::<open::OpenedPage>),
    ("doctor", Shape::Usual, SchemaGenerator::subschema_for::<doctor::Diagnosis>),
    ("config", Shape::Usual, SchemaGenerator::subschema_for::<config::ConfigAnswer>),
    ("explain", Shape::Usual, SchemaGenerator::subschema_for::<explain::Explained>),
    ("sandbox", Shape::Usual, SchemaGenerator::subschema_for::<sandbox::SandboxAnswer>),
];

/// The verbs, each once.
fn verbs() -> Vec<&'static str> {
    let mut verbs: Vec<&str> = ANSWERS.iter().map(|(verb, ..)| *verb).collect();
    verbs.dedup();
    verbs
}

fn candidates() -> Vec<CompletionCandidate> {
    verbs().into_iter().map(CompletionCandidate::new).collect()
}

impl SchemaArgs {
    /// Writes it; touches neither disk nor network.
    ///
    /// # Errors
    /// Class `usage` for a verb without a document.
    pub fn run(self, _context: &Invocation) -> Result<Answer> {
        let command = self.command.join(" ");
        let value = if command.is_empty() {
            let all = verbs()
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
        if self.inline { readers::inline(schema) } else { schema }
    }
}

/// A verb without a document: its verbs below have one, or there are others.
fn unknown(command: &str) -> Failure {
    let mut there = verbs();
    let below = format!("{command} ");
    if there.iter().any(|verb| verb.starts_with(&below)) {
        there.retain(|verb| verb.starts_with(&below));
    }
    Failure::usage(format!("'{}' answers with no document of its own", command.escape_debug()))
        .hint(format!("There are: {}.", there.join(", ")))
}

/// What is written is described, not what could be read: a key that may be left out is not promised.
fn generator() -> SchemaGenerator {
    SchemaSettings::default().for_serialize().into_generator()
}

/// The schema of `data` of this verb, in one shape or in any.
fn data_of(verb: &str, shape: Option<Shape>) -> Option<Value> {
    let mut generator = generator();
    let mut schemas: Vec<Value> = ANSWERS
        .iter()
        .filter(|(name, is, _)| *name == verb && shape.is_none_or(|shape| *is == shape))
        .map(|(_, _, make)| make(&mut generator).to_value())
        .collect();
    let mut data = match schemas.len() {
        0 => return None,
        1 => schemas.remove(0),
        _ => json!({ "anyOf": schemas }),
    };
    data.as_object_mut()?.insert("$defs".to_owned(), generator.take_definitions(true).into());
    Some(data)
}

/// The schema of the whole document of this verb.
pub fn for_command(command: &str) -> Option<Value> {
    let mut data = data_of(command, None)?;
    let mut definitions = take_definitions(&mut data);
    let mut error = generator().root_schema_for::<document::ErrorPart>().to_value();
    definitions.extend(take_definitions(&mut error));
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
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("topup {command}"),
        "oneOf": [
            with("success", json!({"ok": {"const": true}, "data": data})),
            with("failure", json!({"ok": {"const": false}, "data": {"type": "object"}, "error": error})),
        ],
        "$defs": definitions,
    });
    readers::clean(&mut schema);
    Some(schema)
}

fn take_definitions(schema: &mut Value) -> Map<String, Value> {
    let Some(map) = schema.as_object_mut() else { return Map::new() };
    map.remove("$schema");
    match map.remove("$defs") {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    }
}

/// Refuses a `--get` path that the answer of this verb in this shape cannot have, before anything
/// is sent.
///
/// # Errors
/// Class `usage`, naming the paths there are.
pub fn check_path(verb: &str, shape: Shape, path: &str) -> Result<()> {
    let command = format!("{verb}{}", shape.words());
    let Some(root) = data_of(verb, Some(shape)) else {
        return Err(Failure::usage(format!("'{command}' has no values to pick with --get")));
    };
    let mut paths = Vec::new();
    collect(&root, &root, "", 0, &mut paths);
    // An index of a list stands as `0` in the paths.
    let wanted: Vec<String> = document::plain_path(path)
        .split('.')
        .map(|step| {
            if step.bytes().all(|byte| byte.is_ascii_digit()) {
                "0".to_owned()
            } else {
                step.to_owned()
            }
        })
        .collect();
    if paths.contains(&wanted.join(".")) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "there is no '{}' in the answer of '{command}'",
        path.escape_debug()
    ))
    .hint(format!("There are: {}.", paths.join(", "))))
}

/// The values of the answers of the verb that is among these words, whichever flags choose between
/// them; none where there is no such verb.
pub fn paths_of(words: &[String]) -> Vec<String> {
    let verb = (0..words.len()).find_map(|at| {
        let two = words.get(at..at + 2).map(|two| two.join(" "));
        let found = |name: &str| ANSWERS.iter().any(|(verb, ..)| *verb == name);
        two.filter(|two| found(two)).or_else(|| words.get(at).cloned().filter(|one| found(one)))
    });
    let Some(root) = verb.and_then(|verb| data_of(&verb, None)) else { return Vec::new() };
    let mut paths = Vec::new();
    collect(&root, &root, "", 0, &mut paths);
    paths.sort();
    paths.dedup();
    paths
}

/// No answer is nested deeper, references and choices counted.
const DEEPEST: usize = 12;

/// Every path below this schema, as `--get` writes it.
fn collect(root: &Value, at: &Value, prefix: &str, depth: usize, paths: &mut Vec<String>) {
    if depth > DEEPEST {
        return;
    }
    if let Some(target) = at.get("$ref").and_then(Value::as_str)
        && let Some(found) = root.pointer(target.trim_start_matches('#'))
    {
        collect(root, found, prefix, depth + 1, paths);
    }
    for several in ["anyOf", "oneOf", "allOf"] {
        for each in at.get(several).and_then(Value::as_array).into_iter().flatten() {
            collect(root, each, prefix, depth + 1, paths);
        }
    }
    let mut child = |name: &str, schema: &Value| {
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        if !paths.contains(&path) {
            paths.push(path.clone());
        }
        collect(root, schema, &path, depth + 1, paths);
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
            assert!(check_path(verb, shape, path).is_ok(), "{verb} {shape:?} {path}");
        }
        let refused = |verb, shape, path| check_path(verb, shape, path).expect_err(path);
        refused("buy", Shape::Usual, "portal"); // A rehearsal has it, a purchase has not.
        refused("buy", Shape::Usual, "payment_id"); // A charge of a card has none.
        refused("completions", Shape::Usual, "x");
        let unknown = refused("buy", Shape::Usual, "nonsense");
        assert!(unknown.parts().hints[0].to_string().contains("charge_id"), "{unknown:?}");
    }

    #[test]
    fn every_command_answers_with_a_document_but_those_that_print_a_file() {
        let mut without = Vec::new();
        for verb in Cli::command().get_subcommands() {
            let name = verb.get_name();
            if verbs().contains(&name) {
                continue;
            }
            let mut names: Vec<String> = verb
                .get_subcommands()
                .map(|below| format!("{name} {}", below.get_name()))
                .collect();
            if names.is_empty() {
                names.push(name.to_owned());
            }
            names.retain(|name| !verbs().contains(&name.as_str()));
            without.append(&mut names);
        }
        assert_eq!(without, ["ledger export", "completions", "man", "schema", "generate"]);
    }
}
