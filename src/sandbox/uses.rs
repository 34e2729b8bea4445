//! The uses of the agent's account and the payments for packs: what there is, and what a person
//! does about a payment on its page. Uses are counted by an account of the ledger beside the dollars
//! of the portal; the saved card is the same one.

use super::account::SandboxCard;
use super::store::{StoreWork, random_word};
use crate::core::failure::Result;
use crate::ledger::values::{Filter, Kind, Posting, Reference, Transaction};
use crate::ledger::{book, list};
use jiff::Timestamp;
use rusqlite::params;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Who the username logs in.
pub const USER: &str = "sandbox-user";
/// How long a token lives, in seconds.
pub const TOKEN_LIFE_S: i64 = 86_400;
/// How long a token lives that another one was renewed for, in seconds. Contract: ciris, ways in.
pub const RENEWED_LIFE_S: i64 = 30 * 86_400;
/// The account of the ledger that counts bought uses.
const USES: &str = "uses";
/// What a new account has.
const FIRST_USES: i64 = 50;

/// A payment as the page shows it.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Its id.
    pub id: String,
    /// In cents.
    pub minor: i64,
    /// Uses in the pack.
    pub uses: i64,
    /// Where the browser goes afterwards.
    pub return_url: Option<String>,
    /// Stripe's word for where it stands.
    pub word: String,
    /// When it was opened.
    pub created_ms: i64,
}

impl Payment {
    /// `$5.00`.
    pub fn price(&self) -> String {
        format!("${}.{:02}", self.minor / 100, self.minor % 100)
    }

    /// Whether it waits for a person.
    pub fn is_open(&self) -> bool {
        matches!(&*self.word, "requires_payment_method" | "requires_action")
    }
}

/// What a new account has.
///
/// # Errors
/// Class `config`.
pub fn fill(work: &StoreWork<'_>) -> Result<()> {
    work.set("ciris-username", Some("sandbox"))?;
    work.set("ciris-password", Some(&random_word()))?;
    set_uses(work, FIRST_USES)
}

/// A new token.
///
/// # Errors
/// Class `config`.
pub fn sign_in(work: &StoreWork<'_>) -> Result<String> {
    issue(work, work.now_ms())
}

/// A new token in the place of this one, which ends with it; it lives for [`RENEWED_LIFE_S`].
///
/// # Errors
/// Class `config`.
pub fn renew(work: &StoreWork<'_>, token: &str) -> Result<String> {
    sign_out(work, token)?;
    issue(work, work.now_ms() + (RENEWED_LIFE_S - TOKEN_LIFE_S) * 1000)
}

/// The tokens of a state of this agent count their life from here.
fn issue(work: &StoreWork<'_>, since_ms: i64) -> Result<String> {
    let token = format!("ciris_{}", random_word());
    work.run("INSERT INTO agent_token VALUES (?1, ?2)", params![token, since_ms])?;
    Ok(token)
}

/// Ends a token.
///
/// # Errors
/// Class `config`.
pub fn sign_out(work: &StoreWork<'_>, token: &str) -> Result<()> {
    work.run("DELETE FROM agent_token WHERE token = ?1", [token]).map(drop)
}

/// Whether a token is one that is in use.
///
/// # Errors
/// Class `config`.
pub fn is_signed_in(work: &StoreWork<'_>, token: &str) -> Result<bool> {
    let since = work.now_ms() - TOKEN_LIFE_S * 1000;
    let query = "SELECT 1 FROM agent_token WHERE token = ?1 AND issued_ms > ?2";
    Ok(work.row(query, params![token, since], |_| Ok(()))?.is_some())
}

/// What a restart of an agent does.
///
/// # Errors
/// Class `config`.
pub fn forget_logins(work: &StoreWork<'_>) -> Result<()> {
    work.run("DELETE FROM agent_token", []).map(drop)
}

/// Bought uses that are left, with everything booked that has settled.
///
/// # Errors
/// Class `config`.
pub fn uses(work: &StoreWork<'_>) -> Result<i64> {
    settle_due(work)?;
    Ok(book::balance(&mut work.book(), USES, None)?.to_i64().unwrap_or_default())
}

/// Sets them by a correction in the ledger.
///
/// # Errors
/// Class `config`.
pub fn set_uses(work: &StoreWork<'_>, wanted: i64) -> Result<()> {
    let difference = Decimal::from(wanted.saturating_sub(uses(work)?));
    if difference.is_zero() {
        return Ok(());
    }
    let (kind, reference, description) = if difference > Decimal::ZERO {
        (Kind::Credit, Reference::Admin, "uses given by hand")
    } else {
        (Kind::Debit, Reference::Usage, "uses")
    };
    if kind == Kind::Debit {
        let used = used(work)?.saturating_add(difference.abs().to_i64().unwrap_or_default());
        work.set("ciris-used", Some(&used.to_string()))?;
    }
    let posting =
        Posting::new(USES, kind, difference.abs(), work.now()).because(reference, description);
    book::post(&mut work.book(), &posting)?;
    Ok(())
}

