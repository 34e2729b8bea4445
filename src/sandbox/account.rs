//! The account behind the portal: balance, card, limits, charges, auto-reload. The rules live
//! here; the endpoints and the pages only ask.

use super::store::{Work, broken, exact};
use crate::core::failure::Result;
use crate::ledger::book;
use crate::ledger::values::{Kind, Posting, Reference};
use jiff::tz::TimeZone;
use rusqlite::{OptionalExtension, params};
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
pub struct Card {
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
pub const CARDS: &[Card] = &[
    Card { word: "visa", number: "4242424242424242", brand: "Visa", last4: "4242", fails: None },
    Card {
        word: "3ds",
        number: "4000002500003155",
        brand: "Visa",
        last4: "3155",
        fails: Some("authentication_required"),
    },
    Card {
        word: "declined",
        number: "4000000000009995",
        brand: "Visa",
        last4: "9995",
        fails: Some("card_declined"),
    },
    Card {
        word: "expired",
        number: "4000000000000069",
        brand: "Visa",
        last4: "0069",
        fails: Some("payment_method_expired"),
    },
    Card {
        word: "error",
        number: "4000000000000119",
        brand: "Visa",
        last4: "0119",
        fails: Some("processing_error"),
    },
    Card { word: "link", number: "", brand: "Link", last4: "", fails: None },
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
    /// Nobody has set a limit: this is the portal's ceiling.
    pub is_default: bool,
}

impl Month {
    /// What is left, never below zero.
    pub fn remaining(&self) -> Decimal {
        (self.limit - self.spent).max(Decimal::ZERO)
    }
}

/// The role of the person.
pub fn role(work: &Work<'_>) -> Result<String> {
    Ok(work.text("role")?.unwrap_or_else(|| "OWNER".into()))
}

/// Whether this role may buy.
pub fn may_charge(role: &str) -> bool {
    matches!(role, "OWNER" | "ADMIN")
}

/// The organisation's switch for terminal billing.
pub fn switch(work: &Work<'_>) -> Result<bool> {
    Ok(work.text("switch")?.as_deref() != Some("off"))
}

/// The saved card.
pub fn card(work: &Work<'_>) -> Result<Option<&'static Card>> {
    let word = work.text("card")?;
    Ok(word.and_then(|word| CARDS.iter().find(|card| card.word == word)))
}

/// The balance, with everything booked that has settled by now.
///
/// # Errors
/// Class `config`.
pub fn balance(work: &Work<'_>) -> Result<Decimal> {
    settle_due(work)?;
    book::balance(&mut &*work.sql, CREDITS, None)
}

/// Books every charge that has settled by the portal's clock, exactly once each: the mark and the
/// money move in one transaction.
fn settle_due(work: &Work<'_>) -> Result<()> {
    let due: Vec<(i64, String, String, i64)> = {
        let mut statement = work
            .sql
            .prepare(
                "SELECT seq, id, amount, settle_ms FROM charge
                 WHERE booked = 0 AND reason IS NULL AND settle_ms <= ?1 ORDER BY seq",
            )
            .map_err(broken)?;
        let rows = statement
            .query_map([work.now_ms()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .map_err(broken)?;
        rows.collect::<Result<_, _>>().map_err(broken)?
    };
    for (seq, id, amount, settle_ms) in due {
        // When it settled, not when somebody first looked.
        let at = jiff::Timestamp::from_millisecond(settle_ms).unwrap_or_else(|_| work.now());
        let posting = Posting::new(CREDITS, Kind::Credit, exact(&amount)?, at)
            .because(Reference::Payment, format!("charge {id}"))
            .under(&id);
        book::post(&mut &*work.sql, &posting)?;
        work.sql.execute("UPDATE charge SET booked = 1 WHERE seq = ?1", [seq]).map_err(broken)?;
    }
    Ok(())
}

/// Where this month stands: failed charges do not count, pending ones do.
///
/// # Errors
/// Class `config`.
pub fn month(work: &Work<'_>) -> Result<Month> {
    let start = month_start_ms(work)?;
    let mut statement = work
        .sql
        .prepare("SELECT amount FROM charge WHERE created_ms >= ?1 AND (reason IS NULL OR settle_ms > ?2)")
        .map_err(broken)?;
    let amounts: Vec<String> = statement
        .query_map(params![start, work.now_ms()], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(broken)?;
    let mut spent = Decimal::ZERO;
    for amount in amounts {
        spent += exact(&amount)?;
    }
    if work.number("spent-month-ms")? == Some(start) {
        spent += work.money("spent-before")?.unwrap_or_default();
    }
    let limit = work.money("limit")?;
    Ok(Month { limit: limit.unwrap_or(DEFAULT_CEILING), spent, is_default: limit.is_none() })
}

/// When this month began, UTC.
pub fn month_start_ms(work: &Work<'_>) -> Result<i64> {
    let (_, month) = utc_periods(work.now())?;
    Ok(month.as_millisecond())
}

fn utc_periods(now: jiff::Timestamp) -> Result<(jiff::Timestamp, jiff::Timestamp)> {
    let unknown = |cause| {
        crate::core::failure::Failure::config("the sandbox clock shows no known date")
            .because(anyhow::Error::new(cause))
    };
    let day = now.to_zoned(TimeZone::UTC).start_of_day().map_err(unknown)?;
    Ok((day.timestamp(), day.first_of_month().map_err(unknown)?.timestamp()))
}

/// Seconds until another charge is taken, if there were too many in the last hour: for the
/// organisation, and for this session. What a person buys on the page is no charge of a terminal.
///
/// # Errors
/// Class `config`.
pub fn limited(work: &Work<'_>, session: &str) -> Result<Option<i64>> {
    if work.text("rate-limit")?.as_deref() == Some("off") {
        return Ok(None);
    }
    let since = work.now_ms() - HOUR_MS;
    let oldest = |only: Option<&str>| {
        work.sql
            .query_row(
                "SELECT count(*), min(created_ms) FROM charge
                 WHERE created_ms > ?1 AND session IS NOT NULL AND (?2 IS NULL OR session = ?2)",
                params![since, only],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<i64>>(1)?)),
            )
            .map_err(broken)
    };
    for counted in [oldest(None)?, oldest(Some(session))?] {
        if let (count, Some(oldest)) = counted
            && count >= CHARGES_AN_HOUR
        {
            return Ok(Some((oldest + HOUR_MS - work.now_ms() + 999) / 1000));
        }
    }
    Ok(None)
}

/// Makes a charge; what becomes of it follows from the card and the clock.
///
/// # Errors
/// Class `config`.
pub fn charge(
    work: &Work<'_>,
    session: Option<&str>,
    key: Option<&str>,
    amount: Decimal,
    card: &Card,
) -> Result<String> {
    let id = format!("ch_{}", &Uuid::new_v4().simple().to_string()[..24]);
    let settle_after = work.number("settle-after-ms")?.unwrap_or(2_000);
    work.sql
        .execute(
            "INSERT INTO charge (id, session, idempotency_key, amount, created_ms, settle_ms, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![id, session, key, amount.normalize().to_string(), work.now_ms(), work.now_ms() + settle_after, card.fails],
        )
        .map_err(broken)?;
    Ok(id)
}

/// The charges, newest first.
///
/// # Errors
/// Class `config`.
pub fn charges(work: &Work<'_>, limit: u32) -> Result<Vec<Charge>> {
    let mut statement = work
        .sql
        .prepare("SELECT id, amount, reason, idempotency_key, created_ms, settle_ms FROM charge ORDER BY seq DESC LIMIT ?1")
        .map_err(broken)?;
    let now = work.now_ms();
    let rows = statement.query_map([limit], |row| read_charge(row, now)).map_err(broken)?;
    rows.collect::<Result<_, _>>().map_err(broken)
}

/// One charge.
///
/// # Errors
/// Class `config`.
pub fn find_charge(work: &Work<'_>, id: &str) -> Result<Option<Charge>> {
    let now = work.now_ms();
    work.sql
        .query_row(
            "SELECT id, amount, reason, idempotency_key, created_ms, settle_ms FROM charge WHERE id = ?1",
            [id],
            |row| read_charge(row, now),
        )
        .optional()
        .map_err(broken)
}

/// The id of the charge that was made under this key, however long ago.
///
/// # Errors
/// Class `config`.
pub fn charge_under(work: &Work<'_>, key: &str) -> Result<Option<String>> {
    let query = "SELECT id FROM charge WHERE idempotency_key = ?1";
    work.sql.query_row(query, [key], |row| row.get(0)).optional().map_err(broken)
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
    jiff::Timestamp::from_millisecond(ms).map(|time| time.to_string()).unwrap_or_default()
}

/// Uses credits up, and lets auto-reload fire when the balance falls below its threshold.
///
/// # Errors
/// Class `config`.
pub fn spend(work: &Work<'_>, amount: Decimal, what: &str) -> Result<Decimal> {
    settle_due(work)?;
    let posting =
        Posting::new(CREDITS, Kind::Debit, amount, work.now()).because(Reference::Usage, what);
    let left = book::post(&mut &*work.sql, &posting)?.balance.0;
    reload(work, left)?;
    Ok(left)
}

/// Auto-reload: below the threshold, up to the target, while card, switch and limit allow it, and
/// not while an earlier one is still on its way.
fn reload(work: &Work<'_>, balance: Decimal) -> Result<()> {
    let (Some(below), Some(to)) = (work.money("reload-below")?, work.money("reload-to")?) else {
        return Ok(());
    };
    if work.text("reload")?.as_deref() != Some("on") || balance >= below || !switch(work)? {
        return Ok(());
    }
    let on_its_way: i64 = work
        .sql
        .query_row(
            "SELECT count(*) FROM charge WHERE idempotency_key IS NULL AND settle_ms > ?1",
            [work.now_ms()],
            |row| row.get(0),
        )
        .map_err(broken)?;
    let Some(card) = card(work)? else { return Ok(()) };
    let amount = (to - balance).round_dp(2);
    if on_its_way == 0 && amount > Decimal::ZERO && amount <= month(work)?.remaining() {
        charge(work, None, None, amount, card)?;
    }
    Ok(())
}

/// Sets the balance by a correction in the ledger.
///
/// # Errors
/// Class `config`.
pub fn set_balance(work: &Work<'_>, wanted: Decimal) -> Result<()> {
    let difference = wanted - balance(work)?;
    if difference.is_zero() {
        return Ok(());
    }
    let kind = if difference > Decimal::ZERO { Kind::Credit } else { Kind::Debit };
    let posting = Posting::new(CREDITS, kind, difference.abs(), work.now())
        .because(Reference::Admin, "balance set by hand");
    book::post(&mut &*work.sql, &posting)?;
    Ok(())
}
