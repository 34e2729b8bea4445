//! `topup ledger init` and `mandates`: who pays, from what, and who gets notices.

use super::options::{Whose, ledger_for};
use crate::cli::invocation::Invocation;
use crate::cli::verbs::dry_run::DryRunFlag;
use crate::core::duration;
use crate::core::failure::{Failure, Result};
use crate::ledger::input::{check_addresses, check_currency, check_markup};
use crate::ledger::values::{Change, Mandate, Model};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// The arguments of `topup ledger init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Model of the budget: who pays, and from what; a new mandate needs it
    #[arg(long, value_name = "MODEL", ignore_case = true)]
    model: Option<Model>,
    /// Currency, in three capital letters; CHF for a new mandate
    #[arg(long, value_name = "CODE", value_parser = check_currency)]
    currency: Option<String>,
    /// Percent to add to every base price; 50 for a new mandate
    #[arg(long, value_name = "PERCENT", value_parser = check_markup)]
    markup: Option<Decimal>,
    /// Address to send a notice to when the pool does not cover a cost; several, a JSON array, or '' for none
    #[arg(long, value_name = "ADDRESS")]
    notify: Vec<String>,
    /// Shortest time between two notices; 1h for a new mandate
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    cooldown: Option<Duration>,
    #[command(flatten)]
    flag: DryRunFlag,
}

/// The arguments of `topup ledger mandates`.
#[derive(Debug, Args)]
pub struct MandatesArgs {
    /// Write comma-separated values with a heading
    #[arg(long, conflicts_with_all = ["json", "get"])]
    csv: bool,
}

/// The mandate as it is now, or would be; `data` of `ledger init`.
#[derive(Serialize, JsonSchema)]
pub struct Made {
    #[serde(flatten)]
    mandate: Mandate,
    /// Present and true where nothing was changed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    /// The defaults that a new mandate took, as flags choose them.
    #[serde(skip)]
    taken: Vec<&'static str>,
}

/// Every mandate; `data` of `ledger mandates`.
#[derive(Serialize, JsonSchema)]
pub struct MandateList {
    /// By name.
    mandates: Vec<Mandate>,
    #[serde(skip)]
    csv: bool,
}

impl InitArgs {
    /// Makes or changes it.
    ///
    /// # Errors
    /// Class `usage` when no mandate is named, or a new one has no model.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let name = whose
            .named(invocation)?
            .ok_or_else(|| Failure::usage("no mandate is named").hint("Add --mandate NAME."))?;
        let notify =
            if self.notify.is_empty() { None } else { Some(check_addresses(&self.notify)?) };
        let change = Change {
            model: self.model,
            currency: self.currency,
            markup: self.markup,
            notify,
            cooldown: self.cooldown,
        };
        let defaults = [
            change.currency.is_none().then_some("--currency"),
            change.markup.is_none().then_some("--markup"),
        ];
        let (mandate, is_new) =
            ledger_for(invocation, self.flag)?.make_or_change(&name, &change)?;
        let taken = defaults.into_iter().flatten().filter(|_| is_new).collect();
        Ok(Answer::new(Made { mandate, dry_run: self.flag.dry_run, taken }))
    }
}

impl MandatesArgs {
    /// Lists all of them.
    ///
    /// # Errors
    /// Class `config`, `network` or `timeout`.
    pub fn run(self, invocation: &Invocation) -> Result<Answer> {
        Ok(Answer::new(MandateList {
            mandates: invocation.setup.ledger(&invocation.output)?.mandates()?,
            csv: self.csv,
        }))
    }
}

/// `prepay-mandate`, as it is typed.
fn typed(model: Model) -> String {
    model.word().replace('_', "-")
}

impl Show for Made {
    fn show(&self, page: &mut Page) {
        if self.dry_run {
            page.line(Tone::Strong, "Nothing was changed. The mandate would be:");
        }
        let Mandate { mandate, billing_model, currency, markup_percent, notify, cooldown_s } =
            &self.mandate;
        page.field("mandate", Tone::Strong, mandate);
        page.field("model", Tone::Plain, &typed(*billing_model));
        page.field("currency", Tone::Plain, currency);
        page.field("markup", Tone::Plain, &format!("{} %", markup_percent.0.normalize()));
        let shown = if notify.is_empty() { "no address".to_owned() } else { notify.join(", ") };
        page.field("notices to", Tone::Plain, &shown);
        let cooldown = duration::show(Duration::from_secs(*cooldown_s));
        page.field("at most once in", Tone::Plain, &cooldown);
        if !self.taken.is_empty() {
            let taken = self.taken.join(" and ");
            let were = if self.taken.len() == 1 { "was" } else { "were" };
            let line = format!("{taken} {were} not given: the default holds until you choose.");
            page.line(Tone::Dim, &line);
        }
    }
}

impl Show for MandateList {
    fn show(&self, page: &mut Page) {
        if self.csv {
            let rows = self.mandates.iter().map(|known| {
                [
                    known.mandate.clone(),
                    known.billing_model.word().to_owned(),
                    known.currency.clone(),
                    known.markup_percent.to_string(),
                    known.notify.join(" "),
                    known.cooldown_s.to_string(),
                ]
            });
            let heads =
                ["mandate", "billing_model", "currency", "markup_percent", "notify", "cooldown_s"];
            return page.csv(&heads, rows);
        }
        if self.mandates.is_empty() {
            return page.line(
                Tone::Plain,
                "No mandate yet: 'topup ledger init --mandate NAME --model prepay-mandate' makes one.",
            );
        }
        let rows = self.mandates.iter().map(|known| {
            let row = vec![
                known.mandate.clone(),
                typed(known.billing_model),
                known.currency.clone(),
                format!("{} %", known.markup_percent.0.normalize()),
                known.notify.len().to_string(),
                duration::show(Duration::from_secs(known.cooldown_s)),
            ];
            (Tone::Plain, row)
        });
        page.table(
            &["mandate", "model", "currency", "markup", "addresses", "at most once in"],
            rows,
        );
    }
}
