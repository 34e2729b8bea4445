//! Makes the schemas from the types of the answers, for `topup generate`. The release build has no
//! use for it: it carries what was made.

use super::super::shape::Shape;
use super::super::{
    auto_reload, check, config, explain, ledger, limit, logout, metrics, open, plan, sandbox,
    state, team, transactions, whoami,
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
use crate::app::watch::WatchedBalance;
use crate::core::failure::{Failure, Result};
use crate::ledger::refusal::BudgetCheck;
use crate::output::document;
use crate::provider::State;
use crate::provider::plans::{Preview, Subscription};
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::Value;
use std::collections::BTreeMap;

type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

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
    ("watch", Shape::Usual, SchemaGenerator::subschema_for::<WatchedBalance>),
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

/// The files that the schemas are kept in: their names, and their texts.
///
/// # Errors
/// Class `internal` for two types of one name: a reference to it would mean either.
pub fn files() -> Result<[(&'static str, String); 2]> {
    // What is written is described, not what could be read: a key that may be left out is not promised.
    let mut generator = SchemaSettings::default().for_serialize().into_generator();
    let mut answers = String::new();
    for (verb, shape, make) in ANSWERS {
        let mut schema = make(&mut generator).to_value();
        clean(&mut schema);
        answers += &format!("{verb}\t{}\t{schema}\n", shape.words().trim_start());
    }
    generator.subschema_for::<document::ErrorPart>();
    let mut definitions = String::new();
    for (name, mut schema) in BTreeMap::from_iter(generator.take_definitions(true)) {
        if name.ends_with(|last: char| last.is_ascii_digit()) {
            return Err(Failure::internal(format!(
                "two types of answers have the name of '{name}'"
            ))
            .hint("Give one of them another one: #[schemars(rename = \"…\")]."));
        }
        clean(&mut schema);
        definitions += &format!("{name}\t{schema}\n");
    }
    Ok([("answers.tsv", answers), ("definitions.tsv", definitions)])
}

/// Formats that only say how a number is kept in memory; a validator in strict mode refuses them.
const NUMBER_FORMATS: &[&str] = &["int", "uint", "float", "double"];
/// Sentences that are for those who change this program.
const INTERNAL: &[&str] = &["Contract:", "It has no `Debug`"];

/// Takes out what a reader of the schema cannot use.
fn clean(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("format").and_then(Value::as_str).is_some_and(is_of_a_number) {
                map.remove("format");
            }
            if let Some(Value::String(text)) = map.get_mut("description") {
                *text = without_internal(text);
            }
            map.values_mut().for_each(clean);
        }
        Value::Array(list) => list.iter_mut().for_each(clean),
        _ => {}
    }
}

fn is_of_a_number(format: &str) -> bool {
    let name = format.trim_end_matches(|last: char| last.is_ascii_digit());
    NUMBER_FORMATS.contains(&name)
}

fn without_internal(text: &str) -> String {
    let line = text.replace('\n', " ");
    let kept = line.split_inclusive(". ").filter(|sentence| {
        let sentence = sentence.trim_start();
        !INTERNAL.iter().any(|begin| sentence.starts_with(begin))
    });
    kept.collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_only_a_program_understands_is_taken_out() {
        let mut schema = json!({
            "description": "An account.\nContract: nous, state.",
            "properties": {
                "format": {"type": "string", "format": "uri"},
                "count": {"type": "integer", "format": "uint64", "minimum": 0},
            },
        });
        clean(&mut schema);
        assert_eq!(schema["description"], "An account.");
        assert_eq!(schema["properties"]["count"], json!({"type": "integer", "minimum": 0}));
        assert_eq!(schema["properties"]["format"]["format"], "uri");
    }
}