/// Uses so far.
///
/// # Errors
/// Class `config`.
pub fn used(work: &StoreWork<'_>) -> Result<i64> {
    if let Some(kept) = work.number("ciris-used")? {
        return Ok(kept);
    }
    // A state that was made before the sum was kept.
    let debits = "SELECT coalesce(sum(amount), 0) / 1000000 FROM ledger_transaction
                  WHERE mandate = ?1 AND kind = ?2";
    let used = work.row(debits, [USES, Kind::Debit.word()], |row| row.get(0))?;
    Ok(used.unwrap_or_default())
}

/// At most so many movements of the account, newest first, after these; and how many there are.
///
/// # Errors
/// Class `config`.
pub fn movements(work: &StoreWork<'_>, limit: u32, offset: u64) -> Result<(Vec<Transaction>, u64)> {
    settle_due(work)?;
    let count = "SELECT count(*) FROM ledger_transaction WHERE mandate = ?1";
    let all = work.row(count, [USES], |row| row.get::<_, i64>(0))?.unwrap_or_default();
    let filter = Filter { offset, ..Filter::default() };
    let page = list::page(&mut work.book(), USES, &filter, limit)?;
    Ok((page, u64::try_from(all).unwrap_or_default()))
}

/// Books every payment that has settled by the portal's clock, exactly once each; as long after it as
/// the setting `ciris-booking` says.
fn settle_due(work: &StoreWork<'_>) -> Result<()> {
    let due: Vec<(String, i64, i64)> = work.rows(
        "SELECT id, uses, settle_ms FROM payment INDEXED BY payment_to_book
         WHERE booked = 0 AND word = 'processing' AND settle_ms <= ?1 ORDER BY settle_ms, seq",
        [work.now_ms() - work.number("ciris-booking-ms")?.unwrap_or_default()],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    for (id, uses, settle_ms) in due {
        // When it was paid, not when it was booked or somebody first looked.
        let at = Timestamp::from_millisecond(settle_ms).unwrap_or_else(|_| work.now());
        let posting = Posting::new(USES, Kind::Credit, Decimal::from(uses), at)
            .because(Reference::Payment, format!("payment {id}"))
            .under(&id);
        book::post(&mut work.book(), &posting)?;
        work.run("UPDATE payment SET booked = 1, word = 'succeeded' WHERE id = ?1", [id])?;
    }
    Ok(())
}

/// One payment.
///
/// # Errors
/// Class `config`.
pub fn payment(work: &StoreWork<'_>, id: &str) -> Result<Option<Payment>> {
    settle_due(work)?;
    let now = work.now_ms();
    work.row(&format!("{SELECT} WHERE id = ?1"), [id], |row| read(row, now))
}

/// The payments, newest first.
///
/// # Errors
/// Class `config`.
pub fn payments(work: &StoreWork<'_>) -> Result<Vec<Payment>> {
    settle_due(work)?;
    let now = work.now_ms();
    work.rows(&format!("{SELECT} ORDER BY seq DESC LIMIT 20"), [], |row| read(row, now))
}

const SELECT: &str = "SELECT id, minor, uses, return_url, word, created_ms, settle_ms FROM payment";

/// A payment as it stands now: one that has settled is paid, booked or not.
fn read(row: &rusqlite::Row<'_>, now_ms: i64) -> rusqlite::Result<Payment> {
    let word: String = row.get(4)?;
    let has_settled = row.get::<_, Option<i64>>(6)?.is_some_and(|settled| settled <= now_ms);
    let is_paid = word == "processing" && has_settled;
    Ok(Payment {
        id: row.get(0)?,
        minor: row.get(1)?,
        uses: row.get(2)?,
        return_url: row.get(3)?,
        word: if is_paid { "succeeded".to_owned() } else { word },
        created_ms: row.get(5)?,
    })
}

/// What a person does about a payment on its page.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Pays with a card.
    Pay(&'static SandboxCard),
    /// Confirms at the bank.
    Authenticate,
    /// Calls it off.
    Cancel,
}

/// Does it, where it is not final yet and the act fits.
///
/// # Errors
/// Class `config`.
pub fn act(work: &StoreWork<'_>, id: &str, act: Act) -> Result<()> {
    let Some(payment) = payment(work, id)? else { return Ok(()) };
    let word = match act {
        _ if !payment.is_open() => return Ok(()),
        Act::Authenticate if payment.word == "requires_action" => "processing",
        Act::Authenticate => return Ok(()),
        Act::Cancel => "canceled",
        Act::Pay(card) => match card.fails {
            None => "processing",
            Some("authentication_required") => "requires_action",
            Some("processing_error") => "failed",
            Some(_) => "requires_payment_method",
        },
    };
    let settle_after = work.number("settle-after-ms")?.unwrap_or(2_000);
    work.run(
        "UPDATE payment SET word = ?2, settle_ms = ?3 WHERE id = ?1",
        params![id, word, work.now_ms() + settle_after],
    )
    .map(drop)
}
