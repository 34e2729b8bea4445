//! What the ledger knows of runs: it notes one before its command starts, and records or corrects
//! what it cost when it has ended, in whichever process that is seen. Contract: poweron, `ledger run`.

use super::{
    Ledger, Recorded, Used, allow, description, id_of_reversal, marked_up, priced, record, replayed,
};
use crate::core::failure::Result;
use crate::core::money::Money;
use crate::ledger::price::BasePrice;
use crate::ledger::refusal::BudgetCheck;
use crate::ledger::sql::Sql;
use crate::ledger::values::{
    Hold, Kind, Model, Posted, Posting, Reference, Transaction, Usage, to_micros,
};
use crate::ledger::{book, holds, mandates};
use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

/// What came of asking to run something.
#[derive(Clone, Debug)]
pub enum RunStart {
    /// It may run; this is noted.
    Running(Hold),
    /// The budget does not hold.
    Short(BudgetCheck),
}

impl Ledger {
    /// Notes that something begins to run, if the provider is allowed and the budget holds; with
    /// `strict` its estimated price is held back until it is recorded. `kept` are the id of the run
    /// and that of the folder that has its files.
    ///
    /// # Errors
    /// Class `role_required` for a provider that is denied, and those of [`Ledger::check`].
    pub fn begin(
        &mut self,
        mandate: &str,
        used: &Used,
        strict: bool,
        kept: (Uuid, Uuid),
    ) -> Result<RunStart> {
        let (id, kept_in) = kept;
        let at = self.now();
        let user = used.labels.user.as_deref();
        self.write(|sql| {
            let mandate = mandates::alone(sql, mandate)?;
            if let Some(provider) = &used.labels.provider {
                allow(sql, &mandate.mandate, user, provider)?;
            }
            let owner = mandate.account_of(user)?;
            let cost = priced(&mandate, &used.base_price)?;
            to_micros(cost)?;
            let found = holds::account(sql, &mandate.mandate, owner)?;
            let mut checked = BudgetCheck::decide(&mandate, &found, user, cost);
            // Done again because an answer was lost, it may find what it has noted itself.
            if !checked.allowed && holds::remove(sql, id)? {
                let found = holds::account(sql, &mandate.mandate, owner)?;
                checked = BudgetCheck::decide(&mandate, &found, user, cost);
            }
            if !checked.allowed {
                return Ok(RunStart::Short(checked.with_base_price(&used.base_price, &mandate)));
            }
            let held_back = strict && mandate.billing_model != Model::Unlimited;
            let hold = Hold {
                id,
                mandate: mandate.mandate.clone(),
                owner: owner.map(ToOwned::to_owned),
                amount: if held_back { cost } else { Decimal::ZERO },
                estimate: used.base_price.clone(),
                labels: used.labels.clone(),
                description: description(used),
                kept_in,
                alive: at,
            };
            holds::add(sql, &hold)?;
            Ok(RunStart::Running(hold))
        })
    }

    /// Every run that is noted, to settle it: what is found becomes durable with what is written of it.
    pub fn holds(&mut self) -> Result<Vec<Hold>> {
        self.carry_out(|database, work| database.peek(work), holds::all)
    }

    /// A run that is noted.
    pub fn hold(&mut self, id: Uuid) -> Result<Option<Hold>> {
        self.glance(|sql| holds::with_id(sql, id))
    }

    /// Records that the process that watches a run is alive.
    pub fn keep_alive(&mut self, id: Uuid) -> Result<()> {
        let at = self.now();
        self.write(|sql| holds::keep_alive(sql, id, at))
    }

    /// Gives back what was held, where nothing ran; says whether it was noted.
    pub fn release(&mut self, id: Uuid) -> Result<bool> {
        self.write(|sql| holds::remove(sql, id))
    }

