//! The account behind the portal: balance, card, limits, charges, auto-reload. The rules live
//! here; the calls and the pages only ask.

use super::store::{StoreWork, exact};
use super::tables;
use crate::core::failure::Result;
use crate::ledger::book;
use crate::ledger::values::{Kind, Posting, Reference};
use rusqlite::params;
use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

/// The account of the ledger that holds the credits.
pub const CREDITS: &str = "organisation";
/// The monthly ceiling that holds until somebody sets a limit, in dollars.
pub const DEFAULT_CEILING: Decimal = Decimal::ONE_THOUSAND;
/// How many charges an hour take, per organisation and per token. Contract: nous, errors.
pub const CHARGES_AN_HOUR: i64 = 5;
/// An hour, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// The saved test card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SandboxCard {
    /// The word in `sandbox set card=…`.
    pub word: &'static str,
    /// The number that is recognised in the page, and never stored.
    pub number: &'static str,
    /// As shown.
    pub brand: &'static str,
    /// As shown.
    pub last4: &'static str,
    /// Why a charge fails; none settles.
    pub fails: Option<&'static str>,
}

/// Every test card there is.
pub const CARDS: &[SandboxCard] = &[
    SandboxCard {
        word: "visa",
        number: "4242424242424242",
        brand: "Visa",
        last4: "4242",
        fails: None,
    },
    SandboxCard {
        word: "3ds",
        number: "4000002500003155",
        brand: "Visa",
        last4: "3155",
        fails: Some(BANK_CHECK),
    },
    SandboxCard {
        word: "declined",
        number: "4000000000009995",
        brand: "Visa",
        last4: "9995",
        fails: Some("card_declined"),
    },
    SandboxCard {
        word: "expired",
        number: "4000000000000069",
        brand: "Visa",
        last4: "0069",
        fails: Some("payment_method_expired"),
    },
    SandboxCard {
        word: "error",
        number: "4000000000000119",
        brand: "Visa",
        last4: "0119",
        fails: Some("processing_error"),
    },
    SandboxCard { word: "link", number: "", brand: "Link", last4: "", fails: None },
];

/// A charge as the portal keeps it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Charge {
    /// Its id.
    pub id: String,
    /// In dollars.
    pub amount_usd: String,
    /// `pending`, `settled` or `failed`.
    pub status: &'static str,
    /// Why it failed.
    pub reason: Option<String>,
    /// The key it was made under; none for auto-reload.
    pub idempotency_key: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it is or will be final.
    pub settled_at: String,
}

/// The spending limit of the month.
#[derive(Clone, Copy, Debug)]
pub struct Month {
    /// The limit, in dollars.
    pub limit: Decimal,
    /// Spent so far, in dollars.
    pub spent: Decimal,
    /// No limit was set: this is the portal's ceiling.
    pub is_default: bool,
}

impl Month {
    /// What is left, never below zero.
    pub fn remaining(&self) -> Decimal {
        (self.limit - self.spent).max(Decimal::ZERO)
    }
}

/// The role of the person.
pub fn role(work: &StoreWork<'_>) -> String {
    work.text("role").unwrap_or_else(|| "OWNER".into())
}

/// Whether this role may buy. Contract: nous, seen since.
pub fn may_charge(role: &str) -> bool {
    matches!(role, "OWNER" | "ADMIN" | "FINANCE_ADMIN")
}

/// The organisation's switch for purchases from a terminal.
pub fn switch(work: &StoreWork<'_>) -> bool {
    !work.is("switch", "off")
}

/// The saved card.
pub fn card(work: &StoreWork<'_>) -> Option<&'static SandboxCard> {
    work.text("card").and_then(|word| card_of(&word))
}

/// The test card of this word.
pub fn card_of(word: &str) -> Option<&'static SandboxCard> {
    CARDS.iter().find(|card| card.word == word)
}

