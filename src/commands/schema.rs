//! `topup schema`: the JSON Schemas of the answers, made from the very types that are printed.

use super::{
    auto_reload, buy, check, config, doctor, ensure, explain, history, ledger, limit, login,
    logout, open, pack, plan, resume, sandbox, state, team, transactions, watch, whoami,
};
use crate::answer::{Answer, Plain, document};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ledger::refusal::Checked;
use crate::provider::State;
use crate::provider::plans::{Preview, Subscription};
use crate::purchase::receipt::Receipt;
use crate::purchase::summary::Summary;
use clap::Args;
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema as JsonSchemaValue, SchemaGenerator};
use serde_json::{Map, Value, json};

/// What its help page ends with.
const EXAMPLES: &str = "\
Examples:
  topup schema buy >buy.json   the shape of one answer
  topup schema                 all of them";

/// The arguments of `topup schema`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Schema {
    /// The verb whose document is meant; all of them when left out
    #[arg(value_name = "COMMAND", add = ArgValueCandidates::new(answers))]
    command: Option<String>,
}

/// `data` of a successful `buy`: what was bought, or what would be.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum BuyData {
    Bought(Summary),
    Paid(Receipt),
    Rehearsed(buy::Rehearsal),
    PackRehearsed(pack::Rehearsal),
}

/// `data` of a successful `status`: a charge, or a payment.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum StatusData {
    Charge(Summary),
    Payment(Receipt),
}

/// `data` of a successful `history`: the journal, or what it comes to by days or months.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum HistoryData {
    Listed(history::Listed),
    Charted(history::Charted),
}

/// `data` of a successful `state`: the account, one line about it, or every profile's.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum StateData {
    Account(State),
    Brief(state::Brief),
    All(state::Profiles),
}

/// `data` of a successful `plan upgrade`: the purchase, or what it would be.
#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its schema is used")]
enum UpgradeData {
    Upgraded(Summary),
    Rehearsed(plan::upgrade::Rehearsal),
}

type MakeSchema = fn(&mut SchemaGenerator) -> JsonSchemaValue;

/// Every verb that answers with a document, and the schema of its `data`.
const ANSWERS: &[(&str, MakeSchema)] = &[
    ("state", |make| make.root_schema_for::<StateData>()),
    ("buy", |make| make.root_schema_for::<BuyData>()),
    ("status", |make| make.root_schema_for::<StatusData>()),
    ("resume", |make| make.root_schema_for::<resume::Resumed>()),
    ("history", |make| make.root_schema_for::<HistoryData>()),
    ("auto-reload", |make| make.root_schema_for::<auto_reload::Reloads>()),
    ("limit", |make| make.root_schema_for::<limit::Limited>()),
    ("check", |make| make.root_schema_for::<check::Checked>()),
    ("ensure", |make| make.root_schema_for::<ensure::Ensured>()),
    ("watch", |make| make.root_schema_for::<watch::Watched>()),
    ("transactions", |make| make.root_schema_for::<transactions::Moved>()),
    ("team", |make| make.root_schema_for::<team::TeamAnswer>()),
    ("plan show", |make| make.root_schema_for::<Subscription>()),
    ("plan preview", |make| make.root_schema_for::<Preview>()),
    ("plan change", |make| make.root_schema_for::<plan::change::Changed>()),
    ("plan cancel", |make| make.root_schema_for::<plan::change::Changed>()),
    ("plan resume", |make| make.root_schema_for::<plan::change::Changed>()),
    ("plan upgrade", |make| make.root_schema_for::<UpgradeData>()),
    ("ledger init", |make| make.root_schema_for::<ledger::mandates::Made>()),
    ("ledger mandates", |make| make.root_schema_for::<ledger::mandates::Listed>()),
    ("ledger credit", |make| make.root_schema_for::<ledger::book::Booked>()),
    ("ledger check", |make| make.root_schema_for::<Checked>()),
    ("ledger run", |make| make.root_schema_for::<ledger::run::Ran>()),
    ("ledger record", |make| make.root_schema_for::<ledger::book::Booked>()),
    ("ledger price", |make| make.root_schema_for::<ledger::book::Priced>()),
    ("ledger balance", |make| make.root_schema_for::<ledger::balance::Balances>()),
    ("ledger transactions", |make| make.root_schema_for::<ledger::transactions::Listed>()),
    ("ledger stats", |make| make.root_schema_for::<ledger::stats::Sums>()),
    ("ledger allow", |make| make.root_schema_for::<ledger::providers::Rules>()),
    ("ledger deny", |make| make.root_schema_for::<ledger::providers::Rules>()),
    ("ledger providers", |make| make.root_schema_for::<ledger::providers::Rules>()),
    ("login", |make| make.root_schema_for::<login::LoginAnswer>()),
    ("logout", |make| make.root_schema_for::<logout::LoggedOut>()),
    ("whoami", |make| make.root_schema_for::<whoami::Who>()),
    ("open", |make| make.root_schema_for::<open::Opened>()),
    ("doctor", |make| make.root_schema_for::<doctor::Health>()),
    ("config", |make| make.root_schema_for::<config::ConfigAnswer>()),
    ("explain", |make| make.root_schema_for::<explain::Explained>()),
    ("sandbox", |make| make.root_schema_for::<sandbox::SandboxAnswer>()),
];

/// The names that can be typed as one plain word.
fn answers() -> Vec<CompletionCandidate> {
    ANSWERS.iter().map(|(name, _)| CompletionCandidate::new(*name)).collect()
}

