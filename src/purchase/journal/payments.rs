//! Payments that a person finishes, as versions 2 to 4 of the journal kept them: in tables of their
//! own. Version 5 keeps them as purchases; they are brought on once, row by row.

use super::exclusive::Exclusive;
use super::tables::{FileSql, unusable};
use crate::core::class::Class;
use crate::core::failure::Result;
use crate::core::money::Amount;
use crate::provider::packs::{PaymentReading, PaymentStatus};
use crate::provider::plans::Item;
use crate::provider::{CIRIS, ChargeId, IdempotencyKey};
use crate::purchase::record::{
    FailureRecord, Intent, JournalRow, KeyOrigin, OpenedPayment, Outcome, Reporter, Stamp,
};
use anyhow::Context as _;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde::Deserialize;
use std::path::Path;
use uuid::Uuid;

/// The tables, as version 2 of the journal has them.
pub(super) const TABLES: &str = "
    CREATE TABLE payment (
        id TEXT PRIMARY KEY, origin TEXT NOT NULL, account TEXT, asked_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX payment_by_origin ON payment (origin, asked_ms);
    CREATE INDEX payment_by_time ON payment (asked_ms);
    CREATE TABLE payment_entry (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, payment TEXT NOT NULL REFERENCES payment (id),
        kind TEXT NOT NULL, ended TEXT, payment_id TEXT, at TEXT NOT NULL, body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX payment_entry_by_payment ON payment_entry (payment, kind, seq, ended);
    CREATE INDEX payment_entry_by_id ON payment_entry (payment_id) WHERE payment_id IS NOT NULL;
    CREATE TRIGGER payment_stays BEFORE UPDATE ON payment BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE TRIGGER payment_lasts BEFORE DELETE ON payment BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE TRIGGER payment_entry_stays BEFORE UPDATE ON payment_entry BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE TRIGGER payment_entry_lasts BEFORE DELETE ON payment_entry BEGIN SELECT RAISE(ABORT, 'append only'); END;
";

/// The first version of the journal that keeps payments as purchases.
pub(super) const MADE_PURCHASES: i64 = 5;

/// What is dropped once every payment is a purchase.
const DROP: &str = "
    DROP TABLE unfinished_payment;
    DROP TABLE untold_payment;
    DROP TABLE payment_entry;
    DROP TABLE payment;
";

/// A row of such a payment.
#[derive(Debug, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub(super) enum OldPaymentRow {
    /// It is about to be opened.
    Asked,
    /// It was opened; somebody may be shown its page from here on.
    Opened(OpenedPayment),
    /// It is final.
    Ended(OldPaymentEnd),
    /// The caller has the end.
    Delivered,
}

/// How a payment ended.
#[derive(Debug, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub(super) enum OldPaymentEnd {
    Settled { word: String, credits_added: Option<i64>, balance_after: Option<i64> },
    Failed { word: String },
    Refused { class: Class },
    NeverShown,
    MarkedCharged,
    MarkedNotCharged,
}

/// A payment of the old tables.
struct OldPayment {
    id: Uuid,
    origin: String,
    account: Option<String>,
    asked: Timestamp,
    entries: Vec<(Timestamp, OldPaymentRow)>,
}

/// Makes each payment a purchase, and drops the tables that it was in.
///
/// # Errors
/// Class `config`: nothing is changed then.
pub(super) fn bring_on(db: &Connection, file: &Path) -> Result<()> {
    let broken = |cause| unusable(file, cause);
    let mut sql = FileSql { db, file };
    let making = Exclusive::of_file(&mut sql, file);
    for payment in read(db).map_err(broken)? {
        let (intent, rows) = payment.as_purchase().map_err(broken)?;
        making.add(&intent, &Stamp::from_wall(payment.asked))?;
        for (stamp, row) in &rows {
            making.append(intent.id, stamp, row)?;
        }
    }
    db.execute_batch(DROP).map_err(|cause| broken(cause.into()))
}