/// The amounts that are offered, as decimal text.
pub fn presets(work: &StoreWork<'_>) -> Vec<String> {
    let text = work.text("presets").unwrap_or_else(|| "100,250,500".into());
    text.split(',').filter(|preset| !preset.is_empty()).map(str::to_owned).collect()
}

/// The least and the most of one charge, in dollars.
///
/// # Errors
/// Class `config`.
pub fn bounds(work: &StoreWork<'_>) -> Result<(Decimal, Decimal)> {
    Ok((
        work.money("min")?.unwrap_or(Decimal::TEN),
        work.money("max")?.unwrap_or_else(|| Decimal::from(10_000)),
    ))
}

/// Configures auto-reload.
///
/// # Errors
/// Class `config`.
pub fn set_reload(work: &StoreWork<'_>, enabled: bool, below: Decimal, to: Decimal) -> Result<()> {
    work.set("reload", Some(if enabled { "on" } else { "off" }))?;
    work.set("reload-below", Some(&plain(below)))?;
    work.set("reload-to", Some(&plain(to)))
}

/// Decimal text of any scale, as the real portal writes it.
pub fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}

/// The balance, with everything booked that has settled by now.
///
/// # Errors
/// Class `config`.
pub fn balance(work: &StoreWork<'_>) -> Result<Decimal> {
    settle_due(work)?;
    book::balance(&mut work.book(), CREDITS, None)
}