impl Schema {
    /// Writes it; touches neither disk nor network.
    ///
    /// # Errors
    /// Class `usage` for a verb without a document.
    pub fn run(self, _context: &Context) -> Result<Answer> {
        let value = match &self.command {
            Some(command) => of(command).ok_or_else(|| {
                let names: Vec<&str> = ANSWERS.iter().map(|(name, _)| *name).collect();
                Error::usage(format!(
                    "'{}' answers with no document of its own",
                    command.escape_debug()
                ))
                .hint(format!("There are: {}.", names.join(", ")))
            })?,
            None => Value::Object(
                ANSWERS
                    .iter()
                    .filter_map(|(name, _)| Some(((*name).to_owned(), of(name)?)))
                    .collect(),
            ),
        };
        let text = serde_json::to_string_pretty(&value)
            .map_err(|cause| Error::internal("the schema could not be written").because(cause))?;
        Ok(Answer::new(Plain { text }))
    }
}

/// What is written is described, not what could be read: a key that may be left out is not promised.
fn generator() -> SchemaGenerator {
    SchemaSettings::default().for_serialize().into_generator()
}

/// The schema of `data` of this verb.
fn data_of(command: &str) -> Option<Value> {
    let (_, make) = ANSWERS.iter().find(|(name, _)| *name == command)?;
    Some(make(&mut generator()).to_value())
}

/// The schema of the whole document of this verb.
pub fn of(command: &str) -> Option<Value> {
    let mut data = data_of(command)?;
    let mut definitions = take_definitions(&mut data);
    let mut error = generator().root_schema_for::<document::ErrorPart>().to_value();
    definitions.extend(take_definitions(&mut error));
    let head = json!({
        "schema": {"const": document::SCHEMA},
        "command": {"const": command},
        "provider": {"type": ["string", "null"]},
    });
    let with = |more: Value| {
        let mut properties = head.as_object().cloned().unwrap_or_default();
        properties.extend(more.as_object().cloned().unwrap_or_default());
        let required: Vec<String> = properties.keys().cloned().collect();
        json!({"type": "object", "properties": properties, "required": required})
    };
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("topup {command}"),
        "oneOf": [
            with(json!({"ok": {"const": true}, "data": data})),
            with(json!({"ok": {"const": false}, "data": {"type": "object"}, "error": error})),
        ],
        "$defs": definitions,
    }))
}

fn take_definitions(schema: &mut Value) -> Map<String, Value> {
    let Some(map) = schema.as_object_mut() else { return Map::new() };
    map.remove("$schema");
    match map.remove("$defs") {
        Some(Value::Object(definitions)) => definitions,
        _ => Map::new(),
    }
}

/// Refuses a `--get` path that no answer of this verb can have, before anything is sent.
///
/// # Errors
/// Class `usage`, naming the paths there are.
pub fn check_path(command: &str, path: &str) -> Result<()> {
    let mut make = generator();
    // Some documents are one of several: a value is picked from the one that will come.
    let root = match command {
        "buy" | "plan upgrade" => Some(make.root_schema_for::<Summary>().to_value()),
        "plan upgrade --dry-run" => {
            Some(make.root_schema_for::<plan::upgrade::Rehearsal>().to_value())
        }
        "history" => Some(make.root_schema_for::<history::Listed>().to_value()),
        "history --chart" => Some(make.root_schema_for::<history::Charted>().to_value()),
        "state" => Some(make.root_schema_for::<State>().to_value()),
        "state --brief" => Some(make.root_schema_for::<state::Brief>().to_value()),
        "state --all" => Some(make.root_schema_for::<state::Profiles>().to_value()),
        "buy --dry-run" => Some(make.root_schema_for::<buy::Rehearsal>().to_value()),
        "buy of a pack" => Some(make.root_schema_for::<Receipt>().to_value()),
        "buy --dry-run of a pack" => Some(make.root_schema_for::<pack::Rehearsal>().to_value()),
        other => data_of(other),
    };
    let Some(root) = root else {
        return Err(Error::usage(format!("'{command}' has no values to pick with --get")));
    };
    let mut paths = Vec::new();
    collect(&root, &root, "", 0, &mut paths);
    // An index of a list stands as `0` in the paths.
    let wanted: Vec<String> = path
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
    Err(Error::usage(format!("there is no '{}' in the answer of '{command}'", path.escape_debug()))
        .hint(format!("There are: {}.", paths.join(", "))))
}

/// Every path below this schema, as `--get` writes it.
fn collect(root: &Value, at: &Value, prefix: &str, depth: usize, paths: &mut Vec<String>) {
    if depth > 8 {
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

    #[test]
    fn every_documented_path_can_be_picked_and_no_other() {
        for (command, path) in [
            ("state", "balance_usd"),
            ("state", "org.role"),
            ("state", "presets_usd.2"),
            ("state", "monthly_limit.remaining_usd"),
            ("state", "auto_reload.below_usd"),
            ("buy", "charge_id"),
            ("buy --dry-run", "dry_run"),
            ("buy of a pack", "payment_id"),
            ("buy of a pack", "amount.minor"),
            ("buy --dry-run of a pack", "would"),
            ("resume", "purchases.0.status"),
            ("history", "purchases.3.charge_id"),
            ("history --chart", "buckets.0.paid_usd"),
            ("limit", "monthly_limit.percent"),
        ] {
            assert!(check_path(command, path).is_ok(), "{command} {path}");
        }
        assert!(check_path("buy", "portal").is_err(), "a rehearsal has it, a purchase has not");
        assert!(check_path("buy", "payment_id").is_err(), "a charge of a card has none");
        let refused = check_path("buy", "nonsense").expect_err("unknown");
        assert!(refused.parts().hints[0].contains("charge_id"), "{refused:?}");
        assert!(check_path("completions", "x").is_err());
    }
}