fn read(db: &Connection) -> anyhow::Result<Vec<OldPayment>> {
    let mut statement =
        db.prepare("SELECT id, origin, account, asked_ms FROM payment ORDER BY asked_ms, id")?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get::<_, i64>(3)?))
    })?;
    let mut payments = Vec::new();
    for row in rows {
        let (id, origin, account, asked_ms) = row?;
        let asked = Timestamp::from_millisecond(asked_ms)?;
        let entries = entries(db, &id).with_context(|| format!("the payment {id}"))?;
        payments.push(OldPayment { id: Uuid::parse_str(&id)?, origin, account, asked, entries });
    }
    Ok(payments)
}

fn entries(db: &Connection, id: &str) -> anyhow::Result<Vec<(Timestamp, OldPaymentRow)>> {
    let mut statement =
        db.prepare("SELECT at, body FROM payment_entry WHERE payment = ?1 ORDER BY seq")?;
    let rows = statement
        .query_map(params![id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut entries = Vec::new();
    for row in rows {
        let (at, body) = row?;
        entries.push((at.parse()?, serde_json::from_str(&body)?));
    }
    Ok(entries)
}

impl OldPayment {
    fn as_purchase(&self) -> anyhow::Result<(Intent, Vec<(Stamp, JournalRow)>)> {
        let opened = self.entries.iter().find_map(|(_, entry)| match entry {
            OldPaymentRow::Opened(opened) => Some(opened),
            _ => None,
        });
        let intent = Intent {
            id: self.id,
            system: CIRIS,
            origin: self.origin.clone(),
            profile: None,
            base_url: None,
            organisation: None,
            subject: self.account.clone(),
            naming: KeyOrigin::Random,
            key: IdempotencyKey::parse(&self.id.to_string())
                .map_err(|failure| anyhow::anyhow!("{failure}"))?,
            amount: Amount::due(rust_decimal::Decimal::ZERO).context("nothing is no amount")?,
            item: Item::Pack,
            body: "{}".to_owned(),
            first_use_at: None,
            first_use_proven: true,
        };
        let charge_id = opened.map(|opened| opened.payment_id.clone());
        let mut rows = Vec::new();
        for (at, entry) in &self.entries {
            let row = match entry {
                OldPaymentRow::Asked => JournalRow::Sending { n: 1, baseline: None },
                OldPaymentRow::Opened(opened) => JournalRow::Accepted {
                    n: 1,
                    charge_id: opened.payment_id.clone(),
                    payment: Some(opened.clone()),
                },
                OldPaymentRow::Ended(ended) => {
                    JournalRow::Final(outcome(ended, charge_id.as_ref())?)
                }
                OldPaymentRow::Delivered => JournalRow::Reported { by: Reporter::Buy },
            };
            rows.push((Stamp::from_wall(*at), row));
        }
        Ok((intent, rows))
    }
}

fn outcome(ended: &OldPaymentEnd, charge_id: Option<&ChargeId>) -> anyhow::Result<Outcome> {
    let failure = |class: Class, code: Option<&String>, message: &str| FailureRecord {
        class,
        code: code.cloned(),
        status: None,
        message: message.to_owned(),
        portal_url: None,
    };
    Ok(match ended {
        OldPaymentEnd::Settled { word, credits_added, balance_after } => {
            Outcome::Credited(PaymentReading {
                status: PaymentStatus::Paid,
                word: Some(word.clone()),
                credits_added: *credits_added,
                balance_after: *balance_after,
                credit_seen: false,
            })
        }
        OldPaymentEnd::Failed { word }
            if PaymentStatus::from_word(word) == PaymentStatus::Canceled =>
        {
            let message = "the payment was cancelled";
            Outcome::Failed(failure(Class::PaymentCanceled, Some(word), message))
        }
        OldPaymentEnd::Failed { word } => {
            Outcome::Failed(failure(Class::PaymentFailed, Some(word), "the payment failed"))
        }
        OldPaymentEnd::Refused { class } => {
            Outcome::Refused(failure(*class, None, "the payment was refused when it was asked for"))
        }
        OldPaymentEnd::NeverShown => Outcome::NeverSent,
        OldPaymentEnd::MarkedCharged => {
            let charge_id = charge_id.context("a payment that was paid was never opened")?;
            Outcome::MarkedCharged { charge_id: charge_id.clone() }
        }
        OldPaymentEnd::MarkedNotCharged => Outcome::MarkedNotCharged,
    })
}