/// Books every charge that has settled by the portal's clock, exactly once each: the mark and the
/// money move in one transaction.
fn settle_due(work: &StoreWork<'_>) -> Result<()> {
    let due: Vec<(i64, String, String, i64)> = work.rows(
        "SELECT seq, id, amount, settle_ms FROM charge INDEXED BY charge_to_book
         WHERE booked = 0 AND reason IS NULL AND settle_ms <= ?1 ORDER BY settle_ms, seq",
        [work.now_ms()],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    for (seq, id, amount, settle_ms) in due {
        // When it settled, not when it was first polled.
        let at = jiff::Timestamp::from_millisecond(settle_ms).unwrap_or_else(|_| work.now());
        let posting = Posting::new(CREDITS, Kind::Credit, exact(&amount)?, at)
            .because(Reference::Payment, format!("charge {id}"))
            .under(&id);
        book::post(&mut work.book(), &posting)?;
        work.run("UPDATE charge SET booked = 1 WHERE seq = ?1", [seq])?;
    }
    Ok(())
}

/// Where this month stands: failed charges do not count, pending ones do.
///
/// # Errors
/// Class `config`.
pub fn month(work: &StoreWork<'_>) -> Result<Month> {
    let start = month_start_ms(work)?;
    // More than one month only where the clock was set back: what was charged then is charged.
    let kept: Vec<String> =
        work.rows("SELECT amount FROM month_spent WHERE start_ms >= ?1", [start], |row| {
            row.get(0)
        })?;
    let failing: Vec<String> = work.rows(
        "SELECT amount FROM charge INDEXED BY charge_that_fails
         WHERE reason IS NOT NULL AND settle_ms > ?1 AND created_ms >= ?2",
        [work.now_ms(), start],
        |row| row.get(0),
    )?;
    let mut spent = Decimal::ZERO;
    for amount in kept.iter().chain(&failing) {
        spent += exact(amount)?;
    }
    if work.number("spent-month-ms")? == Some(start) {
        spent += work.money("spent-before")?.unwrap_or_default();
    }
    let limit = work.money("limit")?;
    Ok(Month { limit: limit.unwrap_or(DEFAULT_CEILING), spent, is_default: limit.is_none() })
}

/// Adds a charge that does not fail to the sum of its month.
fn add_to_month(work: &StoreWork<'_>, created_ms: i64, amount: Decimal) -> Result<()> {
    let start = tables::month_start_ms(created_ms)?;
    let query = "SELECT amount FROM month_spent WHERE start_ms = ?1";
    let kept: Option<String> = work.row(query, [start], |row| row.get(0))?;
    let sum = kept.map_or(Ok(Decimal::ZERO), |kept| exact(&kept))? + amount;
    work.run("INSERT OR REPLACE INTO month_spent VALUES (?1, ?2)", params![start, plain(sum)])
        .map(drop)
}

/// When this month began, UTC.
///
/// # Errors
/// Class `config`.
pub fn month_start_ms(work: &StoreWork<'_>) -> Result<i64> {
    tables::month_start_ms(work.now_ms())
}

/// Seconds until another charge is taken, if there were too many in the last hour: for the
/// organisation, and for this session. What a person buys on the page is no charge of a terminal.
///
/// # Errors
/// Class `config`.
pub fn limited(work: &StoreWork<'_>, session: &str) -> Result<Option<i64>> {
    if work.is("rate-limit", "off") {
        return Ok(None);
    }
    // The charge that has to be an hour old first is the fifth from the end.
    let before = CHARGES_AN_HOUR - 1;
    let of_all = work.row(
        "SELECT created_ms FROM charge INDEXED BY charge_of_terminals
         WHERE created_ms > ?1 AND session IS NOT NULL ORDER BY created_ms DESC LIMIT 1 OFFSET ?2",
        [work.now_ms() - HOUR_MS, before],
        |row| row.get::<_, i64>(0),
    )?;
    let of_session = work.row(
        "SELECT created_ms FROM charge INDEXED BY charge_of_session
         WHERE created_ms > ?1 AND session = ?3 ORDER BY created_ms DESC LIMIT 1 OFFSET ?2",
        params![work.now_ms() - HOUR_MS, before, session],
        |row| row.get::<_, i64>(0),
    )?;
    let full = of_all.or(of_session);
    Ok(full.map(|made| (made + HOUR_MS - work.now_ms() + 999) / 1000))
}

/// Makes a charge; what becomes of it follows from the card and the clock.
///
/// # Errors
/// Class `config`.
pub fn charge(
    work: &StoreWork<'_>,
    session: Option<&str>,
    key: Option<&str>,
    amount: Decimal,
    card: &SandboxCard,
) -> Result<String> {
    let id = format!("ch_{}", &Uuid::new_v4().simple().to_string()[..24]);
    let settle_after = work.number("settle-after-ms")?.unwrap_or(2_000);
    let now = work.now_ms();
    work.run(
        "INSERT INTO charge (id, session, idempotency_key, amount, created_ms, settle_ms, reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![id, session, key, plain(amount), now, now + settle_after, card.fails],
    )?;
    if card.fails.is_none() {
        add_to_month(work, now, amount)?;
    }
    Ok(id)
}

/// The reason of a charge that its card holder confirms at the bank.
pub const BANK_CHECK: &str = "authentication_required";

/// Settles the charges that wait for the bank, or one of them: the holder has confirmed it, and the
/// same charge is paid.
///
/// # Errors
/// Class `config`.
pub fn confirm_at_bank(work: &StoreWork<'_>, id: Option<&str>) -> Result<()> {
    let waiting: Vec<(String, String, i64)> = work.rows(
        "SELECT id, amount, created_ms FROM charge INDEXED BY charge_that_fails
         WHERE reason IS NOT NULL AND settle_ms <= ?1 AND reason = ?2 AND (?3 IS NULL OR id = ?3)",
        params![work.now_ms(), BANK_CHECK, id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    for (id, amount, created_ms) in waiting {
        work.run(
            "UPDATE charge SET reason = NULL, settle_ms = ?2 WHERE id = ?1",
            params![id, work.now_ms()],
        )?;
        add_to_month(work, created_ms, exact(&amount)?)?;
    }
    Ok(())
}

/// The charges, newest first.
///
/// # Errors
/// Class `config`.
pub fn charges(work: &StoreWork<'_>, limit: u32) -> Result<Vec<Charge>> {
    let now = work.now_ms();
    let query = "SELECT id, amount, reason, idempotency_key, created_ms, settle_ms FROM charge
                 ORDER BY seq DESC LIMIT ?1";
    work.rows(query, [limit], |row| read_charge(row, now))
}

/// One charge.
///
/// # Errors
/// Class `config`.
pub fn find_charge(work: &StoreWork<'_>, id: &str) -> Result<Option<Charge>> {
    let now = work.now_ms();
    let query = "SELECT id, amount, reason, idempotency_key, created_ms, settle_ms FROM charge
                 WHERE id = ?1";
    work.row(query, [id], |row| read_charge(row, now))
}

/// The id of the charge that was made under this key, however long ago.
///
/// # Errors
/// Class `config`.
pub fn charge_under(work: &StoreWork<'_>, key: &str) -> Result<Option<String>> {
    work.row("SELECT id FROM charge WHERE idempotency_key = ?1", [key], |row| row.get(0))
}

fn read_charge(row: &rusqlite::Row<'_>, now: i64) -> rusqlite::Result<Charge> {
    let reason: Option<String> = row.get(2)?;
    let settle_ms: i64 = row.get(5)?;
    let status = match (settle_ms > now, &reason) {
        (true, _) => "pending",
        (false, None) => "settled",
        (false, Some(_)) => "failed",
    };
    Ok(Charge {
        id: row.get(0)?,
        amount_usd: row.get(1)?,
        status,
        reason: reason.filter(|_| status == "failed"),
        idempotency_key: row.get(3)?,
        created_at: time(row.get(4)?),
        settled_at: time(settle_ms),
    })
}

/// A moment as documents show it.
pub fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map(|time| format!("{time:.3}")).unwrap_or_default()
}

/// Uses credits up, and lets auto-reload fire when the balance falls below its threshold.
///
/// # Errors
/// Class `config`.
pub fn spend(work: &StoreWork<'_>, amount: Decimal, what: &str) -> Result<Decimal> {
    settle_due(work)?;
    let posting =
        Posting::new(CREDITS, Kind::Debit, amount, work.now()).because(Reference::Usage, what);
    let left = book::post(&mut work.book(), &posting)?.balance.0;
    reload(work, left)?;
    Ok(left)
}

/// Auto-reload: below the threshold, up to the target, while card, switch and limit allow it, and
/// not while an earlier one is still on its way.
fn reload(work: &StoreWork<'_>, balance: Decimal) -> Result<()> {
    let (Some(below), Some(to)) = (work.money("reload-below")?, work.money("reload-to")?) else {
        return Ok(());
    };
    if !work.is("reload", "on") || balance >= below || !switch(work) {
        return Ok(());
    }
    let on_its_way = work.row(
        "SELECT 1 FROM charge INDEXED BY charge_of_reload
         WHERE idempotency_key IS NULL AND settle_ms > ?1 LIMIT 1",
        [work.now_ms()],
        |_| Ok(()),
    )?;
    let Some(card) = card(work) else { return Ok(()) };
    let amount = (to - balance).round_dp(2);
    if on_its_way.is_none() && amount > Decimal::ZERO && amount <= month(work)?.remaining() {
        charge(work, None, None, amount, card)?;
    }
    Ok(())
}

/// Sets the balance by a correction in the ledger.
///
/// # Errors
/// Class `config`.
pub fn set_balance(work: &StoreWork<'_>, wanted: Decimal) -> Result<()> {
    let difference = wanted - balance(work)?;
    if difference.is_zero() {
        return Ok(());
    }
    let kind = if difference > Decimal::ZERO { Kind::Credit } else { Kind::Debit };
    let posting = Posting::new(CREDITS, kind, difference.abs(), work.now())
        .because(Reference::Admin, "balance set by hand");
    book::post(&mut work.book(), &posting)?;
    Ok(())
}