    /// Ends a run and records what it cost. Where somebody else has taken it for dead and recorded
    /// the estimate, the difference is recorded beside it.
    ///
    /// # Errors
    /// Class `config`, `network` or `timeout`; the run stays noted and is recorded later.
    pub fn end(&mut self, hold: &Hold, base_price: &BasePrice) -> Result<Recorded> {
        let at = self.now();
        let used = used_by(hold, base_price);
        self.write(|sql| {
            let mandate = mandates::alone(sql, &hold.mandate)?;
            let owner = hold.owner.as_deref();
            let noted = holds::remove(sql, hold.id)?;
            let known = book::by_id(sql, &hold.id.to_string())?;
            let Some(known) = known.clone().filter(|_| !noted) else {
                return record(sql, &mandate, owner, (hold.id, at), &used, known);
            };
            let posted = match correct(sql, hold.id, &known, base_price, at)? {
                Some(posted) => posted,
                None => {
                    let balance = Money(book::balance(sql, &mandate.mandate, owner)?);
                    Posted { transaction: known, balance, replayed: true }
                }
            };
            let (balance, currency) = (posted.balance, mandate.currency);
            Ok(Recorded { posted: Some(posted), balance, currency })
        })
    }

    /// Books what is missing of the cost of a run that was recorded already, with its estimate and by
    /// another machine: the correction and the currency. None where nothing is missing, or nothing
    /// of the run was recorded.
    pub fn correct_run(
        &mut self,
        id: Uuid,
        base_price: &BasePrice,
    ) -> Result<Option<(Posted, String)>> {
        let at = self.now();
        self.write(|sql| {
            let Some(known) = book::by_id(sql, &id.to_string())? else { return Ok(None) };
            let mandate = mandates::alone(sql, &known.mandate)?;
            let corrected = correct(sql, id, &known, base_price, at)?;
            let news = corrected.filter(|posted| !posted.replayed);
            Ok(news.map(|posted| (posted, mandate.currency)))
        })
    }

    /// Ends a run that no process watched to its end, and records what it cost; unless somebody else has
    /// ended it, or heard of it after `heard`. Then what stands in the book is right as it is.
    ///
    /// # Errors
    /// As [`Ledger::end`].
    pub fn settle(
        &mut self,
        hold: &Hold,
        base_price: &BasePrice,
        heard: Timestamp,
    ) -> Result<Option<Recorded>> {
        let at = self.now();
        let used = used_by(hold, base_price);
        self.write(|sql| {
            let mandate = mandates::alone(sql, &hold.mandate)?;
            if !holds::remove_if_quiet(sql, hold.id, heard)? {
                return Ok(None);
            }
            let known = book::by_id(sql, &hold.id.to_string())?;
            record(sql, &mandate, hold.owner.as_deref(), (hold.id, at), &used, known).map(Some)
        })
    }
}

/// What a run used, at this price.
fn used_by(hold: &Hold, base_price: &BasePrice) -> Used {
    Used {
        base_price: base_price.clone(),
        labels: hold.labels.clone(),
        description: Some(hold.description.clone()),
        key: None,
    }
}

/// The estimate of a run stands in the book already: the difference to what it cost is booked beside
/// it, once, under the same labels and with the markup that the estimate was booked with. None
/// where there is no difference, and where all of it was reversed.
fn correct(
    sql: &mut dyn Sql,
    run: Uuid,
    known: &Transaction,
    base_price: &BasePrice,
    at: Timestamp,
) -> Result<Option<Posted>> {
    let (Some(booked), Some(markup)) = (&known.base_price, known.markup_percent) else {
        return Ok(None);
    };
    let id = Uuid::new_v5(&run, b"correction");
    if let Some(before) = replayed(sql, id)? {
        return Ok(Some(before));
    }
    if replayed(sql, id_of_reversal(&known.id))?.is_some() {
        return Ok(None);
    }
    let missing = marked_up(base_price, markup)? - known.amount.0;
    if missing.is_zero() {
        return Ok(None);
    }
    let kind = if missing > Decimal::ZERO { Kind::Debit } else { Kind::Credit };
    let mut posting = Posting::new(&known.mandate, kind, missing.abs(), at)
        .because(Reference::System, format!("correction of {}", known.id));
    posting.id = id;
    posting.owner.clone_from(&known.account_user);
    posting.usage = Some(Usage {
        base_price: base_price.apart_from(booked),
        markup: markup.0,
        labels: known.labels(),
    });
    book::post(sql, &posting).map(Some)
}
