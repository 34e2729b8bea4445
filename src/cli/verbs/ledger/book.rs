//! `topup ledger credit`, `record` and `price`: what comes in, what is used, what a use costs.

use super::options::{Filed, Whose, in_currency};
use crate::app::ledger::books::Booked;
use crate::app::ledger::dry_run::BookedDryRun;
use crate::cli::invocation::Invocation;
use crate::cli::verbs::dry_run::DryRunFlag;
use crate::core::failure::{Failure, Result};
use crate::core::language::Language;
use crate::core::money::Money;
use crate::ledger::book::six_places;
use crate::ledger::input::{check_amount, check_base_price, check_description, check_key};
use crate::ledger::price::{BasePrice, breakdown};
use crate::ledger::service::{Credit, Used, priced};
use crate::ledger::values::{Kind, Reference};
use crate::output::page::{Page, Tone};
use crate::output::{Answer, Show};
use clap::Args;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

/// Why money comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum CreditReason {
    /// A person decided it.
    Admin,
    /// A card was charged.
    Payment,
    /// A rule decided it.
    System,
}

/// The arguments of `topup ledger credit`.
#[derive(Debug, Args)]
pub struct CreditArgs {
    /// Amount, in the currency of the mandate
    #[arg(value_name = "AMOUNT", value_parser = check_amount, allow_negative_numbers = true)]
    amount: Decimal,
    /// Reason for the credit
    #[arg(long, value_name = "WHY", default_value = "admin", ignore_case = true)]
    reference: CreditReason,
    /// Text for the books
    #[arg(long, value_name = "TEXT", value_parser = check_description, default_value = "Credit")]
    description: String,
    /// Book it once under this key, however often the command runs
    #[arg(long, value_name = "KEY", value_parser = check_key)]
    key: Option<String>,
    /// Whether it is only to be shown.
    #[command(flatten)]
    pub flag: DryRunFlag,
}

/// The arguments of `topup ledger record`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  topup ledger record 0.40 --for-provider openai --key run-17")]
pub struct RecordArgs {
    /// Price that the provider charges, before the markup
    #[arg(value_name = "BASE-PRICE", value_parser = check_base_price, allow_negative_numbers = true)]
    base_price: BasePrice,
    #[command(flatten)]
    filed: Filed,
    /// Record it once under this key, however often the command runs
    #[arg(long, value_name = "KEY", value_parser = check_key)]
    key: Option<String>,
    /// Whether it is only to be shown.
    #[command(flatten)]
    pub flag: DryRunFlag,
}

/// The arguments of `topup ledger price`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  topup ledger price 0.40")]
pub struct PriceArgs {
    /// Price that the provider charges, before the markup
    #[arg(value_name = "BASE-PRICE", value_parser = check_base_price, allow_negative_numbers = true)]
    base_price: BasePrice,
}

/// What a base price costs; `data` of `ledger price`.
#[derive(Serialize, JsonSchema)]
pub struct Priced {
    /// What the provider takes.
    base: BasePrice,
    /// What is added, in percent.
    markup_percent: Money,
    /// Both together, with six decimals.
    price: Money,
    /// The currency.
    currency: String,
}

impl CreditArgs {
    /// Books it.
    ///
    /// # Errors
    /// Class `usage` for nothing, `idempotency_conflict` for the key of another transaction.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        if self.amount.is_zero() {
            return Err(Failure::usage("a credit is more than zero; nothing was booked"));
        }
        let (mut ledger, mandate) = whose.open_for(invocation, self.flag)?;
        let credit = Credit {
            amount: self.amount,
            reference: match self.reference {
                CreditReason::Admin => Reference::Admin,
                CreditReason::Payment => Reference::Payment,
                CreditReason::System => Reference::System,
            },
            description: self.description,
            key: self.key,
        };
        let posted = ledger.credit(&mandate.mandate, whose.user(), &credit)?;
        Ok(if self.flag.dry_run {
            Answer::new(BookedDryRun::new(posted, mandate.currency))
        } else {
            Answer::new(Booked::new(posted, mandate.currency))
        })
    }
}

impl RecordArgs {
    /// Records it.
    ///
    /// # Errors
    /// Class `idempotency_conflict` for the key of another transaction.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let used = Used {
            base_price: self.base_price,
            labels: self.filed.labels(whose.user()),
            description: self.filed.description.clone(),
            key: self.key,
        };
        let (mut ledger, recording) = whose.open_to_record(invocation, self.flag, used)?;
        let recorded = ledger.carry_out_recording(recording)?;
        Ok(if self.flag.dry_run {
            Answer::new(BookedDryRun::from(recorded))
        } else {
            Answer::new(Booked::from(recorded))
        })
    }
}

impl PriceArgs {
    /// Multiplies.
    ///
    /// # Errors
    /// Class `usage` when the price is too large.
    pub fn run(self, invocation: &Invocation, whose: &Whose) -> Result<Answer> {
        let (_, mandate) = whose.open(invocation)?;
        let price = priced(&mandate, &self.base_price)?;
        Ok(Answer::new(Priced {
            base: self.base_price,
            markup_percent: mandate.markup_percent,
            price: Money(six_places(price)),
            currency: mandate.currency,
        }))
    }
}

impl Show for Booked {
    fn show(&self, page: &mut Page) {
        let balance = in_currency(&self.currency, self.balance);
        let Some(transaction) = &self.transaction else {
            let line = format!("Nothing was recorded: it costs nothing. The balance is {balance}.");
            return page.line(Tone::Plain, &line);
        };
        let amount = in_currency(&self.currency, transaction.amount);
        let (verb, tone) = match (self.replayed, &transaction.reverses, transaction.kind) {
            (true, Some(_), _) => ("was taken back before", Tone::Warn),
            (true, None, _) => ("was booked before, under the same key", Tone::Warn),
            (false, Some(_), Kind::Credit) => ("was given back", Tone::Good),
            (false, Some(_), Kind::Debit) => ("was taken back", Tone::Good),
            (false, None, Kind::Credit) => ("was credited", Tone::Good),
            (false, None, Kind::Debit) => ("was recorded", Tone::Good),
        };
        page.line(tone, &format!("{amount} {verb}. The balance is {balance}."));
        page.field("transaction", Tone::Dim, &transaction.id);
        if let Some(reversed) = &transaction.reverses {
            page.field("reverses", Tone::Dim, reversed);
        }
    }
}

impl Show for Priced {
    fn show(&self, page: &mut Page) {
        page.line(
            Tone::Strong,
            &format!(
                "{} ({})",
                in_currency(&self.currency, Money(self.price.0.normalize())),
                breakdown(&self.base, self.markup_percent, Language::English)
            ),
        );
    }
}
