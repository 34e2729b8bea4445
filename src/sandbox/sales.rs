//! What was bought at the systems that sell credits: each request is a purchase of its own, since
//! none of them knows a key, and its credits arrive once it is paid. Contracts: cloudflare, vercel.

use super::account::{card, time};
use super::store::StoreWork;
use super::tables::exact;
use crate::core::failure::Result;
use rusqlite::{Row, params};
use rust_decimal::Decimal;
use serde::Serialize;

/// What every account has at first, in dollars, credits or its own unit.
const FIRST: Decimal = Decimal::from_parts(2500, 0, 0, false, 2);
/// The most that is listed at once.
pub const PAGE: usize = 100;
/// How long a purchase takes where nothing else is set, in milliseconds.
const SETTLES_AFTER_MS: i64 = 2_000;

/// What becomes of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is paid a little later.
    Paid,
    /// It is not, and never will be.
    Failed,
    /// The card holder has to confirm it, and that does not happen.
    Open,
}

/// One purchase.
#[derive(Clone, Debug)]
pub struct Sale {
    /// Its id.
    pub id: String,
    /// Who sold it.
    pub system: String,
    /// What was bought, in cents.
    pub cents: i64,
    /// The tax on it, in cents.
    pub tax_cents: i64,
    /// When it was asked for.
    pub created_ms: i64,
    /// When it is final.
    pub settle_ms: i64,
    /// What becomes of it.
    pub fate: Fate,
}

/// One purchase, as an administrator sees it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct TopUp {
    /// Its id.
    pub id: String,
    /// Who sold it.
    pub provider: String,
    /// What was bought, in dollars.
    pub amount_usd: String,
    /// What was charged in all, in dollars.
    pub total_usd: String,
    /// `paid`, `pending` or `failed`.
    pub status: &'static str,
    /// When it was asked for.
    pub created_at: String,
}

impl Fate {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Paid, "paid"), (Self::Failed, "failed"), (Self::Open, "open")];

    fn word(self) -> &'static str {
        Self::ALL.iter().find(|(fate, _)| *fate == self).map_or("open", |(_, word)| word)
    }

    /// What becomes of a purchase with the saved card; none where there is no card.
    pub fn for_card(work: &StoreWork<'_>) -> Option<Self> {
        Some(match card(work)?.fails {
            None => Self::Paid,
            Some("authentication_required") => Self::Open,
            Some(_) => Self::Failed,
        })
    }
}

impl Sale {
    /// What is charged in all, in cents.
    pub fn total_cents(&self) -> i64 {
        self.cents.saturating_add(self.tax_cents)
    }

    /// Whether it is final by now.
    pub fn is_final(&self, now_ms: i64) -> bool {
        self.fate != Fate::Open && self.settle_ms <= now_ms
    }

    /// Whether it is paid by now.
    pub fn is_paid(&self, now_ms: i64) -> bool {
        self.fate == Fate::Paid && self.is_final(now_ms)
    }
}

/// Cents as dollars.
pub fn dollars(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

/// Buys: each request is another purchase.
///
/// # Errors
/// Class `config`.
pub fn buy(work: &StoreWork<'_>, system: &str, id: String, cents: i64, fate: Fate) -> Result<Sale> {
    let percent = work.money("tax")?.unwrap_or_default();
    let tax = dollars(cents).checked_mul(percent).map(|tax| tax.round_dp(0)).unwrap_or_default();
    let now = work.now_ms();
    let settles_after = work.number("settle-after-ms")?.unwrap_or(SETTLES_AFTER_MS);
    let sale = Sale {
        id,
        system: system.to_owned(),
        cents,
        tax_cents: i64::try_from(tax).unwrap_or_default(),
        created_ms: now,
        settle_ms: now.saturating_add(settles_after),
        fate,
    };
    work.run(
        "INSERT INTO sale (id, system, cents, tax_cents, created_ms, settle_ms, fate)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            sale.id,
            sale.system,
            sale.cents,
            sale.tax_cents,
            sale.created_ms,
            sale.settle_ms,
            fate.word()
        ],
    )?;
    Ok(sale)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Sale> {
    let word: String = row.get(6)?;
    let known = Fate::ALL.iter().find(|(_, known)| *known == word);
    Ok(Sale {
        id: row.get(0)?,
        system: row.get(1)?,
        cents: row.get(2)?,
        tax_cents: row.get(3)?,
        created_ms: row.get(4)?,
        settle_ms: row.get(5)?,
        fate: known.map_or(Fate::Open, |(fate, _)| *fate),
    })
}

/// The purchase with this id.
///
/// # Errors
/// Class `config`.
pub fn find(work: &StoreWork<'_>, system: &str, id: &str) -> Result<Option<Sale>> {
    let query = "SELECT id, system, cents, tax_cents, created_ms, settle_ms, fate FROM sale
                 WHERE id = ?1 AND system = ?2";
    work.row(query, [id, system], read)
}

/// The newest purchases at a system that show by now, one more than [`PAGE`] at most.
///
/// # Errors
/// Class `config`.
pub fn listed(work: &StoreWork<'_>, system: &str) -> Result<Vec<Sale>> {
    let shows_after = work.number("listed-after-ms")?.unwrap_or_default();
    let query = "SELECT id, system, cents, tax_cents, created_ms, settle_ms, fate FROM sale
                 WHERE system = ?1 AND created_ms <= ?2 ORDER BY created_ms DESC, seq DESC LIMIT 101";
    work.rows(query, params![system, work.now_ms().saturating_sub(shows_after)], read)
}

/// Every purchase, newest first.
///
/// # Errors
/// Class `config`.
pub fn all(work: &StoreWork<'_>) -> Result<Vec<TopUp>> {
    let now = work.now_ms();
    let query = "SELECT id, system, cents, tax_cents, created_ms, settle_ms, fate FROM sale
                 ORDER BY seq DESC LIMIT 1000";
    let sales = work.rows(query, [], read)?;
    let shown = |sale: Sale| TopUp {
        amount_usd: dollars(sale.cents).to_string(),
        total_usd: dollars(sale.total_cents()).to_string(),
        status: match (sale.is_final(now), sale.fate) {
            (true, Fate::Paid) => "paid",
            (true, _) => "failed",
            (false, _) => "pending",
        },
        created_at: time(sale.created_ms),
        id: sale.id,
        provider: sale.system,
    };
    Ok(sales.into_iter().map(shown).collect())
}

/// What a system has, with everything that was paid by now.
///
/// # Errors
/// Class `config`.
pub fn balance(work: &StoreWork<'_>, system: &str) -> Result<Decimal> {
    let query = "SELECT seq, cents FROM sale
                 WHERE booked = 0 AND fate = 'paid' AND system = ?1 AND settle_ms <= ?2";
    let due = work.rows(query, params![system, work.now_ms()], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    })?;
    let kept = work.text(&format!("row-balance:{system}"));
    let mut balance = kept.map(|text| exact(&text)).transpose()?.unwrap_or(FIRST);
    if due.is_empty() {
        return Ok(balance);
    }
    for (seq, cents) in due {
        balance = balance.saturating_add(dollars(cents));
        work.run("UPDATE sale SET booked = 1 WHERE seq = ?1", [seq])?;
    }
    set_balance(work, system, balance)?;
    Ok(balance)
}

/// Sets what a system has; what is still on its way arrives beside it.
///
/// # Errors
/// Class `config`.
pub fn set_balance(work: &StoreWork<'_>, system: &str, amount: Decimal) -> Result<()> {
    work.set(&format!("row-balance:{system}"), Some(&amount.to_string()))
}
